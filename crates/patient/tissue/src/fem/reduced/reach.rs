//! How far a state is out, compared with those that were shown.

use super::super::model::FemModel;
use super::dense::{cholesky, solve};

/// Added to the second moments, of their mean [1]: a mode that was hardly shown does not divide by rounding.
const RIDGE: f64 = 1e-9;

/// Extent of the states that were shown, in amplitudes.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    /// Greatest size of each amplitude [m √kg].
    most: Vec<f64>,
    /// Factor of Σ q qᵀ; empty: no moments.
    factor: Vec<f64>,
    leverage: f64,
}

impl Shown {
    /// Amplitudes of the states by the modes' orthonormality by mass.
    pub(super) fn new(model: &FemModel, states_m: &[Vec<[f64; 3]>], modes: &[f64], mode_count: usize) -> Self {
        let r = mode_count;
        let amplitudes: Vec<Vec<f64>> = states_m
            .iter()
            .map(|state| {
                let mut q = vec![0.0; r];
                for (n, (u, m)) in state.iter().zip(&model.mass_kg).enumerate() {
                    for axis in 0..3 {
                        let row = &modes[(3 * n + axis) * r..][..r];
                        q.iter_mut().zip(row).for_each(|(q, phi)| *q += m * u[axis] * phi);
                    }
                }
                q
            })
            .collect();
        let most = (0..r).map(|k| amplitudes.iter().fold(0.0, |m: f64, q| m.max(q[k].abs()))).collect();
        let mut factor = vec![0.0; r * r];
        for q in &amplitudes {
            for i in 0..r {
                for j in 0..=i {
                    factor[i * r + j] += q[i] * q[j];
                }
            }
        }
        let trace: f64 = (0..r).map(|i| factor[i * r + i]).sum();
        (0..r).for_each(|i| factor[i * r + i] += RIDGE * trace / r as f64);
        if !cholesky(&mut factor, r) {
            factor.clear();
        }
        let mut shown = Self { most, factor, leverage: 0.0 };
        shown.leverage = amplitudes.iter().fold(0.0, |m: f64, q| m.max(shown.leverage_of(q)));
        shown
    }

    fn leverage_of(&self, amplitude: &[f64]) -> f64 {
        if self.factor.is_empty() {
            return 0.0;
        }
        let mut x = amplitude.to_vec();
        solve(&self.factor, amplitude.len(), &mut x);
        x.iter().zip(amplitude).map(|(x, q)| x * q).sum()
    }

    pub(super) fn reach(&self, amplitude: &[f64]) -> f64 {
        let greatest = self.most.iter().fold(0.0, |m: f64, v| m.max(*v));
        let by_mode = amplitude.iter().zip(&self.most).map(|(q, most)| q.abs() / most.max(RIDGE * greatest)).fold(0.0, f64::max);
        let by_leverage = if self.leverage > 0.0 { (self.leverage_of(amplitude) / self.leverage).max(0.0).sqrt() } else { 0.0 };
        by_mode.max(by_leverage)
    }
}
