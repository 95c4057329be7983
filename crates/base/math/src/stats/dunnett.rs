//! Several arms against one control.

use proband_core::ops;

use super::error::{all_finite, at_least, in_range, open_fraction};
use super::special::{normal_pdf, turning_point};
use super::{Sides, StatsError};
use crate::quadrature::GaussLegendre;

/// Beyond so many deviations the normal density adds nothing.
const EDGE: f64 = 9.0;
/// Arms besides the control.
const ARMS_MAX: usize = 1000;

/// P that the greatest of the comparisons with one control is at least `z` when no arm differs: the p-value of an arm whose
/// standardised difference is `z`, adjusted for all others. `sizes`: patients of the control first, then of each arm.
///
/// # Requires
/// Independent arms of one known variance: statistics of correlation √(nᵢ/(n₀ + nᵢ)) √(nⱼ/(n₀ + nⱼ)).
/// # Source
/// Dunnett 1955, J Am Stat Assoc 50:1096–1121, with the normal law for t's.
/// # Errors
/// [`StatsError::TooFew`] below one arm, [`StatsError::TooMany`], [`StatsError::NotFinite`]; [`StatsError::OutOfRange`] for an arm of
/// nobody.
pub fn dunnett_p(z: f64, sizes: &[u64], sides: Sides) -> Result<f64, StatsError> {
    at_least("sizes", sizes.len(), 2)?;
    if sizes.len() > ARMS_MAX {
        return Err(StatsError::TooMany { name: "arms", found: sizes.len(), max: ARMS_MAX });
    }
    all_finite("z", &[z])?;
    for n in sizes {
        in_range("size", *n as f64, 1.0, 1e15)?;
    }
    // Each statistic is √(1 − λ²) Zᵢ − λ Z₀: given Z₀ of the control they are independent.
    let shares: Vec<(f64, f64)> = sizes[1..]
        .iter()
        .map(|n| {
            let of_arm = *n as f64 / (*n as f64 + sizes[0] as f64);
            (of_arm.sqrt(), (1.0 - of_arm).sqrt())
        })
        .collect();
    let below = |x: f64| -> f64 {
        let each = |(load, rest): &(f64, f64)| {
            let high = ops::normal_cdf((z + load * x) / rest);
            let low = match sides {
                Sides::One => 0.0,
                Sides::Two => ops::normal_cdf((load * x - z) / rest),
            };
            (high - low).max(0.0)
        };
        normal_pdf(x) * shares.iter().map(each).product::<f64>()
    };
    let inside = if sides == Sides::Two && z <= 0.0 { 0.0 } else { GaussLegendre::new(16).integrate(-EDGE, EDGE, 12, below) };
    Ok((1.0 - inside).clamp(0.0, 1.0))
}

/// The standardised difference that the greatest of the comparisons reaches with probability `alpha` when no arm differs.
///
/// # Source
/// As [`dunnett_p`].
/// # Errors
/// As [`dunnett_p`]; [`StatsError::Fraction`] for an `alpha` that is none.
pub fn dunnett_constant(alpha: f64, sizes: &[u64], sides: Sides) -> Result<f64, StatsError> {
    open_fraction("alpha", alpha)?;
    dunnett_p(0.0, sizes, sides)?;
    Ok(turning_point(-EDGE, EDGE, |z| dunnett_p(z, sizes, sides).is_ok_and(|p| p < alpha)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Give the table of 1955 for arms of one size and endless degrees of freedom, and plain tails for one arm.
    #[test]
    fn the_printed_table_comes_out() {
        for (arms, printed) in [(1, 1.645), (2, 1.92), (3, 2.06), (4, 2.16), (5, 2.23), (10, 2.45)] {
            let found = dunnett_constant(0.05, &vec![50; arms + 1], Sides::One).unwrap();
            assert!((found - printed).abs() < 0.0051, "{arms}: {found}");
        }
        let two = dunnett_constant(0.05, &[7, 90], Sides::Two).unwrap();
        assert!((two - 1.959_963_984_540_054).abs() < 1e-9, "{two}");
    }

    /// Lie between no adjustment and Bonferroni's; refuse arms of nobody.
    #[test]
    fn adjustment_has_bounds() {
        for z in [1.0, 2.0, 3.0] {
            let one = dunnett_p(z, &[40, 40], Sides::Two).unwrap();
            let three = dunnett_p(z, &[40, 40, 20, 80], Sides::Two).unwrap();
            assert!(one < three && three < 3.0 * one, "{z}");
        }
        assert!(dunnett_p(1.0, &[4], Sides::One).is_err() && dunnett_p(1.0, &[4, 0], Sides::One).is_err());
        assert!(dunnett_p(f64::NAN, &[4, 4], Sides::One).is_err() && dunnett_constant(1.0, &[4, 4], Sides::One).is_err());
    }
}
