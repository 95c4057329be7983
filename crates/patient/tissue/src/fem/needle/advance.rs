//! Equilibrium of needles and tissue, and what changes on the way to it: slip, cutting, surfaces that give way.

use super::linear::LinearSpace;
use super::model::{NeedlingModel, Run, take_out};
use super::row::{Hold, Name, Row, Spot, TIP, Way, shaft_compliance_m_per_n};
use super::state::{NeedlingState, ShaftPose, Vertex};
use super::tip::{OUTSIDE, along};
use crate::fem::mat3::dot3;
use crate::io::NeedleEventKind;
use crate::{LayerMechanics, SpanKind};

/// Rounds in which rows change before a tick is taken as it is.
const ROUND_MAX: u32 = 120;
/// Step of the tip through the tissue below which it counts as arrived [m].
const ARRIVED_M: f64 = 2e-7;
/// Share of the distance of holding points that the tip keeps from the last of them [1].
const CLEAR_OF_TIP: f64 = 0.5;
/// Share of that distance at which a point may hold again [1].
const HOLD_EVERY: f64 = 0.9;
/// Bounds of the energy set free per length of cut over the force on the tip [1].
const RELEASE_RANGE: [f64; 2] = [0.2, 5.0];

impl NeedlingModel {
    /// Needles that reach the body get a channel.
    pub(crate) fn go_in(&self, state: &mut NeedlingState, before: &[Option<ShaftPose>], space: &mut LinearSpace, run: &mut Run) {
        for (index, before) in before.iter().enumerate() {
            let shaft = &state.shafts[index];
            let (Some(pose), true) = (shaft.pose, shaft.channel.is_empty()) else { continue };
            space.know(&self.body, &state.points_m);
            let moved = space.displacement_at(&self.body, pose.tip_m, &state.rows);
            let inside = along(pose.tip_m, moved, -1.0);
            if self.region_at(&[], inside).is_none() {
                continue;
            }
            let step = -0.25 * self.spec.spacing_m;
            let back = (1..=(4.0 * self.spec.needles[index].length_m / self.spec.spacing_m) as u32 + 1)
                .map(|k| along(inside, pose.axis, step * f64::from(k)));
            let came = before.map(|b| along(b.tip_m, moved, -1.0));
            let Some(outside) = came.into_iter().chain(back).find(|p| self.region_at(&[], *p).is_none()) else { continue };
            let (_, at) = self.border(&[], outside, inside, None);
            let Some(region) = self.region_at(&[], at) else { continue };
            let (ahead, length, next) = self.aim(shaft, at, region, &pose);
            let point = state.points_m.len() as u32;
            state.points_m.extend([at, ahead]);
            let vertex = |point, arc_m, region, may_hold| Vertex {
                point,
                arc_m,
                region,
                may_hold,
                on: false,
                shaft_m: 0.0,
                offset_m: [0.0; 2],
                slide: 0,
                slip_m: 0.0,
            };
            let surface = self.surface(shaft, None, region, at, pose.axis);
            let shaft = &mut state.shafts[index];
            shaft.channel = vec![vertex(point, 0.0, region, true), vertex(point + 1, length, next, false)];
            (shaft.bottom_m, shaft.tip_arc_m, shaft.surface) = (0.0, 0.0, surface);
            if let Some(surface) = &surface {
                self.note(surface, false, 0.0, 0.0, &mut run.events[index]);
            }
        }
    }

    /// Needles that have left their entry.
    pub(crate) fn come_out(&self, state: &mut NeedlingState, run: &mut Run) {
        for (index, shaft) in state.shafts.iter_mut().enumerate() {
            let (Some(pose), Some(first)) = (shaft.pose, shaft.channel.first()) else { continue };
            let depth = dot3(pose.axis, along(pose.tip_m, state.points_m[first.point as usize], -1.0));
            let out = shaft.tip_arc_m < 0.0;
            let event = |kind, structure| crate::NeedleEvent { kind, structure, tip_m: depth, force_n: 0.0 };
            let inside = if out { None } else { shaft.region(shaft.tip_arc_m) };
            if inside != shaft.inside
                && let Some((_, tube)) = shaft.inside.and_then(|r| self.tube(r))
                && matches!(tube.kind, SpanKind::Vein | SpanKind::Artery)
                && shaft.tip_arc_m < shaft.bottom_m
            {
                run.events[index].push(event(NeedleEventKind::LumenExit, tube.structure));
            }
            shaft.inside = inside;
            if out && shaft.under_surface {
                run.events[index].push(event(NeedleEventKind::SkinExit, 0));
            }
            shaft.under_surface = !out && shaft.tip_arc_m > 0.0;
            if out && depth < -self.spec.spacing_m {
                take_out(shaft);
            }
        }
        let shafts = &state.shafts;
        state.rows.retain(|row| !shafts[usize::from(row.name.0)].channel.is_empty());
    }

