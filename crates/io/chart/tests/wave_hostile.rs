//! Waveform files that lie, end early or are noise: a value or an error that names the place, in bounded memory.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use proband_chart::{
    BeatCode, ChartError, Files, FolderFiles, MemoryFiles, Trust, WaveOptions, WaveRecord, WfdbFormat, WriteChannel, check_waves,
    read_annotations, read_waves, write_annotations, write_wfdb,
};
use proband_core::{Warning, Warnings, ops};
use proptest::prelude::*;

fn read(files: &MemoryFiles, name: &str) -> (Result<WaveRecord, ChartError>, Vec<Warning>) {
    let warnings = Warnings::new();
    let options = WaveOptions { sample_count_max: 1_000_000, size_bytes_max: 1 << 22, table_rate_hz: Some(100.0), ..WaveOptions::usual() };
    let mut record = read_waves(files, name, &options, &warnings);
    if let Ok(record) = &mut record {
        check_waves(record, name, &warnings);
    }
    (record, warnings.list())
}

fn files(list: &[(&str, &[u8])]) -> MemoryFiles {
    MemoryFiles::new(list.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())))
}

/// An arterial pressure in mmHg: 72 beats a minute, 120 over 80.
fn artery(count: usize, rate_hz: f64) -> Vec<f64> {
    let value = |i: usize| {
        let phase = (i as f64 / rate_hz * 1.2).fract();
        let rise = ops::exp(-((phase - 0.2) / 0.09) * ((phase - 0.2) / 0.09));
        let run_off = if phase > 0.2 { ops::exp(-(phase - 0.2) / 0.35) } else { ops::exp(-(phase + 0.8) / 0.35) };
        78.0 + 28.0 * rise + 16.0 * run_off
    };
    (0..count).map(value).collect()
}

fn record_of(values: &[f64], unit: &str) -> MemoryFiles {
    let channels = [WriteChannel { name: "ABP", unit, values }];
    MemoryFiles::new(write_wfdb("r", 125.0, &channels, WfdbFormat::F16, &[]).unwrap())
}

/// Say which file is absent, and never give zeros.
#[test]
fn an_absent_signal_file_is_an_error() {
    let files = files(&[("r.hea", b"r 1 125 1000\nr.dat 16 1/mmHg 12 0 0 0 0 ABP\n")]);
    assert_eq!(read(&files, "r").0.unwrap_err().to_string(), "r.dat: absent, r.hea names it");
    let outside = files_of("r 1 125 10\n../../etc/passwd 16\n");
    assert!(read(&outside, "r").0.unwrap_err().to_string().contains("leaves the folder"));
}

fn files_of(header: &str) -> MemoryFiles {
    files(&[("r.hea", header.as_bytes()), ("r.dat", &[0; 64])])
}

/// Say from when on a file that ends early is a gap, and that its checksum is not that of the header.
#[test]
fn damage_is_noticed() {
    let values = artery(5000, 125.0);
    let whole = write_wfdb("r", 125.0, &[WriteChannel { name: "ABP", unit: "mmHg", values: &values }], WfdbFormat::F212, &[]).unwrap();
    let (record, warnings) = read(&MemoryFiles::new(whole.clone()), "r");
    assert!(warnings.is_empty() && record.unwrap().channels[0].trust == Trust::Plausible, "{warnings:?}");
    let mut cut = whole.clone();
    cut[1].1.truncate(3750);
    let (record, warnings) = read(&MemoryFiles::new(cut), "r");
    assert!(
        warnings.iter().any(|w| w.place == "r.dat: ABP" && w.text.starts_with("ends at 20.000 s, 2500 samples before")),
        "{warnings:?}"
    );
    assert!(
        warnings.iter().any(|w| w.place == "r: ABP" && w.text.contains("gaps, together 20.0 s, the first 20.000 s to 40.000 s")),
        "{warnings:?}"
    );
    assert_eq!(record.unwrap().channels[0].sample_count(), 2500);
    let mut flipped = whole;
    flipped[1].1[100] ^= 1;
    let (_, warnings) = read(&MemoryFiles::new(flipped), "r");
    assert!(warnings.iter().any(|w| w.place == "r.hea: ABP" && w.text.contains("checksum")), "{warnings:?}");
}

