//! What the robot believed after each look, against what was true.

use crate::{
    number::{fixed, sig, unit_for},
    page::{Section, absent, figure, table},
    svg::{Anchor, Plot, Scale, Svg},
    text::{esc, title_of, vein_of, words_of},
    view::{Belief, View},
};

const QUANTITIES: [(&str, &str); 4] = [
    ("depth_m", "Depth, skin to front wall"),
    ("diameter_v_m", "Height of the lumen"),
    ("diameter_h_m", "Width of the lumen"),
    ("lateral_m", "Position across the arm"),
];

/// Half-width of a 95 % interval of a Gaussian, in standard deviations.
const Z95: f64 = 1.96;

/// The section.
pub(super) fn section(view: &View<'_>) -> Section {
    let mut body = String::new();
    if view.beliefs.is_empty() {
        body.push_str(&absent("table beliefs"));
        return Section { id: "believed", title: "What it believed, and what was true", body };
    }
    let site = main_site(view);
    body.push_str(&format!(
        "<p class=\"lead\">The robot starts from what is known of people like this one and narrows it with every look. Shown for the {}: thick bar ± 1 standard deviation, thin bar 95 %, as the robot itself stated them; the vertical line is the truth, which only this report knows.</p>\n",
        esc(&site_words(&site))
    ));
    body.push_str("<div class=\"pair\">\n");
    for (quantity, title) in QUANTITIES {
        let rows = by_stage(view, &site, quantity);
        if !rows.is_empty() {
            body.push_str(&figure(&panel(&rows, title), ""));
        }
    }
    body.push_str("</div>\n");
    body.push_str(&coverage(view));
    body.push_str(&all(view));
    Section { id: "believed", title: "What it believed, and what was true", body }
}

/// The belief of each stage, in the order of the stages.
///
/// Of several of one stage (a prior may be stated for several places along a vein) the one whose truth is nearest
/// to that of the last stage, the later of equals.
fn by_stage<'a>(view: &'a View<'_>, site: &str, quantity: &str) -> Vec<&'a Belief> {
    const STAGES: [&str; 5] = ["prior", "nir", "ultrasound", "aligned", "inserting"];
    let own: Vec<&Belief> = view.beliefs.iter().filter(|b| b.site == site && b.quantity == quantity).collect();
    let of = |stage: &str| own.iter().copied().filter(|b| b.stage == stage).collect::<Vec<_>>();
    let target = STAGES.iter().rev().find_map(|s| of(s).last().map(|b| b.truth)).unwrap_or(f64::NAN);
    let off = |b: &Belief| if b.truth.is_finite() && target.is_finite() { (b.truth - target).abs() } else { f64::INFINITY };
    let mut rows: Vec<&Belief> =
        STAGES.iter().filter_map(|s| of(s).into_iter().reduce(|best, b| if off(b) <= off(best) { b } else { best })).collect();
    rows.extend(own.iter().copied().filter(|b| !STAGES.contains(&b.stage.as_str())).take(6));
    rows
}

/// The site that most of the beliefs of the latest stage speak of: the chosen one, or the first.
pub(super) fn main_site(view: &View<'_>) -> String {
    let late = view.beliefs.iter().rev().find(|b| matches!(b.stage.as_str(), "aligned" | "inserting"));
    let chosen = view.chosen_site().map(|s| &s.vein).filter(|v| view.beliefs.iter().any(|b| b.site == **v));
    late.map(|b| &b.site).or(chosen).or(view.beliefs.first().map(|b| &b.site)).cloned().unwrap_or_default()
}

fn site_words(site: &str) -> String {
    let vein = vein_of(site);
    let words = if vein.contains("vein") || vein.contains("site") { vein } else { format!("{vein} vein") };
    match [" +", " -"].iter().filter_map(|mark| site.find(mark)).min().and_then(|cut| site.get(cut + 1..)) {
        Some(place) => format!("{words} at x / z = {}", place.replace('/', " / ").replace('-', "−")),
        None => words,
    }
}

/// A stage in words.
pub(super) fn stage_words(stage: &str) -> String {
    match stage {
        "prior" => "before any look".into(),
        "nir" => "after near-infrared".into(),
        "ultrasound" => "after ultrasound".into(),
        "aligned" => "needle aligned".into(),
        "inserting" => "while inserting".into(),
        other => words_of(other),
    }
}

