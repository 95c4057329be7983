//! Straight lines through points.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

use super::StatsError;
use super::error::{all_finite, at_least, same_length};

/// y = intercept + slope · x, fitted by least squares.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinearFit {
    /// Value at x = 0 [unit of y].
    pub intercept: f64,
    /// Rise [unit of y per unit of x].
    pub slope: f64,
    /// Standard error of the intercept [unit of y]; NaN for two points.
    pub intercept_se: f64,
    /// Standard error of the slope [unit of y per unit of x]; NaN for two points.
    pub slope_se: f64,
    /// Standard deviation of the residuals, n − 2 degrees of freedom [unit of y]; NaN for two points.
    pub residual_sd: f64,
    /// Share of the variance that the line explains [1]; 1 when y is constant.
    pub r_squared: f64,
    /// Number of points.
    pub count: u64,
}

impl LinearFit {
    /// The line at `x` [unit of y].
    #[must_use]
    pub fn at(&self, x: f64) -> f64 {
        self.intercept + self.slope * x
    }

    /// Half width of the slope's confidence interval [unit of y per unit of x]; NaN for two points.
    ///
    /// # Errors
    /// [`StatsError::Confidence`].
    pub fn slope_half_width(&self, confidence: f64) -> Result<f64, StatsError> {
        if !(confidence > 0.0 && confidence < 1.0) {
            return Err(StatsError::Confidence { confidence });
        }
        let t = StudentsT::new(0.0, 1.0, self.count as f64 - 2.0);
        Ok(t.map_or(f64::NAN, |t| t.inverse_cdf(0.5 + 0.5 * confidence) * self.slope_se))
    }
}

/// Fit a straight line by least squares, from deviations about the means.
///
/// # Requires
/// At least two points with different x.
/// # Source
/// Draper & Smith 1998, Applied Regression Analysis, ch. 1.
/// # Errors
/// [`StatsError::TooFew`], [`StatsError::Length`], [`StatsError::NotFinite`], [`StatsError::Singular`] when all x are equal.
pub fn linear_regression(x: &[f64], y: &[f64]) -> Result<LinearFit, StatsError> {
    at_least("points", x.len(), 2)?;
    same_length("y", y.len(), x.len())?;
    all_finite("x", x)?;
    all_finite("y", y)?;
    let n = x.len() as f64;
    let (x_mean, y_mean) = (super::Moments::of(x).mean, super::Moments::of(y).mean);
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for (x, y) in x.iter().zip(y) {
        let (dx, dy) = (x - x_mean, y - y_mean);
        xx += dx * dx;
        xy += dx * dy;
        yy += dy * dy;
    }
    if xx <= 0.0 {
        return Err(StatsError::Singular { column: 1 });
    }
    let slope = xy / xx;
    let intercept = y_mean - slope * x_mean;
    // Summed point by point: yy − slope · xy would cancel for a good fit.
    let residual: f64 = x.iter().zip(y).map(|(x, y)| y - y_mean - slope * (x - x_mean)).map(|r| r * r).sum();
    let variance = if x.len() > 2 { residual / (n - 2.0) } else { f64::NAN };
    Ok(LinearFit {
        intercept,
        slope,
        intercept_se: (variance * (1.0 / n + x_mean * x_mean / xx)).sqrt(),
        slope_se: (variance / xx).sqrt(),
        residual_sd: variance.sqrt(),
        r_squared: if yy > 0.0 { 1.0 - residual / yy } else { 1.0 },
        count: x.len() as u64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Match Anscombe's first data set (Am Stat 1973, 27:17): 3.00 + 0.500 x, R² 0.667, slope's error 0.118.
    #[test]
    fn anscombe_is_met() {
        let x = [10.0, 8.0, 13.0, 9.0, 11.0, 14.0, 6.0, 4.0, 12.0, 7.0, 5.0];
        let y = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68];
        let fit = linear_regression(&x, &y).unwrap();
        assert!((fit.intercept - 3.0001).abs() < 1e-4 && (fit.slope - 0.500_09).abs() < 1e-5);
        assert!((fit.r_squared - 0.666_54).abs() < 1e-5 && (fit.slope_se - 0.1179).abs() < 1e-4);
        assert!((fit.intercept_se - 1.1247).abs() < 1e-4 && (fit.residual_sd - 1.2366).abs() < 1e-4);
        assert!((fit.slope_half_width(0.95).unwrap() - 2.262_157 * fit.slope_se).abs() < 1e-5); // t(9), 97.5 %
        assert!((fit.at(10.0) - 8.001).abs() < 1e-3);
    }

    /// Go through two points exactly, and refuse what makes no line.
    #[test]
    fn two_points_make_a_line() {
        let fit = linear_regression(&[1.0, 3.0], &[2.0, 8.0]).unwrap();
        assert_eq!((fit.intercept, fit.slope, fit.r_squared), (-1.0, 3.0, 1.0));
        assert!(fit.slope_se.is_nan());
        assert!(linear_regression(&[1.0], &[2.0]).is_err() && linear_regression(&[1.0, 1.0], &[2.0, 3.0]).is_err());
        assert!(linear_regression(&[1.0, f64::NAN], &[2.0, 3.0]).is_err() && linear_regression(&[1.0, 2.0], &[2.0]).is_err());
    }
}
