//! Several predictors, least squares.

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

use super::super::error::{all_finite, at_least, same_length};
use super::super::special::{student_quantile, student_two_sided};
use super::super::{Estimate, StatsError};

/// Greatest number of predictors.
pub const PREDICTOR_COUNT_MAX: usize = 256;

/// y = β₀ + β₁x₁ + …, fitted by least squares.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeastSquares {
    /// β₀, β₁, … [unit of y per unit of the predictor].
    pub coefficients: Vec<f64>,
    /// Standard errors under one variance.
    pub standard_errors: Vec<f64>,
    /// Standard errors that allow for unequal variances (HC3).
    pub robust_errors: Vec<f64>,
    /// Standard deviation of the residuals [unit of y].
    pub residual_sd: f64,
    /// Cases less coefficients.
    pub degrees_of_freedom: f64,
    /// Share of the variance explained [1]; 1 when y is constant.
    pub r_squared: f64,
}

impl LeastSquares {
    /// A coefficient with its interval; 0 is the constant.
    ///
    /// # Errors
    /// [`StatsError::Confidence`]; [`StatsError::TooFew`] when there is no such coefficient.
    pub fn estimate(&self, coefficient: usize, confidence: f64) -> Result<Estimate, StatsError> {
        super::super::error::check_confidence(confidence)?;
        at_least("coefficients", self.coefficients.len(), coefficient + 1)?;
        let half = student_quantile(0.5 + 0.5 * confidence, self.degrees_of_freedom) * self.standard_errors[coefficient];
        let value = self.coefficients[coefficient];
        Ok(Estimate { value, low: value - half, high: value + half })
    }

    /// Two-sided p-value of a coefficient; 1 when the fit is perfect and the coefficient 0, 0 when it is not.
    ///
    /// # Errors
    /// [`StatsError::TooFew`] when there is no such coefficient.
    pub fn p_value(&self, coefficient: usize) -> Result<f64, StatsError> {
        at_least("coefficients", self.coefficients.len(), coefficient + 1)?;
        let (b, e) = (self.coefficients[coefficient], self.standard_errors[coefficient]);
        Ok(if e > 0.0 { student_two_sided(b / e, self.degrees_of_freedom) } else { f64::from(u8::from(b == 0.0)) })
    }
}

/// Fit several predictors by least squares (Householder's QR). One row per case; the constant is added here.
///
/// # Source
/// Golub & Van Loan 2013, Matrix Computations, sec. 5.3; robust errors HC3 of MacKinnon & White 1985, J Econom 29:305.
/// # Errors
/// [`StatsError::TooFew`] (at least one case more than coefficients), [`StatsError::TooMany`], [`StatsError::Length`],
/// [`StatsError::NotFinite`], [`StatsError::Singular`].
pub fn least_squares(predictors: &[Vec<f64>], y: &[f64]) -> Result<LeastSquares, StatsError> {
    let width = predictors.first().map_or(0, Vec::len);
    if width > PREDICTOR_COUNT_MAX {
        return Err(StatsError::TooMany { name: "predictors", found: width, max: PREDICTOR_COUNT_MAX });
    }
    at_least("cases", predictors.len(), width + 2)?;
    same_length("y", y.len(), predictors.len())?;
    all_finite("y", y)?;
    for row in predictors {
        same_length("a row of predictors", row.len(), width)?;
        all_finite("predictors", row)?;
    }
    let n = predictors.len();
    let design = DMatrix::from_fn(n, width + 1, |i, j| if j == 0 { 1.0 } else { predictors[i][j - 1] });
    super::super::logistic::independent(&design)?;
    let outcome = DVector::from_column_slice(y);
    let qr = design.clone().qr();
    let (q, r) = (qr.q(), qr.r());
    let inverse =
        r.clone().solve_upper_triangular(&DMatrix::identity(width + 1, width + 1)).ok_or(StatsError::Singular { column: width })?;
    let beta = &inverse * q.tr_mul(&outcome);
    let residuals = &outcome - &design * &beta;
    let rss = residuals.norm_squared();
    let df = (n - width - 1) as f64;
    let mean = super::super::Moments::of(y);
    let variance = rss / df;
    let spread = &inverse * inverse.transpose();
    // HC3: residuals grow by 1/(1 − leverage), the leverage being the squared length of a row of Q.
    let mut meat = DMatrix::zeros(width + 1, width + 1);
    for i in 0..n {
        let left = (1.0 - q.row(i).norm_squared()).max(1e-10);
        let e = residuals[i] / left;
        let row = design.row(i).transpose();
        meat.ger(e * e, &row, &row, 1.0);
    }
    let robust = &spread * meat * &spread;
    Ok(LeastSquares {
        coefficients: beta.iter().copied().collect(),
        standard_errors: spread.diagonal().iter().map(|v| (v * variance).sqrt()).collect(),
        robust_errors: robust.diagonal().iter().map(|v| v.max(0.0).sqrt()).collect(),
        residual_sd: variance.sqrt(),
        degrees_of_freedom: df,
        r_squared: if mean.squares > 0.0 { 1.0 - rss / mean.squares } else { 1.0 },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::LONGLEY;

    /// Match NIST's certified values of Longley's ill-conditioned data to eight digits.
    #[test]
    fn longley_is_met() {
        let rows: Vec<Vec<f64>> = LONGLEY.iter().map(|r| r[1..].to_vec()).collect();
        let y: Vec<f64> = LONGLEY.iter().map(|r| r[0]).collect();
        let fit = least_squares(&rows, &y).unwrap();
        let near = |found: f64, expected: f64| assert!((found / expected - 1.0).abs() < 1e-8, "{found} {expected}");
        near(fit.coefficients[0], -3_482_258.634_595_82);
        near(fit.coefficients[1], 15.061_872_271_373_3);
        near(fit.coefficients[6], 1_829.151_464_613_55);
        near(fit.standard_errors[0], 890_420.383_607_373);
        near(fit.standard_errors[6], 455.478_499_142_212);
        near(fit.residual_sd, 304.854_073_561_965);
        near(fit.r_squared, 0.995_479_004_577_296);
    }

    /// Refuse dependent columns, NaN and too few cases.
    #[test]
    fn bad_designs_are_refused() {
        let double: Vec<Vec<f64>> = (0..6).map(|i| vec![f64::from(i), 2.0 * f64::from(i)]).collect();
        assert!(least_squares(&double, &[0.0; 6]).is_err() && least_squares(&double[..3], &[0.0; 3]).is_err());
        assert!(least_squares(&[vec![1.0], vec![2.0], vec![4.0]], &[1.0, f64::NAN, 2.0]).is_err());
        let perfect = least_squares(&[vec![1.0], vec![2.0], vec![4.0]], &[0.0; 3]).unwrap();
        assert_eq!((perfect.r_squared, perfect.p_value(1)), (1.0, Ok(1.0)));
    }
}
