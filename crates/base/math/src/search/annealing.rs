//! Annealing with long jumps and local search.

use proband_core::{Stream, ops};

use super::evaluate::reflect;
use super::{Found, Objective, SearchError};

/// Shape of the visiting law: long tails.
const VISIT: f64 = 2.62;
/// Shape of the acceptance.
const ACCEPT: f64 = -5.0;
/// Temperature at the start, and the share of it at which the search begins anew.
const TEMPERATURE: f64 = 5230.0;
const RESTART: f64 = 2e-5;

/// Minimise by generalised simulated annealing; each new best is followed by a pattern search.
///
/// # Source
/// Tsallis & Stariolo 1996, Physica A 233:395; Xiang, Sun, Fan & Gong 1997, Phys Lett A 233:216. The visiting law is drawn as a ratio
/// of normal values with the same tails; local search of Hooke & Jeeves 1961, J ACM 8:212.
/// # Errors
/// [`SearchError::NotANumber`].
pub fn dual_annealing(mut objective: Objective<'_>, stream: &mut Stream) -> Result<Found, SearchError> {
    let d = objective.range().dimension();
    while !objective.done() {
        let mut now = objective.range().draw_unit(stream);
        let mut value = objective.at_unit(&now)?;
        let mut best = value;
        let t1 = ops::powf(2.0, VISIT - 1.0) - 1.0;
        for k in 0.. {
            let temperature = TEMPERATURE * t1 / (ops::powf(f64::from(k) + 2.0, VISIT - 1.0) - 1.0);
            if objective.done() || temperature < TEMPERATURE * RESTART {
                break;
            }
            // All coordinates once, then each alone.
            for j in 0..2 * d {
                let mut next = now.clone();
                if j < d {
                    next.iter_mut().for_each(|x| *x = reflect(*x + visit(temperature, stream)));
                } else {
                    next[j - d] = reflect(next[j - d] + visit(temperature, stream));
                }
                let found = objective.at_unit(&next)?;
                if found < value || accepted(found - value, temperature / f64::from(k + 1), stream) {
                    (now, value) = (next, found);
                }
                if objective.done() {
                    break;
                }
            }
            if value < best {
                (now, value) = pattern_search(&mut objective, now, value)?;
                best = value;
            }
        }
    }
    Ok(objective.finish())
}

/// A jump relative to the box, with tails of |x|^(−2/(q − 1)) and a width that falls with the temperature.
fn visit(temperature: f64, stream: &mut Stream) -> f64 {
    let width = ops::powf(temperature / TEMPERATURE, 1.0 / (3.0 - VISIT));
    // Power (q − 1)/(3 − q) of a normal divisor gives the tail's exponent.
    let divisor = ops::powf(stream.normal().abs().max(1e-12), (VISIT - 1.0) / (3.0 - VISIT) * 0.5);
    (0.3 * width.max(1e-4) * stream.normal() / divisor).clamp(-1e8, 1e8)
}

/// [1 − (1 − q) Δ/T]^(1/(1 − q)) for q = −5.
fn accepted(worse: f64, temperature: f64, stream: &mut Stream) -> bool {
    let base = 1.0 - (1.0 - ACCEPT) * worse / temperature;
    base > 0.0 && stream.uniform() <= ops::powf(base, 1.0 / (1.0 - ACCEPT))
}

/// Probe along each coordinate, halve the step when nothing is better.
fn pattern_search(objective: &mut Objective<'_>, start: Vec<f64>, value: f64) -> Result<(Vec<f64>, f64), SearchError> {
    let (mut now, mut value, mut step) = (start, value, 0.05);
    while step > 1e-4 && !objective.done() {
        let before = value;
        for i in 0..now.len() {
            for sign in [1.0, -1.0] {
                let mut next = now.clone();
                next[i] = (next[i] + sign * step).clamp(0.0, 1.0);
                let found = objective.at_unit(&next)?;
                if found < value {
                    (now, value) = (next, found);
                    break;
                }
            }
        }
        if value >= before {
            step *= 0.5;
        }
    }
    Ok((now, value))
}
