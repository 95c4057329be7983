//! Difference of two independent proportions.

use super::super::special::turning_point;
use super::super::{Interval, StatsError, newcombe, normal_quantile};
use super::score::{constrained_difference, score};
use super::{Estimate, check_arm, share};
use crate::stats::error::check_confidence;

/// Difference p₁ − p₂ with Newcombe's hybrid score interval, the default for a trial's report.
///
/// # Source
/// Newcombe 1998, Stat Med 17:873–890, method 10.
/// # Errors
/// [`StatsError::Proportion`], [`StatsError::Confidence`].
pub fn risk_difference(first: (u64, u64), second: (u64, u64), confidence: f64) -> Result<Estimate, StatsError> {
    check_arm(first)?;
    check_arm(second)?;
    let Interval { low, high } = newcombe(first, second, confidence)?;
    Ok(Estimate { value: share(first) - share(second), low, high })
}

/// Score interval of p₁ − p₂: every δ that the score test with N/(N−1) does not refuse.
///
/// # Source
/// Miettinen & Nurminen 1985, Stat Med 4:213–226.
/// # Errors
/// [`StatsError::Proportion`], [`StatsError::Confidence`].
pub fn miettinen_nurminen_difference(first: (u64, u64), second: (u64, u64), confidence: f64) -> Result<Estimate, StatsError> {
    check_arm(first)?;
    check_arm(second)?;
    check_confidence(confidence)?;
    let z = normal_quantile(0.5 + 0.5 * confidence);
    let at = |delta: f64| score(first, second, constrained_difference(first, second, delta), 1.0, delta);
    let value = share(first) - share(second);
    let low = if value <= -1.0 { -1.0 } else { turning_point(-1.0, value, |d| at(d) < z) };
    let high = if value >= 1.0 { 1.0 } else { turning_point(value, 1.0, |d| at(d) < -z) };
    Ok(Estimate { value, low, high })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn near(found: Estimate, low: f64, high: f64, tolerance: f64) {
        assert!((found.low - low).abs() <= tolerance && (found.high - high).abs() <= tolerance, "{found:?}");
    }

    /// Match Newcombe's table II, method 6.
    #[test]
    fn the_score_interval_follows_newcombes_table() {
        near(miettinen_nurminen_difference((56, 70), (48, 80), 0.95).unwrap(), 0.0528, 0.3382, 5e-5);
        near(miettinen_nurminen_difference((9, 10), (3, 10), 0.95).unwrap(), 0.1700, 0.8406, 5e-5);
    }

    proptest! {
        /// Hold the estimate, stay in −1 to 1 and mirror when the arms change places.
        #[test]
        fn score_intervals_mirror(a in 0_u64..60, n in 1_u64..60, b in 0_u64..60, m in 1_u64..60) {
            let (first, second) = ((a.min(n), n), (b.min(m), m));
            let found = miettinen_nurminen_difference(first, second, 0.95).unwrap();
            prop_assert!(found.low >= -1.0 && found.high <= 1.0 && found.contains(found.value), "{:?}", found);
            let mirrored = miettinen_nurminen_difference(second, first, 0.95).unwrap();
            prop_assert!((found.low + mirrored.high).abs() < 1e-6 && (found.high + mirrored.low).abs() < 1e-6, "{:?} {:?}", found, mirrored);
        }
    }
}
