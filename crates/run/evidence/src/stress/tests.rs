use proband_core::{Column, Table};

use super::*;

fn column(table: &mut Table, name: &str, unit: &str, column: Column) {
    table.push(name, unit, "", "source <b>", column).unwrap();
}

/// Draw a failure with hostile words, missing numbers and no events without markup of theirs.
#[test]
fn a_failure_is_drawn() {
    let mut signals = Table::new("stress_signals");
    let times: Vec<f64> = (0..500).map(|i| f64::from(i) * 0.001).collect();
    column(&mut signals, "time_s", "s", Column::F64(times.clone()));
    column(&mut signals, "margin", "", Column::F64(times.iter().map(|t| 0.2 - t).collect()));
    column(&mut signals, "back_wall_distance_m", "m", Column::F64(times.iter().map(|t| if *t < 0.1 { 0.1 } else { f64::NAN }).collect()));
    let mut events = Table::new("stress_events");
    column(&mut events, "time_s", "s", Column::F64(vec![0.1, 0.3]));
    column(&mut events, "kind", "", Column::Text(vec!["guard:force_limit".into(), "<script>".into()]));
    let html = chart::figures(&signals, Some(&events));
    assert!(html.contains("guard: force limit") && !html.contains("<script>") && !html.contains("NaN") && !html.contains("<b>"));
    assert!(chart::figures(&Table::new("empty"), None).is_empty());
}

/// Show a risk without an interval, and nothing where nothing was found.
#[test]
fn risks_are_drawn() {
    let mut table = Table::new("stress_risk");
    column(&mut table, "rule", "", Column::Text(vec!["a".into(), "b".into()]));
    column(&mut table, "probability", "1", Column::F64(vec![1e-3, f64::NAN]));
    column(&mut table, "low", "1", Column::F64(vec![0.0, f64::NAN]));
    column(&mut table, "high", "1", Column::F64(vec![2e-3, f64::NAN]));
    let html = chart::risks(&table);
    assert!(html.contains("bar68") && !html.contains("NaN"));
    assert!(listed("x", "y", Some(&table), "z").contains("<td>–</td>"));
}
