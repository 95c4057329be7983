//! What can be wrong with a specification.

/// Errors of this crate.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum TissueError {
    /// A number outside the range in which the model means anything.
    #[error("{field} = {value} is outside {min} to {max} {unit}")]
    OutOfRange {
        /// Field by its path in the specification.
        field: &'static str,
        /// The value found.
        value: f64,
        /// Smallest value allowed.
        min: f64,
        /// Largest value allowed.
        max: f64,
        /// Unit of all three.
        unit: &'static str,
    },
    /// Two numbers that exclude each other.
    #[error("{field}: {what}")]
    Contradiction {
        /// Field by its path in the specification.
        field: &'static str,
        /// What does not fit.
        what: String,
    },
    /// An element names a node that is not there.
    #[error("element {element} of part {part} names node {node}; there are {node_count}")]
    NoSuchNode {
        /// Part of the body.
        part: u32,
        /// Element within the part.
        element: u32,
        /// The number found.
        node: u32,
        /// How many nodes there are.
        node_count: u32,
    },
    /// An element that is flat or turned inside out at rest.
    #[error("element {element} of part {part} has the Jacobian {jacobian_m3} m³; it must be positive (check the order of its nodes)")]
    InvertedElement {
        /// Part of the body.
        part: u32,
        /// Element within the part.
        element: u32,
        /// Determinant of its map from the reference element [m³].
        jacobian_m3: f64,
    },
    /// An iteration that did not settle.
    #[error("{what}: not settled after {iteration_count} rounds")]
    NoConvergence {
        /// What was looked for.
        what: &'static str,
        /// Rounds done.
        iteration_count: u32,
    },
    /// A sparse system that cannot be made.
    #[error("sparse system: {0}")]
    Sparse(#[from] proband_math::sparse::SparseError),
}

/// Check one number.
pub(crate) fn check(field: &'static str, value: f64, min: f64, max: f64, unit: &'static str) -> Result<(), TissueError> {
    if value.is_finite() && value >= min && value <= max { Ok(()) } else { Err(TissueError::OutOfRange { field, value, min, max, unit }) }
}
