//! A run folder in memory: `run.toml` and every table under `records/`.

use std::path::Path;

use proband_core::Table;
use proband_record::{Limits, MANIFEST_FILE, RECORDS_FOLDER, RunManifest, decode_table, read_bytes, read_manifest};

use crate::EvidenceError;

/// Tables read from one run; the rest is noted as a problem.
const TABLE_COUNT_MAX: usize = 200;

/// Something in the run folder that could not be used; the report shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Table or file, without its folder.
    pub place: String,
    /// What is wrong with it.
    pub text: String,
}

/// Everything that a report is made from.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRecords {
    /// From `run.toml`.
    pub info: RunManifest,
    /// Tables in order of their names.
    pub tables: Vec<Table>,
    /// Files that could not be read.
    pub problems: Vec<Problem>,
}

impl RunRecords {
    /// A table by name, if it was recorded.
    #[must_use]
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|t| t.name == name)
    }
}

/// Read a run folder. A damaged table becomes a [`Problem`], not an error: the report is made from the rest.
///
/// # Errors
/// When the folder, `run.toml` or `records/` is absent or cannot be read, or `run.toml` is no TOML.
pub fn load_run(folder: &Path) -> Result<RunRecords, EvidenceError> {
    let records = folder.join(RECORDS_FOLDER);
    if !folder.is_dir() {
        return Err(EvidenceError::NotARun { path: folder.into(), what: "no such folder".into() });
    }
    if !folder.join(MANIFEST_FILE).is_file() {
        return Err(EvidenceError::NotARun { path: folder.into(), what: "no run.toml in it".into() });
    }
    let info = read_manifest(folder)?;
    if !records.is_dir() {
        return Err(EvidenceError::NotARun { path: folder.into(), what: "no folder records in it".into() });
    }
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&records).map_err(|source| EvidenceError::File { path: records.clone(), source })? {
        let entry = entry.map_err(|source| EvidenceError::File { path: records.clone(), source })?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".parquet") {
            names.push(name);
        }
    }
    names.sort();
    let mut run = RunRecords { info, tables: Vec::new(), problems: Vec::new() };
    if names.len() > TABLE_COUNT_MAX {
        let text = format!("{} tables, the first {TABLE_COUNT_MAX} were read", names.len());
        run.problems.push(Problem { place: "records".into(), text });
        names.truncate(TABLE_COUNT_MAX);
    }
    for name in names {
        match read(&records.join(&name)) {
            Ok(table) => run.tables.push(table),
            Err(text) => run.problems.push(Problem { place: name, text }),
        }
    }
    Ok(run)
}

/// The reason of a failure is told without the path, so that the page does not depend on where the folder stands.
fn read(path: &Path) -> Result<Table, String> {
    let bytes =
        read_bytes(path, Limits::STANDARD.file_bytes_max).map_err(|e| e.to_string().replace(&path.display().to_string(), "the file"))?;
    decode_table(bytes, &Limits::STANDARD).map_err(|e| e.to_string())
}
