//! What a stress test leaves: tables from which its report is made.

use proband_core::{Column, Table};
use proband_procedure::Phase;
use proband_scene::TICK_S;

use super::{InfluencePlan, InfluenceRow, Problem, RiskPlan, RiskRow, SIGNALS, SearchPlan, SearchReport, Traced, sentence};
use crate::RunError;

/// Time shown before and after the worst moment [s].
const BEFORE_S: f64 = 3.0;
const AFTER_S: f64 = 3.0;
/// Failing cases that are listed at most, the most likely first.
const CASES_MAX: usize = 2_000;
/// Signals that are shown beside those of the rule.
const SHOWN: [&str; 4] = ["tip_depth_along_m", "force_axial_n", "force_measured_n", "back_wall_distance_m"];

type Rows = Vec<(String, String)>;

fn words(name: &str, rows: Rows) -> Result<Table, RunError> {
    let mut table = Table::new(name);
    let (items, values): (Vec<String>, Vec<String>) = rows.into_iter().unzip();
    table.push("item", "", "", "stress test", Column::Text(items))?;
    table.push("value", "", "", "stress test", Column::Text(values))?;
    Ok(table)
}

fn rules(problem: &Problem) -> Result<Table, RunError> {
    let mut table = Table::new("stress_rules");
    let text = |get: fn(&super::Requirement) -> &str| Column::Text(problem.requirements.iter().map(|r| get(r).to_owned()).collect());
    table.push("rule", "", "", "scenario", text(|r| &r.name))?;
    table.push("formula", "", "", "scenario", text(|r| &r.text))?;
    Ok(table)
}

/// Tables of a search. `traced`: the minimised failure run again.
///
/// # Errors
/// [`RunError::Table`] never in a program that passes its tests.
pub fn search_tables(problem: &Problem, plan: &SearchPlan, report: &SearchReport, traced: Option<&Traced>) -> Result<Vec<Table>, RunError> {
    let mut rows: Rows = vec![
        ("method".into(), format!("{:?}", plan.method)),
        ("goal".into(), format!("{:?}", plan.goal)),
        ("evaluations".into(), report.calls.to_string()),
        ("failures met".into(), report.failures.len().to_string()),
        ("kinds of failure".into(), report.clusters.len().to_string()),
        ("cases that could not be run".into(), report.crashed.to_string()),
    ];
    let rule = |place: u32| problem.requirements[place as usize].name.clone();
    if let Some(found) = report.cheapest() {
        rows.push(("first failure at evaluation".into(), found.call.to_string()));
    }
    if let Some(found) = report.likeliest() {
        rows.push(("log-probability of the most likely failure".into(), format!("{:.3}", found.ln_probability)));
        rows.push(("rule broken".into(), rule(found.requirement)));
    } else if let Some(found) = &report.nearest {
        rows.push(("nearest case keeps".into(), format!("{} by {:.4e}", rule(found.requirement), found.margin)));
    }
    if let (Some(minimal), Some(traced)) = (&report.minimal, traced) {
        rows.push(("margin of the minimised case".into(), format!("{:.6e}", minimal.case.margin)));
        rows.push(("inputs needed".into(), format!("{} of {}", minimal.active, minimal.u.len())));
        rows.push(("runs to make it small".into(), minimal.runs.to_string()));
        rows.push(("no single input can be left out".into(), if minimal.minimal { "yes" } else { "not shown" }.into()));
        rows.push(("log-probability of the minimised case".into(), format!("{:.3}", minimal.case.ln_probability)));
        rows.push(("worst moment".into(), format!("{:.3} s", worst_s(minimal, traced))));
        rows.push(("digest of its final state".into(), traced.digest.to_string()));
        rows.push(("sentence".into(), sentence(problem, minimal, traced)));
    }
    let mut tables = vec![words("stress", rows)?, rules(problem)?, inputs(problem, report)?, cases(problem, report)?];
    if let (Some(minimal), Some(traced)) = (&report.minimal, traced) {
        tables.push(signals(problem, minimal.case.requirement as usize, traced)?);
        tables.push(events(minimal, traced)?);
    }
    Ok(tables)
}

fn worst_s(minimal: &super::Minimal, traced: &Traced) -> f64 {
    (traced.worst_ticks[minimal.case.requirement as usize] + 1) as f64 * TICK_S
}

