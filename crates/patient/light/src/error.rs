//! What can be wrong with a request for light.

/// Errors of this crate.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LightError {
    /// A number that is not finite or outside its range.
    #[error("{name} = {value} is outside {min} to {max}")]
    OutOfRange {
        /// Field that holds it.
        name: &'static str,
        /// The offending value.
        value: f64,
        /// Smallest allowed value.
        min: f64,
        /// Largest allowed value.
        max: f64,
    },
    /// Layers or inclusions that do not fit together.
    #[error("tissue: {what}")]
    BadTissue {
        /// What is wrong.
        what: String,
    },
    /// The committed kernel table cannot be read.
    #[error("kernel table, line {line}: {what}")]
    BadKernels {
        /// Line of the table, from 1.
        line: u32,
        /// What is wrong.
        what: String,
    },
}

/// The value when it is finite and within `min..=max`.
pub(crate) fn check(name: &'static str, value: f64, min: f64, max: f64) -> Result<f64, LightError> {
    if value.is_finite() && value >= min && value <= max { Ok(value) } else { Err(LightError::OutOfRange { name, value, min, max }) }
}
