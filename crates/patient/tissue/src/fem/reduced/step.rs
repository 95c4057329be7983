//! Steps of a reduced body.

use serde::{Deserialize, Serialize};

use super::super::element::{Answer, Want};
use super::super::model::Set;
use super::super::shape::ElementSet;
use super::dense::{cholesky, solve};
use super::{ReducedModel, ReducedPart};
use crate::TissueError;
use crate::error::check;

/// Corrections before a step counts as failed.
const ITERATION_MAX: u32 = 60;
/// A correction that leaves more of the residual than this asks for a new tangent [1].
const SLOW: f64 = 0.25;
/// Halvings of a correction.
const HALVING_MAX: u32 = 12;

/// Motion of a reduced body. Plain data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReducedState {
    /// Amplitudes of the modes [m √kg].
    pub amplitude: Vec<f64>,
    /// Their rates [m √kg/s].
    pub rate: Vec<f64>,
    /// Factor of the tangent that corrections use, and the inertia that it was made for [1/s²]; empty: none yet.
    pub factor: Vec<f64>,
    /// See `factor`.
    pub factor_inertia_per_s2: f64,
}

impl ReducedState {
    pub(super) fn at_rest(mode_count: usize) -> Self {
        Self { amplitude: vec![0.0; mode_count], rate: vec![0.0; mode_count], factor: Vec::new(), factor_inertia_per_s2: 0.0 }
    }
}

/// What acts on a reduced body during a step.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ReducedInput<'a> {
    /// Acceleration by gravity [m/s²].
    pub gravity_m_per_s2: [f64; 3],
    /// Dead forces on nodes of the full model [N].
    pub forces_n: &'a [(u32, [f64; 3])],
}

/// How a step ended. If it did not converge the state is as before.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReducedOutput {
    /// The residual reached its bound.
    pub converged: bool,
    /// Last residual against the load on the modes (without one: the internal force at the beginning) [1].
    pub residual_relative: f64,
    /// Corrections.
    pub iteration_count: u32,
    /// Tangents made.
    pub tangent_count: u32,
    /// How far the state is out compared with those that the model was made from [1]; see [`ReducedModel::reach`]. Beyond 1 the answer is a guess.
    pub reach: f64,
}

/// Memory of a step. It holds nothing that a result depends on.
#[derive(Clone, Debug, Default)]
pub struct ReducedWorkspace {
    near_m: Vec<[f64; 3]>,
    near_n: Vec<[f64; 3]>,
    load: Vec<f64>,
    residual: Vec<f64>,
    trial: Vec<f64>,
    predicted: Vec<f64>,
    half: Vec<f64>,
}

/// Move a reduced body by one step, backward Euler, to a relative residual.
///
/// # Errors
/// [`TissueError::OutOfRange`] for a step, bound or input out of range.
pub fn reduced_step(
    model: &ReducedModel,
    state: &mut ReducedState,
    input: &ReducedInput<'_>,
    step_s: f64,
    residual_relative: f64,
    space: &mut ReducedWorkspace,
) -> Result<ReducedOutput, TissueError> {
    check("step_s", step_s, 1e-9, 1e3, "s")?;
    let r = model.mode_count;
    check("amplitudes", state.amplitude.len() as f64, r as f64, r as f64, "modes")?;
    space.predicted.clear();
    space.predicted.extend(state.amplitude.iter().zip(&state.rate).map(|(q, v)| q + step_s * v));
    let before = state.amplitude.clone();
    let mut out = minimise(model, state, input, 1.0 / (step_s * step_s), residual_relative, space)?;
    if out.converged {
        state.rate.iter_mut().zip(state.amplitude.iter().zip(&before)).for_each(|(v, (q, p))| *v = (q - p) / step_s);
    } else {
        state.amplitude = before;
    }
    out.reach = model.reach(state);
    Ok(out)
}

/// Bring a reduced body to rest under a load put on in equal parts; rates become zero.
///
/// # Errors
/// As [`reduced_step`].
pub fn reduced_rest(
    model: &ReducedModel,
    state: &mut ReducedState,
    input: &ReducedInput<'_>,
    load_count: u32,
    residual_relative: f64,
    space: &mut ReducedWorkspace,
) -> Result<ReducedOutput, TissueError> {
    check("load_count", f64::from(load_count), 1.0, 1e6, "parts")?;
    let before = state.amplitude.clone();
    let mut all = ReducedOutput { converged: true, residual_relative: 0.0, iteration_count: 0, tangent_count: 0, reach: 0.0 };
    for part in 1..=load_count {
        let share = f64::from(part) / f64::from(load_count);
        let forces: Vec<(u32, [f64; 3])> = input.forces_n.iter().map(|(n, f)| (*n, f.map(|v| share * v))).collect();
        let scaled = ReducedInput { gravity_m_per_s2: input.gravity_m_per_s2.map(|g| share * g), forces_n: &forces };
        space.predicted.clone_from(&state.amplitude);
        let out = minimise(model, state, &scaled, 0.0, residual_relative, space)?;
        all.iteration_count += out.iteration_count;
        all.tangent_count += out.tangent_count;
        (all.converged, all.residual_relative) = (out.converged, out.residual_relative);
        if !out.converged {
            state.amplitude = before;
            all.reach = model.reach(state);
            return Ok(all);
        }
    }
    state.rate.fill(0.0);
    all.reach = model.reach(state);
    Ok(all)
}

