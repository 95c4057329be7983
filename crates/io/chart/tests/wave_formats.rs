//! EDF, BDF and tables of the public sample set, and what their labels are worth.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::path::Path;

use proband_chart::{FolderFiles, Trust, WaveKind, WaveOptions, WaveRecord, check_waves, read_waves};
use proband_core::{Warning, Warnings};

fn waves(folder: &Path, name: &str, options: &WaveOptions) -> (WaveRecord, Vec<Warning>) {
    let warnings = Warnings::new();
    let mut record = read_waves(&FolderFiles::new(folder), name, options, &warnings).expect(name);
    check_waves(&mut record, name, &warnings);
    (record, warnings.list())
}

fn at_rate(rate_hz: f64) -> WaveOptions {
    WaveOptions { table_rate_hz: Some(rate_hz), ..WaveOptions::usual() }
}

/// Frequency of the largest part of a spectrum between 0.5 and 40 Hz, in steps of 0.1 Hz.
fn loudest_hz(values: &[f64], rate_hz: f64) -> f64 {
    let power = |hz: f64| {
        let (mut re, mut im) = (0.0, 0.0);
        for (i, x) in values.iter().enumerate() {
            let (sin, cos) = proband_core::ops::sin_cos(2.0 * std::f64::consts::PI * hz * i as f64 / rate_hz);
            re += x * cos;
            im += x * sin;
        }
        re * re + im * im
    };
    (5..400).map(|i| f64::from(i) * 0.1).max_by(|a, b| power(*a).total_cmp(&power(*b))).unwrap()
}

/// Read BDF and EDF to rates, counts, times and frequencies that are known.
#[test]
fn edf_and_bdf_are_read() {
    let Some(folder) = common::data("waveforms/edf") else { return };
    let usual = WaveOptions::usual();
    let (bdf, warnings) = waves(&folder, "test_generator.bdf", &usual);
    let rates: Vec<f64> = bdf.channels.iter().map(|c| c.rate_hz).collect();
    assert_eq!(rates, [1000.0, 800.0, 500.0, 975.0, 999.0]);
    assert_eq!(bdf.channels.iter().map(|c| c.sample_count()).collect::<Vec<_>>(), [30_000, 24_000, 15_000, 29_250, 29_970]);
    for (channel, hz) in [("sine 5Hz", 5.0), ("square 13Hz", 13.0), ("ramp 7Hz", 7.0)] {
        let c = bdf.channel(channel).unwrap();
        assert!((loudest_hz(&c.dense(0, 10_000), c.rate_hz) - hz).abs() < 0.051, "{channel}");
    }
    assert!(bdf.clock_s.is_some() && bdf.duration_s == 30.0);
    assert!(warnings.iter().any(|w| w.text.contains("not kept")));

    let (edf, _) = waves(&folder, "test_legacy.edf", &usual);
    assert!(edf.channels.iter().all(|c| c.rate_hz == 200.0 && c.sample_count() == 120_000));
    for (channel, hz) in [("sine 8 Hz", 8.0), ("sine 8.5 Hz", 8.5), ("sine 17 Hz", 17.0)] {
        let c = edf.channel(channel).unwrap();
        assert!((loudest_hz(&c.dense(0, 4000), c.rate_hz) - hz).abs() < 0.051, "{channel}");
    }
    let (sub, _) = waves(&folder, "test_subsecond.edf", &usual);
    assert!((sub.clock_s.unwrap() - 14_756.394_531_2).abs() < 1e-6, "{:?}", sub.clock_s);
    let (utf8, _) = waves(&folder, "test_utf8.edf", &usual);
    assert_eq!(utf8.annotations[2].text, "中文测试八个字");
    let marks = waves(&common::data("waveforms/wfdb-sample").unwrap(), "test_edfann.edf", &usual).0;
    assert_eq!((marks.annotations.len(), marks.channels.len()), (856, 0));
    assert_eq!((marks.annotations[0].text.as_str(), marks.annotations[0].duration_s), ("Sleep stage W", Some(30.0)));
}

