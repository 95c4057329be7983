//! What was measured on a patient and speaks of his circulation.

use proband_physiology::whole::Resting;
use serde::{Deserialize, Serialize};

use crate::TwinError;
use crate::person::in_range;

/// One value at rest with its error.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// What, as in [`Resting::NAMES`], with the unit last: `mean_mmhg`.
    pub name: String,
    /// The value in that unit.
    pub value: f64,
    /// Standard deviation of its error.
    pub sd: f64,
    /// Where it stands, without anything that identifies the patient.
    pub source: String,
}

/// What can be read: name, unit, least and greatest value that is believed of a living adult, error of one measurement
/// as a part of the value and at least [its unit].
///
/// Bounds and errors: prior: unverified, engineering judgement (an arterial line is believed to 2 mmHg, echocardiography
/// to 8 %, thermodilution to 10 %).
const KNOWN: [(&str, &str, f64, f64, f64, f64); 12] = [
    ("heart_rate_per_min", "1/min", 25.0, 220.0, 0.01, 0.5),
    ("systolic_mmhg", "mmHg", 40.0, 280.0, 0.015, 1.5),
    ("diastolic_mmhg", "mmHg", 15.0, 180.0, 0.015, 1.0),
    ("mean_mmhg", "mmHg", 25.0, 220.0, 0.012, 1.0),
    ("central_venous_mmhg", "mmHg", -10.0, 40.0, 0.0, 1.0),
    ("lung_systolic_mmhg", "mmHg", 5.0, 120.0, 0.05, 2.0),
    ("lung_mean_mmhg", "mmHg", 3.0, 90.0, 0.05, 1.5),
    ("wedge_mmhg", "mmHg", 0.0, 60.0, 0.05, 1.5),
    ("output_l_min", "L/min", 0.8, 20.0, 0.10, 0.2),
    ("ejection_fraction", "1", 0.05, 0.9, 0.08, 0.02),
    ("end_diastolic_ml", "mL", 30.0, 450.0, 0.08, 5.0),
    ("breath_rate_per_min", "1/min", 4.0, 60.0, 0.02, 0.3),
];

impl Reading {
    /// A value with the error that its kind usually has.
    ///
    /// # Errors
    /// As [`Reading::check`].
    pub fn usual(name: &str, value: f64, source: &str) -> Result<Self, TwinError> {
        let known = KNOWN.iter().find(|k| k.0 == name);
        let sd = known.map_or(0.0, |k| (k.4 * value.abs()).max(k.5));
        let reading = Self { name: name.into(), value, sd, source: source.into() };
        reading.check()?;
        Ok(reading)
    }

    /// The same value from a cuff or an undated chart: this many times as uncertain.
    #[must_use]
    pub fn less_certain(mut self, times: f64) -> Self {
        self.sd *= times.max(1.0);
        self
    }

    /// Whether a patient can have this value.
    ///
    /// # Errors
    /// [`TwinError`] that names value and range.
    pub fn check(&self) -> Result<(), TwinError> {
        let Some((name, unit, low, high, ..)) = KNOWN.iter().find(|k| k.0 == self.name) else {
            let what = format!("\"{}\" is none of {}", self.name, Resting::NAMES.join(", "));
            return Err(TwinError::Text { field: "reading.name".into(), what });
        };
        in_range(name, self.value, unit, *low, *high)?;
        in_range(&format!("{name}, standard deviation"), self.sd, unit, 1e-6 * high, *high)
    }

    pub(crate) fn index(&self) -> usize {
        Resting::NAMES.iter().position(|n| *n == self.name).unwrap_or(0)
    }
}

/// Check readings together.
///
/// # Errors
/// [`TwinError`] for none, too many, one that cannot be, or pressures that contradict each other.
pub(crate) fn check_all(readings: &[Reading]) -> Result<(), TwinError> {
    let text = |what: &str| Err(TwinError::Text { field: "readings".into(), what: what.into() });
    if readings.is_empty() {
        return text("there is none: nothing to learn from");
    }
    if readings.len() > 200 {
        return text("there are more than 200");
    }
    readings.iter().try_for_each(Reading::check)?;
    let first = |name: &str| readings.iter().find(|r| r.name == name).map(|r| r.value);
    if let (Some(high), Some(low)) = (first("systolic_mmhg"), first("diastolic_mmhg"))
        && high <= low
    {
        return text("the systolic pressure is not above the diastolic one: are the channels swapped?");
    }
    if let (Some(high), Some(mean), Some(low)) = (first("systolic_mmhg"), first("mean_mmhg"), first("diastolic_mmhg"))
        && !(low < mean && mean < high)
    {
        return text("the mean pressure is not between the diastolic and the systolic one");
    }
    Ok(())
}
