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
    run(here, &["trial", "manifest", "s.toml", "-o", "job.json"], 0);
    for (shard, from) in [("2/3", "s.toml"), ("0/3", "job.json"), ("1/3", "s.toml"), ("1/3", "job.json")] {
        run(here, &["trial", "worker", from, "--shard", shard, "-o", "part-{i}"], 0);
    }
    assert_eq!(run(here, &["trial", "missing", "s.toml", "--of", "3", "part-0", "part-2"], 1), "1\n");
    assert_eq!(run(here, &["trial", "missing", "job.json", "--of", "3", "part-0", "part-1", "part-2"], 0), "");
    assert!(run(here, &["trial", "merge", "s.toml", "part-2", "part-0", "-o", "b"], 1).contains("missing of 3: 1"));
    run(here, &["trial", "merge", "s.toml", "part-2", "part-0", "part-1", "-o", "b"], 0);
    assert_eq!(contents(&here.join("a")), contents(&here.join("b")));
    let before = std::fs::read(here.join("a/evidence.html")).unwrap();
    run(here, &["evidence", "a"], 0);
    assert_eq!(std::fs::read(here.join("a/evidence.html")).unwrap(), before);
    assert!(run(here, &["evidence", "a", "--json"], 0).contains("\"sums_hold\": true"));
    assert!(run(here, &["evidence", "verify", "a"], 0).contains("12 rows and every file stand"));
    std::fs::write(here.join("t.toml"), STUDY.replace("seed = 3", "seed = 4")).unwrap();
    assert!(run(here, &["trial", "merge", "t.toml", "part-2", "part-0", "part-1", "-o", "c"], 1).contains("another study"));
    run(here, &["trial", "t.toml", "-o", "c"], 0);
    std::fs::copy(here.join("c/records/patients.parquet"), here.join("a/records/patients.parquet")).unwrap();
    assert!(run(here, &["evidence", "verify", "a"], 1).contains("chain breaks"));
    assert!(run(here, &["trial", "worker", "s.toml", "--shard", "3/3", "-o", "x"], 2).contains("count from 0"));
}

/// Count starts at 40, so that there is time to stop it.
fn long() -> String {
    STUDY.replace("count = 6", "count = 40")
}

