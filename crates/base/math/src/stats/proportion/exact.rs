//! Exact inference on a 2×2 table with fixed margins.

use proband_core::ops;

use super::super::StatsError;
use super::super::special::{ln_choose, turning_point_log};
use super::{Estimate, check_arm};
use crate::stats::error::check_confidence;

/// Greatest number of patients in an exact table.
const PATIENT_COUNT_MAX: u64 = 1_000_000;

/// Fisher's exact test of two proportions.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct FisherTest {
    /// Probability of a table at most as likely as this one.
    pub p_two_sided: f64,
    /// Probability of as many events in the first arm, or fewer.
    pub p_less: f64,
    /// Probability of as many events in the first arm, or more.
    pub p_greater: f64,
}

/// The law of the events in the first arm given all margins, and ln of the weight of each count.
struct Margins {
    least: u64,
    ln_weights: Vec<f64>,
}

impl Margins {
    fn new(first: (u64, u64), second: (u64, u64)) -> Result<Self, StatsError> {
        check_arm(first)?;
        check_arm(second)?;
        if first.1 + second.1 > PATIENT_COUNT_MAX {
            return Err(StatsError::TooMany { name: "patients", found: (first.1 + second.1) as usize, max: PATIENT_COUNT_MAX as usize });
        }
        let events = first.0 + second.0;
        let least = events.saturating_sub(second.1);
        let most = events.min(first.1);
        let ln_weights = (least..=most).map(|k| ln_choose(first.1, k) + ln_choose(second.1, events - k)).collect();
        Ok(Self { least, ln_weights })
    }

    /// Probabilities at odds ratio e^`ln_psi`.
    fn probabilities(&self, ln_psi: f64) -> Vec<f64> {
        let ln: Vec<f64> = self.ln_weights.iter().enumerate().map(|(i, w)| w + (self.least + i as u64) as f64 * ln_psi).collect();
        let greatest = ln.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let raw: Vec<f64> = ln.iter().map(|l| ops::exp(l - greatest)).collect();
        let sum: f64 = raw.iter().sum();
        raw.iter().map(|r| r / sum).collect()
    }
}

/// Fisher's exact test, conditional on both margins.
///
/// # Source
/// Fisher 1935, The Design of Experiments, ch. 2; two-sided as the sum of tables not more likely (relative slack 1e-7).
/// # Errors
/// [`StatsError::Proportion`], [`StatsError::TooMany`] above a million patients.
pub fn fisher_exact(first: (u64, u64), second: (u64, u64)) -> Result<FisherTest, StatsError> {
    let margins = Margins::new(first, second)?;
    let p = margins.probabilities(0.0);
    let here = (first.0 - margins.least) as usize;
    let limit = p[here] * (1.0 + 1e-7);
    Ok(FisherTest {
        p_two_sided: p.iter().filter(|p| **p <= limit).sum::<f64>().min(1.0),
        p_less: p[..=here].iter().sum::<f64>().min(1.0),
        p_greater: p[here..].iter().sum::<f64>().min(1.0),
    })
}

/// Conditional maximum-likelihood odds ratio with the exact conditional interval: never covers less than it says.
///
/// # Source
/// Cornfield 1956, Proc 3rd Berkeley Symp 4:135–148; the estimate by Fisher's non-central hypergeometric law.
/// # Errors
/// [`StatsError::Proportion`], [`StatsError::Confidence`], [`StatsError::TooMany`];
/// [`StatsError::Constant`] when all or none had the event.
pub fn odds_ratio_exact(first: (u64, u64), second: (u64, u64), confidence: f64) -> Result<Estimate, StatsError> {
    check_confidence(confidence)?;
    let margins = Margins::new(first, second)?;
    if margins.ln_weights.len() < 2 {
        return Err(StatsError::Constant { name: "outcomes" });
    }
    let here = (first.0 - margins.least) as usize;
    let last = margins.ln_weights.len() - 1;
    let tail = 0.5 * (1.0 - confidence);
    let (least, most) = (1e-12, 1e12);
    let at = |psi: f64| margins.probabilities(ops::ln(psi));
    let mean = |psi: f64| at(psi).iter().enumerate().map(|(i, p)| i as f64 * p).sum::<f64>();
    let value = match here {
        0 => 0.0,
        h if h == last => f64::INFINITY,
        h => turning_point_log(least, most, |psi| mean(psi) > h as f64),
    };
    let low = if here == 0 { 0.0 } else { turning_point_log(least, most, |psi| at(psi)[here..].iter().sum::<f64>() > tail) };
    let high = if here == last { f64::INFINITY } else { turning_point_log(least, most, |psi| at(psi)[..=here].iter().sum::<f64>() < tail) };
    Ok(Estimate { value, low, high })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Taste Fisher's tea: the weights are 1, 16, 36, 16, 1, so that the ends solve polynomials.
    #[test]
    fn tea_is_tasted() {
        let test = fisher_exact((3, 4), (1, 4)).unwrap();
        assert!((test.p_two_sided - 34.0 / 70.0).abs() < 1e-12 && (test.p_greater - 17.0 / 70.0).abs() < 1e-12);
        let odds = odds_ratio_exact((3, 4), (1, 4), 0.95).unwrap();
        let all = |x: f64| 1.0 + 16.0 * x + 36.0 * x * x + 16.0 * x.powi(3) + x.powi(4);
        assert!((1.0 - odds.high.powi(4) / all(odds.high) - 0.025).abs() < 1e-9);
        assert!(((16.0 * odds.low.powi(3) + odds.low.powi(4)) / all(odds.low) - 0.025).abs() < 1e-9);
        let x = odds.value;
        assert!(((16.0 * x + 72.0 * x * x + 48.0 * x.powi(3) + 4.0 * x.powi(4)) / all(x) - 3.0).abs() < 1e-9);
    }

    /// State limits at zero cells and refuse empty or uniform tables.
    #[test]
    fn zero_cells_have_limits() {
        let odds = odds_ratio_exact((0, 10), (5, 10), 0.95).unwrap();
        assert!(odds.value == 0.0 && odds.low == 0.0 && odds.high < 1.2);
        assert!(odds_ratio_exact((0, 10), (0, 10), 0.95).is_err() && fisher_exact((0, 0), (1, 2)).is_err());
        assert_eq!(fisher_exact((0, 10), (0, 10)).unwrap().p_two_sided, 1.0);
        assert!(fisher_exact((1, 900_000), (2, 900_000)).is_err());
    }
}
