//! Waveforms: WFDB, EDF, EDF+, BDF and CSV into one typed record, and WFDB out.
//!
//! A label and a unit in a file are what somebody wrote: [`check_waves`] compares them with the values.

mod check;
mod csv;
mod digital;
mod edf;
mod files;
mod kind;
mod options;
mod read;
mod record;
pub(crate) mod text;
mod wfdb;

pub use check::{check_waves, guess_kind};
pub use files::{Files, FolderFiles, MemoryFiles};
pub use kind::WaveKind;
pub use options::WaveOptions;
pub use read::{WaveFormat, read_waves};
pub use record::{Span, Trust, WaveAnnotation, WaveChannel, WaveRecord, WaveRun};
pub use wfdb::{
    BeatCode, DigitalChannel, DigitalRecord, DigitalRun, INVALID, WfdbFormat, WriteChannel, read_annotations, read_wfdb_digital,
    write_annotations, write_wfdb,
};
