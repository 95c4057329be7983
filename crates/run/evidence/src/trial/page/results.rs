//! What came out.

use super::figures;
use crate::number::{MISSING, fixed, sig, unit_for};
use crate::page::{Section, absent, badge, figure, table};
use crate::text::esc;
use crate::trial::analyse::{Analysis, EndpointResult};
use crate::trial::compare::{ArmValue, Comparison};
use crate::trial::markdown::words;
use crate::trial::read::StudyRecords;

pub(super) fn optional(value: Option<f64>, show: impl Fn(f64) -> String) -> String {
    value.map_or_else(|| MISSING.into(), show)
}

/// Factor and unit in which an endpoint is read: percentage points for what happens or not.
fn scale(e: &EndpointResult) -> (f64, String) {
    if e.binary {
        return (100.0, "%".into());
    }
    let size = e.arms.first().and_then(|a| a.value).unwrap_or(0.0);
    let unit = unit_for(&e.unit, size, &e.name);
    (unit.factor, unit.name)
}

fn arm_cell(e: &EndpointResult, arm: &ArmValue) -> String {
    let (factor, _) = scale(e);
    let number = |v: Option<f64>| optional(v.map(|v| v * factor), |v| if e.binary { fixed(v, 1) } else { sig(v, 3) });
    match arm.events {
        Some(events) => format!("{} of {}: {} ({} to {})", events, arm.count, number(arm.value), number(arm.low), number(arm.high)),
        None => format!("{}; quartiles {} to {}; n = {}", number(arm.value), number(arm.low), number(arm.high), arm.count),
    }
}

fn difference_cell(e: &EndpointResult, c: &Comparison) -> String {
    let (factor, _) = scale(e);
    let number = |v: Option<f64>| optional(v.map(|v| v * factor), |v| if e.binary { fixed(v, 1) } else { sig(v, 3) });
    if c.difference.is_none() {
        return format!("not estimable (n = {})", c.count);
    }
    format!("{} ({} to {})", number(c.difference), number(c.low), number(c.high))
}

pub(super) fn p_cell(p: Option<f64>) -> String {
    optional(p, |p| if p < 0.001 { "< 0.001".into() } else { fixed(p, 3) })
}

pub(super) fn primary(study: &StudyRecords<'_>, analysis: &Analysis) -> Section {
    let id = "primary";
    let title = "Primary endpoint";
    let Some(e) = analysis.endpoints.iter().find(|e| e.primary) else { return Section { id, title, body: absent("a primary endpoint") } };
    let (factor, unit) = scale(e);
    let class = match e.shown {
        Some(true) => "verdict good",
        _ => "verdict",
    };
    let points = if e.binary { "points" } else { unit.as_str() };
    let margin = e.margin.map_or_else(String::new, |m| format!(", margin {} {points}", sig(m * factor, 3)));
    let mut body = format!(
        "<p class=\"{class}\"><strong>{}</strong><br>{}{}: {} {points}, {} minus {}, {} % interval in brackets.</p>\n",
        esc(&e.verdict),
        esc(&words(e)),
        esc(&margin),
        esc(&difference_cell(e, &e.comparison)),
        esc(analysis.compared()),
        esc(&analysis.control),
        100.0 * analysis.confidence
    );
    let mut rows: Vec<_> = analysis
        .arms
        .iter()
        .zip(&e.arms)
        .map(|(arm, value)| {
            (
                String::new(),
                vec![(esc(&arm.name), ""), (esc(&arm_cell(e, value)), "n"), (value.missing.to_string(), "n"), (esc(&arm.policy), "src")],
            )
        })
        .collect();
    rows.push((
        String::new(),
        vec![("Method".into(), ""), (esc(&e.comparison.method), "w"), (String::new(), "n"), (esc(&e.definition), "src")],
    ));
    body.push_str(&table(&["Arm", &format!("#{} [{unit}]", words(e)), "#Without a result", "What it is"], &rows));
    if let Some([both, first, second, neither]) = e.comparison.pairs {
        body.push_str(&format!(
            "<p>Pairs: success in both {both}, in “{}” only {first}, in “{}” only {second}, in neither {neither}. McNemar's mid-p {}.</p>\n",
            esc(analysis.compared()),
            esc(&analysis.control),
            p_cell(e.comparison.p_value)
        ));
    }
    body.push_str(&super::beyond::several(analysis, factor, points));
    body.push_str(&super::beyond::crossover(analysis, factor, points));
    body.push_str(&super::beyond::supporting(e, factor, points));
    body.push_str(&looks(analysis));
    body.push_str(&missing(analysis, e));
    body.push_str(&super::beyond::times(analysis));
    body.push_str(&figure(&figures::ecdf(study, analysis), "Time from the tourniquet to the needle's removal, as the fraction of draws that are over. Draws without a puncture have no such time."));
    Section { id, title, body }
}

fn looks(analysis: &Analysis) -> String {
    if analysis.looks.is_empty() {
        return String::new();
    }
    let rows: Vec<_> = analysis
        .looks
        .iter()
        .map(|l| {
            let said = match l.crossed {
                Some(true) => "crossed",
                Some(false) => "not crossed",
                None => "not estimable",
            };
            let cells = vec![
                (format!("{} % ({})", fixed(100.0 * l.fraction, 0), l.patients), "n"),
                (optional(l.difference.map(|d| 100.0 * d), |d| fixed(d, 1)), "n"),
                (optional(l.z, |z| fixed(z, 2)), "n"),
                (optional(l.bound, |b| fixed(b, 3)), "n"),
                (said.into(), ""),
            ];
            (String::new(), cells)
        })
        .collect();
    format!(
        "<h3>Looks</h3>\n<p>Bounds by error spending over the patients in the order of enrolment (Lan and DeMets). z is the distance from the edge of the hypothesis, taken from the same score interval. All patients were simulated whatever a look said.</p>\n{}",
        table(&["#Patients", "#Difference, points", "#z", "#Bound", "Look"], &rows)
    )
}

