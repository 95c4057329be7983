//! The outer shape of the arm: a row of ellipses along a straight axis.

use nalgebra::{Point3, Vector3};
use proband_core::ops;

use crate::{ShapeSpec, Side};

/// Where the muscle belly bulges most [m] and how far along the arm [m]; prior: unverified.
const BELLY_Z_M: f64 = -0.060;
const BELLY_WIDTH_M: f64 = 0.040;

/// The palm-side skin as a function of (x, z).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Skin {
    shape: ShapeSpec,
    belly_at_crease: f64,
}

/// Ellipse of one cross-section with its growth along z.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Section {
    pub(crate) half_width: f64,
    pub(crate) half_height: f64,
    width_slope: f64,
    height_slope: f64,
}

/// Nearest point of the skin.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Foot {
    /// x of the nearest point [m].
    pub(crate) x: f64,
    /// Distance to it, negative outside [m].
    pub(crate) depth: f64,
    /// Unit inward normal there.
    pub(crate) inward: Vector3<f64>,
}

impl Skin {
    pub(crate) fn new(shape: ShapeSpec) -> Self {
        Self { shape, belly_at_crease: bulge(0.0) }
    }

    /// The ellipse at z.
    pub(crate) fn section(&self, z: f64) -> Section {
        let s = &self.shape;
        let g = bulge(z);
        let belly = s.belly * (g - self.belly_at_crease);
        let belly_slope = -s.belly * g * (z - BELLY_Z_M) / (BELLY_WIDTH_M * BELLY_WIDTH_M);
        Section {
            half_width: s.half_width_m * (1.0 + s.width_taper_per_m * z + belly),
            half_height: s.half_height_m * (1.0 + s.height_taper_per_m * z + belly),
            width_slope: s.half_width_m * (s.width_taper_per_m + belly_slope),
            height_slope: s.half_height_m * (s.height_taper_per_m + belly_slope),
        }
    }

    /// y of the arm's straight axis [m].
    pub(crate) fn axis_y(&self) -> f64 {
        self.shape.half_height_m
    }

    /// y of the palm-side skin [m]; beyond the sides that of the widest line.
    pub(crate) fn y(&self, x: f64, z: f64) -> f64 {
        let e = self.section(z);
        let ratio = x / e.half_width;
        self.axis_y() - e.half_height * (1.0 - ratio * ratio).max(0.0).sqrt()
    }

    /// Unit inward normal over (x, z); beyond the sides that of the widest line.
    pub(crate) fn inward(&self, x: f64, z: f64) -> Vector3<f64> {
        let e = self.section(z);
        let x = x.clamp(-0.9999 * e.half_width, 0.9999 * e.half_width);
        let ratio = x / e.half_width;
        e.inward_at(x, -e.half_height * (1.0 - ratio * ratio).sqrt())
    }

    /// The point at a depth under the palm-side skin over (x, z), along the inward normal.
    pub(crate) fn below(&self, x: f64, z: f64, depth: f64) -> Point3<f64> {
        Point3::new(x, self.y(x, z), z) + self.inward(x, z) * depth
    }

    /// Nearest point of the skin of the whole outline.
    ///
    /// In the plane of the cross-section by Newton's method on the secular equation of the ellipse
    /// (convex, started on the side from which it converges monotonically), then corrected for the
    /// slope along z to first order.
    /// # Error
    /// Below 20 µm to a depth of 20 mm for the tapers that a specification may have (tested).
    pub(crate) fn foot(&self, p: &Point3<f64>) -> Foot {
        let e = self.section(p.z);
        let (a2, b2) = (e.half_width * e.half_width, e.half_height * e.half_height);
        let u = p.x;
        // The axis itself has two nearest points; the palm side is taken.
        let v = p.y - self.axis_y();
        let v_abs = v.abs().max(1e-9);
        let mut s = -b2 + e.half_height * v_abs;
        for _ in 0..40 {
            let (qx, qy) = (e.half_width * u / (s + a2), e.half_height * v_abs / (s + b2));
            let g = qx * qx + qy * qy - 1.0;
            let slope = -2.0 * (qx * qx / (s + a2) + qy * qy / (s + b2));
            let step = g / slope;
            s -= step;
            if step.abs() < 1e-13 * a2 {
                break;
            }
        }
        let fx = a2 * u / (s + a2);
        let fy = if v > 0.0 { b2 * v_abs / (s + b2) } else { -b2 * v_abs / (s + b2) };
        let inward = e.inward_at(fx, fy);
        let distance = ops::hypot(u - fx, v - fy);
        let plane = (1.0 - inward.z * inward.z).sqrt();
        Foot { x: fx, depth: if s < 0.0 { distance * plane } else { -distance * plane }, inward }
    }
}

