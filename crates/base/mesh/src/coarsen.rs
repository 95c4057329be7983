//! Graded size: a mesh that is fine everywhere is made coarse where that is allowed.
//!
//! Inner nodes are drawn into one of their neighbours where the tetrahedra that this leaves are well shaped and not larger than wanted;
//! between the rounds inner nodes are moved to where their worst angle is better. Surfaces and interfaces between regions keep every node, so that
//! volumes stay the same but for rounding. Every step is tried and refused where it would spoil an angle, so that the bound
//! holds by construction.

use proband_core::ops;

use crate::error::{MeshError, in_range};
use crate::lattice::tets_around;
use crate::quality::worst_cosine;
use crate::tet_mesh::TetMesh;
use crate::vector::{V3, add, det, mix, norm, scale, sub};

/// Longest new edge over the size wanted at its middle [1]: the long edges of a lattice's tetrahedra are as long as its cells.
const STRETCH: f64 = 1.25;
/// Shares of the way to the middle of its neighbours that are tried for a node.
const SHARES: [f64; 3] = [1.0, 0.5, 0.25];
/// Rounds without much change after which it ends: share of nodes drawn in.
const WORTH: f64 = 0.002;

/// How a mesh is made coarse.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CoarsenSpec {
    /// No new tetrahedron has a dihedral angle below this [rad].
    pub angle_min_rad: f64,
    /// Rounds at most.
    pub round_count_max: u32,
}

impl CoarsenSpec {
    /// Twelve degrees, thirty rounds.
    pub const USUAL: Self = Self { angle_min_rad: 0.209_439_510_239_319_55, round_count_max: 30 };
}

/// Distance of every node from the nearest node on a surface or an interface between regions, along edges [m].
#[must_use]
pub fn depths_m(mesh: &TetMesh) -> Vec<f64> {
    let mut depth = vec![f64::INFINITY; mesh.nodes_m.len()];
    let mut heap = std::collections::BinaryHeap::new();
    for (n, is_outer) in outer(mesh).into_iter().enumerate() {
        if is_outer {
            depth[n] = 0.0;
            heap.push((std::cmp::Reverse(0_u64), n as u32));
        }
    }
    let (starts, of) = tets_around(mesh);
    // Lengths are not negative, so that their bits are ordered like the numbers.
    while let Some((std::cmp::Reverse(bits), n)) = heap.pop() {
        if f64::from_bits(bits) > depth[n as usize] {
            continue;
        }
        for &tet in &of[starts[n as usize] as usize..starts[n as usize + 1] as usize] {
            for other in mesh.tets[tet as usize] {
                let far = depth[n as usize] + norm(sub(mesh.nodes_m[n as usize], mesh.nodes_m[other as usize]));
                if far < depth[other as usize] {
                    depth[other as usize] = far;
                    heap.push((std::cmp::Reverse(far.to_bits()), other));
                }
            }
        }
    }
    depth
}

/// Nodes on the outer boundary or on an interface between regions.
fn outer(mesh: &TetMesh) -> Vec<bool> {
    let mut outer = vec![false; mesh.nodes_m.len()];
    for face in mesh.boundary_faces().iter().chain(&mesh.interface_faces()) {
        face.nodes.iter().for_each(|&n| outer[n as usize] = true);
    }
    outer
}

struct Work {
    nodes: Vec<V3>,
    /// Wanted size at each node [m].
    size: Vec<f64>,
    tets: Vec<[u32; 4]>,
    alive: Vec<bool>,
    around: Vec<Vec<u32>>,
    outer: Vec<bool>,
}

/// Make a mesh coarse where the size wanted at its nodes [m], shape [node_count], is larger than its own. Returns the mesh and the nodes drawn in.
///
/// # Errors
/// [`MeshError`] for an angle or sizes out of range, or sizes of another number than nodes.
pub fn coarsen(mesh: &TetMesh, size_m: &[f64], spec: CoarsenSpec) -> Result<(TetMesh, u64), MeshError> {
    in_range("angle_min_rad", spec.angle_min_rad, "rad", 0.0, 0.5)?;
    in_range("round_count_max", f64::from(spec.round_count_max), "rounds", 0.0, 1e4)?;
    if size_m.len() != mesh.nodes_m.len() {
        return Err(MeshError::Count { what: "size_m", found: size_m.len() as u64, expected: mesh.nodes_m.len() as u64 });
    }
    for size in size_m {
        in_range("size_m", *size, "m", 1e-12, 1e6)?;
    }
    let mut around = vec![Vec::new(); mesh.nodes_m.len()];
    for (tet, nodes) in mesh.tets.iter().enumerate() {
        nodes.iter().for_each(|&n| around[n as usize].push(tet as u32));
    }
    let mut work = Work {
        nodes: mesh.nodes_m.clone(),
        size: size_m.to_vec(),
        tets: mesh.tets.clone(),
        alive: vec![true; mesh.tets.len()],
        around,
        outer: outer(mesh),
    };
    let limit = ops::cos(spec.angle_min_rad);
    let mut drawn_in = 0;
    for _ in 0..spec.round_count_max {
        let count = work.round(limit);
        drawn_in += count;
        work.smooth();
        if (count as f64) < WORTH * work.nodes.len() as f64 {
            break;
        }
    }
    let whole = TetMesh { nodes_m: work.nodes, tets: work.tets, regions: mesh.regions.clone() };
    Ok((whole.filtered(|t| work.alive[t as usize]), drawn_in))
}

