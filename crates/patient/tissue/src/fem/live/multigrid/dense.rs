//! The coarsest lattice, solved directly.

use super::LevelSpace;
use crate::fem::live::grid::{Grid, Group};
use crate::fem::live::kernel::reference_stiffness;
use crate::fem::live::lanes::LANES;
use crate::fem::reduced::dense::{cholesky, solve};

/// Which nodes there are and what a cell is made of.
#[derive(Clone, Debug)]
pub(super) struct Dense {
    /// Number of a node among those that are there; `u32::MAX`: not there.
    number: Vec<u32>,
    count: usize,
    /// Stiffness of a cell for 2μV = 1 and for λV = 1.
    reference: [Vec<[f64; 24]>; 2],
}

impl Dense {
    pub(super) fn new(grid: &Grid, inverse: &[f32]) -> Self {
        let mut count = 0;
        let number = inverse
            .iter()
            .take(grid.node_count)
            .map(|d| {
                if *d > 0.0 {
                    count += 1;
                    count - 1
                } else {
                    u32::MAX
                }
            })
            .collect();
        Self {
            number,
            count: count as usize,
            reference: [reference_stiffness(&grid.quarter, 1.0, 0.0), reference_stiffness(&grid.quarter, 0.0, 1.0)],
        }
    }

    pub(super) fn size(&self) -> usize {
        3 * self.count
    }

    /// Add up the matrix with the present rotations and factor it; false if it is not positive.
    pub(super) fn factor(&self, grid: &Grid, groups: &[Group], inertia: &[f32], a: &mut Vec<f64>) -> bool {
        let size = self.size();
        a.clear();
        a.resize(size * size, 0.0);
        for (m, number) in inertia.iter().zip(&self.number) {
            if *number != u32::MAX {
                for axis in 0..3 {
                    let at = 3 * *number as usize + axis;
                    a[at * size + at] += f64::from(*m);
                }
            }
        }
        for k in 0..grid.cells[2] {
            for j in 0..grid.cells[1] {
                for i in 0..grid.cells[0] {
                    let group = &groups[grid.group(j, k) + i / LANES];
                    let stiff = group.k.map(|v| f64::from(v.to_array()[i % LANES]));
                    if stiff[0] > 0.0 {
                        let turn = group.turn.map(|row| row.map(|v| f64::from(v.to_array()[i % LANES])));
                        let corner: [usize; 8] = std::array::from_fn(|c| grid.node(i + (c & 1), j + (c >> 1 & 1), k + (c >> 2)));
                        self.add(&corner, stiff, &turn, a);
                    }
                }
            }
        }
        cholesky(a, size)
    }

    fn add(&self, corner: &[usize; 8], stiff: [f64; 2], turn: &[[f64; 3]; 3], a: &mut [f64]) {
        let size = self.size();
        for p in 0..8 {
            for q in 0..8 {
                let (row, column) = (self.number[corner[p]], self.number[corner[q]]);
                if row == u32::MAX || column == u32::MAX || column > row {
                    continue;
                }
                let entry = |a: usize, b: usize| {
                    stiff[0] * self.reference[0][3 * p + a][3 * q + b] + stiff[1] * self.reference[1][3 * p + a][3 * q + b]
                };
                let block: [[f64; 3]; 3] = std::array::from_fn(|a| std::array::from_fn(|b| entry(a, b)));
                let half: [[f64; 3]; 3] = std::array::from_fn(|i| std::array::from_fn(|b| (0..3).map(|k| turn[i][k] * block[k][b]).sum()));
                for i in 0..3 {
                    for b in 0..3 {
                        let value: f64 = (0..3).map(|k| half[i][k] * turn[b][k]).sum();
                        a[(3 * row as usize + i) * size + 3 * column as usize + b] += value;
                    }
                }
            }
        }
    }

    /// z ← A⁻¹ r.
    pub(super) fn solve(&self, factor: &[f64], space: &mut LevelSpace, values: &mut Vec<f64>) {
        values.clear();
        values.resize(self.size(), 0.0);
        let n = self.number.len();
        for (node, number) in self.number.iter().enumerate() {
            if *number != u32::MAX {
                for axis in 0..3 {
                    values[3 * *number as usize + axis] = f64::from(space.r[axis * n + node]);
                }
            }
        }
        solve(factor, self.size(), values);
        for (node, number) in self.number.iter().enumerate() {
            if *number != u32::MAX {
                for axis in 0..3 {
                    space.z[axis * n + node] = values[3 * *number as usize + axis] as f32;
                }
            }
        }
    }
}
