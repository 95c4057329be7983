//! What can be wrong with sound.

/// Errors of this crate.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SoundError {
    /// A number of a specification outside its range.
    #[error("{field} = {value} is outside {min} to {max}")]
    OutOfRange {
        /// Field of the specification.
        field: &'static str,
        /// Offending value in the field's unit.
        value: f64,
        /// Smallest value allowed.
        min: f64,
        /// Largest value allowed.
        max: f64,
    },
    /// A number of one entry of a list outside its range.
    #[error("{list}[{index}].{field} = {value} is outside {min} to {max}")]
    OutOfRangeAt {
        /// Which list.
        list: &'static str,
        /// Which entry, from 0.
        index: u64,
        /// Field of the entry.
        field: &'static str,
        /// Offending value in the field's unit.
        value: f64,
        /// Smallest value allowed.
        min: f64,
        /// Largest value allowed.
        max: f64,
    },
    /// Too few samples for a statistic.
    #[error("{what}: {count} samples, at least {count_min} are needed")]
    TooFewSamples {
        /// Statistic that was asked for.
        what: &'static str,
        /// Samples given.
        count: u64,
        /// Samples needed.
        count_min: u64,
    },
}

/// `value` when it is finite and within `min..=max`.
pub(crate) fn in_range(field: &'static str, value: f64, min: f64, max: f64) -> Result<f64, SoundError> {
    if value.is_finite() && (min..=max).contains(&value) { Ok(value) } else { Err(SoundError::OutOfRange { field, value, min, max }) }
}
