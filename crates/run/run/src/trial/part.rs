//! A finished shard as one Parquet file: a row per draw, failed ones with their cause, and the job it belongs to.

use std::path::Path;

use proband_core::Column;
use proband_record::{read_table, write_table};

use super::tables::draws_table;
use super::{Job, Journal, PatientResult, TrialSetup};
use crate::RunError;

/// Name of the table.
const PART: &str = "part";
/// Column with the whole result of a patient, in the row of his first draw.
const RESULT: &str = "result";
/// First bytes of a Parquet file.
const PARQUET: &[u8] = b"PAR1";

fn bad(path: &Path, what: impl Into<String>) -> RunError {
    RunError::Journal { path: path.to_path_buf(), what: what.into() }
}

/// Write a finished journal as a part: whole or not at all. A shard of nobody gives a part without rows.
///
/// # Errors
/// [`RunError::Journal`] when a patient of the shard is missing; [`RunError::Record`] when it cannot be written.
pub fn write_part(setup: &TrialSetup, path: &Path, job: &Job, mut results: Vec<PatientResult>) -> Result<(), RunError> {
    results.sort_by_key(|r| r.index);
    if !results.iter().map(|r| r.index).eq(job.range()) {
        return Err(bad(path, format!("{} patients for a shard of {}", results.len(), job.range().len())));
    }
    let mut table = draws_table(&setup.study, &results)?;
    table.name = PART.into();
    let mut cells = Vec::with_capacity(table.row_count());
    for result in &results {
        let whole = postcard::to_stdvec(result).map_err(|e| bad(path, e.to_string()))?;
        cells.push(whole);
        cells.extend((1..result.draws.len()).map(|_| Vec::new()));
    }
    table.push(RESULT, "", "", &job_text(job), Column::Bytes(cells))?;
    write_table(path, &table)?;
    Ok(())
}

/// Read a part, or a journal that is not yet one.
///
/// # Errors
/// [`RunError::Journal`] or [`RunError::Record`] that names the file and what is wrong with it.
pub fn read_part(path: &Path) -> Result<(Job, Vec<PatientResult>), RunError> {
    let mut first = [0_u8; 4];
    let begun = std::fs::File::open(path).and_then(|mut file| std::io::Read::read_exact(&mut file, &mut first));
    if begun.is_err() || first != PARQUET {
        return Journal::read(path);
    }
    let table = read_table(path)?;
    if table.name != PART {
        return Err(bad(path, format!("holds the table {}, not a part of a trial", table.name)));
    }
    let place = table.fields.iter().position(|f| f.name == RESULT);
    let field = place.and_then(|i| Some((&table.fields.get(i)?.source, table.columns.get(i)?)));
    let Some((source, Column::Bytes(cells))) = field else { return Err(bad(path, "holds no results")) };
    let job = read_job(source).ok_or_else(|| bad(path, "does not say which job it is of"))?;
    let read = |bytes: &Vec<u8>| postcard::from_bytes::<PatientResult>(bytes).map_err(|e| bad(path, format!("a result: {e}")));
    let results: Vec<PatientResult> = cells.iter().filter(|c| !c.is_empty()).map(read).collect::<Result<_, _>>()?;
    let draws: usize = results.iter().map(|r| r.draws.len()).sum();
    if draws != table.row_count() {
        return Err(bad(path, format!("{} rows for {draws} draws", table.row_count())));
    }
    Ok((job, results))
}

fn job_text(job: &Job) -> String {
    let Job { version, manifest, study, patients, shard, of } = job;
    format!("job 1\nversion {version}\nmanifest {manifest}\nstudy {study}\npatients {patients}\nshard {shard}\nof {of}\n")
}

fn read_job(text: &str) -> Option<Job> {
    let mut lines = text.lines();
    if lines.next()? != "job 1" {
        return None;
    }
    let mut value = |key: &str| lines.next()?.strip_prefix(key)?.strip_prefix(' ').map(str::to_owned);
    let (version, manifest, study) = (value("version")?, value("manifest")?, value("study")?);
    let (patients, shard, of) = (value("patients")?.parse().ok()?, value("shard")?.parse().ok()?, value("of")?.parse().ok()?);
    Some(Job { version, manifest, study, patients, shard, of })
}
