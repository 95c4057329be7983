//! Many patients.

use serde::{Deserialize, Serialize};

use crate::{Truth, Twin, TwinError};
use proband_core::Distribution;

/// A mix of people. Read from TOML; unknown keys are refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Population {
    /// Name: letters, digits, `-`, `_`.
    pub name: String,
    /// Age [years].
    pub age_y: Distribution,
    /// Fraction of women [1].
    pub female_fraction: f64,
    /// Body-mass index [kg/m²].
    pub bmi_kg_m2: Distribution,
    /// Melanosome volume fraction of the epidermis [1].
    pub melanin_fraction: Distribution,
    /// How often each condition occurs.
    pub prevalence: Prevalence,
}

/// Fraction of the population with each condition [1], drawn independently.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prevalence {
    /// Diabetes mellitus.
    pub diabetes: f64,
    /// Chronic kidney disease.
    pub chronic_kidney_disease: f64,
    /// Anticoagulant or bleeding disorder.
    pub anticoagulated: f64,
    /// Long-term systemic steroids.
    pub steroids: f64,
    /// Veins were hard to reach before.
    pub difficult_access_before: f64,
    /// Short of fluid.
    pub dehydrated: f64,
    /// Tremor.
    pub tremor: f64,
}

/// One member of a sampled population.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Patient {
    /// Number in the study.
    pub index: u32,
    /// What is known about him.
    pub twin: Twin,
    /// What he has.
    pub truth: Truth,
}

/// The first `count` patients of a study. Patient i depends only on (seed, i).
///
/// # Errors
/// [`TwinError`] of the first patient that cannot be drawn.
pub fn sample(population: &Population, count: u32, seed: u64) -> Result<Vec<Patient>, TwinError> {
    let _ = (population, count, seed);
    Err(TwinError::Parameter { name: "all".into(), what: "the sampler is being written".into() })
}