    /// Bring needles and tissue into equilibrium at the poses of the state; `before`: where the needles were.
    pub(crate) fn settle(&self, state: &mut NeedlingState, before: &[Option<ShaftPose>], space: &mut LinearSpace, run: &mut Run) {
        let mut snaps: Option<usize> = None;
        for round in 0..ROUND_MAX {
            if state.shafts.iter().all(|s| s.channel.is_empty()) {
                state.rows.clear();
                state.stored_j = 0.0;
                return;
            }
            space.know(&self.body, &state.points_m);
            let mut rows = self.rows(state, space, run);
            let old_n: Vec<f64> = rows.iter().map(|r| r.force_n).collect();
            run.unsettled |= !space.settle(&mut rows, &self.bending_n_m2);
            let stored_j = space.stored_j(&rows, &self.bending_n_m2);
            let freed_j = state.stored_j - stored_j;
            state.stored_j = stored_j;
            if round == 0 {
                self.book_work(state, before, &rows, &old_n);
            }
            let lost_before: f64 = state.shafts.iter().map(|s| s.energy.dissipated_j()).sum();
            let opened = self.follow(state, &rows, &old_n, space, run);
            if let Some(index) = snaps {
                let lost: f64 = state.shafts.iter().map(|s| s.energy.dissipated_j()).sum::<f64>() - lost_before;
                state.shafts[index].energy.rupture_j += freed_j - lost;
            }
            state.rows = rows;
            match opened {
                Changed::Nothing => return,
                Changed::Rows => {}
                Changed::Opened(index) => snaps = Some(index),
            }
        }
        run.unsettled = true;
    }

    /// Work of the drivers: mean force times the way of what they hold.
    fn book_work(&self, state: &mut NeedlingState, before: &[Option<ShaftPose>], rows: &[Row], old_n: &[f64]) {
        for (row, old) in rows.iter().zip(old_n) {
            let index = usize::from(row.name.0);
            let shaft = &mut state.shafts[index];
            let (Some(from), Some(to)) = (before[index], shaft.pose) else { continue };
            let behind = self.spec.needles[index].length_m - row.from_hub_m;
            let way: [f64; 3] = std::array::from_fn(|k| to.tip_m[k] - behind * to.axis[k] - from.tip_m[k] + behind * from.axis[k]);
            shaft.energy.work_j += 0.5 * (old + row.force_n) * dot3(row.direction, way);
        }
    }

