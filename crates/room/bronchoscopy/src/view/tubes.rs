//! The airways around the camera as rounded cones in its frame.

use nalgebra::{Matrix3, Vector3};

use crate::map::AirwayMap;

/// A rounded cone in the camera's frame [m].
#[derive(Clone, Copy, Debug)]
pub(super) struct Tube {
    /// Where it begins.
    pub a: [f32; 3],
    /// To its end.
    pub d: [f32; 3],
    /// One over its length squared.
    pub inverse: f32,
    /// Radius at the begin and what is added to the end.
    pub r: f32,
    /// See `r`.
    pub dr: f32,
    /// Distance from the root at its begin, and its length.
    pub s: f32,
    /// See `s`.
    pub length: f32,
    /// Generation, for rings of cartilage.
    pub generation: u32,
}

/// How far the camera sees [m], pieces per branch, most cones.
const SIGHT_M: f64 = 0.12;
const PIECES: usize = 6;
const TUBES_MAX: usize = 600;
/// Branches that look smaller than this are left out [rad].
const SMALL_RAD: f64 = 0.008;

/// Cones of the branch that holds the camera, of what follows and of the one before.
pub(super) fn around(map: &AirwayMap, branch: u32, eye: Vector3<f64>, frame: &Matrix3<f64>) -> Vec<Tube> {
    let mut out = Vec::with_capacity(256);
    let mut open = vec![branch];
    if let Some(parent) = map.parent(branch) {
        add(map, parent, eye, frame, &mut out);
        open.extend(map.children(parent).iter().copied().filter(|c| *c != branch));
        if let Some(before) = map.parent(parent) {
            add(map, before, eye, frame, &mut out);
        }
    }
    let mut next = 0;
    while let Some(at) = open.get(next).copied() {
        next += 1;
        let place = map.place(at, map.span_m(at)[0]);
        let away = (place.point_m - eye).norm();
        if out.len() >= TUBES_MAX || (next > 1 && (away > SIGHT_M || place.radius_m < SMALL_RAD * away)) {
            continue;
        }
        add(map, at, eye, frame, &mut out);
        open.extend_from_slice(map.children(at));
    }
    out
}

fn add(map: &AirwayMap, branch: u32, eye: Vector3<f64>, frame: &Matrix3<f64>, out: &mut Vec<Tube>) {
    let [from, to] = map.span_m(branch);
    let into = frame.transpose();
    let mut before = map.place(branch, from);
    for k in 1..=PIECES {
        let s = from + (to - from) * k as f64 / PIECES as f64;
        let place = map.place(branch, s);
        let (a, b) = (into * (before.point_m - eye), into * (place.point_m - eye));
        let d = b - a;
        out.push(Tube {
            a: [a.x as f32, a.y as f32, a.z as f32],
            d: [d.x as f32, d.y as f32, d.z as f32],
            inverse: (1.0 / d.norm_squared().max(1e-12)) as f32,
            r: before.radius_m as f32,
            dr: (place.radius_m - before.radius_m) as f32,
            s: (s - (to - from) / PIECES as f64) as f32,
            length: d.norm() as f32,
            generation: map.tree().branches[branch as usize].generation,
        });
        before = place;
    }
}
