//! Regular grids: planes, filters, vesselness, morphology, skeletons, centrelines.
//!
//! Pictures are row by row, x right, y down, pixel centres on whole numbers. Nothing here knows what a
//! picture shows, where it came from or in which file it lay.
//!
//! Volumes are grids in a named frame ([`Grid`], [`Volume`]), i fastest in memory, positions in metres and of
//! voxel centres. Everything runs on as many threads as the caller's pool has and gives the same bits on any number.

mod centreline3;
mod components3;
mod distance3;
mod error;
mod filter;
mod gaussian3;
mod graph;
mod grid;
mod mask;
mod median3;
mod morphology3;
mod oriented;
mod plane;
mod region;
mod resample3;
mod thin3;
mod vesselness;
mod vesselness3;
mod volume3;
mod voxel;

pub use centreline3::{Centreline, CentrelineSpec, centrelines3};
pub use components3::{Components3, Connectivity, components3};
pub use distance3::distance3;
pub use error::VolumeError;
pub use filter::{Hessian, SIGMA_MAX_PX, blur_wide, closing, gaussian, gaussian_derivative, hessian};
pub use gaussian3::{SIGMA_MAX_VOXELS, gaussian3};
pub use graph::{GraphEdge, GraphNode, SkeletonGraph};
pub use grid::{GRID_LENGTH_MAX_M, GRID_SIDE_MAX, GRID_STEP_MIN_M, Grid, VOXEL_COUNT_MAX};
pub use mask::{Component, components, distance_to, hysteresis, thin, without_specks};
pub use median3::median3;
pub use morphology3::{BALL_RADIUS_MAX_M, close3, dilate3, erode3, open3};
pub use oriented::{OrientedLines, OrientedSpec};
pub use plane::{PLANE_SAMPLE_COUNT_MAX, Plane};
pub use region::{Region, grow_dark, grow_until_leak};
pub use resample3::{Interpolation, Sample, resample};
pub use thin3::thin3;
pub use vesselness::{SCALE_COUNT_MAX, Tubeness, Vesselness};
pub use vesselness3::{Polarity, Tubeness3, Vesselness3, vesselness3};
pub use volume3::Volume;
pub use voxel::{AnyVolume, Statistics};
