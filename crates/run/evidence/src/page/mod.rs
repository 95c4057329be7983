//! The page: its order, its style, its sections.

mod arm;
mod believed;
mod cohort;
mod complications;
mod draw;
mod force;
mod glance;
mod header;
mod parameters;
pub(crate) mod provenance;
pub(crate) mod published;
mod safety;
mod section;
mod seen;
mod sites;
mod stick;
mod timeline;
mod warnings;

use proband_core::Digest;

use crate::{RunRecords, render::Rendering, text::esc, view::View};

const STYLE: &str = include_str!("../../assets/report.css");
const SCRIPT: &str = include_str!("../../assets/report.js");

/// A part of the page under one heading.
pub(crate) struct Section {
    /// Anchor.
    pub id: &'static str,
    /// Heading.
    pub title: &'static str,
    /// Markup.
    pub body: String,
}

/// The whole page.
pub(crate) fn page(view: &View<'_>, run: &RunRecords, renderings: &[Rendering]) -> String {
    let digests = provenance::table_digests(run);
    let mut sections = Vec::new();
    let cohort_alone = view.cohort.is_some() && !view.has_rehearsal();
    if !cohort_alone {
        sections.push(glance::section(view));
    }
    sections.extend(cohort::section(view));
    if !cohort_alone {
        sections.push(arm::section(renderings, view));
        sections.push(seen::section(view));
        sections.push(believed::section(view));
        sections.push(sites::section(view));
        sections.push(stick::section(view));
        sections.push(draw::section(view));
        sections.push(timeline::section(view));
        sections.extend(crate::prediction::vital_signs(run).map(|body| Section { id: "vital-signs", title: "Vital signs", body }));
        sections.push(complications::section(view));
        sections.extend(safety::section(view));
        sections.push(published::section(view));
    }
    sections.push(warnings::section(view));
    sections.push(parameters::section(view));
    sections.push(provenance::section(view, run, &digests));
    document(&header::title(view), &header::header(view), &header::footer(view), &sections, &digests)
}

/// A page from its parts. `digests`: of the tables behind it. `head`, `foot`: markup.
pub(crate) fn document(title: &str, head: &str, foot: &str, sections: &[Section], digests: &[(String, String)]) -> String {
    // The nonce only says which script is ours; nothing in the records can know it, since it depends on all of them.
    let all: String = digests.iter().map(|(name, digest)| format!("{name} {digest} ")).collect();
    let nonce: String = Digest::of_bytes(all.as_bytes()).hash.chars().take(32).collect();
    let mut html = String::with_capacity(1 << 20);
    html.push_str("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    html.push_str(
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n",
    );
    html.push_str(&format!(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'nonce-{nonce}'; base-uri 'none'; form-action 'none'\">\n"
    ));
    html.push_str(&format!("<title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n", esc(title)));
    html.push_str(head);
    html.push_str("<nav aria-label=\"Contents\"><ol>");
    for (i, s) in sections.iter().enumerate() {
        html.push_str(&format!("<li><a href=\"#{}\">{}&#8239; {}</a></li>", s.id, i + 1, esc(s.title)));
    }
    html.push_str("</ol></nav>\n<main>\n");
    for (i, s) in sections.iter().enumerate() {
        html.push_str(&format!(
            "<section id=\"{}\">\n<h2><span class=\"no\">{}</span>{}</h2>\n{}</section>\n",
            s.id,
            i + 1,
            esc(s.title),
            s.body
        ));
    }
    html.push_str("</main>\n");
    html.push_str(foot);
    html.push_str(&format!("<script nonce=\"{nonce}\">\n{SCRIPT}</script>\n</body>\n</html>\n"));
    html
}

/// A visible gap in the records.
pub(crate) fn absent(what: &str) -> String {
    format!("<p class=\"absent\">Not recorded: {}.</p>\n", esc(what))
}

/// A drawing with its caption (markup that this crate wrote).
pub(crate) fn figure(drawing: &str, caption: &str) -> String {
    format!("<figure>{drawing}<figcaption>{caption}</figcaption></figure>\n")
}

/// A legend of small drawings: (markup of a 26 × 12 drawing, words).
pub(crate) fn legend(entries: &[(String, &str)]) -> String {
    let mut html = String::from("<ul class=\"legend\">");
    for (drawing, words) in entries {
        html.push_str(&format!("<li><svg viewBox=\"0 0 26 12\" aria-hidden=\"true\">{drawing}</svg>{}</li>", esc(words)));
    }
    html.push_str("</ul>\n");
    html
}

/// A line for a legend.
pub(crate) fn legend_line(class: &str) -> String {
    format!("<line x1=\"1\" y1=\"6\" x2=\"25\" y2=\"6\" class=\"{class}\"/>")
}

/// A box for a legend.
pub(crate) fn legend_box(class: &str) -> String {
    format!("<rect x=\"1\" y=\"1\" width=\"24\" height=\"10\" rx=\"2\" class=\"{class}\"/>")
}

/// A table: headings (a leading `#` aligns to the right), rows of cells (markup with its class).
pub(crate) fn table(headings: &[&str], rows: &[(String, Vec<(String, &str)>)]) -> String {
    let mut html = String::from("<div class=\"scroll\"><table><thead><tr>");
    for h in headings {
        match h.strip_prefix('#') {
            Some(h) => html.push_str(&format!("<th class=\"n\">{}</th>", esc(h))),
            None => html.push_str(&format!("<th>{}</th>", esc(h))),
        }
    }
    html.push_str("</tr></thead><tbody>\n");
    for (class, cells) in rows {
        let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
        html.push_str(&format!("<tr{class}>"));
        for (cell, class) in cells {
            if class.is_empty() {
                html.push_str(&format!("<td>{cell}</td>"));
            } else {
                html.push_str(&format!("<td class=\"{class}\">{cell}</td>"));
            }
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody></table></div>\n");
    html
}

/// A small coloured word.
pub(crate) fn badge(class: &str, word: &str) -> String {
    format!("<span class=\"badge {class}\">{}</span>", esc(word))
}

/// A PNG as the address of an image.
pub(crate) fn data_uri(png: &[u8]) -> String {
    use base64::Engine as _;
    format!("data:image/png;base64,{}", base64::engine::general_purpose::STANDARD.encode(png))
}
