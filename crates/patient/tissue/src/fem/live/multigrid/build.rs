//! Coarse lattices of a body, at rest and turned with it.

use wide::f32x8;

use super::dense::Dense;
use super::smooth::{Smoother, Stage};
use super::transfer::restrict;
use super::{Finest, Level, LevelSpace, Multigrid, MultigridSpace};
use crate::fem::live::grid::{Grid, Group};
use crate::fem::live::kernel::{Turn, diagonal, rotation};
use crate::fem::live::lanes::LANES;

/// Nodes that are few enough for a direct solve in every step of Newton's method.
const DIRECT_NODES: usize = 20;
/// An axis is coarsened when cells are no longer along it than so many times the shortest edge [1].
const STRETCH_MAX: f64 = 1.5;
/// Least determinant of a mean of rotations that still says where a cell is turned to [1].
const MEAN_DET_MIN: f32 = 0.05;

impl Multigrid {
    /// Lattices for a body at rest. `held_n_per_m`: stiffness of the nodes held, one plane, zero elsewhere.
    pub(in super::super) fn new(finest: &Finest<'_>, cell_m: [f64; 3], held_n_per_m: &[f64]) -> Self {
        let stage = finest.stage();
        let smoother = Smoother::new(stage.largest());
        let mut levels: Vec<Level> = Vec::new();
        let (mut grid, mut cell_m) = (*finest.grid, cell_m);
        let mut groups = finest.groups.to_vec();
        let mut inertia: Vec<f32> = finest.inertia.iter().zip(held_n_per_m).map(|(m, k)| m + *k as f32).collect();
        while let Some(factor) = factor(&grid, cell_m) {
            let cells: [u32; 3] = std::array::from_fn(|a| grid.cells[a].div_ceil(factor[a]) as u32);
            cell_m = std::array::from_fn(|a| cell_m[a] * factor[a] as f64);
            let coarse = Grid::new(cells, cell_m);
            groups = stiffness_sums(&grid, &coarse, factor, &groups);
            inertia = restricted(&grid, &coarse, factor, &inertia);
            let inverse = inverse(&coarse, &groups, &inertia);
            let stage = Stage { grid: &coarse, groups: &groups, inertia: &inertia, inverse: &inverse, free: None };
            let smoother = Smoother::new(stage.largest());
            levels.push(Level { grid: coarse, factor, groups: groups.clone(), inertia: inertia.clone(), inverse, smoother });
            grid = coarse;
        }
        let dense = match levels.last() {
            Some(last) => Dense::new(&last.grid, &last.inverse),
            // So few nodes that smoothing alone will do.
            None => Dense::new(finest.grid, &[]),
        };
        Self { finest: smoother, levels, dense }
    }

    /// Turn the coarse cells with the fine ones and factor the coarsest problem.
    pub(in super::super) fn prepare(&self, finest: &Finest<'_>, space: &mut MultigridSpace) {
        for at in 0..self.levels.len() {
            let (above, below) = space.levels.split_at_mut(at);
            let (fine, groups) = match above.last() {
                Some(above) => (&self.levels[at - 1].grid, above.groups.as_slice()),
                None => (finest.grid, finest.groups),
            };
            mean_turns(fine, &self.levels[at].grid, self.levels[at].factor, groups, &mut below[0].groups);
        }
        let MultigridSpace { levels, factor, .. } = space;
        if let (Some(level), Some(LevelSpace { groups, .. })) = (self.levels.last(), levels.last())
            && !self.dense.factor(&level.grid, groups, &level.inertia, factor)
        {
            factor.clear();
        }
    }
}

/// Along which axes a lattice is coarsened; `None`: it is small enough.
fn factor(grid: &Grid, cell_m: [f64; 3]) -> Option<[usize; 3]> {
    let nodes: usize = grid.cells.iter().map(|n| n + 1).product();
    let shortest = (0..3).filter(|&a| grid.cells[a] > 1).map(|a| cell_m[a]).fold(f64::INFINITY, f64::min);
    let factor = std::array::from_fn(|a| if grid.cells[a] > 1 && cell_m[a] <= STRETCH_MAX * shortest { 2 } else { 1 });
    (nodes > DIRECT_NODES && factor != [1; 3]).then_some(factor)
}

