//! Size formulas: blood volume, body surface, filtration from creatinine.

use serde::{Deserialize, Serialize};

use proband_core::ops;

/// Sex, as far as the formulas ask for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BodySex {
    /// Female.
    Female,
    /// Male.
    Male,
}

/// Blood volume [mL] of an adult from height [m] and mass [kg].
///
/// # Source
/// Nadler 1962, Surgery 51:224: 0.3669 h³ + 0.03219 m + 0.6041 L (male), 0.3561 h³ + 0.03308 m + 0.1833 L (female).
#[must_use]
pub fn blood_volume_nadler_ml(sex: BodySex, height_m: f64, mass_kg: f64) -> f64 {
    let cube = height_m * height_m * height_m;
    1e3 * match sex {
        BodySex::Male => 0.3669 * cube + 0.03219 * mass_kg + 0.6041,
        BodySex::Female => 0.3561 * cube + 0.03308 * mass_kg + 0.1833,
    }
}

/// Blood volume per body mass [mL/kg] from height [m] and mass [kg]: 70/√(BMI/22).
///
/// # Source
/// Lemmens 2006, Obesity Surgery 16:773.
#[must_use]
pub fn blood_volume_lemmens_ml_per_kg(height_m: f64, mass_kg: f64) -> f64 {
    70.0 / (mass_kg / (height_m * height_m) / 22.0).sqrt()
}

/// Body surface [m²] from height [m] and mass [kg]: √(h m/36), h in m and m in kg (Mosteller 1987, NEJM 317:1098).
#[must_use]
pub fn body_surface_mosteller_m2(height_m: f64, mass_kg: f64) -> f64 {
    (100.0 * height_m * mass_kg / 3600.0).sqrt()
}

/// Body surface [m²] from height [m] and mass [kg]: 0.007184 m^0.425 (100 h)^0.725.
///
/// # Source
/// DuBois 1916, Arch Intern Med 17:863.
#[must_use]
pub fn body_surface_dubois_m2(height_m: f64, mass_kg: f64) -> f64 {
    0.007_184 * ops::powf(mass_kg, 0.425) * ops::powf(100.0 * height_m, 0.725)
}

/// Ideal (predicted) body mass [kg] from height [m]: 50 or 45.5 + 0.91 (100 h − 152.4) (ARDSNet 2000, NEJM 342:1301).
#[must_use]
pub fn ideal_mass_kg(sex: BodySex, height_m: f64) -> f64 {
    let base = match sex {
        BodySex::Male => 50.0,
        BodySex::Female => 45.5,
    };
    base + 0.91 * (100.0 * height_m - 152.4)
}

/// Estimated glomerular filtration [mL/min/1.73 m²] from serum creatinine [mg/dL] and age [years].
///
/// 142 min(c/κ, 1)^α max(c/κ, 1)^−1.2 0.9938^age (× 1.012 female).
///
/// # Source
/// CKD-EPI 2021: Inker 2021, NEJM 385:1737.
#[must_use]
pub fn egfr_ckd_epi_2021(sex: BodySex, age_y: f64, creatinine_mg_dl: f64) -> f64 {
    let (kappa, alpha, factor) = match sex {
        BodySex::Female => (0.7, -0.241, 1.012),
        BodySex::Male => (0.9, -0.302, 1.0),
    };
    let ratio = creatinine_mg_dl / kappa;
    142.0 * ops::powf(ratio.min(1.0), alpha) * ops::powf(ratio.max(1.0), -1.2) * ops::powf(0.9938, age_y) * factor
}
