//! A twin on disk: the folder `name.twin/`.
//!
//! | file | holds |
//! |---|---|
//! | `twin.toml` | format, person, digests of the other files, last valid entry of the history |
//! | `parameters.parquet` | each uncertain value: name, distribution, unit, source, status |
//! | `physiology/*.parquet` | what calibrations found about the whole patient, one file per version; `twin.toml` names the last |
//! | `history.jsonl` | what happened; each entry hashed with the one before |
//! | `chart/*.parquet` | tables of what was imported, pseudonymised by the importer |
//!
//! A new twin is written into a neighbouring folder that then takes the name. An update writes the new parameters
//! beside the old ones, then the history, then `twin.toml`, and at last renames; a load after an interruption at
//! any point finds either the old or the new twin.

use std::fs;
use std::path::{Path, PathBuf};

use proband_core::{Digest, Table};
use proband_record::{Limits, read_bytes, read_table_within, table_digest, write_bytes, write_table};
use serde::{Deserialize, Serialize};

use crate::history::{ENTRY_COUNT_MAX, HistoryEntry};
use crate::parameter_table::{from_table, to_table};
use crate::strict::read_strict;
use crate::{Person, Twin, TwinError, WholeBelief, whole_table};

/// Version of the folder's layout.
const FORMAT: u32 = 1;
const MANIFEST: &str = "twin.toml";
const PARAMETERS: &str = "parameters.parquet";
const PARAMETERS_NEXT: &str = "parameters.next.parquet";
const HISTORY: &str = "history.jsonl";
const CHART: &str = "chart";
const PHYSIOLOGY: &str = "physiology";
const PHYSIOLOGY_NAME_LENGTH: usize = 16;
const MANIFEST_BYTES_MAX: u64 = 1 << 20;
const HISTORY_BYTES_MAX: u64 = 64 << 20;
/// Chart tables, at most.
const CHART_TABLE_COUNT_MAX: usize = 64;

/// `twin.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    format: u32,
    written_by: String,
    /// Hash of the last entry of the history; empty for an empty one.
    history_hash: String,
    history_count: u32,
    /// BLAKE3 of the person as postcard.
    person_hash: String,
    /// BLAKE3 of the contents of the parameters' table.
    parameters_hash: String,
    person: Person,
    chart: Vec<ChartPart>,
    /// The version of the whole patient that holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    physiology: Option<ChartPart>,
}

/// One table under `chart/`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChartPart {
    name: String,
    hash: String,
}

fn wrong(path: &Path, what: impl std::fmt::Display) -> TwinError {
    TwinError::File { path: path.into(), what: what.to_string() }
}

impl Twin {
    /// Write a new twin folder, whole or not at all. `chart`: tables of what was imported, without anything that
    /// identifies the patient.
    ///
    /// # Errors
    /// [`TwinError::File`] when the folder is there and `overwrite` is false, or holds something other than a twin,
    /// or cannot be written.
    pub fn save(&self, folder: &Path, chart: &[Table], overwrite: bool) -> Result<(), TwinError> {
        let folder: PathBuf = folder.components().collect();
        let name = folder.file_name().ok_or_else(|| wrong(&folder, "is no folder name"))?.to_owned();
        let exists = folder.symlink_metadata().is_ok();
        if exists && !overwrite {
            return Err(wrong(&folder, "exists; choose another name or ask to overwrite it"));
        }
        if exists && !folder.join(MANIFEST).is_file() {
            return Err(wrong(&folder, "holds no twin.toml, so it is not a twin and is not overwritten"));
        }
        if let Some(parent) = folder.parent().filter(|p| !p.as_os_str().is_empty()) {
            fs::create_dir_all(parent).map_err(|e| wrong(parent, e))?;
        }
        let beside = |suffix: &str| {
            let mut other = name.clone();
            other.push(format!(".{suffix}-{}", std::process::id()));
            folder.with_file_name(other)
        };
        let (temporary, old) = (beside("tmp"), beside("old"));
        fs::create_dir(&temporary).map_err(|e| wrong(&temporary, e))?;
        let written = self.fill(&temporary, chart).and_then(|()| {
            if exists {
                fs::rename(&folder, &old).map_err(|e| wrong(&folder, e))?;
            }
            fs::rename(&temporary, &folder).map_err(|e| {
                // Give the old twin its name back; the first error is the one to report.
                let _ = fs::rename(&old, &folder);
                wrong(&folder, e)
            })
        });
        if written.is_err() {
            let _ = fs::remove_dir_all(&temporary);
        } else if exists {
            fs::remove_dir_all(&old).map_err(|e| wrong(&old, e))?;
        }
        written
    }

