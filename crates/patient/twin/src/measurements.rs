//! A twin from what was measured: the values of a record become measured parameters, the rest stays prior.

use proband_core::{Distribution, ops};
use serde::{Deserialize, Serialize};

use crate::{Person, Twin, TwinError, Unrecorded};

/// One measured number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// The value, SI.
    pub value: f64,
    /// Days from the measurement to the draw, if it is dated.
    pub days_before: Option<f64>,
    /// Where it stands, without anything that identifies the patient: `Observation 12, LOINC 8480-6`.
    pub source: String,
}

/// Everything about a person that a record can say, in base types. `None`: the record does not say it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measurements {
    /// Who; what of him was not recorded stands in `not_recorded`.
    pub person: Person,
    /// Systolic arterial pressure [Pa].
    pub systolic_pa: Option<Fact>,
    /// Diastolic arterial pressure [Pa].
    pub diastolic_pa: Option<Fact>,
    /// Haemoglobin in blood [kg/m³].
    pub haemoglobin_kg_m3: Option<Fact>,
}

/// A value that can be measured: its parameter, the error of one measurement and what a year adds to it (standard
/// deviations, relative to the value), and the range that is believed.
struct Kind {
    parameter: &'static str,
    unit: &'static str,
    error: f64,
    per_root_year: f64,
    range: (f64, f64),
}

// Errors and drifts: prior: unverified, engineering judgement.
const SYSTOLIC: Kind = Kind { parameter: "vitals.systolic_pa", unit: "Pa", error: 0.07, per_root_year: 0.08, range: (8_000.0, 35_000.0) };
const DIASTOLIC: Kind = Kind { parameter: "vitals.diastolic_pa", unit: "Pa", error: 0.08, per_root_year: 0.08, range: (4_000.0, 22_000.0) };
const HAEMOGLOBIN: Kind =
    Kind { parameter: "blood.haemoglobin_kg_m3", unit: "kg/m3", error: 0.03, per_root_year: 0.06, range: (30.0, 240.0) };
/// Age taken for a value without a date [days].
const UNDATED_DAYS: f64 = 5.0 * DAYS_PER_YEAR;
const DAYS_PER_YEAR: f64 = 365.25;

impl Twin {
    /// A twin from a record: what was measured becomes a measured parameter with an error that grows with its age,
    /// the rest stays a prior. The second part lists what the record does not say.
    ///
    /// # Errors
    /// [`TwinError`] for a person or a value that cannot be.
    pub fn from_measurements(measurements: &Measurements) -> Result<(Self, Vec<String>), TwinError> {
        let mut twin = Self::new(measurements.person.clone())?;
        let mut absent = Vec::new();
        for missing in &measurements.person.not_recorded {
            absent.push(match missing {
                Unrecorded::Age => "person.age_y".to_owned(),
                Unrecorded::Height => "person.height_m".to_owned(),
                Unrecorded::Mass => "person.mass_kg".to_owned(),
            });
        }
        if measurements.person.melanin_fraction.is_none() && measurements.person.ita_deg.is_none() {
            absent.push("optics.melanin_fraction".to_owned());
        }
        let facts = [
            (&SYSTOLIC, &measurements.systolic_pa),
            (&DIASTOLIC, &measurements.diastolic_pa),
            (&HAEMOGLOBIN, &measurements.haemoglobin_kg_m3),
        ];
        for (kind, fact) in facts {
            match fact {
                Some(fact) => twin.take(kind, fact)?,
                None => absent.push(kind.parameter.to_owned()),
            }
        }
        if !absent.is_empty() {
            twin.note("absent", &format!("not in the record, stays prior: {}", absent.join(", ")))?;
        }
        Ok((twin, absent))
    }

    fn take(&mut self, kind: &Kind, fact: &Fact) -> Result<(), TwinError> {
        let (min, max) = kind.range;
        crate::person::in_range(kind.parameter, fact.value, kind.unit, min, max)?;
        let days = fact.days_before.unwrap_or(UNDATED_DAYS);
        crate::person::in_range("days_before", days, "days", 0.0, 120.0 * DAYS_PER_YEAR)?;
        let drift = kind.per_root_year * (days / DAYS_PER_YEAR).sqrt();
        let sd = fact.value * ops::hypot(kind.error, drift);
        let cut = Distribution::TruncatedNormal {
            mean: fact.value,
            sd,
            low: min.max(fact.value - 2.0 * sd),
            high: max.min(fact.value + 2.0 * sd),
        };
        self.measured(kind.parameter, cut, &fact.source)
    }
}
