//! From a field to tetrahedra: the steps in order.

use super::cut::Sampled;
use super::fill::fill;
use super::fit::fit;
use super::grid::Lattice;
use super::polish::{decide, polish};
use super::snap::snap_all;
use super::triple::resolve;
use crate::error::{MeshError, in_range};
use crate::field::{LabelField, LevelSet};
use crate::tet_mesh::TetMesh;
use crate::tree::SurfaceTree;

/// Largest number of lattice points (about 30 bytes each).
pub const LATTICE_NODE_COUNT_MAX: u64 = 1 << 27;
/// Largest number of evaluations of the field per cut edge.
const CUT_STEPS_MAX: u32 = 64;
/// Evaluations per cut edge of a surface: its distance is close to linear near it.
const SURFACE_CUT_STEPS: u32 = 4;
/// Smallest and largest cell [m].
const CELL_RANGE_M: (f64, f64) = (1e-9, 1e3);

/// What to fill, and how finely.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StuffSpec {
    /// Side of a lattice cube [m]; edges of the tetrahedra are about 0.87 to 1 of it.
    pub cell_m: f64,
    /// Lowest corner of the box that holds everything [m]. What reaches out of the box is cut off within the two cells around it.
    pub low_m: [f64; 3],
    /// Highest corner of that box [m].
    pub high_m: [f64; 3],
    /// Evaluations of the field per cut edge, 0 to 64; 5 find the surface to about a thousandth of a cell.
    pub cut_steps: u32,
    /// Dihedral angle below which tetrahedra where three materials meet are smoothed [rad]; 0 leaves all as cut.
    pub polish_below_rad: f64,
}

/// What happened on the way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StuffReport {
    /// Points of the lattice.
    pub lattice_node_count: u64,
    /// Points that were moved to a cut point.
    pub snapped_count: u64,
    /// Points that were moved or declared interface because three materials met in a tetrahedron.
    pub triple_count: u64,
    /// Of these, points that stayed where they were because every move would have flattened a tetrahedron.
    pub triple_unmoved_count: u64,
    /// Tetrahedra with all corners on interfaces, given to a neighbour's material.
    pub undecided_count: u64,
    /// Nodes moved to where three or more materials meet, or onto the interface that they ended up in.
    pub fitted_count: u64,
    /// Nodes moved by smoothing.
    pub polished_count: u64,
    /// Tetrahedra removed because parts touched in nothing but an edge.
    pub removed_count: u64,
    /// Nodes doubled because parts touched in nothing but a node or an edge.
    pub split_count: u64,
}

/// A mesh and how it came about.
#[derive(Clone, Debug, PartialEq)]
pub struct Stuffed {
    /// The tetrahedra; regions are the field's materials.
    pub mesh: TetMesh,
    /// What happened on the way.
    pub report: StuffReport,
}

/// Fill the materials of a field with tetrahedra.
///
/// With one material every dihedral angle lies in [10.7°, 164.8°] (Labelle & Shewchuk 2007; the claim
/// `mesh-stuffing` says what was found). Where three materials meet there is no proof; smoothing works towards `polish_below_rad`, and
/// [`crate::QualityReport`] says what was reached. The same bits come out for any number of threads.
///
/// # Requires
/// Features of the field are thicker than about two cells; thinner ones may vanish or touch in a point.
/// # Errors
/// [`MeshError::OutOfRange`] for a cell, box or count that makes no sense, [`MeshError::TooLarge`] for more
/// than [`LATTICE_NODE_COUNT_MAX`] lattice points, [`MeshError::Empty`] when no material reaches a lattice point.
pub fn stuff<F: LabelField + ?Sized>(field: &F, spec: &StuffSpec) -> Result<Stuffed, MeshError> {
    let lattice = lattice_for(spec)?;
    let mut report = StuffReport { lattice_node_count: lattice.node_count() as u64, ..StuffReport::default() };
    let mut sampled = Sampled::new(lattice, field, spec.cut_steps);
    snap_all(&mut sampled);
    report.snapped_count = sampled.moved_m.len() as u64;
    let several = sampled.labels.iter().any(|&l| l > 1 && l != super::grid::ON_INTERFACE);
    if several {
        (report.triple_count, report.triple_unmoved_count) = resolve(&mut sampled);
    }
    let mut filled = fill(&sampled, several);
    drop(sampled);
    if filled.mesh.tets.is_empty() {
        return Err(MeshError::Empty { what: "no material reaches a point of the lattice; is the cell too large?" });
    }
    if several {
        report.undecided_count = decide(&mut filled, field);
        report.fitted_count = fit(&mut filled, field, spec.cell_m);
        report.polished_count = polish(&mut filled, spec.cell_m, spec.polish_below_rad);
    }
    let mut mesh = filled.mesh;
    let mended = mesh.open_touches(&filled.is_surface);
    (report.split_count, report.removed_count) = (mended.split_count, mended.removed_count);
    Ok(Stuffed { mesh, report })
}

