//! The program as a person meets it: help, exit codes, bad input, output folders.

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::path::Path;
use std::process::{Command, Output};

fn proband(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_proband")).current_dir(folder).args(arguments).output().expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Run, check the exit code, and give stdout and stderr.
#[track_caller]
fn run(folder: &Path, arguments: &[&str], code: i32) -> (String, String) {
    let output = proband(folder, arguments);
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{arguments:?}\nstdout: {out}\nstderr: {err}");
    assert!(!err.contains("panicked"), "{err}");
    (out, err)
}

fn chart(height: &str) -> String {
    format!(
        r#"{{"resourceType":"Bundle","type":"collection","entry":[
        {{"resource":{{"resourceType":"Patient","id":"p","gender":"female","birthDate":"1970-05-17","name":[{{"family":"Zyxwvut","given":["Qwertzu"]}}]}}}},
        {{"resource":{{"resourceType":"Observation","status":"final","subject":{{"reference":"Patient/p"}},"effectiveDateTime":"2020-01-02",
          "code":{{"coding":[{{"system":"http://loinc.org","code":"8302-2"}}]}},"valueQuantity":{height}}}}},
        {{"resource":{{"resourceType":"Observation","status":"final","subject":{{"reference":"Patient/p"}},"effectiveDateTime":"2020-01-02",
          "code":{{"coding":[{{"system":"http://loinc.org","code":"29463-7"}}]}},"valueQuantity":{{"value":64,"unit":"kg"}}}}}},
        {{"resource":{{"resourceType":"Condition","subject":{{"reference":"Patient/p"}},"onsetDateTime":"2015-01-01",
          "code":{{"text":"Lymphedema of right arm after mastectomy, Mrs Zyxwvut"}}}}}}]}}"#
    )
}

/// Show help with examples for every command, on stdout, with exit code 0.
#[test]
fn help_has_examples() {
    let here = tempfile::tempdir().unwrap();
    let commands: [&[&str]; 9] = [
        &[],
        &["rehearse", "venipuncture"],
        &["twin", "new"],
        &["twin", "sample"],
        &["twin", "show"],
        &["report"],
        &["scan"],
        &["verify"],
        &["bench"],
    ];
    for command in commands {
        let arguments: Vec<&str> = command.iter().copied().chain(["--help"]).collect();
        let (out, err) = run(here.path(), &arguments, 0);
        assert!(out.contains("Examples:") && out.contains("proband"), "{command:?}: {out}");
        assert!(err.is_empty());
    }
    assert!(run(here.path(), &["--version"], 0).0.starts_with("proband "));
}

/// Refuse wrong usage with exit code 2.
#[test]
fn wrong_usage_ends_with_two() {
    let here = tempfile::tempdir().unwrap();
    run(here.path(), &[], 2);
    run(here.path(), &["operate"], 2);
    run(here.path(), &["twin", "sample"], 2);
    run(here.path(), &["twin", "sample", "--n", "0"], 2);
    run(here.path(), &["twin", "sample", "--n", "3", "--population", "martians"], 2);
    run(here.path(), &["rehearse", "venipuncture", "--robot", "my.urdf"], 2);
    run(here.path(), &["rehearse", "venipuncture", "--twin", "p.twin", "--n", "5"], 2);
    run(here.path(), &["bench", "chess"], 2);
    assert!(std::fs::read_dir(here.path()).unwrap().next().is_none(), "nothing is written");
}

/// Point at the wrong value of a scenario and of an argument, with exit code 1.
#[test]
fn wrong_values_are_pointed_at() {
    let here = tempfile::tempdir().unwrap();
    std::fs::write(here.path().join("s.toml"), "procedure = \"venipuncture\"\nseed = 7\ntourniquet = \"60 mmmHgg\"\n").unwrap();
    let (_, err) = run(here.path(), &["rehearse", "venipuncture", "--scenario", "s.toml"], 1);
    assert!(err.contains("s.toml") && err.contains("tourniquet = \"60 mmmHgg\"") && err.contains("for example 60 mmHg"), "{err}");
    std::fs::write(here.path().join("s.toml"), "procedure = \"venipuncture\"\ntourniqet = \"60 mmHg\"\n").unwrap();
    let (_, err) = run(here.path(), &["rehearse", "venipuncture", "--scenario", "s.toml"], 1);
    assert!(err.contains("unknown field `tourniqet`"), "{err}");
    let (_, err) = run(here.path(), &["rehearse", "venipuncture", "--volume", "4 kg"], 1);
    assert!(err.contains("--volume") && err.contains("a mass"), "{err}");
    let (_, err) = run(here.path(), &["rehearse", "venipuncture", "--motion", "startle@lunch"], 1);
    assert!(err.contains("lunch"), "{err}");
    let (_, err) = run(here.path(), &["rehearse", "venipuncture", "--scenario", "none.toml"], 1);
    assert!(err.contains("none.toml"), "{err}");
    let (_, err) = run(here.path(), &["scan", "--image", "a.png", "--pixel-size", "0.2 s"], 1);
    assert!(err.contains("a time"), "{err}");
    let picture = [0_u8; 4];
    std::fs::write(here.path().join("a.png"), picture).unwrap();
    let (_, err) = run(here.path(), &["scan", "--image", "a.png", "--pixel-size", "0.2 mm", "-o", "scan"], 1);
    assert!(err.contains("a.png") && !here.path().join("scan").exists(), "{err}");
    std::fs::write(here.path().join("p.toml"), "name = \"x\"\nfemale_fraktion = 0.5\n").unwrap();
    let (_, err) = run(here.path(), &["twin", "sample", "--n", "3", "--population", "p.toml"], 1);
    assert!(err.contains("female_fraktion"), "{err}");
}

