//! The conditions between needles and tissue: which points hold the shaft, what the tip presses on.

use super::advance::axial_n;
use super::linear::LinearSpace;
use super::model::{NeedlingModel, Run};
use super::row::{Hold, Name, Row, Spot, TIP, Way, shaft_compliance_m_per_n};
use super::state::{NeedlingState, ShaftPose, Vertex};
use super::tip::{OUTSIDE, along};
use crate::fem::mat3::dot3;
use crate::io::NeedleEventKind;
use crate::{LayerMechanics, SpanKind};

/// Share of the distance of holding points that the tip keeps from the last of them [1].
const CLEAR_OF_TIP: f64 = 0.5;
/// Bounds of the energy set free per length of cut over the force on the tip [1].
const RELEASE_RANGE: [f64; 2] = [0.2, 5.0];

impl NeedlingModel {
    /// The conditions that hold now, with the forces that they had.
    pub(super) fn rows(&self, state: &mut NeedlingState, space: &LinearSpace, run: &mut Run) -> Vec<Row> {
        let mut rows = Vec::new();
        for index in 0..state.shafts.len() {
            let (Some(pose), false) = (state.shafts[index].pose, state.shafts[index].channel.is_empty()) else { continue };
            self.find_tip(state, index, &pose, space);
            if state.shafts[index].tip_arc_m < 0.0 {
                for vertex in &mut state.shafts[index].channel {
                    vertex.on = false;
                }
                state.shafts[index].tip_held = false;
                continue;
            }
            self.hold_points(state, index, &pose, space);
            let shaft = &state.shafts[index];
            let speed = run.speed_m_s.get(index).copied().unwrap_or(0.0);
            for (number, vertex) in shaft.channel.iter().enumerate().filter(|(_, v)| v.on) {
                let at = state.points_m[vertex.point as usize];
                let end = shaft.channel[number + 1..].iter().find(|v| v.on).map_or(shaft.tip_arc_m, |v| v.arc_m);
                let (inward, outward) = self.friction_n(shaft, number, end, vertex.slide, speed);
                let held = along(pose.tip_m, pose.axis, -vertex.shaft_m);
                let place = Place { index, number: number as u16, spot: Spot::at(vertex.point), behind_m: vertex.shaft_m };
                let wanted_m = dot3(pose.axis, along(held, at, -1.0));
                let sought = Sought { way: Way::Along, direction: pose.axis, wanted_m, bounds_n: [-outward, inward] };
                rows.push(self.row(state, &place, &sought, &pose));
                self.push_across(state, &place, at, vertex.offset_m, &pose, &mut rows);
            }
            self.tip_rows(state, index, &pose, space, &mut rows, run);
        }
        rows
    }

    fn push_across(&self, state: &NeedlingState, place: &Place, at_m: [f64; 3], offset_m: [f64; 2], pose: &ShaftPose, rows: &mut Vec<Row>) {
        for k in 0..2 {
            let direction = pose.across(k);
            let wanted = dot3(direction, along(pose.tip_m, at_m, -1.0)) + offset_m[k];
            let free = [f64::NEG_INFINITY, f64::INFINITY];
            let sought = Sought { way: Way::Across(k as u8), direction, wanted_m: wanted, bounds_n: free };
            rows.push(self.row(state, place, &sought, pose));
        }
    }

    fn tip_rows(&self, state: &mut NeedlingState, index: usize, pose: &ShaftPose, space: &LinearSpace, rows: &mut Vec<Row>, run: &mut Run) {
        let shaft = &state.shafts[index];
        if shaft.through {
            return;
        }
        let (Some(bottom), Some(tip)) = (shaft.spot(shaft.bottom_m), shaft.spot(shaft.tip_arc_m)) else { return };
        let points_m = &state.points_m;
        let rest = |spot: Spot| -> [f64; 3] { std::array::from_fn(|k| spot.ends().iter().map(|&(p, w)| w * points_m[p][k]).sum()) };
        let (bottom_rest, tip_rest) = (rest(bottom), rest(tip));
        let (mut direction, mut slips) = (pose.axis, false);
        if let Some(surface) = shaft.surface
            && surface.exit_of.is_none()
            && let Some((number, tube)) = self.tube(surface.into)
            && tube.kind == SpanKind::Vein
        {
            let moved = self.axis_moved_m(state, index, number, space);
            let meeting = self.meet(tube, pose, moved);
            if meeting.rolled {
                self.roll_away(state, index, number, run);
            } else {
                (direction, slips) = (meeting.direction, meeting.slips);
            }
        }
        let shaft = &state.shafts[index];
        let (mut most, surface) = self.holds_n(shaft, shaft.before_bottom());
        if surface > 0.0 {
            most /= dot3(direction, pose.axis).max(0.1);
        } else {
            most /= self.release(state, index, pose, space);
        }
        let place = Place { index, number: TIP, spot: bottom, behind_m: 0.0 };
        let wanted_m = dot3(direction, along(pose.tip_m, bottom_rest, -1.0));
        rows.push(self.row(state, &place, &Sought { way: Way::Along, direction, wanted_m, bounds_n: [0.0, most] }, pose));
        let in_tissue =
            shaft.surface.is_some_and(|s| s.exit_of.is_none()) || shaft.region(shaft.tip_arc_m).is_some_and(|r| self.layer(r).is_some());
        // Close behind the tip a point holds the shaft already.
        let near = shaft
            .channel
            .iter()
            .rev()
            .find(|v| v.on)
            .is_some_and(|v| shaft.tip_arc_m - v.arc_m < 0.98 * CLEAR_OF_TIP * self.spec.spacing_m);
        let held = in_tissue && !slips && !near;
        if held && !shaft.tip_held {
            state.shafts[index].tip_offset_m = self.beside(state, index, tip, 0.0, pose, space);
        }
        (state.shafts[index].tip_held, state.shafts[index].slips) = (held, slips);
        if held {
            let offset = state.shafts[index].tip_offset_m;
            self.push_across(state, &Place { spot: tip, ..place }, tip_rest, offset, pose, rows);
        }
    }

