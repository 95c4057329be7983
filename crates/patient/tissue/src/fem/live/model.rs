//! A body of equal boxes for loops in real time.

use serde::{Deserialize, Serialize};
use wide::{f32x8, f64x8};

use super::grid::{Grid, Group};
use super::kernel::diagonal;
use super::lanes::LANES;
use super::multigrid::{Finest, Multigrid};
use crate::TissueError;
use crate::error::check;
use crate::fem::lame_pa;

/// Most cells of the box around the body.
const CELL_COUNT_MAX: f64 = 4e6;

/// What one kind of cell is made of.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LiveMaterial {
    /// Young's modulus [Pa].
    pub young_pa: f64,
    /// Poisson's ratio [1].
    pub poisson: f64,
    /// Density [kg/m³].
    pub density_kg_per_m3: f64,
}

/// What speeds up conjugate gradients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LivePreconditioner {
    /// The diagonal: for comparison.
    Jacobi,
    /// Lattices twice as coarse, one above the other.
    Multigrid,
}

/// A body of equal boxes, moved at a fixed tick.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LiveSpec {
    /// Cells of the box around the body, along x, y, z.
    pub cell_count: [u32; 3],
    /// Size of a cell [m].
    pub cell_m: [f64; 3],
    /// Material of each cell, x fastest: 0 nothing, n the n-th of `materials`.
    pub material: Vec<u8>,
    /// Materials.
    pub materials: Vec<LiveMaterial>,
    /// Nodes that are held or led, by place in x, y, z.
    pub held: Vec<[u32; 3]>,
    /// Length of a tick [s].
    pub tick_s: f64,
    /// Newton stops at ‖residual‖ ≤ this × ‖external force‖ (without one: × ‖internal force‖) [1].
    pub residual_relative: f64,
    /// What speeds up conjugate gradients.
    pub preconditioner: LivePreconditioner,
}

impl LiveSpec {
    /// A box of one material; tick 5 ms, residual 1e-3.
    #[must_use]
    pub fn box_of(cell_count: [u32; 3], cell_m: [f64; 3], material: LiveMaterial) -> Self {
        let count = cell_count.iter().map(|&n| n as usize).product::<usize>().min(CELL_COUNT_MAX as usize + 1);
        let material = (vec![1; count], vec![material]);
        Self {
            cell_count,
            cell_m,
            material: material.0,
            materials: material.1,
            held: Vec::new(),
            tick_s: 5e-3,
            residual_relative: 1e-3,
            preconditioner: LivePreconditioner::Multigrid,
        }
    }
}

/// A body of equal boxes, ready to be moved: corotational per cell, mean dilatation, backward Euler.
///
/// ψ of a cell is that of the linear box in the frame of its mean rotation; force is its exact gradient.
#[derive(Clone, Debug)]
pub struct LiveModel {
    pub(super) grid: Grid,
    pub(super) groups: Vec<Group>,
    pub(super) k64: Vec<[f64x8; 2]>,
    /// Lumped mass of each node [kg]; zero where there is none.
    pub(super) mass_kg: Vec<f64>,
    /// 1 where an unknown is free, 0 where it is held or not there; three planes.
    pub(super) free: Vec<f32>,
    /// Inverse of the diagonal, averaged over the axes, times `free`; three planes.
    pub(super) inverse: Vec<f32>,
    /// s·mass.
    pub(super) inertia: Vec<f32>,
    pub(super) held: Vec<usize>,
    pub(super) multigrid: Option<Multigrid>,
    pub(super) tick_s: f64,
    pub(super) residual_relative: f64,
    /// Residual [N] that rounding of the places alone makes: nothing smaller can be asked for.
    pub(super) rounding_n: f64,
    pub(super) cell_m: [f64; 3],
}

