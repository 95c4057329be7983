//! The pictures that the robot worked from, with what it found in them.

use crate::{
    number::{duration, sig},
    page::{Section, absent, data_uri},
    svg::{Anchor, Svg, path_data, px, text_width},
    text::{clip, esc, title_of, words_of},
    view::{Picture, Shape, View},
};

/// The section.
pub(super) fn section(view: &View<'_>) -> Section {
    let mut body = String::new();
    if view.pictures.is_empty() {
        body.push_str(&absent("table images, so nothing shows what the robot saw"));
    } else {
        body.push_str("<p class=\"lead\">Simulated near-infrared and ultrasound pictures with noise and speckle. Everything drawn over them was found in the picture by the robot's own perception; it has no other view of the patient. The switch above each picture takes the drawing off.</p>\n");
        let all: Vec<(usize, &Picture<'_>)> = view.pictures.iter().enumerate().collect();
        // A scan has many stations: the first with something found are shown, the others folded away.
        let (scan, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|(_, p)| p.name.starts_with("us_scan"));
        let wanted = if scan.iter().all(|(_, p)| layout(p) == "third") { 3 } else { 2 };
        let telling = scan.iter().copied().filter(|(_, p)| !p.shapes.is_empty()).chain(scan.iter().copied());
        let mut first: Vec<(usize, &Picture<'_>)> = Vec::new();
        for picture in telling {
            if first.len() < wanted && !first.iter().any(|(i, _)| *i == picture.0) {
                first.push(picture);
            }
        }
        first.sort_by_key(|(i, _)| *i);
        let rest: Vec<_> = scan.iter().copied().filter(|(i, _)| !first.iter().any(|(j, _)| j == i)).collect();
        let (large, small): (Vec<_>, Vec<_>) = others.into_iter().partition(|(_, p)| layout(p) == "whole");
        body.push_str(&grid(&large));
        body.push_str(&grid(&first));
        if !rest.is_empty() {
            let noun = if rest.len() == 1 { "station" } else { "stations" };
            body.push_str(&format!(
                "<details><summary>{} more {noun} of the ultrasound scan</summary>{}</details>\n",
                rest.len(),
                grid(&rest)
            ));
        }
        body.push_str(&grid(&small));
        if !view.pictures.iter().any(|p| p.modality == "near_infrared" || p.name.starts_with("nir")) {
            body.push_str(&absent("a near-infrared picture"));
        }
        if !view.pictures.iter().any(|p| p.name.starts_with("us_insert") || p.name.starts_with("us_lumen")) {
            body.push_str(&absent("an ultrasound picture during the insertion"));
        }
    }
    Section { id: "seen", title: "What the robot saw", body }
}

fn grid(pictures: &[(usize, &Picture<'_>)]) -> String {
    let class = match pictures {
        [] => return String::new(),
        list if list.iter().all(|(_, p)| layout(p) == "third") => "third",
        list if list.iter().all(|(_, p)| layout(p) == "whole") => "whole",
        _ => "pair",
    };
    let figures: String = pictures.iter().map(|(i, p)| figure_of(p, *i)).collect();
    format!("<div class=\"{class}\">\n{figures}</div>\n")
}

/// How wide a picture is shown: over the page, in two columns, or, when it is upright, in three.
fn layout(picture: &Picture<'_>) -> &'static str {
    match (picture.width, picture.height) {
        (w, h) if h > w => "third",
        (w, _) if w > 560 => "whole",
        _ => "pair",
    }
}

fn figure_of(picture: &Picture<'_>, index: usize) -> String {
    let what = match picture.modality.as_str() {
        "nir" | "near_infrared" => "near-infrared".into(),
        "us" | "bmode" | "b-mode" => "ultrasound".into(),
        other => words_of(other),
    };
    let mut facts = vec![what];
    if picture.time_s.is_finite() {
        facts.push(format!("{} from the beginning", duration(picture.time_s)));
    }
    let size = format!("{} × {} pixels", picture.width, picture.height);
    facts.push(if picture.pixel_m > 0.0 { format!("{size} of {} mm", sig(picture.pixel_m * 1e3, 2)) } else { size });
    if rated(picture) {
        facts.push("numbers: confidence of the robot in each stretch".into());
    }
    let title = if picture.caption.is_empty() { title_of(&picture.name) } else { picture.caption.clone() };
    let switch = if picture.shapes.is_empty() {
        String::new()
    } else {
        format!(
            "<input type=\"checkbox\" class=\"switch\" id=\"over{index}\" checked> <label for=\"over{index}\" class=\"switch\">what the robot found</label>\n"
        )
    };
    format!(
        "<figure>{switch}{}<figcaption><b>{}.</b> {} (<code>{}</code>).</figcaption></figure>\n",
        drawing(picture),
        esc(title.trim_end_matches('.')),
        esc(&facts.join(", ")),
        esc(&picture.name)
    )
}

fn drawing(picture: &Picture<'_>) -> String {
    let (w, h) = (f64::from(picture.width), f64::from(picture.height));
    // Laid out as wide as it is shown, whatever the recorded size, so that lines and words stay readable.
    let zoom = match layout(picture) {
        "whole" => (900.0 / w).min(560.0 / h),
        "pair" => 440.0 / w,
        _ => (290.0 / w).min(500.0 / h),
    };
    let mut svg = Svg::new(w * zoom, h * zoom, &picture.name);
    svg.open("pic");
    svg.raw(&format!("<image href=\"{}\" width=\"{}\" height=\"{}\"/>", data_uri(picture.png), px(w * zoom), px(h * zoom)));
    svg.open("over");
    let many = rated(picture);
    let mut labels: Vec<(String, [f64; 2])> = Vec::new();
    for shape in picture.shapes.iter().take(400) {
        // Pixel centres of the picture lie at whole numbers.
        let points: Vec<[f64; 2]> = shape.points_px.iter().map(|p| [(p[0] + 0.5) * zoom, (p[1] + 0.5) * zoom]).collect();
        draw(&mut svg, shape, &points);
        let text = short_label(shape, many);
        let width = text_width(&text, 12.0);
        let clear = |at: [f64; 2]| {
            labels
                .iter()
                .all(|(t, p)| (p[1] - at[1]).abs() > 13.0 || at[0] > p[0] + text_width(t, 12.0) + 6.0 || p[0] > at[0] + width + 6.0)
        };
        if let Some(at) = label_place(&points, width, w * zoom, h * zoom).filter(|at| !text.is_empty() && labels.len() < 24 && clear(*at))
            && (many || !labels.iter().any(|(known, _)| *known == text))
        {
            labels.push((text, at));
        }
    }
    for (text, at) in &labels {
        svg.text(*at, Anchor::Start, "lab", text);
    }
    svg.close();
    if picture.pixel_m > 0.0 {
        let per_m = zoom / picture.pixel_m;
        let length_mm = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0].into_iter().rev().find(|l| l * 1e-3 * per_m < 0.3 * w * zoom).unwrap_or(1.0);
        let length = length_mm * 1e-3 * per_m;
        svg.scale_bar([w * zoom - length - 14.0, h * zoom - 12.0], length, "bar", &format!("{length_mm} mm"));
    }
    svg.close();
    svg.finish()
}

/// Whether many shapes carry a confidence, so that their labels are the number alone.
fn rated(picture: &Picture<'_>) -> bool {
    picture.shapes.iter().filter(|s| s.label.contains(", confidence ")).count() > 4
}

/// Colour by what a shape shows.
fn colour(shape: &Shape) -> &'static str {
    let label = shape.label.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|w| label.contains(w));
    if has(&["needle", "tip", "shaft"]) {
        "o-needle"
    } else if has(&["arter"]) {
        "o-artery"
    } else if has(&["site", "target", "entry", "chosen", "plan"]) {
        "o-target"
    } else if has(&["vein", "lumen", "vessel", "cephalic", "basilic", "cubital", "antebrachial"]) {
        "o-vein"
    } else {
        "o-other"
    }
}

fn draw(svg: &mut Svg, shape: &Shape, points: &[[f64; 2]]) {
    let colour = colour(shape);
    let stroke = |svg: &mut Svg, data: &str, width: f64| {
        if !data.is_empty() {
            svg.raw(&format!(
                "<path d=\"{data}\" class=\"ob\" stroke-width=\"{}\"/><path d=\"{data}\" class=\"of {colour}\" stroke-width=\"{}\"/>",
                px(width + 2.0),
                px(width)
            ));
        }
    };
    match (shape.kind.as_str(), points) {
        ("cross", points) => {
            for [x, y] in points.iter().take(200) {
                let data =
                    format!("{}{}", path_data(&[[x - 7.0, *y], [x + 7.0, *y]], false), path_data(&[[*x, y - 7.0], [*x, y + 7.0]], false));
                stroke(svg, &data, 1.8);
            }
        }
        ("ellipse", [[x, y]]) => stroke(svg, &path_data(&[[x - 4.0, *y], [*x, y - 4.0], [x + 4.0, *y], [*x, y + 4.0]], true), 1.6),
        ("ellipse", points) => stroke(svg, &path_data(points, true), 1.8),
        (_, points) => stroke(svg, &path_data(points, false), 1.8),
    }
}

/// Where a label of a shape begins: beside its rightmost point, or above it where there is no room at the right.
fn label_place(points: &[[f64; 2]], width: f64, w: f64, h: f64) -> Option<[f64; 2]> {
    let right = points.iter().copied().reduce(|a, b| if b[0] > a[0] { b } else { a })?;
    if right[0] + 9.0 + width < w - 4.0 {
        return Some([right[0] + 9.0, (right[1] - 5.0).clamp(14.0, h - 6.0)]);
    }
    let top = points.iter().map(|p| p[1]).fold(f64::INFINITY, f64::min);
    Some([(w - 6.0 - width).max(4.0), (top - 6.0).clamp(14.0, h - 6.0)])
}

/// The label as it is written: where many shapes of a picture are "vein, confidence 0.90", the number says enough.
fn short_label(shape: &Shape, many: bool) -> String {
    match shape.label.split_once(", confidence ") {
        Some((_, number)) if many => number.to_owned(),
        _ => clip(&words_of(&shape.label), 40),
    }
}
