//! Cross-sections: along the needle and across the vein.

use nalgebra::Vector3;
use proband_core::ops;

use super::believed::{main_site, stage_words};
use crate::{
    number::{fixed, sig},
    svg::{Anchor, Svg},
    text::words_of,
    view::{Belief, NeedlePath, Node, Tube, TubeKind, View},
};

type V = Vector3<f64>;

/// A vertical plane through the arm: s along it, y downwards, both in metres.
struct Plane {
    origin: V,
    /// Unit vector of s, horizontal.
    along: V,
    /// Unit vector out of the plane, horizontal.
    out: V,
}

impl Plane {
    fn new(origin: V, along: V) -> Option<Self> {
        let along = V::new(along.x, 0.0, along.z).try_normalize(1e-9)?;
        Some(Self { origin, along, out: V::new(along.z, 0.0, -along.x) })
    }

    fn s(&self, p: V) -> f64 {
        (p - self.origin).dot(&self.along)
    }

    fn point(&self, s: f64) -> V {
        self.origin + self.along * s
    }
}

/// Metres of the plane on pixels of the drawing, the same in both directions.
struct Window {
    s0: f64,
    s1: f64,
    y0: f64,
    y1: f64,
    left: f64,
    top: f64,
    per_m: f64,
}

impl Window {
    fn at(&self, s: f64, y: f64) -> [f64; 2] {
        [self.left + (s - self.s0) * self.per_m, self.top + (y - self.y0) * self.per_m]
    }
    fn width(&self) -> f64 {
        (self.s1 - self.s0) * self.per_m
    }
    fn height(&self) -> f64 {
        (self.y1 - self.y0) * self.per_m
    }
    /// A column every pixel and a half.
    fn columns(&self) -> impl Iterator<Item = f64> + '_ {
        let n = (self.width() / 1.5).clamp(2.0, 1200.0) as u32;
        (0..=n).map(move |i| self.s0 + (self.s1 - self.s0) * f64::from(i) / f64::from(n))
    }
}

/// The section along the needle, and where a tip at a given length behind the entry lies in it.
pub(super) struct Along {
    /// The drawing.
    pub svg: String,
    entry_px: [f64; 2],
    px_per_m: [f64; 2],
}

impl Along {
    /// Pixel of the tip when it is `depth_m` along the needle's line from the entry.
    pub fn tip_px(&self, depth_m: f64) -> [f64; 2] {
        [self.entry_px[0] + self.px_per_m[0] * depth_m, self.entry_px[1] + self.px_per_m[1] * depth_m]
    }
}

/// Latest belief about `quantity` at the main site before the needle went in.
fn latest<'a>(view: &'a View<'_>, site: &str, quantity: &str) -> Option<&'a Belief> {
    view.beliefs.iter().rev().find(|b| b.site == site && b.quantity == quantity && b.stage != "inserting" && b.mean.is_finite())
}

