//! Claims about the mathematics of trials and stress tests.

mod error_rates;
mod logic;
mod merging;
mod printed;
mod rare;
mod sensitivity;
mod stress;
mod stress_scene;
mod tests_printed;

use crate::Claim;

macro_rules! claim {
    ($id:literal, $compute:path) => {
        Claim { id: $id, case: include_str!(concat!("../../../../../../verify/", $id, "/case.toml")), compute: $compute }
    };
}

/// Claims of this module.
pub(crate) const CLAIMS: &[Claim] = &[
    claim!("trial-sizes", printed::sizes),
    claim!("trial-sequential", printed::sequential),
    claim!("trial-survival", printed::survival),
    claim!("trial-multiplicity-strata", printed::multiplicity),
    claim!("trial-tests", tests_printed::tests),
    claim!("trial-comparisons", merging::comparisons),
    claim!("trial-merge", merging::merging),
    claim!("trial-error-rates", error_rates::error_rates),
    claim!("logic-robustness", logic::robustness),
    claim!("stress-walk", stress::walk),
    claim!("stress-scene", stress_scene::scene),
    claim!("rare-exact", rare::exact),
    claim!("rare-coverage", rare::coverage),
    claim!("sensitivity-indices", sensitivity::indices),
];

/// Any error as text.
fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
