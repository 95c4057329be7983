//! Safety requirements: rules about the signals of a scene, watched while it runs.
//!
//! A requirement holds when its rule holds at every moment; its robustness is the least margin over the run, and the time of that
//! is kept. Rules about one moment are looked at in every tick; rules about a stretch of time every [`PERIOD_S`].

mod monitor;
mod signals;
mod spec;
mod table;

pub use monitor::{SafetyMonitor, Verdict};
pub use signals::{FOR_SURE, SIGNAL_NAMES};
pub use spec::{PERIOD_S, REQUIREMENT_COUNT_MAX, Requirement, SafetySpec};
pub(crate) use table::requirements;
