//! The evidence as text: Markdown for a repository, a few lines for a terminal.

use super::analyse::{Analysis, EndpointResult};
use super::compare::{ArmValue, Comparison};
use crate::number::{MISSING, count, fixed, sig, unit_for};

fn show(e: &EndpointResult, value: Option<f64>) -> String {
    let Some(value) = value else { return MISSING.into() };
    if e.binary {
        return fixed(100.0 * value, 1);
    }
    let size = e.arms.first().and_then(|a| a.value).unwrap_or(0.0);
    sig(value * unit_for(&e.unit, size, &e.name).factor, 3)
}

/// Name without its unit, which stands in a column of its own.
pub(super) fn words(e: &EndpointResult) -> String {
    let suffix = format!("_{}", e.unit);
    let name = if e.binary || e.unit == "1" { &e.name } else { e.name.strip_suffix(&suffix).unwrap_or(&e.name) };
    name.replace('_', " ")
}

fn unit(e: &EndpointResult) -> String {
    let size = e.arms.first().and_then(|a| a.value).unwrap_or(0.0);
    if e.binary { "%".into() } else { unit_for(&e.unit, size, &e.name).name }
}

fn arm(e: &EndpointResult, a: &ArmValue) -> String {
    match a.events {
        Some(k) => format!("{k} of {}: {} ({} to {})", a.count, show(e, a.value), show(e, a.low), show(e, a.high)),
        None => format!("{} (quartiles {} to {}, n = {})", show(e, a.value), show(e, a.low), show(e, a.high), a.count),
    }
}

fn difference(e: &EndpointResult, c: &Comparison) -> String {
    match c.difference {
        Some(_) => format!("{} ({} to {})", show(e, c.difference), show(e, c.low), show(e, c.high)),
        None => "not estimable".into(),
    }
}

/// No cell can end its row or become markup.
fn cell(text: &str) -> String {
    text.chars()
        .take(400)
        .map(|c| match c {
            '|' => '¦',
            '<' => '‹',
            '>' => '›',
            '`' => '\'',
            c if c.is_control() => ' ',
            c => c,
        })
        .collect()
}

fn row(cells: &[String]) -> String {
    format!("| {} |\n", cells.iter().map(|c| cell(c)).collect::<Vec<_>>().join(" | "))
}

fn heading(cells: &[&str]) -> String {
    format!("| {} |\n|{}\n", cells.join(" | "), "---|".repeat(cells.len()))
}

/// A few lines for a terminal.
pub(super) fn summary(a: &Analysis) -> String {
    let mut text = format!("{}\n\n{} asked, {} enrolled, {}\n", cell(&a.title), count(a.flow.asked), count(a.flow.enrolled), a.design);
    for arm in &a.flow.arms {
        text.push_str(&format!("  {}: allocated {}, set apart {}, declined {}\n", arm.name, arm.allocated, arm.set_apart, arm.declined));
    }
    for e in &a.endpoints {
        let name = words(e);
        let unit = unit(e);
        let unit = if unit.is_empty() { String::new() } else { format!(" [{unit}]") };
        text.push_str(&format!("\n{name}{unit}{}\n", if e.primary { ", primary" } else { "" }));
        for (info, value) in a.arms.iter().zip(&e.arms) {
            text.push_str(&format!("  {}: {}\n", info.name, arm(e, value)));
        }
        text.push_str(&format!("  difference {}\n", difference(e, &e.comparison)));
        if e.primary || e.hypothesis != "estimate" {
            text.push_str(&format!("  {}\n", e.verdict));
        }
    }
    text.push_str(&format!("\nchain {}\n", a.chain_head));
    text
}

/// The evidence as Markdown.
pub(super) fn markdown(a: &Analysis) -> String {
    let mut md = format!(
        "# {}\n\nSimulated patients; research and engineering use, not a medical device.\n\n- Question: {}\n- Context of use: {}\n- Design: {}, {} patients, seed {}, version {}\n- Chain: `{}`\n",
        cell(&a.title),
        cell(&a.question),
        cell(&a.context_of_use),
        a.design,
        a.flow.enrolled,
        a.seed,
        cell(&a.version),
        cell(&a.chain_head)
    );
    md.push_str("\n## Flow\n\n");
    md.push_str(&heading(&["Arm", "Allocated", "Set apart", "Finished", "Declined"]));
    for f in &a.flow.arms {
        md.push_str(&row(&[
            f.name.clone(),
            f.allocated.to_string(),
            f.set_apart.to_string(),
            f.finished.to_string(),
            f.declined.to_string(),
        ]));
    }
    md.push_str("\n## Endpoints\n\n");
    let names: Vec<String> = a.arms.iter().map(|i| cell(&i.name)).collect();
    let mut heads = vec!["Endpoint", "Unit"];
    heads.extend(names.iter().map(String::as_str));
    heads.extend(["Compared minus control", "Verdict"]);
    md.push_str(&heading(&heads));
    for e in &a.endpoints {
        let mut cells = vec![format!("{}{}", words(e), if e.primary { " (primary)" } else { "" }), unit(e)];
        cells.extend(e.arms.iter().map(|v| arm(e, v)));
        cells.extend([difference(e, &e.comparison), e.verdict.clone()]);
        md.push_str(&row(&cells));
    }
    if !a.several.is_empty() {
        md.push_str("\n## Each arm against the control\n\n");
        md.push_str(&heading(&["Arm", "Difference", "p", "p adjusted"]));
        let primary = a.endpoints.iter().find(|e| e.primary);
        for row_of in &a.several {
            let d = primary.map_or_else(String::new, |e| difference(e, &row_of.comparison));
            let p = |p: Option<f64>| p.map_or_else(|| MISSING.into(), |p| fixed(p, 4));
            md.push_str(&row(&[row_of.arm.clone(), d, p(row_of.p_value), p(row_of.p_adjusted)]));
        }
    }
    md.push_str("\n## Safety\n\n");
    let mut heads = vec!["Event"];
    heads.extend(names.iter().map(String::as_str));
    md.push_str(&heading(&heads));
    for s in &a.safety {
        let mut cells = vec![s.event.replace('_', " ")];
        cells.extend(s.arms.iter().map(|(k, n, [l, h])| format!("{k} of {n} ({} to {} %)", fixed(100.0 * l, 1), fixed(100.0 * h, 1))));
        md.push_str(&row(&cells));
    }
    md.push_str("\n## Groups of the first arm\n\n");
    md.push_str(&heading(&["Division", "Group", "Successes", "Minus the others, points"]));
    for section in &a.bias {
        for g in &section.groups {
            let apart = g.difference.map_or_else(
                || "not estimable".into(),
                |[d, l, h]| format!("{} ({} to {})", fixed(100.0 * d, 1), fixed(100.0 * l, 1), fixed(100.0 * h, 1)),
            );
            md.push_str(&row(&[section.division.clone(), g.group.clone(), format!("{} of {}", g.successes, g.count), apart]));
        }
    }
    let arms: Vec<String> = a.arms.iter().map(|i| i.name.clone()).collect();
    for (title, heads, rows) in a.conditions.tables(&arms) {
        let heads: Vec<String> = heads.iter().map(|h| cell(h.trim_start_matches('#'))).collect();
        let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
        md.push_str(&format!("\n## {title}\n\n{}", heading(&heads)));
        rows.iter().for_each(|cells| md.push_str(&row(cells)));
    }
    md
}
