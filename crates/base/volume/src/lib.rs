//! Regular grids: planes, filters, vesselness, skeletons.
//!
//! Pictures are row by row, x right, y down, pixel centres on whole numbers. Nothing here knows what a
//! picture shows, where it came from or in which file it lay.

mod error;
mod filter;
mod graph;
mod mask;
mod oriented;
mod plane;
mod vesselness;

pub use error::VolumeError;
pub use filter::{Hessian, SIGMA_MAX_PX, blur_wide, closing, gaussian, gaussian_derivative, hessian};
pub use graph::{GraphEdge, GraphNode, SkeletonGraph};
pub use mask::{Component, components, distance_to, hysteresis, thin, without_specks};
pub use oriented::{OrientedLines, OrientedSpec};
pub use plane::{PLANE_SAMPLE_COUNT_MAX, Plane};
pub use vesselness::{SCALE_COUNT_MAX, Tubeness, Vesselness};
