//! Rigid tools: shape, place, distance.

use proband_core::ops;
use serde::{Deserialize, Serialize};

use crate::TissueError;
use crate::error::check;
use crate::fem::mat3::{cross, dot3};

/// Tangent of the half angle from which a cone touches the corners of a square before it is deeper between them than a ball of twice
/// the edge would be: 1/√2 over 2 − √(4 − ½) [1].
const BLUNT: f64 = 5.474;

/// Shape of a rigid tool in its own frame. All are convex; the third axis is the axis of symmetry and points out of the tissue.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum ToolShape {
    /// Everything below the plane z = 0.
    HalfSpace,
    /// A ball round the origin.
    Sphere {
        /// Radius [m].
        radius_m: f64,
    },
    /// A ball swept from the origin along +z.
    Capsule {
        /// Radius [m].
        radius_m: f64,
        /// Length of the axis [m].
        length_m: f64,
    },
    /// A cylinder from z = 0 along +z with a rounded rim: a flat punch.
    Cylinder {
        /// Radius [m].
        radius_m: f64,
        /// Length [m].
        length_m: f64,
        /// Radius of the rim [m].
        rim_m: f64,
    },
    /// A cone that opens along +z from a rounded tip at the origin.
    Cone {
        /// Angle between axis and flank [rad].
        half_angle_rad: f64,
        /// Radius of the tip [m].
        tip_m: f64,
    },
}

impl ToolShape {
    pub(crate) fn check(&self) -> Result<(), TissueError> {
        let length = |field: &'static str, value: f64| check(field, value, 1e-6, 10.0, "m");
        match *self {
            Self::HalfSpace => Ok(()),
            Self::Sphere { radius_m } => length("tools.radius_m", radius_m),
            Self::Capsule { radius_m, length_m } => {
                length("tools.radius_m", radius_m)?;
                length("tools.length_m", length_m)
            }
            Self::Cylinder { radius_m, length_m, rim_m } => {
                length("tools.radius_m", radius_m)?;
                length("tools.length_m", length_m)?;
                check("tools.rim_m", rim_m, 1e-6, radius_m.min(0.5 * length_m), "m")
            }
            Self::Cone { half_angle_rad, tip_m } => {
                check("tools.half_angle_rad", half_angle_rad, 0.05, 1.55, "rad")?;
                length("tools.tip_m", tip_m)
            }
        }
    }

    /// Furthest that the tool may move between two solves [m] so that it cannot jump over a surface: half its least thickness.
    pub(crate) fn travel_max_m(&self) -> f64 {
        match *self {
            Self::Sphere { radius_m } | Self::Capsule { radius_m, .. } => 0.5 * radius_m,
            Self::Cylinder { radius_m, length_m, .. } => 0.5 * radius_m.min(0.5 * length_m),
            // Behind its tip a cone only gets thicker: there is no other side to come out of.
            Self::HalfSpace | Self::Cone { .. } => f64::INFINITY,
        }
    }

    /// Longest edge of the surface that the tool cannot slip through [m]: half its radius.
    ///
    /// A ball between the corners of a square of that edge is unseen to 0.13 of the edge. A cone that is blunt enough to be seen
    /// as early by its flanks may have any tip; another counts by the ball at its tip.
    pub(crate) fn edge_max_m(&self) -> f64 {
        match *self {
            Self::HalfSpace => f64::INFINITY,
            Self::Cone { half_angle_rad, .. } if ops::tan(half_angle_rad) >= BLUNT => f64::INFINITY,
            Self::Cone { tip_m, .. } => 0.5 * tip_m,
            Self::Sphere { radius_m } | Self::Capsule { radius_m, .. } | Self::Cylinder { radius_m, .. } => 0.5 * radius_m,
        }
    }

