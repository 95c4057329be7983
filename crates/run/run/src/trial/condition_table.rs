//! The conditions of a trial as a table: one row per part of the sample, then one per condition that comes as it occurs.

use proband_core::{Column, CoreError, Table};

use super::TrialSetup;

/// `None` when the study has no conditions.
///
/// Rows of enriched conditions begin with `none`, whose number is the `stratum` of table `patients`.
pub(super) fn condition_table(setup: &TrialSetup) -> Result<Option<Table>, CoreError> {
    let mix = &setup.study.recruitment.conditions;
    if mix.is_empty() {
        return Ok(None);
    }
    let mut rows: Vec<(String, &str, [f64; 5], String)> = Vec::new();
    for stratum in mix.strata() {
        let entry = mix.entries().iter().find(|e| e.pack.name == stratum.name && e.fraction.is_some());
        let (low, high) = entry.map_or((f64::NAN, f64::NAN), |e| (e.pack.prevalence.low, e.pack.prevalence.high));
        let source = entry.map_or_else(|| "the rest".to_owned(), |e| e.pack.prevalence.source.clone());
        rows.push((stratum.name, "stratum", [stratum.prevalence, low, high, stratum.fraction, stratum.weight], source));
    }
    for entry in mix.entries().iter().filter(|e| e.fraction.is_none()) {
        let p = &entry.pack.prevalence;
        rows.push((entry.pack.name.clone(), "natural", [entry.prevalence, p.low, p.high, f64::NAN, 1.0], p.source.clone()));
    }
    let mut t = Table::new("conditions");
    t.push("condition", "", "", "study file", Column::Text(rows.iter().map(|r| r.0.clone()).collect()))?;
    t.push("sampled", "", "", "study file", Column::Text(rows.iter().map(|r| r.1.to_owned()).collect()))?;
    let columns = ["prevalence", "prevalence_low", "prevalence_high", "fraction", "weight"];
    for (index, name) in columns.into_iter().enumerate() {
        t.push(name, "1", "", "pack; study file", Column::F64(rows.iter().map(|r| r.2[index]).collect()))?;
    }
    t.push("source", "", "", "pack", Column::Text(rows.into_iter().map(|r| r.3).collect()))?;
    Ok(Some(t))
}