fn inputs(problem: &Problem, report: &SearchReport) -> Result<Table, RunError> {
    let space = &problem.space;
    let d = space.dimension();
    let none = vec![f64::NAN; d];
    let likeliest = report.likeliest().map_or(none.clone(), |f| f.u.clone());
    let minimal = report.minimal.as_ref().map_or(none, |m| m.u.clone());
    let value = |u: &[f64]| -> Vec<String> {
        let none = u.iter().all(|u| u.is_nan());
        let word = |(at, u): (usize, &f64)| if none { "–".into() } else { problem.words(at, space.varied[at].value(*u)) };
        u.iter().enumerate().map(word).collect()
    };
    let mut table = Table::new("stress_inputs");
    table.push("input", "", "", "scenario", Column::Text(space.varied.iter().map(|v| v.name.clone()).collect()))?;
    table.push("median", "", "", "law of the input", Column::Text(value(&vec![0.0; d])))?;
    table.push("likeliest", "", "", "search", Column::Text(value(&likeliest)))?;
    table.push("likeliest_sd", "1", "", "search", Column::F64(likeliest.clone()))?;
    table.push("minimised", "", "", "search", Column::Text(value(&minimal)))?;
    table.push("minimised_sd", "1", "", "search", Column::F64(minimal.clone()))?;
    Ok(table)
}

fn cases(problem: &Problem, report: &SearchReport) -> Result<Table, RunError> {
    let mut order: Vec<(u32, u32)> = Vec::new();
    for (cluster, members) in report.clusters.iter().enumerate() {
        order.extend(members.iter().map(|place| (cluster as u32 + 1, *place)));
    }
    let likely = |place: u32| report.failures[place as usize].ln_probability;
    order.sort_by(|a, b| likely(b.1).total_cmp(&likely(a.1)).then(a.1.cmp(&b.1)));
    order.truncate(CASES_MAX);
    let found: Vec<_> = order.iter().map(|(cluster, place)| (*cluster, &report.failures[*place as usize])).collect();
    let mut table = Table::new("stress_cases");
    table.push("evaluation", "1", "", "search", Column::I64(found.iter().map(|(_, f)| f.call as i64).collect()))?;
    table.push("kind", "1", "", "search", Column::I64(found.iter().map(|(c, _)| i64::from(*c)).collect()))?;
    table.push("ln_probability", "1", "", "search", Column::F64(found.iter().map(|(_, f)| f.ln_probability).collect()))?;
    let rule = |f: &super::Found| problem.requirements[f.requirement as usize].name.clone();
    table.push("rule", "", "", "search", Column::Text(found.iter().map(|(_, f)| rule(f)).collect()))?;
    table.push("margin", "", "", "search", Column::F64(found.iter().map(|(_, f)| f.margin).collect()))?;
    for (place, vary) in problem.space.varied.iter().enumerate() {
        let values = found.iter().map(|(_, f)| problem.words(place, vary.value(f.u[place]))).collect();
        table.push(&format!("input_{}", place + 1), "", "", &vary.name, Column::Text(values))?;
    }
    Ok(table)
}

fn signals(problem: &Problem, requirement: usize, traced: &Traced) -> Result<Table, RunError> {
    let worst = traced.worst_ticks[requirement];
    let count = traced.phases.len();
    let first = worst.saturating_sub((BEFORE_S / TICK_S) as usize);
    let last = (worst + (AFTER_S / TICK_S) as usize).min(count);
    let part = |all: &[f64]| all[first..last].to_vec();
    let mut table = Table::new("stress_signals");
    table.push("time_s", "s", "", "scene", Column::F64((first..last).map(|i| (i + 1) as f64 * TICK_S).collect()))?;
    let phase = |p: &u32| Phase::ALL.get(*p as usize).map_or("", |p| p.name()).to_owned();
    table.push("phase", "", "", "controller", Column::Text(traced.phases[first..last].iter().map(phase).collect()))?;
    let rule = &problem.requirements[requirement];
    table.push("margin", "", "", &rule.text, Column::F64(part(&traced.courses[requirement])))?;
    for (place, (name, unit, meaning)) in SIGNALS.iter().enumerate() {
        if *name != "time_s" && (SHOWN.contains(name) || rule.signals().iter().any(|s| s == name)) {
            table.push(name, unit, "", meaning, Column::F64(part(&traced.signals[place])))?;
        }
    }
    Ok(table)
}

