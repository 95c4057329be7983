//! Confidence intervals of proportions.

use serde::{Deserialize, Serialize};
use statrs::distribution::{Beta, ContinuousCDF, Normal};

use super::StatsError;

/// Lower and upper end of a confidence interval [1].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Interval {
    /// Whether a value lies inside, ends included.
    #[must_use]
    pub fn contains(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }
}

/// Value below which the fraction `p` of the standard normal lies.
///
/// # Requires
/// 0 < `p` < 1; otherwise an infinity or NaN comes back.
#[must_use]
pub fn normal_quantile(p: f64) -> f64 {
    if p.is_nan() || p <= 0.0 || p >= 1.0 {
        return if p == 0.0 {
            f64::NEG_INFINITY
        } else if p == 1.0 {
            f64::INFINITY
        } else {
            f64::NAN
        };
    }
    Normal::standard().inverse_cdf(p)
}

/// Two-sided normal quantile of a confidence level.
fn two_sided_z(confidence: f64) -> Result<f64, StatsError> {
    if confidence > 0.0 && confidence < 1.0 {
        Ok(normal_quantile(0.5 + 0.5 * confidence))
    } else {
        Err(StatsError::Confidence { confidence })
    }
}

fn check_counts(successes: u64, trials: u64) -> Result<(), StatsError> {
    if trials > 0 && successes <= trials { Ok(()) } else { Err(StatsError::Proportion { successes, trials }) }
}

/// Wilson's score interval of a proportion.
///
/// (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n)
///
/// `confidence`: two-sided level [1], 0.95 for 95 %.
///
/// # Source
/// Wilson 1927, J Am Stat Assoc 22:209–212.
/// # Errors
/// [`StatsError::Proportion`], [`StatsError::Confidence`].
///
/// ```
/// let interval = proband_math::stats::wilson(27, 31, 0.95)?;
/// assert!((interval.low - 0.711).abs() < 1e-3 && (interval.high - 0.949).abs() < 1e-3);
/// # Ok::<(), proband_math::stats::StatsError>(())
/// ```
pub fn wilson(successes: u64, trials: u64, confidence: f64) -> Result<Interval, StatsError> {
    check_counts(successes, trials)?;
    let z = two_sided_z(confidence)?;
    let n = trials as f64;
    let p = successes as f64 / n;
    let z2 = z * z;
    let centre = p + z2 / (2.0 * n);
    let half = z * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z2 / n;
    // At the ends the formula gives 0 and 1 but for rounding.
    let low = if successes == 0 { 0.0 } else { ((centre - half) / scale).max(0.0) };
    let high = if successes == trials { 1.0 } else { ((centre + half) / scale).min(1.0) };
    Ok(Interval { low, high })
}

/// Clopper and Pearson's exact interval of a proportion: never covers less than it says, often more.
///
/// The ends are quantiles of Beta(k, n−k+1) and Beta(k+1, n−k).
///
/// # Source
/// Clopper & Pearson 1934, Biometrika 26:404–413.
/// # Errors
/// [`StatsError::Proportion`], [`StatsError::Confidence`].
pub fn clopper_pearson(successes: u64, trials: u64, confidence: f64) -> Result<Interval, StatsError> {
    check_counts(successes, trials)?;
    two_sided_z(confidence)?;
    let tail = 0.5 * (1.0 - confidence);
    let (k, n) = (successes as f64, trials as f64);
    let proportion = StatsError::Proportion { successes, trials };
    let quantile = |a: f64, b: f64, p: f64| Beta::new(a, b).map(|beta| beta_quantile(&beta, p)).map_err(|_| proportion.clone());
    let low = if successes == 0 { 0.0 } else { quantile(k, n - k + 1.0, tail)? };
    let high = if successes == trials { 1.0 } else { quantile(k + 1.0, n - k, 1.0 - tail)? };
    Ok(Interval { low, high })
}

/// Jeffreys' interval of a proportion: equal tails of Beta(k + ½, n − k + ½), with 0 and 1 as ends where k is 0 and n.
///
/// # Source
/// Brown, Cai & DasGupta 2001, Stat Sci 16:101–133, sec. 4.3.
/// # Errors
/// [`StatsError::Proportion`], [`StatsError::Confidence`].
pub fn jeffreys(successes: u64, trials: u64, confidence: f64) -> Result<Interval, StatsError> {
    check_counts(successes, trials)?;
    two_sided_z(confidence)?;
    let tail = 0.5 * (1.0 - confidence);
    let (k, n) = (successes as f64, trials as f64);
    let beta = Beta::new(k + 0.5, n - k + 0.5).map_err(|_| StatsError::Proportion { successes, trials })?;
    let low = if successes == 0 { 0.0 } else { beta_quantile(&beta, tail) };
    let high = if successes == trials { 1.0 } else { beta_quantile(&beta, 1.0 - tail) };
    Ok(Interval { low, high })
}

/// Agresti and Coull's interval of a proportion, clipped to 0 to 1.
///
/// # Source
/// Agresti & Coull 1998, Am Stat 52:119–126.
/// # Errors
/// [`StatsError::Proportion`], [`StatsError::Confidence`].
pub fn agresti_coull(successes: u64, trials: u64, confidence: f64) -> Result<Interval, StatsError> {
    check_counts(successes, trials)?;
    let z = two_sided_z(confidence)?;
    let n = trials as f64 + z * z;
    let p = (successes as f64 + 0.5 * z * z) / n;
    let half = z * (p * (1.0 - p) / n).sqrt();
    Ok(Interval { low: (p - half).max(0.0), high: (p + half).min(1.0) })
}

