//! Sums over elements, in the order of the elements.

use proband_math::sparse::BlockMatrix;
use rayon::prelude::*;

use super::element::{Answer, Past, Want};
use super::mat3::{add_scaled, cross, dot3};
use super::model::{FemModel, Part, Set};
use super::shape::ElementSet;

/// Elements computed together (in parallel) before they are added (in order).
const BATCH: usize = 256;

/// Memory for the elements of a batch.
#[derive(Clone, Debug, Default)]
pub(crate) struct Buffers {
    hexahedra: Vec<Answer<8>>,
    tetrahedra: Vec<Answer<4>>,
    quadratic: Vec<Answer<10>>,
}

/// What the past adds in one part.
#[derive(Clone, Debug)]
pub(crate) struct PartPast {
    pub(crate) factor: f64,
    pub(crate) stress_pa: Vec<[f64; 6]>,
}

/// Sums over the body.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Totals {
    /// Stored energy [J].
    pub(crate) energy_j: f64,
    /// Least and greatest det F [1].
    pub(crate) det: [f64; 2],
}

/// Where the sums go.
pub(crate) struct Into<'a> {
    pub(crate) force: &'a mut [[f64; 3]],
    pub(crate) matrix: Option<&'a mut BlockMatrix>,
}

/// Add up energy, and force and tangent where wanted. `into` is cleared first.
pub(crate) fn assemble(
    model: &FemModel,
    past: &[Option<PartPast>],
    u: &[[f64; 3]],
    want: Want,
    into: &mut Into<'_>,
    buffers: &mut Buffers,
) -> Totals {
    into.force.fill([0.0; 3]);
    if let Some(matrix) = &mut into.matrix {
        matrix.clear();
    }
    let mut totals = Totals { energy_j: 0.0, det: [f64::INFINITY, f64::NEG_INFINITY] };
    for (index, part) in model.parts.iter().enumerate() {
        let past = past.get(index).and_then(Option::as_ref);
        match &part.set {
            Set::Hexahedra(s) => add_set(s, part, past, u, want, into, &mut buffers.hexahedra, &mut totals),
            Set::Tetrahedra(s) => add_set(s, part, past, u, want, into, &mut buffers.tetrahedra, &mut totals),
            Set::QuadraticTetrahedra(s) => add_set(s, part, past, u, want, into, &mut buffers.quadratic, &mut totals),
        }
    }
    for spring in &model.springs {
        let (n, k) = (spring.node as usize, spring.stiffness_n_per_m);
        for axis in 0..3 {
            totals.energy_j += 0.5 * k[axis] * u[n][axis] * u[n][axis];
            into.force[n][axis] += k[axis] * u[n][axis];
            if want >= Want::Tangent
                && let Some(matrix) = &mut into.matrix
            {
                let diagonal = matrix.pattern().diagonal(n);
                matrix.blocks[diagonal][4 * axis] += k[axis];
            }
        }
    }
    for suture in &model.sutures {
        let force = (want >= Want::Force).then_some(&mut *into.force);
        let matrix = if want >= Want::Tangent { into.matrix.as_deref_mut() } else { None };
        totals.energy_j += suture.add(&model.nodes_m, u, force, matrix);
    }
    totals
}

#[expect(clippy::too_many_arguments, reason = "one loop over one kind of element; a struct would be made for this call alone")]
fn add_set<const N: usize>(
    set: &ElementSet<N>,
    part: &Part,
    past: Option<&PartPast>,
    u: &[[f64; 3]],
    want: Want,
    into: &mut Into<'_>,
    buffer: &mut Vec<Answer<N>>,
    totals: &mut Totals,
) {
    buffer.resize(BATCH.min(set.nodes.len()), Answer::NOTHING);
    let past = past.map(|p| Past { factor: p.factor, stress_pa: &p.stress_pa });
    for begin in (0..set.nodes.len()).step_by(BATCH) {
        let count = BATCH.min(set.nodes.len() - begin);
        buffer[..count].par_iter_mut().with_min_len(16).enumerate().for_each(|(k, out)| {
            set.evaluate(&part.law, part.fibres(begin + k), past, begin + k, u, want, out);
        });
        for (k, answer) in buffer[..count].iter().enumerate() {
            let element = begin + k;
            totals.energy_j += answer.energy_j;
            if !part.law.is_linear() {
                totals.det = [totals.det[0].min(answer.det[0]), totals.det[1].max(answer.det[1])];
            }
            if want == Want::Energy {
                continue;
            }
            for (node, f) in set.nodes[element].iter().zip(&answer.force) {
                let sum = &mut into.force[*node as usize];
                for axis in 0..3 {
                    sum[axis] += f[axis];
                }
            }
            if want >= Want::Tangent
                && let Some(matrix) = &mut into.matrix
            {
                let slots = &part.slots[element * N * N..(element + 1) * N * N];
                for (slot, block) in slots.iter().zip(answer.matrix.as_flattened()) {
                    for (sum, v) in matrix.blocks[*slot as usize].iter_mut().zip(block) {
                        *sum += v;
                    }
                }
            }
        }
    }
}

