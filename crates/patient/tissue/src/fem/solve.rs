//! Newton's method on the energy of a step.

use proband_core::ops;
use proband_math::sparse::{
    BlockJacobi, BlockMatrix, Operator, PcgLimit, PcgReport, PcgSpace, TwoLevel, TwoLevelSpec, conjugate_gradients, norm,
};

use super::assemble::{Buffers, Into, PartPast, Totals, add_pressure, assemble, sum_products};
use super::contact::{BodyContacts, Contacts, Coupling};
use super::element::Want;
use super::model::FemModel;
use super::state::FemOutput;
use crate::TissueError;

/// Largest share of its first value that a linear residual keeps [1]; first tolerance of Eisenstat & Walker.
const FIRST_FORCING: f64 = 0.1;
/// Iterations of conjugate gradients against those after the last renewal at which the coarse problem is renewed [1].
const RENEW_AT: f64 = 1.5;
/// Halvings of a Newton step before it counts as failed.
const BACKTRACK_MAX: u32 = 25;
/// Share of the predicted decrease that a step must bring [1] (Armijo 1966, Pac J Math 16:1).
const ARMIJO: f64 = 1e-4;
/// Rounding of the energy against the sum of its parts [1].
const ROUNDING: f64 = 1e-13;

/// Rounding of a position against the body's reach [1].
const POSITION_ROUNDING: f64 = 1e-15;

/// Memory of a solve, kept between steps. It holds nothing that a result depends on.
#[derive(Debug)]
pub struct FemWorkspace {
    pub(crate) buffers: Buffers,
    matrix: BlockMatrix,
    couplings: Vec<Coupling>,
    coarse: Option<TwoLevel>,
    coarse_fresh_count: u32,
    space: PcgSpace,
    force: Vec<[f64; 3]>,
    load: Vec<[f64; 3]>,
    residual: Vec<[f64; 3]>,
    increment: Vec<[f64; 3]>,
    trial: Vec<[f64; 3]>,
}

impl FemWorkspace {
    /// Memory for a model.
    #[must_use]
    pub fn new(model: &FemModel) -> Self {
        let zero = vec![[0.0; 3]; model.nodes_m.len()];
        Self {
            buffers: Buffers::default(),
            matrix: BlockMatrix::zero(model.pattern.clone()),
            couplings: Vec::new(),
            coarse: None,
            coarse_fresh_count: 0,
            space: PcgSpace::default(),
            force: zero.clone(),
            load: zero.clone(),
            residual: zero.clone(),
            increment: zero.clone(),
            trial: zero,
        }
    }

    /// The last matrix.
    pub(crate) fn matrix(&self) -> &BlockMatrix {
        &self.matrix
    }

    /// Unknowns of the coarse problem of the last solve; zero without one.
    #[must_use]
    pub fn coarse_size(&self) -> usize {
        self.coarse.as_ref().map_or(0, TwoLevel::coarse_size)
    }
}

/// E(u) = Ψ(u) + ½ s ‖u − û‖²_M − f·u − work of pressure, to be made least over the free unknowns.
pub(crate) struct Problem<'a> {
    pub(crate) model: &'a FemModel,
    pub(crate) past: &'a [Option<PartPast>],
    /// s [1/s²]; zero: statics.
    pub(crate) inertia_per_s2: f64,
    /// û [m].
    pub(crate) predicted_m: &'a [[f64; 3]],
    /// Dead nodal forces, gravity included [N].
    pub(crate) dead_n: &'a [[f64; 3]],
    pub(crate) pressure_pa: f64,
    /// Displacement wanted of the nodes held [m]; empty: zero.
    pub(crate) led_m: &'a [[f64; 3]],
    pub(crate) contacts: Option<Contacts<'a>>,
    pub(crate) bodies: Option<BodyContacts<'a>>,
}

