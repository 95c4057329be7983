//! Regular grids: planes, filters, vesselness, skeletons.
//!
//! Pictures are row by row, x right, y down, pixel centres on whole numbers. Nothing here knows what a
//! picture shows, where it came from or in which file it lay.

mod error;
mod plane;

pub use error::VolumeError;
pub use plane::{PLANE_SAMPLE_COUNT_MAX, Plane};
