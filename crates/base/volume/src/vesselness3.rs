//! How much a place in a volume looks like a tube, at several widths.

use proband_core::frame::Frame;
use proband_core::ops;
use rayon::prelude::*;

use crate::gaussian3::{mirror, weights, within_slice};
use crate::resample3::Sample;
use crate::vesselness::SCALE_COUNT_MAX;
use crate::{SIGMA_MAX_VOXELS, Volume, VolumeError};

/// Which tubes are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Polarity {
    /// Darker than what is around them.
    Dark,
    /// Brighter than what is around them.
    Bright,
}

/// The measure. λ₁ is the curvature along the tube (smallest in magnitude), λ₂ and λ₃ those across it, |λ₂| ≤ |λ₃|,
/// positive in a dark tube.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tubeness3 {
    /// σ² λ₂, where λ₂ > 0: the weaker curvature across, linear in contrast; a plate gives nothing
    /// (after Lorenz et al. 1997, CVRMed-MRCAS, and Sato et al. 1998, Med Image Anal 2:143).
    Weaker,
    /// (1 − exp(−A²/2α²)) exp(−B²/2β²) (1 − exp(−S²/2c²)) with A = λ₂/λ₃, B = |λ₁|/√(λ₂λ₃), S = σ² √(λ₁² + λ₂² + λ₃²)
    /// (Frangi et al. 1998, MICCAI).
    Frangi {
        /// Tolerance for plates α [1]; 0.5 in the source.
        plate: f32,
        /// Tolerance for blobs β [1]; 0.5 in the source.
        blob: f32,
        /// Curvature at which the measure saturates, c [units of the volume].
        structure: f32,
    },
}

/// Response of a multi-scale filter for tubes.
#[derive(Clone, Debug, PartialEq)]
pub struct Vesselness3<F: Frame = proband_core::Patient> {
    /// Largest response over the scales, ≥ 0.
    pub response: Volume<f32, F>,
    /// Which scale gave it.
    pub scale_index: Volume<u8, F>,
}

/// Slices that are blurred at once, beside two for their neighbours.
const SLAB: usize = 12;

/// Filter a volume for tubes whose radius is near one of the standard deviations `scales_m` (most for σ ≈ r/√2 to r).
///
/// Second differences of the blurred volume, with the true distances between voxels; eigenvalues in closed form. Slabs of
/// 12 slices are worked on one by one: beside source and result, each thread holds 14 slices in single precision. The
/// outermost voxels get no response.
/// # Error
/// Differences lower the curvature by about h²/(6σ²) of itself. Two nearly equal eigenvalues are apart by up to 1e-3 of
/// their spread too much or too little (single precision).
/// # Errors
/// [`VolumeError::OutOfRange`] unless there are 1 to 16 rising scales of 0.3 to 64 voxels along every axis, and positive
/// tolerances.
pub fn vesselness3<T: Sample, F: Frame>(
    volume: &Volume<T, F>,
    scales_m: &[f64],
    polarity: Polarity,
    measure: Tubeness3,
) -> Result<Vesselness3<F>, VolumeError> {
    check(volume.grid().spacing_m(), scales_m, measure)?;
    let (nx, slice) = volume.strides();
    let nz = volume.size()[2] as usize;
    let (data, spacing) = (volume.data(), volume.grid().spacing_m());
    let mut response = Volume::filled(*volume.grid(), 0.0_f32);
    let mut scale_index = Volume::filled(*volume.grid(), 0_u8);
    for (index, sigma) in scales_m.iter().enumerate() {
        let filter = Filter::new(spacing, *sigma, polarity, measure);
        let outs = response.data_mut().par_chunks_mut(slice * SLAB).zip(scale_index.data_mut().par_chunks_mut(slice * SLAB));
        outs.enumerate().for_each(|(slab, (response, scale_index))| {
            let first = slab * SLAB;
            let count = response.len() / slice;
            let mut blurred = vec![0.0_f32; slice * (count + 2)];
            let mut own = vec![0.0_f32; slice];
            for (k, target) in blurred.chunks_exact_mut(slice).enumerate() {
                filter.blur(data, first as i64 + k as i64 - 1, nz, nx, &mut own, target);
            }
            let mut values = vec![0.0_f32; nx];
            for k in 0..count {
                // The first and the last slice have no neighbour.
                if first + k == 0 || first + k + 1 == nz {
                    continue;
                }
                let three = &blurred[k * slice..(k + 3) * slice];
                for y in 1..(slice / nx).saturating_sub(1) {
                    filter.row(three, slice, nx, y, &mut values);
                    let at = k * slice + y * nx;
                    for x in 1..nx.saturating_sub(1) {
                        let better = values[x] > response[at + x];
                        response[at + x] = if better { values[x] } else { response[at + x] };
                        scale_index[at + x] = if better { index as u8 } else { scale_index[at + x] };
                    }
                }
            }
        });
    }
    Ok(Vesselness3 { response, scale_index })
}

