//! LOINC codes that a draw asks for: what they measure and what a living body can have.

use proband_core::Dimension;

/// Height of the body [m].
pub(crate) const HEIGHT: &[&str] = &["8302-2", "8306-3", "3137-7"];
/// Mass of the body [kg].
pub(crate) const MASS_CODES: &[&str] = &["29463-7", "3141-9"];
/// Body mass index [kg/m²].
pub(crate) const BMI: &[&str] = &["39156-5"];
/// Systolic pressure [Pa].
pub(crate) const SYSTOLIC: &[&str] = &["8480-6"];
/// Diastolic pressure [Pa].
pub(crate) const DIASTOLIC: &[&str] = &["8462-4"];
/// Heart rate [Hz].
pub(crate) const HEART_RATE: &[&str] = &["8867-4"];
/// Haemoglobin [kg/m³], or [mol/m³] under 59260-0.
pub(crate) const HAEMOGLOBIN: &[&str] = &["718-7", "20509-6", "30350-3", "59260-0"];
/// Haematocrit [1].
pub(crate) const HAEMATOCRIT: &[&str] = &["4544-3", "20570-8"];
/// Platelets [1/m³].
pub(crate) const PLATELETS: &[&str] = &["777-3", "26515-7", "778-1"];
/// International normalised ratio [1].
pub(crate) const INR: &[&str] = &["6301-6", "34714-6"];
/// Potassium in blood [mol/m³].
pub(crate) const POTASSIUM: &[&str] = &["6298-4", "2823-3"];
/// Sodium in blood [mol/m³].
pub(crate) const SODIUM: &[&str] = &["2947-0", "2951-2"];
/// Filtration of the kidneys [m³/s], per 1.73 m² where the unit says so.
pub(crate) const FILTRATION: &[&str] = &["33914-3", "48642-3", "48643-1", "62238-1", "69405-9", "88293-6", "88294-4", "98979-8"];
/// Smoking status (an answer, not a number).
pub(crate) const SMOKING: &[&str] = &["72166-2"];

/// Dimension and bounds of the possible in SI, both ends allowed.
pub(crate) struct Known {
    pub(crate) codes: &'static [&'static str],
    pub(crate) name: &'static str,
    pub(crate) dimension: Dimension,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

const MMHG_PA: f64 = 133.322;
const ML_PER_MIN: f64 = 1e-6 / 60.0;

/// Bounds are wide on purpose: they refuse what no patient has (a height of 17 m), not what is rare.
/// Prior: unverified, engineering judgement around recorded human extremes.
pub(crate) const KNOWN: &[Known] = &[
    Known { codes: HEIGHT, name: "height", dimension: Dimension::LENGTH, low: 0.2, high: 2.8 },
    Known { codes: MASS_CODES, name: "body mass", dimension: Dimension::MASS, low: 0.3, high: 650.0 },
    Known { codes: BMI, name: "body mass index", dimension: Dimension::MASS_PER_AREA, low: 5.0, high: 210.0 },
    Known { codes: SYSTOLIC, name: "systolic pressure", dimension: Dimension::PRESSURE, low: 20.0 * MMHG_PA, high: 350.0 * MMHG_PA },
    Known { codes: DIASTOLIC, name: "diastolic pressure", dimension: Dimension::PRESSURE, low: 5.0 * MMHG_PA, high: 250.0 * MMHG_PA },
    Known { codes: HEART_RATE, name: "heart rate", dimension: Dimension::FREQUENCY, low: 10.0 / 60.0, high: 400.0 / 60.0 },
    Known { codes: &["9279-1"], name: "breathing rate", dimension: Dimension::FREQUENCY, low: 1.0 / 60.0, high: 150.0 / 60.0 },
    Known { codes: &["2708-6", "59408-5"], name: "oxygen saturation", dimension: Dimension::NONE, low: 0.1, high: 1.0 },
    Known { codes: &["8310-5", "8331-1"], name: "body temperature", dimension: Dimension::TEMPERATURE, low: 286.15, high: 319.15 },
    Known { codes: &["718-7", "20509-6", "30350-3"], name: "haemoglobin", dimension: Dimension::DENSITY, low: 5.0, high: 300.0 },
    Known { codes: &["59260-0"], name: "haemoglobin", dimension: Dimension::AMOUNT_PER_VOLUME, low: 0.3, high: 18.6 },
    Known { codes: HAEMATOCRIT, name: "haematocrit", dimension: Dimension::NONE, low: 0.03, high: 0.85 },
    Known { codes: PLATELETS, name: "platelets", dimension: Dimension::COUNT_PER_VOLUME, low: 0.0, high: 5e15 },
    Known { codes: INR, name: "INR", dimension: Dimension::NONE, low: 0.5, high: 30.0 },
    Known { codes: POTASSIUM, name: "potassium", dimension: Dimension::AMOUNT_PER_VOLUME, low: 0.8, high: 15.0 },
    Known { codes: SODIUM, name: "sodium", dimension: Dimension::AMOUNT_PER_VOLUME, low: 80.0, high: 220.0 },
    Known { codes: FILTRATION, name: "kidney filtration", dimension: Dimension::FLOW, low: 0.0, high: 300.0 * ML_PER_MIN },
    Known { codes: &["38483-4", "2160-0"], name: "creatinine", dimension: Dimension::DENSITY, low: 5e-4, high: 0.5 },
    Known { codes: &["2339-0", "2345-7"], name: "glucose", dimension: Dimension::DENSITY, low: 0.02, high: 30.0 },
    Known { codes: &["4548-4"], name: "haemoglobin A1c", dimension: Dimension::NONE, low: 0.02, high: 0.25 },
];

/// The entry of a code.
pub(crate) fn known(loinc: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|entry| entry.codes.contains(&loinc))
}