/// Draw the section along the needle of one attempt; `None` when its path was not recorded.
pub(super) fn along(view: &View<'_>, needle: &NeedlePath, mark_id: &str) -> Option<Along> {
    let (entry, tip) = needle.entry.zip(needle.tip)?;
    let plane = Plane::new(entry, tip - entry)?;
    let skin_y = |s: f64| view.skin.as_ref().and_then(|k| k.y_at(plane.point(s).x, plane.point(s).z));
    let tip_s = plane.s(tip);
    let planned_s = needle.planned_tip.map_or(tip_s, |p| plane.s(p));
    let (s0, s1) = (-0.014, tip_s.max(planned_s) + 0.012);
    let deepest = tip.y.max(needle.planned_tip.map_or(tip.y, |p| p.y)).max(needle.target.map_or(tip.y, |p| p.y));
    let (y0, y1) = (entry.y - 6.5e-3, deepest + 8.0e-3);
    let per_m = (860.0 / (s1 - s0)).min(440.0 / (y1 - y0)).clamp(1000.0, 60_000.0);
    let w = Window { s0, s1, y0, y1, left: 34.0, top: 10.0, per_m };
    let mut svg = Svg::new(900.0, w.height() + 56.0, "Section along the needle");
    svg.open("cut");
    layers(&mut svg, view, &w, &skin_y);
    for tube in &view.tubes {
        profile(&mut svg, tube, &plane, &w);
    }
    edge_ticks(&mut svg, &w, entry.y);
    shaft(&mut svg, &w, &plane, entry, tip);
    if let (Some(a), Some(b)) = (needle.planned_entry, needle.planned_tip) {
        let outside = b + (a - b) * (((b - a).norm() + 0.011) / (b - a).norm().max(1e-6));
        svg.line(w.at(plane.s(outside), outside.y), w.at(plane.s(b), b.y), "c-plan");
        let [x, y] = w.at(plane.s(b), b.y);
        svg.line([x - 6.0, y - 6.0], [x + 6.0, y + 6.0], "mark");
        svg.line([x - 6.0, y + 6.0], [x + 6.0, y - 6.0], "mark");
    }
    believed_walls(&mut svg, view, &w, &plane, planned_s, needle.planned_tip.unwrap_or(tip));
    svg.raw(&format!("<circle id=\"{mark_id}\" r=\"6\" class=\"now\"/>"));
    svg.scale_bar([w.left + w.width() - 5e-3 * per_m - 8.0, w.top + w.height() - 8.0], 5e-3 * per_m, "bar", "5 mm");
    svg.close();
    let direction = (tip - entry).normalize();
    let px_per_m = [direction.dot(&plane.along) * per_m, direction.y * per_m];
    Some(Along { svg: svg.finish(), entry_px: w.at(0.0, entry.y), px_per_m })
}

/// Air, skin, fat and what is below, by the recorded thicknesses.
fn layers(svg: &mut Svg, view: &View<'_>, w: &Window, skin_y: &dyn Fn(f64) -> Option<f64>) {
    svg.rect([w.left, w.top], [w.width(), w.height()], "l-air", "");
    let surface: Vec<(f64, f64)> = w.columns().filter_map(|s| Some((s, skin_y(s)?))).collect();
    if surface.len() < 2 {
        return;
    }
    let (skin, fat) = thicknesses(view);
    let bottom = w.y1;
    let mut below = |depth: f64, class: &str| {
        let mut points: Vec<[f64; 2]> = surface.iter().map(|(s, y)| w.at(*s, (y + depth).clamp(w.y0, bottom))).collect();
        points.push(w.at(surface[surface.len() - 1].0, bottom));
        points.push(w.at(surface[0].0, bottom));
        svg.path(&points, true, class);
    };
    below(0.0, if skin.is_some() { "l-dermis" } else { "l-muscle" });
    if let Some(skin) = skin {
        below(skin, if fat.is_some() { "l-fat" } else { "l-muscle" });
        if let Some(fat) = fat {
            below(skin + fat, "l-muscle");
        }
    }
    let inside = |y: f64| if y >= w.y0 && y <= w.y1 { y } else { f64::NAN };
    let line: Vec<[f64; 2]> = surface.iter().map(|(s, y)| w.at(*s, inside(*y))).collect();
    svg.path(&line, false, "skin-line");
    let (s, y) = surface[surface.len() - 1];
    let mut label = |depth: f64, text: &str| {
        if y + depth < w.y1 - 0.6e-3 && y + depth > w.y0 + 0.4e-3 {
            let [x, row] = w.at(s, y + depth);
            svg.text([x - 4.0, row + 4.0], Anchor::End, "small", text);
        }
    };
    label(-0.9e-3, "air");
    if let Some(skin) = skin {
        label(0.5 * skin, "skin");
        if let Some(fat) = fat {
            label(skin + 0.5 * fat.min(4e-3), "fat");
            label(skin + fat + 1.0e-3, "below the fat");
        }
    }
}

/// Recorded thickness of the skin and of the fat under it [m].
fn thicknesses(view: &View<'_>) -> (Option<f64>, Option<f64>) {
    let find = |word: &str, not: &str| {
        view.parameters
            .iter()
            .filter(|p| p.unit == "m" && p.value > 0.0 && p.value < 0.05)
            .find(|p| {
                let name = p.name.to_lowercase();
                name.contains(word) && (not.is_empty() || !name.contains(not)) && !name.contains("per_")
            })
            .map(|p| p.value)
    };
    let epidermis = find("epidermis", "");
    let dermis = find("dermis", "epidermis").or_else(|| find("skin_thickness", ""));
    (dermis.map(|d| d + epidermis.unwrap_or(0.0)), find("fat", "scatter"))
}