/// Call `add(coarse group, fine group, first lane)` for every fine group in a coarse one; a fine group fills `LANES / factor` lanes.
fn each_child(fine: &Grid, coarse: &Grid, factor: [usize; 3], mut add: impl FnMut(usize, usize, usize)) {
    for k in 0..fine.cells[2] {
        for j in 0..fine.cells[1] {
            let to = coarse.group(j / factor[1], k / factor[2]);
            for g in 0..fine.group_count {
                add(to + g / factor[0], fine.group(j, k) + g, (g % factor[0]) * (LANES / factor[0]));
            }
        }
    }
}

/// Sums of neighbours into the lanes that they belong to.
fn fold(lanes: [f32; LANES], factor: usize, first: usize, into: &mut [f32; LANES]) {
    for (lane, value) in lanes.iter().enumerate() {
        into[first + lane / factor] += value;
    }
}

fn stiffness_sums(fine: &Grid, coarse: &Grid, factor: [usize; 3], groups: &[Group]) -> Vec<Group> {
    let mut k = vec![[[0.0; LANES]; 2]; coarse.group_count * coarse.cells[1] * coarse.cells[2]];
    each_child(fine, coarse, factor, |to, from, first| {
        for (k, fine) in k[to].iter_mut().zip(groups[from].k) {
            fold(fine.to_array(), factor[0], first, k);
        }
    });
    let (one, zero) = (f32x8::splat(1.0), f32x8::splat(0.0));
    let turn = [[one, zero, zero], [zero, one, zero], [zero, zero, one]];
    k.iter().map(|k| Group { k: k.map(f32x8::new), turn, active: k[0].iter().any(|k| *k > 0.0) }).collect()
}

/// One plane summed by the transpose of interpolation.
fn restricted(fine: &Grid, coarse: &Grid, factor: [usize; 3], plane: &[f32]) -> Vec<f32> {
    let mut three = plane.to_vec();
    three.resize(3 * fine.node_count, 0.0);
    let mut sums = vec![0.0; 3 * coarse.node_count];
    restrict(fine, coarse, factor, &three, &mut sums);
    sums.truncate(coarse.node_count);
    sums
}

fn inverse(grid: &Grid, groups: &[Group], inertia: &[f32]) -> Vec<f32> {
    let mut diag = vec![0.0; grid.node_count];
    for k in 0..grid.cells[2] {
        for j in 0..grid.cells[1] {
            for i in 0..grid.cells[0] {
                let stiff = groups[grid.group(j, k) + i / LANES].k.map(|v| f64::from(v.to_array()[i % LANES]));
                let mean = diagonal(stiff[0], stiff[1], &grid.quarter).iter().sum::<f64>() / 3.0;
                for corner in 0..8 {
                    diag[grid.node(i + (corner & 1), j + (corner >> 1 & 1), k + (corner >> 2))] += mean;
                }
            }
        }
    }
    let one: Vec<f32> = diag.iter().zip(inertia).map(|(d, m)| if *d > 0.0 { (1.0 / (d + f64::from(*m))) as f32 } else { 0.0 }).collect();
    one.repeat(3)
}

/// Rotations of coarse cells: the rotation nearest to the mean of those in them, weighted by stiffness.
fn mean_turns(fine: &Grid, coarse: &Grid, factor: [usize; 3], groups: &[Group], into: &mut [Group]) {
    let mut sums = vec![[[[0.0; LANES]; 3]; 3]; into.len()];
    each_child(fine, coarse, factor, |to, from, first| {
        let group = &groups[from];
        if group.active {
            for (sums, turn) in sums[to].iter_mut().zip(&group.turn) {
                for (sum, turn) in sums.iter_mut().zip(turn) {
                    fold((*turn * group.k[0]).to_array(), factor[0], first, sum);
                }
            }
        }
    });
    for (group, sums) in into.iter_mut().zip(&sums) {
        if !group.active {
            continue;
        }
        let share = group.k[0].to_array().map(|k| if k > 0.0 { 1.0 / k } else { 0.0 });
        let mean: Turn<f32x8> = std::array::from_fn(|i| std::array::from_fn(|j| f32x8::new(sums[i][j]) * f32x8::new(share)));
        let (turn, det) = rotation(&mean);
        let sound = det.to_array().map(|det| det > MEAN_DET_MIN);
        group.turn = std::array::from_fn(|i| {
            std::array::from_fn(|j| {
                let found = turn[i][j].to_array();
                f32x8::new(std::array::from_fn(|lane| if sound[lane] { found[lane] } else { f32::from(u8::from(i == j)) }))
            })
        });
    }
}
