//! A function that is counted.

use proband_core::Stream;

use super::RareError;
use super::error::in_range;

/// Greatest dimension.
const DIMENSION_MAX: u32 = 100_000;

/// Told of points that are about to be evaluated.
type Prepare<'a> = dyn FnMut(&[Vec<f64>]) + 'a;

/// A limit state g(u) over independent standard normal inputs; failure is g ≤ 0. Bounds and counts its own evaluations.
pub struct LimitState<'a> {
    dimension: u32,
    function: &'a mut dyn FnMut(&[f64]) -> f64,
    calls: u64,
    call_max: u64,
    prepare: Option<&'a mut Prepare<'a>>,
}

impl<'a> LimitState<'a> {
    /// A limit state of `dimension` inputs that may be evaluated `call_max` times.
    ///
    /// # Errors
    /// [`RareError::OutOfRange`] for a dimension of 0 or above 100 000.
    pub fn new(dimension: u32, call_max: u64, function: &'a mut dyn FnMut(&[f64]) -> f64) -> Result<Self, RareError> {
        in_range("dimension", f64::from(dimension), 1.0, f64::from(DIMENSION_MAX))?;
        Ok(Self { dimension, function, calls: 0, call_max, prepare: None })
    }

    /// Be told of points that are about to be evaluated, shape [count][dimension], where a method knows several at a time: so that
    /// costly ones can be worked on at once. Estimates do not depend on it.
    #[must_use]
    pub fn with_prepare(mut self, prepare: &'a mut dyn FnMut(&[Vec<f64>])) -> Self {
        self.prepare = Some(prepare);
        self
    }

    /// Announce points, as far as calls are left.
    pub(super) fn announce(&mut self, points: &[Vec<f64>]) {
        let left = usize::try_from(self.call_max - self.calls).unwrap_or(usize::MAX).min(points.len());
        if let Some(prepare) = &mut self.prepare {
            prepare(&points[..left]);
        }
    }

    /// Number of inputs.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.dimension as usize
    }

    /// Evaluations so far.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.calls
    }

    /// Evaluate.
    ///
    /// # Errors
    /// [`RareError::CallsUsedUp`], [`RareError::NotANumber`].
    pub fn at(&mut self, u: &[f64]) -> Result<f64, RareError> {
        if self.calls >= self.call_max {
            return Err(RareError::CallsUsedUp { calls: self.call_max });
        }
        self.calls += 1;
        let g = (self.function)(u);
        if g.is_nan() { Err(RareError::NotANumber { call: self.calls }) } else { Ok(g) }
    }

    /// A point drawn from the inputs' law.
    pub(super) fn draw(&self, stream: &mut Stream) -> Vec<f64> {
        (0..self.dimension).map(|_| stream.normal()).collect()
    }
}

/// u' = ρu + √(1 − ρ²) ξ with √(1 − ρ²) = `step`: keeps the standard normal law.
///
/// # Source
/// Papaioannou, Betz, Zwirglmaier & Straub 2015, Probab Eng Mech 41:89–103.
pub(super) fn conditional_move(u: &[f64], step: f64, stream: &mut Stream) -> Vec<f64> {
    let keep = (1.0 - step * step).max(0.0).sqrt();
    u.iter().map(|x| keep * x + step * stream.normal()).collect()
}
