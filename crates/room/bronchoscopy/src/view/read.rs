//! Reading a picture: where the dark openings are.

use proband_core::ops;

use super::march::{View, ViewSpec};
use crate::room::{CameraFrame, LUMEN_COUNT_MAX, Lumen};

/// An opening is darker than this share of the picture's bright level; the level below which this share of pixels lies; least share of
/// the picture that an opening fills; green against red of blood. Prior: unverified, chosen on made pictures.
const DARK: f64 = 0.5;
const BRIGHT: f64 = 0.7;
const AREA_MIN: f64 = 0.004;
const BLOOD_GREEN: f64 = 0.4;
/// Largest share of the picture that can be an opening: more is darkness.
const AREA_MAX: f64 = 0.5;

/// Openings in a picture by their darkness alone: pieces of dark pixels that hang together, the largest first.
#[must_use]
pub fn read_view(view: &View, spec: &ViewSpec) -> CameraFrame {
    let size = view.size as usize;
    let count = size * size;
    let level = |i: usize| {
        let [r, g, b] = [view.rgb[3 * i], view.rgb[3 * i + 1], view.rgb[3 * i + 2]].map(u32::from);
        (2 * r + 5 * g + b) / 8
    };
    let mut histogram = [0_u32; 256];
    let mut bloody = 0_u32;
    for i in 0..count {
        histogram[level(i) as usize] += 1;
        let (r, g) = (f64::from(view.rgb[3 * i]), f64::from(view.rgb[3 * i + 1]));
        bloody += u32::from(r > 30.0 && g < BLOOD_GREEN * r);
    }
    let mut left = (BRIGHT * count as f64) as u32;
    let bright = histogram.iter().position(|n| {
        left = left.saturating_sub(*n);
        left == 0
    });
    let threshold = (DARK * bright.unwrap_or(255) as f64) as u32;
    let mut frame = CameraFrame { blood: f64::from(bloody) / count as f64, ..CameraFrame::default() };
    let mut seen = vec![false; count];
    let mut open = Vec::new();
    let mut found: Vec<(usize, [f64; 2])> = Vec::new();
    for start in 0..count {
        if seen[start] || level(start) > threshold {
            continue;
        }
        seen[start] = true;
        open.push(start);
        let (mut area, mut sum) = (0_usize, [0.0; 2]);
        while let Some(at) = open.pop() {
            let (x, y) = (at % size, at / size);
            area += 1;
            sum[0] += x as f64 + 0.5;
            sum[1] += y as f64 + 0.5;
            let mut go = |next: usize| {
                if !seen[next] && level(next) <= threshold {
                    seen[next] = true;
                    open.push(next);
                }
            };
            if x > 0 {
                go(at - 1);
            }
            if x + 1 < size {
                go(at + 1);
            }
            if y > 0 {
                go(at - size);
            }
            if y + 1 < size {
                go(at + size);
            }
        }
        if area as f64 >= AREA_MIN * count as f64 && area as f64 <= AREA_MAX * count as f64 {
            found.push((area, sum.map(|v| v / area as f64)));
        }
    }
    found.sort_by(|a, b| b.0.cmp(&a.0).then(a.1[1].total_cmp(&b.1[1])));
    found.truncate(LUMEN_COUNT_MAX);
    let slope = 2.0 * ops::tan(spec.half_view_rad) / size as f64;
    for (area, middle) in &found {
        let bearing_rad = middle.map(|v| ops::atan((v - 0.5 * size as f64) * slope));
        let radius = (*area as f64 / std::f64::consts::PI).sqrt() * slope;
        frame.lumens[frame.count as usize] = Lumen { bearing_rad, radius_rad: ops::atan(radius) };
        frame.count += 1;
    }
    frame.wall = found.is_empty();
    frame
}
