//! A simulated figure beside the published one.
//!
//! The rule, fixed before the first run: both agree when the 95 % interval of their difference holds 0. Half widths of two
//! intervals add in squares, each taken on the side that faces the other figure; a figure that is printed without counts
//! or interval is taken as exact. Ratios are compared by their logarithm.

use proband_core::ops;
use proband_math::stats::{Moments, newcombe, wilson};

use super::{Drawn, Figure, Measure};

/// One line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Compared {
    /// People behind the simulated figure (of both groups, where there are two).
    pub(crate) count: u64,
    /// Simulated value with its 95 % interval.
    pub(crate) simulated: [f64; 3],
    /// Whether both agree; `None` when nothing was published or the model was fitted to it.
    pub(crate) agrees: Option<bool>,
}

const CONFIDENCE: f64 = 0.95;
const Z: f64 = 1.959_963_984_540_054;

/// Events and people.
type Pair = (u64, u64);

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// Compute one figure from the people of its group, and of the group it is compared with.
///
/// # Errors
/// Nobody in it, or a figure without its second group.
pub(crate) fn compare(figure: &Figure, group: &[Drawn], against: Option<&[Drawn]>) -> Result<Compared, String> {
    let other = || against.ok_or_else(|| format!("{}: no second group", figure.name));
    let (count, simulated) = match figure.measure {
        Measure::FirstStick => proportion(first_sticks(figure, group))?,
        Measure::FirstStickFails => proportion(fails(first_sticks(figure, group)))?,
        Measure::Seen => {
            let here: Vec<&Drawn> = group.iter().filter(|d| d.is_in(figure.part)).collect();
            proportion((here.iter().filter(|d| d.seen).count() as u64, here.len() as u64))?
        }
        Measure::OddsRatioOfFailing => odds_ratio(fails(first_sticks(figure, group)), fails(first_sticks(figure, other()?))),
        Measure::DifferenceOfFirstStick => {
            let (a, b) = (first_sticks(figure, group), first_sticks(figure, other()?));
            let i = newcombe(a, b, CONFIDENCE).map_err(text)?;
            (a.1 + b.1, [a.0 as f64 / a.1 as f64 - b.0 as f64 / b.1 as f64, i.low, i.high])
        }
        Measure::MeanTime => mean_time(figure, group)?,
    };
    let agrees = figure.value.filter(|_| !figure.fitted).map(|value| {
        let log = figure.measure == Measure::OddsRatioOfFailing;
        let of = |x: f64| if log { ops::ln(x) } else { x };
        let published = figure.interval.map_or([value; 3], |[low, high]| [value, low, high]);
        hold_zero(simulated.map(of), published.map(of))
    });
    Ok(Compared { count, simulated, agrees })
}

/// Whether the interval of the difference of two figures (value, low, high) holds 0.
fn hold_zero(a: [f64; 3], b: [f64; 3]) -> bool {
    let difference = a[0] - b[0];
    let (below, above) = if difference > 0.0 { (a[0] - a[1], b[2] - b[0]) } else { (a[2] - a[0], b[0] - b[1]) };
    difference.abs() <= ops::hypot(below, above)
}

/// First sticks that succeeded, of people whose skin was punctured: a robot that declines is scored apart.
fn first_sticks(figure: &Figure, group: &[Drawn]) -> Pair {
    let done = group.iter().filter(|d| d.is_in(figure.part)).filter_map(|d| d.outcome.as_ref()).filter(|o| !o.declined);
    let (mut events, mut count) = (0, 0);
    for outcome in done {
        count += 1;
        events += u64::from(outcome.first_stick_success);
    }
    (events, count)
}

fn fails((events, count): Pair) -> Pair {
    (count - events, count)
}

fn proportion((events, count): Pair) -> Result<(u64, [f64; 3]), String> {
    let i = wilson(events, count, CONFIDENCE).map_err(text)?;
    Ok((count, [events as f64 / count as f64, i.low, i.high]))
}

/// Odds ratio with Woolf's interval after half a person is added to each cell (Haldane 1956, Anscombe 1956).
fn odds_ratio(a: Pair, b: Pair) -> (u64, [f64; 3]) {
    let cell = |x: u64| x as f64 + 0.5;
    let cells = [cell(a.0), cell(a.1 - a.0), cell(b.0), cell(b.1 - b.0)];
    let middle = ops::ln(cells[0] / cells[1]) - ops::ln(cells[2] / cells[3]);
    let half = Z * cells.iter().map(|c| 1.0 / c).sum::<f64>().sqrt();
    (a.1 + b.1, [middle, middle - half, middle + half].map(ops::exp))
}

fn mean_time(figure: &Figure, group: &[Drawn]) -> Result<(u64, [f64; 3]), String> {
    let done = group.iter().filter(|d| d.is_in(figure.part)).filter_map(|d| d.outcome.as_ref());
    let times: Vec<f64> = done.filter(|o| o.first_stick_success).map(|o| o.time_stick_s).filter(|t| t.is_finite()).collect();
    if times.len() < 2 {
        return Err(format!("{}: {} times", figure.name, times.len()));
    }
    let m = Moments::of(&times);
    let half = Z * m.sd() / (times.len() as f64).sqrt();
    Ok((times.len() as u64, [m.mean, m.mean - half, m.mean + half]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Agree when the difference could be nothing, disagree when it could not; an exact figure has no width.
    #[test]
    fn the_rule_by_hand() {
        assert!(hold_zero([0.90, 0.85, 0.94], [0.871, 0.71, 0.95]));
        assert!(!hold_zero([0.05, 0.02, 0.09], [0.27, 0.27, 0.27]));
        assert!(hold_zero([0.05, 0.02, 0.09], [0.09, 0.09, 0.09]));
        assert!(!hold_zero([0.5, 0.4, 0.6], [0.3, 0.25, 0.34]));
    }

    /// Give the odds ratio of a table by hand.
    #[test]
    fn odds_by_hand() {
        let (n, [value, low, high]) = odds_ratio((10, 50), (5, 50));
        assert_eq!(n, 100);
        assert!((value - (10.5 / 40.5) / (5.5 / 45.5)).abs() < 1e-12 && low < value && value < high);
    }
}
