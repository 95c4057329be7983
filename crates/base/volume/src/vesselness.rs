//! How much a place looks like a dark tube, at several widths.

use proband_core::ops;

use crate::filter::gaussian;
use crate::{Plane, VolumeError};

/// The measure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tubeness {
    /// σ² λ₂ for λ₂ > 0, the larger curvature: linear in contrast (after Sato et al. 1998, Med Image Anal 2:143).
    Sato,
    /// exp(−R²/2β²)(1 − exp(−S²/2c²)), R = λ₁/λ₂, S = σ² √(λ₁² + λ₂²) (Frangi et al. 1998, MICCAI).
    Frangi {
        /// Tolerance for blobs β [1]; 0.5 in the source.
        blob: f32,
        /// Curvature at which the measure saturates, c [units of the picture].
        structure: f32,
    },
}

/// Response of a multi-scale filter for dark tubes.
#[derive(Clone, Debug, PartialEq)]
pub struct Vesselness {
    /// Largest response over the scales, ≥ 0, in units of the picture (Sato) or 0 to 1 (Frangi).
    pub response: Plane<f32>,
    /// Which scale gave it.
    pub scale_index: Plane<u8>,
    scales_px: Vec<f32>,
    /// The picture blurred at each scale, kept for the directions.
    blurred: Vec<Plane<f32>>,
}

/// Most scales in one call.
pub const SCALE_COUNT_MAX: usize = 16;

impl Vesselness {
    /// Filter a picture for dark tubes whose half width is near one of the scales [px].
    ///
    /// Each scale is blurred from the one before; curvatures are central differences of the blurred picture.
    /// # Error
    /// Differences lower the curvature of a tube by about 1/(6σ²) of itself; immaterial for σ ≥ 1.
    /// # Errors
    /// [`VolumeError::OutOfRange`] unless there are 1 to 16 rising scales between 0.7 and 200 px.
    pub fn dark(source: &Plane<f32>, scales_px: &[f32], tubeness: Tubeness) -> Result<Self, VolumeError> {
        let bad = |name, value: f64| VolumeError::OutOfRange { name, value, min: 0.7, max: f64::from(crate::filter::SIGMA_MAX_PX) };
        if scales_px.is_empty() || scales_px.len() > SCALE_COUNT_MAX {
            return Err(VolumeError::OutOfRange {
                name: "scale count",
                value: scales_px.len() as f64,
                min: 1.0,
                max: SCALE_COUNT_MAX as f64,
            });
        }
        let mut response = Plane::like(source, 0.0_f32);
        let mut scale_index = Plane::like(source, 0_u8);
        let mut blurred: Vec<Plane<f32>> = Vec::with_capacity(scales_px.len());
        let mut before = 0.0_f32;
        for (index, &sigma) in scales_px.iter().enumerate() {
            if !(sigma.is_finite() && sigma >= 0.7 && sigma > before) {
                return Err(bad("scale", f64::from(sigma)));
            }
            let step = (sigma * sigma - before * before).sqrt();
            let plane = gaussian(blurred.last().unwrap_or(source), step)?;
            add_scale(&plane, sigma, index as u8, tubeness, &mut response, &mut scale_index);
            blurred.push(plane);
            before = sigma;
        }
        Ok(Self { response, scale_index, scales_px: scales_px.to_vec(), blurred })
    }

    /// Scale [px] that answered most at a pixel.
    #[must_use]
    pub fn scale_at(&self, x: u32, y: u32) -> f32 {
        self.scales_px[self.scale_index.get(x, y).map_or(0, |i| usize::from(*i))]
    }

    /// Unit vector across the tube at a pixel.
    #[must_use]
    pub fn across(&self, x: u32, y: u32) -> [f32; 2] {
        let plane = &self.blurred[self.scale_index.get(x, y).map_or(0, |i| usize::from(*i))];
        let (xx, xy, yy) = curvature(plane, x, y);
        let half = 0.5 * (xx - yy);
        let root = (half * half + xy * xy).sqrt();
        // Two forms of the eigenvector of the larger eigenvalue; the longer one is the accurate one.
        let v = if half >= 0.0 { [root + half, xy] } else { [xy, root - half] };
        let norm = (v[0] * v[0] + v[1] * v[1]).sqrt();
        if norm > 0.0 { [v[0] / norm, v[1] / norm] } else { [1.0, 0.0] }
    }

