//! Bootstrap particle filter.

use nalgebra::{Cholesky, DMatrix, DVector};
use proband_core::{Stream, ops};

use super::error::{InferError, range, size};

/// Weighted particles, one per column.
#[derive(Clone, Debug, PartialEq)]
pub struct Particles {
    /// States, shape [state, particle].
    pub states: DMatrix<f64>,
    log_weight: Vec<f64>,
}

impl Particles {
    /// Particles of equal weight.
    ///
    /// # Errors
    /// [`InferError`] without particles or with values that are not finite.
    pub fn new(states: DMatrix<f64>) -> Result<Self, InferError> {
        if states.is_empty() {
            return Err(InferError::Size { name: "particles", found: 0, expected: 1 });
        }
        if states.iter().any(|v| !v.is_finite()) {
            return Err(InferError::NotFinite { name: "the particles" });
        }
        let count = states.ncols();
        Ok(Self { states, log_weight: vec![0.0; count] })
    }

    /// Weights, their sum 1.
    #[must_use]
    pub fn weights(&self) -> Vec<f64> {
        let top = self.log_weight.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let raw: Vec<f64> = self.log_weight.iter().map(|l| ops::exp(l - top)).collect();
        let sum: f64 = raw.iter().sum();
        raw.into_iter().map(|w| w / sum).collect()
    }

    /// Weighted mean.
    #[must_use]
    pub fn mean(&self) -> DVector<f64> {
        let mut mean = DVector::zeros(self.states.nrows());
        for (column, w) in self.states.column_iter().zip(self.weights()) {
            mean.axpy(w, &column, 1.0);
        }
        mean
    }

    /// Effective number of particles, 1/Σw².
    #[must_use]
    pub fn effective_count(&self) -> f64 {
        1.0 / self.weights().iter().map(|w| w * w).sum::<f64>()
    }

    /// Learn from a measurement: the logarithm of its density given each particle. One that is not a number counts as
    /// impossible.
    ///
    /// # Errors
    /// [`InferError`] for a wrong size, or when no particle could have given the measurement.
    pub fn update(&mut self, log_likelihood: &[f64]) -> Result<(), InferError> {
        size("log-likelihood", log_likelihood.len(), self.log_weight.len())?;
        let next: Vec<f64> =
            self.log_weight.iter().zip(log_likelihood).map(|(w, l)| if l.is_nan() { f64::NEG_INFINITY } else { w + l }).collect();
        let top = next.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if !top.is_finite() {
            return Err(InferError::NotFinite { name: "the likelihood of every particle" });
        }
        self.log_weight = next.into_iter().map(|w| w - top).collect();
        Ok(())
    }

    /// Draw the particles anew where fewer than `share` of them count: systematic resampling, and copies moved by a
    /// kernel of `bandwidth` × the weighted spread × N^(−1/(n+4)), so that they do not stay the same (0: left alone).
    /// Returns whether it was done.
    ///
    /// # Source
    /// Gordon 1993, IEE Proc F 140:107; Kitagawa 1996, J Comput Graph Stat 5:1; Musso 2001 (regularised filter).
    /// # Errors
    /// [`InferError`] for a share or a bandwidth outside its range.
    pub fn resample(&mut self, share: f64, bandwidth: f64, stream: &mut Stream) -> Result<bool, InferError> {
        range("share", share, 0.0, 1.0)?;
        range("bandwidth", bandwidth, 0.0, 100.0)?;
        let count = self.states.ncols();
        if self.effective_count() >= share * count as f64 {
            return Ok(false);
        }
        let weights = self.weights();
        let kernel = self.kernel(&weights, bandwidth);
        let start = stream.uniform();
        let (mut sum, mut at) = (weights[0], 0);
        let old = self.states.clone();
        let mut last = None;
        for i in 0..count {
            let position = (i as f64 + start) / count as f64;
            while position > sum && at + 1 < count {
                at += 1;
                sum += weights[at];
            }
            let mut drawn = old.column(at).into_owned();
            if last == Some(at)
                && let Some(kernel) = &kernel
            {
                drawn += kernel * DVector::from_fn(old.nrows(), |_, _| stream.normal());
            }
            last = Some(at);
            self.states.set_column(i, &drawn);
        }
        self.log_weight = vec![0.0; count];
        Ok(true)
    }

    fn kernel(&self, weights: &[f64], bandwidth: f64) -> Option<DMatrix<f64>> {
        if bandwidth == 0.0 {
            return None;
        }
        let (n, mean) = (self.states.nrows(), self.mean());
        let mut covariance = DMatrix::zeros(n, n);
        for (column, w) in self.states.column_iter().zip(weights) {
            let d = column - &mean;
            covariance.ger(*w, &d, &d, 1.0);
        }
        let size = bandwidth * ops::powf(self.states.ncols() as f64, -1.0 / (n as f64 + 4.0));
        let floor = 1e-12 * covariance.trace() / n as f64;
        Cholesky::new(covariance + DMatrix::identity(n, n) * floor).map(|c| c.unpack() * size)
    }
}
