//! Trials: many patients, one policy per arm, records from which evidence is computed.
//!
//! A [`Study`] says who, which arms, how they are compared. It is checked as a whole before anybody is simulated.
//! Work is done patient by patient and kept in a [`Journal`] the moment a patient is finished; the tables are made from
//! journals alone, in the order of enrolment, so that neither threads nor shards nor interruptions change a bit.

mod arm;
mod condition_table;
mod criteria;
mod endpoint;
mod execute;
mod hand;
mod journal;
mod merge;
mod palpation;
mod recruit;
mod study;
mod tables;

pub use arm::{ArmPlan, RobotArm};
pub use criteria::{Comparison, Criterion};
pub use endpoint::{ENDPOINTS, Endpoint, EndpointKind};
pub use execute::{DrawResult, PatientResult, TrialSetup, run_shard};
pub use hand::{Hand, HandSpec};
pub use journal::{Job, Journal, ShardRange};
pub use merge::merge;
pub use palpation::{Palpated, PalpationSpec, palpate};
pub use recruit::{Covariates, Enrolment, Labels, enrol};
pub use study::{
    AlteredState, Analysis, CohortKind, Contradiction, Design, EndpointPlan, Hypothesis, Missing, People, Recruitment, Study, Subgroup,
};
pub use tables::{chain_head, trial_tables};
