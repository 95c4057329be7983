//! What can be wrong with a word.

/// Errors of this crate.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CoreError {
    /// Parameters that make no distribution.
    #[error("not a distribution: {what}")]
    BadDistribution {
        /// The offending parameter.
        what: String,
    },
    /// A table used against its shape.
    #[error("table {table}: {what}")]
    Table {
        /// Name of the table.
        table: String,
        /// What is wrong.
        what: String,
    },
    /// A value that cannot be encoded or decoded.
    #[error("encoding: {what}")]
    Encoding {
        /// What is wrong.
        what: String,
    },
    /// A quantity that cannot be read.
    #[error("quantity \"{text}\": at {position}: {what}")]
    Quantity {
        /// What was read, control characters escaped.
        text: String,
        /// Where it went wrong, counted from 0 [bytes].
        position: u32,
        /// What is wrong with it.
        what: String,
    },
    /// A value outside its range.
    #[error("{name} = {value} {unit} is outside {min} to {max} {unit} ({source_text})")]
    OutOfRange {
        /// Name of the value.
        name: String,
        /// The value in `unit`, as text.
        value: String,
        /// Smallest value that is accepted.
        min: f64,
        /// Greatest value that is accepted.
        max: f64,
        /// Unit of the three.
        unit: String,
        /// Who says so.
        source_text: String,
    },
}
