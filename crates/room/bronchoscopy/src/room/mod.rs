//! What is true: the scope in airways that move with the breath, the needle in the lung, and what sensors say of it.
//!
//! Mechanics run in the CT's own coordinates: the airways carry the shaft with them as the lung moves. Sensors stand outside and see
//! the moved places.

mod breath;
mod contact;
mod interface;
mod needle;
mod sensing;
mod spec;
mod state;
#[cfg(test)]
mod tests;
mod tick;

pub use breath::{BreathSpec, BreathState};
pub use interface::{CameraFrame, Command, LUMEN_COUNT_MAX, Lumen, Observation};
pub use needle::{Bleeding, NeedlePass};
pub use spec::{Room, RoomSpec, SensorSpec, TICK_S};
pub use state::{RoomState, TipTruth};