    /// Displacement of a tube's axis beside the tip [m].
    pub(crate) fn axis_moved_m(&self, state: &NeedlingState, index: usize, tube: u16, space: &LinearSpace) -> [f64; 3] {
        let (Some(tube), Some(pose)) = (self.spec.tubes.get(usize::from(tube)), state.shafts[index].pose) else { return [0.0; 3] };
        let way = dot3(along(pose.tip_m, tube.centre_m, -1.0), tube.along);
        space.displacement_at(&self.body, along(tube.centre_m, tube.along, way), &state.rows)
    }

    fn roll_away(&self, state: &mut NeedlingState, index: usize, tube: u16, run: &mut Run) {
        let shaft = &mut state.shafts[index];
        shaft.rolled.push(tube);
        shaft.surface = None;
        let piece = shaft.piece(shaft.bottom_m);
        let at = state.points_m[shaft.channel[piece].point as usize];
        let region = self.region_at(&shaft.rolled, at).unwrap_or(OUTSIDE);
        shaft.channel[piece].region = region;
        if let Some(next) = shaft.channel.get_mut(piece + 1) {
            next.region = self.region_at(&shaft.rolled, state.points_m[next.point as usize]).unwrap_or(OUTSIDE);
        }
        let structure = self.spec.tubes[usize::from(tube)].structure;
        let force_n = axial_n(&state.rows, index, shaft.pose.map_or([0.0; 3], |p| p.axis));
        run.events[index].push(crate::NeedleEvent { kind: NeedleEventKind::RollAway, structure, tip_m: shaft.bottom_m, force_n });
    }

    /// Energy set free per length of cut over the force on the tip: 1 + u′ of the other forces + ½ f c′ of the tip's own.
    fn release(&self, state: &NeedlingState, index: usize, pose: &ShaftPose, space: &LinearSpace) -> f64 {
        let shaft = &state.shafts[index];
        let piece = shaft.piece(shaft.bottom_m);
        let (Some(a), Some(b)) = (shaft.channel.get(piece), shaft.channel.get(piece + 1)) else { return 1.0 };
        // c′ of a spot between two points is twice the slope of what its own force does: ½ c′ f is in the sum.
        let at = |v: &Vertex| space.displacement(Spot::at(v.point), &state.rows);
        let slope = dot3(pose.axis, along(at(b), at(a), -1.0)) / (b.arc_m - a.arc_m);
        (1.0 + slope).clamp(RELEASE_RANGE[0], RELEASE_RANGE[1])
    }

    fn row(&self, state: &NeedlingState, place: &Place, sought: &Sought, pose: &ShaftPose) -> Row {
        let Sought { way, direction, wanted_m, bounds_n } = *sought;
        let name: Name = (place.index as u16, place.number, way);
        let old = state.rows.binary_search_by(|r| r.name.cmp(&name)).ok().map(|at| &state.rows[at]);
        let share = dot3(direction, pose.axis);
        let across = along(direction, pose.axis, -share);
        Row {
            name,
            spot: place.spot,
            direction,
            wanted_m,
            low_n: bounds_n[0],
            high_n: bounds_n[1],
            force_n: old.map_or(0.0, |r| r.force_n),
            hold: old.map_or(Hold::Meets, |r| r.hold),
            across: if dot3(across, across) < 1e-24 { [0.0; 3] } else { across },
            from_hub_m: self.spec.needles[place.index].length_m - place.behind_m,
        }
    }