/// Keep who it was and the date out of records and warnings.
#[test]
fn identity_stays_out() {
    let Some(folder) = common::data("waveforms/edf") else { return };
    for path in common::files(&folder, "df") {
        let bytes = std::fs::read(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let (record, warnings) = waves(&folder, &name, &WaveOptions::usual());
        let shown = format!("{record:?} {warnings:?}");
        let fields = String::from_utf8_lossy(&bytes[8..176]).into_owned();
        for word in fields.split([' ', '_']).filter(|word| word.len() > 3 && !["Startdate", "test", "patient", "recording"].contains(word))
        {
            assert!(!shown.contains(word), "{name}: {word}");
        }
    }
}

/// Find the rate of a table in its comments, its times or the caller's word; refuse to invent one.
#[test]
fn tables_are_read() {
    let Some(root) = common::data("waveforms") else { return };
    let usual = WaveOptions::usual();
    for (name, count) in [("ecg", 15_000), ("ppg", 20_000), ("resp", 60_000), ("bcg", 15_000), ("pcg", 30_000), ("eda", 150_000)] {
        let (record, _) = waves(&root.join("biosppy"), &format!("{name}.txt"), &usual);
        assert_eq!((record.channels[0].rate_hz, record.channels[0].sample_count()), (1000.0, count), "{name}");
    }
    let heart = root.join("heartpy");
    let (timer, warnings) = waves(&heart, "data2.csv", &usual);
    assert!((timer.channels[0].rate_hz - 117.0).abs() < 0.05, "{}", timer.channels[0].rate_hz);
    assert!(warnings.iter().any(|w| w.text.contains("taken as ms")));
    let (dated, warnings) = waves(&heart, "data3.csv", &usual);
    assert!((dated.channels[0].rate_hz - 100.42).abs() < 0.01);
    assert!((dated.clock_s.unwrap() - 50_338.081).abs() < 1e-3 && warnings.iter().any(|w| w.text.contains("off an even rate")));
    assert!(!format!("{dated:?}").contains("2016"));
    let error = read_waves(&FolderFiles::new(&heart), "data.csv", &usual, &Warnings::new()).unwrap_err().to_string();
    assert!(error.starts_with("data.csv: columns: no column of times"), "{error}");
    let (ring, warnings) = waves(&heart, "ring_data.csv", &at_rate(100.0));
    assert!(ring.channels[0].mean().is_finite() && warnings.iter().any(|w| w.text.contains("gaps, together 34.6 s")));
}

#[track_caller]
fn doubtful(record: &WaveRecord, channel: &str, likely: Option<&str>) {
    match &record.channel(channel).expect(channel).trust {
        Trust::Doubtful { likely: found, .. } => assert_eq!(found.as_deref(), likely, "{channel}"),
        trust => panic!("{channel}: {trust:?}"),
    }
}

/// Notice the labels and units of the sample set that are wrong, and no others.
#[test]
fn wrong_labels_are_noticed() {
    let Some(root) = common::data("waveforms") else { return };
    let usual = WaveOptions::usual();
    let (icu, warnings) = waves(&root.join("physionet-toolbox"), "TestICU", &usual);
    let third = icu.channel("col 3").unwrap();
    assert!((third.written(third.mean()) - 60.7).abs() < 0.05);
    doubtful(&icu, "col 3", Some("arterial pressure in mmHg"));
    assert!(warnings.iter().any(|w| w.place == "TestICU: col 3" && w.text.contains("arterial pressure in mmHg")));

    let sample = root.join("wfdb-sample");
    doubtful(&waves(&sample, "03700181", &usual).0, "ABP", None);
    doubtful(&waves(&root.join("waveformtools"), "abp.csv", &at_rate(125.0)).0, "abp", Some("mmHg"));
    let plausible = |folder: &str, name: &str, channel: &str| {
        let (record, _) = waves(&sample.join(folder), name, &usual);
        assert_eq!(record.channel(channel).unwrap().trust, Trust::Plausible, "{name} {channel}");
    };
    for (folder, name) in [("multi-segment/041s", "041s"), ("multi-segment/s00001", "3975656_0015"), (".", "mixedsignals")] {
        plausible(folder, name, "ABP");
    }
    for (folder, name, channel) in [
        (".", "100", "MLII"),
        (".", "100", "V5"),
        (".", "s0010_re", "v6"),
        (".", "a103l", "II"),
        (".", "v102s", "V"),
        (".", "test01_00s", "ECG 1"),
        (".", "mixedsignals", "II"),
        (".", "p10143", "FECG"),
    ] {
        plausible(folder, name, channel);
    }
    // Numbers of a monitor, zero where nothing was measured.
    for channel in ["HR", "SpO2", "RESP", "ABPMean", "NBPSys"] {
        plausible("multi-segment/s00001", "s00001-2896-10-10-00-31n", channel);
    }
}

/// A unit that is wrong on purpose: mmHg read as kPa and kPa as mmHg, and two channels with each other's label.
#[test]
fn planted_faults_are_noticed() {
    let Some(root) = common::data("waveforms") else { return };
    let folder = root.join("wfdb-sample/multi-segment/s00001");
    let wrong = WaveOptions { units: vec![("ABP".into(), "kPa".into())], ..WaveOptions::usual() };
    doubtful(&waves(&folder, "3975656_0015", &wrong).0, "ABP", Some("mmHg"));

    let (mut record, _) = waves(&root.join("wfdb-sample"), "mixedsignals", &WaveOptions::usual());
    let (i, j) = (0, record.channels.iter().position(|c| c.kind == WaveKind::ArterialPressure).unwrap());
    let (a, b) = (record.channels[i].name.clone(), record.channels[j].name.clone());
    for (at, name, kind) in [(i, &b, WaveKind::ArterialPressure), (j, &a, WaveKind::Ecg)] {
        record.channels[at].name.clone_from(name);
        record.channels[at].kind = kind;
    }
    check_waves(&mut record, "planted", &Warnings::new());
    doubtful(&record, "ABP", Some("swapped with channel II"));
    doubtful(&record, "II", Some("swapped with channel ABP"));

    // A pressure in kPa under the label mmHg.
    let (mut record, _) = waves(&root.join("wfdb-sample"), "mixedsignals", &WaveOptions::usual());
    let abp = record.channels.iter_mut().find(|c| c.name == "ABP").unwrap();
    abp.runs.iter_mut().flat_map(|run| &mut run.values).for_each(|x| *x *= 133.322_387_415 / 1000.0);
    let warnings = Warnings::new();
    check_waves(&mut record, "planted", &warnings);
    doubtful(&record, "ABP", Some("kPa"));
    assert!(warnings.list().iter().any(|w| w.place == "planted: ABP" && w.text.contains("likely kPa")));
}
