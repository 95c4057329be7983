//! The lattice in memory: planes of x, y and z, rows along x, eight cells side by side.

use rayon::prelude::*;
use wide::{f32x8, f64x8};

use super::kernel::{Modes, Quarter, Turn, rotation, spin, stiffness, to_corners, to_modes, turn, turn_back};
use super::lanes::{LANES, Lane};

/// Cells from which on work is shared out to threads.
const PARALLEL_FROM_CELLS: usize = 6_000;

/// Sizes of the arrays. A vector has three planes (x, y, z) of `node_count` numbers; rows are padded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Grid {
    pub(super) cells: [usize; 3],
    /// Groups of eight cells in a row.
    pub(super) group_count: usize,
    /// Numbers from one row of nodes to the next.
    pub(super) row: usize,
    /// Numbers from one layer of nodes to the next.
    pub(super) layer: usize,
    /// Numbers in one plane.
    pub(super) node_count: usize,
    pub(super) quarter: Quarter,
}

/// Eight cells: stiffness and rotation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group {
    /// 2μV and λV.
    pub(super) k: [f32x8; 2],
    pub(super) turn: Turn<f32x8>,
    pub(super) active: bool,
}

/// Sums of one pass.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Passed {
    pub(super) energy_j: f64,
    pub(super) det: [f64; 2],
}

impl Grid {
    pub(super) fn new(cells: [u32; 3], cell_m: [f64; 3]) -> Self {
        let cells = cells.map(|n| n as usize);
        let group_count = cells[0].div_ceil(LANES);
        let row = group_count * LANES + LANES;
        let layer = row * (cells[1] + 1);
        let quarter = Quarter { per_m: cell_m.map(|d| 0.25 / d) };
        Self { cells, group_count, row, layer, node_count: layer * (cells[2] + 1), quarter }
    }

    pub(super) fn node(&self, i: usize, j: usize, k: usize) -> usize {
        i + self.row * j + self.layer * k
    }

    pub(super) fn group(&self, j: usize, k: usize) -> usize {
        (k * self.cells[1] + j) * self.group_count
    }

    /// Whether work is shared out to threads.
    pub(super) fn is_parallel(&self) -> bool {
        self.cells.iter().product::<usize>() >= PARALLEL_FROM_CELLS
    }

    /// Call `work(layer, [x, y, z of two layers of nodes])` for every layer of cells: even ones, then odd ones, whatever the threads.
    fn layers<T: Send, R: Send>(&self, y: &mut [T], out: &mut [R], work: impl Fn(usize, [&mut [T]; 3], &mut R) + Sync) {
        let parallel = self.is_parallel();
        for odd in 0..2 {
            let (x, rest) = y.split_at_mut(self.node_count);
            let (y, z) = rest.split_at_mut(self.node_count);
            let skip = odd * self.layer;
            if self.cells[2] <= odd {
                continue;
            }
            let both = 2 * self.layer;
            let run = |(index, (((x, y), z), out)): (usize, Chunk<'_, T, R>)| {
                if x.len() == both {
                    work(2 * index + odd, [x, y, z], &mut out[0]);
                }
            };
            let (x, y, z) = (&mut x[skip..], &mut y[skip..], &mut z[skip..]);
            let out = &mut out[odd..];
            if parallel {
                let zipped = x.par_chunks_mut(both).zip(y.par_chunks_mut(both)).zip(z.par_chunks_mut(both)).zip(out.par_chunks_mut(2));
                zipped.enumerate().for_each(run);
            } else {
                let zipped = x.chunks_mut(both).zip(y.chunks_mut(both)).zip(z.chunks_mut(both)).zip(out.chunks_mut(2));
                zipped.enumerate().for_each(run);
            }
        }
    }

    #[inline(always)]
    fn corners<L: Lane>(&self, x: &[L::One], i: usize, j: usize, k: usize) -> Modes<L> {
        let mut v = [[L::every(0.0); 3]; 8];
        for (corner, v) in v.iter_mut().enumerate() {
            let at = self.node(i + (corner & 1), j + (corner >> 1 & 1), k + (corner >> 2));
            for (axis, v) in v.iter_mut().enumerate() {
                *v = L::load(&x[axis * self.node_count + at..]);
            }
        }
        v
    }

    #[inline(always)]
    fn scatter<L: Lane>(&self, f: &Modes<L>, y: &mut [&mut [L::One]; 3], i: usize, j: usize) {
        for (corner, f) in f.iter().enumerate() {
            let at = self.node(i + (corner & 1), j + (corner >> 1 & 1), corner >> 2);
            for axis in 0..3 {
                f[axis].add_to(&mut y[axis][at..]);
            }
        }
    }

    /// y ← y + Σ R K Rᵀ x.
    pub(super) fn apply(&self, groups: &[Group], x: &[f32], y: &mut [f32]) {
        let mut nothing = vec![(); self.cells[2]];
        self.layers(y, &mut nothing, |k, mut y, ()| {
            for j in 0..self.cells[1] {
                let first = self.group(j, k);
                for (g, group) in groups[first..first + self.group_count].iter().enumerate() {
                    if !group.active {
                        continue;
                    }
                    let mut m = self.corners::<f32x8>(x, LANES * g, j, k);
                    to_modes(&mut m);
                    for m in &mut m[1..] {
                        *m = turn_back(&group.turn, *m);
                    }
                    stiffness(&mut m, group.k[0], group.k[1], &self.quarter);
                    for m in &mut m[1..] {
                        *m = turn(&group.turn, *m);
                    }
                    to_corners(&mut m);
                    self.scatter(&m, &mut y, LANES * g, j);
                }
            }
        });
    }

