//! Evolution with an adapted covariance.

use nalgebra::{DMatrix, DVector, SymmetricEigen};
use proband_core::{Stream, ops};

use super::evaluate::reflect;
use super::{Found, Objective, SearchError};

/// Least step, relative to the box.
const STEP_MIN: f64 = 1e-8;
/// Generations without progress after which the search begins anew.
const STALL_MAX: u32 = 25;

/// Minimise by CMA-ES with restarts of doubled population, from random starts. Coordinates are reflected into the box.
///
/// # Source
/// Hansen 2016, The CMA evolution strategy: a tutorial (arXiv 1604.00772); restarts of Auger & Hansen 2005, CEC, p. 1769.
/// # Errors
/// [`SearchError::NotANumber`].
pub fn cma_es(mut objective: Objective<'_>, stream: &mut Stream) -> Result<Found, SearchError> {
    let d = objective.range().dimension();
    let mut lambda = 4 + (3.0 * ops::ln(d as f64)).floor() as usize;
    while !objective.done() {
        // A few uniform draws choose where to start.
        let mut start = (f64::INFINITY, vec![0.5; d]);
        let units: Vec<Vec<f64>> = (0..lambda).map(|_| objective.range().draw_unit(stream)).collect();
        for (value, u) in objective.at_units(&units)?.into_iter().zip(units) {
            if value < start.0 {
                start = (value, u);
            }
        }
        descend(&mut objective, start.1, lambda, stream)?;
        lambda = (lambda * 2).min(512);
    }
    Ok(objective.finish())
}

/// Constants of the strategy.
struct Rates {
    weights: Vec<f64>,
    mu_eff: f64,
    c_sigma: f64,
    d_sigma: f64,
    c_c: f64,
    c_1: f64,
    c_mu: f64,
    /// Expected length of a standard normal vector.
    chi: f64,
}

impl Rates {
    fn new(d: usize, lambda: usize) -> Self {
        let n = d as f64;
        let mu = lambda / 2;
        let raw: Vec<f64> = (0..mu).map(|i| ops::ln(0.5 * (lambda as f64 + 1.0)) - ops::ln(i as f64 + 1.0)).collect();
        let sum: f64 = raw.iter().sum();
        let weights: Vec<f64> = raw.iter().map(|w| w / sum).collect();
        let mu_eff = 1.0 / weights.iter().map(|w| w * w).sum::<f64>();
        let c_sigma = (mu_eff + 2.0) / (n + mu_eff + 5.0);
        let c_1 = 2.0 / ((n + 1.3) * (n + 1.3) + mu_eff);
        Self {
            weights,
            mu_eff,
            c_sigma,
            d_sigma: 1.0 + 2.0 * (((mu_eff - 1.0) / (n + 1.0)).sqrt() - 1.0).max(0.0) + c_sigma,
            c_c: (4.0 + mu_eff / n) / (n + 4.0 + 2.0 * mu_eff / n),
            c_1,
            c_mu: (1.0 - c_1).min(2.0 * (mu_eff - 2.0 + 1.0 / mu_eff) / ((n + 2.0) * (n + 2.0) + mu_eff)),
            chi: n.sqrt() * (1.0 - 1.0 / (4.0 * n) + 1.0 / (21.0 * n * n)),
        }
    }
}

fn descend(objective: &mut Objective<'_>, start: Vec<f64>, lambda: usize, stream: &mut Stream) -> Result<(), SearchError> {
    let d = start.len();
    let r = Rates::new(d, lambda);
    let mut mean = DVector::from_vec(start);
    let mut sigma = 0.2;
    let mut c = DMatrix::<f64>::identity(d, d);
    let (mut p_c, mut p_sigma) = (DVector::<f64>::zeros(d), DVector::<f64>::zeros(d));
    let (mut best, mut stall, mut generation) = (f64::INFINITY, 0, 0_i32);
    while !objective.done() && sigma > STEP_MIN && stall < STALL_MAX {
        generation += 1;
        let eigen = SymmetricEigen::new(c.clone());
        let roots = eigen.eigenvalues.map(|v| v.max(1e-20).sqrt());
        let steps: Vec<DVector<f64>> = (0..lambda)
            .map(|_| {
                let z = DVector::from_fn(d, |i, _| roots[i] * stream.normal());
                &eigen.eigenvectors * z
            })
            .collect();
        let units: Vec<Vec<f64>> = steps.iter().map(|y| (0..d).map(|i| reflect(mean[i] + sigma * y[i])).collect()).collect();
        let mut draws: Vec<(f64, DVector<f64>)> = objective.at_units(&units)?.into_iter().zip(steps).collect();
        draws.sort_by(|a, b| a.0.total_cmp(&b.0));
        stall = if draws[0].0 < best - 1e-12 * best.abs() { 0 } else { stall + 1 };
        best = best.min(draws[0].0);

        let mut y_w = DVector::zeros(d);
        for (w, draw) in r.weights.iter().zip(&draws) {
            y_w.axpy(*w, &draw.1, 1.0);
        }
        mean += sigma * &y_w;
        mean.iter_mut().for_each(|x| *x = reflect(*x));
        let mut white = eigen.eigenvectors.tr_mul(&y_w);
        white.iter_mut().zip(roots.iter()).for_each(|(x, root)| *x /= root);
        let white = &eigen.eigenvectors * white;
        p_sigma = p_sigma * (1.0 - r.c_sigma) + white * (r.c_sigma * (2.0 - r.c_sigma) * r.mu_eff).sqrt();
        let length = p_sigma.norm();
        let calm = length / (1.0 - (1.0 - r.c_sigma).powi(2 * generation)).sqrt() < (1.4 + 2.0 / (d as f64 + 1.0)) * r.chi;
        let h = if calm { 1.0 } else { 0.0 };
        p_c = p_c * (1.0 - r.c_c) + &y_w * (h * (r.c_c * (2.0 - r.c_c) * r.mu_eff).sqrt());
        c *= 1.0 - r.c_1 - r.c_mu + r.c_1 * (1.0 - h) * r.c_c * (2.0 - r.c_c);
        c.ger(r.c_1, &p_c, &p_c, 1.0);
        for (w, draw) in r.weights.iter().zip(&draws) {
            c.ger(r.c_mu * w, &draw.1, &draw.1, 1.0);
        }
        sigma *= ops::exp((r.c_sigma / r.d_sigma) * (length / r.chi - 1.0)).min(2.0);
        sigma = sigma.min(1.0);
    }
    Ok(())
}
