//! What a job is, before anybody works on it: the same words for every worker.

use proband_core::{CoreError, Digest};
use serde::{Deserialize, Serialize};

use super::{ENDPOINTS, Job, TrialSetup};
use crate::RunError;

/// Layout of [`Manifest`].
pub const MANIFEST_SCHEMA: u32 = 1;

/// A job in words. Two workers that agree on it give the same bits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`MANIFEST_SCHEMA`].
    pub schema: u32,
    /// Version of the program.
    pub version: String,
    /// Digest of the study and its robots.
    pub study: String,
    /// Digest of everybody enrolled, with what is known of them.
    pub cohort: String,
    /// Names of the arms.
    pub arms: Vec<String>,
    /// Patients: the shards are cut between them, each with all of his draws.
    pub patients: u32,
    /// Draws in all.
    pub draws: u64,
    /// Seed of all random streams.
    pub seed: u64,
    /// Columns of `draws` that hold endpoints, as `name [unit]`.
    pub endpoints: Vec<String>,
    /// Longest run per draw, as text [s].
    pub duration_max_s: String,
}

impl Manifest {
    /// Digest of the manifest: the name of the job, which every part carries.
    ///
    /// # Errors
    /// [`CoreError`] never for what was made here.
    pub fn job(&self) -> Result<String, CoreError> {
        Ok(Digest::of(self)?.hash)
    }

    /// The first thing in which two manifests differ, in words.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Option<String> {
        let of = |m: &Self| {
            [
                ("schema", m.schema.to_string()),
                ("version", m.version.clone()),
                ("study", m.study.clone()),
                ("cohort", m.cohort.clone()),
                ("arms", m.arms.join(", ")),
                ("patients", m.patients.to_string()),
                ("draws", m.draws.to_string()),
                ("seed", m.seed.to_string()),
                ("endpoints", m.endpoints.join(", ")),
                ("duration_max_s", m.duration_max_s.clone()),
            ]
        };
        let pair = of(self).into_iter().zip(of(other)).find(|(a, b)| a != b)?;
        Some(format!("{}: {}, not {}", pair.0.0, pair.0.1, pair.1.1))
    }
}

impl TrialSetup {
    /// What this job is for a version of the program.
    ///
    /// # Errors
    /// [`RunError::Table`] never for a study that was read from a file.
    pub fn manifest(&self, version: &str) -> Result<Manifest, RunError> {
        let study = &self.study;
        let patients = self.enrolment.enrolled.len() as u32;
        let people: Vec<_> = self.enrolment.enrolled.iter().map(|e| (e.person, &e.covariates)).collect();
        Ok(Manifest {
            schema: MANIFEST_SCHEMA,
            version: version.to_owned(),
            study: self.digest()?.to_string(),
            cohort: Digest::of(&people)?.to_string(),
            arms: study.arms.iter().map(|a| a.name().to_owned()).collect(),
            patients,
            draws: u64::from(patients) * u64::from(study.draws_per_patient()),
            seed: study.seed,
            endpoints: ENDPOINTS.iter().map(|e| format!("{} [{}]", e.name, e.unit)).collect(),
            duration_max_s: study.duration_max_s.to_string(),
        })
    }

    /// One shard of the job.
    ///
    /// # Errors
    /// As [`TrialSetup::manifest`].
    pub fn job(&self, version: &str, shard: u32, of: u32) -> Result<Job, RunError> {
        let manifest = self.manifest(version)?;
        Ok(Job { version: version.to_owned(), manifest: manifest.job()?, study: manifest.study, patients: manifest.patients, shard, of })
    }
}