    /// Signed distance [m], positive outside, and outward unit normal at a point of the tool's frame [m].
    pub(crate) fn distance(&self, at: [f64; 3]) -> (f64, [f64; 3]) {
        match *self {
            Self::HalfSpace => (at[2], [0.0, 0.0, 1.0]),
            Self::Sphere { radius_m } => from_point(at, radius_m),
            Self::Capsule { radius_m, length_m } => {
                let (distance, normal) = from_point([at[0], at[1], at[2] - at[2].clamp(0.0, length_m)], radius_m);
                (distance, normal)
            }
            Self::Cylinder { radius_m, length_m, rim_m } => {
                let (r, e) = radial(at);
                let (half, z) = (0.5 * length_m, at[2] - 0.5 * length_m);
                let (x, y) = (r - (radius_m - rim_m), z.abs() - (half - rim_m));
                let up = if z < 0.0 { -1.0 } else { 1.0 };
                let (distance, [nr, nz]) = if x > 0.0 && y > 0.0 {
                    let d = (x * x + y * y).sqrt();
                    (d, [x / d, y / d])
                } else if x > y {
                    (x, [1.0, 0.0])
                } else {
                    (y, [0.0, 1.0])
                };
                (distance - rim_m, [nr * e[0], nr * e[1], up * nz])
            }
            Self::Cone { half_angle_rad, tip_m } => {
                // The ball of the tip touches the flanks; its lowest point is the origin.
                let (s, c) = (ops::sin(half_angle_rad), ops::cos(half_angle_rad));
                let (r, e) = radial(at);
                let z = at[2] - tip_m;
                let along = r * s + z * c;
                if along <= 0.0 { from_point([at[0], at[1], z], tip_m) } else { (r * c - z * s - tip_m, [c * e[0], c * e[1], -s]) }
            }
        }
    }
}

fn from_point(at: [f64; 3], radius_m: f64) -> (f64, [f64; 3]) {
    let length = dot3(at, at).sqrt();
    let normal = if length > 0.0 { at.map(|v| v / length) } else { [0.0, 0.0, -1.0] };
    (length - radius_m, normal)
}

fn radial(at: [f64; 3]) -> (f64, [f64; 2]) {
    let r = (at[0] * at[0] + at[1] * at[1]).sqrt();
    (r, if r > 0.0 { [at[0] / r, at[1] / r] } else { [1.0, 0.0] })
}

/// A rigid tool.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tool {
    /// Its shape.
    pub shape: ToolShape,
    /// Coefficient of Coulomb friction between it and the tissue [1].
    pub friction: f64,
    /// Where it begins. It must not be inside the tissue there.
    pub pose: ToolPose,
}

impl Tool {
    pub(crate) fn check(&self) -> Result<(), TissueError> {
        self.shape.check()?;
        check("tools.friction", self.friction, 0.0, 10.0, "1")?;
        self.pose.check()
    }
}

/// Place of a tool's frame.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolPose {
    /// Origin [m].
    pub position_m: [f64; 3],
    /// Unit quaternion w, x, y, z that turns the tool's frame into the body's [1].
    pub turn: [f64; 4],
}

impl ToolPose {
    /// Unturned at a place [m].
    #[must_use]
    pub const fn at(position_m: [f64; 3]) -> Self {
        Self { position_m, turn: [1.0, 0.0, 0.0, 0.0] }
    }

    /// Turned about an axis (of any length) by an angle [rad].
    #[must_use]
    pub fn turned(position_m: [f64; 3], axis: [f64; 3], angle_rad: f64) -> Self {
        let length = dot3(axis, axis).sqrt();
        let (s, c) = (ops::sin(0.5 * angle_rad), ops::cos(0.5 * angle_rad));
        let s = if length > 0.0 { s / length } else { 0.0 };
        Self { position_m, turn: [c, s * axis[0], s * axis[1], s * axis[2]] }
    }

    pub(crate) fn check(&self) -> Result<(), TissueError> {
        for x in self.position_m {
            check("tools.pose.position_m", x, -1e6, 1e6, "m")?;
        }
        check("length of tools.pose.turn", self.turn.iter().map(|v| v * v).sum::<f64>().sqrt(), 1.0 - 1e-6, 1.0 + 1e-6, "1")
    }

    /// Direction of the tool's frame in the body's.
    pub(crate) fn out(&self, v: [f64; 3]) -> [f64; 3] {
        turn(self.turn, v)
    }

    /// Direction of the body's frame in the tool's.
    pub(crate) fn back(&self, v: [f64; 3]) -> [f64; 3] {
        let [w, x, y, z] = self.turn;
        turn([w, -x, -y, -z], v)
    }

