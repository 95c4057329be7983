//! Steps in time and quasi-static loads, with roll-back.

use super::assemble::{Into, PartPast, Totals, add_pressure, assemble, sum_products, sum_weighted};
use super::contact::{BodyContacts, Contacts, ROUND_COUNT_MAX, ToolPose};
use super::element::Want;
use super::model::{FemModel, for_set};
use super::solve::{FemWorkspace, Problem, minimise};
use super::spec::Integrator;
use super::state::{FemInput, FemOutput, FemState};
use crate::TissueError;
use crate::error::check;

/// Shortest and longest step [s].
const STEP_RANGE_S: [f64; 2] = [1e-9, 1e3];
/// Most parts of a step.
const PART_COUNT_MAX: f64 = 1e6;
/// Largest change of a contact force in the last round, against the largest contact force [1]; and as a multiple of the residual.
const ROUND_TOLERANCE_MAX: f64 = 1e-4;
const ROUND_TOLERANCE_PER_RESIDUAL: f64 = 1e3;

/// Move a body by one step of `step_s`.
///
/// Implicit: the energy ½ s‖u − û‖²_M + Ψ(u) − f·u is made least. A step that fails is taken back and tried in halves;
/// one that cannot be rescued leaves the last good state, marked as quarantined.
///
/// # Errors
/// [`TissueError::OutOfRange`] for a step or input out of bounds, [`TissueError::Sparse`] for a coarse problem too large.
pub fn step(
    model: &FemModel,
    state: &mut FemState,
    input: &FemInput<'_>,
    step_s: f64,
    space: &mut FemWorkspace,
) -> Result<FemOutput, TissueError> {
    check("step_s", step_s, STEP_RANGE_S[0], STEP_RANGE_S[1], "s")?;
    check_input(model, input)?;
    state.check(model)?;
    in_parts(model, state, input, Course { time_s: step_s, dynamic: true, part_count: 1 }, space)
}

/// Bring a body to rest under a load that is put on in `load_count` equal parts, halved where that is too much at once.
///
/// Inertia is left out; `time_s` passes (for viscoelastic parts), shared among the parts. Velocities become zero.
///
/// # Errors
/// As [`step`].
pub fn rest(
    model: &FemModel,
    state: &mut FemState,
    input: &FemInput<'_>,
    load_count: u32,
    time_s: f64,
    space: &mut FemWorkspace,
) -> Result<FemOutput, TissueError> {
    check("load_count", f64::from(load_count), 1.0, 1e6, "parts")?;
    check("time_s", time_s, 0.0, 1e9, "s")?;
    check_input(model, input)?;
    state.check(model)?;
    in_parts(model, state, input, Course { time_s, dynamic: false, part_count: load_count }, space)
}

/// How a step is gone through.
#[derive(Clone, Copy)]
struct Course {
    time_s: f64,
    dynamic: bool,
    part_count: u32,
}

