//! Samples as the converter wrote them, and their way to SI.

use proband_core::Warnings;

use super::kind::WaveKind;
use super::options::WaveOptions;
use super::record::{Span, Trust, WaveAnnotation, WaveChannel, WaveRecord, WaveRun};
use super::text::clean;
use crate::unit;

/// A lost sample.
pub const INVALID: i32 = i32::MIN;

/// Samples without a gap, with one calibration: physical = (sample − baseline) / gain.
#[derive(Clone, Debug, PartialEq)]
pub struct DigitalRun {
    /// Index of the first sample from the start of the record.
    pub start: u64,
    /// Converter steps per unit.
    pub gain: f64,
    /// Converter value of zero.
    pub baseline: f64,
    /// Samples; [`INVALID`]: lost.
    pub samples: Vec<i32>,
}

/// One channel as the converter wrote it.
#[derive(Clone, Debug, PartialEq)]
pub struct DigitalChannel {
    /// Name in the file, made printable.
    pub name: String,
    /// Unit in the file.
    pub unit: String,
    /// Whether the file gives no gain.
    pub uncalibrated: bool,
    /// Samples per second [Hz].
    pub rate_hz: f64,
    /// Samples in order, without overlap.
    pub runs: Vec<DigitalRun>,
}

impl DigitalChannel {
    /// Samples from `from` to `to`, [`INVALID`] where there is none; for small windows.
    #[must_use]
    pub fn dense(&self, from: u64, to: u64) -> Vec<i32> {
        let end = self.runs.last().map_or(0, |run| run.start + run.samples.len() as u64);
        let mut out = vec![INVALID; to.min(end).saturating_sub(from) as usize];
        for run in &self.runs {
            for (i, sample) in run.samples.iter().enumerate() {
                let at = run.start + i as u64;
                if at >= from && at - from < out.len() as u64 {
                    out[(at - from) as usize] = *sample;
                }
            }
        }
        out
    }
}

/// A record as the converter wrote it.
#[derive(Clone, Debug, PartialEq)]
pub struct DigitalRecord {
    /// Length [s].
    pub duration_s: f64,
    /// Time of day at the start [s], where the file has one.
    pub clock_s: Option<f64>,
    /// Channels in the order of the file.
    pub channels: Vec<DigitalChannel>,
    /// Marks, in order of time.
    pub annotations: Vec<WaveAnnotation>,
}

/// Spellings of units that only waveforms have.
const SPELLINGS: &[(&str, &str)] = &[
    ("nu", "1"),
    ("nd", "1"),
    ("adu", "1"),
    ("adc", "1"),
    ("pm", "/min"),
    ("bpm", "/min"),
    ("ohms", "Ohm"),
    ("ohm", "Ohm"),
    ("µv", "uV"),
    ("μv", "uV"),
    ("l/min", "L/min"),
];

/// A unit of a waveform file. `None`: unknown.
pub(crate) fn read_unit(written: &str) -> Option<proband_core::Unit> {
    let folded = written.trim().to_lowercase();
    if let Some((_, code)) = SPELLINGS.iter().find(|(spelling, _)| *spelling == folded) {
        return proband_core::Unit::parse(code).ok();
    }
    unit::read(written.trim()).map(unit::Reading::into_unit)
}

/// Kind by name, corrected by the dimension of the unit: "RESP" in 1/min is a number, not a wave.
pub(crate) fn kind_of(name: &str, unit: Option<&proband_core::Unit>) -> WaveKind {
    let kind = WaveKind::of_name(name);
    let rate = unit.is_some_and(|unit| unit.dimension() == proband_core::Dimension::FREQUENCY);
    if kind == WaveKind::Respiration && rate { WaveKind::BreathingRate } else { kind }
}

/// Calibrate.
pub(crate) fn to_si(record: DigitalRecord, options: &WaveOptions, file: &str, warnings: &Warnings) -> WaveRecord {
    let channels = record.channels.into_iter().map(|channel| calibrate(channel, &options.units, file, warnings)).collect();
    WaveRecord {
        duration_s: record.duration_s,
        read: Span::asked(options, record.duration_s),
        clock_s: record.clock_s,
        channels,
        annotations: record.annotations,
    }
}

fn calibrate(channel: DigitalChannel, units: &[(String, String)], file: &str, warnings: &Warnings) -> WaveChannel {
    let place = format!("{}: {}", super::files::shown(file), channel.name);
    let written = units.iter().find(|(name, _)| *name == channel.name).map_or(&channel.unit, |(_, unit)| unit);
    let unit = read_unit(written);
    if unit.is_none() {
        warnings.note(&place, format!("unit \"{}\" is not known; values stand as written", clean(written, 20)));
    }
    if channel.uncalibrated {
        warnings.note(&place, "no gain in the file: values have no calibration".to_owned());
    }
    let mut runs = Vec::with_capacity(channel.runs.len());
    for run in channel.runs {
        // Every unit is a factor and an offset.
        let offset = unit.as_ref().map_or(0.0, |unit| unit.to_si(0.0));
        let step = unit.as_ref().map_or(1.0, |unit| unit.to_si(1.0) - offset) / run.gain;
        let value = |sample: &i32| if *sample == INVALID { f64::NAN } else { (f64::from(*sample) - run.baseline) * step + offset };
        runs.push(WaveRun { start: run.start, values: run.samples.iter().map(value).collect() });
    }
    WaveChannel {
        kind: kind_of(&channel.name, unit.as_ref()),
        name: channel.name,
        rate_hz: channel.rate_hz,
        unit_written: clean(written, 20),
        unit,
        uncalibrated: channel.uncalibrated,
        trust: Trust::Unchecked,
        runs,
    }
}
