//! What the searches refuse.

/// Errors of [`crate::search`].
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SearchError {
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
    /// A robustness or a score that is NaN: a crashed run is to be counted by the caller, not ranked.
    #[error("the objective is NaN at evaluation {evaluation}")]
    NotANumber {
        /// Which evaluation, from 1.
        evaluation: u64,
    },
    /// A case that does not fail, where one that fails is to be made smaller.
    #[error("the case to be minimised does not fail")]
    NoFailure,
}

pub(super) fn in_range(name: &'static str, value: f64, min: f64, max: f64) -> Result<(), SearchError> {
    if value >= min && value <= max { Ok(()) } else { Err(SearchError::OutOfRange { name, value, min, max }) }
}