/// Go through a step in parts. Led nodes move in proportion; loads grow in proportion in statics and are there at once in dynamics.
fn in_parts(
    model: &FemModel,
    state: &mut FemState,
    input: &FemInput<'_>,
    course: Course,
    space: &mut FemWorkspace,
) -> Result<FemOutput, TissueError> {
    let mut all = FemOutput::NOTHING;
    if state.quarantined {
        all.converged = false;
        return Ok(all);
    }
    let began: Vec<[f64; 3]> = model.held.iter().map(|(node, _)| state.displacement_m[*node as usize]).collect();
    let pressure_began_pa = state.pressure_pa;
    let poses_began = state.tool_poses.clone();
    let part_count = part_count(model, &poses_began, input.tool_poses, course)?.max(body_part_count(model, state, input, &began, course)?);
    let least = 1.0 / f64::from(part_count) * 0.5_f64.powi(model.solver.halving_count_max as i32) * 0.999;
    let mut part = 1.0 / f64::from(part_count);
    let mut poses = poses_began.clone();
    let mut done = 0.0;
    let mut led_m = vec![[0.0; 3]; model.held.len()];
    let mut forces_n = input.forces_n.to_vec();
    while done < 1.0 - 1e-12 {
        let share = if done + part > 1.0 - 1e-9 { 1.0 } else { done + part };
        for (i, led) in led_m.iter_mut().enumerate() {
            let to = input.led_m.get(i).copied().unwrap_or([0.0; 3]);
            *led = if share == 1.0 { to } else { std::array::from_fn(|k| began[i][k] + share * (to[k] - began[i][k])) };
        }
        for ((pose, from), to) in poses.iter_mut().zip(&poses_began).zip(input.tool_poses) {
            *pose = from.between(to, share);
        }
        let load = if course.dynamic { 1.0 } else { share };
        for (to, from) in forces_n.iter_mut().zip(input.forces_n) {
            to.1 = from.1.map(|v| load * v);
        }
        let scaled = FemInput {
            gravity_m_per_s2: input.gravity_m_per_s2.map(|g| load * g),
            led_m: &led_m,
            forces_n: &forces_n,
            pressure_pa: pressure_began_pa + load * (input.pressure_pa - pressure_began_pa),
            tool_poses: &poses,
        };
        let one = attempt(model, state, &scaled, course.time_s * (share - done), course.dynamic, space)?;
        join(&mut all, &one);
        if one.converged {
            done = share;
        } else if 0.5 * part < least {
            state.quarantined = true;
            all.converged = false;
            break;
        } else {
            part *= 0.5;
            all.halving_count += 1;
        }
    }
    Ok(all)
}

/// Parts of a step: as many as asked for, and so many that no tool moves further at once than half its thickness.
fn part_count(model: &FemModel, from: &[ToolPose], to: &[ToolPose], course: Course) -> Result<u32, TissueError> {
    let mut count = f64::from(course.part_count);
    for ((tool, from), to) in model.tools.iter().zip(from).zip(to) {
        let way: f64 = from.position_m.iter().zip(&to.position_m).map(|(a, b)| (a - b) * (a - b)).sum();
        count = count.max((way.sqrt() / tool.shape.travel_max_m()).ceil());
    }
    check("parts of a step by the way of a tool", count, 1.0, PART_COUNT_MAX, "parts")?;
    Ok(count as u32)
}

/// Parts of a step in which no surface that may touch another moves further at once than a fifth of that surface's least edge.
fn body_part_count(
    model: &FemModel,
    state: &FemState,
    input: &FemInput<'_>,
    began_m: &[[f64; 3]],
    course: Course,
) -> Result<u32, TissueError> {
    let mut count = 1.0_f64;
    let led = input.led_m.iter().zip(began_m).map(|(to, from)| size_of(std::array::from_fn(|k| to[k] - from[k]))).fold(0.0, f64::max);
    for surface in &model.surfaces {
        let mut way_m = led;
        if course.dynamic {
            let nodes = surface.nodes.iter().chain(surface.triangles.iter().flatten().flatten());
            let speed = nodes.map(|n| size_of(state.velocity_m_per_s[*n as usize])).fold(0.0, f64::max);
            way_m += course.time_s * (speed + course.time_s * size_of(input.gravity_m_per_s2));
        }
        count = count.max((5.0 * way_m / surface.reach_m).ceil());
    }
    check("parts of a step by the way of a surface", count, 1.0, PART_COUNT_MAX, "parts")?;
    Ok(count as u32)
}

fn size_of(v: [f64; 3]) -> f64 {
    v.iter().map(|v| v * v).sum::<f64>().sqrt()
}

