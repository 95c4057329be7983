//! Least squares by Levenberg and Marquardt.

use nalgebra::{Cholesky, DMatrix, DVector};
use proband_core::{Stream, ops};

use super::error::{InferError, range};

/// When to stop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LeastSquaresOptions {
    /// Most evaluations of the Jacobian.
    pub iteration_count_max: u32,
    /// Stop when a step changes every parameter by less than this, relative.
    pub tolerance: f64,
    /// Relative step of the differences.
    pub difference: f64,
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct LeastSquaresFit {
    /// Parameters.
    pub parameters: Vec<f64>,
    /// Σ r².
    pub sum_of_squares: f64,
    /// (JᵀJ)⁻¹·Σr²/(m − n), shape [parameter, parameter]; nothing where JᵀJ is singular.
    pub covariance: Option<DMatrix<f64>>,
    /// Singular values of the Jacobian, falling: the ratio of last to first tells what the data cannot identify.
    pub singular_values: Vec<f64>,
    /// Iterations used.
    pub iteration_count: u32,
    /// Whether the tolerance was met before the iterations ran out.
    pub converged: bool,
}

/// Fit parameters so that Σ r(x)² is least.
///
/// # Source
/// Levenberg 1944, Q Appl Math 2:164; Marquardt 1963, SIAM J 11:431; damping of Nielsen 1999, IMM-REP-1999-05.
/// # Errors
/// [`InferError`] when residuals at the start are not finite or fewer than the parameters.
pub fn levenberg_marquardt(
    start: &[f64],
    options: &LeastSquaresOptions,
    residuals: impl Fn(&[f64]) -> Vec<f64>,
) -> Result<LeastSquaresFit, InferError> {
    range("difference", options.difference, 1e-12, 0.1)?;
    let mut x = start.to_vec();
    let mut r = DVector::from_vec(residuals(&x));
    if r.iter().any(|v| !v.is_finite()) {
        return Err(InferError::NotFinite { name: "the residuals at the start" });
    }
    if r.len() < x.len() {
        return Err(InferError::Size { name: "residuals", found: r.len(), expected: x.len() });
    }
    let mut jacobian = differences(&x, r.len(), options.difference, &residuals)?;
    let mut damping = 1e-3 * (jacobian.transpose() * &jacobian).diagonal().max();
    let (mut grow, mut converged, mut iteration_count) = (2.0, false, 0);
    while iteration_count < options.iteration_count_max && !converged {
        iteration_count += 1;
        let normal = jacobian.transpose() * &jacobian;
        let gradient = jacobian.transpose() * &r;
        let damped = &normal + DMatrix::identity(x.len(), x.len()) * damping;
        let step = Cholesky::new(damped).map(|c| -c.solve(&gradient));
        let Some(step) = step.filter(|s| s.iter().all(|v| v.is_finite())) else {
            damping *= grow;
            grow *= 2.0;
            continue;
        };
        converged = step.iter().zip(&x).all(|(s, x)| s.abs() <= options.tolerance * (x.abs() + options.tolerance));
        let next: Vec<f64> = x.iter().zip(step.iter()).map(|(x, s)| x + s).collect();
        let there = DVector::from_vec(residuals(&next));
        let promised = step.dot(&(&step * damping - &gradient));
        let gained = (r.norm_squared() - there.norm_squared()) / promised.max(f64::MIN_POSITIVE);
        if there.iter().all(|v| v.is_finite()) && gained > 0.0 {
            (x, r) = (next, there);
            jacobian = differences(&x, r.len(), options.difference, &residuals)?;
            let factor = 2.0 * gained - 1.0;
            damping *= (1.0 - factor * factor * factor).max(1.0 / 3.0);
            grow = 2.0;
        } else {
            damping *= grow;
            grow *= 2.0;
        }
    }
    let freedom = (r.len() - x.len()).max(1) as f64;
    let covariance = Cholesky::new(jacobian.transpose() * &jacobian).map(|c| c.inverse() * (r.norm_squared() / freedom));
    let mut singular_values: Vec<f64> = jacobian.singular_values().iter().copied().collect();
    singular_values.sort_by(|a, b| b.total_cmp(a));
    Ok(LeastSquaresFit { parameters: x, sum_of_squares: r.norm_squared(), covariance, singular_values, iteration_count, converged })
}

fn differences(x: &[f64], rows: usize, relative: f64, residuals: &impl Fn(&[f64]) -> Vec<f64>) -> Result<DMatrix<f64>, InferError> {
    let mut jacobian = DMatrix::zeros(rows, x.len());
    for i in 0..x.len() {
        let h = relative * x[i].abs().max(relative);
        let at = |value: f64| {
            let mut moved = x.to_vec();
            moved[i] = value;
            DVector::from_vec(residuals(&moved))
        };
        let (up, down) = (at(x[i] + h), at(x[i] - h));
        if up.len() != rows || down.len() != rows {
            return Err(InferError::Size { name: "residuals", found: up.len().min(down.len()), expected: rows });
        }
        let column = (up - down) / (2.0 * h);
        if column.iter().any(|v| !v.is_finite()) {
            return Err(InferError::NotFinite { name: "the residuals near a parameter" });
        }
        jacobian.set_column(i, &column);
    }
    Ok(jacobian)
}

/// The best of several fits: from `start` and from `extra` starts at factors e^(spread·normal) of it.
///
/// # Errors
/// Those of [`levenberg_marquardt`] at `start`; starts drawn at random that fail are passed over.
pub fn multi_start(
    start: &[f64],
    spread: f64,
    extra: u32,
    options: &LeastSquaresOptions,
    stream: &mut Stream,
    residuals: impl Fn(&[f64]) -> Vec<f64>,
) -> Result<LeastSquaresFit, InferError> {
    let mut best = levenberg_marquardt(start, options, &residuals)?;
    for _ in 0..extra {
        let from: Vec<f64> = start.iter().map(|x| x * ops::exp(spread * stream.normal())).collect();
        if let Ok(fit) = levenberg_marquardt(&from, options, &residuals)
            && fit.sum_of_squares < best.sum_of_squares
        {
            best = fit;
        }
    }
    Ok(best)
}
