//! Conditions: parts of the sample, weighted totals, failures per condition.

use crate::page::{Section, table};
use crate::text::esc;
use crate::trial::analyse::Analysis;

pub(super) fn conditions(analysis: &Analysis) -> Option<Section> {
    let arms: Vec<String> = analysis.arms.iter().map(|a| a.name.clone()).collect();
    let tables = analysis.conditions.tables(&arms);
    if tables.is_empty() {
        return None;
    }
    let mut body = "<p class=\"lead\">Failure at the primary endpoint. A condition that was sampled more often than it occurs makes its own figure exact and the total inexact: weights (prevalence over share of the sample) bring the total back at the price of a smaller effective size. Where nobody or everybody fails, half an event is added to each part before the error is taken. Figures per condition carry no weight (Clopper and Pearson). Weights are those of the population before anybody was turned away.</p>\n".to_owned();
    for (title, heads, rows) in tables {
        let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
        let rows: Vec<_> = rows
            .iter()
            .map(|row| {
                let cell = |(text, head): (&String, &&str)| (esc(text), if head.starts_with('#') { "n" } else { "w" });
                (String::new(), row.iter().zip(&heads).map(cell).collect::<Vec<_>>())
            })
            .collect();
        body.push_str(&format!("<h3>{}</h3>\n{}", esc(title), table(&heads, &rows)));
    }
    Some(Section { id: "conditions", title: "Conditions", body })
}
