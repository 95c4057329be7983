//! Mixtures of normal laws: proposals for importance sampling.

use nalgebra::{DMatrix, DVector};
use proband_core::{Stream, ops};

use super::RareError;
use super::error::in_range;

/// One normal law of a mixture.
#[derive(Clone, Debug, PartialEq)]
pub struct Component {
    weight: f64,
    mean: DVector<f64>,
    /// Lower Cholesky factor of the covariance.
    factor: DMatrix<f64>,
    /// ln of the density's constant, weight included.
    ln_scale: f64,
}

impl Component {
    fn new(weight: f64, mean: DVector<f64>, covariance: DMatrix<f64>) -> Option<Self> {
        let d = mean.len() as f64;
        let factor = covariance.cholesky()?.unpack();
        let ln_det: f64 = factor.diagonal().iter().map(|v| ops::ln(*v)).sum();
        let ln_scale = ops::ln(weight) - ln_det - 0.5 * d * ops::ln(std::f64::consts::TAU);
        Some(Self { weight, mean, factor, ln_scale })
    }

    /// Share of the mixture [1].
    #[must_use]
    pub fn weight(&self) -> f64 {
        self.weight
    }

    /// Mean, shape [dimension].
    #[must_use]
    pub fn mean(&self) -> &[f64] {
        self.mean.as_slice()
    }

    fn ln_density(&self, u: &DVector<f64>) -> f64 {
        let mut z = u - &self.mean;
        self.factor.solve_lower_triangular_mut(&mut z);
        self.ln_scale - 0.5 * z.norm_squared()
    }
}

/// A mixture of normal laws.
#[derive(Clone, Debug, PartialEq)]
pub struct Mixture {
    components: Vec<Component>,
}

impl Mixture {
    /// Equal shares of normal laws with unit covariance around the given means, shape [component count][dimension].
    ///
    /// # Errors
    /// [`RareError::OutOfRange`] without means, for ragged or non-finite ones.
    pub fn around(means: &[Vec<f64>]) -> Result<Self, RareError> {
        in_range("means", means.len() as f64, 1.0, 1e4)?;
        let d = means[0].len();
        for mean in means {
            in_range("dimension of a mean", mean.len() as f64, 1.0_f64.max(d as f64), d as f64)?;
            for value in mean {
                in_range("mean", *value, -1e6, 1e6)?;
            }
        }
        let weight = 1.0 / means.len() as f64;
        let unit = DMatrix::identity(d, d);
        let components = means.iter().filter_map(|m| Component::new(weight, DVector::from_column_slice(m), unit.clone())).collect();
        Ok(Self { components })
    }

    /// Its laws.
    #[must_use]
    pub fn components(&self) -> &[Component] {
        &self.components
    }

    /// Draw a point.
    pub fn draw(&self, stream: &mut Stream) -> Vec<f64> {
        let mut left = stream.uniform();
        let mut chosen = &self.components[0];
        for component in &self.components {
            chosen = component;
            left -= component.weight;
            if left < 0.0 {
                break;
            }
        }
        let z = DVector::from_fn(chosen.mean.len(), |_, _| stream.normal());
        (&chosen.mean + &chosen.factor * z).as_slice().to_vec()
    }

    /// ln of the density.
    #[must_use]
    pub fn ln_density(&self, u: &[f64]) -> f64 {
        let u = DVector::from_column_slice(u);
        let parts: Vec<f64> = self.components.iter().map(|c| c.ln_density(&u)).collect();
        log_sum(&parts)
    }

    /// Half of each law replaced by one of unit covariance about its mean, and a share of the standard normal law, inflated: the
    /// weights of a limit state that the fit has seen too narrowly stay bounded.
    #[must_use]
    pub(super) fn defended(self, share: f64, inflation: f64) -> Self {
        let d = self.components[0].mean.len();
        let unit = DMatrix::identity(d, d);
        let mut components = Vec::new();
        for mut c in self.components {
            let weight = 0.5 * (1.0 - share) * c.weight;
            components.extend(Component::new(weight, c.mean.clone(), unit.clone()));
            c.ln_scale += ops::ln(weight) - ops::ln(c.weight);
            c.weight = weight;
            components.push(c);
        }
        components.extend(Component::new(share, DVector::zeros(d), unit * (inflation * inflation)));
        Self { components }
    }

    /// Fit to weighted points by expectation and maximisation, from this mixture.
    ///
    /// # Source
    /// Dempster, Laird & Rubin 1977, J R Stat Soc B 39:1; weighted form of Geyer, Papaioannou & Straub 2019, Struct Saf 76:15.
    #[must_use]
    pub(super) fn fitted(&self, points: &[Vec<f64>], weights: &[f64], iterations: u32) -> Self {
        let u: Vec<DVector<f64>> = points.iter().map(|p| DVector::from_column_slice(p)).collect();
        let total: f64 = weights.iter().sum();
        let mut now = self.clone();
        for _ in 0..iterations {
            let shares: Vec<Vec<f64>> = u
                .iter()
                .map(|point| {
                    let parts: Vec<f64> = now.components.iter().map(|c| c.ln_density(point)).collect();
                    let sum = log_sum(&parts);
                    parts.iter().map(|p| ops::exp(p - sum)).collect()
                })
                .collect();
            let mut next = Vec::new();
            for k in 0..now.components.len() {
                next.extend(component(&u, weights, &shares, k, total));
            }
            if next.is_empty() {
                break;
            }
            let sum: f64 = next.iter().map(|c: &Component| c.weight).sum();
            for c in &mut next {
                c.weight /= sum;
                c.ln_scale -= ops::ln(sum);
            }
            now.components = next;
        }
        now
    }
}

/// The k-th law that the shares give; none when too few points carry it.
fn component(u: &[DVector<f64>], weights: &[f64], shares: &[Vec<f64>], k: usize, total: f64) -> Option<Component> {
    let d = u[0].len();
    let part: Vec<f64> = weights.iter().zip(shares).map(|(w, s)| w * s[k]).collect();
    let sum: f64 = part.iter().sum();
    let squares: f64 = part.iter().map(|p| p * p).sum();
    // Fewer effective points than directions make no covariance.
    if sum.is_nan() || sum <= 1e-6 * total || sum * sum / squares < d as f64 + 1.0 {
        return None;
    }
    let mut mean = DVector::zeros(d);
    for (p, x) in part.iter().zip(u) {
        mean.axpy(p / sum, x, 1.0);
    }
    let mut covariance = DMatrix::zeros(d, d);
    for (p, x) in part.iter().zip(u) {
        let apart = x - &mean;
        covariance.ger(p / sum, &apart, &apart, 1.0);
    }
    // Towards the inputs' own covariance, the more the fewer points there are: a law that is too narrow misses failures unseen.
    let pull = (0.2 + 2.0 * (d as f64 + 1.0) * squares / (sum * sum)).min(1.0);
    covariance *= 1.0 - pull;
    for i in 0..d {
        covariance[(i, i)] += pull;
    }
    Component::new(sum / total, mean, covariance)
}

pub(super) fn log_sum(parts: &[f64]) -> f64 {
    let greatest = parts.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if greatest == f64::NEG_INFINITY {
        return greatest;
    }
    greatest + ops::ln(parts.iter().map(|p| ops::exp(p - greatest)).sum::<f64>())
}
