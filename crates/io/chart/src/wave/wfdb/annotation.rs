//! Annotation files.

use proband_core::Warnings;

use crate::ChartError;
use crate::wave::files::{Files, shown, whole};
use crate::wave::record::WaveAnnotation;
use crate::wave::text::{clean, decode};

const SKIP: u16 = 59;
const NUM: u16 = 60;
const SUB: u16 = 61;
const CHN: u16 = 62;
const AUX: u16 = 63;
/// Code of a note, which carries the time resolution at the start of a file.
const NOTE: u16 = 22;
/// Most annotations of a file.
const COUNT_MAX: usize = 20_000_000;

/// Codes 0 to 41 as the WFDB library prints them (ecgcodes.h), and whether each is a beat.
const CODES: [(&str, bool); 42] = [
    (" ", false),
    ("N", true),
    ("L", true),
    ("R", true),
    ("a", true),
    ("V", true),
    ("F", true),
    ("J", true),
    ("A", true),
    ("S", true),
    ("E", true),
    ("j", true),
    ("/", true),
    ("Q", true),
    ("~", false),
    ("[15]", false),
    ("|", false),
    ("[17]", false),
    ("s", false),
    ("T", false),
    ("*", false),
    ("D", false),
    ("\"", false),
    ("=", false),
    ("p", false),
    ("B", true),
    ("^", false),
    ("t", false),
    ("+", false),
    ("u", false),
    ("?", true),
    ("!", false),
    ("[", false),
    ("]", false),
    ("e", true),
    ("n", true),
    ("@", false),
    ("x", false),
    ("f", true),
    ("(", false),
    (")", false),
    ("r", true),
];

/// One annotation as it stands in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BeatCode {
    /// Sample, in units of the file's own resolution.
    pub sample: i64,
    /// Code, 0 to 49.
    pub code: u8,
    /// Subtype.
    pub subtype: i8,
    /// Channel.
    pub channel: u8,
    /// Number.
    pub number: i8,
    /// Text.
    pub text: String,
}

impl BeatCode {
    /// Code as the WFDB tools print it.
    #[must_use]
    pub fn symbol(&self) -> String {
        CODES.get(usize::from(self.code)).map_or_else(|| format!("[{}]", self.code), |(symbol, _)| (*symbol).to_owned())
    }

    /// Whether it marks a beat.
    #[must_use]
    pub fn is_beat(&self) -> bool {
        CODES.get(usize::from(self.code)).is_some_and(|(_, beat)| *beat)
    }
}

/// Read an annotation file (`100.atr`): the annotations and the file's own time resolution [Hz], where it has one.
///
/// A file that ends early gives what it has, with a warning.
///
/// # Errors
/// [`ChartError::FileAbsent`], and [`ChartError::Wave`] when it is larger than `size_bytes_max`.
pub fn read_annotations(
    files: &dyn Files,
    file: &str,
    size_bytes_max: u64,
    warnings: &Warnings,
) -> Result<(Vec<BeatCode>, Option<f64>), ChartError> {
    let bytes = whole(files, file, "", size_bytes_max)?;
    let (mut list, ended) = parse(&bytes);
    if !ended {
        warnings.note(shown(file), format!("ends without its end mark, after {} annotations", list.len()));
    }
    // Notes at sample 0 that begin with ## are about the file, not about the patient.
    let (mut rate, mut defining) = (None, false);
    list.retain(|a| {
        let note = u16::from(a.code) == NOTE && a.sample == 0;
        defining = note && (a.text == "## annotation type definitions" || (defining && a.text != "## end of definitions"));
        let about = note && (defining || a.text.starts_with("## "));
        let stated = about.then(|| a.text.strip_prefix("## time resolution:")).flatten();
        rate = rate.or(stated.and_then(|text| text.trim().parse::<f64>().ok()).filter(|rate| rate.is_finite() && *rate > 0.0));
        !about
    });
    if list.windows(2).any(|pair| pair[1].sample < pair[0].sample) {
        warnings.note(shown(file), "annotations are not in order of time");
    }
    Ok((list, rate))
}

