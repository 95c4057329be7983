//! The evidence as a page.

mod beyond;
mod conditions;
mod credibility;
mod figures;
mod results;
mod who;

pub use credibility::CREDIBILITY_FACTORS;

use super::analyse::Analysis;
use super::read::StudyRecords;
use crate::page::{document, provenance::table_digests};
use crate::text::esc;
use crate::{RunRecords, page::Section};

/// The whole page.
pub(super) fn page(study: &StudyRecords<'_>, analysis: &Analysis, run: &RunRecords) -> String {
    let digests = table_digests(run);
    let mut sections = vec![
        question(study, analysis),
        who::flow(analysis),
        who::baseline(analysis),
        results::primary(study, analysis),
        results::secondary(study, analysis),
        results::subgroups(analysis),
        results::safety(analysis),
        who::bias(analysis),
        beyond::models(study, analysis),
        beyond::stress(study),
        credibility::validation(study, analysis),
        credibility::verification(study),
        credibility::calculation(analysis),
        credibility::parameters(study),
        credibility::applicability(analysis),
        credibility::factors(study, analysis),
        credibility::limitations(study),
        credibility::provenance(run, analysis, &digests),
        credibility::components(study),
    ];
    if let Some(section) = conditions::conditions(analysis) {
        let place = sections.iter().position(|s| s.id == "bias").map_or(sections.len(), |i| i + 1);
        sections.insert(place, section);
    }
    let head = format!(
        "<header><div>\n<p class=\"kicker\">Proband · evidence of a simulated trial</p>\n<h1>{}</h1>\n<p class=\"notice\"><b>Simulated patients, research and engineering use, not a medical device.</b> Nobody was treated; nothing here must guide anybody's care. There is no single credibility number, and no grade that a person did not give.</p>\n</div></header>\n",
        esc(&analysis.title)
    );
    let foot = format!(
        "<footer>Made from stored records alone by proband-evidence {}; the same records give the same page, byte for byte. Records by proband {}.</footer>\n",
        env!("CARGO_PKG_VERSION"),
        esc(&analysis.version)
    );
    document(&analysis.title, &head, &foot, &sections, &digests)
}

/// Question, context of use, design, estimand.
fn question(study: &StudyRecords<'_>, analysis: &Analysis) -> Section {
    let primary = analysis.endpoints.iter().find(|e| e.primary);
    let criteria = |kind: &str| {
        let list: Vec<&str> = study.criteria.iter().filter(|(k, _)| k == kind).map(|(_, t)| t.as_str()).collect();
        if list.is_empty() { "none".to_owned() } else { list.join("; ") }
    };
    let events: Vec<String> = analysis
        .events
        .iter()
        .map(|e| {
            let draws: Vec<String> = analysis.arms.iter().zip(&e.draws).map(|(a, n)| format!("{} {n}", a.name)).collect();
            format!("{} ({}): {}, {}", e.event.replace('_', " "), draws.join(", "), e.strategy.replace('_', " "), e.done)
        })
        .collect();
    let events = if events.is_empty() { "none declared: what came of a draw counts".to_owned() } else { events.join(". ") };
    let summary = match primary {
        Some(e) if e.binary => "difference of proportions, compared arm minus control",
        _ => "difference of means, compared arm minus control",
    };
    let variable = primary.map_or_else(String::new, |e| format!("{}: {}", e.name.replace('_', " "), e.definition));
    let treatment: Vec<String> = analysis.arms.iter().map(|a| format!("{}: {}", a.name, a.policy)).collect();
    let rows = [
        ("Question of interest", analysis.question.clone()),
        ("Context of use", analysis.context_of_use.clone()),
        ("Design", format!("{}, {} patients", analysis.design, analysis.flow.enrolled)),
        ("Cohort", format!("{} (kinds of Pathmanathan 2024); {}", analysis.cohort_kind.replace('_', " "), study.value("people"))),
        ("Included", criteria("include")),
        ("Excluded", criteria("exclude")),
        ("Estimand: treatment", treatment.join(" — ")),
        ("Estimand: variable", variable),
        ("Estimand: intercurrent events", events),
        ("Estimand: summary", summary.to_owned()),
        ("Control", analysis.control.clone()),
        ("Missing results", analysis.missing_rule.replace('_', " ")),
        ("Confidence", format!("{} %", 100.0 * analysis.confidence)),
    ];
    let rows: Vec<_> = rows.iter().map(|(name, text)| (String::new(), vec![(esc(name), ""), (esc(text), "w")])).collect();
    let body = format!(
        "<p class=\"lead\">Declared before anybody was simulated; the words of the estimand follow ICH E9(R1).</p>\n{}",
        crate::page::table(&["", ""], &rows)
    );
    Section { id: "question", title: "Question and design", body }
}