fn minimise(
    model: &ReducedModel,
    state: &mut ReducedState,
    input: &ReducedInput<'_>,
    inertia_per_s2: f64,
    bound: f64,
    space: &mut ReducedWorkspace,
) -> Result<ReducedOutput, TissueError> {
    check("residual_relative", bound, 1e-13, 0.1, "1")?;
    load(model, input, space)?;
    let r = model.mode_count;
    let mut out = ReducedOutput { converged: false, residual_relative: f64::INFINITY, iteration_count: 0, tangent_count: 0, reach: 0.0 };
    if state.factor.len() != r * r || state.factor_inertia_per_s2 != inertia_per_s2 {
        state.factor.clear();
    }
    let at_start = residual(model, &state.amplitude.clone(), inertia_per_s2, space);
    let Some(mut size) = at_start else { return Ok(out) };
    let load_size = space.load.iter().map(|f| f * f).sum::<f64>().sqrt();
    let scale = if load_size > 0.0 { load_size } else { size };
    while out.iteration_count < ITERATION_MAX {
        out.residual_relative = if size == 0.0 { 0.0 } else { size / scale };
        if out.residual_relative <= bound {
            out.converged = true;
            return Ok(out);
        }
        let fresh = state.factor.is_empty();
        if fresh {
            if !factor(model, state, inertia_per_s2, space) {
                return Ok(out);
            }
            out.tangent_count += 1;
        }
        out.iteration_count += 1;
        let mut step: Vec<f64> = space.residual.iter().map(|v| -v).collect();
        solve(&state.factor, r, &mut step);
        let mut length = 1.0;
        let mut reached = None;
        for _ in 0..HALVING_MAX {
            space.trial.clear();
            space.trial.extend(state.amplitude.iter().zip(&step).map(|(q, d)| q + length * d));
            let trial = space.trial.clone();
            if let Some(now) = residual(model, &trial, inertia_per_s2, space)
                && (now < size || (fresh && length == 1.0 && now < 1e3 * size))
            {
                state.amplitude = trial;
                reached = Some(now);
                break;
            }
            if !fresh {
                break;
            }
            length *= 0.5;
        }
        match reached {
            Some(now) => {
                if now > SLOW * size {
                    state.factor.clear();
                }
                size = now;
            }
            None if fresh => return Ok(out),
            None => {
                state.factor.clear();
                residual(model, &state.amplitude.clone(), inertia_per_s2, space);
            }
        }
    }
    Ok(out)
}

fn load(model: &ReducedModel, input: &ReducedInput<'_>, space: &mut ReducedWorkspace) -> Result<(), TissueError> {
    let r = model.mode_count;
    space.load.clear();
    space.load.resize(r, 0.0);
    for (axis, g) in input.gravity_m_per_s2.into_iter().enumerate() {
        check("gravity_m_per_s2", g, -1e6, 1e6, "m/s²")?;
        space.load.iter_mut().zip(&model.gravity[axis * r..(axis + 1) * r]).for_each(|(f, m)| *f += g * m);
    }
    for (node, force) in input.forces_n {
        check("forces_n.node", f64::from(*node), 0.0, model.node_count as f64 - 1.0, "")?;
        for (axis, f) in force.iter().enumerate() {
            check("forces_n", *f, -1e12, 1e12, "N")?;
            let row = (3 * *node as usize + axis) * r;
            space.load.iter_mut().zip(&model.modes[row..row + r]).for_each(|(sum, m)| *sum += f * m);
        }
    }
    Ok(())
}