/// Inverse of Beta's cumulative distribution by bisection to neighbouring floats: slow, and cannot fail.
fn beta_quantile(beta: &Beta, p: f64) -> f64 {
    let (mut low, mut high) = (0.0_f64, 1.0_f64);
    // 1100 halvings reach the smallest float; far fewer are needed.
    for _ in 0..1100 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if beta.cdf(middle) < p { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// Newcombe's hybrid score interval of a difference of two independent proportions, first minus second.
///
/// With p₁, p₂ and their Wilson ends l, u:
/// p₁ − p₂ − √((p₁−l₁)² + (u₂−p₂)²) to p₁ − p₂ + √((u₁−p₁)² + (p₂−l₂)²).
///
/// # Source
/// Newcombe 1998, Stat Med 17:873–890, method 10.
/// # Errors
/// [`StatsError::Proportion`], [`StatsError::Confidence`].
pub fn newcombe(first: (u64, u64), second: (u64, u64), confidence: f64) -> Result<Interval, StatsError> {
    let a = wilson(first.0, first.1, confidence)?;
    let b = wilson(second.0, second.1, confidence)?;
    let (p_a, p_b) = (first.0 as f64 / first.1 as f64, second.0 as f64 / second.1 as f64);
    let below = ((p_a - a.low) * (p_a - a.low) + (b.high - p_b) * (b.high - p_b)).sqrt();
    let above = ((a.high - p_a) * (a.high - p_a) + (p_b - b.low) * (p_b - b.low)).sqrt();
    Ok(Interval { low: p_a - p_b - below, high: p_a - p_b + above })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn near(found: Interval, low: f64, high: f64, tolerance: f64) {
        assert!((found.low - low).abs() <= tolerance && (found.high - high).abs() <= tolerance, "{found:?}");
    }

    /// Match Wilson intervals printed by statsmodels 0.15 and by the phlebotomy literature's counts.
    #[test]
    fn wilson_follows_known_answers() {
        near(wilson(0, 100, 0.95).unwrap(), 0.0, 0.036_993_5, 1e-6);
        near(wilson(10, 50, 0.95).unwrap(), 0.112_437_5, 0.330_371_1, 1e-6);
        near(wilson(27, 31, 0.95).unwrap(), 0.71, 0.95, 0.005);
        near(wilson(81, 263, 0.95).unwrap(), 0.2553, 0.3662, 5e-5); // Newcombe 1998, Stat Med 17:857, table I
    }

    /// Match exact intervals printed by statsmodels 0.15 and in Newcombe's table.
    #[test]
    fn clopper_pearson_follows_known_answers() {
        near(clopper_pearson(0, 100, 0.95).unwrap(), 0.0, 0.036_216_7, 1e-6);
        near(clopper_pearson(10, 50, 0.95).unwrap(), 0.100_302_2, 0.337_183_1, 1e-6);
        near(clopper_pearson(81, 263, 0.95).unwrap(), 0.2527, 0.3676, 5e-5); // Newcombe 1998, Stat Med 17:857, table I
        near(clopper_pearson(7, 7, 0.95).unwrap(), 0.590_4, 1.0, 5e-5); // (α/2)^(1/n)
    }

    /// Match Jeffreys intervals printed by statsmodels 0.15, hold the ends' convention, and clip Agresti and Coull's.
    #[test]
    fn jeffreys_follows_known_answers() {
        near(jeffreys(10, 50, 0.95).unwrap(), 0.107_734_0, 0.325_826_8, 1e-6);
        assert!(jeffreys(0, 100, 0.95).unwrap().low == 0.0 && jeffreys(7, 7, 0.95).unwrap().high == 1.0);
        assert!(agresti_coull(0, 100, 0.95).unwrap().low == 0.0 && agresti_coull(7, 7, 0.95).unwrap().high == 1.0);
    }

    /// Match the differences of Newcombe's own table II, method 10.
    #[test]
    fn newcombe_follows_his_table() {
        near(newcombe((56, 70), (48, 80), 0.95).unwrap(), 0.0524, 0.3339, 5e-5);
        near(newcombe((9, 10), (3, 10), 0.95).unwrap(), 0.1705, 0.8090, 5e-5);
        near(newcombe((5, 56), (0, 29), 0.95).unwrap(), -0.0381, 0.1926, 5e-5);
        near(newcombe((10, 10), (0, 10), 0.95).unwrap(), 0.6075, 1.0, 5e-5);
    }

    /// Refuse counts and levels that mean nothing.
    #[test]
    fn nonsense_is_refused() {
        assert!(wilson(2, 1, 0.95).is_err() && wilson(0, 0, 0.95).is_err());
        assert!(clopper_pearson(1, 2, 1.0).is_err() && wilson(1, 2, f64::NAN).is_err() && newcombe((1, 2), (1, 0), 0.9).is_err());
    }

    proptest! {
        /// Hold the proportion, stay in 0 to 1, and mirror when successes and failures change places.
        #[test]
        fn intervals_hold_the_proportion(n in 1_u64..400, part in 0.0..=1.0_f64, confidence in 0.5..0.999_f64) {
            let k = (part * n as f64) as u64;
            for interval in [wilson, clopper_pearson, jeffreys] {
                let found = interval(k, n, confidence).unwrap();
                prop_assert!(0.0 <= found.low && found.high <= 1.0 && found.contains(k as f64 / n as f64));
                let mirrored = interval(n - k, n, confidence).unwrap();
                prop_assert!((mirrored.low - (1.0 - found.high)).abs() < 1e-9 && (mirrored.high - (1.0 - found.low)).abs() < 1e-9);
            }
        }
    }
}