/// Forces of a pressure on the faces, and its symmetric stiffness if a matrix is given.
///
/// f_a = −p ∫ N_a n dA on the deformed face. The stiffness of a loaded patch is symmetric but for its rim; the rest is left out.
pub(crate) fn add_pressure(
    model: &FemModel,
    pressure_pa: f64,
    u: &[[f64; 3]],
    force: &mut [[f64; 3]],
    mut matrix: Option<&mut BlockMatrix>,
) {
    let g = 1.0 / 3.0_f64.sqrt();
    for face in &model.pressure_faces {
        let x = face.map(|n| -> [f64; 3] { std::array::from_fn(|k| model.nodes_m[n as usize][k] + u[n as usize][k]) });
        let mut stiffness = [[[[0.0; 3]; 3]; 4]; 4];
        for (s, t) in [(-g, -g), (g, -g), (g, g), (-g, g)] {
            let n =
                [0.25 * (1.0 - s) * (1.0 - t), 0.25 * (1.0 + s) * (1.0 - t), 0.25 * (1.0 + s) * (1.0 + t), 0.25 * (1.0 - s) * (1.0 + t)];
            let by_s = [-0.25 * (1.0 - t), 0.25 * (1.0 - t), 0.25 * (1.0 + t), -0.25 * (1.0 + t)];
            let by_t = [-0.25 * (1.0 - s), -0.25 * (1.0 + s), 0.25 * (1.0 + s), 0.25 * (1.0 - s)];
            let along = |d: [f64; 4]| -> [f64; 3] { std::array::from_fn(|k| (0..4).map(|a| d[a] * x[a][k]).sum()) };
            let (e, f) = (along(by_s), along(by_t));
            let area = cross(e, f);
            for a in 0..4 {
                for k in 0..3 {
                    force[face[a] as usize][k] -= pressure_pa * n[a] * area[k];
                }
                for b in 0..4 {
                    // d(e × f) = δ × (by_s f − by_t e) = −[w]× δ; the load's stiffness is +p N_a d(area).
                    let w: [f64; 3] = std::array::from_fn(|k| by_s[b] * f[k] - by_t[b] * e[k]);
                    let skew = [[0.0, w[2], -w[1]], [-w[2], 0.0, w[0]], [w[1], -w[0], 0.0]];
                    add_scaled(&mut stiffness[a][b], pressure_pa * n[a], &skew);
                }
            }
        }
        let Some(matrix) = &mut matrix else { continue };
        for a in 0..4 {
            for b in 0..4 {
                if let Some(slot) = matrix.pattern().slot(face[a], face[b]) {
                    for i in 0..3 {
                        for k in 0..3 {
                            matrix.blocks[slot as usize][3 * i + k] += 0.5 * (stiffness[a][b][i][k] + stiffness[b][a][k][i]);
                        }
                    }
                }
            }
        }
    }
}

/// Σ aᵢ · bᵢ.
pub(crate) fn sum_products(a: &[[f64; 3]], b: &[[f64; 3]]) -> f64 {
    proband_math::sparse::dot(a.as_flattened(), b.as_flattened())
}

/// Σ mᵢ |aᵢ|².
pub(crate) fn sum_weighted(mass: &[f64], a: &[[f64; 3]]) -> f64 {
    mass.iter().zip(a).map(|(m, a)| m * dot3(*a, *a)).sum()
}
