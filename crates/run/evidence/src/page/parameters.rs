//! Every parameter of the twin: what it was, what was known of it, and from whom.

use crate::{
    number::{MISSING, sig, unit_for},
    page::{Section, absent, badge, table},
    svg::{Svg, px},
    text::{esc, title_of, words_of},
    view::{Parameter, View},
};

const SHOWN: usize = 3000;

/// The section.
pub(super) fn section(view: &View<'_>) -> Section {
    let mut body = String::new();
    if view.parameters.is_empty() {
        body.push_str(&absent("table parameters, so neither values nor their sources are known"));
        return Section { id: "parameters", title: "Parameters and their sources", body };
    }
    let count = |status: &str| view.parameters.iter().filter(|p| p.status.eq_ignore_ascii_case(status)).count();
    let (published, computed, prior, measured) = (count("published"), count("computed"), count("prior"), count("measured"));
    let other = view.parameters.len() - published - computed - prior - measured;
    body.push_str(&format!(
        "<p class=\"lead\">{} parameters: {} {published} printed in a cited source, {} {computed} derived from such, {} {measured} measured on this patient, {} {prior} engineering judgement that nobody has verified{}. The small scale shows where this patient's value (diamond) lies in the distribution it was drawn from (bar: ± 1 sd, line: ± 2 sd).</p>\n",
        view.parameters.len(),
        badge("published", "published"),
        badge("computed", "computed"),
        badge("measured", "measured"),
        badge("prior", "prior: unverified"),
        if other > 0 { format!(", {other} without a known status") } else { String::new() }
    ));
    // Groups by the part of the name before the first dot, in recorded order.
    let mut groups: Vec<(String, Vec<&Parameter>)> = Vec::new();
    for p in view.parameters.iter().take(SHOWN) {
        let group = p.name.split_once('.').map_or("", |(g, _)| g);
        match groups.iter().rposition(|(name, _)| name == group) {
            Some(place) => groups[place].1.push(p),
            None if groups.len() < 60 => groups.push((group.into(), vec![p])),
            None => groups[59].1.push(p),
        }
    }
    let single = groups.len() == 1;
    for (group, list) in &groups {
        let rows: Vec<_> = list.iter().map(|p| row(p, group)).collect();
        let title = if group.is_empty() { if single { "Every parameter".into() } else { "Others".into() } } else { title_of(group) };
        body.push_str(&format!(
            "<details><summary>{}, {}</summary>{}</details>\n",
            esc(&title),
            list.len(),
            table(&["Parameter", "#This patient", "Unit", "#Mean", "#± sd", "Where it lies", "Distribution", "Status", "Source"], &rows)
        ));
    }
    if view.parameters.len() > SHOWN {
        body.push_str(&format!("<p>{} more are in the records.</p>\n", view.parameters.len() - SHOWN));
    }
    Section { id: "parameters", title: "Parameters and their sources", body }
}

fn row(p: &Parameter, group: &str) -> (String, Vec<(String, &'static str)>) {
    let size = if p.value.is_finite() { p.value } else { p.mean };
    let unit = unit_for(&p.unit, size, &p.name);
    let number = |v: f64| if v.is_finite() { sig(v * unit.factor, 3) } else { MISSING.into() };
    let name = p.name.strip_prefix(group).map_or(p.name.as_str(), |n| n.trim_start_matches('.'));
    let status = match p.status.to_lowercase().as_str() {
        "published" => badge("published", "published"),
        "computed" => badge("computed", "computed"),
        "measured" => badge("measured", "measured"),
        "prior" => badge("prior", "prior: unverified"),
        "" => badge("plain", "not recorded"),
        other => badge("plain", other),
    };
    let source = if p.source.is_empty() { "not recorded".into() } else { esc(&p.source) };
    let cells = vec![
        (esc(&words_of(name)), "w"),
        (number(p.value), "n"),
        (esc(&unit.name), "u"),
        (number(p.mean), "n"),
        (number(p.sd), "n"),
        (strip(p), ""),
        (esc(&p.distribution), "w"),
        (status, ""),
        (source, "src"),
    ];
    (String::new(), cells)
}

/// The value on a scale of ± 3 standard deviations.
fn strip(p: &Parameter) -> String {
    let z = (p.value - p.mean) / p.sd;
    if !z.is_finite() {
        return String::new();
    }
    let mut svg = Svg::new(90.0, 14.0, &format!("{} standard deviations from the mean", sig(z, 2)));
    let x = |z: f64| 45.0 + 14.0 * z.clamp(-3.0, 3.0);
    svg.line([x(-2.0), 7.0], [x(2.0), 7.0], "bar95");
    svg.line([x(-1.0), 7.0], [x(1.0), 7.0], "bar68");
    svg.diamond([x(z), 7.0], 4.5, "truth");
    svg.finish().replacen("<svg ", &format!("<svg width=\"90\" height=\"{}\" ", px(14.0)), 1)
}
