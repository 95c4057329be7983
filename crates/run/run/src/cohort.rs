//! Many patients, one draw each: a table with one row per patient.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use proband_core::{Column, CoreError, Table};
use proband_procedure::{Controller, Note, Phase, Venipuncture};
use proband_robot::ArmModel;
use proband_scene::{NoStopwatch, Outcome};
use proband_twin::{Population, Sex};
use rayon::prelude::*;

use crate::contain::contained;
use crate::{RehearsalSpec, RunError};

/// Everything that decides a cohort.
#[derive(Clone, Debug)]
pub struct CohortSpec {
    /// Who.
    pub population: Population,
    /// How many.
    pub count: u32,
    /// Number of the first patient.
    pub first: u32,
    /// Seed of the study.
    pub seed: u64,
    /// Robot arm.
    pub arm: ArmModel,
    /// Longest run per patient [s].
    pub duration_max_s: f64,
    /// Wavelength of the near-infrared lamps [nm], 740 to 950; `None`: the camera's own.
    pub lamp_wavelength_nm: Option<f64>,
}

/// One patient's result with what was known and what was true.
#[derive(Clone, Debug, PartialEq)]
pub struct CohortRow {
    /// Number in the study.
    pub patient: u32,
    /// Age [years].
    pub age_y: f64,
    /// Sex as recorded.
    pub sex: Sex,
    /// Body-mass index [kg/m²].
    pub bmi_kg_m2: f64,
    /// Melanosome volume fraction [1].
    pub melanin_fraction: f64,
    /// Depth and vertical diameter of the reference vein [m]: truth.
    pub depth_m: f64,
    /// Vertical diameter of the reference vein [m]: truth.
    pub diameter_v_m: f64,
    /// What came of it; the cause when the patient could not be simulated.
    pub outcome: Result<Outcome, String>,
    /// Name of the vein that was entered, or empty.
    pub vein: String,
    /// Last reason the controller gave for a hand-over, or empty.
    pub reason: String,
}

/// Makes the controller of one patient from what a controller may know.
pub type ControllerMaker<'m> = dyn Fn(&RehearsalSpec) -> Result<Box<dyn Controller>, RunError> + Sync + 'm;

/// The built-in controller with its own settings.
fn built_in(spec: &RehearsalSpec) -> Result<Box<dyn Controller>, RunError> {
    Ok(Box::new(Venipuncture::new(spec.controller()?)))
}

/// One patient: whatever goes wrong with him is said in his row.
fn one(spec: &CohortSpec, make: &ControllerMaker<'_>, patient: u32) -> CohortRow {
    let person = spec.population.person(spec.seed, patient);
    let failed = |cause: String| CohortRow {
        patient,
        age_y: person.age_y,
        sex: person.sex,
        bmi_kg_m2: person.bmi_kg_m2(),
        melanin_fraction: person.melanin_fraction.unwrap_or(f64::NAN),
        depth_m: f64::NAN,
        diameter_v_m: f64::NAN,
        outcome: Err(cause),
        vein: String::new(),
        reason: String::new(),
    };
    contained(&person.pseudonym, || drawn(spec, make, patient, failed(String::new()))).unwrap_or_else(failed)
}

/// One patient's draw; `blank`: the row so far.
fn drawn(spec: &CohortSpec, make: &ControllerMaker<'_>, patient: u32, blank: CohortRow) -> Result<CohortRow, RunError> {
    let member = spec.population.patient(spec.seed, patient)?;
    let rehearsal = RehearsalSpec {
        patient,
        duration_max_s: spec.duration_max_s,
        lamp_wavelength_nm: spec.lamp_wavelength_nm,
        ..RehearsalSpec::new(member.twin.clone(), spec.arm.clone(), spec.seed)
    };
    let mut scene = rehearsal.scene(member.truth.clone(), make(&rehearsal)?)?;
    let mut reason = String::new();
    while !scene.finished() {
        scene.step(&mut NoStopwatch);
        for note in &scene.log().notes {
            if let Note::Phase { phase: Phase::HandOver | Phase::Withdraw, reason: why, .. } = note {
                reason.clone_from(why);
            }
        }
    }
    let outcome = scene.outcome();
    let vein = outcome.vessel.and_then(|v| scene.anatomy().vessels().get(usize::from(v))).map_or("", |v| v.kind.name()).to_owned();
    let value = |name: &str| member.truth.value(name).unwrap_or(f64::NAN);
    Ok(CohortRow {
        depth_m: value("vein.reference.depth_m"),
        diameter_v_m: value("vein.reference.diameter_v_m"),
        melanin_fraction: member.truth.optics.melanin_fraction,
        outcome: match &outcome.quarantined {
            Some((tick, cause)) => Err(format!("quarantined at tick {tick}: {cause}")),
            None => Ok(outcome),
        },
        vein,
        reason,
        ..blank
    })
}

