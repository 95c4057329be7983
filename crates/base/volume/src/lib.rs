//! Regular grids: planes, filters, vesselness, skeletons.
//!
//! Pictures are row by row, x right, y down, pixel centres on whole numbers. Nothing here knows what a
//! picture shows, where it came from or in which file it lay.
//!
//! Volumes are grids in a named frame ([`Grid`], [`Volume`]), i fastest in memory, positions in metres and of
//! voxel centres. Everything runs on as many threads as the caller's pool has and gives the same bits on any number.

mod error;
mod filter;
mod graph;
mod grid;
mod mask;
mod oriented;
mod plane;
mod vesselness;
mod volume3;
mod voxel;

pub use error::VolumeError;
pub use filter::{Hessian, SIGMA_MAX_PX, blur_wide, closing, gaussian, gaussian_derivative, hessian};
pub use graph::{GraphEdge, GraphNode, SkeletonGraph};
pub use grid::{GRID_LENGTH_MAX_M, GRID_SIDE_MAX, GRID_STEP_MIN_M, Grid, VOXEL_COUNT_MAX};
pub use mask::{Component, components, distance_to, hysteresis, thin, without_specks};
pub use oriented::{OrientedLines, OrientedSpec};
pub use plane::{PLANE_SAMPLE_COUNT_MAX, Plane};
pub use vesselness::{SCALE_COUNT_MAX, Tubeness, Vesselness};
pub use volume3::Volume;
pub use voxel::{AnyVolume, Statistics};
