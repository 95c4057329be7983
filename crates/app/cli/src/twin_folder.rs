//! Twin folders as the commands use them.

use std::path::Path;

use proband_core::Table;
use proband_twin::Twin;

use crate::failure::Failure;

/// Read a twin.
pub(crate) fn read(path: &Path) -> Result<Twin, Failure> {
    Err(Failure::at(path, "this build cannot read twins yet"))
}

/// Write a twin with the tables of its chart. Whole or not at all.
pub(crate) fn write(path: &Path, _twin: &Twin, _chart: &[Table], _overwrite: bool) -> Result<(), Failure> {
    Err(Failure::at(path, "this build cannot write twins yet"))
}
