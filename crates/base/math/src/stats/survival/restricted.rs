//! Mean time up to a horizon.

use serde::{Deserialize, Serialize};

use super::super::error::{check_confidence, in_range};
use super::super::{Estimate, StatsError, normal_quantile};
use super::kaplan_meier;

/// Mean time without the event within a horizon.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RestrictedMean {
    /// ∫₀^τ S(t) dt [unit of the times].
    pub mean: f64,
    /// Its standard error [unit of the times].
    pub standard_error: f64,
}

/// Restricted mean survival time up to `horizon`.
///
/// # Requires
/// A horizon within the observation, unless the curve has reached 0 before.
/// # Source
/// Irwin 1949, J Hyg 47:188; Royston & Parmar 2013, BMC Med Res Methodol 13:152 (variance by Greenwood).
/// # Errors
/// As [`super::kaplan_meier`]; [`StatsError::OutOfRange`] for a horizon beyond the last observation.
pub fn restricted_mean(times: &[f64], events: &[bool], horizon: f64) -> Result<RestrictedMean, StatsError> {
    let curve = kaplan_meier(times, events, 0.95)?;
    let ended = curve.points.last().is_some_and(|p| p.survival == 0.0);
    in_range("horizon", horizon, f64::MIN_POSITIVE, if ended { f64::MAX } else { curve.last_time })?;
    let points: Vec<_> = curve.points.iter().filter(|p| p.time <= horizon).collect();
    // Areas from the horizon backwards, so that each event meets the area behind it.
    let (mut behind, mut variance, mut end) = (0.0, 0.0, horizon);
    for point in points.iter().rev() {
        behind += point.survival * (end - point.time);
        end = point.time;
        let (n, d) = (point.at_risk as f64, point.events as f64);
        if n > d {
            variance += behind * behind * d / (n * (n - d));
        }
    }
    Ok(RestrictedMean { mean: behind + end, standard_error: variance.sqrt() })
}

/// Difference of two restricted means, first minus second, with its normal interval.
///
/// # Source
/// Royston & Parmar 2013, BMC Med Res Methodol 13:152.
/// # Errors
/// [`StatsError::Confidence`].
pub fn restricted_mean_difference(first: RestrictedMean, second: RestrictedMean, confidence: f64) -> Result<Estimate, StatsError> {
    check_confidence(confidence)?;
    let value = first.mean - second.mean;
    let half = normal_quantile(0.5 + 0.5 * confidence)
        * (first.standard_error * first.standard_error + second.standard_error * second.standard_error).sqrt();
    Ok(Estimate { value, low: value - half, high: value + half })
}

#[cfg(test)]
mod tests {
    use super::super::kaplan_meier::tests::PLACEBO;
    use super::*;

    /// Equal the mean of the clipped times when nobody is cut off, with the variance of that mean.
    #[test]
    fn without_cut_offs_it_is_the_mean() {
        let found = restricted_mean(&PLACEBO, &[true; 21], 15.0).unwrap();
        let clipped: Vec<f64> = PLACEBO.iter().map(|t| t.min(15.0)).collect();
        let mean = clipped.iter().sum::<f64>() / 21.0;
        let variance = clipped.iter().map(|t| (t - mean) * (t - mean)).sum::<f64>() / 21.0 / 21.0;
        assert!((found.mean - mean).abs() < 1e-12 && (found.standard_error - variance.sqrt()).abs() < 1e-12);
        assert!(restricted_mean(&[1.0, 2.0], &[true, false], 3.0).is_err() && restricted_mean(&[1.0, 2.0], &[true; 2], 3.0).is_ok());
        let apart = restricted_mean_difference(found, found, 0.95).unwrap();
        assert!(apart.value == 0.0 && apart.high > 0.0);
    }
}
