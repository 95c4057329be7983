//! Intervals by resampling.

use proband_core::{Stream, ops};
use serde::{Deserialize, Serialize};

use super::error::{at_least, check_confidence};
use super::{Estimate, StatsError, normal_quantile, quantile};

/// Greatest number of replicates.
pub const REPLICATE_COUNT_MAX: u32 = 10_000_000;

/// How the ends are read off the replicates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BootstrapKind {
    /// Quantiles of the replicates.
    Percentile,
    /// Quantiles corrected for bias and acceleration; needs one more evaluation per case (jackknife).
    Bca,
}

/// Interval of any statistic of `count` exchangeable cases.
///
/// `statistic` gets the places of the cases drawn, with repetition. Replicate i draws from child i of `stream`, so that the
/// replicates may be computed anywhere in any order. Resample patients, not measurements, when patients have several.
///
/// # Source
/// Efron 1987, J Am Stat Assoc 82:171–185; Efron & Tibshirani 1993, ch. 13–14.
/// # Errors
/// [`StatsError::TooFew`] below two cases or forty replicates, [`StatsError::TooMany`], [`StatsError::Confidence`],
/// [`StatsError::NotFinite`] when the statistic is not finite on a resample; [`StatsError::Constant`] when all replicates lie on
/// one side of the estimate, where BCa has no answer.
pub fn bootstrap(
    count: u32,
    mut statistic: impl FnMut(&[u32]) -> f64,
    replicates: u32,
    kind: BootstrapKind,
    confidence: f64,
    stream: &Stream,
) -> Result<Estimate, StatsError> {
    check_confidence(confidence)?;
    at_least("cases", count as usize, 2)?;
    at_least("replicates", replicates as usize, 40)?;
    if replicates > REPLICATE_COUNT_MAX {
        return Err(StatsError::TooMany { name: "replicates", found: replicates as usize, max: REPLICATE_COUNT_MAX as usize });
    }
    let mut places: Vec<u32> = (0..count).collect();
    let value = finite(statistic(&places), 0)?;
    let mut values = Vec::with_capacity(replicates as usize);
    for replicate in 0..replicates {
        let mut draw = stream.child(replicate);
        places.iter_mut().for_each(|p| *p = draw.index(count));
        values.push(finite(statistic(&places), replicate as usize + 1)?);
    }
    let tail = 0.5 * (1.0 - confidence);
    let (low, high) = match kind {
        BootstrapKind::Percentile => (tail, 1.0 - tail),
        BootstrapKind::Bca => corrected(&values, value, acceleration(count, &mut statistic)?, tail)?,
    };
    Ok(Estimate { value, low: quantile(&values, low)?, high: quantile(&values, high)? })
}

fn finite(value: f64, index: usize) -> Result<f64, StatsError> {
    if value.is_finite() { Ok(value) } else { Err(StatsError::NotFinite { name: "statistic of a resample", index, value }) }
}

/// Σ d³ / (6 (Σ d²)^1.5) with d = mean − leave-one-out values; 0 when they do not vary.
fn acceleration(count: u32, statistic: &mut impl FnMut(&[u32]) -> f64) -> Result<f64, StatsError> {
    let mut left = Vec::with_capacity(count as usize);
    let mut places: Vec<u32> = (1..count).collect();
    for out in 0..count {
        if out > 0 {
            places[out as usize - 1] = out - 1;
        }
        left.push(finite(statistic(&places), out as usize)?);
    }
    let mean = super::Moments::of(&left).mean;
    let squares: f64 = left.iter().map(|l| (mean - l) * (mean - l)).sum();
    let cubes: f64 = left.iter().map(|l| (mean - l) * (mean - l) * (mean - l)).sum();
    Ok(if squares > 0.0 { cubes / (6.0 * squares * squares.sqrt()) } else { 0.0 })
}

fn corrected(values: &[f64], value: f64, a: f64, tail: f64) -> Result<(f64, f64), StatsError> {
    let n = values.len() as f64;
    let below = values.iter().filter(|v| **v < value).count() as f64 + 0.5 * values.iter().filter(|v| **v == value).count() as f64;
    if below == 0.0 || below == n {
        return Err(StatsError::Constant { name: "the sign of replicate less estimate" });
    }
    let bias = normal_quantile(below / n);
    let place = |z: f64| ops::normal_cdf(bias + (bias + z) / (1.0 - a * (bias + z)).max(1e-3));
    Ok((place(normal_quantile(tail)), place(normal_quantile(1.0 - tail))))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Agree with Student's interval of a mean within a few percent, and repeat to the bit.
    #[test]
    fn means_are_bounded() {
        let mut draw = Stream::new(3, 0, "bootstrap");
        let values: Vec<f64> = (0..200).map(|_| draw.normal()).collect();
        let mean = |places: &[u32]| places.iter().map(|p| values[*p as usize]).sum::<f64>() / places.len() as f64;
        let student = super::super::t_test_one_sample(&values, 0.0, 0.95).unwrap();
        for kind in [BootstrapKind::Percentile, BootstrapKind::Bca] {
            let found = bootstrap(200, mean, 4000, kind, 0.95, &draw).unwrap();
            assert!((found.low - student.low).abs() < 0.02 && (found.high - student.high).abs() < 0.02, "{found:?} {student:?}");
            assert_eq!(found, bootstrap(200, mean, 4000, kind, 0.95, &draw).unwrap());
        }
    }

    /// Leave out each case once in the jackknife: the leave-one-out means of 0, 1, 2 are 1.5, 1, 0.5.
    #[test]
    fn the_jackknife_leaves_out_each() {
        let mut seen = Vec::new();
        acceleration(3, &mut |places: &[u32]| {
            seen.push(places.iter().sum::<u32>());
            0.0
        })
        .unwrap();
        assert_eq!(seen, [3, 2, 1]);
        let stream = Stream::new(1, 0, "b");
        assert!(bootstrap(10, |_| f64::NAN, 100, BootstrapKind::Bca, 0.95, &stream).is_err());
        assert!(bootstrap(1, |_| 0.0, 100, BootstrapKind::Bca, 0.95, &stream).is_err());
        assert_eq!(bootstrap(10, |_| 2.0, 100, BootstrapKind::Bca, 0.95, &stream).unwrap().high, 2.0);
    }
}
