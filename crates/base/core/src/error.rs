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
    #[error("quantity \"{text}\": {what}")]
    Quantity {
        /// What was read.
        text: String,
        /// What is wrong with it.
        what: String,
    },
}
