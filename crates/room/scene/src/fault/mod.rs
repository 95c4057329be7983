//! What goes wrong on purpose: the catalogue of faults, when one comes, and what it does to the scene.
//!
//! A [`FaultKind`] is a [`Target`] with an [`Effect`] that has a meaning for it; [`FaultKind::ALL`] is the catalogue. A [`Fault`] is a
//! kind with a [`Trigger`], a duration, a ramp and a magnitude. Each fault draws from a random stream of its own.

mod actuator;
mod body;
mod effect;
mod kind;
mod link;
mod memory;
mod picture;
mod planned;
mod read;
mod risk;
mod schedule;
mod seen;
mod sensor;
mod size;
mod target;

pub(crate) use actuator::{arm as arm_with_faults, cuff as cuff_with_faults, driver as driver_with_faults, head as head_with_faults};
pub(crate) use body::{bled_m3, bleeding_m3_s, displacement as displacement_by_faults, line_as_registered, offset_m, roll_m};
pub use effect::Effect;
pub use kind::{FaultFamily, FaultKind};
pub(crate) use link::{pass, record};
pub(crate) use memory::Memory;
pub(crate) use picture::{distort_nir, distort_ultrasound};
pub use planned::{FAULT_COUNT_MAX, Fault, Trigger};
pub use read::{TEXT_BYTES_MAX, TIME_MAX_S, read_duration};
pub use risk::Risk;
pub(crate) use schedule::{Active, active_now, end_tick, memories};
pub(crate) use seen::Seen;
pub(crate) use sensor::{Reading, distort};
pub use target::Target;
