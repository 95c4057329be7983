//! Triangle surfaces: construction, measures, parts.

use serde::{Deserialize, Serialize};

use crate::error::MeshError;
use crate::vector::{V3, add, bounds, cross, dot, is_finite, norm, scale, sub, unit};

/// A surface of triangles. Counter-clockwise seen from outside.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Surface {
    /// Vertex positions [m], shape [vertex_count].
    pub vertices_m: Vec<[f64; 3]>,
    /// Vertex indices of each triangle, shape [triangle_count, 3].
    pub triangles: Vec<[u32; 3]>,
}

/// What a closed surface encloses, for density 1 kg/m³.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MassProperties {
    /// Enclosed volume [m³]; negative for a surface inside out.
    pub volume_m3: f64,
    /// Centre of the volume [m].
    pub centroid_m: [f64; 3],
    /// Second moments about the centroid ∫(|r|² I − r rᵀ) dV [m⁵].
    pub inertia_m5: [[f64; 3]; 3],
}

impl Surface {
    /// A surface whose every index and coordinate was looked at.
    ///
    /// # Errors
    /// [`MeshError::NotFinite`] and [`MeshError::BadIndex`] for the first vertex and triangle that are wrong.
    pub fn new(vertices_m: Vec<[f64; 3]>, triangles: Vec<[u32; 3]>) -> Result<Self, MeshError> {
        check_nodes(&vertices_m)?;
        let count = vertices_m.len() as u64;
        for (element, t) in triangles.iter().enumerate() {
            if let Some(&node) = t.iter().find(|&&v| u64::from(v) >= count) {
                return Err(MeshError::BadIndex { element: element as u32, node, node_count: count, what: "there is no such vertex" });
            }
            if t[0] == t[1] || t[1] == t[2] || t[2] == t[0] {
                return Err(MeshError::BadIndex {
                    element: element as u32,
                    node: t[0],
                    node_count: count,
                    what: "a vertex is named twice",
                });
            }
        }
        Ok(Self { vertices_m, triangles })
    }

    /// Corners of a triangle [m].
    #[must_use]
    pub fn corners_m(&self, triangle: u32) -> [[f64; 3]; 3] {
        self.triangles[triangle as usize].map(|v| self.vertices_m[v as usize])
    }

    /// Lowest and highest corner of the smallest box around the vertices [m].
    #[must_use]
    pub fn bounds_m(&self) -> ([f64; 3], [f64; 3]) {
        bounds(self.vertices_m.iter().copied())
    }

    /// Area [m²].
    #[must_use]
    pub fn area_m2(&self) -> f64 {
        self.triangles.iter().map(|t| 0.5 * norm(self.doubled_normal(t))).sum()
    }

    /// Enclosed volume [m³] by the divergence theorem; means something for closed surfaces only.
    #[must_use]
    pub fn volume_m3(&self) -> f64 {
        self.mass_properties().volume_m3
    }

    /// Volume, centroid and second moments of what a closed surface encloses.
    ///
    /// # Source
    /// Exact integrals over tetrahedra from one point to each triangle: Tonon 2004, J Math Stat 1:8–11.
    #[must_use]
    pub fn mass_properties(&self) -> MassProperties {
        // From the middle of the box, so that far-away surfaces lose no digits.
        let (low, high) = self.bounds_m();
        let middle = if self.vertices_m.is_empty() { [0.0; 3] } else { scale(add(low, high), 0.5) };
        let (mut volume, mut first, mut second) = (0.0, [0.0; 3], [[0.0; 3]; 3]);
        for t in &self.triangles {
            let [a, b, c] = t.map(|v| sub(self.vertices_m[v as usize], middle));
            let sixth = dot(a, cross(b, c)) / 6.0;
            volume += sixth;
            let sum = add(add(a, b), c);
            for i in 0..3 {
                first[i] += sixth * sum[i] / 4.0;
                for j in 0..3 {
                    second[i][j] += sixth * (a[i] * a[j] + b[i] * b[j] + c[i] * c[j] + sum[i] * sum[j]) / 20.0;
                }
            }
        }
        let shift = if volume == 0.0 { [0.0; 3] } else { scale(first, 1.0 / volume) };
        let mut inertia = [[0.0; 3]; 3];
        for i in 0..3 {
            for j in 0..3 {
                inertia[i][j] = -(second[i][j] - volume * shift[i] * shift[j]);
            }
        }
        let trace = -(inertia[0][0] + inertia[1][1] + inertia[2][2]);
        for (i, row) in inertia.iter_mut().enumerate() {
            row[i] += trace;
        }
        MassProperties { volume_m3: volume, centroid_m: add(middle, shift), inertia_m5: inertia }
    }

    /// Twice the area times the normal of a triangle [m²].
    pub(crate) fn doubled_normal(&self, t: &[u32; 3]) -> V3 {
        let [a, b, c] = t.map(|v| self.vertices_m[v as usize]);
        cross(sub(b, a), sub(c, a))
    }

    /// Unit normals at vertices, the normals of the triangles weighted by area, shape [vertex_count].
    #[must_use]
    pub fn vertex_normals(&self) -> Vec<[f64; 3]> {
        let mut normals = vec![[0.0; 3]; self.vertices_m.len()];
        for t in &self.triangles {
            let n = self.doubled_normal(t);
            for &v in t {
                normals[v as usize] = add(normals[v as usize], n);
            }
        }
        normals.into_iter().map(unit).collect()
    }