/// Σ aᵢbᵢ in eight running sums, added in a fixed order: one running sum would wait for itself.
#[inline]
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut lane = [0.0; 8];
    let ((a8, a_rest), (b8, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    for (a, b) in a8.iter().zip(b8) {
        for k in 0..8 {
            lane[k] += a[k] * b[k];
        }
    }
    for (k, (a, b)) in a_rest.iter().zip(b_rest).enumerate() {
        lane[k] += a * b;
    }
    ((lane[0] + lane[4]) + (lane[1] + lane[5])) + ((lane[2] + lane[6]) + (lane[3] + lane[7]))
}

/// Displacement of the chosen elements' nodes.
fn place(model: &ReducedModel, amplitude: &[f64], space: &mut ReducedWorkspace) {
    let r = model.mode_count;
    space.near_m.resize(model.near_modes.len() / (3 * r), [0.0; 3]);
    for (x, row) in space.near_m.as_flattened_mut().iter_mut().zip(model.near_modes.chunks_exact(r)) {
        *x = dot(row, amplitude);
    }
}

/// Residual on the modes; its size, none where a law does not allow the state.
fn residual(model: &ReducedModel, amplitude: &[f64], inertia_per_s2: f64, space: &mut ReducedWorkspace) -> Option<f64> {
    place(model, amplitude, space);
    space.near_n.clear();
    space.near_n.resize(space.near_m.len(), [0.0; 3]);
    for part in &model.parts {
        match &part.set {
            Set::Hexahedra(s) => add_force(s, part, &space.near_m, &mut space.near_n)?,
            Set::Tetrahedra(s) => add_force(s, part, &space.near_m, &mut space.near_n)?,
            Set::QuadraticTetrahedra(s) => add_force(s, part, &space.near_m, &mut space.near_n)?,
        }
    }
    space.residual.clear();
    let inertia = amplitude.iter().zip(&space.predicted).zip(&space.load).map(|((q, p), f)| inertia_per_s2 * (q - p) - f);
    space.residual.extend(inertia);
    for (f, row) in space.near_n.as_flattened().iter().zip(model.near_modes.chunks_exact(model.mode_count)) {
        space.residual.iter_mut().zip(row).for_each(|(sum, m)| *sum += f * m);
    }
    let size = space.residual.iter().map(|v| v * v).sum::<f64>().sqrt();
    size.is_finite().then_some(size)
}

fn add_force<const N: usize>(set: &ElementSet<N>, part: &ReducedPart, u: &[[f64; 3]], force: &mut [[f64; 3]]) -> Option<()> {
    let mut answer = Answer::NOTHING;
    for (element, weight) in part.weights.iter().enumerate() {
        set.evaluate(&part.law, &part.fibres[element], None, element, u, Want::Force, &mut answer);
        if !answer.energy_j.is_finite() {
            return None;
        }
        for (node, f) in set.nodes[element].iter().zip(&answer.force) {
            for k in 0..3 {
                force[*node as usize][k] += weight * f[k];
            }
        }
    }
    Some(())
}

/// Factor of inertia and stiffness on the modes, made positive where it is not; false if even that fails.
fn factor(model: &ReducedModel, state: &mut ReducedState, inertia_per_s2: f64, space: &mut ReducedWorkspace) -> bool {
    let r = model.mode_count;
    place(model, &state.amplitude, space);
    for want in [Want::Tangent, Want::PositiveTangent] {
        let mut matrix = vec![0.0; r * r];
        (0..r).for_each(|k| matrix[k * r + k] = inertia_per_s2);
        for part in &model.parts {
            match &part.set {
                Set::Hexahedra(s) => add_tangent(s, part, model, want, space, &mut matrix),
                Set::Tetrahedra(s) => add_tangent(s, part, model, want, space, &mut matrix),
                Set::QuadraticTetrahedra(s) => add_tangent(s, part, model, want, space, &mut matrix),
            }
        }
        if cholesky(&mut matrix, r) {
            state.factor = matrix;
            state.factor_inertia_per_s2 = inertia_per_s2;
            return true;
        }
    }
    false
}

fn add_tangent<const N: usize>(
    set: &ElementSet<N>,
    part: &ReducedPart,
    model: &ReducedModel,
    want: Want,
    space: &mut ReducedWorkspace,
    matrix: &mut [f64],
) {
    let r = model.mode_count;
    let mut answer = Answer::NOTHING;
    for (element, weight) in part.weights.iter().enumerate() {
        set.evaluate(&part.law, &part.fibres[element], None, element, &space.near_m, want, &mut answer);
        let nodes = &set.nodes[element];
        let row_of = |node: u32, axis: usize| &model.near_modes[(3 * node as usize + axis) * r..][..r];
        for a in 0..N {
            for i in 0..3 {
                // One row of K Φ.
                space.half.clear();
                space.half.resize(r, 0.0);
                for b in 0..N {
                    for k in 0..3 {
                        let entry = weight * answer.matrix[a][b][3 * i + k];
                        space.half.iter_mut().zip(row_of(nodes[b], k)).for_each(|(h, m)| *h += entry * m);
                    }
                }
                for (p, m) in row_of(nodes[a], i).iter().enumerate() {
                    matrix[p * r..p * r + p + 1].iter_mut().zip(&space.half).for_each(|(x, h)| *x += m * h);
                }
            }
        }
    }
}
