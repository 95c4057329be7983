//! The public sample set, read to the values that its headers and reference outputs state.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::io::Read;
use std::path::Path;

use proband_chart::{
    ChartError, DigitalRecord, FolderFiles, INVALID, WaveOptions, WaveRecord, check_waves, read_annotations, read_waves, read_wfdb_digital,
};
use proband_core::{PA_PER_MMHG, Warning, Warnings};

fn digital(folder: &Path, name: &str) -> (DigitalRecord, Vec<Warning>) {
    let warnings = Warnings::new();
    let record = read_wfdb_digital(&FolderFiles::new(folder), name, &WaveOptions::usual(), &warnings).expect(name);
    (record, warnings.list())
}

fn waves(folder: &Path, name: &str, options: &WaveOptions) -> (WaveRecord, Vec<Warning>) {
    let warnings = Warnings::new();
    let mut record = read_waves(&FolderFiles::new(folder), name, options, &warnings).expect(name);
    check_waves(&mut record, name, &warnings);
    (record, warnings.list())
}

/// Read every record with the checksums of its header: all formats, skew, frames, offsets, segments.
#[test]
fn checksums_of_all_records_hold() {
    let Some(folder) = common::data("waveforms/wfdb-sample") else { return };
    let mut folders = vec![folder.clone()];
    folders.extend(std::fs::read_dir(folder.join("multi-segment")).unwrap().map(|entry| entry.unwrap().path()));
    folders.push(common::data("waveforms/physionet-toolbox").unwrap());
    let (mut read, mut channels, mut absent) = (0, 0, Vec::new());
    for folder in folders {
        for path in common::files(&folder, ".hea") {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            if name.ends_with("_layout") || name == "nsr001" {
                continue;
            }
            let warnings = Warnings::new();
            match read_wfdb_digital(&FolderFiles::new(&folder), &name, &WaveOptions::usual(), &warnings) {
                Ok(record) => {
                    read += 1;
                    channels += record.channels.len();
                    for warning in warnings.list() {
                        assert!(!warning.text.contains("checksum"), "{name}: {warning:?}");
                        // Two headers were made by hand from another one and kept its first samples.
                        assert!(!warning.text.contains("first sample") || name.ends_with("frame"), "{name}: {warning:?}");
                    }
                }
                Err(ChartError::FileAbsent { .. }) => absent.push(name),
                Err(error) => panic!("{name}: {error}"),
            }
        }
    }
    println!("{read} records, {channels} channels, absent: {absent:?}");
    assert_eq!(absent, ["1003"]);
    assert_eq!((read, channels), (72, 233));
}

fn text_of(path: &Path) -> String {
    let bytes = std::fs::read(path).unwrap();
    let mut text = String::new();
    if path.extension().is_some_and(|ending| ending == "gz") {
        flate2::read::GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).unwrap();
        text
    } else {
        String::from_utf8(bytes).unwrap()
    }
}

/// Codes for a lost sample in formats 80, 212 and 16.
const LOST: [i32; 3] = [-128, -2048, -32_768];

enum Columns {
    Digital,
    Physical,
}

