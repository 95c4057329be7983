//! The draw: blood in the tube, flow, and what the vein did.

use proband_core::PA_PER_MMHG;

use crate::{
    number::{duration, fixed},
    page::{Section, absent, figure, legend, legend_line},
    svg::{Anchor, LABEL_ROW_PX, Label, Plot, Scale, Svg, draw_labels, stack},
    view::{PhaseSpan, View},
};

/// The section.
pub(super) fn section(view: &View<'_>) -> Section {
    let title = "The draw";
    let mut body = String::new();
    if view.ticks.rows() < 2 {
        body.push_str(&absent("table ticks"));
        return Section { id: "draw", title, body };
    }
    match volume_and_flow(view) {
        Some(drawing) => body.push_str(&figure(&drawing, &volume_caption(view))),
        None => body.push_str("<p class=\"absent\">No blood reached the tube.</p>\n"),
    }
    let mut entries = vec![(legend_line("c-blue"), "pressure in the vein")];
    if !view.ticks.tourniquet_pa.is_empty() {
        entries.push((legend_line("c-muted"), "pressure in the cuff"));
    }
    entries.push((legend_line("c-green"), "lumen area, relative to rest"));
    body.push_str(&legend(&entries));
    body.push_str(&figure(
        &vein(view),
        "<b>The vein.</b> Pressure in the vein at the site and its cross-section relative to rest. Suction above what the vein refills collapses it.",
    ));
    Section { id: "draw", title, body }
}

fn volume_caption(view: &View<'_>) -> String {
    let flows: Vec<f64> = view.ticks.flow_m3_s.iter().copied().filter(|q| q.is_finite()).collect();
    let peak = flows.iter().copied().fold(0.0, f64::max) * 1e6;
    let span = view
        .phases
        .iter()
        .find(|p| p.phase == "draw")
        .map_or_else(String::new, |p| format!(", the draw took {}", duration(p.end_s - p.start_s)));
    format!("<b>Blood into the tube.</b> Highest flow {} mL/s{span}.", fixed(peak, 2))
}

fn volume_and_flow(view: &View<'_>) -> Option<String> {
    let t = &view.ticks;
    let full = t.tube_volume_m3.iter().copied().filter(|v| v.is_finite()).fold(0.0, f64::max);
    if full <= 0.0 {
        return None;
    }
    let drawing: Vec<&PhaseSpan> = view.phases.iter().filter(|p| p.phase == "draw").collect();
    let (start, end) = match (drawing.first(), drawing.last()) {
        (Some(a), Some(b)) if b.end_s > a.start_s => (a.start_s - 1.0, b.end_s + 1.5),
        _ => {
            let filling: Vec<f64> =
                t.time_s.iter().zip(&t.tube_volume_m3).filter(|(_, v)| **v > 1e-3 * full && **v < 0.999 * full).map(|(t, _)| *t).collect();
            (*filling.first()? - 1.0, *filling.last()? + 1.5)
        }
    };
    let rows: Vec<usize> = (0..t.rows()).filter(|i| t.time_s[*i] >= start && t.time_s[*i] <= end).collect();
    let points = |column: &[f64]| rows.iter().map(|i| [t.time_s[*i], column[*i] * 1e6]).collect::<Vec<_>>();
    let (volume, flow) = (points(&t.tube_volume_m3), points(&t.flow_m3_s));
    let kinds = ["flow_start", "flow_lost", "collapse", "tube_full", "tourniquet_off", "tube_on", "tube_off"];
    let (volume_y, flow_y) = (Scale::around(volume.iter().map(|p| p[1]), &[0.0], 4), Scale::around(flow.iter().map(|p| p[1]), &[0.0], 4));
    let both = Stacked::new(view, Scale::exact(start, end, 10), volume_y, flow_y, &kinds, 130.0);
    let (mut svg, upper, lower) = (both.svg("Volume and flow"), &both.upper, &both.lower);
    upper.frame(&mut svg, "", "blood in the tube, mL");
    lower.frame(&mut svg, "time from the beginning, s", "flow, mL/s");
    upper.open_hover(&mut svg, "s", "mL");
    upper.area(&mut svg, &volume, 0.0, "a-wine");
    upper.curve(&mut svg, &volume, "c-wine", "volume");
    svg.close();
    lower.open_hover(&mut svg, "s", "mL/s");
    lower.area(&mut svg, &flow, 0.0, "a-wine");
    lower.curve(&mut svg, &flow, "c-wine", "flow");
    svg.close();
    both.marks(&mut svg);
    if let Some([time, last]) = volume.iter().rev().copied().find(|p| p[1].is_finite()) {
        svg.text(
            [upper.px_x(time) - 6.0, upper.px_y(last) - 7.0],
            Anchor::End,
            "lab strong t-wine halo",
            &format!("{} mL", fixed(last, 2)),
        );
    }
    Some(svg.finish())
}

