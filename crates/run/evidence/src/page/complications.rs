//! Complications, sample quality, and every endpoint with its definition.

use super::glance::{BRUISE_ML, FLAGS, HAEMATOMA_ML};
use crate::{
    number::{MISSING, fixed, sig},
    page::{Section, absent, badge, table},
    text::{esc, title_of},
    view::View,
};

/// The section.
pub(super) fn section(view: &View<'_>) -> Section {
    let mut body = String::new();
    let title = "Complications and sample quality";
    if view.outcome.values.is_empty() {
        body.push_str(&absent("table outcome"));
        return Section { id: "complications", title, body };
    }
    body.push_str("<p class=\"lead\">A rate of complications means nothing without its definition: interviews of blood donors find 22 to 72 times as many bruises as staff report. Published rates are of donations through 16G needles; expect less of a 21G draw.</p>\n");
    body.push_str(&complications(view));
    body.push_str(&all(view));
    Section { id: "complications", title, body }
}

/// What is known of the event among blood donors.
fn published(name: &str) -> &'static str {
    match name {
        "haematoma_volume_ml" | "haematoma" => {
            "bruise or haematoma: 23 % by interview (Newman 2013), 0.32–1.05 % by staff (donor surveillance)"
        }
        "arterial_contact" => "arterial puncture: 0.011–0.014 % (donor surveillance)",
        "nerve_contact" => "nerve irritation: 0.9 % by interview, 0.016–0.032 % reported (Newman 2013)",
        _ => "",
    }
}

fn complications(view: &View<'_>) -> String {
    let o = &view.outcome;
    let mut rows = Vec::new();
    for (name, words) in FLAGS {
        let Some(entry) = o.find(name) else {
            if name != "haematoma" {
                rows.push((
                    String::new(),
                    vec![
                        (esc(&title_of(words)), ""),
                        (badge("plain", "not recorded"), ""),
                        (String::new(), "w"),
                        (esc(published(name)), "src"),
                    ],
                ));
            }
            continue;
        };
        let verdict = if !entry.value.is_finite() {
            badge("plain", "not recorded")
        } else if entry.value > 0.5 {
            badge("yes", "happened")
        } else {
            badge("no", "did not happen")
        };
        rows.push((
            String::new(),
            vec![(esc(&title_of(words)), ""), (verdict, ""), (esc(&entry.definition), "w"), (esc(published(name)), "src")],
        ));
    }
    if let Some(entry) = o.find("haematoma_volume_ml") {
        let v = entry.value;
        let verdict = match v {
            v if !v.is_finite() => badge("plain", "not recorded"),
            v if v > HAEMATOMA_ML => badge("yes", "haematoma"),
            v if v > BRUISE_ML => badge("yes", "bruise"),
            _ => badge("no", "no bruise"),
        };
        let definition = format!(
            "{} Here {} mL; bruise above {} mL, haematoma above {} mL (prior: unverified).",
            entry.definition,
            sig(v, 2),
            fixed(BRUISE_ML, 1),
            fixed(HAEMATOMA_ML, 0)
        );
        rows.push((
            String::new(),
            vec![
                ("Blood under the skin".into(), ""),
                (verdict, ""),
                (esc(&definition), "w"),
                (esc(published("haematoma_volume_ml")), "src"),
            ],
        ));
    }
    for (name, words) in
        [("haemolysis_index", "Haemolysis index"), ("haemolysis_relative", "Haemolysis, relative"), ("pain_score", "Pain score")]
    {
        if let Some(entry) = o.find(name) {
            let note = if name.starts_with("haemolysis") {
                "power laws of shear and time overpredict: read it as a comparison between draws only"
            } else {
                ""
            };
            let value =
                if entry.value.is_finite() { format!("{} {}", sig(entry.value, 3), unit_words(&entry.unit)) } else { MISSING.into() };
            rows.push((
                String::new(),
                vec![(words.into(), ""), (esc(value.trim()), ""), (esc(&entry.definition), "w"), (note.into(), "src")],
            ));
        }
    }
    table(&["", "This rehearsal", "Definition", "Published, for scale"], &rows)
}

fn unit_words(unit: &str) -> &str {
    if unit == "1" { "" } else { unit }
}

fn all(view: &View<'_>) -> String {
    let rows: Vec<_> = view
        .outcome
        .values
        .iter()
        .take(300)
        .map(|v| {
            (
                String::new(),
                vec![
                    (esc(&title_of(&v.name)), ""),
                    (esc(&sig(v.value, 4)), "n"),
                    (esc(unit_words(&v.unit)), "u"),
                    (esc(&v.definition), "w"),
                ],
            )
        })
        .collect();
    format!(
        "<details><summary>Every endpoint with its definition, {} in all</summary>{}</details>\n",
        view.outcome.values.len(),
        table(&["Endpoint", "#Value", "Unit", "Definition"], &rows)
    )
}
