//! One tick.

use serde::{Deserialize, Serialize};

use super::grid::{Group, Passed};
use super::memory::Memory;
use super::model::LiveModel;
use super::multigrid::{Finest, MultigridSpace};
use super::vector::{axpy, dot, each, scale};
use crate::TissueError;
use crate::error::check;

/// Newton steps before a tick counts as failed.
pub(super) const NEWTON_MAX: u32 = 60;
/// Iterations of conjugate gradients before a linear solve is taken as it is.
const PCG_MAX: u32 = 400;
/// Steps of a tick before pairs are kept: the first ones are too long to tell about the curvature at the end.
const MEMORY_FROM: u32 = 4;
/// Halvings of a Newton step before the tick counts as failed.
const BACKTRACK_MAX: u32 = 12;
/// Share of its first value that a linear residual keeps at most [1].
const FORCING: f64 = 0.2;
/// The same for the first linear solve of a tick, at least [1].
const FIRST_FORCING: f64 = 0.02;
/// Least det F at the centre of a cell that a trial may have [1].
const DET_MIN: f64 = 0.02;

/// Motion of a body of boxes. Vectors have three planes (x, y, z) of [`LiveModel::plane`] numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LiveState {
    /// Displacement from rest [m].
    pub displacement_m: Vec<f64>,
    /// Velocity [m/s].
    pub velocity_m_per_s: Vec<f64>,
    /// Velocity one tick ago [m/s]; the next tick's first guess goes on with the same acceleration.
    pub velocity_before_m_per_s: Vec<f64>,
    /// A tick failed: the state is the last good one and will not move again.
    pub quarantined: bool,
}

/// What acts during a tick.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LiveInput<'a> {
    /// Acceleration by gravity [m/s²].
    pub gravity_m_per_s2: [f64; 3],
    /// Displacement [m] at the end of the tick of the nodes held, in the order of the specification; empty: they stay.
    pub led_m: &'a [[f64; 3]],
    /// Forces on nodes [N], by index in a plane.
    pub forces_n: &'a [(u32, [f64; 3])],
}

/// How a tick ended.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LiveOutput {
    /// The residual reached its bound.
    pub converged: bool,
    /// ‖residual‖ against external force (without one: internal force) [1].
    pub residual_relative: f64,
    /// Newton steps.
    pub newton_count: u32,
    /// Conjugate-gradient iterations, all together.
    pub pcg_count: u32,
    /// Trials of the line search beyond the first.
    pub backtrack_count: u32,
    /// Least det F at the centres of cells [1].
    pub det_min: f64,
    /// Greatest det F at the centres of cells [1].
    pub det_max: f64,
    /// Stored energy [J].
    pub elastic_j: f64,
    /// Energy of motion [J].
    pub kinetic_j: f64,
    /// Work of gravity, forces and led nodes in the tick [J].
    pub work_j: f64,
}

/// Memory of a tick; nothing in it outlives the tick.
#[derive(Clone, Debug)]
pub struct LiveWorkspace {
    pub(super) groups: Vec<Group>,
    passed: Vec<Passed>,
    predicted: Vec<f64>,
    pub(super) load: Vec<f64>,
    force: Vec<f64>,
    pub(super) trial: Vec<f64>,
    pub(super) r: Vec<f32>,
    z: Vec<f32>,
    p: Vec<f32>,
    q: Vec<f32>,
    pub(super) d: Vec<f32>,
    multigrid: Option<MultigridSpace>,
    memory: Memory,
}

impl LiveWorkspace {
    /// Memory for a model.
    #[must_use]
    pub fn new(model: &LiveModel) -> Self {
        let n = 3 * model.grid.node_count;
        let (double, single) = (vec![0.0; n], vec![0.0; n]);
        Self {
            groups: model.groups.clone(),
            passed: vec![Passed { energy_j: 0.0, det: [1.0; 2] }; model.grid.cells[2]],
            predicted: double.clone(),
            load: double.clone(),
            force: double.clone(),
            trial: double,
            r: single.clone(),
            z: single.clone(),
            p: single.clone(),
            q: single.clone(),
            d: single,
            multigrid: model.multigrid.as_ref().map(|m| m.space(model.grid.node_count)),
            memory: Memory::default(),
        }
    }
}

