//! Tetrahedral meshes: regions, faces between them, order of nodes.

use rayon::slice::ParallelSliceMut;
use serde::{Deserialize, Serialize};

use crate::error::MeshError;
use crate::surface::{Joined, Surface, check_nodes};
use crate::vector::{bounds, det};

/// Faces of a tetrahedron, the one opposite to corner i at place i, counter-clockwise seen from outside.
pub const TET_FACES: [[usize; 3]; 4] = [[1, 2, 3], [0, 3, 2], [0, 1, 3], [0, 2, 1]];

/// A mesh of linear tetrahedra with one region for each.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TetMesh {
    /// Node positions [m], shape [node_count].
    pub nodes_m: Vec<[f64; 3]>,
    /// Node indices of each tetrahedron, det[x1 − x0, x2 − x0, x3 − x0] > 0, shape [tet_count, 4].
    pub tets: Vec<[u32; 4]>,
    /// Region (material, label) of each tetrahedron, shape [tet_count]; 0 means nothing in particular.
    pub regions: Vec<u16>,
}

/// One face between a tetrahedron and what is on its other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TetFace {
    /// Nodes, counter-clockwise seen from outside of `inside`.
    pub nodes: [u32; 3],
    /// The tetrahedron that the face bounds.
    pub inside: u32,
    /// The tetrahedron on the other side, none at the outer boundary.
    pub outside: Option<u32>,
}

impl TetMesh {
    /// A mesh whose every index and coordinate was looked at. Volumes are not: see [`TetMesh::faults`].
    ///
    /// # Errors
    /// [`MeshError`] for the first node or tetrahedron that is wrong.
    pub fn new(nodes_m: Vec<[f64; 3]>, tets: Vec<[u32; 4]>, regions: Vec<u16>) -> Result<Self, MeshError> {
        check_nodes(&nodes_m)?;
        if regions.len() != tets.len() {
            return Err(MeshError::Count { what: "regions", found: regions.len() as u64, expected: tets.len() as u64 });
        }
        let count = nodes_m.len() as u64;
        for (element, t) in tets.iter().enumerate() {
            let bad = |node, what| Err(MeshError::BadIndex { element: element as u32, node, node_count: count, what });
            for (k, &node) in t.iter().enumerate() {
                if u64::from(node) >= count {
                    return bad(node, "there is no such node");
                }
                if t[..k].contains(&node) {
                    return bad(node, "a node is named twice");
                }
            }
        }
        Ok(Self { nodes_m, tets, regions })
    }

    /// Corners of a tetrahedron [m].
    #[must_use]
    pub fn corners_m(&self, tet: u32) -> [[f64; 3]; 4] {
        self.tets[tet as usize].map(|v| self.nodes_m[v as usize])
    }

    /// Signed volume of one tetrahedron [m³].
    #[must_use]
    pub fn tet_volume_m3(&self, tet: u32) -> f64 {
        let [a, b, c, d] = self.corners_m(tet);
        det(a, b, c, d) / 6.0
    }

    /// Volume of everything [m³].
    #[must_use]
    pub fn volume_m3(&self) -> f64 {
        (0..self.tets.len() as u32).map(|t| self.tet_volume_m3(t)).sum()
    }

    /// Regions that occur with their volumes [m³], by rising region.
    #[must_use]
    pub fn region_volumes_m3(&self) -> Vec<(u16, f64)> {
        let mut volumes = std::collections::BTreeMap::new();
        for (tet, region) in self.regions.iter().enumerate() {
            *volumes.entry(*region).or_insert(0.0) += self.tet_volume_m3(tet as u32);
        }
        volumes.into_iter().collect()
    }

    /// Lowest and highest corner of the smallest box around the nodes [m].
    #[must_use]
    pub fn bounds_m(&self) -> ([f64; 3], [f64; 3]) {
        bounds(self.nodes_m.iter().copied())
    }

    /// Tetrahedron on the other side of each face, `u32::MAX` for none, shape [tet_count, 4] as in [`TET_FACES`].
    ///
    /// A face that three or more tetrahedra share counts as having none; [`TetMesh::faults`] names it.
    #[must_use]
    pub fn neighbours(&self) -> Vec<[u32; 4]> {
        let faces = self.sorted_faces();
        let mut neighbours = vec![[u32::MAX; 4]; self.tets.len()];
        for same in faces.chunk_by(|a, b| a.0 == b.0) {
            if let [(_, a), (_, b)] = same {
                neighbours[(a / 4) as usize][(a % 4) as usize] = b / 4;
                neighbours[(b / 4) as usize][(b % 4) as usize] = a / 4;
            }
        }
        neighbours
    }

    /// Sorted corners of every face with 4 × tetrahedron + place, sorted.
    pub(crate) fn sorted_faces(&self) -> Vec<([u32; 3], u32)> {
        let mut faces = Vec::with_capacity(self.tets.len() * 4);
        for (tet, nodes) in self.tets.iter().enumerate() {
            for (place, face) in TET_FACES.iter().enumerate() {
                let mut key = face.map(|k| nodes[k]);
                key.sort_unstable();
                faces.push((key, (tet * 4 + place) as u32));
            }
        }
        faces.par_sort_unstable();
        faces
    }

    /// Faces at the outer boundary, in the order of tetrahedra.
    #[must_use]
    pub fn boundary_faces(&self) -> Vec<TetFace> {
        self.faces_where(|_, outside| outside.is_none())
    }

    /// Faces between two regions, seen from the lower region, in the order of tetrahedra.
    #[must_use]
    pub fn interface_faces(&self) -> Vec<TetFace> {
        let region = |tet: u32| self.regions[tet as usize];
        self.faces_where(|inside, outside| outside.is_some_and(|other| region(inside) < region(other)))
    }

