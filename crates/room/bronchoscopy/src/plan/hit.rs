//! How likely a needle that is aimed at the centre of a ball ends in it.

use proband_core::ops;

/// P(|error| < r) for an error that is normal and alike in three directions with root mean square length e: Maxwell's law,
/// P = erf(x/√2) − √(2/π) x e^(−x²/2), x = √3 r/e.
///
/// # Source
/// Maxwell 1860, Phil Mag 19:19.
#[must_use]
pub fn hit_probability(radius_m: f64, error_rms_m: f64) -> f64 {
    if error_rms_m.is_nan() || error_rms_m <= 0.0 {
        return f64::from(u8::from(radius_m > 0.0));
    }
    let x = (3.0_f64.sqrt() * radius_m / error_rms_m).max(0.0);
    let tail = (2.0 / std::f64::consts::PI).sqrt() * x * ops::exp(-0.5 * x * x);
    (ops::erf(x * std::f64::consts::FRAC_1_SQRT_2) - tail).clamp(0.0, 1.0)
}
