//! One patient's twin: parameters with uncertainty, truth for the scorer, belief for the robot, populations.

mod belief;
mod error;
mod parameter;
mod person;
mod population;
mod prior;
mod truth;
mod twin;

pub use belief::{Measurement, Quantity, SiteBelief, UpdateOutcome};
pub use error::TwinError;
pub use parameter::Parameter;
pub use person::{Conditions, Person, Sex};
pub use population::{Patient, Population, Prevalence, sample};
pub use prior::priors;
pub use truth::Truth;
pub use twin::{HistoryEntry, Twin};
