//! Rigid motions of blocks of nodes, solved directly, added to Jacobi's preconditioner.

use proband_math::sparse::{EnvelopeCholesky, SparseError};
use wide::f32x8;

use super::grid::{Grid, Group};
use super::kernel::{Modes, stiffness, to_corners, to_modes};
use super::lanes::LANES;

/// One row of nodes of one block: where it begins and how many.
#[derive(Clone, Copy, Debug)]
struct Run {
    begin: u32,
    count: u32,
}

/// Blocks of nodes and the factor of their matrix at rest.
#[derive(Clone, Debug)]
pub(super) struct Coarse {
    /// Runs of each block, and where they begin.
    run_start: Vec<u32>,
    runs: Vec<Run>,
    /// A cell inside each block: group and lane.
    cell: Vec<(u32, u32)>,
    /// Place of each block in the factor.
    place: Vec<u32>,
    factor: EnvelopeCholesky,
}

/// Scratch of one solve.
#[derive(Clone, Debug, Default)]
pub(super) struct CoarseSpace {
    /// Centres of the blocks [m], in the order of blocks.
    centre: Vec<[f32; 3]>,
    values: Vec<f64>,
}

impl Coarse {
    /// Blocks of about `size` nodes along each edge. `inertia`: s·mass of each node; `free`: 1 where an unknown is free.
    pub(super) fn new(
        grid: &Grid,
        size: usize,
        groups: &[Group],
        inertia: &[f32],
        free: &[f32],
        rest: &[f32],
    ) -> Result<Self, SparseError> {
        let nodes = grid.cells.map(|n| n + 1);
        let blocks = nodes.map(|n| (n / size).max(1));
        // The longest axis slowest: neighbours stay close in the factor.
        let mut axes = [0, 1, 2];
        axes.sort_by_key(|&a| (blocks[a], a));
        let block_of = |at: [usize; 3]| -> [usize; 3] { std::array::from_fn(|a| at[a] * blocks[a] / nodes[a]) };
        let number = |b: [usize; 3]| b[axes[0]] + blocks[axes[0]] * (b[axes[1]] + blocks[axes[1]] * b[axes[2]]);
        let count = blocks.iter().product::<usize>();
        let mut runs: Vec<Vec<Run>> = vec![Vec::new(); count];
        let mut cell = vec![(0_u32, 0_u32); count];
        for k in 0..nodes[2] {
            for j in 0..nodes[1] {
                let mut i = 0;
                while i < nodes[0] {
                    let block = number(block_of([i, j, k]));
                    let mut end = i;
                    while end < nodes[0] && number(block_of([end, j, k])) == block {
                        end += 1;
                    }
                    runs[block].push(Run { begin: grid.node(i, j, k) as u32, count: (end - i) as u32 });
                    i = end;
                }
            }
        }
        let mut centre_cell = vec![f64::INFINITY; count];
        for k in 0..grid.cells[2] {
            for j in 0..grid.cells[1] {
                for i in 0..grid.cells[0] {
                    let group = grid.group(j, k) + i / LANES;
                    let b = block_of([i, j, k]);
                    let off: f64 = (0..3)
                        .map(|a| {
                            let middle = (b[a] as f64 + 0.5) * nodes[a] as f64 / blocks[a] as f64;
                            ([i, j, k][a] as f64 + 1.0 - middle).powi(2)
                        })
                        .sum();
                    if groups[group].k[0].to_array()[i % LANES] > 0.0 && off < centre_cell[number(b)] {
                        centre_cell[number(b)] = off;
                        cell[number(b)] = (group as u32, (i % LANES) as u32);
                    }
                }
            }
        }
        let reach = 1 + blocks[axes[0]] + blocks[axes[0]] * blocks[axes[1]];
        let first = (0..count).flat_map(|b| [6 * b.saturating_sub(reach) as u32; 6]).collect();
        let mut run_start = vec![0];
        for list in &runs {
            run_start.push(run_start[run_start.len() - 1] + list.len() as u32);
        }
        let mut this = Self {
            run_start,
            runs: runs.concat(),
            cell,
            place: (0..count as u32).collect(),
            factor: EnvelopeCholesky::with_envelope(first)?,
        };
        this.fill(grid, groups, inertia, free, rest, &|at| number(block_of(at)))?;
        Ok(this)
    }