impl LiveModel {
    /// Check a specification and compute what does not change.
    ///
    /// # Errors
    /// [`TissueError`] names the field that does not fit.
    pub fn new(spec: &LiveSpec) -> Result<Self, TissueError> {
        let cell_total: f64 = spec.cell_count.iter().map(|&n| f64::from(n)).product();
        check("cell_count", cell_total, 1.0, CELL_COUNT_MAX, "cells")?;
        check("material", spec.material.len() as f64, cell_total, cell_total, "cells")?;
        check("tick_s", spec.tick_s, 1e-6, 1.0, "s")?;
        check("residual_relative", spec.residual_relative, 1e-10, 0.1, "1")?;
        for d in spec.cell_m {
            check("cell_m", d, 1e-6, 1.0, "m")?;
        }
        let volume: f64 = spec.cell_m.iter().product();
        let mut stiff = vec![([0.0; 2], 0.0)];
        for material in &spec.materials {
            let (mu, lambda) = lame_pa(material.young_pa, material.poisson)?;
            check("materials.density_kg_per_m3", material.density_kg_per_m3, 1e-3, 1e5, "kg/m³")?;
            stiff.push(([2.0 * mu * volume, lambda * volume], material.density_kg_per_m3 * volume));
        }
        let grid = Grid::new(spec.cell_count, spec.cell_m);
        let n = grid.node_count;
        let (mut k, mut mass_kg, mut diag) =
            (vec![[[0.0; LANES]; 2]; grid.group_count * grid.cells[1] * grid.cells[2]], vec![0.0; n], vec![0.0; n]);
        for (index, &material) in spec.material.iter().enumerate() {
            let [nx, ny, _] = grid.cells;
            let (i, j, l) = (index % nx, index / nx % ny, index / (nx * ny));
            let Some(&(stiff, mass)) = stiff.get(usize::from(material)) else {
                let what = format!("cell {index} is of material {material}; there are {}", spec.materials.len());
                return Err(TissueError::Contradiction { field: "material", what });
            };
            let group = grid.group(j, l) + i / LANES;
            for (k, s) in k[group].iter_mut().zip(stiff) {
                k[i % LANES] = s;
            }
            let mean = diagonal(stiff[0], stiff[1], &grid.quarter).iter().sum::<f64>() / 3.0;
            for corner in 0..8 {
                let node = grid.node(i + (corner & 1), j + (corner >> 1 & 1), l + (corner >> 2));
                mass_kg[node] += mass / 8.0;
                diag[node] += mean;
            }
        }
        let one = f32x8::splat(1.0);
        let zero = f32x8::splat(0.0);
        let turn = [[one, zero, zero], [zero, one, zero], [zero, zero, one]];
        let active = |k: &[[f64; LANES]; 2]| k[0].iter().any(|v| *v > 0.0);
        let groups: Vec<Group> =
            k.iter().map(|k| Group { k: k.map(|k| f32x8::new(k.map(|v| v as f32))), turn, active: active(k) }).collect();
        let k64 = k.iter().map(|k| k.map(f64x8::new)).collect();
        let mut free: Vec<f32> = (0..3 * n).map(|at| if mass_kg[at % n] > 0.0 { 1.0 } else { 0.0 }).collect();
        let mut held = Vec::new();
        for place in &spec.held {
            if (0..3).any(|a| place[a] > spec.cell_count[a]) {
                return Err(TissueError::Contradiction { field: "held", what: format!("node {place:?} is outside the lattice") });
            }
            let node = grid.node(place[0] as usize, place[1] as usize, place[2] as usize);
            held.push(node);
            for axis in 0..3 {
                free[axis * n + node] = 0.0;
            }
        }
        let s = 1.0 / (spec.tick_s * spec.tick_s);
        let inverse: Vec<f32> =
            (0..3 * n).map(|at| if free[at] > 0.0 { (1.0 / (diag[at % n] + s * mass_kg[at % n])) as f32 } else { 0.0 }).collect();
        let inertia: Vec<f32> = mass_kg.iter().map(|m| (s * m) as f32).collect();
        let multigrid = (spec.preconditioner == LivePreconditioner::Multigrid).then(|| {
            let mut springs = vec![0.0; n];
            for node in &held {
                springs[*node] = diag[*node];
            }
            let finest = Finest { grid: &grid, groups: &groups, inertia: &inertia, inverse: &inverse, free: &free };
            Multigrid::new(&finest, spec.cell_m, &springs)
        });
        let rounding_n = rounding_n(spec, &diag);
        let (tick_s, residual_relative) = (spec.tick_s, spec.residual_relative);
        Ok(Self {
            grid,
            groups,
            k64,
            mass_kg,
            free,
            inverse,
            inertia,
            held,
            multigrid,
            tick_s,
            residual_relative,
            rounding_n,
            cell_m: spec.cell_m,
        })
    }

