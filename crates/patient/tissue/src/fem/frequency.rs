//! Natural frequencies of a body at rest.

use proband_core::ops;
use proband_math::sparse::{BlockMatrix, Operator, PcgLimit, PcgSpace, TwoLevel, TwoLevelSpec, axpy, conjugate_gradients, dot};

use super::assemble::{Into, assemble};
use super::element::Want;
use super::mat3::jacobi;
use super::model::{FemModel, Set};
use super::shape::{Hexahedron, QuadraticTetrahedron, Tetrahedron};
use super::solve::FemWorkspace;
use crate::TissueError;
use crate::error::check;

/// Vectors carried along; the lowest [`MODE_COUNT_MAX`] of them are of use.
const BLOCK: usize = 10;
/// Most frequencies that can be asked for.
const MODE_COUNT_MAX: u32 = 6;
/// Rounds of inverse iteration before giving up.
const ROUND_MAX: u32 = 60;

/// The lowest natural frequencies [Hz] of a held body at rest, ascending, with the consistent mass matrix.
///
/// K φ = ω² M φ by subspace iteration (Bathe & Wilson 1972, J Eng Mech 98:1471) to 1e-6 relative.
///
/// # Errors
/// [`TissueError::OutOfRange`] for more than six modes, [`TissueError::NoConvergence`] for a body that is not held.
pub fn natural_frequencies_hz(model: &FemModel, count: u32, space: &mut FemWorkspace) -> Result<Vec<f64>, TissueError> {
    check("count", f64::from(count), 1.0, f64::from(MODE_COUNT_MAX), "modes")?;
    let n = 3 * model.nodes_m.len();
    let (mut stiffness, mut mass) = (BlockMatrix::zero(model.pattern.clone()), consistent_mass(model)?);
    let mut force = vec![[0.0; 3]; model.nodes_m.len()];
    let rest = vec![[0.0; 3]; model.nodes_m.len()];
    let mut into = Into { force: &mut force, matrix: Some(&mut stiffness) };
    assemble(model, &[], &rest, Want::Tangent, &mut into, &mut space.buffers);
    for (node, axes) in model.fixed.iter().enumerate() {
        for (axis, fixed) in axes.iter().enumerate() {
            if *fixed {
                stiffness.fix(node, axis);
                mass.fix(node, axis);
                let diagonal = mass.pattern().diagonal(node);
                mass.blocks[diagonal][4 * axis] = 0.0;
            }
        }
    }
    let spec = TwoLevelSpec { group_size: model.solver.group_size.max(8), ..TwoLevelSpec::USUAL };
    let mut coarse = TwoLevel::new(&stiffness, &model.nodes_m, &model.fixed, spec)?;
    let mut vectors: Vec<Vec<f64>> = (0..BLOCK).map(|k| start(model, k)).collect();
    let (mut before, mut pcg) = ([0.0; BLOCK], PcgSpace::default());
    let limit = PcgLimit { relative: 1e-7, iteration_count_max: model.solver.pcg_count_max };
    for _ in 0..ROUND_MAX {
        let mut weighted = vec![0.0; n];
        for v in &mut vectors {
            mass.apply(v, &mut weighted);
            let right = weighted.clone();
            conjugate_gradients(&mut stiffness, &mut coarse, &right, v, limit, &mut pcg);
        }
        let value = rayleigh_ritz(&mut stiffness, &mut mass, &mut vectors);
        let settled = (0..count as usize).all(|k| (value[k] - before[k]).abs() <= 1e-6 * value[k]);
        before = value;
        if settled {
            return Ok(value[..count as usize].iter().map(|v| v.max(0.0).sqrt() / (2.0 * std::f64::consts::PI)).collect());
        }
    }
    Err(TissueError::NoConvergence { what: "natural frequencies", iteration_count: ROUND_MAX })
}

