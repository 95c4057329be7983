//! Calibration slope and intercept, and what a Brier score is made of.

use proband_core::ops;
use serde::{Deserialize, Serialize};

use super::error::{all_fractions, at_least, same_length};
use super::{StatsError, logistic_regression};

/// Predictions are kept this far from 0 and 1 before the logit is taken.
const EDGE: f64 = 1e-9;

/// Calibration on the logit scale.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recalibration {
    /// Slope of the outcome on logit(prediction); 1 is right, below 1 too extreme.
    pub slope: f64,
    /// Its standard error.
    pub slope_error: f64,
    /// Intercept with the slope held at 1; 0 is right, below 0 too high ("calibration in the large").
    pub intercept: f64,
    /// Its standard error.
    pub intercept_error: f64,
}

/// Calibration slope, and intercept given slope 1. Predictions are clipped to 1e-9 from 0 and 1.
///
/// # Source
/// Cox 1958, Biometrika 45:562; Van Calster et al. 2016, J Clin Epidemiol 74:167.
/// # Errors
/// [`StatsError::TooFew`], [`StatsError::Length`], [`StatsError::Fraction`], [`StatsError::Singular`] for constant predictions;
/// [`StatsError::Constant`] when all or none happened, [`StatsError::NotConverged`] when predictions separate the outcomes.
pub fn recalibration(predicted: &[f64], happened: &[bool]) -> Result<Recalibration, StatsError> {
    at_least("predictions", predicted.len(), 3)?;
    same_length("outcomes", happened.len(), predicted.len())?;
    all_fractions("prediction", predicted)?;
    let events = happened.iter().filter(|h| **h).count();
    if events == 0 || events == happened.len() {
        return Err(StatsError::Constant { name: "outcomes" });
    }
    let logits: Vec<f64> = predicted.iter().map(|p| p.clamp(EDGE, 1.0 - EDGE)).map(|p| ops::ln(p) - ops::ln_1p(-p)).collect();
    let rows: Vec<Vec<f64>> = logits.iter().map(|l| vec![*l]).collect();
    let fit = logistic_regression(&rows, happened)?;
    if !fit.converged {
        return Err(StatsError::NotConverged {
            name: "calibration slope",
            iteration_count: fit.iteration_count,
            last_change: fit.last_change,
        });
    }
    // The score Σ (y − p(a)) falls with a: bisection, then its derivative is the information.
    let p = |l: f64, a: f64| 1.0 / (1.0 + ops::exp(-(l + a)));
    let intercept = super::special::turning_point(-60.0, 60.0, |a| logits.iter().map(|l| p(*l, a)).sum::<f64>() >= events as f64);
    let information: f64 = logits.iter().map(|l| p(*l, intercept) * (1.0 - p(*l, intercept))).sum();
    Ok(Recalibration {
        slope: fit.coefficients[1],
        slope_error: fit.standard_errors[1],
        intercept,
        intercept_error: 1.0 / information.sqrt(),
    })
}

/// Brier score = reliability − resolution + uncertainty + within-bin variance − within-bin covariance.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BrierParts {
    /// Mean squared distance of the bins' predictions from what happened [1]: 0 is best.
    pub reliability: f64,
    /// Mean squared distance of what happened in the bins from the base rate [1]: greater is better.
    pub resolution: f64,
    /// Variance of the outcome [1].
    pub uncertainty: f64,
    /// Variance of the predictions within the bins [1]; 0 when each bin holds one value.
    pub within_variance: f64,
    /// Twice the covariance of prediction and outcome within the bins [1].
    pub within_covariance: f64,
}

impl BrierParts {
    /// The Brier score: the sum of the parts, exact but for rounding.
    #[must_use]
    pub fn score(&self) -> f64 {
        self.reliability - self.resolution + self.uncertainty + self.within_variance - self.within_covariance
    }
}

