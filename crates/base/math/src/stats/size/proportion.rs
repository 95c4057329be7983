//! Sizes for proportions.

use proband_core::ops;

use super::super::error::{check_confidence, in_range, open_fraction};
use super::super::special::normal_sf;
use super::super::{StatsError, normal_quantile};
use super::{SIZE_MAX, Sides, nonzero, quantiles};

/// Patients per arm to tell two proportions apart, pooled variance under the null.
///
/// (z_α √(2 p̄ q̄) + z_β √(p₁q₁ + p₂q₂))² / (p₁ − p₂)²
///
/// # Source
/// Fleiss 1981, Statistical Methods for Rates and Proportions, eq. 3.14 (no continuity correction).
/// # Errors
/// [`StatsError::Fraction`]; [`StatsError::OutOfRange`] for equal proportions.
pub fn size_two_proportions(first: f64, second: f64, alpha: f64, sides: Sides, power: f64) -> Result<f64, StatsError> {
    super::super::error::all_fractions("proportion", &[first, second])?;
    nonzero("difference", first - second)?;
    let (za, zb) = quantiles(alpha, sides, power)?;
    let mean = 0.5 * (first + second);
    let root = za * (2.0 * mean * (1.0 - mean)).sqrt() + zb * (first * (1.0 - first) + second * (1.0 - second)).sqrt();
    Ok((root / (first - second)) * (root / (first - second)))
}

/// Power of the test of [`size_two_proportions`] with `n` patients per arm; the far tail is left out.
///
/// # Source
/// As [`size_two_proportions`], solved for the power.
/// # Errors
/// [`StatsError::Fraction`], [`StatsError::OutOfRange`].
pub fn two_proportion_power(first: f64, second: f64, n: f64, alpha: f64, sides: Sides) -> Result<f64, StatsError> {
    super::super::error::all_fractions("proportion", &[first, second])?;
    in_range("patients per arm", n, 1.0, SIZE_MAX)?;
    open_fraction("alpha", alpha)?;
    let mean = 0.5 * (first + second);
    let spread = (first * (1.0 - first) + second * (1.0 - second)).sqrt();
    let za = normal_quantile(1.0 - sides.tail(alpha));
    let apart = (first - second).abs() * n.sqrt() - za * (2.0 * mean * (1.0 - mean)).sqrt();
    Ok(if spread > 0.0 { ops::normal_cdf(apart / spread) } else { f64::from(u8::from(apart > 0.0)) })
}

/// Patients per arm to show that a proportion is not lower by more than `margin`, both arms being at `proportion`;
/// `alpha` is one-sided.
///
/// # Source
/// Blackwelder 1982, Control Clin Trials 3:345–353.
/// # Errors
/// [`StatsError::Fraction`], [`StatsError::OutOfRange`] unless the margin is above 0.
pub fn size_non_inferiority(proportion: f64, margin: f64, alpha: f64, power: f64) -> Result<f64, StatsError> {
    open_fraction("proportion", proportion)?;
    in_range("margin", margin, 1e-9, 1.0)?;
    let (za, zb) = quantiles(alpha, Sides::One, power)?;
    Ok((za + zb) * (za + zb) * 2.0 * proportion * (1.0 - proportion) / (margin * margin))
}

/// Power to show non-inferiority with `n` patients per arm when the new arm's proportion is `new`, the old one's `old`.
///
/// # Source
/// Blackwelder 1982, Control Clin Trials 3:345–353.
/// # Errors
/// [`StatsError::Fraction`], [`StatsError::OutOfRange`].
pub fn non_inferiority_power(new: f64, old: f64, margin: f64, n: f64, alpha: f64) -> Result<f64, StatsError> {
    open_fraction("proportion", new)?;
    open_fraction("proportion", old)?;
    open_fraction("alpha", alpha)?;
    in_range("margin", margin, 1e-9, 1.0)?;
    in_range("patients per arm", n, 1.0, SIZE_MAX)?;
    let error = ((new * (1.0 - new) + old * (1.0 - old)) / n).sqrt();
    Ok(normal_sf(normal_quantile(1.0 - alpha) - (new - old + margin) / error))
}

/// Pairs for McNemar's test, from the probabilities of the two kinds of disagreement.
///
/// (z_α √(p₁₂ + p₂₁) + z_β √(p₁₂ + p₂₁ − (p₁₂ − p₂₁)²))² / (p₁₂ − p₂₁)²
///
/// # Source
/// Connor 1987, Biometrics 43:207–211.
/// # Errors
/// [`StatsError::Fraction`]; [`StatsError::OutOfRange`] for equal probabilities or a sum above 1.
pub fn size_mcnemar(first_only: f64, second_only: f64, alpha: f64, sides: Sides, power: f64) -> Result<f64, StatsError> {
    super::super::error::all_fractions("probability of disagreement", &[first_only, second_only])?;
    in_range("sum of the probabilities of disagreement", first_only + second_only, 0.0, 1.0)?;
    let apart = first_only - second_only;
    nonzero("difference", apart)?;
    let (za, zb) = quantiles(alpha, sides, power)?;
    let sum = first_only + second_only;
    let root = (za * sum.sqrt() + zb * (sum - apart * apart).max(0.0).sqrt()) / apart;
    Ok(root * root)
}

/// Patients for a proportion known within ± `half_width` at the confidence (Wald).
///
/// # Source
/// Cochran 1977, Sampling Techniques, eq. 4.2.
/// # Errors
/// [`StatsError::Confidence`], [`StatsError::Fraction`], [`StatsError::OutOfRange`].
pub fn size_proportion_precision(proportion: f64, half_width: f64, confidence: f64) -> Result<f64, StatsError> {
    check_confidence(confidence)?;
    open_fraction("proportion", proportion)?;
    in_range("half width", half_width, 1e-9, 1.0)?;
    let z = normal_quantile(0.5 + 0.5 * confidence) / half_width;
    Ok(z * z * proportion * (1.0 - proportion))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Match statsmodels 0.15: 184.128816 and 267.939288 per arm; come back to the power.
    #[test]
    fn sizes_follow_print() {
        let n = size_two_proportions(0.80, 0.65, 0.05, Sides::Two, 0.9).unwrap();
        assert!((n - 184.128_816).abs() < 1e-5);
        assert!((two_proportion_power(0.80, 0.65, n, 0.05, Sides::Two).unwrap() - 0.9).abs() < 1e-12);
        let n = size_non_inferiority(0.85, 0.10, 0.025, 0.9).unwrap();
        assert!((n - 267.939_288).abs() < 1e-5);
        assert!((non_inferiority_power(0.85, 0.85, 0.10, n, 0.025).unwrap() - 0.9).abs() < 1e-12);
        // 1.96² · 0.25 / 0.05²: the surveyor's 385.
        assert!((size_proportion_precision(0.5, 0.05, 0.95).unwrap() - 384.146).abs() < 1e-3);
    }

    /// Refuse what has no answer.
    #[test]
    fn nonsense_is_refused() {
        assert!(
            size_two_proportions(0.5, 0.5, 0.05, Sides::Two, 0.9).is_err()
                && size_two_proportions(1.5, 0.5, 0.05, Sides::Two, 0.9).is_err()
        );
        assert!(size_non_inferiority(0.85, 0.0, 0.025, 0.9).is_err() && size_mcnemar(0.7, 0.6, 0.05, Sides::Two, 0.9).is_err());
        assert!(size_mcnemar(f64::NAN, 0.1, 0.05, Sides::Two, 0.9).is_err());
        assert_eq!(two_proportion_power(1.0, 0.0, 10.0, 0.05, Sides::Two), Ok(1.0));
    }
}
