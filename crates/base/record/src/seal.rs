//! The seal of a folder: the digest of every file in it, checkpoints of the chain, signatures.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use proband_core::Digest;
use serde::{Deserialize, Serialize};

use crate::sign::{SigningKey, is_signed};
use crate::{RecordError, read_bytes, write_bytes};

/// File name of the seal.
pub const SEAL_FILE: &str = "seal.toml";
/// Rows of the chain between two checkpoints.
pub const CHECKPOINT_ROWS: u64 = 1024;
/// Files of a folder at most.
const FILE_COUNT_MAX: usize = 10_000;
/// Bytes of one file at most.
const FILE_BYTES_MAX: u64 = 4 << 30;
/// Bytes of a seal at most.
const SEAL_BYTES_MAX: u64 = 256 << 20;
/// Beginning of the last line.
const OWN: &str = "# digest of everything above: ";

/// The chain's hash after a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// Row, from 0.
    pub row: u64,
    /// Hash after it.
    pub hash: String,
    /// Signature, empty without a key.
    pub signature: String,
}

/// What a folder held when it was sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seal {
    /// 1.
    pub format: u32,
    /// Whoever signed, as a public key; empty when nobody did.
    pub public_key: String,
    /// Signature over the digests of all files; empty when nobody signed.
    pub signature: String,
    /// Digest of each file, by its path in the folder.
    pub files: BTreeMap<String, String>,
    /// Every [`CHECKPOINT_ROWS`]th row and the last.
    pub checkpoints: Vec<Checkpoint>,
}

/// What a seal says about its folder now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SealCheck {
    /// What is wrong; empty when every byte is what it was.
    pub problems: Vec<String>,
    /// Public key of whoever signed; empty when nobody did.
    pub public_key: String,
    /// Checkpoints of the chain.
    pub checkpoints: Vec<Checkpoint>,
}

impl Seal {
    /// Look at a folder and say what is in it. `chain`: the hash after each row.
    ///
    /// # Errors
    /// [`RecordError::Io`], [`RecordError::TooLarge`].
    pub fn of(folder: &Path, chain: &[String], key: Option<&SigningKey>) -> Result<Self, RecordError> {
        let sign = |text: &str| key.map(|key| key.sign(text.as_bytes())).unwrap_or_default();
        let last = (chain.len() as u64).saturating_sub(1);
        let checkpoints = (0_u64..)
            .zip(chain)
            .filter(|(row, _)| (row + 1) % CHECKPOINT_ROWS == 0 || *row == last)
            .map(|(row, hash)| Checkpoint { row, hash: hash.clone(), signature: sign(&checkpoint_text(row, hash)) })
            .collect();
        let files = digests(folder)?;
        let signature = sign(&files_text(&files));
        Ok(Self { format: 1, public_key: key.map(SigningKey::public_key).unwrap_or_default(), signature, files, checkpoints })
    }

    /// Write the seal of a folder into it.
    ///
    /// # Errors
    /// [`RecordError::Manifest`], [`RecordError::DiskFull`], [`RecordError::Io`].
    pub fn write(&self, folder: &Path) -> Result<(), RecordError> {
        let body = toml::to_string(self).map_err(|e| RecordError::Manifest { place: SEAL_FILE.into(), what: e.to_string() })?;
        let own = Digest::of_bytes(body.as_bytes()).hash;
        write_bytes(&folder.join(SEAL_FILE), format!("{body}{OWN}{own}\n").as_bytes())
    }

    /// Read the seal of a folder.
    ///
    /// # Errors
    /// [`RecordError::Manifest`] when it was changed, [`RecordError::Io`], [`RecordError::TooLarge`].
    pub fn read(folder: &Path) -> Result<Self, RecordError> {
        let path = folder.join(SEAL_FILE);
        let bad = |what: String| RecordError::Manifest { place: SEAL_FILE.into(), what };
        let text = String::from_utf8(read_bytes(&path, SEAL_BYTES_MAX)?).map_err(|_| bad("not UTF-8".into()))?;
        let (body, own) = text.rsplit_once(OWN).ok_or_else(|| bad("its last line is missing".into()))?;
        if own != format!("{}\n", Digest::of_bytes(body.as_bytes()).hash) {
            return Err(bad("was changed after it was written".into()));
        }
        let seal: Self = toml::from_str(body).map_err(|e| bad(e.to_string().trim_end().into()))?;
        if seal.format == 1 { Ok(seal) } else { Err(bad(format!("format {} is not known", seal.format))) }
    }