fn check(spacing: [f64; 3], scales_m: &[f64], measure: Tubeness3) -> Result<(), VolumeError> {
    let bad = |name, value, min, max| Err(VolumeError::OutOfRange { name, value, min, max });
    if scales_m.is_empty() || scales_m.len() > SCALE_COUNT_MAX {
        return bad("scale count", scales_m.len() as f64, 1.0, SCALE_COUNT_MAX as f64);
    }
    let mut before = 0.0;
    for sigma in scales_m {
        for step in spacing {
            if !(0.3..=SIGMA_MAX_VOXELS).contains(&(sigma / step)) {
                return bad("scale [voxels]", sigma / step, 0.3, SIGMA_MAX_VOXELS);
            }
        }
        if *sigma <= before {
            return bad("scale [m], rising", *sigma, before, f64::INFINITY);
        }
        before = *sigma;
    }
    if let Tubeness3::Frangi { plate, blob, structure } = measure {
        for (name, value) in [("plate", plate), ("blob", blob), ("structure", structure)] {
            if !(value.is_finite() && value > 0.0) {
                return bad(name, f64::from(value), 0.0, f64::from(f32::MAX));
            }
        }
    }
    Ok(())
}

/// One scale.
struct Filter {
    weights: [Vec<f32>; 3],
    /// ± σ²/h² along the axes, and ± σ²/(4 h h′) for yz, xz, xy.
    straight: [f32; 3],
    mixed: [f32; 3],
    measure: Tubeness3,
}

impl Filter {
    fn new(spacing: [f64; 3], sigma: f64, polarity: Polarity, measure: Tubeness3) -> Self {
        let sign = if polarity == Polarity::Dark { 1.0 } else { -1.0 };
        let norm = sign * sigma * sigma;
        Self {
            weights: spacing.map(|h| weights(sigma / h)),
            straight: spacing.map(|h| (norm / (h * h)) as f32),
            mixed: [[1, 2], [0, 2], [0, 1]].map(|[a, b]| (norm / (4.0 * spacing[a] * spacing[b])) as f32),
            measure,
        }
    }

    /// One slice of the blurred volume.
    fn blur<T: Sample>(&self, data: &[T], z: i64, nz: usize, nx: usize, own: &mut [f32], target: &mut [f32]) {
        let slice = own.len();
        let [wx, wy, wz] = &self.weights;
        let at = |k: i64| {
            let k = mirror(k, nz);
            &data[k * slice..(k + 1) * slice]
        };
        own.iter_mut().zip(at(z)).for_each(|(o, v)| *o = wz[0] * v.to_f32());
        for (i, w) in wz.iter().enumerate().skip(1) {
            let (a, b) = (at(z - i as i64), at(z + i as i64));
            own.iter_mut().zip(a.iter().zip(b)).for_each(|(o, (a, b))| *o += w * (a.to_f32() + b.to_f32()));
        }
        within_slice(own, target, nx, wx, wy);
    }

