//! Names and units from headings: `ABP [mmHg]`, `ART mean (kPa)`, `abp_mmhg`, `time_s`.

use crate::wave::digital::read_unit;
use crate::wave::text::clean;

/// How a column tells the time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum TimeUnit {
    /// It does not.
    None,
    /// Numbers of this many seconds.
    Seconds(f64),
    /// Numbers without a unit.
    Unknown,
    /// Dates or times of day.
    Clock,
}

/// One column.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Heading {
    pub name: String,
    pub unit: String,
    pub time: TimeUnit,
}

/// Names of columns that tell the time, in lower case.
const TIMES: &[&str] = &[
    "time",
    "timer",
    "timestamp",
    "t",
    "datetime",
    "date",
    "date time",
    "seconds",
    "sec",
    "milliseconds",
    "elapsed",
    "elapsed time",
    "clock",
];

fn seconds_of(unit: &str) -> Option<f64> {
    Some(match unit {
        "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
        "ms" | "msec" | "milliseconds" => 1e-3,
        "us" | "µs" => 1e-6,
        "ns" => 1e-9,
        "min" | "minutes" => 60.0,
        "h" | "hours" => 3600.0,
        _ => return None,
    })
}

impl Heading {
    /// What a heading says.
    pub(super) fn parse(text: &str, number: usize) -> Self {
        let text = clean(text.trim().trim_matches(['"', '\'']), 80);
        let (name, unit) = split(&text);
        let folded = name.to_lowercase().replace('_', " ");
        let time = match (TIMES.contains(&folded.as_str()), seconds_of(&unit.to_lowercase())) {
            (true, Some(seconds)) => TimeUnit::Seconds(seconds),
            (true, None) => seconds_of(&folded).map_or(TimeUnit::Unknown, TimeUnit::Seconds),
            (false, _) => TimeUnit::None,
        };
        let name = if name.is_empty() { format!("column {number}") } else { name };
        Self { name, unit, time }
    }
}

/// Name and unit of a heading.
fn split(text: &str) -> (String, String) {
    for (open, close) in [('[', ']'), ('(', ')')] {
        if let Some(rest) = text.strip_suffix(close)
            && let Some((name, unit)) = rest.rsplit_once(open)
        {
            return (name.trim().to_owned(), unit.trim().to_owned());
        }
    }
    // A suffix counts as a unit only where it is one: `abp_mmhg`, not `ecg_noisy`.
    if let Some((name, unit)) = text.rsplit_once('_') {
        let plain = !name.is_empty() && unit.len() > 1 && read_unit(unit).is_some();
        if plain || seconds_of(&unit.to_lowercase()).is_some() {
            return (name.to_owned(), unit.to_owned());
        }
    }
    (text.to_owned(), String::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, name: &str, unit: &str, time: TimeUnit) {
        assert_eq!(Heading::parse(text, 1), Heading { name: name.into(), unit: unit.into(), time }, "{text}");
    }

    /// Read units where headings put them, and leave names alone that only look like it.
    #[test]
    fn headings_are_split() {
        check("ABP [mmHg]", "ABP", "mmHg", TimeUnit::None);
        check("ART mean (kPa)", "ART mean", "kPa", TimeUnit::None);
        check("abp_mmhg", "abp", "mmhg", TimeUnit::None);
        check("ecg_noisy", "ecg_noisy", "", TimeUnit::None);
        check("\"Time (ms)\"", "Time", "ms", TimeUnit::Seconds(1e-3));
        check("time_s", "time", "s", TimeUnit::Seconds(1.0));
        check("timer", "timer", "", TimeUnit::Unknown);
        check("", "column 1", "", TimeUnit::None);
    }
}
