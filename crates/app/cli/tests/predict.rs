//! `proband predict` with pumps, drugs of one's own and far too much of them.

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::fs;
use std::path::Path;
use std::process::Command;

#[track_caller]
fn predict(folder: &Path, script: &str, code: i32) -> (String, String) {
    fs::write(folder.join("script.toml"), script).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_proband"))
        .current_dir(folder)
        .args(["predict", "--script", "script.toml", "-o", "out", "--overwrite", "--json"])
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{out}{err}");
    (out, err)
}

/// Hold a target with a drug from one's own file, warn of an overdose and go on, and point at a file that is not there.
#[test]
fn drugs_are_given_as_the_script_says() {
    let here = tempfile::tempdir().unwrap();
    let own = include_str!("../../../patient/physiology/src/drug/library/propofol.toml").replacen("propofol", "my_propofol", 1);
    fs::write(here.path().join("mine.toml"), own).unwrap();
    let event = |what: &str| format!("duration = \"90 s\"\n[[event]]\nat = \"1 s\"\ndo = \"drug\"\n{what}\n");
    let (out, err) = predict(here.path(), &event("file = \"mine.toml\"\ntarget = \"2 mg/L\""), 0);
    assert!(!out.contains("NaN") && !err.contains("overdose"), "{out}{err}");
    assert!(here.path().join("out/records/drug_levels.parquet").is_file());
    let (out, err) = predict(here.path(), &event("name = \"propofol\"\nbolus = \"20000 mg\""), 0);
    assert!(!out.contains("NaN") && format!("{out}{err}").contains("overdose"), "{out}{err}");
    let (_, err) = predict(here.path(), &event("file = \"nobody.toml\"\nbolus = \"1 mg\""), 1);
    assert!(err.contains("nobody.toml"), "{err}");
}