impl Problem<'_> {
    /// Energy without the part of the pressure, and the sum of the sizes of its parts.
    fn energy(&self, totals: &Totals, u: &[[f64; 3]]) -> (f64, f64) {
        let mut inertia = 0.0;
        if self.inertia_per_s2 > 0.0 {
            for ((m, u), p) in self.model.mass_kg.iter().zip(u).zip(self.predicted_m) {
                inertia += m * ((u[0] - p[0]).powi(2) + (u[1] - p[1]).powi(2) + (u[2] - p[2]).powi(2));
            }
            inertia *= 0.5 * self.inertia_per_s2;
        }
        let work = sum_products(self.dead_n, u);
        let (mut touch, mut touch_size) = self.contacts.as_ref().map_or((0.0, 0.0), |c| c.energy(u));
        if let Some(bodies) = &self.bodies {
            let (one, size) = bodies.energy(u);
            touch += one;
            touch_size += size;
        }
        (totals.energy_j + inertia - work + touch, totals.energy_j.abs() + inertia + work.abs() + touch_size)
    }

    /// residual ← ∂E/∂u on the free unknowns, zero on the others. Returns ‖load‖ and ‖internal force‖.
    fn residual(&self, u: &[[f64; 3]], space: &mut FemWorkspace) -> (f64, f64) {
        space.load.copy_from_slice(self.dead_n);
        add_pressure(self.model, self.pressure_pa, u, &mut space.load, None);
        if let Some(contacts) = &self.contacts {
            contacts.add(u, &mut space.load, None);
        }
        if let Some(bodies) = &self.bodies {
            bodies.add(u, &mut space.load, None);
        }
        let internal = norm(space.force.as_flattened());
        for n in 0..u.len() {
            for k in 0..3 {
                let inertia = self.inertia_per_s2 * self.model.mass_kg[n] * (u[n][k] - self.predicted_m[n][k]);
                space.residual[n][k] = if self.model.fixed[n][k] { 0.0 } else { space.force[n][k] + inertia - space.load[n][k] };
            }
        }
        (norm(space.load.as_flattened()), internal)
    }

    /// Force [N] that rounding of the positions alone makes: no residual can be asked to be smaller.
    fn rounding(&self, u: &[[f64; 3]], matrix: &BlockMatrix) -> f64 {
        let (mut reach, mut stiffness) = (0.0_f64, 0.0);
        for (n, (x, u)) in self.model.nodes_m.iter().zip(u).enumerate() {
            let block = &matrix.blocks[matrix.pattern().diagonal(n)];
            for k in 0..3 {
                reach = reach.max(x[k].abs() + u[k].abs());
                stiffness += block[4 * k] * block[4 * k];
            }
        }
        POSITION_ROUNDING * reach * stiffness.sqrt()
    }

    /// Energy [J] below which two energies cannot be told apart: a law of modulus E subtracts numbers of the size E per volume.
    fn energy_rounding(&self, matrix: &BlockMatrix) -> f64 {
        let node_count = self.model.nodes_m.len();
        let stiffness: f64 = (0..node_count).map(|n| matrix.blocks[matrix.pattern().diagonal(n)]).map(|b| b[0] + b[4] + b[8]).sum();
        let spacing = ops::cbrt(self.model.volume_m3 / node_count as f64);
        f64::EPSILON * stiffness * spacing * spacing
    }

    pub(crate) fn tangent(&self, u: &[[f64; 3]], positive: bool, space: &mut FemWorkspace) -> Totals {
        let want = if positive { Want::PositiveTangent } else { Want::Tangent };
        let mut into = Into { force: &mut space.force, matrix: Some(&mut space.matrix) };
        let totals = assemble(self.model, self.past, u, want, &mut into, &mut space.buffers);
        if self.pressure_pa != 0.0 && !positive {
            space.load.fill([0.0; 3]);
            add_pressure(self.model, self.pressure_pa, u, &mut space.load, Some(&mut space.matrix));
        }
        if let Some(contacts) = &self.contacts {
            contacts.add(u, &mut space.load, Some(&mut space.matrix));
        }
        space.couplings.clear();
        if let Some(bodies) = &self.bodies {
            bodies.add(u, &mut space.load, Some((&mut space.matrix, &mut space.couplings)));
        }
        if self.inertia_per_s2 > 0.0 {
            for (n, m) in self.model.mass_kg.iter().enumerate() {
                let diagonal = space.matrix.pattern().diagonal(n);
                for k in 0..3 {
                    space.matrix.blocks[diagonal][4 * k] += self.inertia_per_s2 * m;
                }
            }
        }
        totals
    }
}

/// What is left to go for the nodes held [m]: wanted displacement less the present one; `None` if they are there.
fn led_gap(problem: &Problem<'_>, u: &[[f64; 3]]) -> Option<Vec<[f64; 3]>> {
    let mut gap = vec![[0.0; 3]; u.len()];
    let mut any = false;
    for (index, (node, axes)) in problem.model.held.iter().enumerate() {
        let wanted = problem.led_m.get(index).copied().unwrap_or([0.0; 3]);
        let n = *node as usize;
        for k in 0..3 {
            if axes[k] && wanted[k] != u[n][k] {
                gap[n][k] = wanted[k] - u[n][k];
                any = true;
            }
        }
    }
    any.then_some(gap)
}

