//! What inference refuses.

/// Errors of [`crate::infer`].
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum InferError {
    /// A size that does not fit.
    #[error("{name} has {found} entries, {expected} are needed")]
    Size {
        /// Which argument.
        name: &'static str,
        /// How many there are.
        found: usize,
        /// How many are needed.
        expected: usize,
    },
    /// A number outside its range.
    #[error("{name} = {value} is outside {min} to {max}")]
    OutOfRange {
        /// Which argument.
        name: &'static str,
        /// What stands there.
        value: f64,
        /// Smallest value.
        min: f64,
        /// Largest value.
        max: f64,
    },
    /// A covariance that is not positive definite.
    #[error("the {name} is not positive definite")]
    NotPositive {
        /// Which matrix.
        name: &'static str,
    },
    /// Something that is not finite came from a model.
    #[error("{name} gave a value that is not finite")]
    NotFinite {
        /// What gave it.
        name: &'static str,
    },
}

pub(crate) fn size(name: &'static str, found: usize, expected: usize) -> Result<(), InferError> {
    if found == expected { Ok(()) } else { Err(InferError::Size { name, found, expected }) }
}

pub(crate) fn range(name: &'static str, value: f64, min: f64, max: f64) -> Result<(), InferError> {
    if value.is_finite() && value >= min && value <= max { Ok(()) } else { Err(InferError::OutOfRange { name, value, min, max }) }
}
