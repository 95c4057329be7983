//! What can be read off a deformed body.

use super::assemble::{Into, assemble};
use super::element::Want;
use super::mat3::{add_scaled, det};
use super::model::{FemModel, for_set};
use super::solve::FemWorkspace;
use super::state::FemState;

/// Mean stress of one element.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ElementStress {
    /// Centre of the deformed element [m].
    pub centre_m: [f64; 3],
    /// Cauchy stress [Pa]: xx, yy, zz, xy, xz, yz; elastic part of viscoelastic tissue.
    pub cauchy_pa: [f64; 6],
    /// Volume over volume at rest [1].
    pub volume_ratio: f64,
}

/// Forces by which elements and springs pull on their nodes' holders [N], shape [node_count, 3]: ∂Ψ/∂u of the instantaneous energy.
///
/// At nodes held in a body at rest these are the reactions plus the load there.
#[must_use]
pub fn internal_forces_n(model: &FemModel, state: &FemState, space: &mut FemWorkspace) -> Vec<[f64; 3]> {
    let mut force = vec![[0.0; 3]; model.nodes_m.len()];
    let mut into = Into { force: &mut force, matrix: None };
    assemble(model, &[], &state.displacement_m, Want::Force, &mut into, &mut space.buffers);
    force
}

/// Stored elastic energy of elements and springs [J].
#[must_use]
pub fn stored_energy_j(model: &FemModel, state: &FemState, space: &mut FemWorkspace) -> f64 {
    let mut force = vec![[0.0; 3]; model.nodes_m.len()];
    let mut into = Into { force: &mut force, matrix: None };
    assemble(model, &[], &state.displacement_m, Want::Energy, &mut into, &mut space.buffers).energy_j
}

/// Mean Cauchy stress of each element of a part, in the part's order; empty for a part that is not there.
#[must_use]
pub fn element_stresses(model: &FemModel, state: &FemState, part: usize) -> Vec<ElementStress> {
    let Some(part) = model.parts.get(part) else { return Vec::new() };
    let u = &state.displacement_m;
    for_set!(&part.set, s => {
        let one = |element: usize| {
            let (mut sum, mut volume, mut theta_mean) = ([[0.0; 3]; 3], 0.0, 0.0);
            for q in 0..s.point_count {
                let weight = s.points[element * s.point_count + q].weight_m3;
                theta_mean += weight * part.law.dilatation(&s.gradient(element, q, u)).value / s.volume_m3[element];
            }
            for q in 0..s.point_count {
                let f = s.gradient(element, q, u);
                let weight = s.points[element * s.point_count + q].weight_m3;
                let theta = part.law.dilatation(&f);
                let at = if s.mean_dilatation { theta_mean } else { theta.value };
                let Some(shear) = part.law.shear(&f, part.fibres(element), false) else { continue };
                let Some(bulk) = part.law.volume(at) else { continue };
                let mut p = shear.stress;
                add_scaled(&mut p, bulk[1], &theta.first);
                // σ J = P Fᵀ; small displacements know no difference.
                let j = if part.law.is_linear() { 1.0 } else { det(&f) };
                let push = |i: usize, k: usize| if part.law.is_linear() { p[i][k] } else { p[i][0] * f[k][0] + p[i][1] * f[k][1] + p[i][2] * f[k][2] };
                for i in 0..3 {
                    for k in 0..3 {
                        sum[i][k] += weight * push(i, k);
                    }
                }
                volume += weight * j;
            }
            let count = s.nodes[element].len() as f64;
            let mut centre_m = [0.0; 3];
            for &n in &s.nodes[element] {
                for k in 0..3 {
                    centre_m[k] += (model.nodes_m[n as usize][k] + u[n as usize][k]) / count;
                }
            }
            let m = sum.map(|row| row.map(|v| v / volume));
            ElementStress {
                centre_m,
                cauchy_pa: [m[0][0], m[1][1], m[2][2], 0.5 * (m[0][1] + m[1][0]), 0.5 * (m[0][2] + m[2][0]), 0.5 * (m[1][2] + m[2][1])],
                volume_ratio: volume / s.volume_m3[element],
            }
        };
        (0..s.nodes.len()).map(one).collect()
    })
}
