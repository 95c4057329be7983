//! The stick: where the needle went, and what it felt on the way.

use super::{
    force::Charts,
    section::{Along, across, along},
};
use crate::{
    number::{fixed, sig},
    page::{Section, absent, figure, legend, legend_line},
    svg::px,
    text::{clip, esc, words_of},
    view::{Event, View},
};

/// Steps of the step-through.
const FRAME_COUNT: usize = 160;

/// The section.
pub(super) fn section(view: &View<'_>) -> Section {
    let mut body = String::new();
    let attempts = view.ticks.attempts();
    if view.needles.is_empty() {
        body.push_str(&absent("table needle, so the path of the needle cannot be shown"));
    }
    if view.ticks.rows() == 0 {
        body.push_str(&absent("table ticks, so neither force nor motion can be shown"));
    }
    let mut shown: Vec<f64> = attempts;
    for needle in &view.needles {
        if needle.attempt.is_finite() && !shown.contains(&needle.attempt) && shown.len() < 6 {
            shown.push(needle.attempt);
        }
    }
    shown.sort_by(f64::total_cmp);
    for (i, attempt) in shown.iter().enumerate() {
        if shown.len() > 1 {
            body.push_str(&format!("<h3>Attempt {}</h3>\n", fixed(*attempt, 0)));
        }
        body.push_str(&one(view, *attempt, i));
    }
    if shown.is_empty() && view.ticks.rows() > 0 {
        body.push_str("<p class=\"absent\">No attempt was made: the needle never touched the skin.</p>\n");
    }
    Section { id: "stick", title: "The stick", body }
}

fn one(view: &View<'_>, attempt: f64, index: usize) -> String {
    let mut html = String::new();
    let key = format!("stick{index}");
    let needle = view.needles.iter().find(|n| n.attempt == attempt);
    let rows = view.ticks.insertion(attempt);
    let cut = needle.and_then(|n| along(view, n, &format!("{key}-section")));
    if let Some(cut) = &cut {
        html.push_str(&figure(
            &cut.svg,
            "<b>Section along the needle.</b> Layers with their nominal thickness; vessels at rest as they lie in this plane (the tourniquet widens them). Dark: the needle as it came to rest; dashed green: the plan, with its wanted tip. Blue: where the robot believed the walls, with 95 % intervals.",
        ));
    }
    let charts = (rows.len() >= 2).then(|| Charts::new(view, &rows, attempt));
    if let Some(charts) = &charts {
        html.push_str(&step_through(view, charts, &rows, cut.as_ref(), &key));
        html.push_str(&legend(&[
            (legend_line("c-ink"), "force on the needle"),
            (legend_line("c-sky"), "as the sensor gave it"),
            (legend_line("ev"), "event"),
            (legend_line("ev-bad"), "guard or complication"),
        ]));
        html.push_str(&figure(
            &charts.force_depth(view, &rows, &format!("{key}-depth")),
            "<b>Force against depth along the needle.</b> Each rise that ends in a drop is a layer that gave way.",
        ));
        html.push_str(&figure(
            &charts.force_time(view, &rows, &format!("{key}-time")),
            "<b>Force, tip and arm against time.</b> Shaded: the insertion.",
        ));
    } else if view.ticks.rows() > 0 {
        html.push_str(&absent("ticks of the insertion"));
    }
    if let Some(drawing) = needle.and_then(|n| across(view, n)) {
        html.push_str(&figure(&drawing, "<b>Section across the vein at the target.</b> The filled ellipse is the true lumen; the outlines are the lumen as the robot believed it after each look."));
    }
    html
}

/// An event in words. Not escaped.
pub(super) fn event_words(event: &Event) -> String {
    match event.guard() {
        Some(guard) => format!("guard: {}", clip(&words_of(guard), 40)),
        None => clip(&words_of(&event.kind), 40),
    }
}

/// A slider that moves marks through the section and the charts; shown only where scripts run.
fn step_through(view: &View<'_>, charts: &Charts, rows: &[usize], cut: Option<&Along>, key: &str) -> String {
    let t = &view.ticks;
    // Even steps of depth while the needle advances would hide pauses: even steps of time.
    let count = FRAME_COUNT.min(rows.len());
    let mut frames = String::from("[");
    for k in 0..count {
        let i = rows[k * (rows.len() - 1) / (count - 1).max(1)];
        let (time, depth, force) = (t.time_s[i], t.tip_depth_along_m[i], t.force_axial_n[i]);
        if ![time, depth, force].iter().all(|v| v.is_finite()) {
            continue;
        }
        let [x, y] = cut.map_or([-99.0, -99.0], |c| c.tip_px(depth));
        let [fx, fy] = charts.depth.at(depth * 1e3, force);
        let [tx, ty] = charts.force.at(time, force);
        let mut text =
            format!("{} s · {} · tip {} mm · {} N", fixed(time, 2), words_of(&t.phase[i]), fixed(depth * 1e3, 1), fixed(force, 2));
        if t.impedance_ohm[i].is_finite() {
            text.push_str(&format!(" · {} Ω", sig(t.impedance_ohm[i], 3)));
        }
        if let Some(event) = charts.events.iter().rev().find(|e| e.time_s <= time && e.time_s > time - 0.4) {
            text.push_str(&format!(" · {}", event_words(event)));
        }
        let text = text.replace(['\\', '"'], "'").replace(|c: char| c.is_control(), " ");
        if frames.len() > 1 {
            frames.push(',');
        }
        frames.push_str(&format!("[{},{},{},{},{},{},\"{text}\"]", px(x), px(y), px(fx), px(fy), px(tx), px(ty)));
    }
    frames.push(']');
    if frames.len() < 3 {
        return String::new();
    }
    format!(
        "<div class=\"step\" data-key=\"{key}\" data-frames=\"{}\"><b>Step through the stick</b><input type=\"range\" min=\"0\" value=\"0\" aria-label=\"Time in the insertion\"><output></output></div>\n",
        esc_long(&frames)
    )
}

/// As [`esc`], for markup-free text of this crate that is longer than any cell.
fn esc_long(text: &str) -> String {
    text.split(',').map(esc).collect::<Vec<_>>().join(",")
}
