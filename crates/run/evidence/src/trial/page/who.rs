//! Who: flow, baseline, groups.

use super::figures;
use crate::number::{count, fixed, sig};
use crate::page::{Section, figure, table};
use crate::text::esc;
use crate::trial::analyse::Analysis;

pub(super) fn flow(analysis: &Analysis) -> Section {
    let f = &analysis.flow;
    let sums = if f.sums_hold {
        "Every sum holds: asked = turned away + enrolled, and in each arm allocated = finished + set apart."
    } else {
        "A sum does not hold: these records are not whole."
    };
    let mut body =
        format!("<p class=\"lead\">{}</p>\n{}", esc(sums), figure(&figures::flow(analysis), "Flow of patients in the form of CONSORT."));
    let causes: Vec<_> = f
        .arms
        .iter()
        .flat_map(|a| a.causes.iter().map(move |(cause, n)| (a.name.clone(), cause.clone(), *n)))
        .map(|(arm, cause, n)| (String::new(), vec![(esc(&arm), ""), (esc(&cause), "w"), (count(n), "n")]))
        .collect();
    if causes.is_empty() {
        body.push_str("<p>No simulation was set apart.</p>\n");
    } else {
        body.push_str(&table(&["Arm", "Set apart because", "#Draws"], &causes));
    }
    Section { id: "flow", title: "Flow of patients", body }
}

/// A covariate's name without its unit.
pub(super) fn words(covariate: &str) -> String {
    let bare = ["_y", "_kg_m2", "_deg", "_m"].iter().find_map(|unit| covariate.strip_suffix(unit)).unwrap_or(covariate);
    match bare {
        "bmi" => "body-mass index".into(),
        "ita" => "skin, typology angle".into(),
        "vein_diameter_v" => "vein height".into(),
        other => other.replace('_', " "),
    }
}

pub(super) fn baseline(analysis: &Analysis) -> Section {
    let paired = analysis.design != "parallel";
    let mut headings: Vec<String> = vec!["".into(), "Unit".into()];
    if paired {
        headings.push("#All patients".into());
    } else {
        headings.extend(analysis.arms.iter().map(|a| format!("#{}", a.name)));
    }
    headings.push("#SMD".into());
    // Lengths of veins are read in millimetres.
    let scale = |unit: &str| if unit == "m" { (1e3, "mm".to_owned()) } else { (1.0, unit.to_owned()) };
    let cell = |[a, b, c]: &[Option<f64>; 3], fraction: bool, factor: f64| match (a, b, c) {
        (Some(p), Some(k), Some(n)) if fraction => format!("{} of {} ({} %)", count(*k as u64), count(*n as u64), fixed(100.0 * p, 0)),
        (Some(m), Some(l), Some(h)) => {
            format!("{} ({} to {})", sig(factor * m, 3), sig(factor * l, 3), sig(factor * h, 3))
        }
        _ => "not known".into(),
    };
    let rows: Vec<_> = analysis
        .baseline
        .iter()
        .map(|row| {
            let (factor, unit) = scale(&row.unit);
            let mut cells = vec![(esc(&words(&row.name)), ""), (esc(&unit), "u")];
            cells.extend(row.arms.iter().map(|a| (esc(&cell(a, row.fraction, factor)), "n")));
            let smd = row.smd.map_or_else(|| "not estimable".into(), |s| fixed(s, 2));
            cells.push((if paired { "0 by design".into() } else { smd }, "n"));
            (String::new(), cells)
        })
        .collect();
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    let words = "Median and quartiles, or counts. SMD: standardised mean difference of the first two arms (Austin 2009); depth and diameter of the reference vein are truths that no controller knows.";
    Section { id: "baseline", title: "Who the patients are", body: format!("<p class=\"lead\">{words}</p>\n{}", table(&headings, &rows)) }
}

pub(super) fn bias(analysis: &Analysis) -> Section {
    let arm = analysis.compared();
    let mut body = format!(
        "<p class=\"lead\">Success at the primary endpoint in the arm “{}”, in groups that are the same for every study: skin by individual typology angle (classes of Chardon 1991, from the melanosome fraction by an unverified prior), sex, age, body-mass index. Each difference is the group minus all others (Newcombe). Groups overlap in who is in them; the intervals of single groups are not adjusted, those between worst and best are, over all pairs of groups. A group of fewer than 5 patients is not estimable.</p>\n",
        esc(arm)
    );
    for section in &analysis.bias {
        let rows: Vec<_> = section
            .groups
            .iter()
            .map(|g| {
                let worst = section.worst.as_ref() == Some(&g.group) && section.groups.len() > 1;
                let of = |v: Option<[f64; 3]>| {
                    v.map_or_else(
                        || "not estimable".to_owned(),
                        |[p, l, h]| format!("{} ({} to {})", fixed(100.0 * p, 1), fixed(100.0 * l, 1), fixed(100.0 * h, 1)),
                    )
                };
                let name = if worst { format!("{} <b>(worst)</b>", esc(&g.group)) } else { esc(&g.group) };
                let counts = format!("{} of {}", g.successes, g.count);
                (String::new(), vec![(name, ""), (counts, "n"), (esc(&of(g.rate)), "n"), (esc(&of(g.difference)), "n")])
            })
            .collect();
        body.push_str(&format!("<h3>{}</h3>\n", esc(&section.division)));
        body.push_str(&table(&["Group", "#Successes", "#Rate, %", "#Minus the others, points"], &rows));
        let gap = |words: &str, gap: Option<[f64; 3]>| {
            gap.map(|[v, l, h]| format!("{words} {} points ({} to {})", fixed(100.0 * v, 1), fixed(100.0 * l, 1), fixed(100.0 * h, 1)))
        };
        let gaps: Vec<String> = [
            gap("all patients", section.gap),
            gap("patients in whom the control succeeds (equal opportunity)", section.gap_drawable),
            gap("patients in whom the control fails (with the line before: equalised odds)", section.gap_hard),
        ]
        .into_iter()
        .flatten()
        .collect();
        let gaps = if gaps.is_empty() { "not estimable".to_owned() } else { gaps.join("; ") };
        body.push_str(&format!("<p>Failure rate of the worst group minus that of the best: {}.</p>\n", esc(&gaps)));
        let mut missing = Vec::new();
        if !section.not_represented.is_empty() {
            missing.push(format!("Missing or too few to say anything: {}.", section.not_represented.join(", ")));
        }
        if section.not_known > 0 {
            missing.push(format!("Not known of {} patients.", section.not_known));
        }
        if !missing.is_empty() {
            body.push_str(&format!("<p class=\"absent\">{}</p>\n", esc(&missing.join(" "))));
        }
    }
    body.push_str("<p>Not in any simulated population, and so nothing is known of them: children, pregnancy, burns, oedema, shock, scars and tattoos over the vein, amputation; of an arm that a condition spares (fistula, lymphoedema), only the other one is simulated.</p>\n");
    Section { id: "bias", title: "Who does worse, and who is missing", body }
}
