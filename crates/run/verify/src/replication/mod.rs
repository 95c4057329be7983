//! Published studies done again in simulation: who, by whom, what is compared, and whether both agree by a rule that was
//! fixed before the first run. Nothing is fitted here.

mod agree;
mod draw;
mod file;
mod viewer;

pub(crate) use agree::compare;
pub(crate) use draw::{Drawn, people};
pub(crate) use file::{Figure, Measure, Replication};
