//! Ensemble Kalman filters. An ensemble is a matrix, one member per column.

use nalgebra::{Cholesky, DMatrix, DVector, SymmetricEigen};
use proband_core::Stream;

use super::error::{InferError, size};

/// How the members are moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnsembleScheme {
    /// Each member sees the measurement with noise of its own (Burgers 1998, Mon Weather Rev 126:1719).
    Stochastic,
    /// The symmetric square root (Hunt 2007, Physica D 230:112): no noise is added.
    SquareRoot,
}

fn centre(e: &DMatrix<f64>) -> (DVector<f64>, DMatrix<f64>) {
    let mean = e.column_mean();
    let mut anomalies = e.clone();
    for mut column in anomalies.column_iter_mut() {
        column -= &mean;
    }
    (mean, anomalies)
}

fn check(e: &DMatrix<f64>, seen: &DMatrix<f64>, measured: &DVector<f64>, variance: &DVector<f64>) -> Result<(), InferError> {
    size("members that are seen", seen.ncols(), e.ncols())?;
    size("measured", measured.len(), seen.nrows())?;
    size("variance", variance.len(), measured.len())?;
    if e.ncols() < 2 {
        return Err(InferError::Size { name: "ensemble", found: e.ncols(), expected: 2 });
    }
    if variance.iter().any(|v| !(v.is_finite() && *v > 0.0)) {
        return Err(InferError::NotPositive { name: "variance of the measurement" });
    }
    if e.iter().chain(seen.iter()).chain(measured.iter()).any(|v| !v.is_finite()) {
        return Err(InferError::NotFinite { name: "an ensemble or a measurement" });
    }
    Ok(())
}

/// Learn from a measurement whose errors are independent.
///
/// `seen`: what each member would measure, shape [measurement, member]; `variance`: of each measurement.
///
/// # Errors
/// [`InferError`] for sizes that do not fit and values that are not finite.
pub fn ensemble_update(
    ensemble: &mut DMatrix<f64>,
    seen: &DMatrix<f64>,
    measured: &DVector<f64>,
    variance: &DVector<f64>,
    scheme: EnsembleScheme,
    stream: &mut Stream,
) -> Result<(), InferError> {
    check(ensemble, seen, measured, variance)?;
    let (mean, anomalies) = centre(ensemble);
    let (seen_mean, seen_anomalies) = centre(seen);
    let count = ensemble.ncols();
    let freedom = count as f64 - 1.0;
    match scheme {
        EnsembleScheme::Stochastic => {
            let mut noise = DMatrix::from_fn(measured.len(), count, |_, _| 0.0);
            for mut column in noise.column_iter_mut() {
                for (value, v) in column.iter_mut().zip(variance.iter()) {
                    *value = v.sqrt() * stream.normal();
                }
            }
            let (_, centred) = centre(&noise);
            let noise = centred * (count as f64 / freedom).sqrt();
            let covariance = &seen_anomalies * seen_anomalies.transpose() + DMatrix::from_diagonal(variance) * freedom;
            let factor = Cholesky::new(covariance).ok_or(InferError::NotPositive { name: "covariance of the measurement" })?;
            let mut innovation = noise - seen;
            for mut column in innovation.column_iter_mut() {
                column += measured;
            }
            *ensemble += anomalies * (seen_anomalies.transpose() * factor.solve(&innovation));
        }
        EnsembleScheme::SquareRoot => {
            let (weights, transform) = square_root(&seen_anomalies, &(measured - seen_mean), &variance.map(|v| 1.0 / v), freedom);
            let mut moved = &anomalies * transform;
            let mean = mean + &anomalies * weights;
            for mut column in moved.column_iter_mut() {
                column += &mean;
            }
            *ensemble = moved;
        }
    }
    Ok(())
}

/// Weights of the mean and symmetric transform of the anomalies, in the space of members.
fn square_root(seen: &DMatrix<f64>, innovation: &DVector<f64>, precision: &DVector<f64>, freedom: f64) -> (DVector<f64>, DMatrix<f64>) {
    let count = seen.ncols();
    let mut weighted = seen.clone();
    for (mut row, p) in weighted.row_iter_mut().zip(precision.iter()) {
        row *= *p;
    }
    let information = seen.transpose() * &weighted + DMatrix::identity(count, count) * freedom;
    let eigen = SymmetricEigen::new(information);
    let v = &eigen.eigenvectors;
    let gain = weighted.transpose() * innovation;
    let along = v.transpose() * gain;
    let weights = v * along.component_div(&eigen.eigenvalues);
    let mut scaled = v.clone();
    for (mut column, value) in scaled.column_iter_mut().zip(eigen.eigenvalues.iter()) {
        column *= (freedom / value).sqrt();
    }
    (weights, scaled * v.transpose())
}