/// Run every patient on all cores of the current rayon pool. Rows come in the order of the patients, with the same bits
/// for any number of threads. A patient who cannot be simulated, or whose simulation panics, has a row that says why.
///
/// `progress`: told how many are finished. `stop`: when set, running patients end and the rest is not begun.
///
/// # Errors
/// [`RunError::Interrupted`] when stopped.
pub fn run_cohort(spec: &CohortSpec, progress: &(dyn Fn(u32) + Sync), stop: &AtomicBool) -> Result<Vec<CohortRow>, RunError> {
    run_cohort_with(spec, &built_in, progress, stop)
}

/// The same with a controller of the caller's own for each patient.
///
/// # Errors
/// [`RunError::Interrupted`] when stopped.
pub fn run_cohort_with(
    spec: &CohortSpec,
    make: &ControllerMaker<'_>,
    progress: &(dyn Fn(u32) + Sync),
    stop: &AtomicBool,
) -> Result<Vec<CohortRow>, RunError> {
    let finished = AtomicU32::new(0);
    let rows: Vec<Option<CohortRow>> = (0..spec.count)
        .into_par_iter()
        .map(|index| {
            if stop.load(Ordering::Relaxed) {
                return None;
            }
            let row = one(spec, make, spec.first + index);
            progress(finished.fetch_add(1, Ordering::Relaxed) + 1);
            Some(row)
        })
        .collect();
    let rows: Vec<CohortRow> = rows.into_iter().flatten().collect();
    let count = rows.len() as u32;
    if count < spec.count { Err(RunError::Interrupted { finished: count, count: spec.count }) } else { Ok(rows) }
}

