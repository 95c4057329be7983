//! A plotting area: axes with units, ticks and gridlines, and curves in data coordinates.

use super::{Anchor, Scale, Svg, text_width};
use crate::{number::fixed, text::esc};

/// A rectangle of a drawing with two scales.
#[derive(Clone, Debug)]
pub(crate) struct Plot {
    /// Left edge [pixel].
    pub left: f64,
    /// Upper edge [pixel].
    pub top: f64,
    /// Width [pixel].
    pub width: f64,
    /// Height [pixel].
    pub height: f64,
    /// Horizontal scale, growing to the right.
    pub x: Scale,
    /// Vertical scale, growing upwards.
    pub y: Scale,
}

impl Plot {
    /// Pixel column of a value.
    pub fn px_x(&self, value: f64) -> f64 {
        self.left + self.width * self.x.fraction(value)
    }

    /// Pixel row of a value.
    pub fn px_y(&self, value: f64) -> f64 {
        self.top + self.height * (1.0 - self.y.fraction(value))
    }

    /// Pixel of a point.
    pub fn at(&self, x: f64, y: f64) -> [f64; 2] {
        [self.px_x(x), self.px_y(y)]
    }

    /// Bottom edge [pixel].
    pub fn bottom(&self) -> f64 {
        self.top + self.height
    }

    /// Right edge [pixel].
    pub fn right(&self) -> f64 {
        self.left + self.width
    }

    /// Gridlines, ticks and axis names. An empty `x_name` leaves out the numbers of the horizontal axis.
    pub fn frame(&self, svg: &mut Svg, x_name: &str, y_name: &str) {
        svg.open("axes");
        for tick in self.y.ticks() {
            let y = self.px_y(tick);
            svg.line([self.left, y], [self.right(), y], if tick.abs() < 1e-9 * self.y.step { "zero" } else { "grid" });
            svg.text([self.left - 6.0, y + 3.5], Anchor::End, "tick", &fixed(tick, self.y.decimals()));
        }
        for tick in self.x.ticks() {
            let x = self.px_x(tick);
            svg.line([x, self.top], [x, self.bottom()], "grid");
            if !x_name.is_empty() {
                svg.line([x, self.bottom()], [x, self.bottom() + 4.0], "axis");
                svg.text([x, self.bottom() + 16.0], Anchor::Middle, "tick", &fixed(tick, self.x.decimals()));
            }
        }
        svg.line([self.left, self.bottom()], [self.right(), self.bottom()], "axis");
        if !x_name.is_empty() {
            svg.text([self.left + 0.5 * self.width, self.bottom() + 33.0], Anchor::Middle, "name", x_name);
        }
        // The name of the vertical axis stands level above it: easier to read than turned by 90°.
        svg.text([self.left - 34.0, self.top - 9.0], Anchor::Start, "name", y_name);
        svg.close();
    }

    /// Open a group whose curves answer to the pointer where scripts run; close it with [`Svg::close`].
    pub fn open_hover(&self, svg: &mut Svg, x_unit: &str, y_unit: &str) {
        let numbers = [self.left, self.top, self.width, self.height, self.x.min, self.x.max, self.y.min, self.y.max];
        let numbers = numbers.map(|v| format!("{v:.9}")).join(" ");
        svg.raw(&format!("<g data-plot=\"{numbers}\" data-units=\"{}|{}\">", esc(x_unit), esc(y_unit)));
    }

    /// A curve. Points closer than half a pixel column are joined into their extremes, so a curve of any
    /// length stays small and keeps its peaks.
    pub fn curve(&self, svg: &mut Svg, points: &[[f64; 2]], class: &str, name: &str) {
        let thin = self.thin(points);
        let data = super::path_data(&thin, false);
        if !data.is_empty() {
            svg.raw(&format!("<path d=\"{data}\" class=\"{class}\" data-name=\"{}\"/>", esc(name)));
        }
    }

    /// The area between a curve and the horizontal line at `base`.
    pub fn area(&self, svg: &mut Svg, points: &[[f64; 2]], base: f64, class: &str) {
        let mut thin: Vec<[f64; 2]> = self.thin(points).into_iter().filter(|p| p[0].is_finite() && p[1].is_finite()).collect();
        if let (Some(first), Some(last)) = (thin.first().copied(), thin.last().copied()) {
            let y = self.px_y(base);
            thin.push([last[0], y]);
            thin.push([first[0], y]);
            let data = super::path_data(&thin, true);
            svg.raw(&format!("<path d=\"{data}\" class=\"{class}\"/>"));
        }
    }

    /// Pixels of the points inside of the horizontal range, rows held inside of the plot, few per column.
    fn thin(&self, points: &[[f64; 2]]) -> Vec<[f64; 2]> {
        let mut out: Vec<[f64; 2]> = Vec::new();
        let mut run: Vec<[f64; 2]> = Vec::new();
        let mut column = f64::NAN;
        for p in points {
            let mut q = self.at(p[0], p[1]);
            let inside = q[0] >= self.left - 0.5 && q[0] <= self.right() + 0.5;
            q[1] = q[1].clamp(self.top, self.bottom());
            if !inside || !q[1].is_finite() {
                flush(&mut run, &mut out);
                out.push([f64::NAN, f64::NAN]);
                column = f64::NAN;
                continue;
            }
            let own = (q[0] * 2.0).floor();
            if own != column {
                flush(&mut run, &mut out);
                column = own;
            }
            run.push(q);
        }
        flush(&mut run, &mut out);
        out
    }
}

