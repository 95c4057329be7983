//! The adult population that published margins are taken to describe, and how a person stands in it.
//!
//! A prior for one person must not change the margin over all: the published mean ± sd is that of the whole
//! population. Each quantity therefore has a latent standard normal score
//!
//! s = Σ ρᵢ tᵢ + √(1 − Σ ρᵢ²) ε,
//!
//! with tᵢ the person's standardised covariates (mean 0, variance 1 over the population, independent) and ε
//! standard normal. Over the population s has mean 0 and variance 1, so the quantile of Φ(s) has the published
//! margin. s is exactly normal for normal covariates; for the two-valued ones (sex, conditions) it is a mixture,
//! whose excess over a normal is of third order in ρ and was found to be far below the sampling error of 10 000.

use proband_core::{Distribution, ops};

use crate::{Conditions, Person, Prevalence, Sex};

/// Fraction of women: 260 of 461 (Park 2023, J Vasc Access).
pub(crate) const FEMALE_FRACTION: f64 = 260.0 / 461.0;
/// Mean age before the cut at 18 years; after it 41.1 years (Park 2023, J Vasc Access). The spread is prior: unverified.
const AGE_MEAN_Y: f64 = 39.8;
const AGE_SD_Y: f64 = 13.0;
/// ln of the body-mass index in kg/m²: median 24.3, prior: unverified.
const LN_BMI_MU: f64 = 3.190_5;
const LN_BMI_SIGMA: f64 = 0.16;
/// Scores further out than this are taken as this: the covariates were not studied there.
const SCORE_MAX: f64 = 3.5;

/// Age of the population [years].
pub(crate) fn age_y() -> Distribution {
    Distribution::TruncatedNormal { mean: AGE_MEAN_Y, sd: AGE_SD_Y, low: 18.0, high: 90.0 }
}

/// Body-mass index of the population [kg/m²].
pub(crate) fn bmi_kg_m2() -> Distribution {
    Distribution::LogNormal { mu: LN_BMI_MU, sigma: LN_BMI_SIGMA }
}

/// Conditions among adults who come for a blood draw. Prior: unverified.
pub(crate) const PREVALENCE: Prevalence = Prevalence {
    diabetes: 0.10,
    chronic_kidney_disease: 0.08,
    anticoagulated: 0.08,
    steroids: 0.03,
    difficult_access_before: 0.10,
    dehydrated: 0.06,
    tremor: 0.03,
};

/// How strongly a latent score depends on each covariate [1].
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Loading {
    pub(crate) bmi: f64,
    pub(crate) male: f64,
    pub(crate) age: f64,
    pub(crate) difficult: f64,
    pub(crate) dehydrated: f64,
    pub(crate) steroids: f64,
    pub(crate) kidney: f64,
    pub(crate) diabetes: f64,
}

/// A person's standardised covariates; `None` where nothing is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Covariates {
    bmi: Option<f64>,
    male: Option<f64>,
    age: Option<f64>,
    conditions: [f64; 5],
}

/// Part of a latent score that the covariates explain.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Score {
    /// Σ ρᵢ tᵢ over what is known.
    pub(crate) mean: f64,
    /// Σ ρᵢ² over what is known.
    pub(crate) explained: f64,
}

impl Score {
    /// Standard deviation of what is left.
    pub(crate) fn sd(&self) -> f64 {
        (1.0 - self.explained).sqrt()
    }
}

fn indicator(present: bool, prevalence: f64) -> f64 {
    (f64::from(u8::from(present)) - prevalence) / (prevalence * (1.0 - prevalence)).sqrt()
}

fn conditions(c: &Conditions) -> [f64; 5] {
    let p = &PREVALENCE;
    [
        indicator(c.difficult_access_before, p.difficult_access_before),
        indicator(c.dehydrated, p.dehydrated),
        indicator(c.steroids, p.steroids),
        indicator(c.chronic_kidney_disease, p.chronic_kidney_disease),
        indicator(c.diabetes, p.diabetes),
    ]
}