/// Smooth first vectors: products of sines and cosines over the body's box, each along one axis.
fn start(model: &FemModel, index: usize) -> Vec<f64> {
    let mut v = vec![0.0; 3 * model.nodes_m.len()];
    let corner = |best: fn(f64, f64) -> f64, from: f64| -> [f64; 3] {
        model.nodes_m.iter().fold([from; 3], |c, x| std::array::from_fn(|k| best(c[k], x[k])))
    };
    let (low, high) = (corner(f64::min, f64::INFINITY), corner(f64::max, f64::NEG_INFINITY));
    for (node, x) in model.nodes_m.iter().enumerate() {
        let t: [f64; 3] = std::array::from_fn(|k| (x[k] - low[k]) / (high[k] - low[k]).max(1e-12));
        let wave = 1.0 + (index / 3) as f64;
        for k in 0..3 {
            let skew = if index % 3 == k { 1.0 } else { 0.3 * ops::sin(1.7 * (index + k) as f64) };
            if !model.fixed[node][k] {
                v[3 * node + k] = skew * ops::sin(wave * (1.3 * t[0] + 0.9 * t[1] + 1.1 * t[2]) + 0.7 * k as f64);
            }
        }
    }
    v
}

/// Turn the vectors into the best approximations of eigenvectors in their span; M-orthonormal, ascending.
fn rayleigh_ritz(stiffness: &mut BlockMatrix, mass: &mut BlockMatrix, vectors: &mut [Vec<f64>]) -> [f64; BLOCK] {
    let n = vectors[0].len();
    let mut image = vec![0.0; n];
    for k in 0..BLOCK {
        for _ in 0..2 {
            mass.apply(&vectors[k], &mut image);
            for j in 0..k {
                let s = dot(&vectors[j], &image);
                let (head, tail) = vectors.split_at_mut(k);
                axpy(&mut tail[0], -s, &head[j]);
            }
        }
        mass.apply(&vectors[k], &mut image);
        let length = dot(&vectors[k], &image).max(1e-300).sqrt();
        vectors[k].iter_mut().for_each(|v| *v /= length);
    }
    let mut small = [[0.0; BLOCK]; BLOCK];
    for b in 0..BLOCK {
        stiffness.apply(&vectors[b], &mut image);
        for a in 0..BLOCK {
            small[a][b] = dot(&vectors[a], &image);
        }
    }
    for a in 0..BLOCK {
        for b in 0..a {
            let mean = 0.5 * (small[a][b] + small[b][a]);
            (small[a][b], small[b][a]) = (mean, mean);
        }
    }
    let (value, vector) = jacobi(small);
    let mut order: [usize; BLOCK] = std::array::from_fn(|k| k);
    order.sort_by(|&a, &b| value[a].total_cmp(&value[b]).then(a.cmp(&b)));
    let turned: Vec<Vec<f64>> = order
        .iter()
        .map(|&k| {
            let mut v = vec![0.0; n];
            for (j, old) in vectors.iter().enumerate() {
                axpy(&mut v, vector[j][k], old);
            }
            v
        })
        .collect();
    vectors.clone_from_slice(&turned);
    order.map(|k| value[k])
}

/// Mass matrix with ∫ ρ N_a N_b on every axis [kg].
fn consistent_mass(model: &FemModel) -> Result<BlockMatrix, TissueError> {
    let mut matrix = BlockMatrix::zero(model.pattern.clone());
    let mut add = |slots: &[u32], masses: &[f64], density: f64| {
        for (slot, m) in slots.iter().zip(masses) {
            for axis in 0..3 {
                matrix.blocks[*slot as usize][4 * axis] += density * m;
            }
        }
    };
    for part in &model.parts {
        match &part.set {
            Set::Hexahedra(s) => {
                for (slots, m) in part.slots.chunks_exact(64).zip(s.consistent(Hexahedron, &model.nodes_m)?) {
                    add(slots, m.as_flattened(), part.density_kg_per_m3);
                }
            }
            Set::Tetrahedra(s) => {
                for (slots, m) in part.slots.chunks_exact(16).zip(s.consistent(Tetrahedron, &model.nodes_m)?) {
                    add(slots, m.as_flattened(), part.density_kg_per_m3);
                }
            }
            Set::QuadraticTetrahedra(s) => {
                for (slots, m) in part.slots.chunks_exact(100).zip(s.consistent(QuadraticTetrahedron, &model.nodes_m)?) {
                    add(slots, m.as_flattened(), part.density_kg_per_m3);
                }
            }
        }
    }
    Ok(matrix)
}
