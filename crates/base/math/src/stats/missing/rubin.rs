//! Several completed data sets, one answer.

use serde::{Deserialize, Serialize};

use super::super::error::{all_finite, at_least, check_confidence, in_range, same_length};
use super::super::special::{normal_two_sided, student_quantile, student_two_sided};
use super::super::{Moments, StatsError, normal_quantile};

/// An estimate pooled over imputations.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PooledEstimate {
    /// Mean of the estimates.
    pub value: f64,
    /// Total standard error, √(W + (1 + 1/m) B).
    pub standard_error: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Two-sided p-value against 0.
    pub p_value: f64,
    /// Degrees of freedom; infinite when the imputations agree.
    pub degrees_of_freedom: f64,
    /// Share of the variance that is due to what is missing, (1 + 1/m) B / T [1].
    pub missing_share: f64,
}

/// Pool estimates and standard errors of m completed data sets by Rubin's rules.
///
/// `complete_df`: degrees of freedom that complete data would have had, infinite for a large sample; with it the small-sample
/// correction is used.
///
/// # Source
/// Rubin 1987, Multiple Imputation, ch. 3; Barnard & Rubin 1999, Biometrika 86:948.
/// # Errors
/// [`StatsError::TooFew`] below two imputations, [`StatsError::Length`], [`StatsError::NotFinite`],
/// [`StatsError::OutOfRange`] for errors or degrees of freedom not above 0, [`StatsError::Confidence`].
pub fn rubin_pool(estimates: &[f64], errors: &[f64], complete_df: f64, confidence: f64) -> Result<PooledEstimate, StatsError> {
    check_confidence(confidence)?;
    at_least("imputations", estimates.len(), 2)?;
    same_length("standard errors", errors.len(), estimates.len())?;
    all_finite("estimate", estimates)?;
    for e in errors {
        in_range("standard error", *e, 1e-150, 1e150)?;
    }
    in_range("degrees of freedom", complete_df, f64::MIN_POSITIVE, f64::INFINITY)?;
    let m = estimates.len() as f64;
    let moments = Moments::of(estimates);
    let within = errors.iter().map(|e| e * e).sum::<f64>() / m;
    let between = (1.0 + 1.0 / m) * moments.variance();
    let total = within + between;
    let missing_share = between / total;
    let old = (m - 1.0) / (missing_share * missing_share);
    let degrees_of_freedom = if complete_df.is_finite() {
        let observed = (complete_df + 1.0) / (complete_df + 3.0) * complete_df * (1.0 - missing_share);
        if missing_share > 0.0 { 1.0 / (1.0 / old + 1.0 / observed) } else { observed }
    } else {
        old
    };
    let (value, error) = (moments.mean, total.sqrt());
    // Beyond this many degrees of freedom Student's law is the normal one to 1e-9.
    let large = degrees_of_freedom > 1e9;
    let tail = 0.5 + 0.5 * confidence;
    let half = error * if large { normal_quantile(tail) } else { student_quantile(tail, degrees_of_freedom) };
    let p_value = if large { normal_two_sided(value / error) } else { student_two_sided(value / error, degrees_of_freedom) };
    Ok(PooledEstimate { value, standard_error: error, low: value - half, high: value + half, p_value, degrees_of_freedom, missing_share })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pool three imputations by hand: mean 2, W = 0.25, B = 1, T = 0.25 + 4/3.
    #[test]
    fn rubin_by_hand() {
        let found = rubin_pool(&[1.0, 2.0, 3.0], &[0.5; 3], f64::INFINITY, 0.95).unwrap();
        let total: f64 = 0.25 + 4.0 / 3.0;
        let share = 4.0 / 3.0 / total;
        assert!((found.value - 2.0).abs() < 1e-15 && (found.standard_error - total.sqrt()).abs() < 1e-15);
        assert!((found.degrees_of_freedom - 2.0 / share / share).abs() < 1e-12 && (found.missing_share - share).abs() < 1e-15);
        let small = rubin_pool(&[1.0, 2.0, 3.0], &[0.5; 3], 10.0, 0.95).unwrap();
        assert!(small.degrees_of_freedom < found.degrees_of_freedom && small.high > found.high);
        let agreed = rubin_pool(&[2.0, 2.0], &[0.5; 2], f64::INFINITY, 0.95).unwrap();
        assert!(agreed.degrees_of_freedom.is_infinite() && (agreed.high - 2.0 - 0.979_981_992_27).abs() < 1e-9);
        assert!(rubin_pool(&[1.0], &[1.0], 5.0, 0.95).is_err() && rubin_pool(&[1.0, f64::NAN], &[1.0; 2], 5.0, 0.95).is_err());
        assert!(rubin_pool(&[1.0, 2.0], &[0.0; 2], 5.0, 0.95).is_err() && rubin_pool(&[1.0, 2.0], &[1.0; 2], f64::NAN, 0.95).is_err());
    }
}
