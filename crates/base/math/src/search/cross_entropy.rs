//! A normal law that follows the best draws.

use proband_core::Stream;

use super::evaluate::reflect;
use super::{Found, Objective, SearchError};
use crate::stats::Moments;

/// Minimise by the cross-entropy method: draw, keep the best fifth, move mean and deviations to them, smoothed by 0.7; begin anew
/// when the law has shrunk to a point.
///
/// # Source
/// Rubinstein & Kroese 2004, The Cross-Entropy Method, ch. 5.
/// # Errors
/// [`SearchError::NotANumber`].
pub fn cross_entropy_search(mut objective: Objective<'_>, stream: &mut Stream) -> Result<Found, SearchError> {
    let d = objective.range().dimension();
    let count = (10 + 5 * d).min(200);
    let elite = (count / 5).max(2);
    while !objective.done() {
        let (mut mean, mut sd) = (vec![0.5; d], vec![0.5; d]);
        let mut first = true;
        while !objective.done() && sd.iter().any(|s| *s > 1e-5) {
            let mut units = Vec::with_capacity(count);
            for _ in 0..count {
                // The first generation is uniform: a normal law about the middle would leave the corners out.
                let u: Vec<f64> = if first {
                    objective.range().draw_unit(stream)
                } else {
                    mean.iter().zip(&sd).map(|(m, s)| reflect(m + s * stream.normal())).collect()
                };
                units.push(u);
            }
            let mut draws: Vec<(f64, Vec<f64>)> = objective.at_units(&units)?.into_iter().zip(units).collect();
            first = false;
            draws.sort_by(|a, b| a.0.total_cmp(&b.0));
            for i in 0..d {
                let values: Vec<f64> = draws[..elite].iter().map(|d| d.1[i]).collect();
                let m = Moments::of(&values);
                mean[i] += 0.7 * (m.mean - mean[i]);
                sd[i] += 0.7 * (m.sd() - sd[i]);
            }
        }
    }
    Ok(objective.finish())
}
