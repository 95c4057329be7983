//! Plain counting.

use proband_core::Stream;

use super::{LimitState, RareError, RareEstimate};
use crate::stats::clopper_pearson;

/// Count failures among `count` draws; Clopper and Pearson's interval.
///
/// # Source
/// Clopper & Pearson 1934, Biometrika 26:404–413.
/// # Errors
/// [`RareError::CallsUsedUp`], [`RareError::NotANumber`], [`RareError::Stats`].
pub fn crude_monte_carlo(state: &mut LimitState<'_>, count: u64, confidence: f64, stream: &mut Stream) -> Result<RareEstimate, RareError> {
    let before = state.calls();
    let mut failures = 0;
    for _ in 0..count {
        let u = state.draw(stream);
        failures += u64::from(state.at(&u)? <= 0.0);
    }
    let interval = clopper_pearson(failures, count, confidence)?;
    Ok(RareEstimate { probability: failures as f64 / count as f64, low: interval.low, high: interval.high, calls: state.calls() - before })
}
