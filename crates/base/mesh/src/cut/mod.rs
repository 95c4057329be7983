//! Cutting: a blade parts a tetrahedral mesh.
//!
//! # Source
//! Own. The idea of snapping where a cut passes close to a node is that of isosurface stuffing (Labelle & Shewchuk 2007,
//! ACM TOG 26(3):57); of nodes parted by what still hangs together, that of virtual nodes (Molino, Bao & Fedkiw 2004,
//! ACM TOG 23:385). Every operation is tried and refused where it would spoil an angle, so that no bound has to be proven.

mod blade;
mod open;
mod run;
mod work;

use serde::{Deserialize, Serialize};

pub use blade::Blade;
pub use open::{FaceKey, face_key, open_faces};
pub use run::cut;

use crate::tet_mesh::TetMesh;

/// What a cut has to keep.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CutSpec {
    /// No dihedral angle falls below this [rad], unless it was smaller before. 5° is usual.
    pub angle_min_rad: f64,
}

/// A mesh to cut, with what hangs on it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CutBody {
    /// The mesh at rest: its volume and its angles are kept.
    pub mesh: TetMesh,
    /// Where its nodes are when the blade comes [m], shape [node_count]; empty: where they rest.
    pub placed_m: Vec<[f64; 3]>,
    /// Vectors at the nodes, shape [field_count][node_count]; interpolated along edges.
    pub fields: Vec<Vec<[f64; 3]>>,
    /// Sets that each node belongs to, as bits, shape [node_count] or empty. A node between two belongs to what both belong to.
    pub marks: Vec<u64>,
    /// Faces of tetrahedra that are followed: split with their edges, and given the nodes of their side.
    pub faces: Vec<[u32; 3]>,
}

/// What a cut did.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CutReport {
    /// Edges split.
    pub split_count: u64,
    /// Times that a node was slid along an edge.
    pub slid_count: u64,
    /// Faces opened.
    pub opened_face_count: u64,
    /// Their area at rest [m²].
    pub opened_area_m2: f64,
    /// Farthest that a corner of an opened face lies from the blade's plane [m].
    pub deviation_m: f64,
    /// Nodes that got a copy.
    pub copied_node_count: u64,
    /// Smallest dihedral angle before [rad].
    pub dihedral_min_before_rad: f64,
    /// Smallest dihedral angle after [rad].
    pub dihedral_min_rad: f64,
    /// Volume after over volume before, less one [1].
    pub volume_change: f64,
}

/// A mesh that was cut.
#[derive(Clone, Debug, PartialEq)]
pub struct CutResult {
    /// Mesh, places, fields, marks and faces. Old nodes keep their numbers; new ones come behind, copies last.
    pub body: CutBody,
    /// The old tetrahedron that each new one lies in (but for what nodes were slid), shape [tet_count]. Old ones keep their numbers.
    pub parents: Vec<u32>,
    /// The node that each of the last nodes is a copy of.
    pub copies_of: Vec<u32>,
    /// Nodes of opened faces on both sides, the copies last.
    pub cut_nodes: Vec<u32>,
    /// What was done.
    pub report: CutReport,
}
