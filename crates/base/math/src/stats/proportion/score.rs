//! Two proportions under a constraint: the maximum-likelihood fit that score intervals stand on.

use proband_core::ops;

use super::share;

/// Greatest-likelihood proportions with p₁ − p₂ = δ, by the closed form of the cubic.
///
/// # Source
/// Miettinen & Nurminen 1985, Stat Med 4:213–226, appendix 1.
pub(super) fn constrained_difference(first: (u64, u64), second: (u64, u64), delta: f64) -> (f64, f64) {
    // Symbols of the source; index 0 is the second arm there, the likelihood is written in p₀ = p₂.
    let (c1, s1) = (first.0 as f64, first.1 as f64);
    let (c0, s0) = (second.0 as f64, second.1 as f64);
    let (s, c) = (s1 + s0, c1 + c0);
    let l3 = s;
    let l2 = (s1 + 2.0 * s0) * delta - s - c;
    let l1 = (s0 * delta - s - 2.0 * c0) * delta + c;
    let l0 = c0 * delta * (1.0 - delta);
    let third = l2 / (3.0 * l3);
    let q = third * third * third - l1 * l2 / (6.0 * l3 * l3) + l0 / (2.0 * l3);
    let p = (third * third - l1 / (3.0 * l3)).max(0.0).sqrt() * if q < 0.0 { -1.0 } else { 1.0 };
    let angle = if p == 0.0 { 0.0 } else { (q / (p * p * p)).clamp(-1.0, 1.0) };
    let a = (std::f64::consts::PI + ops::acos(angle)) / 3.0;
    let p0 = (2.0 * p * ops::cos(a) - third).clamp((-delta).max(0.0), (1.0 - delta).min(1.0));
    ((p0 + delta).clamp(0.0, 1.0), p0)
}

/// Greatest-likelihood proportions with p₁ / p₂ = θ.
///
/// # Source
/// Miettinen & Nurminen 1985, Stat Med 4:213–226, eq. 12.
pub(super) fn constrained_ratio(first: (u64, u64), second: (u64, u64), theta: f64) -> (f64, f64) {
    let (c1, s1) = (first.0 as f64, first.1 as f64);
    let (c0, s0) = (second.0 as f64, second.1 as f64);
    let (a, b, c) = ((s1 + s0) * theta, -(s1 * theta + c1 + s0 + c0 * theta), c1 + c0);
    // The smaller root, in the form that does not cancel.
    let p0 = (2.0 * c / (-b + (b * b - 4.0 * a * c).max(0.0).sqrt())).clamp(0.0, (1.0 / theta).min(1.0));
    ((p0 * theta).clamp(0.0, 1.0), p0)
}

/// Greatest-likelihood proportions with odds ratio ψ, marginal total kept.
///
/// # Source
/// Miettinen & Nurminen 1985, Stat Med 4:213–226, eq. 17.
pub(super) fn constrained_odds(first: (u64, u64), second: (u64, u64), psi: f64) -> (f64, f64) {
    let (s1, s0, c) = (first.1 as f64, second.1 as f64, (first.0 + second.0) as f64);
    let a = s0 * (psi - 1.0);
    let b = s1 * psi + s0 - c * (psi - 1.0);
    let root = (b * b + 4.0 * a * c).max(0.0).sqrt();
    // a p₀² + b p₀ − c = 0; b > 0 need not hold, so both forms are kept from cancelling.
    let p0 = if b >= 0.0 { 2.0 * c / (b + root) } else { (root - b) / (2.0 * a) };
    let p0 = p0.clamp(0.0, 1.0);
    (p0 * psi / (1.0 + p0 * (psi - 1.0)), p0)
}

/// Signed score statistic of the contrast p₁ − w p₂ (w = 1 for a difference δ, w = θ and δ = 0 for a ratio), with
/// Miettinen and Nurminen's factor N / (N − 1) on the variance. Infinite where the constraint leaves no variance.
pub(super) fn score(first: (u64, u64), second: (u64, u64), fitted: (f64, f64), weight: f64, delta: f64) -> f64 {
    let (n1, n2) = (first.1 as f64, second.1 as f64);
    let n = n1 + n2;
    let factor = if n > 1.0 { n / (n - 1.0) } else { 1.0 };
    let variance = factor * (fitted.0 * (1.0 - fitted.0) / n1 + weight * weight * fitted.1 * (1.0 - fitted.1) / n2);
    let apart = share(first) - weight * share(second) - delta;
    if apart.abs() < 1e-15 {
        0.0
    } else if variance > 0.0 {
        apart / variance.sqrt()
    } else {
        apart.signum() * f64::INFINITY
    }
}