    /// Response where it is a maximum across the tube, zero elsewhere: lines about one pixel wide.
    #[must_use]
    pub fn ridges(&self, threshold: f32) -> Plane<f32> {
        let mut out = Plane::like(&self.response, 0.0_f32);
        for y in 0..self.response.height() {
            for x in 0..self.response.width() {
                let value = *self.response.get(x, y).unwrap_or(&0.0);
                if value <= threshold {
                    continue;
                }
                let [dx, dy] = self.across(x, y);
                let beside = |s: f32| self.response.sample_bilinear(x as f32 + s * dx, y as f32 + s * dy);
                if value >= beside(1.0) && value > beside(-1.0) {
                    out.set(x, y, value);
                }
            }
        }
        out
    }
}

/// Central second differences at one pixel; the edge pixels continue outside.
fn curvature(plane: &Plane<f32>, x: u32, y: u32) -> (f32, f32, f32) {
    let (x, y) = (x as usize, y as usize);
    let (left, right) = (x.saturating_sub(1), (x + 1).min(plane.width() as usize - 1));
    let above = plane.row(y.saturating_sub(1) as u32);
    let here = plane.row(y as u32);
    let below = plane.row((y + 1).min(plane.height() as usize - 1) as u32);
    let xx = here[right] - 2.0 * here[x] + here[left];
    let yy = below[x] - 2.0 * here[x] + above[x];
    let xy = 0.25 * (below[right] - below[left] - above[right] + above[left]);
    (xx, xy, yy)
}

/// Take the response of one scale where it exceeds that of the scales before. Row by row, so that it vectorises.
fn add_scale(plane: &Plane<f32>, sigma: f32, index: u8, tubeness: Tubeness, response: &mut Plane<f32>, scale_index: &mut Plane<u8>) {
    let (width, height) = (plane.width() as usize, plane.height());
    if width < 3 || height < 3 {
        return;
    }
    let norm = sigma * sigma;
    let mut values = vec![0.0_f32; width];
    // The outermost pixels have no second difference and keep no response.
    for y in 1..height - 1 {
        let (above, here, below) = (plane.row(y - 1), plane.row(y), plane.row(y + 1));
        row_response(above, here, below, norm, tubeness, &mut values);
        let best = response.row_mut(y);
        let chosen = scale_index.row_mut(y);
        for x in 1..width - 1 {
            let better = values[x] > best[x];
            best[x] = if better { values[x] } else { best[x] };
            chosen[x] = if better { index } else { chosen[x] };
        }
    }
}

