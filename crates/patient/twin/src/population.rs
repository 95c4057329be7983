//! Many patients.

use proband_anatomy::Side;
use proband_core::{Distribution, Stream, subsystem_id};
use serde::{Deserialize, Serialize};

use crate::person::{check_name, in_range};
use crate::strict::read_strict;
use crate::{Conditions, Person, Sex, Truth, Twin, TwinError, adult};

/// A mix of people. Read from TOML; unknown keys are refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Population {
    /// Name: letters, digits, `-`, `_`, `.`.
    pub name: String,
    /// Fraction of women [1].
    pub female_fraction: f64,
    /// Age [years].
    pub age_y: Distribution,
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

impl Population {
    /// Outpatient adults, the population that the published margins of vein depth and size are taken to describe.
    ///
    /// Pigment is uniform from 1.3 to 43 %, so that every skin tone is equally represented by design, not by
    /// prevalence.
    /// # Source
    /// Sex and mean age Park 2023, J Vasc Access; the rest prior: unverified.
    #[must_use]
    pub fn adult() -> Self {
        Self {
            name: "adult".into(),
            female_fraction: adult::FEMALE_FRACTION,
            age_y: adult::age_y(),
            bmi_kg_m2: adult::bmi_kg_m2(),
            melanin_fraction: Distribution::Uniform { low: 0.013, high: 0.43 },
            prevalence: adult::PREVALENCE,
        }
    }

    /// Adults whose veins were hard to reach before, with more of both tails of the body-mass index. Prior: unverified.
    #[must_use]
    pub fn difficult() -> Self {
        Self {
            name: "difficult".into(),
            bmi_kg_m2: Distribution::LogNormal { mu: 3.27, sigma: 0.30 },
            prevalence: Prevalence {
                difficult_access_before: 1.0,
                dehydrated: 0.25,
                steroids: 0.10,
                diabetes: 0.25,
                chronic_kidney_disease: 0.20,
                anticoagulated: 0.20,
                tremor: 0.05,
            },
            ..Self::adult()
        }
    }

    /// People over 65. Prior: unverified.
    #[must_use]
    pub fn elderly() -> Self {
        Self {
            name: "elderly".into(),
            female_fraction: 0.56,
            age_y: Distribution::TruncatedNormal { mean: 76.0, sd: 7.0, low: 65.0, high: 98.0 },
            prevalence: Prevalence {
                difficult_access_before: 0.20,
                dehydrated: 0.15,
                steroids: 0.06,
                diabetes: 0.22,
                chronic_kidney_disease: 0.30,
                anticoagulated: 0.30,
                tremor: 0.10,
            },
            ..Self::adult()
        }
    }

    /// The built-in populations by name.
    #[must_use]
    pub fn built_in(name: &str) -> Option<Self> {
        match name {
            "adult" => Some(Self::adult()),
            "difficult" => Some(Self::difficult()),
            "elderly" => Some(Self::elderly()),
            _ => None,
        }
    }

    /// Read a population from TOML. `place` (a file name) goes into errors.
    ///
    /// # Errors
    /// [`TwinError::Text`] for what is no population; [`TwinError::OutOfRange`] and [`TwinError::Core`] for numbers
    /// that cannot be.
    pub fn from_toml(text: &str, place: &str) -> Result<Self, TwinError> {
        let population: Self = read_strict(text).map_err(|what| TwinError::Text { field: place.into(), what })?;
        population.check()?;
        Ok(population)
    }