/// Cut of a tube by the plane, column by column.
///
/// In each column the tube is taken as upright above its nearest point in plan: half-height
/// b √(1 − (e/a)²) at the distance e from the axis. Exact for a level tube; here the slopes are small.
fn profile(svg: &mut Svg, tube: &Tube, plane: &Plane, w: &Window) {
    let class = class_of(tube.kind);
    let mut run: Vec<(f64, f64, f64)> = Vec::new();
    let mut named = false;
    let mut close = |svg: &mut Svg, run: &mut Vec<(f64, f64, f64)>| {
        if run.len() >= 2 {
            let clamp = |y: f64| y.clamp(w.y0, w.y1);
            let mut points: Vec<[f64; 2]> = run.iter().map(|(s, top, _)| w.at(*s, clamp(*top))).collect();
            points.extend(run.iter().rev().map(|(s, _, bottom)| w.at(*s, clamp(*bottom))));
            if run.iter().any(|(_, top, bottom)| *top < w.y1 && *bottom > w.y0) {
                svg.path(&points, true, class);
                let (s, _, bottom) = run[run.len() / 3];
                if !named && bottom < w.y1 - 1.2e-3 {
                    svg.text([w.at(s, 0.0)[0], w.at(s, bottom)[1] + 14.0], Anchor::Middle, "lab halo", &words_of(&tube.name));
                    named = true;
                }
            }
        }
        run.clear();
    };
    for s in w.columns() {
        match cut(tube, plane.point(s)) {
            Some((top, bottom)) => run.push((s, top, bottom)),
            None => close(svg, &mut run),
        }
    }
    close(svg, &mut run);
}

/// Upper and lower end of a tube at a point in plan.
fn cut(tube: &Tube, at: V) -> Option<(f64, f64)> {
    let mut best: Option<(f64, f64, f64, f64)> = None;
    for pair in tube.nodes.windows(2) {
        let (a, b) = (pair[0], pair[1]);
        let (dx, dz) = (b.p.x - a.p.x, b.p.z - a.p.z);
        let length2 = dx * dx + dz * dz;
        let t = if length2 > 0.0 { (((at.x - a.p.x) * dx + (at.z - a.p.z) * dz) / length2).clamp(0.0, 1.0) } else { 0.0 };
        let (x, z) = (a.p.x + t * dx, a.p.z + t * dz);
        let distance2 = (at.x - x) * (at.x - x) + (at.z - z) * (at.z - z);
        if best.is_none_or(|(d, ..)| distance2 < d) {
            let mix = |p: f64, q: f64| p + t * (q - p);
            best = Some((distance2, mix(a.p.y, b.p.y), mix(a.semi_h_m, b.semi_h_m), mix(a.semi_v_m, b.semi_v_m)));
        }
    }
    let (distance2, y, h, v) = best?;
    let rest = 1.0 - distance2 / (h * h);
    (rest > 0.0).then(|| (y - v * rest.sqrt(), y + v * rest.sqrt()))
}

fn class_of(kind: TubeKind) -> &'static str {
    match kind {
        TubeKind::Vein => "v-vein",
        TubeKind::Artery => "v-artery",
        TubeKind::Nerve => "v-nerve",
        TubeKind::Bone => "v-bone",
    }
}

/// The needle with its bevel, from outside to the tip.
fn shaft(svg: &mut Svg, w: &Window, plane: &Plane, entry: V, tip: V) {
    let d = (tip - entry).normalize();
    let normal = [-d.y, d.dot(&plane.along)];
    let at = |p: V, side: f64| w.at(plane.s(p) + side * normal[0], p.y + side * normal[1]);
    let radius = 0.41e-3;
    let outside = entry - d * 0.0115;
    // The bevel opens towards the skin.
    let heel = tip - d * 2.2e-3;
    svg.path(&[at(outside, -radius), at(heel, -radius), at(tip, radius), at(outside, radius)], true, "needle");
    svg.circle(w.at(0.0, entry.y), 4.5, "dot", "entry point");
}