/// Solve matrix · increment = −residual (− matrix · gap), with the rows of held unknowns taken out.
fn linear_solve(
    problem: &Problem<'_>,
    u: &[[f64; 3]],
    gap: Option<&[[f64; 3]]>,
    forcing: f64,
    space: &mut FemWorkspace,
) -> Result<PcgReport, TissueError> {
    let model = problem.model;
    let mut right: Vec<f64> = space.residual.as_flattened().iter().map(|r| -r).collect();
    if let Some(gap) = gap {
        let mut pulled = vec![0.0; right.len()];
        Coupled { matrix: &mut space.matrix, couplings: &space.couplings }.apply(gap.as_flattened(), &mut pulled);
        for ((r, p), fixed) in right.iter_mut().zip(&pulled).zip(model.fixed.as_flattened()) {
            *r = if *fixed { 0.0 } else { *r - p };
        }
    }
    for (n, axes) in model.fixed.iter().enumerate() {
        for (axis, fixed) in axes.iter().enumerate() {
            if *fixed {
                space.matrix.fix(n, axis);
            }
        }
    }
    for coupling in &mut space.couplings {
        let (row, column) = (model.fixed[coupling.row as usize], model.fixed[coupling.column as usize]);
        for (i, v) in coupling.block.iter_mut().enumerate() {
            if row[i / 3] || column[i % 3] {
                *v = 0.0;
            }
        }
    }
    let limit = PcgLimit { relative: forcing, iteration_count_max: model.solver.pcg_count_max };
    let FemWorkspace { matrix, couplings, coarse, space: pcg, increment, coarse_fresh_count, .. } = space;
    let x = increment.as_flattened_mut();
    if model.solver.group_size == 0 {
        let mut jacobi = BlockJacobi::new(matrix);
        return Ok(conjugate_gradients(&mut Coupled { matrix, couplings }, &mut jacobi, &right, x, limit, pcg));
    }
    let mut fresh = false;
    if coarse.is_none() {
        let position: Vec<[f64; 3]> = model.nodes_m.iter().zip(u).map(|(x, u)| std::array::from_fn(|k| x[k] + u[k])).collect();
        let spec = TwoLevelSpec { group_size: model.solver.group_size, ..TwoLevelSpec::USUAL };
        match TwoLevel::new(matrix, &position, &model.fixed, spec) {
            Ok(made) => *coarse = Some(made),
            Err(proband_math::sparse::SparseError::NotPositive { .. }) => return Ok(not_positive()),
            Err(error) => return Err(error.into()),
        }
        fresh = true;
    }
    let Some(two_level) = coarse else { return Ok(not_positive()) };
    two_level.refresh_smoother(matrix);
    let mut report = conjugate_gradients(&mut Coupled { matrix, couplings }, two_level, &right, x, limit, pcg);
    if fresh {
        *coarse_fresh_count = report.iteration_count;
    } else if report.negative_curvature || f64::from(report.iteration_count) > RENEW_AT * f64::from(*coarse_fresh_count).max(4.0) {
        // An old coarse problem does not fit any more: the next solve makes a new one. A failed solve is done again at once.
        if report.negative_curvature || report.residual_relative > limit.relative {
            match two_level.refresh(matrix) {
                Ok(()) => {
                    let before = report.iteration_count;
                    report = conjugate_gradients(&mut Coupled { matrix, couplings }, two_level, &right, x, limit, pcg);
                    *coarse_fresh_count = report.iteration_count;
                    report.iteration_count += before;
                }
                Err(_) => {
                    *coarse = None;
                    return Ok(not_positive());
                }
            }
        } else {
            *coarse = None;
        }
    }
    Ok(report)
}

/// The matrix of the elements and what contact of bodies adds outside its pattern.
struct Coupled<'a> {
    matrix: &'a mut BlockMatrix,
    couplings: &'a [Coupling],
}

impl Operator for Coupled<'_> {
    fn size(&self) -> usize {
        self.matrix.size()
    }

    fn apply(&mut self, x: &[f64], y: &mut [f64]) {
        self.matrix.apply(x, y);
        let ((x, _), (y, _)) = (x.as_chunks::<3>(), y.as_chunks_mut::<3>());
        for c in self.couplings {
            let (a, b, m) = (c.row as usize, c.column as usize, &c.block);
            for i in 0..3 {
                for k in 0..3 {
                    y[a][i] += m[3 * i + k] * x[b][k];
                    y[b][k] += m[3 * i + k] * x[a][i];
                }
            }
        }
    }
}

fn not_positive() -> PcgReport {
    PcgReport { iteration_count: 0, residual_relative: 1.0, negative_curvature: true }
}

