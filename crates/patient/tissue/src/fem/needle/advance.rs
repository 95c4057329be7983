//! Equilibrium of needles and tissue, and what changes on the way to it: slip, cutting, surfaces that give way.

use super::linear::LinearSpace;
use super::model::{NeedlingModel, Run, take_out};
use super::row::{Hold, Row, TIP, Way};
use super::state::{NeedlingState, ShaftPose, Vertex};
use super::tip::{OUTSIDE, along};
use crate::SpanKind;
use crate::fem::mat3::dot3;
use crate::io::NeedleEventKind;

/// Rounds in which rows change before a tick is taken as it is.
const ROUND_MAX: u32 = 120;
/// Step of the tip through the tissue below which it counts as arrived [m].
const ARRIVED_M: f64 = 2e-7;
/// Share of that distance at which a point may hold again [1].
const HOLD_EVERY: f64 = 0.9;

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
