//! Importance sampling with its health.

use proband_core::{Stream, ops};
use serde::{Deserialize, Serialize};

use super::error::in_range;
use super::{LimitState, Mixture, RareError, RareEstimate};
use crate::stats::special::student_quantile;
use crate::stats::{Moments, kish_size};

/// Batches over which the spread is taken.
const BATCH_COUNT: u64 = 40;

/// An estimate from weighted draws. Look at the weights before believing it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct WeightedEstimate {
    /// Probability, interval, calls.
    pub estimate: RareEstimate,
    /// Kish's effective number of failures, (Σw)²/Σw² over the failed draws.
    pub effective_size: f64,
    /// Greatest weight over the sum of the weights of failed draws [1]: above a few percent the interval is not to be trusted.
    pub weight_share_max: f64,
    /// Draws that failed.
    pub failures: u64,
}

/// Mean of 1{g ≤ 0} φ(u)/q(u) over draws from `proposal`; Student's interval over 40 batch means.
///
/// # Source
/// Kahn & Marshall 1953, J Oper Res Soc Am 1:263; Owen 2013, Monte Carlo Theory, ch. 9.
/// # Errors
/// [`RareError::OutOfRange`] below 400 draws, [`RareError::NoFailure`], [`RareError::CallsUsedUp`], [`RareError::NotANumber`].
pub fn importance_sampling(
    state: &mut LimitState<'_>,
    proposal: &Mixture,
    count: u64,
    confidence: f64,
    stream: &mut Stream,
) -> Result<WeightedEstimate, RareError> {
    in_range("draws", count as f64, 400.0, 1e12)?;
    in_range("confidence", confidence, 1e-6, 1.0 - 1e-6)?;
    let before = state.calls();
    let (mut batches, mut weights) = (Vec::new(), Vec::new());
    for batch in 0..BATCH_COUNT {
        let (first, last) = (batch * count / BATCH_COUNT, (batch + 1) * count / BATCH_COUNT);
        let mut sum = 0.0;
        let points: Vec<Vec<f64>> = (first..last).map(|_| proposal.draw(stream)).collect();
        state.announce(&points);
        for u in points {
            if state.at(&u)? <= 0.0 {
                let weight = ops::exp(ln_normal(&u) - proposal.ln_density(&u));
                sum += weight;
                weights.push(weight);
            }
        }
        batches.push(sum / (last - first) as f64);
    }
    let calls = state.calls() - before;
    let total: f64 = weights.iter().sum();
    if total <= 0.0 {
        return Err(RareError::NoFailure { name: "importance sampling", calls });
    }
    let m = Moments::of(&batches);
    let half = student_quantile(0.5 + 0.5 * confidence, BATCH_COUNT as f64 - 1.0) * m.standard_error();
    let probability = total / count as f64;
    Ok(WeightedEstimate {
        estimate: RareEstimate { probability, low: (probability - half).max(0.0), high: (probability + half).min(1.0), calls },
        effective_size: kish_size(&weights)?,
        weight_share_max: weights.iter().copied().fold(0.0, f64::max) / total,
        failures: weights.len() as u64,
    })
}

/// ln of the standard normal density.
pub(super) fn ln_normal(u: &[f64]) -> f64 {
    -0.5 * (u.iter().map(|x| x * x).sum::<f64>() + u.len() as f64 * ops::ln(std::f64::consts::TAU))
}
