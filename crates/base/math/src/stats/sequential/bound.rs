//! Bounds of the usual designs.

use super::super::error::{in_range, open_fraction};
use super::super::size::Sides;
use super::super::special::turning_point;
use super::super::{StatsError, normal_quantile};
use super::Spending;
use super::crossing::{LOOK_COUNT_MAX, Walk, check_information, crossing};
use crate::quadrature::GaussLegendre;

/// z beyond which no bound is looked for: its tail is 1e-24.
const Z_MAX: f64 = 10.0;

fn equal_looks(looks: u32) -> Result<Vec<f64>, StatsError> {
    in_range("looks", f64::from(looks), 1.0, LOOK_COUNT_MAX as f64)?;
    Ok((1..=looks).map(|k| f64::from(k) / f64::from(looks)).collect())
}

fn constant(looks: u32, alpha: f64, shape: impl Fn(f64) -> f64) -> Result<f64, StatsError> {
    open_fraction("alpha", alpha)?;
    let information = equal_looks(looks)?;
    let mut fault = None;
    // 45 halvings of 10 leave 3e-13.
    let (mut low, mut high) = (0.0, Z_MAX);
    for _ in 0..45 {
        let middle = 0.5 * (low + high);
        let upper: Vec<f64> = information.iter().map(|t| middle * shape(*t)).collect();
        let lower: Vec<f64> = upper.iter().map(|u| -u).collect();
        match crossing(&information, &lower, &upper, 0.0) {
            Ok(found) if found.total() < alpha => high = middle,
            Ok(_) => low = middle,
            Err(error) => fault = Some(error),
        }
    }
    fault.map_or(Ok(0.5 * (low + high)), Err)
}

/// Pocock's constant: one |z| at all equally spaced looks, two-sided.
///
/// # Source
/// Pocock 1977, Biometrika 64:191–199.
/// # Errors
/// [`StatsError::Fraction`], [`StatsError::OutOfRange`].
pub fn pocock_constant(looks: u32, alpha: f64) -> Result<f64, StatsError> {
    constant(looks, alpha, |_| 1.0)
}

/// O'Brien and Fleming's constant C; the bound at look k of K is C √(K/k), two-sided.
///
/// # Source
/// O'Brien & Fleming 1979, Biometrics 35:549–556.
/// # Errors
/// [`StatsError::Fraction`], [`StatsError::OutOfRange`].
pub fn obrien_fleming_constant(looks: u32, alpha: f64) -> Result<f64, StatsError> {
    constant(looks, alpha, |t| 1.0 / t.sqrt())
}

/// O'Brien and Fleming's bounds at each equally spaced look, two-sided.
///
/// # Source
/// As [`obrien_fleming_constant`].
/// # Errors
/// As [`obrien_fleming_constant`].
pub fn obrien_fleming_bounds(looks: u32, alpha: f64) -> Result<Vec<f64>, StatsError> {
    let c = obrien_fleming_constant(looks, alpha)?;
    Ok(equal_looks(looks)?.iter().map(|t| c / t.sqrt()).collect())
}

/// Bounds of z from a spending function at any information fractions. With [`Sides::Two`], the negative of each bound is
/// the lower one and α/2 is spent on each side. Where a look may spend less than 1e-24 the bound is 10.
///
/// # Source
/// Lan & DeMets 1983, Biometrika 70:659–663.
/// # Errors
/// [`StatsError::Fraction`], [`StatsError::OutOfRange`], [`StatsError::TooMany`].
pub fn spending_bounds(spending: Spending, information: &[f64], alpha: f64, sides: Sides) -> Result<Vec<f64>, StatsError> {
    open_fraction("alpha", alpha)?;
    check_information(information)?;
    match spending {
        Spending::Power { rho } => in_range("rho", rho, 1e-3, 1e3)?,
        Spending::HwangShihDeCani { gamma } => in_range("gamma", gamma, -500.0, 500.0)?,
        _ => {}
    }
    let tail = sides.tail(alpha);
    let rule = GaussLegendre::new(12);
    let mut walk = Walk::new(0.0);
    let (mut bounds, mut spent) = (Vec::new(), 0.0);
    for (look, t) in information.iter().enumerate() {
        let now = spending.spent(tail, *t);
        let increment = now - spent;
        spent = now;
        let bound = turning_point(-Z_MAX, Z_MAX, |z| walk.above(*t, z) < increment);
        bounds.push(bound);
        if let Some(next) = information.get(look + 1) {
            let lower = if sides == Sides::Two { -bound } else { f64::NEG_INFINITY };
            walk.proceed(*t, lower, bound, next - t, &rule);
        }
    }
    Ok(bounds)
}