/// Decompose the Brier score over `bin_count` bins of equal width.
///
/// # Source
/// Murphy 1973, J Appl Meteorol 12:595; within-bin terms of Stephenson, Coelho & Jolliffe 2008, Weather Forecast 23:752.
/// # Errors
/// [`StatsError::TooFew`], [`StatsError::TooMany`] above a million bins, [`StatsError::Length`], [`StatsError::Fraction`].
pub fn brier_parts(predicted: &[f64], happened: &[bool], bin_count: u32) -> Result<BrierParts, StatsError> {
    at_least("predictions", predicted.len(), 1)?;
    at_least("bins", bin_count as usize, 1)?;
    if bin_count > 1_000_000 {
        return Err(StatsError::TooMany { name: "bins", found: bin_count as usize, max: 1_000_000 });
    }
    same_length("outcomes", happened.len(), predicted.len())?;
    all_fractions("prediction", predicted)?;
    let n = predicted.len() as f64;
    let base = happened.iter().filter(|h| **h).count() as f64 / n;
    let bin = |p: f64| ((p * f64::from(bin_count)) as usize).min(bin_count as usize - 1);
    let mut bins = vec![(0.0, 0.0, 0.0); bin_count as usize];
    for (p, h) in predicted.iter().zip(happened) {
        let b = &mut bins[bin(*p)];
        *b = (b.0 + 1.0, b.1 + p, b.2 + f64::from(u8::from(*h)));
    }
    let mut parts =
        BrierParts { reliability: 0.0, resolution: 0.0, uncertainty: base * (1.0 - base), within_variance: 0.0, within_covariance: 0.0 };
    for (count, p, o) in bins.iter().filter(|b| b.0 > 0.0) {
        parts.reliability += count / n * (p / count - o / count) * (p / count - o / count);
        parts.resolution += count / n * (o / count - base) * (o / count - base);
    }
    for (p, h) in predicted.iter().zip(happened) {
        let (count, sum, events) = bins[bin(*p)];
        let (dp, dh) = (p - sum / count, f64::from(u8::from(*h)) - events / count);
        parts.within_variance += dp * dp / n;
        parts.within_covariance += 2.0 * dp * dh / n;
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proband_core::Stream;
    use proptest::prelude::*;

    /// Find slope 1 for true probabilities, one half for logits twice too large, and the shift of the base rate.
    #[test]
    fn slopes_are_found() {
        let mut stream = Stream::new(8, 0, "slope");
        let logits: Vec<f64> = (0..4000).map(|_| 1.5 * stream.normal()).collect();
        let p = |l: f64| 1.0 / (1.0 + ops::exp(-l));
        let happened: Vec<bool> = logits.iter().map(|l| stream.bernoulli(p(*l))).collect();
        let at =
            |scale: f64, shift: f64| recalibration(&logits.iter().map(|l| p(scale * l + shift)).collect::<Vec<_>>(), &happened).unwrap();
        let right = at(1.0, 0.0);
        assert!((right.slope - 1.0).abs() < 4.0 * right.slope_error && right.intercept.abs() < 4.0 * right.intercept_error);
        assert!((at(2.0, 0.0).slope - 0.5 * right.slope).abs() < 1e-6);
        assert!((at(1.0, 0.7).intercept - right.intercept + 0.7).abs() < 1e-9);
        assert!(recalibration(&[0.1, 0.2, 0.8, 0.9], &[false, false, true, true]).is_err());
        assert!(recalibration(&[0.1, 0.2, 0.8], &[false; 3]).is_err() && recalibration(&[0.5; 4], &[true, false, true, false]).is_err());
    }

    proptest! {
        /// Let the parts sum to the score, whatever the bins.
        #[test]
        fn parts_sum_to_the_score(cases in proptest::collection::vec((0.0..=1.0_f64, proptest::bool::ANY), 1..60), bins in 1_u32..20) {
            let (p, h): (Vec<f64>, Vec<bool>) = cases.into_iter().unzip();
            let parts = brier_parts(&p, &h, bins).unwrap();
            prop_assert!((parts.score() - super::super::brier_score(&p, &h).unwrap()).abs() < 1e-12);
        }
    }
}