impl Covariates {
    pub(crate) fn of(person: &Person) -> Self {
        let clamp = |t: f64| t.clamp(-SCORE_MAX, SCORE_MAX);
        let age = age_y();
        Self {
            bmi: person.known_bmi_kg_m2().map(|bmi| clamp((ops::ln(bmi) - LN_BMI_MU) / LN_BMI_SIGMA)),
            male: match person.sex {
                Sex::Male => Some(indicator(true, 1.0 - FEMALE_FRACTION)),
                Sex::Female => Some(indicator(false, 1.0 - FEMALE_FRACTION)),
                Sex::Unknown => None,
            },
            age: person.known_age_y().map(|a| clamp((a - age.mean()) / age.sd())),
            conditions: conditions(&person.conditions),
        }
    }

    pub(crate) fn score(&self, l: &Loading) -> Score {
        let mut score = Score { mean: 0.0, explained: 0.0 };
        for (rho, t) in [(l.bmi, self.bmi), (l.male, self.male), (l.age, self.age)] {
            if let Some(t) = t {
                score.mean += rho * t;
                score.explained += rho * rho;
            }
        }
        for (rho, t) in [l.difficult, l.dehydrated, l.steroids, l.kidney, l.diabetes].into_iter().zip(self.conditions) {
            score.mean += rho * t;
            score.explained += rho * rho;
        }
        score
    }

    /// Sum of products of two loadings over what is known: the covariance that the covariates explain.
    pub(crate) fn shared(&self, a: &Loading, b: &Loading) -> f64 {
        let known = |t: Option<f64>, product: f64| if t.is_some() { product } else { 0.0 };
        known(self.bmi, a.bmi * b.bmi)
            + known(self.male, a.male * b.male)
            + known(self.age, a.age * b.age)
            + a.difficult * b.difficult
            + a.dehydrated * b.dehydrated
            + a.steroids * b.steroids
            + a.kidney * b.kidney
            + a.diabetes * b.diabetes
    }
}

/// Vein depth. ρ with body-mass index 0.5 (prior: unverified; that depth differs between age and body-mass groups
/// is published, Park 2023, J Vasc Access); women slightly deeper, difficult access deeper: prior: unverified.
pub(crate) const DEPTH: Loading =
    Loading { bmi: 0.50, male: -0.08, age: -0.05, difficult: 0.10, dehydrated: 0.0, steroids: 0.0, kidney: 0.0, diabetes: 0.0 };

/// Both lumen diameters. Men larger: sign published (Park 2023, J Vasc Access, p < .001); larger with age and mass:
/// sign published (Sharp 2015, J Infus Nurs 38:351); the sizes, and all conditions, are prior: unverified.
pub(crate) const DIAMETER: Loading =
    Loading { bmi: 0.10, male: 0.25, age: 0.05, difficult: -0.20, dehydrated: -0.12, steroids: -0.05, kidney: -0.08, diabetes: -0.05 };

/// Thickness of the subcutaneous fat. Prior: unverified.
pub(crate) const FAT: Loading =
    Loading { bmi: 0.70, male: -0.30, age: 0.0, difficult: 0.0, dehydrated: 0.0, steroids: 0.05, kidney: 0.0, diabetes: 0.05 };

/// Correlation of vertical and horizontal diameter over the population [1]. Prior: unverified.
pub(crate) const RHO_DIAMETERS: f64 = 0.7;
/// Correlation of vein depth and fat thickness over the population [1]. Prior: unverified.
pub(crate) const RHO_DEPTH_FAT: f64 = 0.6;

/// Correlation that is left between two latent scores when their correlation over the population is `rho`.
pub(crate) fn residual_correlation(covariates: &Covariates, a: &Loading, b: &Loading, rho: f64) -> f64 {
    let (sa, sb) = (covariates.score(a), covariates.score(b));
    ((rho - covariates.shared(a, b)) / (sa.sd() * sb.sd())).clamp(-0.999, 0.999)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Give the published mean age after the cut.
    #[test]
    fn the_mean_age_is_the_published_one() {
        assert!((age_y().mean() - 41.1).abs() < 0.1, "{}", age_y().mean());
    }
}
