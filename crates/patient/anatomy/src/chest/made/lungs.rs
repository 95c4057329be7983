//! Two lungs and their lobes as a shape that can be asked anywhere.

use nalgebra::Vector3;
use serde::{Deserialize, Serialize};

/// A lobe of a lung, by the side on which it lies in a usual chest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Lobe {
    /// Right upper lobe.
    RightUpper,
    /// Right middle lobe.
    RightMiddle,
    /// Right lower lobe.
    RightLower,
    /// Left upper lobe, lingula included.
    LeftUpper,
    /// Left lower lobe.
    LeftLower,
}

impl Lobe {
    /// All lobes.
    pub const ALL: [Self; 5] = [Self::RightUpper, Self::RightMiddle, Self::RightLower, Self::LeftUpper, Self::LeftLower];

    /// Name for tables: `right upper`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RightUpper => "right upper",
            Self::RightMiddle => "right middle",
            Self::RightLower => "right lower",
            Self::LeftUpper => "left upper",
            Self::LeftLower => "left lower",
        }
    }

    /// Short name for arguments: `rul`.
    #[must_use]
    pub const fn short(self) -> &'static str {
        match self {
            Self::RightUpper => "rul",
            Self::RightMiddle => "rml",
            Self::RightLower => "rll",
            Self::LeftUpper => "lul",
            Self::LeftLower => "lll",
        }
    }
}

/// Semi-axes of the ellipsoid that a lung is cut from, its centre (left lung), radius and centre of the dome below it, of the
/// heart, and half the width of the mediastinum [m]. Prior: unverified, chosen for about 5 L in two lungs at full inspiration
/// and 24 cm from base to apex.
const AXES: [f64; 3] = [0.062, 0.088, 0.137];
const CENTRE: [f64; 3] = [0.078, 0.008, -0.025];
const DOME: ([f64; 3], f64) = ([0.078, -0.005, -0.245], 0.13);
const HEART: ([f64; 3], f64) = ([0.03, -0.05, -0.085], 0.05);
const MEDIASTINUM: f64 = 0.02;
/// Oblique fissure: height at the middle of the chest [m] and its rise towards the back [m/m]; height of the horizontal fissure [m].
/// Prior: unverified, surface anatomy (from the fourth rib behind to the sixth in front).
const OBLIQUE: [f64; 2] = [-0.03, 1.15];
const HORIZONTAL_M: f64 = -0.02;

/// Shape of two lungs at full inspiration.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LungShape {
    /// Size against the usual chest [1].
    pub scale: f64,
    /// −1 where left and right are exchanged, else 1.
    pub mirror: f64,
}

impl LungShape {
    fn usual(&self, p: Vector3<f64>) -> Vector3<f64> {
        Vector3::new(p.x * self.mirror, p.y, p.z) / self.scale
    }

    /// How deep a point lies below the pleura [m]; negative outside. Near the pleura a distance, deeper in a lower bound of it.
    #[must_use]
    pub fn depth_m(&self, p: [f64; 3]) -> f64 {
        let p = self.usual(p.into());
        let side = if p.x < 0.0 { -1.0 } else { 1.0 };
        let local = Vector3::new(p.x * side - CENTRE[0], p.y - CENTRE[1], p.z - CENTRE[2]);
        let q: Vector3<f64> = local.component_div(&Vector3::from(AXES));
        let steep: Vector3<f64> = local.component_div(&Vector3::from(AXES.map(|a| a * a)));
        let (k, g) = (q.norm(), steep.norm());
        let smallest = AXES[0];
        let ellipsoid = if k < 1e-9 { smallest } else { k * (1.0 - k) / g };
        let dome = Vector3::new(p.x * side - DOME.0[0], p.y - DOME.0[1], p.z - DOME.0[2]).norm() - DOME.1;
        let heart = (p - Vector3::from(HEART.0)).norm() - HEART.1;
        let middle = p.x.abs() - MEDIASTINUM;
        ellipsoid.min(dome).min(heart).min(middle) * self.scale
    }

    /// Which lobe a point would lie in, whatever its depth.
    #[must_use]
    pub fn lobe(&self, p: [f64; 3]) -> Lobe {
        let p = self.usual(p.into());
        let lower = p.z < OBLIQUE[0] + OBLIQUE[1] * p.y;
        match (p.x < 0.0, lower) {
            (true, true) => Lobe::RightLower,
            (true, false) if p.z > HORIZONTAL_M => Lobe::RightUpper,
            (true, false) => Lobe::RightMiddle,
            (false, true) => Lobe::LeftLower,
            (false, false) => Lobe::LeftUpper,
        }
    }

    /// How far down the lung a point lies: 0 at the apex, 1 at the lowest place of the base.
    #[must_use]
    pub fn down(&self, p: [f64; 3]) -> f64 {
        let z = p[2] / self.scale;
        let (top, bottom) = (CENTRE[2] + AXES[2], CENTRE[2] - AXES[2]);
        ((top - z) / (top - bottom)).clamp(0.0, 1.0)
    }

    /// Corners of a box around both lungs [m].
    #[must_use]
    pub fn bounds_m(&self) -> [[f64; 3]; 2] {
        let x = CENTRE[0] + AXES[0];
        [[-x, CENTRE[1] - AXES[1], CENTRE[2] - AXES[2]], [x, CENTRE[1] + AXES[1], CENTRE[2] + AXES[2]]].map(|c| c.map(|v| v * self.scale))
    }
}
