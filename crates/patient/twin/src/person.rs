//! Who the patient is, as far as it matters for a blood draw. No name, no date of birth, no address.

use proband_anatomy::Side;
use serde::{Deserialize, Serialize};

use crate::TwinError;

/// Characters in a pseudonym, at most.
pub const PSEUDONYM_LENGTH_MAX: usize = 64;

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

/// Something about a person that was not recorded. The number in its place is the adult mean, and no prior is
/// conditioned on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unrecorded {
    /// Age.
    Age,
    /// Height.
    Height,
    /// Body mass.
    Mass,
}

/// Conditions that change a draw or forbid an arm. `false` means: not known to be present.
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
    /// What of these was not recorded.
    pub not_recorded: Vec<Unrecorded>,
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

    /// Body-mass index [kg/m²] if height and mass were recorded.
    #[must_use]
    pub fn known_bmi_kg_m2(&self) -> Option<f64> {
        let known = !self.not_recorded.contains(&Unrecorded::Height) && !self.not_recorded.contains(&Unrecorded::Mass);
        known.then(|| self.bmi_kg_m2())
    }

    /// Age [years] if it was recorded.
    #[must_use]
    pub fn known_age_y(&self) -> Option<f64> {
        (!self.not_recorded.contains(&Unrecorded::Age)).then_some(self.age_y)
    }

    /// Check every field.
    ///
    /// # Errors
    /// [`TwinError::OutOfRange`] or [`TwinError::Text`] that names the first offending field.
    pub fn check(&self) -> Result<(), TwinError> {
        check_name("pseudonym", &self.pseudonym)?;
        in_range("person.age_y", self.age_y, "years", 16.0, 110.0)?;
        in_range("person.height_m", self.height_m, "m", 1.2, 2.3)?;
        in_range("person.mass_kg", self.mass_kg, "kg", 25.0, 350.0)?;
        in_range("person.mass_kg / height_m²", self.bmi_kg_m2(), "kg/m²", 11.0, 80.0)?;
        if let Some(ita) = self.ita_deg {
            in_range("person.ita_deg", ita, "degree", -90.0, 90.0)?;
        }
        if let Some(melanin) = self.melanin_fraction {
            in_range("person.melanin_fraction", melanin, "1", 0.001, 0.5)?;
        }
        if self.conditions.forbidden_arms.contains(&self.side) {
            let what = format!("the {:?} arm is to be used, but conditions.forbidden_arms forbids it", self.side);
            return Err(TwinError::Text { field: "person.side".into(), what });
        }
        Ok(())
    }
}

/// Refuse a number outside of [min, max], or not a number.
pub(crate) fn in_range(field: &str, value: f64, unit: &'static str, min: f64, max: f64) -> Result<(), TwinError> {
    if value >= min && value <= max { Ok(()) } else { Err(TwinError::OutOfRange { field: field.into(), value, unit, min, max }) }
}

/// Refuse a pseudonym or name that could hold anything but a short label.
pub(crate) fn check_name(field: &str, name: &str) -> Result<(), TwinError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let what = if name.is_empty() {
        "is empty".into()
    } else if name.len() > PSEUDONYM_LENGTH_MAX {
        format!("has more than {PSEUDONYM_LENGTH_MAX} characters")
    } else if !name.chars().all(allowed) || name.starts_with('.') {
        "may hold only letters, digits, '-', '_' and '.', and does not begin with '.'".into()
    } else {
        return Ok(());
    };
    Err(TwinError::Text { field: field.into(), what })
}
