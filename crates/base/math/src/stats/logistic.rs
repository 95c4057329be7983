//! Logistic regression by iteratively reweighted least squares.

use nalgebra::{DMatrix, DVector};
use proband_core::ops;
use serde::{Deserialize, Serialize};

use super::StatsError;
use super::error::{all_finite, at_least, same_length};

/// ln(p / (1 − p)) = β₀ + β₁x₁ + …, fitted by maximum likelihood.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogisticFit {
    /// β₀, β₁, … [1 per unit of the predictor].
    pub coefficients: Vec<f64>,
    /// Standard errors from the information matrix, in the same order and units.
    pub standard_errors: Vec<f64>,
    /// Logarithm of the likelihood.
    pub log_likelihood: f64,
    /// Iterations that were made.
    pub iteration_count: u32,
    /// Greatest change of a coefficient in the last iteration, relative to 1 + its size [1].
    pub last_change: f64,
    /// Whether the last change fell below [`LogisticFit::TOLERANCE`]. False when the predictors separate the outcomes:
    /// the likelihood then has no maximum, and coefficients and errors mean nothing.
    pub converged: bool,
}

impl LogisticFit {
    /// Iterations after which the fit gives up. Fits that have a maximum take five to eight.
    pub const ITERATION_COUNT_MAX: u32 = 30;
    /// Change of a coefficient that counts as none [1].
    pub const TOLERANCE: f64 = 1e-10;

    /// Probability for one row of predictors, without the constant [1].
    ///
    /// # Requires
    /// As many predictors as the fit has; missing ones count as 0.
    #[must_use]
    pub fn probability(&self, predictors: &[f64]) -> f64 {
        let (constant, slopes) = self.coefficients.split_first().map_or((0.0, &[][..]), |(c, s)| (*c, s));
        logistic(constant + slopes.iter().zip(predictors).map(|(b, x)| b * x).sum::<f64>())
    }
}

/// 1 / (1 + e^(−η)), without overflow.
fn logistic(eta: f64) -> f64 {
    if eta >= 0.0 {
        1.0 / (1.0 + ops::exp(-eta))
    } else {
        let e = ops::exp(eta);
        e / (1.0 + e)
    }
}

/// ln(1 + e^η), without overflow.
fn softplus(eta: f64) -> f64 {
    eta.max(0.0) + ops::ln_1p(ops::exp(-eta.abs()))
}

/// Fit probabilities of an event to predictors.
///
/// `predictors`: one row per case, shape [case count][predictor count]; the constant is added here.
/// Newton's step is halved while the likelihood falls; at most [`LogisticFit::ITERATION_COUNT_MAX`] steps.
///
/// # Source
/// McCullagh & Nelder 1989, Generalized Linear Models, sec. 4.4.
/// # Errors
/// [`StatsError::TooFew`] (at least one case more than coefficients), [`StatsError::Length`], [`StatsError::NotFinite`],
/// [`StatsError::Singular`]. A fit that does not converge is no error; it says so.
pub fn logistic_regression(predictors: &[Vec<f64>], happened: &[bool]) -> Result<LogisticFit, StatsError> {
    let width = predictors.first().map_or(0, Vec::len);
    at_least("cases", predictors.len(), width + 2)?;
    same_length("outcomes", happened.len(), predictors.len())?;
    for row in predictors {
        same_length("a row of predictors", row.len(), width)?;
        all_finite("predictors", row)?;
    }
    let design = DMatrix::from_fn(predictors.len(), width + 1, |i, j| if j == 0 { 1.0 } else { predictors[i][j - 1] });
    independent(&design)?;
    let outcome = DVector::from_iterator(happened.len(), happened.iter().map(|h| f64::from(u8::from(*h))));
    let likelihood =
        |beta: &DVector<f64>| -> f64 { (&design * beta).iter().zip(outcome.iter()).map(|(eta, y)| y * eta - softplus(*eta)).sum() };

    let mut beta = DVector::zeros(width + 1);
    let mut fit = LogisticFit {
        coefficients: Vec::new(),
        standard_errors: vec![f64::NAN; width + 1],
        log_likelihood: likelihood(&beta),
        iteration_count: 0,
        last_change: f64::INFINITY,
        converged: false,
    };
    while fit.iteration_count < LogisticFit::ITERATION_COUNT_MAX && !fit.converged {
        let p = (&design * &beta).map(logistic);
        let gradient = design.tr_mul(&(&outcome - &p));
        // Complete separation drives the weights to zero and the information out of what floats can factor.
        let Some(information) = information(&design, &p).cholesky() else { break };
        let mut step = information.solve(&gradient);
        let mut next = likelihood(&(&beta + &step));
        // Rounding alone may let the likelihood fall by this much at the maximum.
        let slack = 1e-12 * (1.0 + fit.log_likelihood.abs());
        let mut halvings = 0;
        while next < fit.log_likelihood - slack && halvings < 20 {
            step *= 0.5;
            next = likelihood(&(&beta + &step));
            halvings += 1;
        }
        beta += &step;
        fit.log_likelihood = next;
        fit.iteration_count += 1;
        fit.last_change = step.iter().zip(beta.iter()).map(|(s, b)| s.abs() / (1.0 + b.abs())).fold(0.0, f64::max);
        fit.converged = fit.last_change <= LogisticFit::TOLERANCE;
    }
    if let Some(information) = information(&design, &(&design * &beta).map(logistic)).cholesky() {
        fit.standard_errors = information.inverse().diagonal().iter().map(|v| v.sqrt()).collect();
    }
    fit.coefficients = beta.iter().copied().collect();
    Ok(fit)
}

