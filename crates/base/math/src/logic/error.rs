//! What the logic refuses.

/// Errors of [`crate::logic`].
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LogicError {
    /// Text that is no formula.
    #[error("at character {position}: {message}")]
    Syntax {
        /// Character of the text, from 1.
        position: usize,
        /// What is wrong there.
        message: String,
    },
    /// A formula beyond what is taken.
    #[error("the formula's {name} of {found} is above {max}")]
    TooLarge {
        /// Which size.
        name: &'static str,
        /// How large it is.
        found: usize,
        /// What is taken.
        max: usize,
    },
    /// A variable without a signal.
    #[error("the formula speaks of \"{name}\", the trace does not")]
    NoSignal {
        /// Name in the formula.
        name: String,
    },
    /// A sample that is not finite, or a predicate that became NaN or infinite.
    #[error("\"{signal}\" is {value} at sample {index}")]
    NotFinite {
        /// Which signal.
        signal: String,
        /// Sample, from 0.
        index: usize,
        /// What stands there.
        value: f64,
    },
    /// Signals of different lengths, or an empty one.
    #[error("\"{signal}\" has {found} samples, {expected} are needed")]
    Length {
        /// Which signal.
        signal: String,
        /// How many there are.
        found: usize,
        /// How many are needed.
        expected: usize,
    },
    /// Stamps that do not grow, or do not grow by the period.
    #[error("sample {index} has the time {time_s} s, {expected_s} s was expected")]
    Time {
        /// Sample, from 0.
        index: usize,
        /// Its stamp [s].
        time_s: f64,
        /// Where it should be, or what it should exceed [s].
        expected_s: f64,
    },
    /// A window that does not fall on samples.
    #[error("the window's end {bound_s} s is no multiple of the period {period_s} s")]
    Window {
        /// End of the window [s].
        bound_s: f64,
        /// Sampling period [s].
        period_s: f64,
    },
    /// An operator without a meaning in continuous time.
    #[error("\"{operator}\" has no meaning without samples")]
    Discrete {
        /// Which operator.
        operator: &'static str,
    },
    /// More samples than an online monitor with unbounded operators keeps.
    #[error("more than {max} samples")]
    TooManySamples {
        /// How many are kept.
        max: u64,
    },
}
