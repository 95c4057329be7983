//! Claims about drugs: `proband_physiology::drug`.

use proband_core::ops;
use proband_physiology::drug::{
    DRUG_NAMES, Dose, Drug, DrugInPatient, DrugPatient, EffectTarget, KineticsInput, KineticsModel, Reading, bispectral_index_bouillon,
    builtin_drug, concentrations, laryngoscopy_tolerance_bouillon, propofol_pressure_fall_mmhg,
};

use crate::{Claim, Obtained};

macro_rules! claim {
    ($id:literal, $compute:ident) => {
        Claim { id: $id, case: include_str!(concat!("../../../../../verify/", $id, "/case.toml")), compute: $compute }
    };
}

/// Claims of this module.
pub(crate) const CLAIMS: &[Claim] = &[
    claim!("drug-propofol-parameters", propofol_parameters),
    claim!("drug-propofol-courses", propofol_courses),
    claim!("drug-schemes", schemes),
    claim!("drug-interaction", interaction),
    claim!("drug-noradrenaline", noradrenaline),
    claim!("drug-exactness", exactness),
];

type Rows = Result<Vec<Obtained>, String>;

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn drug(name: &str) -> Result<Drug, String> {
    builtin_drug(name).map_err(text)
}

fn person(age_y: f64, mass_kg: f64, height_cm: f64, male: bool, opioid: bool) -> DrugPatient {
    DrugPatient { opioid, ..DrugPatient::healthy(age_y, mass_kg, 0.01 * height_cm, male) }
}

fn made(name: &str, model: &str, patient: &DrugPatient) -> Result<DrugInPatient, String> {
    DrugInPatient::new(&drug(name)?, model, patient, 1.0).map_err(text)
}

/// A parameter in L, L/min or 1/min.
fn parameter(drug: &DrugInPatient, name: &str) -> f64 {
    let spec = drug.kinetics().spec();
    let c = &spec.compartments;
    match name {
        "v1" => c.v1_m3 * 1e3,
        "v2" => c.v2_m3() * 1e3,
        "v3" => c.v3_m3() * 1e3,
        "cl" => c.clearance_m3_s() * 60e3,
        "q2" => c.k12_per_s * c.v1_m3 * 60e3,
        "q3" => c.k13_per_s * c.v1_m3 * 60e3,
        "ke0" => spec.ke0_per_s[0] * 60.0,
        _ => index_curve(drug).map_or(f64::NAN, |curve| curve.c50_per_m3 * 1e3),
    }
}

fn index_curve(drug: &DrugInPatient) -> Option<&proband_physiology::drug::EffectCurve> {
    drug.curves().iter().find(|curve| curve.on == EffectTarget::Reading(Reading::BispectralIndex))
}

fn propofol_parameters() -> Rows {
    let mut rows = Vec::new();
    let people: [(&str, DrugPatient, &[&str]); 6] = [
        ("man 50 y 70 kg 171 cm, opioid", person(50.0, 70.0, 171.0, true, true), &["v1", "v2", "v3", "cl", "q2", "q3"]),
        ("woman 50 y 55 kg 160 cm, opioid", person(50.0, 55.0, 160.0, false, true), &["v1", "v2", "v3", "cl", "q2", "q3"]),
        ("man 35 y 70 kg 170 cm", person(35.0, 70.0, 170.0, true, false), &["v1", "v2", "v3", "cl", "q2", "q3"]),
        ("man 35 y 70 kg 170 cm, opioid", person(35.0, 70.0, 170.0, true, true), &["v3", "cl", "q3"]),
        ("boy 8 y 26 kg 128 cm, opioid", person(8.0, 26.0, 128.0, true, true), &["v1", "v2", "v3", "cl", "q2", "q3", "ke0", "ce50"]),
        ("woman 80 y 60 kg 160 cm, opioid", person(80.0, 60.0, 160.0, false, true), &["v1", "v2", "v3", "cl", "q2", "q3", "ke0", "ce50"]),
    ];
    for (who, patient, names) in people {
        let propofol = made("propofol", "eleveld", &patient)?;
        rows.extend(names.iter().map(|name| Obtained::new(format!("{who}: {name}"), parameter(&propofol, name))));
    }
    Ok(rows)
}

/// Concentrations in the file's amount per litre, at minutes.
fn course(drug: &DrugInPatient, doses: &[Dose], minutes: &[f64]) -> Result<Vec<(f64, f64)>, String> {
    let times: Vec<f64> = minutes.iter().map(|m| 60.0 * m).collect();
    let unit = drug.amount_unit() * 1e3;
    let samples = concentrations(drug.kinetics(), doses, &times).map_err(text)?;
    Ok(samples.iter().map(|s| (s.plasma_per_m3 / unit, s.site_per_m3 / unit)).collect())
}

