//! What a rehearsal came to, in a few lines, beside the published figures.

use proband_math::stats::{Moments, wilson};
use proband_run::safety::Verdict;
use proband_run::{CohortRow, Finished};
use proband_scene::Outcome;
use serde::Serialize;

use crate::text_table::{Align, TextTable};

/// One line of a summary.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Line {
    /// What.
    pub(crate) name: String,
    /// Value, or mean over the patients. `None`: there is none.
    pub(crate) value: Option<f64>,
    /// Spread as text: an interval or a standard deviation.
    pub(crate) spread: String,
    /// Unit.
    pub(crate) unit: String,
    /// What is published, with its source; not fitted to.
    pub(crate) published: String,
}

fn line(name: &str, value: f64, unit: &str, published: &str) -> Line {
    let value = value.is_finite().then_some(value);
    Line { name: name.into(), value, spread: String::new(), unit: unit.into(), published: published.into() }
}

fn flag(is_so: bool) -> f64 {
    f64::from(u8::from(is_so))
}

const FIRST_STICK: &str = "87 % of 31, 97 % of 25 without difficult access (Leipheimer 2019); 95 % (ADOPT 2024)";
const INSERTED: &str = "25 mm by nurses (PMC3726589)";
const ANGLE: &str = "15.2° by nurses (PMC3726589)";
const UNDER_WALL: &str = "1.5 to 1.6 mm, computed from 6 mm at 15.2° (PMC3726589)";
const TIME: &str = "93 ± 30 s (Leipheimer 2019)";

/// One patient.
pub(crate) fn of_one(finished: &Finished) -> Vec<Line> {
    let o = &finished.outcome;
    let mut lines = vec![
        line("blood at the first stick", flag(o.first_stick_success), "1", ""),
        line("predicted before", o.predicted_success, "1", ""),
        line("attempts", f64::from(o.attempts), "1", ""),
        line("handed over", flag(o.handed_over), "1", ""),
        line("blood drawn", o.volume_drawn_m3 * 1e6, "mL", ""),
        line("needle inserted", o.insertion_m * 1e3, "mm", INSERTED),
        line("angle to the skin", o.angle_rad.to_degrees(), "degree", ANGLE),
        line("tip under the front wall", o.tip_under_front_wall_m * 1e3, "mm", UNDER_WALL),
        line("largest axial force", o.force_peak_n, "N", ""),
        line("tourniquet to needle out", o.time_stick_s, "s", TIME),
        line("whole procedure", o.time_total_s, "s", ""),
        line("haematoma", o.haematoma_m3 * 1e6, "mL", ""),
    ];
    let complications = [
        ("back wall touched", o.back_wall_contact),
        ("vein transfixed", o.transfixion),
        ("vein rolled", o.rolled),
        ("artery entered", o.arterial_contact),
        ("nerve entered", o.nerve_contact),
        ("vasovagal reaction", o.vasovagal),
    ];
    lines.extend(complications.into_iter().filter(|(_, is_so)| *is_so).map(|(name, _)| line(name, 1.0, "1", "")));
    if let Some((tick, cause)) = &o.quarantined {
        lines.push(line(&format!("set apart at tick {tick}: {cause}"), f64::NAN, "", ""));
    }
    lines
}

