//! The whole patient on one clock: circulation, reflexes, breathing, gases, fluids, heat.
//!
//! Heart and vessels move every 2 ms, breathing, gases and reflexes every 50 ms, fluids, kidney and heat every second.
//! Works in mmHg, mL, s and cmH₂O, the units of its sources; names say so. The arithmetic is written over
//! [`Pack`] lanes, so that one patient and a cohort are the same code.

mod breath;
mod cohort;
mod control;
mod fast;
mod fluids;
mod gas;
mod growth;
pub(crate) mod pack;
mod parameters;
mod patient;
mod reflex;
mod resting;
mod state;
mod vitals;

pub use cohort::Cohort;
pub use control::SetPoints;
pub use pack::{Laned, Pack};
pub use parameters::{ParameterNote, Parameters, Physique, Scaling};
pub use patient::{TICK_S, WholePatient};
pub use resting::{Resting, RestingProbe, Variant};
pub use state::{Acts, Circulation, LaneState, Slow};
pub use vitals::Vitals;
