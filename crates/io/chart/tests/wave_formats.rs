//! EDF, BDF and tables of the public sample set, and what their labels are worth.

mod common;

use std::path::Path;

use proband_chart::{FolderFiles, Trust, WaveOptions, WaveRecord, check_waves, read_waves};
use proband_core::{PA_PER_MMHG, Warning, Warnings};

fn waves(folder: &Path, name: &str, options: &WaveOptions) -> (WaveRecord, Vec<Warning>) {
    let warnings = Warnings::new();
    let mut record = read_waves(&FolderFiles::new(folder), name, options, &warnings).expect(name);
    check_waves(&mut record, name, &warnings);
    (record, warnings.list())
}

fn at_rate(rate_hz: f64) -> WaveOptions {
    WaveOptions { table_rate_hz: Some(rate_hz), ..WaveOptions::usual() }
}

fn show(name: &str, record: &WaveRecord, warnings: &[Warning]) {
    println!("== {name} {} s clock {:?} {} marks", record.duration_s, record.clock_s, record.annotations.len());
    for c in &record.channels {
        println!(
            "   {} {:?} {} Hz [{}] n {} mean {:.5} {:?}",
            c.name,
            c.kind,
            c.rate_hz,
            c.unit_written,
            c.sample_count(),
            c.written(c.mean()),
            c.trust
        );
    }
    warnings.iter().for_each(|w| println!("   ! {} {}", w.place, w.text));
}

#[test]
fn show_all() {
    let Some(root) = common::data("waveforms") else { return };
    let usual = WaveOptions::usual();
    for name in
        ["edf/test_generator.bdf", "edf/test_legacy.edf", "edf/test_subsecond.edf", "edf/test_utf8.edf", "wfdb-sample/test_edfann.edf"]
    {
        let (folder, file) = name.split_once('/').unwrap();
        let (record, warnings) = waves(&root.join(folder), file, &usual);
        show(name, &record, &warnings);
        record.annotations.iter().take(5).for_each(|a| println!("   {a:?}"));
    }
    for name in ["bcg", "ecg", "eda", "pcg", "ppg", "resp"] {
        let (record, warnings) = waves(&root.join("biosppy"), &format!("{name}.txt"), &usual);
        show(name, &record, &warnings);
    }
    for (name, rate) in [
        ("heartpy/data.csv", 100.0),
        ("heartpy/data2.csv", 0.0),
        ("heartpy/data3.csv", 0.0),
        ("heartpy/e0103.csv", 250.0),
        ("heartpy/118e24.csv", 360.0),
        ("heartpy/ring_data.csv", 100.0),
        ("waveformtools/abp.csv", 125.0),
        ("waveformtools/ecg_noisy.csv", 500.0),
    ] {
        let (folder, file) = name.split_once('/').unwrap();
        let options = if rate > 0.0 { at_rate(rate) } else { usual.clone() };
        let (record, warnings) = waves(&root.join(folder), file, &options);
        show(name, &record, &warnings);
    }
    for name in ["100", "100_3chan", "a103l", "v102s", "mixedsignals", "s0010_re", "test01_00s", "p10143", "3000003_0003", "03700181"] {
        let (record, warnings) = waves(&root.join("wfdb-sample"), name, &usual);
        show(name, &record, &warnings);
    }
    for name in ["105", "TestICU"] {
        let (record, warnings) = waves(&root.join("physionet-toolbox"), name, &usual);
        show(name, &record, &warnings);
    }
    for name in [
        "s00001/s00001-2896-10-10-00-31",
        "s00001/s00001-2896-10-10-00-31n",
        "s25047/s25047-2704-05-04-10-44",
        "s25047/s25047-2704-05-04-10-44n",
        "p000878/p000878-2137-10-26-16-57",
        "041s/041s",
        "fixed1/v102s",
    ] {
        let (folder, file) = name.split_once('/').unwrap();
        let (record, warnings) = waves(&root.join("wfdb-sample/multi-segment").join(folder), file, &usual);
        show(name, &record, &warnings);
    }
}
