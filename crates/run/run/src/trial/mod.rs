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
mod manifest;
mod merge;
mod palpation;
mod part;
mod recruit;
mod refine;
mod study;
mod tables;

pub use arm::{ArmPlan, RobotArm};
pub use criteria::{Comparison, Criterion};
pub use endpoint::{ENDPOINTS, Endpoint, EndpointKind};
pub use execute::{DrawResult, PatientResult, TrialSetup, run_shard};
pub use hand::{Hand, HandSpec};
pub use journal::{Job, Journal, ShardRange, try_room};
pub use manifest::{MANIFEST_SCHEMA, Manifest};
pub use merge::merge;
pub use palpation::{Palpated, PalpationSpec, palpate};
pub use part::{read_part, write_part};
pub use recruit::{Covariates, Enrolment, Labels, enrol};
pub use refine::refinement_table;
pub use study::{
    AlteredState, Analysis, CohortKind, Contradiction, Design, EVENTS, EndpointPlan, Hypothesis, Missing, Multiplicity, People,
    Recruitment, STRATEGIES, Study, Subgroup,
};
pub use tables::{chain_head, trial_tables};
