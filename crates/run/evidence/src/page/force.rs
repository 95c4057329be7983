//! Charts of one stick: force against depth, and force, tip and arm against time.

use super::{stick::event_words, timeline::phase_words};
use crate::{
    svg::{Anchor, LABEL_ROW_PX, Label, Plot, Scale, Svg, draw_labels, stack},
    view::{Event, View},
};

const LEFT_PX: f64 = 46.0;
const WIDTH_PX: f64 = 836.0;
/// Most events marked in one chart.
const EVENT_COUNT_MAX: usize = 24;

/// The two charts of one attempt: scales, events and their labels.
pub(super) struct Charts {
    /// Force against depth.
    pub depth: Plot,
    /// Force against time.
    pub force: Plot,
    tip: Plot,
    /// Displacement of the arm, when it was recorded.
    arm: Option<Plot>,
    /// Events of the stick in order of time.
    pub events: Vec<Event>,
    depth_labels: Vec<Label>,
    time_labels: Vec<Label>,
}

/// A scale for forces: noise about zero does not open the axis downwards.
fn force_scale(forces: &[f64], ticks: u32) -> Scale {
    Scale::around(forces.iter().map(|f| if *f < 0.0 && *f > -0.1 { 0.0 } else { *f }), &[0.0, 0.5], ticks)
}

/// Labels of events at their columns; the same again within half a second is counted, not written again.
fn labels<'a>(events: impl Iterator<Item = (f64, &'a Event)>) -> Vec<Label> {
    let mut list: Vec<(f64, &Event, u32)> = Vec::new();
    for (x, event) in events {
        match list.iter_mut().rev().find(|(_, known, _)| known.kind == event.kind && event.time_s - known.time_s < 0.5) {
            Some((.., count)) => *count += 1,
            None => list.push((x, event, 1)),
        }
    }
    let words = |event: &Event, count: u32| if count > 1 { format!("{} ×{count}", event_words(event)) } else { event_words(event) };
    list.into_iter().map(|(x, event, count)| Label::new(x, words(event, count), event.is_bad())).collect()
}

impl Charts {
    /// Lay out the charts for the given ticks of one attempt.
    pub fn new(view: &View<'_>, rows: &[usize], attempt: f64) -> Self {
        let t = &view.ticks;
        let of = |column: &[f64], factor: f64| rows.iter().map(|i| column[*i] * factor).filter(|v| v.is_finite()).collect::<Vec<f64>>();
        let depth_mm = of(&t.tip_depth_along_m, 1e3);
        let forces: Vec<f64> = of(&t.force_axial_n, 1.0).into_iter().chain(of(&t.force_measured_n, 1.0)).collect();
        let arm_mm = of(&t.arm_displacement_m, 1e3);
        let (start, end) = (t.time_s[rows[0]], t.time_s[rows[rows.len() - 1]]);
        // After the last stick the first moments of the draw belong to it too: a guard may speak there.
        let until = if t.attempts().last() == Some(&attempt) { end + 2.0 } else { end };
        let during = |e: &&Event| e.of_the_stick() && e.time_s >= start - 0.5 && e.time_s <= until;
        let events: Vec<Event> = view.events.iter().filter(during).take(EVENT_COUNT_MAX).cloned().collect();

        let reached = depth_mm.iter().copied().fold(1.0, f64::max);
        let shallow = depth_mm.iter().copied().fold(0.0, f64::min).max(-4.0);
        let plot = |height: f64, x: Scale, y: Scale| Plot { left: LEFT_PX, top: 0.0, width: WIDTH_PX, height, x, y };
        let mut depth = plot(240.0, Scale::exact(shallow, reached * 1.03, 10), force_scale(&forces, 6));
        let mut force = plot(170.0, Scale::exact(start, end, 10), force_scale(&forces, 5));
        let mut tip = plot(110.0, Scale::exact(start, end, 10), Scale::around(depth_mm.iter().copied(), &[0.0], 4));

        let inside = |plot: &Plot, v: f64| v >= plot.x.min && v <= plot.x.max;
        let depth_of = |e: &Event| e.tip_depth_along_m * 1e3;
        let mut depth_labels = labels(events.iter().filter(|e| inside(&depth, depth_of(e))).map(|e| (depth.px_x(depth_of(e)), e)));
        let mut time_labels = labels(events.iter().filter(|e| inside(&force, e.time_s)).map(|e| (force.px_x(e.time_s), e)));
        let name_end = LEFT_PX + 60.0;
        depth.top = 12.0 + LABEL_ROW_PX * stack(&mut depth_labels, 11.5, 900.0, name_end) as f64 + 12.0;
        force.top = 12.0 + LABEL_ROW_PX * stack(&mut time_labels, 11.5, 900.0, name_end) as f64 + 12.0;
        tip.top = force.bottom() + 42.0;
        let arm = (!arm_mm.is_empty()).then(|| Plot {
            top: tip.bottom() + 36.0,
            height: 64.0,
            y: Scale::around(arm_mm.iter().copied(), &[0.0, 1.0], 2),
            ..tip.clone()
        });
        Self { depth, force, tip, arm, events, depth_labels, time_labels }
    }