fn missing(analysis: &Analysis, e: &EndpointResult) -> String {
    let count: u64 = e.arms.iter().map(|a| a.missing).sum();
    if count == 0 {
        return "<h3>Missing results</h3>\n<p>No result is missing, so no reading of missing results can change the conclusion.</p>\n"
            .into();
    }
    let rows: Vec<_> = analysis
        .missing
        .iter()
        .map(|m| {
            let holds = match m.shown {
                Some(true) => badge("published", "holds"),
                Some(false) => badge("prior", "does not hold"),
                None => String::new(),
            };
            (String::new(), vec![(esc(&m.reading), ""), (esc(&difference_cell(e, &m.comparison)), "n"), (holds, "")])
        })
        .collect();
    let tips = analysis.tipping.map_or_else(String::new, |n| {
        format!(" The claim falls when {n} or more of the missing results of the first compared arm were failures, even if all others were as good for it as they can be.")
    });
    format!(
        "<h3>Missing results: where the conclusion tips</h3>\n<p>{count} draws have no result; a simulation that failed is missing data, not nothing.{tips}</p>\n{}",
        table(&["Reading", "#Difference", "Claim"], &rows)
    )
}

pub(super) fn secondary(_study: &StudyRecords<'_>, analysis: &Analysis) -> Section {
    let rows: Vec<_> = analysis
        .endpoints
        .iter()
        .filter(|e| !e.primary)
        .map(|e| {
            let (_, unit) = scale(e);
            let mut cells = vec![(format!("{}<br><small>{}</small>", esc(&words(e)), esc(&e.definition)), ""), (esc(&unit), "u")];
            cells.extend(e.arms.iter().map(|a| (esc(&arm_cell(e, a)), "n")));
            cells.push((esc(&difference_cell(e, &e.comparison)), "n"));
            cells.push((p_cell(e.comparison.p_value), "n"));
            cells.push((p_cell(e.p_holm), "n"));
            cells.push((p_cell(e.p_benjamini_hochberg), "n"));
            cells.push((
                e.supporting
                    .iter()
                    .find(|s| s.p_value.is_some())
                    .map_or_else(String::new, |s| format!("{}: {}", esc(&s.method), p_cell(s.p_value))),
                "src",
            ));
            (String::new(), cells)
        })
        .collect();
    let mut headings: Vec<String> = vec!["Endpoint".into(), "Unit".into()];
    headings.extend(analysis.arms.iter().map(|a| format!("#{}", a.name)));
    headings.extend(["#Compared minus control".to_owned(), "#p".into(), "#Holm".into(), "#Benjamini–Hochberg".into(), "Also, p".into()]);
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    let body = if rows.is_empty() { absent("secondary endpoints") } else { table(&headings, &rows) };
    Section { id: "secondary", title: "Secondary endpoints", body }
}

pub(super) fn subgroups(analysis: &Analysis) -> Section {
    if analysis.subgroups.is_empty() {
        return Section { id: "subgroups", title: "Groups declared beforehand", body: absent("divisions of the patients") };
    }
    let rows: Vec<_> = analysis
        .subgroups
        .iter()
        .map(|s| {
            let cells = vec![
                (esc(&super::who::words(&s.covariate)), ""),
                (s.interaction_p.map_or_else(|| "not estimable".into(), |p| p_cell(Some(p))), "n"),
                (s.interaction_p_holm.map_or_else(|| "not estimable".into(), |p| p_cell(Some(p))), "n"),
            ];
            (String::new(), cells)
        })
        .collect();
    let body = format!(
        "{}{}",
        figure(
            &figures::forest(analysis),
            "Difference at the primary endpoint in each group, compared arm minus control, with its interval. A group of few patients has a wide interval: read the interval, not the dot."
        ),
        table(&["Division", "#Interaction p (Cochran's Q)", "#After Holm"], &rows)
    );
    Section { id: "subgroups", title: "Groups declared beforehand", body }
}

pub(super) fn safety(analysis: &Analysis) -> Section {
    let rows: Vec<_> = analysis
        .safety
        .iter()
        .map(|s| {
            let mut cells = vec![(esc(&s.event.replace('_', " ")), "")];
            for (k, n, [low, high]) in &s.arms {
                cells.push((format!("{k} of {n} ({} to {} %)", fixed(100.0 * low, 1), fixed(100.0 * high, 1)), "n"));
            }
            (String::new(), cells)
        })
        .collect();
    let mut headings: Vec<String> = vec!["Event".into()];
    headings.extend(analysis.arms.iter().map(|a| format!("#{}", a.name)));
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    let words = "Finished draws with the event, with Clopper and Pearson's exact interval. Bruise: more than 0.1 mL of blood in the tissue, haematoma: more than 1 mL; rates of either depend on the definition 20 to 70 times over, so compare arms, not literatures.";
    Section { id: "safety", title: "Safety", body: format!("<p class=\"lead\">{words}</p>\n{}", table(&headings, &rows)) }
}
