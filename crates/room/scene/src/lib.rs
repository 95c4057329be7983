//! Twin, robot, sensors and procedure on one clock.
//!
//! A [`Scene`] owns the truth about one patient, the equipment and a controller. The controller sees
//! [`proband_procedure::Observation`]s and nothing else. Any tick can be saved, restored and continued to the same bits.

mod accept;
mod error;
mod fault;
mod fault_stage;
mod fem_tissue;
mod layout;
mod model;
mod motion;
mod names;
mod needle_path;
mod pictures;
mod pulse;
mod scene;
mod score;
mod scoring;
mod scratch;
mod sensing;
mod spec;
mod stages;
mod start;
mod state;
mod stopwatch;
mod tick;
mod tip_truth;
mod truth;
mod view;
mod whole_body;

/// Beam steering while a needle is looked for [rad].
pub(crate) const NEEDLE_STEER_RAD: f64 = 0.26;

pub use accept::command_refusal;
pub use error::SceneError;
pub use fault::{Effect, FAULT_COUNT_MAX, Fault, FaultFamily, FaultKind, Risk, TEXT_BYTES_MAX, TIME_MAX_S, Target, Trigger, read_duration};
pub use layout::{Layout, needle_pose};
pub use pulse::PulseSpec;
pub use scene::Scene;
pub use score::{AttemptTrack, Outcome};
pub use spec::{Equipment, SceneSpec, TICK_S, TissueKind};
pub use stopwatch::{NoStopwatch, Stage, Stopwatch};
pub use tick::{FAR_M, KeptPicture, SceneEvent, TickLog, TickSignals};
pub use view::SceneView;
