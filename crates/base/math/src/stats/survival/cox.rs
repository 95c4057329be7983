//! Proportional hazards.

use nalgebra::{DMatrix, DVector};
use proband_core::ops;
use serde::{Deserialize, Serialize};

use super::super::StatsError;
use super::super::error::{all_finite, at_least, same_length};
use super::{check_times, order};

/// Greatest number of covariates.
pub const COVARIATE_COUNT_MAX: usize = 64;
const ITERATION_COUNT_MAX: u32 = 40;
/// Change of a standardised coefficient that counts as none.
const TOLERANCE: f64 = 1e-11;
/// Standardised coefficients beyond this mean that the likelihood has no maximum.
const COEFFICIENT_MAX: f64 = 20.0;

/// Cox's model: hazard = baseline · e^(β·x). Ties by Efron's rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CoxFit {
    /// β, logarithms of hazard ratios [1 per unit of the covariate].
    pub coefficients: Vec<f64>,
    /// Standard errors from the information matrix.
    pub standard_errors: Vec<f64>,
    /// Logarithm of the partial likelihood at β.
    pub log_likelihood: f64,
    /// The same at β = 0.
    pub log_likelihood_null: f64,
    /// Iterations of Newton's method.
    pub iteration_count: u32,
}

/// Fit Cox's model by Newton's method with step halving; `covariates` has one row per patient.
///
/// # Source
/// Cox 1972, J R Stat Soc B 34:187; ties by Efron 1977, J Am Stat Assoc 72:557.
/// # Errors
/// As [`super::kaplan_meier`]; [`StatsError::Constant`] for a covariate without spread or no event,
/// [`StatsError::Singular`] for dependent covariates (or no information left), [`StatsError::TooMany`];
/// [`StatsError::NotConverged`] when a covariate separates those with events from those without.
pub fn cox_regression(times: &[f64], events: &[bool], covariates: &[Vec<f64>]) -> Result<CoxFit, StatsError> {
    check_times(times, events)?;
    same_length("covariates", covariates.len(), times.len())?;
    let width = covariates.first().map_or(0, Vec::len);
    at_least("covariates", width, 1)?;
    if width > COVARIATE_COUNT_MAX {
        return Err(StatsError::TooMany { name: "covariates", found: width, max: COVARIATE_COUNT_MAX });
    }
    at_least("patients", times.len(), width + 1)?;
    if !events.contains(&true) {
        return Err(StatsError::Constant { name: "events" });
    }
    let (z, scales) = standardised(covariates, width)?;
    let order = order(times, events);
    let partial = |beta: &DVector<f64>| likelihood(times, events, &z, &order, beta);

    let mut beta = DVector::zeros(width);
    let (mut value, mut gradient, mut information) = partial(&beta);
    let null = value;
    let mut iteration_count = 0;
    loop {
        let step = information.clone().cholesky().ok_or(StatsError::Singular { column: width })?.solve(&gradient);
        let change = step.amax();
        if change <= TOLERANCE {
            break;
        }
        if iteration_count == ITERATION_COUNT_MAX || beta.amax() > COEFFICIENT_MAX {
            return Err(StatsError::NotConverged { name: "Cox's model", iteration_count, last_change: change });
        }
        iteration_count += 1;
        let mut scale = 1.0;
        let slack = 1e-12 * (1.0 + value.abs());
        let mut next = partial(&(&beta + &step));
        // A NaN likelihood counts as worse.
        while (next.0.is_nan() || next.0 < value - slack) && scale > 1e-6 {
            scale *= 0.5;
            next = partial(&(&beta + &step * scale));
        }
        beta += step * scale;
        (value, gradient, information) = next;
    }
    let inverse = information.cholesky().ok_or(StatsError::Singular { column: width })?.inverse();
    Ok(CoxFit {
        coefficients: beta.iter().zip(&scales).map(|(b, s)| b / s).collect(),
        standard_errors: inverse.diagonal().iter().zip(&scales).map(|(v, s)| v.sqrt() / s).collect(),
        log_likelihood: value,
        log_likelihood_null: null,
        iteration_count,
    })
}

/// Covariates with mean 0 and deviation 1, and the deviations.
fn standardised(covariates: &[Vec<f64>], width: usize) -> Result<(Vec<DVector<f64>>, Vec<f64>), StatsError> {
    for row in covariates {
        same_length("a row of covariates", row.len(), width)?;
        all_finite("covariates", row)?;
    }
    let mut z = vec![DVector::zeros(width); covariates.len()];
    let mut scales = Vec::new();
    for column in 0..width {
        let values: Vec<f64> = covariates.iter().map(|r| r[column]).collect();
        let moments = super::super::Moments::of(&values);
        let sd = moments.sd();
        if !(sd > 0.0 && sd.is_finite()) {
            return Err(StatsError::Constant { name: "a covariate" });
        }
        for (row, value) in z.iter_mut().zip(&values) {
            row[column] = (value - moments.mean) / sd;
        }
        scales.push(sd);
    }
    Ok((z, scales))
}

