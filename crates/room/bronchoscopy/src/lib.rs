//! Robotic bronchoscopy: from a map of the airways to a sample of a nodule.
//!
//! [`plan_routes`] chooses ways from the map alone; the [`Room`] holds what is true and gives sensors' readings.

mod error;
mod map;
pub mod plan;
pub mod room;

pub use error::BronchoscopyError;
pub use map::{AirwayMap, Place};
pub use plan::{Plan, PlanSpec, Route, plan_routes};
pub use room::{Command, Observation, Room, RoomSpec, RoomState};
