//! WFDB: the record format of PhysioNet.
//!
//! # Source
//! Moody, "WFDB Applications Guide", pages header(5), signal(5) and annot(5).

mod annotation;
mod bits;
mod flac;
mod format;
mod header;
mod segments;
mod signals;
mod write;

pub use super::digital::{DigitalChannel, DigitalRecord, DigitalRun, INVALID};
pub(super) use annotation::on_clock;
pub use annotation::{BeatCode, read_annotations, write_annotations};
pub use format::WfdbFormat;
pub(super) use segments::frame_rate_hz;
pub use segments::read_wfdb_digital;
pub use write::{WriteChannel, write_wfdb};
