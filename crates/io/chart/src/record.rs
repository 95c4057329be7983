//! Plain measurements of one patient: what is left of a chart when names, addresses and identifiers are gone.

use std::collections::BTreeMap;

use proband_core::Digest;
use serde::{Deserialize, Serialize};

use crate::{AgeRange, Day, When};

/// One patient's chart. Nothing in it names a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChartRecord {
    /// Keyed hash that stands for the patient: "P-" and 12 hexadecimal digits.
    pub pseudonym: String,
    /// Digest of the bytes that were read.
    pub source: Digest,
    /// What held the patient: a bundle's type ("transaction"), "Patient" for a bare resource, "ndjson".
    pub container: String,
    /// Who.
    pub demographics: Demographics,
    /// Numbers with units, oldest first. Only values that can be used: unit known, physically possible.
    pub measurements: Vec<Measurement>,
    /// Observations whose value is a code (smoking status), oldest first.
    pub answers: Vec<Answer>,
    /// Diagnoses and findings.
    pub conditions: Vec<Condition>,
    /// What was done.
    pub procedures: Vec<Procedure>,
    /// What was prescribed, taken or given.
    pub medications: Vec<Medication>,
    /// Allergies and intolerances.
    pub allergies: Vec<Allergy>,
    /// Devices on or in the patient.
    pub devices: Vec<Device>,
    /// What was read and what was not.
    pub counts: Counts,
}

/// Who the patient is, as far as physics asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Demographics {
    /// Birth date; partial dates are intervals.
    pub birth: Option<When>,
    /// Administrative sex.
    pub sex: Sex,
    /// Whether and when the patient died.
    pub deceased: Deceased,
    /// JSON path of the Patient.
    pub place: String,
}

impl Demographics {
    /// Age on a day; a range, because a birth date may be partial. `None` without a birth date or before it.
    #[must_use]
    pub fn age_on(&self, day: Day) -> Option<AgeRange> {
        self.birth.as_ref()?.age_on(day)
    }
}

/// FHIR administrative gender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    /// "female".
    Female,
    /// "male".
    Male,
    /// "other".
    Other,
    /// "unknown", absent, or not understood.
    Unknown,
}

/// FHIR `deceased[x]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deceased {
    /// `deceasedBoolean` false, or nothing said.
    No,
    /// `deceasedBoolean` true: some day.
    SomeDay,
    /// `deceasedDateTime`.
    On(When),
}

/// FHIR quantity comparator: the value is a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Comparator {
    /// "<".
    Less,
    /// "<=".
    LessOrEqual,
    /// ">=".
    GreaterOrEqual,
    /// ">".
    Greater,
}

/// A value in SI units.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SiValue {
    /// Number.
    pub value: f64,
    /// Unit made of m, kg, s, K, mol; "1" for a fraction, a count or a score.
    pub unit: String,
}

/// One number that was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// LOINC code.
    pub loinc: String,
    /// LOINC code of the panel that it is a component of (blood pressure).
    pub panel: Option<String>,
    /// Name of the code as the file has it.
    pub name: String,
    /// Number exactly as written, trailing zeros and all.
    pub value_written: String,
    /// The number.
    pub value: f64,
    /// Unit exactly as written.
    pub unit_written: String,
    /// `true` for a value per 1.73 m² of body surface (kidney function).
    pub per_body_surface: bool,
    /// The value in SI units. `None` for a unit that says nothing of physics.
    pub si: Option<SiValue>,
    /// The value is a bound, not a measurement.
    pub comparator: Option<Comparator>,
    /// Status "preliminary".
    pub preliminary: bool,
    /// When it was measured.
    pub when: Option<When>,
    /// JSON path of the resource or component.
    pub place: String,
}

/// One observation answered by a code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// LOINC code of the question.
    pub loinc: String,
    /// The answer.
    pub answer: Concept,
    /// When.
    pub when: Option<When>,
    /// JSON path.
    pub place: String,
}

/// A coded concept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Concept {
    /// (system, code); system shortened to "snomed", "loinc", "icd10", "rxnorm", "atc" or "other".
    pub codes: Vec<(String, String)>,
    /// Display or text, free of the patient's identity.
    pub text: String,
}

/// A side of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Left.
    Left,
    /// Right.
    Right,
    /// Both.
    Both,
    /// Not said.
    Unknown,
}

/// A diagnosis or finding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    /// What.
    pub concept: Concept,
    /// Side from the body site or the words.
    pub side: Side,
    /// First day, where known.
    pub onset: Option<When>,
    /// Last day, where over.
    pub abatement: Option<When>,
    /// Clinical status active, recurrence or relapse; or no status and no abatement.
    pub active: bool,
    /// Verification status "confirmed", or none given.
    pub certain: bool,
    /// JSON path.
    pub place: String,
}

/// Something that was done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Procedure {
    /// What.
    pub concept: Concept,
    /// Side from the body site or the words.
    pub side: Side,
    /// When.
    pub when: Option<When>,
    /// JSON path.
    pub place: String,
}

/// How a medication stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MedicationUse {
    /// Ordered or taken now.
    Current,
    /// Completed, stopped or on hold.
    Past,
    /// Given once (MedicationAdministration).
    Given,
}

/// A medication.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Medication {
    /// What.
    pub concept: Concept,
    /// How it stands.
    pub usage: MedicationUse,
    /// When ordered, begun or given.
    pub when: Option<When>,
    /// How fast it runs now; `None` when it does not run or nothing is said.
    pub running: Option<MedicationRate>,
    /// JSON path.
    pub place: String,
}

/// How fast a medication runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MedicationRate {
    /// Rate [kg/s], or [1/s] when it is meant per mass of the body.
    pub si_per_s: f64,
    /// Whether it is meant per mass of the body.
    pub per_body_mass: bool,
    /// As it is written.
    pub written: String,
}

/// An allergy or intolerance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Allergy {
    /// To what.
    pub concept: Concept,
    /// Not resolved or inactive.
    pub active: bool,
    /// JSON path.
    pub place: String,
}

/// A device on or in the patient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Device {
    /// What.
    pub concept: Concept,
    /// Not inactive.
    pub active: bool,
    /// JSON path.
    pub place: String,
}

/// What was read and what was not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Entries of the bundle, or lines.
    pub entries: u32,
    /// Resources that were read, by type.
    pub read: BTreeMap<String, u32>,
    /// Resources of types that say nothing about a draw, by type.
    pub ignored_resources: BTreeMap<String, u32>,
    /// Fields that were not looked at in resources that were read: "Observation.note".
    pub ignored_fields: BTreeMap<String, u32>,
    /// Resources and values that were looked at and not used, by reason.
    pub excluded: BTreeMap<String, u32>,
}