    /// Responses of row `y` of the middle one of three slices; the outermost two stay as they are.
    fn row(&self, three: &[f32], slice: usize, nx: usize, y: usize, values: &mut [f32]) {
        if nx < 3 {
            return;
        }
        let count = nx - 2;
        let line = |z: usize, dy: usize, dx: usize| &three[z * slice + (y + dy - 1) * nx + dx..][..count];
        let (c, l, r) = (line(1, 1, 1), line(1, 1, 0), line(1, 1, 2));
        let (n, s, u, d) = (line(1, 0, 1), line(1, 2, 1), line(0, 1, 1), line(2, 1, 1));
        let yz = [line(0, 0, 1), line(2, 2, 1), line(0, 2, 1), line(2, 0, 1)];
        let xz = [line(0, 1, 0), line(2, 1, 2), line(0, 1, 2), line(2, 1, 0)];
        let xy = [line(1, 0, 0), line(1, 2, 2), line(1, 0, 2), line(1, 2, 0)];
        let out = &mut values[1..=count];
        for i in 0..count {
            let two = 2.0 * c[i];
            let a = self.straight[0] * (l[i] + r[i] - two);
            let b = self.straight[1] * (n[i] + s[i] - two);
            let e = self.straight[2] * (u[i] + d[i] - two);
            let f = self.mixed[0] * (yz[0][i] + yz[1][i] - yz[2][i] - yz[3][i]);
            let g = self.mixed[1] * (xz[0][i] + xz[1][i] - xz[2][i] - xz[3][i]);
            let h = self.mixed[2] * (xy[0][i] + xy[1][i] - xy[2][i] - xy[3][i]);
            out[i] = eigenvalues([a, b, e, f, g, h])[1].max(0.0);
        }
        if let Tubeness3::Frangi { plate, blob, structure } = self.measure {
            for i in 0..count {
                // Only where both curvatures across have the right sign.
                if out[i] > 0.0 {
                    let two = 2.0 * c[i];
                    let own = [
                        self.straight[0] * (l[i] + r[i] - two),
                        self.straight[1] * (n[i] + s[i] - two),
                        self.straight[2] * (u[i] + d[i] - two),
                        self.mixed[0] * (yz[0][i] + yz[1][i] - yz[2][i] - yz[3][i]),
                        self.mixed[1] * (xz[0][i] + xz[1][i] - xz[2][i] - xz[3][i]),
                        self.mixed[2] * (xy[0][i] + xy[1][i] - xy[2][i] - xy[3][i]),
                    ];
                    out[i] = frangi(eigenvalues(own), plate, blob, structure);
                }
            }
        }
    }
}

/// Eigenvalues of a symmetric matrix (xx, yy, zz, yz, xz, xy), rising.
///
/// The one farthest from the other two first: q ± 2p cos(⅓ arccos |r|), the cosine by two Newton steps from a parabola;
/// the others from their sum and difference. No branch, so that rows vectorise.
/// # Source
/// Smith 1961, Commun ACM 4:168, for q, p and r.
#[inline(always)]
#[must_use]
fn eigenvalues([a, b, e, f, g, h]: [f32; 6]) -> [f32; 3] {
    let q = (a + b + e) * (1.0 / 3.0);
    let (x, y, z) = (a - q, b - q, e - q);
    let p2 = ((x * x + y * y + z * z) + 2.0 * (f * f + g * g + h * h)) * (1.0 / 6.0);
    let p = p2.sqrt();
    let det = x * (y * z - f * f) - h * (h * z - f * g) + g * (h * f - y * g);
    let r = (0.5 * det / (p2 * p).max(f32::MIN_POSITIVE)).clamp(-1.0, 1.0);
    let m = r.abs();
    // cos(⅓ arccos m) is the root of 4c³ − 3c = m between cos 30° and 1.
    let mut c = 0.866_025_4 + m * (0.166_666_7 - 0.032_692_1 * m);
    for _ in 0..2 {
        c -= (c * (4.0 * c * c - 3.0) - m) / (12.0 * c * c - 3.0);
    }
    let far = 2.0 * p * c;
    let apart = 1.732_050_8 * p * (1.0 - c * c).max(0.0).sqrt();
    let positive = r >= 0.0;
    let far = if positive { far } else { -far };
    let centre = q - 0.5 * far;
    let (near_low, near_high) = (centre - apart, centre + apart);
    let alone = q + far;
    [if positive { near_low } else { alone }, if positive { near_high } else { near_low }, if positive { alone } else { near_high }]
}

fn frangi([low, middle, high]: [f32; 3], plate: f32, blob: f32, structure: f32) -> f32 {
    if middle <= 0.0 {
        return 0.0;
    }
    let (a, b) = (middle / high, low.abs() / (middle * high).sqrt());
    let s2 = low * low + middle * middle + high * high;
    -ops::exp_m1_f32(-0.5 * a * a / (plate * plate))
        * ops::exp_f32(-0.5 * b * b / (blob * blob))
        * -ops::exp_m1_f32(-0.5 * s2 / (structure * structure))
}

#[cfg(test)]
mod tests {
    use proband_core::{Patient, Position};
    use proptest::prelude::*;

    use super::*;
    use crate::Grid;