fn join(all: &mut FemOutput, one: &FemOutput) {
    all.newton_count += one.newton_count;
    all.pcg_count += one.pcg_count;
    all.backtrack_count += one.backtrack_count;
    all.projected_count += one.projected_count;
    all.contact_round_count += one.contact_round_count;
    if one.converged {
        all.residual_relative = one.residual_relative;
        (all.det_min, all.det_max) = (one.det_min, one.det_max);
        (all.elastic_j, all.kinetic_j) = (one.elastic_j, one.kinetic_j);
        all.work_j += one.work_j;
        all.loss_j += one.loss_j;
        all.unbalanced_j += one.unbalanced_j;
        all.friction_j += one.friction_j;
        (all.touch_count, all.penetration_m) = (one.touch_count, one.penetration_m);
    }
}

/// û, and s [1/s²]; zero for statics.
fn predict(model: &FemModel, state: &FemState, step_s: f64, dynamic: bool) -> (Vec<[f64; 3]>, f64) {
    let (u, v, h) = (&state.displacement_m, &state.velocity_m_per_s, step_s);
    if !dynamic {
        return (u.clone(), 0.0);
    }
    let nodes = |of: &dyn Fn(usize, usize) -> f64| (0..u.len()).map(|n| std::array::from_fn(|k| of(n, k))).collect();
    match scheme(model, state, step_s) {
        Integrator::BackwardEuler => (nodes(&|n, k| u[n][k] + h * v[n][k]), 1.0 / (h * h)),
        Integrator::Bdf2 => {
            let (u0, v0) = (&state.displacement_before_m, &state.velocity_before_m_per_s);
            let past = |n: usize, k: usize| (4.0 * u[n][k] - u0[n][k]) / 3.0 + 2.0 * h / 9.0 * (4.0 * v[n][k] - v0[n][k]);
            (nodes(&past), 2.25 / (h * h))
        }
        Integrator::Newmark => {
            let a = &state.acceleration_m_per_s2;
            (nodes(&|n, k| u[n][k] + h * v[n][k] + 0.25 * h * h * a[n][k]), 4.0 / (h * h))
        }
    }
}

/// The scheme of this step: BDF2 needs a step of the same length behind it.
fn scheme(model: &FemModel, state: &FemState, step_s: f64) -> Integrator {
    match model.integrator {
        Integrator::Bdf2 if (state.last_step_s - step_s).abs() > 1e-9 * step_s => Integrator::BackwardEuler,
        other => other,
    }
}

