//! Body-size measures that covariate models are built on.

use proband_core::ops;
use serde::{Deserialize, Serialize};

use crate::PhysiologyError;
use crate::error::check;

/// Who receives the drug: what covariate models may ask for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DrugPatient {
    /// Age [a].
    pub age_y: f64,
    /// Total body mass [kg].
    pub mass_kg: f64,
    /// Height [m].
    pub height_m: f64,
    /// Male (the covariate models know two sexes).
    pub male: bool,
    /// Opioids are given too: a covariate of some hypnotics' kinetics, not an interaction.
    pub opioid: bool,
    /// Concentrations are meant in venous blood, not in arterial.
    pub venous: bool,
    /// Core temperature [K].
    pub temperature_k: f64,
    /// Severity score SAPS II [1]; 0 in health.
    pub saps2: f64,
    /// Estimated glomerular filtration, indexed to 1.73 m² of body surface [m³/s]; 100 mL/min is 1.667e-6.
    pub gfr_m3_s: f64,
}

impl DrugPatient {
    /// A healthy person of this build without other drugs, arterial blood.
    #[must_use]
    pub fn healthy(age_y: f64, mass_kg: f64, height_m: f64, male: bool) -> Self {
        Self { age_y, mass_kg, height_m, male, opioid: false, venous: false, temperature_k: 310.15, saps2: 0.0, gfr_m3_s: 100e-6 / 60.0 }
    }

    /// Check every number.
    ///
    /// # Errors
    /// [`PhysiologyError::OutOfRange`] with the field.
    pub fn check(&self) -> Result<(), PhysiologyError> {
        check("age_y", self.age_y, 0.0, 120.0, "a")?;
        check("mass_kg", self.mass_kg, 0.5, 400.0, "kg")?;
        check("height_m", self.height_m, 0.2, 2.6, "m")?;
        check("temperature_k", self.temperature_k, 280.0, 318.15, "K")?;
        check("saps2", self.saps2, 0.0, 163.0, "1")?;
        check("gfr_m3_s", self.gfr_m3_s, 0.0, 5e-6, "m³/s")
    }
}

/// Body-mass index [kg/m²].
#[must_use]
pub fn body_mass_index(mass_kg: f64, height_m: f64) -> f64 {
    mass_kg / (height_m * height_m)
}

/// Body surface [m²]. Du Bois & Du Bois 1916, Arch Intern Med 17:863.
#[must_use]
pub fn body_surface_m2(mass_kg: f64, height_m: f64) -> f64 {
    0.007_184 * ops::powf(mass_kg, 0.425) * ops::powf(100.0 * height_m, 0.725)
}

/// Lean body mass [kg] after James 1976 (DHSS/MRC report on obesity), or nothing beyond the mass at which the formula
/// turns over and would say that a heavier patient is leaner (124.18 kg for a man of 170 cm).
#[must_use]
pub fn lean_body_mass_james_kg(mass_kg: f64, height_m: f64, male: bool) -> Option<f64> {
    let (linear, square) = if male { (1.1, 128.0) } else { (1.07, 148.0) };
    let height2 = 1e4 * height_m * height_m;
    (mass_kg <= linear * height2 / (2.0 * square)).then(|| linear * mass_kg - square * mass_kg * mass_kg / height2)
}

/// Fat-free mass [kg]. Janmahasatian 2005, Clin Pharmacokinet 44:1051.
#[must_use]
pub fn fat_free_mass_janmahasatian_kg(mass_kg: f64, height_m: f64, male: bool) -> f64 {
    let (constant, slope) = if male { (6680.0, 216.0) } else { (8780.0, 244.0) };
    9270.0 * mass_kg / (constant + slope * body_mass_index(mass_kg, height_m))
}

/// Fat-free mass from 3 years to old age [kg]. Al-Sallami 2015, Clin Pharmacokinet 54:1169.
#[must_use]
pub fn fat_free_mass_al_sallami_kg(age_y: f64, mass_kg: f64, height_m: f64, male: bool) -> f64 {
    let height2 = height_m * height_m;
    // The maturation goes to its value at birth as age goes to 0.
    let age = age_y.max(1e-3);
    if male {
        (0.88 + 0.12 / (1.0 + ops::powf(age / 13.4, -12.7))) * 42.92 * height2 * mass_kg / (30.93 * height2 + mass_kg)
    } else {
        (1.11 - 0.11 / (1.0 + ops::powf(age / 7.1, -1.1))) * 37.99 * height2 * mass_kg / (35.98 * height2 + mass_kg)
    }
}

/// Names that formulas may use, in the order of [`values`].
pub(crate) const NAMES: &[&str] = &[
    "age",
    "weight",
    "height",
    "male",
    "female",
    "opioid",
    "venous",
    "temperature",
    "saps2",
    "egfr",
    "bmi",
    "bsa",
    "lbm",
    "ffm",
    "ffm_janmahasatian",
    "pma",
];

/// Index of the one that is refused beyond its range.
pub(crate) const LEAN_INDEX: usize = 12;

/// Values in the units of clinical formulas: years, kg, cm, °C, mL/min, weeks.
pub(crate) fn values(patient: &DrugPatient) -> Vec<f64> {
    let DrugPatient { age_y, mass_kg, height_m, male, .. } = *patient;
    let flag = |is: bool| f64::from(u8::from(is));
    vec![
        age_y,
        mass_kg,
        100.0 * height_m,
        flag(male),
        flag(!male),
        flag(patient.opioid),
        flag(patient.venous),
        patient.temperature_k - 273.15,
        patient.saps2,
        patient.gfr_m3_s * 60e6,
        body_mass_index(mass_kg, height_m),
        body_surface_m2(mass_kg, height_m),
        lean_body_mass_james_kg(mass_kg, height_m, male).unwrap_or(f64::NAN),
        fat_free_mass_al_sallami_kg(age_y, mass_kg, height_m, male),
        fat_free_mass_janmahasatian_kg(mass_kg, height_m, male),
        52.0 * age_y + 40.0,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Refuse James' formula where it turns over, and know its maximum.
    #[test]
    fn lean_mass_is_refused_beyond_its_maximum() {
        assert!(lean_body_mass_james_kg(124.1, 1.70, true).is_some() && lean_body_mass_james_kg(124.3, 1.70, true).is_none());
        assert!(lean_body_mass_james_kg(92.4, 1.60, false).is_some() && lean_body_mass_james_kg(92.6, 1.60, false).is_none());
    }

    /// Keep names and values in step.
    #[test]
    fn names_and_values_agree() {
        let patient = DrugPatient::healthy(35.0, 70.0, 1.70, true);
        assert_eq!(values(&patient).len(), NAMES.len());
        assert_eq!(NAMES[LEAN_INDEX], "lbm");
    }
}
