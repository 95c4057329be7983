//! The studio as the program opens it: a record that is sent to it, twins that stay, a trial's patients.

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]
#![cfg(unix)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

/// A studio on a free port that ends with the test.
struct Studio {
    process: Child,
    address: String,
}

impl Studio {
    fn open(folder: &Path, more: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_proband"))
            .current_dir(folder)
            .args(["studio", "--no-open", "--port", "0", "-o", "out"])
            .args(more)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().rsplit_once("http://").unwrap().1.trim_end_matches('/').to_owned();
        Self { process, address }
    }

    /// Status and document of an answer.
    fn ask(&self, method: &str, path: &str, body: &[u8]) -> (u16, Value) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let head =
            format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", self.address, body.len());
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let document = text.split_once("\r\n\r\n").and_then(|(_, body)| serde_json::from_str(body).ok()).unwrap_or(Value::Null);
        (text[9..12].parse().unwrap(), document)
    }

    fn job(&self, begun: (u16, Value)) -> Value {
        assert_eq!(begun.0, 202, "{}", begun.1);
        loop {
            let (_, job) = self.ask("GET", &format!("/api/jobs/{}", begun.1["id"]), b"");
            if job["state"] != "running" {
                return job;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn close(mut self) {
        assert!(Command::new("kill").args(["-INT", &self.process.id().to_string()]).status().unwrap().success());
        self.process.wait().unwrap();
    }
}

impl Drop for Studio {
    fn drop(&mut self) {
        let _ = self.process.kill();
    }
}

const RECORD: &str = r#"{"resourceType":"Bundle","type":"collection","entry":[
{"resource":{"resourceType":"Patient","id":"p","gender":"female","birthDate":"1970-05-17","name":[{"family":"Zyxwvut","given":["Qwertzu"]}]}},
{"resource":{"resourceType":"Observation","status":"final","subject":{"reference":"Patient/p"},"effectiveDateTime":"2020-01-02",
 "code":{"coding":[{"system":"http://loinc.org","code":"8302-2"}]},"valueQuantity":{"value":165,"unit":"cm"}}},
{"resource":{"resourceType":"Observation","status":"final","subject":{"reference":"Patient/p"},"effectiveDateTime":"2020-01-02",
 "code":{"coding":[{"system":"http://loinc.org","code":"29463-7"}]},"valueQuantity":{"value":64,"unit":"kg"}}}]}"#;

/// Make a twin of a record, keep it for the next studio, and let nothing of the record's names out.
#[test]
fn records_become_patients() {
    let folder = tempfile::tempdir().unwrap();
    let studio = Studio::open(folder.path(), &[]);
    let made = studio.job(studio.ask("POST", "/api/patients", RECORD.as_bytes()));
    assert_eq!(made["state"], "done", "{made}");
    let (_, list) = studio.ask("GET", "/api/patients", b"");
    assert!((list[1]["height_m"].as_f64().unwrap() - 1.65).abs() < 1e-9 && list[1]["origin"] == "record", "{list}");
    for bad in ["{", "Zyxwvut", r#"{"resourceType":"Patient","name":[{"family":"Zyxwvut"}]}"#] {
        let failed = studio.job(studio.ask("POST", "/api/patients", bad.as_bytes()));
        assert!(failed["state"] == "failed" && !failed.to_string().contains("Zyxwvut"), "{failed}");
    }
    let adult = studio.job(studio.ask("POST", "/api/jobs", br#"{"sample":{"seed":7,"number":3}}"#));
    assert_eq!(adult["result"]["patient"], 2, "{adult}");
    studio.close();
    let studio = Studio::open(folder.path(), &[]);
    let (_, again) = studio.ask("GET", "/api/patients", b"");
    assert_eq!((again.as_array().unwrap().len(), &again[1]["name"]), (2, &list[1]["name"]));
    assert!(!again.to_string().contains("Zyxwvut"));
}

/// Offer the robot's draws of a trial, with its report.
#[test]
fn a_trial_is_looked_into() {
    let folder = tempfile::tempdir().unwrap();
    let study = r#"
title = "small"
question = "q"
context_of_use = "c"
seed = 3
count = 4
design = "paired"
time_max = "1 s"
population = { kind = "prescribed" }
arm = [{ name = "robot", kind = "robot" }, { name = "hand", kind = "manual" }]
endpoint = [{ name = "first_stick_success", role = "primary", hypothesis = "non_inferiority", margin = "10 %" }]
"#;
    std::fs::write(folder.path().join("small.toml"), study).unwrap();
    let ran = Command::new(env!("CARGO_BIN_EXE_proband")).current_dir(folder.path()).args(["trial", "small.toml", "-o", "trial"]).output();
    assert!(folder.path().join("trial/study.toml").is_file(), "{ran:?}");
    let studio = Studio::open(folder.path(), &["--trial", "trial"]);
    let (_, list) = studio.ask("GET", "/api/patients", b"");
    let list = list.as_array().unwrap();
    assert_eq!(list.len(), 5, "{list:?}");
    assert!(list[1..].iter().all(|p| p["origin"] == "trial" && p["note"].as_str().unwrap().contains("timed out")), "{list:?}");
    assert_eq!(studio.ask("GET", "/api/trial", b"").0, 200);
    studio.close();
    let wrong =
        Command::new(env!("CARGO_BIN_EXE_proband")).current_dir(folder.path()).args(["studio", "--no-open", "--trial", "out"]).output();
    let wrong = wrong.unwrap();
    assert!(!wrong.status.success() && String::from_utf8_lossy(&wrong.stderr).contains("study.toml"));
}
