//! Surfaces and tetrahedra: distance, quality, checks, isosurfaces, tetrahedra from surfaces and labels.
//!
//! Positions are in metres in whatever frame the caller uses. Nothing here knows what a mesh shows or in which
//! file it lay. Every result has the same bits for any number of threads.
//!
//! ```
//! use proband_mesh::{LevelSet, QualityReport, StuffSpec, stuff};
//!
//! let ball = LevelSet::distance(|p: [f64; 3]| (p[0] * p[0] + p[1] * p[1] + p[2] * p[2]).sqrt() - 0.05);
//! let spec = StuffSpec { cell_m: 0.01, low_m: [-0.05; 3], high_m: [0.05; 3], cut_steps: 5, polish_below_rad: 0.2 };
//! let stuffed = stuff(&ball, &spec)?;
//! let quality = QualityReport::of(&stuffed.mesh);
//! assert!(quality.dihedral_rad.min.to_degrees() > 10.7);
//! # Ok::<(), proband_mesh::MeshError>(())
//! ```

mod check;
mod closest;
mod coarsen;
mod cut;
mod distance_grid;
mod error;
mod field;
mod grid;
mod intersect;
mod isosurface;
mod label_map;
mod lattice;
mod mend;
mod quality;
mod smooth;
mod surface;
mod tet_mesh;
mod tree;
mod vector;

pub use check::{SurfaceFault, TetFault};
pub use coarsen::{CoarsenSpec, coarsen, depths_m};
pub use cut::{Blade, CutBody, CutReport, CutResult, CutSpec, FaceKey, cut, face_key, open_faces};
pub use error::MeshError;
pub use field::{LabelField, LevelSet, LevelSets};
pub use grid::{GRID_POINT_COUNT_MAX, GridFrame};
pub use isosurface::isosurface;
pub use label_map::{LABEL_COUNT_MAX, LabelMapField};
pub use lattice::{LATTICE_NODE_COUNT_MAX, StuffReport, StuffSpec, Stuffed, stuff, stuff_surface};
pub use quality::{DIHEDRAL_BIN_COUNT, QualityReport, Spread, dihedral_angles_rad, dihedral_cosines, radius_ratio};
pub use surface::{MassProperties, Surface};
pub use tet_mesh::{TET_FACES, TetFace, TetMesh};
pub use tree::{Closest, RayHit, SurfaceTree};
