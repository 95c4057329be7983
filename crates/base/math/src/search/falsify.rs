//! Choice of a solver.

use proband_core::Stream;
use serde::{Deserialize, Serialize};

use super::{Found, Objective, SearchError, cma_es, cross_entropy_search, dual_annealing};

/// Solvers of a black box.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Falsifier {
    /// Uniform draws: the yardstick.
    Random,
    /// Normal law moved to the best draws.
    CrossEntropy,
    /// Covariance matrix adaptation with restarts.
    CmaEs,
    /// Generalised annealing with local search.
    DualAnnealing,
}

/// Minimise an objective with a solver.
///
/// # Errors
/// Those of the solver.
pub fn falsify(objective: Objective<'_>, solver: Falsifier, stream: &mut Stream) -> Result<Found, SearchError> {
    match solver {
        Falsifier::Random => random_search(objective, stream),
        Falsifier::CrossEntropy => cross_entropy_search(objective, stream),
        Falsifier::CmaEs => cma_es(objective, stream),
        Falsifier::DualAnnealing => dual_annealing(objective, stream),
    }
}

/// Uniform draws that are announced together.
const ANNOUNCED: u64 = 64;

/// Uniform draws over the box.
///
/// # Errors
/// [`SearchError::NotANumber`].
pub fn random_search(mut objective: Objective<'_>, stream: &mut Stream) -> Result<Found, SearchError> {
    while !objective.done() {
        let count = objective.left().min(ANNOUNCED);
        let units: Vec<Vec<f64>> = (0..count).map(|_| objective.range().draw_unit(stream)).collect();
        objective.at_units(&units)?;
    }
    Ok(objective.finish())
}