/// Say nothing about gaps outside of the part that was asked for.
#[test]
fn windows_have_no_gaps_of_their_own() {
    let options = WaveOptions { from_s: 10.0, to_s: 30.0, ..WaveOptions::usual() };
    let warnings = Warnings::new();
    let mut record = read_waves(&record_of(&artery(5000, 125.0), "mmHg"), "r", &options, &warnings).unwrap();
    check_waves(&mut record, "r", &warnings);
    assert_eq!((record.channels[0].runs[0].start, record.channels[0].sample_count(), record.duration_s), (1250, 2500, 40.0));
    assert!(warnings.is_empty(), "{:?}", warnings.list());
}

/// Notice a flat line, a rail and lost samples with channel and time.
#[test]
fn broken_signals_are_noticed() {
    let mut values = artery(12_500, 125.0);
    values[2500..3125].fill(90.0);
    values.iter_mut().skip(6250).take(2500).for_each(|x| *x = x.clamp(85.0, 95.0));
    let top = values.iter().copied().fold(0.0, f64::max);
    values.iter_mut().skip(6250).take(2500).filter(|x| **x == 95.0).for_each(|x| *x = top);
    values[10_000..10_250].fill(f64::NAN);
    let (_, warnings) = read(&record_of(&values, "mmHg"), "r");
    let said = |what: &str| warnings.iter().any(|w| w.place == "r: ABP" && w.text.contains(what));
    assert!(said("1 flat lines, together 5.0 s, the first 20.000 s to 25.000 s"), "{warnings:?}");
    assert!(said("saturated parts"), "{warnings:?}");
    assert!(said("1 gaps, together 2.0 s, the first 80.000 s to 82.000 s"), "{warnings:?}");
}

/// Notice units by the values: kPa as mmHg and mmHg as kPa, millivolts for a pressure, a line open to air.
#[test]
fn units_are_not_believed() {
    let mmhg = artery(5000, 125.0);
    let kpa: Vec<f64> = mmhg.iter().map(|x| x * 0.133_322).collect();
    let open: Vec<f64> = mmhg.iter().map(|x| x * 0.01 - 12.0).collect();
    for (values, unit, likely) in
        [(&kpa, "mmHg", Some("kPa")), (&mmhg, "kPa", Some("mmHg")), (&mmhg, "mV", Some("arterial pressure in mmHg")), (&open, "mmHg", None)]
    {
        let (record, warnings) = read(&record_of(values, unit), "r");
        match &record.unwrap().channels[0].trust {
            Trust::Doubtful { likely: found, .. } => assert_eq!(found.as_deref(), likely, "{unit}"),
            trust => panic!("{unit}: {trust:?}"),
        }
        assert!(warnings.iter().any(|w| w.place == "r: ABP"), "{unit}");
    }
    let (record, _) = read(&record_of(&kpa, "kPa"), "r");
    let record = record.unwrap();
    assert_eq!(record.channels[0].trust, Trust::Plausible);
    let (record, _) = read(&files(&[("n.csv", b"time [s],ART mean [mmHg]\n0,12\n1,12.5\n2,11.9\n3,12.2\n")]), "n.csv");
    assert!(matches!(&record.unwrap().channels[0].trust, Trust::Doubtful { likely: Some(unit), .. } if unit == "kPa"));
}

/// Bound the memory whatever a header announces.
#[test]
fn announced_sizes_are_not_believed() {
    let null = read(&files_of("r 1 125 4000000000000\n~ 16 1/mmHg 12 0 0 0 0 ABP\n"), "r").0.unwrap();
    assert_eq!((null.channels[0].sample_count(), null.duration_s), (0, 3.2e10));
    let long = read(&files_of("r 1 125 4000000000000\nr.dat 16 1/mmHg 12 0 0 0 0 ABP\n"), "r").0.unwrap();
    assert_eq!(long.channels[0].sample_count(), 32);
    assert!(read(&files_of("r/1000000 1 125 10\na 10\n"), "r").0.is_err());
    // A constant FLAC frame of 65535 samples takes 14 bytes: the budget stops it.
    assert!(read(&files_of("r 4096 125\n"), "r").0.is_err());
}