/// Where the front and back wall were believed to be at the planned tip: the true walls there, moved by what the
/// beliefs were off. (Depth counts along the normal of the skin; the difference does not depend on the slope.)
fn believed_walls(svg: &mut Svg, view: &View<'_>, w: &Window, plane: &Plane, s: f64, target: V) {
    let site = main_site(view);
    let vein = nearest_vein(view, target).and_then(|(name, ..)| view.tubes.iter().find(|t| t.name == name));
    let (Some(depth), Some((front, back))) = (latest(view, &site, "depth_m"), vein.and_then(|t| cut(t, plane.point(s)))) else { return };
    let mut wall = |y: f64, sd: f64, rise: f64, text: &str| {
        if !y.is_finite() {
            return;
        }
        let reach = if sd.is_finite() { 1.96 * sd } else { 0.0 };
        let (x, top, bottom) = (w.at(s, y)[0] + 22.0, w.at(s, (y - reach).max(w.y0))[1], w.at(s, (y + reach).min(w.y1))[1]);
        svg.line([x, top], [x, bottom], "whisker-blue");
        for row in [top, bottom] {
            svg.line([x - 4.0, row], [x + 4.0, row], "whisker-blue");
        }
        svg.circle([x, w.at(s, y)[1]], 3.2, "dot-blue", "");
        svg.text([x + 9.0, w.at(s, y)[1] + rise], Anchor::Start, "lab t-blue halo", text);
    };
    let off = depth.mean - depth.truth;
    wall(front + off, depth.sd, -7.0, "front wall, believed");
    if let Some(height) = latest(view, &site, "diameter_v_m") {
        let sd = (depth.sd * depth.sd + height.sd * height.sd).sqrt();
        wall(back + off + height.mean - height.truth, sd, 15.0, "back wall, believed");
    }
}

/// Depth marks at the left edge and lengths below, in millimetres.
fn edge_ticks(svg: &mut Svg, w: &Window, zero_y: f64) {
    let step = 2e-3;
    let first = ((w.y0 - zero_y) / step).ceil() as i32;
    for i in (first..first + 60).take_while(|i| zero_y + f64::from(*i) * step <= w.y1) {
        let y = w.at(0.0, zero_y + f64::from(i) * step)[1];
        svg.line([w.left - 4.0, y], [w.left, y], "axis");
        svg.text([w.left - 7.0, y + 3.5], Anchor::End, "tick", &fixed(f64::from(2 * i), 0));
    }
    let first = (w.s0 / 5e-3).ceil() as i32;
    for i in (first..first + 60).take_while(|i| f64::from(*i) * 5e-3 <= w.s1) {
        let x = w.at(f64::from(i) * 5e-3, 0.0)[0];
        svg.line([x, w.top + w.height()], [x, w.top + w.height() + 4.0], "axis");
        svg.text([x, w.top + w.height() + 16.0], Anchor::Middle, "tick", &fixed(f64::from(5 * i), 0));
    }
    svg.line([w.left, w.top + w.height()], [w.left + w.width(), w.top + w.height()], "axis");
    svg.line([w.left, w.top], [w.left, w.top + w.height()], "axis");
    let x = w.left + 0.5 * w.width();
    svg.text(
        [x, w.top + w.height() + 34.0],
        Anchor::Middle,
        "name",
        "along the arm from the entry point, mm (numbers at the left: depth under the entry point, mm)",
    );
}

