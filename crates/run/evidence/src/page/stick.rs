//! The stick: where the needle went, and what it felt on the way.

use super::section::{Along, across, along};
use crate::{
    number::{fixed, sig},
    page::{Section, absent, figure, legend, legend_line},
    svg::{Anchor, Labels, Plot, Scale, Svg, px},
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
            "<b>Section along the needle.</b> Layers with their recorded thickness; vessels as they lie in this plane. Dark: the needle as it came to rest; dashed green: the plan, with its wanted tip. Blue: where the robot believed the walls, with 95 % intervals.",
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
            &charts.force_depth(view, &rows, &key),
            "<b>Force against depth along the needle.</b> Each rise that ends in a drop is a layer that gave way.",
        ));
        html.push_str(&figure(&charts.force_time(view, &rows, &key), "<b>Force and tip against time.</b> Shaded: phases of the control."));
    } else if view.ticks.rows() > 0 {
        html.push_str(&absent("ticks of the insertion"));
    }
    if let Some(drawing) = needle.and_then(|n| across(view, n)) {
        html.push_str(&figure(&drawing, "<b>Section across the vein at the target.</b> The filled ellipse is the true lumen; the outlines are the lumen as the robot believed it after each look."));
    }
    html
}

/// Scales shared by the two charts of one attempt.
struct Charts {
    depth: Plot,
    force: Plot,
    tip: Plot,
    /// Displacement of the arm, when it was recorded.
    arm: Option<Plot>,
    events: Vec<Event>,
}

impl Charts {
    fn new(view: &View<'_>, rows: &[usize], attempt: f64) -> Self {
        let t = &view.ticks;
        let of = |column: &[f64]| rows.iter().map(|i| column[*i]).collect::<Vec<f64>>();
        let depth_mm = of(&t.tip_depth_along_m).into_iter().map(|v| v * 1e3).collect::<Vec<_>>();
        let forces: Vec<f64> = of(&t.force_axial_n).into_iter().chain(of(&t.force_measured_n)).collect();
        let (start, end) = (t.time_s[rows[0]], t.time_s[rows[rows.len() - 1]]);
        let last_of_attempt = t.attempts().last() == Some(&attempt);
        let until = if last_of_attempt { end + 2.0 } else { end };
        let events =
            view.events.iter().filter(|e| e.of_the_stick() && e.time_s >= start - 0.5 && e.time_s <= until).take(24).cloned().collect();
        let reached = depth_mm.iter().copied().filter(|v| v.is_finite()).fold(1.0, f64::max);
        let force_scale = |ticks| Scale::around(forces.iter().copied(), &[0.0, 0.5], ticks);
        let shallow = depth_mm.iter().copied().filter(|v| v.is_finite()).fold(0.0, f64::min).max(-4.0);
        let arm_mm: Vec<f64> = of(&t.arm_displacement_m).into_iter().map(|v| v * 1e3).filter(|v| v.is_finite()).collect();
        let (left, width) = (46.0, 820.0);
        let arm = (!arm_mm.is_empty()).then(|| Plot {
            left,
            top: 442.0,
            width,
            height: 70.0,
            x: Scale::exact(start, end, 10),
            y: Scale::around(arm_mm.iter().copied(), &[0.0, 1.0], 2),
        });
        Self {
            depth: Plot { left, top: 76.0, width, height: 240.0, x: Scale::exact(shallow, reached * 1.03, 10), y: force_scale(6) },
            force: Plot { left, top: 76.0, width, height: 170.0, x: Scale::exact(start, end, 10), y: force_scale(5) },
            tip: Plot {
                left,
                top: 284.0,
                width,
                height: 120.0,
                x: Scale::exact(start, end, 10),
                y: Scale::around(depth_mm.into_iter(), &[0.0], 4),
            },
            arm,
            events,
        }
    }