/// Energy of the tick and what its evaluation saw.
#[derive(Clone, Copy)]
pub(super) struct Energy {
    total: f64,
    elastic: f64,
    det: [f64; 2],
    residual: f64,
    internal: f64,
    /// Sum of the sizes of the parts of the energy.
    size: f64,
}

/// Move a body by one tick of its model.
///
/// Backward Euler as a minimum of energy; Newton with the tangent of frozen rotations (always positive) in single precision,
/// residual, energy and state in double. A tick that fails leaves the state as it was, quarantined.
///
/// # Errors
/// [`TissueError::OutOfRange`] for input out of bounds.
pub fn live_step(
    model: &LiveModel,
    state: &mut LiveState,
    input: &LiveInput<'_>,
    space: &mut LiveWorkspace,
) -> Result<LiveOutput, TissueError> {
    check_input(model, input)?;
    if state.quarantined {
        return Ok(LiveOutput::NOTHING);
    }
    let mut u = std::mem::take(&mut space.trial);
    let mut out = LiveOutput::NOTHING;
    load(model, input, space);
    let mut at = guess(model, state, input, &mut u, space);
    newton(model, &mut u, &mut at, (NEWTON_MAX, FIRST_FORCING), space, &mut out);
    if out.converged {
        finish(model, state, &u, space, &mut out);
    } else {
        state.quarantined = true;
    }
    space.trial = u;
    Ok(out)
}

impl LiveOutput {
    pub(super) const NOTHING: Self = Self {
        converged: false,
        residual_relative: f64::NAN,
        newton_count: 0,
        pcg_count: 0,
        backtrack_count: 0,
        det_min: f64::NAN,
        det_max: f64::NAN,
        elastic_j: 0.0,
        kinetic_j: 0.0,
        work_j: 0.0,
    };
}

/// Forces of a tick but for contact.
pub(super) fn load(model: &LiveModel, input: &LiveInput<'_>, space: &mut LiveWorkspace) {
    let n = model.grid.node_count;
    for (axis, g) in input.gravity_m_per_s2.iter().enumerate() {
        for node in 0..n {
            space.load[axis * n + node] = g * model.mass_kg[node];
        }
    }
    for (node, f) in input.forces_n {
        for axis in 0..3 {
            space.load[axis * n + *node as usize] += f[axis];
        }
    }
}

/// First guess of a tick: the same acceleration as in the last one; if that turns a cell inside out, no motion.
pub(super) fn guess(model: &LiveModel, state: &LiveState, input: &LiveInput<'_>, u: &mut [f64], space: &mut LiveWorkspace) -> Energy {
    let h = model.tick_s;
    for ((p, u), v) in space.predicted.iter_mut().zip(&state.displacement_m).zip(&state.velocity_m_per_s) {
        *p = u + h * v;
    }
    for (((u, p), v), before) in u.iter_mut().zip(&space.predicted).zip(&state.velocity_m_per_s).zip(&state.velocity_before_m_per_s) {
        *u = p + h * (v - before);
    }
    lead(model, state, input, u);
    let at = evaluate(model, u, space);
    if at.total.is_finite() {
        return at;
    }
    u.copy_from_slice(&state.displacement_m);
    lead(model, state, input, u);
    evaluate(model, u, space)
}

/// Newton's method from `u` and what was found there, with most steps and the least share of its residual that the first linear solve keeps.
/// `at` becomes what was found at the end; counts are added to `out`. False: no step can be made.
pub(super) fn newton(
    model: &LiveModel,
    u: &mut [f64],
    at: &mut Energy,
    (count_max, first_forcing): (u32, f64),
    space: &mut LiveWorkspace,
    out: &mut LiveOutput,
) -> bool {
    let load: f64 = proband_math::sparse::norm(&space.load);
    let mut scale = if load > 0.0 { load } else { at.internal };
    let most = out.newton_count + count_max;
    let first = out.newton_count;
    out.converged = false;
    space.memory.clear();
    while at.total.is_finite() && out.newton_count < most {
        if load == 0.0 {
            scale = scale.max(at.internal);
        }
        out.residual_relative = if at.residual > 0.0 { at.residual / scale } else { 0.0 };
        if out.residual_relative <= model.residual_relative || at.residual <= model.rounding_n {
            out.converged = true;
            break;
        }
        // The first step leaves what the change of rotations will undo anyway.
        let least = if out.newton_count == first { first_forcing } else { 1e-6 };
        let forcing = (0.5 * model.residual_relative / out.residual_relative).clamp(least, FORCING);
        increment(model, forcing, space, out);
        out.newton_count += 1;
        let Some((length, next)) = search(model, u, at, space, out) else { return false };
        if out.newton_count - first >= MEMORY_FROM {
            let LiveWorkspace { memory, d, r, .. } = space;
            memory.keep(length, d, r);
        }
        *at = next;
    }
    (out.det_min, out.det_max, out.elastic_j) = (at.det[0], at.det[1], at.elastic);
    at.total.is_finite()
}

