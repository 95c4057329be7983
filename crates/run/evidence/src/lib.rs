//! Reports from stored records alone.

mod error;
mod records;
mod report;

pub use error::EvidenceError;
pub use records::{Problem, RunInfo, RunRecords, load_run};
pub use report::{Report, render_report, write_report};
