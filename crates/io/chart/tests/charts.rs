//! Real exports: Synthea transaction bundles and the HL7 examples.

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]

mod common;

use std::collections::BTreeMap;

use common::{data, files, quantity, read};
use proband_chart::{ChartError, Day, Deceased, ReadOptions, Smoking, draw_relevant, read_bundle};
use proband_core::Warnings;

/// Read every Synthea patient; refuse the two bundles that hold no patient and say what they are.
#[test]
fn synthea_patients_are_read() {
    let Some(folder) = data("fhir/synthea_r4_bundles") else { return };
    let mut sum: BTreeMap<&str, usize> = BTreeMap::new();
    let mut add = |name, count: usize| *sum.entry(name).or_default() += count;
    for file in files(&folder, ".json") {
        let (outcome, warnings) = read(&std::fs::read(&file).unwrap());
        if file.to_string_lossy().contains("Information") {
            assert!(matches!(outcome, Err(ChartError::NoPatient { hint, .. }) if hint.contains("hospital")), "{outcome:?}");
            continue;
        }
        let record = outcome.unwrap();
        add("patients", 1);
        add("dead", usize::from(record.demographics.deceased != Deceased::No));
        add("entries", record.counts.entries as usize);
        add("observations", record.counts.read["Observation"] as usize);
        add("heights", record.measurements.iter().filter(|m| m.loinc == "8302-2").count());
        add("systolic", record.measurements.iter().filter(|m| m.loinc == "8480-6" && m.panel.as_deref() == Some("55284-4")).count());
        add("conditions", record.conditions.len());
        add("procedures", record.procedures.len());
        add("medications", record.medications.len());
        add("allergies", record.allergies.len());
        // The only remarks about these files are spelled units.
        let odd: Vec<_> = warnings.iter().filter(|w| w.place != "units").collect();
        assert!(odd.is_empty(), "{}: {odd:#?}", record.pseudonym);
        let relevant = draw_relevant(&record, Day::parse("2020-06-01").unwrap());
        assert!(relevant.height_m.is_some() && relevant.mass_kg.is_some() && relevant.systolic_pa.is_some() && relevant.age_y.is_some());
        assert!(relevant.heart_rate_hz.is_none() && relevant.absent.iter().any(|a| a.what == "heart_rate_hz"));
        let smoking = relevant.smoking.expect("every adult was asked");
        add("former smokers", usize::from(smoking.value == Smoking::Former));
        add("anticoagulated", usize::from(!relevant.anticoagulation.is_empty()));
    }
    let wanted = [
        ("patients", 10),
        ("dead", 2),
        ("observations", 1378),
        ("heights", 77),
        ("systolic", 77),
        ("conditions", 67),
        ("procedures", 178),
        ("medications", 86),
        ("allergies", 8),
    ];
    for (name, count) in wanted {
        assert_eq!(sum[name], count, "{name} of {sum:?}");
    }
    eprintln!("{sum:?}");
}

/// Keep names, street lines and identifiers of every Synthea patient out of record and warnings.
#[test]
fn synthea_names_stay_behind() {
    let Some(folder) = data("fhir/synthea_r4_bundles") else { return };
    for file in files(&folder, ".json").iter().filter(|f| !f.to_string_lossy().contains("Information")) {
        let bytes = std::fs::read(file).unwrap();
        let whole: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        let patient = whole["entry"].as_array().unwrap().iter().map(|e| &e["resource"]).find(|r| r["resourceType"] == "Patient").unwrap();
        let mut secrets: Vec<String> =
            vec![patient["id"].as_str().unwrap().into(), patient["address"][0]["line"][0].as_str().unwrap().into()];
        for name in patient["name"].as_array().unwrap() {
            secrets.extend(name["family"].as_str().map(str::to_owned));
            secrets.extend(name["given"].as_array().unwrap().iter().map(|g| g.as_str().unwrap().to_owned()));
        }
        secrets.extend(patient["identifier"].as_array().unwrap().iter().map(|i| i["value"].as_str().unwrap().to_owned()));
        let (record, warnings) = read(&bytes);
        let out = format!("{:?} {warnings:?}", record.unwrap());
        for secret in secrets {
            assert!(!out.contains(&secret), "one of the patient's own strings came out");
        }
    }
}

