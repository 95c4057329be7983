//! The tree with the way in it, and the course in time.

use proband_core::Table;

use crate::svg::{LABEL_ROW_PX, Label, Plot, Scale, Svg, draw_labels, stack};
use crate::text::words_of;

const WIDTH: f64 = 900.0;
/// Pixels per metre of the tree, and its picture's height.
const ZOOM: f64 = 1500.0;
const TREE_PX: f64 = 400.0;
/// Branches thinner than this are left out of the picture [m].
const THIN_M: f64 = 0.45e-3;
/// Events marked at most.
const MARKS_MAX: usize = 18;

/// The airways from the front and from the left.
pub(super) fn tree(airways: &Table, target: &Table, ticks: Option<&Table>) -> String {
    let (Ok(branch), Ok(x), Ok(y), Ok(z), Ok(radius), Ok(on)) = (
        airways.i64s("branch"),
        airways.f64s("x_m"),
        airways.f64s("y_m"),
        airways.f64s("z_m"),
        airways.f64s("radius_m"),
        airways.bools("on_the_way"),
    ) else {
        return String::new();
    };
    let count = [x.len(), y.len(), z.len(), radius.len(), on.len(), branch.len()].into_iter().min().unwrap_or(0);
    let branch = &branch[..count];
    let mut svg = Svg::new(WIDTH, TREE_PX, "Airways, planned way, track of the tip, nodule");
    // Front: the patient's right is on the left of the picture. Side: his front is on the left.
    for (middle, across) in [(225.0, x), (675.0, y)] {
        let at = |i: usize| [middle + ZOOM * across[i], 170.0 - ZOOM * z[i]];
        for wanted in [false, true] {
            let mut from = 0;
            while from < branch.len() {
                let mut to = from + 1;
                while to < branch.len() && branch[to] == branch[from] {
                    to += 1;
                }
                if on[from] == wanted && radius[to - 1] > THIN_M {
                    let points: Vec<[f64; 2]> = (from..to).map(at).collect();
                    let width = (2.0 * ZOOM * radius[to - 1]).clamp(0.8, 30.0);
                    let data = crate::svg::path_data(&points, false);
                    let class = if wanted { "way" } else { "tree" };
                    let width = if wanted { 0.4 * width } else { width };
                    svg.raw(&format!("<path d=\"{data}\" class=\"{class}\" style=\"stroke-width:{}\"/>", crate::svg::px(width)));
                }
                from = to;
            }
        }
    }
    let first = |name: &str| target.f64s(name).ok().and_then(|v| v.first().copied()).unwrap_or(f64::NAN);
    let size = ZOOM * first("radius_m");
    for (middle, across) in [(225.0, "x_m"), (675.0, "y_m")] {
        svg.circle([middle + ZOOM * first(across), 170.0 - ZOOM * first("z_m")], size, "nod", "nodule");
    }
    if let Some((Ok(x), Ok(y), Ok(z))) = ticks.map(|t| (t.f64s("tip_x_m"), t.f64s("tip_y_m"), t.f64s("tip_z_m"))) {
        for (middle, across) in [(225.0, x), (675.0, y)] {
            let points: Vec<[f64; 2]> = across.iter().zip(z).step_by(3).map(|(a, z)| [middle + ZOOM * a, 170.0 - ZOOM * z]).collect();
            svg.path(&points, false, "trk");
        }
    }
    svg.scale_bar([20.0, TREE_PX - 12.0], 0.05 * ZOOM, "bar", "50 mm");
    format!("<figure>{}</figure>\n", svg.finish())
}

/// Wall force, error of the believed tip, distance to the target, needle.
pub(super) fn course(ticks: &Table, events: Option<&Table>) -> String {
    let Ok(times) = ticks.f64s("time_s") else { return String::new() };
    let (Some(start), Some(end)) = (times.first(), times.last()) else { return String::new() };
    let mut html = String::new();
    let curves = [
        ("to_target_m", "tip to the nodule's centre, mm", 1e3, "c-blue"),
        ("tip_error_m", "error of the believed tip, mm", 1e3, "c-red"),
        ("wall_force_n", "force on the wall, N", 1.0, "c-red"),
        ("needle_m", "needle out, mm", 1e3, "c-green"),
        ("breath", "breath, of a usual one", 1.0, "c-blue"),
    ];
    for (k, (column, name, factor, class)) in curves.into_iter().enumerate() {
        let Ok(values) = ticks.f64s(column) else { continue };
        let points: Vec<[f64; 2]> = times.iter().zip(values).map(|(t, v)| [*t, v * factor]).collect();
        let y = Scale::around(points.iter().map(|p| p[1]).filter(|v| v.is_finite()), &[0.0], 4);
        let mut plot = Plot { left: 52.0, top: 26.0, width: WIDTH - 80.0, height: 110.0, x: Scale::exact(*start, *end, 10), y };
        let mut labels = if k == 0 { marks(events) } else { Vec::new() };
        for label in &mut labels {
            label.x = plot.px_x(label.x);
        }
        let rows = stack(&mut labels, 11.0, plot.right(), plot.left + 220.0);
        plot.top += LABEL_ROW_PX * rows as f64;
        let mut svg = Svg::new(WIDTH, plot.top + 110.0 + 42.0, name);
        plot.frame(&mut svg, "time, s", name);
        draw_labels(&mut svg, &labels, plot.top, plot.bottom(), "lab");
        plot.curve(&mut svg, &points, class, name);
        html.push_str(&format!("<figure>{}</figure>\n", svg.finish()));
    }
    html
}

/// Phases and guards; `x` still a time.
fn marks(events: Option<&Table>) -> Vec<Label> {
    let Some((Ok(times), Ok(kinds))) = events.map(|t| (t.f64s("time_s"), t.texts("kind"))) else { return Vec::new() };
    let mut out: Vec<Label> = Vec::new();
    for (time, kind) in times.iter().zip(kinds) {
        let guard = kind.starts_with("guard:");
        let words = words_of(kind.rsplit_once(':').map_or(kind.as_str(), |(_, name)| name));
        if out.len() < MARKS_MAX && out.last().is_none_or(|last| last.text != words || time - last.x > 20.0) {
            out.push(Label::new(*time, words, guard));
        }
    }
    out
}