/// Xᵀ W X with W = p (1 − p).
fn information(design: &DMatrix<f64>, p: &DVector<f64>) -> DMatrix<f64> {
    let mut weighted = design.clone();
    for (mut row, p) in weighted.row_iter_mut().zip(p.iter()) {
        row *= p * (1.0 - p);
    }
    design.tr_mul(&weighted)
}

/// Refuse a column that the columns before it explain (Gram–Schmidt, twice for accuracy).
pub(super) fn independent(design: &DMatrix<f64>) -> Result<(), StatsError> {
    let mut basis: Vec<DVector<f64>> = Vec::new();
    for (column, values) in design.column_iter().enumerate() {
        let mut rest = values.clone_owned();
        for _ in 0..2 {
            for direction in &basis {
                rest.axpy(-direction.dot(&rest), direction, 1.0);
            }
        }
        if rest.norm() <= 1e-9 * values.norm() {
            return Err(StatsError::Singular { column });
        }
        basis.push(rest.normalize());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proband_core::Stream;

    /// Match the textbook case of hours studied and passing (β −4.0777 and 1.5046, errors 1.7610 and 0.6287).
    #[test]
    fn hours_of_study_are_met() {
        let hours =
            [0.50, 0.75, 1.00, 1.25, 1.50, 1.75, 1.75, 2.00, 2.25, 2.50, 2.75, 3.00, 3.25, 3.50, 4.00, 4.25, 4.50, 4.75, 5.00, 5.50];
        let passed = [0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 1, 1, 1, 1, 1];
        let rows: Vec<Vec<f64>> = hours.iter().map(|h| vec![*h]).collect();
        let fit = logistic_regression(&rows, &passed.map(|p| p == 1)).unwrap();
        assert!(fit.converged && fit.iteration_count < 10, "{fit:?}");
        assert!((fit.coefficients[0] + 4.0777).abs() < 1e-4 && (fit.coefficients[1] - 1.5046).abs() < 1e-4, "{fit:?}");
        assert!((fit.standard_errors[0] - 1.7610).abs() < 1e-4 && (fit.standard_errors[1] - 0.6287).abs() < 1e-4);
        assert!((fit.probability(&[2.0]) - 0.2556).abs() < 1e-3 && (fit.probability(&[4.0]) - 0.8744).abs() < 1e-3);
    }

    /// Solve a two by two table in closed form: β₁ is the logarithm of the odds ratio.
    #[test]
    fn a_table_has_a_closed_form() {
        // Exposed: 30 of 40; not exposed: 10 of 40. Odds ratio 9; error √(1/30 + 1/10 + 1/10 + 1/30).
        let rows: Vec<Vec<f64>> = (0..80).map(|i| vec![f64::from(u8::from(i < 40))]).collect();
        let happened: Vec<bool> = (0..80).map(|i| i < 30 || (40..50).contains(&i)).collect();
        let fit = logistic_regression(&rows, &happened).unwrap();
        assert!(fit.converged && (fit.coefficients[1] - ops::ln(9.0)).abs() < 1e-9);
        assert!((fit.coefficients[0] + ops::ln(3.0)).abs() < 1e-9);
        assert!((fit.standard_errors[1] - (8.0_f64 / 30.0).sqrt()).abs() < 1e-9);
    }

    /// Say that it did not converge when the predictor separates the outcomes.
    #[test]
    fn separation_is_reported() {
        let rows: Vec<Vec<f64>> = (0..10).map(|i| vec![f64::from(i)]).collect();
        let happened: Vec<bool> = (0..10).map(|i| i >= 5).collect();
        let fit = logistic_regression(&rows, &happened).unwrap();
        assert!(!fit.converged && fit.iteration_count <= LogisticFit::ITERATION_COUNT_MAX);
    }

    /// Refuse columns that repeat each other, short data and NaN.
    #[test]
    fn bad_designs_are_refused() {
        let double: Vec<Vec<f64>> = (0..10).map(|i| vec![f64::from(i), 2.0 * f64::from(i) + 1.0]).collect();
        let happened: Vec<bool> = (0..10).map(|i| i % 2 == 0).collect();
        assert_eq!(logistic_regression(&double, &happened), Err(StatsError::Singular { column: 2 }));
        assert_eq!(logistic_regression(&vec![vec![3.0]; 10], &happened), Err(StatsError::Singular { column: 1 }));
        assert!(logistic_regression(&[vec![1.0], vec![2.0]], &[true, false]).is_err());
        assert!(logistic_regression(&vec![vec![f64::NAN]; 10], &happened).is_err());
        assert!(logistic_regression(&double, &happened[..9]).is_err());
    }

    /// Find the coefficients from which data were drawn, within four standard errors.
    #[test]
    fn drawn_coefficients_are_found() {
        let truth = [-0.4, 1.2, -0.7];
        let mut stream = Stream::new(9, 0, "logistic");
        let rows: Vec<Vec<f64>> = (0..3000).map(|_| vec![stream.normal(), stream.normal()]).collect();
        let happened: Vec<bool> = rows.iter().map(|r| stream.bernoulli(logistic(truth[0] + truth[1] * r[0] + truth[2] * r[1]))).collect();
        let fit = logistic_regression(&rows, &happened).unwrap();
        for (index, value) in truth.iter().enumerate() {
            assert!((fit.coefficients[index] - value).abs() < 4.0 * fit.standard_errors[index], "{fit:?}");
        }
    }
}
