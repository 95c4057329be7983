//! A box, an objective that is counted, and the best that was met.

use proband_core::Stream;
use serde::{Deserialize, Serialize};

use super::SearchError;
use super::error::in_range;

/// Ranges of the inputs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SearchBox {
    low: Vec<f64>,
    high: Vec<f64>,
}

impl SearchBox {
    /// Ranges, low and high of each input.
    ///
    /// # Errors
    /// [`SearchError::OutOfRange`] for none, more than 10 000, or ranges that are empty or not finite.
    pub fn new(ranges: &[(f64, f64)]) -> Result<Self, SearchError> {
        in_range("number of inputs", ranges.len() as f64, 1.0, 1e4)?;
        for (low, high) in ranges {
            in_range("low end", *low, -1e150, 1e150)?;
            in_range("high end", *high, low.next_up(), 1e150)?;
        }
        Ok(Self { low: ranges.iter().map(|r| r.0).collect(), high: ranges.iter().map(|r| r.1).collect() })
    }

    /// Number of inputs.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.low.len()
    }

    /// The point of the box at a place of the unit cube, shape [dimension].
    #[must_use]
    pub fn at(&self, unit: &[f64]) -> Vec<f64> {
        unit.iter().zip(self.low.iter().zip(&self.high)).map(|(u, (l, h))| (l + (h - l) * u).clamp(*l, *h)).collect()
    }

    pub(super) fn draw_unit(&self, stream: &mut Stream) -> Vec<f64> {
        self.low.iter().map(|_| stream.uniform()).collect()
    }
}

/// Best point of a search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// The point, shape [dimension].
    pub point: Vec<f64>,
    /// Objective there.
    pub value: f64,
    /// Evaluations used.
    pub evaluations: u64,
    /// Evaluation at which the objective first reached the target; none when it did not.
    pub reached_at: Option<u64>,
}

/// Told of points that are about to be evaluated.
type Prepare<'a> = dyn FnMut(&[Vec<f64>]) + 'a;

/// An objective over a box, with a target below which the search may stop, and a limit of evaluations.
pub struct Objective<'a> {
    function: &'a mut dyn FnMut(&[f64]) -> f64,
    range: &'a SearchBox,
    target: f64,
    max: u64,
    best: Option<Found>,
    used: u64,
    reached_at: Option<u64>,
    prepare: Option<&'a mut Prepare<'a>>,
}

impl<'a> Objective<'a> {
    /// Minimise `function` over `range` until it is below `target` (−∞ to search on) or `max` evaluations are used.
    ///
    /// # Errors
    /// [`SearchError::OutOfRange`] for a limit of 0 and a NaN target.
    pub fn new(range: &'a SearchBox, target: f64, max: u64, function: &'a mut dyn FnMut(&[f64]) -> f64) -> Result<Self, SearchError> {
        in_range("evaluations", max as f64, 1.0, 1e15)?;
        in_range("target", target, f64::NEG_INFINITY, f64::MAX)?;
        Ok(Self { function, range, target, max, best: None, used: 0, reached_at: None, prepare: None })
    }

    /// Be told of points that are about to be evaluated, shape [count][dimension], where a solver knows several at a time: so that
    /// costly ones can be worked on at once. What is evaluated, and in which order, does not depend on it.
    #[must_use]
    pub fn with_prepare(mut self, prepare: &'a mut dyn FnMut(&[Vec<f64>])) -> Self {
        self.prepare = Some(prepare);
        self
    }

    /// Announce places of the unit cube, as far as evaluations are left.
    pub(super) fn announce(&mut self, units: &[Vec<f64>]) {
        if self.done() {
            return;
        }
        let left = usize::try_from(self.left()).unwrap_or(usize::MAX).min(units.len());
        if let Some(prepare) = &mut self.prepare {
            prepare(&units[..left].iter().map(|unit| self.range.at(unit)).collect::<Vec<_>>());
        }
    }

    /// Announce places and evaluate them in order.
    ///
    /// # Errors
    /// [`SearchError::NotANumber`].
    pub(super) fn at_units(&mut self, units: &[Vec<f64>]) -> Result<Vec<f64>, SearchError> {
        self.announce(units);
        units.iter().map(|unit| self.at_unit(unit)).collect()
    }

    /// The box.
    #[must_use]
    pub fn range(&self) -> &SearchBox {
        self.range
    }

    /// Whether the search is to end.
    #[must_use]
    pub fn done(&self) -> bool {
        self.used >= self.max || self.reached_at.is_some()
    }

    /// Evaluations left.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.max - self.used
    }

    /// Evaluate at a place of the unit cube; +∞ without evaluation when the search is to end.
    ///
    /// # Errors
    /// [`SearchError::NotANumber`].
    pub fn at_unit(&mut self, unit: &[f64]) -> Result<f64, SearchError> {
        if self.done() {
            return Ok(f64::INFINITY);
        }
        let point = self.range.at(unit);
        self.used += 1;
        let value = (self.function)(&point);
        if value.is_nan() {
            return Err(SearchError::NotANumber { evaluation: self.used });
        }
        if value < self.target {
            self.reached_at = Some(self.used);
        }
        if self.best.as_ref().is_none_or(|b| value < b.value) {
            self.best = Some(Found { point, value, evaluations: 0, reached_at: None });
        }
        Ok(value)
    }

    /// What was found.
    #[must_use]
    pub fn finish(self) -> Found {
        let middle = self.range.at(&vec![0.5; self.range.dimension()]);
        let best = self.best.unwrap_or(Found { point: middle, value: f64::INFINITY, evaluations: 0, reached_at: None });
        Found { evaluations: self.used, reached_at: self.reached_at, ..best }
    }
}

/// Fold a coordinate back into the unit interval by reflection at its ends.
pub(super) fn reflect(x: f64) -> f64 {
    if !x.is_finite() {
        return 0.5;
    }
    let x = x.rem_euclid(2.0);
    if x > 1.0 { 2.0 - x } else { x }
}