fn bolus(drug: &DrugInPatient, amount: f64) -> Dose {
    Dose::Bolus { at_s: 0.0, amount: amount * drug.amount_unit() }
}

fn infusion(drug: &DrugInPatient, per_min: f64) -> Dose {
    Dose::Infusion { from_s: 0.0, to_s: 1e6, rate_per_s: per_min / 60.0 * drug.amount_unit() }
}

fn sites(rows: &mut Vec<Obtained>, label: &str, drug: &DrugInPatient, doses: &[Dose], minutes: &[f64]) -> Result<(), String> {
    for (minute, (_, site)) in minutes.iter().zip(course(drug, doses, minutes)?) {
        rows.push(Obtained::new(format!("{label}: Ce at {minute} min"), site));
    }
    Ok(())
}

fn propofol_courses() -> Rows {
    let mut rows = Vec::new();
    let reference = made("propofol", "eleveld", &person(35.0, 70.0, 170.0, true, false))?;
    let index = |drug: &DrugInPatient, ce: f64| index_curve(drug).map_or(f64::NAN, |curve| curve.value(ce * drug.amount_unit() * 1e3));
    let minutes = [1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 30.0, 60.0];
    let dose = [bolus(&reference, 140.0)];
    for (minute, (_, site)) in minutes.iter().zip(course(&reference, &dose, &minutes)?) {
        rows.push(Obtained::new(format!("140 mg: Ce at {minute} min"), site));
        rows.push(Obtained::new(format!("140 mg: BIS at {minute} min"), index(&reference, site)));
    }
    rows.push(Obtained::new("140 mg: Cp at 0 min", 140.0 / parameter(&reference, "v1")));
    let (minute, height) = peak(&reference, 140.0);
    rows.push(Obtained::new("140 mg: peak of Ce", height));
    rows.push(Obtained::new("140 mg: time of the peak", minute));
    let minutes = [10.0, 30.0, 60.0, 120.0, 180.0];
    for (minute, (plasma, site)) in minutes.iter().zip(course(&reference, &[infusion(&reference, 700.0 / 60.0)], &minutes)?) {
        rows.push(Obtained::new(format!("10 mg/kg/h: Cp at {minute} min"), plasma));
        rows.push(Obtained::new(format!("10 mg/kg/h: Ce at {minute} min"), site));
    }
    let with_opioid = made("propofol", "eleveld", &person(35.0, 70.0, 170.0, true, true))?;
    let minutes = [1.0, 5.0, 30.0, 60.0];
    let doses = [bolus(&with_opioid, 140.0), infusion(&with_opioid, 7.0)];
    for (minute, (plasma, site)) in minutes.iter().zip(course(&with_opioid, &doses, &minutes)?) {
        let name = |what: &str| format!("140 mg and 420 mg/h with opioid: {what} at {minute} min");
        rows.push(Obtained::new(name("Cp"), plasma));
        rows.push(Obtained::new(name("Ce"), site));
        rows.push(Obtained::new(name("BIS"), index(&with_opioid, site)));
    }
    let minutes = [1.0, 2.0, 5.0, 10.0, 30.0];
    let boy = made("propofol", "eleveld", &person(8.0, 26.0, 128.0, true, true))?;
    sites(&mut rows, "boy 8 y, 78 mg", &boy, &[bolus(&boy, 78.0)], &minutes)?;
    let woman = made("propofol", "eleveld", &person(80.0, 60.0, 160.0, false, true))?;
    sites(&mut rows, "woman 80 y, 60 mg", &woman, &[bolus(&woman, 60.0)], &minutes)?;
    Ok(rows)
}

/// Time [min] and height of the peak at the effect site after a bolus, by golden section on the closed form.
fn peak(drug: &DrugInPatient, amount: f64) -> (f64, f64) {
    let spec = drug.kinetics().spec();
    let e = spec.compartments.exponentials();
    let site = |minute: f64| 1e-3 * amount * e.effect_site_per_m3(spec.ke0_per_s[0], 60.0 * minute);
    let (mut low, mut high) = (0.01, 20.0);
    let golden = 0.618_033_988_749_895;
    for _ in 0..200 {
        let (a, b) = (high - golden * (high - low), low + golden * (high - low));
        if site(a) > site(b) { high = b } else { low = a }
    }
    (0.5 * (low + high), site(0.5 * (low + high)))
}

