//! Unscented Kalman filter.

use nalgebra::{Cholesky, DMatrix, DVector};

use super::error::{InferError, range, size};

/// Spread of the sigma points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UnscentedSpec {
    /// Scale α of the spread [1], 1e-4 to 1.
    pub alpha: f64,
    /// β, 2 for Gaussians [1].
    pub beta: f64,
    /// κ; κ > −n [1].
    pub kappa: f64,
}

/// Mean and covariance of a state, moved by sigma points.
///
/// # Source
/// Julier & Uhlmann 2004, Proc IEEE 92:401; scaled form of Wan & van der Merwe 2000, IEEE AS-SPCC.
#[derive(Clone, Debug, PartialEq)]
pub struct Unscented {
    mean: DVector<f64>,
    covariance: DMatrix<f64>,
    /// λ + n.
    spread: f64,
    weight_mean_0: f64,
    weight_covariance_0: f64,
    weight: f64,
}

impl Unscented {
    /// A filter that starts from a mean and a covariance.
    ///
    /// # Errors
    /// [`InferError`] for sizes that do not fit, a spread that is not positive, a covariance that is none.
    pub fn new(spec: &UnscentedSpec, mean: DVector<f64>, covariance: DMatrix<f64>) -> Result<Self, InferError> {
        let n = mean.len();
        size("covariance", covariance.nrows(), n)?;
        size("covariance", covariance.ncols(), n)?;
        range("alpha", spec.alpha, 1e-6, 10.0)?;
        range("beta", spec.beta, 0.0, 100.0)?;
        range("kappa", spec.kappa, -(n as f64) + 1e-9, 1e6)?;
        let spread = spec.alpha * spec.alpha * (n as f64 + spec.kappa);
        let lambda = spread - n as f64;
        let weight_mean_0 = lambda / spread;
        let filter = Self {
            mean,
            covariance,
            spread,
            weight_mean_0,
            weight_covariance_0: weight_mean_0 + 1.0 - spec.alpha * spec.alpha + spec.beta,
            weight: 0.5 / spread,
        };
        filter.points()?;
        Ok(filter)
    }

    /// Mean.
    #[must_use]
    pub fn mean(&self) -> &DVector<f64> {
        &self.mean
    }

    /// Covariance.
    #[must_use]
    pub fn covariance(&self) -> &DMatrix<f64> {
        &self.covariance
    }

    fn points(&self) -> Result<DMatrix<f64>, InferError> {
        let n = self.mean.len();
        let root = Cholesky::new(self.covariance.clone()).ok_or(InferError::NotPositive { name: "covariance of the state" })?.unpack();
        let scale = self.spread.sqrt();
        let mut points = DMatrix::zeros(n, 2 * n + 1);
        points.set_column(0, &self.mean);
        for i in 0..n {
            let step = root.column(i) * scale;
            points.set_column(1 + i, &(&self.mean + &step));
            points.set_column(1 + n + i, &(&self.mean - &step));
        }
        Ok(points)
    }

    /// Weighted mean of columns.
    fn mean_of(&self, columns: &DMatrix<f64>) -> DVector<f64> {
        let mut mean = columns.column(0) * self.weight_mean_0;
        for i in 1..columns.ncols() {
            mean += columns.column(i) * self.weight;
        }
        mean
    }

    /// Weighted covariance of two sets of columns around their means.
    fn cross(&self, a: &DMatrix<f64>, mean_a: &DVector<f64>, b: &DMatrix<f64>, mean_b: &DVector<f64>) -> DMatrix<f64> {
        let mut sum = DMatrix::zeros(a.nrows(), b.nrows());
        for i in 0..a.ncols() {
            let weight = if i == 0 { self.weight_covariance_0 } else { self.weight };
            sum.ger(weight, &(a.column(i) - mean_a), &(b.column(i) - mean_b), 1.0);
        }
        sum
    }

    /// Move by the model; `noise`: covariance that is added.
    ///
    /// # Errors
    /// [`InferError`] when the model leaves the finite or the covariance is lost.
    pub fn predict(&mut self, model: impl Fn(&DVector<f64>) -> DVector<f64>, noise: &DMatrix<f64>) -> Result<(), InferError> {
        size("noise", noise.nrows(), self.mean.len())?;
        let mut points = self.points()?;
        for i in 0..points.ncols() {
            let moved = model(&points.column(i).into_owned());
            size("state of the model", moved.len(), self.mean.len())?;
            points.set_column(i, &moved);
        }
        let mean = self.mean_of(&points);
        let covariance = self.cross(&points, &mean, &points, &mean) + noise;
        self.accept("the model", mean, covariance)
    }

    /// Mean and covariance of what a model makes of the state, without noise.
    ///
    /// # Errors
    /// [`InferError`] when the model leaves the finite or gives vectors of different sizes.
    pub fn seen(&self, model: impl Fn(&DVector<f64>) -> DVector<f64>) -> Result<(DVector<f64>, DMatrix<f64>), InferError> {
        let points = self.points()?;
        let first = model(&points.column(0).into_owned());
        let mut seen = DMatrix::zeros(first.len(), points.ncols());
        for i in 0..points.ncols() {
            let value = model(&points.column(i).into_owned());
            size("measurement of the model", value.len(), first.len())?;
            seen.set_column(i, &value);
        }
        let mean = self.mean_of(&seen);
        let covariance = self.cross(&seen, &mean, &seen, &mean);
        if mean.iter().chain(covariance.iter()).any(|v| !v.is_finite()) {
            return Err(InferError::NotFinite { name: "the measurement" });
        }
        Ok((mean, covariance))
    }

    /// Learn from a measurement. Returns its innovation in standard deviations squared (NIS), about its size on average.
    ///
    /// # Errors
    /// [`InferError`] when the measurement's model leaves the finite or its covariance is none.
    pub fn update(
        &mut self,
        measured: &DVector<f64>,
        model: impl Fn(&DVector<f64>) -> DVector<f64>,
        noise: &DMatrix<f64>,
    ) -> Result<f64, InferError> {
        size("noise of the measurement", noise.nrows(), measured.len())?;
        let points = self.points()?;
        let mut seen = DMatrix::zeros(measured.len(), points.ncols());
        for i in 0..points.ncols() {
            let value = model(&points.column(i).into_owned());
            size("measurement of the model", value.len(), measured.len())?;
            seen.set_column(i, &value);
        }
        let expected = self.mean_of(&seen);
        let innovation = measured - &expected;
        let covariance = self.cross(&seen, &expected, &seen, &expected) + noise;
        let factor = Cholesky::new(covariance).ok_or(InferError::NotPositive { name: "covariance of the measurement" })?;
        let cross = self.cross(&points, &self.mean, &seen, &expected);
        let solved = factor.solve(&innovation);
        let mean = &self.mean + &cross * &solved;
        let reduced = &self.covariance - &cross * factor.solve(&cross.transpose());
        self.accept("the measurement", mean, reduced)?;
        Ok(innovation.dot(&solved))
    }

    fn accept(&mut self, name: &'static str, mean: DVector<f64>, covariance: DMatrix<f64>) -> Result<(), InferError> {
        if mean.iter().chain(covariance.iter()).any(|v| !v.is_finite()) {
            return Err(InferError::NotFinite { name });
        }
        self.mean = mean;
        self.covariance = (&covariance + covariance.transpose()) * 0.5;
        Ok(())
    }
}
