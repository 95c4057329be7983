//! Which phase when, which guard spoke, and why the control went on.

use super::stick::event_words;
use crate::{
    number::{fixed, with_unit},
    page::{Section, absent, figure, legend, legend_box, table},
    svg::{Anchor, LABEL_ROW_PX, Label, Plot, Scale, Svg, draw_labels, stack},
    text::{esc, title_of, words_of},
    view::{Event, PhaseSpan, View},
};

const PHASE_COUNT_MAX: usize = 30;
const ROW_PX: f64 = 21.0;

/// The section.
pub(super) fn section(view: &View<'_>) -> Section {
    let mut body = String::new();
    if view.phases.is_empty() {
        body.push_str(&absent("table phases"));
    } else {
        body.push_str(&legend(&[
            (legend_box("ph-prep"), "prepare"),
            (legend_box("ph-see"), "look and plan"),
            (legend_box("ph-stick"), "needle moves in"),
            (legend_box("ph-draw"), "draw"),
            (legend_box("ph-out"), "release and care"),
            (legend_box("ph-hand"), "hand over"),
        ]));
        body.push_str(&figure(
            &gantt(view),
            "<b>Phases of the control.</b> Marks above: events; red: a guard spoke or something went wrong.",
        ));
        body.push_str(&phase_table(view));
    }
    if view.events.is_empty() {
        body.push_str(&absent("table events, or nothing happened"));
    } else {
        body.push_str(&event_table(view));
    }
    Section { id: "timeline", title: "Course in time", body }
}

fn class_of(phase: &str) -> &'static str {
    match phase {
        "prepare" | "tourniquet" => "ph-prep",
        "scan_nir" | "scan_ultrasound" | "plan" | "align" => "ph-see",
        "contact" | "insert" | "confirm_lumen" => "ph-stick",
        "draw" => "ph-draw",
        "release" | "withdraw" | "compress" => "ph-out",
        "done" => "ph-done",
        "hand_over" => "ph-hand",
        _ => "ph-other",
    }
}

/// A phase in words. Not escaped.
pub(super) fn phase_words(phase: &str) -> String {
    match phase {
        "scan_nir" => "near-infrared scan".into(),
        "scan_ultrasound" => "ultrasound scan".into(),
        "confirm_lumen" => "confirm lumen".into(),
        other => words_of(other),
    }
}

fn gantt(view: &View<'_>) -> String {
    let mut names: Vec<&str> = Vec::new();
    for span in &view.phases {
        if !names.contains(&span.phase.as_str()) && names.len() < PHASE_COUNT_MAX {
            names.push(&span.phase);
        }
    }
    let end = view.phases.iter().map(|p| p.end_s).fold(1.0, f64::max);
    let start = view.phases.iter().map(|p| p.start_s).fold(0.0, f64::min);
    let height = ROW_PX * names.len() as f64;
    let mut plot =
        Plot { left: 128.0, top: 0.0, width: 744.0, height, x: Scale::exact(start, end, 12), y: Scale::exact(0.0, names.len() as f64, 1) };
    let inside = |e: &&Event| e.time_s >= start && e.time_s <= end;
    let mut labels: Vec<Label> =
        view.events.iter().filter(inside).take(40).map(|e| Label::new(plot.px_x(e.time_s), event_words(e), e.is_bad())).collect();
    let top = 10.0 + LABEL_ROW_PX * stack(&mut labels, 10.5, 900.0, 0.0) as f64;
    plot.top = top;
    let mut svg = Svg::new(900.0, top + height + 44.0, "Phases in time");
    svg.open("axes");
    for tick in plot.x.ticks() {
        let x = plot.px_x(tick);
        svg.line([x, plot.top], [x, plot.bottom()], "grid");
        svg.text([x, plot.bottom() + 16.0], Anchor::Middle, "tick", &fixed(tick, plot.x.decimals()));
    }
    svg.line([plot.left, plot.bottom()], [plot.right(), plot.bottom()], "axis");
    svg.text([plot.left + 0.5 * plot.width, plot.bottom() + 34.0], Anchor::Middle, "name", "time from the beginning, s");
    svg.close();
    for (row, name) in names.iter().enumerate() {
        let y = plot.top + ROW_PX * row as f64;
        svg.text([plot.left - 10.0, y + 15.0], Anchor::End, "lab", &phase_words(name));
        for span in view.phases.iter().filter(|p| p.phase == *name) {
            bar(&mut svg, &plot, span, y);
        }
    }
    draw_labels(&mut svg, &labels, plot.top, plot.bottom(), "small");
    svg.finish()
}