    /// What of a folder is not as this seal says; `except`: paths that are not looked at.
    ///
    /// # Errors
    /// [`RecordError::Io`], [`RecordError::TooLarge`].
    pub fn differences(&self, folder: &Path, except: &[&str]) -> Result<Vec<String>, RecordError> {
        let now = digests(folder)?;
        let kept = |name: &&String| !except.contains(&name.as_str());
        let mut found: Vec<String> = Vec::new();
        for (name, digest) in self.files.iter().filter(|(name, _)| kept(name)) {
            match now.get(name) {
                Some(other) if other == digest => {}
                Some(_) => found.push(format!("{name} is not what was sealed")),
                None => found.push(format!("{name} is missing")),
            }
        }
        found.extend(
            now.keys()
                .filter(kept)
                .filter(|name| !self.files.contains_key(*name))
                .map(|name| format!("{name} was not there when the folder was sealed")),
        );
        Ok(found)
    }
}

/// Compare every byte of a folder with its seal. `trusted`: the public key that must have signed it.
///
/// # Errors
/// [`RecordError::Io`] when the folder cannot be read; a seal that is missing or changed is a problem, not an error.
pub fn check_seal(folder: &Path, trusted: Option<&str>) -> Result<SealCheck, RecordError> {
    let seal = match Seal::read(folder) {
        Ok(seal) => seal,
        Err(error) => return Ok(SealCheck { problems: vec![error.to_string()], ..SealCheck::default() }),
    };
    let mut problems = seal.differences(folder, &[])?;
    if !seal.public_key.is_empty() {
        if !is_signed(&seal.public_key, files_text(&seal.files).as_bytes(), &seal.signature) {
            problems.push("the signature over the files does not hold".into());
        }
        let bad = |c: &&Checkpoint| !is_signed(&seal.public_key, checkpoint_text(c.row, &c.hash).as_bytes(), &c.signature);
        problems
            .extend(seal.checkpoints.iter().find(bad).map(|c| format!("the signature of the checkpoint at row {} does not hold", c.row)));
    }
    match trusted.map(str::trim) {
        Some(_) if seal.public_key.is_empty() => problems.push("nobody signed it".into()),
        Some(key) if !key.eq_ignore_ascii_case(&seal.public_key) => {
            problems.push(format!("it was signed by {}, not by the key that is trusted", seal.public_key));
        }
        _ => {}
    }
    Ok(SealCheck { problems, public_key: seal.public_key, checkpoints: seal.checkpoints })
}

fn checkpoint_text(row: u64, hash: &str) -> String {
    format!("proband checkpoint 1\n{row}\n{hash}\n")
}

fn files_text(files: &BTreeMap<String, String>) -> String {
    let lines: Vec<String> = files.iter().map(|(name, digest)| format!("{digest} {name}\n")).collect();
    format!("proband files 1\n{}", lines.concat())
}

/// Digest of each file but the seal, by its path with `/`.
fn digests(folder: &Path) -> Result<BTreeMap<String, String>, RecordError> {
    let mut files = BTreeMap::new();
    let mut open = vec![String::new()];
    while let Some(inside) = open.pop() {
        let here = folder.join(&inside);
        for entry in fs::read_dir(&here).map_err(|e| RecordError::io("reading", &here, e))? {
            let entry = entry.map_err(|e| RecordError::io("reading", &here, e))?;
            let name = format!("{inside}{}", entry.file_name().to_string_lossy());
            let kind = entry.file_type().map_err(|e| RecordError::io("looking at", &entry.path(), e))?;
            if kind.is_dir() {
                open.push(format!("{name}/"));
            } else if name != SEAL_FILE {
                let digest = if kind.is_file() {
                    let bytes = read_bytes(&entry.path(), FILE_BYTES_MAX)?;
                    Digest::of_bytes(&bytes)
                } else {
                    // A link leads out of what is sealed.
                    Digest { size_bytes: 0, hash: "no plain file".into() }
                };
                files.insert(name, format!("{}-{}", digest.size_bytes, digest.hash));
            }
            if files.len() + open.len() > FILE_COUNT_MAX {
                let (place, found, limit) = (folder.display().to_string(), (files.len() + open.len()) as u64, FILE_COUNT_MAX as u64);
                return Err(RecordError::TooLarge { place, what: "number of files", found, limit });
            }
        }
    }
    Ok(files)
}