    /// Euler characteristic: vertices that are used − edges + triangles. 2 − 2 × genus for each closed piece.
    #[must_use]
    pub fn euler_characteristic(&self) -> i64 {
        let mut used = vec![false; self.vertices_m.len()];
        let mut edges = Vec::with_capacity(self.triangles.len() * 3);
        for t in &self.triangles {
            for k in 0..3 {
                used[t[k] as usize] = true;
                let (a, b) = (t[k], t[(k + 1) % 3]);
                edges.push((a.min(b), a.max(b)));
            }
        }
        edges.sort_unstable();
        edges.dedup();
        used.iter().filter(|u| **u).count() as i64 - edges.len() as i64 + self.triangles.len() as i64
    }

    /// Piece that each triangle belongs to, joined over shared vertices, and the number of pieces.
    #[must_use]
    pub fn pieces(&self) -> (Vec<u32>, u32) {
        let mut joined = Joined::new(self.vertices_m.len());
        for t in &self.triangles {
            joined.join(t[0], t[1]);
            joined.join(t[1], t[2]);
        }
        joined.number(self.triangles.iter().map(|t| t[0]))
    }

    /// The triangles for which `keep` says so, with the vertices that they use.
    #[must_use]
    pub fn filtered(&self, keep: impl Fn(u32) -> bool) -> Self {
        let mut new_of = vec![u32::MAX; self.vertices_m.len()];
        let mut out = Self::default();
        for (index, t) in self.triangles.iter().enumerate() {
            if keep(index as u32) {
                out.triangles.push(t.map(|v| {
                    let slot = &mut new_of[v as usize];
                    if *slot == u32::MAX {
                        *slot = out.vertices_m.len() as u32;
                        out.vertices_m.push(self.vertices_m[v as usize]);
                    }
                    *slot
                }));
            }
        }
        out
    }

    /// One vertex where several lie on one point of a grid of `tolerance_m`; triangles that lose a corner go.
    ///
    /// A tolerance of 0 joins vertices with equal coordinates.
    #[must_use]
    pub fn welded(&self, tolerance_m: f64) -> Self {
        let key = |p: &V3| -> [i64; 3] {
            p.map(|x| {
                let x = x + 0.0;
                if tolerance_m > 0.0 { (x / tolerance_m).round() as i64 } else { x.to_bits() as i64 }
            })
        };
        let mut order: Vec<([i64; 3], u32)> = self.vertices_m.iter().enumerate().map(|(i, p)| (key(p), i as u32)).collect();
        order.sort_unstable();
        let mut first = vec![0_u32; self.vertices_m.len()];
        let mut group = 0;
        for i in 0..order.len() {
            if order[i].0 != order[group].0 {
                group = i;
            }
            first[order[i].1 as usize] = order[group].1;
        }
        let triangles = self.triangles.iter().map(|t| t.map(|v| first[v as usize]));
        let triangles = triangles.filter(|t| t[0] != t[1] && t[1] != t[2] && t[2] != t[0]).collect();
        Self { vertices_m: self.vertices_m.clone(), triangles }.filtered(|_| true)
    }

    /// The same surface with inside and outside exchanged.
    #[must_use]
    pub fn flipped(&self) -> Self {
        Self { vertices_m: self.vertices_m.clone(), triangles: self.triangles.iter().map(|t| [t[0], t[2], t[1]]).collect() }
    }

    /// The same surface with every vertex moved to `move_to(vertex)` [m].
    #[must_use]
    pub fn mapped(&self, move_to: impl Fn([f64; 3]) -> [f64; 3]) -> Self {
        Self { vertices_m: self.vertices_m.iter().map(|p| move_to(*p)).collect(), triangles: self.triangles.clone() }
    }
}

/// `Ok` when every coordinate is a number.
pub(crate) fn check_nodes(nodes_m: &[[f64; 3]]) -> Result<(), MeshError> {
    if nodes_m.len() > u32::MAX as usize / 2 {
        return Err(MeshError::TooLarge { what: "nodes", found: nodes_m.len() as f64, max: f64::from(u32::MAX / 2) });
    }
    match nodes_m.iter().enumerate().find(|(_, p)| !is_finite(**p)) {
        None => Ok(()),
        Some((node, p)) => {
            let axis = p.iter().position(|x| !x.is_finite()).unwrap_or(0);
            Err(MeshError::NotFinite { node: node as u32, axis: axis as u8, value: p[axis] })
        }
    }
}

/// Union-find over indices; the smallest index of a group stands for it.
pub(crate) struct Joined {
    parent: Vec<u32>,
}

impl Joined {
    pub(crate) fn new(count: usize) -> Self {
        Self { parent: (0..count as u32).collect() }
    }

    pub(crate) fn root(&mut self, mut x: u32) -> u32 {
        while self.parent[x as usize] != x {
            let up = self.parent[self.parent[x as usize] as usize];
            self.parent[x as usize] = up;
            x = up;
        }
        x
    }

    pub(crate) fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        self.parent[a.max(b) as usize] = a.min(b);
    }

    /// Groups of members numbered in the order in which they are first met.
    pub(crate) fn number(&mut self, members: impl Iterator<Item = u32>) -> (Vec<u32>, u32) {
        let mut number = vec![u32::MAX; self.parent.len()];
        let mut count = 0;
        let groups = members
            .map(|m| {
                let root = self.root(m) as usize;
                if number[root] == u32::MAX {
                    number[root] = count;
                    count += 1;
                }
                number[root]
            })
            .collect();
        (groups, count)
    }
}
