//! The mesh while it is cut: two operations, an edge split and a node slid along an edge. Both keep it conforming.

use std::collections::BTreeMap;

use crate::quality::worst_cosine;
use crate::tet_mesh::TET_FACES;
use crate::vector::{V3, cross, det, dot, mix, norm, sub, unit};

/// Cosine between a way and a surface's normal below which the way keeps to the surface.
const IN_PLANE: f64 = 1e-9;
/// Sixfold volume of a moved tetrahedron against the cube of its longest edge that it keeps where nodes are placed [1].
const PLACED_VOLUME_MIN: f64 = 1e-3;

/// A mesh with everything that hangs on its nodes.
pub(super) struct Work {
    pub(super) nodes: Vec<V3>,
    /// Where the nodes are while the blade comes.
    pub(super) placed: Vec<V3>,
    pub(super) fields: Vec<Vec<V3>>,
    pub(super) marks: Vec<u64>,
    /// Level functions at the nodes, linear in the place; exactly zero: on it.
    pub(super) levels: Vec<Vec<f64>>,
    pub(super) tets: Vec<[u32; 4]>,
    pub(super) regions: Vec<u16>,
    pub(super) parents: Vec<u32>,
    pub(super) around: Vec<Vec<u32>>,
    /// Faces that are carried along, and those at each of their nodes.
    pub(super) faces: Vec<[u32; 3]>,
    pub(super) faces_at: BTreeMap<u32, Vec<u32>>,
    /// Nodes of tetrahedra that changed.
    pub(super) changed: Vec<bool>,
    pub(super) split_count: u64,
    pub(super) slid_count: u64,
}

impl Work {
    /// Tetrahedra at an edge.
    pub(super) fn at_edge(&self, a: u32, b: u32) -> Vec<u32> {
        self.around[a as usize].iter().copied().filter(|&t| self.tets[t as usize].contains(&b)).collect()
    }

    pub(super) fn corners(&self, tet: u32) -> [V3; 4] {
        self.tets[tet as usize].map(|v| self.nodes[v as usize])
    }

    /// Worst cosine of some tetrahedra.
    pub(super) fn worst(&self, tets: &[u32]) -> f64 {
        tets.iter().fold(-1.0, |w: f64, &t| w.max(worst_cosine(&self.corners(t))))
    }

    /// Worst cosine that splitting an edge would leave.
    pub(super) fn worst_after_split(&self, tets: &[u32], a: u32, b: u32, t: f64) -> f64 {
        let middle = mix(self.nodes[a as usize], self.nodes[b as usize], t);
        tets.iter().fold(-1.0, |worst: f64, &tet| {
            let (nodes, corners) = (self.tets[tet as usize], self.corners(tet));
            [a, b].into_iter().fold(worst, |worst, end| {
                let half: [V3; 4] = std::array::from_fn(|k| if nodes[k] == end { middle } else { corners[k] });
                let [p, q, r, s] = half;
                if det(p, q, r, s) <= 0.0 { f64::INFINITY } else { worst.max(worst_cosine(&half)) }
            })
        })
    }

