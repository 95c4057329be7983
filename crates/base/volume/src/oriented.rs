//! Dark lines by oriented filters: curvature across a direction, averaged along it.
//!
//! A blob of mottled skin is as dark and as wide as a vein, but not as long: averaging along the line before
//! the direction is chosen tells them apart, which the plain eigenvalue cannot.

use proband_core::ops;

use crate::filter::gaussian;
use crate::{Plane, VolumeError};

/// Parameters of [`OrientedLines::dark`]. Lengths in pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct OrientedSpec {
    /// Standard deviations across the line, rising.
    pub scales_px: Vec<f32>,
    /// Standard deviation along the line as a multiple of that across [1], 0 for none.
    pub elongation: f32,
    /// Directions over half a turn.
    pub direction_count: u32,
}

/// Response of oriented filters for dark lines.
#[derive(Clone, Debug, PartialEq)]
pub struct OrientedLines {
    /// Largest response over directions and scales, ≥ 0, in units of the picture: σ² ∂²/∂n² of the blurred picture,
    /// averaged along the line.
    pub response: Plane<f32>,
    /// Which direction gave it: index k stands for the angle k π/`direction_count` from the columns to the rows.
    pub direction_index: Plane<u8>,
    /// Which scale gave it.
    pub scale_index: Plane<u8>,
    direction_count: u32,
    scales_px: Vec<f32>,
}

/// Samples to either side along the line.
const ALONG: i32 = 4;

impl OrientedLines {
    /// Filter a picture for dark lines.
    ///
    /// # Errors
    /// [`VolumeError::OutOfRange`] unless there are 1 to 16 rising scales of 0.7 to 200 px, 2 to 64 directions and an
    /// elongation of 0 to 10.
    pub fn dark(source: &Plane<f32>, spec: &OrientedSpec) -> Result<Self, VolumeError> {
        let bad = |name, value: f64, min, max| Err(VolumeError::OutOfRange { name, value, min, max });
        if spec.scales_px.is_empty() || spec.scales_px.len() > crate::SCALE_COUNT_MAX {
            return bad("scale count", spec.scales_px.len() as f64, 1.0, crate::SCALE_COUNT_MAX as f64);
        }
        if !(2..=64).contains(&spec.direction_count) {
            return bad("direction_count", f64::from(spec.direction_count), 2.0, 64.0);
        }
        if !(0.0..=10.0).contains(&spec.elongation) {
            return bad("elongation", f64::from(spec.elongation), 0.0, 10.0);
        }
        let mut out = Self {
            response: Plane::like(source, 0.0),
            direction_index: Plane::like(source, 0),
            scale_index: Plane::like(source, 0),
            direction_count: spec.direction_count,
            scales_px: spec.scales_px.clone(),
        };
        let mut before = 0.0_f32;
        let mut plane = source.clone();
        let mut work = [
            Plane::like(source, 0.0_f32),
            Plane::like(source, 0.0),
            Plane::like(source, 0.0),
            Plane::like(source, 0.0),
            Plane::like(source, 0.0),
        ];
        for (index, &sigma) in spec.scales_px.iter().enumerate() {
            if !(sigma.is_finite() && sigma >= 0.7 && sigma > before) {
                return bad("scale", f64::from(sigma), 0.7, f64::from(crate::SIGMA_MAX_PX));
            }
            plane = gaussian(&plane, (sigma * sigma - before * before).sqrt())?;
            before = sigma;
            let [xx, xy, yy, across, mean] = &mut work;
            second_differences(&plane, sigma * sigma, xx, xy, yy);
            for direction in 0..spec.direction_count {
                let (sin, cos) = ops::sin_cos_f32(std::f32::consts::PI * direction as f32 / spec.direction_count as f32);
                for (((a, x), c), y) in across.samples_mut().iter_mut().zip(xx.samples()).zip(xy.samples()).zip(yy.samples()) {
                    *a = x * sin * sin - 2.0 * c * sin * cos + y * cos * cos;
                }
                average_along(across, [cos, sin], spec.elongation * sigma, mean);
                out.take_better(mean, direction as u8, index as u8);
            }
        }
        Ok(out)
    }

    fn take_better(&mut self, mean: &Plane<f32>, direction: u8, scale: u8) {
        let best = self.response.samples_mut().iter_mut();
        let chosen = self.direction_index.samples_mut().iter_mut().zip(self.scale_index.samples_mut());
        for ((b, (d, s)), m) in best.zip(chosen).zip(mean.samples()) {
            let better = *m > *b;
            *b = if better { *m } else { *b };
            *d = if better { direction } else { *d };
            *s = if better { scale } else { *s };
        }
    }

    /// Scale [px] that answered most at a pixel.
    #[must_use]
    pub fn scale_at(&self, x: u32, y: u32) -> f32 {
        self.scales_px[self.scale_index.get(x, y).map_or(0, |i| usize::from(*i))]
    }

