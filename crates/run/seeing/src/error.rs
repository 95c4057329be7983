//! What can go wrong.

/// Errors of this crate.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum SeeingError {
    /// A drawn patient or his arm could not be made.
    #[error("patient {index}: {what}")]
    Patient {
        /// Number of the patient.
        index: u32,
        /// Why.
        what: String,
    },
    /// A setting outside its range.
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
    /// The network.
    #[error(transparent)]
    Net(#[from] proband_net::NetError),
    /// Whoever asked wants no more.
    #[error("stopped")]
    Stopped,
}