    /// Place of the tip on the channel.
    fn find_tip(&self, state: &mut NeedlingState, index: usize, pose: &ShaftPose, space: &LinearSpace) {
        let tip = dot3(pose.axis, pose.tip_m);
        let place = |spot: Spot| -> f64 {
            let u = space.displacement(spot, &state.rows);
            spot.ends().iter().map(|&(p, w)| w * dot3(pose.axis, state.points_m[p])).sum::<f64>() + dot3(pose.axis, u)
        };
        let shaft = &state.shafts[index];
        let Some(bottom) = shaft.spot(shaft.bottom_m) else { return };
        let mut high = (shaft.bottom_m, place(bottom));
        let mut found = shaft.bottom_m;
        if tip < high.1 - 1e-9 {
            found = f64::NEG_INFINITY;
            for vertex in shaft.channel[..=shaft.piece(shaft.bottom_m)].iter().rev() {
                let at = place(Spot::at(vertex.point));
                if tip >= at {
                    let share = if high.1 > at { ((tip - at) / (high.1 - at)).min(1.0) } else { 0.0 };
                    found = vertex.arc_m + share * (high.0 - vertex.arc_m);
                    break;
                }
                high = (vertex.arc_m, at);
            }
            if found == f64::NEG_INFINITY {
                found = tip - high.1;
            }
        }
        // A needle that presses on its entry from outside is at it.
        state.shafts[index].tip_arc_m = if found < 0.0 && found > -1e-9 { 0.0 } else { found };
    }

    /// Which points hold the shaft now.
    fn hold_points(&self, state: &mut NeedlingState, index: usize, pose: &ShaftPose, space: &LinearSpace) {
        let tip_arc = state.shafts[index].tip_arc_m;
        for number in 0..state.shafts[index].channel.len() {
            let vertex = state.shafts[index].channel[number];
            // On the way out a point lets go when the tip is at it: its friction has gone to nothing by then.
            let clear = tip_arc - vertex.arc_m >= if vertex.on { 0.0 } else { CLEAR_OF_TIP * self.spec.spacing_m };
            let on = vertex.may_hold && clear && self.layer(vertex.region).is_some();
            if on == vertex.on {
                continue;
            }
            let mut vertex = Vertex { on, slide: 0, ..vertex };
            if on {
                let u = space.displacement(Spot::at(vertex.point), &state.rows);
                let at = along(state.points_m[vertex.point as usize], u, 1.0);
                vertex.shaft_m = dot3(pose.axis, along(pose.tip_m, at, -1.0));
                vertex.offset_m = self.beside(state, index, Spot::at(vertex.point), vertex.shaft_m, pose, space);
            }
            state.shafts[index].channel[number] = vertex;
        }
    }

    /// How far a spot lies beside the unbent shaft were the shaft bent as now [m]: holding it there takes no force.
    fn beside(&self, state: &NeedlingState, index: usize, spot: Spot, behind_m: f64, pose: &ShaftPose, space: &LinearSpace) -> [f64; 2] {
        let u = space.displacement(spot, &state.rows);
        let rest: [f64; 3] = std::array::from_fn(|k| spot.ends().iter().map(|&(p, w)| w * state.points_m[p][k]).sum());
        let from_hub = self.spec.needles[index].length_m - behind_m;
        std::array::from_fn(|k| {
            let direction = pose.across(k);
            let bent: f64 = state
                .rows
                .iter()
                .filter(|r| usize::from(r.name.0) == index)
                .map(|r| {
                    r.force_n * dot3(direction, r.across) * shaft_compliance_m_per_n(self.bending_n_m2[index], [from_hub, r.from_hub_m])
                })
                .sum();
            dot3(direction, along(along(rest, u, 1.0), pose.tip_m, -1.0)) + bent
        })
    }

    /// Most friction between a vertex and a place of the channel, inwards and outwards [N].
    fn friction_n(&self, shaft: &super::state::Shaft, number: usize, end_m: f64, slide: i8, speed: f64) -> (f64, f64) {
        let (mut inward, mut outward) = (0.0, 0.0);
        for (k, vertex) in shaft.channel.iter().enumerate().skip(number) {
            if vertex.arc_m >= end_m {
                break;
            }
            let stop = shaft.channel.get(k + 1).map_or(end_m, |next| next.arc_m.min(end_m));
            let Some(LayerMechanics {
                static_in_n_per_m,
                static_out_n_per_m,
                coulomb_in_n_per_m,
                coulomb_out_n_per_m,
                viscous_in_n_s_per_m2,
                viscous_out_n_s_per_m2,
                ..
            }) = self.layer(vertex.region)
            else {
                continue;
            };
            let length = (stop - vertex.arc_m) * self.spec.dry_factor;
            inward += length * if slide > 0 { coulomb_in_n_per_m + viscous_in_n_s_per_m2 * speed } else { *static_in_n_per_m };
            outward += length * if slide < 0 { coulomb_out_n_per_m + viscous_out_n_s_per_m2 * speed } else { *static_out_n_per_m };
        }
        (inward, outward)
    }
}

/// Where a row acts.
struct Place {
    index: usize,
    number: u16,
    spot: Spot,
    behind_m: f64,
}

/// What a row asks for.
struct Sought {
    way: Way,
    direction: [f64; 3],
    wanted_m: f64,
    bounds_n: [f64; 2],
}
