//! Sizes for means.

use super::super::error::{in_range, open_fraction};
use super::super::special::{noncentral_t_sf, student_quantile, turning_point_log};
use super::super::{StatsError, normal_quantile};
use super::{SIZE_MAX, Sides, nonzero, quantiles};

fn t_power(noncentrality: f64, df: f64, alpha: f64, sides: Sides) -> f64 {
    let critical = student_quantile(1.0 - sides.tail(alpha), df);
    let far = if sides == Sides::Two { noncentral_t_sf(critical, df, -noncentrality) } else { 0.0 };
    noncentral_t_sf(critical, df, noncentrality) + far
}

/// Power of the two-sample t test with `n` patients per arm, effect in standard deviations (non-central t).
///
/// # Source
/// Cohen 1988, Statistical Power Analysis, ch. 2.
/// # Errors
/// [`StatsError::OutOfRange`] unless `n` ≥ 1.5, [`StatsError::Fraction`] for `alpha`, [`StatsError::NotFinite`].
pub fn t_power_two_sample(effect: f64, n: f64, alpha: f64, sides: Sides) -> Result<f64, StatsError> {
    in_range("patients per arm", n, 1.5, SIZE_MAX)?;
    open_fraction("alpha", alpha)?;
    super::super::error::all_finite("effect", &[effect])?;
    Ok(t_power(signed(effect, sides) * (0.5 * n).sqrt(), 2.0 * n - 2.0, alpha, sides))
}

/// Power of the paired t test with `n` pairs, effect in standard deviations of the differences.
///
/// # Source
/// Cohen 1988, Statistical Power Analysis, ch. 2.
/// # Errors
/// As [`t_power_two_sample`].
pub fn t_power_paired(effect: f64, n: f64, alpha: f64, sides: Sides) -> Result<f64, StatsError> {
    in_range("pairs", n, 2.0, SIZE_MAX)?;
    open_fraction("alpha", alpha)?;
    super::super::error::all_finite("effect", &[effect])?;
    Ok(t_power(signed(effect, sides) * n.sqrt(), n - 1.0, alpha, sides))
}

fn signed(effect: f64, sides: Sides) -> f64 {
    if sides == Sides::Two { effect.abs() } else { effect }
}

/// Patients per arm for the two-sample t test.
///
/// # Source
/// As [`t_power_two_sample`], solved for n.
/// # Errors
/// [`StatsError::OutOfRange`] for an effect of zero, [`StatsError::Fraction`].
pub fn size_t_two_sample(effect: f64, alpha: f64, sides: Sides, power: f64) -> Result<f64, StatsError> {
    nonzero("effect", effect)?;
    quantiles(alpha, sides, power)?;
    let effect = effect.abs();
    Ok(turning_point_log(1.5, SIZE_MAX, |n| t_power(effect * (0.5 * n).sqrt(), 2.0 * n - 2.0, alpha, sides) >= power))
}

/// Pairs for the paired t test.
///
/// # Source
/// As [`t_power_paired`], solved for n.
/// # Errors
/// [`StatsError::OutOfRange`] for an effect of zero, [`StatsError::Fraction`].
pub fn size_t_paired(effect: f64, alpha: f64, sides: Sides, power: f64) -> Result<f64, StatsError> {
    nonzero("effect", effect)?;
    quantiles(alpha, sides, power)?;
    let effect = effect.abs();
    Ok(turning_point_log(2.0, SIZE_MAX, |n| t_power(effect * n.sqrt(), n - 1.0, alpha, sides) >= power))
}

/// Patients per arm for the rank-sum test, from P(first > second): (z + z)² / (6 (P − ½)²).
///
/// # Source
/// Noether 1987, J Am Stat Assoc 82:645–647.
/// # Errors
/// [`StatsError::Fraction`], [`StatsError::OutOfRange`] at P = ½.
pub fn size_wilcoxon_two_sample(p_greater: f64, alpha: f64, sides: Sides, power: f64) -> Result<f64, StatsError> {
    super::super::error::all_fractions("probability of superiority", &[p_greater])?;
    nonzero("probability of superiority less one half", p_greater - 0.5)?;
    let (za, zb) = quantiles(alpha, sides, power)?;
    Ok((za + zb) * (za + zb) / (6.0 * (p_greater - 0.5) * (p_greater - 0.5)))
}

/// Patients for a mean known within ± `half_width` [unit of `sd`] at the confidence: a trial sized for its precision.
///
/// # Source
/// Cochran 1977, Sampling Techniques, eq. 4.5.
/// # Errors
/// [`StatsError::Confidence`], [`StatsError::OutOfRange`].
pub fn size_mean_precision(sd: f64, half_width: f64, confidence: f64) -> Result<f64, StatsError> {
    super::super::error::check_confidence(confidence)?;
    in_range("standard deviation", sd, f64::MIN_POSITIVE, f64::MAX)?;
    in_range("half width", half_width, f64::MIN_POSITIVE, f64::MAX)?;
    let root = normal_quantile(0.5 + 0.5 * confidence) * (sd / half_width);
    in_range("patients", root * root, 0.0, SIZE_MAX)?;
    Ok(root * root)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Match statsmodels 0.15: 63.76561 per arm for d = 0.5, and 0.80145956 at 64.
    #[test]
    fn t_sizes_follow_print() {
        assert!((size_t_two_sample(0.5, 0.05, Sides::Two, 0.8).unwrap() - 63.765_61).abs() < 1e-4);
        assert!((t_power_two_sample(0.5, 64.0, 0.05, Sides::Two).unwrap() - 0.801_459_56).abs() < 1e-7);
        // Cohen 1988 / G*Power: 34 pairs for d = 0.5.
        assert!((size_t_paired(0.5, 0.05, Sides::Two, 0.8).unwrap() - 33.367).abs() < 1e-2);
        assert!((t_power_two_sample(0.0, 20.0, 0.05, Sides::Two).unwrap() - 0.05).abs() < 1e-10);
    }

    /// Refuse effects of zero, NaN and silly levels.
    #[test]
    fn nonsense_is_refused() {
        assert!(size_t_two_sample(0.0, 0.05, Sides::Two, 0.8).is_err() && size_t_two_sample(f64::NAN, 0.05, Sides::Two, 0.8).is_err());
        assert!(size_t_two_sample(0.5, 0.0, Sides::Two, 0.8).is_err() && size_t_two_sample(0.5, 0.05, Sides::One, 1.0).is_err());
        assert!(t_power_two_sample(0.5, f64::NAN, 0.05, Sides::Two).is_err() && size_mean_precision(1.0, 0.0, 0.95).is_err());
        assert!(size_wilcoxon_two_sample(0.5, 0.05, Sides::Two, 0.8).is_err());
    }
}