    proptest! {
        /// Give the eigenvalues of any symmetric matrix: their sum, sum of squares and product, in order.
        #[test]
        fn eigenvalues_are_right(v in proptest::array::uniform6(-100.0..100.0_f32)) {
            let [a, b, e, f, g, h] = v.map(f64::from);
            let matrix = nalgebra::Matrix3::new(a, h, g, h, b, f, g, f, e);
            let mut expected: Vec<f64> = matrix.symmetric_eigenvalues().iter().copied().collect();
            expected.sort_by(f64::total_cmp);
            let found = eigenvalues(v).map(f64::from);
            let spread = expected[2] - expected[0];
            for (found, expected) in found.iter().zip(&expected) {
                prop_assert!((found - expected).abs() <= 1e-3 * spread + 1e-4, "{} {}", found, expected);
            }
        }
    }

    fn line(depth: f64, width_m: f64) -> Volume<f32> {
        let grid = Grid::<Patient>::aligned([41, 41, 31], [0.7e-3, 0.7e-3, 1e-3], Position::new(0.0, 0.0, 0.0)).unwrap();
        Volume::from_fn(grid, |at| {
            // A Gaussian line through the middle along (1, 1, 1).
            let p: [f64; 3] = std::array::from_fn(|a| (f64::from(at[a]) - [20.0, 20.0, 15.0][a]) * [0.7e-3, 0.7e-3, 1e-3][a]);
            let along = (p[0] + p[1] + p[2]) / 3.0_f64.sqrt();
            let off2 = p.iter().map(|v| v * v).sum::<f64>() - along * along;
            (depth * ops::exp(-0.5 * off2 / (width_m * width_m))) as f32
        })
    }

    /// Answer in the middle of a line with its blurred curvature, only to the polarity asked for, and to no plane.
    #[test]
    fn a_line_answers_as_calculated() {
        let (w, s) = (1.5e-3, 1.5e-3);
        let source = line(-200.0, w);
        let middle = [20, 20, 15];
        let found = vesselness3(&source, &[s], Polarity::Dark, Tubeness3::Weaker).unwrap();
        // Blurred across: depth w²/(w² + s²), curvature depth/(w² + s²), times s².
        let expected = 200.0 * w * w * s * s / ((w * w + s * s) * (w * w + s * s));
        let response = f64::from(*found.response.get(middle).unwrap());
        assert!((response / expected - 1.0).abs() < 0.08, "{response} {expected}");
        let bright = vesselness3(&source, &[s], Polarity::Bright, Tubeness3::Weaker).unwrap();
        assert!(*bright.response.get(middle).unwrap() < 1e-3);
        let plane = Volume::from_fn(*source.grid(), |[x, _, _]| -200.0 * ops::exp_f32(-0.5 * (x as f32 - 20.0) * (x as f32 - 20.0) / 4.0));
        let flat = vesselness3(&plane, &[s], Polarity::Dark, Tubeness3::Weaker).unwrap();
        assert!(*flat.response.get(middle).unwrap() < 0.05 * expected as f32);
        let measure = Tubeness3::Frangi { plate: 0.5, blob: 0.5, structure: 20.0 };
        let tube = vesselness3(&source, &[s], Polarity::Dark, measure).unwrap();
        assert!(*tube.response.get(middle).unwrap() > 0.6 && *tube.response.get([2, 30, 15]).unwrap() < 0.05);
    }

    /// Prefer the scale that fits: for a Gaussian line of width w, σ = w.
    #[test]
    fn the_scale_fits() {
        let scales = [0.8e-3, 1.5e-3, 2.8e-3];
        let found = vesselness3(&line(-200.0, 1.5e-3), &scales, Polarity::Dark, Tubeness3::Weaker).unwrap();
        assert_eq!(found.scale_index.get([20, 20, 15]), Some(&1));
    }

    /// Refuse scales that are none or fall.
    #[test]
    fn bad_scales_are_refused() {
        let flat = Volume::filled(*line(1.0, 1e-3).grid(), 0_i16);
        for scales in [&[][..], &[1e-5], &[2e-3, 1e-3], &[f64::NAN], &[1e-3; 17]] {
            assert!(vesselness3(&flat, scales, Polarity::Dark, Tubeness3::Weaker).is_err());
        }
        let none = vesselness3(&flat, &[1e-3], Polarity::Dark, Tubeness3::Weaker).unwrap();
        assert!(none.response.data().iter().all(|v| *v == 0.0));
    }
}
