//! The whole patient against the validation sheets of another engine, by that engine's own rule.
//!
//! A cell of a sheet is a scenario, a moment and a quantity with the value, range or trend that is published for it.
//! Good: right trend, or within 10 %; decent: within 30 %; bad: wrong trend, or beyond 30 %. Nothing is tuned here: a
//! scenario is typed in as the sheet gives it, and a severity without a unit is set once, as its table says.

mod absent;
mod athlete;
mod drugs;
mod effort;
mod hand;
mod heart;
mod lungs;
mod rest;
mod ventilated;

use std::fmt;

pub use absent::NOT_MODELLED;
pub(super) use athlete::athlete;
use hand::{Course, Seen};
use proband_physiology::whole::WholePatient;

/// How a cell stands to its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// Right trend, or within 10 %.
    Good,
    /// Within 30 %.
    Decent,
    /// Wrong trend, or beyond 30 %.
    Bad,
}

/// What a sheet asks of a quantity.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Want {
    /// Above the resting value, below it, or as it.
    Up,
    Down,
    Same,
    /// Rest or lower.
    NotUp,
    /// Within bounds.
    Value(f64, f64),
    /// Within these multiples of the resting value.
    Times(f64, f64),
    /// This much above the resting value.
    Plus(f64),
    /// Above, below or as the value at the end of the segment before.
    UpNow,
    DownNow,
    SameNow,
    /// Above or below the value at the end of an earlier segment.
    MoreThan(usize),
    LessThan(usize),
    /// Nearer to the resting value than in the segment before, or at it.
    Back,
}

/// A trend counts from this relative change on; for temperatures from this many K.
const TREND: f64 = 0.005;
const TREND_K: f64 = 0.02;

impl fmt::Display for Want {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Up => f.write_str("up"),
            Self::Down => f.write_str("down"),
            Self::Same => f.write_str("no change"),
            Self::NotUp => f.write_str("no change or down"),
            Self::Value(low, high) if low == high => write!(f, "{low}"),
            Self::Value(low, high) if *high >= BEYOND => write!(f, "above {low}"),
            Self::Value(low, high) if *low <= -BEYOND => write!(f, "below {high}"),
            Self::Value(low, high) => write!(f, "{low} to {high}"),
            Self::Times(low, high) if low == high => write!(f, "{low} of rest"),
            Self::Times(low, high) => write!(f, "{low} to {high} of rest"),
            Self::Plus(by) => write!(f, "{by} above rest"),
            Self::UpNow => f.write_str("up from before"),
            Self::DownNow => f.write_str("down from before"),
            Self::SameNow => f.write_str("as before"),
            Self::MoreThan(i) => write!(f, "above segment {}", i + 1),
            Self::LessThan(i) => write!(f, "below segment {}", i + 1),
            Self::Back => f.write_str("towards rest"),
        }
    }
}

/// A bound that is none.
const BEYOND: f64 = 1e9;

/// A number above this.
const fn above(x: f64) -> Want {
    Want::Value(x, BEYOND)
}

/// A number below this.
const fn below(x: f64) -> Want {
    Want::Value(-BEYOND, x)
}

/// One cell of a sheet with what the model gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Sheet.
    pub sheet: &'static str,
    /// What was done.
    pub segment: &'static str,
    /// Quantity.
    pub quantity: &'static str,
    /// What the sheet asks for.
    pub wanted: String,
    /// Whether it asks for a direction only, not for a number.
    pub trend: bool,
    /// Value at rest.
    pub rest: f64,
    /// Value at the moment.
    pub obtained: f64,
    /// Grade.
    pub grade: Grade,
}

fn banded(off: f64) -> Grade {
    match off.abs() {
        x if x <= 0.10 => Grade::Good,
        x if x <= 0.30 => Grade::Decent,
        _ => Grade::Bad,
    }
}

/// Distance to a range, relative to its nearer end.
fn outside(value: f64, low: f64, high: f64) -> f64 {
    let to = |bound: f64| (value - bound) / bound.abs().max(1e-9);
    if value < low { to(low) } else { to(high).max(0.0) }
}

fn graded(want: Want, quantity: &str, value: f64, rest: f64, ends: &[Seen]) -> Grade {
    let at = |i: usize| ends.get(i).map_or(f64::NAN, |seen| seen.get(quantity));
    let before = if ends.is_empty() { rest } else { at(ends.len() - 1) };
    let slack = if quantity.ends_with("_c") { TREND_K } else { TREND * rest.abs() };
    let trend = |right: bool| if right { Grade::Good } else { Grade::Bad };
    let like = |other: f64| banded((value - other) / other.abs().max(1e-9));
    match want {
        Want::Up => trend(value > rest + slack),
        Want::Down => trend(value < rest - slack),
        Want::Same => like(rest),
        Want::NotUp => {
            if value < rest {
                Grade::Good
            } else {
                like(rest)
            }
        }
        Want::Value(low, high) => banded(outside(value, low, high)),
        Want::Times(low, high) => banded(outside(value, low * rest, high * rest)),
        Want::Plus(by) if (value - rest) * by <= 0.0 => Grade::Bad,
        Want::Plus(by) => like(rest + by),
        Want::UpNow => trend(value > before + slack),
        Want::DownNow => trend(value < before - slack),
        Want::SameNow => like(before),
        Want::MoreThan(i) => trend(value > at(i)),
        Want::LessThan(i) => trend(value < at(i)),
        Want::Back if (value - rest).abs() < (before - rest).abs() => Grade::Good,
        Want::Back => like(rest),
    }
}