fn events(minimal: &super::Minimal, traced: &Traced) -> Result<Table, RunError> {
    let worst = worst_s(minimal, traced);
    let near: Vec<_> = traced.events.iter().filter(|(t, ..)| *t >= worst - 10.0 && *t <= worst + 10.0).collect();
    let mut table = Table::new("stress_events");
    table.push("time_s", "s", "", "scene", Column::F64(near.iter().map(|e| e.0).collect()))?;
    table.push("kind", "", "", "scene", Column::Text(near.iter().map(|e| e.1.clone()).collect()))?;
    table.push("text", "", "", "scene", Column::Text(near.iter().map(|e| e.2.clone()).collect()))?;
    Ok(table)
}

/// Tables of an estimate of risk.
///
/// # Errors
/// [`RunError::Table`] never in a program that passes its tests.
pub fn risk_tables(problem: &Problem, plan: &RiskPlan, rows: &[RiskRow]) -> Result<Vec<Table>, RunError> {
    let about = vec![
        ("method".into(), format!("{:?}", plan.estimator)),
        ("confidence".into(), format!("{}", plan.confidence)),
        inputs_row(problem),
    ];
    let mut table = Table::new("stress_risk");
    let number = |get: fn(&RiskRow) -> f64| Column::F64(rows.iter().map(get).collect());
    table.push("rule", "", "", "scenario", Column::Text(rows.iter().map(|r| r.requirement.clone()).collect()))?;
    table.push("probability", "1", "", "per procedure", number(|r| r.probability))?;
    table.push("low", "1", "", "interval", number(|r| r.low))?;
    table.push("high", "1", "", "interval", number(|r| r.high))?;
    table.push("runs", "1", "", "evaluations", Column::I64(rows.iter().map(|r| r.calls as i64).collect()))?;
    table.push("crude_runs", "1", "", "plain counting for a coefficient of variation of a tenth", number(|r| r.crude_runs))?;
    table.push("replicate_cov", "1", "", "one replicate", number(|r| r.cov))?;
    table.push("effective_size", "1", "", "Kish, failed draws", number(|r| r.effective_size))?;
    table.push("weight_share_max", "1", "", "greatest weight over all", number(|r| r.weight_share_max))?;
    table.push("note", "", "", "method", Column::Text(rows.iter().map(|r| r.note.trim().to_owned()).collect()))?;
    Ok(vec![words("stress", about)?, rules(problem)?, table])
}

fn inputs_row(problem: &Problem) -> (String, String) {
    ("inputs".into(), problem.space.varied.iter().map(|v| v.name.as_str()).collect::<Vec<_>>().join(", "))
}

/// Tables of an analysis of influence.
///
/// # Errors
/// [`RunError::Table`] never in a program that passes its tests.
pub fn influence_tables(problem: &Problem, plan: &InfluencePlan, rows: &[InfluenceRow]) -> Result<Vec<Table>, RunError> {
    let about = vec![
        ("method".into(), format!("{:?}", plan.kind)),
        ("points".into(), plan.count.to_string()),
        ("confidence".into(), format!("{}", plan.confidence)),
        inputs_row(problem),
    ];
    let mut table = Table::new("stress_influence");
    let text = |get: fn(&InfluenceRow) -> &str| Column::Text(rows.iter().map(|r| get(r).to_owned()).collect());
    let number = |get: &dyn Fn(&InfluenceRow) -> f64| Column::F64(rows.iter().map(get).collect());
    table.push("outcome", "", "", "scene", text(|r| &r.outcome))?;
    table.push("input", "", "", "scenario", text(|r| &r.input))?;
    for (place, part) in ["", "_low", "_high"].iter().enumerate() {
        table.push(&format!("first{part}"), "1", "", "first-order index, or mean effect", number(&|r| r.first[place]))?;
    }
    for (place, part) in ["", "_low", "_high"].iter().enumerate() {
        table.push(&format!("total{part}"), "1", "", "total index, or mean size of the effect", number(&|r| r.total[place]))?;
    }
    table.push("sd", "1", "", "of the effect", number(&|r| r.sd))?;
    table.push("failed", "1", "", "rows left out", Column::I64(rows.iter().map(|r| i64::from(r.failed)).collect()))?;
    table.push("note", "", "", "method", text(|r| &r.note))?;
    Ok(vec![words("stress", about)?, rules(problem)?, table])
}