/// Compare with the output of the reference program: every printed figure.
#[track_caller]
fn check_reference(folder: &Path, name: &str, reference: &str, from: u64, channels: &[usize], columns: &Columns) {
    let (record, _) = digital(folder, name);
    let root = common::data("waveforms/wfdb-sample/target-output").unwrap();
    let text = text_of(&root.join(reference));
    let per_row = channels.len();
    let mut rows = 0;
    let dense: Vec<Vec<i32>> = channels.iter().map(|c| record.channels[*c].dense(from, from + text.lines().count() as u64)).collect();
    for (i, line) in text.lines().enumerate() {
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(words.len(), per_row);
        for ((word, c), column) in words.iter().zip(channels).zip(&dense) {
            let sample = column.get(i).copied().unwrap_or(INVALID);
            match columns {
                Columns::Digital => {
                    let wanted: i32 = word.parse().unwrap();
                    // The reference prints a lost sample as the code that the format has for it.
                    assert!(sample == wanted || (sample == INVALID && LOST.contains(&wanted)), "{name} {i} {c}: {sample} {wanted}");
                }
                Columns::Physical if *word == "-" => assert_eq!(sample, INVALID, "{name} row {i}"),
                Columns::Physical => {
                    let at = from + i as u64;
                    let run =
                        record.channels[*c].runs.iter().find(|run| run.start <= at && at < run.start + run.samples.len() as u64).unwrap();
                    let value = (f64::from(sample) - run.baseline) / run.gain;
                    let wanted: f64 = word.parse().unwrap();
                    // The reference program prints 8 digits.
                    assert!((value - wanted).abs() <= 0.6e-8 + 1e-12 * wanted.abs(), "{name} row {i} channel {c}: {value} {wanted}");
                }
            }
        }
        rows += 1;
    }
    println!("{name} {reference}: {rows} rows x {per_row}");
}

/// Give what the reference program gives, figure by figure.
#[test]
fn reference_outputs_agree() {
    use Columns::{Digital, Physical};
    let Some(folder) = common::data("waveforms/wfdb-sample") else { return };
    check_reference(&folder, "test01_00s", "record-1a", 0, &[0, 1, 2, 3], &Digital);
    check_reference(&folder, "a103l", "record-1b", 12_500, &[2, 0], &Physical);
    check_reference(&folder, "a103l", "record-1c", 20_000, &[0, 1], &Digital);
    check_reference(&folder, "3000003_0003", "record-1d", 125, &[1], &Physical);
    check_reference(&folder, "100", "record-2b", 1, &[1], &Digital);
    check_reference(&folder, "100_3chan", "record-2c", 0, &[0, 1, 2], &Physical);
    check_reference(&folder, "310derive", "record-2d", 2, &[0, 1], &Digital);
    check_reference(&folder, "311derive", "record-2e", 1, &[0], &Physical);
    let s00001 = folder.join("multi-segment/s00001");
    check_reference(&s00001, "s00001-2896-10-10-00-31", "record-multi-variable-a", 14_428_365, &[0, 1, 2, 3], &Physical);
    check_reference(&folder, "binformats", "record-1f.gz", 0, &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], &Digital);
    check_reference(&folder, "flacformats", "record-flac.gz", 0, &[0, 1, 2], &Digital);
    check_reference(&folder.join("multi-segment/p000878"), "p000878-2137-10-26-16-57", "record-multi-variable-d", 3550, &[0, 1], &Digital);
}

/// Give what the reference program gives where signals have several samples per frame: each as often as the frame is long.
#[test]
fn reference_outputs_with_frames_agree() {
    let Some(folder) = common::data("waveforms/wfdb-sample") else { return };
    let root = folder.join("target-output");
    // Record, reference, (column, channel, rows per sample), first row, printed per unit.
    let check = |folder: &Path, name: &str, reference: &str, columns: &[(usize, usize, u64)], first: u64, physical: bool| {
        let (record, _) = digital(folder, name);
        let text = text_of(&root.join(reference));
        let (mut compared, mut worst) = (0, 0.0_f64);
        for (column, c, per) in columns {
            let count = text.lines().count() as u64;
            let samples = record.channels[*c].dense(first / per, (first + count).div_ceil(*per));
            let run = &record.channels[*c].runs[0];
            for (i, line) in text.lines().enumerate() {
                let word = line.split_whitespace().nth(*column).unwrap();
                let sample = samples.get(((first + i as u64) / per - first / per) as usize).copied().unwrap_or(INVALID);
                if word == "-" || (sample == INVALID && LOST.contains(&word.parse().unwrap_or(0))) {
                    continue;
                }
                let value = if physical { (f64::from(sample) - run.baseline) / run.gain } else { f64::from(sample) };
                let off = (value - word.parse::<f64>().unwrap()).abs();
                worst = worst.max(off);
                compared += 1;
            }
        }
        println!("{name} {reference}: {compared} figures, worst {worst:e}");
        assert!(worst <= 0.6e-8, "{name} {reference}: {worst}");
        compared
    };
    assert_eq!(check(&folder, "test01_00s_skewframe", "record-4a", &[(0, 0, 1), (2, 2, 1)], 0, false), 2 * 3997);
    check(&folder, "03700181", "record-4b", &[(1, 1, 1), (2, 2, 1)], 0, false);
    check(&folder, "03700181", "record-4c", &[(1, 2, 1)], 1000, true);
    check(&folder, "test01_00s_skewframe", "record-4d", &[(0, 0, 2), (1, 1, 1), (2, 2, 2)], 0, true);
    check(&folder.join("multi-segment/041s"), "041s", "record-multi-fixed-d.gz", &[(0, 3, 4), (1, 2, 1), (2, 1, 1)], 0, false);
}

