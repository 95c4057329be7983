//! Planned faults.

use proband_core::{Column, CoreError, Table};
use proband_scene::{Fault, Trigger};

/// Table `faults`: one row each, as planned; when they came and went is in `events`.
pub(crate) fn faults(list: &[Fault]) -> Result<Table, CoreError> {
    let mut t = Table::new("faults");
    let text = |get: &dyn Fn(&Fault) -> String| Column::Text(list.iter().map(get).collect());
    let number = |get: &dyn Fn(&Fault) -> f64| Column::F64(list.iter().map(get).collect());
    t.push("kind", "", "", "scenario", text(&|f| f.kind.name()))?;
    t.push("family", "", "", "catalogue", text(&|f| f.kind.family().name().to_owned()))?;
    t.push("description", "", "", "catalogue", text(&|f| f.kind.describe()))?;
    t.push(
        "phase",
        "",
        "",
        "scenario; empty: at a time",
        text(&|f| match f.trigger {
            Trigger::Time(_) => String::new(),
            Trigger::Phase { phase, .. } => phase.name().to_owned(),
        }),
    )?;
    t.push(
        "delay_s",
        "s",
        "",
        "scenario; after the start or the beginning of the phase",
        number(&|f| match f.trigger {
            Trigger::Time(s) => s,
            Trigger::Phase { delay_s, .. } => delay_s,
        }),
    )?;
    t.push(
        "duration_s",
        "s",
        "",
        "scenario; NaN: until the end",
        number(&|f| if f.duration_s.is_finite() { f.duration_s } else { f64::NAN }),
    )?;
    t.push("ramp_s", "s", "", "scenario", number(&|f| f.ramp_s))?;
    t.push("magnitude", "", "", "scenario; unit in the next column", number(&|f| if f.kind.has_size() { f.magnitude } else { f64::NAN }))?;
    t.push("unit", "", "", "catalogue", text(&|f| if f.kind.has_size() { f.kind.unit().to_owned() } else { String::new() }))?;
    t.push("text", "", "", "short form", text(&Fault::to_string))?;
    t.push(
        "severity",
        "1",
        "",
        "prior: unverified, 1 to 10",
        Column::I64(list.iter().map(|f| i64::from(f.kind.risk().severity)).collect()),
    )?;
    t.push(
        "occurrence",
        "1",
        "",
        "prior: unverified, 1 to 10",
        Column::I64(list.iter().map(|f| i64::from(f.kind.risk().occurrence)).collect()),
    )?;
    let detectability = list.iter().map(|f| i64::from(f.kind.risk().detectability)).collect();
    t.push("detectability", "1", "", "prior: unverified, 1 to 10", Column::I64(detectability))?;
    Ok(t)
}
