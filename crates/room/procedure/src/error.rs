//! What can go wrong in a procedure.

/// Errors of this crate.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ProcedureError {
    /// A controller's state that cannot be encoded or decoded.
    #[error("controller state: {what}")]
    Encoding {
        /// What is wrong.
        what: String,
    },
    /// A limit of a guard that is not known or impossible.
    #[error("limit \"{name}\": {what}")]
    Limit {
        /// Which.
        name: String,
        /// What is wrong.
        what: String,
    },
    /// A specification with an impossible value.
    #[error("controller specification: {field} = {value} {unit} is not in [{min}, {max}] {unit}")]
    OutOfRange {
        /// Which field.
        field: &'static str,
        /// The value.
        value: f64,
        /// Its unit.
        unit: &'static str,
        /// Least allowed value.
        min: f64,
        /// Greatest allowed value.
        max: f64,
    },
}
