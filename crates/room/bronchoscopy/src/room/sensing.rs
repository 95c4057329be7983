//! What sensors say.

use nalgebra::Vector3;
use proband_core::{Stream, ops};

use super::interface::{CameraFrame, LUMEN_COUNT_MAX, Lumen, Observation};
use super::spec::{Room, TICK_S};
use super::state::RoomState;
use crate::view::{ViewSpec, read_view, render_view};

/// Ticks between two pictures of the camera that are read: 10 per second.
const CAMERA_TICKS: u64 = 5;
/// How far the camera's light reaches [m], half of its view [rad]. Prior: unverified.
const SIGHT_M: f64 = 0.05;
const HALF_VIEW_RAD: f64 = 0.87;
/// Distance at which the way ahead is looked for [m]; a wall closer than about the second fills the picture [m].
const AHEAD_M: f64 = 0.012;
const RED_M: f64 = 2.5e-3;
/// Blood that hides everything [m³]. Prior: unverified.
const BLOOD_M3: f64 = 1e-6;

fn normal3(stream: &mut Stream, sd: f64) -> Vector3<f64> {
    Vector3::new(stream.normal(), stream.normal(), stream.normal()) * sd
}

impl Room {
    pub(super) fn observe(&self, state: &mut RoomState, sampled: bool) -> Observation {
        let spec = &self.spec.sensors;
        let s = state.breath.let_out(&self.spec.breath);
        let tip = state.tip;
        let moved: Vector3<f64> = self.motion.moved_m(tip.place_m.into(), s).into();
        let heading: Vector3<f64> = tip.frame.column(2).into();
        let heading: Vector3<f64> = Vector3::from(self.motion.carried(tip.place_m.into(), heading.into(), s)).normalize();
        let place =
            self.in_tracker(moved) + self.distortion_m + self.per_length * tip.distance_m + normal3(&mut state.sensors, spec.place_m);
        let way = (self.turn * heading + normal3(&mut state.sensors, spec.heading_rad)).normalize();
        let force = spec.force_n * state.sensors.normal();
        let camera = state.tick.is_multiple_of(CAMERA_TICKS).then(|| self.look(state));
        let image_m = self.image(state, moved, s);
        Observation {
            tick: state.tick,
            time_s: state.tick as f64 * TICK_S,
            insertion_m: state.scope.insertion_m,
            motor_rad: state.scope.motor_rad,
            tip_m: place.into(),
            heading: way.into(),
            wall_force_n: (tip.wall_force_n + force).max(0.0),
            push_force_n: (tip.push_force_n + force).max(0.0),
            breath: state.breath.shown(&self.spec.breath),
            breath_held: state.breath.held_s > 0.0,
            camera,
            needle_m: state.needle_m,
            image_m,
            sampled,
        }
    }

    /// A three-dimensional picture that is ready now.
    fn image(&self, state: &mut RoomState, moved: Vector3<f64>, s: f64) -> Option<[f64; 3]> {
        if state.image_left_s <= 0.0 {
            return None;
        }
        state.image_left_s -= TICK_S;
        if state.image_left_s > 0.0 {
            return None;
        }
        state.image_count += 1;
        let centre: Vector3<f64> = self.motion.moved_m(self.target.centre_m, s).into();
        let error = normal3(&mut state.sensors, self.spec.sensors.image_m);
        Some((self.turn * (centre - moved) + error).into())
    }

    /// Whether a wall fills the picture: a little way ahead of the camera there is no lumen.
    fn faces_wall(&self, state: &RoomState) -> bool {
        let tip = &state.tip;
        let ahead = tip.place_m + Vector3::from(tip.frame.column(2)) * RED_M;
        let inside = |branch: u32| {
            let (at, gap) = self.map.closest(branch, ahead);
            gap < self.map.place(branch, at).radius_m + RED_M * 0.5
        };
        !(inside(tip.branch) || self.map.children(tip.branch).iter().any(|c| inside(*c)) || self.map.parent(tip.branch).is_some_and(inside))
    }

    /// Openings in front of the camera, as a reader of its pictures finds them: bearing with noise, some missed.
    fn look(&self, state: &mut RoomState) -> CameraFrame {
        let tip = state.tip;
        if self.spec.sensors.picture > 0 {
            let blood = (state.blood_m3 / BLOOD_M3).min(1.0);
            let spec = ViewSpec { size: self.spec.sensors.picture, blood, ..ViewSpec::usual() };
            return read_view(&render_view(&self.map, &tip, &spec), &spec);
        }
        let blood = (state.blood_m3 / BLOOD_M3).min(1.0);
        let mut frame = CameraFrame { wall: self.faces_wall(state), blood, ..CameraFrame::default() };
        let hidden = frame.wall || frame.blood > 0.6;
        let mut add = |p: Vector3<f64>, radius: f64, stream: &mut Stream| {
            let gap = p - tip.place_m;
            let local = tip.frame.transpose() * gap;
            let away = gap.norm();
            let noise = [stream.normal(), stream.normal()];
            let missed = stream.uniform() < self.spec.sensors.missed;
            let off = ops::atan2((local.x * local.x + local.y * local.y).sqrt(), local.z);
            if hidden || missed || local.z <= 0.0 || away > SIGHT_M || off > HALF_VIEW_RAD || frame.count as usize >= LUMEN_COUNT_MAX {
                return;
            }
            let sd = self.spec.sensors.bearing_rad;
            let lumen = Lumen {
                bearing_rad: [ops::atan2(local.x, local.z) + sd * noise[0], ops::atan2(local.y, local.z) + sd * noise[1]],
                radius_rad: ops::atan2(radius, away),
            };
            frame.lumens[frame.count as usize] = lumen;
            frame.count += 1;
        };
        let end = self.map.span_m(tip.branch)[1];
        let rest = end - tip.distance_m;
        if rest > AHEAD_M {
            let ahead = self.map.place(tip.branch, tip.distance_m + AHEAD_M);
            add(ahead.point_m, ahead.radius_m, &mut state.sensors);
        } else {
            for child in self.map.children(tip.branch) {
                let [from, to] = self.map.span_m(*child);
                let opening = self.map.place(*child, (from + (AHEAD_M - rest).max(5e-3)).min(to));
                add(opening.point_m, opening.radius_m, &mut state.sensors);
            }
        }
        frame
    }
}