/// Many patients: rates with 95 % Wilson intervals, means with standard deviations.
pub(crate) fn of_many(rows: &[CohortRow]) -> Vec<Line> {
    let outcomes: Vec<&Outcome> = rows.iter().filter_map(|row| row.outcome.as_ref().ok()).collect();
    let tried: Vec<&Outcome> = outcomes.iter().copied().filter(|outcome| !outcome.declined).collect();
    let rate = |name: &str, of: &[&Outcome], is_so: &dyn Fn(&Outcome) -> bool, published: &str| {
        let count = of.iter().filter(|outcome| is_so(outcome)).count() as u64;
        let trials = of.len() as u64;
        let spread = wilson(count, trials, 0.95).map_or_else(
            |_| String::new(),
            |interval| format!("{:.1} to {:.1} (95 %), {count} of {trials}", 100.0 * interval.low, 100.0 * interval.high),
        );
        Line { spread, ..line(name, 100.0 * count as f64 / trials as f64, "%", published) }
    };
    let mean = |name: &str, get: &dyn Fn(&Outcome) -> f64, unit: &str, published: &str| {
        let values: Vec<f64> = tried.iter().map(|outcome| get(outcome)).filter(|value| value.is_finite()).collect();
        let moments = Moments::of(&values);
        let value = if values.is_empty() { f64::NAN } else { moments.mean };
        Line { spread: format!("± {:.1}, n = {}", moments.sd(), values.len()), ..line(name, value, unit, published) }
    };
    vec![
        line("patients", rows.len() as f64, "1", ""),
        line("set apart", (rows.len() - outcomes.len()) as f64, "1", ""),
        rate("declined before a stick", &outcomes, &|o| o.declined, ""),
        rate("blood at the first stick, of those tried", &tried, &|o| o.first_stick_success, FIRST_STICK),
        rate("blood at the first stick, of all", &outcomes, &|o| o.first_stick_success, ""),
        rate("blood in the end, of all", &outcomes, &|o| o.success, ""),
        rate("handed over, of all", &outcomes, &|o| o.handed_over, ""),
        mean("needle inserted", &|o| o.insertion_m * 1e3, "mm", INSERTED),
        mean("angle to the skin", &|o| o.angle_rad.to_degrees(), "degree", ANGLE),
        mean("tip under the front wall", &|o| o.tip_under_front_wall_m * 1e3, "mm", UNDER_WALL),
        mean("tourniquet to needle out", &|o| o.time_stick_s, "s", TIME),
        rate("artery entered", &tried, &|o| o.arterial_contact, ""),
        rate("nerve entered", &tried, &|o| o.nerve_contact, "0.9 % by interview, 0.016 to 0.032 % reported (Newman 2013)"),
    ]
}

/// The lines as a table.
pub(crate) fn table(lines: &[Line]) -> TextTable {
    let published = lines.iter().any(|line| !line.published.is_empty());
    let spread = lines.iter().any(|line| !line.spread.is_empty());
    let mut heading = vec![("", Align::Left), ("value", Align::Right), ("unit", Align::Left)];
    if spread {
        heading.push(("spread", Align::Left));
    }
    if published {
        heading.push(("published", Align::Left));
    }
    let mut table = TextTable::new(&heading);
    for line in lines {
        let value = match line.value {
            Some(value) if value.fract() == 0.0 && value.abs() < 1e6 => format!("{value:.0}"),
            Some(value) if value.abs() < 1.0 => format!("{value:.3}"),
            Some(value) => format!("{value:.1}"),
            None => "–".into(),
        };
        let mut cells = vec![line.name.clone(), value, line.unit.clone()];
        if spread {
            cells.push(line.spread.clone());
        }
        if published {
            cells.push(line.published.clone());
        }
        table.row(cells);
    }
    table
}
/// Safety requirements with their least margins, broken ones first named; nothing when none were watched.
pub(crate) fn safety(verdicts: &[Verdict]) -> String {
    if verdicts.is_empty() {
        return String::new();
    }
    let mut table = TextTable::new(&[
        ("safety requirement", Align::Left),
        ("least margin", Align::Right),
        ("unit", Align::Left),
        ("at s", Align::Right),
        ("", Align::Left),
    ]);
    for v in verdicts {
        let came = v.robustness.is_finite();
        table.row([
            v.id.clone(),
            if came { three_digits(v.robustness) } else { String::new() },
            if came { v.unit.clone() } else { String::new() },
            if came { format!("{:.3}", v.worst_time_s) } else { String::new() },
            if v.robustness.is_nan() {
                "not computed".into()
            } else if !v.kept() {
                "BROKEN".into()
            } else if came {
                String::new()
            } else {
                "its case did not come".into()
            },
        ]);
    }
    let kept = verdicts.iter().filter(|v| v.kept()).count();
    format!("{table}\n{kept} of {} requirements kept\n\n", verdicts.len())
}

/// A number with three digits that count, however small.
fn three_digits(x: f64) -> String {
    let rounded: f64 = format!("{x:.2e}").parse().unwrap_or(x);
    if rounded != 0.0 && rounded.abs() < 1e-3 { format!("{rounded:e}") } else { rounded.to_string() }
}

/// A verdict for other programs; numbers that are none are `null`.
pub(crate) fn verdict_json(v: &Verdict) -> serde_json::Value {
    let number = |x: f64| x.is_finite().then_some(x);
    serde_json::json!({
        "id": v.id, "robustness": number(v.robustness), "normalised": number(v.normalised), "unit": v.unit,
        "worst_time_s": number(v.worst_time_s), "kept": v.kept(),
    })
}
