//! The signals of one segment.

use proband_core::Warnings;

use super::format::WfdbFormat;
use super::header::{Header, SignalSpec};
use super::{INVALID, flac};
use crate::ChartError;
use crate::wave::files::{Files, absent, shown, too_large, whole};
use crate::wave::text::moment;

/// Frames that are wanted, and what may be spent on them.
pub(super) struct Wanted<'a> {
    pub files: &'a dyn Files,
    pub header: &'a Header,
    pub header_file: &'a str,
    /// First frame and one past the last.
    pub frames: std::ops::Range<u64>,
    /// Start of the segment in the record [s], for messages.
    pub start_s: f64,
    pub size_bytes_max: u64,
}

/// Frames of a record whose header does not say: the shortest of its files.
pub(super) fn frames_in_files(files: &dyn Files, header: &Header, header_file: &str, size_bytes_max: u64) -> Result<u64, ChartError> {
    let mut frames = u64::MAX;
    for group in groups(header, header_file)? {
        let size: u64 = group.iter().map(|i| header.signals[*i].per_frame).sum();
        let first = &header.signals[group[0]];
        frames = frames.min(match first.format.flac_bits() {
            Some(_) => {
                let bytes = whole(files, &first.file, header_file, size_bytes_max)?;
                flac::stream_info(&bytes).map_err(|fault| flac_error(&first.file, fault))?.total / first.per_frame
            }
            None => {
                let bytes = files.size_bytes(&first.file)?.ok_or_else(|| absent(&first.file, header_file))?;
                first.format.samples_in(bytes.saturating_sub(first.offset_bytes)) / size
            }
        });
    }
    Ok(if frames == u64::MAX { 0 } else { frames })
}

fn flac_error(file: &str, (byte, what): flac::Fault) -> ChartError {
    ChartError::Wave { file: shown(file), place: format!("byte {byte}"), what: what.into() }
}

/// Signals that share a file, in order; those without a file belong to no group.
fn groups(header: &Header, header_file: &str) -> Result<Vec<Vec<usize>>, ChartError> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (i, spec) in header.signals.iter().enumerate().filter(|(_, spec)| spec.file != "~") {
        match groups.iter_mut().find(|group| header.signals[group[0]].file == spec.file) {
            Some(group) => {
                let first = &header.signals[group[0]];
                if first.format != spec.format {
                    let what = format!("formats {} and {} in one file", first.format.code(), spec.format.code());
                    return Err(ChartError::Wave { file: shown(header_file), place: format!("channel {}", spec.name), what });
                }
                group.push(i);
            }
            None => groups.push(vec![i]),
        }
    }
    Ok(groups)
}

/// Samples of each signal from the first wanted frame on; shorter than wanted where the file ends. [`INVALID`] marks lost ones.
pub(super) fn read_signals(wanted: &Wanted<'_>, budget: &mut u64, warnings: &Warnings) -> Result<Vec<Vec<i32>>, ChartError> {
    let header = wanted.header;
    let mut out = vec![Vec::new(); header.signals.len()];
    for group in groups(header, wanted.header_file)? {
        let specs: Vec<&SignalSpec> = group.iter().map(|i| &header.signals[*i]).collect();
        let frame: u64 = specs.iter().map(|spec| spec.per_frame).sum();
        let skew = specs.iter().map(|spec| spec.skew).max().unwrap_or(0);
        let flat = read_group(wanted, &specs, frame, skew, *budget)?;
        *budget = budget.saturating_sub(flat.len() as u64);
        let found = flat.len() as u64 / frame;
        let whole_signal = wanted.frames.start == 0 && header.frames.is_some_and(|frames| frames == wanted.frames.end);
        let asked = wanted.frames.end - wanted.frames.start;
        if found < asked {
            let lost = wanted.start_s + (wanted.frames.start + found) as f64 / header.rate_hz;
            let place = format!("{}: {}", shown(&specs[0].file), specs.iter().map(|s| s.name.as_str()).collect::<Vec<_>>().join(", "));
            warnings.note(
                place,
                format!("ends at {}, {} samples before {} says: a gap from there", moment(lost), asked - found, wanted.header_file),
            );
        }
        let mut at = 0;
        for (i, spec) in group.iter().zip(&specs) {
            let (samples, sum) = pick(&flat, frame as usize, at, spec);
            at += spec.per_frame as usize;
            if whole_signal && found >= asked {
                compare(spec, sum, &samples, wanted, warnings);
            }
            out[*i] = shifted(samples, spec, asked);
        }
    }
    Ok(out)
}

/// The samples of one signal and their sum.
fn pick(flat: &[i32], frame: usize, at: usize, spec: &SignalSpec) -> (Vec<i32>, i32) {
    let per_frame = spec.per_frame as usize;
    let invalid = spec.format.invalid();
    let mut samples = Vec::with_capacity(flat.len() / frame * per_frame);
    let mut sum = 0_i32;
    if per_frame == 1 {
        samples.extend(flat.chunks_exact(frame).map(|frame| frame[at]));
    } else {
        flat.chunks_exact(frame).for_each(|frame| samples.extend_from_slice(&frame[at..at + per_frame]));
    }
    for sample in &mut samples {
        sum = sum.wrapping_add(*sample);
        if Some(*sample) == invalid {
            *sample = INVALID;
        }
    }
    (samples, sum)
}

/// Take the skew out: the signal lies `skew` frames later in the file.
fn shifted(mut samples: Vec<i32>, spec: &SignalSpec, frames: u64) -> Vec<i32> {
    let cut = (spec.skew.saturating_mul(spec.per_frame)).min(samples.len() as u64) as usize;
    if cut > 0 {
        samples.drain(..cut);
    }
    samples.truncate((frames * spec.per_frame) as usize);
    samples
}