fn bar(svg: &mut Svg, plot: &Plot, span: &PhaseSpan, y: f64) {
    let (a, b) = (plot.px_x(span.start_s), plot.px_x(span.end_s));
    let attempt = if span.attempt >= 1.0 { format!(", attempt {}", fixed(span.attempt, 0)) } else { String::new() };
    let tooltip =
        format!("{}{attempt}: {} to {} s. {}", phase_words(&span.phase), fixed(span.start_s, 2), fixed(span.end_s, 2), span.reason);
    svg.rect([a, y + 3.0], [(b - a).max(2.5), ROW_PX - 6.0], class_of(&span.phase), &tooltip);
    let text = format!("{} s", fixed(span.end_s - span.start_s, 1));
    if span.end_s > span.start_s {
        let right = b + 5.0 + crate::svg::text_width(&text, 10.5) < plot.right() + 28.0;
        svg.text(
            if right { [b.max(a + 2.5) + 4.0, y + 14.5] } else { [a - 4.0, y + 14.5] },
            if right { Anchor::Start } else { Anchor::End },
            "small halo",
            &text,
        );
    }
}

fn phase_table(view: &View<'_>) -> String {
    const SHOWN: usize = 300;
    let rows: Vec<_> = view
        .phases
        .iter()
        .take(SHOWN)
        .map(|p| {
            let cells = vec![
                (fixed(p.start_s, 2), "n"),
                (fixed(p.end_s - p.start_s, 1), "n"),
                (esc(&phase_words(&p.phase)), ""),
                (if p.attempt >= 1.0 { fixed(p.attempt, 0) } else { String::new() }, "n"),
                (esc(&words_of(&p.reason)), "w"),
            ];
            (String::new(), cells)
        })
        .collect();
    format!(
        "<details><summary>Every phase with its reason, {} in all</summary>{}</details>\n",
        view.phases.len(),
        table(&["#Begins, s", "#Lasts, s", "Phase", "#Attempt", "Because"], &rows)
    )
}

fn event_table(view: &View<'_>) -> String {
    const SHOWN: usize = 500;
    let rows: Vec<_> = view
        .events
        .iter()
        .take(SHOWN)
        .map(|e| {
            let what = if e.is_bad() { super::badge("yes", &event_words(e)) } else { esc(&title_of(&event_words(e))) };
            let cells = vec![
                (fixed(e.time_s, 3), "n"),
                (what, ""),
                (esc(&e.text), "w"),
                (if e.value.is_finite() { esc(&with_unit(e.value, &e.unit, &e.kind, 3)) } else { String::new() }, "n"),
                (if e.tip_depth_along_m.is_finite() { fixed(e.tip_depth_along_m * 1e3, 2) } else { String::new() }, "n"),
            ];
            (String::new(), cells)
        })
        .collect();
    let more =
        if view.events.len() > SHOWN { format!("<p>The first {SHOWN} of {} are shown.</p>", view.events.len()) } else { String::new() };
    format!(
        "<details><summary>Every event, {} in all</summary>{}{more}</details>\n",
        view.events.len(),
        table(&["#Time, s", "Event", "", "#Value", "#Tip along the needle, mm"], &rows)
    )
}
