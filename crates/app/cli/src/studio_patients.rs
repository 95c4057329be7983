//! Patients for the studio: from records that are sent to it, from the population, from a trial.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use proband_chart::{ReadOptions, read_bundle, read_ndjson};
use proband_core::{Column, Table, Warnings};
use proband_run::trial::TrialSetup;
use proband_run::{CohortRow, CohortSpec, RehearsalSpec, run_cohort};
use proband_server::{Origin, Patient, PatientMaker};
use proband_twin::{Population, Twin};

use crate::command::twin_new;
use crate::failure::Failure;
use crate::{population, study_file, twin_folder};

/// Population of those who are sampled.
const POPULATION: &str = "adult";
/// Draws of a trial that are put on the list.
const LISTED_MAX: usize = 500;
/// Largest evidence report [bytes].
const REPORT_BYTES_MAX: u64 = 64 << 20;

/// Makes patients for the room that the studio was opened with.
pub(crate) struct Maker {
    /// Robot, faults, settings.
    pub(crate) room: RehearsalSpec,
    /// Where twins are kept.
    pub(crate) folder: PathBuf,
}

impl Maker {
    /// Twins that an earlier studio made of records. One that cannot be read any more is said and left out.
    pub(crate) fn kept(&self) -> Result<Vec<Patient>, Failure> {
        let Ok(entries) = std::fs::read_dir(&self.folder) else { return Ok(Vec::new()) };
        let mut paths: Vec<PathBuf> =
            entries.flatten().map(|entry| entry.path()).filter(|path| path.extension() == Some("twin".as_ref())).collect();
        paths.sort();
        let mut kept = Vec::new();
        for path in paths {
            match twin_folder::read(&path) {
                Ok(twin) => kept.push(self.patient(twin, Origin::Record, "kept from an earlier studio".into())),
                Err(failure) => eprintln!("left out: {}", failure.text()),
            }
        }
        Ok(kept)
    }

    fn patient(&self, twin: Twin, origin: Origin, note: String) -> Patient {
        Patient { name: twin.person.pseudonym.clone(), origin, note, rehearsal: RehearsalSpec { twin, ..self.room.clone() } }
    }

    fn population() -> Result<Population, String> {
        population::read(POPULATION).map_err(|failure| failure.text())
    }
}

impl PatientMaker for Maker {
    fn of_record(&self, bytes: &[u8]) -> Result<Patient, String> {
        let (options, warnings) = (ReadOptions::usual(), Warnings::new());
        // A document is one object whose lines do not end it; an export is one object a line.
        let lines = bytes
            .split(|byte| *byte == b'\n')
            .find(|line| !line.trim_ascii().is_empty())
            .is_some_and(|line| serde_json::from_slice::<serde_json::Value>(line).is_ok());
        let whole = !lines || bytes.trim_ascii().iter().all(|byte| *byte != b'\n');
        let record = if whole { read_bundle(bytes, &options, &warnings) } else { read_ndjson(bytes, &options, &warnings) };
        let record = record.map_err(|e| e.to_string())?;
        let made = twin_new::twin_of_last_day(&record).map_err(|failure| failure.text())?;
        std::fs::create_dir_all(&self.folder).map_err(|e| e.to_string())?;
        let path = self.folder.join(format!("{}.twin", record.pseudonym));
        twin_folder::write(&path, &made.twin, &made.tables, true).map_err(|failure| failure.text())?;
        let mut note = made.from.remarks.join("; ");
        let warned = warnings.list().len();
        if warned > 0 {
            note.push_str(&format!("{}{warned} warnings in the record", if note.is_empty() { "" } else { "; " }));
        }
        Ok(self.patient(made.twin, Origin::Record, note))
    }

    fn sampled(&self, seed: u64, number: u32) -> Result<Patient, String> {
        let twin = Self::population()?.patient(seed, number).map_err(|e| e.to_string())?.twin;
        let mut patient = self.patient(twin, Origin::Sampled, String::new());
        (patient.rehearsal.seed, patient.rehearsal.patient, patient.rehearsal.member) = (seed, number, true);
        Ok(patient)
    }

