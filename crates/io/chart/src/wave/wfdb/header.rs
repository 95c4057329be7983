//! The `.hea` file.

use super::format::WfdbFormat;
use crate::ChartError;
use crate::wave::files::shown;
use crate::wave::text::{clean, decode};

/// Largest header [bytes].
const HEADER_BYTES_MAX: usize = 4 << 20;
/// Most signals, samples of one signal in a frame, and samples of a frame.
const SIGNALS_MAX: u64 = 4096;
const PER_FRAME_MAX: u64 = 100_000;
const FRAME_SAMPLES_MAX: u64 = 1_000_000;
/// Most frames of a record: a hundred years at 1 kHz.
const FRAMES_MAX: u64 = 4_000_000_000_000;
/// Rates that are believed [Hz]: one sample a week to 10 MHz.
const RATE_HZ: (f64, f64) = (1e-6, 1e7);
/// Samples per second when the header says nothing [Hz]: header(5).
const RATE_USUAL_HZ: f64 = 250.0;
/// Steps per unit when the header says nothing: header(5), WFDB_DEFGAIN.
const GAIN_USUAL: f64 = 200.0;

/// One signal line.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SignalSpec {
    /// File, `~` for none.
    pub file: String,
    pub format: WfdbFormat,
    pub per_frame: u64,
    /// Frames by which the signal lies later in the file.
    pub skew: u64,
    pub offset_bytes: u64,
    pub gain: f64,
    pub uncalibrated: bool,
    pub baseline: f64,
    pub unit: String,
    pub init: Option<i64>,
    pub checksum: Option<i64>,
    pub name: String,
}

/// One segment line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SegmentSpec {
    /// Record, `~` for a gap.
    pub name: String,
    pub frames: u64,
}

/// A whole header.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Header {
    pub rate_hz: f64,
    /// `None` when the header does not say.
    pub frames: Option<u64>,
    pub clock_s: Option<f64>,
    pub signals: Vec<SignalSpec>,
    /// Empty for a single record.
    pub segments: Vec<SegmentSpec>,
    pub signal_count: u64,
    /// Segments announced; `None` for a single record.
    pub segment_count: Option<u64>,
}

impl Header {
    pub(super) fn parse(bytes: &[u8], file: &str) -> Result<Self, ChartError> {
        if bytes.len() > HEADER_BYTES_MAX {
            return Err(bad(file, 0, format!("{} bytes, a header has at most {HEADER_BYTES_MAX}", bytes.len())));
        }
        let text = decode(bytes);
        let mut lines = text.lines().enumerate().map(|(i, l)| (i + 1, l.trim())).filter(|(_, l)| !l.is_empty() && !l.starts_with('#'));
        let (number, line) = lines.next().ok_or_else(|| bad(file, 1, "empty: no record line".into()))?;
        let mut header = record_line(line, file, number)?;
        let wanted = header.segment_count.unwrap_or(header.signal_count);
        for (number, line) in lines.take(wanted as usize) {
            if header.segment_count.is_some() {
                header.segments.push(segment_line(line, file, number)?);
            } else {
                header.signals.push(signal_line(line, file, number)?);
            }
        }
        let found = (header.segments.len() + header.signals.len()) as u64;
        if found < wanted {
            let what = if header.segment_count.is_some() { "segments" } else { "signals" };
            return Err(bad(file, number, format!("{wanted} {what} announced, {found} lines follow")));
        }
        let frame: u64 = header.signals.iter().map(|s| s.per_frame).sum();
        if frame > FRAME_SAMPLES_MAX {
            return Err(bad(file, number, format!("{frame} samples in a frame, at most {FRAME_SAMPLES_MAX}")));
        }
        Ok(header)
    }
}

fn bad(file: &str, line: usize, what: String) -> ChartError {
    ChartError::Wave { file: shown(file), place: format!("line {line}"), what }
}

/// Number at the start of a text and the rest.
fn leading_f64(text: &str) -> Option<(f64, &str)> {
    let mut end = 0;
    for (i, c) in text.char_indices() {
        let exponent = matches!(c, 'e' | 'E') && i > 0 && text[i + 1..].starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '+');
        let sign = matches!(c, '-' | '+') && (i == 0 || text[..i].ends_with(['e', 'E']));
        if !(c.is_ascii_digit() || c == '.' || exponent || sign) {
            break;
        }
        end = i + c.len_utf8();
    }
    let value: f64 = text[..end].parse().ok()?;
    value.is_finite().then_some((value, &text[end..]))
}