fn schemes() -> Rows {
    let mut rows = Vec::new();
    let man = person(40.0, 70.0, 170.0, true, false);
    let marsh = made("propofol", "marsh", &man)?;
    sites(&mut rows, "Marsh, 70 kg, 140 mg", &marsh, &[bolus(&marsh, 140.0)], &[1.0, 3.0, 5.0, 10.0])?;
    let seconds: Vec<f64> = (1..600).map(|s| f64::from(s) / 60.0).collect();
    let grid = course(&marsh, &[bolus(&marsh, 140.0)], &seconds)?;
    let highest = (0..grid.len()).max_by(|i, j| grid[*i].1.total_cmp(&grid[*j].1)).ok_or("no grid")?;
    rows.push(Obtained::new("Marsh, 70 kg, 140 mg: peak on a grid of 1 s", seconds[highest]));
    let mut scheme =
        |name: &str, model: &str, who: &str, patient: &DrugPatient, names: &[&str], dose: f64, unit: &str, minutes: &[f64], top: bool| {
            let drug = made(name, model, patient)?;
            let (label, who_long) = who.split_once('|').unwrap_or((who, ""));
            for parameter_name in names {
                rows.push(Obtained::new(format!("{label}{who_long}: {parameter_name}"), parameter(&drug, parameter_name)));
            }
            let course = format!("{label}, {dose} {unit}");
            sites(&mut rows, &course, &drug, &[bolus(&drug, dose)], minutes)?;
            if top {
                let (minute, height) = peak(&drug, dose);
                rows.push(Obtained::new(format!("{course}: time of the peak"), minute));
                rows.push(Obtained::new(format!("{course}: peak of Ce"), height));
            }
            Ok::<DrugInPatient, String>(drug)
        };
    let five = [1.0, 2.0, 3.0, 5.0, 10.0];
    let four = [1.0, 2.0, 5.0, 10.0];
    let long = "| 70 kg 170 cm";
    scheme("propofol", "schnider", &format!("Schnider, man 40 y{long}"), &man, &["cl", "v2", "q2"], 140.0, "mg", &five, true)?;
    let minto = scheme("remifentanil", "minto", &format!("Minto, man 40 y{long}"), &man, &["v1", "v2", "cl"], 70.0, "ug", &five, true)?;
    let all = ["v1", "v2", "v3", "cl", "q2", "q3"];
    let young = person(35.0, 70.0, 170.0, true, false);
    scheme("remifentanil", "eleveld", &format!("Eleveld remifentanil, man 35 y{long}"), &young, &all, 70.0, "ug", &four, true)?;
    let woman = person(60.0, 80.0, 165.0, false, false);
    scheme("remifentanil", "eleveld", "Eleveld remifentanil, woman 60 y| 80 kg 165 cm", &woman, &["cl"], 70.0, "ug", &four, false)?;
    sites(&mut rows, "Minto, man 40 y, 0.1 ug/kg/min", &minto, &[infusion(&minto, 7.0)], &[10.0, 20.0, 30.0, 60.0])?;
    Ok(rows)
}

fn interaction() -> Rows {
    let mut rows = Vec::new();
    for (p, r) in [(0.0, 0.0), (3.0, 0.0), (3.0, 4.0), (2.0, 2.0), (5.0, 8.0)] {
        rows.push(Obtained::new(format!("index at {p} ug/mL and {r} ng/mL"), bispectral_index_bouillon(p, r)));
    }
    for (p, r) in [(3.0, 0.0), (3.0, 4.0), (2.0, 2.0), (4.47, 0.0), (5.0, 8.0)] {
        rows.push(Obtained::new(format!("laryngoscopy tolerated at {p} ug/mL and {r} ng/mL"), laryngoscopy_tolerance_bouillon(p, r)));
    }
    rows.push(Obtained::new("largest fall of the mean pressure", propofol_pressure_fall_mmhg(1e3, 1e3)));
    Ok(rows)
}

fn noradrenaline() -> Rows {
    let drug = made("noradrenaline", "volunteer", &person(30.0, 70.0, 175.0, true, false))?;
    let curve = |reading| drug.curves().iter().find(|c| c.on == EffectTarget::Reading(reading)).copied().ok_or("no curve of the pressure");
    let (systolic, diastolic) = (curve(Reading::SystolicPressureMmhg)?, curve(Reading::DiastolicPressureMmhg)?);
    let mut rows = Vec::new();
    for dose in [0.01, 0.06, 0.10, 0.14, 0.20] {
        let plasma = course(&drug, &[infusion(&drug, 70.0 * dose)], &[60.0])?[0].0;
        let here = plasma * drug.amount_unit() * 1e3;
        let set = |is: bool, what: &str| if is { format!(" ({what} set at this dose)") } else { String::new() };
        let ends = dose == 0.01 || dose == 0.20;
        rows.push(Obtained::new(format!("{dose:.2} ug/kg/min: plasma{}", set(dose == 0.10, "clearance")), plasma));
        rows.push(Obtained::new(format!("{dose:.2} ug/kg/min: systolic{}", set(ends, "curve")), systolic.value(here)));
        rows.push(Obtained::new(format!("{dose:.2} ug/kg/min: diastolic{}", set(ends, "curve")), diastolic.value(here)));
    }
    Ok(rows)
}