    fn cohort(&self, seed: u64, count: u32, done: &(dyn Fn(u32) + Sync), stop: &AtomicBool) -> Result<Vec<CohortRow>, String> {
        let spec = CohortSpec {
            population: Self::population()?,
            count,
            first: 0,
            seed,
            arm: self.room.arm.clone(),
            duration_max_s: self.room.duration_max_s,
            lamp_wavelength_nm: self.room.lamp_wavelength_nm,
        };
        run_cohort(&spec, done, stop).map_err(|e| e.to_string())
    }

    fn record_bytes_max(&self) -> usize {
        usize::try_from(ReadOptions::usual().size_bytes_max).unwrap_or(usize::MAX)
    }
}

/// What a trial's folder gives the studio.
pub(crate) struct TrialPatients {
    /// The robot's draws, those that failed first.
    pub(crate) patients: Vec<Patient>,
    /// Its evidence.
    pub(crate) report: Option<String>,
}

/// Read a trial's folder.
pub(crate) fn of_trial(folder: &Path) -> Result<TrialPatients, Failure> {
    let study = study_file::read(&folder.join("study.toml"))?;
    let path = proband_record::record_path(folder, "draws");
    let draws = proband_record::read_table(&path).map_err(|error| Failure::at(&path, error))?;
    let mut rows = robot_draws(&draws).ok_or_else(|| Failure::at(&path, "is not a trial's table of draws"))?;
    rows.sort_by_key(|row| (row.worth, row.index, row.arm));
    let mut patients = Vec::new();
    for row in rows.into_iter().filter(|row| is_robot(&study.setup, row.arm)).take(LISTED_MAX) {
        let rehearsal = study.setup.rehearsal(row.index, row.arm, row.visit).map_err(|error| Failure::at(&path, error))?;
        let name = format!("{} {}, {}", study.setup.study.name, row.index, row.arm_name);
        patients.push(Patient { name, origin: Origin::Trial, note: row.note, rehearsal });
    }
    let report =
        proband_record::read_bytes(&folder.join("evidence.html"), REPORT_BYTES_MAX).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    Ok(TrialPatients { patients, report })
}

fn is_robot(setup: &TrialSetup, arm: u16) -> bool {
    setup.study.arms.get(usize::from(arm)).is_some_and(|plan| matches!(plan, proband_run::trial::ArmPlan::Robot(_)))
}

/// A row of the table of draws, as far as it matters here.
struct Draw {
    index: u32,
    arm: u16,
    visit: u16,
    arm_name: String,
    note: String,
    /// 0: never succeeded; 1: not at the first stick; 2: no result; 3: as it should be.
    worth: u8,
}

fn robot_draws(draws: &Table) -> Option<Vec<Draw>> {
    let whole = |name: &str| match draws.column(name) {
        Ok(Column::I64(values)) => Some(values),
        _ => None,
    };
    let real = |name: &str| match draws.column(name) {
        Ok(Column::F64(values)) => Some(values),
        _ => None,
    };
    let text = |name: &str| match draws.column(name) {
        Ok(Column::Text(values)) => Some(values),
        _ => None,
    };
    let (index, arm, visit, names) = (whole("index")?, whole("arm")?, whole("visit")?, text("arm_name")?);
    let (first, success, reason, apart) = (real("first_stick_success")?, real("blood_drawn")?, text("reason")?, text("set_apart")?);
    let rows = (0..index.len()).map(|i| {
        let (worth, note) = match (first[i], success[i]) {
            (f, _) if f >= 0.5 => (3, "first stick".to_owned()),
            (_, s) if s >= 0.5 => (1, "not at the first stick".to_owned()),
            (_, s) if s.is_nan() => (2, apart[i].clone()),
            _ => (0, format!("failed: {}", reason[i])),
        };
        Some(Draw {
            index: u32::try_from(index[i]).ok()?,
            arm: u16::try_from(arm[i]).ok()?,
            visit: u16::try_from(visit[i]).ok()?,
            arm_name: names[i].clone(),
            note,
            worth,
        })
    });
    rows.collect()
}
