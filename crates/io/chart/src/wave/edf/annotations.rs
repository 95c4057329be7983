//! Time-stamped annotation lists of EDF+.

use crate::wave::record::WaveAnnotation;
use crate::wave::text::{clean, decode};

/// One mark, or the begin of a record.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mark {
    pub onset_s: f64,
    pub duration_s: Option<f64>,
    pub text: String,
    pub keeps_time: bool,
}

impl Mark {
    /// The mark on a clock that is zero at the first sample.
    pub(super) fn on_clock(self, begin_s: f64) -> WaveAnnotation {
        WaveAnnotation { time_s: self.onset_s - begin_s, duration_s: self.duration_s, code: String::new(), is_beat: false, text: self.text }
    }
}

/// Marks of one record's annotation signal. The first list of the first such signal tells when the record begins.
/// `false` when a part cannot be read.
pub(super) fn marks(bytes: &[u8], mut keeps_time: bool, out: &mut Vec<Mark>) -> bool {
    let mut readable = true;
    for list in bytes.split(|b| *b == 0).filter(|list| !list.is_empty()) {
        let mut parts = list.split(|b| *b == 0x14);
        let Some((onset_s, duration_s)) = parts.next().and_then(times) else {
            readable = false;
            continue;
        };
        let texts = parts.map(|text| clean(&decode(text), 200)).filter(|text| !text.is_empty());
        if keeps_time {
            out.push(Mark { onset_s, duration_s: None, text: String::new(), keeps_time: true });
            keeps_time = false;
        }
        out.extend(texts.map(|text| Mark { onset_s, duration_s, text, keeps_time: false }));
    }
    readable
}

/// `+onset` or `+onset\x15duration`.
fn times(bytes: &[u8]) -> Option<(f64, Option<f64>)> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (onset, duration) = text.split_once('\x15').map_or((text, None), |(onset, duration)| (onset, Some(duration)));
    let number = |text: &str| text.parse::<f64>().ok().filter(|value| value.is_finite() && value.abs() < 1e10);
    let signed = onset.starts_with(['+', '-']);
    let duration = match duration {
        Some(text) => Some(number(text).filter(|value| *value >= 0.0)?),
        None => None,
    };
    if signed { Some((number(onset)?, duration)) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Read onset, duration and several texts of one list.
    #[test]
    fn lists_are_read() {
        let mut out = Vec::new();
        assert!(marks(b"+0.5\x14\x14\0+1.25\x153\x14one\x14two\x14\0\0", true, &mut out));
        assert_eq!(out.len(), 3);
        assert!(out[0].keeps_time && (out[0].onset_s - 0.5).abs() < 1e-12);
        assert_eq!((out[2].duration_s, out[2].text.as_str()), (Some(3.0), "two"));
        assert!(!marks(b"1\x14x\x14\0", false, &mut out));
    }
}
