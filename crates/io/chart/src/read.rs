//! From bytes to a record.

use proband_core::Warnings;

use crate::{ChartError, ChartRecord, ReadOptions};

/// Read a FHIR R4 bundle (transaction, batch, collection, searchset, document, message) or a bare Patient, in JSON.
///
/// # Errors
/// [`ChartError`] that names the place, when the bytes are no chart of exactly one patient.
pub fn read_bundle(bytes: &[u8], options: &ReadOptions, _warnings: &Warnings) -> Result<ChartRecord, ChartError> {
    if bytes.len() as u64 > options.size_bytes_max {
        return Err(ChartError::TooLarge { size_bytes: bytes.len() as u64, max_bytes: options.size_bytes_max });
    }
    Err(ChartError::Empty)
}

/// Read resources, one per line (FHIR bulk export).
///
/// # Errors
/// As [`read_bundle`].
pub fn read_ndjson(bytes: &[u8], options: &ReadOptions, warnings: &Warnings) -> Result<ChartRecord, ChartError> {
    read_bundle(bytes, options, warnings)
}
