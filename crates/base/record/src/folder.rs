//! A run folder that appears whole or not at all.

use std::fs;
use std::path::{Path, PathBuf};

use proband_core::{Digest, Table};

use crate::error::RecordError;
use crate::file::{NEIGHBOUR_COUNT_MAX, neighbour, read_bytes, write_bytes, write_table};
use crate::manifest::{MANIFEST_FILE, RunManifest};

/// Folder of the tables in a run folder.
pub const RECORDS_FOLDER: &str = "records";

/// Size of a `run.toml` that is still read [bytes].
const MANIFEST_BYTES_MAX: u64 = 1 << 20;

/// Path of a table in a run folder: `<run>/records/<table>.parquet`.
#[must_use]
pub fn record_path(run: &Path, table: &str) -> PathBuf {
    run.join(RECORDS_FOLDER).join(format!("{table}.parquet"))
}

/// Read `run.toml` of a run folder.
///
/// # Errors
/// [`RecordError::Io`], [`RecordError::TooLarge`], [`RecordError::Manifest`].
pub fn read_manifest(run: &Path) -> Result<RunManifest, RecordError> {
    let path = run.join(MANIFEST_FILE);
    let bytes = read_bytes(&path, MANIFEST_BYTES_MAX)?;
    let text = String::from_utf8(bytes).map_err(|_| RecordError::Manifest { place: String::new(), what: "not UTF-8".into() }.at(&path))?;
    RunManifest::from_toml(&text).map_err(|e| e.at(&path))
}

/// Collects the files of a run in `<out>.tmp-…`; [`RunFolder::finish`] gives it its name.
/// Dropped before that, it removes what it wrote.
#[derive(Debug)]
pub struct RunFolder {
    out: PathBuf,
    temporary: PathBuf,
    overwrite: bool,
    finished: bool,
}

impl RunFolder {
    /// Start a run folder that will become `out`.
    ///
    /// # Errors
    /// [`RecordError::Exists`] when `out` is there and `overwrite` is false; [`RecordError::NotARun`] when it is to be
    /// overwritten but is neither empty nor a run folder; [`RecordError::DiskFull`], [`RecordError::Io`].
    pub fn create(out: &Path, overwrite: bool) -> Result<Self, RecordError> {
        // `out/` and `out/.` have no last name to put a temporary one beside.
        let out: PathBuf = out.components().collect();
        if out.file_name().is_none() {
            return Err(RecordError::BadName { name: out.display().to_string() });
        }
        check_free(&out, overwrite)?;
        if let Some(parent) = out.parent().filter(|p| !p.as_os_str().is_empty()) {
            fs::create_dir_all(parent).map_err(|e| RecordError::io("creating", parent, e))?;
        }
        let mut attempt = 0;
        let temporary = loop {
            let name = neighbour(&out, attempt);
            match fs::create_dir(&name) {
                Ok(()) => break name,
                Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists && attempt < NEIGHBOUR_COUNT_MAX => attempt += 1,
                Err(e) => return Err(RecordError::io("creating", &name, e)),
            }
        };
        let folder = Self { out, temporary, overwrite, finished: false };
        let records = folder.temporary.join(RECORDS_FOLDER);
        fs::create_dir(&records).map_err(|e| RecordError::io("creating", &records, e))?;
        Ok(folder)
    }

    /// Where the files stand until [`RunFolder::finish`].
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.temporary
    }

    /// Where they will stand.
    #[must_use]
    pub fn out(&self) -> &Path {
        &self.out
    }

    /// Write `records/<table.name>.parquet`.
    ///
    /// # Errors
    /// [`RecordError::BadName`], and those of [`write_table`].
    pub fn write_table(&self, table: &Table) -> Result<Digest, RecordError> {
        plain_name(&table.name)?;
        write_table(&record_path(&self.temporary, &table.name), table)
    }

    /// Write a file beside `run.toml` (`study.toml`).
    ///
    /// # Errors
    /// [`RecordError::BadName`], [`RecordError::DiskFull`], [`RecordError::Io`].
    pub fn write_file(&self, name: &str, bytes: &[u8]) -> Result<(), RecordError> {
        plain_name(name)?;
        write_bytes(&self.temporary.join(name), bytes)
    }

    /// Write `run.toml`.
    ///
    /// # Errors
    /// [`RecordError::Manifest`], [`RecordError::DiskFull`], [`RecordError::Io`].
    pub fn write_manifest(&self, manifest: &RunManifest) -> Result<(), RecordError> {
        write_bytes(&self.temporary.join(MANIFEST_FILE), manifest.to_toml()?.as_bytes())
    }

    /// Give the folder its name. Returns the path.
    ///
    /// # Errors
    /// As [`RunFolder::create`]: the world may have changed. What was written is removed then, an older run is kept.
    pub fn finish(mut self) -> Result<PathBuf, RecordError> {
        check_free(&self.out, self.overwrite)?;
        let aside = self.out.exists().then(|| self.temporary.with_extension("old"));
        if let Some(aside) = &aside {
            fs::rename(&self.out, aside).map_err(|e| RecordError::io("moving aside", &self.out, e))?;
        }
        if let Err(error) = fs::rename(&self.temporary, &self.out) {
            if let Some(aside) = &aside {
                // Put the older run back; the first error is the one to report.
                let _ = fs::rename(aside, &self.out);
            }
            return Err(RecordError::io("renaming to", &self.out, error));
        }
        self.finished = true;
        if let Some(aside) = &aside {
            fs::remove_dir_all(aside).map_err(|e| RecordError::io("removing", aside, e))?;
        }
        Ok(self.out.clone())
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        if !self.finished {
            // Nobody is left to hear of a failure; the name says that it is temporary.
            let _ = fs::remove_dir_all(&self.temporary);
        }
    }
}

/// Whether `out` may become a run folder.
fn check_free(out: &Path, overwrite: bool) -> Result<(), RecordError> {
    let there = match fs::symlink_metadata(out) {
        Ok(there) => there,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(RecordError::io("looking at", out, e)),
    };
    if !overwrite {
        return Err(RecordError::Exists { path: out.into() });
    }
    let is_run = there.is_dir() && out.join(MANIFEST_FILE).is_file();
    let is_empty = there.is_dir() && fs::read_dir(out).map_err(|e| RecordError::io("looking at", out, e))?.next().is_none();
    if is_run || is_empty { Ok(()) } else { Err(RecordError::NotARun { path: out.into() }) }
}

/// Names that mean the same on every file system and cannot leave the folder.
fn plain_name(name: &str) -> Result<(), RecordError> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-' | '_');
    if !name.is_empty() && name.len() <= 100 && name.chars().all(plain) && !name.starts_with('.') {
        Ok(())
    } else {
        Err(RecordError::BadName { name: name.chars().take(100).collect() })
    }
}
