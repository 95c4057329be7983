//! What can be wrong with a sparse system.

/// Errors of sparse systems.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SparseError {
    /// A node's number that the system does not have.
    #[error("node {node} in group {group}: the system has {node_count} nodes")]
    NoSuchNode {
        /// Group of nodes (element) that names it.
        group: u32,
        /// The number found.
        node: u32,
        /// How many nodes there are.
        node_count: u32,
    },
    /// More entries than 32-bit numbers count.
    #[error("{what}: {count} entries are more than {max}")]
    TooLarge {
        /// What grew too large.
        what: &'static str,
        /// Entries asked for.
        count: u64,
        /// Entries allowed.
        max: u64,
    },
    /// A pivot that a positive definite matrix does not have.
    #[error("row {row}: pivot {pivot} is not positive; the matrix is not positive definite")]
    NotPositive {
        /// Row of the pivot.
        row: u32,
        /// Its value.
        pivot: f64,
    },
    /// Lengths that do not fit together.
    #[error("{what} has {found} entries, {wanted} were wanted")]
    Length {
        /// Which array.
        what: &'static str,
        /// Its length.
        found: usize,
        /// The length that fits.
        wanted: usize,
    },
}