impl Work {
    fn corners(&self, tet: u32) -> [V3; 4] {
        self.tets[tet as usize].map(|n| self.nodes[n as usize])
    }

    fn worst(&self, v: u32) -> f64 {
        self.around[v as usize].iter().fold(-1.0, |w: f64, &t| w.max(worst_cosine(&self.corners(t))))
    }

    fn neighbours(&self, v: u32) -> Vec<u32> {
        let mut all: Vec<u32> = self.around[v as usize].iter().flat_map(|&t| self.tets[t as usize]).filter(|&n| n != v).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Draw in nodes none of which are neighbours of each other.
    fn round(&mut self, limit: f64) -> u64 {
        let mut locked = vec![false; self.nodes.len()];
        let mut count = 0;
        for v in 0..self.nodes.len() as u32 {
            if self.outer[v as usize] || locked[v as usize] || self.around[v as usize].is_empty() {
                continue;
            }
            let near = self.neighbours(v);
            let mut best: Option<(f64, u32)> = None;
            for &w in &near {
                let short = norm(sub(self.nodes[v as usize], self.nodes[w as usize])) < 0.9 * self.size[v as usize];
                if short
                    && let Some(cost) = self.cost(v, w, &near)
                    && cost <= limit
                    && best.is_none_or(|(least, _)| cost < least)
                {
                    best = Some((cost, w));
                }
            }
            let Some((_, w)) = best else { continue };
            self.draw(v, w);
            near.iter().for_each(|&n| locked[n as usize] = true);
            count += 1;
        }
        count
    }

    /// Worst cosine after drawing v into w; none where something turns over or gets too long.
    fn cost(&self, v: u32, w: u32, near: &[u32]) -> Option<f64> {
        let to = self.nodes[w as usize];
        for &n in near.iter().filter(|&&n| n != w) {
            let wanted = 0.5 * (self.size[n as usize] + self.size[w as usize]);
            if norm(sub(self.nodes[n as usize], to)) > STRETCH * wanted {
                return None;
            }
        }
        let mut worst = -1.0_f64;
        for &tet in &self.around[v as usize] {
            let nodes = self.tets[tet as usize];
            if nodes.contains(&w) {
                continue;
            }
            let x: [V3; 4] = std::array::from_fn(|k| if nodes[k] == v { to } else { self.nodes[nodes[k] as usize] });
            if det(x[0], x[1], x[2], x[3]) <= 0.0 {
                return None;
            }
            worst = worst.max(worst_cosine(&x));
        }
        Some(worst)
    }

    fn draw(&mut self, v: u32, w: u32) {
        for tet in std::mem::take(&mut self.around[v as usize]) {
            let nodes = self.tets[tet as usize];
            if nodes.contains(&w) {
                self.alive[tet as usize] = false;
                for n in nodes.into_iter().filter(|&n| n != v) {
                    self.around[n as usize].retain(|&t| t != tet);
                }
            } else {
                self.tets[tet as usize] = nodes.map(|n| if n == v { w } else { n });
                self.around[w as usize].push(tet);
            }
        }
    }

    /// Move inner nodes towards the middle of their neighbours where that makes their worst angle better.
    fn smooth(&mut self) {
        for v in 0..self.nodes.len() as u32 {
            if self.outer[v as usize] || self.around[v as usize].is_empty() {
                continue;
            }
            let near = self.neighbours(v);
            let middle = scale(near.iter().fold([0.0; 3], |s, &n| add(s, self.nodes[n as usize])), 1.0 / near.len() as f64);
            let from = self.nodes[v as usize];
            let before = self.worst(v);
            for share in SHARES {
                self.nodes[v as usize] = mix(from, middle, share);
                let turned = self.around[v as usize].iter().any(|&t| {
                    let [a, b, c, d] = self.corners(t);
                    det(a, b, c, d) <= 0.0
                });
                if !turned && self.worst(v) < before {
                    break;
                }
                self.nodes[v as usize] = from;
            }
        }
    }
}
