//! Requirements and what came of them, for the record.

use proband_core::{Column, CoreError, Table};

use super::{SafetySpec, Verdict};

/// Table `requirements`: one row each.
pub(crate) fn requirements(spec: &SafetySpec, verdicts: &[Verdict]) -> Result<Table, CoreError> {
    let mut t = Table::new("requirements");
    let text = |get: &dyn Fn(&super::Requirement) -> String| Column::Text(spec.requirements().map(get).collect());
    t.push("id", "", "", "safety specification", text(&|r| r.id.clone()))?;
    t.push("text", "", "", "safety specification", text(&|r| r.text.clone()))?;
    t.push("rule", "", "", "safety specification", text(&|r| r.rule.clone()))?;
    t.push("limit", "", "", "safety specification; unit in its column", Column::F64(spec.requirements().map(|r| r.limit).collect()))?;
    t.push("unit", "", "", "safety specification", text(&|r| r.unit.clone()))?;
    t.push("rationale", "", "", "safety specification", text(&|r| r.rationale.clone()))?;
    t.push("source", "", "", "safety specification", text(&|r| r.source.clone()))?;
    let number = |get: &dyn Fn(&Verdict) -> f64| Column::F64(verdicts.iter().map(get).collect());
    let finite = |x: f64| if x.is_finite() { x } else { f64::NAN };
    t.push("robustness", "", "", "monitor; NaN: its condition never came", number(&|v| finite(v.robustness)))?;
    t.push("normalised", "1", "", "monitor", number(&|v| finite(v.normalised)))?;
    t.push("worst_time_s", "s", "", "monitor", number(&|v| v.worst_time_s))?;
    Ok(t)
}
