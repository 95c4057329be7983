//! Turning the tip: from a wanted direction to the motors.

use nalgebra::{Matrix3, Vector3};
use proband_core::ops;
use proband_robot::scope::{ScopeSpec, arc_pose};

use super::belief::Estimate;
use crate::map::{AirwayMap, angle, carried};
use crate::room::CameraFrame;

/// Gain of the turn [1/s], largest bend that is asked for [rad], how far ahead the way is looked at [m]. Prior: unverified.
const GAIN_1_S: f64 = 2.5;
const BEND_MAX_RAD: f64 = 2.4;
const AHEAD_M: f64 = 10e-3;
/// How far an opening may be off what the map says and still be it [rad]; its weight against the map's direction [1].
const SAME_RAD: f64 = 0.6;
const CAMERA_WEIGHT: f64 = 0.7;
const SHAFT_M: f64 = 5e-3;

/// Frame of the bending section's root, as the map says.
pub(super) fn root_frame(map: &AirwayMap, at: &Estimate, scope: &ScopeSpec) -> Matrix3<f64> {
    map.way_smooth(at.branch, at.distance_m - scope.bend_length_m, SHAFT_M).frame
}

/// Next bend of the motors so that the heading comes closer to `wanted`.
pub(super) fn turn(
    map: &AirwayMap,
    at: &Estimate,
    scope: &ScopeSpec,
    bend_rad: [f64; 2],
    heading: Vector3<f64>,
    wanted: Vector3<f64>,
    dt_s: f64,
) -> [f64; 2] {
    let frame = carried(&(root_frame(map, at, scope) * arc_pose(bend_rad, scope.bend_length_m).turn), heading);
    let error = frame.transpose() * wanted;
    let across = (error.x * error.x + error.y * error.y).sqrt();
    let size = ops::atan2(across, error.z);
    // In the camera's axes: a bend grows along them, and beside its own plane by about as much.
    let step = if across > 1e-9 { GAIN_1_S * dt_s * size.min(0.8) / across } else { 0.0 };
    let mut next = [bend_rad[0] + step * error.x, bend_rad[1] + step * error.y];
    let size = (next[0] * next[0] + next[1] * next[1]).sqrt();
    if size > BEND_MAX_RAD {
        next = next.map(|b| b * BEND_MAX_RAD / size);
    }
    next
}

/// Direction in which the way to `goal` goes on: the map's, drawn to the opening that the camera sees there. The second value tells
/// whether an opening agreed.
pub(super) fn way_ahead(
    map: &AirwayMap,
    at: &Estimate,
    goal: u32,
    scope: &ScopeSpec,
    bend_rad: [f64; 2],
    heading: Vector3<f64>,
    camera: Option<&CameraFrame>,
) -> (Vector3<f64>, bool) {
    let here = map.place(at.branch, at.distance_m).point_m;
    let ahead = map.way(goal, at.distance_m + AHEAD_M).point_m;
    let expected = (ahead - here).try_normalize(1e-6).unwrap_or(heading);
    let Some(camera) = camera else { return (expected, false) };
    let frame = carried(&(root_frame(map, at, scope) * arc_pose(bend_rad, scope.bend_length_m).turn), heading);
    let mut best: Option<(f64, Vector3<f64>)> = None;
    for lumen in &camera.lumens[..camera.count as usize] {
        let local = Vector3::new(ops::tan(lumen.bearing_rad[0]), ops::tan(lumen.bearing_rad[1]), 1.0).normalize();
        let seen = frame * local;
        let off = angle(seen, expected);
        if best.is_none_or(|(b, _)| off < b) {
            best = Some((off, seen));
        }
    }
    match best {
        Some((off, seen)) if off < SAME_RAD => {
            let both = expected * (1.0 - CAMERA_WEIGHT) + seen * CAMERA_WEIGHT;
            (both.try_normalize(1e-6).unwrap_or(expected), true)
        }
        _ => (expected, false),
    }
}
