//! Tables of text: a row per sample, units in the heading, time in a column or a rate from the caller.

mod heading;
mod rows;
mod times;

use proband_core::Warnings;

use self::heading::{Heading, TimeUnit};
use self::times::Clock;
use super::digital::{kind_of, read_unit};
use super::files::{Files, shown, whole};
use super::options::WaveOptions;
use super::record::{Span, Trust, WaveChannel, WaveRecord, WaveRun};
use crate::ChartError;

/// Read a table.
pub(super) fn read_table(files: &dyn Files, file: &str, options: &WaveOptions, warnings: &Warnings) -> Result<WaveRecord, ChartError> {
    let bytes = whole(files, file, "", options.size_bytes_max)?;
    let text = std::str::from_utf8(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes)).map_err(|error| ChartError::Wave {
        file: shown(file),
        place: format!("byte {}", error.valid_up_to()),
        what: "no UTF-8 text".into(),
    })?;
    let table = rows::Rows::parse(text, file, options, warnings)?;
    let clock = times::clock(&table, file, options, warnings)?;
    let mut channels: Vec<WaveChannel> = Vec::new();
    for (heading, values) in table.headings.iter().zip(&table.columns) {
        if heading.time != TimeUnit::None {
            continue;
        }
        channels.push(channel(heading, values, &clock, &channels, file, options, warnings));
    }
    if channels.is_empty() {
        return Err(ChartError::Wave { file: shown(file), place: "columns".into(), what: "no column but the time".into() });
    }
    let rows = clock.runs.last().map_or(0, |run| run.start + (run.to - run.from) as u64);
    let duration_s = rows as f64 / clock.rate_hz;
    Ok(WaveRecord { duration_s, read: Span::asked(options, duration_s), clock_s: clock.clock_s, channels, annotations: Vec::new() })
}

fn channel(
    heading: &Heading,
    values: &[f64],
    clock: &Clock,
    before: &[WaveChannel],
    file: &str,
    options: &WaveOptions,
    warnings: &Warnings,
) -> WaveChannel {
    let taken = before.iter().any(|other| other.name == heading.name);
    let name = if taken { format!("{} #{}", heading.name, before.len() + 1) } else { heading.name.clone() };
    let written = options.units.iter().find(|(channel, _)| *channel == name).map_or(heading.unit.as_str(), |(_, unit)| unit.as_str());
    let unit = read_unit(written);
    if unit.is_none() {
        let what =
            if written.is_empty() { "no unit".to_owned() } else { format!("unit \"{}\" is not known", super::text::clean(written, 20)) };
        warnings.note(format!("{}: {name}", shown(file)), format!("{what}; values stand as written"));
    }
    let si = |value: &f64| unit.as_ref().map_or(*value, |unit| unit.to_si(*value));
    let mut runs = Vec::with_capacity(clock.runs.len());
    for run in &clock.runs {
        // The asked window, on the clock of the table.
        let first = ((options.from_s.max(0.0) * clock.rate_hz - 1e-6).ceil() as u64).saturating_sub(run.start);
        let last = ((options.to_s.max(0.0) * clock.rate_hz - 1e-6).ceil() as u64).saturating_sub(run.start);
        let length = (run.to - run.from) as u64;
        let (first, last) = (first.min(length) as usize, last.min(length) as usize);
        if first < last {
            let values = values[run.from + first..run.from + last].iter().map(si).collect();
            runs.push(WaveRun { start: run.start + first as u64, values });
        }
    }
    let kind = kind_of(&name, unit.as_ref());
    let unit_written = super::text::clean(written, 20);
    WaveChannel { name, kind, rate_hz: clock.rate_hz, unit_written, unit, uncalibrated: false, trust: Trust::Unchecked, runs }
}