    /// Check every number.
    ///
    /// # Errors
    /// [`TwinError`] that names the first offending field.
    pub fn check(&self) -> Result<(), TwinError> {
        check_name("name", &self.name)?;
        in_range("female_fraction", self.female_fraction, "1", 0.0, 1.0)?;
        for (field, distribution, unit, min, max) in [
            ("age_y", &self.age_y, "years", 16.0, 110.0),
            ("bmi_kg_m2", &self.bmi_kg_m2, "kg/m²", 11.0, 80.0),
            ("melanin_fraction", &self.melanin_fraction, "1", 0.001, 0.5),
        ] {
            distribution.check().map_err(|e| TwinError::Text { field: field.into(), what: e.to_string() })?;
            // The tails are cut when people are drawn; the middle must be possible.
            in_range(field, distribution.quantile(0.5), unit, min, max)?;
        }
        let p = &self.prevalence;
        for (field, value) in [
            ("prevalence.diabetes", p.diabetes),
            ("prevalence.chronic_kidney_disease", p.chronic_kidney_disease),
            ("prevalence.anticoagulated", p.anticoagulated),
            ("prevalence.steroids", p.steroids),
            ("prevalence.difficult_access_before", p.difficult_access_before),
            ("prevalence.dehydrated", p.dehydrated),
            ("prevalence.tremor", p.tremor),
        ] {
            in_range(field, value, "1", 0.0, 1.0)?;
        }
        Ok(())
    }

    /// The person with number `index` of a study. Depends on (seed, index) only.
    #[must_use]
    pub fn person(&self, seed: u64, index: u32) -> Person {
        let root = Stream::new(seed, index, "population.person");
        let draw = |name: &str| root.child(subsystem_id(name)).uniform_open();
        let sex = if draw("sex") <= self.female_fraction { Sex::Female } else { Sex::Male };
        let bmi = self.bmi_kg_m2.quantile(draw("bmi")).clamp(14.0, 60.0);
        // Mean height of adults by sex [m], standard deviation 0.07 m: prior: unverified.
        let mean = if sex == Sex::Female { 1.63 } else { 1.76 };
        let height = Distribution::TruncatedNormal { mean, sd: 0.07, low: mean - 0.21, high: mean + 0.21 };
        let height_m = height.quantile(draw("height"));
        let p = &self.prevalence;
        let has = |name: &str, probability: f64| draw(name) <= probability;
        Person {
            pseudonym: format!("{}-{index:05}", self.name),
            age_y: self.age_y.quantile(draw("age")).clamp(18.0, 105.0),
            sex,
            height_m,
            mass_kg: bmi * height_m * height_m,
            not_recorded: Vec::new(),
            ita_deg: None,
            melanin_fraction: Some(self.melanin_fraction.quantile(draw("melanin")).clamp(0.005, 0.43)),
            side: if draw("side") <= 0.5 { Side::Left } else { Side::Right },
            conditions: Conditions {
                diabetes: has("diabetes", p.diabetes),
                chronic_kidney_disease: has("chronic_kidney_disease", p.chronic_kidney_disease),
                anticoagulated: has("anticoagulated", p.anticoagulated),
                steroids: has("steroids", p.steroids),
                difficult_access_before: has("difficult_access_before", p.difficult_access_before),
                dehydrated: has("dehydrated", p.dehydrated),
                tremor: has("tremor", p.tremor),
                forbidden_arms: Vec::new(),
            },
        }
    }

    /// The patient with number `index` of a study. Depends on (seed, index) only.
    ///
    /// # Errors
    /// [`TwinError`] when his arm cannot be built.
    pub fn patient(&self, seed: u64, index: u32) -> Result<Patient, TwinError> {
        let twin = Twin::new(self.person(seed, index))?;
        let truth = Truth::draw(&twin, &mut truth_stream(seed, index))?;
        Ok(Patient { index, twin, truth })
    }

    /// The person with number `index` and the values of his truth without building it: for statistics over many
    /// patients. See [`Truth::draw_values`].
    ///
    /// # Errors
    /// [`TwinError`] when the population gives an impossible person.
    pub fn values(&self, seed: u64, index: u32) -> Result<(Person, Vec<(String, f64)>), TwinError> {
        let twin = Twin::new(self.person(seed, index))?;
        let values = Truth::draw_values(&twin, &mut truth_stream(seed, index));
        Ok((twin.person, values))
    }
}

fn truth_stream(seed: u64, index: u32) -> Stream {
    Stream::new(seed, index, "population.truth")
}

/// The first `count` patients of a study. Patient i depends only on (seed, i).
///
/// # Errors
/// [`TwinError`] of the first patient that cannot be drawn.
pub fn sample(population: &Population, count: u32, seed: u64) -> Result<Vec<Patient>, TwinError> {
    population.check()?;
    (0..count).map(|index| population.patient(seed, index)).collect()
}
