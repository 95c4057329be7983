//! Splitting that moves the last particle.

use proband_core::{Stream, ops};
use serde::{Deserialize, Serialize};
use statrs::distribution::{ChiSquared, ContinuousCDF};

use super::error::in_range;
use super::limit_state::conditional_move;
use super::{LimitState, RareError, RareEstimate};

/// Settings of last-particle splitting.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LastParticle {
    /// Particles, N.
    pub count: u32,
    /// Moves of a copied particle before it counts as a new draw, twenty to fifty; too few make the interval too narrow (20 moves,
    /// four branches: 93 % of 95 % intervals cover). [`super::replicated`] runs give an interval that does not depend on it.
    pub moves: u32,
}

/// Move the worst particle below its own level until none is left above 0: p = (1 − 1/N)^K after K steps.
///
/// K has a Poisson law of mean −N ln p when moved particles are independent of their copies; the interval is the exact one of
/// that mean.
///
/// # Source
/// Guyader, Hengartner & Matzner-Løber 2011, Appl Math Optim 64:171–196; interval of Garwood 1936, Biometrika 28:437.
/// # Errors
/// [`RareError::OutOfRange`] for settings, [`RareError::CallsUsedUp`], [`RareError::NotANumber`].
pub fn last_particle(
    state: &mut LimitState<'_>,
    settings: LastParticle,
    confidence: f64,
    stream: &mut Stream,
) -> Result<RareEstimate, RareError> {
    in_range("particles", f64::from(settings.count), 10.0, 1e7)?;
    in_range("moves", f64::from(settings.moves), 1.0, 1e6)?;
    in_range("confidence", confidence, 1e-6, 1.0 - 1e-6)?;
    let before = state.calls();
    let mut particles = Vec::new();
    // The worst first: greatest g, then the oldest.
    let mut queue = std::collections::BinaryHeap::new();
    for i in 0..settings.count {
        let u = state.draw(stream);
        let g = state.at(&u)?;
        queue.push((Key(g), std::cmp::Reverse(i)));
        particles.push((g, u));
    }
    let (mut steps, mut step) = (0_u64, 0.5_f64);
    let (mut accepted, mut tried) = (0_u32, 0_u32);
    while let Some((Key(level), std::cmp::Reverse(worst))) = queue.pop() {
        if level <= 0.0 {
            break;
        }
        steps += 1;
        // A copy of any other particle; its level is at most this one.
        let other = (worst + 1 + stream.index(settings.count - 1)) % settings.count;
        let mut now = particles[other as usize].clone();
        for _ in 0..settings.moves {
            let next = conditional_move(&now.1, step, stream);
            let g = state.at(&next)?;
            tried += 1;
            if g < level {
                now = (g, next);
                accepted += 1;
            }
        }
        // Steered to three in ten, and only between generations: a step that follows the walk of one particle would bend its law.
        if steps % u64::from(settings.count) == 0 {
            step = (step * ops::exp(f64::from(accepted) / f64::from(tried) - 0.3)).clamp(0.02, 1.0);
            (accepted, tried) = (0, 0);
        }
        queue.push((Key(now.0), std::cmp::Reverse(worst)));
        particles[worst as usize] = now;
    }
    let n = f64::from(settings.count);
    let k = steps as f64;
    let tail = 0.5 * (1.0 - confidence);
    let quantile = |df: f64, p: f64| ChiSquared::new(df).map_or(0.0, |law| 0.5 * law.inverse_cdf(p));
    let least = if steps == 0 { 0.0 } else { quantile(2.0 * k, tail) };
    let most = quantile(2.0 * k + 2.0, 1.0 - tail);
    Ok(RareEstimate {
        probability: ops::exp(k * ops::ln_1p(-1.0 / n)),
        low: ops::exp(-most / n),
        high: ops::exp(-least / n),
        calls: state.calls() - before,
    })
}

/// A float with a total order, for the queue.
#[derive(Clone, Copy, Debug)]
struct Key(f64);

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Key {}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}
