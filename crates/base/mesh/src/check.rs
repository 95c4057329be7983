//! What is wrong with a surface or a tetrahedral mesh, element by element.

use serde::{Deserialize, Serialize};

use crate::surface::{Joined, Surface};
use crate::tet_mesh::{TET_FACES, TetMesh};
use crate::tree::SurfaceTree;
use crate::vector::{norm, sub};

/// One thing that is wrong with a surface.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum SurfaceFault {
    /// A triangle without area.
    ZeroArea {
        /// The triangle.
        triangle: u32,
        /// Its area [m²].
        area_m2: f64,
    },
    /// An edge that one triangle uses alone.
    OpenEdge {
        /// First vertex.
        from: u32,
        /// Second vertex.
        to: u32,
        /// The triangle.
        triangle: u32,
    },
    /// An edge that more than two triangles use.
    CrowdedEdge {
        /// First vertex.
        from: u32,
        /// Second vertex.
        to: u32,
        /// How many use it.
        count: u32,
    },
    /// Two triangles at an edge that look to different sides.
    Orientation {
        /// First vertex of the edge.
        from: u32,
        /// Second vertex of the edge.
        to: u32,
        /// One of the triangles.
        triangle: u32,
    },
    /// A vertex in which pieces of surface touch that share no edge there.
    PinchedVertex {
        /// The vertex.
        vertex: u32,
        /// Number of fans that meet there.
        fan_count: u32,
    },
    /// Two triangles that cut each other.
    SelfIntersection {
        /// One triangle.
        triangle: u32,
        /// The other.
        other: u32,
    },
    /// A closed surface with its inside outside.
    InsideOut {
        /// The volume that it encloses [m³], negative.
        volume_m3: f64,
    },
}

/// One thing that is wrong with a tetrahedral mesh.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum TetFault {
    /// A tetrahedron that is turned over.
    Inverted {
        /// The tetrahedron.
        tet: u32,
        /// Its volume [m³], negative.
        volume_m3: f64,
    },
    /// A tetrahedron without volume.
    Flat {
        /// The tetrahedron.
        tet: u32,
        /// Its volume over the cube of its longest edge [1].
        relative_volume: f64,
    },
    /// A face that more than two tetrahedra use.
    CrowdedFace {
        /// Its nodes.
        nodes: [u32; 3],
        /// How many use it.
        count: u32,
    },
    /// A tetrahedron that shares no face with another.
    Isolated {
        /// The tetrahedron.
        tet: u32,
    },
    /// A node that no tetrahedron uses.
    UnusedNode {
        /// The node.
        node: u32,
    },
    /// A node in which parts touch that share no face there.
    PinchedNode {
        /// The node.
        node: u32,
        /// Number of parts.
        part_count: u32,
    },
    /// An edge of the outer boundary that more than two boundary faces use.
    CrowdedEdge {
        /// First node.
        from: u32,
        /// Second node.
        to: u32,
        /// How many faces use it.
        count: u32,
    },
}

/// Volume over the cube of the longest edge below which a tetrahedron counts as flat (a regular one has 0.118).
const FLAT_RELATIVE_VOLUME: f64 = 1e-9;

