//! Boxes of equal or graded hexahedra.

use crate::TissueError;
use crate::error::check;

/// Most cells of a lattice.
const CELL_COUNT_MAX: f64 = 4e6;

/// Hexahedra in rows, columns and layers over a box whose corner is the origin.
#[derive(Clone, Debug, PartialEq)]
pub struct Lattice {
    /// Cells along x, y, z.
    pub cell_count: [u32; 3],
    /// Nodes [m], shape [node_count, 3]; x runs fastest.
    pub nodes_m: Vec<[f64; 3]>,
    /// Hexahedra in VTK's order: the lower face counter-clockwise, then the upper.
    pub hexahedra: Vec<[u32; 8]>,
}

impl Lattice {
    /// Equal cells over a box.
    ///
    /// # Errors
    /// [`TissueError::OutOfRange`] for a size that is not positive or more than 4 million cells.
    pub fn new(cell_count: [u32; 3], size_m: [f64; 3]) -> Result<Self, TissueError> {
        for size in size_m {
            check("size_m", size, 1e-9, 1e3, "m")?;
        }
        check("cells", cell_count.iter().map(|&n| f64::from(n)).product(), 1.0, CELL_COUNT_MAX, "cells")?;
        let [nx, ny, nz] = cell_count;
        let mut nodes_m = Vec::new();
        for k in 0..=nz {
            for j in 0..=ny {
                for i in 0..=nx {
                    let at = [f64::from(i) / f64::from(nx), f64::from(j) / f64::from(ny), f64::from(k) / f64::from(nz)];
                    nodes_m.push(std::array::from_fn(|a| at[a] * size_m[a]));
                }
            }
        }
        let node = |i: u32, j: u32, k: u32| i + (nx + 1) * (j + (ny + 1) * k);
        let mut hexahedra = Vec::new();
        for k in 0..nz {
            for j in 0..ny {
                for i in 0..nx {
                    let face = |k| [node(i, j, k), node(i + 1, j, k), node(i + 1, j + 1, k), node(i, j + 1, k)];
                    let (low, high) = (face(k), face(k + 1));
                    hexahedra.push([low[0], low[1], low[2], low[3], high[0], high[1], high[2], high[3]]);
                }
            }
        }
        Ok(Self { cell_count, nodes_m, hexahedra })
    }

    /// Move every node; cells keep their neighbours. Used to grade a box or to bend it into a shell.
    #[must_use]
    pub fn map(mut self, to: impl Fn([f64; 3]) -> [f64; 3]) -> Self {
        for node in &mut self.nodes_m {
            *node = to(*node);
        }
        self
    }

    /// Number of a node by its place in x, y, z.
    #[must_use]
    pub fn node(&self, i: u32, j: u32, k: u32) -> u32 {
        i + (self.cell_count[0] + 1) * (j + (self.cell_count[1] + 1) * k)
    }

    /// Nodes that a condition on the position [m] holds for, ascending.
    #[must_use]
    pub fn nodes_where(&self, holds: impl Fn([f64; 3]) -> bool) -> Vec<u32> {
        (0..self.nodes_m.len() as u32).filter(|&n| holds(self.nodes_m[n as usize])).collect()
    }

    /// Each hexahedron cut into five tetrahedra, mirrored from cell to cell so that neighbours share faces.
    #[must_use]
    pub fn tetrahedra(&self) -> Vec<[u32; 4]> {
        const EVEN: [[usize; 4]; 5] = [[0, 1, 2, 5], [0, 2, 3, 7], [0, 5, 7, 4], [2, 7, 5, 6], [0, 2, 7, 5]];
        const ODD: [[usize; 4]; 5] = [[1, 3, 0, 4], [1, 2, 3, 6], [1, 6, 4, 5], [3, 4, 6, 7], [1, 3, 4, 6]];
        let [nx, ny, _] = self.cell_count;
        let mut tets = Vec::with_capacity(5 * self.hexahedra.len());
        for (index, hex) in self.hexahedra.iter().enumerate() {
            let cell = index as u32;
            let odd = (cell % nx + cell / nx % ny + cell / (nx * ny)) % 2 == 1;
            for tet in if odd { ODD } else { EVEN } {
                tets.push(tet.map(|v| hex[v]));
            }
        }
        tets
    }
}

/// Quadratic tetrahedra of linear ones: nodes in the middle of edges are added behind the others.
///
/// Order of the ten: corners, then edges 01, 12, 02, 03, 13, 23 (VTK).
#[must_use]
pub fn quadratic_tetrahedra(nodes_m: &mut Vec<[f64; 3]>, tets: &[[u32; 4]]) -> Vec<[u32; 10]> {
    let mut middle: std::collections::BTreeMap<(u32, u32), u32> = std::collections::BTreeMap::new();
    tets.iter()
        .map(|t| {
            let mut edge = |a: u32, b: u32| {
                *middle.entry((a.min(b), a.max(b))).or_insert_with(|| {
                    let (p, q) = (nodes_m[a as usize], nodes_m[b as usize]);
                    nodes_m.push(std::array::from_fn(|k| 0.5 * (p[k] + q[k])));
                    nodes_m.len() as u32 - 1
                })
            };
            let [a, b, c, d] = *t;
            [a, b, c, d, edge(a, b), edge(b, c), edge(a, c), edge(a, d), edge(b, d), edge(c, d)]
        })
        .collect()
}
