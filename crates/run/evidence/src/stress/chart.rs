//! Signals around a failure, and risks with their intervals.

use proband_core::{Table, ops};

use crate::number::{fixed, sig, unit_for};
use crate::svg::{Anchor, LABEL_ROW_PX, Label, Plot, Scale, Svg, draw_labels, px, stack};
use crate::text::words_of;

const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 120.0;
/// Events marked at most.
const MARKS_MAX: usize = 14;
/// Values beyond which a signal says "none" and is not drawn.
const FAR: f64 = 0.099;

/// One chart per signal below the chart of the rule's margin.
pub(super) fn figures(signals: &Table, events: Option<&Table>) -> String {
    let Ok(times) = signals.f64s("time_s") else { return String::new() };
    let (Some(start), Some(end)) = (times.first(), times.last()) else { return String::new() };
    let mut html = String::new();
    let margins = signals.f64s("margin").unwrap_or(&[]);
    let worst = margins.iter().enumerate().min_by(|a, b| a.1.total_cmp(b.1)).map(|(i, _)| times[i]);
    for (field, column) in signals.fields.iter().zip(&signals.columns) {
        let proband_core::Column::F64(values) = column else { continue };
        if field.name == "time_s" || values.len() != times.len() {
            continue;
        }
        let is_margin = field.name == "margin";
        let none = |v: f64| field.name == "back_wall_distance_m" && v > FAR || field.name == "tip_depth_along_m" && v < -FAR;
        let size = values.iter().filter(|v| v.is_finite() && !none(**v)).fold(0.0, |a: f64, v| a.max(v.abs()));
        let unit = unit_for(&field.unit, size, &field.name);
        let points: Vec<[f64; 2]> =
            times.iter().zip(values).map(|(t, v)| [*t, if none(*v) { f64::NAN } else { v * unit.factor }]).collect();
        let with: &[f64] = if is_margin { &[0.0] } else { &[] };
        let y = Scale::around(points.iter().map(|p| p[1]).filter(|v| v.is_finite()), with, 4);
        let mut labels = if is_margin { marks(events, *start, *end) } else { Vec::new() };
        let top = 26.0;
        let mut plot = Plot { left: 52.0, top, width: WIDTH - 80.0, height: HEIGHT, x: Scale::exact(*start, *end, 10), y };
        for label in &mut labels {
            label.x = plot.px_x(label.x);
        }
        let rows = stack(&mut labels, 11.0, plot.right(), plot.left + 260.0);
        plot.top += LABEL_ROW_PX * rows as f64;
        let title = if is_margin { format!("margin of: {}", field.source) } else { words_of(&field.name) };
        let mut svg = Svg::new(WIDTH, plot.top + HEIGHT + 42.0, &title);
        let name = if unit.name.is_empty() { title.clone() } else { format!("{title}, {}", unit.name) };
        plot.frame(&mut svg, "time, s", &name);
        if is_margin {
            let below: Vec<[f64; 2]> = points.iter().map(|p| [p[0], p[1].min(0.0)]).collect();
            plot.area(&mut svg, &below, 0.0, "broken");
            draw_labels(&mut svg, &labels, plot.top, plot.bottom(), "lab");
        }
        plot.curve(&mut svg, &points, if is_margin { "c-red" } else { "c-blue" }, &title);
        if let Some(worst) = worst {
            let x = plot.px_x(worst);
            svg.line([x, plot.top], [x, plot.bottom()], "ev");
        }
        html.push_str(&format!("<figure>{}</figure>\n", svg.finish()));
    }
    html
}

/// Phases, guards, faults and needle events as labels; `x` still a time.
fn marks(events: Option<&Table>, start: f64, end: f64) -> Vec<Label> {
    let Some(table) = events else { return Vec::new() };
    let (Ok(times), Ok(kinds)) = (table.f64s("time_s"), table.texts("kind")) else { return Vec::new() };
    let mut out: Vec<Label> = Vec::new();
    for (time, kind) in times.iter().zip(kinds).filter(|(t, _)| **t >= start && **t <= end) {
        let words = words_of(kind.rsplit_once(':').map_or(kind.as_str(), |(_, name)| name));
        let words = if kind.starts_with("guard:") { format!("guard: {words}") } else { words };
        if out.len() < MARKS_MAX && out.last().is_none_or(|last| last.text != words || time - last.x > 0.2) {
            out.push(Label::new(*time, words, kind.starts_with("guard:") || kind.starts_with("fault")));
        }
    }
    out
}

/// Probabilities with their intervals on a logarithmic axis.
pub(super) fn risks(table: &Table) -> String {
    let (Ok(rules), Ok(p), Ok(low), Ok(high)) = (table.texts("rule"), table.f64s("probability"), table.f64s("low"), table.f64s("high"))
    else {
        return String::new();
    };
    let least = p.iter().chain(low).filter(|v| **v > 0.0).fold(1.0_f64, |a, v| a.min(*v));
    if !(least > 0.0 && p.iter().any(|v| *v > 0.0)) {
        return String::new();
    }
    let log = |v: f64| ops::log10(v.max(least));
    let row_px = 26.0;
    let height = 40.0 + row_px * rules.len() as f64;
    let scale = Scale::around([log(least), 0.0].into_iter(), &[], 5);
    let mut svg = Svg::new(WIDTH, height, "Risk per procedure");
    let x = |v: f64| 260.0 + 560.0 * scale.fraction(log(v));
    for tick in scale.ticks() {
        let at = 260.0 + 560.0 * scale.fraction(tick);
        svg.line([at, 10.0], [at, height - 26.0], "grid");
        svg.text([at, height - 8.0], Anchor::Middle, "tick", &format!("10^{}", fixed(tick, scale.decimals())));
    }
    for (row, rule) in rules.iter().enumerate() {
        let y = 24.0 + row_px * row as f64;
        svg.text([250.0, y + 4.0], Anchor::End, "lab", rule);
        if low[row].is_finite() && high[row].is_finite() {
            svg.line([x(low[row]), y], [x(high[row]), y], "bar68");
        }
        if p[row] > 0.0 {
            svg.raw(&format!("<circle cx=\"{}\" cy=\"{}\" r=\"4\" class=\"dot\"/>", px(x(p[row])), px(y)));
            svg.text([x(high[row].max(p[row])) + 10.0, y + 4.0], Anchor::Start, "tick", &sig(p[row], 3));
        }
    }
    format!("<figure>{}</figure>\n", svg.finish())
}
