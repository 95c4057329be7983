//! Run folders appear whole or not at all.

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use proband_core::{Column, Table};
use proband_record::{RecordError, RunFolder, RunManifest, read_manifest, read_table, record_path};

fn manifest() -> RunManifest {
    RunManifest {
        program: "proband".into(),
        version: "0.1.0".into(),
        command: "proband rehearse venipuncture --seed 7".into(),
        procedure: "venipuncture".into(),
        scenario: "built in".into(),
        seed: 7,
        patient: 0,
        twin: "synthetic-0".into(),
        digest: "12-ab".into(),
        not_a_device: true,
    }
}

fn table(name: &str) -> Table {
    let mut table = Table::new(name);
    table.push("time_s", "s", "", "scene", Column::F64(vec![0.0, 1.0])).expect("one column");
    table
}

fn names(folder: &std::path::Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> = entries.map(|e| e.expect("an entry").file_name().into_string().expect("UTF-8")).collect();
    names.sort();
    names
}

/// Give the folder its name only when all is there, and leave nothing beside it.
#[test]
fn a_finished_run_is_whole() {
    let home = tempfile::tempdir().unwrap();
    let out = home.path().join("deep/out");
    let run = RunFolder::create(&out, false).unwrap();
    run.write_table(&table("ticks")).unwrap();
    run.write_manifest(&manifest()).unwrap();
    run.write_file("report.html", b"<p>").unwrap();
    assert!(!out.exists());
    assert_eq!(run.finish().unwrap(), out);
    assert_eq!(names(home.path().join("deep").as_path()), ["out"]);
    assert_eq!(names(&out), ["records", "report.html", "run.toml"]);
    assert_eq!(read_manifest(&out).unwrap(), manifest());
    assert_eq!(read_table(&record_path(&out, "ticks")).unwrap(), table("ticks"));
}

/// Leave nothing when a run is given up.
#[test]
fn a_dropped_run_leaves_nothing() {
    let home = tempfile::tempdir().unwrap();
    let run = RunFolder::create(&home.path().join("out"), false).unwrap();
    run.write_table(&table("ticks")).unwrap();
    drop(run);
    assert!(names(home.path()).is_empty());
}

/// Refuse an existing folder, overwrite a run when asked to, and never anything else.
#[test]
fn only_runs_are_overwritten() {
    let home = tempfile::tempdir().unwrap();
    let out = home.path().join("out");
    RunFolder::create(&out, false).unwrap().finish().unwrap();
    assert!(matches!(RunFolder::create(&out, false), Err(RecordError::Exists { .. })));
    assert!(matches!(RunFolder::create(&out, true), Err(RecordError::NotARun { .. })));
    std::fs::write(out.join("run.toml"), "").unwrap();
    std::fs::write(out.join("old"), "").unwrap();
    let run = RunFolder::create(&out, true).unwrap();
    run.write_manifest(&manifest()).unwrap();
    assert!(out.join("old").exists());
    run.finish().unwrap();
    assert_eq!(names(&out), ["records", "run.toml"]);
    assert_eq!(names(home.path()), ["out"]);

    let letters = home.path().join("letters");
    std::fs::create_dir(&letters).unwrap();
    std::fs::write(letters.join("dear.txt"), "").unwrap();
    assert!(matches!(RunFolder::create(&letters, true), Err(RecordError::NotARun { .. })));
    assert!(matches!(RunFolder::create(&letters.join("dear.txt"), true), Err(RecordError::NotARun { .. })));
    assert!(letters.join("dear.txt").exists());
}

/// Keep the older run when somebody else took the name in the meantime.
#[test]
fn a_name_that_was_taken_meanwhile_is_respected() {
    let home = tempfile::tempdir().unwrap();
    let out = home.path().join("out");
    let run = RunFolder::create(&out, false).unwrap();
    std::fs::create_dir(&out).unwrap();
    assert!(matches!(run.finish(), Err(RecordError::Exists { .. })));
    assert_eq!(names(home.path()), ["out"]);
}

/// Refuse names that leave the folder or mean something else elsewhere.
#[test]
fn names_are_plain() {
    let home = tempfile::tempdir().unwrap();
    let run = RunFolder::create(&home.path().join("out"), false).unwrap();
    for name in ["", "..", "../x", "/x", "a/b", "A", ".hidden", "nul\0", "c:x", &"a".repeat(101)] {
        assert!(matches!(run.write_file(name, b""), Err(RecordError::BadName { .. })), "{name}");
        assert!(run.write_table(&table(name)).is_err(), "{name}");
    }
    assert_eq!(names(run.path()), ["records"], "a refused name makes no folder");
    assert!(RunFolder::create(std::path::Path::new("/"), true).is_err());
}

/// Read back a manifest and refuse what is wrong with one.
#[test]
fn manifests_are_strict() {
    let text = manifest().to_toml().unwrap();
    assert_eq!(RunManifest::from_toml(&text).unwrap(), manifest());
    assert!(RunManifest { seed: u64::MAX, ..manifest() }.to_toml().unwrap_err().to_string().contains("seed"));
    assert!(RunManifest { not_a_device: false, ..manifest() }.to_toml().is_err());
    assert!(RunManifest::from_toml(&text.replace("seed = 7", "seed = \"seven\"")).unwrap_err().to_string().contains("seed"));
    assert!(RunManifest::from_toml(&format!("{text}\nsurname = \"x\"")).unwrap_err().to_string().contains("surname"));
    assert!(RunManifest::from_toml("").is_err());
}
