//! Samples drawn unequally: rare strata taken more often than they occur.

use serde::{Deserialize, Serialize};

use super::StatsError;
use super::error::{all_finite, at_least, in_range};

/// Kish's effective size (Σw)² / Σw².
///
/// # Source
/// Kish 1965, Survey Sampling, sec. 8.2.
/// # Errors
/// [`StatsError::TooFew`], [`StatsError::NotFinite`], [`StatsError::OutOfRange`] for negative weights,
/// [`StatsError::Constant`] when all are zero.
pub fn kish_size(weights: &[f64]) -> Result<f64, StatsError> {
    at_least("weights", weights.len(), 1)?;
    all_finite("weights", weights)?;
    let greatest = weights.iter().copied().fold(0.0, f64::max);
    for weight in weights {
        in_range("weight", *weight, 0.0, f64::MAX)?;
    }
    if greatest == 0.0 {
        return Err(StatsError::Constant { name: "weights" });
    }
    // Relative to the greatest, so that squares neither vanish nor overflow.
    let (mut sum, mut squares) = (0.0, 0.0);
    for weight in weights {
        let w = weight / greatest;
        sum += w;
        squares += w * w;
    }
    Ok(sum * sum / squares)
}

/// One stratum of a population and what was seen in it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stratum {
    /// Share of the population [1].
    pub prevalence: f64,
    /// Patients drawn from it.
    pub count: u64,
    /// Events among them.
    pub events: u64,
}

/// A proportion in the population, put together from strata.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct StratifiedProportion {
    /// Σ prevalence · proportion [1].
    pub value: f64,
    /// Its standard error [1], from the binomial variance within strata.
    pub standard_error: f64,
    /// Effective size by Kish.
    pub kish: f64,
}

/// Estimate of a proportion from strata drawn at other shares than they have.
///
/// # Source
/// Cochran 1977, Sampling Techniques, sec. 5.
/// # Errors
/// [`StatsError::TooFew`] without strata or patients in one, [`StatsError::Proportion`];
/// [`StatsError::OutOfRange`] unless the prevalences sum to 1 within 1e-9.
pub fn stratified_proportion(strata: &[Stratum]) -> Result<StratifiedProportion, StatsError> {
    at_least("strata", strata.len(), 1)?;
    let mut found = StratifiedProportion { value: 0.0, standard_error: 0.0, kish: 0.0 };
    let (mut share, mut variance, mut squares) = (0.0, 0.0, 0.0);
    for stratum in strata {
        super::error::all_fractions("prevalence", &[stratum.prevalence])?;
        super::proportion::check_arm((stratum.events, stratum.count))?;
        let n = stratum.count as f64;
        let p = stratum.events as f64 / n;
        found.value += stratum.prevalence * p;
        variance += stratum.prevalence * stratum.prevalence * p * (1.0 - p) / n;
        squares += stratum.prevalence * stratum.prevalence / n;
        share += stratum.prevalence;
    }
    in_range("sum of prevalences", share, 1.0 - 1e-9, 1.0 + 1e-9)?;
    found.standard_error = variance.sqrt();
    found.kish = share * share / squares;
    Ok(found)
}

/// Expected standard error of [`stratified_proportion`] with `counts` patients, where stratum i has event probability
/// `events[i]`: what a design will give before it is run.
///
/// # Source
/// Cochran 1977, Sampling Techniques, eq. 5.6.
/// # Errors
/// [`StatsError::Length`], [`StatsError::Fraction`]; [`StatsError::OutOfRange`] for counts not above 0.
pub fn stratified_error(prevalences: &[f64], events: &[f64], counts: &[f64]) -> Result<f64, StatsError> {
    super::error::same_length("event probabilities", events.len(), prevalences.len())?;
    super::error::same_length("counts", counts.len(), prevalences.len())?;
    super::error::all_fractions("prevalence", prevalences)?;
    super::error::all_fractions("event probability", events)?;
    let mut variance = 0.0;
    for ((w, p), n) in prevalences.iter().zip(events).zip(counts) {
        in_range("count", *n, f64::MIN_POSITIVE, f64::MAX)?;
        variance += w * w * p * (1.0 - p) / n;
    }
    Ok(variance.sqrt())
}

/// Shares of the patients that make the error of the total least: prevalence · √(p (1 − p)), scaled to 1.
///
/// # Source
/// Neyman 1934, J R Stat Soc 97:558–625.
/// # Errors
/// [`StatsError::Length`], [`StatsError::Fraction`], [`StatsError::Constant`] when no stratum has a variance.
pub fn neyman_allocation(prevalences: &[f64], events: &[f64]) -> Result<Vec<f64>, StatsError> {
    super::error::same_length("event probabilities", events.len(), prevalences.len())?;
    super::error::all_fractions("prevalence", prevalences)?;
    super::error::all_fractions("event probability", events)?;
    let raw: Vec<f64> = prevalences.iter().zip(events).map(|(w, p)| w * (p * (1.0 - p)).sqrt()).collect();
    let sum: f64 = raw.iter().sum();
    if sum > 0.0 { Ok(raw.iter().map(|r| r / sum).collect()) } else { Err(StatsError::Constant { name: "strata" }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compute the design by hand: a condition of 1 in 10 000 with risk 0.3 among people with risk 0.001.
    #[test]
    fn a_rare_stratum_by_hand() {
        let found = stratified_proportion(&[
            Stratum { prevalence: 1e-4, count: 500, events: 150 },
            Stratum { prevalence: 0.9999, count: 2000, events: 2 },
        ])
        .unwrap();
        assert!((found.value - 1.0299e-3).abs() < 1e-15);
        let error = stratified_error(&[1e-4, 0.9999], &[0.3, 1e-3], &[500.0, 500.0]).unwrap();
        assert!((error - 1.413_37e-3).abs() < 5e-9);
        let weights: Vec<f64> = (0..1000).map(|i| if i < 500 { 1e-4 / 0.5 } else { 0.9999 / 0.5 }).collect();
        assert!((kish_size(&weights).unwrap() - 500.10).abs() < 5e-3);
        assert!((neyman_allocation(&[1e-4, 0.9999], &[0.3, 1e-3]).unwrap()[0] - 0.001_448).abs() < 5e-7);
    }

    /// Refuse weights and strata that mean nothing; survive huge ones.
    #[test]
    fn nonsense_is_refused() {
        assert!(kish_size(&[]).is_err() && kish_size(&[0.0]).is_err() && kish_size(&[-1.0]).is_err() && kish_size(&[f64::NAN]).is_err());
        assert_eq!(kish_size(&[1e300; 4]), Ok(4.0));
        assert!(stratified_proportion(&[Stratum { prevalence: 0.5, count: 1, events: 0 }]).is_err());
        assert!(stratified_error(&[1.0], &[0.5], &[0.0]).is_err());
    }
}