/// Draw the section across the vein at the target, with what was believed of the lumen.
pub(super) fn across(view: &View<'_>, needle: &NeedlePath) -> Option<String> {
    let target = needle.target.or(needle.planned_tip).or(needle.tip)?;
    let (vein, centre, tangent) = nearest_vein(view, target)?;
    let lateral = V::new(tangent.z, 0.0, -tangent.x);
    let lateral = if lateral.x < 0.0 { -lateral } else { lateral };
    let plane = Plane::new(V::new(centre.p.x, 0.0, centre.p.z), lateral)?;
    let skin_y = |s: f64| view.skin.as_ref().and_then(|k| k.y_at(plane.point(s).x, plane.point(s).z));
    let surface = skin_y(0.0).unwrap_or(centre.p.y - 6e-3);
    // As much skin as fits above the vein; where the arm slopes away it leaves the picture.
    let highest = (-10..=10).filter_map(|i| skin_y(1e-3 * f64::from(i))).fold(surface, f64::min);
    let (y0, y1) = (highest.max(surface - 4e-3) - 1.5e-3, centre.p.y + centre.semi_v_m + 4.0e-3);
    let per_m = (400.0 / (y1 - y0)).clamp(1000.0, 80_000.0);
    let reach = 300.0 / per_m;
    let w = Window { s0: -reach, s1: reach, y0, y1, left: 34.0, top: 10.0, per_m };
    let mut svg = Svg::new(w.width() + 260.0, w.height() + 52.0, "Section across the vein");
    svg.open("cut");
    layers(&mut svg, view, &w, &skin_y);
    for tube in &view.tubes {
        if let Some((s, node, stretch)) = crossing(tube, &plane).filter(|(s, n, _)| s.abs() < reach - n.semi_h_m && n.p.y + n.semi_v_m < y1)
        {
            svg.ellipse(
                w.at(s, node.p.y),
                [node.semi_h_m * stretch * per_m, node.semi_v_m * per_m],
                class_of(tube.kind),
                &words_of(&tube.name),
            );
            if tube.name != vein {
                svg.text(w.at(s, node.p.y + node.semi_v_m + 0.7e-3), Anchor::Middle, "lab halo", &words_of(&tube.name));
            }
        }
    }
    let stages = believed_ellipses(&mut svg, view, &w, &centre);
    if let Some(tip) = needle.tip {
        let out = plane.out.dot(&(tip - plane.origin)).abs();
        svg.circle(w.at(plane.s(tip), tip.y), 5.0, "dot-wine", &format!("tip, {} mm along the vein from this section", sig(out * 1e3, 2)));
        svg.text([w.at(plane.s(tip), 0.0)[0] + 9.0, w.at(0.0, tip.y)[1] + 4.0], Anchor::Start, "lab t-wine halo", "tip");
    }
    edge(&mut svg, &w, surface);
    svg.scale_bar([w.left + 10.0, w.top + w.height() - 9.0], 2e-3 * per_m, "bar", "2 mm");
    key(&mut svg, w.left + w.width() + 18.0, &stages);
    svg.close();
    Some(svg.finish())
}

/// Depth marks of the section across.
fn edge(svg: &mut Svg, w: &Window, surface: f64) {
    for i in 0..20 {
        let y = surface + f64::from(i) * 2e-3;
        if y <= w.y1 {
            svg.line([w.left - 4.0, w.at(0.0, y)[1]], [w.left, w.at(0.0, y)[1]], "axis");
            svg.text([w.left - 7.0, w.at(0.0, y)[1] + 3.5], Anchor::End, "tick", &(2 * i).to_string());
        }
    }
    svg.line([w.left, w.top], [w.left, w.top + w.height()], "axis");
    svg.text(
        [w.left, w.top + w.height() + 20.0],
        Anchor::Start,
        "name",
        "numbers at the left: depth under the skin above the vein, mm; the patient's left is to the right",
    );
}

