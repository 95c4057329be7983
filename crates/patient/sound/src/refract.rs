//! Columns bent at interfaces: what a ray meets that Snell's law turns.

use proband_core::ops;

use crate::bmode::BModeModel;
use crate::section::{Column, SPAN_COUNT_MAX, Section, Span};

/// Pieces of a ray at most; a ray that needs more goes on straight.
const PIECE_MAX: usize = 256;
/// Steepest interface [1]: what is steeper is the side of something and is crossed as this.
const SLOPE_MAX: f32 = 3.0;
/// Turns smaller than this are none [1].
const LEVEL: f32 = 1e-4;

/// A ray under way.
struct Ray {
    /// Place along the elements [columns] and depth [m].
    x: f32,
    z_m: f32,
    /// Tangent of its angle to the perpendicular, positive towards the last column [1].
    tan: f32,
    /// Way so far, from the face [m].
    way_m: f32,
}

impl BModeModel {
    /// The section as rays see it that start perpendicular to the face in the middle of each column and are turned by
    /// Snell's law at each interface: their way takes the place of the depth.
    ///
    /// Past the critical angle a ray goes on straight. Scatterers of the tissue are still those straight below the column.
    pub(crate) fn refract(&self, section: &Section, out: &mut Section) {
        out.needle = section.needle;
        out.texture = section.texture;
        out.columns.resize_with(section.columns.len(), || Column::filled(proband_anatomy::Tissue::Muscle, 1e-3));
        let pitch_m = self.column_pitch_m() as f32;
        for (index, column) in out.columns.iter_mut().enumerate() {
            *column = self.bent(&section.columns, index, pitch_m);
        }
    }

    fn bent(&self, columns: &[Column], index: usize, pitch_m: f32) -> Column {
        let start = &columns[index];
        let mut spans: [Span; SPAN_COUNT_MAX] = [start.spans()[0]; SPAN_COUNT_MAX];
        let mut count = 0;
        let mut ray = Ray { x: index as f32, z_m: start.gel_m, tan: 0.0, way_m: start.gel_m };
        let mut inside = start.spans()[0].tissue;
        for _ in 0..PIECE_MAX {
            let here = (ray.x.round().max(0.0) as usize).min(columns.len() - 1);
            let column = &columns[here];
            let Some(span) = column.spans().iter().find(|s| s.bottom_m > ray.z_m) else { break };
            if span.tissue != inside {
                // Through the side of something in the next column.
                let slope = self.side_slope(columns, here, ray.z_m, pitch_m);
                if !push(&mut spans, &mut count, Span { tissue: inside, bottom_m: ray.way_m, bottom_slope: slope.abs() }) {
                    break;
                }
                self.turn(&mut ray, slope, inside as usize, span.tissue as usize);
                inside = span.tissue;
            }
            // To the interval's end, or to the column's, whichever comes first.
            let down_m = span.bottom_m - ray.z_m;
            let to_side = if ray.tan > 0.0 { here as f32 + 0.5 - ray.x } else { ray.x - (here as f32 - 0.5) };
            let side_m = if ray.tan.abs() < LEVEL { f32::INFINITY } else { to_side.max(0.0) * pitch_m / ray.tan.abs() };
            let step_m = down_m.min(side_m);
            ray.z_m += step_m;
            ray.way_m += step_m * (1.0 + ray.tan * ray.tan).sqrt();
            ray.x += ray.tan * step_m / pitch_m;
            if side_m < down_m {
                ray.x += ray.tan.signum() * 1e-3;
                continue;
            }
            ray.z_m = span.bottom_m;
            let Some(next) = column.spans().iter().find(|s| s.bottom_m > ray.z_m) else { break };
            if next.tissue != inside {
                let slope = interface_slope(columns, here, span, next, pitch_m);
                if !push(&mut spans, &mut count, Span { tissue: inside, bottom_m: ray.way_m, bottom_slope: span.bottom_slope }) {
                    break;
                }
                self.turn(&mut ray, slope, inside as usize, next.tissue as usize);
                inside = next.tissue;
            }
        }
        let end_m = (1.3 * self.spec.depth_m) as f32;
        push(&mut spans, &mut count, Span { tissue: inside, bottom_m: ray.way_m.max(end_m), bottom_slope: 0.0 });
        start.with_spans(&spans[..count])
    }

    /// Turn a ray at an interface of slope dz/dx.
    fn turn(&self, ray: &mut Ray, slope: f32, from: usize, to: usize) {
        let (first, second) = (self.media[from].speed_m_s, self.media[to].speed_m_s);
        if (slope.abs() < LEVEL && ray.tan.abs() < LEVEL) || first == second {
            return;
        }
        let normal = -ops::atan(f64::from(slope));
        let incidence = ops::atan(f64::from(ray.tan)) - normal;
        if let Some(refracted) = crate::refraction_rad(incidence, f64::from(first), f64::from(second)) {
            ray.tan = (ops::tan((normal + refracted).clamp(-1.2, 1.2))) as f32;
        }
    }

    /// Slope of an interface that a ray meets from the side, between this column and the one it comes from.
    fn side_slope(&self, columns: &[Column], here: usize, z_m: f32, pitch_m: f32) -> f32 {
        let column = &columns[here];
        let Some(index) = column.spans().iter().position(|s| s.bottom_m > z_m) else { return 0.0 };
        // The nearer of the two ends of the interval that was entered.
        let spans = column.spans();
        let below = index + 1 < spans.len() && (index == 0 || spans[index].bottom_m - z_m < z_m - spans[index - 1].bottom_m);
        let upper = if below { index } else { index.saturating_sub(1) };
        match spans.get(upper + 1) {
            Some(next) => interface_slope(columns, here, &spans[upper], next, pitch_m),
            None => 0.0,
        }
    }
}

/// Append an interval, or lengthen the last one of the same tissue; `false` when there is no room.
fn push(spans: &mut [Span; SPAN_COUNT_MAX], count: &mut usize, span: Span) -> bool {
    if *count > 0 && spans[*count - 1].tissue == span.tissue {
        spans[*count - 1] = span;
        return true;
    }
    if *count == SPAN_COUNT_MAX {
        return false;
    }
    spans[*count] = span;
    *count += 1;
    true
}

/// Slope dz/dx of the lower end of an interval, by the same two tissues' interface in the columns beside.
fn interface_slope(columns: &[Column], here: usize, upper: &Span, lower: &Span, pitch_m: f32) -> f32 {
    let beside = |index: usize| -> Option<f32> {
        let spans = columns.get(index)?.spans();
        let ends = spans.windows(2).filter(|pair| pair[0].tissue == upper.tissue && pair[1].tissue == lower.tissue);
        let nearest = ends.map(|pair| pair[0].bottom_m).min_by(|a, b| (a - upper.bottom_m).abs().total_cmp(&(b - upper.bottom_m).abs()))?;
        ((nearest - upper.bottom_m).abs() <= 2.0 * SLOPE_MAX * pitch_m).then_some(nearest)
    };
    let (left, right) = (here.checked_sub(1).and_then(beside), beside(here + 1));
    let slope = match (left, right) {
        (Some(a), Some(b)) => (b - a) / (2.0 * pitch_m),
        (Some(a), None) => (upper.bottom_m - a) / pitch_m,
        (None, Some(b)) => (b - upper.bottom_m) / pitch_m,
        (None, None) => 0.0,
    };
    slope.clamp(-SLOPE_MAX, SLOPE_MAX)
}
