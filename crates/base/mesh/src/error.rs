//! What can be wrong with a mesh or with a wish for one.

/// Errors of this crate.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum MeshError {
    /// A parameter outside its range.
    #[error("{name} = {value} {unit} is outside {min} to {max} {unit}")]
    OutOfRange {
        /// Name of the parameter.
        name: &'static str,
        /// The offending value.
        value: f64,
        /// Unit of the value and of the range.
        unit: &'static str,
        /// Smallest allowed value.
        min: f64,
        /// Largest allowed value.
        max: f64,
    },
    /// A coordinate that is no number.
    #[error("node {node} has coordinate {axis} = {value} m, which is not finite")]
    NotFinite {
        /// Index of the node or vertex.
        node: u32,
        /// 0, 1, 2 for x, y, z.
        axis: u8,
        /// The offending value [m].
        value: f64,
    },
    /// An element that names a node that is not there, or the same node twice.
    #[error("element {element} names node {node} of {node_count}: {what}")]
    BadIndex {
        /// Index of the triangle or tetrahedron.
        element: u32,
        /// The node it names.
        node: u32,
        /// Number of nodes.
        node_count: u64,
        /// What is wrong.
        what: &'static str,
    },
    /// Two lists that must have the same length.
    #[error("{what}: {found} given, {expected} needed")]
    Count {
        /// Which lists.
        what: &'static str,
        /// Length found.
        found: u64,
        /// Length needed.
        expected: u64,
    },
    /// More than the program is willing to hold.
    #[error("{what}: {found} is more than {max}")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// How much.
        found: f64,
        /// Largest allowed.
        max: f64,
    },
    /// A surface has no inside: edges that are used once, or more than twice.
    #[error("the surface is not closed: {edge_count} edges are not shared by two triangles, the first from vertex {from} to vertex {to}")]
    NotClosed {
        /// Number of such edges.
        edge_count: u64,
        /// First vertex of the first one.
        from: u32,
        /// Second vertex of the first one.
        to: u32,
    },
    /// Nothing came out.
    #[error("nothing to mesh: {what}")]
    Empty {
        /// What was empty.
        what: &'static str,
    },
}

/// `Ok` when a value lies in its range and is a number.
pub(crate) fn in_range(name: &'static str, value: f64, unit: &'static str, min: f64, max: f64) -> Result<(), MeshError> {
    if value >= min && value <= max { Ok(()) } else { Err(MeshError::OutOfRange { name, value, unit, min, max }) }
}