/// The rows as a table of the record.
///
/// # Errors
/// [`CoreError::Table`] never in a program that passes its tests.
pub fn cohort_table(rows: &[CohortRow]) -> Result<Table, CoreError> {
    let mut t = Table::new("cohort");
    t.push("patient", "1", "", "study", Column::I64(rows.iter().map(|r| i64::from(r.patient)).collect()))?;
    {
        let mut person = |name: &str, unit: &str, get: &dyn Fn(&CohortRow) -> f64| {
            t.push(name, unit, "", "population", Column::F64(rows.iter().map(get).collect()))
        };
        person("age_y", "a", &|r| r.age_y)?;
        person("bmi_kg_m2", "kg/m2", &|r| r.bmi_kg_m2)?;
        person("melanin_fraction", "1", &|r| r.melanin_fraction)?;
        person("depth_m", "m", &|r| r.depth_m)?;
        person("diameter_v_m", "m", &|r| r.diameter_v_m)?;
    }
    let sexes = rows.iter().map(|r| format!("{:?}", r.sex).to_lowercase()).collect();
    t.push("sex", "", "", "population", Column::Text(sexes))?;
    let mut result = |name: &str, unit: &str, get: &dyn Fn(&Outcome) -> f64| {
        let values = rows.iter().map(|r| r.outcome.as_ref().map_or(f64::NAN, get)).collect();
        t.push(name, unit, "", "scorer", Column::F64(values))
    };
    let flag = |b: bool| f64::from(u8::from(b));
    result("first_stick_success", "1", &|o| flag(o.first_stick_success))?;
    result("blood_drawn", "1", &|o| flag(o.success))?;
    result("declined", "1", &|o| flag(o.declined))?;
    result("handed_over", "1", &|o| flag(o.handed_over))?;
    result("attempts", "1", &|o| f64::from(o.attempts))?;
    result("predicted_success", "1", &|o| o.predicted_success)?;
    result("insertion_length_m", "m", &|o| o.insertion_m)?;
    result("insertion_angle_rad", "rad", &|o| o.angle_rad)?;
    result("tip_depth_under_front_wall_m", "m", &|o| o.tip_under_front_wall_m)?;
    result("tip_error_in_plane_m", "m", &|o| o.tip_error_in_plane_m)?;
    result("tip_error_out_of_plane_m", "m", &|o| o.tip_error_out_of_plane_m)?;
    result("time_s", "s", &|o| o.time_stick_s)?;
    result("time_total_s", "s", &|o| o.time_total_s)?;
    result("time_tourniquet_on_s", "s", &|o| o.time_tourniquet_on_s)?;
    result("volume_drawn_m3", "m3", &|o| o.volume_drawn_m3)?;
    result("force_peak_n", "N", &|o| o.force_peak_n)?;
    result("haematoma_m3", "m3", &|o| o.haematoma_m3)?;
    result("haemolysis_relative", "1", &|o| o.haemolysis_relative)?;
    result("back_wall_contact", "1", &|o| flag(o.back_wall_contact))?;
    result("transfixion", "1", &|o| flag(o.transfixion))?;
    result("arterial_contact", "1", &|o| flag(o.arterial_contact))?;
    result("nerve_contact", "1", &|o| flag(o.nerve_contact))?;
    result("rolled", "1", &|o| flag(o.rolled))?;
    t.push("vein", "", "", "scorer", Column::Text(rows.iter().map(|r| r.vein.clone()).collect()))?;
    t.push("reason", "", "", "controller", Column::Text(rows.iter().map(|r| r.reason.clone()).collect()))?;
    let set_apart = rows.iter().map(|r| r.outcome.as_ref().err().cloned().unwrap_or_default()).collect();
    t.push("set_apart", "", "", "why a patient has no result", Column::Text(set_apart))?;
    Ok(t)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proband_procedure::{Command, Observation, ProcedureError};

    /// Panics with the patient's name after a few steps, or ends at once.
    struct Broken(Option<String>);

    impl Controller for Broken {
        fn step(&mut self, _: &Observation<'_>) -> Command {
            if let Some(name) = &self.0 {
                panic!("lost {name} at <b>step</b>\n{}", "x".repeat(1000));
            }
            Command::idle()
        }
        fn phase(&self) -> Phase {
            Phase::Done
        }
        fn attempt(&self) -> u32 {
            0
        }
        fn take_notes(&mut self, _: &mut Vec<Note>) {}
        fn save(&self) -> Result<Vec<u8>, ProcedureError> {
            Ok(Vec::new())
        }
        fn restore(&mut self, _: &[u8]) -> Result<(), ProcedureError> {
            Ok(())
        }
    }

    /// Set a patient apart whose controller panics or cannot be made; finish the others; name nobody.
    #[test]
    fn a_panic_ends_one_patient_only() {
        let spec = CohortSpec {
            population: Population::adult(),
            count: 6,
            first: 0,
            seed: 3,
            arm: proband_robot::builtin_arm().unwrap(),
            duration_max_s: 1.0,
            lamp_wavelength_nm: None,
        };
        let make = |rehearsal: &RehearsalSpec| -> Result<Box<dyn Controller>, RunError> {
            match rehearsal.patient {
                1 => Ok(Box::new(Broken(Some(rehearsal.twin.person.pseudonym.clone())))),
                3 => Err(RunError::Interrupted { finished: 0, count: 0 }),
                _ => Ok(Box::new(Broken(None))),
            }
        };
        let rows = run_cohort_with(&spec, &make, &|_| {}, &AtomicBool::new(false)).unwrap();
        let set_apart: Vec<u32> = rows.iter().filter(|row| row.outcome.is_err()).map(|row| row.patient).collect();
        assert_eq!((rows.len(), set_apart), (6, vec![1, 3]), "enrolled = finished + set apart");
        let cause = rows[1].outcome.as_ref().unwrap_err();
        assert!(cause.starts_with("panicked: lost [patient] at") && !cause.contains("adult-00001"), "{cause}");
        assert!(cause.len() < 300 && !cause.contains('\n'), "{cause}");
    }
}
