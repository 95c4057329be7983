//! Whole tables of other programs' drug models. Skipped, and said so, where the reference data are absent.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

use std::path::PathBuf;

use proband_physiology::drug::{Dose, DrugInPatient, DrugPatient, builtin_drug, concentrations};
use serde_json::Value;

/// Relative deviation that is let pass.
const TOLERANCE: f64 = 1e-5;

/// A table: `PROBAND_DATA`, else beside the workspace.
fn table(path: &str) -> Option<Value> {
    let folder = std::env::var_os("PROBAND_DATA")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/data"), PathBuf::from);
    let path = folder.join(path);
    let text = std::fs::read_to_string(&path).ok();
    if text.is_none() {
        println!("SKIP: {} is absent; set PROBAND_DATA to the folder of reference data", path.display());
    }
    text.map(|text| serde_json::from_str(&text).unwrap())
}

fn number(value: &Value) -> f64 {
    value.as_f64().or_else(|| value.as_str().and_then(|s| s.parse().ok())).unwrap()
}

fn close(what: &str, found: f64, expected: f64, tolerance: f64, faults: &mut Vec<String>) {
    // Concentrations before the first dose are nought.
    if (found - expected).abs() > tolerance * expected.abs() && found != expected {
        faults.push(format!("{what}: {found} against {expected}"));
    }
}

/// stanpumpR's 25 parameter sets: which of our models each is.
fn stanpump_model(drug: &str, case: &Value, event: &str) -> (&'static str, f64) {
    let bmi = number(&case["weight"]) / (number(&case["height"]) / 100.0).powi(2);
    match (drug, event) {
        ("remifentanil", _) if bmi >= 30.0 => ("kim", 37.0),
        ("dexmedetomidine", "default") if number(&case["age"]) > 1.0 => ("dyck", 37.0),
        ("dexmedetomidine", "default") => ("zuppa", 37.0),
        ("dexmedetomidine", "CPBStart") => ("zuppa_bypass", 37.0),
        ("dexmedetomidine", "CPBEnd") => ("zuppa_after_bypass", 37.0),
        ("dexmedetomidine", cooled) => ("zuppa_bypass", cooled.trim_start_matches("CPB").parse().unwrap()),
        ("ketamine", _) => ("domino_rounded", 37.0),
        _ => ("", 37.0),
    }
}

