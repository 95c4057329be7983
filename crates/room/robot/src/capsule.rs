//! Does the arm touch itself? Links as capsules, distance between segments.

use nalgebra::Vector3;
use proband_math::tree::{Geometry, Shape};

use crate::model::{ArmModel, Frames, JOINT_COUNT_MAX, compose};

/// Capsule fixed to a body.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Capsule {
    /// Body that carries it (0: base).
    pub body: usize,
    a: Vector3<f64>,
    b: Vector3<f64>,
    radius_m: f64,
}

/// The two bodies that are nearest to each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clearance {
    /// Smallest distance between surfaces [m]; negative when they overlap, infinite when there is no pair.
    pub distance_m: f64,
    /// Body nearer to the base: 0 is the base, k the body behind the k-th joint.
    pub body_a: u32,
    /// The other body.
    pub body_b: u32,
}

/// Capsules of all bodies and the pairs to test.
///
/// Primitive collision shapes become the capsule around them; bodies without one get a capsule from their joint to the next.
/// Bodies that share a joint are not tested against each other: they always touch there.
pub(crate) fn capsules(model: &ArmModel) -> (Vec<Capsule>, Vec<(u16, u16)>) {
    let zero = [0.0; JOINT_COUNT_MAX];
    let frames = model.frames(&zero);
    let count = model.joint_count();
    let mut capsules: Vec<Capsule> = Vec::new();
    for pose in model.link_poses(&zero) {
        let Some(body) = model.body_of_link(pose.link as usize) else { continue };
        let placement = (*pose.pose_base_link.rotation.to_rotation_matrix().matrix(), pose.pose_base_link.translation.vector);
        for shape in &model.description().links[pose.link as usize].collision {
            if let Some((half, radius_m)) = around(shape) {
                let centre = compose(&placement, &shape.origin.matrix());
                let end = |sign: f64| local(&frames, body, centre.1 + centre.0 * half * sign);
                capsules.push(Capsule { body, a: end(-1.0), b: end(1.0), radius_m });
            }
        }
    }
    for body in 0..=count {
        if capsules.iter().any(|c| c.body == body) {
            continue;
        }
        let from = if body == 0 { Vector3::zeros() } else { frames.position[body - 1] };
        let to = if body == count { frames.tip.1 } else { frames.position[body] };
        let (a, b) = (local(&frames, body, from), local(&frames, body, to));
        capsules.push(Capsule { body, a, b, radius_m: model.servo.link_radius_m });
    }
    let mut pairs = Vec::new();
    for (i, first) in capsules.iter().enumerate() {
        for (j, second) in capsules.iter().enumerate().skip(i + 1) {
            if first.body.abs_diff(second.body) >= 2 && pairs.len() < usize::from(u16::MAX) {
                pairs.push((i as u16, j as u16));
            }
        }
    }
    (capsules, pairs)
}

/// Half axis and radius of the capsule around a shape. None for meshes, which are not read, and for shapes of size 0.
fn around(shape: &Shape) -> Option<(Vector3<f64>, f64)> {
    bounding(shape).filter(|(_, radius_m)| *radius_m > 0.0)
}

fn bounding(shape: &Shape) -> Option<(Vector3<f64>, f64)> {
    let z = |half: f64| Vector3::new(0.0, 0.0, half);
    match shape.geometry {
        Geometry::Sphere { radius_m } => Some((Vector3::zeros(), radius_m)),
        Geometry::Cylinder { radius_m, length_m } | Geometry::Capsule { radius_m, length_m } => Some((z(0.5 * length_m), radius_m)),
        Geometry::Box { size_m } => {
            let long = (0..3).max_by(|&i, &j| size_m[i].total_cmp(&size_m[j])).unwrap_or(2);
            let mut half = Vector3::zeros();
            half[long] = 0.5 * size_m[long];
            let across: f64 = (0..3).filter(|&i| i != long).map(|i| 0.25 * size_m[i] * size_m[i]).sum();
            Some((half, across.sqrt()))
        }
        Geometry::Mesh { .. } => None,
    }
}

fn local(frames: &Frames, body: usize, p_base: Vector3<f64>) -> Vector3<f64> {
    if body == 0 { p_base } else { frames.rotation[body - 1].transpose() * (p_base - frames.position[body - 1]) }
}

impl ArmModel {
    /// Smallest distance between bodies of the arm that do not share a joint. Allocates nothing.
    #[must_use]
    pub fn self_clearance(&self, q: &[f64]) -> Clearance {
        self.self_clearance_of(&self.frames(&self.padded(q)))
    }

    pub(crate) fn self_clearance_of(&self, frames: &Frames) -> Clearance {
        let place = |body: usize, p: &Vector3<f64>| {
            if body == 0 { *p } else { frames.position[body - 1] + frames.rotation[body - 1] * p }
        };
        let mut nearest = Clearance { distance_m: f64::INFINITY, body_a: 0, body_b: 0 };
        for &(i, j) in &self.pairs {
            let (first, second) = (&self.capsules[usize::from(i)], &self.capsules[usize::from(j)]);
            let (a, b) = (place(first.body, &first.a), place(first.body, &first.b));
            let (c, d) = (place(second.body, &second.a), place(second.body, &second.b));
            let distance_m = segment_distance(&a, &b, &c, &d) - first.radius_m - second.radius_m;
            if distance_m < nearest.distance_m {
                let (low, high) = (first.body.min(second.body), first.body.max(second.body));
                nearest = Clearance { distance_m, body_a: low as u32, body_b: high as u32 };
            }
        }
        nearest
    }
}

/// Distance between the segments ab and cd [m]. Ericson 2005, Real-Time Collision Detection, 5.1.9.
fn segment_distance(a: &Vector3<f64>, b: &Vector3<f64>, c: &Vector3<f64>, d: &Vector3<f64>) -> f64 {
    let (u, v, w) = (b - a, d - c, a - c);
    let (uu, vv, uv, uw, vw) = (u.norm_squared(), v.norm_squared(), u.dot(&v), u.dot(&w), v.dot(&w));
    let tiny = 1e-18;
    let mut s = 0.0;
    let denominator = uu * vv - uv * uv;
    if uu > tiny && denominator > tiny * uu * vv {
        s = ((uv * vw - uw * vv) / denominator).clamp(0.0, 1.0);
    }
    let mut t = if vv > tiny { (uv * s + vw) / vv } else { 0.0 };
    let clamped = t.clamp(0.0, 1.0);
    if uu > tiny && (clamped != t || vv <= tiny) {
        s = ((uv * clamped - uw) / uu).clamp(0.0, 1.0);
    }
    t = clamped;
    (w + u * s - v * t).norm()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn point() -> impl Strategy<Value = Vector3<f64>> {
        prop::array::uniform3(-1.0_f64..1.0).prop_map(Vector3::from)
    }

    proptest! {
        /// Agree with a fine search over both segments, short and parallel ones too.
        #[test]
        fn segment_distance_is_the_minimum(a in point(), b in point(), c in point(), d in point(), kind in 0_u32..4) {
            let b = if kind == 1 { a } else { b };
            let d = match kind { 2 => c, 3 => c + (b - a) * 0.7, _ => d };
            let found = segment_distance(&a, &b, &c, &d);
            let mut best = f64::INFINITY;
            for i in 0..=100 {
                for j in 0..=100 {
                    let (s, t) = (f64::from(i) / 100.0, f64::from(j) / 100.0);
                    best = best.min((a + (b - a) * s - c - (d - c) * t).norm());
                }
            }
            prop_assert!(found <= best + 1e-12 && found >= best - 0.04, "{found} {best}");
        }
    }
}
