//! What can keep claims from being run at all.

/// Errors of this crate. A claim that fails is no error: it is a line of the report.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// A `case.toml` that cannot be used.
    #[error("{file}: {field}: {what}")]
    Case {
        /// `verify/<id>/case.toml`.
        file: String,
        /// Path of the offending field: `expect[2].tolerance`.
        field: String,
        /// What is wrong with it.
        what: String,
    },
    /// A filter that no claim matches: a typing error must not look like a pass.
    #[error("no claim's name contains \"{filter}\"; `proband verify` without a name runs all of them")]
    NothingMatches {
        /// The filter.
        filter: String,
    },
}
