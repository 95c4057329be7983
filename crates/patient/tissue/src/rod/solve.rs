//! Newton's method for a rod at rest.

use proband_math::sparse::EnvelopeCholesky;

use super::element::{HALF_SINE_MAX, derivatives, energy_j, half_sine};
use super::model::{RodInput, RodModel, RodOutput, RodState};
use crate::TissueError;
use crate::error::check;

/// Newton steps per part of the load.
const NEWTON_MAX: u32 = 200;
/// Whole steps before a search along them is tried instead, and the greatest turn of a node in one [rad].
const WHOLE_MAX: u32 = 40;
const TURN_MAX: f64 = 0.7;
/// Halvings of a step.
const BACKTRACK_MAX: u32 = 40;
/// Size of a residual, against the load, at which a part is done [1]; and what rounding of places leaves, against the stiffness.
const RESIDUAL: f64 = 1e-9;
const ROUNDING: f64 = 1e-14;
/// Growth of what is added to the diagonal where the matrix is not positive [1].
const GROWTH: f64 = 10.0;

/// Bring a rod to rest under a load put on in `part_count` equal parts.
///
/// The tangent leaves out how moments follow their sections: under large moments on stiff, coarse rods the answer may be
/// `converged: false`; finer pieces or less stretch stiffness help.
///
/// # Errors
/// [`TissueError::OutOfRange`] for loads out of bounds, [`TissueError::Sparse`] for a system that cannot be made.
pub fn rod_rest(model: &RodModel, state: &mut RodState, input: &RodInput<'_>, part_count: u32) -> Result<RodOutput, TissueError> {
    check("part_count", f64::from(part_count), 1.0, 1e6, "parts")?;
    let count = model.spec.nodes_m.len();
    let mut load = vec![0.0; 6 * count];
    for (list, at, name) in [(input.forces_n, 0, "forces_n"), (input.moments_nm, 3, "moments_nm")] {
        for (node, v) in list {
            check(if at == 0 { "forces_n.node" } else { "moments_nm.node" }, f64::from(*node), 0.0, (count - 1) as f64, "1")?;
            for k in 0..3 {
                check(name, v[k], -1e12, 1e12, "N or N m")?;
                load[6 * *node as usize + at + k] += v[k];
            }
        }
    }
    let mut out = RodOutput { converged: true, residual_relative: 0.0, newton_count: 0, elastic_j: 0.0 };
    for part in 1..=part_count {
        let share = f64::from(part) / f64::from(part_count);
        let now: Vec<f64> = load.iter().map(|v| share * v).collect();
        // Whole steps first: where bending is soft and stretch is stiff they raise the energy before it falls, and a search along them
        // would crawl. Where they do not arrive, the search is sure.
        let mut next = state.clone();
        if !settle(model, &mut next, &now, true, &mut out)? {
            next = state.clone();
            if !settle(model, &mut next, &now, false, &mut out)? {
                out.converged = false;
                return Ok(out);
            }
        }
        *state = next;
    }
    out.elastic_j = (0..model.pieces.len()).map(|i| energy_j(&state.ends(i), &model.pieces[i])).sum();
    Ok(out)
}

/// Energy less the work of the dead forces; moments count as constant in the step.
fn merit(model: &RodModel, state: &RodState, load: &[f64], turned: &[f64]) -> f64 {
    let mut sum = 0.0;
    for (i, piece) in model.pieces.iter().enumerate() {
        let ends = state.ends(i);
        if !(half_sine(&ends) < HALF_SINE_MAX) {
            return f64::INFINITY;
        }
        sum += energy_j(&ends, piece);
    }
    for (node, at) in state.places_m.iter().enumerate() {
        for k in 0..3 {
            sum -= load[6 * node + k] * at[k] + load[6 * node + 3 + k] * turned[6 * node + 3 + k];
        }
    }
    sum
}

