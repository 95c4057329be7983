//! Twin, robot, sensors and procedure on one clock.
//!
//! A [`Scene`] owns the truth about one patient, the equipment and a controller. The controller sees
//! [`proband_procedure::Observation`]s and nothing else. Any tick can be saved, restored and continued to the same bits.

mod error;
mod layout;
mod model;
mod motion;
mod names;
mod needle_path;
mod pictures;
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
mod truth;

/// Beam steering while a needle is looked for [rad].
pub(crate) const NEEDLE_STEER_RAD: f64 = 0.26;

pub use error::SceneError;
pub use layout::{Layout, needle_pose};
pub use scene::Scene;
pub use score::{AttemptTrack, Outcome};
pub use spec::{Disturbance, DisturbanceKind, Equipment, SceneSpec, TICK_S, Trigger};
pub use stopwatch::{NoStopwatch, Stage, Stopwatch};
pub use tick::{KeptPicture, SceneEvent, TickLog, TickSignals};
