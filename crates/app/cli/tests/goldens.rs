//! Golden digests: every scenario ends at the bits that `scenarios/golden.toml` names, in any profile, on any platform.
//!
//! A digest that moved is either a mistake or a change of results. In the second case `cargo xtask goldens` writes the
//! new ones, and the fragment in `changelog/` says which moved and why.

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// When set, the digests are written instead of compared.
const RENEW: &str = "PROBAND_RENEW_GOLDENS";
/// Patients of a cohort whose table is digested: each is a function of seed and number alone, so a few stand for all.
const COHORT_PATIENTS: &str = "4";
const HEADER: &str = "\
# The end of every scenario in this folder, as a digest: the same for everybody who has this version.
# Of a cohort, the first 4 patients. Written by `cargo xtask goldens`; changelog/ says which digest moved and why.
";

fn scenarios() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../scenarios")
}

/// Name and path of every scenario, by name.
fn all() -> BTreeMap<String, PathBuf> {
    let entries = std::fs::read_dir(scenarios()).expect("the folder of scenarios");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let named = paths.filter(|path| path.extension().is_some_and(|e| e == "toml")).map(|path| {
        let name = path.file_stem().expect("a name").to_str().expect("UTF-8").to_owned();
        (name, path)
    });
    named.filter(|(name, _)| name != "golden").collect()
}

fn start(path: &Path, out: &Path) -> Child {
    let scenario: toml::Table = toml::from_str(&std::fs::read_to_string(path).expect("a scenario")).expect("TOML");
    let mut command = Command::new(env!("CARGO_BIN_EXE_proband"));
    command.args(["rehearse", "venipuncture", "--json", "--scenario"]).arg(path).arg("-o").arg(out);
    if scenario.contains_key("cohort") {
        command.args(["--n", COHORT_PATIENTS]);
    }
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts")
}

fn digest(name: &str, child: Child) -> String {
    let output = child.wait_with_output().expect("the program ends");
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    said["digest"].as_str().expect("a digest").to_owned()
}

/// End every scenario at its golden digest.
#[test]
fn every_scenario_ends_at_its_golden_digest() {
    let home = tempfile::tempdir().unwrap();
    let started: Vec<(String, Child)> =
        all().into_iter().map(|(name, path)| (name.clone(), start(&path, &home.path().join(&name)))).collect();
    let found: BTreeMap<String, String> = started.into_iter().map(|(name, child)| (name.clone(), digest(&name, child))).collect();

    let file = scenarios().join("golden.toml");
    if std::env::var_os(RENEW).is_some() {
        std::fs::write(&file, format!("{HEADER}{}", toml::to_string(&found).unwrap())).unwrap();
        return;
    }
    let golden: BTreeMap<String, String> = toml::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    let mut faults: Vec<String> = Vec::new();
    for (name, digest) in &found {
        match golden.get(name) {
            Some(expected) if expected == digest => {}
            Some(expected) => faults.push(format!("{name}: ended at {digest}, golden is {expected}")),
            None => faults.push(format!("{name}: has no golden digest")),
        }
    }
    faults.extend(golden.keys().filter(|name| !found.contains_key(*name)).map(|name| format!("{name}: there is no such scenario")));
    assert!(
        faults.is_empty(),
        "{}\nIf results were meant to change, run `cargo xtask goldens` and name the digests that moved, and why, in changelog/.",
        faults.join("\n")
    );
}
