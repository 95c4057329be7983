//! Whom the studio can open: the patient it was started with, those of records that were sent to it, sampled ones, and those of a trial.

use std::sync::{Arc, Mutex, PoisonError};

use proband_run::{CohortRow, RehearsalSpec};
use serde::Serialize;
use serde_json::{Value, json};

use crate::error::ServerError;

/// Patients that are kept at most: whoever wants more has a trial.
const PATIENT_COUNT_MAX: usize = 2_000;

/// Where a patient comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The one the studio was started with.
    Given,
    /// A record that was sent to the studio, now or earlier.
    Record,
    /// Drawn from a population.
    Sampled,
    /// A draw of a trial.
    Trial,
}

/// A patient and the room that he would be opened in.
#[derive(Clone, Debug)]
pub struct Patient {
    /// What he is called; a pseudonym.
    pub name: String,
    /// Where he comes from.
    pub origin: Origin,
    /// What is remarkable about him, in a sentence; may be empty.
    pub note: String,
    /// Twin, seed, robot.
    pub rehearsal: RehearsalSpec,
}

/// Makes patients for the studio.
pub trait PatientMaker: Send + Sync {
    /// A twin from a patient's record, FHIR R4 as JSON or as lines of JSON. What is made is kept beside the takes.
    ///
    /// # Errors
    /// What is wrong with the record, in words that hold nothing of it but line and column.
    fn of_record(&self, bytes: &[u8]) -> Result<Patient, String>;

    /// A member of the population of adults.
    ///
    /// # Errors
    /// Why he cannot be drawn.
    fn sampled(&self, seed: u64, number: u32) -> Result<Patient, String>;

    /// The robot's draws on members 0 to `count`−1 of the population of adults.
    ///
    /// # Errors
    /// Why not, or that it was stopped.
    fn cohort(
        &self,
        seed: u64,
        count: u32,
        done: &(dyn Fn(u32) + Sync),
        stop: &std::sync::atomic::AtomicBool,
    ) -> Result<Vec<CohortRow>, String>;

    /// Largest record that is taken [bytes].
    fn record_bytes_max(&self) -> usize;
}

/// The list, to be shared.
#[derive(Clone, Default)]
pub(crate) struct Patients(Arc<Mutex<Vec<Patient>>>);

impl Patients {
    pub fn new(patients: Vec<Patient>) -> Self {
        Self(Arc::new(Mutex::new(patients)))
    }

    /// Take one in; his number in the list.
    pub fn add(&self, patient: Patient) -> Result<u32, ServerError> {
        let mut list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if list.len() >= PATIENT_COUNT_MAX {
            return Err(ServerError::inside(format!("{PATIENT_COUNT_MAX} patients are open to choice: no more are taken in")));
        }
        list.push(patient);
        Ok(list.len() as u32 - 1)
    }

    pub fn get(&self, id: u32) -> Option<Patient> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(id as usize).cloned()
    }

    /// A line for each.
    pub fn lines(&self) -> Vec<Value> {
        let list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        list.iter().enumerate().map(|(id, patient)| line(id, patient)).collect()
    }

    /// Everything that the twin of one knows, with spread and source.
    pub fn detail(&self, id: u32) -> Option<Value> {
        let patient = self.get(id)?;
        let mut detail = line(id as usize, &patient);
        let twin = &patient.rehearsal.twin;
        let parameters = twin.parameters.iter().map(|parameter| {
            let value = &parameter.value;
            let (low, middle, high) = (value.distribution.quantile(0.05), value.distribution.quantile(0.5), value.distribution.quantile(0.95));
            json!({ "name": parameter.name, "unit": value.unit, "low": low, "median": middle, "high": high, "status": value.status, "source": value.source })
        });
        detail["parameters"] = parameters.collect();
        let history = twin.history.iter().map(|entry| json!({ "event": entry.event, "text": entry.text }));
        detail["history"] = history.collect();
        Some(detail)
    }
}

fn line(id: usize, patient: &Patient) -> Value {
    let (person, spec) = (&patient.rehearsal.twin.person, &patient.rehearsal);
    json!({
        "id": id, "name": patient.name, "origin": patient.origin, "note": patient.note,
        "sex": person.sex, "age_y": person.age_y, "height_m": person.height_m, "mass_kg": person.mass_kg, "bmi_kg_m2": person.bmi_kg_m2(),
        "side": person.side, "seed": spec.seed, "number": spec.patient,
    })
}
