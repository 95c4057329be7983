//! Reading a WFDB record, and finding its beats.

use proband_chart::{MemoryFiles, WaveOptions, WfdbFormat, WriteChannel, read_waves, read_wfdb_digital, write_wfdb};
use proband_core::{Stream, Warnings, ops};
use proband_signal::{r_peaks, score};

use super::{Case, Outcome, Row, timed};
use crate::failure::Failure;
use crate::interrupt::Interrupt;

pub(super) const CASE: Case = Case { name: "waves", what: "waveforms: reading WFDB, finding beats", run };

/// Half an hour of two channels at 360 Hz, as in the MIT-BIH arrhythmia database.
const RATE_HZ: f64 = 360.0;
const COUNT: usize = 650_000;
const REPEATS: u32 = 200;
/// wfdb-python 4.3.1 on the machine on which this benchmark was written, `rdrecord` of record 100 (format 212, page cache warm), best of
/// five [samples per CPU second].
const WFDB_PYTHON: f64 = 117.7e6;
/// The same for `xqrs_detect` on its first channel: 1.691 s for 650 000 samples; found 2273 of 2273 beats.
const XQRS: f64 = 650_000.0 / 1.691;

fn run(_: &Interrupt) -> Result<Outcome, Failure> {
    let mut stream = Stream::new(1, 0, "bench.waves");
    let mut beats = vec![0.5];
    while beats[beats.len() - 1] < COUNT as f64 / RATE_HZ - 1.5 {
        beats.push(beats[beats.len() - 1] + 0.8 + 0.05 * stream.normal());
    }
    let mut ecg: Vec<f64> = (0..COUNT).map(|_| 0.03 * stream.normal()).collect();
    for beat in &beats {
        let middle = beat * RATE_HZ;
        for (i, x) in ecg.iter_mut().enumerate().skip(middle as usize - 100).take(200) {
            let off = (i as f64 - middle) / RATE_HZ;
            *x += ops::exp(-(off / 0.012) * (off / 0.012)) + 0.25 * ops::exp(-((off - 0.25) / 0.06) * ((off - 0.25) / 0.06));
        }
    }
    let mut rows = Vec::new();
    for (format, name) in [(WfdbFormat::F212, "212"), (WfdbFormat::F16, "16")] {
        let channels = [WriteChannel { name: "MLII", unit: "mV", values: &ecg }; 2];
        let files = MemoryFiles::new(write_wfdb("r", RATE_HZ, &channels, format, &[]).map_err(Failure::of)?);
        rows.extend(reading(&files, name, &ecg)?);
    }
    let (peaks, times) = timed(|| r_peaks(&ecg, RATE_HZ));
    let found: Vec<f64> = peaks.map_err(Failure::of)?.iter().map(|i| *i as f64 / RATE_HZ).collect();
    let s = score(&beats, &found, 0.15);
    let rate = COUNT as f64 / times.cpu_s;
    rows.push(Row {
        what: "R peaks".into(),
        value: rate / 1e6,
        unit: "million samples/s",
        against: Some(("xqrs_detect of wfdb-python 4.3.1, measured".into(), rate / XQRS)),
        error: format!("{} missed, {} extra of {}", s.missed, s.extra, beats.len()),
    });
    Ok(Outcome { rows, note: "650 000 samples of two channels at 360 Hz, from memory; CPU time of one core.\n".into() })
}

fn reading(files: &MemoryFiles, format: &str, ecg: &[f64]) -> Result<[Row; 2], Failure> {
    let options = WaveOptions::usual();
    let (worst, times) = timed(|| {
        let mut worst = 0.0_f64;
        for repeat in 0..REPEATS {
            let record = read_waves(files, "r", &options, &Warnings::new())?;
            if repeat == 0 {
                let values = &record.channels[0].runs[0].values;
                worst = values.iter().zip(ecg).map(|(a, b)| (a - b * 1e-3).abs()).fold(0.0, f64::max);
            }
        }
        Ok::<f64, proband_chart::ChartError>(worst)
    });
    let worst = worst.map_err(Failure::of)?;
    let speed = |cpu_s: f64| f64::from(REPEATS) * 2.0 * COUNT as f64 / cpu_s;
    let (digital, raw) = timed(|| (0..REPEATS).try_for_each(|_| read_wfdb_digital(files, "r", &options, &Warnings::new()).map(drop)));
    digital.map_err(Failure::of)?;
    let row = |what: String, cpu_s: f64, error: String| Row {
        what,
        value: speed(cpu_s) / 1e6,
        unit: "million samples/s",
        against: Some(("rdrecord of wfdb-python 4.3.1, measured".into(), speed(cpu_s) / WFDB_PYTHON)),
        error,
    };
    Ok([
        row(format!("format {format}, to SI"), times.cpu_s, format!("{:.2} uV at most, half a step", worst * 1e6)),
        row(format!("format {format}, as stored, checksums compared"), raw.cpu_s, "0".into()),
    ])
}