/// Start a command and wait until it has finished a few patients.
fn started(folder: &Path, arguments: &[&str], journal: &Path) -> std::process::Child {
    let quiet = || std::process::Stdio::null();
    let mut command = Command::new(env!("CARGO_BIN_EXE_proband"));
    let mut child = command.current_dir(folder).args(arguments).stdout(quiet()).stderr(quiet()).spawn().unwrap();
    for _ in 0..6000 {
        if std::fs::metadata(journal).is_ok_and(|file| file.len() > 800) {
            return child;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    panic!("nothing was finished in a minute");
}

/// Lose nothing that was finished when killed outright, and end at the same bytes.
#[test]
fn a_killed_trial_ends_the_same() {
    let here = tempfile::tempdir().unwrap();
    let here = here.path();
    std::fs::write(here.join("s.toml"), long()).unwrap();
    let mut child = started(here, &["trial", "s.toml", "-o", "k", "--threads", "1"], &here.join("k.unfinished/patients.journal"));
    child.kill().unwrap();
    child.wait().unwrap();
    let said = run(here, &["trial", "s.toml", "-o", "k"], 0);
    assert!(said.contains("patients are finished already"), "{said}");
    run(here, &["trial", "s.toml", "-o", "whole", "--threads", "1"], 0);
    assert_eq!(contents(&here.join("k")), contents(&here.join("whole")));
}

/// End a worker that is told to stop with a code that asks for another try, keep what it finished, and leave a part alone that
/// is whole.
#[cfg(unix)]
#[test]
fn a_stopped_worker_asks_for_another_try() {
    let here = tempfile::tempdir().unwrap();
    let here = here.path();
    std::fs::write(here.join("s.toml"), long()).unwrap();
    let work = ["trial", "worker", "s.toml", "--shard", "0/1", "-o", "part", "--threads", "1"];
    let mut child = started(here, &work, &here.join("part.unfinished"));
    Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(75));
    assert!(!here.join("part").exists() && here.join("part.unfinished").exists());
    run(here, &work, 0);
    assert!(!here.join("part.unfinished").exists());
    let bytes = std::fs::read(here.join("part")).unwrap();
    assert!(run(here, &work, 0).contains("finished already"));
    assert_eq!(std::fs::read(here.join("part")).unwrap(), bytes);
    run(here, &["trial", "worker", "s.toml", "--shard", "0/1", "-o", "other"], 0);
    assert_eq!(std::fs::read(here.join("other")).unwrap(), bytes);
    // Whatever the launcher is called.
    let asked = Command::new(env!("CARGO_BIN_EXE_proband"))
        .current_dir(here)
        .args(["trial", "worker", "s.toml", "--shard", "auto/2", "-o", "auto-{i}"])
        .env("JOB_COMPLETION_INDEX", "1")
        .output()
        .unwrap();
    assert!(asked.status.success() && here.join("auto-1").exists());
}

/// Refuse for good what will never do, and ask for another try where the disk is full.
#[cfg(unix)]
#[test]
fn bad_jobs_and_full_disks_have_codes() {
    let here = tempfile::tempdir().unwrap();
    let here = here.path();
    std::fs::write(here.join("s.toml"), STUDY).unwrap();
    run(here, &["trial", "manifest", "s.toml", "-o", "job.json"], 0);
    let job = std::fs::read_to_string(here.join("job.json")).unwrap();
    std::fs::write(here.join("other.json"), job.replace("\"seed\": 3", "\"seed\": 4")).unwrap();
    let work = |from: &str, out: &str, code: i32| run(here, &["trial", "worker", from, "--shard", "0/2", "-o", out], code);
    assert!(work("other.json", "x", 2).contains("seed: 3, not 4"));
    std::fs::write(here.join("bad.toml"), STUDY.replace("paired", "pared")).unwrap();
    work("bad.toml", "x", 2);
    work("s.toml", "part-0", 0);
    std::fs::write(here.join("t.toml"), STUDY.replace("seed = 3", "seed = 4")).unwrap();
    assert!(work("t.toml", "part-0", 2).contains("another job"));
    // Cut short: a single byte may be one that nothing is read from.
    let bytes = std::fs::read(here.join("part-0")).unwrap();
    std::fs::write(here.join("part-0"), &bytes[..bytes.len() / 2]).unwrap();
    assert!(work("s.toml", "part-0", 2).contains("part-0"));
    run(here, &["trial", "worker", "s.toml", "--shard", "1/2", "-o", "part-1"], 0);
    let merged = run(here, &["trial", "merge", "s.toml", "part-0", "part-1", "-o", "m"], 1);
    assert!(merged.contains("part-0") && !here.join("m").exists(), "{merged}");
    // No file may grow beyond a few kilobytes: what a full disk looks like to a program.
    let script = format!("trap '' XFSZ; ulimit -f 4; exec {} trial worker s.toml --shard 0/1 -o full", env!("CARGO_BIN_EXE_proband"));
    let full = Command::new("sh").current_dir(here).args(["-c", &script]).output().unwrap();
    let said = String::from_utf8_lossy(&full.stderr).into_owned();
    assert!(full.status.code() == Some(75) && said.contains("no room"), "{:?} {said}", full.status);
    assert!(!here.join("full").exists());
    run(here, &["trial", "worker", "s.toml", "--shard", "0/1", "-o", "full"], 0);
}

/// Sign a trial, find who signed it, and any byte that was changed in any file of it.
#[test]
fn a_signed_trial_shows_every_change() {
    let here = tempfile::tempdir().unwrap();
    let here = here.path();
    std::fs::write(here.join("s.toml"), STUDY).unwrap();
    std::fs::write(here.join("key.txt"), "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60\n").unwrap();
    let public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    run(here, &["trial", "s.toml", "-o", "a", "--sign", "key.txt"], 0);
    assert!(run(here, &["evidence", "verify", "a", "--key", public], 0).contains("signed by d75a"));
    let other = public.replace('d', "e");
    assert!(run(here, &["evidence", "verify", "a", "--key", &other], 1).contains("not by the key"));
    // Making the page again changes nothing, and keeps the signature.
    run(here, &["evidence", "a"], 0);
    run(here, &["evidence", "verify", "a", "--key", public], 0);
    let folder = here.join("a");
    for name in
        ["run.toml", "study.toml", "evidence.html", "evidence.md", "seal.toml", "records/draws.parquet", "records/components.parquet"]
    {
        let path = folder.join(name);
        let sound = std::fs::read(&path).unwrap();
        for at in [0, sound.len() / 2, sound.len() - 1] {
            let mut bytes = sound.clone();
            bytes[at] ^= 4;
            std::fs::write(&path, &bytes).unwrap();
            let found = Command::new(env!("CARGO_BIN_EXE_proband")).current_dir(here).args(["evidence", "verify", "a"]).output().unwrap();
            assert!(!found.status.success(), "{name}, byte {at}");
        }
        std::fs::write(&path, &sound).unwrap();
    }
    run(here, &["evidence", "verify", "a"], 0);
    // A page is not made over records that are not those that were sealed as if nothing had happened.
    let patients = folder.join("records/patients.parquet");
    run(here, &["trial", "worker", "s.toml", "--shard", "0/1", "-o", "part"], 0);
    std::fs::copy(here.join("part"), folder.join("records/extra.parquet")).unwrap();
    assert!(run(here, &["evidence", "a"], 0).contains("seal is broken"));
    std::fs::remove_file(folder.join("records/extra.parquet")).unwrap();
    assert!(patients.exists() && run(here, &["evidence", "a", "-o", "x.json"], 0).contains("x.json"));
    assert!(std::fs::read_to_string(here.join("x.json")).unwrap().contains("\"sums_hold\": true"));
}

/// Plan sizes, a power curve, boundaries and stopping before anything runs; for a number too.
#[test]
fn a_plan_says_what_it_takes() {
    let here = tempfile::tempdir().unwrap();
    let here = here.path();
    let looks = format!("{STUDY}analysis = {{ looks = [0.5, 1.0] }}\n");
    std::fs::write(here.join("s.toml"), looks).unwrap();
    let said = run(here, &["trial", "plan", "s.toml", "--rates", "0.85,0.85", "--pilot", "0", "--json"], 0);
    // Blackwelder: 267.94 per arm for a proportion of 0.85, a margin of 0.10, 90 % power.
    for words in ["268", "power with 6 per arm, this study", "bound at 50 % of the patients", "average sample number, without an effect"] {
        assert!(said.contains(words), "{words}\n{said}");
    }
    let number = STUDY
        .replace("first_stick_success", "time_stick_s")
        .replace("hypothesis = \"non_inferiority\", margin = \"10 %\"", "hypothesis = \"superiority\"");
    std::fs::write(here.join("n.toml"), number.replace("paired", "parallel")).unwrap();
    // 64 per arm for half a deviation and 80 % power.
    assert!(run(here, &["trial", "plan", "n.toml", "--power", "80 %", "--pilot", "0"], 0).contains("64"));
}