/// Increment of one step, with what earlier steps of this tick tell.
fn increment(model: &LiveModel, forcing: f64, space: &mut LiveWorkspace, out: &mut LiveOutput) {
    let LiveWorkspace { memory, r, .. } = space;
    memory.before_solve(r);
    out.pcg_count += solve(model, forcing, space);
    let LiveWorkspace { memory, r, d, .. } = space;
    if !memory.after_solve(d) {
        memory.clear();
        r.copy_from_slice(memory.residual());
        out.pcg_count += solve(model, forcing, space);
    }
}

pub(super) fn check_input(model: &LiveModel, input: &LiveInput<'_>) -> Result<(), TissueError> {
    for g in input.gravity_m_per_s2 {
        check("gravity_m_per_s2", g, -1e6, 1e6, "m/s²")?;
    }
    for x in input.led_m.iter().flatten() {
        check("led_m", *x, -1e3, 1e3, "m")?;
    }
    if !input.led_m.is_empty() && input.led_m.len() != model.held.len() {
        let what = format!("{} displacements for {} nodes held", input.led_m.len(), model.held.len());
        return Err(TissueError::Contradiction { field: "led_m", what });
    }
    for (node, f) in input.forces_n {
        check("forces_n.node", f64::from(*node), 0.0, model.grid.node_count as f64 - 1.0, "1")?;
        for v in f {
            check("forces_n", *v, -1e9, 1e9, "N")?;
        }
    }
    Ok(())
}

fn lead(model: &LiveModel, state: &LiveState, input: &LiveInput<'_>, u: &mut [f64]) {
    let n = model.grid.node_count;
    for (index, &node) in model.held.iter().enumerate() {
        for axis in 0..3 {
            let stays = state.displacement_m[axis * n + node];
            u[axis * n + node] = input.led_m.get(index).map_or(stays, |led| led[axis]);
        }
    }
}

/// Energy at `u`; −residual goes to `space.r`, rotations to `space.groups`, internal force to `space.force`.
pub(super) fn evaluate(model: &LiveModel, u: &[f64], space: &mut LiveWorkspace) -> Energy {
    space.force.fill(0.0);
    model.grid.forces(&mut space.groups, &model.k64, u, &mut space.force, &mut space.passed);
    let mut energy = Energy { total: 0.0, elastic: 0.0, det: [f64::INFINITY, f64::NEG_INFINITY], residual: 0.0, internal: 0.0, size: 0.0 };
    for passed in &space.passed {
        energy.elastic += passed.energy_j;
        energy.det = [energy.det[0].min(passed.det[0]), energy.det[1].max(passed.det[1])];
    }
    weigh(model, u, energy, space)
}

/// Energy and −residual at the displacement that was evaluated last, under the loads that are there now.
pub(super) fn weigh(model: &LiveModel, u: &[f64], mut energy: Energy, space: &mut LiveWorkspace) -> Energy {
    let n = model.grid.node_count;
    let s = 1.0 / (model.tick_s * model.tick_s);
    let (mut inertia, mut work, mut square, mut internal) = (0.0, 0.0, 0.0, 0.0);
    for axis in 0..3 {
        for node in 0..n {
            let i = axis * n + node;
            let off = u[i] - space.predicted[i];
            let push = s * model.mass_kg[node] * off;
            let free = f64::from(model.free[i]);
            let r = free * (space.load[i] - push - space.force[i]);
            inertia += free * push * off;
            work += space.load[i] * u[i];
            square += r * r;
            internal += space.force[i] * space.force[i];
            space.r[i] = r as f32;
        }
    }
    energy.total = energy.elastic + 0.5 * inertia - work;
    energy.size = energy.elastic + 0.5 * inertia + work.abs();
    (energy.residual, energy.internal) = (square.sqrt(), internal.sqrt());
    if !(energy.det[0] > DET_MIN) || !energy.residual.is_finite() {
        energy.total = f64::INFINITY;
    }
    energy
}

