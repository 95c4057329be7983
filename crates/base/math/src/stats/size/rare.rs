//! Sizes for rare events counted plainly.

use proband_core::ops;

use super::super::StatsError;
use super::super::error::{in_range, open_fraction};
use super::SIZE_MAX;

/// Coefficient of variation of a proportion p counted in n runs, √((1 − p)/(n p)).
///
/// # Source
/// Binomial variance.
/// # Errors
/// [`StatsError::Fraction`], [`StatsError::OutOfRange`].
pub fn crude_cov(p: f64, runs: f64) -> Result<f64, StatsError> {
    open_fraction("probability", p)?;
    in_range("runs", runs, 1.0, f64::MAX)?;
    Ok(((1.0 - p) / (runs * p)).sqrt())
}

/// Runs for a coefficient of variation, (1 − p)/(p cov²).
///
/// # Source
/// Binomial variance.
/// # Errors
/// [`StatsError::Fraction`], [`StatsError::OutOfRange`].
pub fn crude_runs_for_cov(p: f64, cov: f64) -> Result<f64, StatsError> {
    open_fraction("probability", p)?;
    in_range("coefficient of variation", cov, 1e-6, 1e6)?;
    Ok((1.0 - p) / p / (cov * cov))
}

/// Upper end, one-sided, of a probability after `runs` runs without a failure: 1 − (1 − confidence)^(1/n).
///
/// # Source
/// Clopper & Pearson 1934, Biometrika 26:404–413, k = 0; "rule of three" (Hanley & Lippman-Hand 1983, JAMA 249:1743).
/// # Errors
/// [`StatsError::Confidence`], [`StatsError::OutOfRange`].
pub fn zero_failure_upper(runs: u64, confidence: f64) -> Result<f64, StatsError> {
    super::super::error::check_confidence(confidence)?;
    in_range("runs", runs as f64, 1.0, SIZE_MAX)?;
    Ok(-ops::exp_m1(ops::ln_1p(-confidence) / runs as f64))
}

/// Runs, all without a failure, that bound a probability below `p` at a one-sided confidence: ⌈ln(1 − confidence)/ln(1 − p)⌉.
///
/// # Source
/// As [`zero_failure_upper`], solved for n.
/// # Errors
/// [`StatsError::Confidence`], [`StatsError::Fraction`]; [`StatsError::OutOfRange`] above [`SIZE_MAX`] runs.
pub fn runs_without_failure(p: f64, confidence: f64) -> Result<u64, StatsError> {
    super::super::error::check_confidence(confidence)?;
    open_fraction("probability", p)?;
    let runs = (ops::ln_1p(-confidence) / ops::ln_1p(-p)).ceil();
    in_range("runs", runs, 1.0, SIZE_MAX)?;
    Ok(runs as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Count runs by the closed forms.
    #[test]
    fn runs_follow_closed_forms() {
        for (p, runs) in [(1e-2, 299), (1e-3, 2995), (1e-4, 29_956)] {
            assert_eq!(runs_without_failure(p, 0.95), Ok(runs));
            assert!(zero_failure_upper(runs, 0.95).unwrap() <= p && zero_failure_upper(runs - 1, 0.95).unwrap() > p);
        }
        for (p, runs) in [(1e-3, 99_900.0), (1e-4, 999_900.0), (1e-6, 99_999_900.0)] {
            assert!((crude_runs_for_cov(p, 0.1).unwrap() - runs).abs() < 1e-4);
            assert!((crude_cov(p, runs).unwrap() - 0.1).abs() < 1e-12);
        }
        assert!(crude_cov(0.0, 10.0).is_err() && runs_without_failure(1e-15, 0.95).is_err() && zero_failure_upper(0, 0.95).is_err());
    }
}