impl Want {
    fn is_trend(self) -> bool {
        !matches!(self, Self::Value(..) | Self::Times(..) | Self::Plus(_))
    }
}

/// One step of a scenario: what is changed, for how long it lasts, what is asked at its end.
struct Segment {
    what: &'static str,
    seconds: u32,
    act: fn(&mut hand::Hand),
    wants: &'static [(&'static str, Want)],
}

/// One scenario of a sheet.
struct Scenario {
    sheet: &'static str,
    segments: &'static [Segment],
}

/// Every cell that is modelled.
#[derive(Clone, Debug, PartialEq)]
pub struct Scorecard {
    /// Cells in the order of the sheets.
    pub cells: Vec<Cell>,
}

impl Scorecard {
    /// Run every scenario.
    ///
    /// # Errors
    /// The scenario whose state left what a body can be.
    pub fn compute() -> Result<Self, String> {
        let patient = WholePatient::new(&proband_physiology::whole::Physique::reference_man()).map_err(|error| error.to_string())?;
        let rest = Course::new(&patient).seen(&patient)?;
        let mut cells = rest::cells(&patient, &rest);
        for scenario in
            [heart::SCENARIOS, lungs::SCENARIOS, ventilated::SCENARIOS, effort::SCENARIOS, drugs::SCENARIOS].into_iter().flatten()
        {
            cells.extend(run(&patient, &rest, scenario)?);
        }
        let volunteer = athlete()?;
        let rest = Course::new(&volunteer).seen(&volunteer)?;
        for scenario in drugs::VOLUNTEERS {
            cells.extend(run(&volunteer, &rest, scenario)?);
        }
        Ok(Self { cells })
    }

    /// Good, decent, bad among the cells that `chosen` picks.
    #[must_use]
    pub fn counts(&self, chosen: impl Fn(&Cell) -> bool) -> [usize; 3] {
        let mut counts = [0; 3];
        for cell in self.cells.iter().filter(|cell| chosen(cell)) {
            counts[cell.grade as usize] += 1;
        }
        counts
    }
}

fn run(patient: &WholePatient, rest: &Seen, scenario: &Scenario) -> Result<Vec<Cell>, String> {
    let mut course = Course::new(patient);
    let mut ends: Vec<Seen> = Vec::new();
    let mut cells = Vec::new();
    for segment in scenario.segments {
        (segment.act)(course.hand());
        course.pass(patient, segment.seconds).map_err(|error| format!("{}, {}: {error}", scenario.sheet, segment.what))?;
        let seen = course.seen(patient)?;
        for (quantity, want) in segment.wants {
            let (obtained, rest) = (seen.get(quantity), rest.get(quantity));
            cells.push(Cell {
                sheet: scenario.sheet,
                segment: segment.what,
                quantity,
                wanted: want.to_string(),
                trend: want.is_trend(),
                rest,
                obtained,
                grade: graded(*want, quantity, obtained, rest, &ends),
            });
        }
        ends.push(seen);
    }
    Ok(cells)
}

/// Pulse's own totals over its whole set of sheets: good, decent, bad (its validation tables).
pub const PULSE: [usize; 3] = [1291, 53, 80];

fn line(f: &mut fmt::Formatter<'_>, name: &str, [good, decent, bad]: [usize; 3]) -> fmt::Result {
    let all = (good + decent + bad).max(1) as f64;
    let share = |n: usize| 100.0 * n as f64 / all;
    writeln!(f, "  {name:<44} {good:>5} {decent:>7} {bad:>5}   {:>5.1} % good {:>5.1} % bad", share(good), share(bad))
}

impl fmt::Display for Scorecard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "The whole patient by the rule of the Pulse validation sheets")?;
        writeln!(f, "  good: right trend or within 10 %; decent: within 30 %; bad: wrong trend or beyond 30 %\n")?;
        writeln!(f, "  {:<44} {:>5} {:>7} {:>5}", "sheet", "good", "decent", "bad")?;
        let mut sheets: Vec<&str> = Vec::new();
        for cell in &self.cells {
            if !sheets.contains(&cell.sheet) {
                sheets.push(cell.sheet);
            }
        }
        for sheet in sheets {
            line(f, sheet, self.counts(|cell| cell.sheet == sheet))?;
        }
        line(f, "numbers", self.counts(|cell| !cell.trend))?;
        line(f, "trends alone", self.counts(|cell| cell.trend))?;
        line(f, "all that is modelled", self.counts(|_| true))?;
        line(f, "Pulse, its own tables, all its sheets", PULSE)?;
        writeln!(f, "\nNot good:")?;
        for cell in self.cells.iter().filter(|cell| cell.grade != Grade::Good) {
            let grade = if cell.grade == Grade::Bad { "bad   " } else { "decent" };
            let Cell { sheet, segment, quantity, wanted, rest, obtained, .. } = cell;
            writeln!(f, "  {grade} {sheet}: {segment}: {quantity}: {wanted}; {obtained:.4} (rest {rest:.4})")?;
        }
        let absent: usize = NOT_MODELLED.iter().map(|(_, cells, _)| cells).sum();
        writeln!(f, "\nNot modelled: {absent} cells")?;
        for (sheet, cells, why) in NOT_MODELLED {
            writeln!(f, "  {cells:>4}  {sheet}: {why}")?;
        }
        Ok(())
    }
}