    /// Force against depth along the needle. `mark_id`: id of the mark that the step-through moves.
    pub fn force_depth(&self, view: &View<'_>, rows: &[usize], mark_id: &str) -> String {
        let t = &view.ticks;
        let p = &self.depth;
        let mut svg = Svg::new(900.0, p.bottom() + 44.0, "Force against depth");
        p.frame(&mut svg, "depth of the tip along the needle, mm", "axial force, N");
        draw_labels(&mut svg, &self.depth_labels, p.top, p.bottom(), "lab");
        p.open_hover(&mut svg, "mm", "N");
        let points = |column: &[f64]| rows.iter().map(|i| [t.tip_depth_along_m[*i] * 1e3, column[*i]]).collect::<Vec<_>>();
        p.curve(&mut svg, &points(&t.force_measured_n), "c-sky", "measured");
        p.curve(&mut svg, &points(&t.force_axial_n), "c-ink", "force");
        svg.close();
        svg.raw(&format!("<circle id=\"{mark_id}\" r=\"5.5\" class=\"now\"/>"));
        svg.finish()
    }

    /// Force, tip and arm against time. `mark_id`: id of the mark that the step-through moves.
    pub fn force_time(&self, view: &View<'_>, rows: &[usize], mark_id: &str) -> String {
        let t = &view.ticks;
        let lowest = self.arm.as_ref().unwrap_or(&self.tip);
        let mut svg = Svg::new(900.0, lowest.bottom() + 44.0, "Force, tip and arm against time");
        for span in view.phases.iter().filter(|s| s.end_s > self.force.x.min && s.start_s < self.force.x.max) {
            let (a, b) = (self.force.px_x(span.start_s.max(self.force.x.min)), self.force.px_x(span.end_s.min(self.force.x.max)));
            if span.phase == "insert" {
                svg.rect([a, self.force.top], [(b - a).max(0.0), lowest.bottom() - self.force.top], "band", "");
            }
            if b - a > 40.0 {
                svg.text([0.5 * (a + b), self.tip.top - 24.0], Anchor::Middle, "small", &phase_words(&span.phase));
            }
        }
        let time_name = "time from the beginning, s";
        self.force.frame(&mut svg, "", "axial force, N");
        self.tip.frame(&mut svg, if self.arm.is_some() { "" } else { time_name }, "tip along the needle, mm");
        if let Some(arm) = &self.arm {
            arm.frame(&mut svg, time_name, "arm displaced, mm");
        }
        draw_labels(&mut svg, &self.time_labels, self.force.top, lowest.bottom(), "lab");
        let points = |column: &[f64], factor: f64| rows.iter().map(|i| [t.time_s[*i], column[*i] * factor]).collect::<Vec<_>>();
        self.force.open_hover(&mut svg, "s", "N");
        self.force.curve(&mut svg, &points(&t.force_measured_n, 1.0), "c-sky", "measured");
        self.force.curve(&mut svg, &points(&t.force_axial_n, 1.0), "c-ink", "force");
        svg.close();
        self.tip.open_hover(&mut svg, "s", "mm");
        self.tip.curve(&mut svg, &points(&t.tip_depth_along_m, 1e3), "c-blue", "tip");
        svg.close();
        if let Some(arm) = &self.arm {
            arm.open_hover(&mut svg, "s", "mm");
            arm.curve(&mut svg, &points(&t.arm_displacement_m, 1e3), "c-orange", "arm");
            svg.close();
        }
        svg.raw(&format!("<circle id=\"{mark_id}\" r=\"5.5\" class=\"now\"/>"));
        svg.finish()
    }
}
