//! Whether the records are those that were written.

use std::path::Path;

use proband_core::Table;
use proband_record::{check_seal, row_chain};
use serde::Serialize;

use crate::{EvidenceError, load_run};

/// What the chain says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChainCheck {
    /// Rows that were checked.
    pub rows: u64,
    /// Last hash, computed now.
    pub head: String,
    /// Public key of whoever signed the folder; empty when nobody did.
    pub signed_by: String,
    /// Checkpoints of the chain that were compared.
    pub checkpoints: u64,
    /// What is wrong; empty when the records stand.
    pub problems: Vec<String>,
}

/// Tables under the chain before its first row, in order.
const BEFORE: [&str; 7] = ["study", "arms", "plan", "screening", "parameters", "patients", "first_attempts"];

/// Compute the chain of hashes anew and compare it with the one in the folder, with `run.toml`, and with `known`, a head that
/// was kept elsewhere; and every byte of every file with the seal. `key`: the public key that must have signed it.
///
/// Whoever rewrites all of a folder can make it consistent again: only a head that was kept elsewhere, or a signature by a key
/// that he does not have, shows that.
///
/// # Errors
/// As [`load_run`], and [`EvidenceError::NotARun`] when it holds no trial.
pub fn check_chain(folder: &Path, known: Option<&str>, key: Option<&str>) -> Result<ChainCheck, EvidenceError> {
    let run = load_run(folder)?;
    let mut problems: Vec<String> = run.problems.iter().map(|p| format!("{}: {}", p.place, p.text)).collect();
    let seal = check_seal(folder, key)?;
    problems.extend(seal.problems);
    let (signed_by, checkpoints) = (seal.public_key, seal.checkpoints.len() as u64);
    let table = |name: &str| run.table(name);
    let before: Vec<&Table> = BEFORE.iter().filter_map(|name| table(name)).collect();
    let missing: Vec<&str> = BEFORE.iter().chain(&["draws", "chain"]).copied().filter(|name| table(name).is_none()).collect();
    if missing.len() == BEFORE.len() + 2 {
        return Err(EvidenceError::NotARun { path: folder.into(), what: "no table of a trial in it".into() });
    }
    if !missing.is_empty() {
        problems.push(format!("tables missing: {}", missing.join(", ")));
        return Ok(ChainCheck { rows: 0, head: String::new(), signed_by, checkpoints, problems });
    }
    let (Some(draws), Some(chain)) = (table("draws"), table("chain")) else {
        return Ok(ChainCheck { rows: 0, head: String::new(), signed_by, checkpoints, problems });
    };
    let hashes = row_chain(&before, draws)?;
    let stored = chain.texts("hash").unwrap_or(&[]);
    if stored.len() != hashes.len() {
        problems.push(format!("{} rows of draws, {} links of the chain", hashes.len(), stored.len()));
    }
    if let Some(row) = hashes.iter().zip(stored).position(|(a, b)| a != b) {
        let what = if row == 0 { "row 0 of draws, or a table before it," } else { "a row of draws" };
        problems.push(format!("{what} is not what was written: the chain breaks at row {row}"));
    }
    let apart = |c: &&proband_record::Checkpoint| usize::try_from(c.row).ok().and_then(|row| hashes.get(row)) != Some(&c.hash);
    problems.extend(seal.checkpoints.iter().find(apart).map(|c| format!("the chain is not that of the checkpoint at row {}", c.row)));
    let head = hashes.last().cloned().unwrap_or_default();
    if head != run.info.digest {
        problems.push("the last hash is not the one that run.toml states".into());
    }
    if let Some(known) = known
        && known != head
    {
        problems.push("the last hash is not the one that was kept elsewhere".into());
    }
    Ok(ChainCheck { rows: hashes.len() as u64, head, signed_by, checkpoints, problems })
}
