//! What has been tried: each take with its orders and what came of it; reports are made from a replay.

use std::sync::Arc;

use proband_record::{RunFolder, RunManifest};
use proband_run::session::SessionRecord;
use proband_run::{Rehearsal, RehearsalSpec, RunError};
use proband_scene::Outcome;
use serde::Serialize;

use crate::config::StudioConfig;
use crate::error::ServerError;

/// Takes that are kept; the oldest but the robot's goes first.
pub(crate) const TAKE_COUNT_MAX: usize = 64;

/// The patient of a scene.
#[derive(Clone)]
pub(crate) struct OpenPatient {
    /// Number in the list of patients.
    pub id: u32,
    pub spec: Arc<RehearsalSpec>,
}

/// Who held the needle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum By {
    /// The robot alone, from beginning to end.
    Robot,
    /// A person for part of it or all.
    Person,
}

/// A take and its score.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Take {
    /// From 0.
    pub number: u32,
    pub by: By,
    /// Whether the procedure came to its end.
    pub finished: bool,
    pub time_s: f64,
    pub success: bool,
    pub first_stick_success: bool,
    pub attempts: u32,
    pub volume_ml: f64,
    pub insertion_mm: Option<f64>,
    pub angle_deg: Option<f64>,
    pub force_peak_n: f64,
    pub pain: f64,
    pub artery: bool,
    pub nerve: bool,
    pub back_wall: bool,
    pub haematoma_ml: f64,
    pub digest: String,
    /// Number in the list of patients.
    pub patient: u32,
    #[serde(skip)]
    pub session: SessionRecord,
    #[serde(skip)]
    pub spec: Arc<RehearsalSpec>,
}

impl Take {
    /// The score of a session.
    pub fn new(number: u32, of: &OpenPatient, session: SessionRecord, outcome: &Outcome, finished: bool) -> Self {
        let number_or_none = |value: f64| value.is_finite().then_some(value);
        Self {
            number,
            by: if session.orders.is_empty() { By::Robot } else { By::Person },
            finished,
            time_s: outcome.time_total_s,
            success: outcome.success,
            first_stick_success: outcome.first_stick_success,
            attempts: outcome.attempts,
            volume_ml: outcome.volume_drawn_m3 * 1e6,
            insertion_mm: number_or_none(outcome.insertion_m * 1e3),
            angle_deg: number_or_none(outcome.angle_rad.to_degrees()),
            force_peak_n: outcome.force_peak_n,
            pain: outcome.pain,
            artery: outcome.arterial_contact,
            nerve: outcome.nerve_contact,
            back_wall: outcome.back_wall_contact,
            haematoma_ml: outcome.haematoma_m3 * 1e6,
            digest: session.digest.clone(),
            patient: of.id,
            session,
            spec: Arc::clone(&of.spec),
        }
    }

    /// What the robot does alone with this patient.
    pub fn of_robot(number: u32, of: &OpenPatient) -> Result<Self, RunError> {
        let mut session = proband_run::session::LiveSession::new(of.spec.as_ref().clone())?;
        while !session.scene().finished() {
            session.advance(10_000, &mut |_, _| {})?;
        }
        Ok(Self::new(number, of, session.record()?, &session.scene().outcome(), true))
    }

    /// Replay the take, check its digest, write record and report, and return the report.
    pub fn report(&self, config: &StudioConfig) -> Result<String, ServerError> {
        let mut rehearsal = Rehearsal::replay(&self.spec, &self.session)?;
        let mut left = self.session.ticks;
        while left > 0 {
            let ticks = u32::try_from(left.min(10_000)).unwrap_or(10_000);
            rehearsal.advance(ticks);
            left -= u64::from(ticks);
        }
        let finished = rehearsal.finish()?;
        let digest = finished.digest.to_string();
        if digest != self.digest {
            return Err(ServerError::inside(format!("the replay ended at {digest} and the take at {}: report this", self.digest)));
        }
        let folder = RunFolder::create(&config.out.join(format!("take-{}", self.number)), true).map_err(ServerError::inside)?;
        let manifest = RunManifest {
            program: "proband".into(),
            version: config.version.clone(),
            command: config.command.clone(),
            procedure: "venipuncture".into(),
            scenario: format!("studio, take {}", self.number),
            seed: self.spec.seed,
            patient: self.spec.patient,
            twin: self.spec.twin.person.pseudonym.clone(),
            digest,
            not_a_device: true,
        };
        finished.write(&folder, &manifest)?;
        folder.write_file("session.toml", self.session_toml()?.as_bytes()).map_err(ServerError::inside)?;
        proband_evidence::write_report(folder.path()).map_err(ServerError::inside)?;
        let out = folder.finish().map_err(ServerError::inside)?;
        std::fs::read_to_string(out.join("report.html")).map_err(ServerError::inside)
    }

    /// The session as a file for `proband rehearse venipuncture --replay`.
    pub fn session_toml(&self) -> Result<String, ServerError> {
        toml::to_string(&self.session).map_err(ServerError::inside)
    }
}
