//! Isosurface stuffing: tetrahedra on a body-centred cubic lattice, warped and cut at surfaces.
//!
//! # Source
//! Labelle & Shewchuk 2007, ACM TOG 26(3):57, "Isosurface stuffing: fast tetrahedral meshes with good
//! dihedral angles": lattice, warping thresholds, cutting, parity rule. The extension to several materials
//! (both sides of a cut are kept; where three materials meet a lattice point moves there) is our own, and
//! the proof of the paper does not cover it.

mod cut;
mod fill;
mod fit;
mod grid;
mod polish;
mod snap;
mod stencil;
mod stuff;
mod triple;

pub(crate) use polish::tets_around;
pub use stuff::{LATTICE_NODE_COUNT_MAX, StuffReport, StuffSpec, Stuffed, stuff, stuff_surface};
