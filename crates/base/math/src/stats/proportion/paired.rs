//! The same patients under two conditions: yes or no each time.

use super::super::special::{binomial_cdf, chi2_sf, turning_point};
use super::super::{StatsError, normal_quantile, wilson};
use super::Estimate;
use crate::stats::error::check_confidence;

/// Pairs by outcome under the first and the second condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PairedCounts {
    /// Event under both.
    pub both: u64,
    /// Event under the first condition alone.
    pub first_only: u64,
    /// Event under the second condition alone.
    pub second_only: u64,
    /// Event under neither.
    pub neither: u64,
}

impl PairedCounts {
    /// Count pairs of outcomes.
    ///
    /// # Errors
    /// [`StatsError::Length`].
    pub fn of(first: &[bool], second: &[bool]) -> Result<Self, StatsError> {
        crate::stats::error::same_length("the second condition", second.len(), first.len())?;
        let count = |a: bool, b: bool| first.iter().zip(second).filter(|(x, y)| **x == a && **y == b).count() as u64;
        Ok(Self { both: count(true, true), first_only: count(true, false), second_only: count(false, true), neither: count(false, false) })
    }

    /// Number of pairs; saturates.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.both.saturating_add(self.first_only).saturating_add(self.second_only).saturating_add(self.neither)
    }

    /// Proportion under the first condition minus that under the second.
    #[must_use]
    pub fn difference(&self) -> f64 {
        (self.first_only as f64 - self.second_only as f64) / self.count() as f64
    }

    fn check(&self) -> Result<(), StatsError> {
        let trials = self.count();
        if trials > 0 && trials < 1 << 40 { Ok(()) } else { Err(StatsError::Proportion { successes: self.both, trials }) }
    }
}

/// McNemar's test of equal proportions in pairs, in four forms. All are 1 when no pair disagrees.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct McNemar {
    /// (b − c)² / (b + c).
    pub chi2: f64,
    /// Asymptotic p-value of `chi2`.
    pub p_asymptotic: f64,
    /// With Edwards' continuity correction.
    pub p_corrected: f64,
    /// Exact conditional (binomial), two-sided.
    pub p_exact: f64,
    /// Exact less half the probability of what was seen: the recommended one.
    pub p_mid: f64,
}

/// McNemar's test.
///
/// # Source
/// McNemar 1947, Psychometrika 12:153–157; mid-p as recommended by Fagerland, Lydersen & Laake 2013, BMC Med Res Methodol 13:91.
/// # Errors
/// [`StatsError::Proportion`] without pairs.
pub fn mcnemar(counts: PairedCounts) -> Result<McNemar, StatsError> {
    counts.check()?;
    let (b, c) = (counts.first_only, counts.second_only);
    let n = b + c;
    if n == 0 {
        return Ok(McNemar { chi2: 0.0, p_asymptotic: 1.0, p_corrected: 1.0, p_exact: 1.0, p_mid: 1.0 });
    }
    let apart = b.abs_diff(c) as f64;
    let chi2 = apart * apart / n as f64;
    let corrected = (apart - 1.0).max(0.0);
    let least = b.min(c);
    let below = binomial_cdf(least, n, 0.5);
    let at = below - if least > 0 { binomial_cdf(least - 1, n, 0.5) } else { 0.0 };
    let p_exact = (2.0 * below).min(1.0);
    // Half of what is as extreme as the table: one point with b = c, two otherwise.
    let p_mid = if b == c { 1.0 - 0.5 * at } else { p_exact - at };
    Ok(McNemar { chi2, p_asymptotic: chi2_sf(chi2, 1.0), p_corrected: chi2_sf(corrected * corrected / n as f64, 1.0), p_exact, p_mid })
}

/// Newcombe's hybrid score interval of a difference in pairs.
///
/// # Source
/// Newcombe 1998, Stat Med 17:2635–2650, method 10 (with the continuity-corrected correlation).
/// # Errors
/// [`StatsError::Proportion`], [`StatsError::Confidence`].
pub fn newcombe_paired(counts: PairedCounts, confidence: f64) -> Result<Estimate, StatsError> {
    counts.check()?;
    let n = counts.count();
    let (a, b, c, d) = (counts.both as f64, counts.first_only as f64, counts.second_only as f64, counts.neither as f64);
    let first = wilson(counts.both + counts.first_only, n, confidence)?;
    let second = wilson(counts.both + counts.second_only, n, confidence)?;
    let (p1, p2) = ((a + b) / n as f64, (a + c) / n as f64);
    let product = (a + b) * (c + d) * (a + c) * (b + d);
    let cross = a * d - b * c;
    let corrected = if cross > 0.0 { (cross - 0.5 * n as f64).max(0.0) } else { cross };
    let phi = if product > 0.0 { corrected / product.sqrt() } else { 0.0 };
    let (below_1, above_1) = (p1 - first.low, first.high - p1);
    let (below_2, above_2) = (p2 - second.low, second.high - p2);
    let low = (below_1 * below_1 - 2.0 * phi * below_1 * above_2 + above_2 * above_2).max(0.0).sqrt();
    let high = (above_1 * above_1 - 2.0 * phi * above_1 * below_2 + below_2 * below_2).max(0.0).sqrt();
    let value = counts.difference();
    Ok(Estimate { value, low: (value - low).max(-1.0), high: (value + high).min(1.0) })
}

