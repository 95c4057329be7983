//! One bronchoscopy, tick by tick, and what is kept of it.

use nalgebra::Vector3;
use proband_bronchoscopy::room::TipTruth;
use proband_bronchoscopy::{Outcome, Phase, Rehearsal, RehearsalSpec};
use proband_core::{Digest, Table};
use proband_record::{RunFolder, RunManifest};

use super::tables;
use crate::RunError;

/// Ticks between two rows: 10 per second.
const ROW_TICKS: u64 = 5;
/// Views kept at most.
const VIEWS_MAX: usize = 14;
/// Rows and notes kept at most.
const ROWS_MAX: usize = 200_000;
const NOTES_MAX: usize = 20_000;

/// One row of the course.
pub(super) struct CourseRow {
    pub time_s: f64,
    pub phase: Phase,
    pub tip: TipTruth,
    pub believed_branch: u32,
    pub believed_m: f64,
    pub tip_error_m: f64,
    pub to_target_m: f64,
    pub breath: f64,
    pub needle_m: f64,
    pub blood_m3: f64,
}

/// A note with its time.
pub(super) struct NoteRow {
    pub time_s: f64,
    pub kind: String,
    pub text: String,
    pub distance_m: f64,
}

/// A moment whose view is drawn.
pub(super) struct ViewRow {
    pub time_s: f64,
    pub tip: TipTruth,
    pub blood: f64,
    pub caption: String,
}

/// A bronchoscopy under way.
pub struct BronchoscopyRun {
    rehearsal: Rehearsal,
    course: Vec<CourseRow>,
    notes: Vec<NoteRow>,
    views: Vec<ViewRow>,
    deepest: u32,
}

/// A bronchoscopy that is over.
pub struct BronchoscopyFinished {
    /// What came of it.
    pub outcome: Outcome,
    /// All tables of the record; the views are in the table `images`.
    pub tables: Vec<Table>,
    /// Digest of the final state: equal digests, equal runs.
    pub digest: Digest,
}

impl BronchoscopyRun {
    /// Make the patient and the room.
    ///
    /// # Errors
    /// [`RunError::Bronchoscopy`] names what does not fit.
    pub fn new(spec: &RehearsalSpec) -> Result<Self, RunError> {
        Ok(Self::of(Rehearsal::new(spec)?))
    }

    /// Record a rehearsal of the caller's own, with a controller of his own.
    #[must_use]
    pub fn of(rehearsal: Rehearsal) -> Self {
        Self { rehearsal, course: Vec::new(), notes: Vec::new(), views: Vec::new(), deepest: u32::MAX }
    }

    /// The rehearsal.
    #[must_use]
    pub fn rehearsal(&self) -> &Rehearsal {
        &self.rehearsal
    }

    /// Advance by so many ticks; true when it is over.
    pub fn advance(&mut self, ticks: u32) -> bool {
        for _ in 0..ticks {
            let before = self.rehearsal.phase();
            if !self.rehearsal.tick() {
                self.see(before);
                return true;
            }
            self.see(before);
        }
        false
    }

    fn see(&mut self, before: Phase) {
        let (state, phase) = (self.rehearsal.state(), self.rehearsal.phase());
        let (time_s, tip, tick) = (self.rehearsal.time_s(), state.tip, state.tick);
        let (breath, needle_m, blood_m3) = (self.rehearsal.seen().breath, state.needle_m, state.blood_m3);
        if tick.is_multiple_of(ROW_TICKS) && self.course.len() < ROWS_MAX {
            let at = self.rehearsal.told().at;
            let map = self.rehearsal.room().map();
            let target = Vector3::from(self.rehearsal.room().target().centre_m);
            self.course.push(CourseRow {
                time_s,
                phase,
                tip,
                believed_branch: at.branch,
                believed_m: at.distance_m,
                tip_error_m: (map.place(at.branch, at.distance_m).point_m - tip.place_m).norm(),
                to_target_m: (target - tip.place_m).norm(),
                breath,
                needle_m,
                blood_m3,
            });
        }
        for note in self.rehearsal.take_notes() {
            if self.notes.len() < NOTES_MAX {
                self.notes.push(NoteRow { time_s, kind: note.kind, text: note.text, distance_m: tip.distance_m });
            }
        }
        let entered = phase == Phase::Drive && tip.branch != self.deepest;
        let turned = phase != before && matches!(phase, Phase::Drive | Phase::Insert | Phase::Withdraw);
        if (entered || turned) && self.views.len() < VIEWS_MAX {
            let generation = self.rehearsal.room().map().tree().branches[tip.branch as usize].generation;
            let caption = format!("{} s, {}, generation {generation}, {:.0} mm in", time_s.round(), phase.name(), tip.distance_m * 1e3);
            self.views.push(ViewRow { time_s, tip, blood: (blood_m3 / 1e-6).min(1.0), caption });
        }
        if phase == Phase::Drive {
            self.deepest = tip.branch;
        }
    }

    /// Close the record: tables, views, digest.
    ///
    /// # Errors
    /// [`RunError`] when a table or a picture cannot be made.
    pub fn finish(self) -> Result<BronchoscopyFinished, RunError> {
        let outcome = self.rehearsal.outcome();
        let digest = Digest::of(self.rehearsal.state())?;
        let tables = tables::all(&self.rehearsal, &outcome, &self.course, &self.notes, &self.views)?;
        Ok(BronchoscopyFinished { outcome, tables, digest })
    }
}

impl BronchoscopyFinished {
    /// Write tables and manifest.
    ///
    /// # Errors
    /// [`RunError::Record`] when a file cannot be written.
    pub fn write(&self, folder: &RunFolder, manifest: &RunManifest) -> Result<(), RunError> {
        for table in &self.tables {
            folder.write_table(table)?;
        }
        folder.write_manifest(manifest)?;
        Ok(())
    }
}
