//! Robustness against the outputs of RTAMT 0.4.10.

#![expect(clippy::unwrap_used, reason = "tests stop at the first fault")]

use std::path::PathBuf;

use proband_math::logic::{Formula, OnlineMonitor, Steps, Trace, Watch};
use serde_json::Value;

/// Folder of reference data: `PROBAND_DATA`, else beside the workspace; said aloud when absent.
fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("PROBAND_DATA")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/data"), PathBuf::from)
        .join("stl");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("SKIP: {} is absent; set PROBAND_DATA to the folder of reference data", folder.display());
    None
}

/// The file, with every number quoted: JSON's reader rounds the last bit, and does not know the infinities that stand there.
fn reference(folder: &std::path::Path) -> Value {
    let text = std::fs::read_to_string(folder.join("rtamt_reference.json")).unwrap();
    let (mut quoted, mut rest, mut inside) = (String::new(), text.as_str(), false);
    while let Some(c) = rest.chars().next() {
        let number = |c: char| c.is_ascii_digit() || "-+.eEInfity".contains(c);
        let length = if !inside && (c.is_ascii_digit() || "-I".contains(c)) { rest.find(|c| !number(c)).unwrap() } else { 0 };
        if length > 0 {
            quoted += &format!("\"{}\"", &rest[..length]);
        } else {
            inside ^= c == '"';
            quoted.push(c);
        }
        rest = &rest[length.max(c.len_utf8())..];
    }
    serde_json::from_str(&quoted).unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_str().unwrap().parse().unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(number).collect()
}

fn columns(case: &Value, folder: &std::path::Path) -> Vec<(String, Vec<f64>)> {
    if let Some(file) = case["file"].as_str() {
        let text = std::fs::read_to_string(folder.join(file)).unwrap();
        let mut lines = text.lines();
        let names: Vec<String> = lines.next().unwrap().split(',').map(|n| n.trim().into()).collect();
        let rows: Vec<Vec<f64>> = lines.map(|l| l.split(',').map(|v| v.trim().parse().unwrap()).collect()).collect();
        return names.into_iter().enumerate().map(|(i, n)| (n, rows.iter().map(|r| r[i]).collect())).collect();
    }
    ["x", "y"].iter().map(|n| ((*n).to_owned(), numbers(&case[*n]))).collect()
}

/// Repeat all 41 discrete cases to the bit, offline and online.
#[test]
fn discrete_cases_are_met() {
    let Some(folder) = folder() else { return };
    let reference = reference(&folder);
    let cases = reference["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 41);
    for case in cases {
        let formula = Formula::parse(case["formula"].as_str().unwrap()).unwrap();
        let columns = columns(case, &folder);
        let signals: Vec<(&str, &[f64])> = columns.iter().map(|(n, v)| (n.as_str(), v.as_slice())).collect();
        let trace = Trace::new(1.0, &signals).unwrap();
        let found = formula.robustness(&trace).unwrap();
        assert_eq!(found, numbers(&case["rob"]), "{}", case["formula"]);

        let mut monitor = OnlineMonitor::new(formula.clone(), 1.0, Watch::Every).unwrap();
        for i in 0..found.len() {
            let sample: Vec<f64> = formula.variables().iter().map(|v| columns.iter().find(|c| c.0 == *v).unwrap().1[i]).collect();
            monitor.push(&sample).unwrap();
            while let Some((index, value)) = monitor.next_final() {
                assert_eq!(value, found[index as usize], "{} at {index}", case["formula"]);
            }
        }
    }
}

/// Repeat the 4 dense cases to the bit of every value, breakpoints within 1e-12.
#[test]
fn dense_cases_are_met() {
    let Some(folder) = folder() else { return };
    let reference = reference(&folder);
    let pairs = |v: &Value| -> Vec<(f64, f64)> { v.as_array().unwrap().iter().map(|p| (number(&p[0]), number(&p[1]))).collect() };
    let cases = reference["dense"].as_array().unwrap();
    assert_eq!(cases.len(), 4);
    for case in cases {
        let formula = Formula::parse(case["formula"].as_str().unwrap()).unwrap();
        let (x, y) = (Steps::new("x", &pairs(&case["x"])).unwrap(), Steps::new("y", &pairs(&case["y"])).unwrap());
        let found = formula.robustness_dense(&[("x", &x), ("y", &y)]).unwrap().pairs();
        let expected = pairs(&case["rob"]);
        assert_eq!(found.len(), expected.len(), "{} {found:?} {expected:?}", case["formula"]);
        for (f, e) in found.iter().zip(&expected) {
            assert!((f.0 - e.0).abs() < 1e-12 && f.1 == e.1, "{} {f:?} {e:?}", case["formula"]);
        }
    }
}
