//! Drawings as inline SVG. Every word goes through [`esc`], every coordinate is finite.

mod plot;
mod scale;

pub(crate) use plot::{LABEL_ROW_PX, Label, Plot, draw_labels, stack};
pub(crate) use scale::Scale;

use crate::text::esc;

/// Where a text is anchored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    /// Begins at the point.
    Start,
    /// Centred on the point.
    Middle,
    /// Ends at the point.
    End,
}

impl Anchor {
    const fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Middle => "middle",
            Self::End => "end",
        }
    }
}

/// A coordinate with at most two decimals; out-of-range values are held at ± 100 000.
pub(crate) fn px(value: f64) -> String {
    let value = if value.is_finite() { value.clamp(-1e5, 1e5) } else { 0.0 };
    let hundredths = (value * 100.0).round() as i64;
    let (whole, rest) = (hundredths.abs() / 100, hundredths.abs() % 100);
    let sign = if hundredths < 0 { "-" } else { "" };
    match (rest / 10, rest % 10) {
        (0, 0) => format!("{sign}{whole}"),
        (tenth, 0) => format!("{sign}{whole}.{tenth}"),
        _ => format!("{sign}{whole}.{rest:02}"),
    }
}

/// Width of a text [pixel] in a sans-serif font of the given size, roughly.
pub(crate) fn text_width(text: &str, size: f64) -> f64 {
    let per_char = |c: char| match c {
        'i' | 'l' | 'j' | '.' | ',' | ':' | ';' | '|' | '\'' | ' ' | '\u{a0}' | 'I' | 't' | 'f' | 'r' => 0.33,
        'm' | 'w' | 'M' | 'W' | '–' | '—' => 0.85,
        c if c.is_uppercase() => 0.68,
        _ => 0.56,
    };
    size * text.chars().map(per_char).sum::<f64>()
}

/// A drawing.
pub(crate) struct Svg {
    width: f64,
    height: f64,
    title: String,
    body: String,
}

impl Svg {
    /// An empty drawing, `width` × `height` in its own pixels; `title` is read out by screen readers.
    pub fn new(width: f64, height: f64, title: &str) -> Self {
        Self { width, height, title: title.into(), body: String::new() }
    }

    /// Append markup that this crate wrote itself.
    pub fn raw(&mut self, markup: &str) {
        self.body.push_str(markup);
    }

    /// Open a group with the given class.
    pub fn open(&mut self, class: &str) {
        self.raw(&format!("<g class=\"{class}\">"));
    }

    /// Close the last group.
    pub fn close(&mut self) {
        self.raw("</g>\n");
    }

    /// A straight line.
    pub fn line(&mut self, a: [f64; 2], b: [f64; 2], class: &str) {
        if [a[0], a[1], b[0], b[1]].iter().all(|v| v.is_finite()) {
            self.raw(&format!("<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" class=\"{class}\"/>", px(a[0]), px(a[1]), px(b[0]), px(b[1])));
        }
    }

    /// A polyline, or a polygon when `closed`. Points that are not finite break the line.
    pub fn path(&mut self, points: &[[f64; 2]], closed: bool, class: &str) {
        let data = path_data(points, closed);
        if !data.is_empty() {
            self.raw(&format!("<path d=\"{data}\" class=\"{class}\"/>"));
        }
    }

