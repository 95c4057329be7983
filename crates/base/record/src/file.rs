//! Files that are written whole or not at all.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use proband_core::{Digest, Table};

use crate::decode::{Limits, decode_table};
use crate::encode::{encode_digested, table_digest};
use crate::error::RecordError;

/// Write a table as a Parquet file; an older file of this name is replaced. Returns the table's digest.
///
/// # Errors
/// [`RecordError::Table`] for a table of no shape, [`RecordError::DiskFull`], [`RecordError::Io`].
pub fn write_table(path: &Path, table: &Table) -> Result<Digest, RecordError> {
    let digest = table_digest(table)?;
    write_bytes(path, &encode_digested(table, &digest)?)?;
    Ok(digest)
}

/// Read a table that [`write_table`] wrote, within [`Limits::STANDARD`].
///
/// # Errors
/// As [`decode_table`], with the file named; [`RecordError::Io`].
pub fn read_table(path: &Path) -> Result<Table, RecordError> {
    read_table_within(path, &Limits::STANDARD)
}

/// Read a table that [`write_table`] wrote.
///
/// # Errors
/// As [`decode_table`], with the file named; [`RecordError::Io`].
pub fn read_table_within(path: &Path, limits: &Limits) -> Result<Table, RecordError> {
    let bytes = read_bytes(path, limits.file_bytes_max)?;
    decode_table(bytes, limits).map_err(|e| e.at(path))
}

/// Read a file of at most `size_bytes_max`.
///
/// # Errors
/// [`RecordError::TooLarge`], [`RecordError::Io`].
pub fn read_bytes(path: &Path, size_bytes_max: u64) -> Result<Vec<u8>, RecordError> {
    let file = File::open(path).map_err(|e| RecordError::io("opening", path, e))?;
    let mut bytes = Vec::new();
    // One byte more than allowed: a file that grows while it is read is seen too.
    file.take(size_bytes_max.saturating_add(1)).read_to_end(&mut bytes).map_err(|e| RecordError::io("reading", path, e))?;
    let found = bytes.len() as u64;
    if found > size_bytes_max {
        let place = path.display().to_string();
        return Err(RecordError::TooLarge { place, what: "size of the file [bytes]", found, limit: size_bytes_max });
    }
    Ok(bytes)
}

/// Write a file: into a temporary neighbour first, which then takes the name.
///
/// # Errors
/// [`RecordError::DiskFull`], [`RecordError::Io`]. The old file, if any, is untouched then.
pub fn write_bytes(path: &Path, bytes: &[u8]) -> Result<(), RecordError> {
    let (temporary, file) = create_neighbour(path)?;
    let written =
        fill(file, &temporary, bytes).and_then(|()| fs::rename(&temporary, path).map_err(|e| RecordError::io("renaming to", path, e)));
    if written.is_err() {
        // The first error is the one to report; a leftover is harmless.
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// Write everything and let it reach the disk before the name changes.
pub(crate) fn fill(mut file: File, path: &Path, bytes: &[u8]) -> Result<(), RecordError> {
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(|e| RecordError::io("writing", path, e))
}

/// A new file beside `path` whose name is free.
fn create_neighbour(path: &Path) -> Result<(PathBuf, File), RecordError> {
    let mut attempt = 0_u32;
    loop {
        let temporary = neighbour(path, attempt);
        match File::create_new(&temporary) {
            Ok(file) => return Ok((temporary, file)),
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists && attempt < NEIGHBOUR_COUNT_MAX => attempt += 1,
            Err(e) => return Err(RecordError::io("creating", &temporary, e)),
        }
    }
}

/// Temporary names tried before giving up.
pub(crate) const NEIGHBOUR_COUNT_MAX: u32 = 1000;

/// `<path>.tmp-<process>-<attempt>`
pub(crate) fn neighbour(path: &Path, attempt: u32) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".tmp-{}-{attempt}", std::process::id()));
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tell a full disk apart from other failures.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_said() {
        let path = Path::new("/dev/full");
        let file = fs::OpenOptions::new().write(true).open(path).unwrap();
        let error = fill(file, path, b"anything").unwrap_err();
        assert!(matches!(error, RecordError::DiskFull { .. }), "{error}");
        assert!(error.to_string().contains("no space left"));
    }

    /// Keep the old file when the new one cannot be written, and leave nothing beside it.
    #[test]
    fn a_failed_write_keeps_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::create_dir(&path).unwrap();
        assert!(write_bytes(&path, b"x").is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
