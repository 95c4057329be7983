//! What of a chart matters to a blood draw on a given day.

mod findings;
mod match_words;
mod values;

use serde::{Deserialize, Serialize};

use crate::known;
use crate::record::{ChartRecord, Comparator, Deceased, Sex, Side};
use crate::{AgeRange, Day, When};

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
    /// Systemic steroids in use: thin skin, fragile veins.
    pub steroids: Vec<Found<String>>,
    /// Tremor or a disease that brings it.
    pub tremor: Vec<Found<String>>,
    /// Breast removed or armpit cleared: no draw on that side.
    pub mastectomy: Vec<Found<Side>>,
    /// Arteriovenous fistula or graft: no draw on that side.
    pub fistula: Vec<Found<Side>>,
    /// Lymphoedema of an arm.
    pub lymphoedema: Vec<Found<Side>>,
    /// Veins that were hard to find or enter before.
    pub difficult_access: Vec<Found<String>>,
    /// Hints of too little water: diagnosis, losses, sodium.
    pub dehydration_hints: Vec<Found<String>>,
    /// Diuretics in use. By themselves no dehydration: millions take them for years.
    pub diuretics: Vec<Found<String>>,
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

/// What of a chart matters to a blood draw on the day `on`. Entries dated later are not looked at; measurements that are bounds
/// ("< 5") are used only where there is nothing else.
#[must_use]
pub fn draw_relevant(record: &ChartRecord, on: Day) -> DrawRelevant {
    let age_range = record.demographics.age_on(on);
    let latest = |codes: &[&str], unit: &str| values::latest(record, codes, unit, on);
    let (height_m, mass_kg) = (latest(known::HEIGHT, "m"), latest(known::MASS_CODES, "kg"));
    let recorded_bmi = latest(known::BMI, "kg/m²");
    let mut relevant = DrawRelevant {
        on,
        deceased: match &record.demographics.deceased {
            Deceased::No => false,
            Deceased::SomeDay => true,
            Deceased::On(death) => death.first <= on,
        },
        age_y: age_range.map(|range| Found {
            value: range.middle_y(),
            unit: "y".into(),
            when: None,
            comparator: None,
            place: format!("{}.birthDate", record.demographics.place),
            because: format!("{:.1} to {:.1} years by the birth date", range.low_y, range.high_y),
        }),
        age_range,
        sex: record.demographics.sex,
        bmi_kg_m2: values::body_mass_index(height_m.as_ref(), mass_kg.as_ref(), recorded_bmi),
        height_m,
        mass_kg,
        systolic_pa: latest(known::SYSTOLIC, "Pa"),
        diastolic_pa: latest(known::DIASTOLIC, "Pa"),
        heart_rate_hz: latest(known::HEART_RATE, "Hz"),
        diabetes: findings::diabetes(record, on),
        ckd: findings::kidney(record, on),
        anticoagulation: findings::drugs(record, on, &match_words::ANTICOAGULANT, None),
        antiplatelet: findings::drugs(record, on, &match_words::ANTIPLATELET, None),
        bleeding_disorder: findings::diagnoses(record, on, &match_words::BLEEDING),
        steroids: findings::drugs(record, on, &match_words::STEROID, Some(&match_words::NOT_SYSTEMIC)),
        tremor: findings::diagnoses(record, on, &match_words::TREMOR),
        mastectomy: findings::sides(record, on, &match_words::MASTECTOMY, None),
        fistula: findings::sides(record, on, &match_words::FISTULA, Some(&match_words::NOT_ARM_FISTULA)),
        lymphoedema: findings::sides(record, on, &match_words::LYMPHOEDEMA, Some(&match_words::NOT_ARM)),
        difficult_access: findings::ever(record, on, &match_words::DIFFICULT),
        dehydration_hints: findings::dehydration(record, on),
        diuretics: findings::drugs(record, on, &match_words::DIURETIC, None),
        contact_allergy: findings::allergies(record),
        haemoglobin_kg_m3: values::haemoglobin(record, on),
        haematocrit: latest(known::HAEMATOCRIT, "1"),
        platelets_per_m3: latest(known::PLATELETS, "1/m³"),
        inr: latest(known::INR, "1"),
        potassium_mol_m3: latest(known::POTASSIUM, "mol/m³"),
        smoking: findings::smoking(record, on),
        absent: Vec::new(),
    };
    relevant.absent = absent(&relevant, record);
    relevant
}

