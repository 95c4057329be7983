//! A run folder in memory: `run.toml` and every table under `records/`.

use std::path::Path;

use proband_core::Table;

use crate::EvidenceError;

/// Longest `run.toml` that is read [byte].
const RUN_FILE_BYTES_MAX: u64 = 1 << 20;
/// Tables read from one run; the rest is noted as a problem.
const TABLE_COUNT_MAX: usize = 200;

/// What `run.toml` says about a run. Absent entries are empty or `None`, and the report says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunInfo {
    /// Program that ran.
    pub program: String,
    /// Its version.
    pub version: String,
    /// Exact command line.
    pub command: String,
    /// Procedure: `venipuncture`.
    pub procedure: String,
    /// Scenario file or built-in scene.
    pub scenario: String,
    /// Seed of the study.
    pub seed: Option<i64>,
    /// Number of the patient in the study.
    pub patient: Option<i64>,
    /// Pseudonym of the twin.
    pub twin: String,
    /// Digest of the run as the program stated it.
    pub digest: String,
    /// The run says of itself that it comes from no medical device.
    pub not_a_device: bool,
}

impl RunInfo {
    /// Read the text of `run.toml`. Unknown entries are ignored.
    ///
    /// # Errors
    /// The reason, with line and column, when the text is no TOML or an entry has the wrong type.
    pub fn parse(text: &str) -> Result<Self, String> {
        let root: toml::Table = text.parse().map_err(|e: toml::de::Error| e.to_string())?;
        let word = |key: &str| match root.get(key) {
            None => Ok(String::new()),
            Some(toml::Value::String(s)) => Ok(s.clone()),
            Some(other) => Err(format!("{key} must be text, not {}", other.type_str())),
        };
        let whole = |key: &str| match root.get(key) {
            None => Ok(None),
            Some(toml::Value::Integer(i)) => Ok(Some(*i)),
            Some(other) => Err(format!("{key} must be a whole number, not {}", other.type_str())),
        };
        let not_a_device = match root.get("not_a_device") {
            None => false,
            Some(toml::Value::Boolean(b)) => *b,
            Some(other) => return Err(format!("not_a_device must be true or false, not {}", other.type_str())),
        };
        Ok(Self {
            program: word("program")?,
            version: word("version")?,
            command: word("command")?,
            procedure: word("procedure")?,
            scenario: word("scenario")?,
            seed: whole("seed")?,
            patient: whole("patient")?,
            twin: word("twin")?,
            digest: word("digest")?,
            not_a_device,
        })
    }
}

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
    pub info: RunInfo,
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
    let file = folder.join("run.toml");
    let records = folder.join("records");
    if !folder.is_dir() {
        return Err(EvidenceError::NotARun { path: folder.into(), what: "no such folder".into() });
    }
    let size =
        std::fs::metadata(&file).map_err(|_| EvidenceError::NotARun { path: folder.into(), what: "no run.toml in it".into() })?.len();
    if size > RUN_FILE_BYTES_MAX {
        return Err(EvidenceError::BadRunFile { path: file, what: format!("{size} bytes, at most {RUN_FILE_BYTES_MAX} are read") });
    }
    let text = std::fs::read_to_string(&file).map_err(|source| EvidenceError::File { path: file.clone(), source })?;
    let info = RunInfo::parse(&text).map_err(|what| EvidenceError::BadRunFile { path: file, what })?;
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

fn read(path: &Path) -> Result<Table, String> {
    // Replaced by `proband_record::read_table` as soon as that crate can read.
    Err(format!("{}: tables cannot be read yet", path.display()))
}
