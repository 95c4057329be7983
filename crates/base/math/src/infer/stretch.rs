//! Monte Carlo with an ensemble of walkers that stretch towards each other.

use proband_core::{Stream, ops};

use super::error::{InferError, range, size};

/// Walkers after each sweep.
#[derive(Clone, Debug, PartialEq)]
pub struct StretchChain {
    /// Positions, sweep by sweep, walker by walker, shape [sweep·walker][dimension].
    pub samples: Vec<Vec<f64>>,
    /// Share of the moves that were accepted [1]; 0.2–0.5 is healthy.
    pub acceptance: f64,
}

/// Draw from a density that is known up to a factor.
///
/// `walkers`: where they start, an even number of at least 2·(dimension + 1), not all on one plane. The first `warm_up`
/// sweeps are thrown away.
///
/// # Source
/// Goodman & Weare 2010, Commun Appl Math Comput Sci 5:65, stretch move with a = 2, in two halves.
/// # Errors
/// [`InferError`] for too few walkers or a density that is not finite where one starts.
pub fn stretch_sample(
    walkers: &[Vec<f64>],
    warm_up: u32,
    sweeps: u32,
    stream: &mut Stream,
    log_density: impl Fn(&[f64]) -> f64,
) -> Result<StretchChain, InferError> {
    let count = walkers.len();
    let dimension = walkers.first().map_or(0, Vec::len);
    range("number of walkers", count as f64, 2.0 * (dimension as f64 + 1.0), 1e6)?;
    if count % 2 == 1 || dimension == 0 {
        return Err(InferError::Size { name: "walkers", found: count, expected: count + 1 });
    }
    let mut at = walkers.to_vec();
    let mut density = Vec::with_capacity(count);
    for walker in &at {
        size("walker", walker.len(), dimension)?;
        let value = log_density(walker);
        if !value.is_finite() {
            return Err(InferError::NotFinite { name: "the density where a walker starts" });
        }
        density.push(value);
    }
    let half = count / 2;
    let (mut accepted, mut tried) = (0_u64, 0_u64);
    let mut samples = Vec::with_capacity(sweeps as usize * count);
    for sweep in 0..warm_up + sweeps {
        for walker in 0..count {
            let other_half = if walker < half { half } else { 0 };
            let partner = other_half + stream.index(half as u32) as usize;
            // z with density ∝ 1/√z on [1/2, 2].
            let u = stream.uniform();
            let z = 0.5 * (1.0 + u) * (1.0 + u);
            let proposal: Vec<f64> = at[partner].iter().zip(&at[walker]).map(|(p, w)| p + z * (w - p)).collect();
            let value = log_density(&proposal);
            let ratio = (dimension as f64 - 1.0) * ops::ln(z) + value - density[walker];
            tried += 1;
            if ops::ln(stream.uniform_open()) < ratio {
                at[walker] = proposal;
                density[walker] = value;
                accepted += 1;
            }
        }
        if sweep >= warm_up {
            samples.extend(at.iter().cloned());
        }
    }
    Ok(StretchChain { samples, acceptance: accepted as f64 / tried.max(1) as f64 })
}
