//! Ratio of two independent proportions.

use proband_core::ops;

use super::super::special::turning_point_log;
use super::super::{StatsError, normal_quantile};
use super::score::{constrained_ratio, score};
use super::{Estimate, check_arm, share};
use crate::stats::error::check_confidence;

/// Ratios beyond these ends are called 0 and infinite.
const RATIO_MIN: f64 = 1e-12;
const RATIO_MAX: f64 = 1e12;

/// Ratio p₁ / p₂ with Katz's interval on the logarithm. A zero count gives 0 or infinity and no limit on that side
/// (0 to ∞ with the estimate at its end); use [`miettinen_nurminen_ratio`] there.
///
/// # Source
/// Katz, Baptista, Azen & Pike 1978, Biometrics 34:469–474.
/// # Errors
/// [`StatsError::Proportion`], [`StatsError::Confidence`]; [`StatsError::Constant`] when both arms have no event.
pub fn risk_ratio(first: (u64, u64), second: (u64, u64), confidence: f64) -> Result<Estimate, StatsError> {
    let value = checked(first, second, confidence)?;
    if first.0 == 0 || second.0 == 0 {
        return Ok(Estimate { value, low: 0.0, high: f64::INFINITY });
    }
    let part = |arm: (u64, u64)| 1.0 / arm.0 as f64 - 1.0 / arm.1 as f64;
    let half = normal_quantile(0.5 + 0.5 * confidence) * (part(first) + part(second)).sqrt();
    Ok(Estimate { value, low: value * ops::exp(-half), high: value * ops::exp(half) })
}

/// Score interval of p₁ / p₂; finite on at least one side when one arm has no event.
///
/// # Source
/// Miettinen & Nurminen 1985, Stat Med 4:213–226.
/// # Errors
/// [`StatsError::Proportion`], [`StatsError::Confidence`]; [`StatsError::Constant`] when both arms have no event.
pub fn miettinen_nurminen_ratio(first: (u64, u64), second: (u64, u64), confidence: f64) -> Result<Estimate, StatsError> {
    let value = checked(first, second, confidence)?;
    let z = normal_quantile(0.5 + 0.5 * confidence);
    let at = |theta: f64| score(first, second, constrained_ratio(first, second, theta), theta, 0.0);
    let middle = value.clamp(RATIO_MIN, RATIO_MAX);
    let low = if first.0 == 0 { 0.0 } else { turning_point_log(RATIO_MIN, middle, |t| at(t) < z) };
    let high = if second.0 == 0 { f64::INFINITY } else { turning_point_log(middle, RATIO_MAX, |t| at(t) < -z) };
    Ok(Estimate { value, low, high })
}

fn checked(first: (u64, u64), second: (u64, u64), confidence: f64) -> Result<f64, StatsError> {
    check_arm(first)?;
    check_arm(second)?;
    check_confidence(confidence)?;
    if first.0 == 0 && second.0 == 0 {
        return Err(StatsError::Constant { name: "events" });
    }
    Ok(share(first) / share(second))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compute Katz's interval by hand: 15/100 against 30/100, ratio 0.5, e^(±1.96 √(1/15 + 1/30 − 2/100)).
    #[test]
    fn katz_by_hand() {
        let found = risk_ratio((15, 100), (30, 100), 0.95).unwrap();
        let factor = ops::exp(1.959_963_984_540_054 * 0.08_f64.sqrt());
        assert!((found.value - 0.5).abs() < 1e-15 && (found.low - 0.5 / factor).abs() < 1e-12 && (found.high - 0.5 * factor).abs() < 1e-12);
    }

    /// Put the ends where the score statistic is ±z, and mirror them when the arms change places.
    #[test]
    fn the_score_interval_solves_its_equation() {
        let (a, b) = ((15, 100), (30, 90));
        let found = miettinen_nurminen_ratio(a, b, 0.95).unwrap();
        for end in [found.low, found.high] {
            assert!((score(a, b, constrained_ratio(a, b, end), end, 0.0).abs() - 1.959_963_984_540_054).abs() < 1e-8);
        }
        let mirrored = miettinen_nurminen_ratio(b, a, 0.95).unwrap();
        assert!((found.low * mirrored.high - 1.0).abs() < 1e-9 && (found.high * mirrored.low - 1.0).abs() < 1e-9);
    }

    /// State a limit on the side that has one when an arm is empty of events, and refuse two such arms.
    #[test]
    fn zero_cells_have_a_stated_limit() {
        let found = miettinen_nurminen_ratio((0, 50), (10, 50), 0.95).unwrap();
        assert!(found.value == 0.0 && found.low == 0.0 && found.high > 0.0 && found.high < 1.0, "{found:?}");
        let found = miettinen_nurminen_ratio((10, 50), (0, 50), 0.95).unwrap();
        assert!(found.value.is_infinite() && found.low > 1.0 && found.high.is_infinite(), "{found:?}");
        assert!(risk_ratio((0, 5), (0, 5), 0.95).is_err() && miettinen_nurminen_ratio((0, 5), (0, 5), 0.95).is_err());
    }
}
