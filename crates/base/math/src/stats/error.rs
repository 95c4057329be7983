//! What statistics refuse.

/// Errors of [`crate::stats`].
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum StatsError {
    /// More successes than trials, or no trials.
    #[error("{successes} successes of {trials} trials make no proportion")]
    Proportion {
        /// Successes.
        successes: u64,
        /// Trials.
        trials: u64,
    },
    /// A confidence level outside (0, 1).
    #[error("the confidence {confidence} is not between 0 and 1")]
    Confidence {
        /// What was asked for [1].
        confidence: f64,
    },
    /// A fraction outside [0, 1].
    #[error("the {name} {value} at index {index} is not in 0 to 1")]
    Fraction {
        /// Which argument.
        name: &'static str,
        /// Where.
        index: usize,
        /// What stands there.
        value: f64,
    },
    /// A value that is not finite.
    #[error("the {name} {value} at index {index} is not finite")]
    NotFinite {
        /// Which argument.
        name: &'static str,
        /// Where.
        index: usize,
        /// What stands there.
        value: f64,
    },
    /// Too few values for the question.
    #[error("{found} values of {name} are too few, {needed} are needed")]
    TooFew {
        /// Which argument.
        name: &'static str,
        /// How many there are.
        found: usize,
        /// How many are needed.
        needed: usize,
    },
    /// Two arguments of different lengths.
    #[error("{name} has {found} values, {expected} are needed")]
    Length {
        /// Which argument.
        name: &'static str,
        /// How many there are.
        found: usize,
        /// How many the other has.
        expected: usize,
    },
    /// Predictors that depend on each other linearly.
    #[error("column {column} of the predictors is a combination of the columns before it (the first is the constant)")]
    Singular {
        /// Column of the design, the constant being 0.
        column: usize,
    },
}

/// The first value that is not finite, as an error.
pub(crate) fn all_finite(name: &'static str, values: &[f64]) -> Result<(), StatsError> {
    match values.iter().position(|v| !v.is_finite()) {
        Some(index) => Err(StatsError::NotFinite { name, index, value: values[index] }),
        None => Ok(()),
    }
}

/// The first value outside [0, 1], as an error.
pub(crate) fn all_fractions(name: &'static str, values: &[f64]) -> Result<(), StatsError> {
    match values.iter().position(|v| !(0.0..=1.0).contains(v)) {
        Some(index) => Err(StatsError::Fraction { name, index, value: values[index] }),
        None => Ok(()),
    }
}

/// At least `needed` values.
pub(crate) fn at_least(name: &'static str, found: usize, needed: usize) -> Result<(), StatsError> {
    if found >= needed { Ok(()) } else { Err(StatsError::TooFew { name, found, needed }) }
}

/// As many values as the other argument has.
pub(crate) fn same_length(name: &'static str, found: usize, expected: usize) -> Result<(), StatsError> {
    if found == expected { Ok(()) } else { Err(StatsError::Length { name, found, expected }) }
}
