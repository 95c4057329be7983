//! Patients measured several times: a random intercept each.

use nalgebra::{DMatrix, DVector};
use proband_core::ops;
use serde::{Deserialize, Serialize};

use super::super::StatsError;
use super::super::error::{all_finite, at_least, same_length};

/// Decades of the variance ratio that are searched.
const LN_RATIO_MAX: f64 = 25.0;

/// y = Xβ + b(cluster) + e, fitted by restricted maximum likelihood.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MixedFit {
    /// β₀, β₁, …
    pub coefficients: Vec<f64>,
    /// Standard errors given the variance ratio.
    pub standard_errors: Vec<f64>,
    /// Variance between clusters [unit of y squared]; 0 when the data show none.
    pub between: f64,
    /// Variance within clusters [unit of y squared].
    pub within: f64,
    /// Share of the variance between clusters [1].
    pub intraclass: f64,
    /// Number of clusters.
    pub cluster_count: u64,
}

struct Sums {
    /// [X y]ᵀ[X y].
    all: DMatrix<f64>,
    /// Size and column sums of each cluster.
    clusters: Vec<(f64, DVector<f64>)>,
    rows: f64,
    width: usize,
    /// Mean of y, taken off.
    mean: f64,
}

/// What the likelihood is made of at one ratio λ = between / within.
struct Profile {
    beta: DVector<f64>,
    inverse: DMatrix<f64>,
    within: f64,
    deviance: f64,
}

impl Sums {
    /// V⁻¹ of a cluster of n is I − λ/(1 + nλ) 11ᵀ.
    fn profile(&self, ratio: f64) -> Option<Profile> {
        let p = self.width;
        let mut m = self.all.clone();
        let mut ln_v = 0.0;
        for (n, sum) in &self.clusters {
            m.ger(-ratio / (1.0 + n * ratio), sum, sum, 1.0);
            ln_v += ops::ln_1p(n * ratio);
        }
        let factor = m.view((0, 0), (p, p)).into_owned().cholesky()?;
        let xy = m.view((0, p), (p, 1)).into_owned();
        let beta = DVector::from_column_slice(factor.solve(&xy).as_slice());
        let rss = m[(p, p)] - xy.column(0).dot(&beta);
        let df = self.rows - p as f64;
        let ln_x: f64 = factor.l().diagonal().iter().map(|d| 2.0 * ops::ln(*d)).sum();
        let within = rss / df;
        (within > 0.0).then(|| Profile { beta, inverse: factor.inverse(), within, deviance: df * ops::ln(within) + ln_v + ln_x })
    }
}

/// Fit a linear model with one random intercept per cluster. One row per measurement; the constant is added here.
///
/// # Source
/// Patterson & Thompson 1971, Biometrika 58:545 (restricted likelihood), profiled over the variance ratio.
/// # Errors
/// [`StatsError::TooFew`] below two clusters or without replicates, [`StatsError::Length`], [`StatsError::NotFinite`],
/// [`StatsError::Singular`]; [`StatsError::Constant`] without residual spread.
pub fn random_intercept(predictors: &[Vec<f64>], y: &[f64], clusters: &[u32]) -> Result<MixedFit, StatsError> {
    let sums = gather(predictors, y, clusters)?;
    let constant = StatsError::Constant { name: "residuals" };
    let deviance = |ln: f64| sums.profile(ops::exp(ln)).map_or(f64::INFINITY, |p| p.deviance);
    // A grid finds the valley, the golden section its bottom.
    let grid: Vec<f64> = (0..=100).map(|i| LN_RATIO_MAX * (f64::from(i) / 50.0 - 1.0)).collect();
    let values: Vec<f64> = grid.iter().map(|g| deviance(*g)).collect();
    let best = (0..grid.len()).min_by(|a, b| values[*a].total_cmp(&values[*b])).unwrap_or(0);
    let (mut low, mut high) = (grid[best.saturating_sub(1)], grid[(best + 1).min(grid.len() - 1)]);
    let golden = 0.5 * (5.0_f64.sqrt() - 1.0);
    for _ in 0..60 {
        let (a, b) = (high - golden * (high - low), low + golden * (high - low));
        if deviance(a) < deviance(b) { high = b } else { low = a }
    }
    let mut ratio = ops::exp(0.5 * (low + high));
    let none = sums.profile(0.0).ok_or_else(|| constant.clone())?;
    if best == 0 || none.deviance <= deviance(ops::ln(ratio)) {
        ratio = 0.0;
    }
    let found = sums.profile(ratio).ok_or(constant)?;
    Ok(MixedFit {
        coefficients: found.beta.iter().enumerate().map(|(i, b)| if i == 0 { b + sums.mean } else { *b }).collect(),
        standard_errors: found.inverse.diagonal().iter().map(|v| (v * found.within).sqrt()).collect(),
        between: ratio * found.within,
        within: found.within,
        intraclass: ratio / (1.0 + ratio),
        cluster_count: sums.clusters.len() as u64,
    })
}

