//! Odds ratio of two independent proportions.

use proband_core::ops;

use super::super::special::turning_point_log;
use super::super::{StatsError, normal_quantile};
use super::score::constrained_odds;
use super::{Estimate, check_arm};
use crate::stats::error::check_confidence;

const ODDS_MIN: f64 = 1e-12;
const ODDS_MAX: f64 = 1e12;

/// Odds ratio with Woolf's interval on the logarithm. A zero cell gives 0 or infinity and no limit at all (0 to ∞);
/// use [`miettinen_nurminen_odds_ratio`] or [`super::odds_ratio_exact`] there.
///
/// # Source
/// Woolf 1955, Ann Hum Genet 19:251–253.
/// # Errors
/// [`StatsError::Proportion`], [`StatsError::Confidence`]; [`StatsError::Constant`] when all or none had the event.
pub fn odds_ratio(first: (u64, u64), second: (u64, u64), confidence: f64) -> Result<Estimate, StatsError> {
    let value = checked(first, second, confidence)?;
    let cells = [first.0, first.1 - first.0, second.0, second.1 - second.0];
    if cells.contains(&0) {
        return Ok(Estimate { value, low: 0.0, high: f64::INFINITY });
    }
    let variance: f64 = cells.iter().map(|c| 1.0 / *c as f64).sum();
    let half = normal_quantile(0.5 + 0.5 * confidence) * variance.sqrt();
    Ok(Estimate { value, low: value * ops::exp(-half), high: value * ops::exp(half) })
}

/// Score interval of the odds ratio.
///
/// # Source
/// Miettinen & Nurminen 1985, Stat Med 4:213–226.
/// # Errors
/// As [`odds_ratio`].
pub fn miettinen_nurminen_odds_ratio(first: (u64, u64), second: (u64, u64), confidence: f64) -> Result<Estimate, StatsError> {
    let value = checked(first, second, confidence)?;
    let z = normal_quantile(0.5 + 0.5 * confidence);
    let at = |psi: f64| odds_score(first, second, psi);
    let middle = value.clamp(ODDS_MIN, ODDS_MAX);
    let low = if value == 0.0 { 0.0 } else { turning_point_log(ODDS_MIN, middle, |p| at(p) < z) };
    let high = if value.is_infinite() { f64::INFINITY } else { turning_point_log(middle, ODDS_MAX, |p| at(p) < -z) };
    Ok(Estimate { value, low, high })
}

/// n₁ (p̂₁ − p̃₁) √((1/(n₁p̃₁q̃₁) + 1/(n₂p̃₂q̃₂)) (N−1)/N).
fn odds_score(first: (u64, u64), second: (u64, u64), psi: f64) -> f64 {
    let (n1, n2) = (first.1 as f64, second.1 as f64);
    let (p1, p2) = constrained_odds(first, second, psi);
    let apart = first.0 as f64 - n1 * p1;
    let spread = 1.0 / (n1 * p1 * (1.0 - p1)) + 1.0 / (n2 * p2 * (1.0 - p2));
    if apart.abs() < 1e-14 { 0.0 } else { apart * (spread * (n1 + n2 - 1.0) / (n1 + n2)).sqrt() }
}

fn checked(first: (u64, u64), second: (u64, u64), confidence: f64) -> Result<f64, StatsError> {
    check_arm(first)?;
    check_arm(second)?;
    check_confidence(confidence)?;
    let events = first.0 + second.0;
    if events == 0 || events == first.1 + second.1 {
        return Err(StatsError::Constant { name: "outcomes" });
    }
    let up = first.0 as f64 * (second.1 - second.0) as f64;
    let down = (first.1 - first.0) as f64 * second.0 as f64;
    Ok(up / down)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compute Woolf's interval by hand: 30/40 against 10/40 has odds ratio 9 and error √(8/30).
    #[test]
    fn woolf_by_hand() {
        let found = odds_ratio((30, 40), (10, 40), 0.95).unwrap();
        let factor = ops::exp(1.959_963_984_540_054 * (8.0_f64 / 30.0).sqrt());
        assert!((found.value - 9.0).abs() < 1e-12 && (found.high - 9.0 * factor).abs() < 1e-9 && (found.low - 9.0 / factor).abs() < 1e-9);
    }

    /// Put the ends at ±z, mirror them, and keep a limit with a zero cell.
    #[test]
    fn the_score_interval_solves_its_equation() {
        let (a, b) = ((7, 34), (1, 34));
        let found = miettinen_nurminen_odds_ratio(a, b, 0.95).unwrap();
        assert!((odds_score(a, b, found.low) - 1.959_963_984_540_054).abs() < 1e-8);
        assert!((odds_score(a, b, found.high) + 1.959_963_984_540_054).abs() < 1e-8);
        let mirrored = miettinen_nurminen_odds_ratio(b, a, 0.95).unwrap();
        assert!((found.low * mirrored.high - 1.0).abs() < 1e-9);
        let zero = miettinen_nurminen_odds_ratio((0, 20), (6, 20), 0.95).unwrap();
        assert!(zero.low == 0.0 && zero.high < 1.0 && odds_ratio((0, 20), (0, 20), 0.95).is_err());
        let sure = miettinen_nurminen_odds_ratio((20, 20), (6, 20), 0.95).unwrap();
        assert!(sure.value.is_infinite() && sure.low > 1.0 && sure.high.is_infinite(), "{sure:?}");
    }
}
