//! Beats and breaths against the annotations and figures of the public sample set.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::path::Path;

use proband_chart::{FolderFiles, WaveChannel, WaveOptions, WaveRecord, read_waves};
use proband_core::Warnings;
use proband_signal::{Beat, QualityKind, Score, breaths, median, plethysmogram_beats, pulse_beats, quality, r_peaks, score};

/// Window of ANSI/AAMI EC57 [s].
const WINDOW_S: f64 = 0.15;

fn read(folder: &Path, name: &str, options: &WaveOptions) -> WaveRecord {
    read_waves(&FolderFiles::new(folder), name, options, &Warnings::new()).expect(name)
}

fn peaks_s(channel: &WaveChannel) -> Vec<f64> {
    r_peaks(&channel.dense(0, channel.end()), channel.rate_hz).unwrap().iter().map(|i| *i as f64 / channel.rate_hz).collect()
}

fn scored(folder: &Path, name: &str, channel: usize) -> (Score, WaveRecord) {
    let record = read(folder, name, &WaveOptions { annotator: Some("atr".into()), ..WaveOptions::usual() });
    let marks: Vec<f64> = record.annotations.iter().filter(|a| a.is_beat).map(|a| a.time_s).collect();
    let s = score(&marks, &peaks_s(&record.channels[channel]), WINDOW_S);
    println!("{name} {}: {s:?} Se {:.5} PPV {:.5}", record.channels[channel].name, s.sensitivity(), s.predictive_value());
    (s, record)
}

/// Read the annotations to the counts of the reference and find the beats of a clean record, at least 99 of 100 both ways.
#[test]
fn beats_of_a_clean_record_are_found() {
    let Some(root) = common::data("waveforms/wfdb-sample") else { return };
    let (s, record) = scored(&root, "100", 0);
    assert!(s.sensitivity() >= 0.99 && s.predictive_value() >= 0.99);
    let (v5, _) = scored(&root, "100", 1);
    assert!(v5.sensitivity() >= 0.99 && v5.predictive_value() >= 0.99);
    let count = |code: &str| record.annotations.iter().filter(|a| a.is_beat && a.code == code).count();
    assert_eq!((count("N"), count("A"), count("V")), (2239, 33, 1));
    let marks: Vec<f64> = record.annotations.iter().filter(|a| a.is_beat).map(|a| a.time_s).collect();
    let intervals: Vec<f64> = marks.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let mean = intervals.iter().sum::<f64>() / intervals.len() as f64;
    assert!((mean - 0.7946).abs() < 5e-5, "{mean}");
    let found = peaks_s(&record.channels[0]);
    let ours = (found[found.len() - 1] - found[0]) / (found.len() - 1) as f64;
    assert!((ours - 0.7946).abs() < 5e-5, "{ours}");
}

/// Do on a noisy record at least as well as its authors: Pan & Tompkins 1985, table I, record 105: 22 missed, 67 extra of 2572.
#[test]
fn beats_of_a_noisy_record_are_found() {
    let Some(root) = common::data("waveforms/physionet-toolbox") else { return };
    let (s, record) = scored(&root, "105", 0);
    let count = |code: &str| record.annotations.iter().filter(|a| a.is_beat && a.code == code).count();
    assert_eq!((count("N"), count("V"), count("Q")), (2526, 41, 5));
    assert!(s.missed <= 22 && s.extra <= 67, "{s:?}");
    let (list, _) = proband_chart::read_annotations(&FolderFiles::new(&root), "nsr001.ecg", 1 << 20, &Warnings::new()).unwrap();
    assert_eq!(list.len(), 106_835);
}

fn beats_in_mmhg(record: &WaveRecord, channel: &str) -> (Vec<Beat>, f64) {
    let c = record.channel(channel).unwrap();
    let values: Vec<f64> = c.dense(0, c.end()).iter().map(|x| c.written(*x)).collect();
    (pulse_beats(&values, c.rate_hz).unwrap(), c.rate_hz)
}

fn typical(beats: &[Beat], of: impl Fn(&Beat) -> f64) -> f64 {
    median(&beats.iter().map(of).collect::<Vec<_>>())
}

