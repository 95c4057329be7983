//! A walk with normal steps: the smallest simulation whose failures are known exactly.

use proband_core::{Stream, ops};

use super::SearchError;
use super::error::in_range;
use super::stress::Simulation;
use crate::stats::crossing;

/// x grows by a standard normal step; the event is x ≥ `limit` (or |x| ≥ `limit`) within `step_count` steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Walk1d {
    /// Distance to the event.
    pub limit: f64,
    /// Whether both sides count.
    pub two_sided: bool,
    /// Steps of an episode.
    pub step_count: u32,
    x: f64,
    taken: u32,
}

impl Walk1d {
    /// A walk at 0.
    #[must_use]
    pub fn new(limit: f64, two_sided: bool, step_count: u32) -> Self {
        Self { limit, two_sided, step_count, x: 0.0, taken: 0 }
    }

    fn reached(&self) -> f64 {
        if self.two_sided { self.x.abs() } else { self.x }
    }
}

impl Simulation for Walk1d {
    fn disturbance_count(&self) -> usize {
        1
    }

    fn step_count_max(&self) -> u32 {
        self.step_count
    }

    fn reset(&mut self) {
        (self.x, self.taken) = (0.0, 0);
    }

    fn step(&mut self, disturbance: &[f64]) -> f64 {
        self.x += disturbance[0];
        self.taken += 1;
        -0.5 * disturbance[0] * disturbance[0]
    }

    fn step_seeded(&mut self, stream: &mut Stream) -> f64 {
        let step = stream.normal();
        self.step(&[step])
    }

    fn is_terminal(&self) -> bool {
        self.taken >= self.step_count || self.is_event()
    }

    fn is_event(&self) -> bool {
        self.reached() >= self.limit
    }

    fn distance(&self) -> f64 {
        (self.limit - self.reached()).max(0.0)
    }
}

/// Probability that the walk fails, by quadrature over the absorbed density.
///
/// # Source
/// Recursive integration as for group-sequential designs, see [`crossing`].
/// # Errors
/// [`SearchError::OutOfRange`] for more than 100 steps or a limit not above 0.
pub fn walk_failure_probability(limit: f64, two_sided: bool, step_count: u32) -> Result<f64, SearchError> {
    in_range("steps", f64::from(step_count), 1.0, 100.0)?;
    in_range("limit", limit, 1e-6, 1e6)?;
    let information: Vec<f64> = (1..=step_count).map(|k| f64::from(k) / f64::from(step_count)).collect();
    let upper: Vec<f64> = (1..=step_count).map(|k| limit / f64::from(k).sqrt()).collect();
    let lower: Vec<f64> = upper.iter().map(|u| if two_sided { -u } else { f64::NEG_INFINITY }).collect();
    let found = crossing(&information, &lower, &upper, 0.0).map_err(|_| SearchError::OutOfRange {
        name: "steps",
        value: f64::from(step_count),
        min: 1.0,
        max: 100.0,
    })?;
    Ok(found.total())
}

/// Σ ln φ of the cheapest path that reaches `limit` in `step_count` equal steps: −k/2 ln 2π − a²/(2k).
///
/// This score prefers short paths; relative to the mode it is −a²/(2k) and prefers long ones, as it should.
#[must_use]
pub fn walk_log_density(limit: f64, step_count: u32) -> f64 {
    let k = f64::from(step_count);
    -0.5 * k * ops::ln(std::f64::consts::TAU) - limit * limit / (2.0 * k)
}
