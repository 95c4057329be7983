//! What can be wrong.

/// Errors of this crate.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NetError {
    /// A number outside its range.
    #[error("{name} = {value} is outside {min} to {max}")]
    OutOfRange {
        /// Field.
        name: &'static str,
        /// Its value.
        value: f64,
        /// Smallest allowed value.
        min: f64,
        /// Largest allowed value.
        max: f64,
    },
    /// Bytes that are no network.
    #[error("network file: {what}")]
    BadFile {
        /// What is wrong, with its place.
        what: String,
    },
    /// Training that ran off.
    #[error("the loss is not finite in epoch {epoch}")]
    Diverged {
        /// Epoch, from 0.
        epoch: u32,
    },
}

/// An error unless `min` ≤ `value` ≤ `max`.
pub(crate) fn check(name: &'static str, value: f64, min: f64, max: f64) -> Result<(), NetError> {
    if value.is_finite() && value >= min && value <= max { Ok(()) } else { Err(NetError::OutOfRange { name, value, min, max }) }
}
