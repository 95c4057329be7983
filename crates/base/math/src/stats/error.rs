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
    /// A value outside the range in which the question has an answer.
    #[error("the {name} {value} is not in {min} to {max}")]
    OutOfRange {
        /// Which argument.
        name: &'static str,
        /// What was given.
        value: f64,
        /// Least value allowed.
        min: f64,
        /// Greatest value allowed.
        max: f64,
    },
    /// Values that are all equal, where a spread is needed.
    #[error("all values of {name} are equal: there is no spread to compare with")]
    Constant {
        /// Which argument.
        name: &'static str,
    },
    /// More of something than the method's memory allows.
    #[error("{found} {name} are too many, at most {max} are taken")]
    TooMany {
        /// Which argument.
        name: &'static str,
        /// How many there are.
        found: usize,
        /// How many are allowed.
        max: usize,
    },
    /// An iteration that ended at its cap.
    #[error("{name} did not converge in {iteration_count} iterations, the last change was {last_change}")]
    NotConverged {
        /// Which method.
        name: &'static str,
        /// Iterations that were made.
        iteration_count: u32,
        /// Change in the last of them.
        last_change: f64,
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

/// A finite value in a closed range, or an error.
pub(crate) fn in_range(name: &'static str, value: f64, min: f64, max: f64) -> Result<(), StatsError> {
    if value >= min && value <= max { Ok(()) } else { Err(StatsError::OutOfRange { name, value, min, max }) }
}

/// A level strictly between 0 and 1.
pub(crate) fn check_confidence(confidence: f64) -> Result<(), StatsError> {
    if confidence > 0.0 && confidence < 1.0 { Ok(()) } else { Err(StatsError::Confidence { confidence }) }
}

/// A probability strictly between 0 and 1.
pub(crate) fn open_fraction(name: &'static str, value: f64) -> Result<(), StatsError> {
    if value > 0.0 && value < 1.0 { Ok(()) } else { Err(StatsError::Fraction { name, index: 0, value }) }
}
