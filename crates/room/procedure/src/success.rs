//! Predicted probability that the first stick succeeds, from what is believed at planning time.

use proband_core::ops;
use serde::{Deserialize, Serialize};

/// What the prediction looks at. All of it is belief, none of it truth.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SuccessInput {
    /// Depth of the front wall: mean and standard deviation [m].
    pub depth_m: [f64; 2],
    /// Vertical diameter: mean and standard deviation [m].
    pub diameter_v_m: [f64; 2],
    /// Horizontal diameter: mean and standard deviation [m].
    pub diameter_h_m: [f64; 2],
    /// Standard deviation of the lateral position of the vein under the needle [m].
    pub lateral_sd_m: f64,
    /// Standard deviation of the needle's lateral error: calibration, encoders, bending, following the arm [m].
    pub needle_sd_m: f64,
    /// Angle of the needle to the skin [rad].
    pub angle_rad: f64,
    /// Length of the bevel [m].
    pub bevel_m: f64,
}

/// Median of the tent of the front wall before it gives way [m] and σ of its logarithm.
///
/// x_t = F_pop / k_wall with F_pop log-normal (median 0.2 N, σ 0.5) and k_wall uniform 0.1–0.6 N/mm, whose
/// logarithm has median 0.35 N/mm and σ 0.47: median 0.57 mm, σ = √(0.5² + 0.47²) = 0.69.
/// Inputs are priors: unverified.
const TENT_MEDIAN_M: f64 = 0.57e-3;
const TENT_SIGMA: f64 = 0.69;

/// Fraction of the horizontal semi-axis off the axis at which a wall begins to slide away before it is
/// pierced: tan(asin(0.6)) = 0.75 against a friction coefficient of 0.1–0.3 (prior: unverified).
const USABLE_HALF_WIDTH: f64 = 0.6;

/// Calibration of the mechanistic estimate p₀ against simulated draws: logit p = intercept + slope · logit p₀.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SuccessCalibration {
    /// Intercept [1].
    pub intercept: f64,
    /// Slope [1].
    pub slope: f64,
}

fn gaussian_within(half_width: f64, sd: f64) -> f64 {
    if sd <= 0.0 {
        return f64::from(u8::from(half_width > 0.0));
    }
    ops::erf(half_width / (sd * std::f64::consts::SQRT_2)).max(0.0)
}

/// Mechanistic estimate before calibration: the product of four independent chances.
///
/// 1. the tip meets the wall within the part of the width that does not roll away, e ~ N(0, σ_lateral² + σ_needle²);
/// 2. the depth error leaves the bevel inside, |e_d| < (d_v − bevel·sin α)/2;
/// 3. the wall's tent is shallower than the lumen (else both walls are pierced at once);
/// 4. the lumen is real: its believed diameter is two standard deviations above nothing.
#[must_use]
pub fn mechanistic_success(input: &SuccessInput) -> f64 {
    let half_width = USABLE_HALF_WIDTH * 0.5 * input.diameter_h_m[0];
    let lateral = gaussian_within(half_width, ops::hypot(input.lateral_sd_m, input.needle_sd_m));
    let margin = 0.5 * (input.diameter_v_m[0] - input.bevel_m * ops::sin(input.angle_rad)).max(1e-5);
    let depth = gaussian_within(margin, ops::hypot(input.depth_m[1], input.needle_sd_m));
    let tent = ops::normal_cdf(ops::ln(input.diameter_v_m[0].max(1e-5) / TENT_MEDIAN_M) / TENT_SIGMA);
    let real = ops::normal_cdf(input.diameter_v_m[0] / input.diameter_v_m[1].max(1e-6));
    (lateral * depth * tent * real).clamp(1e-4, 1.0 - 1e-4)
}

/// Predicted probability of first-stick success.
#[must_use]
pub fn predicted_success(input: &SuccessInput, calibration: &SuccessCalibration) -> f64 {
    let p0 = mechanistic_success(input);
    let logit = ops::ln(p0 / (1.0 - p0));
    1.0 / (1.0 + ops::exp(-(calibration.intercept + calibration.slope * logit)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(diameter_m: f64, depth_m: f64) -> SuccessInput {
        SuccessInput {
            depth_m: [depth_m, 0.3e-3],
            diameter_v_m: [diameter_m, 0.2e-3],
            diameter_h_m: [1.4 * diameter_m, 0.3e-3],
            lateral_sd_m: 0.3e-3,
            needle_sd_m: 0.35e-3,
            angle_rad: 0.35,
            bevel_m: 2.5e-3,
        }
    }

    /// Promise more in a wide vein than in a narrow one, and never certainty.
    #[test]
    fn wider_is_better() {
        let mut last = 0.0;
        for diameter_mm in [1.0, 1.5, 2.0, 3.0, 4.0, 6.0] {
            let p = mechanistic_success(&input(diameter_mm * 1e-3, 4e-3));
            assert!(p > last && p < 1.0);
            last = p;
        }
    }

    /// Leave the estimate alone when the calibration is the identity.
    #[test]
    fn identity_calibration_changes_nothing() {
        let x = input(2.5e-3, 4e-3);
        let p = predicted_success(&x, &SuccessCalibration { intercept: 0.0, slope: 1.0 });
        assert!((p - mechanistic_success(&x)).abs() < 1e-12);
    }
}
