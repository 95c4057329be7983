//! Reference problems with exact answers, and the laws that their inputs have.

use proband_core::ops;
use serde::{Deserialize, Serialize};

use crate::quadrature::GaussLegendre;
use crate::stats::special::{normal_pdf, normal_sf};

/// A law of one input, reached from a standard normal value.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Marginal {
    /// Normal.
    Normal {
        /// Mean.
        mean: f64,
        /// Standard deviation.
        sd: f64,
    },
    /// e to a normal value.
    LogNormal {
        /// Mean of the logarithm.
        ln_mean: f64,
        /// Standard deviation of the logarithm.
        ln_sd: f64,
    },
    /// Uniform.
    Uniform {
        /// Lower end.
        low: f64,
        /// Upper end.
        high: f64,
    },
    /// Greatest values: P(X ≤ x) = exp(−exp(−(x − mode)/scale)).
    Gumbel {
        /// Mode.
        mode: f64,
        /// Scale.
        scale: f64,
    },
}

impl Marginal {
    /// The value at the probability of a standard normal `u`.
    #[must_use]
    pub fn from_normal(&self, u: f64) -> f64 {
        match *self {
            Self::Normal { mean, sd } => mean + sd * u,
            Self::LogNormal { ln_mean, ln_sd } => ops::exp(ln_mean + ln_sd * u),
            Self::Uniform { low, high } => low + (high - low) * ops::normal_cdf(u),
            // −ln Φ(u), without losing the upper tail.
            Self::Gumbel { mode, scale } => mode - scale * ops::ln(-ops::ln_1p(-normal_sf(u))),
        }
    }
}

/// The series system of four branches: two parabolas and two planes, with parameter k.
///
/// # Source
/// Waarts 2000, Structural reliability using finite element methods (k = 6 there; 7 in Schöbi & Sudret 2014).
#[must_use]
pub fn four_branch(x: &[f64], k: f64) -> f64 {
    let (a, b) = (x[0], x[1]);
    let root = std::f64::consts::SQRT_2;
    let bow = 3.0 + 0.1 * (a - b) * (a - b);
    (bow - (a + b) / root).min(bow + (a + b) / root).min(a - b + k / root).min(b - a + k / root)
}

/// P(four_branch ≤ 0): with u = (x₁ + x₂)/√2 and v = (x₁ − x₂)/√2 the safe set is |u| ≤ 3 + 0.2v², |v| ≤ k/2.
///
/// # Source
/// One integral by Gauss and Legendre's rule.
/// # Error
/// Below 1e-12 relative for k from 1 to 12.
#[must_use]
pub fn four_branch_probability(k: f64) -> f64 {
    let half = 0.5 * k;
    // The failing part is integrated, so that nothing cancels.
    let inside = GaussLegendre::new(20).integrate(0.0, half, 16, |v| normal_pdf(v) * normal_sf(3.0 + 0.2 * v * v));
    2.0 * normal_sf(half) + 4.0 * inside
}

/// β and P(R ≤ S) of a normal resistance and load, each (mean, standard deviation).
///
/// # Source
/// Cornell 1969, ACI J 66:974.
#[must_use]
pub fn resistance_load(resistance: (f64, f64), load: (f64, f64)) -> (f64, f64) {
    let beta = (resistance.0 - load.0) / ops::hypot(resistance.1, load.1);
    (beta, normal_sf(beta))
}