/// First, lowest, highest and last point of a run in their order.
fn flush(run: &mut Vec<[f64; 2]>, out: &mut Vec<[f64; 2]>) {
    if run.len() <= 4 {
        out.append(run);
        return;
    }
    let extreme = |sign: f64| (0..run.len()).fold(0, |best, i| if sign * run[i][1] > sign * run[best][1] { i } else { best });
    let mut keep = [0, extreme(1.0), extreme(-1.0), run.len() - 1];
    keep.sort_unstable();
    let mut last = usize::MAX;
    for i in keep {
        if i != last {
            out.push(run[i]);
            last = i;
        }
    }
    run.clear();
}

/// A label at the upper end of a vertical line.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Label {
    /// Column of the line [pixel].
    pub x: f64,
    /// Words. Not escaped.
    pub text: String,
    /// Whether it is a warning.
    pub bad: bool,
    /// Row above the plot, 0 = lowest. Set by [`stack`].
    pub row: usize,
    /// Whether the words stand left of the line. Set by [`stack`].
    pub leftwards: bool,
}

impl Label {
    /// A label that has no row yet.
    pub fn new(x: f64, text: String, bad: bool) -> Self {
        Self { x, text, bad, row: 0, leftwards: false }
    }

    fn span(&self, size: f64) -> [f64; 2] {
        let width = text_width(&self.text, size) + 10.0;
        if self.leftwards { [self.x - width, self.x + 2.0] } else { [self.x - 2.0, self.x + width] }
    }
}

/// Give labels rows so that no words cover other words or the line of another label. Returns the number of rows.
///
/// `size`: height of the font; `right`: words that would pass this column stand left of their line; `blocked`: the
/// lowest row is taken up to this column (by the name of the axis).
pub(crate) fn stack(labels: &mut [Label], size: f64, right: f64, blocked: f64) -> usize {
    for label in labels.iter_mut() {
        label.leftwards = label.span(size)[1] > right;
    }
    // Rightward words run over the lines that follow them, so they are placed from right to left; leftward words
    // run over the lines before them, so they are placed last and from left to right.
    let mut order: Vec<usize> = (0..labels.len()).collect();
    order.sort_by(|a, b| {
        let (a, b) = (&labels[*a], &labels[*b]);
        let by_x = a.x.total_cmp(&b.x);
        a.leftwards.cmp(&b.leftwards).then(if a.leftwards { by_x } else { by_x.reverse() })
    });
    let mut placed: Vec<usize> = Vec::new();
    for i in order {
        let [left, end] = labels[i].span(size);
        let covered = placed.iter().filter(|j| labels[**j].x > left && labels[**j].x < end).map(|j| labels[*j].row + 1).max().unwrap_or(0);
        let mut row = covered.max(usize::from(left < blocked));
        let clash =
            |row: usize| placed.iter().any(|j| labels[*j].row == row && labels[*j].span(size)[0] < end && labels[*j].span(size)[1] > left);
        while clash(row) {
            row += 1;
        }
        labels[i].row = row;
        placed.push(i);
    }
    labels.iter().map(|l| l.row + 1).max().unwrap_or(0)
}

/// Draw stacked labels above `top` with their lines down to `bottom`. `class` is the class of the words.
pub(crate) fn draw_labels(svg: &mut Svg, labels: &[Label], top: f64, bottom: f64, class: &str) {
    for label in labels {
        let y = top - 8.0 - LABEL_ROW_PX * label.row as f64;
        svg.line([label.x, y - 8.0], [label.x, bottom], if label.bad { "ev-bad" } else { "ev" });
        let (anchor, shift) = if label.leftwards { (Anchor::End, -4.0) } else { (Anchor::Start, 4.0) };
        svg.text([label.x + shift, y], anchor, &format!("{class}{}", if label.bad { " t-red" } else { "" }), &label.text);
    }
}

/// Height of a row of labels [pixel].
pub(crate) const LABEL_ROW_PX: f64 = 14.5;

#[cfg(test)]
mod tests {
    use super::*;

    /// Keep a one-sample peak of a long curve.
    #[test]
    fn thinning_keeps_peaks() {
        let plot = Plot { left: 0.0, top: 0.0, width: 100.0, height: 100.0, x: Scale::exact(0.0, 1.0, 5), y: Scale::exact(0.0, 10.0, 5) };
        let points: Vec<[f64; 2]> = (0..100_000).map(|i| [f64::from(i) * 1e-5, if i == 54_321 { 9.0 } else { 1.0 }]).collect();
        let thin = plot.thin(&points);
        assert!(thin.len() < 1000 && thin.iter().any(|p| (p[1] - 10.0).abs() < 1e-9));
    }

    /// Stack labels so that words cover neither words nor lines.
    #[test]
    fn labels_do_not_overlap() {
        let label = |x: f64| Label::new(x, "skin puncture".into(), false);
        let mut labels = [label(0.0), label(10.0), label(300.0), label(390.0), label(395.0)];
        assert_eq!(stack(&mut labels, 11.0, 400.0, -100.0), 3);
        assert_eq!(labels.each_ref().map(|l| l.row), [1, 0, 0, 1, 2]);
        assert!(labels[3].leftwards && labels[4].leftwards && !labels[2].leftwards);
    }
}