/// One try; the state changes only if it converges.
fn attempt(
    model: &FemModel,
    state: &mut FemState,
    input: &FemInput<'_>,
    step_s: f64,
    dynamic: bool,
    space: &mut FemWorkspace,
) -> Result<FemOutput, TissueError> {
    let mut report = FemOutput::NOTHING;
    let past = past(model, state, step_s);
    let mut dead_n: Vec<[f64; 3]> = model.mass_kg.iter().map(|m| input.gravity_m_per_s2.map(|g| m * g)).collect();
    for (node, f) in input.forces_n {
        for k in 0..3 {
            dead_n[*node as usize][k] += f[k];
        }
    }
    let mut force = vec![[0.0; 3]; dead_n.len()];
    let elastic = |u: &[[f64; 3]], past: &[Option<PartPast>], want: Want, force: &mut [[f64; 3]], space: &mut FemWorkspace| -> Totals {
        assemble(model, past, u, want, &mut Into { force, matrix: None }, &mut space.buffers)
    };
    if dynamic && model.integrator == Integrator::Newmark && state.last_step_s == 0.0 {
        elastic(&state.displacement_m, &past, Want::Force, &mut force, space);
        start_acceleration(model, state, input, &dead_n, &force);
    }
    let (predicted_m, inertia_per_s2) = predict(model, state, step_s, dynamic);
    let mut problem = Problem {
        model,
        past: &past,
        inertia_per_s2,
        predicted_m: &predicted_m,
        dead_n: &dead_n,
        pressure_pa: input.pressure_pa,
        led_m: input.led_m,
        contacts: None,
        bodies: None,
    };
    let mut u = state.displacement_m.clone();
    touch(&mut problem, state, input.tool_poses, &mut u, space, &mut report)?;
    if !report.converged || u.iter().flatten().any(|v| !v.is_finite()) {
        report.converged = false;
        return Ok(report);
    }
    let elastic_before = elastic(&state.displacement_m, &[], Want::Energy, &mut force, space).energy_j;
    report.elastic_j = elastic(&u, &[], Want::Energy, &mut force, space).energy_j;
    elastic(&u, &past, Want::Force, &mut force, space);
    let bdf2 = scheme(model, state, step_s) == Integrator::Bdf2;
    let euler = scheme(model, state, step_s) == Integrator::BackwardEuler;
    let (mut v, mut a) = (vec![[0.0; 3]; u.len()], vec![[0.0; 3]; u.len()]);
    if dynamic {
        for n in 0..u.len() {
            for k in 0..3 {
                let (u0, v0) = (state.displacement_m[n][k], state.velocity_m_per_s[n][k]);
                a[n][k] = inertia_per_s2 * (u[n][k] - predicted_m[n][k]);
                v[n][k] = if bdf2 {
                    (3.0 * u[n][k] - 4.0 * u0 + state.displacement_before_m[n][k]) / (2.0 * step_s)
                } else if euler {
                    (u[n][k] - u0) / step_s
                } else {
                    v0 + 0.5 * step_s * (state.acceleration_m_per_s2[n][k] + a[n][k])
                };
            }
        }
    }
    let contact = contact_forces(&problem, &u, &mut report);
    if dynamic && !bdf2 && !euler {
        even_out(model, &Load { input, dead_n: &dead_n, contact: &contact }, &u, &force, &mut a, &mut v, step_s);
    }
    balance(
        model,
        state,
        input,
        &Moved { contact: &contact, u: &u, v: &v, a: &a, force: &force, dead_n: &dead_n, euler, elastic_before },
        &mut report,
    );
    remember(model, state, &u, step_s);
    state.displacement_before_m = std::mem::replace(&mut state.displacement_m, u);
    state.velocity_before_m_per_s = std::mem::replace(&mut state.velocity_m_per_s, v);
    state.acceleration_m_per_s2 = a;
    state.last_step_s = if dynamic { step_s } else { 0.0 };
    state.pressure_pa = input.pressure_pa;
    if let Some(contacts) = &problem.contacts {
        state.touches = contacts.touches(&state.displacement_m);
    }
    if let Some(bodies) = &problem.bodies {
        state.body_touches = bodies.touches();
    }
    report.touch_count = (state.touches.len() + state.body_touches.len()) as u32;
    state.tool_poses.copy_from_slice(input.tool_poses);
    Ok(report)
}

/// Minimise, in rounds of the multipliers if there are tools.
fn touch<'a>(
    problem: &mut Problem<'a>,
    state: &FemState,
    poses: &[ToolPose],
    u: &mut Vec<[f64; 3]>,
    space: &mut FemWorkspace,
    report: &mut FemOutput,
) -> Result<(), TissueError> {
    let model = problem.model;
    let tools = !model.tools.is_empty() && !model.contact_nodes.is_empty();
    if !tools && model.surfaces.is_empty() {
        return minimise(problem, u, space, report);
    }
    problem.tangent(u, false, space);
    problem.contacts = tools.then(|| Contacts::new(model, state, poses, problem.predicted_m, space.matrix()));
    problem.bodies = (!model.surfaces.is_empty()).then(|| BodyContacts::new(model, state, problem.predicted_m, space.matrix()));
    let tolerance = (ROUND_TOLERANCE_PER_RESIDUAL * model.solver.residual_relative).min(ROUND_TOLERANCE_MAX);
    for _ in 0..ROUND_COUNT_MAX {
        report.contact_round_count += 1;
        minimise(problem, u, space, report)?;
        if !report.converged {
            return Ok(());
        }
        let by_tools = problem.contacts.as_mut().map_or(0.0, |c| c.renew(u));
        let by_bodies = problem.bodies.as_mut().map_or(0.0, |c| c.renew(u));
        if by_tools.max(by_bodies) <= tolerance {
            return Ok(());
        }
    }
    report.converged = false;
    Ok(())
}

