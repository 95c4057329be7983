//! A trial as a person runs it: whole, in shards, interrupted, looked at again.

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::path::Path;
use std::process::{Command, Output};

/// Draws that end before the needle goes in: what is tested is everything around them.
const STUDY: &str = r#"
title = "small"
question = "q"
context_of_use = "c"
seed = 3
count = 6
design = "paired"
time_max = "1 s"
population = { kind = "prescribed" }
arm = [{ name = "robot", kind = "robot" }, { name = "hand", kind = "manual" }]
endpoint = [{ name = "first_stick_success", role = "primary", hypothesis = "non_inferiority", margin = "10 %" }]
"#;

#[track_caller]
fn run(folder: &Path, arguments: &[&str], code: i32) -> String {
    let Output { status, stdout, stderr } =
        Command::new(env!("CARGO_BIN_EXE_proband")).current_dir(folder).args(arguments).output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert_eq!(status.code(), Some(code), "{arguments:?}\n{text}");
    text
}

/// Every file of a folder with its bytes.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(contents(&path));
        } else {
            files.push((path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()));
        }
    }
    files.sort();
    files
}

/// End in the same folder, byte for byte, whole or in shards; make the page again; find a changed table.
#[test]
fn a_trial_is_the_same_however_it_is_cut() {
    let here = tempfile::tempdir().unwrap();
    let here = here.path();
    std::fs::write(here.join("s.toml"), STUDY).unwrap();
    let said = run(here, &["trial", "s.toml", "-o", "a"], 0);
    assert!(said.contains("6 enrolled") && said.contains("chain "), "{said}");
    assert!(!here.join("a.unfinished").exists());
    run(here, &["trial", "s.toml", "-o", "a"], 1);
    for shard in ["2/3", "0/3", "1/3", "1/3"] {
        run(here, &["trial", "worker", "s.toml", "--shard", shard, "-o", &format!("part-{}", &shard[..1])], 0);
    }
    assert!(run(here, &["trial", "merge", "s.toml", "part-2", "part-0", "-o", "b"], 1).contains("missing of 3: 1"));
    run(here, &["trial", "merge", "s.toml", "part-2", "part-0", "part-1", "-o", "b"], 0);
    assert_eq!(contents(&here.join("a")), contents(&here.join("b")));
    let before = std::fs::read(here.join("a/evidence.html")).unwrap();
    run(here, &["evidence", "a"], 0);
    assert_eq!(std::fs::read(here.join("a/evidence.html")).unwrap(), before);
    assert!(run(here, &["evidence", "a", "--json"], 0).contains("\"sums_hold\": true"));
    assert!(run(here, &["evidence", "verify", "a"], 0).contains("12 rows stand"));
    std::fs::write(here.join("t.toml"), STUDY.replace("seed = 3", "seed = 4")).unwrap();
    assert!(run(here, &["trial", "merge", "t.toml", "part-2", "part-0", "part-1", "-o", "c"], 1).contains("another study"));
    run(here, &["trial", "t.toml", "-o", "c"], 0);
    std::fs::copy(here.join("c/records/patients.parquet"), here.join("a/records/patients.parquet")).unwrap();
    assert!(run(here, &["evidence", "verify", "a"], 1).contains("chain breaks"));
    assert!(run(here, &["trial", "worker", "s.toml", "--shard", "3/3", "-o", "x"], 2).contains("count from 0"));
}
