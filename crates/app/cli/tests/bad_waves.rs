//! Records that lie, break off or are noise, in `twin update`, `live` and `chart`; and the interrupt key while a record plays.

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use proband_core::ops;

/// Run, and give exit code and everything that was said.
fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_proband")).current_dir(folder).args(arguments).output().expect("the program starts");
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(!text.contains("panicked"), "{text}");
    (output.status.code(), text)
}

const RATE_HZ: f64 = 100.0;
const SAMPLES: usize = 6000;

/// An artery [mmHg], 75 a minute.
fn artery(i: usize) -> f64 {
    let phase = (i as f64 / RATE_HZ / 0.8).fract();
    let rise = (phase / 0.2).min(1.0);
    78.0 + 45.0 * rise * rise * (3.0 - 2.0 * rise) * ops::exp(-3.0 * (phase - 0.2).max(0.0))
}

/// An ECG [mV] of the same heart.
fn ecg(i: usize) -> f64 {
    let phase = (i as f64 / RATE_HZ / 0.8).fract();
    let bump = |at: f64, width: f64, height: f64| height * ops::exp(-(phase - at) * (phase - at) / (width * width));
    bump(0.10, 0.03, 0.12) + bump(0.19, 0.012, 1.1) - bump(0.215, 0.012, 0.25) + bump(0.45, 0.05, 0.3)
}

fn table(folder: &Path, name: &str, header: &str, row: impl Fn(usize) -> String) {
    let rows: String = (0..SAMPLES).map(|i| format!("{}\n", row(i))).collect();
    fs::write(folder.join(name), format!("{header}\n{rows}")).unwrap();
}

fn number(x: f64) -> String {
    if x.is_nan() { String::new() } else { format!("{x:.3}") }
}

/// What all three commands say of a file.
struct Said {
    update: (Option<i32>, String),
    live: (Option<i32>, String),
    chart: (Option<i32>, String),
}

fn say(folder: &Path, file: &str) -> Said {
    if !folder.join("p.twin").exists() {
        let chart = r#"{"resourceType":"Patient","id":"p","gender":"male","birthDate":"1970-05-17"}"#;
        fs::write(folder.join("chart.json"), chart).unwrap();
        let (code, text) = run(
            folder,
            &[
                "twin",
                "new",
                "--fhir",
                "chart.json",
                "-o",
                "p.twin",
                "--on-date",
                "2020-01-02",
                "--height",
                "178 cm",
                "--mass",
                "80 kg",
                "--age",
                "50",
            ],
        );
        assert_eq!(code, Some(0), "{text}");
    }
    Said {
        update: run(folder, &["twin", "update", "--twin", "p.twin", "--from", file, "--rate", "100", "--dry-run"]),
        live: run(folder, &["live", "--wfdb", file, "--rate", "100", "--speed", "max", "--plain"]),
        chart: run(folder, &["chart", "info", file, "--rate", "100"]),
    }
}

#[track_caller]
fn all_say(said: &Said, words: &[&str]) {
    for (command, (_, text)) in [("update", &said.update), ("live", &said.live), ("chart", &said.chart)] {
        for word in words {
            assert!(text.contains(word), "{command} does not say \"{word}\":\n{text}");
        }
    }
}

/// Name file, channel and time of rails and gaps.
#[test]
fn rails_and_gaps_are_named() {
    let here = tempfile::tempdir().unwrap();
    let folder = here.path();
    // An amplifier that is driven into its rails from 20 to 40 s.
    let rail = |i: usize| if (2000..4000).contains(&i) { (artery(i) * 3.0 - 180.0).clamp(60.0, 130.0) } else { artery(i) };
    table(folder, "rail.csv", "ABP [mmHg],x", |i| format!("{},1", number(rail(i))));
    let said = say(folder, "rail.csv");
    all_say(&said, &["ABP", "saturated"]);
    assert!(said.update.1.contains("20"), "{}", said.update.1);
    let gap = |i: usize| if (2000..4000).contains(&i) { f64::NAN } else { artery(i) };
    table(folder, "gap.csv", "ABP [mmHg],x", |i| format!("{},1", number(gap(i))));
    let said = say(folder, "gap.csv");
    all_say(&said, &["ABP", "20"]);
    assert!(said.update.0 == Some(0) && said.live.0 == Some(0) && said.chart.0 == Some(0));
    assert!(said.chart.1.contains("gap.csv") && said.chart.1.contains("1 gaps, together 20.0 s"), "{}", said.chart.1);
    // Nothing but gaps is no record.
    table(folder, "empty.csv", "ABP [mmHg],x", |_| ",1".into());
    let said = say(folder, "empty.csv");
    assert!(said.update.0 == Some(1) && said.update.1.contains("error: empty.csv: nothing to learn"), "{}", said.update.1);
    assert!(said.live.1.contains("ABP"), "{}", said.live.1);
}