/// Volume of a surface over that of the cube around its box [1] below which it has no inside.
const VOLUME_MIN: f64 = 1e-12;

/// Fill a closed surface with tetrahedra of region 1.
///
/// Sharp edges are rounded: by up to about half a cell.
///
/// # Errors
/// [`MeshError::NotClosed`] when edges are not shared by two triangles, [`MeshError::Empty`] when there is no volume, and those of [`stuff`].
pub fn stuff_surface(tree: &SurfaceTree, cell_m: f64) -> Result<Stuffed, MeshError> {
    let (edge_count, first) = tree.surface().unclosed_edges();
    if let Some((from, to)) = first {
        return Err(MeshError::NotClosed { edge_count, from, to });
    }
    if tree.surface().triangles.is_empty() {
        return Err(MeshError::Empty { what: "the surface has no triangles" });
    }
    let (low_m, high_m) = tree.surface().bounds_m();
    let side_m = (0..3).map(|k| high_m[k] - low_m[k]).fold(0.0, f64::max);
    if tree.surface().volume_m3().abs() <= VOLUME_MIN * side_m.powi(3) {
        return Err(MeshError::Empty { what: "the surface is closed but encloses no volume" });
    }
    let spec = StuffSpec { cell_m, low_m, high_m, cut_steps: SURFACE_CUT_STEPS, polish_below_rad: 0.0 };
    stuff(&LevelSet::distance(|p| tree.signed_distance_m(p)), &spec)
}

fn lattice_for(spec: &StuffSpec) -> Result<Lattice, MeshError> {
    in_range("cell_m", spec.cell_m, "m", CELL_RANGE_M.0, CELL_RANGE_M.1)?;
    in_range("cut_steps", f64::from(spec.cut_steps), "", 0.0, f64::from(CUT_STEPS_MAX))?;
    in_range("polish_below_rad", spec.polish_below_rad, "rad", 0.0, 0.6)?;
    let mut cells = [0_u32; 3];
    let mut count = 2.0;
    for (i, cell_count) in cells.iter_mut().enumerate() {
        in_range("low_m", spec.low_m[i], "m", -1e6, 1e6)?;
        in_range("high_m", spec.high_m[i], "m", spec.low_m[i], 1e6)?;
        // Two cells on each side: the outermost layer is empty by decree.
        let needed = ((spec.high_m[i] - spec.low_m[i]) / spec.cell_m).ceil() + 4.0;
        count *= needed + 1.0;
        *cell_count = needed.min(1e9) as u32;
    }
    if count > LATTICE_NODE_COUNT_MAX as f64 {
        return Err(MeshError::TooLarge {
            what: "lattice points (choose a larger cell)",
            found: count,
            max: LATTICE_NODE_COUNT_MAX as f64,
        });
    }
    let origin_m = std::array::from_fn(|i| 0.5 * (spec.low_m[i] + spec.high_m[i]) - 0.5 * spec.cell_m * f64::from(cells[i]));
    Ok(Lattice { cells, cell_m: spec.cell_m, origin_m })
}
