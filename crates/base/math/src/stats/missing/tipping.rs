//! Which values of the missing would turn the conclusion?

use serde::{Deserialize, Serialize};

use super::super::error::{all_finite, in_range};
use super::super::{Interval, StatsError, newcombe};

/// Greatest number of cells of a tipping table.
const CELL_COUNT_MAX: u64 = 1_000_000;

/// An arm of which some patients have no outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BinaryArm {
    /// Events among those seen.
    pub events: u64,
    /// Patients seen to the end.
    pub observed: u64,
    /// Patients without an outcome: aborted, crashed, diverged.
    pub missing: u64,
}

/// One way to fill in the missing.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TippingCell {
    /// Events given to the missing of the first arm.
    pub first_events: u64,
    /// Events given to the missing of the second arm.
    pub second_events: u64,
    /// Difference of proportions, first minus second [1].
    pub difference: f64,
    /// Newcombe's interval.
    pub interval: Interval,
}

/// All ways to fill in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TippingTable {
    /// Cells by growing events of the first arm, then of the second.
    pub cells: Vec<TippingCell>,
    /// Share of the cells in which the claim "difference above the limit" holds [1].
    pub holds_share: f64,
    /// Whether it holds in the worst case (all missing of the first arm without, all of the second with the event).
    pub holds_worst: bool,
    /// Whether it holds in the best case.
    pub holds_best: bool,
}

/// Fill in every number of events among the missing of both arms, and see where the lower end of the difference lies above
/// `limit` (0 for superiority, −margin for non-inferiority; more events are better).
///
/// # Source
/// Yan, Lee & Li 2009, J Biopharm Stat 19:1085–1098.
/// # Errors
/// [`StatsError::Proportion`], [`StatsError::Confidence`], [`StatsError::OutOfRange`] for the limit,
/// [`StatsError::TooMany`] above a million ways.
pub fn tipping_table(first: BinaryArm, second: BinaryArm, limit: f64, confidence: f64) -> Result<TippingTable, StatsError> {
    in_range("limit", limit, -1.0, 1.0)?;
    for arm in [first, second] {
        super::super::proportion::check_arm((arm.events, arm.observed))?;
    }
    let ways = first.missing.saturating_add(1).saturating_mul(second.missing.saturating_add(1));
    if ways > CELL_COUNT_MAX {
        return Err(StatsError::TooMany { name: "ways to fill in", found: ways as usize, max: CELL_COUNT_MAX as usize });
    }
    let mut cells = Vec::new();
    for a in 0..=first.missing {
        for b in 0..=second.missing {
            let x = (first.events + a, first.observed + first.missing);
            let y = (second.events + b, second.observed + second.missing);
            let interval = newcombe(x, y, confidence)?;
            let difference = x.0 as f64 / x.1 as f64 - y.0 as f64 / y.1 as f64;
            cells.push(TippingCell { first_events: a, second_events: b, difference, interval });
        }
    }
    let holds = |c: &TippingCell| c.interval.low > limit;
    let at = |a: u64, b: u64| cells.iter().find(|c| c.first_events == a && c.second_events == b).is_some_and(holds);
    Ok(TippingTable {
        holds_share: cells.iter().filter(|c| holds(c)).count() as f64 / cells.len() as f64,
        holds_worst: at(0, second.missing),
        holds_best: at(first.missing, 0),
        cells,
    })
}

/// Smallest shift in `low..=high` of the missing values at which a conclusion no longer holds; none when it holds throughout.
///
/// `holds(shift)` analyses the data with the missing values shifted; it must turn at most once. At `low` it must hold.
///
/// # Source
/// Delta adjustment: Permutt 2016, Stat Med 35:2876; ICH E9(R1) sec. A.5.2.
/// # Errors
/// [`StatsError::NotFinite`], [`StatsError::OutOfRange`] for an empty range or a conclusion that does not hold at `low`, and what `holds` returns.
pub fn tipping_shift(low: f64, high: f64, mut holds: impl FnMut(f64) -> Result<bool, StatsError>) -> Result<Option<f64>, StatsError> {
    all_finite("range of the shift", &[low, high])?;
    in_range("low end of the shift", low, f64::MIN, high)?;
    if !holds(low)? {
        return Err(StatsError::OutOfRange { name: "shift at which the conclusion holds", value: low, min: low, max: high });
    }
    if holds(high)? {
        return Ok(None);
    }
    let (mut low, mut high) = (low, high);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if holds(middle)? { low = middle } else { high = middle }
    }
    Ok(Some(high))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Turn the conclusion of a trial with 10 missing in each arm in the worst case, and not with one.
    #[test]
    fn conclusions_tip() {
        let arm = |events, missing| BinaryArm { events, observed: 100 - missing, missing };
        let table = tipping_table(arm(80, 10), arm(60, 10), 0.0, 0.95).unwrap();
        assert!(table.cells.len() == 121 && table.holds_best && !table.holds_worst && table.holds_share > 0.3 && table.holds_share < 1.0);
        assert!(tipping_table(arm(80, 1), arm(60, 1), 0.0, 0.95).unwrap().holds_worst);
        assert!(tipping_table(arm(80, 10), BinaryArm { events: 5, observed: 4, missing: 0 }, 0.0, 0.95).is_err());
        let huge = BinaryArm { events: 1, observed: 2, missing: u64::MAX };
        assert!(tipping_table(huge, huge, 0.0, 0.95).is_err());
    }

    /// Find the shift at which a mean reaches zero.
    #[test]
    fn shifts_are_found() {
        assert!((tipping_shift(0.0, 10.0, |s| Ok(s < 3.7)).unwrap().unwrap() - 3.7).abs() < 1e-12);
        assert_eq!(tipping_shift(0.0, 1.0, |_| Ok(true)), Ok(None));
        assert!(tipping_shift(0.0, 1.0, |_| Ok(false)).is_err() && tipping_shift(f64::NAN, 1.0, |_| Ok(true)).is_err());
    }
}
