//! Comparisons that use what was known before treatment.

use serde::{Deserialize, Serialize};

use super::super::error::{all_finite, at_least, check_confidence, same_length};
use super::super::special::{student_quantile, student_two_sided};
use super::super::{Moments, StatsError};
use super::least_squares;

/// A difference between arms, adjusted for covariates.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdjustedDifference {
    /// Treated minus control [unit of the outcome].
    pub value: f64,
    /// Standard error (HC3) [unit of the outcome].
    pub standard_error: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Two-sided p-value.
    pub p_value: f64,
    /// Variance of the adjusted difference over that of the plain one (both HC3) [1].
    pub variance_ratio: f64,
}

/// Analysis of covariance: outcome on arm and centred baseline covariates (one row per patient; a prognostic score is one).
///
/// # Source
/// Fisher 1932; robust for randomised trials by Lin 2013, Ann Appl Stat 7:295; prognostic adjustment of Schuler et al. 2022,
/// Int J Biostat 18:329.
/// # Errors
/// As [`super::least_squares`], [`StatsError::Confidence`]; [`StatsError::Constant`] when the outcome has no residual spread.
pub fn ancova(treated: &[bool], covariates: &[Vec<f64>], outcome: &[f64], confidence: f64) -> Result<AdjustedDifference, StatsError> {
    check_confidence(confidence)?;
    same_length("covariates", covariates.len(), treated.len())?;
    let arm = |t: &bool| f64::from(u8::from(*t));
    let rows: Vec<Vec<f64>> =
        treated.iter().zip(covariates).map(|(t, c)| std::iter::once(arm(t)).chain(c.iter().copied()).collect()).collect();
    let plain: Vec<Vec<f64>> = treated.iter().map(|t| vec![arm(t)]).collect();
    let adjusted = least_squares(&rows, outcome)?;
    let unadjusted = least_squares(&plain, outcome)?;
    let (value, standard_error) = (adjusted.coefficients[1], adjusted.robust_errors[1]);
    // Residuals of this size are rounding.
    let nothing = 1e-13 * outcome.iter().fold(0.0_f64, |m, y| m.max(y.abs()));
    if adjusted.residual_sd <= nothing || standard_error <= 0.0 || unadjusted.robust_errors[1] <= 0.0 {
        return Err(StatsError::Constant { name: "residuals" });
    }
    let half = student_quantile(0.5 + 0.5 * confidence, adjusted.degrees_of_freedom) * standard_error;
    let ratio = standard_error / unadjusted.robust_errors[1];
    Ok(AdjustedDifference {
        value,
        standard_error,
        low: value - half,
        high: value + half,
        p_value: student_two_sided(value / standard_error, adjusted.degrees_of_freedom),
        variance_ratio: ratio * ratio,
    })
}

/// A mean made sharper by a quantity whose mean is known.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ControlVariate {
    /// Mean of y − b (x − E x) [unit of y].
    pub mean: f64,
    /// Its standard error [unit of y].
    pub standard_error: f64,
    /// Variance over that of the plain mean, 1 − ρ² [1].
    pub variance_ratio: f64,
}

/// Mean of `values` with a control variate of known expectation.
///
/// # Source
/// Glasserman 2003, Monte Carlo Methods in Financial Engineering, sec. 4.1.
/// # Errors
/// [`StatsError::TooFew`] below three values, [`StatsError::Length`], [`StatsError::NotFinite`];
/// [`StatsError::Constant`] when either does not vary.
pub fn control_variate(values: &[f64], control: &[f64], expectation: f64) -> Result<ControlVariate, StatsError> {
    at_least("values", values.len(), 3)?;
    same_length("control", control.len(), values.len())?;
    all_finite("values", values)?;
    all_finite("control", control)?;
    all_finite("expectation", &[expectation])?;
    let (y, x) = (Moments::of(values), Moments::of(control));
    if !(y.squares > 0.0 && x.squares > 0.0) {
        return Err(StatsError::Constant { name: "values or control" });
    }
    let cross: f64 = values.iter().zip(control).map(|(v, c)| (v - y.mean) * (c - x.mean)).sum();
    let slope = cross / x.squares;
    let left = (1.0 - cross / y.squares * slope).max(0.0);
    let n = values.len() as f64;
    let standard_error = (left * y.squares / (n - 2.0) / n).sqrt();
    Ok(ControlVariate { mean: y.mean - slope * (x.mean - expectation), standard_error, variance_ratio: left })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proband_core::Stream;

    /// Find an effect through a strong covariate with a fraction 1 − ρ² of the variance.
    #[test]
    fn a_covariate_sharpens() {
        let mut stream = Stream::new(4, 0, "ancova");
        let n = 400;
        let treated: Vec<bool> = (0..n).map(|i| i % 2 == 0).collect();
        let baseline: Vec<Vec<f64>> = (0..n).map(|_| vec![stream.normal()]).collect();
        let outcome: Vec<f64> = (0..n).map(|i| 2.0 * baseline[i][0] + if treated[i] { 0.5 } else { 0.0 } + stream.normal()).collect();
        let found = ancova(&treated, &baseline, &outcome, 0.95).unwrap();
        assert!((found.value - 0.5).abs() < 4.0 * found.standard_error && (found.standard_error - 0.1).abs() < 0.02, "{found:?}");
        assert!((found.variance_ratio - 0.2).abs() < 0.05, "{found:?}");
        assert!(ancova(&treated, &baseline, &vec![1.0; n], 0.95).is_err());
        let control: Vec<f64> = baseline.iter().map(|b| b[0]).collect();
        let sharp = control_variate(&outcome, &control, 0.0).unwrap();
        assert!((sharp.mean - 0.25).abs() < 4.0 * sharp.standard_error && sharp.variance_ratio < 0.3);
        assert!(control_variate(&outcome, &vec![1.0; n], 1.0).is_err());
    }
}
