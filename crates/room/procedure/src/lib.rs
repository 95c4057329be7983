//! Perception, planning, control and guards of a venipuncture.
//!
//! Everything here works on what sensors gave. The truth about the patient is not reachable: an
//! [`Observation`] holds pictures, readings and encoder values only.

mod error;
mod guard;
mod interface;
pub mod perception;
mod phase;
mod plan;
mod pop;
mod success;
mod survey;
mod venipuncture;

pub use error::ProcedureError;
pub use guard::{Guard, GuardLimits};
pub use interface::{Command, Controller, FrameKind, HeadCommand, NeedleCommand, Note, Observation, Overlay, PlanNote, SiteNote};
pub use phase::Phase;
pub use plan::{Plan, PlanSpec, Site, choose_angle, plan_site, rank};
pub use pop::{PopLayer, PopSpec, PopState};
pub use success::{SuccessCalibration, SuccessInput, mechanistic_success, predicted_success};
pub use survey::{LUMEN_COUNT_MAX, SeenLumen, SeenVein, link, merge_row};
pub use venipuncture::{Pace, Venipuncture, VenipunctureSpec};
