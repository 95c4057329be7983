//! A record of waveforms in SI units, with gaps that cost no memory.

use proband_core::{Dimension, Unit};

use super::kind::WaveKind;

/// Samples without a gap between them; single lost samples are NaN.
#[derive(Clone, Debug, PartialEq)]
pub struct WaveRun {
    /// Index of the first sample from the start of the record.
    pub start: u64,
    /// Values in the unit of the channel; NaN: lost.
    pub values: Vec<f64>,
}

/// A part of a record [s from its start].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// Begin.
    pub from_s: f64,
    /// End.
    pub to_s: f64,
}

/// How far label and unit of a channel agree with its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Nobody has compared them, or there is nothing to compare.
    Unchecked,
    /// The values are what such a channel shows.
    Plausible,
    /// They are not: do not compute with this channel before a person has decided.
    Doubtful {
        /// What is wrong.
        why: String,
        /// What it seems to be, where that can be said: a unit, a kind, another channel.
        likely: Option<String>,
    },
}

/// One channel.
#[derive(Clone, Debug, PartialEq)]
pub struct WaveChannel {
    /// Name in the file, made printable.
    pub name: String,
    /// What the name says that it is.
    pub kind: WaveKind,
    /// Samples per second [Hz].
    pub rate_hz: f64,
    /// Unit in the file, or empty.
    pub unit_written: String,
    /// How to get from the unit in the file to SI; `None`: unit unknown, values stand as written.
    pub unit: Option<Unit>,
    /// Whether the file says that its values have no calibration.
    pub uncalibrated: bool,
    /// What the comparison of label and values gave.
    pub trust: Trust,
    /// Samples [SI, or as written where the unit is unknown], in order and without overlap.
    pub runs: Vec<WaveRun>,
}

impl WaveChannel {
    /// SI unit in words; empty when the unit in the file is unknown.
    #[must_use]
    pub fn si_unit(&self) -> String {
        self.unit.as_ref().map_or_else(String::new, |unit| match unit.dimension() {
            Dimension::VOLTAGE => "V".into(),
            Dimension::RESISTANCE => "Ohm".into(),
            dimension => crate::unit::si_text(dimension),
        })
    }

    /// Samples that are there, lost ones included.
    #[must_use]
    pub fn sample_count(&self) -> u64 {
        self.runs.iter().map(|run| run.values.len() as u64).sum()
    }

    /// One past the last sample.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.runs.last().map_or(0, |run| run.start + run.values.len() as u64)
    }

    /// Samples from index `from` to `to`, NaN where there is none. At most as long as the channel.
    #[must_use]
    pub fn dense(&self, from: u64, to: u64) -> Vec<f64> {
        let to = to.min(self.end());
        let mut out = vec![f64::NAN; to.saturating_sub(from) as usize];
        for run in &self.runs {
            let (begin, end) = (run.start.max(from), (run.start + run.values.len() as u64).min(to));
            if begin < end {
                let source = &run.values[(begin - run.start) as usize..(end - run.start) as usize];
                out[(begin - from) as usize..(end - from) as usize].copy_from_slice(source);
            }
        }
        out
    }

    /// A value of this channel in the unit of the file.
    #[must_use]
    pub fn written(&self, value: f64) -> f64 {
        self.unit.as_ref().map_or(value, |unit| unit.of_si(value))
    }

    /// Mean of all finite samples in the unit of the channel; NaN when there is none.
    #[must_use]
    pub fn mean(&self) -> f64 {
        let (mut sum, mut count) = (0.0, 0_u64);
        for value in self.runs.iter().flat_map(|run| &run.values).filter(|value| value.is_finite()) {
            sum += value;
            count += 1;
        }
        sum / count as f64
    }

    /// Lost parts of at least `least_s` between `from_s` and `to_s`: between runs, and NaN inside them; at most `max` of them.
    #[must_use]
    pub fn gaps(&self, from_s: f64, to_s: f64, least_s: f64, max: usize) -> Vec<Span> {
        let mut gaps = Vec::new();
        let mut lost_since = from_s;
        let mut note = |from: f64, to: f64| {
            if to - from >= least_s && gaps.len() < max {
                gaps.push(Span { from_s: from, to_s: to });
            }
        };
        for run in &self.runs {
            for (i, value) in run.values.iter().enumerate() {
                if !value.is_nan() {
                    let at = (run.start + i as u64) as f64 / self.rate_hz;
                    note(lost_since, at);
                    lost_since = at + 1.0 / self.rate_hz;
                }
            }
        }
        note(lost_since, to_s);
        gaps
    }
}

/// A mark in time.
#[derive(Clone, Debug, PartialEq)]
pub struct WaveAnnotation {
    /// When [s from the start of the record].
    pub time_s: f64,
    /// How long [s], where the file says so.
    pub duration_s: Option<f64>,
    /// Code of a WFDB annotation ("N", "V", "+"), empty for others.
    pub code: String,
    /// Whether the mark is a beat of the heart.
    pub is_beat: bool,
    /// Free text, made printable.
    pub text: String,
}

/// What was in the files, without the date and without who it was.
#[derive(Clone, Debug, PartialEq)]
pub struct WaveRecord {
    /// Length [s].
    pub duration_s: f64,
    /// Part of it that was read.
    pub read: Span,
    /// Time of day at the start [s], where the file has one. The date is not kept.
    pub clock_s: Option<f64>,
    /// Channels in the order of the file.
    pub channels: Vec<WaveChannel>,
    /// Marks, in order of time.
    pub annotations: Vec<WaveAnnotation>,
}

impl Span {
    /// The part of a record of `duration_s` that was asked for.
    pub(crate) fn asked(options: &super::options::WaveOptions, duration_s: f64) -> Self {
        Self { from_s: options.from_s.clamp(0.0, duration_s.max(0.0)), to_s: options.to_s.min(duration_s) }
    }
}

impl WaveRecord {
    /// A channel by name.
    #[must_use]
    pub fn channel(&self, name: &str) -> Option<&WaveChannel> {
        self.channels.iter().find(|channel| channel.name == name)
    }
}