    /// A rectangle with an optional tooltip.
    pub fn rect(&mut self, corner: [f64; 2], size: [f64; 2], class: &str, tooltip: &str) {
        if corner.iter().chain(&size).all(|v| v.is_finite()) && size[0] >= 0.0 && size[1] >= 0.0 {
            let place = format!("x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"", px(corner[0]), px(corner[1]), px(size[0]), px(size[1]));
            self.shape("rect", &place, class, tooltip);
        }
    }

    /// A disc with an optional tooltip.
    pub fn circle(&mut self, centre: [f64; 2], radius: f64, class: &str, tooltip: &str) {
        if centre.iter().all(|v| v.is_finite()) && radius > 0.0 {
            let place = format!("cx=\"{}\" cy=\"{}\" r=\"{}\"", px(centre[0]), px(centre[1]), px(radius));
            self.shape("circle", &place, class, tooltip);
        }
    }

    /// An ellipse with axes along x and y.
    pub fn ellipse(&mut self, centre: [f64; 2], semi: [f64; 2], class: &str, tooltip: &str) {
        if centre.iter().chain(&semi).all(|v| v.is_finite()) && semi[0] > 0.0 && semi[1] > 0.0 {
            let place = format!("cx=\"{}\" cy=\"{}\" rx=\"{}\" ry=\"{}\"", px(centre[0]), px(centre[1]), px(semi[0]), px(semi[1]));
            self.shape("ellipse", &place, class, tooltip);
        }
    }

    fn shape(&mut self, name: &str, place: &str, class: &str, tooltip: &str) {
        if tooltip.is_empty() {
            self.raw(&format!("<{name} {place} class=\"{class}\"/>"));
        } else {
            self.raw(&format!("<{name} {place} class=\"{class}\"><title>{}</title></{name}>", esc(tooltip)));
        }
    }

    /// A diamond, the mark of what was true.
    pub fn diamond(&mut self, centre: [f64; 2], radius: f64, class: &str) {
        let [x, y] = centre;
        self.path(&[[x, y - radius], [x + radius, y], [x, y + radius], [x - radius, y]], true, class);
    }

    /// A text of one line.
    pub fn text(&mut self, at: [f64; 2], anchor: Anchor, class: &str, text: &str) {
        if at.iter().all(|v| v.is_finite()) {
            let (x, y, anchor) = (px(at[0]), px(at[1]), anchor.name());
            self.raw(&format!("<text x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\" class=\"{class}\">{}</text>", esc(text)));
        }
    }

    /// A line with a scale: its two ends and the label over it.
    pub fn scale_bar(&mut self, left: [f64; 2], length: f64, class: &str, label: &str) {
        let right = [left[0] + length, left[1]];
        self.line(left, right, class);
        for end in [left, right] {
            self.line([end[0], end[1] - 4.0], [end[0], end[1] + 4.0], class);
        }
        self.text([0.5 * (left[0] + right[0]), left[1] - 7.0], Anchor::Middle, &format!("{class}-text"), label);
    }

    /// The drawing as markup that fills its column.
    pub fn finish(self) -> String {
        let (w, h) = (px(self.width), px(self.height));
        let title = esc(&self.title);
        format!(
            "<svg viewBox=\"0 0 {w} {h}\" style=\"max-width:{w}px\" role=\"img\" aria-label=\"{title}\" xmlns=\"http://www.w3.org/2000/svg\">\n{}</svg>",
            self.body
        )
    }
}

/// Path data of a polyline; breaks at points that are not finite.
pub(crate) fn path_data(points: &[[f64; 2]], closed: bool) -> String {
    let mut data = String::with_capacity(points.len() * 12);
    let mut pen_down = false;
    let mut drawn = 0_usize;
    for p in points {
        if !(p[0].is_finite() && p[1].is_finite()) {
            pen_down = false;
            continue;
        }
        data.push(if pen_down { 'L' } else { 'M' });
        data.push_str(&px(p[0]));
        data.push(' ');
        data.push_str(&px(p[1]));
        pen_down = true;
        drawn += 1;
    }
    if drawn < 2 {
        return String::new();
    }
    if closed {
        data.push('Z');
    }
    data
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keep NaN, infinity and markup out of a drawing.
    #[test]
    fn hostile_values_draw_nothing() {
        let mut svg = Svg::new(100.0, 100.0, "<b>");
        svg.line([f64::NAN, 0.0], [1.0, 1.0], "a");
        svg.circle([0.0, f64::INFINITY], 1.0, "a", "");
        svg.path(&[[0.0, 0.0], [f64::NAN, 1.0], [2.0, 2.0], [1e300, 3.0]], false, "a");
        svg.text([1.0, 1.0], Anchor::Start, "a", "<script>");
        let markup = svg.finish();
        assert!(
            !markup.contains("NaN")
                && !markup.contains("inf")
                && !markup.contains("<script")
                && !markup.contains("<line")
                && !markup.contains("<b>")
        );
        assert!(markup.contains("M0 0M2 2L100000 3"));
    }

    /// Write coordinates short and exact to the hundredth.
    #[test]
    fn coordinates_are_short() {
        for (value, text) in [(1.0, "1"), (1.5, "1.5"), (-0.254, "-0.25"), (-0.001, "0"), (12.055, "12.06")] {
            assert_eq!(px(value), text);
        }
    }
}
