//! WFDB records out.

use super::format::WfdbFormat;
use crate::ChartError;
use crate::wave::text::clean;

/// One channel to write: all channels of a record have one rate and one length.
#[derive(Clone, Copy, Debug)]
pub struct WriteChannel<'a> {
    /// Name.
    pub name: &'a str,
    /// Unit of the values, without blanks.
    pub unit: &'a str,
    /// Values; NaN: lost.
    pub values: &'a [f64],
}

fn fail(place: &str, what: String) -> ChartError {
    ChartError::Wave { file: "WFDB record to write".into(), place: place.into(), what }
}

/// Header and signal file (`name.hea`, `name.dat`) in format 16 or 212, each channel with the gain that fills the converter's range.
///
/// The error of a value is at most half a step, (max − min) / 2 / 65534 in format 16, 1 / 4094 of it in format 212; lost samples stay lost.
/// `comments` become lines of the header: no identity belongs there.
///
/// # Errors
/// [`ChartError::Wave`] for a bad name, rate or format, channels of different length, an infinite value.
pub fn write_wfdb(
    name: &str,
    rate_hz: f64,
    channels: &[WriteChannel<'_>],
    format: WfdbFormat,
    comments: &[&str],
) -> Result<Vec<(String, Vec<u8>)>, ChartError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if name.is_empty() || name.len() > 60 || !name.chars().all(plain) {
        return Err(fail("name", format!("\"{}\": letters, digits, _ and - only, at most 60", clean(name, 60))));
    }
    if !(rate_hz > 0.0 && rate_hz.is_finite()) || channels.is_empty() {
        return Err(fail("record", format!("rate {rate_hz} Hz, {} channels", channels.len())));
    }
    if !matches!(format, WfdbFormat::F16 | WfdbFormat::F212) {
        return Err(fail("format", format!("{}: 16 and 212 are written", format.code())));
    }
    let length = channels[0].values.len();
    let mut header = format!("{name} {} {rate_hz} {length}\n", channels.len());
    let mut digital = Vec::with_capacity(channels.len());
    for channel in channels {
        let steps = Steps::of(channel, length, format)?;
        let samples: Vec<i32> = channel.values.iter().map(|value| steps.sample(*value)).collect();
        let sum = samples.iter().fold(0_i32, |sum, sample| sum.wrapping_add(*sample)) as i16;
        let bits = if format == WfdbFormat::F16 { 16 } else { 12 };
        header += &format!(
            "{name}.dat {} {}({})/{} {bits} 0 {} {sum} 0 {}\n",
            format.code(),
            steps.gain,
            steps.baseline,
            channel.unit,
            samples.first().unwrap_or(&0),
            clean(channel.name, 60)
        );
        digital.push(samples);
    }
    for comment in comments {
        header += &format!("# {}\n", clean(comment, 200));
    }
    let flat: Vec<i32> = (0..length).flat_map(|i| digital.iter().map(move |samples| samples[i])).collect();
    Ok(vec![(format!("{name}.hea"), header.into_bytes()), (format!("{name}.dat"), encode(&flat, format))])
}

/// Calibration of a channel.
struct Steps {
    gain: f64,
    baseline: i64,
    low: i32,
    high: i32,
    lost: i32,
}

impl Steps {
    fn of(channel: &WriteChannel<'_>, length: usize, format: WfdbFormat) -> Result<Self, ChartError> {
        let place = clean(channel.name, 60);
        if channel.values.len() != length {
            return Err(fail(&place, format!("{} values, the first channel has {length}", channel.values.len())));
        }
        if channel.unit.is_empty() || channel.unit.len() > 20 || !channel.unit.chars().all(|c| c.is_ascii_graphic()) {
            return Err(fail(&place, format!("unit \"{}\"", clean(channel.unit, 20))));
        }
        let (mut min, mut max) = (f64::INFINITY, f64::NEG_INFINITY);
        for (i, value) in channel.values.iter().enumerate().filter(|(_, value)| !value.is_nan()) {
            if value.is_infinite() || value.abs() > 1e30 {
                return Err(fail(&place, format!("value {value} at sample {i}")));
            }
            (min, max) = (min.min(*value), max.max(*value));
        }
        let (low, high) = format.range();
        // Half a step is left at both ends for rounding; a constant gets steps of its own size.
        let width = if max > min { max - min } else { min.abs().max(1.0) };
        let middle = if max >= min { 0.5 * (max + min) } else { 0.0 };
        let gain = three_digits(f64::from(high - low - 2) / width);
        let baseline = (-middle * gain).round();
        if !(gain.is_normal() && baseline.abs() < 2e9) {
            return Err(fail(&place, format!("values from {min} to {max} do not fit {} bits", format.code())));
        }
        Ok(Self { gain, baseline: baseline as i64, low, high, lost: low - 1 })
    }

    fn sample(&self, value: f64) -> i32 {
        if value.is_nan() {
            return self.lost;
        }
        ((value * self.gain + self.baseline as f64).round() as i32).clamp(self.low, self.high)
    }
}

/// A gain that header readers in single precision take without loss: rounded down to three figures.
fn three_digits(gain: f64) -> f64 {
    let text = format!("{gain:.2e}");
    let rounded: f64 = text.parse().unwrap_or(gain);
    if rounded <= gain {
        return rounded;
    }
    format!("{:.2e}", gain * 0.995).parse().unwrap_or(gain)
}

fn encode(flat: &[i32], format: WfdbFormat) -> Vec<u8> {
    if format == WfdbFormat::F16 {
        return flat.iter().flat_map(|sample| (*sample as i16).to_le_bytes()).collect();
    }
    let mut out = Vec::with_capacity(flat.len().div_ceil(2) * 3);
    for pair in flat.chunks(2) {
        let (a, b) = (pair[0] as u16 & 0xFFF, pair.get(1).map_or(0, |b| *b as u16 & 0xFFF));
        out.extend([a as u8, (a >> 8) as u8 | (b >> 4) as u8 & 0xF0]);
        if pair.len() == 2 {
            out.push(b as u8);
        }
    }
    out
}