/// Read annotations as the reference program prints them: sample, code, subtype, channel, number, text.
#[test]
fn reference_annotations_agree() {
    let Some(folder) = common::data("waveforms/wfdb-sample") else { return };
    for (file, reference) in [("100.atr", "ann-1"), ("1003.atr", "ann-3")] {
        let warnings = Warnings::new();
        let (list, _) = read_annotations(&FolderFiles::new(&folder), file, 1 << 20, &warnings).unwrap();
        let text = text_of(&folder.join("target-output").join(reference));
        assert_eq!(text.lines().count(), list.len(), "{file}");
        for (line, a) in text.lines().zip(&list) {
            let (fields, aux) = line.split_once('\t').unwrap_or((line, ""));
            let words: Vec<&str> = fields.split_whitespace().skip(1).collect();
            let found = [a.sample.to_string(), a.symbol(), a.subtype.to_string(), a.channel.to_string(), a.number.to_string()];
            assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), words, "{file}: {line}");
            assert_eq!(aux.trim(), a.text, "{file}: {line}");
        }
        assert!(warnings.is_empty());
        println!("{file} {reference}: {} annotations", list.len());
    }
    let (huge, _) = read_annotations(&FolderFiles::new(&folder), "huge.qrs", 1 << 20, &Warnings::new()).unwrap();
    assert_eq!((huge.len(), huge[0].sample), (1, 10_000_000_000));
    let (_, rate) = read_annotations(&FolderFiles::new(&folder), "03700181.gqrsh", 1 << 20, &Warnings::new()).unwrap();
    assert_eq!(rate, Some(500.0));
}

/// Give the means that the reference states, in Pa, with the lost samples left out.
#[test]
fn means_of_pressures_are_right() {
    let Some(folder) = common::data("waveforms/wfdb-sample") else { return };
    let usual = WaveOptions::usual();
    let check = |folder: &Path, name: &str, channel: &str, mean_mmhg: f64| {
        let (record, warnings) = waves(folder, name, &usual);
        let mean = record.channel(channel).unwrap().mean() / PA_PER_MMHG;
        assert!((mean - mean_mmhg).abs() < 0.006, "{name} {channel}: {mean}");
        println!("{name} {channel}: {mean:.4} mmHg, {:?}", record.channel(channel).unwrap().trust);
        warnings
    };
    check(&folder.join("multi-segment/041s"), "041s", "ABP", 56.06);
    check(&folder.join("multi-segment/041s"), "041s", "PAP", 20.59);
    check(&folder.join("multi-segment/s00001"), "3975656_0015", "ABP", 95.11);
    check(&folder, "mixedsignals", "ABP", 109.75);
    check(&folder, "03700181", "ABP", 33.44);
    let (mixed, _) = waves(&folder, "mixedsignals", &usual);
    let abp = mixed.channel("ABP").unwrap();
    let lost = abp.dense(0, abp.end()).iter().filter(|x| x.is_nan()).count();
    let rates = ["II", "ABP", "Resp"].map(|name| mixed.channel(name).unwrap().rate_hz);
    assert_eq!((lost, rates), (192, [249.89, 124.945, 62.4725]));
}
