//! What a signal must be.

/// Errors of this crate.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SignalError {
    /// Too few samples per second for the method.
    #[error("{rate_hz} samples per second, between {min_hz} and {max_hz} Hz for {what}")]
    RateOutOfRange {
        /// Method.
        what: &'static str,
        /// Rate.
        rate_hz: f64,
        /// Least.
        min_hz: f64,
        /// Most.
        max_hz: f64,
    },
    /// A corner frequency that the rate does not allow.
    #[error("corner {corner_hz} Hz, above 0 and below {max_hz} Hz (0.499 of the rate)")]
    CornerOutOfRange {
        /// Corner.
        corner_hz: f64,
        /// Most.
        max_hz: f64,
    },
}

/// Most samples per second of any method: buffers stay in proportion to the signal.
pub(crate) const RATE_HZ_MAX: f64 = 100_000.0;

pub(crate) fn check_rate(what: &'static str, rate_hz: f64, min_hz: f64) -> Result<(), SignalError> {
    if rate_hz >= min_hz && rate_hz <= RATE_HZ_MAX {
        Ok(())
    } else {
        Err(SignalError::RateOutOfRange { what, rate_hz, min_hz, max_hz: RATE_HZ_MAX })
    }
}