/// Match every volume and clearance of stanpumpR's 25 sets.
#[test]
fn stanpumpr_sets_agree() {
    let Some(table) = table("pkpd/stanpumpr/stanpumpr_expected.json") else { return };
    let mut faults = Vec::new();
    let mut set_count = 0;
    for case in table["cases"].as_array().unwrap() {
        let name = case["drug"].as_str().unwrap();
        for (event, expected) in case["expected"]["PK"].as_object().unwrap() {
            let (model, temperature) = stanpump_model(name, case, event);
            // Oxytocin's second case has a height of 0.9 cm, which its model does not look at.
            let height_m = (number(&case["height"]) / 100.0).max(0.5);
            let mut patient = DrugPatient::healthy(number(&case["age"]), number(&case["weight"]), height_m, case["sex"] == "male");
            patient.opioid = true;
            patient.temperature_k = 273.15 + temperature;
            let drug = DrugInPatient::new(&builtin_drug(name).unwrap(), model, &patient, 1.0).unwrap();
            let c = drug.kinetics().spec().compartments;
            let third = c.k13_per_s > 0.0;
            let clearance = |k: f64| k * c.v1_m3 * 60e3;
            let mut check = |key: &str, found: f64| {
                // The tool forms Kim's V2 with the mass where the paper has the body-mass index.
                if let Some(value) = expected.get(key).filter(|_| !(model == "kim" && key == "v2")) {
                    close(&format!("{name} {event} {key}"), found, number(value), TOLERANCE, &mut faults);
                }
            };
            check("v1", c.v1_m3 * 1e3);
            check("v2", c.v2_m3() * 1e3);
            check("cl1", clearance(c.k10_per_s));
            check("cl2", clearance(c.k12_per_s));
            check("cl3", clearance(c.k13_per_s));
            if third {
                check("v3", c.v3_m3() * 1e3);
            }
            if expected.get("lambda_1").is_some() {
                let e = c.exponentials();
                for (index, lambda) in e.lambda_per_s.iter().enumerate() {
                    check(&format!("lambda_{}", index + 1), lambda * 60.0);
                    check(&format!("p_coef_bolus_l{}", index + 1), e.coefficient_per_m3[index] * 1e-3);
                    check(&format!("p_coef_infusion_l{}", index + 1), e.coefficient_per_m3[index] * 1e-3 / (lambda * 60.0));
                }
                // Found there by a minimiser that stops early.
                let ke0 = e.ke0_for_peak(60.0 * number(&case["expected"]["tPeak"])).unwrap() * 60.0;
                close("ke0 from the peak", ke0, number(&expected["ke0"]), 1e-3, &mut faults);
            }
            set_count += 1;
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    println!("{set_count} parameter sets");
    assert!(set_count >= 25);
}

/// Match the 84 courses of opentiva's models: 14 models, 6 patients, 17 times, plasma and effect site.
#[test]
fn opentiva_courses_agree() {
    let Some(table) = table("pkpd/opentiva/opentiva_reference.json") else { return };
    let models = [
        ("fentanyl.Ginsberg", "fentanyl", "ginsberg"),
        ("fentanyl.Scott", "fentanyl", "scott"),
        ("fentanyl.Shafer", "fentanyl", "shafer"),
        ("fentanyl.ShaferW80", "fentanyl", "shafer"),
        ("ketamine.Clements250", "ketamine", "clements"),
        ("ketamine.Domino", "ketamine", "domino"),
        ("ketamine.Herd", "ketamine", "herd"),
        ("ketamine.Hijazi", "ketamine", "hijazi"),
        ("ketamine.Hornik", "ketamine", "hornik"),
        ("ketamine.Klamp", "ketamine", "klamp"),
        ("dexmedetomidine.Dyck", "dexmedetomidine", "dyck_height"),
        ("dexmedetomidine.Hannivoort", "dexmedetomidine", "hannivoort"),
        ("dexmedetomidine.PerezGuille", "dexmedetomidine", "perez_guille"),
        ("dexmedetomidine.Rolle", "dexmedetomidine", "rolle"),
    ];
    let mut faults = Vec::new();
    let mut value_count = 0;
    for case in table["cases"].as_array().unwrap() {
        let label = case["model"].as_str().unwrap();
        let (_, name, model) = models.iter().find(|m| m.0 == label).unwrap();
        let patient =
            DrugPatient::healthy(number(&case["age"]), number(&case["weight"]), number(&case["height"]) / 100.0, case["sex"] == "male");
        let drug = DrugInPatient::new(&builtin_drug(name).unwrap(), model, &patient, 60.0).unwrap();
        let doses = [
            Dose::Bolus { at_s: 0.0, amount: 100e-6 },
            Dose::Infusion { from_s: 120.0, to_s: 1800.0, rate_per_s: 10e-6 / 60.0 },
            Dose::Bolus { at_s: 2700.0, amount: 50e-6 },
        ];
        let times: Vec<f64> = case["t"].as_array().unwrap().iter().map(|t| 60.0 * number(t)).collect();
        let samples = concentrations(drug.kinetics(), &doses, &times).unwrap();
        for (index, sample) in samples.iter().enumerate() {
            let what = format!("{label} {} kg, {} min", patient.mass_kg, sample.t_s / 60.0);
            close(&format!("{what} Cp"), sample.plasma_per_m3 * 1e3, number(&case["cp"][index]), TOLERANCE, &mut faults);
            close(&format!("{what} Ce"), sample.site_per_m3 * 1e3, number(&case["ce"][index]), TOLERANCE, &mut faults);
            value_count += 2;
        }
    }
    assert!(faults.is_empty(), "{} of {value_count}:\n{}", faults.len(), faults[..faults.len().min(20)].join("\n"));
    assert_eq!(value_count, 84 * 17 * 2);
}
