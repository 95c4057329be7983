//! What the analyses refuse.

/// Errors of [`crate::sensitivity`].
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SensitivityError {
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
    /// Sobol points come in powers of two.
    #[error("{count} points are no power of two: a Sobol sequence is balanced at those alone")]
    NoPowerOfTwo {
        /// What was asked for.
        count: u32,
    },
    /// Too many runs failed.
    #[error("{failed} of {count} rows hold a failed run: with fewer than half of them there is no index")]
    Failed {
        /// Rows with a run that is not finite.
        failed: u32,
        /// Rows.
        count: u32,
    },
    /// An output that does not vary.
    #[error("the output does not vary: no input is to be blamed")]
    Constant,
    /// Statistics of the resamples.
    #[error(transparent)]
    Stats(#[from] crate::stats::StatsError),
}

pub(super) fn in_range(name: &'static str, value: f64, min: f64, max: f64) -> Result<(), SensitivityError> {
    if value >= min && value <= max { Ok(()) } else { Err(SensitivityError::OutOfRange { name, value, min, max }) }
}