fn panel(rows: &[&Belief], title: &str) -> String {
    let unit = unit_for(&rows[0].unit, rows.iter().map(|b| b.mean.abs()).fold(0.0, f64::max).min(0.4), "");
    let f = unit.factor;
    let ends = rows.iter().flat_map(|b| [(b.mean - Z95 * b.sd) * f, (b.mean + Z95 * b.sd) * f, b.truth * f, b.mean * f]);
    let height = 26.0 * rows.len() as f64;
    let plot =
        Plot { left: 128.0, top: 30.0, width: 210.0, height, x: Scale::around(ends, &[], 4), y: Scale::exact(0.0, rows.len() as f64, 1) };
    let mut svg = Svg::new(460.0, height + 72.0, title);
    svg.text([4.0, 15.0], Anchor::Start, "strong", title);
    svg.open("axes");
    for tick in plot.x.ticks() {
        svg.line([plot.px_x(tick), plot.top], [plot.px_x(tick), plot.bottom()], "grid");
        svg.text([plot.px_x(tick), plot.bottom() + 15.0], Anchor::Middle, "tick", &fixed(tick, plot.x.decimals()));
    }
    svg.line([plot.left, plot.bottom()], [plot.right(), plot.bottom()], "axis");
    svg.text([plot.left + 0.5 * plot.width, plot.bottom() + 31.0], Anchor::Middle, "name", &unit.name);
    svg.text([plot.right() + 12.0, plot.top - 2.0], Anchor::Start, "small", "believed");
    svg.text([456.0, plot.top - 2.0], Anchor::End, "small", "error / sd");
    svg.close();
    for (i, b) in rows.iter().enumerate() {
        let y = plot.top + 26.0 * i as f64 + 13.0;
        svg.text([plot.left - 8.0, y + 4.0], Anchor::End, "lab", &stage_words(&b.stage));
        for (class, reach) in [("bar95", Z95), ("bar68", 1.0)] {
            svg.line([plot.px_x((b.mean - reach * b.sd) * f), y], [plot.px_x((b.mean + reach * b.sd) * f), y], class);
        }
        svg.circle([plot.px_x(b.mean * f), y], 3.6, "dot", &format!("{} ± {} {}", sig(b.mean * f, 3), sig(b.sd * f, 2), unit.name));
        svg.text([plot.right() + 12.0, y + 4.0], Anchor::Start, "lab", &format!("{} ± {}", fixed(b.mean * f, 2), fixed(b.sd * f, 2)));
        svg.text(
            [456.0, y + 4.0],
            Anchor::End,
            if b.normalised_error().abs() > Z95 { "lab strong t-red" } else { "lab" },
            &fixed(b.normalised_error(), 1),
        );
    }
    // The truth may change a little between stages (the tourniquet fills the vein): one mark per row.
    for (i, b) in rows.iter().enumerate() {
        let y = plot.top + 26.0 * i as f64;
        svg.line([plot.px_x(b.truth * f), y + 1.0], [plot.px_x(b.truth * f), y + 25.0], "truth-line");
    }
    if let Some(b) = rows.last().filter(|b| b.truth.is_finite()) {
        svg.diamond([plot.px_x(b.truth * f), plot.top - 3.0], 4.5, "truth");
        svg.text([plot.px_x(b.truth * f), plot.top - 10.0], Anchor::Middle, "small", &format!("true {}", fixed(b.truth * f, 2)));
    }
    svg.finish()
}

/// How often the truth lay in the stated interval.
fn coverage(view: &View<'_>) -> String {
    let errors: Vec<f64> =
        view.beliefs.iter().filter(|b| b.stage != "prior").map(Belief::normalised_error).filter(|e| e.is_finite()).collect();
    if errors.is_empty() {
        return String::new();
    }
    let inside = errors.iter().filter(|e| e.abs() <= Z95).count();
    format!(
        "<p>After a look, over all sites, {inside} of {} beliefs had the truth inside of their stated 95 % interval. Beliefs of one patient depend on one another, so this is a hint, not a test of calibration.</p>\n",
        errors.len()
    )
}

fn all(view: &View<'_>) -> String {
    const SHOWN: usize = 400;
    let rows: Vec<_> = view
        .beliefs
        .iter()
        .take(SHOWN)
        .map(|b| {
            let unit = unit_for(&b.unit, b.mean.abs().min(0.4), "");
            let number = |v: f64| (fixed(v * unit.factor, 2), "n");
            let cells = vec![
                (esc(&title_of(&b.site)), ""),
                (esc(&words_of(b.quantity.trim_end_matches("_m"))), ""),
                (esc(&stage_words(&b.stage)), ""),
                number(b.mean),
                number(b.sd),
                number(b.truth),
                (esc(&unit.name), "u"),
                (fixed(b.normalised_error(), 2), "n"),
            ];
            (String::new(), cells)
        })
        .collect();
    let more =
        if view.beliefs.len() > SHOWN { format!("<p>The first {SHOWN} of {} are shown.</p>", view.beliefs.len()) } else { String::new() };
    let table = table(&["Site", "Quantity", "Stage", "#Believed", "#± sd", "#True", "Unit", "#Error / sd"], &rows);
    format!("<details><summary>Every belief, {} in all</summary>{table}{more}</details>\n", view.beliefs.len())
}