/// Believe neither labels nor units that the values contradict.
#[test]
fn labels_and_units_are_not_believed() {
    let here = tempfile::tempdir().unwrap();
    let folder = here.path();
    // The names of two channels are swapped.
    table(folder, "swapped.csv", "ABP [mmHg],II [mV]", |i| format!("{},{}", number(ecg(i)), number(artery(i))));
    let said = say(folder, "swapped.csv");
    all_say(&said, &["ABP", "II"]);
    assert!(!said.update.1.contains("systolic_mmhg  "), "a swapped artery was believed: {}", said.update.1);
    // Millimetres of mercury that are called kilopascals, and the other way round.
    for (name, header, factor) in [("kpa.csv", "ABP [kPa],x", 1.0), ("mmhg.csv", "ABP [mmHg],x", 0.133_322)] {
        table(folder, name, header, |i| format!("{},1", number(artery(i) * factor)));
        let said = say(folder, name);
        all_say(&said, &["ABP"]);
        assert_eq!(said.update.0, Some(1), "{}", said.update.1);
        assert_eq!(said.live.0, Some(1), "{}", said.live.1);
        assert!(said.update.1.contains(name) && said.live.1.contains(name), "{} {}", said.update.1, said.live.1);
    }
    // The right unit said by the user mends it.
    let mended = ["twin", "update", "--twin", "p.twin", "--from", "kpa.csv", "--rate", "100", "--unit", "ABP=mmHg", "--dry-run"];
    assert_eq!(run(folder, &mended).0, Some(0));
    // Two hearts.
    table(folder, "two.csv", "ABP [mmHg],II [mV]", |i| format!("{},{}", number(artery(i)), number(ecg(i * 3 / 2))));
    let said = say(folder, "two.csv");
    assert!(said.update.1.contains("another patient") && said.update.1.contains("The rate is not used"), "{}", said.update.1);
    assert!(said.live.1.contains("beats at another rate"), "{}", said.live.1);
}

/// Say which file of a record is absent, in every command.
#[test]
fn absent_signals_are_named() {
    let here = tempfile::tempdir().unwrap();
    let folder = here.path();
    fs::write(folder.join("alone.hea"), "alone 1 125 1000\nalone_p.dat 16 100(0)/mmHg 16 0 0 0 0 ABP\n").unwrap();
    let said = say(folder, "alone.hea");
    all_say(&said, &["alone_p.dat", "absent"]);
    assert!([said.update.0, said.live.0, said.chart.0].iter().all(|code| *code == Some(1)));
    fs::write(folder.join("noise.edf"), [7_u8; 999]).unwrap();
    let said = say(folder, "noise.edf");
    all_say(&said, &["noise.edf"]);
    assert!([said.update.0, said.live.0, said.chart.0].iter().all(|code| *code == Some(1)));
}

/// Refuse doses that cannot be, before anything is read.
#[test]
fn doses_that_cannot_be_are_refused() {
    let here = tempfile::tempdir().unwrap();
    let folder = here.path();
    table(folder, "good.csv", "ABP [mmHg],x", |i| format!("{},1", number(artery(i))));
    let said = say(folder, "good.csv");
    assert_eq!(said.update.0, Some(0), "{}", said.update.1);
    let update = |more: &[&str]| {
        let mut all = vec!["twin", "update", "--twin", "p.twin", "--from", "good.csv", "--rate", "100", "--dry-run"];
        all.extend(more);
        run(folder, &all)
    };
    for (dose, word) in [
        ("water 1 mg/h", "water"),
        ("noradrenaline 5 mmHg", "no amount per time"),
        ("noradrenaline", "rate"),
        ("propofol 9 kg/s", "propofol"),
    ] {
        let (code, text) = update(&["--drug", dose]);
        assert!(matches!(code, Some(1 | 2)) && text.contains(word), "{dose}: {text}");
    }
    let (code, text) = update(&["--drug", "noradrenaline 0.1 ug/kg/min"]);
    assert!(code == Some(0) && text.contains("the factors are those without it"), "{text}");
    let (code, text) = update(&["--hold-back", "0.33"]);
    assert!(code == Some(0) && text.contains("predicted, 90 %"), "{text}");
    assert_eq!(update(&["--hold-back", "0.9"]).0, Some(2));
}

/// End at the interrupt key with exit code 130, the record closed and what was learnt in the twin's history.
#[cfg(unix)]
#[test]
fn the_interrupt_key_keeps_everything() {
    let here = tempfile::tempdir().unwrap();
    let folder = here.path();
    table(folder, "long.csv", "ABP [mmHg],x", |i| format!("{},1", number(artery(i))));
    assert_eq!(say(folder, "long.csv").live.0, Some(0));
    let mut child = Command::new(env!("CARGO_BIN_EXE_proband"))
        .current_dir(folder)
        .args(["live", "--twin", "p.twin", "--wfdb", "long.csv", "--rate", "100", "--speed", "10", "--plain", "-o", "live"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    // Two frames have come: it plays.
    let frames: Vec<String> = lines.by_ref().map(Result::unwrap).filter(|line| line.contains("MAP in 5 min")).take(2).collect();
    assert_eq!(frames.len(), 2);
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let rest: Vec<String> = lines.map(Result::unwrap).collect();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{rest:?}");
    assert!(rest.iter().any(|line| line.contains("stopped by the interrupt key")), "{rest:?}");
    assert!(folder.join("live/records/live.parquet").is_file() && folder.join("live/run.toml").is_file());
    let history = fs::read_to_string(folder.join("p.twin/history.jsonl")).unwrap();
    assert!(history.contains("followed"), "{history}");
}
