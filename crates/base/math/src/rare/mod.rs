//! Probabilities of rare events: limit states in standard normal space, failure where g ≤ 0.
//!
//! Every method counts its calls and is bounded by them. Intervals come from independent replicates or from an exact law, not from
//! the formula of one chain; [`form`] has none and is a negative control where the limit state is not a plane.

mod cross_entropy;
mod crude;
mod error;
mod form;
mod importance;
mod limit_state;
mod mixture;
mod particles;
mod problems;
mod replicate;
mod subset;

pub use cross_entropy::{CrossEntropy, cross_entropy};
pub use crude::crude_monte_carlo;
pub use error::RareError;
pub use form::{DesignPoint, form};
pub use importance::{WeightedEstimate, importance_sampling};
pub use limit_state::LimitState;
pub use mixture::{Component, Mixture};
pub use particles::{LastParticle, last_particle};
pub use problems::{Marginal, four_branch, four_branch_probability, resistance_load};
pub use replicate::{REPLICATE_COUNT_MIN, Replicated, replicated};
pub use subset::{Subset, SubsetRun, subset_simulation};

use serde::{Deserialize, Serialize};

/// A probability with its interval and its price.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RareEstimate {
    /// Estimate [1].
    pub probability: f64,
    /// Lower end of the interval [1].
    pub low: f64,
    /// Upper end [1].
    pub high: f64,
    /// Evaluations of the limit state.
    pub calls: u64,
}