/// Learn locally: each state sees measurements with a weight of its own, so that few members do not join what is far apart.
///
/// `weight(state, measurement)` in 0 to 1; measurements below 1e-3 are left out.
///
/// # Source
/// Hunt, Kostelich & Szunyogh 2007, Physica D 230:112 (LETKF), observations weighted by their precision.
/// # Errors
/// As [`ensemble_update`].
pub fn local_ensemble_update(
    ensemble: &mut DMatrix<f64>,
    seen: &DMatrix<f64>,
    measured: &DVector<f64>,
    variance: &DVector<f64>,
    weight: impl Fn(usize, usize) -> f64,
) -> Result<(), InferError> {
    check(ensemble, seen, measured, variance)?;
    let (mean, anomalies) = centre(ensemble);
    let (seen_mean, seen_anomalies) = centre(seen);
    let innovation = measured - seen_mean;
    let freedom = ensemble.ncols() as f64 - 1.0;
    for state in 0..ensemble.nrows() {
        let near: Vec<(usize, f64)> = (0..measured.len()).map(|m| (m, weight(state, m))).filter(|(_, w)| *w > 1e-3).collect();
        if near.is_empty() {
            continue;
        }
        let local = DMatrix::from_fn(near.len(), ensemble.ncols(), |r, c| seen_anomalies[(near[r].0, c)]);
        let local_innovation = DVector::from_fn(near.len(), |r, _| innovation[near[r].0]);
        let precision = DVector::from_fn(near.len(), |r, _| near[r].1.min(1.0) / variance[near[r].0]);
        let (weights, transform) = square_root(&local, &local_innovation, &precision, freedom);
        let row = anomalies.row(state);
        let shift = mean[state] + (row * weights)[0];
        let moved = row * transform;
        for (member, value) in moved.iter().enumerate() {
            ensemble[(state, member)] = shift + value;
        }
    }
    Ok(())
}

/// Spread the members around their mean by a factor.
pub fn inflate(ensemble: &mut DMatrix<f64>, factor: f64) {
    let mean = ensemble.column_mean();
    for mut column in ensemble.column_iter_mut() {
        for (value, centre) in column.iter_mut().zip(mean.iter()) {
            *value = centre + factor * (*value - centre);
        }
    }
}

/// Turn the anomalies by a random rotation that keeps mean and covariance: square-root filters otherwise collect outliers.
///
/// # Source
/// Sakov & Oke 2008, Mon Weather Rev 136:1042.
pub fn rotate(ensemble: &mut DMatrix<f64>, stream: &mut Stream) {
    let count = ensemble.ncols();
    if count < 3 {
        return;
    }
    let mut gaussian = DMatrix::from_element(count - 1, count - 1, 0.0);
    for value in gaussian.iter_mut() {
        *value = stream.normal();
    }
    let qr = gaussian.qr();
    let (mut q, r) = (qr.q(), qr.r());
    // Signs of the diagonal make the rotation uniform.
    for (mut column, i) in q.column_iter_mut().zip(0..) {
        if r[(i, i)] < 0.0 {
            column.neg_mut();
        }
    }
    let basis = basis_without_mean(count);
    let turn = &basis * q * basis.transpose();
    let (mean, anomalies) = centre(ensemble);
    let mut turned = anomalies * turn;
    for mut column in turned.column_iter_mut() {
        column += &mean;
    }
    *ensemble = turned;
}

/// Orthonormal columns across (1, …, 1): Helmert's matrix.
fn basis_without_mean(count: usize) -> DMatrix<f64> {
    DMatrix::from_fn(count, count - 1, |row, column| {
        let k = column as f64 + 1.0;
        let scale = 1.0 / (k * (k + 1.0)).sqrt();
        match row.cmp(&(column + 1)) {
            std::cmp::Ordering::Less => scale,
            std::cmp::Ordering::Equal => -k * scale,
            std::cmp::Ordering::Greater => 0.0,
        }
    })
}