    /// force ← force + ∂Ψ/∂u, exactly; energy and range of det F at the centres. `turns`: where rotations are kept, if they are wanted.
    pub(super) fn forces(&self, groups: &mut [Group], k64: &[[f64x8; 2]], u: &[f64], force: &mut [f64], passed: &mut [Passed]) {
        let start = Passed { energy_j: 0.0, det: [f64::INFINITY, f64::NEG_INFINITY] };
        let per_layer = self.cells[1] * self.group_count;
        // Rotations are written layer by layer beside the sums.
        let mut slots: Vec<Slot<'_>> = groups.chunks_mut(per_layer).map(|groups| Slot { passed: start, groups }).collect();
        self.layers(force, &mut slots, |k, mut y, slot| {
            for j in 0..self.cells[1] {
                for g in 0..self.group_count {
                    let index = j * self.group_count + g;
                    let group = &mut slot.groups[index];
                    if !group.active {
                        continue;
                    }
                    let stiff = k64[k * per_layer + index];
                    let mut m = self.corners::<f64x8>(u, LANES * g, j, k);
                    to_modes(&mut m);
                    let turned = self.cell_forces(&mut m, stiff, &mut slot.passed);
                    group.turn = turned;
                    to_corners(&mut m);
                    self.scatter(&m, &mut y, LANES * g, j);
                }
            }
        });
        for (to, slot) in passed.iter_mut().zip(&slots) {
            *to = slot.passed;
        }
    }

    #[allow(clippy::assign_op_pattern, reason = "lanes have no assigning operators in the trait; one spelling throughout")]
    /// Forces on modes of eight cells from the modes of their displacement; returns the rotations.
    #[inline(always)]
    fn cell_forces(&self, m: &mut Modes<f64x8>, stiff: [f64x8; 2], passed: &mut Passed) -> Turn<f32x8> {
        type L = f64x8;
        let q = self.quarter.per_m;
        // Modes of the position: a box at rest has 4Δ = 1/q on the three linear modes.
        let rest: [L; 3] = std::array::from_fn(|k| L::every(1.0 / q[k]));
        for k in 0..3 {
            m[1 << k][k] = m[1 << k][k] + rest[k];
        }
        let [a, b, c] = q.map(L::every);
        let f: Turn<L> = std::array::from_fn(|i| [a * m[1][i], b * m[2][i], c * m[4][i]]);
        let (r, det) = rotation(&f);
        let stretch: Turn<L> = {
            let columns: [[L; 3]; 3] = std::array::from_fn(|j| turn_back(&r, [f[0][j], f[1][j], f[2][j]]));
            std::array::from_fn(|i| std::array::from_fn(|j| columns[j][i]))
        };
        let mut local = [[L::every(0.0); 3]; 8];
        for w in 1..8 {
            local[w] = turn_back(&r, m[w]);
        }
        let position = local;
        for k in 0..3 {
            local[1 << k][k] = local[1 << k][k] - rest[k];
        }
        let strain = local;
        stiffness(&mut local, stiff[0], stiff[1], &self.quarter);
        let mut energy = L::every(0.0);
        let mut torque = [L::every(0.0); 3];
        for w in 1..8 {
            let (x, p, f) = (strain[w], position[w], local[w]);
            energy = energy + x[0] * f[0] + x[1] * f[1] + x[2] * f[2];
            torque[0] = torque[0] + p[1] * f[2] - p[2] * f[1];
            torque[1] = torque[1] + p[2] * f[0] - p[0] * f[2];
            torque[2] = torque[2] + p[0] * f[1] - p[1] * f[0];
        }
        // What the rotation of the frame adds: without it the force would not be the gradient of the energy.
        let g = spin(&stretch, torque);
        local[2][2] = local[2][2] - b * g[0];
        local[4][1] = local[4][1] + c * g[0];
        local[4][0] = local[4][0] - c * g[1];
        local[1][2] = local[1][2] + a * g[1];
        local[1][1] = local[1][1] - a * g[2];
        local[2][0] = local[2][0] + b * g[2];
        m[0] = [L::every(0.0); 3];
        for w in 1..8 {
            m[w] = turn(&r, local[w]);
        }
        let live = stiff[0].to_array();
        for ((e, d), k) in energy.to_array().iter().zip(det.to_array()).zip(live) {
            if k > 0.0 {
                passed.energy_j += 0.5 * e;
                passed.det = [passed.det[0].min(d), passed.det[1].max(d)];
            }
        }
        r.map(|row| row.map(|v| f32x8::new(v.to_array().map(|v| v as f32))))
    }
}

/// Two layers of nodes and what a layer of cells gives.
type Chunk<'a, T, R> = (((&'a mut [T], &'a mut [T]), &'a mut [T]), &'a mut [R]);

/// Sums and groups of one layer.
pub(super) struct Slot<'a> {
    passed: Passed,
    groups: &'a mut [Group],
}
