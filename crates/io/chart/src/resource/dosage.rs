//! How fast a medication runs: MedicationAdministration.dosage, MedicationStatement.dosage, MedicationRequest.dosageInstruction.

use proband_core::{Dimension, Unit};

use crate::json::Object;
use crate::notes::{Kind, Notes};
use crate::record::MedicationRate;
use crate::unit;

/// The rate at which it runs; `None` without one. A rate that cannot be used is said with its place.
pub(crate) fn rate(kind: &str, object: &Object<'_>, notes: &Notes<'_>) -> Option<MedicationRate> {
    let of = |holder: &Object<'_>| {
        if let Some(quantity) = holder.object("rateQuantity", notes) {
            return one(&quantity, notes);
        }
        let ratio = holder.object("rateRatio", notes)?;
        let (above, below) = (ratio.object("numerator", notes)?, ratio.object("denominator", notes)?);
        divide(&above, &below, notes)
    };
    match kind {
        "MedicationAdministration" => of(&object.object("dosage", notes)?),
        "MedicationStatement" => dose_and_rate(object, "dosage", &of, notes),
        _ => dose_and_rate(object, "dosageInstruction", &of, notes),
    }
}

fn dose_and_rate(
    object: &Object<'_>,
    key: &str,
    of: &dyn Fn(&Object<'_>) -> Option<MedicationRate>,
    notes: &Notes<'_>,
) -> Option<MedicationRate> {
    object.objects(key, notes).iter().find_map(|dosage| dosage.objects("doseAndRate", notes).iter().find_map(of))
}

/// Number and unit of a quantity, and how it is written.
fn read(quantity: &Object<'_>, notes: &Notes<'_>) -> Option<(f64, Unit, String)> {
    let refuse = |what: String| {
        notes.warn(Kind::Unit, &quantity.place, format!("{what}; the rate is not used"));
        None
    };
    let Some(value) = quantity.number("value", notes).and_then(|text| text.parse::<f64>().ok()).filter(|x| x.is_finite() && *x >= 0.0)
    else {
        return refuse("no number from 0 on".into());
    };
    let code = quantity.text("code", notes).or_else(|| quantity.text("unit", notes)).unwrap_or_default();
    // Both are read, so that neither counts as overlooked.
    quantity.get("unit");
    quantity.get("system");
    let shown: String = notes.safe(code.trim(), &quantity.place).chars().take(40).collect();
    match unit::read(&code.trim().replace("mcg", "ug")) {
        Some(unit) => Some((value, unit.into_unit(), format!("{value} {shown}"))),
        None => refuse(format!("unit \"{shown}\" is not known")),
    }
}

fn one(quantity: &Object<'_>, notes: &Notes<'_>) -> Option<MedicationRate> {
    let (value, unit, written) = read(quantity, notes)?;
    rate_of(unit.to_si(value), unit.dimension(), written, quantity, notes)
}

fn divide(above: &Object<'_>, below: &Object<'_>, notes: &Notes<'_>) -> Option<MedicationRate> {
    let (amount, amount_unit, written) = read(above, notes)?;
    let (time, time_unit, per) = read(below, notes)?;
    let si = amount_unit.to_si(amount) / time_unit.to_si(time);
    let dimension = amount_unit.dimension().over(&time_unit.dimension())?;
    rate_of(si, dimension, format!("{written} per {per}"), above, notes)
}

fn rate_of(si: f64, dimension: Dimension, written: String, place: &Object<'_>, notes: &Notes<'_>) -> Option<MedicationRate> {
    let mass_flow = Dimension::MASS.over(&Dimension::TIME);
    let per_body_mass = dimension == Dimension::FREQUENCY;
    if !si.is_finite() || !(per_body_mass || Some(dimension) == mass_flow) {
        // A volume per time says nothing without the strength of the solution.
        notes.warn(Kind::Unit, &place.place, format!("{written} is no mass per time; the rate is not used"));
        return None;
    }
    Some(MedicationRate { si_per_s: si, per_body_mass, written })
}