fn gather(predictors: &[Vec<f64>], y: &[f64], clusters: &[u32]) -> Result<Sums, StatsError> {
    let p = predictors.first().map_or(0, Vec::len) + 1;
    at_least("measurements", predictors.len(), p + 2)?;
    same_length("y", y.len(), predictors.len())?;
    same_length("clusters", clusters.len(), predictors.len())?;
    all_finite("y", y)?;
    for row in predictors {
        same_length("a row of predictors", row.len(), p - 1)?;
        all_finite("predictors", row)?;
    }
    let design = DMatrix::from_fn(predictors.len(), p, |i, j| if j == 0 { 1.0 } else { predictors[i][j - 1] });
    super::super::logistic::independent(&design)?;
    // y about its mean, so that squares do not cancel; the constant gets it back at the end.
    let mean = super::super::Moments::of(y).mean;
    let mut order: Vec<usize> = (0..y.len()).collect();
    order.sort_by_key(|i| (clusters[*i], *i));
    let mut sums = Sums { all: DMatrix::zeros(p + 1, p + 1), clusters: Vec::new(), rows: y.len() as f64, width: p, mean };
    let mut last = None;
    for i in order {
        let row = DVector::from_fn(p + 1, |j, _| if j == p { y[i] - mean } else { design[(i, j)] });
        sums.all.ger(1.0, &row, &row, 1.0);
        if last != Some(clusters[i]) {
            sums.clusters.push((0.0, DVector::zeros(p + 1)));
            last = Some(clusters[i]);
        }
        if let Some((n, sum)) = sums.clusters.last_mut() {
            *n += 1.0;
            *sum += row;
        }
    }
    at_least("clusters", sums.clusters.len(), 2)?;
    at_least("repeated measurements", y.len() - sums.clusters.len(), 1)?;
    Ok(sums)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Match the analysis of variance of a balanced layout: between = (MSB − MSW)/n, within = MSW, error of the mean √(MSB/N).
    #[test]
    fn balanced_layouts_are_anova() {
        let y = [3.0, 4.0, 5.0, 8.0, 7.0, 9.5, 1.0, 2.0, 0.5, 6.0, 5.5, 6.5];
        let clusters: Vec<u32> = (0..12).map(|i| i / 3).collect();
        let fit = random_intercept(&vec![vec![]; 12], &y, &clusters).unwrap();
        let means: Vec<f64> = y.chunks(3).map(|c| c.iter().sum::<f64>() / 3.0).collect();
        let grand = means.iter().sum::<f64>() / 4.0;
        let msb = 3.0 * means.iter().map(|m| (m - grand) * (m - grand)).sum::<f64>() / 3.0;
        let msw = y.chunks(3).zip(&means).map(|(c, m)| c.iter().map(|v| (v - m) * (v - m)).sum::<f64>()).sum::<f64>() / 8.0;
        assert!((fit.within - msw).abs() < 1e-6 && (fit.between - (msb - msw) / 3.0).abs() < 1e-5, "{fit:?}");
        assert!((fit.coefficients[0] - grand).abs() < 1e-9 && (fit.standard_errors[0] - (msb / 12.0).sqrt()).abs() < 1e-6);
    }

    /// Find no variance between clusters where there is none, and refuse data without replicates.
    #[test]
    fn no_clusters_is_least_squares() {
        let y = [1.0, 5.0, 2.0, 4.0, 3.1, 2.9];
        let rows: Vec<Vec<f64>> = (0..6).map(|i| vec![f64::from(i * i)]).collect();
        let fit = random_intercept(&rows, &y, &[0, 0, 1, 1, 2, 2]).unwrap();
        let plain = super::super::least_squares(&rows, &y).unwrap();
        assert!(fit.between == 0.0 && (fit.coefficients[1] - plain.coefficients[1]).abs() < 1e-9);
        assert!((fit.standard_errors[1] - plain.standard_errors[1]).abs() < 1e-9);
        assert!(random_intercept(&rows, &y, &[0, 1, 2, 3, 4, 5]).is_err() && random_intercept(&rows, &y, &[0; 6]).is_err());
        assert!(random_intercept(&rows, &[f64::NAN; 6], &[0, 0, 1, 1, 2, 2]).is_err());
    }
}
