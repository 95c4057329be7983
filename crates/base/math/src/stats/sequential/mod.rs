//! Group-sequential designs: looks at growing information with a kept error.

mod bound;
mod crossing;
mod spending;

pub use bound::{drift_for_power, naive_error, obrien_fleming_bounds, obrien_fleming_constant, pocock_constant, spending_bounds};
pub use crossing::{Crossing, LOOK_COUNT_MAX, crossing};
pub use spending::Spending;