impl Section {
    /// Unit inward normal at the point (x, v) of the ellipse, v measured from the axis.
    fn inward_at(&self, x: f64, v: f64) -> Vector3<f64> {
        let (a, b) = (self.half_width, self.half_height);
        let along = x * x * self.width_slope / (a * a * a) + v * v * self.height_slope / (b * b * b);
        Vector3::new(-x / (a * a), -v / (b * b), along).normalize()
    }
}

fn bulge(z: f64) -> f64 {
    let t = (z - BELLY_Z_M) / BELLY_WIDTH_M;
    ops::exp(-0.5 * t * t)
}

/// x of a place given by its distance from the midline, medial positive.
pub(crate) fn x_of_medial(side: Side, medial_m: f64) -> f64 {
    side.medial_sign() * medial_m
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skin() -> Skin {
        Skin::new(ShapeSpec { half_width_m: 0.043, half_height_m: 0.036, width_taper_per_m: 1.0, height_taper_per_m: 1.2, belly: 0.06 })
    }

    /// Find again the depth at which a point was placed.
    #[test]
    fn foot_inverts_below() {
        let skin = skin();
        for z in [-0.115, -0.06, -0.02, 0.0, 0.05] {
            for ratio in [-0.7, -0.3, 0.0, 0.2, 0.6] {
                let x = ratio * skin.section(z).half_width;
                for depth in [0.0005, 0.005, 0.012, 0.020] {
                    let foot = skin.foot(&skin.below(x, z, depth));
                    assert!((foot.depth - depth).abs() < 2e-5, "z {z} ratio {ratio} depth {depth}: {}", foot.depth);
                    assert!((foot.x - x).abs() < 5e-4, "z {z} ratio {ratio} depth {depth}: x {x} foot {}", foot.x);
                }
            }
        }
    }

    /// Agree with a search over the outline for points in and out of the arm.
    #[test]
    fn foot_is_the_nearest_point() {
        let mut spec = skin().shape;
        (spec.width_taper_per_m, spec.height_taper_per_m, spec.belly) = (0.0, 0.0, 0.0);
        let skin = Skin::new(spec);
        for (x, y) in [(0.01, 0.004), (-0.03, 0.02), (0.0, 0.01), (0.002, 0.030), (0.01, -0.005), (0.03, 0.055)] {
            let best = (0..100_000)
                .map(|i| {
                    let (sin, cos) = ops::sin_cos(f64::from(i) * std::f64::consts::TAU / 1e5);
                    ops::hypot(x - 0.043 * cos, y - 0.036 - 0.036 * sin)
                })
                .fold(f64::MAX, f64::min);
            let foot = skin.foot(&Point3::new(x, y, 0.0));
            assert!((foot.depth.abs() - best).abs() < 1e-6, "({x}, {y}): {} against {best}", foot.depth);
            assert_eq!(foot.depth < 0.0, y < 0.0, "({x}, {y})");
        }
    }

    /// Point the normal out of the height field: perpendicular to both of its slopes.
    #[test]
    fn normal_is_perpendicular_to_the_surface() {
        let skin = skin();
        let h = 1e-6;
        for (x, z) in [(0.0, 0.0), (0.02, -0.05), (-0.03, 0.04)] {
            let n = skin.inward(x, z);
            let dx = (skin.y(x + h, z) - skin.y(x - h, z)) / (2.0 * h);
            let dz = (skin.y(x, z + h) - skin.y(x, z - h)) / (2.0 * h);
            assert!(n.dot(&Vector3::new(1.0, dx, 0.0)).abs() < 1e-6);
            assert!(n.dot(&Vector3::new(0.0, dz, 1.0)).abs() < 1e-6);
            assert!(n.y > 0.0);
        }
    }
}