/// Ellipses as the stages believed them: the true lumen, moved and stretched by what the beliefs were off.
/// Returns what was drawn.
fn believed_ellipses(svg: &mut Svg, view: &View<'_>, w: &Window, truth: &Node) -> Vec<(String, String)> {
    let site = main_site(view);
    let mut drawn = Vec::new();
    for stage in ["prior", "nir", "ultrasound", "aligned"] {
        let get = |quantity: &str| {
            view.beliefs
                .iter()
                .rev()
                .find(|b| b.site == site && b.stage == stage && b.quantity == quantity && (b.mean - b.truth).is_finite())
        };
        let (Some(depth), Some(dv), Some(dh)) = (get("depth_m"), get("diameter_v_m"), get("diameter_h_m")) else { continue };
        let s = get("lateral_m").map_or(0.0, |b| b.mean - b.truth);
        // By ratios: the drawn lumen is at rest, the believed one is filled under the tourniquet.
        let (semi_h, semi_v) = (truth.semi_h_m * dh.mean / dh.truth, truth.semi_v_m * dv.mean / dv.truth);
        let centre = w.at(s.clamp(w.s0, w.s1), truth.p.y - truth.semi_v_m + depth.mean - depth.truth + semi_v);
        let semi = [semi_h * w.per_m, semi_v * w.per_m];
        let inside = centre[1] + semi[1] < w.top + w.height() && centre[0] - semi[0] > w.left && centre[0] + semi[0] < w.left + w.width();
        if inside {
            svg.ellipse(centre, semi, &format!("b-{stage}"), &stage_words(stage));
        }
        let note = if inside { String::new() } else { " (outside of the picture)".into() };
        drawn.push((
            format!("b-{stage}"),
            format!("{}{note}: {} deep, {} high", stage_words(stage), fixed(depth.mean * 1e3, 1), fixed(dv.mean * 1e3, 1)),
        ));
    }
    drawn
}

fn key(svg: &mut Svg, left: f64, stages: &[(String, String)]) {
    svg.ellipse([left + 13.0, 24.0], [12.0, 7.0], "v-vein", "");
    svg.text([left + 34.0, 28.0], Anchor::Start, "lab", "true lumen");
    for (i, (class, text)) in stages.iter().enumerate() {
        let y = 52.0 + 34.0 * i as f64;
        svg.ellipse([left + 13.0, y], [12.0, 7.0], class, "");
        let (first, rest) = text.split_once(':').unwrap_or((text, ""));
        svg.text([left + 34.0, y + 1.0], Anchor::Start, "lab", first);
        svg.text([left + 34.0, y + 15.0], Anchor::Start, "small", &format!("{} mm", rest.trim()));
    }
}

/// Name, point and direction in plan of the vein whose axis passes nearest to a point.
fn nearest_vein<'a>(view: &'a View<'_>, at: V) -> Option<(&'a str, Node, V)> {
    let mut best: Option<(f64, &str, Node, V)> = None;
    for tube in view.tubes.iter().filter(|t| t.kind == TubeKind::Vein) {
        for pair in tube.nodes.windows(2) {
            let d = pair[1].p - pair[0].p;
            let length2 = d.norm_squared();
            let t = if length2 > 0.0 { ((at - pair[0].p).dot(&d) / length2).clamp(0.0, 1.0) } else { 0.0 };
            let node = mix(&pair[0], &pair[1], t);
            let distance = (node.p - at).norm();
            if best.as_ref().is_none_or(|(b, ..)| distance < *b) {
                best = Some((distance, &tube.name, node, V::new(d.x, 0.0, d.z)));
            }
        }
    }
    let (_, name, node, tangent) = best?;
    Some((name, node, tangent.try_normalize(1e-9)?))
}

fn mix(a: &Node, b: &Node, t: f64) -> Node {
    Node {
        p: a.p + (b.p - a.p) * t,
        semi_h_m: a.semi_h_m + t * (b.semi_h_m - a.semi_h_m),
        semi_v_m: a.semi_v_m + t * (b.semi_v_m - a.semi_v_m),
    }
}

/// Where a tube goes through a plane: s, the node there, and how much the slant widens it.
fn crossing(tube: &Tube, plane: &Plane) -> Option<(f64, Node, f64)> {
    let mut best: Option<(f64, Node, f64)> = None;
    for pair in tube.nodes.windows(2) {
        let out = |p: V| plane.out.dot(&(p - plane.origin));
        let (a, b) = (out(pair[0].p), out(pair[1].p));
        if (a <= 0.0) == (b <= 0.0) {
            continue;
        }
        let node = mix(&pair[0], &pair[1], a / (a - b));
        let d = pair[1].p - pair[0].p;
        let slant = (plane.out.dot(&d) / ops::hypot(d.x, d.z).max(1e-12)).abs().max(0.2);
        let s = plane.s(node.p);
        if best.as_ref().is_none_or(|(other, ..)| s.abs() < other.abs()) {
            best = Some((s, node, 1.0 / slant));
        }
    }
    best
}
