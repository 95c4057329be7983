//! `run.toml`: what made a run folder.

use serde::{Deserialize, Serialize};

use crate::RecordError;

/// File name of the manifest in a run folder.
pub const MANIFEST_FILE: &str = "run.toml";

/// What made a run folder. Holds nothing that depends on a clock or a machine, and no patient's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunManifest {
    /// `"proband"`.
    pub program: String,
    /// Version of the program. Another version may give other bits.
    pub version: String,
    /// The command as it was typed.
    pub command: String,
    /// `"venipuncture"`.
    pub procedure: String,
    /// Name of the scenario.
    pub scenario: String,
    /// Seed of all random streams, at most 2⁶³ − 1 (TOML's integers are signed).
    pub seed: u64,
    /// Number of the patient in the study.
    pub patient: u32,
    /// Pseudonym of the twin.
    pub twin: String,
    /// Digest of the final state.
    pub digest: String,
    /// Always true: the program is not a medical device.
    pub not_a_device: bool,
}

impl RunManifest {
    /// As TOML.
    ///
    /// # Errors
    /// [`RecordError::Manifest`] when the seed does not fit or `not_a_device` is false.
    pub fn to_toml(&self) -> Result<String, RecordError> {
        let bad = |what: String| RecordError::Manifest { place: MANIFEST_FILE.into(), what };
        if i64::try_from(self.seed).is_err() {
            return Err(bad(format!("seed {} is above {}", self.seed, i64::MAX)));
        }
        if !self.not_a_device {
            return Err(bad("not_a_device is false; no run of this program may say so".into()));
        }
        toml::to_string(self).map_err(|e| bad(e.to_string()))
    }

    /// From TOML.
    ///
    /// # Errors
    /// [`RecordError::Manifest`] that names the line and the field.
    pub fn from_toml(text: &str) -> Result<Self, RecordError> {
        toml::from_str(text).map_err(|e| RecordError::Manifest { place: MANIFEST_FILE.into(), what: e.to_string().trim_end().into() })
    }
}