/// M a = f − internal force on free unknowns.
fn start_acceleration(model: &FemModel, state: &mut FemState, input: &FemInput<'_>, dead_n: &[[f64; 3]], force: &[[f64; 3]]) {
    let mut load = dead_n.to_vec();
    add_pressure(model, input.pressure_pa, &state.displacement_m, &mut load, None);
    for n in 0..load.len() {
        for k in 0..3 {
            state.acceleration_m_per_s2[n][k] = if model.fixed[n][k] { 0.0 } else { (load[n][k] - force[n][k]) / model.mass_kg[n] };
        }
    }
}

/// Forces of tools and other bodies on the nodes [N]; how deep they are in and what friction takes goes to the report.
fn contact_forces(problem: &Problem<'_>, u: &[[f64; 3]], report: &mut FemOutput) -> Vec<[f64; 3]> {
    let mut contact = vec![[0.0; 3]; u.len()];
    if let Some(contacts) = &problem.contacts {
        contacts.add(u, &mut contact, None);
        report.penetration_m = contacts.penetration_m(u);
        report.friction_j = contacts.friction_loss_j(u);
    }
    if let Some(bodies) = &problem.bodies {
        bodies.add(u, &mut contact, None);
        report.penetration_m = report.penetration_m.max(bodies.penetration_m(u));
        report.friction_j += bodies.friction_loss_j(u);
    }
    contact
}

/// What acts on a body from outside.
struct Load<'a> {
    input: &'a FemInput<'a>,
    dead_n: &'a [[f64; 3]],
    contact: &'a [[f64; 3]],
}

/// Take the net force that the residual, and rounding of positions far from rest, leave open out of the acceleration: a body that nothing
/// holds along an axis keeps its momentum along it to rounding, however many steps it makes.
fn even_out(model: &FemModel, load: &Load<'_>, u: &[[f64; 3]], force: &[[f64; 3]], a: &mut [[f64; 3]], v: &mut [[f64; 3]], step_s: f64) {
    let mut acting = load.dead_n.to_vec();
    add_pressure(model, load.input.pressure_pa, u, &mut acting, None);
    let mass_kg: f64 = model.mass_kg.iter().sum();
    for k in 0..3 {
        if model.fixed.iter().any(|fixed| fixed[k]) {
            continue;
        }
        let open: f64 = (0..u.len()).map(|n| model.mass_kg[n] * a[n][k] + force[n][k] - acting[n][k] - load.contact[n][k]).sum();
        for (a, v) in a.iter_mut().zip(v.iter_mut()) {
            a[k] -= open / mass_kg;
            v[k] -= 0.5 * step_s * open / mass_kg;
        }
    }
}

/// The end of a step.
struct Moved<'a> {
    contact: &'a [[f64; 3]],
    u: &'a [[f64; 3]],
    v: &'a [[f64; 3]],
    a: &'a [[f64; 3]],
    force: &'a [[f64; 3]],
    dead_n: &'a [[f64; 3]],
    euler: bool,
    elastic_before: f64,
}