    /// The conditions that hold now, with the forces that they had.
    fn rows(&self, state: &mut NeedlingState, space: &LinearSpace, run: &mut Run) -> Vec<Row> {
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
        let held = in_tissue && !slips;
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
            let clear = tip_arc - vertex.arc_m >= CLEAR_OF_TIP * self.spec.spacing_m;
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

    /// What the forces have done: slip, cutting, surfaces that give way.
    fn follow(&self, state: &mut NeedlingState, rows: &[Row], old_n: &[f64], space: &LinearSpace, run: &mut Run) -> Changed {
        let mut changed = Changed::Nothing;
        for (row, old) in rows.iter().zip(old_n) {
            let (index, number, Way::Along) = (usize::from(row.name.0), row.name.1, row.name.2) else { continue };
            if number != TIP {
                if row.hold != Hold::Meets {
                    let u = space.displacement(row.spot, rows);
                    // The shaft's tip is this much further from the point than it was.
                    let slip = row.wanted_m - dot3(row.direction, u);
                    let shaft = &mut state.shafts[index];
                    shaft.energy.friction_j += 0.5 * (old + row.force_n) * slip;
                    let vertex = &mut shaft.channel[usize::from(number)];
                    vertex.shaft_m += slip;
                    vertex.slip_m += slip;
                    let slide = if slip > 0.0 { 1 } else { -1 };
                    if slip.abs() > 1e-12 && vertex.slide != slide {
                        vertex.slide = slide;
                        changed = changed.or(Changed::Rows);
                    }
                }
                continue;
            }
            changed = changed.or(self.walls(state, index, row, rows, space, run));
            if row.hold != Hold::High {
                continue;
            }
            let gap = row.wanted_m - dot3(row.direction, space.displacement(row.spot, rows));
            if state.shafts[index].surface.is_some() {
                if row.high_n.is_finite() {
                    self.open(state, index, rows, run);
                    changed = Changed::Opened(index);
                }
            } else if gap > 0.0 {
                if self.cut(state, index, gap, rows, run) {
                    // A step down in toughness sets energy free as a rupture does.
                    changed = Changed::Opened(index);
                } else if gap > ARRIVED_M {
                    changed = changed.or(Changed::Rows);
                }
            }
        }
        changed
    }

    /// The near wall of a vessel comes to its far one.
    fn walls(&self, state: &mut NeedlingState, index: usize, row: &Row, rows: &[Row], space: &LinearSpace, run: &mut Run) -> Changed {
        let shaft = &mut state.shafts[index];
        let Some(surface) = &mut shaft.surface else { return Changed::Nothing };
        let (Some((_, tube)), None, false) = (self.tube(surface.into), surface.exit_of, surface.walls_touch) else {
            return Changed::Nothing;
        };
        if surface.chord_m <= 0.0 {
            return Changed::Nothing;
        }
        let Some(pose) = shaft.pose else { return Changed::Nothing };
        let at = state.points_m[row.spot.a as usize];
        let far = space.displacement_at(&self.body, along(at, pose.axis, surface.chord_m), rows);
        let near = space.displacement(row.spot, rows);
        if dot3(pose.axis, along(near, far, -1.0)) >= tube.clearance_per_chord * surface.chord_m {
            surface.walls_touch = true;
            let force_n = axial_n(rows, index, pose.axis);
            run.events[index].push(crate::NeedleEvent {
                kind: NeedleEventKind::WallsTouch,
                structure: tube.structure,
                tip_m: shaft.bottom_m,
                force_n,
            });
        }
        Changed::Nothing
    }

    fn open(&self, state: &mut NeedlingState, index: usize, rows: &[Row], run: &mut Run) {
        let shaft = &mut state.shafts[index];
        let Some(surface) = shaft.surface.take() else { return };
        let force_n = axial_n(rows, index, shaft.pose.map_or([0.0; 3], |p| p.axis));
        self.note(&surface, true, shaft.bottom_m, force_n, &mut run.events[index]);
        if let Some((number, _)) = self.tube(surface.into)
            && surface.walls_touch
        {
            shaft.back_open.push(number);
        }
        shaft.slips = false;
    }

    /// The tip goes on through the tissue by `gap`, at most to the next point of the channel. Returns whether something else begins there.
    fn cut(&self, state: &mut NeedlingState, index: usize, gap: f64, rows: &[Row], run: &mut Run) -> bool {
        let shaft = &mut state.shafts[index];
        let Some(pose) = shaft.pose else { return false };
        let piece = shaft.piece(shaft.bottom_m);
        let Some(&next) = shaft.channel.get(piece + 1) else { return false };
        let region_before = shaft.channel[piece].region;
        let cutting = self.layer(region_before).map_or(0.0, |layer| layer.cutting_n) * shaft.speed_factor;
        let way = gap.min(next.arc_m - shaft.bottom_m);
        shaft.energy.cutting_j += cutting * way;
        shaft.bottom_m += way;
        if shaft.bottom_m < next.arc_m - 1e-12 {
            return false;
        }
        shaft.bottom_m = next.arc_m;
        if next.region == OUTSIDE {
            shaft.through = true;
            return true;
        }
        let at = state.points_m[next.point as usize];
        if next.region != region_before {
            let surface = self.surface(shaft, Some(region_before), next.region, at, pose.axis);
            let nerve = self.tube(next.region).filter(|(_, t)| t.kind == SpanKind::Nerve && surface.is_none());
            let force_n = axial_n(rows, index, pose.axis);
            if let Some((_, tube)) = nerve {
                run.events[index].push(crate::NeedleEvent {
                    kind: NeedleEventKind::NervePuncture,
                    structure: tube.structure,
                    tip_m: shaft.bottom_m,
                    force_n,
                });
            }
            if let Some(surface) = &surface {
                self.note(surface, false, shaft.bottom_m, force_n, &mut run.events[index]);
            }
            shaft.surface = surface;
        }
        let (ahead, length, region) = self.aim(shaft, at, next.region, &pose);
        let arc_m = next.arc_m + length;
        let last_hold = shaft.channel.iter().rev().find(|v| v.may_hold).map_or(f64::NEG_INFINITY, |v| v.arc_m);
        let number = shaft.channel.len() - 1;
        // Where the next point lies is known only now.
        shaft.channel[number].may_hold = next.arc_m - last_hold >= HOLD_EVERY * self.spec.spacing_m;
        shaft.channel.push(Vertex {
            point: state.points_m.len() as u32,
            arc_m,
            region,
            may_hold: false,
            on: false,
            slide: 0,
            slip_m: 0.0,
            ..next
        });
        state.points_m.push(ahead);
        next.region != region_before
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

/// What a round changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Changed {
    Nothing,
    Rows,
    /// A surface gave way in front of this needle.
    Opened(usize),
}

impl Changed {
    fn or(self, other: Self) -> Self {
        if self == Self::Nothing || matches!(other, Self::Opened(_)) { other } else { self }
    }
}

/// Force that the driver of a needle must push with along its axis [N].
pub(crate) fn axial_n(rows: &[Row], index: usize, axis: [f64; 3]) -> f64 {
    rows.iter().filter(|r| usize::from(r.name.0) == index).map(|r| r.force_n * dot3(r.direction, axis)).sum()
}
