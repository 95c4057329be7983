//! Shares of the variance.

use proband_core::Stream;
use serde::{Deserialize, Serialize};

use super::error::in_range;
use super::points::{SobolSequence, latin_hypercube};
use super::{SOBOL_DIMENSION_MAX, SensitivityError};
use crate::stats::{Estimate, quantile};

/// Greatest number of inputs.
const INPUT_COUNT_MAX: usize = 1000;

/// Where the points lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Design {
    /// Scrambled Sobol sequence; a power of two points, at most ten inputs.
    SobolSequence,
    /// Latin hypercubes, any count and number of inputs.
    LatinHypercube,
}

/// Settings of an analysis.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sobol {
    /// Base points N; the analysis takes N (k + 2) runs, or N (2k + 2) with second order.
    pub count: u32,
    /// Whether pairs are analysed.
    pub second_order: bool,
    /// Where the points lie.
    pub design: Design,
    /// Bootstrap replicates of the intervals.
    pub replicates: u32,
    /// Confidence of the intervals [1].
    pub confidence: f64,
}

/// Interaction of two inputs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SecondOrder {
    /// First input.
    pub first: u32,
    /// Second input, greater than the first.
    pub second: u32,
    /// Share of the variance that the pair alone explains, without either alone [1].
    pub index: Estimate,
}

/// What was found. A negative index is noise: read its interval.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Indices {
    /// Mean of the output.
    pub mean: f64,
    /// Variance of the output.
    pub variance: f64,
    /// First-order index of each input [1].
    pub first: Vec<Estimate>,
    /// Total index of each input [1].
    pub total: Vec<Estimate>,
    /// Pairs, when asked for.
    pub second: Vec<SecondOrder>,
    /// Runs made.
    pub calls: u64,
    /// Base points of which a run was not finite: left out as a whole and counted here, never imputed.
    pub failed_rows: u32,
}

/// Outputs of one base point: A, B, each A with one column of B, and, for pairs, each B with one column of A.
struct Row {
    a: f64,
    b: f64,
    ab: Vec<f64>,
    ba: Vec<f64>,
}

/// First-order and total indices of a function on the unit cube.
///
/// Sᵢ = E[f_B (f_ABᵢ − f_A)]/V, STᵢ = E[(f_A − f_ABᵢ)²]/(2V); outputs are taken about their mean. Intervals resample base points, which
/// for a Sobol sequence makes them too wide rather than too narrow.
///
/// # Source
/// Saltelli et al. 2010, Comput Phys Commun 181:259–270; total index of Jansen 1999, Comput Phys Commun 117:35; pairs of
/// Saltelli 2002, Comput Phys Commun 145:280.
/// # Errors
/// [`SensitivityError::OutOfRange`] for settings, [`SensitivityError::NoPowerOfTwo`], [`SensitivityError::Constant`],
/// [`SensitivityError::Failed`] when more than half of the base points hold a failed run.
pub fn sobol_indices(
    input_count: usize,
    settings: Sobol,
    function: &mut dyn FnMut(&[f64]) -> f64,
    stream: &mut Stream,
) -> Result<Indices, SensitivityError> {
    check(input_count, settings)?;
    let k = input_count;
    let points = points(k, settings, stream)?;
    let (mut rows, mut calls) = (Vec::new(), 0_u64);
    for (a, b) in &points {
        let mut run = |x: &[f64]| {
            calls += 1;
            function(x)
        };
        let swapped = |x: &[f64], y: &[f64], i: usize| {
            let mut x = x.to_vec();
            x[i] = y[i];
            x
        };
        let row = Row {
            a: run(a),
            b: run(b),
            ab: (0..k).map(|i| run(&swapped(a, b, i))).collect(),
            ba: if settings.second_order { (0..k).map(|i| run(&swapped(b, a, i))).collect() } else { Vec::new() },
        };
        let finite = row.a.is_finite() && row.b.is_finite() && row.ab.iter().chain(&row.ba).all(|v| v.is_finite());
        rows.extend(finite.then_some(row));
    }
    let failed_rows = (points.len() - rows.len()) as u32;
    if failed_rows * 2 > settings.count {
        return Err(SensitivityError::Failed { failed: failed_rows, count: settings.count });
    }
    let all: Vec<u32> = (0..rows.len() as u32).collect();
    let found = analyse(&rows, &all, k).ok_or(SensitivityError::Constant)?;
    let mut resampled = Vec::new();
    let base = stream.child(0xB007);
    for replicate in 0..settings.replicates {
        let mut draw = base.child(replicate);
        let places: Vec<u32> = all.iter().map(|_| draw.index(rows.len() as u32)).collect();
        resampled.extend(analyse(&rows, &places, k).map(|r| r.indices));
    }
    // A resample without spread would be an interval without meaning.
    in_range("resamples that vary", resampled.len() as f64, 0.5 * f64::from(settings.replicates), f64::INFINITY)?;
    let tail = 0.5 * (1.0 - settings.confidence);
    let estimate = |place: usize| -> Result<Estimate, SensitivityError> {
        let values: Vec<f64> = resampled.iter().map(|r| r[place]).collect();
        Ok(Estimate { value: found.indices[place], low: quantile(&values, tail)?, high: quantile(&values, 1.0 - tail)? })
    };
    let mut second = Vec::new();
    if settings.second_order {
        for (place, (first, other)) in pairs(k).enumerate() {
            second.push(SecondOrder { first: first as u32, second: other as u32, index: estimate(2 * k + place)? });
        }
    }
    Ok(Indices {
        mean: found.mean,
        variance: found.variance,
        first: (0..k).map(&estimate).collect::<Result<_, _>>()?,
        total: (k..2 * k).map(&estimate).collect::<Result<_, _>>()?,
        second,
        calls,
        failed_rows,
    })
}

