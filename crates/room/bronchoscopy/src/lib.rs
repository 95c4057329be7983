//! Robotic bronchoscopy: from a map of the airways to a sample of a nodule.
//!
//! [`plan_routes`] chooses ways from the map alone; the [`Room`] holds what is true and gives sensors' readings; the [`Pilot`] sees
//! map and readings and nothing else; [`render_view`] draws what the camera sees.

mod error;
mod map;
//PILOT
pub mod plan;

pub use error::BronchoscopyError;
pub use map::{AirwayMap, Place};

pub use plan::{Plan, PlanSpec, Route, plan_routes};