    /// Numbers in one plane of a state's vectors.
    #[must_use]
    pub fn plane(&self) -> usize {
        self.grid.node_count
    }

    /// Index in a plane of the node at a place in x, y, z.
    #[must_use]
    pub fn node(&self, place: [u32; 3]) -> usize {
        self.grid.node(place[0] as usize, place[1] as usize, place[2] as usize)
    }

    /// Place at rest [m] of the node at a place in x, y, z.
    #[must_use]
    pub fn rest_m(&self, place: [u32; 3]) -> [f64; 3] {
        std::array::from_fn(|a| f64::from(place[a]) * self.cell_m[a])
    }

    /// A cell that is there beside the node at a place: group and lane.
    pub(super) fn cell_beside(&self, place: [u32; 3]) -> Option<(u32, u32)> {
        (0..8_usize).find_map(|corner| {
            let at: [usize; 3] = std::array::from_fn(|a| (place[a] as usize).wrapping_sub(corner >> a & 1));
            if (0..3).any(|a| at[a] >= self.grid.cells[a]) {
                return None;
            }
            let (group, lane) = (self.grid.group(at[1], at[2]) + at[0] / LANES, at[0] % LANES);
            (self.groups[group].k[0].to_array()[lane] > 0.0).then_some((group as u32, lane as u32))
        })
    }

    /// y ← A x with the tangent at rest, inertia included; three planes of [`Self::plane`] numbers each. For measurements.
    ///
    /// # Panics
    /// When a vector has another length.
    pub fn product(&self, x: &[f32], y: &mut [f32]) {
        let n = self.grid.node_count;
        assert!(x.len() == 3 * n && y.len() == 3 * n, "three planes of {n} numbers");
        for (y, (x, m)) in y.iter_mut().zip(x.iter().zip(self.inertia.iter().cycle())) {
            *y = m * x;
        }
        self.grid.apply(&self.groups, x, y);
    }

    /// Lattices above the finest, and unknowns of the coarsest.
    #[must_use]
    pub fn coarse_size(&self) -> (usize, usize) {
        self.multigrid.as_ref().map_or((0, 0), Multigrid::coarse_size)
    }

    /// Unknowns that are not held.
    #[must_use]
    pub fn unknown_count(&self) -> usize {
        self.free.iter().filter(|f| **f > 0.0).count()
    }

    /// The body at rest.
    #[must_use]
    pub fn state(&self) -> super::LiveState {
        let zero = vec![0.0; 3 * self.grid.node_count];
        super::LiveState { displacement_m: zero.clone(), velocity_m_per_s: zero.clone(), velocity_before_m_per_s: zero, quarantined: false }
    }
}

/// Residual [N] that rounding of the places alone makes, from the diagonal of the stiffness [N/m].
fn rounding_n(spec: &LiveSpec, diag: &[f64]) -> f64 {
    let reach_m = (0..3).map(|a| f64::from(spec.cell_count[a]) * spec.cell_m[a]).fold(0.0, f64::max);
    4.0 * f64::EPSILON * reach_m * (3.0 * diag.iter().map(|d| d * d).sum::<f64>()).sqrt()
}
