//! Principal modes of some states.

use super::super::mat3::dot3;
use super::super::model::FemModel;
use super::ReducedSpec;
use super::dense::eigen;
use crate::TissueError;

/// Eigenvalue against the largest below which a mode is rounding [1].
const ROUNDING: f64 = 1e-13;

/// Modes, shape [3 × node_count, mode_count], orthonormal by mass; their number; the share left out.
///
/// Every state counts alike, whatever its size: small motions are as well kept as large ones.
pub(super) fn principal(model: &FemModel, states_m: &[Vec<[f64; 3]>], spec: ReducedSpec) -> Result<(Vec<f64>, usize, f64), TissueError> {
    let product = |a: &[[f64; 3]], b: &[[f64; 3]]| -> f64 { model.mass_kg.iter().zip(a).zip(b).map(|((m, a), b)| m * dot3(*a, *b)).sum() };
    let free = |state: &Vec<[f64; 3]>| -> Vec<[f64; 3]> {
        state.iter().zip(&model.fixed).map(|(u, f)| std::array::from_fn(|k| if f[k] { 0.0 } else { u[k] })).collect()
    };
    let mut states: Vec<Vec<[f64; 3]>> = states_m.iter().map(free).collect();
    states.retain(|s| product(s, s) > 0.0);
    if states.is_empty() {
        return Err(TissueError::Contradiction { field: "states_m", what: "nothing moves in any of them".into() });
    }
    for state in &mut states {
        let length = product(state, state).sqrt();
        state.iter_mut().flatten().for_each(|u| *u /= length);
    }
    let m = states.len();
    let mut gram = vec![0.0; m * m];
    for i in 0..m {
        for j in 0..=i {
            let p = product(&states[i], &states[j]);
            (gram[i * m + j], gram[j * m + i]) = (p, p);
        }
    }
    let (values, vectors) = eigen(&mut gram, m);
    let total: f64 = values.iter().map(|v| v.max(0.0)).sum();
    let (mut count, mut kept) = (0, 0.0);
    while count < m.min(spec.mode_count_max as usize) && values[count] > ROUNDING * values[0] && total - kept > spec.left_out * total {
        kept += values[count];
        count += 1;
    }
    let n = model.nodes_m.len();
    let mut columns: Vec<Vec<[f64; 3]>> = Vec::new();
    for k in 0..count {
        let mut mode = vec![[0.0; 3]; n];
        for (j, state) in states.iter().enumerate() {
            let w = vectors[j * m + k];
            mode.iter_mut().flatten().zip(state.as_flattened()).for_each(|(x, s)| *x += w * s);
        }
        for _ in 0..2 {
            for other in &columns {
                let p = product(&mode, other);
                mode.iter_mut().flatten().zip(other.as_flattened()).for_each(|(x, o)| *x -= p * o);
            }
        }
        let length = product(&mode, &mode).sqrt();
        mode.iter_mut().flatten().for_each(|x| *x /= length);
        columns.push(mode);
    }
    let mut modes = vec![0.0; 3 * n * count];
    for (k, column) in columns.iter().enumerate() {
        for (row, x) in column.as_flattened().iter().enumerate() {
            modes[row * count + k] = *x;
        }
    }
    Ok((modes, count, ((total - kept) / total).max(0.0)))
}
