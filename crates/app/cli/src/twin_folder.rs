//! Twin folders as the commands use them.

use std::path::Path;

use proband_core::Table;
use proband_twin::Twin;

use crate::failure::Failure;

/// Read a twin and check everything in it.
pub(crate) fn read(path: &Path) -> Result<Twin, Failure> {
    if !path.is_dir() {
        let what = if path.exists() { "not a folder; a twin is one" } else { "no such twin" };
        return Err(Failure::at(path, what));
    }
    Twin::load(path).map_err(|error| Failure::at(path, error))
}

/// Write a twin with the tables of its chart. Whole or not at all.
pub(crate) fn write(path: &Path, twin: &Twin, chart: &[Table], overwrite: bool) -> Result<(), Failure> {
    twin.save(path, chart, overwrite).map_err(|error| Failure::at(path, error))
}
