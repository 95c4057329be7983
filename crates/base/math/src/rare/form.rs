//! First-order reliability: the nearest point of failure.

use proband_core::ops;
use serde::{Deserialize, Serialize};

use super::{LimitState, RareError};

const ITERATION_COUNT_MAX: u32 = 200;
/// Step of the differences.
const STEP: f64 = 1e-6;

/// The design point and what it says. No interval: the error of a curved or manifold limit state is not seen from here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DesignPoint {
    /// Distance of the nearest failure from the origin, with the sign of g at the origin.
    pub beta: f64,
    /// Φ(−β): exact for a plane, and only there.
    pub probability: f64,
    /// The nearest failure, shape [dimension].
    pub point: Vec<f64>,
    /// Iterations.
    pub iteration_count: u32,
    /// Evaluations.
    pub calls: u64,
}

/// Find the design point by Hasofer, Lind, Rackwitz and Fiessler's iteration with Armijo's step; gradients by central differences.
///
/// # Source
/// Hasofer & Lind 1974; Rackwitz & Fiessler 1978, Comput Struct 9:489; merit function of Zhang & Der Kiureghian 1995.
/// # Errors
/// [`RareError::NotConverged`], [`RareError::CallsUsedUp`], [`RareError::NotANumber`].
pub fn form(state: &mut LimitState<'_>) -> Result<DesignPoint, RareError> {
    let before = state.calls();
    let d = state.dimension();
    let mut u = vec![0.0; d];
    let origin = state.at(&u)?;
    let scale = if origin.abs() > 1e-300 { origin.abs() } else { 1.0 };
    let mut g = origin;
    // A ridge at the origin has no gradient: begin a little beside it.
    for iteration_count in 1..=ITERATION_COUNT_MAX {
        let mut gradient = vec![0.0; d];
        for i in 0..d {
            let centre = u[i];
            u[i] = centre + STEP;
            let above = state.at(&u)?;
            u[i] = centre - STEP;
            gradient[i] = (above - state.at(&u)?) / (2.0 * STEP);
            u[i] = centre;
        }
        let square: f64 = gradient.iter().map(|x| x * x).sum();
        if !(square > 1e-24 * scale * scale && square.is_finite()) {
            u.iter_mut().enumerate().for_each(|(i, x)| *x += 0.1 / (1.0 + i as f64));
            g = state.at(&u)?;
            continue;
        }
        let along: f64 = gradient.iter().zip(&u).map(|(a, b)| a * b).sum();
        let target: Vec<f64> = gradient.iter().map(|a| (along - g) / square * a).collect();
        let apart: f64 = target.iter().zip(&u).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt();
        let length = norm(&u);
        if apart <= 1e-7 * (1.0 + length) && g.abs() <= 1e-7 * scale {
            let beta = if origin >= 0.0 { length } else { -length };
            return Ok(DesignPoint { beta, probability: ops::normal_cdf(-beta), point: u, iteration_count, calls: state.calls() - before });
        }
        // Merit ½|u|² + c|g| falls along the step for c above |u|/|∇g|.
        let c = 2.0 * (length / square.sqrt()).max(0.5 * norm(&target) * norm(&target) / g.abs().max(1e-12 * scale));
        let merit = |u: &[f64], g: f64| 0.5 * norm(u) * norm(u) + c * g.abs();
        let now = merit(&u, g);
        let mut step = 1.0;
        loop {
            let next: Vec<f64> = u.iter().zip(&target).map(|(a, b)| a + step * (b - a)).collect();
            let value = state.at(&next)?;
            if merit(&next, value) < now || step < 1e-3 {
                (u, g) = (next, value);
                break;
            }
            step *= 0.5;
        }
    }
    Err(RareError::NotConverged { name: "the search for the design point", iteration_count: ITERATION_COUNT_MAX })
}

fn norm(u: &[f64]) -> f64 {
    u.iter().map(|x| x * x).sum::<f64>().sqrt()
}
