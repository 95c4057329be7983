//! Robot descriptions: URDF to kinematic trees.
//!
//! All input is hostile: any text gives a tree or an error that names the place, in bounded time and memory.
//! Nothing is fetched: a mesh is a name.

mod bounds;
mod cursor;
mod error;
mod urdf;

pub use bounds::{URDF_ATTRIBUTE_COUNT_MAX, URDF_DEPTH_MAX};
pub use error::DescriptionError;
pub use urdf::{URDF_NODE_COUNT_MAX, URDF_SIZE_MAX_BYTES, read_urdf};