/// Solve (s M + Σ R K Rᵀ) d = r in single precision; returns the iterations.
pub(super) fn solve(model: &LiveModel, forcing: f64, space: &mut LiveWorkspace) -> u32 {
    let LiveWorkspace { groups, r, z, p, q, d, multigrid, .. } = space;
    let finest = Finest { grid: &model.grid, groups, inertia: &model.inertia, inverse: &model.inverse, free: &model.free };
    let mut levels = model.multigrid.as_ref().zip(multigrid.as_mut());
    if let Some((levels, space)) = &mut levels {
        levels.prepare(&finest, space);
    }
    let mut precondition = |r: &[f32], z: &mut [f32]| -> f64 {
        match &mut levels {
            Some((levels, space)) => levels.apply(&finest, r, z, space),
            None => {
                z.copy_from_slice(r);
                scale(z, &model.inverse);
                dot(r, z)
            }
        }
    };
    d.fill(0.0);
    let stop = forcing * forcing * dot(r, r);
    let mut rz = precondition(r, z);
    p.copy_from_slice(z);
    for iteration in 1..=PCG_MAX {
        finest.stage().apply(p, q);
        scale(q, &model.free);
        let curvature = dot(p, q);
        if !(curvature > 0.0) {
            return iteration;
        }
        let alpha = (rz / curvature) as f32;
        axpy(d, alpha, p);
        axpy(r, -alpha, q);
        if dot(r, r) <= stop {
            return iteration;
        }
        let next = precondition(r, z);
        let beta = (next / rz) as f32;
        rz = next;
        each([p.as_mut_slice()], [z.as_slice()], &|[p], [z]| {
            for (p, z) in p.iter_mut().zip(z) {
                *p = z + beta * *p;
            }
        });
    }
    PCG_MAX
}

/// Go along the increment, halved until the energy falls; the share gone, and what is there.
fn search(model: &LiveModel, u: &mut [f64], at: &Energy, space: &mut LiveWorkspace, out: &mut LiveOutput) -> Option<(f64, Energy)> {
    let mut done = 0.0;
    let mut length = 1.0;
    for trial in 0..BACKTRACK_MAX {
        for (u, d) in u.iter_mut().zip(&space.d) {
            *u += (length - done) * f64::from(*d);
        }
        done = length;
        let next = evaluate(model, u, space);
        // A step that lowers the residual is as good as one that lowers the energy by more than rounding hides.
        if next.total <= at.total + 1e-13 * (at.size + next.size) || (next.total.is_finite() && next.residual < 0.5 * at.residual) {
            out.backtrack_count += trial;
            return Some((length, next));
        }
        length *= 0.5;
    }
    None
}

pub(super) fn finish(model: &LiveModel, state: &mut LiveState, u: &[f64], space: &LiveWorkspace, out: &mut LiveOutput) {
    let n = model.grid.node_count;
    let s = 1.0 / (model.tick_s * model.tick_s);
    for axis in 0..3 {
        for node in 0..n {
            let i = axis * n + node;
            let moved = u[i] - state.displacement_m[i];
            let v = moved / model.tick_s;
            out.kinetic_j += 0.5 * model.mass_kg[node] * v * v;
            out.work_j += space.load[i] * moved;
            if model.free[i] == 0.0 && model.mass_kg[node] > 0.0 {
                // Whoever leads the node: inertia + internal force − load, times the way.
                out.work_j += (s * model.mass_kg[node] * (u[i] - space.predicted[i]) + space.force[i] - space.load[i]) * moved;
            }
            state.velocity_before_m_per_s[i] = std::mem::replace(&mut state.velocity_m_per_s[i], v);
            state.displacement_m[i] = u[i];
        }
    }
}

/// Stored energy and its gradient at a displacement.
#[cfg(test)]
pub(super) fn probe(model: &LiveModel, u: &[f64], space: &mut LiveWorkspace) -> (f64, Vec<f64>) {
    let energy = evaluate(model, u, space);
    (energy.elastic, space.force.clone())
}