fn settle(model: &RodModel, state: &mut RodState, load: &[f64], whole: bool, out: &mut RodOutput) -> Result<bool, TissueError> {
    let n = load.len();
    let first: Vec<u32> = (0..n as u32).map(|i| 6 * (i / 6).saturating_sub(1)).collect();
    let mut factor = EnvelopeCholesky::with_envelope(first)?;
    let mut turned = vec![0.0; n];
    let size = load.iter().map(|v| v * v).sum::<f64>().sqrt();
    for _ in 0..if whole { WHOLE_MAX } else { NEWTON_MAX } {
        let mut residual: Vec<f64> = load.iter().map(|v| -v).collect();
        let mut blocks = Vec::with_capacity(model.pieces.len());
        let mut stiffest = 0.0_f64;
        for (i, piece) in model.pieces.iter().enumerate() {
            let (gradient, matrix) = derivatives(&state.ends(i), piece);
            for (k, g) in gradient.iter().enumerate() {
                residual[6 * i + k] += g;
                stiffest = stiffest.max(matrix[k][k]);
            }
            blocks.push(matrix);
        }
        for (r, fixed) in residual.iter_mut().zip(&model.fixed) {
            if *fixed {
                *r = 0.0;
            }
        }
        let left = residual.iter().map(|r| r * r).sum::<f64>().sqrt();
        out.residual_relative = if size > 0.0 { left / size } else { left };
        if left <= (RESIDUAL * size).max(ROUNDING * stiffest * model.pieces.len() as f64 * model.pieces[0].length_m) {
            return Ok(true);
        }
        let mut step = residual.iter().map(|r| -r).collect::<Vec<f64>>();
        let mut extra = 0.0;
        while !solve(model, &blocks, extra * stiffest, &mut factor, &mut step) {
            extra = if extra == 0.0 { 1e-10 } else { GROWTH * extra };
            if extra > 1.0 {
                return Ok(false);
            }
            step = residual.iter().map(|r| -r).collect();
        }
        out.newton_count += 1;
        if whole {
            let turns = (0..step.len() / 6).map(|node| (3..6).map(|k| step[6 * node + k].powi(2)).sum::<f64>().sqrt());
            let share = (TURN_MAX / turns.fold(0.0, f64::max)).min(1.0);
            let trial = moved(state, &step, share);
            if (0..model.pieces.len()).any(|i| !(half_sine(&trial.ends(i)) < HALF_SINE_MAX)) {
                return Ok(false);
            }
            *state = trial;
            continue;
        }
        let slope: f64 = residual.iter().zip(&step).map(|(r, s)| r * s).sum();
        let before = merit(model, state, load, &turned);
        let mut length = 1.0;
        let mut found = false;
        for _ in 0..BACKTRACK_MAX {
            let trial = moved(state, &step, length);
            let turned_trial: Vec<f64> = turned.iter().zip(&step).map(|(t, s)| t + length * s).collect();
            let after = merit(model, &trial, load, &turned_trial);
            let rounding = 1e-13 * (before.abs() + after.abs());
            if after.is_finite() && after <= before + 1e-4 * length * slope + rounding {
                (*state, turned, found) = (trial, turned_trial, true);
                break;
            }
            length *= 0.5;
        }
        if !found {
            return Ok(false);
        }
    }
    Ok(false)
}

fn solve(model: &RodModel, blocks: &[[[f64; 12]; 12]], extra: f64, factor: &mut EnvelopeCholesky, step: &mut [f64]) -> bool {
    factor.clear();
    for (i, block) in blocks.iter().enumerate() {
        for r in 0..12 {
            for c in 0..=r {
                let (row, column) = (6 * i + r, 6 * i + c);
                if !(model.fixed[row] || model.fixed[column]) {
                    factor.add(row, column, block[r][c]);
                }
            }
        }
    }
    for (i, fixed) in model.fixed.iter().enumerate() {
        if *fixed {
            factor.add(i, i, 1.0);
        } else if extra > 0.0 {
            factor.add(i, i, extra);
        }
    }
    if factor.factor().is_err() {
        return false;
    }
    factor.solve(step);
    step.iter().all(|v| v.is_finite())
}

/// The rod moved by a share of a step; turns are about the sections' own axes.
fn moved(state: &RodState, step: &[f64], share: f64) -> RodState {
    let mut next = state.clone();
    for (node, (place, turn)) in next.places_m.iter_mut().zip(&mut next.turns).enumerate() {
        for k in 0..3 {
            place[k] += share * step[6 * node + k];
        }
        let half: [f64; 3] = std::array::from_fn(|k| 0.5 * share * step[6 * node + 3 + k]);
        let [w, x, y, z] = *turn;
        let [a, b, c] = half;
        let made = [w - x * a - y * b - z * c, x + w * a + y * c - z * b, y + w * b + z * a - x * c, z + w * c + x * b - y * a];
        let length = made.iter().map(|v| v * v).sum::<f64>().sqrt();
        *turn = made.map(|v| v / length);
    }
    next
}