/// All annotations, and whether the end mark was there.
fn parse(bytes: &[u8]) -> (Vec<BeatCode>, bool) {
    let mut list: Vec<BeatCode> = Vec::new();
    let (mut at, mut time) = (0, 0_i64);
    let (mut channel, mut number) = (0_u8, 0_i8);
    let word = |at: usize| bytes.get(at..at + 2).map(|b| u16::from_le_bytes([b[0], b[1]]));
    while let Some(value) = word(at) {
        at += 2;
        let (code, low) = (value >> 10, value & 0x3FF);
        match code {
            0 if low == 0 => return (list, true),
            // NOTQRS: time goes on, nothing is marked.
            0 => time = time.saturating_add(i64::from(low)),
            SKIP => {
                // PDP-11 order: the high half first.
                let (Some(high), Some(low)) = (word(at), word(at + 2)) else { return (list, false) };
                at += 4;
                time = time.saturating_add(i64::from((u32::from(high) << 16 | u32::from(low)) as i32));
            }
            NUM => {
                number = low as u8 as i8;
                if let Some(last) = list.last_mut() {
                    last.number = number;
                }
            }
            SUB => {
                if let Some(last) = list.last_mut() {
                    last.subtype = low as u8 as i8;
                }
            }
            CHN => {
                channel = low as u8;
                if let Some(last) = list.last_mut() {
                    last.channel = channel;
                }
            }
            AUX => {
                let Some(text) = bytes.get(at..at + usize::from(low)) else { return (list, false) };
                if let Some(last) = list.last_mut() {
                    last.text = clean(decode(text).trim_end_matches('\0'), 200);
                }
                at += usize::from(low).next_multiple_of(2);
            }
            _ => {
                time = time.saturating_add(i64::from(low));
                if list.len() >= COUNT_MAX {
                    return (list, false);
                }
                list.push(BeatCode { sample: time, code: code as u8, subtype: 0, channel, number, text: String::new() });
            }
        }
    }
    (list, false)
}

/// Annotations on the clock of the record.
pub(crate) fn on_clock(list: Vec<BeatCode>, rate_hz: f64) -> Vec<WaveAnnotation> {
    let mark = |a: BeatCode| WaveAnnotation {
        time_s: a.sample as f64 / rate_hz,
        duration_s: None,
        code: a.symbol(),
        is_beat: a.is_beat(),
        text: a.text,
    };
    list.into_iter().map(mark).collect()
}

/// Bytes of an annotation file. Samples must not fall.
///
/// # Errors
/// [`ChartError::Wave`] when they do, when a code is above 49, or a text is longer than 255 bytes.
pub fn write_annotations(list: &[BeatCode]) -> Result<Vec<u8>, ChartError> {
    fn push(out: &mut Vec<u8>, code: u16, low: u16) {
        out.extend((code << 10 | low & 0x3FF).to_le_bytes());
    }
    let mut out = Vec::new();
    let (mut time, mut channel, mut number) = (0_i64, 0_u8, 0_i8);
    for (i, a) in list.iter().enumerate() {
        let step = a.sample.saturating_sub(time);
        if step < 0 || a.code == 0 || a.code > 49 || a.text.len() > 255 || step > i64::from(i32::MAX) {
            let what = format!("step {step}, code {}, text of {} bytes", a.code, a.text.len());
            return Err(ChartError::Wave { file: "annotations".into(), place: format!("number {i}"), what });
        }
        if step > 1023 {
            push(&mut out, SKIP, 0);
            out.extend(((step >> 16) as u16).to_le_bytes());
            out.extend((step as u16).to_le_bytes());
        }
        push(&mut out, u16::from(a.code), if step > 1023 { 0 } else { step as u16 });
        time = a.sample;
        if a.subtype != 0 {
            push(&mut out, SUB, u16::from(a.subtype as u8));
        }
        if a.channel != channel {
            channel = a.channel;
            push(&mut out, CHN, u16::from(channel));
        }
        if a.number != number {
            number = a.number;
            push(&mut out, NUM, u16::from(number as u8));
        }
        if !a.text.is_empty() {
            push(&mut out, AUX, a.text.len() as u16);
            out.extend(a.text.as_bytes());
            if !a.text.len().is_multiple_of(2) {
                out.push(0);
            }
        }
    }
    push(&mut out, 0, 0);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        /// Write annotations and read them back.
        #[test]
        fn annotations_round_trip(rows in proptest::collection::vec((0_i64..5_000_000, 1_u8..50, -3_i8..3, 0_u8..3, -2_i8..3, "[a-z]{0,5}"), 0..50)) {
            let mut time = 0;
            let list: Vec<BeatCode> = rows.into_iter().map(|(step, code, subtype, channel, number, text)| {
                time += step;
                BeatCode { sample: time, code, subtype, channel, number, text }
            }).collect();
            let (back, ended) = parse(&write_annotations(&list).unwrap());
            proptest::prop_assert!(ended);
            proptest::prop_assert_eq!(back, list);
        }
        /// Answer any bytes.
        #[test]
        fn any_bytes_are_answered(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
            let (list, _) = parse(&bytes);
            proptest::prop_assert!(list.len() <= bytes.len() / 2);
        }
    }
}
