//! What of a chart matters to a blood draw on a given day.

use serde::{Deserialize, Serialize};

use crate::{AgeRange, ChartRecord, Comparator, Day, Sex, Side, When};

/// A value with where it came from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Found<T> {
    /// The value, in `unit`.
    pub value: T,
    /// SI unit; "1" for fractions and ratios, empty for words.
    pub unit: String,
    /// When it was measured or began.
    pub when: Option<When>,
    /// The value is a bound.
    pub comparator: Option<Comparator>,
    /// JSON path.
    pub place: String,
    /// How it was found: the code or words that matched, or the computation.
    pub because: String,
}

/// Kind of diabetes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Diabetes {
    /// Type 1.
    Type1,
    /// Type 2.
    Type2,
    /// In pregnancy.
    Gestational,
    /// Of another or an unstated kind.
    Unstated,
}

/// Stage of chronic kidney disease (KDIGO 2012).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CkdStage {
    /// Said to be there, stage not said.
    Unstated,
    /// Filtration ≥ 90 mL/min/1.73 m².
    G1,
    /// 60–89.
    G2,
    /// 30–59.
    G3,
    /// 15–29.
    G4,
    /// < 15.
    G5,
    /// On dialysis.
    Dialysis,
}

/// Tobacco.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Smoking {
    /// Smokes.
    Current,
    /// Smoked.
    Former,
    /// Never.
    Never,
}

/// Something that the chart does not say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Absent {
    /// Name of the field of [`DrawRelevant`].
    pub what: String,
    /// Why: nothing recorded, or the chart holds no resource of the type that would say it.
    pub why: String,
}

/// What matters to a blood draw. An empty list or `None` has its line in `absent`: nothing recorded is not the same as "no".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DrawRelevant {
    /// Day of the draw.
    pub on: Day,
    /// The patient was dead on that day.
    pub deceased: bool,
    /// Age [y], middle of the range that the birth date allows.
    pub age_y: Option<Found<f64>>,
    /// Range of the age.
    pub age_range: Option<AgeRange>,
    /// Administrative sex.
    pub sex: Sex,
    /// Standing height [m].
    pub height_m: Option<Found<f64>>,
    /// Body mass [kg].
    pub mass_kg: Option<Found<f64>>,
    /// Body mass index [kg/m²]: from height and mass, else as recorded.
    pub bmi_kg_m2: Option<Found<f64>>,
    /// Systolic pressure [Pa].
    pub systolic_pa: Option<Found<f64>>,
    /// Diastolic pressure [Pa].
    pub diastolic_pa: Option<Found<f64>>,
    /// Heart rate [Hz].
    pub heart_rate_hz: Option<Found<f64>>,
    /// Diabetes mellitus.
    pub diabetes: Option<Found<Diabetes>>,
    /// Chronic kidney disease.
    pub ckd: Option<Found<CkdStage>>,
    /// Anticoagulants in use.
    pub anticoagulation: Vec<Found<String>>,
    /// Platelet inhibitors in use.
    pub antiplatelet: Vec<Found<String>>,
    /// Known bleeding disorders.
    pub bleeding_disorder: Vec<Found<String>>,
    /// Breast removed or armpit cleared: no draw on that side.
    pub mastectomy: Vec<Found<Side>>,
    /// Arteriovenous fistula or graft: no draw on that side.
    pub fistula: Vec<Found<Side>>,
    /// Lymphoedema of an arm.
    pub lymphoedema: Vec<Found<Side>>,
    /// Veins that were hard to find or enter before.
    pub difficult_access: Vec<Found<String>>,
    /// Hints of too little water: diagnosis, losses, diuretics, sodium.
    pub dehydration_hints: Vec<Found<String>>,
    /// Allergy to latex, antiseptic or adhesive.
    pub contact_allergy: Vec<Found<String>>,
    /// Haemoglobin [kg/m³].
    pub haemoglobin_kg_m3: Option<Found<f64>>,
    /// Haematocrit [1].
    pub haematocrit: Option<Found<f64>>,
    /// Platelets [1/m³].
    pub platelets_per_m3: Option<Found<f64>>,
    /// International normalised ratio [1].
    pub inr: Option<Found<f64>>,
    /// Potassium [mol/m³].
    pub potassium_mol_m3: Option<Found<f64>>,
    /// Tobacco.
    pub smoking: Option<Found<Smoking>>,
    /// What the chart does not say.
    pub absent: Vec<Absent>,
}

/// What of a chart matters to a blood draw on the day `on`. Later entries are not looked at.
#[must_use]
pub fn draw_relevant(record: &ChartRecord, on: Day) -> DrawRelevant {
    DrawRelevant {
        on,
        deceased: false,
        age_y: None,
        age_range: record.demographics.age_on(on),
        sex: record.demographics.sex,
        height_m: None,
        mass_kg: None,
        bmi_kg_m2: None,
        systolic_pa: None,
        diastolic_pa: None,
        heart_rate_hz: None,
        diabetes: None,
        ckd: None,
        anticoagulation: Vec::new(),
        antiplatelet: Vec::new(),
        bleeding_disorder: Vec::new(),
        mastectomy: Vec::new(),
        fistula: Vec::new(),
        lymphoedema: Vec::new(),
        difficult_access: Vec::new(),
        dehydration_hints: Vec::new(),
        contact_allergy: Vec::new(),
        haemoglobin_kg_m3: None,
        haematocrit: None,
        platelets_per_m3: None,
        inr: None,
        potassium_mol_m3: None,
        smoking: None,
        absent: Vec::new(),
    }
}