/// Tango's score interval of a difference in pairs.
///
/// # Source
/// Tango 1998, Stat Med 17:891–908.
/// # Errors
/// [`StatsError::Proportion`], [`StatsError::Confidence`].
pub fn tango(counts: PairedCounts, confidence: f64) -> Result<Estimate, StatsError> {
    counts.check()?;
    check_confidence(confidence)?;
    let z = normal_quantile(0.5 + 0.5 * confidence);
    let value = counts.difference();
    let low = if value <= -1.0 { -1.0 } else { turning_point(-1.0, value, |d| tango_score(counts, d) < z) };
    let high = if value >= 1.0 { 1.0 } else { turning_point(value, 1.0, |d| tango_score(counts, d) < -z) };
    Ok(Estimate { value, low, high })
}

/// (b − c − nδ) / √(n (2 p̃₂₁ + δ(1 − δ))), with p̃₂₁ of greatest likelihood under δ.
fn tango_score(counts: PairedCounts, delta: f64) -> f64 {
    let n = counts.count() as f64;
    let (b, c) = (counts.first_only as f64, counts.second_only as f64);
    let linear = -b - c + (2.0 * n - b + c) * delta;
    let p21 = (((linear * linear + 8.0 * n * c * delta * (1.0 - delta)).max(0.0)).sqrt() - linear) / (4.0 * n);
    let variance = n * (2.0 * p21 + delta * (1.0 - delta));
    let apart = b - c - n * delta;
    if apart.abs() < 1e-12 {
        0.0
    } else if variance > 0.0 {
        apart / variance.sqrt()
    } else {
        apart.signum() * f64::INFINITY
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const AIRWAY: PairedCounts = PairedCounts { both: 1, first_only: 1, second_only: 7, neither: 12 };

    /// Compute all four p-values by hand for 1 and 7 discordant pairs: exact 18/256, mid-p 10/256, χ² 4.5.
    #[test]
    fn mcnemar_by_hand() {
        let found = mcnemar(AIRWAY).unwrap();
        assert!((found.p_exact - 18.0 / 256.0).abs() < 1e-14 && (found.p_mid - 10.0 / 256.0).abs() < 1e-14);
        assert!((found.chi2 - 4.5).abs() < 1e-14 && (found.p_asymptotic - 0.033_894_853_524).abs() < 1e-10);
        assert!((found.p_corrected - 0.077_099_871_743).abs() < 1e-9);
        let even = mcnemar(PairedCounts { both: 0, first_only: 2, second_only: 2, neither: 0 }).unwrap();
        assert!((even.p_exact - 1.0).abs() < 1e-14 && (even.p_mid - 0.8125).abs() < 1e-14);
    }

    /// Match the intervals printed for the same table by Fagerland, Lydersen & Laake 2014 (Stat Med 33:2850).
    #[test]
    fn paired_intervals_follow_print() {
        let found = newcombe_paired(AIRWAY, 0.95).unwrap();
        assert!((found.low + 0.507).abs() < 6e-4 && (found.high + 0.026).abs() < 6e-4, "{found:?}");
        let found = tango(AIRWAY, 0.95).unwrap();
        assert!((found.low + 0.517).abs() < 6e-4 && (found.high + 0.026).abs() < 6e-4, "{found:?}");
    }

    proptest! {
        /// Hold the estimate and mirror when the conditions change places.
        #[test]
        fn paired_intervals_mirror(a in 0_u64..40, b in 0_u64..40, c in 0_u64..40, d in 1_u64..40) {
            let counts = PairedCounts { both: a, first_only: b, second_only: c, neither: d };
            let swapped = PairedCounts { both: a, first_only: c, second_only: b, neither: d };
            for interval in [newcombe_paired, tango] {
                let (found, other) = (interval(counts, 0.95).unwrap(), interval(swapped, 0.95).unwrap());
                prop_assert!(found.low >= -1.0 && found.high <= 1.0 && found.contains(found.value), "{:?}", found);
                prop_assert!((found.low + other.high).abs() < 1e-7 && (found.high + other.low).abs() < 1e-7);
            }
        }
    }
}