/// Sums over the patients at risk: Σ w, Σ w x, Σ w x xᵀ.
struct Sums {
    w: f64,
    wx: DVector<f64>,
    wxx: DMatrix<f64>,
}

impl Sums {
    fn new(width: usize) -> Self {
        Self { w: 0.0, wx: DVector::zeros(width), wxx: DMatrix::zeros(width, width) }
    }

    fn add(&mut self, weight: f64, x: &DVector<f64>) {
        self.w += weight;
        self.wx.axpy(weight, x, 1.0);
        self.wxx.ger(weight, x, x, 1.0);
    }
}

/// Partial likelihood with its gradient and information, from the last time to the first.
fn likelihood(
    times: &[f64],
    events: &[bool],
    z: &[DVector<f64>],
    order: &[usize],
    beta: &DVector<f64>,
) -> (f64, DVector<f64>, DMatrix<f64>) {
    let width = beta.len();
    let (mut value, mut gradient, mut information) = (0.0, DVector::zeros(width), DMatrix::zeros(width, width));
    let mut risk = Sums::new(width);
    let mut end = order.len();
    while end > 0 {
        let time = times[order[end - 1]];
        let start = end - order[..end].iter().rev().take_while(|i| times[**i] == time).count();
        let mut tied = Sums::new(width);
        let mut d = 0.0;
        for i in &order[start..end] {
            let eta = beta.dot(&z[*i]);
            let weight = ops::exp(eta);
            risk.add(weight, &z[*i]);
            if events[*i] {
                tied.add(weight, &z[*i]);
                value += eta;
                gradient += &z[*i];
                d += 1.0;
            }
        }
        end = start;
        for l in 0..d as u32 {
            let part = f64::from(l) / d;
            let sum = risk.w - part * tied.w;
            let mean = (&risk.wx - &tied.wx * part) / sum;
            value -= ops::ln(sum);
            information += (&risk.wxx - &tied.wxx * part) / sum - &mean * mean.transpose();
            gradient -= mean;
        }
    }
    (value, gradient, information)
}

#[cfg(test)]
mod tests {
    use super::super::kaplan_meier::tests::{DRUG, PLACEBO};
    use super::*;

    /// Match lifelines 0.30.3 on Freireich's patients (Efron): 1.5721248779, error 0.4123966970, to its own stopping rule.
    #[test]
    fn freireich_is_met() {
        let (mut times, mut events): (Vec<f64>, Vec<bool>) = DRUG.iter().copied().unzip();
        times.extend(PLACEBO);
        events.extend([true; 21]);
        let arm: Vec<Vec<f64>> = (0..42).map(|i| vec![f64::from(u8::from(i >= 21))]).collect();
        let fit = cox_regression(&times, &events, &arm).unwrap();
        assert!((fit.coefficients[0] - 1.572_124_877_9).abs() < 1e-6 && (fit.standard_errors[0] - 0.412_396_697_0).abs() < 1e-6, "{fit:?}");
        assert!(fit.log_likelihood > fit.log_likelihood_null && fit.iteration_count < 10);
        // A second covariate that is noise keeps the first near.
        let two: Vec<Vec<f64>> = arm.iter().enumerate().map(|(i, a)| vec![a[0], ((i * 7) % 5) as f64 * 1e6]).collect();
        assert!((cox_regression(&times, &events, &two).unwrap().coefficients[0] - 1.57).abs() < 0.3);
    }

    /// Say so when the likelihood has no maximum, and refuse covariates without information.
    #[test]
    fn separation_is_an_error() {
        let times = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let events = [true, true, true, false, false, false];
        let rows: Vec<Vec<f64>> = (0..6).map(|i| vec![f64::from(u8::from(i < 3))]).collect();
        let found = cox_regression(&times, &events, &rows);
        assert!(matches!(found, Err(StatsError::NotConverged { .. } | StatsError::Singular { .. })), "{found:?}");
        assert!(cox_regression(&times, &events, &vec![vec![1.0]; 6]).is_err() && cox_regression(&times, &[false; 6], &rows).is_err());
        assert!(cox_regression(&times, &events, &vec![vec![f64::NAN]; 6]).is_err());
        let double: Vec<Vec<f64>> = (0..6).map(|i| vec![f64::from(i % 4), 2.0 * f64::from(i % 4)]).collect();
        assert!(cox_regression(&times, &events, &double).is_err());
    }
}
