//! How well predicted probabilities hold.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ChiSquared, ContinuousCDF};

use super::StatsError;
use super::error::{all_fractions, at_least, same_length};

/// Mean squared difference between predicted probability and what happened [1]: 0 is perfect, 0.25 is a coin.
///
/// # Source
/// Brier 1950, Mon Weather Rev 78:1–3 (the half that belongs to the event itself).
/// # Errors
/// [`StatsError::TooFew`], [`StatsError::Length`], [`StatsError::Fraction`].
pub fn brier_score(predicted: &[f64], happened: &[bool]) -> Result<f64, StatsError> {
    check(predicted, happened)?;
    let sum: f64 = predicted.iter().zip(happened).map(|(p, h)| (p - outcome(*h)) * (p - outcome(*h))).sum();
    Ok(sum / predicted.len() as f64)
}

/// One bin of a reliability diagram.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReliabilityBin {
    /// Predictions in the bin.
    pub count: u64,
    /// How many of them happened.
    pub happened_count: u64,
    /// Mean prediction [1].
    pub predicted_mean: f64,
}

impl ReliabilityBin {
    /// Fraction that happened [1].
    #[must_use]
    pub fn observed(&self) -> f64 {
        self.happened_count as f64 / self.count as f64
    }
}

/// Reliability of predictions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Bins of nearly equal counts, by growing prediction. None is empty.
    pub bins: Vec<ReliabilityBin>,
    /// Hosmer and Lemeshow's Ĉ = Σ (oᵢ − eᵢ)² / (eᵢ (1 − eᵢ/nᵢ)); infinite when a bin of certain predictions is wrong.
    pub chi2: f64,
    /// Degrees of freedom: bins for predictions made elsewhere, bins − 2 for those fitted to these data.
    pub degrees_of_freedom: u32,
    /// Probability of a larger Ĉ if the predictions hold [1]; NaN without a degree of freedom.
    pub p_value: f64,
    /// Σ nᵢ |oᵢ − eᵢ| / n, with oᵢ and eᵢ as fractions [1].
    pub expected_calibration_error: f64,
}

/// Sort predictions into bins of nearly equal counts and compare each with what happened.
///
/// Equal predictions never lie in two bins, so that the order of the patients does not matter; there may be fewer
/// bins than asked for.
/// `fitted`: whether the predictions come from a model fitted to these very outcomes.
///
/// # Source
/// Hosmer & Lemeshow 1980, Commun Stat Theory Methods 9:1043–1069.
/// # Errors
/// [`StatsError::TooFew`], [`StatsError::Length`], [`StatsError::Fraction`].
pub fn calibration(predicted: &[f64], happened: &[bool], bin_count: u32, fitted: bool) -> Result<Calibration, StatsError> {
    check(predicted, happened)?;
    at_least("bins", bin_count as usize, 1)?;
    let mut pairs: Vec<(f64, bool)> = predicted.iter().copied().zip(happened.iter().copied()).collect();
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));

    let n = pairs.len();
    let mut bins = Vec::new();
    let (mut chi2, mut error) = (0.0, 0.0);
    let mut start = 0;
    for bin in 0..bin_count as usize {
        let mut end = ((bin + 1) * n / bin_count as usize).max(start);
        while end > 0 && end < n && pairs[end].0 == pairs[end - 1].0 {
            end += 1;
        }
        if end == start {
            continue;
        }
        let members = &pairs[start..end];
        start = end;
        let count = members.len() as f64;
        let expected: f64 = members.iter().map(|(p, _)| p).sum();
        let happened_count = members.iter().filter(|(_, h)| *h).count();
        let apart = happened_count as f64 - expected;
        let variance = expected * (1.0 - expected / count);
        chi2 += if variance > 0.0 {
            apart * apart / variance
        } else if apart == 0.0 {
            0.0
        } else {
            f64::INFINITY
        };
        error += apart.abs() / n as f64;
        bins.push(ReliabilityBin { count: members.len() as u64, happened_count: happened_count as u64, predicted_mean: expected / count });
    }
    let degrees_of_freedom = (bins.len() as u32).saturating_sub(if fitted { 2 } else { 0 });
    let p_value = ChiSquared::new(f64::from(degrees_of_freedom)).map_or(f64::NAN, |d| if chi2.is_finite() { d.sf(chi2) } else { 0.0 });
    Ok(Calibration { bins, chi2, degrees_of_freedom, p_value, expected_calibration_error: error })
}

fn check(predicted: &[f64], happened: &[bool]) -> Result<(), StatsError> {
    at_least("predictions", predicted.len(), 1)?;
    same_length("outcomes", happened.len(), predicted.len())?;
    all_fractions("prediction", predicted)
}

fn outcome(happened: bool) -> f64 {
    f64::from(u8::from(happened))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proband_core::Stream;

    /// Score certainty, error and ignorance as Brier does.
    #[test]
    fn brier_has_its_ends() {
        assert_eq!(brier_score(&[1.0, 0.0], &[true, false]), Ok(0.0));
        assert_eq!(brier_score(&[1.0, 0.0], &[false, true]), Ok(1.0));
        assert_eq!(brier_score(&[0.5, 0.5], &[false, true]), Ok(0.25));
        assert!(brier_score(&[1.5], &[true]).is_err() && brier_score(&[], &[]).is_err() && brier_score(&[0.5], &[]).is_err());
    }

    /// Compute Ĉ by hand for two bins: (1 − 0.8)²/(0.8·0.8) + (3 − 3.2)²/(3.2·0.2) = 0.125.
    #[test]
    fn hosmer_lemeshow_by_hand() {
        let predicted = [0.2, 0.2, 0.2, 0.2, 0.8, 0.8, 0.8, 0.8];
        let happened = [true, false, false, false, true, true, true, false];
        let found = calibration(&predicted, &happened, 2, false).unwrap();
        assert!((found.chi2 - 0.125).abs() < 1e-12);
        assert_eq!((found.bins.len(), found.degrees_of_freedom), (2, 2));
        assert!((found.p_value - 0.939_413_062_813_475_7).abs() < 1e-9); // e^(−0.0625), two degrees of freedom
        assert!((found.expected_calibration_error - 0.05).abs() < 1e-12);
    }

    /// Keep equal predictions in one bin.
    #[test]
    fn ties_are_not_split() {
        let found = calibration(&[0.5; 10], &[true; 10], 5, false).unwrap();
        assert_eq!(found.bins.len(), 1);
        assert_eq!(found.bins[0].count, 10);
        assert!(calibration(&[1.0; 3], &[false; 3], 2, false).unwrap().chi2.is_infinite());
    }

    /// Find true probabilities calibrated and biased ones not.
    #[test]
    fn a_bias_is_found() {
        let mut stream = Stream::new(5, 0, "calibration");
        let truth: Vec<f64> = (0..4000).map(|_| stream.uniform_in(0.1, 0.9)).collect();
        let happened: Vec<bool> = truth.iter().map(|p| stream.bernoulli(*p)).collect();
        assert!(calibration(&truth, &happened, 10, false).unwrap().p_value > 0.01);
        let biased: Vec<f64> = truth.iter().map(|p| p + 0.08).collect();
        assert!(calibration(&biased, &happened, 10, false).unwrap().p_value < 1e-4);
    }
}