/// Compare checksum and first sample with the header.
fn compare(spec: &SignalSpec, sum: i32, samples: &[i32], wanted: &Wanted<'_>, warnings: &Warnings) {
    let place = || format!("{}: {}", shown(wanted.header_file), spec.name);
    if let Some(stated) = spec.checksum
        && stated as i16 != sum as i16
    {
        warnings.note(place(), format!("checksum {} of the samples, the header says {}: damaged or changed", sum as i16, stated as i16));
    }
    if let (Some(init), Some(first)) = (spec.init, samples.first())
        && spec.format != WfdbFormat::F8
        && *first != INVALID
        && i64::from(*first) != init
    {
        warnings.note(place(), format!("first sample {first}, the header says {init}"));
    }
}

/// Raw samples of a file, all its signals interleaved.
fn read_group(wanted: &Wanted<'_>, specs: &[&SignalSpec], frame: u64, skew: u64, budget: u64) -> Result<Vec<i32>, ChartError> {
    let (first, name) = (specs[0], specs[0].file.as_str());
    let size = wanted.files.size_bytes(name)?.ok_or_else(|| absent(name, wanted.header_file))?;
    let over = |count: u64| ChartError::Wave {
        file: shown(name),
        place: "size".into(),
        what: format!("{count} samples wanted, at most {budget} more are kept: read a shorter window"),
    };
    let frames = wanted.frames.end.saturating_sub(wanted.frames.start).saturating_add(skew);
    if first.format.flac_bits().is_some() {
        return read_flac(wanted, specs, frames, budget, &over);
    }
    let there = first.format.samples_in(size.saturating_sub(first.offset_bytes));
    let from = wanted.frames.start.saturating_mul(frame).min(there);
    let count = frames.saturating_mul(frame).min(there - from) / frame * frame;
    if count > budget {
        return Err(over(count));
    }
    // Differences need everything before them.
    let (read_from, read_count) = if first.format == WfdbFormat::F8 { (0, from + count) } else { (from, count) };
    let (byte, bytes, skip) = first.format.bytes_for(read_from, read_count);
    if bytes > wanted.size_bytes_max {
        return Err(too_large(name, bytes, wanted.size_bytes_max));
    }
    let bytes = wanted.files.read(name, first.offset_bytes + byte, bytes)?;
    let init = first.init.unwrap_or(0) as i32;
    if first.format == WfdbFormat::F8 && specs.len() > 1 {
        return Ok(interleaved_differences(&bytes, specs, frame as usize, from as usize));
    }
    let mut flat = first.format.decode(&bytes, init);
    flat.drain(..(skip + (from - read_from) as usize).min(flat.len()));
    flat.truncate(count as usize);
    Ok(flat)
}

/// Differences of several signals in one file, each summed for itself.
fn interleaved_differences(bytes: &[u8], specs: &[&SignalSpec], frame: usize, skip: usize) -> Vec<i32> {
    let owners: Vec<usize> = specs.iter().enumerate().flat_map(|(i, s)| std::iter::repeat_n(i, s.per_frame as usize)).collect();
    let mut sums: Vec<i32> = specs.iter().map(|spec| spec.init.unwrap_or(0) as i32).collect();
    let mut flat = Vec::with_capacity(bytes.len().saturating_sub(skip));
    for (i, byte) in bytes.iter().enumerate() {
        let sum = &mut sums[owners[i % frame]];
        *sum = sum.wrapping_add(i32::from(*byte as i8));
        if i >= skip {
            flat.push(*sum);
        }
    }
    flat
}

fn read_flac(
    wanted: &Wanted<'_>,
    specs: &[&SignalSpec],
    frames: u64,
    budget: u64,
    over: &dyn Fn(u64) -> ChartError,
) -> Result<Vec<i32>, ChartError> {
    let (first, name) = (specs[0], specs[0].file.as_str());
    let fail = |what: String| ChartError::Wave { file: shown(name), place: format!("channel {}", first.name), what };
    if specs.iter().any(|spec| spec.per_frame != first.per_frame) {
        return Err(fail("signals of a FLAC file have different samples per frame".into()));
    }
    let bytes = whole(wanted.files, name, wanted.header_file, wanted.size_bytes_max)?;
    let info = flac::stream_info(&bytes).map_err(|fault| flac_error(name, fault))?;
    let bits = first.format.flac_bits().unwrap_or(0);
    if info.channels as usize != specs.len() || info.bits > bits {
        return Err(fail(format!(
            "FLAC of {} channels with {} bits, the header says {} with at most {bits}",
            info.channels,
            info.bits,
            specs.len()
        )));
    }
    let from = (wanted.frames.start.saturating_mul(first.per_frame)).saturating_add(first.offset_bytes);
    let to = from.saturating_add(frames.saturating_mul(first.per_frame));
    let to = if info.total > 0 { to.min(info.total) } else { to };
    let channels = u64::from(info.channels);
    if to.saturating_mul(channels) > budget {
        return Err(over(to.saturating_mul(channels)));
    }
    let (flat, fault) = flac::decode(&bytes, &info, to);
    if let Some(fault) = fault {
        return Err(flac_error(name, fault));
    }
    let skip = (from * channels).min(flat.len() as u64) as usize;
    let per_frame = first.per_frame as usize;
    if per_frame == 1 {
        let mut flat = flat;
        flat.drain(..skip);
        return Ok(flat);
    }
    // One FLAC channel per signal: bring the samples of a frame together, as in the other formats.
    let channels = channels as usize;
    let mut out = Vec::with_capacity(flat.len() - skip);
    for frame in flat[skip..].chunks_exact(channels * per_frame) {
        for channel in 0..channels {
            out.extend(frame.iter().skip(channel).step_by(channels));
        }
    }
    Ok(out)
}
