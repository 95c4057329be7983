//! What is finished, on disk: append-only, checked, one record per patient.
//!
//! `PROBAND JOURNAL 2\n`, then records of length (u32, little-endian), postcard bytes and BLAKE3(previous hash ‖ bytes).
//! The first record is the [`Job`]. A process that is killed leaves at most one torn record at the end, which the next
//! one cuts off; any other damage is an error that names the record.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use proband_core::Digest;
use serde::{Deserialize, Serialize};

use super::PatientResult;
use crate::RunError;

const MAGIC: &[u8] = b"PROBAND JOURNAL 2\n";
/// Bytes of one record at most: a patient with many arms takes a few thousand.
const RECORD_BYTES_MAX: u32 = 1 << 20;
/// Bytes of a journal at most.
const JOURNAL_BYTES_MAX: u64 = 4 << 30;
/// Records between two requests that what is written reach the disk. A killed process loses nothing; a power cut at most these.
const SYNC_EVERY: u32 = 64;
const HASH_BYTES: usize = 64;

/// Patients of a shard, by place in the order of enrolment.
pub type ShardRange = Range<u32>;

/// What a journal belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Version of the program: another one may give other bits.
    pub version: String,
    /// Digest of the job's [`super::Manifest`].
    pub manifest: String,
    /// Digest of the study and its robots.
    pub study: String,
    /// Patients enrolled.
    pub patients: u32,
    /// This shard, from 0.
    pub shard: u32,
    /// Of how many.
    pub of: u32,
}

impl Job {
    /// Patients of this shard: ⌊iM/N⌋ to ⌊(i+1)M/N⌋.
    #[must_use]
    pub fn range(&self) -> ShardRange {
        let at = |i: u32| (u64::from(i) * u64::from(self.patients) / u64::from(self.of.max(1))) as u32;
        at(self.shard)..at(self.shard.saturating_add(1).min(self.of.max(1)))
    }
}

/// A journal that is open for writing. One process at a time.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    job: Job,
    hash: String,
    held: BTreeSet<u32>,
    since_sync: u32,
}

fn bad(path: &Path, what: impl Into<String>) -> RunError {
    RunError::Journal { path: path.to_path_buf(), what: what.into() }
}

/// Bytes of a finished patient in a journal, roughly and rather too many, for the room that a study will want on a disk.
const PATIENT_BYTES: u64 = 2048;
/// Room that is tried out at most [bytes].
const ROOM_BYTES_MAX: u64 = 2 << 30;

/// Try out whether a disk has room for what `patients` will leave in a journal, before hours are spent on them.
///
/// # Errors
/// [`RunError::Journal`] that says so.
pub fn try_room(journal: &Path, patients: u32) -> Result<(), RunError> {
    let wanted = (u64::from(patients) * PATIENT_BYTES).min(ROOM_BYTES_MAX);
    let mut name = journal.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".room-{}", std::process::id()));
    let path = journal.with_file_name(name);
    let filled = File::create_new(&path).and_then(|mut file| {
        let block = vec![0_u8; 1 << 20];
        let mut left = wanted;
        while left > 0 {
            let part = left.min(block.len() as u64) as usize;
            file.write_all(&block[..part])?;
            left -= part as u64;
        }
        file.sync_data()
    });
    // It was only to try; what cannot be removed is empty room and says so by its name.
    let removed = std::fs::remove_file(&path);
    filled.and(removed).map_err(|e| bad(journal, format!("no room for {wanted} bytes of what {patients} patients will leave: {e}")))
}

/// What was read of a journal.
struct Contents {
    job: Option<Job>,
    results: Vec<PatientResult>,
    hash: String,
    /// Bytes that are whole.
    good_bytes: u64,
}

impl Journal {
    /// Start a journal, or go on with one of the same job: what is in it is not done again.
    ///
    /// # Errors
    /// [`RunError::Busy`]; [`RunError::Journal`] when it belongs to another job, is damaged, or cannot be written.
    pub fn open(path: &Path, job: &Job) -> Result<Self, RunError> {
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(|e| bad(path, e.to_string()))?;
        file.try_lock().map_err(|_| RunError::Busy { path: path.to_path_buf() })?;
        let contents = read(path, &file)?;
        if let Some(other) = &contents.job
            && other != job
        {
            return Err(bad(path, format!("belongs to {}, not to {}", describe(other), describe(job))));
        }
        let held = contents.results.iter().map(|r| r.index).collect();
        let mut journal = Self { path: path.to_path_buf(), file, job: job.clone(), hash: contents.hash, held, since_sync: 0 };
        let step = |e: std::io::Error| bad(path, e.to_string());
        journal.file.set_len(contents.good_bytes).map_err(step)?;
        journal.file.seek(SeekFrom::End(0)).map_err(step)?;
        if contents.job.is_none() {
            journal.file.set_len(0).map_err(step)?;
            journal.file.seek(SeekFrom::Start(0)).map_err(step)?;
            journal.file.write_all(MAGIC).map_err(step)?;
            journal.hash = String::new();
            journal.record(&postcard::to_stdvec(job).map_err(|e| bad(path, e.to_string()))?)?;
            journal.flush()?;
        }
        Ok(journal)
    }

