//! Topology that changes: blades, tears. The body is made anew and its state carried over.
//!
//! Tetrahedra are cut where the blade goes (`proband_mesh::cut`): edges are split, nodes slid, angles and volume kept. Hexahedra are parted
//! along their faces only, so that the cut lies up to half a cell beside the blade. Quadratic tetrahedra are refused:
//! cut the linear mesh first. Displacement and velocity are interpolated, which for linear elements changes no strain where an
//! edge was split; where a node was slid it changes energy and momentum a little. Material memory goes with the element.

mod carry;
mod hexahedra;
mod tear;
mod tetrahedra;

use std::collections::BTreeSet;

use proband_mesh::{Blade, FaceKey, face_key, open_faces};
pub use tear::{Fracture, TearSpec, TearStep, node_stresses, tear};

use super::model::FemModel;
use super::spec::{Elements, FemSpec};
use super::state::FemState;
use crate::TissueError;
use crate::error::check;

/// How a body is cut.
#[derive(Clone, Debug, PartialEq)]
pub struct CutOptions {
    /// No dihedral angle of a tetrahedron falls below this [rad], unless it was smaller before.
    pub angle_min_rad: f64,
    /// Nodes that stay where they are at rest, because a load hangs on them.
    pub keep_nodes: Vec<u32>,
    /// Tools may touch the new surfaces too.
    pub touch_cut: bool,
}

impl CutOptions {
    /// Five degrees, nothing kept, new surfaces not touched.
    pub const USUAL: Self = Self { angle_min_rad: 0.087_266_462_599_716_48, keep_nodes: Vec::new(), touch_cut: false };
}

/// What was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct OpenReport {
    /// Faces opened.
    pub face_count: u64,
    /// Their area at rest [m²].
    pub area_m2: f64,
    /// Nodes that got a copy.
    pub copied_node_count: u64,
    /// Edges split.
    pub split_count: u64,
    /// Nodes slid.
    pub slid_count: u64,
    /// Farthest that a corner of an opened face lies from the blade's plane [m].
    pub deviation_m: f64,
    /// Smallest dihedral angle of a tetrahedron afterwards [rad]; zero for hexahedra.
    pub dihedral_min_rad: f64,
    /// Volume after over volume before, less one [1].
    pub volume_change: f64,
}

/// A body after its topology changed.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The new body's specification. Old nodes keep their numbers; new nodes come behind.
    pub spec: FemSpec,
    /// The new body.
    pub model: FemModel,
    /// Its state.
    pub state: FemState,
    /// Nodes of opened faces on both sides.
    pub cut_nodes: Vec<u32>,
    /// Nodes on both sides of the opening: the one that kept its number, and its copy.
    pub pairs: Vec<[u32; 2]>,
    /// Nodes that are held since, behind those held before: they need a place in the input's `led_m` if that is not empty.
    pub held_new: Vec<u32>,
    /// What was opened.
    pub report: OpenReport,
}

/// Cut a body along a blade; the blade meets it as it is deformed now.
///
/// # Errors
/// [`TissueError`] for quadratic tetrahedra, elements of different kinds, or a state that does not fit the body.
pub fn cut(spec: &FemSpec, state: &FemState, blade: &Blade, options: &CutOptions) -> Result<Opened, TissueError> {
    fits(spec, state)?;
    for &node in &options.keep_nodes {
        check("keep_nodes", f64::from(node), 0.0, spec.nodes_m.len() as f64 - 1.0, "")?;
    }
    let kinds: BTreeSet<u32> = spec.parts.iter().map(|p| kind(&p.elements)).collect();
    match kinds.iter().copied().collect::<Vec<u32>>()[..] {
        [4] => tetrahedra::cut(spec, state, blade, options),
        [8] => hexahedra::cut(spec, state, blade, options),
        _ => {
            Err(TissueError::Contradiction { field: "parts.elements", what: "only tetrahedra alone or hexahedra alone can be cut".into() })
        }
    }
}

