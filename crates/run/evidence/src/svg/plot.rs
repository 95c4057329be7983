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

/// Labels along a horizontal line, stacked in rows so that none covers another.
pub(crate) struct Labels {
    size: f64,
    row_ends: Vec<f64>,
}

impl Labels {
    /// Labels in a font of `size` pixels, in at most `rows` rows.
    pub fn new(size: f64, rows: usize) -> Self {
        Self { size, row_ends: vec![f64::NEG_INFINITY; rows.max(1)] }
    }

    /// The row for a label that begins at pixel column `x`; the emptiest when all are full. Call in order of x.
    pub fn row(&mut self, x: f64, text: &str) -> usize {
        let row = (0..self.row_ends.len())
            .find(|r| self.row_ends[*r] <= x)
            .unwrap_or_else(|| (0..self.row_ends.len()).fold(0, |best, r| if self.row_ends[r] < self.row_ends[best] { r } else { best }));
        self.row_ends[row] = self.row_ends[row].max(x) + text_width(text, self.size) + 10.0;
        row
    }
}

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

    /// Stack labels that would cover each other.
    #[test]
    fn labels_do_not_overlap() {
        let mut labels = Labels::new(11.0, 3);
        assert_eq!([labels.row(0.0, "skin puncture"), labels.row(10.0, "pop"), labels.row(300.0, "roll")], [0, 1, 0]);
    }
}