/// Minimise the energy from `u`; `u` is left unchanged unless the answer is `converged`.
///
/// Newton with conjugate gradients (tolerance by Eisenstat & Walker 1996, SIAM J Sci Comput 17:16), line search on the energy
/// with det F > 0, tangent made positive only where conjugate gradients met negative curvature.
pub(crate) fn minimise(
    problem: &Problem<'_>,
    u: &mut Vec<[f64; 3]>,
    space: &mut FemWorkspace,
    report: &mut FemOutput,
) -> Result<(), TissueError> {
    let solver = &problem.model.solver;
    // The preconditioner follows from the state at the beginning of the step alone, so that a restored run keeps its bits.
    space.coarse = None;
    let mut at = u.clone();
    let mut before = f64::INFINITY;
    let mut forcing = FIRST_FORCING;
    let mut positive = false;
    let mut first_internal = 0.0_f64;
    report.converged = false;
    for _ in 0..=solver.newton_count_max {
        let totals = problem.tangent(&at, positive, space);
        if !totals.energy_j.is_finite() {
            return Ok(());
        }
        let (load, internal) = problem.residual(&at, space);
        first_internal = first_internal.max(internal);
        let size = norm(space.residual.as_flattened());
        let gap = led_gap(problem, &at);
        let scale = if load > 0.0 { load } else { first_internal };
        report.residual_relative = if size == 0.0 { 0.0 } else { size / scale };
        report.det_min = totals.det[0];
        report.det_max = totals.det[1];
        if gap.is_none() && size <= (solver.residual_relative * scale).max(problem.rounding(&at, &space.matrix)) {
            report.converged = true;
            break;
        }
        if before.is_finite() {
            let ratio = size / before;
            forcing = (0.9 * ratio * ratio).clamp((0.3 * solver.residual_relative * scale / size).min(FIRST_FORCING), FIRST_FORCING);
        }
        before = size;
        let solved = linear_solve(problem, &at, gap.as_deref(), forcing, space)?;
        report.newton_count += 1;
        report.pcg_count += solved.iteration_count;
        let slope = sum_products(&space.residual, &space.increment);
        if solved.negative_curvature || (gap.is_none() && !(slope < 0.0)) {
            if positive {
                return Ok(());
            }
            positive = true;
            report.projected_count += 1;
            before = f64::INFINITY;
            continue;
        }
        positive = false;
        if let Some(gap) = &gap {
            for (d, g) in space.increment.as_flattened_mut().iter_mut().zip(gap.as_flattened()) {
                *d += g;
            }
            before = f64::INFINITY;
            forcing = FIRST_FORCING;
        }
        let Some(length) = line_search(problem, &at, &totals, gap.is_some(), slope, space, report) else { return Ok(()) };
        std::mem::swap(&mut at, &mut space.trial);
        let largest = space.increment.as_flattened().iter().fold(0.0_f64, |m, d| m.max(d.abs())) * length;
        if largest <= solver.step_m && gap.is_none() && length == 1.0 {
            let totals = problem.tangent(&at, false, space);
            problem.residual(&at, space);
            report.residual_relative = norm(space.residual.as_flattened()) / scale;
            report.det_min = totals.det[0];
            report.det_max = totals.det[1];
            report.converged = true;
            break;
        }
    }
    if report.converged {
        std::mem::swap(u, &mut at);
    }
    Ok(())
}

/// Halve the step until the energy falls and nothing is turned inside out; the trial is left in the workspace.
///
/// A step that leads held nodes has no energy to compare with: it is taken whole or not at all.
fn line_search(
    problem: &Problem<'_>,
    at: &[[f64; 3]],
    totals: &Totals,
    leads: bool,
    slope: f64,
    space: &mut FemWorkspace,
    report: &mut FemOutput,
) -> Option<f64> {
    let (energy, size) = problem.energy(totals, at);
    let rounding = problem.energy_rounding(&space.matrix);
    // The pressure counts as a dead load during the search.
    let follower: Vec<[f64; 3]> = if problem.pressure_pa == 0.0 {
        Vec::new()
    } else {
        let mut pressed = vec![[0.0; 3]; at.len()];
        add_pressure(problem.model, problem.pressure_pa, at, &mut pressed, None);
        pressed
    };
    let pressed = if follower.is_empty() { 0.0 } else { sum_products(&follower, &space.increment) };
    let mut length = 1.0;
    for _ in 0..BACKTRACK_MAX {
        for ((t, a), d) in space.trial.as_flattened_mut().iter_mut().zip(at.as_flattened()).zip(space.increment.as_flattened()) {
            *t = a + length * d;
        }
        let mut into = Into { force: &mut space.force, matrix: None };
        let tried = assemble(problem.model, problem.past, &space.trial, Want::Energy, &mut into, &mut space.buffers);
        let (trial_energy, trial_size) = problem.energy(&tried, &space.trial);
        let allowed = trial_energy.is_finite() && !(tried.det[0] <= 0.0);
        if leads {
            return allowed.then_some(1.0);
        }
        let bound = energy + ARMIJO * length * slope + ROUNDING * (size + trial_size) + rounding;
        if allowed && trial_energy - length * pressed <= bound {
            return Some(length);
        }
        report.backtrack_count += 1;
        length *= 0.5;
    }
    None
}
