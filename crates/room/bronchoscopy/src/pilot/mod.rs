//! The robot's mind: where am I, where to, is it safe.
//!
//! It sees the map (the CT), the plan and what sensors say. [`Controller`] is the border: a controller of one's own plugs in there.

mod behave;
mod belief;
mod controller;
mod guard;
mod register;
mod steer;
#[cfg(test)]
mod tests;
mod work;

pub use behave::{Pilot, PilotSpec};
pub use belief::{Belief, Estimate};
pub use controller::{Controller, Note, Phase, Told};
pub use guard::{Guard, GuardLimits};
pub use register::{Registration, register};
