//! A study file as it is written.

use std::collections::BTreeMap;
use std::path::PathBuf;

use proband_core::Distribution;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    pub(super) title: String,
    pub(super) question: String,
    pub(super) context_of_use: String,
    pub(super) seed: i64,
    pub(super) count: u32,
    pub(super) design: String,
    pub(super) time_max: Option<String>,
    pub(super) population: WrittenPopulation,
    #[serde(default)]
    pub(super) arm: Vec<WrittenArm>,
    #[serde(default)]
    pub(super) endpoint: Vec<WrittenEndpoint>,
    #[serde(default)]
    pub(super) estimand: WrittenEstimand,
    #[serde(default)]
    pub(super) analysis: WrittenAnalysis,
    #[serde(default)]
    pub(super) credibility: WrittenCredibility,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenPopulation {
    pub(super) kind: String,
    pub(super) base: Option<String>,
    #[serde(default)]
    pub(super) twins: Vec<PathBuf>,
    pub(super) people: Option<PathBuf>,
    pub(super) alter: Option<WrittenAlter>,
    pub(super) correlation: Option<WrittenCorrelation>,
    pub(super) margins: Option<WrittenMargins>,
    #[serde(default)]
    pub(super) condition: Vec<WrittenCondition>,
    #[serde(default)]
    pub(super) state: Vec<WrittenState>,
    #[serde(default)]
    pub(super) include: Vec<String>,
    #[serde(default)]
    pub(super) exclude: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenAlter {
    pub(super) age_y: Option<Distribution>,
    pub(super) bmi_kg_m2: Option<Distribution>,
    pub(super) melanin_fraction: Option<Distribution>,
}

/// Margins that stand instead of those of the base population.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenMargins {
    pub(super) age_y: Option<Distribution>,
    pub(super) bmi_kg_m2: Option<Distribution>,
    pub(super) melanin_fraction: Option<Distribution>,
    pub(super) female_fraction: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenCondition {
    pub(super) name: Option<String>,
    pub(super) file: Option<PathBuf>,
    pub(super) prevalence: Option<f64>,
    pub(super) fraction: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenState {
    pub(super) name: String,
    #[serde(default)]
    pub(super) change: Vec<WrittenChange>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenChange {
    pub(super) parameter: String,
    pub(super) scale: Option<f64>,
    pub(super) shift: Option<f64>,
    pub(super) replace: Option<Distribution>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenCorrelation {
    #[serde(default)]
    pub(super) age_bmi: f64,
    #[serde(default)]
    pub(super) age_pigment: f64,
    #[serde(default)]
    pub(super) bmi_pigment: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenArm {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) robot: Option<WrittenRobot>,
    pub(super) tourniquet: Option<String>,
    pub(super) volume: Option<String>,
    pub(super) wall_speed_m_s: Option<f64>,
    pub(super) decline_below: Option<String>,
    pub(super) attempts: Option<u32>,
    pub(super) touch_error: Option<String>,
    #[serde(default)]
    pub(super) motion: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenRobot {
    pub(super) urdf: PathBuf,
    pub(super) tip: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenEndpoint {
    pub(super) name: String,
    pub(super) role: String,
    pub(super) hypothesis: Option<String>,
    pub(super) margin: Option<toml::Value>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenEstimand {
    #[serde(default)]
    pub(super) intercurrent: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenAnalysis {
    pub(super) confidence: Option<f64>,
    pub(super) missing: Option<String>,
    pub(super) looks: Option<Vec<f64>>,
    pub(super) spending: Option<String>,
    #[serde(default)]
    pub(super) subgroups: Vec<String>,
    pub(super) control: Option<String>,
    pub(super) multiplicity: Option<String>,
}

/// What a person says beforehand about credibility.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenCredibility {
    /// Influence of the simulation on the decision: low, medium or high.
    pub(super) influence: Option<String>,
    /// Consequence of a wrong decision: low, medium or high.
    pub(super) consequence: Option<String>,
    /// Why.
    pub(super) reason: Option<String>,
    /// Goals by factor.
    #[serde(default)]
    pub(super) goals: BTreeMap<String, String>,
    /// Range of each covariate in which the models were compared with people, as `[low, high]`.
    #[serde(default)]
    pub(super) applies: BTreeMap<String, [f64; 2]>,
}
