//! Drugs in many patients, and a day of glucose.

use proband_core::Stream;
use proband_physiology::drug::{DrugInPatient, DrugPatient, KineticsInput, builtin_drug};
use proband_physiology::glucose::{MealInput, MealModel, MealSpec};

use super::{Case, Outcome, Row, timed};
use crate::failure::Failure;
use crate::interrupt::Interrupt;

pub(super) const CASE: Case = Case { name: "pharmacokinetics", what: "drugs in 10 000 patients, and a day of glucose", run };

const PATIENTS: u32 = 10_000;
/// A day of simglucose 0.2 in Python with its solver [s]; measured on a loaded server core.
const SIMGLUCOSE_S: f64 = 4.49;
/// One hour of python-anesthesia-simulator at 1 s [s]; the same core.
const PAS_HOUR_S: f64 = 4.54;

/// A cohort of adults by number.
fn patient(index: u32) -> DrugPatient {
    let mut stream = Stream::new(1, index, "bench.drug");
    let male = stream.bernoulli(0.5);
    let height_m = if male { 1.76 } else { 1.63 } + 0.07 * stream.normal().clamp(-2.5, 2.5);
    let mass_kg = height_m * height_m * stream.uniform_in(20.0, 33.0);
    DrugPatient::healthy(stream.uniform_in(20.0, 85.0), mass_kg, height_m, male)
}

fn run(_: &Interrupt) -> Result<Outcome, Failure> {
    Ok(Outcome {
        rows: vec![cohort()?, hour()?, glucose()?],
        note: "One core. Peers' times were measured on another, loaded machine; on yours they may differ by a factor of two.".into(),
    })
}

/// 24 h of propofol by bolus and infusion in every patient, concentrations every minute.
fn cohort() -> Result<Row, Failure> {
    let drug = builtin_drug("propofol").map_err(Failure::of)?;
    let (found, times) = timed(|| {
        let (mut sum, mut worst) = (0.0, 0.0_f64);
        for index in 0..PATIENTS {
            let who = patient(index);
            let propofol = DrugInPatient::new(&drug, "eleveld", &who, 60.0)?;
            let kinetics = propofol.kinetics();
            let mut state = kinetics.state();
            kinetics.bolus(&mut state, 1e-6 * who.mass_kg);
            for minute in 0..1440 {
                let infusion_per_s = if minute < 240 { 4e-6 * who.mass_kg / 3600.0 } else { 0.0 };
                kinetics.step(&mut state, &KineticsInput { infusion_per_s }, 60.0);
                sum += state.site_per_m3[0];
            }
            let there = state.amount.iter().sum::<f64>() + state.eliminated;
            worst = worst.max((there / state.given - 1.0).abs());
        }
        Ok((sum, worst))
    });
    let (sum, worst) = found.map_err(|error: proband_physiology::PhysiologyError| Failure::of(error))?;
    let mean = sum / f64::from(PATIENTS) / 1440.0 * 1e3;
    Ok(Row {
        what: "10 000 patients x 24 h of propofol, covariates to curves, every minute".into(),
        value: times.cpu_s,
        unit: "CPU-s",
        against: Some(("the goal of 1 s".into(), 1.0 / times.cpu_s)),
        error: format!("mass off by {worst:.1e}; mean at the effect site {mean:.4} µg/mL"),
    })
}

/// One hour at one second, for one patient.
fn hour() -> Result<Row, Failure> {
    const HOURS: u32 = 200;
    let drug = builtin_drug("propofol").map_err(Failure::of)?;
    let propofol = DrugInPatient::new(&drug, "eleveld", &patient(0), 1.0).map_err(Failure::of)?;
    let kinetics = propofol.kinetics();
    let (end, times) = timed(|| {
        let mut end = kinetics.state();
        for _ in 0..HOURS {
            let mut state = kinetics.state();
            kinetics.bolus(&mut state, 1.4e-4);
            (0..3600).for_each(|_| kinetics.step(&mut state, &KineticsInput { infusion_per_s: 1e-7 }, 1.0));
            end = state;
        }
        end
    });
    let mut once = kinetics.state();
    kinetics.bolus(&mut once, 1.4e-4);
    kinetics.step(&mut once, &KineticsInput { infusion_per_s: 1e-7 }, 3600.0);
    let each = times.cpu_s / f64::from(HOURS);
    Ok(Row {
        what: "one hour of propofol at 1 s".into(),
        value: 1e6 * each,
        unit: "CPU-µs",
        against: Some(("python-anesthesia-simulator 1.0".into(), PAS_HOUR_S / each)),
        error: format!("{:.1e} against one exact step", (end.amount[0] / once.amount[0] - 1.0).abs()),
    })
}

/// A day with three meals.
fn glucose() -> Result<Row, Failure> {
    const DAYS: u32 = 40;
    let model = MealModel::new(MealSpec::middling_adult()).map_err(Failure::of)?;
    let day = || {
        let mut state = model.state();
        for minute in 0..1440_u32 {
            let eating = [420, 720, 1110].iter().any(|start| (*start..start + 12).contains(&minute));
            let insulin = if [420, 720, 1110].contains(&minute) { 5.0 } else { 0.0 };
            let input = MealInput { carbohydrate_g_min: if eating { 5.0 } else { 0.0 }, insulin_u_min: model.basal_u_min() + insulin };
            model.step(&mut state, &input, 60.0);
        }
        model.output(&state).glucose_plasma_mg_dl
    };
    let (end, times) = timed(|| (0..DAYS).map(|_| day()).fold(0.0, |_, g| g));
    let each = times.cpu_s / f64::from(DAYS);
    Ok(Row {
        what: "a day of glucose and insulin, 3 meals".into(),
        value: 1e3 * each,
        unit: "CPU-ms",
        against: Some(("simglucose 0.2".into(), SIMGLUCOSE_S / each)),
        error: format!("held to 1e-3 mg/dL by the claim glucose-meal; ends at {end:.2} mg/dL"),
    })
}
