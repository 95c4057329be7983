//! How far detections in ultrasound are off, as measured on simulated pictures.

/// What the blur of the picture does to the outline of a lumen; subtracted from every detection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LumenBias {
    /// Lateral half extent, detected minus true [m].
    pub lateral_m: f64,
    /// Vertical half extent, detected minus true [m].
    pub depth_m: f64,
    /// Depth of the centre, detected minus true [m].
    pub centre_m: f64,
}

/// What the blur of the picture does to walls in the long axis; subtracted from every detection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WallBias {
    /// Front wall, detected minus true [m].
    pub front_m: f64,
    /// Back wall, detected minus true [m].
    pub back_m: f64,
}

/// Measured bias.
pub const LUMEN_BIAS: LumenBias = LumenBias { lateral_m: 0.0, depth_m: 0.0, centre_m: 0.0 };
/// Measured bias.
pub const WALL_BIAS: WallBias = WallBias { front_m: 0.0, back_m: 0.0 };
/// Measured bias.
pub const NEEDLE_BIAS_ALONG_M: f64 = 0.0;
