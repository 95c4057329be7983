//! Kolmogorov and Smirnov's distance between distributions.

use proband_core::ops;
use serde::{Deserialize, Serialize};

use super::StatsError;
use super::error::{all_finite, at_least};

/// Result of a Kolmogorov–Smirnov test.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct KolmogorovSmirnov {
    /// Greatest distance D between the cumulative distributions [1].
    pub statistic: f64,
    /// Probability of a larger D if the distributions are equal [1], asymptotic; meant for effective sizes above 20.
    pub p_value: f64,
}

/// Distance of a sample from a continuous distribution given by its cumulative function.
///
/// # Source
/// Kolmogorov 1933, G Ist Ital Attuari 4:83; p-value with Stephens' correction, see [`kolmogorov_p_value`].
/// # Errors
/// [`StatsError::TooFew`], [`StatsError::NotFinite`]; [`StatsError::Fraction`] when `cdf` leaves 0 to 1.
pub fn ks_one_sample(values: &[f64], cdf: impl Fn(f64) -> f64) -> Result<KolmogorovSmirnov, StatsError> {
    at_least("values", values.len(), 1)?;
    all_finite("values", values)?;
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len() as f64;
    let mut statistic = 0.0_f64;
    for (index, value) in sorted.iter().enumerate() {
        let f = cdf(*value);
        super::error::all_fractions("cumulative probability", &[f]).map_err(|_| StatsError::Fraction {
            name: "cumulative probability",
            index,
            value: f,
        })?;
        statistic = statistic.max((index + 1) as f64 / n - f).max(f - index as f64 / n);
    }
    Ok(KolmogorovSmirnov { statistic, p_value: kolmogorov_p_value(statistic, n) })
}

/// Distance between two samples; ties are handled.
///
/// # Source
/// Smirnov 1939, Bull Univ Moscou 2:3; p-value with Stephens' correction, see [`kolmogorov_p_value`].
/// # Errors
/// [`StatsError::TooFew`], [`StatsError::NotFinite`].
pub fn ks_two_sample(first: &[f64], second: &[f64]) -> Result<KolmogorovSmirnov, StatsError> {
    at_least("the first sample", first.len(), 1)?;
    at_least("the second sample", second.len(), 1)?;
    all_finite("first sample", first)?;
    all_finite("second sample", second)?;
    let (mut a, mut b) = (first.to_vec(), second.to_vec());
    a.sort_by(f64::total_cmp);
    b.sort_by(f64::total_cmp);
    let (n, m) = (a.len() as f64, b.len() as f64);
    let (mut i, mut j, mut statistic) = (0, 0, 0.0_f64);
    while i < a.len() && j < b.len() {
        let value = a[i].min(b[j]);
        while i < a.len() && a[i] <= value {
            i += 1;
        }
        while j < b.len() && b[j] <= value {
            j += 1;
        }
        statistic = statistic.max((i as f64 / n - j as f64 / m).abs());
    }
    Ok(KolmogorovSmirnov { statistic, p_value: kolmogorov_p_value(statistic, n * m / (n + m)) })
}

/// Probability that the distance exceeds `statistic` for an effective sample size (n, or nm/(n+m)).
///
/// Q(λ) = 2 Σ (−1)^(k−1) e^(−2k²λ²) at λ = (√n + 0.12 + 0.11/√n) D; for small λ by the equivalent theta series
/// 1 − √(2π)/λ Σ e^(−(2k−1)²π²/8λ²).
///
/// # Source
/// Stephens 1970, J R Stat Soc B 32:115–122 (the correction for finite n).
#[must_use]
pub fn kolmogorov_p_value(statistic: f64, effective_count: f64) -> f64 {
    let root = effective_count.sqrt();
    let lambda = (root + 0.12 + 0.11 / root) * statistic;
    if lambda.is_nan() || lambda <= 0.0 {
        return 1.0;
    }
    // Either series has fallen below 1e-17 after ten terms on its side of 1.18.
    let terms = (1..=10).map(f64::from);
    let p = if lambda < 1.18 {
        let pi2 = std::f64::consts::PI * std::f64::consts::PI;
        let sum: f64 = terms.map(|k| ops::exp(-(2.0 * k - 1.0) * (2.0 * k - 1.0) * pi2 / (8.0 * lambda * lambda))).sum();
        1.0 - std::f64::consts::TAU.sqrt() / lambda * sum
    } else {
        let sign = |k: f64| if k % 2.0 == 1.0 { 1.0 } else { -1.0 };
        2.0 * terms.map(|k| sign(k) * ops::exp(-2.0 * k * k * lambda * lambda)).sum::<f64>()
    };
    p.clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proband_core::Stream;

    /// Compute D by hand: four values against the uniform distribution on 0 to 1.
    #[test]
    fn one_sample_by_hand() {
        let found = ks_one_sample(&[0.7, 0.1, 0.2, 0.4], |x| x).unwrap();
        assert!((found.statistic - 0.35).abs() < 1e-12); // 4/4 − 0.7 = 0.3; 3/4 − 0.4 = 0.35
    }

    /// Compute D by hand for two samples with ties: {1,2,2,3} and {2,3,4}.
    #[test]
    fn two_samples_by_hand() {
        let found = ks_two_sample(&[1.0, 2.0, 2.0, 3.0], &[2.0, 3.0, 4.0]).unwrap();
        assert!((found.statistic - 5.0 / 12.0).abs() < 1e-12); // after 2: 3/4 − 1/3
        assert_eq!(ks_two_sample(&[1.0, 2.0], &[1.0, 2.0]).unwrap().statistic, 0.0);
        assert_eq!(ks_two_sample(&[1.0], &[2.0]).unwrap().statistic, 1.0);
    }

    /// Match Smirnov's table: Q(1.36) is 5 %, Q(1.63) is 1 %, Q(0.83) is 50 %.
    #[test]
    fn the_limit_distribution_follows_the_table() {
        let at = |lambda: f64| kolmogorov_p_value(lambda / (1e4 + 0.12 + 0.11e-4), 1e8);
        assert!((at(1.3581) - 0.05).abs() < 1e-5);
        assert!((at(1.6276) - 0.01).abs() < 1e-5);
        assert!((at(0.8276) - 0.50).abs() < 1e-4);
        assert!((at(1.18 - 1e-12) - at(1.18 + 1e-12)).abs() < 1e-10);
        assert_eq!(at(0.0), 1.0);
    }

    /// Accept a sample of its own distribution and refuse a shifted one.
    #[test]
    fn a_shift_is_found() {
        let mut stream = Stream::new(3, 0, "ks");
        let values: Vec<f64> = (0..2000).map(|_| stream.normal()).collect();
        assert!(ks_one_sample(&values, ops::normal_cdf).unwrap().p_value > 0.01);
        assert!(ks_one_sample(&values, |x| ops::normal_cdf(x - 0.15)).unwrap().p_value < 1e-4);
        assert!(ks_one_sample(&values, |_| 2.0).is_err() && ks_one_sample(&[], ops::normal_cdf).is_err());
    }
}
