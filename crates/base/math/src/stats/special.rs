//! Tails and quantiles that the methods share, and a root finder that cannot fail.

use proband_core::ops;
use statrs::distribution::{ContinuousCDF, StudentsT};
use statrs::function::{beta::beta_reg, gamma::gamma_ur, gamma::ln_gamma};

use crate::quadrature::GaussLegendre;

/// Standard normal density.
pub(crate) fn normal_pdf(z: f64) -> f64 {
    ops::exp(-0.5 * z * z) / std::f64::consts::TAU.sqrt()
}

/// P(Z > z).
pub(crate) fn normal_sf(z: f64) -> f64 {
    ops::normal_cdf(-z)
}

/// P(|Z| > |z|).
pub(crate) fn normal_two_sided(z: f64) -> f64 {
    (2.0 * normal_sf(z.abs())).min(1.0)
}

/// P(T > t) of Student's distribution with `df` > 0 degrees of freedom.
pub(crate) fn student_sf(t: f64, df: f64) -> f64 {
    if t.is_infinite() {
        return if t > 0.0 { 0.0 } else { 1.0 };
    }
    let tail = 0.5 * beta_reg(0.5 * df, 0.5, df / (df + t * t));
    if t >= 0.0 { tail } else { 1.0 - tail }
}

/// P(|T| > |t|).
pub(crate) fn student_two_sided(t: f64, df: f64) -> f64 {
    (2.0 * student_sf(t.abs(), df)).min(1.0)
}

/// t with P(T ≤ t) = p, 0 < p < 1: the library's value made exact by Newton's steps.
pub(crate) fn student_quantile(p: f64, df: f64) -> f64 {
    let tail = p.min(1.0 - p);
    let Ok(law) = StudentsT::new(0.0, 1.0, df) else { return f64::NAN };
    let mut t = law.inverse_cdf(1.0 - tail).abs();
    let scale = ops::exp(ln_gamma(0.5 * (df + 1.0)) - ln_gamma(0.5 * df)) / (df * std::f64::consts::PI).sqrt();
    for _ in 0..4 {
        let density = scale * ops::exp(-0.5 * (df + 1.0) * ops::ln_1p(t * t / df));
        let step = (student_sf(t, df) - tail) / density;
        if !step.is_finite() || step.abs() <= 1e-15 * (1.0 + t) {
            break;
        }
        t += step;
    }
    if p < 0.5 { -t } else { t }
}

/// P(X > x) of χ² with `df` degrees of freedom.
pub(crate) fn chi2_sf(x: f64, df: f64) -> f64 {
    if x <= 0.0 {
        1.0
    } else if x.is_infinite() {
        0.0
    } else {
        gamma_ur(0.5 * df, 0.5 * x)
    }
}

/// P(T > t) of the non-central t distribution: E[Φ(δ − t w)] over w = √(χ²/ν), by quadrature.
pub(crate) fn noncentral_t_sf(t: f64, df: f64, delta: f64) -> f64 {
    // w has mean near 1 and deviation near 1/√(2ν); 12 deviations leave nothing outside.
    let spread = 12.0 / (2.0 * df).sqrt();
    let (low, high) = ((1.0 - spread).max(0.0), 1.0 + spread);
    let ln_scale = std::f64::consts::LN_2 + 0.5 * df * ops::ln(0.5 * df) - ln_gamma(0.5 * df);
    let density = |w: f64| ops::exp(ln_scale + (df - 1.0) * ops::ln(w) - 0.5 * df * w * w);
    GaussLegendre::new(20).integrate(low, high, 24, |w| density(w) * ops::normal_cdf(delta - t * w)).clamp(0.0, 1.0)
}

/// ln of the binomial coefficient.
pub(crate) fn ln_choose(n: u64, k: u64) -> f64 {
    let (n, k) = (n as f64, k as f64);
    ln_gamma(n + 1.0) - ln_gamma(k + 1.0) - ln_gamma(n - k + 1.0)
}

/// P(X ≤ k) of the binomial law.
pub(crate) fn binomial_cdf(k: u64, n: u64, p: f64) -> f64 {
    if k >= n || p <= 0.0 {
        1.0
    } else if p >= 1.0 {
        0.0
    } else {
        beta_reg((n - k) as f64, k as f64 + 1.0, 1.0 - p)
    }
}

/// Where a function changes from `false` at `low` to `true` at `high`, by bisection down to neighbouring floats.
pub(crate) fn turning_point(mut low: f64, mut high: f64, mut turned: impl FnMut(f64) -> bool) -> f64 {
    for _ in 0..300 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if turned(middle) { high = middle } else { low = middle }
    }
    0.5 * (low + high)
}

/// The same for positive values over many decades, by bisection of the logarithm.
pub(crate) fn turning_point_log(low: f64, high: f64, mut turned: impl FnMut(f64) -> bool) -> f64 {
    ops::exp(turning_point(ops::ln(low), ops::ln(high), |x| turned(ops::exp(x))))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Match printed quantiles of Student's t and closed forms of its tails.
    #[test]
    fn student_follows_tables() {
        assert!((student_quantile(0.975, 9.0) - 2.262_157_162_854_099).abs() < 1e-10);
        assert!((student_quantile(0.975, 1.0) - 12.706_204_736_174_707).abs() < 1e-9); // Cauchy: tan(0.475 π)
        assert!((student_sf(1.0, 1.0) - 0.25).abs() < 1e-14);
        assert!((student_quantile(0.025, 9.0) + student_quantile(0.975, 9.0)).abs() < 1e-14);
        assert!((noncentral_t_sf(2.0, 9.0, 0.0) - student_sf(2.0, 9.0)).abs() < 1e-12);
        assert!((noncentral_t_sf(2.0, 1.0, 0.0) - student_sf(2.0, 1.0)).abs() < 1e-6);
    }

    /// Keep closed forms of χ² with two degrees of freedom and of the binomial.
    #[test]
    fn tails_keep_closed_forms() {
        assert!((chi2_sf(3.0, 2.0) - ops::exp(-1.5)).abs() < 1e-14);
        assert!((binomial_cdf(1, 8, 0.5) - 9.0 / 256.0).abs() < 1e-14);
        assert!((ln_choose(10, 3) - ops::ln(120.0)).abs() < 1e-12);
    }
}
