use proband_core::{Column, Table};
use proband_record::RunManifest;

use super::*;

fn push(table: &mut Table, name: &str, unit: &str, column: Column) {
    table.push(name, unit, "", "source <b>", column).unwrap();
}

fn run(tables: Vec<Table>) -> RunRecords {
    let info = RunManifest {
        program: "proband".into(),
        version: "0".into(),
        command: "proband <script>".into(),
        procedure: "bronchoscopy".into(),
        scenario: "<i>".into(),
        seed: 1,
        patient: 0,
        twin: "made".into(),
        digest: "0".into(),
        not_a_device: true,
    };
    RunRecords { info, tables, problems: Vec::new() }
}

/// Make a page from nothing but a manifest, and keep its words from becoming markup.
#[test]
fn an_empty_run_has_a_page() {
    let report = render(&run(Vec::new()));
    assert!(report.html.contains("Published figures") && !report.html.contains("<script>") && !report.html.contains("<i>"));
}

/// Draw a tree, a course and a row with missing numbers and hostile words.
#[test]
fn hostile_tables_are_drawn() {
    let mut airways = Table::new("airways");
    push(&mut airways, "branch", "1", Column::I64(vec![0, 0, 1, 1]));
    for name in ["x_m", "y_m", "z_m"] {
        push(&mut airways, name, "m", Column::F64(vec![0.0, f64::NAN, 0.01, f64::INFINITY]));
    }
    push(&mut airways, "radius_m", "m", Column::F64(vec![1e-3, f64::NAN, 1e9, 2e-3]));
    push(&mut airways, "on_the_way", "", Column::Bool(vec![true, true, false, false]));
    let mut target = Table::new("target");
    push(&mut target, "x_m", "m", Column::F64(vec![f64::NAN]));
    let mut ticks = Table::new("ticks");
    push(&mut ticks, "time_s", "s", Column::F64(vec![0.0, 1.0, 2.0]));
    push(&mut ticks, "wall_force_n", "N", Column::F64(vec![0.0, f64::NAN, f64::INFINITY]));
    let mut events = Table::new("events");
    push(&mut events, "time_s", "s", Column::F64(vec![1.0]));
    push(&mut events, "kind", "", Column::Text(vec!["guard:<script>".into()]));
    let mut one = Table::new("bronchoscopy");
    push(&mut one, "lobe", "", Column::Text(vec!["<script>".into()]));
    let html = render(&run(vec![airways, target, ticks, events, one])).html;
    assert!(!html.contains("<script>") && !html.contains("NaN") && !html.contains("inf,") && !html.contains("<b>source"));
    assert!(html.contains("At a glance") && html.contains("The course"));
}