    pub(super) fn unknown_count(&self) -> usize {
        self.factor.size()
    }

    pub(super) fn entry_count(&self) -> usize {
        self.factor.entry_count()
    }

    /// Add up Pᵀ A P at rest and factor it.
    fn fill(
        &mut self,
        grid: &Grid,
        groups: &[Group],
        inertia: &[f32],
        free: &[f32],
        rest: &[f32],
        block_at: &dyn Fn([usize; 3]) -> usize,
    ) -> Result<(), SparseError> {
        let n = grid.node_count;
        let mut space = CoarseSpace::default();
        self.centres(grid, rest, &mut space);
        // Rows of P at a node: [I | −[d]×], zero where held.
        let modes = |node: usize, block: usize| -> [[f64; 6]; 3] {
            let d: [f64; 3] = std::array::from_fn(|a| f64::from(rest[a * n + node] - space.centre[block][a]));
            let rows = [[1.0, 0.0, 0.0, 0.0, d[2], -d[1]], [0.0, 1.0, 0.0, -d[2], 0.0, d[0]], [0.0, 0.0, 1.0, d[1], -d[0], 0.0]];
            std::array::from_fn(|a| rows[a].map(|v| v * f64::from(free[a * n + node])))
        };
        let reference = [reference_stiffness(grid, 1.0, 0.0), reference_stiffness(grid, 0.0, 1.0)];
        for k in 0..grid.cells[2] {
            for j in 0..grid.cells[1] {
                for i in 0..grid.cells[0] {
                    let group = &groups[grid.group(j, k) + i / LANES];
                    let stiff = group.k.map(|v| f64::from(v.to_array()[i % LANES]));
                    if stiff[0] == 0.0 {
                        continue;
                    }
                    let corner: [(usize, usize); 8] = std::array::from_fn(|c| {
                        let at = [i + (c & 1), j + (c >> 1 & 1), k + (c >> 2)];
                        (grid.node(at[0], at[1], at[2]), block_at(at))
                    });
                    let inside = corner.iter().all(|c| c.1 == corner[0].1 && (0..3).all(|a| free[a * n + c.0] == 1.0));
                    if inside {
                        continue;
                    }
                    let rows: [[[f64; 6]; 3]; 8] = std::array::from_fn(|c| modes(corner[c].0, corner[c].1));
                    for p in 0..8 {
                        for q in 0..8 {
                            if corner[q].1 <= corner[p].1 {
                                let entry = |a: usize, b: usize| {
                                    stiff[0] * reference[0][3 * p + a][3 * q + b] + stiff[1] * reference[1][3 * p + a][3 * q + b]
                                };
                                let block: [[f64; 3]; 3] = std::array::from_fn(|a| std::array::from_fn(|b| entry(a, b)));
                                self.add(corner[p].1, corner[q].1, &rows[p], &rows[q], &block);
                            }
                        }
                    }
                }
            }
        }
        for k in 0..=grid.cells[2] {
            for j in 0..=grid.cells[1] {
                for i in 0..=grid.cells[0] {
                    let (node, block) = (grid.node(i, j, k), block_at([i, j, k]));
                    let m = f64::from(inertia[node]);
                    let rows = modes(node, block);
                    self.add(block, block, &rows, &rows, &[[m, 0.0, 0.0], [0.0, m, 0.0], [0.0, 0.0, m]]);
                }
            }
        }
        self.factor.factor()
    }

    fn add(&mut self, p: usize, q: usize, rows_p: &[[f64; 6]; 3], rows_q: &[[f64; 6]; 3], block: &[[f64; 3]; 3]) {
        for r in 0..6 {
            let left: [f64; 3] = std::array::from_fn(|b| (0..3).map(|a| rows_p[a][r] * block[a][b]).sum());
            for s in 0..6 {
                let value: f64 = (0..3).map(|b| left[b] * rows_q[b][s]).sum();
                self.factor.add(6 * p + r, 6 * q + s, value);
            }
        }
    }

    /// Centres of the blocks at positions `x`.
    pub(super) fn centres(&self, grid: &Grid, x: &[f32], space: &mut CoarseSpace) {
        let n = grid.node_count;
        space.centre.clear();
        for block in 0..self.place.len() {
            let (mut sum, mut count) = ([0.0_f32; 3], 0.0_f32);
            for run in &self.runs[self.run_start[block] as usize..self.run_start[block + 1] as usize] {
                let (begin, end) = (run.begin as usize, (run.begin + run.count) as usize);
                for axis in 0..3 {
                    sum[axis] += x[axis * n + begin..axis * n + end].iter().sum::<f32>();
                }
                count += run.count as f32;
            }
            space.centre.push(sum.map(|v| v / count));
        }
    }

