//! What decides a studio.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use crate::ServerError;
use crate::patients::{Patient, PatientMaker};

/// Who may come in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// Where to listen; port 0 takes a free one.
    pub address: SocketAddr,
    /// Word that every request must carry; none: only this machine, which has no other users to fear than its own.
    pub token: Option<String>,
    /// Whether an address that others reach is wanted without encryption.
    pub without_tls: bool,
}

/// Everything that a studio needs.
#[derive(Clone)]
pub struct StudioConfig {
    /// Who may come in.
    pub access: Access,
    /// Whom to choose from; the first is opened. Never empty.
    pub patients: Vec<Patient>,
    /// Makes more of them.
    pub maker: Arc<dyn PatientMaker>,
    /// Evidence report of the trial whose patients are on the list.
    pub trial_report: Option<Arc<str>>,
    /// Folder for sessions and reports.
    pub out: PathBuf,
    /// How the program was called, for the records.
    pub command: String,
    /// Version of the program.
    pub version: String,
}

impl Access {
    /// Whether this may be opened.
    ///
    /// # Errors
    /// [`ServerError::Open`] for an address that others reach without token and explicit word.
    pub fn check(&self) -> Result<(), ServerError> {
        let long_enough = self.token.as_ref().is_some_and(|token| token.len() >= 16);
        if self.address.ip().is_loopback() || (long_enough && self.without_tls) {
            return Ok(());
        }
        Err(ServerError::Open { address: self.address })
    }
}
