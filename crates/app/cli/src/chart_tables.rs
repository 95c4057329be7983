//! What of a record goes into a twin's `chart/`: values with their age in days at the draw, no dates, no words of the patient's own.

use proband_chart::{ChartRecord, Day, DrawRelevant, When};
use proband_core::{Column, Table};

use crate::failure::Failure;
use crate::from_chart::Provenance;

/// Tables of the chart folder.
pub(crate) fn tables(record: &ChartRecord, relevant: &DrawRelevant, provenance: &[Provenance]) -> Result<Vec<Table>, Failure> {
    Ok(vec![measurements(record, relevant.on)?, findings(provenance)?, absent(relevant)?])
}

/// Days between an entry and the draw; NaN when undated.
fn days_before(when: Option<&When>, on: Day) -> f64 {
    when.map_or(f64::NAN, |when| f64::from(when.last.days_until(on)))
}

fn measurements(record: &ChartRecord, on: Day) -> Result<Table, Failure> {
    let by_then: Vec<_> = record.measurements.iter().filter(|m| m.when.as_ref().is_none_or(|when| when.is_by(on))).collect();
    let texts = |get: &dyn Fn(&proband_chart::Measurement) -> String| Column::Text(by_then.iter().map(|m| get(m)).collect());
    let numbers = |get: &dyn Fn(&proband_chart::Measurement) -> f64| Column::F64(by_then.iter().map(|m| get(m)).collect());
    let mut table = Table::new("measurements");
    let mut push = |name: &str, unit: &str, column| table.push(name, unit, "", "FHIR Observation", column).map_err(Failure::of);
    push("loinc", "", texts(&|m| m.loinc.clone()))?;
    push("name", "", texts(&|m| m.name.clone()))?;
    push("days_before", "d", numbers(&|m| days_before(m.when.as_ref(), on)))?;
    push("value_written", "", texts(&|m| m.value_written.clone()))?;
    push("unit_written", "", texts(&|m| m.unit_written.clone()))?;
    push("si_value", "", numbers(&|m| m.si.as_ref().map_or(f64::NAN, |si| si.value)))?;
    push("si_unit", "", texts(&|m| m.si.as_ref().map_or_else(String::new, |si| si.unit.clone())))?;
    push("bound", "", texts(&|m| m.comparator.map_or_else(String::new, |comparator| format!("{comparator:?}"))))?;
    push("place", "", texts(&|m| m.place.clone()))?;
    Ok(table)
}

fn findings(provenance: &[Provenance]) -> Result<Table, Failure> {
    let texts = |get: &dyn Fn(&Provenance) -> String| Column::Text(provenance.iter().map(get).collect());
    let mut table = Table::new("findings");
    let days = Column::F64(provenance.iter().map(|p| p.days_before.map_or(f64::NAN, f64::from)).collect());
    let mut push = |name: &str, unit: &str, column| table.push(name, unit, "", "FHIR", column).map_err(Failure::of);
    push("field", "", texts(&|p| p.field.clone()))?;
    push("value", "", texts(&|p| p.value.clone()))?;
    push("days_before", "d", days)?;
    push("place", "", texts(&|p| p.source.clone()))?;
    push("because", "", texts(&|p| p.because.clone()))?;
    Ok(table)
}

fn absent(relevant: &DrawRelevant) -> Result<Table, Failure> {
    let mut table = Table::new("absent");
    let what = relevant.absent.iter().map(|a| a.what.clone()).collect();
    let why = relevant.absent.iter().map(|a| a.why.clone()).collect();
    table.push("what", "", "", "FHIR", Column::Text(what)).map_err(Failure::of)?;
    table.push("why", "", "", "FHIR", Column::Text(why)).map_err(Failure::of)?;
    Ok(table)
}
