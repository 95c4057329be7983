//! Surfaces and tetrahedra in files: STL, VTK XML (VTP, VTU), Gmsh MSH, OBJ, glTF (GLB).
//!
//! Bytes in, meshes in metres out, and back; the caller opens the files. Formats without a unit take one from
//! the caller: `unit_m` is the length in metres of the file's 1 (0.001 for millimetres). Every input is hostile:
//! any bytes give a mesh or an error that names the place, in time and memory bounded by the number of bytes.

mod bytes;
mod error;
mod glb;
mod gltf_json;
mod gmsh;
mod gmsh_write;
mod obj;
mod read;
mod stl;
mod tokens;
mod vtk;

pub use error::GeometryError;
pub use glb::{Part, read_glb, write_glb};
pub use gmsh::read_msh;
pub use gmsh_write::{MshVersion, write_msh};
pub use obj::read_obj;
pub use read::{Content, Format, read_geometry};
pub use stl::{read_stl, write_stl, write_stl_text};
pub use vtk::{NodeVectors, VtkEncoding, read_vtp, read_vtu, write_vtp, write_vtu, write_vtu_with};

/// Most bytes that a file may have.
pub const FILE_BYTES_MAX: u64 = 1 << 31;