impl Surface {
    /// What is wrong, in the order of [`SurfaceFault`]'s kinds but the last two, at most `count_max` of each kind.
    ///
    /// Self-intersections are looked for by [`SurfaceTree::self_intersections`]; [`Surface::faults_deep`] does both.
    #[must_use]
    pub fn faults(&self, count_max: usize) -> Vec<SurfaceFault> {
        let mut faults = Vec::new();
        let areas = self.triangles.iter().map(|t| 0.5 * norm(self.doubled_normal(t))).enumerate();
        faults.extend(
            areas.filter(|(_, a)| *a <= 0.0).take(count_max).map(|(t, area_m2)| SurfaceFault::ZeroArea { triangle: t as u32, area_m2 }),
        );
        let (mut open, mut crowded, mut turned) = (Vec::new(), Vec::new(), Vec::new());
        let edges = self.sorted_edges();
        for same in edges.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            let (from, to, _, triangle) = same[0];
            match same {
                [_] => open.push(SurfaceFault::OpenEdge { from, to, triangle }),
                [a, b] if a.2 == b.2 => turned.push(SurfaceFault::Orientation { from, to, triangle }),
                [_, _] => {}
                _ => crowded.push(SurfaceFault::CrowdedEdge { from, to, count: same.len() as u32 }),
            }
        }
        let is_closed = open.is_empty() && crowded.is_empty() && turned.is_empty();
        for mut some in [open, crowded, turned] {
            some.truncate(count_max);
            faults.extend(some);
        }
        let pinched = self.pinched_vertices();
        faults.extend(pinched.into_iter().take(count_max).map(|(vertex, fan_count)| SurfaceFault::PinchedVertex { vertex, fan_count }));
        let volume_m3 = self.volume_m3();
        if is_closed && volume_m3 < 0.0 {
            faults.push(SurfaceFault::InsideOut { volume_m3 });
        }
        faults
    }

    /// [`Surface::faults`] and the triangles that cut each other.
    #[must_use]
    pub fn faults_deep(&self, count_max: usize) -> Vec<SurfaceFault> {
        let mut faults = self.faults(count_max);
        let pairs = SurfaceTree::new(self.clone()).self_intersections(count_max);
        faults.extend(pairs.into_iter().map(|(triangle, other)| SurfaceFault::SelfIntersection { triangle, other }));
        faults
    }

    /// Whether every edge is used by exactly two triangles, once in each direction.
    #[must_use]
    pub fn is_watertight(&self) -> bool {
        let edges = self.sorted_edges();
        !self.triangles.is_empty() && edges.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)).all(|same| matches!(same, [a, b] if a.2 != b.2))
    }

    /// Number of edges that are not used by exactly two triangles, and the first of them.
    pub(crate) fn unclosed_edges(&self) -> (u64, Option<(u32, u32)>) {
        let edges = self.sorted_edges();
        let mut bad = edges.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)).filter(|same| same.len() != 2).map(|same| (same[0].0, same[0].1));
        let first = bad.next();
        (u64::from(first.is_some()) + bad.count() as u64, first)
    }

    /// Edges that more than two triangles use.
    pub(crate) fn crowded_edges(&self) -> Vec<(u32, u32)> {
        let edges = self.sorted_edges();
        edges.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)).filter(|same| same.len() > 2).map(|same| (same[0].0, same[0].1)).collect()
    }

    /// Lower vertex, higher vertex, whether used upwards, triangle; sorted.
    fn sorted_edges(&self) -> Vec<(u32, u32, bool, u32)> {
        let mut edges = Vec::with_capacity(self.triangles.len() * 3);
        for (t, v) in self.triangles.iter().enumerate() {
            for k in 0..3 {
                let (a, b) = (v[k], v[(k + 1) % 3]);
                edges.push((a.min(b), a.max(b), a < b, t as u32));
            }
        }
        edges.sort_unstable();
        edges
    }

    /// Vertices at which several fans of triangles meet, with their number.
    pub(crate) fn pinched_vertices(&self) -> Vec<(u32, u32)> {
        // A place for each corner; corners at one vertex are joined where their triangles share an edge there.
        let mut joined = Joined::new(self.triangles.len() * 3);
        let place = |t: u32, v: u32| t * 3 + self.triangles[t as usize].iter().position(|&x| x == v).unwrap_or(0) as u32;
        for same in self.sorted_edges().chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            for pair in same.windows(2) {
                for v in [pair[0].0, pair[0].1] {
                    joined.join(place(pair[0].3, v), place(pair[1].3, v));
                }
            }
        }
        let mut fans = vec![0_u32; self.vertices_m.len()];
        for (t, v) in self.triangles.iter().enumerate() {
            for (k, &vertex) in v.iter().enumerate() {
                let corner = (t * 3 + k) as u32;
                fans[vertex as usize] += u32::from(joined.root(corner) == corner);
            }
        }
        fans.into_iter().enumerate().filter(|(_, f)| *f > 1).map(|(v, f)| (v as u32, f)).collect()
    }
}

