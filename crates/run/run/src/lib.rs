//! Rehearse, repeat and record scenes.
//!
//! A [`Rehearsal`] is one draw on one patient; a [`run_cohort`] is many, each a function of (seed, patient)
//! alone, so that neither order nor threads matter; [`trial`] compares arms.

mod bench;
pub mod bronchoscopy;
mod cohort;
mod contain;
mod controller;
mod error;
mod recorder;
mod rehearsal;
pub mod safety;
pub mod session;
pub mod stress;
mod tables;
pub mod trial;

pub use bench::{BenchClock, BenchReport, StageTime, bench_venipuncture};
pub use cohort::{CohortRow, CohortSpec, ControllerMaker, cohort_table, run_cohort, run_cohort_with};
pub use controller::{SUCCESS_CALIBRATION, controller_spec};
pub use error::RunError;
pub use rehearsal::{Finished, Policy, Rehearsal, RehearsalSpec};
pub use tables::settings_table;