    fn fill(&self, folder: &Path, chart: &[Table]) -> Result<(), TwinError> {
        if chart.len() > CHART_TABLE_COUNT_MAX {
            return Err(wrong(folder, format!("{} chart tables; at most {CHART_TABLE_COUNT_MAX} are kept", chart.len())));
        }
        let mut parts = Vec::new();
        if !chart.is_empty() {
            fs::create_dir(folder.join(CHART)).map_err(|e| wrong(folder, e))?;
        }
        for table in chart {
            crate::person::check_name("chart table", &table.name)?;
            let digest = write_table(&chart_path(folder, &table.name), table)?;
            parts.push(ChartPart { name: table.name.clone(), hash: digest.hash });
        }
        let parameters = write_table(&folder.join(PARAMETERS), &to_table(&self.parameters)?)?;
        write_bytes(&folder.join(HISTORY), history_text(&self.history)?.as_bytes())?;
        let physiology = self.write_physiology(folder)?;
        self.write_manifest(folder, &parameters, parts, physiology)
    }

    /// A file of its own for each version: what `twin.toml` names is never overwritten.
    fn write_physiology(&self, folder: &Path) -> Result<Option<ChartPart>, TwinError> {
        let Some(belief) = &self.physiology else { return Ok(None) };
        belief.check()?;
        let table = whole_table::to_table(belief)?;
        let hash = table_digest(&table)?.hash;
        let name = hash.get(..PHYSIOLOGY_NAME_LENGTH).unwrap_or(&hash).to_owned();
        let parent = folder.join(PHYSIOLOGY);
        fs::create_dir_all(&parent).map_err(|e| wrong(&parent, e))?;
        write_table(&parent.join(format!("{name}.parquet")), &table)?;
        Ok(Some(ChartPart { name, hash }))
    }

    fn write_manifest(
        &self,
        folder: &Path,
        parameters: &Digest,
        chart: Vec<ChartPart>,
        physiology: Option<ChartPart>,
    ) -> Result<(), TwinError> {
        let manifest = Manifest {
            format: FORMAT,
            written_by: concat!("proband ", env!("CARGO_PKG_VERSION")).into(),
            history_hash: self.history.last().map_or(String::new(), |e| e.hash.clone()),
            history_count: self.history.len() as u32,
            person_hash: Digest::of(&self.person)?.hash,
            parameters_hash: parameters.hash.clone(),
            person: self.person.clone(),
            chart,
            physiology,
        };
        let path = folder.join(MANIFEST);
        let text = toml::to_string(&manifest).map_err(|e| wrong(&path, e))?;
        Ok(write_bytes(&path, text.as_bytes())?)
    }

    /// Bring a twin folder up to date with this twin, which must have come from it: same person, same history so far.
    ///
    /// # Errors
    /// [`TwinError::File`] when the folder holds another twin or a history that goes on differently.
    pub fn update(&self, folder: &Path) -> Result<(), TwinError> {
        let (manifest, there) = load(folder)?;
        if there.person != self.person {
            return Err(wrong(&folder.join(MANIFEST), "is about another person"));
        }
        if self.history.len() < there.history.len() || self.history[..there.history.len()] != there.history[..] {
            return Err(wrong(&folder.join(HISTORY), "goes on differently from this twin's history"));
        }
        let next = folder.join(PARAMETERS_NEXT);
        let parameters = write_table(&next, &to_table(&self.parameters)?)?;
        let physiology = self.write_physiology(folder)?;
        write_bytes(&folder.join(HISTORY), history_text(&self.history)?.as_bytes())?;
        self.write_manifest(folder, &parameters, manifest.chart, physiology)?;
        fs::rename(&next, folder.join(PARAMETERS)).map_err(|e| wrong(&next, e))
    }

    /// Read a twin folder and check everything in it.
    ///
    /// # Errors
    /// [`TwinError`] that names the file and the place in it.
    pub fn load(folder: &Path) -> Result<Self, TwinError> {
        Ok(load(folder)?.1)
    }

    /// The tables under `chart/`, in the order in which they were saved, checked against their digests.
    ///
    /// # Errors
    /// [`TwinError`] that names the file.
    pub fn load_chart(folder: &Path) -> Result<Vec<Table>, TwinError> {
        let manifest = read_manifest(folder)?;
        manifest
            .chart
            .iter()
            .map(|part| {
                let path = chart_path(folder, &part.name);
                let table = read_table_within(&path, &Limits::STANDARD)?;
                if table_digest(&table)?.hash != part.hash {
                    return Err(wrong(&path, "was changed: its digest is not the one in twin.toml"));
                }
                Ok(table)
            })
            .collect()
    }
}

fn chart_path(folder: &Path, table: &str) -> PathBuf {
    folder.join(CHART).join(format!("{table}.parquet"))
}

