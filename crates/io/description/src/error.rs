//! What can be wrong with a robot description.

use proband_math::tree::TreeError;

/// Errors of this crate. Each names the place: line, column and the path of elements.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DescriptionError {
    /// Too many bytes.
    #[error("{size_bytes} bytes are more than the {max_bytes} that a robot description may have")]
    TooLarge {
        /// Size of the text.
        size_bytes: usize,
        /// Largest allowed.
        max_bytes: usize,
    },
    /// Not well-formed XML, or XML with a document type, which is never read.
    #[error("line {line}, column {column}: {what}")]
    Xml {
        /// Line, from 1.
        line: u32,
        /// Column, from 1.
        column: u32,
        /// What the parser says.
        what: String,
    },
    /// A xacro file, which is a program that makes a URDF and not a URDF.
    #[error("line {line}, column {column}: this is a xacro file ({found}); expand it first: xacro file.urdf.xacro > file.urdf")]
    Xacro {
        /// Line, from 1.
        line: u32,
        /// Column, from 1.
        column: u32,
        /// What gave it away.
        found: String,
    },
    /// An element, an attribute or a value that cannot be used.
    #[error("line {line}, column {column}, {path}: {what}")]
    Element {
        /// Line, from 1.
        line: u32,
        /// Column, from 1.
        column: u32,
        /// Path of elements with their names: `robot/link[arm]/inertial/mass`.
        path: String,
        /// What is wrong.
        what: String,
    },
    /// The links and joints make no tree.
    #[error("line {line}, column {column}, {path}: {cause}")]
    Tree {
        /// Line of the robot element, or of the part at fault where it is known.
        line: u32,
        /// Column of the same.
        column: u32,
        /// Path of elements.
        path: String,
        /// What is wrong.
        cause: TreeError,
    },
}