fn leading_u64(text: &str) -> Option<(u64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    Some((text[..end].parse().ok()?, &text[end..]))
}

fn record_line(line: &str, file: &str, number: usize) -> Result<Header, ChartError> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let fail = |what: String| bad(file, number, what);
    let (name, segments) = match words[0].rsplit_once('/') {
        Some((name, count)) => {
            let count: u64 = count.parse().map_err(|_| fail(format!("\"{}\" is no count of segments", clean(count, 20))))?;
            (name, Some(count))
        }
        None => (words[0], None),
    };
    if name.is_empty() {
        return Err(fail("the record has no name".into()));
    }
    let count = words.get(1).ok_or_else(|| fail("no count of signals".into()))?;
    let signal_count: u64 = count.parse().map_err(|_| fail(format!("\"{}\" is no count of signals", clean(count, 20))))?;
    if signal_count > SIGNALS_MAX {
        return Err(fail(format!("{signal_count} signals, at most {SIGNALS_MAX}")));
    }
    if segments.is_some_and(|count| count == 0 || count > 1_000_000) {
        return Err(fail(format!("{} segments, between 1 and 1000000", segments.unwrap_or(0))));
    }
    let rate_hz = match words.get(2) {
        None => RATE_USUAL_HZ,
        Some(word) => leading_f64(word).map(|(rate, _)| rate).ok_or_else(|| fail(format!("\"{}\" is no rate [Hz]", clean(word, 20))))?,
    };
    if !(RATE_HZ.0..=RATE_HZ.1).contains(&rate_hz) {
        return Err(fail(format!("rate {rate_hz} Hz, between {} and {}", RATE_HZ.0, RATE_HZ.1)));
    }
    let frames = match words.get(3) {
        None => None,
        Some(word) => {
            let frames: u64 = word.parse().map_err(|_| fail(format!("\"{}\" is no count of samples", clean(word, 20))))?;
            if frames > FRAMES_MAX {
                return Err(fail(format!("{frames} samples, at most {FRAMES_MAX}")));
            }
            // A layout header says 0 and means it; any other record leaves the count open by 0: header(5).
            Some(frames)
        }
    };
    let clock_s = words.get(4).and_then(|word| clock(word));
    Ok(Header { rate_hz, frames, clock_s, signals: Vec::new(), segments: Vec::new(), signal_count, segment_count: segments })
}

/// `hh:mm:ss.f`, `mm:ss` or `ss` as seconds of the day.
fn clock(text: &str) -> Option<f64> {
    let mut seconds = 0.0;
    for part in text.trim_matches(['[', ']']).split(':') {
        let (value, rest) = leading_f64(part)?;
        if !rest.is_empty() || value < 0.0 {
            return None;
        }
        seconds = seconds * 60.0 + value;
    }
    (seconds < 90_000.0).then_some(seconds)
}

fn segment_line(line: &str, file: &str, number: usize) -> Result<SegmentSpec, ChartError> {
    let mut words = line.split_whitespace();
    let name = words.next().unwrap_or_default().to_owned();
    let frames = words.next().and_then(|word| word.parse().ok()).filter(|frames| *frames <= FRAMES_MAX);
    let frames = frames.ok_or_else(|| bad(file, number, format!("segment {}: no count of samples", shown(&name))))?;
    Ok(SegmentSpec { name, frames })
}