/// Read tables as they come: decimal commas, quotes, units in headings, words for nothing, short rows.
#[test]
fn tables_are_read() {
    let text = "\u{FEFF}\"Time (ms)\";\"ART [kPa]\";x\n0;12,5;1\n8;;2\n16;oops;3\n24;13,5\n";
    let (record, warnings) = read(&files(&[("t.csv", text.as_bytes())]), "t.csv");
    let record = record.unwrap();
    let art = record.channel("ART").unwrap();
    assert_eq!((art.rate_hz, art.sample_count(), art.si_unit().as_str()), (125.0, 4, "Pa"));
    assert!((art.runs[0].values[3] - 13_500.0).abs() < 1e-9 && art.runs[0].values[1].is_nan());
    assert!(warnings.iter().any(|w| w.place == "t.csv: ART" && w.text.contains("line 4: \"oops\"")), "{warnings:?}");
    assert!(warnings.iter().any(|w| w.text.contains("line 5: 2 cells, 3 columns")));
    let gap = read(&files(&[("t.csv", b"t,x [mV]\n0,1\n0.01,1\n0.02,2\n1.02,3\n1.03,4\n")]), "t.csv");
    let channel = &gap.0.unwrap().channels[0];
    assert_eq!(channel.runs.iter().map(|run| (run.start, run.values.len())).collect::<Vec<_>>(), [(0, 3), (102, 2)]);
    assert!(gap.1.iter().any(|w| w.text.contains("gap of 1.000 s at 0.020 s")));
    let back = read(&files(&[("t.csv", b"t,x [mV]\n0,1\n0.01,1\n0.005,2\n")]), "t.csv").0.unwrap_err().to_string();
    assert!(back.starts_with("t.csv: line 4, column t: time 0.005 after 0.01"), "{back}");
}

/// A small EDF file: one ECG of 4 samples in each of `records` records, and an annotation signal.
fn edf(reserved: &str, records: i32, onsets: &[&str]) -> Vec<u8> {
    let field = |text: &str, width: usize| format!("{text:<width$}").into_bytes();
    let mut out =
        [field("0", 8), field("P1 M 01-JAN-1950 Zyxwvut", 80), field("Startdate 02-MAR-2002 X X X", 80), field("02.03.02", 8)].concat();
    out.extend(
        [field("10.20.30", 8), field("768", 8), field(reserved, 44), field(&records.to_string(), 8), field("1", 8), field("2", 4)].concat(),
    );
    for (ecg, marks, width) in [
        ("ECG II", "EDF Annotations", 16),
        ("", "", 80),
        ("mV", "", 8),
        ("-5", "-1", 8),
        ("5", "1", 8),
        ("-32768", "-32768", 8),
        ("32767", "32767", 8),
        ("", "", 80),
        ("4", "16", 8),
        ("", "", 32),
    ] {
        out.extend([field(ecg, width), field(marks, width)].concat());
    }
    for onset in onsets {
        out.extend([0, 0, 0, 64, 0, 192, 255, 127]);
        let mut list = format!("+{onset}\x14\x14\0").into_bytes();
        list.resize(32, 0);
        out.extend(list);
    }
    out
}

