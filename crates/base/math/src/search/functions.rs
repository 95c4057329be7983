//! Functions on which searches are compared.

/// (x² + y − 11)² + (x + y² − 7)²: four minima of 0.
///
/// # Source
/// Himmelblau 1972, Applied Nonlinear Programming.
#[must_use]
pub fn himmelblau(x: &[f64]) -> f64 {
    let (a, b) = (x[0] * x[0] + x[1] - 11.0, x[0] + x[1] * x[1] - 7.0);
    a * a + b * b
}

/// Σ 100 (xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)²: a bent valley.
///
/// # Source
/// Rosenbrock 1960, Comput J 3:175.
#[must_use]
pub fn rosenbrock(x: &[f64]) -> f64 {
    x.windows(2).map(|w| 100.0 * (w[1] - w[0] * w[0]) * (w[1] - w[0] * w[0]) + (1.0 - w[0]) * (1.0 - w[0])).sum()
}
