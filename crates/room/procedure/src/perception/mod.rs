//! From pictures to veins. Works on what the sensors gave, never on the truth.

mod nir;

pub use nir::{NIR_EDGE_COUNT_MAX, NirDetection, NirEdge, NirNode};