    /// Worst cosine around a node that was slid towards another; infinite where something turns over.
    pub(super) fn worst_after_slide(&self, v: u32, w: u32, t: f64) -> f64 {
        let to = mix(self.nodes[v as usize], self.nodes[w as usize], t);
        let placed = mix(self.placed[v as usize], self.placed[w as usize], t);
        let mut worst = -1.0_f64;
        for &tet in &self.around[v as usize] {
            let nodes = self.tets[tet as usize];
            let x: [V3; 4] = std::array::from_fn(|k| if nodes[k] == v { to } else { self.nodes[nodes[k] as usize] });
            let y: [V3; 4] = std::array::from_fn(|k| if nodes[k] == v { placed } else { self.placed[nodes[k] as usize] });
            let longest = (0..4).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| norm(sub(y[i], y[j]))).fold(0.0, f64::max);
            if det(x[0], x[1], x[2], x[3]) <= 0.0 || det(y[0], y[1], y[2], y[3]) <= PLACED_VOLUME_MIN * longest.powi(3) {
                return f64::INFINITY;
            }
            worst = worst.max(worst_cosine(&x));
            if worst >= 1.0 {
                return f64::INFINITY;
            }
        }
        worst
    }

    /// Whether a node may be slid towards another: it keeps its marks, the levels that it is on, and the surfaces that it lies in.
    pub(super) fn may_slide(&self, v: u32, w: u32) -> bool {
        let (i, j) = (v as usize, w as usize);
        if self.marks[i] & !self.marks[j] != 0 || self.levels.iter().any(|l| l[i] == 0.0 && l[j] != 0.0) {
            return false;
        }
        let way = unit(sub(self.nodes[j], self.nodes[i]));
        // Faces at v without a tetrahedron of the same region behind them.
        let mut faces: BTreeMap<[u32; 2], (u16, [u32; 2], bool)> = BTreeMap::new();
        for &tet in &self.around[i] {
            let (nodes, region) = (self.tets[tet as usize], self.regions[tet as usize]);
            for face in TET_FACES.iter().filter(|f| f.iter().any(|&k| nodes[k] == v)) {
                let mut others = face.iter().map(|&k| nodes[k]).filter(|&n| n != v);
                let (Some(p), Some(q)) = (others.next(), others.next()) else { continue };
                let key = [p.min(q), p.max(q)];
                faces.entry(key).and_modify(|e| e.2 = e.0 == region).or_insert((region, [p, q], false));
            }
        }
        let carried = self.faces_at.get(&v).into_iter().flatten().map(|&f| self.faces[f as usize]);
        let in_plane = |p: u32, q: u32| {
            let n = unit(cross(sub(self.nodes[p as usize], self.nodes[i]), sub(self.nodes[q as usize], self.nodes[i])));
            dot(n, way).abs() <= IN_PLANE
        };
        faces.values().filter(|(_, _, inside)| !inside).all(|(_, [p, q], _)| in_plane(*p, *q))
            && carried.clone().all(|f| {
                let others: Vec<u32> = f.into_iter().filter(|&n| n != v).collect();
                in_plane(others[0], others[1])
            })
    }

    /// Split an edge; returns the new node.
    pub(super) fn split(&mut self, a: u32, b: u32, t: f64) -> u32 {
        let (i, j, m) = (a as usize, b as usize, self.nodes.len() as u32);
        let tets = self.at_edge(a, b);
        self.nodes.push(mix(self.nodes[i], self.nodes[j], t));
        self.placed.push(mix(self.placed[i], self.placed[j], t));
        for field in &mut self.fields {
            field.push(mix(field[i], field[j], t));
        }
        for level in &mut self.levels {
            level.push(level[i] + t * (level[j] - level[i]));
        }
        self.marks.push(self.marks[i] & self.marks[j]);
        self.changed.push(true);
        self.around.push(Vec::with_capacity(2 * tets.len()));
        for tet in tets {
            let old = self.tets[tet as usize];
            let new = self.tets.len() as u32;
            self.tets[tet as usize] = old.map(|n| if n == b { m } else { n });
            self.tets.push(old.map(|n| if n == a { m } else { n }));
            self.regions.push(self.regions[tet as usize]);
            self.parents.push(self.parents[tet as usize]);
            self.around[j].retain(|&t| t != tet);
            self.around[j].push(new);
            self.around[m as usize].extend([tet, new]);
            for n in old {
                self.changed[n as usize] = true;
                if n != a && n != b {
                    self.around[n as usize].push(new);
                }
            }
        }
        self.split_faces(a, b, m);
        self.split_count += 1;
        m
    }

    fn split_faces(&mut self, a: u32, b: u32, m: u32) {
        let Some(at) = self.faces_at.get(&a) else { return };
        let hit: Vec<u32> = at.iter().copied().filter(|&f| self.faces[f as usize].contains(&b)).collect();
        for face in hit {
            let old = self.faces[face as usize];
            let new = self.faces.len() as u32;
            self.faces[face as usize] = old.map(|n| if n == b { m } else { n });
            self.faces.push(old.map(|n| if n == a { m } else { n }));
            if let Some(list) = self.faces_at.get_mut(&b) {
                list.retain(|&f| f != face);
                list.push(new);
            }
            self.faces_at.entry(m).or_default().extend([face, new]);
            for n in old.into_iter().filter(|&n| n != a && n != b) {
                self.faces_at.entry(n).or_default().push(new);
            }
        }
    }

    /// Slide a node towards another.
    pub(super) fn slide(&mut self, v: u32, w: u32, t: f64) {
        let (i, j) = (v as usize, w as usize);
        self.nodes[i] = mix(self.nodes[i], self.nodes[j], t);
        self.placed[i] = mix(self.placed[i], self.placed[j], t);
        for field in &mut self.fields {
            field[i] = mix(field[i], field[j], t);
        }
        for level in &mut self.levels {
            level[i] += t * (level[j] - level[i]);
        }
        for &tet in &self.around[i] {
            for n in self.tets[tet as usize] {
                self.changed[n as usize] = true;
            }
        }
        self.slid_count += 1;
    }
}
