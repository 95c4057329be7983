//! The bending section in the lumen: where the wall lets the tip be, what force that takes, and which branch the tip enters.

use nalgebra::{Matrix3, Vector3};
use proband_anatomy::made::ChestVariant;
use proband_core::ops;

use super::spec::Room;
use super::state::RoomState;
use crate::map::{angle, carried};

/// Half of the length over which the shaft averages the airway's direction [m]. Prior: unverified, about a scope diameter.
const SHAFT_M: f64 = 5e-3;
/// Stiffness of a shaft that is held up in front [N/m] and how far it can be pushed together before it slips [m]. Prior: unverified.
const PUSH_N_M: f64 = 500.0;
const PUSH_MAX_M: f64 = 3e-3;
/// Friction of the shaft on moist walls [1]: 0.05–0.2, prior, unverified.
const WALL_FRICTION: f64 = 0.1;
/// How far a tip may point beside an opening and still slide into it, in radii of the opening. Prior: unverified.
const OPENING: f64 = 2.2;

impl Room {
    /// Radius of the lumen now [m]: malacia lets large airways fall in as the lung is let out.
    fn radius_m(&self, branch: u32, distance_m: f64, let_out: f64) -> f64 {
        let radius = self.map.place(branch, distance_m).radius_m;
        match self.variant {
            ChestVariant::Malacia(share) if self.map.tree().branches[branch as usize].generation <= 1 => radius * (1.0 - share * let_out),
            _ => radius,
        }
    }

    /// Move the tip along the airways by what the shaft was moved.
    pub(super) fn advance(&self, state: &mut RoomState) {
        let let_out = state.breath.let_out(&self.spec.breath);
        let own_radius = 0.5 * self.spec.scope.outer_diameter_m;
        let wanted = state.scope.insertion_m;
        let mut tip = state.tip;
        tip.blocked = false;
        if wanted <= tip.distance_m {
            tip.distance_m = wanted;
            tip.branch = self.map.on_the_way(tip.branch, wanted);
        } else {
            let mut next = wanted;
            if next > self.map.span_m(tip.branch)[1] {
                match self.opening(state) {
                    Some(child) if self.radius_m(child, next, let_out) * self.spec.stretch >= own_radius => tip.branch = child,
                    _ => {
                        next = self.map.span_m(tip.branch)[1];
                        tip.blocked = true;
                    }
                }
            }
            if self.radius_m(tip.branch, next, let_out) * self.spec.stretch < own_radius {
                next = tip.distance_m;
                tip.blocked = true;
            }
            tip.distance_m = next.max(tip.distance_m);
        }
        // A shaft that is held up in front is pushed together a little, then slips at the door.
        let over = (wanted - tip.distance_m).clamp(0.0, PUSH_MAX_M);
        state.scope.insertion_m = tip.distance_m + over;
        state.tip = tip;
        state.tip.push_force_n = over * PUSH_N_M;
    }

    /// The branch that the tip slides into: the one whose opening lies closest to where the tip points.
    fn opening(&self, state: &RoomState) -> Option<u32> {
        let tip = &state.tip;
        let heading: Vector3<f64> = tip.frame.column(2).into();
        let end = self.map.place(tip.branch, self.map.span_m(tip.branch)[1]).point_m;
        let mut best: Option<(f64, u32)> = None;
        for child in self.map.children(tip.branch) {
            let [from, to] = self.map.span_m(*child);
            let place = self.map.place(*child, (from + 4.0 * self.map.place(*child, to).radius_m).min(to));
            let way = place.point_m - end;
            let pointed = tip.place_m + heading * way.norm();
            let off = (pointed - place.point_m).norm() / place.radius_m.max(1e-4);
            if best.is_none_or(|(b, _)| off < b) {
                best = Some((off, *child));
            }
        }
        best.filter(|(off, _)| *off < OPENING * 4.0).map(|(_, child)| child)
    }

    /// Place the tip where bend and wall let it be.
    pub(super) fn settle(&self, state: &mut RoomState) {
        let spec = &self.spec.scope;
        let let_out = state.breath.let_out(&self.spec.breath);
        let (branch, at) = (state.tip.branch, state.tip.distance_m);
        let base = self.map.way_smooth(branch, at - spec.bend_length_m, SHAFT_M);
        let (sin, cos) = ops::sin_cos(self.roll_rad);
        let roll = Matrix3::new(cos, -sin, 0.0, sin, cos, 0.0, 0.0, 0.0, 1.0);
        let frame = base.frame * roll;
        let free = self.scope.free_tip(&state.scope);
        let centre = self.map.place(branch, at);
        let along: Vector3<f64> = centre.frame.column(2).into();
        let gap = base.point_m + frame * free.place_m - centre.point_m;
        let aside = gap - along * gap.dot(&along);
        let off = aside.norm();
        let room = (self.radius_m(branch, at, let_out) - 0.5 * spec.outer_diameter_m).max(0.0);
        // Section and wall are springs in series.
        let (kt, kw) = (spec.tip_stiffness_n_m(), self.spec.wall_n_m);
        let force = if off > room { (off - room) * kt * kw / (kt + kw) } else { 0.0 };
        let held = if off > 0.0 { aside * ((off.min(room) + force / kw) / off) } else { Vector3::zeros() };
        let free_heading: Vector3<f64> = frame * Vector3::from(free.turn.column(2));
        // A cantilever that its end is pushed back by δ turns by 3δ/2L there.
        let heading = pushed_back(free_heading, held - aside, 1.5 / spec.bend_length_m);
        // The wall does not let the tip point backwards.
        let back = 0.05 - heading.dot(&along);
        let heading = if back > 0.0 { (heading + along * (back + 0.05)).try_normalize(1e-6).unwrap_or(along) } else { heading };
        let tip = &mut state.tip;
        tip.place_m = centre.point_m + held;
        tip.frame = carried(&(frame * free.turn), heading);
        tip.wall_force_n = force;
        tip.turn_rad = self.map.turn_rad(self.map.on_the_way(branch, at), at);
        // Euler and Eytelwein once more: what the front needs and what rubs, grown by the shaft's turns.
        tip.push_force_n = (tip.push_force_n + WALL_FRICTION * force) * ops::exp(WALL_FRICTION * tip.turn_rad);
        state.wall_force_peak_n = state.wall_force_peak_n.max(force);
    }
}

/// A direction turned towards `push` by the angle `per_m` times the push's part across it.
fn pushed_back(heading: Vector3<f64>, push: Vector3<f64>, per_m: f64) -> Vector3<f64> {
    let across = push - heading * push.dot(&heading);
    let size = push.norm();
    let Some(way) = across.try_normalize(1e-9) else { return heading };
    // The section gives way in its own plane, whatever its end's direction: the whole push counts, never past the push itself.
    let (sin, cos) = ops::sin_cos((per_m * size).min(angle(heading, push / size.max(1e-12))));
    heading * cos + way * sin
}
