//! The header: fields of fixed width in ASCII.

use crate::ChartError;
use crate::wave::files::shown;
use crate::wave::text::{clean, decode};

/// Most signals of a file.
const SIGNALS_MAX: usize = 4096;
/// Most samples of one signal in a record.
const PER_RECORD_MAX: usize = 10_000_000;

/// One signal.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct EdfSignal {
    pub name: String,
    pub unit: String,
    pub physical: (f64, f64),
    pub digital: (f64, f64),
    pub per_record: usize,
    pub is_annotation: bool,
}

impl EdfSignal {
    /// Gain [steps per unit] and baseline.
    pub(super) fn calibration(&self) -> (f64, f64) {
        if self.physical.0 == self.physical.1 {
            return (1.0, 0.0);
        }
        let gain = (self.digital.1 - self.digital.0) / (self.physical.1 - self.physical.0);
        (gain, self.digital.0 - self.physical.0 * gain)
    }
}

/// The header, without who it was and when.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct EdfHeader {
    pub size_bytes: usize,
    pub sample_bytes: usize,
    /// `None` while the recording was open (−1).
    pub records: Option<u64>,
    pub record_s: f64,
    pub clock_s: Option<f64>,
    pub discontinuous: bool,
    /// Words of the patient and recording fields in lower case: they must not come out in a mark.
    pub identity: Vec<String>,
    pub signals: Vec<EdfSignal>,
}

fn bad(file: &str, place: &str, what: String) -> ChartError {
    ChartError::Wave { file: shown(file), place: place.into(), what }
}

impl EdfHeader {
    pub(super) fn parse(bytes: &[u8], file: &str) -> Result<Self, ChartError> {
        let fixed = bytes.get(..256).ok_or_else(|| bad(file, "header", format!("{} bytes, at least 256", bytes.len())))?;
        let sample_bytes = match &fixed[..8] {
            b"\xFFBIOSEMI" => 3,
            b"0       " => 2,
            _ => return Err(bad(file, "byte 0", "neither the version of EDF nor that of BDF".into())),
        };
        let text = |from: usize, to: usize| clean(&decode(&fixed[from..to]), 80);
        let whole = |from: usize, to: usize, name: &str| {
            let field = text(from, to);
            field.parse::<i64>().map_err(|_| bad(file, name, format!("\"{}\" is no whole number", clean(&field, 20))))
        };
        let count = whole(252, 256, "number of signals")?;
        if !(0..=SIGNALS_MAX as i64).contains(&count) {
            return Err(bad(file, "number of signals", format!("{count}, between 0 and {SIGNALS_MAX}")));
        }
        let count = count as usize;
        let size_bytes = 256 * (count + 1);
        let stated = whole(184, 192, "size of the header")?;
        if stated != size_bytes as i64 || bytes.len() < size_bytes {
            return Err(bad(
                file,
                "size of the header",
                format!("{stated}, {count} signals need {size_bytes}; the file has {}", bytes.len()),
            ));
        }
        let records = whole(236, 244, "number of records")?;
        let duration = text(244, 252);
        let record_s = duration.parse::<f64>().ok().filter(|s| s.is_finite() && *s >= 0.0);
        let record_s = record_s.ok_or_else(|| bad(file, "duration of a record", format!("\"{}\" s", clean(&duration, 20))))?;
        let reserved = text(192, 236);
        let identity = format!("{} {}", text(8, 88), text(88, 168)).to_lowercase();
        let identity = identity.split([' ', '_', ',', ';']).filter(|word| word.chars().count() > 1 && *word != "startdate");
        let header = Self {
            size_bytes,
            sample_bytes,
            records: u64::try_from(records).ok(),
            record_s,
            clock_s: clock(&text(176, 184)),
            discontinuous: reserved.starts_with("EDF+D") || reserved.starts_with("BDF+D"),
            identity: identity.map(str::to_owned).collect(),
            signals: signals(&bytes[256..size_bytes], count, file)?,
        };
        if header.record_s == 0.0 && header.signals.iter().any(|signal| !signal.is_annotation) {
            return Err(bad(file, "duration of a record", "0 s with signals that are no annotations".into()));
        }
        Ok(header)
    }

    pub(super) fn record_bytes(&self) -> usize {
        self.signals.iter().map(|signal| signal.per_record * self.sample_bytes).sum()
    }
}

/// `hh.mm.ss` as seconds of the day.
fn clock(text: &str) -> Option<f64> {
    let parts: Vec<f64> = text.split(['.', ':']).map(|part| part.trim().parse::<u8>().map(f64::from)).collect::<Result<_, _>>().ok()?;
    match parts[..] {
        [hour, minute, second] if hour < 24.0 && minute < 60.0 && second <= 60.0 => Some(hour * 3600.0 + minute * 60.0 + second),
        _ => None,
    }
}

fn signals(bytes: &[u8], count: usize, file: &str) -> Result<Vec<EdfSignal>, ChartError> {
    // All labels, then all transducers, and so on: begin and width of each field.
    let field = |i: usize, begin: usize, width: usize| {
        let at = begin * count + i * width;
        clean(&decode(&bytes[at..at + width]), width)
    };
    let mut list = Vec::with_capacity(count);
    for i in 0..count {
        let name = field(i, 0, 16);
        let place = format!("channel {} \"{}\"", i + 1, clean(&name, 16));
        let number = |begin: usize, what: &str| {
            let text = field(i, begin, 8);
            // Some writers use the comma of their country.
            let value = text.replace(',', ".").parse::<f64>().ok().filter(|value| value.is_finite());
            value.ok_or_else(|| bad(file, &place, format!("{what} \"{text}\" is no number")))
        };
        let is_annotation = name == "EDF Annotations" || name == "BDF Annotations";
        let (physical, digital) = if is_annotation {
            ((-1.0, 1.0), (-1.0, 1.0))
        } else {
            let physical = (number(104, "physical minimum")?, number(112, "physical maximum")?);
            (physical, (number(120, "digital minimum")?, number(128, "digital maximum")?))
        };
        if digital.1 <= digital.0 {
            return Err(bad(file, &place, format!("digital range {} to {}: the second must be larger", digital.0, digital.1)));
        }
        let per_record = number(216, "samples per record")?;
        if per_record < 0.0 || per_record.fract() != 0.0 || per_record > PER_RECORD_MAX as f64 {
            return Err(bad(file, &place, format!("{per_record} samples per record, between 0 and {PER_RECORD_MAX}")));
        }
        list.push(EdfSignal { name, unit: field(i, 96, 8), physical, digital, per_record: per_record as usize, is_annotation });
    }
    Ok(list)
}