/// Read EDF+D with its pauses as gaps, and forget who it was.
#[test]
fn discontinuous_records_have_gaps() {
    let (record, warnings) = read(&files(&[("d.edf", &edf("EDF+D", 3, &["0.25", "1.25", "5.25"]))]), "d.edf");
    let record = record.unwrap();
    let runs: Vec<(u64, usize)> = record.channels[0].runs.iter().map(|run| (run.start, run.values.len())).collect();
    assert_eq!((runs, record.duration_s, record.clock_s), (vec![(0, 8), (20, 4)], 6.0, Some(37_230.25)));
    assert!((record.channels[0].runs[0].values[3] - 5e-3).abs() < 1e-12);
    assert!(!format!("{record:?} {warnings:?}").contains("Zyx") && warnings.iter().any(|w| w.text.contains("not kept")));
    assert!(
        warnings.iter().any(|w| w.place == "d.edf: ECG II" && w.text.contains("1 gaps, together 3.0 s, the first 2.000 s to 5.000 s")),
        "{warnings:?}"
    );
    let named = read(&files(&[("n.edf", &edf("EDF+C", 1, &["0\x14\x14\0+0.5\x14of Zyxwvut"]))]), "n.edf").0.unwrap();
    assert_eq!((named.annotations.len(), named.annotations[0].text.as_str()), (1, ""));
    let open = read(&files(&[("o.edf", &edf("EDF+C", -1, &["0", "1"]))]), "o.edf").0.unwrap();
    assert_eq!(open.duration_s, 2.0);
    let short = read(&files(&[("s.edf", &edf("EDF+C", 9, &["0", "1"]))]), "s.edf");
    assert!(short.0.is_ok() && short.1.iter().any(|w| w.text.contains("ends at 2.000 s: 2 of 9 records")));
    let back = read(&files(&[("b.edf", &edf("EDF+D", 3, &["0", "5", "1"]))]), "b.edf").0;
    assert!(back.unwrap_err().to_string().starts_with("b.edf: 6.000 s: record 2 begins"));
}

/// Files by name, and the record to read.
type Seed = (Vec<(String, Vec<u8>)>, String);

