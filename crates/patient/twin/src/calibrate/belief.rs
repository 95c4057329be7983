//! What is believed about the factors: a mean and a covariance of their logarithms.

use nalgebra::{Cholesky, SMatrix, SVector};
use proband_core::{Stream, ops};
use serde::{Deserialize, Serialize};

use super::factor::{FACTOR_COUNT, FACTORS};
use crate::TwinError;
use crate::person::in_range;

pub(crate) type Vector = SVector<f64, FACTOR_COUNT>;
pub(crate) type Matrix = SMatrix<f64, FACTOR_COUNT, FACTOR_COUNT>;

/// Logarithms of the factors as a Gaussian.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WholeBelief {
    /// Means of the logarithms.
    pub mean: [f64; FACTOR_COUNT],
    /// Covariances of the logarithms, row by row.
    pub covariance: [[f64; FACTOR_COUNT]; FACTOR_COUNT],
}

impl WholeBelief {
    /// What is believed of a person of whom only sex, age and size are known.
    #[must_use]
    pub fn prior() -> Self {
        let mut covariance = [[0.0; FACTOR_COUNT]; FACTOR_COUNT];
        for (i, factor) in FACTORS.iter().enumerate() {
            covariance[i][i] = factor.sigma * factor.sigma;
        }
        Self { mean: [0.0; FACTOR_COUNT], covariance }
    }

    /// The same belief some days later: what is not constant in a person has moved towards what is believed of anybody.
    ///
    /// A person's own factors keep half of what was learnt for `HALF_DAYS` (prior: unverified, engineering judgement).
    #[must_use]
    pub fn after_days(&self, days: f64) -> Self {
        /// Days after which half of what was learnt is left.
        const HALF_DAYS: f64 = 180.0;
        let kept = ops::powf(0.5, days.max(0.0) / HALF_DAYS);
        let prior = Self::prior();
        let mix = |a: f64, b: f64| kept * a + (1.0 - kept) * b;
        Self {
            mean: std::array::from_fn(|i| mix(self.mean[i], prior.mean[i])),
            covariance: std::array::from_fn(|i| {
                std::array::from_fn(|j| {
                    mix(self.covariance[i][j], prior.covariance[i][j])
                        + kept * (1.0 - kept) * (self.mean[i] - prior.mean[i]) * (self.mean[j] - prior.mean[j])
                })
            }),
        }
    }

    /// Standard deviation of the logarithm of a factor.
    #[must_use]
    pub fn sd(&self, factor: usize) -> f64 {
        self.covariance[factor][factor].max(0.0).sqrt()
    }

    /// Correlation of the logarithms of two factors.
    #[must_use]
    pub fn correlation(&self, a: usize, b: usize) -> f64 {
        self.covariance[a][b] / (self.sd(a) * self.sd(b)).max(1e-300)
    }

    /// One draw of the logarithms.
    ///
    /// # Errors
    /// [`TwinError`] when the covariance is none.
    pub fn draw(&self, stream: &mut Stream) -> Result<[f64; FACTOR_COUNT], TwinError> {
        let z = Vector::from_fn(|_, _| stream.normal());
        let x = self.centre() + self.root()? * z;
        Ok(std::array::from_fn(|i| x[i].clamp(-6.0 * FACTORS[i].sigma, 6.0 * FACTORS[i].sigma)))
    }

    /// Check every number.
    ///
    /// # Errors
    /// [`TwinError`] that names the factor.
    pub fn check(&self) -> Result<(), TwinError> {
        for (i, factor) in FACTORS.iter().enumerate() {
            in_range(factor.name, self.mean[i], "(logarithm)", -6.0 * factor.sigma, 6.0 * factor.sigma)?;
            in_range(factor.name, self.sd(i), "(standard deviation of the logarithm)", 1e-6, 3.0 * factor.sigma)?;
            for j in 0..FACTOR_COUNT {
                in_range(factor.name, self.covariance[i][j], "(covariance)", -2.0, 2.0)?;
                in_range(factor.name, self.covariance[i][j] - self.covariance[j][i], "(asymmetry)", -1e-9, 1e-9)?;
            }
        }
        self.root().map(|_| ())
    }

    pub(crate) fn centre(&self) -> Vector {
        Vector::from_column_slice(&self.mean)
    }

    pub(crate) fn matrix(&self) -> Matrix {
        Matrix::from_fn(|i, j| self.covariance[i][j])
    }

    /// Lower triangle whose product with its transpose is the covariance.
    pub(crate) fn root(&self) -> Result<Matrix, TwinError> {
        Cholesky::new(self.matrix())
            .map(|c| c.l())
            .ok_or_else(|| TwinError::Parameter { name: "whole.*".into(), what: "their covariance is not positive definite".into() })
    }

    pub(crate) fn of(mean: &Vector, covariance: &Matrix) -> Self {
        let even = (covariance + covariance.transpose()) * 0.5;
        Self { mean: std::array::from_fn(|i| mean[i]), covariance: std::array::from_fn(|i| std::array::from_fn(|j| even[(i, j)])) }
    }
}