impl TetMesh {
    /// What is wrong, in the order of [`TetFault`]'s kinds, at most `count_max` of each kind.
    #[must_use]
    pub fn faults(&self, count_max: usize) -> Vec<TetFault> {
        let mut faults = Vec::new();
        let (mut inverted, mut flat) = (Vec::new(), Vec::new());
        for tet in 0..self.tets.len() as u32 {
            let x = self.corners_m(tet);
            let longest = (0..4).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| norm(sub(x[i], x[j]))).fold(0.0, f64::max);
            let volume_m3 = self.tet_volume_m3(tet);
            let relative_volume = volume_m3 / (longest * longest * longest);
            if relative_volume.is_nan() || relative_volume.abs() < FLAT_RELATIVE_VOLUME {
                flat.push(TetFault::Flat { tet, relative_volume });
            } else if volume_m3 < 0.0 {
                inverted.push(TetFault::Inverted { tet, volume_m3 });
            }
        }
        let mut crowded = Vec::new();
        for same in self.sorted_faces().chunk_by(|a, b| a.0 == b.0) {
            if same.len() > 2 {
                crowded.push(TetFault::CrowdedFace { nodes: same[0].0, count: same.len() as u32 });
            }
        }
        let neighbours = self.neighbours();
        let lonely = neighbours.iter().enumerate().filter(|(_, n)| n.iter().all(|&x| x == u32::MAX));
        let isolated = lonely.map(|(tet, _)| TetFault::Isolated { tet: tet as u32 }).collect();
        let parts = self.parts_at_nodes(&neighbours);
        let count = |wanted: fn(u32) -> bool| parts.1.iter().enumerate().filter(move |(_, c)| wanted(**c));
        let unused = count(|c| c == 0).map(|(node, _)| TetFault::UnusedNode { node: node as u32 }).collect();
        let pinched = count(|c| c > 1).map(|(node, &part_count)| TetFault::PinchedNode { node: node as u32, part_count }).collect();
        let (surface, node_of) = self.boundary();
        let edges = surface.sorted_edges();
        let crowded_edges = edges
            .chunk_by(|a, b| (a.0, a.1) == (b.0, b.1))
            .filter(|same| same.len() != 2)
            .map(|same| TetFault::CrowdedEdge {
                from: node_of[same[0].0 as usize],
                to: node_of[same[0].1 as usize],
                count: same.len() as u32,
            })
            .collect();
        for mut some in [inverted, flat, crowded, isolated, unused, pinched, crowded_edges] {
            some.truncate(count_max);
            faults.extend(some);
        }
        faults
    }

    /// For each corner of each tetrahedron the part that it belongs to at its node, and the number of parts of each node.
    ///
    /// Corners at one node are one part where their tetrahedra share a face there.
    fn parts_at_nodes(&self, neighbours: &[[u32; 4]]) -> (Joined, Vec<u32>) {
        let mut joined = Joined::new(self.tets.len() * 4);
        let place = |t: u32, v: u32| t * 4 + self.tets[t as usize].iter().position(|&x| x == v).unwrap_or(0) as u32;
        for (tet, around) in neighbours.iter().enumerate() {
            for (face, &other) in around.iter().enumerate() {
                if other != u32::MAX && other as usize > tet {
                    for k in TET_FACES[face] {
                        joined.join((tet * 4 + k) as u32, place(other, self.tets[tet][k]));
                    }
                }
            }
        }
        let mut parts = vec![0_u32; self.nodes_m.len()];
        for (tet, nodes) in self.tets.iter().enumerate() {
            for (k, &node) in nodes.iter().enumerate() {
                let corner = (tet * 4 + k) as u32;
                parts[node as usize] += u32::from(joined.root(corner) == corner);
            }
        }
        (joined, parts)
    }

    /// The same mesh with a node of its own for each part where parts touch in nothing but a node or an edge.
    ///
    /// Such a touch is a hinge without stiffness, and the boundary around it is no surface. Returns the number of nodes added.
    pub fn split_pinches(&mut self) -> u64 {
        let before = self.nodes_m.len();
        // Splitting ends of a crowded edge can lay bare further pinches; three rounds met every case seen.
        for _ in 0..3 {
            let neighbours = self.neighbours();
            let (mut joined, parts) = self.parts_at_nodes(&neighbours);
            if parts.iter().all(|&p| p < 2) {
                break;
            }
            let mut given = std::collections::BTreeMap::new();
            let mut seen = vec![false; self.nodes_m.len()];
            for tet in 0..self.tets.len() {
                for k in 0..4 {
                    let node = self.tets[tet][k];
                    if (node as usize) < parts.len() && parts[node as usize] > 1 {
                        let root = joined.root((tet * 4 + k) as u32);
                        let new = *given.entry(root).or_insert_with(|| {
                            if std::mem::replace(&mut seen[node as usize], true) {
                                self.nodes_m.push(self.nodes_m[node as usize]);
                                self.nodes_m.len() as u32 - 1
                            } else {
                                node
                            }
                        });
                        self.tets[tet][k] = new;
                    }
                }
            }
        }
        (self.nodes_m.len() - before) as u64
    }
}
