//! Parts of a tetrahedral mesh that touch in nothing but an edge or a node.

use crate::surface::{Joined, Surface};
use crate::tet_mesh::{TET_FACES, TetMesh};

/// Rounds of opening edges; each may lay bare another touch.
const ROUND_COUNT: usize = 16;

/// What was done about parts that touch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mended {
    pub(crate) removed_count: u64,
    pub(crate) split_count: u64,
}

impl TetMesh {
    /// Open every touch: at edges the smaller side's tetrahedra at the edge go, at nodes each part gets its own.
    ///
    /// `is_surface`: whether a node may lie on the boundary; a look at faces between such nodes mostly shows that
    /// there is nothing to do.
    pub(crate) fn open_touches(&mut self, is_surface: &[bool]) -> Mended {
        let mut mended = Mended::default();
        if self.looks_sound(is_surface) {
            return mended;
        }
        for _ in 0..ROUND_COUNT {
            let bad = self.touching_tets();
            if bad.is_empty() {
                break;
            }
            mended.removed_count += bad.len() as u64;
            // Nodes keep their numbers until the end.
            let keep: Vec<usize> = (0..self.tets.len()).filter(|&t| bad.binary_search(&(t as u32)).is_err()).collect();
            self.tets = keep.iter().map(|&t| self.tets[t]).collect();
            self.regions = keep.iter().map(|&t| self.regions[t]).collect();
        }
        let neighbours = self.neighbours();
        let alone = neighbours.iter().filter(|n| n.iter().all(|&x| x == u32::MAX)).count();
        if mended.removed_count > 0 {
            mended.removed_count += alone as u64;
            *self = self.filtered(|t| neighbours[t as usize].iter().any(|&x| x != u32::MAX));
        }
        mended.split_count = self.split_pinches();
        mended
    }

    /// Whether the boundary is a surface without touches, judged from faces between surface nodes alone.
    fn looks_sound(&self, is_surface: &[bool]) -> bool {
        let mut faces: Vec<([u32; 3], [u32; 3])> = Vec::new();
        for nodes in &self.tets {
            for face in TET_FACES {
                let face = face.map(|k| nodes[k]);
                if face.iter().all(|&v| is_surface[v as usize]) {
                    let mut key = face;
                    key.sort_unstable();
                    faces.push((key, face));
                }
            }
        }
        faces.sort_unstable();
        let triangles = faces.chunk_by(|a, b| a.0 == b.0).filter(|same| same.len() == 1).map(|same| same[0].1).collect();
        let boundary = Surface { vertices_m: self.nodes_m.clone(), triangles };
        boundary.unclosed_edges().0 == 0 && boundary.pinched_vertices().is_empty()
    }

    /// At each edge that more than two boundary faces use: the tetrahedra of all sides but the largest, sorted.
    fn touching_tets(&self) -> Vec<u32> {
        let (surface, node_of) = self.boundary();
        let edges = surface.crowded_edges();
        let mut edges: Vec<(u32, u32)> = edges
            .into_iter()
            .map(|(a, b)| {
                let (a, b) = (node_of[a as usize], node_of[b as usize]);
                (a.min(b), a.max(b))
            })
            .collect();
        edges.sort_unstable();
        let mut at_edge: Vec<Vec<u32>> = vec![Vec::new(); edges.len()];
        if edges.is_empty() {
            return Vec::new();
        }
        for (tet, nodes) in self.tets.iter().enumerate() {
            for (i, j) in [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)] {
                let (a, b) = (nodes[i].min(nodes[j]), nodes[i].max(nodes[j]));
                if let Ok(edge) = edges.binary_search(&(a, b)) {
                    at_edge[edge].push(tet as u32);
                }
            }
        }
        let mut bad: Vec<u32> = edges.iter().zip(&at_edge).flat_map(|(edge, tets)| self.smaller_sides(*edge, tets)).collect();
        bad.sort_unstable();
        bad.dedup();
        bad
    }

    fn smaller_sides(&self, edge: (u32, u32), tets: &[u32]) -> Vec<u32> {
        let mut joined = Joined::new(tets.len());
        let others = |t: u32| -> Vec<u32> { self.tets[t as usize].iter().copied().filter(|&v| v != edge.0 && v != edge.1).collect() };
        for (i, &a) in tets.iter().enumerate() {
            for (j, &b) in tets.iter().enumerate().take(i) {
                // Both have the edge; a third node makes it a face.
                if others(a).iter().any(|v| others(b).contains(v)) {
                    joined.join(i as u32, j as u32);
                }
            }
        }
        let (side_of, side_count) = joined.number(0..tets.len() as u32);
        let volume =
            |side: u32| -> f64 { tets.iter().zip(&side_of).filter(|(_, s)| **s == side).map(|(t, _)| self.tet_volume_m3(*t)).sum() };
        let largest = (0..side_count).fold(0, |best, side| if volume(side) > volume(best) { side } else { best });
        tets.iter().zip(&side_of).filter(|(_, s)| **s != largest).map(|(t, _)| *t).collect()
    }
}