    fn force_depth(&self, view: &View<'_>, rows: &[usize], key: &str) -> String {
        let t = &view.ticks;
        let p = &self.depth;
        let mut svg = Svg::new(900.0, 362.0, "Force against depth");
        p.frame(&mut svg, "depth of the tip along the needle, mm", "axial force, N");
        p.open_hover(&mut svg, "mm", "N");
        let points = |column: &[f64]| rows.iter().map(|i| [t.tip_depth_along_m[*i] * 1e3, column[*i]]).collect::<Vec<_>>();
        p.curve(&mut svg, &points(&t.force_measured_n), "c-sky", "measured");
        p.curve(&mut svg, &points(&t.force_axial_n), "c-ink", "force");
        svg.close();
        let mut events: Vec<&Event> = self.events.iter().filter(|e| e.tip_depth_along_m.is_finite()).collect();
        events.sort_by(|a, b| a.tip_depth_along_m.total_cmp(&b.tip_depth_along_m));
        let marks: Vec<(f64, &Event)> =
            events.into_iter().map(|e| (e.tip_depth_along_m * 1e3, e)).filter(|(x, _)| *x >= p.x.min && *x <= p.x.max).collect();
        event_marks(&mut svg, p, &marks, p.bottom());
        svg.raw(&format!("<circle id=\"{key}-depth\" r=\"5.5\" class=\"now\"/>"));
        svg.finish()
    }

    fn force_time(&self, view: &View<'_>, rows: &[usize], key: &str) -> String {
        let t = &view.ticks;
        let lowest = self.arm.as_ref().unwrap_or(&self.tip);
        let mut svg = Svg::new(900.0, lowest.bottom() + 42.0, "Force and tip against time");
        for span in view.phases.iter().filter(|s| s.end_s > self.force.x.min && s.start_s < self.force.x.max) {
            let (a, b) = (self.force.px_x(span.start_s.max(self.force.x.min)), self.force.px_x(span.end_s.min(self.force.x.max)));
            if span.phase == "insert" {
                svg.rect([a, self.force.top], [b - a, lowest.bottom() - self.force.top], "band", "");
            }
            if b - a > 40.0 {
                svg.text([0.5 * (a + b), self.tip.top - 22.0], Anchor::Middle, "small", &words_of(&span.phase));
            }
        }
        self.force.frame(&mut svg, "", "axial force, N");
        let time_name = "time from the beginning, s";
        self.tip.frame(&mut svg, if self.arm.is_some() { "" } else { time_name }, "tip, mm along the needle");
        let points = |column: &[f64], factor: f64| rows.iter().map(|i| [t.time_s[*i], column[*i] * factor]).collect::<Vec<_>>();
        self.force.open_hover(&mut svg, "s", "N");
        self.force.curve(&mut svg, &points(&t.force_measured_n, 1.0), "c-sky", "measured");
        self.force.curve(&mut svg, &points(&t.force_axial_n, 1.0), "c-ink", "force");
        svg.close();
        self.tip.open_hover(&mut svg, "s", "mm");
        self.tip.curve(&mut svg, &points(&t.tip_depth_along_m, 1e3), "c-blue", "tip");
        svg.close();
        let marks: Vec<(f64, &Event)> =
            self.events.iter().map(|e| (e.time_s, e)).filter(|(x, _)| *x >= self.force.x.min && *x <= self.force.x.max).collect();
        event_marks(&mut svg, &self.force, &marks, lowest.bottom());
        svg.raw(&format!("<circle id=\"{key}-time\" r=\"5.5\" class=\"now\"/>"));
        svg.finish()
    }
}

/// Dashed lines with their names stacked above the plot.
fn event_marks(svg: &mut Svg, p: &Plot, marks: &[(f64, &Event)], bottom: f64) {
    let mut labels = Labels::new(11.5, 4);
    for (x, event) in marks {
        let bad = is_bad(event);
        let text = event_words(event);
        let left = p.px_x(*x);
        let row = labels.row(left, &text);
        let y = p.top - 13.0 - 15.0 * row as f64;
        svg.line([left, y + 3.0], [left, bottom], if bad { "ev-bad" } else { "ev" });
        let anchor = if left > p.right() - 90.0 { Anchor::End } else { Anchor::Start };
        let shift = if anchor == Anchor::End { -3.0 } else { 3.0 };
        svg.text([left + shift, y + 8.0], anchor, if bad { "lab t-red" } else { "lab" }, &text);
    }
}

/// Whether an event is a guard or a complication.
pub(super) fn is_bad(event: &Event) -> bool {
    event.guard().is_some()
        || matches!(event.kind.as_str(), "back_wall" | "transfixion" | "roll" | "rolled" | "flow_lost" | "artery" | "nerve" | "bone")
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