fn signal_line(line: &str, file: &str, number: usize) -> Result<SignalSpec, ChartError> {
    let fail = |what: String| bad(file, number, what);
    let (mut words, mut rest) = (Vec::with_capacity(8), line);
    while words.len() < 8 {
        rest = rest.trim_start();
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        if end == 0 {
            break;
        }
        words.push(&rest[..end]);
        rest = &rest[end..];
    }
    let layout = words.get(1).ok_or_else(|| fail("no format".into()))?;
    let (code, mut tail) = leading_u64(layout).ok_or_else(|| fail(format!("\"{}\" is no format", clean(layout, 20))))?;
    let null = words[0] == "~";
    let format = match WfdbFormat::of_code(code) {
        Some(format) => format,
        None if null => WfdbFormat::F16,
        None => return Err(fail(format!("format {code} is not one of 8, 16, 24, 32, 61, 80, 160, 212, 310, 311, 508, 516, 524"))),
    };
    let mut per_frame = 1;
    let (mut skew, mut offset_bytes) = (0, 0);
    for (mark, value) in [('x', &mut per_frame), (':', &mut skew), ('+', &mut offset_bytes)] {
        if let Some(after) = tail.strip_prefix(mark) {
            let (number, after) =
                leading_u64(after).ok_or_else(|| fail(format!("no number after \"{mark}\" in \"{}\"", clean(layout, 20))))?;
            *value = number;
            tail = after;
        }
    }
    if !tail.is_empty() || per_frame == 0 || per_frame > PER_FRAME_MAX || skew > 1_000_000_000 {
        return Err(fail(format!("\"{}\" is no format with samples per frame, skew and offset", clean(layout, 40))));
    }
    let integer = |at: usize| words.get(at).and_then(|word| word.parse::<i64>().ok());
    let zero = integer(4).unwrap_or(0);
    let (gain, written, baseline, unit) = gain_field(words.get(2).copied().unwrap_or(""))
        .ok_or_else(|| fail(format!("\"{}\" is no gain", clean(words.get(2).unwrap_or(&""), 40))))?;
    Ok(SignalSpec {
        file: words[0].to_owned(),
        format,
        per_frame,
        skew,
        offset_bytes,
        gain,
        uncalibrated: !written,
        baseline: baseline.unwrap_or(zero as f64),
        unit,
        init: integer(5),
        checksum: integer(6),
        name: clean(rest, 60),
    })
}

/// `gain(baseline)/unit`: gain, whether it was written, baseline, unit.
fn gain_field(field: &str) -> Option<(f64, bool, Option<f64>, String)> {
    if field.is_empty() {
        return Some((GAIN_USUAL, false, None, "mV".into()));
    }
    let (gain, mut rest) = leading_f64(field)?;
    let mut baseline = None;
    if let Some(inside) = rest.strip_prefix('(') {
        let (value, after) = leading_f64(inside)?;
        baseline = Some(value);
        rest = after.strip_prefix(')')?;
    }
    let unit = match rest.strip_prefix('/') {
        Some(unit) => clean(unit, 20),
        None if rest.is_empty() => "mV".to_owned(),
        None => return None,
    };
    Some(if gain == 0.0 { (GAIN_USUAL, false, baseline, unit) } else { (gain, true, baseline, unit) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Read every part of a signal line.
    #[test]
    fn a_signal_line_is_read() {
        let s = signal_line("a.dat 16x4:2+24 1.052e+04(-16)/mmHg 12 5 -171 -27403 0 ECG lead II", "a.hea", 2).unwrap();
        assert_eq!((s.format, s.per_frame, s.skew, s.offset_bytes), (WfdbFormat::F16, 4, 2, 24));
        assert_eq!((s.gain, s.baseline, s.unit.as_str(), s.init, s.checksum), (10_520.0, -16.0, "mmHg", Some(-171), Some(-27_403)));
        assert_eq!((s.name.as_str(), s.uncalibrated), ("ECG lead II", false));
        let bare = signal_line("a.dat 212", "a.hea", 2).unwrap();
        assert_eq!((bare.gain, bare.unit.as_str(), bare.uncalibrated), (200.0, "mV", true));
        let zero = signal_line("a.dat 212 0 11 1024", "a.hea", 2).unwrap();
        assert_eq!((zero.gain, zero.baseline, zero.uncalibrated), (200.0, 1024.0, true));
    }

    /// Name the line of what is wrong.
    #[test]
    fn bad_headers_name_their_line() {
        for (text, line) in [
            ("", 1),
            ("r x 360", 1),
            ("r 1 0\na 16", 1),
            ("r 1 nan\na 16", 1),
            ("r 99999 360", 1),
            ("# c\nr 2 360 10\na.dat 16", 2),
            ("r 1 360\na.dat 999", 2),
            ("r 1 360\na.dat 16x", 2),
            ("r 1 360\na.dat 16 2(x)/mV", 2),
            ("r/2 1 360\na x", 2),
        ] {
            let error = Header::parse(text.as_bytes(), "r.hea").unwrap_err().to_string();
            assert!(error.starts_with(&format!("r.hea: line {line}: ")), "{text:?}: {error}");
        }
    }

    /// Read the clock in all lengths.
    #[test]
    fn clocks_are_read() {
        assert_eq!(clock("19:46:25.757"), Some(71_185.757));
        assert_eq!(clock("31:25.5"), Some(1885.5));
        assert_eq!(clock("x"), None);
    }
}