fn exactness() -> Rows {
    let man = person(35.0, 70.0, 170.0, true, false);
    let propofol = made("propofol", "eleveld", &man)?;
    let kinetics = propofol.kinetics();
    let rate = 2e-8;
    let (plasma, site) = runge_kutta(kinetics, 140e-6, rate, 600.0, 0.05);
    let doses = [Dose::Bolus { at_s: 0.0, amount: 140e-6 }, Dose::Infusion { from_s: 0.0, to_s: 1e5, rate_per_s: rate }];
    let exact = &concentrations(kinetics, &doses, &[600.0]).map_err(text)?[0];
    let mut fine = kinetics.state();
    kinetics.bolus(&mut fine, 140e-6);
    let mut coarse = fine.clone();
    let input = KineticsInput { infusion_per_s: rate };
    (0..86_400).for_each(|_| kinetics.step(&mut fine, &input, 1.0));
    kinetics.step(&mut coarse, &input, 86_400.0);
    let (mut mass, mut closed) = (0.0_f64, 0.0_f64);
    for name in DRUG_NAMES {
        let drug = drug(name)?;
        for model in &drug.models {
            // Models of children refuse a man of 70 kg, which is right.
            let Ok(made) = DrugInPatient::new(&drug, &model.name, &man, 60.0) else { continue };
            let kinetics = made.kinetics();
            let mut state = kinetics.state();
            kinetics.bolus(&mut state, 1e-6);
            kinetics.dose_absorbed(&mut state, 1e-6);
            (0..1440).for_each(|_| kinetics.step(&mut state, &KineticsInput { infusion_per_s: 1e-10 }, 60.0));
            let pending: f64 = state.pending.iter().map(|p| p.1).sum();
            let there = state.amount.iter().sum::<f64>() + state.depot + state.eliminated + pending;
            mass = mass.max((there / state.given - 1.0).abs());
            let e = kinetics.spec().compartments.exponentials();
            let sum: f64 = (0..3).map(|i| e.coefficient_per_m3[i] * ops::exp(-3600.0 * e.lambda_per_s[i])).sum();
            let mut state = kinetics.state();
            kinetics.bolus(&mut state, 1.0);
            kinetics.step(&mut state, &KineticsInput::default(), 3600.0);
            closed = closed.max((kinetics.plasma_per_m3(&state) / sum - 1.0).abs());
        }
    }
    Ok(vec![
        Obtained::new(
            "propofol, 600 s of bolus and infusion: plasma against Runge-Kutta steps of 0.05 s",
            exact.plasma_per_m3 / plasma - 1.0,
        ),
        Obtained::new("propofol: effect site against Runge-Kutta", exact.site_per_m3 / site - 1.0),
        Obtained::new("one day in one step against steps of 1 s", fine.amount[0] / coarse.amount[0] - 1.0),
        Obtained::new("mass of all drugs over a day, worst", mass),
        Obtained::new("matrix exponential against the sum of exponentials, all models of all drugs, worst", closed),
    ])
}

/// Plasma and effect site after `end_s` of a bolus and an infusion, by the classical method in steps of `h`.
fn runge_kutta(model: &KineticsModel, bolus: f64, rate: f64, end_s: f64, h: f64) -> (f64, f64) {
    let c = model.spec().compartments;
    let ke0 = model.spec().ke0_per_s[0];
    let slope = |x: &[f64; 4]| {
        [
            rate - (c.k10_per_s + c.k12_per_s + c.k13_per_s) * x[0] + c.k21_per_s * x[1] + c.k31_per_s * x[2],
            c.k12_per_s * x[0] - c.k21_per_s * x[1],
            c.k13_per_s * x[0] - c.k31_per_s * x[2],
            ke0 * (x[0] / c.v1_m3 - x[3]),
        ]
    };
    let along = |x: &[f64; 4], k: &[f64; 4], f: f64| std::array::from_fn(|i| x[i] + f * k[i]);
    let mut x = [bolus, 0.0, 0.0, 0.0];
    for _ in 0..(end_s / h).round() as u32 {
        let k1 = slope(&x);
        let k2 = slope(&along(&x, &k1, 0.5 * h));
        let k3 = slope(&along(&x, &k2, 0.5 * h));
        let k4 = slope(&along(&x, &k3, h));
        for i in 0..4 {
            x[i] += h / 6.0 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]);
        }
    }
    (x[0] / c.v1_m3, x[3])
}
