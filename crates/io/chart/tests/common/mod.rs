//! What the tests of this folder share.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::path::PathBuf;

use proband_chart::{ChartError, ChartRecord, ReadOptions, read_bundle};
use proband_core::{Warning, Warnings};

/// A folder of the reference data, or `None` with a visible line when it is not on this machine.
pub fn data(folder: &str) -> Option<PathBuf> {
    let root = std::env::var_os("PROBAND_DATA")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/data"), PathBuf::from);
    let path = root.join(folder);
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("SKIP: no {} (set PROBAND_DATA)", path.display());
    None
}

/// Files of a folder with an ending, sorted.
pub fn files(folder: &std::path::Path, ending: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).expect("folder").map(|entry| entry.expect("entry").path()).collect();
    files.retain(|path| path.to_string_lossy().ends_with(ending));
    files.sort();
    files
}

/// Read bytes and give the warnings beside the outcome.
pub fn read(bytes: &[u8]) -> (Result<ChartRecord, ChartError>, Vec<Warning>) {
    let warnings = Warnings::new();
    let outcome = read_bundle(bytes, &ReadOptions::usual(), &warnings);
    (outcome, warnings.list())
}

/// A bundle of one patient "p" and further resources given as JSON.
pub fn bundle(resources: &[&str]) -> String {
    let patient = r#"{"resourceType":"Patient","id":"p","gender":"female","birthDate":"1970-05-17"}"#;
    let entries: Vec<String> = std::iter::once(&patient).chain(resources).map(|r| format!(r#"{{"resource":{r}}}"#)).collect();
    format!(r#"{{"resourceType":"Bundle","type":"collection","entry":[{}]}}"#, entries.join(","))
}

/// An Observation of one quantity.
pub fn quantity(loinc: &str, quantity: &str) -> String {
    format!(
        r#"{{"resourceType":"Observation","status":"final","subject":{{"reference":"Patient/p"}},"effectiveDateTime":"2020-01-02",
        "code":{{"coding":[{{"system":"http://loinc.org","code":"{loinc}"}}]}},"valueQuantity":{quantity}}}"#
    )
}
