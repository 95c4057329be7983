//! Importance sampling whose proposal learns where failures are.

use proband_core::{Stream, ops};
use serde::{Deserialize, Serialize};

use super::error::in_range;
use super::importance::{importance_sampling, ln_normal};
use super::{LimitState, Mixture, RareError, Subset, WeightedEstimate, subset_simulation};

/// Settings of the cross-entropy method.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CrossEntropy {
    /// Samples per level of the search for failures.
    pub search_count: u32,
    /// Normal laws in the mixture: at least as many as there are ways to fail. One is known to lose modes.
    pub components: u32,
    /// Draws of the final estimate.
    pub count: u64,
}

/// Find failures by subset simulation, fit a mixture to them by the cross-entropy criterion, and sample from it.
///
/// The fit takes the failed samples, which follow the law to be imitated; a second fit takes draws of the first mixture, weighted.
/// A seventh of the draws comes from the inputs' own law, widened until it reaches the nearest failure met, so that a way to fail
/// that the search has lost still counts and no weight explodes.
///
/// # Source
/// Rubinstein & Kroese 2004, The Cross-Entropy Method; mixtures: Kurtz & Song 2013, Struct Saf 42:35–44; start from subset
/// samples: Papaioannou, Papadimitriou & Straub 2016, Struct Saf 62:66.
/// # Errors
/// [`RareError::OutOfRange`] for settings, and those of [`subset_simulation`] and [`importance_sampling`].
pub fn cross_entropy(
    state: &mut LimitState<'_>,
    settings: CrossEntropy,
    confidence: f64,
    stream: &mut Stream,
) -> Result<WeightedEstimate, RareError> {
    in_range("laws in the mixture", f64::from(settings.components), 1.0, 64.0)?;
    let before = state.calls();
    let found = subset_simulation(state, Subset { count: settings.search_count, share: 0.1 }, stream)?;
    // Failures beyond what a fit needs are left out evenly.
    let stride = (found.failures.len() / 2000).max(1);
    let failures: Vec<Vec<f64>> = found.failures.into_iter().step_by(stride).collect();
    let nearest = failures.iter().map(|u| u.iter().map(|x| x * x).sum::<f64>()).fold(f64::INFINITY, f64::min).sqrt();
    let width = (nearest / (state.dimension() as f64).sqrt()).clamp(1.5, 10.0);
    let means = spread_means(&failures, settings.components as usize, stream);
    let first = Mixture::around(&means)?.fitted(&failures, &vec![1.0; failures.len()], 15).defended(0.15, width);
    let (mut points, mut weights) = (Vec::new(), Vec::new());
    let draws: Vec<Vec<f64>> = (0..settings.search_count).map(|_| first.draw(stream)).collect();
    state.announce(&draws);
    for u in draws {
        if state.at(&u)? <= 0.0 {
            weights.push(ops::exp(ln_normal(&u) - first.ln_density(&u)));
            points.push(u);
        }
    }
    let proposal =
        if points.len() >= 10 * (state.dimension() + 1) { first.fitted(&points, &weights, 5).defended(0.15, width) } else { first };
    let mut found = importance_sampling(state, &proposal, settings.count, confidence, stream)?;
    found.estimate.calls = state.calls() - before;
    Ok(found)
}

/// Starting means: each the point farthest in expectation from those before (k-means++).
///
/// # Source
/// Arthur & Vassilvitskii 2007, SODA, p. 1027.
fn spread_means(points: &[Vec<f64>], count: usize, stream: &mut Stream) -> Vec<Vec<f64>> {
    let mut means = vec![points[stream.index(points.len() as u32) as usize].clone()];
    let distance = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum::<f64>();
    let mut nearest: Vec<f64> = points.iter().map(|p| distance(p, &means[0])).collect();
    while means.len() < count {
        let total: f64 = nearest.iter().sum();
        if total <= 0.0 {
            break;
        }
        let mut left = stream.uniform() * total;
        let chosen = nearest.iter().position(|d| {
            left -= d;
            left < 0.0
        });
        let mean = points[chosen.unwrap_or(points.len() - 1)].clone();
        nearest.iter_mut().zip(points).for_each(|(n, p)| *n = n.min(distance(p, &mean)));
        means.push(mean);
    }
    means
}