    /// Point of the tool's frame in the body's [m].
    pub(crate) fn point_out(&self, p: [f64; 3]) -> [f64; 3] {
        let v = self.out(p);
        std::array::from_fn(|k| self.position_m[k] + v[k])
    }

    /// Point of the body's frame in the tool's [m].
    pub(crate) fn point_back(&self, p: [f64; 3]) -> [f64; 3] {
        self.back(std::array::from_fn(|k| p[k] - self.position_m[k]))
    }

    /// A share of the way to another pose: along the straight line, turning along the shorter way.
    #[must_use]
    pub fn between(&self, to: &Self, share: f64) -> Self {
        let same: f64 = self.turn.iter().zip(&to.turn).map(|(a, b)| a * b).sum();
        let sign = if same < 0.0 { -1.0 } else { 1.0 };
        let mix: [f64; 4] = std::array::from_fn(|k| (1.0 - share) * self.turn[k] + share * sign * to.turn[k]);
        let length = mix.iter().map(|v| v * v).sum::<f64>().sqrt();
        Self {
            position_m: std::array::from_fn(|k| self.position_m[k] + share * (to.position_m[k] - self.position_m[k])),
            turn: if length > 0.0 { mix.map(|v| v / length) } else { self.turn },
        }
    }
}

/// Turn a vector by a unit quaternion: v + 2 q × (q × v + w v).
fn turn([w, x, y, z]: [f64; 4], v: [f64; 3]) -> [f64; 3] {
    let q = [x, y, z];
    let c = cross(q, v);
    let d = cross(q, std::array::from_fn(|k| c[k] + w * v[k]));
    std::array::from_fn(|k| v[k] + 2.0 * d[k])
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPES: [ToolShape; 5] = [
        ToolShape::HalfSpace,
        ToolShape::Sphere { radius_m: 0.005 },
        ToolShape::Capsule { radius_m: 0.004, length_m: 0.02 },
        ToolShape::Cylinder { radius_m: 0.006, length_m: 0.02, rim_m: 0.001 },
        ToolShape::Cone { half_angle_rad: 0.7, tip_m: 0.001 },
    ];

    /// Have a unit normal that is the gradient of the distance wherever that is smooth.
    #[test]
    fn normals_are_gradients() {
        let mut stream = proband_core::Stream::new(7, 0, "tools");
        for shape in SHAPES {
            for _ in 0..400 {
                let at: [f64; 3] = std::array::from_fn(|_| 0.03 * (stream.uniform() - 0.5));
                let (d, n) = shape.distance(at);
                assert!((dot3(n, n) - 1.0).abs() < 1e-12, "{shape:?}");
                let h = 1e-7;
                let slope: [f64; 3] = std::array::from_fn(|k| {
                    let mut p = at;
                    p[k] += h;
                    (shape.distance(p).0 - d) / h
                });
                let off = (0..3).map(|k| (slope[k] - n[k]).abs()).fold(0.0, f64::max);
                // Points within a difference of a crease may differ.
                assert!(!(1e-2..=0.1).contains(&off), "{shape:?} at {at:?}: {slope:?} against {n:?}");
                let foot: [f64; 3] = std::array::from_fn(|k| at[k] - d * n[k]);
                assert!(d < 0.0 || shape.distance(foot).0.abs() < 1e-12, "{shape:?}: the foot of the distance lies on the surface");
            }
        }
    }

    /// Go out and back to the same point, and meet both ends of a way.
    #[test]
    fn poses_invert_and_interpolate() {
        let pose = ToolPose::turned([0.1, -0.2, 0.3], [1.0, 2.0, -0.5], 1.1);
        let p = [0.02, 0.5, -0.7];
        let back = pose.point_back(pose.point_out(p));
        assert!((0..3).all(|k| (back[k] - p[k]).abs() < 1e-14));
        let to = ToolPose::turned([0.0, 0.0, 1.0], [0.0, 0.0, 1.0], 2.0);
        let end = pose.between(&to, 1.0).point_out(p);
        assert!((0..3).all(|k| (end[k] - to.point_out(p)[k]).abs() < 1e-14));
    }
}
