//! Words: quantities, uncertain values, frames, random streams, tables, digests, warnings.
//!
//! No medicine, no files, no clock, and no randomness that was not given.

mod digest;
mod error;
pub mod frame;
pub mod ops;
pub mod quantity;
mod random;
mod table;
mod uncertain;
mod warning;

pub use digest::Digest;
pub use error::CoreError;
pub use frame::{Camera, Direction, Flange, Frame, Image, Needle, Patient, Pose, Position, Probe, RobotBase, World};
pub use quantity::{Dimension, PA_PER_MMHG, Quantity, Range, Unit};
pub use random::{Stream, philox4x32, subsystem_id};
pub use table::{Column, Field, Table};
pub use uncertain::{Distribution, Status, Uncertain};
pub use warning::{WARNING_COUNT_MAX, Warning, Warnings};
