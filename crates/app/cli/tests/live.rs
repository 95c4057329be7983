//! A twin learns from a record, and follows one: `twin update`, `live`, `twin sample --whole`.

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Run, check the exit code, and give stdout and stderr.
#[track_caller]
fn run(folder: &Path, arguments: &[&str], code: i32) -> (String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_proband")).current_dir(folder).args(arguments).output().expect("the program starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{arguments:?}\nstdout: {out}\nstderr: {err}");
    assert!(!err.contains("panicked"), "{err}");
    (out, err)
}

/// A record of an intensive care unit among the WFDB package's samples, if the reference data are here.
fn record() -> Option<PathBuf> {
    let root = std::env::var_os("PROBAND_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/data"), PathBuf::from);
    let path = root.join("waveforms/wfdb-sample/mixedsignals.hea");
    if !path.is_file() {
        eprintln!("SKIP: no {} (set PROBAND_DATA)", path.display());
        return None;
    }
    Some(path)
}

fn chart() -> String {
    let entry = |resource: &str| format!(r#"{{"resource":{resource}}}"#);
    let quantity = |loinc: &str, date: &str, value: &str| {
        entry(&format!(
            r#"{{"resourceType":"Observation","status":"final","subject":{{"reference":"Patient/p"}},"effectiveDateTime":"{date}",
            "code":{{"coding":[{{"system":"http://loinc.org","code":"{loinc}"}}]}},"valueQuantity":{value}}}"#
        ))
    };
    let entries = [
        entry(r#"{"resourceType":"Patient","id":"p","gender":"female","birthDate":"1970-05-17"}"#),
        quantity("8302-2", "2020-01-02", r#"{"value":168,"unit":"cm"}"#),
        quantity("29463-7", "2020-01-02", r#"{"value":64,"unit":"kg"}"#),
        quantity("8480-6", "2020-01-02", r#"{"value":152,"unit":"mm[Hg]"}"#),
        quantity("8480-6", "2019-10-02", r#"{"value":148,"unit":"mm[Hg]"}"#),
        quantity("8462-4", "2020-01-02", r#"{"value":91,"unit":"mm[Hg]"}"#),
        quantity("8867-4", "2020-01-02", r#"{"value":66,"unit":"/min"}"#),
        quantity("10230-1", "2020-01-02", r#"{"value":5.5,"unit":"%"}"#),
        entry(
            r#"{"resourceType":"MedicationStatement","status":"active","subject":{"reference":"Patient/p"},"effectiveDateTime":"2019-05-01",
            "medicationCodeableConcept":{"text":"Warfarin 5 mg"}}"#,
        ),
    ];
    format!(r#"{{"resourceType":"Bundle","type":"collection","entry":[{}]}}"#, entries.join(","))
}

/// Learn from a chart, then from a record, follow it, and predict the patient who came out.
#[test]
fn a_twin_learns_and_follows() {
    let here = tempfile::tempdir().unwrap();
    let folder = here.path();
    fs::write(folder.join("chart.json"), chart()).unwrap();
    run(folder, &["twin", "new", "--fhir", "chart.json", "-o", "p.twin"], 0);
    let (out, _) = run(folder, &["twin", "update", "--twin", "p.twin", "--from", "chart.json"], 0);
    assert!(out.contains("systolic_mmhg") && out.contains("version written"), "{out}");
    assert!(out.contains("warfarin: taken now 1"), "{out}");
    // An ejection fraction of 5.5 % at the edge of life is read, and said to contradict the rest or the prior.
    assert!(out.contains("ejection_fraction"), "{out}");
    let Some(record) = record() else { return };
    let record = record.to_str().unwrap();
    let (json, _) = run(folder, &["twin", "update", "--twin", "p.twin", "--from", record, "--end", "150", "--dry-run", "--json"], 0);
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["written"], false);
    assert!(value["calibration"]["factors"].as_array().unwrap().len() == 9);
    let before = fs::read_to_string(folder.join("p.twin/history.jsonl")).unwrap().lines().count();
    let (out, _) =
        run(folder, &["live", "--twin", "p.twin", "--wfdb", record, "--speed", "max", "--plain", "-o", "live", "--end", "120"], 0);
    assert!(out.contains("MAP in 5 min") && out.contains("× real time"), "{out}");
    assert!(folder.join("live/records/live.parquet").is_file() && folder.join("live/records/alarms.parquet").is_file());
    let history = fs::read_to_string(folder.join("p.twin/history.jsonl")).unwrap();
    assert!(history.lines().count() > before && history.contains("followed"));
    run(folder, &["twin", "show", "p.twin"], 0);
    fs::write(folder.join("rest.toml"), "duration = \"30 s\"\n").unwrap();
    run(folder, &["predict", "--twin", "p.twin", "--script", "rest.toml", "-o", "out"], 0);
    assert!(!folder.join("out/pictures").exists());
}

/// Name file, channel and time of what cannot be used.
#[test]
fn bad_records_are_named() {
    let here = tempfile::tempdir().unwrap();
    let folder = here.path();
    fs::write(folder.join("chart.json"), chart()).unwrap();
    run(folder, &["twin", "new", "--fhir", "chart.json", "-o", "p.twin"], 0);
    let update = |file: &str, code: i32| run(folder, &["twin", "update", "--twin", "p.twin", "--from", file, "--rate", "100"], code);
    // The header without its signals.
    fs::write(folder.join("alone.hea"), "alone 1 125 1000\nalone_p.dat 16 100(0)/mmHg 16 0 0 0 0 ABP\n").unwrap();
    assert!(update("alone.hea", 1).1.contains("alone_p.dat"));
    assert!(update("nothing.hea", 1).1.contains("nothing.hea"));
    let table = |value: &dyn Fn(usize) -> f64| -> String {
        let rows: Vec<String> = (0..6000).map(|i| if value(i).is_nan() { String::new() } else { format!("{:.2}", value(i)) }).collect();
        format!("ABP [mmHg],x\n{}", rows.iter().map(|r| format!("{r},1\n")).collect::<String>())
    };
    let pulse = |i: usize| {
        let phase = (i as f64 * 0.01 / 0.8).fract();
        let rise = (phase / 0.2).min(1.0);
        78.0 + 45.0 * rise * rise * (3.0 - 2.0 * rise) * proband_core::ops::exp(-3.0 * (phase - 0.2).max(0.0))
    };
    fs::write(folder.join("flat.csv"), table(&|_| 90.0)).unwrap();
    let (_, err) = update("flat.csv", 1);
    assert!(err.contains("flat.csv") && err.contains("ABP"), "{err}");
    fs::write(folder.join("part.csv"), table(&|i| if (2000..3500).contains(&i) { 90.0 } else { pulse(i) })).unwrap();
    let (out, _) = update("part.csv", 0);
    assert!(out.contains("ABP from 20 to") && out.contains("flat line"), "{out}");
    let live = |file: &str| run(folder, &["live", "--wfdb", file, "--rate", "100", "--speed", "max", "--plain"], 0).0;
    let out = live("part.csv");
    assert!(out.contains("ALARM ABP: flat line") && out.contains("can be used again"), "{out}");
    fs::write(folder.join("gap.csv"), table(&|i| if (2000..4000).contains(&i) { f64::NAN } else { pulse(i) })).unwrap();
    let out = live("gap.csv");
    assert!(out.contains("ALARM ABP: lost samples"), "{out}");
    run(folder, &["live", "--wfdb", "part.csv", "--rate", "100", "--speed", "fast"], 2);
    run(folder, &["live", "--wfdb", "nothing.hea", "--speed", "max"], 1);
}

/// Draw whole patients, count those that were not kept, and refuse what makes no sense.
#[test]
fn whole_people_are_drawn() {
    let here = tempfile::tempdir().unwrap();
    let (out, _) = run(here.path(), &["twin", "sample", "--n", "16", "--whole", "--sex", "female", "--age", "20-60", "-o", "w.parquet"], 0);
    assert!(out.contains("not kept, by the first range") && here.path().join("w.parquet").is_file(), "{out}");
    run(here.path(), &["twin", "sample", "--n", "16", "--whole", "--age", "60-20"], 2);
    run(here.path(), &["twin", "sample", "--n", "16", "--sex", "male"], 2);
}