fn check(k: usize, settings: Sobol) -> Result<(), SensitivityError> {
    in_range("number of inputs", k as f64, 1.0, INPUT_COUNT_MAX as f64)?;
    in_range("base points", f64::from(settings.count), 8.0, 1e8)?;
    in_range("bootstrap replicates", f64::from(settings.replicates), 20.0, 1e5)?;
    in_range("confidence", settings.confidence, 1e-6, 1.0 - 1e-6)?;
    if settings.design == Design::SobolSequence {
        in_range("number of inputs of a Sobol sequence", k as f64, 1.0, (SOBOL_DIMENSION_MAX / 2) as f64)?;
        if !settings.count.is_power_of_two() {
            return Err(SensitivityError::NoPowerOfTwo { count: settings.count });
        }
    }
    Ok(())
}

type Pair = (Vec<f64>, Vec<f64>);

fn points(k: usize, settings: Sobol, stream: &mut Stream) -> Result<Vec<Pair>, SensitivityError> {
    if settings.design == Design::SobolSequence {
        let sequence = SobolSequence::new(2 * k, stream)?;
        let half = |i: u32, from: usize| (from..from + k).map(|d| sequence.at(i, d)).collect();
        return Ok((0..settings.count).map(|i| (half(i, 0), half(i, k))).collect());
    }
    let (a, b) = (latin_hypercube(settings.count, k, stream), latin_hypercube(settings.count, k, stream));
    Ok(a.into_iter().zip(b).collect())
}

fn pairs(k: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..k).flat_map(move |i| (i + 1..k).map(move |j| (i, j)))
}

struct Analysis {
    mean: f64,
    variance: f64,
    /// First-order, total, then pairs.
    indices: Vec<f64>,
}

fn analyse(rows: &[Row], places: &[u32], k: usize) -> Option<Analysis> {
    let n = places.len() as f64;
    let chosen = || places.iter().map(|p| &rows[*p as usize]);
    let mean = chosen().map(|r| 0.5 * (r.a + r.b)).sum::<f64>() / n;
    let variance = chosen().map(|r| 0.5 * ((r.a - mean) * (r.a - mean) + (r.b - mean) * (r.b - mean))).sum::<f64>() / n;
    // Rounding of a constant is no variance.
    if !(variance > 1e-24 * mean * mean && variance.is_finite()) {
        return None;
    }
    let mut indices = vec![0.0; 2 * k];
    for row in chosen() {
        for i in 0..k {
            let apart = row.ab[i] - row.a;
            indices[i] += (row.b - mean) * apart / (n * variance);
            indices[k + i] += 0.5 * apart * apart / (n * variance);
        }
    }
    if rows.first().is_some_and(|r| !r.ba.is_empty()) {
        for (i, j) in pairs(k) {
            let closed = chosen().map(|r| (r.ba[i] - mean) * (r.ab[j] - mean) - (r.a - mean) * (r.b - mean)).sum::<f64>() / (n * variance);
            indices.push(closed - indices[i] - indices[j]);
        }
    }
    Some(Analysis { mean, variance, indices })
}