fn history_text(history: &[HistoryEntry]) -> Result<String, TwinError> {
    let mut text = String::new();
    for entry in history {
        let line = serde_json::to_string(entry).map_err(|e| TwinError::Text { field: "history".into(), what: e.to_string() })?;
        text.push_str(&line);
        text.push('\n');
    }
    Ok(text)
}

fn read_manifest(folder: &Path) -> Result<Manifest, TwinError> {
    let path = folder.join(MANIFEST);
    let text = String::from_utf8(read_bytes(&path, MANIFEST_BYTES_MAX)?).map_err(|_| wrong(&path, "is not UTF-8"))?;
    // The version first: a newer layout must not be reported as unknown fields.
    let version = toml::from_str::<toml::Table>(&text).ok().and_then(|t| t.get("format").and_then(toml::Value::as_integer));
    if let Some(version) = version.filter(|v| *v != i64::from(FORMAT)) {
        return Err(wrong(&path, format!("format = {version}; this program reads format {FORMAT}")));
    }
    let manifest: Manifest = read_strict(&text).map_err(|e| wrong(&path, e))?;
    manifest.person.check().map_err(|e| wrong(&path, e))?;
    if Digest::of(&manifest.person)?.hash != manifest.person_hash {
        return Err(wrong(&path, "person was changed by hand: person_hash does not match; make a new twin instead"));
    }
    if manifest.chart.len() > CHART_TABLE_COUNT_MAX {
        return Err(wrong(&path, format!("chart: more than {CHART_TABLE_COUNT_MAX} tables")));
    }
    for part in manifest.chart.iter().chain(&manifest.physiology) {
        crate::person::check_name("chart.name", &part.name).map_err(|e| wrong(&path, e))?;
    }
    Ok(manifest)
}

fn load(folder: &Path) -> Result<(Manifest, Twin), TwinError> {
    let manifest = read_manifest(folder)?;
    let path = folder.join(PARAMETERS);
    let (path, table) = read_parameters(folder, &path, &manifest)?;
    let parameters = from_table(&table, &manifest.person).map_err(|what| wrong(&path, what))?;
    let history = read_history(&folder.join(HISTORY), &manifest)?;
    let physiology = manifest.physiology.as_ref().map(|part| read_physiology(folder, part)).transpose()?;
    let twin = Twin { person: manifest.person.clone(), parameters, physiology, history };
    twin.check_middle().map_err(|e| wrong(&path, e))?;
    Ok((manifest, twin))
}

fn read_physiology(folder: &Path, part: &ChartPart) -> Result<WholeBelief, TwinError> {
    let path = folder.join(PHYSIOLOGY).join(format!("{}.parquet", part.name));
    let table = read_table_within(&path, &Limits::STANDARD)?;
    if table_digest(&table)?.hash != part.hash {
        return Err(wrong(&path, "was changed: its digest is not the one in twin.toml"));
    }
    whole_table::from_table(&table).map_err(|what| wrong(&path, what))
}

/// The parameters that `twin.toml` speaks of: the file of that name, or the one that an interrupted update left.
fn read_parameters(folder: &Path, path: &Path, manifest: &Manifest) -> Result<(PathBuf, Table), TwinError> {
    let next = folder.join(PARAMETERS_NEXT);
    for candidate in [path, &next] {
        if candidate == next && !next.is_file() {
            continue;
        }
        let table = read_table_within(candidate, &Limits::STANDARD)?;
        if table_digest(&table)?.hash == manifest.parameters_hash {
            return Ok((candidate.to_owned(), table));
        }
    }
    Err(wrong(path, "was changed: its digest is not the one in twin.toml"))
}

fn read_history(path: &Path, manifest: &Manifest) -> Result<Vec<HistoryEntry>, TwinError> {
    let text = String::from_utf8(read_bytes(path, HISTORY_BYTES_MAX)?).map_err(|_| wrong(path, "is not UTF-8"))?;
    let mut history: Vec<HistoryEntry> = Vec::new();
    // Entries beyond the count belong to an update that was interrupted before it counted.
    let count = (manifest.history_count as usize).min(ENTRY_COUNT_MAX);
    for (line, number) in text.lines().zip(1..=count) {
        let at = |what: String| wrong(path, format!("line {number}: {what}"));
        let entry: HistoryEntry = serde_json::from_str(line).map_err(|e| at(e.to_string()))?;
        entry.check_after(history.last()).map_err(at)?;
        history.push(entry);
    }
    if history.len() != manifest.history_count as usize {
        return Err(wrong(path, format!("holds {} entries, twin.toml counts {}", history.len(), manifest.history_count)));
    }
    if history.last().map_or("", |e| e.hash.as_str()) != manifest.history_hash {
        return Err(wrong(path, "does not end in the entry that twin.toml names"));
    }
    Ok(history)
}