/// Read each HL7 example alone and beside a patient; find the heights and pressures in them.
#[test]
fn hl7_examples_are_answered() {
    let Some(folder) = data("fhir_r4_hl7/examples") else { return };
    let mut measured: Vec<(String, f64)> = Vec::new();
    for file in files(&folder, ".json") {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&file).unwrap();
        let (alone, _) = read(text.as_bytes());
        if name.starts_with("Patient-") {
            assert!(alone.is_ok(), "{name}: {alone:?}");
        } else if !name.starts_with("Bundle-") {
            assert!(matches!(alone, Err(ChartError::NoPatient { .. })), "{name}: {alone:?}");
        }
        let beside = format!(
            r#"{{"resourceType":"Bundle","type":"collection","entry":[{{"resource":{{"resourceType":"Patient","id":"example"}}}},{{"resource":{text}}}]}}"#
        );
        match read(beside.as_bytes()).0 {
            Ok(record) => measured.extend(record.measurements.iter().filter_map(|m| Some((m.loinc.clone(), m.si.as_ref()?.value)))),
            Err(ChartError::ManyPatients { .. }) => assert!(name.starts_with("Patient-")),
            Err(error) => panic!("{name}: {error}"),
        }
    }
    // Printed in the examples: 66.899999999999991 in, 107 mmHg.
    let has = |loinc: &str, value: f64| measured.iter().any(|(code, si)| code == loinc && (si - value).abs() < 1e-9);
    assert!(has("8302-2", 66.9 * 0.0254) && has("8480-6", 107.0 * 133.322_387_415), "{measured:?}");
}

/// Read 20 MB in well under a second. Prints the time; run with `--release -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement, for release builds"]
#[allow(clippy::disallowed_methods, reason = "a measurement of time")]
fn twenty_megabytes_take_less_than_a_second() {
    let text = match data("fhir/synthea_r4_bundles") {
        Some(folder) => repeated(
            &std::fs::read_to_string(files(&folder, "Olson_ccc11b20-cd0d-4197-8b25-6a01fce1372e.json")[0].clone()).unwrap(),
            20_000_000,
        ),
        None => common::bundle(&vec![quantity("8302-2", r#"{"value":170,"unit":"cm"}"#).as_str(); 60_000]),
    };
    let before = std::time::Instant::now();
    let record = read_bundle(text.as_bytes(), &ReadOptions::usual(), &Warnings::new()).unwrap();
    let elapsed = before.elapsed();
    eprintln!(
        "{:.1} MB, {} entries, {} measurements: {elapsed:?}",
        text.len() as f64 / 1e6,
        record.counts.entries,
        record.measurements.len()
    );
    assert!(text.len() >= 20_000_000 && elapsed.as_secs_f64() < 1.0, "{elapsed:?}");
}

/// A transaction bundle whose entries after the first are repeated, each time under other fullUrls.
fn repeated(text: &str, size_bytes: usize) -> String {
    let value: serde_json::Value = serde_json::from_str(text).expect("JSON");
    let entries = value["entry"].as_array().expect("entries");
    let mut out = format!(r#"{{"resourceType":"Bundle","type":"transaction","entry":[{}"#, entries[0]);
    let mut round = 0;
    while out.len() < size_bytes {
        for entry in &entries[1..] {
            let mut entry = entry.clone();
            entry["fullUrl"] = format!("{}-{round}", entry["fullUrl"].as_str().expect("fullUrl")).into();
            out.push(',');
            out.push_str(&serde_json::to_string_pretty(&entry).expect("JSON"));
        }
        round += 1;
    }
    out.push_str("]}");
    out
}