/// Drift (mean of z at full information) at which a symmetric two-sided or an upper design has a power of leaving above.
/// The sample grows by (drift / (z_α + z_β))² against one look.
///
/// # Source
/// Jennison & Turnbull 2000, Group Sequential Methods, sec. 2.3.
/// # Errors
/// As [`crossing`], and [`StatsError::Fraction`].
pub fn drift_for_power(information: &[f64], lower: &[f64], upper: &[f64], power: f64) -> Result<f64, StatsError> {
    open_fraction("power", power)?;
    crossing(information, lower, upper, 0.0)?;
    let (mut low, mut high) = (0.0, 50.0);
    for _ in 0..50 {
        let middle = 0.5 * (low + high);
        if crossing(information, lower, upper, middle)?.upper_total() < power { low = middle } else { high = middle }
    }
    Ok(0.5 * (low + high))
}

/// Error that looking `looks` times at the one-look level makes of `alpha`: why bounds are needed.
///
/// # Source
/// Armitage, McPherson & Rowe 1969, J R Stat Soc A 132:235–244.
/// # Errors
/// [`StatsError::Fraction`], [`StatsError::OutOfRange`].
pub fn naive_error(looks: u32, alpha: f64) -> Result<f64, StatsError> {
    open_fraction("alpha", alpha)?;
    let information = equal_looks(looks)?;
    let z = normal_quantile(1.0 - 0.5 * alpha);
    Ok(crossing(&information, &vec![-z; information.len()], &vec![z; information.len()], 0.0)?.total())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn near(found: &[f64], expected: &[f64], tolerance: f64) {
        assert_eq!(found.len(), expected.len());
        for (f, e) in found.iter().zip(expected) {
            assert!((f - e).abs() <= tolerance, "{found:?} {expected:?}");
        }
    }

    /// Match the published constants and spending bounds.
    #[test]
    fn designs_follow_tables() {
        near(&[pocock_constant(2, 0.05).unwrap(), pocock_constant(4, 0.05).unwrap()], &[2.178_27, 2.361_30], 1e-5);
        near(&obrien_fleming_bounds(4, 0.05).unwrap(), &[4.0486, 2.8628, 2.3375, 2.0243], 1e-4);
        near(&[obrien_fleming_constant(2, 0.05).unwrap()], &[1.977_43], 1e-5);
        let quarters = [0.25, 0.5, 0.75, 1.0];
        near(&spending_bounds(Spending::ObrienFleming, &quarters, 0.05, Sides::Two).unwrap(), &[4.3326, 2.9631, 2.3590, 2.0141], 1e-4);
        near(&spending_bounds(Spending::Pocock, &quarters, 0.05, Sides::Two).unwrap(), &[2.3683, 2.3675, 2.3582, 2.3500], 1e-4);
        near(&spending_bounds(Spending::ObrienFleming, &[0.5, 1.0], 0.05, Sides::Two).unwrap(), &[2.9626, 1.9686], 1e-4);
    }

    /// Let the error of repeated looks grow as Armitage found.
    #[test]
    fn naive_looks_are_dear() {
        let found: Vec<f64> = [2, 3, 4, 5, 10].iter().map(|k| naive_error(*k, 0.05).unwrap()).collect();
        near(&found, &[0.0831, 0.1073, 0.1262, 0.1417, 0.1934], 1e-4);
        near(&[naive_error(1, 0.05).unwrap()], &[0.05], 1e-12);
    }

    /// Keep the error at many and at uneven looks, spend all of it, and average fewer patients under an effect.
    #[test]
    fn any_looks_keep_the_error() {
        for information in [vec![0.1, 0.15, 0.8, 1.0], (1..=30).map(|k| f64::from(k) / 30.0).collect(), vec![0.999, 1.0]] {
            let upper = spending_bounds(Spending::Pocock, &information, 0.05, Sides::Two).unwrap();
            let lower: Vec<f64> = upper.iter().map(|u| -u).collect();
            assert!((crossing(&information, &lower, &upper, 0.0).unwrap().total() - 0.05).abs() < 1e-7, "{information:?}");
            let drift = drift_for_power(&information, &lower, &upper, 0.9).unwrap();
            let under = crossing(&information, &lower, &upper, drift).unwrap();
            assert!(under.expected_fraction < 1.0 && (under.upper_total() - 0.9).abs() < 1e-9 && drift > 3.2415);
        }
        assert!(spending_bounds(Spending::Pocock, &[0.5, 0.5], 0.05, Sides::Two).is_err() && pocock_constant(0, 0.05).is_err());
        assert!(crossing(&[1.0], &[f64::NAN], &[2.0], 0.0).is_err() && crossing(&[1.0], &[-2.0], &[2.0], f64::NAN).is_err());
    }
}
