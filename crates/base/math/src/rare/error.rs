//! What the estimators refuse.

/// Errors of [`crate::rare`].
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RareError {
    /// A limit state that is not a number: a crashed or diverged run is no success and no failure.
    #[error("the limit state is NaN at call {call}: count the run as missing or as a failure, do not drop it")]
    NotANumber {
        /// Which evaluation, from 1.
        call: u64,
    },
    /// The allowed evaluations are used up.
    #[error("the {calls} calls that were allowed are used up")]
    CallsUsedUp {
        /// How many were allowed.
        calls: u64,
    },
    /// A setting outside its range.
    #[error("the {name} {value} is not in {min} to {max}")]
    OutOfRange {
        /// Which setting.
        name: &'static str,
        /// What was given.
        value: f64,
        /// Least allowed.
        min: f64,
        /// Greatest allowed.
        max: f64,
    },
    /// A search that ended at its cap.
    #[error("{name} did not converge in {iteration_count} iterations")]
    NotConverged {
        /// Which method.
        name: &'static str,
        /// Iterations made.
        iteration_count: u32,
    },
    /// No failure was met, so that there is no estimate.
    #[error("{name} met no failure in {calls} calls")]
    NoFailure {
        /// Which method.
        name: &'static str,
        /// Calls made.
        calls: u64,
    },
    /// Statistics of the replicates.
    #[error(transparent)]
    Stats(#[from] crate::stats::StatsError),
}

pub(super) fn in_range(name: &'static str, value: f64, min: f64, max: f64) -> Result<(), RareError> {
    if value >= min && value <= max { Ok(()) } else { Err(RareError::OutOfRange { name, value, min, max }) }
}