/// Small real files of every format, when they are on this machine; the synthetic ones always.
fn seeds() -> Vec<Seed> {
    let mut list = vec![(vec![("e.edf".to_owned(), edf("EDF+D", 3, &["0.25", "1.25", "5.25"]))], "e.edf".to_owned())];
    let values = artery(300, 125.0);
    let written =
        write_wfdb("r", 125.0, &[WriteChannel { name: "ABP", unit: "mmHg", values: &values }; 2], WfdbFormat::F212, &["x"]).unwrap();
    list.push((written, "r".to_owned()));
    list.push((vec![("t.csv".into(), b"time [s],ABP [mmHg],ECG [mV]\n0,80,0.1\n0.008,81,0.2\n0.016,,0.3\n".to_vec())], "t.csv".into()));
    if let Some(folder) = common::data("waveforms/wfdb-sample") {
        let records: [(&str, &[&str]); 6] = [
            (
                "binformats",
                &[
                    "binformats.d0",
                    "binformats.d1",
                    "binformats.d2",
                    "binformats.d3",
                    "binformats.d4",
                    "binformats.d5",
                    "binformats.d6",
                    "binformats.d7",
                    "binformats.d8",
                    "binformats.d9",
                ],
            ),
            ("flacformats", &["flacformats.d0", "flacformats.d1", "flacformats.d2"]),
            ("310derive", &["310derive.dat"]),
            ("3000003_0003", &["3000003_0003.dat"]),
            ("100_3chan", &["100_3chan.dat"]),
            ("311derive_3", &["311derive_3.dat"]),
        ];
        let source = FolderFiles::new(&folder);
        for (name, data) in records {
            let names = std::iter::once(format!("{name}.hea")).chain(data.iter().map(|name| (*name).to_owned()));
            list.push((
                names
                    .map(|file| {
                        let bytes = source.read(&file, 0, 1 << 20).unwrap();
                        (file, bytes)
                    })
                    .collect(),
                name.to_owned(),
            ));
        }
    }
    list
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Change, cut and lengthen any file of a record anywhere.
    #[test]
    fn changed_records_are_answered(seed in 0_usize..64, file in 0_usize..16, cut in 0.0_f64..1.2, changes in proptest::collection::vec((0.0_f64..1.0, any::<u8>()), 0..6)) {
        let seeds = seeds();
        let (mut list, name) = seeds[seed % seeds.len()].clone();
        let at = file % list.len();
        let bytes = &mut list[at].1;
        for (place, byte) in changes {
            let place = (place * bytes.len() as f64) as usize;
            bytes[place] = byte;
        }
        if cut < 1.0 {
            bytes.truncate((cut * bytes.len() as f64) as usize);
        }
        let (record, _) = read(&MemoryFiles::new(list), &name);
        if let Ok(record) = record {
            prop_assert!(record.channels.iter().map(|c| c.sample_count()).sum::<u64>() <= 1_000_000);
            for channel in &record.channels {
                prop_assert!(channel.rate_hz > 0.0 && channel.rate_hz.is_finite());
                prop_assert!(channel.runs.windows(2).all(|pair| pair[0].start + pair[0].values.len() as u64 <= pair[1].start));
            }
        }
    }

    /// Answer any bytes under any ending.
    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..600), lines in "[ -~\n]{0,300}") {
        for name in ["x.hea", "x.edf", "x.csv", "x.txt"] {
            let _ = read(&files(&[(name, &bytes), ("x.dat", &bytes)]), name);
            let _ = read(&files(&[(name, lines.as_bytes()), ("x.dat", &bytes)]), name);
        }
        let mut head = b"0       ".to_vec();
        head.extend(&bytes);
        let _ = read(&files(&[("x.edf", &head)]), "x.edf");
    }

    /// Write a record and read it back: every value within half a step, lost samples lost, the checksum right.
    #[test]
    fn records_round_trip(values in proptest::collection::vec(prop_oneof![8 => -300.0_f64..300.0, 1 => Just(f64::NAN)], 1..200), wide in any::<bool>(), scale in -6_i32..6) {
        let values: Vec<f64> = values.iter().map(|x| x * ops::powf(10.0, f64::from(scale))).collect();
        let second: Vec<f64> = values.iter().rev().copied().collect();
        let format = if wide { WfdbFormat::F16 } else { WfdbFormat::F212 };
        let channels = [WriteChannel { name: "ABP", unit: "mmHg", values: &values }, WriteChannel { name: "x y", unit: "mV", values: &second }];
        let files = MemoryFiles::new(write_wfdb("r-1", 250.0, &channels, format, &["made up"]).unwrap());
        let warnings = Warnings::new();
        let record = read_waves(&files, "r-1", &WaveOptions::usual(), &warnings).unwrap();
        prop_assert!(!warnings.list().iter().any(|w| w.text.contains("checksum") || w.text.contains("first sample")), "{:?}", warnings.list());
        for (channel, wanted) in record.channels.iter().zip([&values, &second]) {
            let (min, max) = wanted.iter().filter(|x| x.is_finite()).fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(*x), b.max(*x)));
            let width = if max > min { max - min } else { min.abs().max(1.0) };
            let steps = if wide { 65_532.0 } else { 4092.0 };
            let found = channel.dense(0, wanted.len() as u64);
            prop_assert_eq!(found.len(), wanted.len());
            for (a, b) in found.iter().zip(wanted.iter()) {
                prop_assert_eq!(a.is_nan(), b.is_nan());
                // The gain is rounded down to three figures: at most 1 % more than half a step.
                prop_assert!(b.is_nan() || (channel.written(*a) - b).abs() <= 0.506 * width / steps + 1e-12 * b.abs(), "{} {b} {width}", channel.written(*a));
            }
        }
    }

    /// Write annotations, change a byte, read them: an answer.
    #[test]
    fn changed_annotations_are_answered(steps in proptest::collection::vec(0_i64..3000, 0..40), place in 0.0_f64..1.0, byte in any::<u8>()) {
        let mut time = 0;
        let list: Vec<BeatCode> = steps.iter().map(|step| {
            time += step;
            BeatCode { sample: time, code: 1, subtype: 0, channel: 0, number: 0, text: String::new() }
        }).collect();
        let mut bytes = write_annotations(&list).unwrap();
        let (whole, _) = read_annotations(&files(&[("r.atr", &bytes)]), "r.atr", 1 << 20, &Warnings::new()).unwrap();
        prop_assert_eq!(&whole, &list);
        let at = (place * bytes.len() as f64) as usize;
        bytes[at] = byte;
        prop_assert!(read_annotations(&files(&[("r.atr", &bytes)]), "r.atr", 1 << 20, &Warnings::new()).is_ok());
    }
}