    /// What it belongs to.
    #[must_use]
    pub fn job(&self) -> &Job {
        &self.job
    }

    /// Whether a patient is in it.
    #[must_use]
    pub fn holds(&self, index: u32) -> bool {
        self.held.contains(&index)
    }

    /// Patients in it.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.held.len() as u32
    }

    /// Add a finished patient.
    ///
    /// # Errors
    /// [`RunError::Journal`] when he is in it already or it cannot be written.
    pub fn append(&mut self, result: &PatientResult) -> Result<(), RunError> {
        if !self.held.insert(result.index) {
            return Err(bad(&self.path, format!("patient {} stands there already", result.index)));
        }
        let bytes = postcard::to_stdvec(result).map_err(|e| bad(&self.path, e.to_string()))?;
        self.record(&bytes)?;
        self.since_sync += 1;
        if self.since_sync >= SYNC_EVERY { self.flush() } else { Ok(()) }
    }

    /// Let everything reach the disk.
    ///
    /// # Errors
    /// [`RunError::Journal`].
    pub fn flush(&mut self) -> Result<(), RunError> {
        self.since_sync = 0;
        self.file.sync_data().map_err(|e| bad(&self.path, e.to_string()))
    }

    /// One record in one call of the operating system, so that a kill tears it nowhere but at the end.
    fn record(&mut self, payload: &[u8]) -> Result<(), RunError> {
        let length =
            u32::try_from(payload.len()).ok().filter(|n| *n <= RECORD_BYTES_MAX).ok_or_else(|| bad(&self.path, "record too long"))?;
        let hash = link(&self.hash, payload);
        let mut bytes = Vec::with_capacity(payload.len() + 4 + HASH_BYTES);
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(payload);
        bytes.extend_from_slice(hash.as_bytes());
        self.file.write_all(&bytes).map_err(|e| bad(&self.path, e.to_string()))?;
        self.hash = hash;
        Ok(())
    }

    /// Read a journal without changing it.
    ///
    /// # Errors
    /// [`RunError::Journal`] when it is damaged or none.
    pub fn read(path: &Path) -> Result<(Job, Vec<PatientResult>), RunError> {
        let file = File::open(path).map_err(|e| bad(path, e.to_string()))?;
        let contents = read(path, &file)?;
        Ok((contents.job.ok_or_else(|| bad(path, "holds no job"))?, contents.results))
    }
}

fn describe(job: &Job) -> String {
    let study: String = job.study.chars().take(24).collect();
    format!("study {study} of version {}, {} patients, shard {} of {}", job.version, job.patients, job.shard, job.of)
}

fn link(before: &str, payload: &[u8]) -> String {
    let mut bytes = before.as_bytes().to_vec();
    bytes.extend_from_slice(payload);
    Digest::of_bytes(&bytes).hash
}

fn read(path: &Path, file: &File) -> Result<Contents, RunError> {
    let mut bytes = Vec::new();
    file.take(JOURNAL_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|e| bad(path, e.to_string()))?;
    if bytes.len() as u64 > JOURNAL_BYTES_MAX {
        return Err(bad(path, "larger than a journal may be"));
    }
    let nothing = Contents { job: None, results: Vec::new(), hash: String::new(), good_bytes: 0 };
    // Killed before the first record was whole: nothing was done.
    if MAGIC.starts_with(&bytes[..bytes.len().min(MAGIC.len())]) && bytes.len() <= MAGIC.len() {
        return Ok(nothing);
    }
    let Some(mut rest) = bytes.strip_prefix(MAGIC) else { return Err(bad(path, "is no journal of Proband")) };
    let mut contents = nothing;
    let mut number = 0_u64;
    while let Some((payload, hash, after)) = split(rest) {
        if link(&contents.hash, payload).as_bytes() != hash {
            return Err(bad(path, format!("record {number} was changed after it was written")));
        }
        contents.hash = String::from_utf8_lossy(hash).into_owned();
        if number == 0 {
            contents.job = Some(postcard::from_bytes(payload).map_err(|e| bad(path, format!("record 0: {e}")))?);
        } else {
            contents.results.push(postcard::from_bytes(payload).map_err(|e| bad(path, format!("record {number}: {e}")))?);
        }
        number += 1;
        rest = after;
    }
    contents.good_bytes = (bytes.len() - rest.len()) as u64;
    Ok(contents)
}

/// The first record, if it is whole: payload, hash, what follows.
fn split(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let length = u32::from_le_bytes(*length) as usize;
    if rest.len() < length + HASH_BYTES {
        return None;
    }
    let (payload, rest) = rest.split_at(length);
    let (hash, rest) = rest.split_at(HASH_BYTES);
    Some((payload, hash, rest))
}
