//! Reports from stored records alone.
//!
//! [`load_run`] reads a run folder, [`render_report`] makes one page from it, [`write_report`] does both on disk.
//! Nothing here links a simulator: whatever the page says, the records say.

mod columns;
mod error;
mod number;
mod page;
mod prediction;
mod records;
mod render;
mod report;
mod stats;
mod svg;
mod text;
mod view;

pub use error::EvidenceError;
pub use records::{Problem, RunRecords, load_run};
pub use report::{Report, render_report, write_report};
