//! A whole record: one segment, or many in fixed or variable layout.

use proband_core::Warnings;

use super::header::{Header, SignalSpec};
use super::signals::{Wanted, frames_in_files, read_signals};
use super::{DigitalChannel, DigitalRecord, DigitalRun};
use crate::ChartError;
use crate::wave::files::{Files, shown, whole};
use crate::wave::options::WaveOptions;
use crate::wave::text::span;

/// Read a WFDB record as the converter wrote it. `name` is the record, without `.hea`.
///
/// Segments that a master header names and that are absent become gaps with a warning; a single record without its signal file is an error.
///
/// # Errors
/// [`ChartError::Wave`] and [`ChartError::FileAbsent`] with file and place.
pub fn read_wfdb_digital(files: &dyn Files, name: &str, options: &WaveOptions, warnings: &Warnings) -> Result<DigitalRecord, ChartError> {
    let (header, file) = open(files, name, "", options)?;
    let mut budget = options.sample_count_max;
    if header.segment_count.is_some() {
        return Master::new(files, &header, &file, options, warnings)?.read(&mut budget);
    }
    let frames = frames_of(files, &header, &file, options)?;
    let header = Header { frames: Some(frames), ..header };
    let window = window(options, header.rate_hz, 0, frames);
    let mut channels = empty_channels(&header, &header.signals);
    let wanted =
        Wanted { files, header: &header, header_file: &file, frames: window.clone(), start_s: 0.0, size_bytes_max: options.size_bytes_max };
    let samples = read_signals(&wanted, &mut budget, warnings)?;
    for ((channel, spec), samples) in channels.iter_mut().zip(&header.signals).zip(samples) {
        push_run(channel, spec, window.start * spec.per_frame, samples);
    }
    Ok(DigitalRecord { duration_s: frames as f64 / header.rate_hz, clock_s: header.clock_s, channels, annotations: Vec::new() })
}

fn open(files: &dyn Files, name: &str, named_by: &str, options: &WaveOptions) -> Result<(Header, String), ChartError> {
    let file = format!("{name}.hea");
    let bytes = whole(files, &file, named_by, options.size_bytes_max)?;
    Ok((Header::parse(&bytes, &file)?, file))
}

/// Frames per second of a record [Hz].
pub(in crate::wave) fn frame_rate_hz(files: &dyn Files, name: &str, size_bytes_max: u64) -> Result<f64, ChartError> {
    let file = format!("{name}.hea");
    Ok(Header::parse(&whole(files, &file, "", size_bytes_max)?, &file)?.rate_hz)
}

fn frames_of(files: &dyn Files, header: &Header, file: &str, options: &WaveOptions) -> Result<u64, ChartError> {
    match header.frames {
        // header(5): 0 leaves the count open.
        None | Some(0) => frames_in_files(files, header, file, options.size_bytes_max),
        Some(frames) => Ok(frames),
    }
}

/// Frames of a segment that begins at `start` and lie in the asked window, from its own begin.
fn window(options: &WaveOptions, rate_hz: f64, start: u64, frames: u64) -> std::ops::Range<u64> {
    // `as` saturates: infinity is the end.
    let from = ((options.from_s.max(0.0) * rate_hz - 1e-6).ceil() as u64).saturating_sub(start).min(frames);
    let to = ((options.to_s.max(0.0) * rate_hz - 1e-6).ceil() as u64).saturating_sub(start).min(frames);
    from..to.max(from)
}

fn empty_channels(header: &Header, specs: &[SignalSpec]) -> Vec<DigitalChannel> {
    let channel = |spec: &SignalSpec| DigitalChannel {
        name: spec.name.clone(),
        unit: spec.unit.clone(),
        uncalibrated: spec.uncalibrated,
        rate_hz: header.rate_hz * spec.per_frame as f64,
        runs: Vec::new(),
    };
    let mut channels: Vec<DigitalChannel> = specs.iter().map(channel).collect();
    for i in 0..channels.len() {
        // Channels are found by name: a second one of a name gets its number.
        if channels[i].name.is_empty() || channels[..i].iter().any(|other| other.name == channels[i].name) {
            channels[i].name = format!("{} #{}", channels[i].name, i + 1).trim().to_owned();
        }
    }
    channels
}

fn push_run(channel: &mut DigitalChannel, spec: &SignalSpec, start: u64, samples: Vec<i32>) {
    if !samples.is_empty() {
        channel.runs.push(DigitalRun { start, gain: spec.gain, baseline: spec.baseline, samples });
    }
}

/// A record of segments.
struct Master<'a> {
    files: &'a dyn Files,
    header: &'a Header,
    file: &'a str,
    options: &'a WaveOptions,
    warnings: &'a Warnings,
    /// Signals of the whole record.
    layout: Vec<SignalSpec>,
    /// Whether segments have their own selection of signals.
    variable: bool,
}

