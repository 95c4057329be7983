//! Distances along a needle that enters at an angle from the skin plane.

use proband_core::ops;

/// From the skin to the front wall along the needle [m]: depth / sin(angle).
///
/// # Requires
/// 0 < `angle_rad` ≤ π/2.
#[must_use]
pub fn axial_distance_to_front_wall_m(depth_m: f64, angle_rad: f64) -> f64 {
    depth_m / ops::sin(angle_rad)
}

/// Length of the lumen along the needle [m] for a lumen of the given height, straight along the vein: height / sin(angle).
///
/// # Requires
/// 0 < `angle_rad` ≤ π/2.
#[must_use]
pub fn lumen_path_m(height_m: f64, angle_rad: f64) -> f64 {
    height_m / ops::sin(angle_rad)
}

/// Length of the lumen along the needle over which the bevel lies wholly inside [m]; 0 when it never does.
///
/// # Requires
/// 0 < `angle_rad` ≤ π/2.
#[must_use]
pub fn usable_lumen_path_m(height_m: f64, angle_rad: f64, bevel_m: f64) -> f64 {
    (lumen_path_m(height_m, angle_rad) - bevel_m).max(0.0)
}

/// Time from the front wall to the back wall at a constant speed [s].
///
/// # Requires
/// 0 < `angle_rad` ≤ π/2 and `speed_m_s` > 0.
#[must_use]
pub fn time_to_back_wall_s(height_m: f64, angle_rad: f64, speed_m_s: f64) -> f64 {
    lumen_path_m(height_m, angle_rad) / speed_m_s
}

/// Way that the needle still goes between a pop and the stop [m]: speed × latency.
#[must_use]
pub fn overrun_m(speed_m_s: f64, latency_s: f64) -> f64 {
    speed_m_s * latency_s
}
