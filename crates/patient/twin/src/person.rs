//! Who the patient is, as far as it matters for a blood draw. No name, no date of birth, no address.

use proband_anatomy::Side;
use serde::{Deserialize, Serialize};

/// Sex as recorded, for the statistics of body size and veins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    /// Female.
    Female,
    /// Male.
    Male,
    /// Neither, or not recorded: the prior of the whole population is used.
    Unknown,
}

/// Conditions that change a draw or forbid an arm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conditions {
    /// Diabetes mellitus.
    pub diabetes: bool,
    /// Chronic kidney disease.
    pub chronic_kidney_disease: bool,
    /// Takes an anticoagulant or has a bleeding disorder.
    pub anticoagulated: bool,
    /// Long-term systemic steroids.
    pub steroids: bool,
    /// Veins were hard to reach before.
    pub difficult_access_before: bool,
    /// Short of fluid.
    pub dehydrated: bool,
    /// Resting or intention tremor.
    pub tremor: bool,
    /// Arms that must not be used (fistula, infection, lymph nodes removed on that side).
    pub forbidden_arms: Vec<Side>,
}

impl Conditions {
    /// No condition is known.
    #[must_use]
    pub fn none() -> Self {
        Self {
            diabetes: false,
            chronic_kidney_disease: false,
            anticoagulated: false,
            steroids: false,
            difficult_access_before: false,
            dehydrated: false,
            tremor: false,
            forbidden_arms: Vec::new(),
        }
    }
}

/// One person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// What the twin is called: letters, digits, `-`, `_`, `.`, at most 64; never a name.
    pub pseudonym: String,
    /// Age [years].
    pub age_y: f64,
    /// Sex as recorded.
    pub sex: Sex,
    /// Height [m].
    pub height_m: f64,
    /// Body mass [kg].
    pub mass_kg: f64,
    /// Individual typology angle of the inner arm, measured with a colorimeter [degree], if known. Skin optics
    /// follow this or `melanin_fraction`, never an ethnicity.
    pub ita_deg: Option<f64>,
    /// Melanosome volume fraction of the epidermis from a measurement [1], if known. Goes before `ita_deg`.
    pub melanin_fraction: Option<f64>,
    /// Arm to be used.
    pub side: Side,
    /// Conditions that matter.
    pub conditions: Conditions,
}

impl Person {
    /// Body-mass index [kg/m²].
    #[must_use]
    pub fn bmi_kg_m2(&self) -> f64 {
        self.mass_kg / (self.height_m * self.height_m)
    }
}
