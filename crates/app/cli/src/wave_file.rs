//! Waveform records from a path, and what can be said about their channels.

use std::path::Path;

use proband_chart::{FolderFiles, WaveChannel, WaveKind, WaveOptions, WaveRecord, check_waves, read_waves};
use proband_core::{Dimension, Warnings};
use proband_signal::{QualityKind, breaths, median, quality};

use crate::failure::Failure;

/// How a record is read.
#[derive(Debug, clap::Args)]
pub(crate) struct ReadArguments {
    /// Begin of the part that is read [s]
    #[arg(long, value_name = "SECONDS", default_value_t = 0.0)]
    from: f64,
    /// End of the part that is read [s]; none: the end of the record
    #[arg(long, value_name = "SECONDS")]
    to: Option<f64>,
    /// Samples per second of a table without a column of times [Hz]
    #[arg(long, value_name = "HZ")]
    rate: Option<f64>,
    /// Unit that stands for the file's, as ABP=kPa; may be repeated
    #[arg(long, value_name = "CHANNEL=UNIT")]
    unit: Vec<String>,
    /// Annotation file of a WFDB record by its ending, as atr
    #[arg(long, value_name = "ENDING")]
    annotations: Option<String>,
}

impl ReadArguments {
    /// For commands that name the part otherwise.
    pub(crate) fn of(begin_s: f64, end_s: Option<f64>, rate: Option<f64>, unit: Vec<String>) -> Self {
        Self { from: begin_s, to: end_s, rate, unit, annotations: None }
    }

    fn options(&self) -> Result<WaveOptions, Failure> {
        let mut options = WaveOptions::usual();
        options.from_s = self.from;
        options.to_s = self.to.unwrap_or(f64::INFINITY);
        if !(self.from >= 0.0 && options.to_s > self.from) {
            return Err(Failure::Usage(format!(
                "the part from {} s to {} s: its end must come after its begin, its begin not before 0",
                self.from, options.to_s
            )));
        }
        options.table_rate_hz = self.rate;
        options.annotator.clone_from(&self.annotations);
        for text in &self.unit {
            let (channel, unit) = text.rsplit_once('=').ok_or_else(|| Failure::Usage(format!("--unit {text}: as in ABP=kPa")))?;
            options.units.push((channel.to_owned(), unit.to_owned()));
        }
        Ok(options)
    }
}

/// Read a record and compare its labels with its values.
pub(crate) fn open(path: &Path, arguments: &ReadArguments, warnings: &Warnings) -> Result<WaveRecord, Failure> {
    let name = path.file_name().ok_or_else(|| Failure::Usage(format!("{}: not a file", path.display())))?.to_string_lossy().into_owned();
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let options = arguments.options()?;
    let mut record = read_waves(&FolderFiles::new(folder), &name, &options, warnings).map_err(|error| Failure::at(path, error))?;
    if options.from_s > 0.0 && options.from_s >= record.duration_s {
        return Err(Failure::Usage(format!(
            "{}: the part begins at {} s, the record ends at {:.1} s",
            path.display(),
            options.from_s,
            record.duration_s
        )));
    }
    if let Some((channel, _)) = options.units.iter().find(|(channel, _)| record.channel(channel).is_none()) {
        return Err(Failure::Usage(format!("--unit {channel}: no such channel")));
    }
    check_waves(&mut record, &name, warnings);
    Ok(record)
}

/// Windows in which quality is judged [s].
const WINDOW_S: f64 = 10.0;

/// One minute of a channel.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Minute {
    /// Number from the start of the record.
    pub minute: u64,
    /// Windows of ten seconds that hold samples, and how many can be used.
    pub windows: u32,
    pub usable: u32,
    /// Median of the windows' rates of the heart [1/min]; NaN without beats.
    pub rate_per_min: f64,
    /// Why the last unusable window cannot be used.
    pub reason: &'static str,
}

/// What was found in a channel.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Findings {
    /// Beats of the heart; `None` where the kind has none.
    pub beats: Option<usize>,
    /// Breaths; `None` where the kind has none.
    pub breaths: Option<usize>,
    /// Minutes with samples.
    pub minutes: Vec<Minute>,
}

impl Findings {
    /// Median rate of the heart [1/min].
    pub(crate) fn rate_per_min(&self) -> f64 {
        median(&self.minutes.iter().map(|minute| minute.rate_per_min).collect::<Vec<_>>())
    }

    /// Part of the windows that can be used.
    pub(crate) fn usable(&self) -> f64 {
        let (usable, windows) = self.minutes.iter().fold((0, 0), |(a, b), minute| (a + minute.usable, b + minute.windows));
        f64::from(usable) / f64::from(windows)
    }
}

fn quality_kind(channel: &WaveChannel) -> QualityKind {
    let pressure = channel.unit.as_ref().is_some_and(|unit| unit.dimension() == Dimension::PRESSURE);
    match channel.kind {
        WaveKind::Ecg => QualityKind::Ecg,
        WaveKind::ArterialPressure if pressure => QualityKind::ArterialPressure,
        WaveKind::Plethysmogram => QualityKind::Pulse,
        _ => QualityKind::Other,
    }
}

/// Beats, breaths and quality, run by run: gaps cost nothing.
pub(crate) fn findings(channel: &WaveChannel) -> Result<Findings, Failure> {
    let kind = quality_kind(channel);
    let mut found = Findings::default();
    let mut rates: Vec<(u64, f64)> = Vec::new();
    for run in &channel.runs {
        if channel.kind == WaveKind::Respiration && channel.rate_hz >= proband_signal::BREATH_RATE_HZ_MIN {
            *found.breaths.get_or_insert(0) += breaths(&run.values, channel.rate_hz).map_err(Failure::of)?.len();
        }
        for window in quality(kind, &run.values, channel.rate_hz, WINDOW_S).map_err(Failure::of)? {
            if window.lost >= 1.0 {
                continue;
            }
            let minute = ((run.start + window.from as u64) as f64 / channel.rate_hz / 60.0) as u64;
            if found.minutes.last().is_none_or(|last| last.minute != minute) {
                found.minutes.push(Minute { minute, windows: 0, usable: 0, rate_per_min: f64::NAN, reason: "" });
            }
            if let Some(last) = found.minutes.last_mut() {
                last.windows += 1;
                last.usable += u32::from(window.usable);
                last.reason = if window.usable { last.reason } else { window.reason };
            }
            rates.push((minute, 60.0 * window.rate_hz));
            if kind != QualityKind::Other {
                *found.beats.get_or_insert(0) += window.beats;
            }
        }
    }
    let mut rest = rates.as_slice();
    for minute in &mut found.minutes {
        let own = rest.iter().take_while(|(at, _)| *at == minute.minute).count();
        minute.rate_per_min = median(&rest[..own].iter().map(|(_, rate)| *rate).collect::<Vec<_>>());
        rest = &rest[own..];
    }
    Ok(found)
}