/// Open faces between elements, given by their corners.
///
/// # Errors
/// [`TissueError`] for quadratic tetrahedra, elements of different kinds, or a state that does not fit the body.
pub fn open(spec: &FemSpec, state: &FemState, faces: &[Vec<u32>], touch_cut: bool) -> Result<Opened, TissueError> {
    fits(spec, state)?;
    let keys: BTreeSet<FaceKey> = faces.iter().map(|f| face_key(f)).collect();
    let options = CutOptions { touch_cut, ..CutOptions::USUAL };
    let first = spec.parts.first().map_or(0, |p| kind(&p.elements));
    match first {
        _ if spec.parts.iter().any(|p| kind(&p.elements) != first) => {
            Err(TissueError::Contradiction { field: "parts.elements", what: "elements of different kinds cannot be opened".into() })
        }
        4 => carry::open_keys::<4>(spec, state, &keys, &options, 0.0),
        8 => carry::open_keys::<8>(spec, state, &keys, &options, 0.0),
        _ => Err(TissueError::Contradiction { field: "parts.elements", what: "quadratic tetrahedra cannot be opened".into() }),
    }
}

/// Whether a state belongs to a body that can be opened.
fn fits(spec: &FemSpec, state: &FemState) -> Result<(), TissueError> {
    let count = spec.nodes_m.len() as f64;
    check("nodes of the state", state.displacement_m.len() as f64, count, count, "nodes")?;
    if spec.surface_pairs.is_empty() {
        Ok(())
    } else {
        Err(TissueError::Contradiction { field: "surface_pairs", what: "bodies that touch other bodies cannot be cut yet".into() })
    }
}

fn kind(elements: &Elements) -> u32 {
    match elements {
        Elements::Hexahedra(_) => 8,
        Elements::Tetrahedra(_) => 4,
        Elements::QuadraticTetrahedra(_) => 10,
    }
}

/// An element kind whose faces can be opened.
pub(super) trait Openable<const N: usize> {
    /// Corners of each face.
    const FACES: &'static [&'static [usize]];
    /// Quadrature points, each with its memory.
    const POINT_COUNT: usize;
    /// The elements of a part, if it has this kind.
    fn of(elements: &Elements) -> Option<&[[u32; N]]>;
    /// A part's elements.
    fn made(elements: Vec<[u32; N]>) -> Elements;
}

/// Carrier of the two implementations.
pub(super) struct Kind;

impl Openable<4> for Kind {
    const FACES: &'static [&'static [usize]] = &[&[1, 2, 3], &[0, 3, 2], &[0, 1, 3], &[0, 2, 1]];
    const POINT_COUNT: usize = 1;

    fn of(elements: &Elements) -> Option<&[[u32; 4]]> {
        if let Elements::Tetrahedra(e) = elements { Some(e) } else { None }
    }

    fn made(elements: Vec<[u32; 4]>) -> Elements {
        Elements::Tetrahedra(elements)
    }
}

impl Openable<8> for Kind {
    const FACES: &'static [&'static [usize]] = &[&[0, 3, 2, 1], &[4, 5, 6, 7], &[0, 1, 5, 4], &[1, 2, 6, 5], &[2, 3, 7, 6], &[3, 0, 4, 7]];
    const POINT_COUNT: usize = 8;

    fn of(elements: &Elements) -> Option<&[[u32; 8]]> {
        if let Elements::Hexahedra(e) = elements { Some(e) } else { None }
    }

    fn made(elements: Vec<[u32; 8]>) -> Elements {
        Elements::Hexahedra(elements)
    }
}

/// All elements of a body in the order of its parts.
fn all<const N: usize>(spec: &FemSpec) -> Vec<[u32; N]>
where
    Kind: Openable<N>,
{
    spec.parts.iter().filter_map(|p| Kind::of(&p.elements)).flatten().copied().collect()
}

/// Split faces off: elements with the nodes of their side, and the node that each copy is of.
fn parted<const N: usize>(elements: &mut [[u32; N]], keys: &BTreeSet<FaceKey>, node_count: u32) -> Vec<u32>
where
    Kind: Openable<N>,
{
    open_faces(elements, <Kind as Openable<N>>::FACES, keys, node_count)
}