    /// Unit vector across the line at a pixel.
    #[must_use]
    pub fn across(&self, x: u32, y: u32) -> [f32; 2] {
        let direction = self.direction_index.get(x, y).copied().unwrap_or(0);
        let (sin, cos) = ops::sin_cos_f32(std::f32::consts::PI * f32::from(direction) / self.direction_count as f32);
        [-sin, cos]
    }
}

/// σ²-normalised second differences; the outermost pixels get none.
fn second_differences(plane: &Plane<f32>, norm: f32, xx: &mut Plane<f32>, xy: &mut Plane<f32>, yy: &mut Plane<f32>) {
    let (width, height) = (plane.width() as usize, plane.height());
    if width < 3 || height < 3 {
        return;
    }
    let count = width - 2;
    for y in 1..height - 1 {
        let (above, here, below) = (plane.row(y - 1), plane.row(y), plane.row(y + 1));
        for (i, o) in xx.row_mut(y)[1..=count].iter_mut().enumerate() {
            *o = norm * (here[i + 2] - 2.0 * here[i + 1] + here[i]);
        }
        for (i, o) in yy.row_mut(y)[1..=count].iter_mut().enumerate() {
            *o = norm * (below[i + 1] - 2.0 * here[i + 1] + above[i + 1]);
        }
        for (i, o) in xy.row_mut(y)[1..=count].iter_mut().enumerate() {
            *o = 0.25 * norm * (below[i + 2] - below[i] - above[i + 2] + above[i]);
        }
    }
}

/// Gaussian mean along a direction from nine samples at whole pixels. Whole rows are shifted, so that the loop vectorises;
/// places outside count as zero.
fn average_along(source: &Plane<f32>, along: [f32; 2], sigma: f32, out: &mut Plane<f32>) {
    let step = 0.5 * sigma;
    let weights: Vec<f32> = (-ALONG..=ALONG).map(|k| ops::exp_f32(-0.5 * (0.5 * k as f32) * (0.5 * k as f32))).collect();
    let total: f32 = weights.iter().sum();
    out.samples_mut().fill(0.0);
    let (width, height) = (i64::from(source.width()), i64::from(source.height()));
    for (k, weight) in (-ALONG..=ALONG).zip(&weights) {
        let (dx, dy) = ((k as f32 * step * along[0]).round() as i64, (k as f32 * step * along[1]).round() as i64);
        let weight = weight / total;
        let (first, last) = ((-dx).clamp(0, width), (width - dx).clamp(0, width));
        if first >= last {
            continue;
        }
        for y in (-dy).max(0)..(height - dy).min(height) {
            let from = &source.row((y + dy) as u32)[(first + dx) as usize..(last + dx) as usize];
            for (o, s) in out.row_mut(y as u32)[first as usize..last as usize].iter_mut().zip(from) {
                *o += weight * s;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> OrientedSpec {
        OrientedSpec { scales_px: vec![2.0, 3.0, 4.5], elongation: 2.0, direction_count: 12 }
    }

    /// Answer to a line about as the plain filter does, with its direction, and less to a blob as dark and as wide.
    #[test]
    fn lines_win_over_blobs() {
        for degrees in [0.0, 30.0, 75.0, 120.0_f64] {
            let (sin, cos) = ops::sin_cos(degrees.to_radians());
            let picture = |along: f64| {
                Plane::from_fn(121, 121, |x, y| {
                    let (dx, dy) = (f64::from(x) - 60.0, f64::from(y) - 60.0);
                    let (t, n) = (dx * cos + dy * sin, dy * cos - dx * sin);
                    (1.0 - 0.2 * ops::exp(-0.5 * (n * n / 9.0 + t * t / (along * along)))) as f32
                })
                .unwrap()
            };
            let line = OrientedLines::dark(&picture(1e3), &spec()).unwrap();
            let expected = 0.2 * 3.0 * 4.5 * 4.5 / ops::powf(9.0 + 4.5 * 4.5, 1.5);
            let found = f64::from(*line.response.get(60, 60).unwrap());
            assert!((found / expected - 1.0).abs() < 0.05, "{found} {expected}");
            let [ax, ay] = line.across(60, 60).map(f64::from);
            assert!((ay * cos - ax * sin).abs() > 0.99, "{degrees}");
            let blob = OrientedLines::dark(&picture(3.0), &spec()).unwrap();
            assert!(f64::from(*blob.response.get(60, 60).unwrap()) < 0.6 * found);
        }
    }

    /// Refuse parameters that are none.
    #[test]
    fn bad_parameters_are_refused() {
        let flat = Plane::filled(20, 20, 1.0_f32).unwrap();
        for bad in [
            OrientedSpec { scales_px: vec![], ..spec() },
            OrientedSpec { scales_px: vec![3.0, 2.0], ..spec() },
            OrientedSpec { elongation: f32::NAN, ..spec() },
            OrientedSpec { direction_count: 0, ..spec() },
        ] {
            assert!(OrientedLines::dark(&flat, &bad).is_err());
        }
        assert!(OrientedLines::dark(&flat, &spec()).unwrap().response.samples().iter().all(|v| *v < 1e-5));
    }
}
