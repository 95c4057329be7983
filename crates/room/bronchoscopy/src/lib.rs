//! Robotic bronchoscopy: from a map of the airways to a sample of a nodule.
//!
//! [`plan_routes`] chooses ways from the map alone; the [`Room`] holds what is true and gives sensors' readings; the [`Pilot`] sees
//! map and readings and nothing else.

mod error;
mod map;
pub mod pilot;
pub mod plan;
mod rehearsal;
pub mod room;
pub mod view;

pub use error::BronchoscopyError;
pub use map::{AirwayMap, Place};
pub use pilot::{Controller, Phase, Pilot, PilotSpec};
pub use plan::{Plan, PlanSpec, Route, plan_routes};
pub use rehearsal::{GOOD_SAMPLE_M, Outcome, Rehearsal, RehearsalSpec};
pub use room::{Command, Observation, Room, RoomSpec, RoomState};
pub use view::{View, ViewSpec, read_view, render_view};
