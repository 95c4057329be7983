//! The file of a condition.

use proband_core::{Distribution, Status};
use serde::{Deserialize, Serialize};

use super::Measure;
use crate::strict::read_strict;
use crate::{Sex, TwinError};

/// Bytes of a file, at most.
const TEXT_MAX: usize = 64 * 1024;

/// One condition. Read from TOML; unknown keys are refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pack {
    /// Name: letters, digits, `-`, `_`, `.`.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// How the condition reaches the draw, in a sentence or two.
    pub summary: String,
    /// Codes of terminologies.
    #[serde(default)]
    pub code: Vec<Code>,
    /// How often it occurs among adults.
    pub prevalence: PackPrevalence,
    /// What it says of the person.
    #[serde(default)]
    pub person: PersonChange,
    /// Whether an arm must be spared.
    #[serde(default)]
    pub arm: ArmRule,
    /// What it does to the parameters of the twin.
    #[serde(default)]
    pub transform: Vec<Transform>,
    /// Who has it more often.
    #[serde(default)]
    pub relative: Vec<Relative>,
    /// Conditions that come with it more often.
    #[serde(default)]
    pub together: Vec<Together>,
    /// Conditions that never come with it.
    #[serde(default)]
    pub excludes: Vec<String>,
    /// What the condition does to a draw and the models do not.
    #[serde(default)]
    pub not_modelled: Vec<String>,
    /// What must be seen on sampled patients.
    pub expect: Vec<Expect>,
}

/// A terminology.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CodeSystem {
    /// Orphanet.
    #[serde(rename = "ORPHAcode")]
    Orpha,
    /// Human Phenotype Ontology.
    #[serde(rename = "HPO")]
    Hpo,
    /// SNOMED CT.
    #[serde(rename = "SNOMED CT")]
    Snomed,
    /// ICD-10 of the World Health Organization.
    #[serde(rename = "ICD-10")]
    Icd10,
}

/// A code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Code {
    /// Terminology.
    pub system: CodeSystem,
    /// Code as it is written there.
    pub code: String,
    /// What it stands for there.
    pub text: String,
    /// Whether nobody has compared it with the terminology yet.
    #[serde(default)]
    pub unverified: bool,
}

/// How often a condition occurs among adults [1].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackPrevalence {
    /// Fraction with the condition.
    pub value: f64,
    /// Lower end of what it may be.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// How far to trust it.
    pub status: Status,
    /// Who says so.
    pub source: String,
}

/// What a condition says of the person.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonChange {
    /// Everybody with it is of this sex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sex: Option<Sex>,
    /// Age instead of the population's [years].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age_y: Option<Distribution>,
    /// Body-mass index instead of the population's [kg/m²].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bmi_kg_m2: Option<Distribution>,
    /// Flags of [`crate::Conditions`] that come with it: `anticoagulated`, `tremor`, ...
    #[serde(default)]
    pub flags: Vec<String>,
}

/// Which arms must be spared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArmRule {
    /// One arm, left or right alike, must not be used; the draw is on the other one.
    #[serde(default)]
    pub forbids_one: bool,
}

/// A change of the distribution of one parameter. In this order: `replace`, `scale`, `shift`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transform {
    /// Name of the parameter, as in [`crate::priors`]. `*` at the end stands for every name that begins so.
    pub parameter: String,
    /// Factor on the value; on the probability of what is yes or no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<f64>,
    /// Added to the value [unit of the parameter]. Not for log-normal values and not for yes or no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shift: Option<f64>,
    /// Stands instead of the distribution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replace: Option<Distribution>,
    /// How far to trust it.
    pub status: Status,
    /// Who says so.
    pub source: String,
}

/// What the risk of a condition depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Covariate {
    /// Age [years].
    AgeY,
    /// Body-mass index [kg/m²].
    BmiKgM2,
    /// 1 for women, 0 for men.
    Female,
}

/// Risk within [from, to) over that outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relative {
    /// Of what.
    pub covariate: Covariate,
    /// From, inclusive.
    pub from: f64,
    /// To, exclusive.
    pub to: f64,
    /// Risk ratio, ≥ 0.
    pub ratio: f64,
    /// Who says so.
    pub source: String,
}

/// How much more often another condition occurs in people with this one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Together {
    /// Name of the other pack.
    pub condition: String,
    /// Risk ratio, > 0.
    pub ratio: f64,
    /// Who says so.
    pub source: String,
}

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Statistic {
    /// Median over people with the condition, over that of the same people without it.
    RatioOfMedians,
    /// Median over people with the condition.
    Median,
    /// Mean over people with the condition less that of the same people without it.
    DifferenceOfMeans,
}

/// One thing that must be seen on sampled patients.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// What is measured.
    pub measure: Measure,
    /// How people with and without are compared.
    pub statistic: Statistic,
    /// Least value that passes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// Greatest value that passes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// Why it must be so.
    pub because: String,
}

impl Pack {
    /// Read and check a condition. `place` (a file name) goes into errors.
    ///
    /// # Errors
    /// [`TwinError`] that names what is wrong.
    pub fn from_toml(text: &str, place: &str) -> Result<Self, TwinError> {
        let bad = |what: String| TwinError::Text { field: place.into(), what };
        if text.len() > TEXT_MAX {
            return Err(bad(format!("{} bytes, at most {TEXT_MAX}", text.len())));
        }
        let pack: Self = read_strict(text).map_err(bad)?;
        pack.check()?;
        Ok(pack)
    }
}
