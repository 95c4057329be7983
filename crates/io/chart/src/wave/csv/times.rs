//! From a column of times to a rate and runs without a gap.

use proband_core::Warnings;

use super::heading::TimeUnit;
use super::rows::Rows;
use crate::ChartError;
use crate::wave::files::shown;
use crate::wave::options::WaveOptions;
use crate::wave::text::moment;

/// A step of this many usual ones is a gap.
const GAP_STEPS: f64 = 3.0;
/// Times may differ by this many steps from an even rate before it is said.
const JITTER_STEPS: f64 = 2.0;
/// Rates of waveforms that are believed when a column of times has no unit [Hz]. Prior: unverified, monitors and recorders.
const RATE_USUAL_HZ: (f64, f64) = (1.0, 50_000.0);

/// Rows `from..to` of the table without a gap, the first at sample `start`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RowRun {
    pub from: usize,
    pub to: usize,
    pub start: u64,
}

/// Rate and runs.
pub(super) struct Clock {
    pub rate_hz: f64,
    pub clock_s: Option<f64>,
    pub runs: Vec<RowRun>,
}

fn fail(file: &str, place: String, what: String) -> ChartError {
    ChartError::Wave { file: shown(file), place, what }
}

/// The clock of a table.
pub(super) fn clock(table: &Rows, file: &str, options: &WaveOptions, warnings: &Warnings) -> Result<Clock, ChartError> {
    let rows = table.lines.len();
    let even = |rate_hz: f64| Clock { rate_hz, clock_s: None, runs: vec![RowRun { from: 0, to: rows, start: 0 }] };
    let Some(column) = table.headings.iter().position(|heading| heading.time != TimeUnit::None) else {
        let rate = options.table_rate_hz.or(table.rate_hz);
        let rate =
            rate.ok_or_else(|| fail(file, "columns".into(), "no column of times and no rate: give the samples per second".into()))?;
        if !(1e-6..=1e7).contains(&rate) {
            return Err(fail(file, "rate".into(), format!("{rate} Hz, between 1e-6 and 1e7")));
        }
        return Ok(even(rate));
    };
    let (heading, raw) = (&table.headings[column], &table.columns[column]);
    for (row, pair) in raw.windows(2).enumerate() {
        if pair[1] < pair[0] || pair.iter().any(|time| time.is_nan()) {
            let what = format!("time {} after {}: times must not fall or be missing", pair[1], pair[0]);
            return Err(fail(file, format!("line {}, column {}", table.lines[row + 1], heading.name), what));
        }
    }
    let step = median_step(raw).ok_or_else(|| fail(file, format!("column {}", heading.name), "the time does not go on".into()))?;
    let unit_s = match heading.time {
        TimeUnit::Seconds(unit_s) => unit_s,
        TimeUnit::Clock | TimeUnit::None => 1.0,
        TimeUnit::Unknown => guessed_unit(step, heading, file, warnings)?,
    };
    let times: Vec<f64> = raw.iter().map(|time| (time - raw[0]) * unit_s).collect();
    let clock_s = (heading.time == TimeUnit::Clock).then(|| raw[0].rem_euclid(86_400.0));
    spread(&times, step * unit_s, clock_s, heading, file, warnings)
}

/// Median of the steps that go on.
fn median_step(times: &[f64]) -> Option<f64> {
    let mut steps: Vec<f64> = times.windows(2).map(|pair| pair[1] - pair[0]).filter(|step| *step > 0.0).collect();
    steps.sort_by(f64::total_cmp);
    steps.get(steps.len() / 2).copied()
}

/// Seconds or milliseconds, whichever gives a rate that waveforms have; if both do, nothing is guessed.
fn guessed_unit(step: f64, heading: &super::Heading, file: &str, warnings: &Warnings) -> Result<f64, ChartError> {
    let fits = |unit_s: f64| (RATE_USUAL_HZ.0..=RATE_USUAL_HZ.1).contains(&(1.0 / (step * unit_s)));
    let (unit_s, word) = match (fits(1.0), fits(1e-3)) {
        (true, false) => (1.0, "s"),
        (false, true) => (1e-3, "ms"),
        _ => {
            let what = format!("no unit, and steps of {step} could be s or ms: name the column \"{} [s]\" or \"[ms]\"", heading.name);
            return Err(fail(file, format!("column {}", heading.name), what));
        }
    };
    warnings.note(
        format!("{}: {}", shown(file), heading.name),
        format!("times without unit, taken as {word}: the rate is {:.4} Hz then", 1.0 / (step * unit_s)),
    );
    Ok(unit_s)
}

/// Rate from the steps without gaps, runs between the gaps.
fn spread(
    times: &[f64],
    step_s: f64,
    clock_s: Option<f64>,
    heading: &super::Heading,
    file: &str,
    warnings: &Warnings,
) -> Result<Clock, ChartError> {
    let gap_s = GAP_STEPS * step_s;
    let (mut sum, mut count) = (0.0, 0_u64);
    for step in times.windows(2).map(|pair| pair[1] - pair[0]).filter(|step| *step <= gap_s) {
        sum += step;
        count += 1;
    }
    let rate_hz = if sum > 0.0 { count as f64 / sum } else { 1.0 / step_s };
    if !(1e-6..=1e7).contains(&rate_hz) {
        return Err(fail(file, format!("column {}", heading.name), format!("rate {rate_hz} Hz, between 1e-6 and 1e7")));
    }
    let place = || format!("{}: {}", shown(file), heading.name);
    let mut runs: Vec<RowRun> = Vec::new();
    let (mut worst, mut worst_s) = (0.0_f64, 0.0);
    for (row, time) in times.iter().enumerate() {
        let after_gap = row == 0 || time - times[row - 1] > gap_s;
        if after_gap {
            if row > 0 {
                warnings.note(place(), format!("gap of {:.3} s at {}", time - times[row - 1], moment(times[row - 1])));
            }
            let next = runs.last().map_or(0, |run| run.start + (run.to - run.from) as u64);
            runs.push(RowRun { from: row, to: row, start: ((time * rate_hz).round() as u64).max(next) });
        }
        if let Some(run) = runs.last_mut() {
            run.to = row + 1;
            let even = (run.start + (row - run.from) as u64) as f64 / rate_hz;
            if (time - even).abs() > worst {
                (worst, worst_s) = ((time - even).abs(), *time);
            }
        }
    }
    if worst * rate_hz > JITTER_STEPS {
        warnings.note(place(), format!("times lie up to {worst:.3} s off an even rate of {rate_hz:.4} Hz, most at {}", moment(worst_s)));
    }
    Ok(Clock { rate_hz, clock_s, runs })
}
