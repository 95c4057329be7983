//! Subset simulation: a rare event as a chain of events that are not.

use proband_core::{Stream, ops};
use serde::{Deserialize, Serialize};

use super::error::in_range;
use super::limit_state::conditional_move;
use super::{LimitState, RareError};

/// Greatest number of levels: p₀ = 0.1 reaches 1e-100.
const LEVEL_COUNT_MAX: u32 = 100;
/// Acceptance to which the step is steered.
const ACCEPTANCE: f64 = 0.44;

/// Settings of subset simulation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Subset {
    /// Samples per level.
    pub count: u32,
    /// Share that goes on to the next level, p₀.
    pub share: f64,
}

/// One run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SubsetRun {
    /// p₀^(m−1) · N_f / N.
    pub probability: f64,
    /// Thresholds of the levels, falling; the last is 0.
    pub thresholds: Vec<f64>,
    /// Samples that failed in the last level.
    pub failures: Vec<Vec<f64>>,
    /// Evaluations.
    pub calls: u64,
}

/// One run of subset simulation with steered conditional moves. Its probability alone has no honest interval: chains depend on
/// each other; use [`super::replicated`].
///
/// # Source
/// Au & Beck 2001, Probab Eng Mech 16:263–277; moves and steering of Papaioannou et al. 2015, Probab Eng Mech 41:89–103.
/// # Errors
/// [`RareError::OutOfRange`] for settings, [`RareError::CallsUsedUp`], [`RareError::NotANumber`];
/// [`RareError::NoFailure`] when the levels stop falling before failure.
pub fn subset_simulation(state: &mut LimitState<'_>, settings: Subset, stream: &mut Stream) -> Result<SubsetRun, RareError> {
    in_range("samples per level", f64::from(settings.count), 20.0, 1e8)?;
    in_range("share per level", settings.share, 0.01, 0.5)?;
    let before = state.calls();
    let n = settings.count as usize;
    let seeds = ((settings.share * n as f64) as usize).max(1);
    let mut samples = Vec::with_capacity(n);
    let draws: Vec<Vec<f64>> = (0..n).map(|_| state.draw(stream)).collect();
    state.announce(&draws);
    for u in draws {
        samples.push((state.at(&u)?, u));
    }
    let (mut probability, mut step) = (1.0, 0.6_f64);
    let mut thresholds = Vec::new();
    for _ in 0..LEVEL_COUNT_MAX {
        samples.sort_by(|a, b| a.0.total_cmp(&b.0));
        // The best sample that does not go on: those that do lie strictly below, and given it are draws of the conditional law.
        // Taking the last of them instead would favour failure by a few percent.
        let threshold = samples[seeds].0;
        if threshold <= 0.0 {
            let failed = samples.iter().take_while(|s| s.0 <= 0.0).count();
            thresholds.push(0.0);
            let failures = samples.drain(..failed).map(|s| s.1).collect();
            return Ok(SubsetRun {
                probability: probability * failed as f64 / n as f64,
                thresholds,
                failures,
                calls: state.calls() - before,
            });
        }
        let reached = samples.iter().take_while(|s| s.0 < threshold).count();
        // A plateau: nothing below the threshold to walk towards.
        if reached == 0 {
            break;
        }
        thresholds.push(threshold);
        probability *= reached as f64 / n as f64;
        samples.truncate(reached);
        samples = grow(state, samples, n, threshold, &mut step, stream)?;
    }
    Err(RareError::NoFailure { name: "subset simulation", calls: state.calls() - before })
}

/// The seeds, and chains from each until there are `n` samples below the threshold.
fn grow(
    state: &mut LimitState<'_>,
    seeds: Vec<(f64, Vec<f64>)>,
    n: usize,
    threshold: f64,
    step: &mut f64,
    stream: &mut Stream,
) -> Result<Vec<(f64, Vec<f64>)>, RareError> {
    let count = seeds.len();
    let batch = (count / 10).max(1);
    let mut out = Vec::with_capacity(n);
    let (mut accepted, mut tried, mut batches) = (0_u32, 0_u32, 0_u32);
    // Seeds in an order that is not their rank, so that each batch steers the step for all.
    let mut order: Vec<usize> = (0..count).collect();
    for i in (1..count).rev() {
        order.swap(i, stream.index(i as u32 + 1) as usize);
    }
    for (place, seed) in order.iter().enumerate() {
        // Lengths differ by at most one and sum to n.
        let length = (place + 1) * n / count - place * n / count;
        let mut now = seeds[*seed].clone();
        out.push(now.clone());
        for _ in 1..length {
            let next = conditional_move(&now.1, *step, stream);
            let g = state.at(&next)?;
            tried += 1;
            if g < threshold {
                now = (g, next);
                accepted += 1;
            }
            out.push(now.clone());
        }
        if (place + 1) % batch == 0 && tried > 0 {
            batches += 1;
            let rate = f64::from(accepted) / f64::from(tried);
            *step = (ops::exp(ops::ln(*step) + (rate - ACCEPTANCE) / f64::from(batches).sqrt())).clamp(0.02, 1.0);
            (accepted, tried) = (0, 0);
        }
    }
    Ok(out)
}
