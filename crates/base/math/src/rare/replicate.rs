//! Intervals from independent replicates.

use proband_core::{Stream, ops};
use serde::{Deserialize, Serialize};

use super::error::in_range;
use super::{RareError, RareEstimate};
use crate::stats::Moments;
use crate::stats::special::student_quantile;

/// Fewest replicates: below, the spread of the logarithms is not known well enough.
pub const REPLICATE_COUNT_MIN: u32 = 8;

/// An estimate from replicates.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Replicated {
    /// Mean with its interval; calls of all replicates.
    pub estimate: RareEstimate,
    /// Probability of each replicate.
    pub probabilities: Vec<f64>,
    /// Coefficient of variation of one replicate [1].
    pub cov: f64,
}

/// Mean of independent replicates of any unbiased estimator, with an interval that takes them for log-normal:
/// mean(ln p) + s²/2 ± t √(s²/R + s⁴/(2(R − 1))).
///
/// `one` gets the replicate's number and its own stream and gives probability and calls. A replicate of probability 0 makes the
/// lower end 0 and the upper end that of Student's interval of the plain mean.
///
/// # Source
/// Modified Cox interval: Olsson 2005, J Stat Educ 13(1).
/// # Errors
/// [`RareError::OutOfRange`] below [`REPLICATE_COUNT_MIN`] replicates, [`RareError::NoFailure`] when all are 0, and what `one` returns.
pub fn replicated(
    count: u32,
    confidence: f64,
    stream: &Stream,
    mut one: impl FnMut(u32, &mut Stream) -> Result<(f64, u64), RareError>,
) -> Result<Replicated, RareError> {
    in_range("replicates", f64::from(count), f64::from(REPLICATE_COUNT_MIN), 1e6)?;
    in_range("confidence", confidence, 1e-6, 1.0 - 1e-6)?;
    let (mut probabilities, mut calls) = (Vec::new(), 0);
    for i in 0..count {
        let (p, c) = one(i, &mut stream.child(i))?;
        in_range("probability", p, 0.0, 1.0)?;
        probabilities.push(p);
        calls += c;
    }
    let plain = Moments::of(&probabilities);
    if plain.mean <= 0.0 {
        return Err(RareError::NoFailure { name: "every replicate", calls });
    }
    let r = f64::from(count);
    let t = student_quantile(0.5 + 0.5 * confidence, r - 1.0);
    let (low, high) = if probabilities.contains(&0.0) {
        (0.0, plain.mean + t * plain.standard_error())
    } else {
        let logs: Vec<f64> = probabilities.iter().map(|p| ops::ln(*p)).collect();
        let m = Moments::of(&logs);
        let variance = m.variance();
        let centre = m.mean + 0.5 * variance;
        let half = t * (variance / r + variance * variance / (2.0 * (r - 1.0))).sqrt();
        (ops::exp(centre - half), ops::exp(centre + half))
    };
    let estimate = RareEstimate { probability: plain.mean, low: low.min(plain.mean), high: high.clamp(plain.mean, 1.0), calls };
    Ok(Replicated { estimate, cov: plain.sd() / plain.mean, probabilities })
}
