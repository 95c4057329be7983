//! What is seen in an ultrasound picture: lumens, walls, needles. Pixels and their scale in, nothing else.

use serde::{Deserialize, Serialize};

/// A dark oval with bright walls in a short-axis picture. Probe frame, depths as displayed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LumenDetection {
    /// Centre along the elements [m].
    pub x_m: f64,
    /// Depth of the centre below the face [m].
    pub depth_m: f64,
    /// Half extent along the elements [m].
    pub semi_lateral_m: f64,
    /// Half extent along the depth [m].
    pub semi_depth_m: f64,
    /// Grey level around it minus inside, over the full scale [1].
    pub contrast: f64,
    /// Confidence that this is a vessel [1], 0 to 1.
    pub confidence: f64,
}

impl LumenDetection {
    /// Depth of the front wall below the face [m].
    #[must_use]
    pub fn front_m(&self) -> f64 {
        self.depth_m - self.semi_depth_m
    }

    /// Depth of the back wall below the face [m].
    #[must_use]
    pub fn back_m(&self) -> f64 {
        self.depth_m + self.semi_depth_m
    }

    /// Area of the ellipse [m²].
    #[must_use]
    pub fn area_m2(&self) -> f64 {
        std::f64::consts::PI * self.semi_lateral_m * self.semi_depth_m
    }
}

/// A needle in the plane of a picture. Probe frame, depths as displayed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct NeedleDetection {
    /// The tip: along the elements and depth [m].
    pub tip_m: [f64; 2],
    /// Angle of the shaft below the face, atan of depth over the way along the elements [rad], in (−π/2, π/2).
    pub angle_rad: f64,
    /// Length of shaft seen [m].
    pub visible_m: f64,
    /// Confidence that this is the needle [1], 0 to 1.
    pub confidence: f64,
}

/// Front and back wall of a vessel along a long-axis picture. Probe frame, depths as displayed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WallDetection {
    /// First column of the stretch [m along the elements].
    pub x_first_m: f64,
    /// Distance of the samples along the elements [m].
    pub x_pitch_m: f64,
    /// Depth of the front wall per sample [m].
    pub front_m: Vec<f64>,
    /// Depth of the back wall per sample [m].
    pub back_m: Vec<f64>,
    /// Confidence that this is a vessel [1], 0 to 1.
    pub confidence: f64,
}
