//! Size of the arm, its layers, and what lies under them.

use proband_core::{Distribution, Status, ops};

use crate::adult::{Covariates, FAT};
use crate::parameter::{List, around, bell, between};
use crate::{Person, Sex};

/// Half width of the elbow crease at a body-mass index of 25 kg/m² [m]; prior: unverified (a circumference of 25 cm).
const HALF_WIDTH_AT_BMI_25_M: f64 = 0.0425;
/// ln of the fat thickness at the crease over the population, thickness in metres: median 6 mm; prior: unverified.
const LN_FAT_MU: f64 = -5.1160;
const LN_FAT_SIGMA: f64 = 0.50;

const PATTERN_SOURCE: &str = "Lee 2015, Anat Cell Biol 48:62-65: type II in 177 of 353 upper limbs (50.1 %)";
const NERVE_SOURCE: &str = "high-resolution ultrasound reference values, PMC8104199";

/// Mean half width of a person's elbow [m]: grows with the cube root of the body-mass index (prior: unverified).
fn half_width_m(person: &Person) -> f64 {
    let bmi = person.known_bmi_kg_m2().unwrap_or(25.0).clamp(15.0, 50.0);
    let sex = match person.sex {
        Sex::Male => 1.05,
        Sex::Female => 0.96,
        Sex::Unknown => 1.0,
    };
    HALF_WIDTH_AT_BMI_25_M * sex * ops::cbrt(bmi / 25.0)
}

pub(super) fn add(list: &mut List, person: &Person, covariates: &Covariates) {
    list.add("arm.pattern.median_cubital", "1", Distribution::Bernoulli { probability: 177.0 / 353.0 }, Status::Published, PATTERN_SOURCE);
    list.guess("arm.pattern.median_split", "1", Distribution::Bernoulli { probability: 0.72 });
    let width = half_width_m(person);
    list.guess("arm.half_width_m", "m", bell(width, 0.05 * width));
    list.guess("arm.height_per_width", "1", bell(0.84, 0.035));
    list.guess("arm.width_taper_per_m", "1/m", bell(0.9, 0.3));
    list.guess("arm.height_taper_per_m", "1/m", bell(1.1, 0.3));
    list.guess("arm.belly", "1", bell(0.05, 0.02));
    list.guess("skin.epidermis_m", "m", bell(6.0e-5, 1.2e-5));
    // Thinner with age beyond 60 and under steroids: sign well known, size prior.
    let age = person.known_age_y().map_or(1.0, |a| 1.0 - 0.004 * (a - 60.0).max(0.0));
    let steroids = if person.conditions.steroids { 0.85 } else { 1.0 };
    let dermis = 1.3e-3 * age * steroids;
    list.guess("skin.dermis_m", "m", bell(dermis, 0.18 * dermis));
    let fat = covariates.score(&FAT);
    list.guess("arm.fat_m", "m", Distribution::LogNormal { mu: LN_FAT_MU + LN_FAT_SIGMA * fat.mean, sigma: LN_FAT_SIGMA * fat.sd() });
    list.guess("arm.fat_medial_gradient", "1", bell(0.10, 0.10));
    list.guess("arm.fat_proximal_gradient_per_m", "1/m", bell(0.8, 0.5));
    // Under the bicipital aponeurosis, 10 to 15 mm deep.
    list.guess("artery.depth_m", "m", bell(0.0125, 0.00125));
    list.guess("artery.medial_m", "m", bell(0.010, 0.002));
    list.guess("artery.diameter_m", "m", if person.sex == Sex::Female { bell(3.6e-3, 4e-4) } else { bell(4.2e-3, 5e-4) });
    list.guess("artery.wall_m", "m", bell(4.5e-4, 8e-5));
    list.add("nerve.median.area_m2", "m2", bell(8.96e-6, 2.41e-6), Status::Published, NERVE_SOURCE);
    list.add("nerve.cutaneous.area_m2", "m2", bell(3.29e-6, 1.2e-6), Status::Published, NERVE_SOURCE);
    list.guess("nerve.median.offset_m", "m", bell(0.0075, 0.001));
    list.guess("nerve.cutaneous.gap_m", "m", between(0.8e-3, 4.0e-3));
    list.guess("bone.radius_m", "m", bell(7.5e-3, 5e-4));
    list.guess("vein.wall_m", "m", around(3.5e-4, 0.15));
}