/// Refuse charts that are none, and name the place without the patient's name.
#[test]
fn bad_charts_are_refused() {
    let here = tempfile::tempdir().unwrap();
    let path = here.path().join("c.json");
    let good = chart(r#"{"value":170,"unit":"cm"}"#);
    let cases: [(&str, &str); 5] = [
        ("", "empty"),
        (&good[..good.len() / 2], "line"),
        ("[1,2", "ends in the middle"),
        (r#"{"resourceType":"Bundle","type":"collection","entry":[]}"#, "no Patient"),
        (r#"{"resourceType":"Patient","id":"p"}"#, "--on-date"),
    ];
    for (content, piece) in cases {
        std::fs::write(&path, content).unwrap();
        let (_, err) = run(here.path(), &["twin", "new", "--fhir", "c.json", "-o", "p.twin"], 1);
        assert!(err.contains("c.json") && err.contains(piece), "{piece}: {err}");
        assert!(!err.contains("Zyxwvut"));
    }
    run(here.path(), &["twin", "new", "--fhir", "nothing.json"], 1);
    std::fs::write(&path, good).unwrap();
    let (_, err) = run(here.path(), &["twin", "new", "--fhir", "c.json", "--on-date", "2020-02-30"], 1);
    assert!(err.contains("--on-date"), "{err}");
    let (_, err) = run(here.path(), &["twin", "new", "--fhir", "c.json", "--arm", "right"], 1);
    assert!(err.contains("bars the right arm"), "{err}");
    let left: Vec<_> = std::fs::read_dir(here.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["c.json"], "nothing half-written");
}

/// Make a twin of a chart, show it, refuse to overwrite it, and keep the name out of every byte.
#[test]
fn a_twin_is_made_of_a_chart() {
    let here = tempfile::tempdir().unwrap();
    std::fs::write(here.path().join("c.json"), chart(r#"{"value":17,"unit":"m"}"#)).unwrap();
    let (out, _) = run(here.path(), &["twin", "new", "--fhir", "c.json", "-o", "p.twin"], 0);
    assert!(out.contains("height of 17 m is impossible") && out.contains("no height"), "{out}");
    assert!(out.contains("left arm"), "{out}");
    let (_, err) = run(here.path(), &["twin", "new", "--fhir", "c.json", "-o", "p.twin"], 1);
    assert!(err.contains("exists"), "{err}");
    run(here.path(), &["twin", "new", "--fhir", "c.json", "-o", "p.twin", "--overwrite", "--height", "170 cm"], 0);
    let (out, _) = run(here.path(), &["twin", "show", "p.twin"], 0);
    assert!(out.contains("height") && out.contains("1.700") && out.contains("right"), "{out}");
    let (json, _) = run(here.path(), &["twin", "show", "p.twin", "--json"], 0);
    let twin: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(twin["person"]["mass_kg"], 64.0);
    run(here.path(), &["twin", "show", "c.json"], 1);
    run(here.path(), &["twin", "show", "nowhere.twin"], 1);
    for entry in walk(&here.path().join("p.twin")) {
        let bytes = std::fs::read(&entry).unwrap();
        for name in ["Zyxwvut", "Qwertzu", "1970-05-17"] {
            assert!(!text(&bytes).contains(name), "{name} in {}", entry.display());
        }
    }
}

fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("folder") {
        let path = entry.expect("entry").path();
        if path.is_dir() { files.extend(walk(&path)) } else { files.push(path) }
    }
    files
}

/// Sample the same people for the same seed, as a table, as JSON and as a file.
#[test]
fn people_are_sampled() {
    let here = tempfile::tempdir().unwrap();
    let (out, _) = run(here.path(), &["twin", "sample", "--n", "20", "--seed", "3", "-o", "people.parquet"], 0);
    assert!(out.contains("bmi_kg_m2") && out.contains("20 patients"), "{out}");
    let table = proband_record::read_table(&here.path().join("people.parquet")).unwrap();
    assert_eq!(table.row_count(), 20);
    let (_, err) = run(here.path(), &["twin", "sample", "--n", "20", "-o", "people.parquet"], 1);
    assert!(err.contains("exists"), "{err}");
    let json = |n: &str| run(here.path(), &["twin", "sample", "--n", n, "--seed", "3", "--json"], 0).0;
    assert_eq!(json("20"), json("20"));
    let value: serde_json::Value = serde_json::from_str(&json("20")).unwrap();
    assert_eq!(value["n"], 20);
}

/// Refuse output folders that exist or cannot be written, before any work is done.
#[test]
fn output_folders_are_checked_first() {
    let here = tempfile::tempdir().unwrap();
    std::fs::create_dir(here.path().join("out")).unwrap();
    std::fs::write(here.path().join("out/mine.txt"), "mine").unwrap();
    let (_, err) = run(here.path(), &["rehearse", "venipuncture", "-o", "out"], 1);
    assert!(err.contains("out") && err.contains("exists"), "{err}");
    let (_, err) = run(here.path(), &["rehearse", "venipuncture", "-o", "out", "--overwrite"], 1);
    assert!(err.contains("not a run"), "{err}");
    assert_eq!(std::fs::read_to_string(here.path().join("out/mine.txt")).unwrap(), "mine");
    std::fs::write(here.path().join("file"), "").unwrap();
    run(here.path(), &["rehearse", "venipuncture", "-o", "file/out"], 1);
    run(here.path(), &["rehearse", "venipuncture", "-o", "/proc/proband/out"], 1);
    run(here.path(), &["twin", "sample", "--n", "2", "-o", "nowhere/people.parquet"], 1);
    run(here.path(), &["report", "out"], 1);
    run(here.path(), &["report", "nothing"], 1);
}

/// List claims, run one, and refuse a mistyped name.
#[test]
fn claims_are_run() {
    let here = tempfile::tempdir().unwrap();
    let (out, _) = run(here.path(), &["verify", "--list"], 0);
    assert!(out.lines().any(|line| line == "chart-units"), "{out}");
    let (out, _) = run(here.path(), &["verify", "chart"], 0);
    assert!(out.contains("0 failed"), "{out}");
    let (out, _) = run(here.path(), &["verify", "chart-units", "--json"], 0);
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["outcomes"][0]["pass"], true);
    let (_, err) = run(here.path(), &["verify", "chrat"], 1);
    assert!(err.contains("chrat"), "{err}");
}

/// Rehearse a draw, get a report, and the same digest again.
#[test]
fn a_draw_is_rehearsed() {
    let here = tempfile::tempdir().unwrap();
    let (json, _) = run(here.path(), &["rehearse", "venipuncture", "--seed", "2", "-o", "a", "--json"], 0);
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    let page = std::fs::read_to_string(here.path().join("a/report.html")).unwrap();
    assert!(page.contains("ot a medical device") || page.contains("ot medical device"), "the report says what it is not");
    assert!(!page.contains("http://") || page.contains("www.w3.org"), "no network");
    let (again, _) = run(here.path(), &["rehearse", "venipuncture", "--seed", "2", "-o", "b", "--json", "--threads", "1"], 0);
    let again: serde_json::Value = serde_json::from_str(&again).unwrap();
    assert_eq!(value["digest"], again["digest"]);
    let (_, err) = run(here.path(), &["rehearse", "venipuncture", "--seed", "2", "-o", "a"], 1);
    assert!(err.contains("exists"), "{err}");
    std::fs::remove_file(here.path().join("a/report.html")).unwrap();
    let (out, _) = run(here.path(), &["report", "a"], 0);
    assert!(out.contains("report.html"));
    assert_eq!(std::fs::read_to_string(here.path().join("a/report.html")).unwrap(), page, "the same report from the records alone");
}

/// Rehearse on sampled patients beside the published figures.
#[test]
fn a_cohort_is_rehearsed() {
    let here = tempfile::tempdir().unwrap();
    let (out, _) = run(here.path(), &["rehearse", "venipuncture", "--n", "2", "--seed", "1", "-o", "c"], 0);
    assert!(out.contains("Leipheimer 2019") && out.contains("(95 %)"), "{out}");
    let table = proband_record::read_table(&here.path().join("c/records/cohort.parquet")).unwrap();
    assert_eq!(table.row_count(), 2);
    run(here.path(), &["rehearse", "venipuncture", "--n", "2", "--motion", "startle@insert", "-o", "d"], 2);
    assert!(!here.path().join("d").exists());
}

/// End with 130 at the interrupt key and leave nothing behind.
#[cfg(unix)]
#[test]
fn the_interrupt_key_leaves_nothing() {
    let here = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_proband"))
        .current_dir(here.path())
        .args(["twin", "sample", "--n", "1000000", "-o", "people.parquet"])
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(400));
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(std::fs::read_dir(here.path()).unwrap().next().is_none());
}
