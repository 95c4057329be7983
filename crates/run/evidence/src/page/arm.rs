//! The arm in pictures, with names, paths and a scale laid over them.

use nalgebra::Vector3;

use crate::{
    page::{Section, absent, data_uri, figure, legend, legend_box, legend_line},
    render::{Camera, Rendering},
    svg::{Anchor, Svg, text_width},
    text::{esc, words_of},
    view::{NeedlePath, TubeKind, View},
};

/// The section.
pub(super) fn section(renderings: &[Rendering], view: &View<'_>) -> Section {
    let mut body = String::new();
    if renderings.is_empty() {
        body.push_str(&absent("tables anatomy and skin, so the arm cannot be drawn"));
        return Section { id: "arm", title: "The arm", body };
    }
    body.push_str("<p class=\"lead\">The patient's arm as the simulator knows it — the robot never sees this. The skin is drawn translucent; what lies deeper is paler. Fine lines on the skin are 10 mm apart.</p>\n");
    body.push_str(&legend(&[
        (legend_box("t-vein"), "vein"),
        (legend_box("t-artery"), "artery"),
        (legend_box("v-nerve"), "nerve"),
        (legend_box("v-bone"), "bone"),
        (legend_box("needle"), "needle as it came to rest"),
        ("<line x1=\"1\" y1=\"6\" x2=\"25\" y2=\"6\" class=\"c-plan\"/>".into(), "planned path"),
        ("<circle cx=\"13\" cy=\"6\" r=\"4.5\" fill=\"none\" class=\"c-ink\"/>".into(), "entry point"),
        (legend_line("c-muted dash"), "earlier attempt"),
    ]));
    for (i, rendering) in renderings.iter().enumerate() {
        if i == 1 {
            body.push_str("<div class=\"pair\">\n");
        }
        let drawing = drawing(rendering, view, i == 0);
        body.push_str(&figure(&drawing, &format!("<b>{}.</b> {}", esc(rendering.title), esc(&rendering.caption))));
    }
    if renderings.len() > 1 {
        body.push_str("</div>\n");
    }
    if view.skin.is_none() {
        body.push_str(&absent("table skin"));
    }
    if view.last_needle().is_none() {
        body.push_str(&absent("table needle, so no needle is drawn"));
    }
    Section { id: "arm", title: "The arm", body }
}

fn drawing(rendering: &Rendering, view: &View<'_>, with_names: bool) -> String {
    let (w, h) = (f64::from(rendering.size[0]), f64::from(rendering.size[1]));
    let mut svg = Svg::new(w, h, rendering.title);
    svg.raw(&format!("<image href=\"{}\" width=\"{w}\" height=\"{h}\"/>", data_uri(&rendering.png)));
    svg.open(if with_names { "arm" } else { "arm arm-small" });
    let project = |p: &Vector3<f64>| rendering.camera.project(p).map(|[x, y, _]| [x, y]);
    let along = rendering.name == "arm_along_needle";
    for needle in view.needles.iter().rev().skip(1) {
        if let (Some(a), Some(b)) = (needle.entry.as_ref().and_then(project), needle.tip.as_ref().and_then(project)) {
            svg.line(a, b, "earlier");
        }
    }
    if let Some(needle) = view.last_needle() {
        planned(&mut svg, needle, &rendering.camera, along);
    }
    if with_names {
        names(&mut svg, view, &rendering.camera, [w, h]);
    }
    if let Some(zoom) = rendering.camera.pixels_per_m() {
        // Larger than in the first picture: these are shown at half the width.
        svg.raw(&format!("<g transform=\"translate({} {}) scale(1.7)\">", 40.0, h - 26.0));
        svg.scale_bar([0.0, 0.0], 0.01 * zoom / 1.7, "bar", "10 mm");
        svg.raw("</g>");
    }
    svg.close();
    svg.finish()
}

fn planned(svg: &mut Svg, needle: &NeedlePath, camera: &Camera, along: bool) {
    let project = |p: &Vector3<f64>| camera.project(p).map(|[x, y, _]| [x, y]);
    if let (Some(entry), Some(tip)) = (needle.planned_entry, needle.planned_tip) {
        // The line is drawn on outwards, as long as the shaft, so that it shows beside the needle.
        let outside = (entry - tip).try_normalize(1e-9).map_or(entry, |d| tip + d * if along { 0.02 } else { 0.045 });
        if let (Some(a), Some(b)) = (project(&outside), project(&tip)) {
            svg.line(a, b, "plan");
        }
        if let Some([x, y]) = project(&tip) {
            svg.line([x - 7.0, y], [x + 7.0, y], "aim");
            svg.line([x, y - 7.0], [x, y + 7.0], "aim");
        }
    }
    if let Some(at) = needle.entry.as_ref().and_then(project) {
        svg.circle(at, 8.0, "entry", "entry point");
    }
}

/// Names beside vessels, nerves and bones, where there is room.
fn names(svg: &mut Svg, view: &View<'_>, camera: &Camera, [w, h]: [f64; 2]) {
    let mut taken: Vec<[f64; 4]> = Vec::new();
    if let Some((entry, tip)) = view.last_needle().and_then(|n| n.entry.zip(n.tip)) {
        // Nothing is written over the needle and its path.
        let ends = [tip, entry + (entry - tip).try_normalize(1e-9).unwrap_or_else(Vector3::zeros) * 0.04];
        let seen: Vec<[f64; 3]> = ends.iter().filter_map(|p| camera.project(p)).collect();
        if let [a, b] = seen[..] {
            taken.push([a[0].min(b[0]) - 10.0, a[1].min(b[1]) - 10.0, a[0].max(b[0]) + 10.0, a[1].max(b[1]) + 10.0]);
        }
    }
    for tube in view.tubes.iter().filter(|t| t.kind != TubeKind::Bone).take(40) {
        let text = words_of(&tube.name);
        let (width, height) = (text_width(&text, 12.5) + 6.0, 16.0);
        let along = [0.85, 0.15, 0.7, 0.3, 0.95, 0.05, 0.5, 0.6, 0.4].iter();
        let nodes = along.filter_map(|f| camera.project(&tube.nodes[(f * (tube.nodes.len() - 1) as f64).round() as usize].p));
        let places = nodes.flat_map(|[x, y, _]| [-24.0, 26.0, -40.0, 42.0].map(|dy| ([x, y], dy)));
        for (at, dy) in places {
            let (x, y) = (at[0], at[1] + dy);
            let rect = [x - 0.5 * width, y - 0.5 * height, x + 0.5 * width, y + 0.5 * height];
            let inside = rect[0] > 4.0 && rect[1] > 4.0 && rect[2] < w - 4.0 && rect[3] < h - 4.0;
            let free = taken.iter().all(|t| rect[2] < t[0] || rect[0] > t[2] || rect[3] < t[1] || rect[1] > t[3]);
            if inside && free {
                let class = match tube.kind {
                    TubeKind::Vein => "n-vein",
                    TubeKind::Artery => "n-artery",
                    TubeKind::Nerve | TubeKind::Bone => "n-nerve",
                };
                svg.line(at, [x, if dy < 0.0 { y + 6.0 } else { y - 7.0 }], "lead");
                svg.text([x, y + 4.0], Anchor::Middle, class, &text);
                taken.push(rect);
                break;
            }
        }
    }
}