impl<'a> Master<'a> {
    fn new(
        files: &'a dyn Files,
        header: &'a Header,
        file: &'a str,
        options: &'a WaveOptions,
        warnings: &'a Warnings,
    ) -> Result<Self, ChartError> {
        let variable = header.segments.first().is_some_and(|first| first.frames == 0 && first.name != "~");
        let mut master = Self { files, header, file, options, warnings, layout: Vec::new(), variable };
        for segment in header.segments.iter().filter(|segment| segment.name != "~") {
            // Variable layout: the first segment lists the signals. Fixed: any segment that is there does.
            match open(files, &segment.name, file, options) {
                Ok((segment, _)) => {
                    master.layout = segment.signals;
                    break;
                }
                Err(ChartError::FileAbsent { .. }) if !variable => {}
                Err(error) => return Err(error),
            }
        }
        if master.layout.is_empty() && header.signal_count > 0 {
            let what = format!("none of {} segments is there", header.segments.len());
            return Err(ChartError::Wave { file: shown(file), place: "segments".into(), what });
        }
        Ok(master)
    }

    fn read(&self, budget: &mut u64) -> Result<DigitalRecord, ChartError> {
        let rate = self.header.rate_hz;
        let mut channels = empty_channels(self.header, &self.layout);
        let (mut start, mut wanted, mut read) = (0_u64, 0_u32, 0_u32);
        for segment in &self.header.segments {
            let window = window(self.options, rate, start, segment.frames);
            if segment.name != "~" && !window.is_empty() {
                wanted += 1;
                read += u32::from(self.segment(&segment.name, start, window, segment.frames, &mut channels, budget)?);
            }
            start = start.saturating_add(segment.frames);
        }
        if wanted > 0 && read == 0 {
            let what = format!("none of the {wanted} segments in the window is there");
            return Err(ChartError::Wave { file: shown(self.file), place: "segments".into(), what });
        }
        if let Some(stated) = self.header.frames.filter(|stated| *stated != start) {
            self.warnings.note(shown(self.file), format!("{stated} samples announced, the segments sum to {start}"));
        }
        Ok(DigitalRecord { duration_s: start as f64 / rate, clock_s: self.header.clock_s, channels, annotations: Vec::new() })
    }

    /// Read one segment; `false` when it is absent.
    fn segment(
        &self,
        name: &str,
        start: u64,
        mut frames: std::ops::Range<u64>,
        announced: u64,
        channels: &mut [DigitalChannel],
        budget: &mut u64,
    ) -> Result<bool, ChartError> {
        let rate = self.header.rate_hz;
        let place = || format!("{}: {}", shown(self.file), span(start as f64 / rate, (start + announced) as f64 / rate));
        let (header, file) = match open(self.files, name, self.file, self.options) {
            Ok(found) => found,
            Err(ChartError::FileAbsent { file, .. }) => {
                self.warnings.note(place(), format!("segment {file} is absent: a gap"));
                return Ok(false);
            }
            Err(error) => return Err(error),
        };
        let fail = |what: String| ChartError::Wave { file: shown(&file), place: "record line".into(), what };
        if header.segment_count.is_some() {
            return Err(fail("a segment of segments".into()));
        }
        if (header.rate_hz - rate).abs() > 1e-9 * rate {
            return Err(fail(format!("rate {} Hz, the record has {rate}", header.rate_hz)));
        }
        if let Some(own) = header.frames.filter(|own| *own > 0 && *own != announced) {
            self.warnings.note(place(), format!("{} has {own} samples, {announced} are announced", shown(&file)));
            frames.end = frames.end.min(own).max(frames.start);
        }
        let first = frames.start;
        let wanted = Wanted {
            files: self.files,
            header: &header,
            header_file: &file,
            frames,
            start_s: start as f64 / rate,
            size_bytes_max: self.options.size_bytes_max,
        };
        let samples = match read_signals(&wanted, budget, self.warnings) {
            Ok(samples) => samples,
            Err(ChartError::FileAbsent { file, .. }) => {
                self.warnings.note(place(), format!("{file} is absent: a gap"));
                return Ok(false);
            }
            Err(error) => return Err(error),
        };
        for (i, (spec, samples)) in header.signals.iter().zip(samples).enumerate() {
            let Some(channel) = self.place_of(i, spec, &place) else { continue };
            let channel = &mut channels[channel];
            if (channel.rate_hz - rate * spec.per_frame as f64).abs() > 1e-9 * channel.rate_hz {
                self.warnings.note(place(), format!("channel {} has another rate in {}: a gap", spec.name, shown(&file)));
            } else if channel.unit != spec.unit {
                self.warnings.note(place(), format!("channel {} is in {}, before in {}: a gap", spec.name, spec.unit, channel.unit));
            } else {
                push_run(channel, spec, (start + first).saturating_mul(spec.per_frame), samples);
            }
        }
        Ok(true)
    }

    /// Which channel of the record a signal of a segment is.
    fn place_of(&self, i: usize, spec: &SignalSpec, place: &dyn Fn() -> String) -> Option<usize> {
        let found = if self.variable {
            self.layout.iter().position(|known| known.name == spec.name)
        } else {
            let same = self.layout.get(i).is_some_and(|known| known.name == spec.name);
            if !same {
                self.warnings.note(place(), format!("channel {} is \"{}\" here", i + 1, spec.name));
            }
            same.then_some(i)
        };
        if found.is_none() {
            self.warnings.note(place(), format!("channel \"{}\" is not in the layout of the record: left out", spec.name));
        }
        found
    }
}
