//! Every warning.

use crate::{
    number::fixed,
    page::{Section, absent, table},
    text::esc,
    view::View,
};

const SHOWN: usize = 1500;

/// The section.
pub(super) fn section(view: &View<'_>) -> Section {
    let body = match &view.warnings {
        None => absent("table warnings, so it is not known whether there were any"),
        Some(list) if list.is_empty() => "<p>The run noted no warnings.</p>\n".into(),
        Some(list) => {
            let row = |w: &crate::view::WarningLine| {
                (String::new(), vec![(format!("<code>{}</code>", esc(&w.place)), "w"), (esc(&w.text), "w"), (fixed(w.count, 0), "n")])
            };
            let mut html = format!(
                "<p class=\"lead\">{} different warnings: where the program went on with less than it asked for.</p>\n",
                list.len()
            );
            html.push_str(&table(&["Place", "What was found and done", "#Times"], &list.iter().take(SHOWN).map(row).collect::<Vec<_>>()));
            if list.len() > SHOWN {
                html.push_str(&format!("<p>{} more are in the records.</p>\n", list.len() - SHOWN));
            }
            html
        }
    };
    Section { id: "warnings", title: "Warnings", body }
}
