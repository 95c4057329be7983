//! What was made to go wrong, and what the safety requirements say.

use crate::{
    number::{fixed, sig},
    page::{Section, badge, table},
    text::esc,
    view::View,
};

/// The section; `None` when neither faults nor requirements were recorded.
pub(super) fn section(view: &View<'_>) -> Option<Section> {
    if view.faults.is_none() && view.requirements.is_none() {
        return None;
    }
    let mut body = String::new();
    if let Some(list) = &view.faults {
        body.push_str("<p class=\"lead\">These faults were planned; when they came and went is in the timeline.</p>\n");
        let row = |f: &crate::view::FaultLine| {
            let cells = vec![(format!("<code>{}</code>", esc(&f.text)), "w"), (esc(&f.family), ""), (esc(&f.description), "w")];
            (String::new(), cells)
        };
        body.push_str(&table(&["Fault", "Family", "What it does"], &list.iter().map(row).collect::<Vec<_>>()));
    }
    if let Some(list) = &view.requirements {
        let broken = list.iter().filter(|r| r.robustness < 0.0).count();
        body.push_str(&format!(
            "<p class=\"lead\">{} of {} safety requirements were broken. The least margin over the whole run is shown: how much the signal \
             could still have changed before the rule was broken; negative by how much it was.</p>\n",
            broken,
            list.len()
        ));
        let row = |r: &crate::view::RequirementLine| {
            let (verdict, margin) = if r.robustness.is_nan() {
                ("its case did not come".to_owned(), String::new())
            } else if r.robustness < 0.0 {
                (badge("yes", "broken"), sig(r.robustness, 3))
            } else {
                (badge("no", "kept"), sig(r.robustness, 3))
            };
            let at = if r.worst_time_s.is_finite() { fixed(r.worst_time_s, 2) } else { String::new() };
            let cells = vec![
                (esc(&r.text), "w"),
                (sig(r.limit, 3), "n"),
                (margin, "n"),
                (esc(&r.unit), ""),
                (at, "n"),
                (verdict, ""),
                (esc(&r.source), "w"),
            ];
            (String::new(), cells)
        };
        let headings = ["Requirement", "#Limit", "#Least margin", "Unit", "#At, s", "", "Source of the limit"];
        body.push_str(&table(&headings, &list.iter().map(row).collect::<Vec<_>>()));
    }
    Some(Section { id: "safety", title: "Faults and safety requirements", body })
}