fn vein(view: &View<'_>) -> String {
    let t = &view.ticks;
    let points = |column: &[f64], factor: f64| t.time_s.iter().zip(column).map(|(time, v)| [*time, v * factor]).collect::<Vec<_>>();
    let (pressure, area) = (points(&t.venous_pressure_pa, 1.0 / PA_PER_MMHG), points(&t.vein_area_ratio, 1.0));
    let cuff = points(&t.tourniquet_pa, 1.0 / PA_PER_MMHG);
    let end = t.time_s.iter().copied().filter(|v| v.is_finite()).fold(0.0, f64::max);
    let start = t.time_s.iter().copied().filter(|v| v.is_finite()).fold(end, f64::min);
    let kinds = ["tourniquet_on", "tourniquet_off", "vein_puncture", "flow_start", "flow_lost", "collapse", "tube_on", "tube_full"];
    let (pressure_y, area_y) =
        (Scale::around(pressure.iter().chain(&cuff).map(|p| p[1]), &[0.0], 5), Scale::around(area.iter().map(|p| p[1]), &[0.0, 1.0], 4));
    let both = Stacked::new(view, Scale::exact(start, end, 10), pressure_y, area_y, &kinds, 160.0);
    let (mut svg, upper, lower) = (both.svg("Pressure and area of the vein"), &both.upper, &both.lower);
    for span in view.phases.iter().filter(|p| matches!(p.phase.as_str(), "draw" | "insert")) {
        let (a, b) = (upper.px_x(span.start_s), upper.px_x(span.end_s));
        svg.rect([a, upper.top], [(b - a).max(0.0), lower.bottom() - upper.top], "band", &super::timeline::phase_words(&span.phase));
        if b - a > 30.0 {
            svg.text([0.5 * (a + b), lower.top - 24.0], Anchor::Middle, "small", &super::timeline::phase_words(&span.phase));
        }
    }
    upper.frame(&mut svg, "", "pressure in the vein, mmHg");
    lower.frame(&mut svg, "time from the beginning, s", "lumen area, relative to rest");
    upper.open_hover(&mut svg, "s", "mmHg");
    upper.curve(&mut svg, &cuff, "c-muted", "cuff");
    upper.curve(&mut svg, &pressure, "c-blue", "vein");
    svg.close();
    lower.open_hover(&mut svg, "s", "×");
    lower.curve(&mut svg, &area, "c-green", "area");
    svg.close();
    both.marks(&mut svg);
    svg.finish()
}

/// Events of the given kinds inside of a range of time.
fn labels(view: &View<'_>, plot: &Plot, kinds: &[&str]) -> Vec<Label> {
    let inside = |t: f64| t >= plot.x.min && t <= plot.x.max;
    view.events
        .iter()
        .filter(|e| kinds.contains(&e.kind.as_str()) && inside(e.time_s))
        .take(16)
        .map(|e| Label::new(plot.px_x(e.time_s), super::stick::event_words(e), e.is_bad()))
        .collect()
}

/// Two plots one above the other with events over both.
struct Stacked {
    upper: Plot,
    lower: Plot,
    labels: Vec<Label>,
}

impl Stacked {
    fn new(view: &View<'_>, x: Scale, upper_y: Scale, lower_y: Scale, kinds: &[&str], name_px: f64) -> Self {
        let mut upper = Plot { left: 46.0, top: 0.0, width: 836.0, height: 140.0, x, y: upper_y };
        let mut labels = labels(view, &upper, kinds);
        let rows = stack(&mut labels, 11.5, 900.0, upper.left - 34.0 + name_px);
        upper.top = 24.0 + LABEL_ROW_PX * rows as f64;
        let lower = Plot { top: upper.bottom() + 42.0, height: 105.0, y: lower_y, ..upper.clone() };
        Self { upper, lower, labels }
    }

    fn svg(&self, title: &str) -> Svg {
        Svg::new(900.0, self.lower.bottom() + 44.0, title)
    }

    fn marks(&self, svg: &mut Svg) {
        draw_labels(svg, &self.labels, self.upper.top, self.lower.bottom(), "lab");
    }
}