    fn faces_where(&self, keep: impl Fn(u32, Option<u32>) -> bool) -> Vec<TetFace> {
        let neighbours = self.neighbours();
        let mut faces = Vec::new();
        for (tet, nodes) in self.tets.iter().enumerate() {
            for (place, face) in TET_FACES.iter().enumerate() {
                let outside = Some(neighbours[tet][place]).filter(|&n| n != u32::MAX);
                if keep(tet as u32, outside) {
                    faces.push(TetFace { nodes: face.map(|k| nodes[k]), inside: tet as u32, outside });
                }
            }
        }
        faces
    }

    /// The outer boundary as a surface, and the node that each of its vertices is.
    #[must_use]
    pub fn boundary(&self) -> (Surface, Vec<u32>) {
        self.surface_of(&self.boundary_faces())
    }

    /// The boundary of one region as a surface, and the node that each of its vertices is.
    #[must_use]
    pub fn region_boundary(&self, region: u16) -> (Surface, Vec<u32>) {
        let of = |tet: u32| self.regions[tet as usize];
        self.surface_of(&self.faces_where(|inside, outside| of(inside) == region && outside.is_none_or(|other| of(other) != region)))
    }

    /// Faces as a surface, and the node that each of its vertices is.
    #[must_use]
    pub fn surface_of(&self, faces: &[TetFace]) -> (Surface, Vec<u32>) {
        let mut new_of = vec![u32::MAX; self.nodes_m.len()];
        let (mut surface, mut node_of) = (Surface::default(), Vec::new());
        for face in faces {
            surface.triangles.push(face.nodes.map(|v| {
                let slot = &mut new_of[v as usize];
                if *slot == u32::MAX {
                    *slot = node_of.len() as u32;
                    node_of.push(v);
                    surface.vertices_m.push(self.nodes_m[v as usize]);
                }
                *slot
            }));
        }
        (surface, node_of)
    }

    /// Piece that each tetrahedron belongs to, joined over shared faces within one region, and the number of pieces.
    #[must_use]
    pub fn pieces(&self) -> (Vec<u32>, u32) {
        let mut joined = Joined::new(self.tets.len());
        for (tet, around) in self.neighbours().iter().enumerate() {
            for &other in around {
                if other != u32::MAX && self.regions[tet] == self.regions[other as usize] {
                    joined.join(tet as u32, other);
                }
            }
        }
        joined.number(0..self.tets.len() as u32)
    }

    /// The tetrahedra for which `keep` says so, with the nodes that they use in their old order.
    #[must_use]
    pub fn filtered(&self, keep: impl Fn(u32) -> bool) -> Self {
        let kept: Vec<usize> = (0..self.tets.len()).filter(|&t| keep(t as u32)).collect();
        let mut used = vec![false; self.nodes_m.len()];
        for &t in &kept {
            for v in self.tets[t] {
                used[v as usize] = true;
            }
        }
        let mut new_of = vec![u32::MAX; self.nodes_m.len()];
        let mut nodes_m = Vec::new();
        for (v, _) in used.iter().enumerate().filter(|(_, u)| **u) {
            new_of[v] = nodes_m.len() as u32;
            nodes_m.push(self.nodes_m[v]);
        }
        Self {
            nodes_m,
            tets: kept.iter().map(|&t| self.tets[t].map(|v| new_of[v as usize])).collect(),
            regions: kept.iter().map(|&t| self.regions[t]).collect(),
        }
    }

    /// The same mesh with nodes and tetrahedra along a Morton curve, so that what is near lies near in memory.
    #[must_use]
    pub fn reordered(&self) -> Self {
        let (low, high) = self.bounds_m();
        let side = (0..3).map(|i| high[i] - low[i]).fold(f64::MIN_POSITIVE, f64::max);
        let code = |p: [f64; 3]| -> u64 {
            (0..3).map(|i| spread((((p[i] - low[i]) / side) * f64::from(MORTON_MAX)) as u32) << i).fold(0, |all, bits| all | bits)
        };
        let mut order: Vec<(u64, u32)> = self.nodes_m.iter().enumerate().map(|(i, p)| (code(*p), i as u32)).collect();
        order.par_sort_unstable();
        let mut new_of = vec![0_u32; self.nodes_m.len()];
        for (new, (_, old)) in order.iter().enumerate() {
            new_of[*old as usize] = new as u32;
        }
        let mut tets: Vec<([u32; 4], u16)> =
            self.tets.iter().zip(&self.regions).map(|(t, r)| (t.map(|v| new_of[v as usize]), *r)).collect();
        tets.par_sort_by_key(|(t, _)| t.iter().copied().min());
        Self {
            nodes_m: order.iter().map(|(_, old)| self.nodes_m[*old as usize]).collect(),
            tets: tets.iter().map(|(t, _)| *t).collect(),
            regions: tets.iter().map(|(_, r)| *r).collect(),
        }
    }
}

/// Twenty-one bits for each axis.
const MORTON_MAX: u32 = (1 << 21) - 1;

/// The bits of a number with two zeros after each.
fn spread(x: u32) -> u64 {
    let mut x = u64::from(x & MORTON_MAX);
    x = (x | (x << 32)) & 0x001F_0000_0000_FFFF;
    x = (x | (x << 16)) & 0x001F_0000_FF00_00FF;
    x = (x | (x << 8)) & 0x100F_00F0_0F00_F00F;
    x = (x | (x << 4)) & 0x10C3_0C30_C30C_30C3;
    (x | (x << 2)) & 0x1249_2492_4924_9249
}