/// Energy, work and loss of a step. Backward Euler's loss is computed on its own, so that the balance checks the solver;
/// for the other schemes the loss is what closes the balance but for the residual's work.
fn balance(model: &FemModel, state: &FemState, input: &FemInput<'_>, end: &Moved<'_>, report: &mut FemOutput) {
    let mut load = end.dead_n.to_vec();
    add_pressure(model, input.pressure_pa, end.u, &mut load, None);
    for (load, contact) in load.as_flattened_mut().iter_mut().zip(end.contact.as_flattened()) {
        *load += contact;
    }
    let moved: Vec<[f64; 3]> = end.u.iter().zip(&state.displacement_m).map(|(a, b)| std::array::from_fn(|k| a[k] - b[k])).collect();
    let kinetic_before = 0.5 * sum_weighted(&model.mass_kg, &state.velocity_m_per_s);
    report.kinetic_j = 0.5 * sum_weighted(&model.mass_kg, end.v);
    report.work_j = sum_products(&load, &moved);
    let mut left_open = 0.0;
    for n in 0..moved.len() {
        for k in 0..3 {
            let residual = model.mass_kg[n] * end.a[n][k] + end.force[n][k] - load[n][k];
            if model.fixed[n][k] {
                report.work_j += residual * moved[n][k];
            } else {
                left_open += residual * moved[n][k];
            }
        }
    }
    let change = report.kinetic_j - kinetic_before + report.elastic_j - end.elastic_before;
    if end.euler {
        let jump: Vec<[f64; 3]> = end.v.iter().zip(&state.velocity_m_per_s).map(|(a, b)| std::array::from_fn(|k| a[k] - b[k])).collect();
        let inner = sum_products(end.force, &moved);
        report.loss_j = 0.5 * sum_weighted(&model.mass_kg, &jump) + inner - (report.elastic_j - end.elastic_before);
        report.unbalanced_j = change + report.loss_j - report.work_j;
    } else {
        report.loss_j = report.work_j + left_open - change;
        report.unbalanced_j = left_open;
    }
}

/// What the memory of viscoelastic parts adds in a step.
fn past(model: &FemModel, state: &FemState, step_s: f64) -> Vec<Option<PartPast>> {
    let of = |part: &super::model::Part| {
        let per_point = part.viscosity.memory();
        (per_point > 0).then(|| {
            let memory = &state.memory_pa[part.memory_start..part.memory_start + per_point * part.point_count()];
            let stress_pa = memory.chunks_exact(per_point).map(|m| part.viscosity.past(m, step_s)).collect();
            PartPast { factor: part.viscosity.factor(step_s), stress_pa }
        })
    };
    model.parts.iter().map(of).collect()
}

/// Take the stresses at the end of a step into the memory.
fn remember(model: &FemModel, state: &mut FemState, u: &[[f64; 3]], step_s: f64) {
    for part in &model.parts {
        let per_point = part.viscosity.memory();
        if per_point == 0 {
            continue;
        }
        let memory = &mut state.memory_pa[part.memory_start..part.memory_start + per_point * part.point_count()];
        for_set!(&part.set, s => for (index, memory) in memory.chunks_exact_mut(per_point).enumerate() {
            let (element, point) = (index / s.point_count, index % s.point_count);
            let elastic = s.elastic_stress(&part.law, part.fibres(element), element, point, u);
            part.viscosity.remember(memory, elastic, step_s);
        });
    }
}

fn check_input(model: &FemModel, input: &FemInput<'_>) -> Result<(), TissueError> {
    for g in input.gravity_m_per_s2 {
        check("gravity_m_per_s2", g, -1e6, 1e6, "m/s²")?;
    }
    check("pressure_pa", input.pressure_pa, -1e12, 1e12, "Pa")?;
    for x in input.led_m.iter().flatten() {
        check("led_m", *x, -1e6, 1e6, "m")?;
    }
    if !input.led_m.is_empty() && input.led_m.len() != model.held.len() {
        let what = format!("{} displacements for {} nodes held", input.led_m.len(), model.held.len());
        return Err(TissueError::Contradiction { field: "led_m", what });
    }
    if !input.tool_poses.is_empty() && input.tool_poses.len() != model.tools.len() {
        let what = format!("{} poses for {} tools", input.tool_poses.len(), model.tools.len());
        return Err(TissueError::Contradiction { field: "tool_poses", what });
    }
    for pose in input.tool_poses {
        pose.check()?;
    }
    for (node, f) in input.forces_n {
        check("forces_n.node", f64::from(*node), 0.0, model.nodes_m.len() as f64 - 1.0, "1")?;
        for v in f {
            check("forces_n", *v, -1e12, 1e12, "N")?;
        }
    }
    Ok(())
}
