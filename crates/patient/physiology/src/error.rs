//! What can be wrong with a specification.

/// Errors of this crate.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PhysiologyError {
    /// A number outside the range in which the model means anything.
    #[error("{field} = {value} is outside {min} to {max} {unit}")]
    OutOfRange {
        /// Field by its path in the specification.
        field: &'static str,
        /// The value found.
        value: f64,
        /// Smallest value allowed.
        min: f64,
        /// Largest value allowed.
        max: f64,
        /// Unit of all three.
        unit: &'static str,
    },
    /// A drug file, or what follows from it for one patient, that cannot be used.
    #[error("drug file: {place}: {what}")]
    DrugFile {
        /// Line or field.
        place: String,
        /// What is wrong.
        what: String,
    },
    /// Two numbers that exclude each other.
    #[error("{field}: {what}")]
    Contradiction {
        /// Field by its path in the specification.
        field: &'static str,
        /// What does not fit.
        what: String,
    },
}

/// Check one number.
pub(crate) fn check(field: &'static str, value: f64, min: f64, max: f64, unit: &'static str) -> Result<(), PhysiologyError> {
    if value.is_finite() && value >= min && value <= max {
        Ok(())
    } else {
        Err(PhysiologyError::OutOfRange { field, value, min, max, unit })
    }
}

/// A finite number, or the replacement.
pub(crate) fn finite_or(value: f64, replacement: f64) -> f64 {
    if value.is_finite() { value } else { replacement }
}
