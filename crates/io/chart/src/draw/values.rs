//! Numbers: the latest of each kind.

use crate::Day;
use crate::draw::Found;
use crate::known;
use crate::record::{ChartRecord, Measurement};

/// Molar mass of one haem unit of haemoglobin [kg/mol], the clinical convention 1 mmol/L = 1.6114 g/dL. Prior: unverified.
const HAEM_UNIT_KG_MOL: f64 = 16.114;

/// Measurements of a kind by the day, oldest first, undated before all.
pub(super) fn all<'r>(
    record: &'r ChartRecord,
    codes: &'r [&str],
    unit: &'r str,
    on: Day,
) -> impl DoubleEndedIterator<Item = &'r Measurement> {
    record.measurements.iter().filter(move |m| {
        let dated = m.when.as_ref().is_none_or(|when| when.is_by(on));
        dated && codes.contains(&m.loinc.as_str()) && m.si.as_ref().is_some_and(|si| si.unit == unit)
    })
}

fn found(measurement: &Measurement, value: f64, unit: &str) -> Found<f64> {
    let preliminary = if measurement.preliminary { ", preliminary" } else { "" };
    Found {
        value,
        unit: unit.into(),
        when: measurement.when.clone(),
        comparator: measurement.comparator,
        place: measurement.place.clone(),
        because: format!("LOINC {}, {} {}{preliminary}", measurement.loinc, measurement.value_written, measurement.unit_written),
    }
}

/// The latest measurement of a kind by the day; a bound only where there is nothing else.
pub(super) fn latest(record: &ChartRecord, codes: &[&str], unit: &str, on: Day) -> Option<Found<f64>> {
    let exact = all(record, codes, unit, on).rfind(|m| m.comparator.is_none());
    let chosen = exact.or_else(|| all(record, codes, unit, on).next_back())?;
    chosen.si.as_ref().map(|si| found(chosen, si.value, unit))
}

/// Haemoglobin, whether given by mass or by amount of haem units.
pub(super) fn haemoglobin(record: &ChartRecord, on: Day) -> Option<Found<f64>> {
    let by_mass = latest(record, known::HAEMOGLOBIN, "kg/m³", on);
    let by_amount = latest(record, known::HAEMOGLOBIN, "mol/m³", on).map(|amount| Found {
        value: amount.value * HAEM_UNIT_KG_MOL,
        unit: "kg/m³".into(),
        because: format!("{}, times 16.114 kg/mol", amount.because),
        ..amount
    });
    match (by_mass, by_amount) {
        (Some(mass), Some(amount)) => {
            let day = |found: &Found<f64>| found.when.as_ref().map(|when| when.last);
            Some(if day(&amount) > day(&mass) { amount } else { mass })
        }
        (mass, amount) => mass.or(amount),
    }
}

/// m / h², else as recorded. A recorded value that contradicts is named.
pub(super) fn body_mass_index(
    height_m: Option<&Found<f64>>,
    mass_kg: Option<&Found<f64>>,
    recorded: Option<Found<f64>>,
) -> Option<Found<f64>> {
    let (Some(height), Some(mass)) = (height_m, mass_kg) else { return recorded };
    let value = mass.value / (height.value * height.value);
    let mut because = format!("mass over height squared; height from {}", height.place);
    if let Some(recorded) = recorded
        && (recorded.value / value - 1.0).abs() > 0.1
    {
        because = format!("{because}; the recorded {:.1} kg/m² ({}) differs", recorded.value, recorded.place);
    }
    Some(Found { value, unit: "kg/m²".into(), because, ..mass.clone() })
}
