//! VTK's XML files: VTP with triangles, VTU with tetrahedra.
//!
//! # Source
//! Kitware, "VTK File Formats" (XML formats: inline and appended data, raw, base64, zlib blocks).

mod array;
mod read;
mod write;
mod xml;

pub use read::{read_vtp, read_vtu};
pub use write::{NodeVectors, VtkEncoding, write_vtp, write_vtu, write_vtu_with};

/// VTK's number of a linear tetrahedron.
pub(crate) const VTK_TETRA: u64 = 10;