    /// z ← z + P A⁻¹ Pᵀ r with rigid motions about the present positions `x`, turned to the frame at rest for the factor.
    pub(super) fn add_correction(&self, grid: &Grid, groups: &[Group], x: &[f32], r: &[f32], z: &mut [f32], space: &mut CoarseSpace) {
        let n = grid.node_count;
        let (rx, rest) = r.split_at(n);
        let (ry, rz) = rest.split_at(n);
        let (px, rest) = x.split_at(n);
        let (py, pz) = rest.split_at(n);
        space.values.resize(self.factor.size(), 0.0);
        for block in 0..self.place.len() {
            let c = space.centre[block];
            let mut sum = [0.0_f32; 6];
            for run in self.runs_of(block) {
                for node in run {
                    let (f, d) = ([rx[node], ry[node], rz[node]], [px[node] - c[0], py[node] - c[1], pz[node] - c[2]]);
                    sum[0] += f[0];
                    sum[1] += f[1];
                    sum[2] += f[2];
                    sum[3] += d[1] * f[2] - d[2] * f[1];
                    sum[4] += d[2] * f[0] - d[0] * f[2];
                    sum[5] += d[0] * f[1] - d[1] * f[0];
                }
            }
            let t = self.turn(groups, block);
            let at = 6 * block;
            for i in 0..3 {
                space.values[at + i] = f64::from(t[0][i] * sum[0] + t[1][i] * sum[1] + t[2][i] * sum[2]);
                space.values[at + 3 + i] = f64::from(t[0][i] * sum[3] + t[1][i] * sum[4] + t[2][i] * sum[5]);
            }
        }
        self.factor.solve(&mut space.values);
        let (zx, rest) = z.split_at_mut(n);
        let (zy, zz) = rest.split_at_mut(n);
        for block in 0..self.place.len() {
            let (c, t) = (space.centre[block], self.turn(groups, block));
            let v: [f32; 6] = std::array::from_fn(|k| space.values[6 * block + k] as f32);
            let world = |o: usize, i: usize| t[i][0] * v[o] + t[i][1] * v[o + 1] + t[i][2] * v[o + 2];
            let (s, w): ([f32; 3], [f32; 3]) = (std::array::from_fn(|i| world(0, i)), std::array::from_fn(|i| world(3, i)));
            for run in self.runs_of(block) {
                for node in run {
                    let d = [px[node] - c[0], py[node] - c[1], pz[node] - c[2]];
                    zx[node] += s[0] + w[1] * d[2] - w[2] * d[1];
                    zy[node] += s[1] + w[2] * d[0] - w[0] * d[2];
                    zz[node] += s[2] + w[0] * d[1] - w[1] * d[0];
                }
            }
        }
    }

    fn runs_of(&self, block: usize) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
        let runs = &self.runs[self.run_start[block] as usize..self.run_start[block + 1] as usize];
        runs.iter().map(|run| run.begin as usize..(run.begin + run.count) as usize)
    }

    fn turn(&self, groups: &[Group], block: usize) -> [[f32; 3]; 3] {
        let (group, lane) = self.cell[block];
        groups[group as usize].turn.map(|row| row.map(|v| v.to_array()[lane as usize]))
    }
}

/// 24 × 24 stiffness of a cell for k and l, corner by corner.
fn reference_stiffness(grid: &Grid, k: f32, l: f32) -> Vec<[f64; 24]> {
    let mut matrix = vec![[0.0; 24]; 24];
    for column in 0..24 {
        let mut m: Modes<f32x8> = [[f32x8::splat(0.0); 3]; 8];
        m[column / 3][column % 3] = f32x8::splat(1.0);
        to_modes(&mut m);
        stiffness(&mut m, f32x8::splat(k), f32x8::splat(l), &grid.quarter);
        to_corners(&mut m);
        for row in 0..24 {
            matrix[row][column] = f64::from(m[row / 3][row % 3].to_array()[0]);
        }
    }
    matrix
}