/// Give the pressures and rates that the references state, and as many pulses as the ECG has beats.
#[test]
fn pulses_are_found() {
    let Some(root) = common::data("waveforms") else { return };
    let abp = read(&root.join("waveformtools"), "abp.csv", &WaveOptions { table_rate_hz: Some(125.0), ..WaveOptions::usual() });
    let (beats, rate) = beats_in_mmhg(&abp, "abp");
    let hr = 60.0 * rate * (beats.len() - 1) as f64 / (beats[beats.len() - 1].onset - beats[0].onset) as f64;
    println!("abp.csv: {} beats, HR {hr:.2}", beats.len());
    // "about 135", "about 74", 79.8 per minute.
    assert!((typical(&beats, |b| b.systolic) - 135.0).abs() < 2.0 && (typical(&beats, |b| b.diastolic) - 74.0).abs() < 2.0);
    assert!((hr - 79.8).abs() < 0.8);

    let sample = root.join("wfdb-sample");
    for (folder, name, rate_per_min) in [("multi-segment/041s", "041s", 95.5), (".", "mixedsignals", 101.2)] {
        let record = read(&sample.join(folder), name, &WaveOptions::usual());
        let (beats, rate) = beats_in_mmhg(&record, "ABP");
        let hr = 60.0 * rate * (beats.len() - 1) as f64 / (beats[beats.len() - 1].onset - beats[0].onset) as f64;
        let ecg = record.channels.iter().find(|c| c.kind == proband_chart::WaveKind::Ecg).unwrap();
        let r = peaks_s(ecg).len();
        println!("{name}: {} pulses, {r} R peaks, HR {hr:.2}", beats.len());
        assert!((hr - rate_per_min).abs() < 0.02 * rate_per_min, "{name}: {hr}");
        assert!(beats.len() as f64 >= 0.95 * r as f64 && beats.len() <= r, "{name}: {} of {r}", beats.len());
    }
}

/// Give the heart rates that the reference program finds in plethysmograms.
#[test]
fn plethysmograms_are_read() {
    let Some(root) = common::data("waveforms/heartpy") else { return };
    for (name, rate, bpm) in [("data.csv", Some(100.0), 58.899), ("data2.csv", None, 62.376)] {
        let record = read(&root, name, &WaveOptions { table_rate_hz: rate, ..WaveOptions::usual() });
        let c = &record.channels[0];
        let beats = plethysmogram_beats(&c.dense(0, c.end()), c.rate_hz).unwrap();
        let ours = 60.0 * c.rate_hz * (beats.len() - 1) as f64 / (beats[beats.len() - 1].top - beats[0].top) as f64;
        println!("{name}: {} beats, {ours:.3} per minute, reference {bpm}", beats.len());
        assert!((ours - bpm).abs() < 0.01 * bpm, "{name}: {ours}");
    }
}

/// Find breaths at rates that people have.
#[test]
fn breaths_are_found() {
    let Some(root) = common::data("waveforms") else { return };
    for (folder, name, channel) in [("biosppy", "resp.txt", "Resp"), ("wfdb-sample", "v102s", "RESP"), ("wfdb-sample", "03700181", "RESP")]
    {
        let record = read(&root.join(folder), name, &WaveOptions::usual());
        let c = record.channel(channel).unwrap();
        let tops = breaths(&c.dense(0, c.end()), c.rate_hz).unwrap();
        let per_minute = 60.0 * tops.len() as f64 / record.duration_s;
        println!("{name}: {} breaths, {per_minute:.2} per minute", tops.len());
        assert!((8.0..30.0).contains(&per_minute), "{name}: {per_minute}");
    }
}

/// Call a clean record usable throughout, and a pressure that is none unusable.
#[test]
fn quality_tells_good_from_bad() {
    let Some(root) = common::data("waveforms") else { return };
    let usable = |folder: &str, name: &str, channel: &str, kind: QualityKind| {
        let record = read(&root.join(folder), name, &WaveOptions::usual());
        let c = record.channel(channel).unwrap();
        let windows = quality(kind, &c.dense(0, c.end()), c.rate_hz, 10.0).unwrap();
        let part = windows.iter().filter(|w| w.usable).count() as f64 / windows.len() as f64;
        println!("{name} {channel}: {part:.3} usable of {} windows", windows.len());
        part
    };
    assert!(usable("wfdb-sample", "100", "MLII", QualityKind::Ecg) > 0.98);
    assert!(usable("wfdb-sample", "mixedsignals", "ABP", QualityKind::ArterialPressure) > 0.85);
    assert!(usable("wfdb-sample", "03700181", "ABP", QualityKind::ArterialPressure) < 0.1);
    assert!(usable("physionet-toolbox", "105", "MLII", QualityKind::Ecg) < 0.95);
}