fn row_response(above: &[f32], here: &[f32], below: &[f32], norm: f32, tubeness: Tubeness, values: &mut [f32]) {
    let count = values.len() - 2;
    let (al, am, ar) = (&above[..count], &above[1..=count], &above[2..]);
    let (hl, hm, hr) = (&here[..count], &here[1..=count], &here[2..]);
    let (bl, bm, br) = (&below[..count], &below[1..=count], &below[2..]);
    let out = &mut values[1..=count];
    match tubeness {
        Tubeness::Sato => {
            for i in 0..count {
                let (xx, yy) = (hr[i] - 2.0 * hm[i] + hl[i], bm[i] - 2.0 * hm[i] + am[i]);
                let xy = 0.25 * (br[i] - bl[i] - ar[i] + al[i]);
                let half = 0.5 * (xx - yy);
                let larger = 0.5 * (xx + yy) + (half * half + xy * xy).sqrt();
                out[i] = norm * larger.max(0.0);
            }
        }
        Tubeness::Frangi { blob, structure } => {
            let (blob2, structure2) = (0.5 / (blob * blob), 0.5 / (structure * structure));
            for i in 0..count {
                let (xx, yy) = (hr[i] - 2.0 * hm[i] + hl[i], bm[i] - 2.0 * hm[i] + am[i]);
                let xy = 0.25 * (br[i] - bl[i] - ar[i] + al[i]);
                let (half, mean) = (0.5 * (xx - yy), 0.5 * (xx + yy));
                let root = (half * half + xy * xy).sqrt();
                let (larger, smaller) = (norm * (mean + root), norm * (mean - root));
                out[i] = if larger > 0.0 && larger >= smaller.abs() {
                    let ratio = smaller / larger;
                    ops::exp_f32(-ratio * ratio * blob2) * -ops::exp_m1_f32(-(larger * larger + smaller * smaller) * structure2)
                } else {
                    0.0
                };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Dark Gaussian line with the given half width and depth through the middle, turned by an angle.
    fn line(width_px: f64, depth: f64, angle: f64) -> Plane<f32> {
        let (sin, cos) = ops::sin_cos(angle);
        Plane::from_fn(101, 101, |x, y| {
            let offset = (f64::from(x) - 50.0) * sin - (f64::from(y) - 50.0) * cos;
            (1.0 - depth * ops::exp(-0.5 * offset * offset / (width_px * width_px))) as f32
        })
        .unwrap()
    }

    /// Answer with σ²·(curvature of the blurred line), pick the scale that fits, and point across it.
    #[test]
    fn a_line_is_found_with_its_width_and_direction() {
        for angle in [0.0, 0.4, 1.2, 2.5] {
            let found = Vesselness::dark(&line(4.0, 0.2, angle), &[2.0, 3.0, 5.6, 8.0], Tubeness::Sato).unwrap();
            // A Gaussian line of width w under scale s: depth · w s²/(w² + s²)^1.5, largest at s = √2 w.
            let expected = 0.2 * 4.0 * 5.6 * 5.6 / ops::powf(16.0 + 5.6 * 5.6, 1.5);
            let response = f64::from(*found.response.get(50, 50).unwrap());
            assert!((response / expected - 1.0).abs() < 0.02, "{response} {expected}");
            assert_eq!(found.scale_at(50, 50), 5.6);
            let [dx, dy] = found.across(50, 50).map(f64::from);
            assert!((dx * ops::sin(angle) - dy * ops::cos(angle)).abs() > 0.999);
        }
    }

    /// Leave bright lines and flat skin unanswered.
    #[test]
    fn bright_and_flat_give_nothing() {
        for tubeness in [Tubeness::Sato, Tubeness::Frangi { blob: 0.5, structure: 0.05 }] {
            let bright = line(4.0, -0.2, 0.3);
            let found = Vesselness::dark(&bright, &[4.0], tubeness).unwrap();
            assert!(*found.response.get(50, 50).unwrap() < 1e-6);
            let flat = Vesselness::dark(&Plane::filled(40, 40, 1.0).unwrap(), &[2.0, 4.0], tubeness).unwrap();
            assert!(flat.response.samples().iter().all(|v| *v < 1e-5));
        }
    }

    /// Thin the response to one pixel across.
    #[test]
    fn ridges_are_thin() {
        let found = Vesselness::dark(&line(4.0, 0.2, 0.0), &[3.0, 5.6], Tubeness::Frangi { blob: 0.5, structure: 0.05 }).unwrap();
        let ridges = found.ridges(0.1);
        let column: Vec<u32> = (0..101).filter(|y| *ridges.get(40, *y).unwrap() > 0.0).collect();
        assert_eq!(column, [50]);
    }

    /// Refuse scales that are none or fall.
    #[test]
    fn bad_scales_are_refused() {
        let flat = Plane::filled(40, 40, 1.0_f32).unwrap();
        for scales in [&[][..], &[0.1], &[3.0, 2.0], &[f32::NAN], &[1.0; 17]] {
            assert!(Vesselness::dark(&flat, scales, Tubeness::Sato).is_err());
        }
    }
}
