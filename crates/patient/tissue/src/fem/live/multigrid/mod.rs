//! Lattices twice as coarse, one above the other: a preconditioner whose iterations hardly grow with the number of cells.
//!
//! Coarse cells add up the stiffness of the cells in them and turn with their mean rotation; displacements go down by trilinear
//! interpolation, forces up by its transpose. Smoothing is a Chebyshev polynomial of Jacobi's iteration (Adams, Brezina, Hu, Tuminaro
//! 2003, J Comput Phys 188:593), so one cycle is a fixed positive operator. The coarsest lattice is solved directly.

mod build;
mod cycle;
mod dense;
mod smooth;
mod transfer;

use super::grid::{Grid, Group};
use dense::Dense;
use smooth::{Smoother, Stage};

/// A coarse lattice.
#[derive(Clone, Debug)]
struct Level {
    grid: Grid,
    /// Cells of the next finer lattice along the edge of one of these, 1 or 2 along each axis.
    factor: [usize; 3],
    /// Stiffness; the rotations are those at rest.
    groups: Vec<Group>,
    /// Inertia, and springs for the nodes held, one plane.
    inertia: Vec<f32>,
    /// Inverse of the diagonal, averaged over the axes; three planes, zero where there is no node.
    inverse: Vec<f32>,
    smoother: Smoother,
}

/// All lattices but the finest, which belongs to the model.
#[derive(Clone, Debug)]
pub(super) struct Multigrid {
    finest: Smoother,
    levels: Vec<Level>,
    dense: Dense,
}

/// The finest lattice, as the model keeps it.
#[derive(Clone, Copy)]
pub(super) struct Finest<'a> {
    pub(super) grid: &'a Grid,
    /// Stiffness and present rotations.
    pub(super) groups: &'a [Group],
    /// One plane.
    pub(super) inertia: &'a [f32],
    /// Three planes.
    pub(super) inverse: &'a [f32],
    /// Three planes.
    pub(super) free: &'a [f32],
}

impl<'a> Finest<'a> {
    pub(super) fn stage(&self) -> Stage<'a> {
        let Self { grid, groups, inertia, inverse, free } = *self;
        Stage { grid, groups, inertia, inverse, free: Some(free) }
    }
}

/// Scratch of a level: product and step.
#[derive(Clone, Debug, Default)]
struct Scratch {
    q: Vec<f32>,
    d: Vec<f32>,
}

/// What a coarse lattice needs during a solve.
#[derive(Clone, Debug)]
struct LevelSpace {
    groups: Vec<Group>,
    r: Vec<f32>,
    z: Vec<f32>,
    scratch: Scratch,
}

/// Memory of the cycles of one solve.
#[derive(Clone, Debug)]
pub(super) struct MultigridSpace {
    finest: Scratch,
    levels: Vec<LevelSpace>,
    factor: Vec<f64>,
    values: Vec<f64>,
}

impl Multigrid {
    /// Memory for cycles.
    pub(super) fn space(&self, finest_plane: usize) -> MultigridSpace {
        let scratch = |n: usize| Scratch { q: vec![0.0; 3 * n], d: vec![0.0; 3 * n] };
        let level = |level: &Level| {
            let n = level.grid.node_count;
            LevelSpace { groups: level.groups.clone(), r: vec![0.0; 3 * n], z: vec![0.0; 3 * n], scratch: scratch(n) }
        };
        MultigridSpace {
            finest: scratch(finest_plane),
            levels: self.levels.iter().map(level).collect(),
            factor: Vec::new(),
            values: Vec::new(),
        }
    }

    /// Coarse lattices, and unknowns of the coarsest.
    pub(super) fn coarse_size(&self) -> (usize, usize) {
        (self.levels.len(), self.dense.size())
    }
}
