//! From pictures to veins. Works on what the sensors gave, never on the truth.

mod nir;
mod ultrasound;

pub use nir::{NIR_EDGE_COUNT_MAX, NirDetection, NirEdge, NirNode};
pub use ultrasound::{LumenDetection, NeedleDetection, WallDetection};
