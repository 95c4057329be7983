//! Evaluations on disk: append-only, checked, one record per case.
//!
//! `PROBAND STRESS 1\n`, then records of length (u32, little-endian), postcard bytes and BLAKE3(previous hash ‖ bytes). The first
//! record names the job. A process that is killed leaves at most one torn record at the end, which the next one cuts off.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use proband_core::Digest;

use super::Evaluation;
use crate::RunError;

const MAGIC: &[u8] = b"PROBAND STRESS 1\n";
const RECORD_BYTES_MAX: usize = 1 << 20;
const JOURNAL_BYTES_MAX: u64 = 4 << 30;
const HASH_BYTES: usize = 64;

/// Coordinates of a case, bit for bit.
pub(crate) type Key = Vec<u64>;

/// What is evaluated so far, by coordinates.
pub(crate) type Known = BTreeMap<Key, Evaluation>;

/// A journal that is open for writing. One process at a time.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    file: File,
    hash: String,
}

fn bad(path: &Path, what: impl Into<String>) -> RunError {
    RunError::Journal { path: path.to_path_buf(), what: what.into() }
}

impl Journal {
    /// Start a journal, or go on with one of the same job.
    ///
    /// # Errors
    /// [`RunError::Journal`] when it belongs to another job, is damaged, is in use, or cannot be written.
    pub fn open(path: &Path, job: &str) -> Result<(Self, Known), RunError> {
        let io = |e: std::io::Error| bad(path, e.to_string());
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(io)?;
        file.try_lock().map_err(|_| bad(path, "is being written by another process"))?;
        let mut bytes = Vec::new();
        (&file).take(JOURNAL_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(io)?;
        if bytes.len() as u64 > JOURNAL_BYTES_MAX {
            return Err(bad(path, "larger than a journal may be"));
        }
        let (found, known, hash, good) = read(path, &bytes)?;
        if let Some(other) = &found
            && other != job
        {
            return Err(bad(path, "belongs to another scenario, seed, method or version"));
        }
        file.set_len(good).map_err(io)?;
        file.seek(SeekFrom::End(0)).map_err(io)?;
        let mut journal = Self { path: path.to_path_buf(), file, hash };
        if found.is_none() {
            journal.file.set_len(0).map_err(io)?;
            journal.file.seek(SeekFrom::Start(0)).map_err(io)?;
            journal.file.write_all(MAGIC).map_err(io)?;
            journal.hash = String::new();
            journal.record(job.as_bytes())?;
        }
        Ok((journal, known))
    }

    /// Add a case.
    ///
    /// # Errors
    /// [`RunError::Journal`] when it cannot be written.
    pub fn append(&mut self, key: &[u64], evaluation: &Evaluation) -> Result<(), RunError> {
        let bytes = postcard::to_stdvec(&(key, evaluation)).map_err(|e| bad(&self.path, e.to_string()))?;
        self.record(&bytes)
    }

    /// One record in one call of the operating system, so that a kill tears it nowhere but at the end.
    fn record(&mut self, payload: &[u8]) -> Result<(), RunError> {
        if payload.len() > RECORD_BYTES_MAX {
            return Err(bad(&self.path, "record too long"));
        }
        let hash = link(&self.hash, payload);
        let mut bytes = (payload.len() as u32).to_le_bytes().to_vec();
        bytes.extend_from_slice(payload);
        bytes.extend_from_slice(hash.as_bytes());
        self.file.write_all(&bytes).map_err(|e| bad(&self.path, e.to_string()))?;
        self.hash = hash;
        Ok(())
    }
}

fn link(before: &str, payload: &[u8]) -> String {
    let mut bytes = before.as_bytes().to_vec();
    bytes.extend_from_slice(payload);
    Digest::of_bytes(&bytes).hash
}

/// Job, cases, last hash, bytes that are whole.
fn read(path: &Path, bytes: &[u8]) -> Result<(Option<String>, Known, String, u64), RunError> {
    let nothing = (None, Known::new(), String::new(), 0);
    // Killed before the first record was whole: nothing was done.
    if bytes.len() <= MAGIC.len() && MAGIC.starts_with(bytes) {
        return Ok(nothing);
    }
    let Some(mut rest) = bytes.strip_prefix(MAGIC) else { return Err(bad(path, "is no journal of a stress test")) };
    let (mut job, mut known, mut hash, _) = nothing;
    let mut number = 0_u64;
    while let Some((payload, own, after)) = split(rest) {
        if link(&hash, payload).as_bytes() != own {
            return Err(bad(path, format!("record {number} was changed after it was written")));
        }
        hash = String::from_utf8_lossy(own).into_owned();
        if number == 0 {
            job = Some(String::from_utf8_lossy(payload).into_owned());
        } else {
            let (key, evaluation): (Key, Evaluation) =
                postcard::from_bytes(payload).map_err(|e| bad(path, format!("record {number}: {e}")))?;
            known.insert(key, evaluation);
        }
        number += 1;
        rest = after;
    }
    Ok((job, known, hash, (bytes.len() - rest.len()) as u64))
}

/// The first record, if it is whole: payload, hash, what follows.
fn split(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let length = u32::from_le_bytes(*length) as usize;
    if length > RECORD_BYTES_MAX || rest.len() < length + HASH_BYTES {
        return None;
    }
    let (payload, rest) = rest.split_at(length);
    let (hash, rest) = rest.split_at(HASH_BYTES);
    Some((payload, hash, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Go on after a torn record; refuse another job, a changed byte and what is no journal.
    #[test]
    fn a_journal_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.journal");
        let evaluation = Evaluation { margins: vec![-0.5], endpoints: vec![1.0], crashed: String::new() };
        let (mut journal, known) = Journal::open(&path, "job").unwrap();
        assert!(known.is_empty());
        journal.append(&[1, 2], &evaluation).unwrap();
        journal.append(&[3, 4], &evaluation).unwrap();
        drop(journal);
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len() - 5]).unwrap();
        let (mut journal, known) = Journal::open(&path, "job").unwrap();
        assert_eq!((known.len(), known.get(&vec![1, 2])), (1, Some(&evaluation)));
        journal.append(&[3, 4], &evaluation).unwrap();
        drop(journal);
        assert_eq!(std::fs::read(&path).unwrap(), whole, "the same bytes after a kill");
        assert!(Journal::open(&path, "other").is_err());
        let mut changed = whole.clone();
        changed[40] ^= 1;
        std::fs::write(&path, &changed).unwrap();
        assert!(Journal::open(&path, "job").is_err());
        std::fs::write(&path, b"something else entirely").unwrap();
        assert!(Journal::open(&path, "job").is_err());
    }
}
