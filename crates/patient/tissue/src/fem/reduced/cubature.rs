//! Elements that stand for all, with their weights.

use super::super::element::{Answer, Want};
use super::super::model::{FemModel, Part, Set, for_set};
use super::super::shape::ElementSet;
use super::super::solve::FemWorkspace;
use super::dense::{cholesky, solve};
use super::{CANDIDATE_COUNT_MAX, ReducedSpec, full_force};
use crate::TissueError;

/// Part, element and weight of what was chosen, and what error it leaves [1].
pub(super) struct Chosen {
    pub(super) elements: Vec<(usize, usize, f64)>,
    pub(super) error: f64,
}

/// Least squares with weights that are not negative: the active-set method of Lawson & Hanson 1974 (Solving least squares problems,
/// Prentice-Hall, ch. 23), stopped at the error that is asked for.
pub(super) fn choose(
    model: &FemModel,
    states_m: &[Vec<[f64; 3]>],
    modes: &[f64],
    mode_count: usize,
    spec: ReducedSpec,
) -> Result<Chosen, TissueError> {
    let candidates = candidates(model);
    let (columns, right) = works(model, states_m, modes, mode_count, &candidates);
    let size = right.iter().map(|b| b * b).sum::<f64>().sqrt();
    if !(size > 0.0) {
        return Err(TissueError::Contradiction { field: "states_m", what: "no state stores energy that a law allows".into() });
    }
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    let mut weights = vec![0.0; candidates.len()];
    let (mut active, mut rest): (Vec<usize>, Vec<f64>) = (Vec::new(), right.clone());
    let mut error = 1.0;
    while error > spec.work_error && active.len() < spec.element_count_max as usize {
        let gains: Vec<f64> = columns.iter().map(|c| dot(c, &rest)).collect();
        let best = (0..columns.len()).filter(|k| !active.contains(k)).fold(None, |b: Option<usize>, k| match b {
            Some(o) if gains[o] >= gains[k] => Some(o),
            _ => Some(k),
        });
        let Some(best) = best.filter(|&k| gains[k] > 0.0) else { break };
        active.push(best);
        loop {
            let n = active.len();
            let mut gram: Vec<f64> =
                active.iter().flat_map(|&i| active.iter().map(|&j| dot(&columns[i], &columns[j])).collect::<Vec<_>>()).collect();
            let ridge = 1e-12 * (0..n).map(|i| gram[i * n + i]).fold(0.0, f64::max);
            (0..n).for_each(|i| gram[i * n + i] += ridge);
            let mut x: Vec<f64> = active.iter().map(|&i| dot(&columns[i], &right)).collect();
            if !cholesky(&mut gram, n) {
                active.pop();
                break;
            }
            solve(&gram, n, &mut x);
            if x.iter().all(|v| *v > 0.0) {
                active.iter().zip(&x).for_each(|(&k, v)| weights[k] = *v);
                break;
            }
            // Go towards x until the first weight vanishes, and drop that element.
            let step = active.iter().zip(&x).filter(|(_, v)| **v <= 0.0).map(|(&k, v)| weights[k] / (weights[k] - v)).fold(1.0, f64::min);
            for (&k, v) in active.iter().zip(&x) {
                weights[k] += step * (v - weights[k]);
            }
            active.retain(|&k| {
                if weights[k] <= 1e-14 {
                    weights[k] = 0.0;
                }
                weights[k] > 0.0
            });
            if active.is_empty() {
                break;
            }
        }
        rest.copy_from_slice(&right);
        for &k in &active {
            let w = weights[k];
            rest.iter_mut().zip(&columns[k]).for_each(|(r, c)| *r -= w * c);
        }
        let now = dot(&rest, &rest).sqrt() / size;
        if !(now < error) && gains[best] <= 1e-14 * size {
            break;
        }
        error = now;
    }
    let mut elements: Vec<(usize, usize, f64)> = active.iter().map(|&k| (candidates[k].0, candidates[k].1, weights[k])).collect();
    elements.sort_by_key(|e| (e.0, e.1));
    Ok(Chosen { elements, error })
}

/// Part and element of every candidate.
fn candidates(model: &FemModel) -> Vec<(usize, usize)> {
    let all: Vec<(usize, usize)> =
        model.parts.iter().enumerate().flat_map(|(p, part)| (0..for_set!(&part.set, s => s.nodes.len())).map(move |e| (p, e))).collect();
    let stride = all.len().div_ceil(CANDIDATE_COUNT_MAX).max(1);
    all.into_iter().step_by(stride).collect()
}

/// Work of each candidate on each mode in each state (columns), and of the whole body; each state scaled to size one.
fn works(
    model: &FemModel,
    states_m: &[Vec<[f64; 3]>],
    modes: &[f64],
    mode_count: usize,
    candidates: &[(usize, usize)],
) -> (Vec<Vec<f64>>, Vec<f64>) {
    let mut columns = vec![Vec::new(); candidates.len()];
    let mut right = Vec::new();
    let mut space = FemWorkspace::new(model);
    for state in states_m {
        // The nearest state that the modes can show.
        let mut amplitude = vec![0.0; mode_count];
        for (n, u) in state.iter().enumerate() {
            for k in 0..3 {
                let row = (3 * n + k) * mode_count;
                amplitude.iter_mut().zip(&modes[row..row + mode_count]).for_each(|(q, m)| *q += model.mass_kg[n] * u[k] * m);
            }
        }
        let u: Vec<[f64; 3]> = (0..state.len())
            .map(|n| {
                std::array::from_fn(|k| {
                    let row = (3 * n + k) * mode_count;
                    modes[row..row + mode_count].iter().zip(&amplitude).map(|(m, q)| m * q).sum()
                })
            })
            .collect();
        let Some(force) = full_force(model, &u, &mut space) else { continue };
        let mut whole = vec![0.0; mode_count];
        for (row, f) in force.as_flattened().iter().enumerate() {
            whole.iter_mut().zip(&modes[row * mode_count..(row + 1) * mode_count]).for_each(|(w, m)| *w += f * m);
        }
        let size = whole.iter().map(|w| w * w).sum::<f64>().sqrt();
        if !(size > 0.0) {
            continue;
        }
        right.extend(whole.iter().map(|w| w / size));
        for (column, &(part, element)) in columns.iter_mut().zip(candidates) {
            let part = &model.parts[part];
            let work = match &part.set {
                Set::Hexahedra(s) => work(s, part, element, &u, modes, mode_count),
                Set::Tetrahedra(s) => work(s, part, element, &u, modes, mode_count),
                Set::QuadraticTetrahedra(s) => work(s, part, element, &u, modes, mode_count),
            };
            column.extend(work.iter().map(|w| w / size));
        }
    }
    (columns, right)
}

fn work<const N: usize>(set: &ElementSet<N>, part: &Part, element: usize, u: &[[f64; 3]], modes: &[f64], mode_count: usize) -> Vec<f64> {
    let mut answer = Answer::NOTHING;
    set.evaluate(&part.law, part.fibres(element), None, element, u, Want::Force, &mut answer);
    let mut work = vec![0.0; mode_count];
    for (node, f) in set.nodes[element].iter().zip(&answer.force) {
        for k in 0..3 {
            let row = (3 * *node as usize + k) * mode_count;
            work.iter_mut().zip(&modes[row..row + mode_count]).for_each(|(w, m)| *w += f[k] * m);
        }
    }
    work
}