impl DrawRelevant {
    /// Sides on which no blood should be drawn: breast or armpit surgery, fistula, lymphoedema. `None` when no side is barred;
    /// [`Side::Unknown`] when something bars a side and the chart does not say which.
    #[must_use]
    pub fn barred_side(&self) -> Option<Side> {
        let mut sides = self.mastectomy.iter().chain(&self.fistula).chain(&self.lymphoedema).map(|found| found.value);
        let first = sides.next()?;
        Some(sides.fold(first, |sum, side| match (sum, side) {
            (a, b) if a == b => a,
            (Side::Unknown, b) => b,
            (a, Side::Unknown) => a,
            _ => Side::Both,
        }))
    }
}

/// What the chart does not say, and why.
fn absent(found: &DrawRelevant, record: &ChartRecord) -> Vec<Absent> {
    let numbers =
        if record.measurements.is_empty() { "the chart holds no usable measurement at all" } else { "not measured, or not by this day" };
    let diagnoses = if record.conditions.is_empty() { "the chart holds no Condition at all: not known" } else { "not among the diagnoses" };
    let drugs =
        if record.medications.is_empty() { "the chart holds no medication at all: not known" } else { "not among the current medications" };
    let done = if record.conditions.is_empty() && record.procedures.is_empty() {
        "the chart holds no Condition and no Procedure: not known"
    } else {
        "not among diagnoses and procedures"
    };
    let allergies = if record.allergies.is_empty() { "the chart holds no allergy at all: not known" } else { "not among the allergies" };
    let lines = [
        ("age_y", found.age_y.is_none(), "no usable birth date"),
        ("sex", found.sex == Sex::Unknown, "not said"),
        ("height_m", found.height_m.is_none(), numbers),
        ("mass_kg", found.mass_kg.is_none(), numbers),
        ("bmi_kg_m2", found.bmi_kg_m2.is_none(), numbers),
        ("systolic_pa", found.systolic_pa.is_none(), numbers),
        ("diastolic_pa", found.diastolic_pa.is_none(), numbers),
        ("heart_rate_hz", found.heart_rate_hz.is_none(), numbers),
        ("diabetes", found.diabetes.is_none(), diagnoses),
        ("ckd", found.ckd.is_none(), diagnoses),
        ("anticoagulation", found.anticoagulation.is_empty(), drugs),
        ("antiplatelet", found.antiplatelet.is_empty(), drugs),
        ("bleeding_disorder", found.bleeding_disorder.is_empty(), diagnoses),
        ("steroids", found.steroids.is_empty(), drugs),
        ("tremor", found.tremor.is_empty(), diagnoses),
        ("mastectomy", found.mastectomy.is_empty(), done),
        ("fistula", found.fistula.is_empty(), done),
        ("lymphoedema", found.lymphoedema.is_empty(), done),
        ("difficult_access", found.difficult_access.is_empty(), done),
        ("dehydration_hints", found.dehydration_hints.is_empty(), "no hint"),
        ("diuretics", found.diuretics.is_empty(), drugs),
        ("contact_allergy", found.contact_allergy.is_empty(), allergies),
        ("haemoglobin_kg_m3", found.haemoglobin_kg_m3.is_none(), numbers),
        ("haematocrit", found.haematocrit.is_none(), numbers),
        ("platelets_per_m3", found.platelets_per_m3.is_none(), numbers),
        ("inr", found.inr.is_none(), numbers),
        ("potassium_mol_m3", found.potassium_mol_m3.is_none(), numbers),
        ("smoking", found.smoking.is_none(), "not asked, or not by this day"),
    ];
    lines.into_iter().filter(|(_, is_absent, _)| *is_absent).map(|(what, _, why)| Absent { what: what.into(), why: why.into() }).collect()
}
