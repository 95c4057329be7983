//! Does an effect differ between subgroups?

use proband_core::ops;
use serde::{Deserialize, Serialize};

use super::StatsError;
use super::error::{all_finite, at_least, in_range};
use super::special::{chi2_sf, normal_two_sided};

/// An effect in one subgroup.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SubgroupEffect {
    /// Estimate, on a scale on which it is nearly normal (a difference, a log ratio).
    pub effect: f64,
    /// Its standard error, same unit.
    pub standard_error: f64,
}

/// Test of interaction.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interaction {
    /// Effect over all subgroups, weighted by precision.
    pub pooled: f64,
    /// Its standard error.
    pub pooled_error: f64,
    /// Q = Σ ((effect − pooled)/error)².
    pub q: f64,
    /// Subgroups less one.
    pub degrees_of_freedom: u32,
    /// P of a greater Q if the effect is the same in all.
    pub p_value: f64,
    /// Share of the spread that is not chance, max(0, (Q − df)/Q) [1].
    pub i_squared: f64,
}

/// Test whether the effects of two or more subgroups are one. Adjust several such tests with [`super::holm`].
///
/// # Source
/// Cochran 1954, Biometrics 10:101–129; I² of Higgins & Thompson 2002, Stat Med 21:1539. With two subgroups this is
/// Altman & Bland's test, BMJ 2003;326:219.
/// # Errors
/// [`StatsError::TooFew`] below two subgroups, [`StatsError::NotFinite`]; [`StatsError::OutOfRange`] for errors not above 0.
pub fn interaction(effects: &[SubgroupEffect]) -> Result<Interaction, StatsError> {
    at_least("subgroups", effects.len(), 2)?;
    for e in effects {
        all_finite("effect", &[e.effect])?;
        in_range("standard error", e.standard_error, 1e-150, 1e150)?;
    }
    let least = effects.iter().map(|e| e.standard_error).fold(f64::INFINITY, f64::min);
    let weight = |e: &SubgroupEffect| (least / e.standard_error) * (least / e.standard_error);
    let sum: f64 = effects.iter().map(weight).sum();
    let pooled = effects.iter().map(|e| weight(e) * e.effect).sum::<f64>() / sum;
    let q: f64 = effects.iter().map(|e| ((e.effect - pooled) / e.standard_error) * ((e.effect - pooled) / e.standard_error)).sum();
    let degrees_of_freedom = effects.len() as u32 - 1;
    let df = f64::from(degrees_of_freedom);
    let i_squared = if q > df { (q - df) / q } else { 0.0 };
    Ok(Interaction { pooled, pooled_error: least / sum.sqrt(), q, degrees_of_freedom, p_value: chi2_sf(q, df), i_squared })
}

/// Non-inferiority on a nearly normal scale: one-sided P that the effect is not above −`margin`.
///
/// The claim holds at one-sided α when the p-value is below α, which is when the lower end of the 1 − 2α interval lies above
/// −`margin`. `effect`: new minus old, greater is better.
///
/// # Source
/// Blackwelder 1982, Control Clin Trials 3:345–353; ICH E9 sec. 3.3.2.
/// # Errors
/// [`StatsError::NotFinite`], [`StatsError::OutOfRange`] for an error or margin not above 0.
pub fn non_inferiority_p(effect: f64, standard_error: f64, margin: f64) -> Result<f64, StatsError> {
    all_finite("effect", &[effect])?;
    in_range("standard error", standard_error, 1e-150, 1e150)?;
    in_range("margin", margin, f64::MIN_POSITIVE, f64::MAX)?;
    Ok(ops::normal_cdf(-(effect + margin) / standard_error))
}

/// Two-sided p-value of a nearly normal estimate against zero.
///
/// # Source
/// Wald 1943, Trans Am Math Soc 54:426.
/// # Errors
/// [`StatsError::NotFinite`], [`StatsError::OutOfRange`] for an error not above 0.
pub fn wald_p(effect: f64, standard_error: f64) -> Result<f64, StatsError> {
    all_finite("effect", &[effect])?;
    in_range("standard error", standard_error, 1e-150, 1e150)?;
    Ok(normal_two_sided(effect / standard_error))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Match Altman & Bland's worked example: log ratios −0.400 (0.226) and −0.083 (0.059) give z = −1.36, p = 0.17.
    #[test]
    fn altman_and_bland_are_met() {
        let found = interaction(&[
            SubgroupEffect { effect: -0.3999, standard_error: 0.2206 },
            SubgroupEffect { effect: -0.0834, standard_error: 0.0587 },
        ])
        .unwrap();
        let z = (-0.3999_f64 + 0.0834) / (0.2206_f64 * 0.2206 + 0.0587 * 0.0587).sqrt();
        assert!((found.q - z * z).abs() < 1e-12 && (found.p_value - normal_two_sided(z)).abs() < 1e-12);
        assert!((found.p_value - 0.17).abs() < 0.005);
        assert!(interaction(&[]).is_err());
    }

    /// Agree with the interval's end: at −margin the p-value is α.
    #[test]
    fn non_inferiority_is_the_interval() {
        let z = super::super::normal_quantile(0.975);
        assert!((non_inferiority_p(-0.1 + z * 0.03, 0.03, 0.1).unwrap() - 0.025).abs() < 1e-12);
        assert!(non_inferiority_p(0.0, 0.0, 0.1).is_err() && wald_p(f64::NAN, 1.0).is_err());
        assert!((wald_p(z, 1.0).unwrap() - 0.05).abs() < 1e-12);
    }
}
