//! Separable Gaussian in volumes.

use proband_core::frame::Frame;
use proband_core::ops;
use rayon::prelude::*;

use crate::{Volume, VolumeError};

/// Largest standard deviation of a Gaussian [voxels].
pub const SIGMA_MAX_VOXELS: f64 = 64.0;

/// Weights from the centre outwards, cut at 4 standard deviations, with sum 1.
pub(crate) fn weights(sigma: f64) -> Vec<f32> {
    let radius = (4.0 * sigma + 0.5) as usize;
    let raw: Vec<f64> = (0..=radius).map(|i| if i == 0 { 1.0 } else { ops::exp(-0.5 * (i as f64 / sigma) * (i as f64 / sigma)) }).collect();
    let sum = raw[0] + 2.0 * raw[1..].iter().sum::<f64>();
    raw.iter().map(|w| (w / sum) as f32).collect()
}

/// Blur by a Gaussian of standard deviation `sigma_m` [m] along each axis of the grid, mirrored at the border.
///
/// # Errors
/// [`VolumeError::OutOfRange`] when `sigma_m` is not finite, negative or beyond [`SIGMA_MAX_VOXELS`] voxels.
pub fn gaussian3<F: Frame>(volume: &Volume<f32, F>, sigma_m: f64) -> Result<Volume<f32, F>, VolumeError> {
    let spacing = volume.grid().spacing_m();
    let sigmas = spacing.map(|s| sigma_m / s);
    for sigma in sigmas {
        if !(0.0..=SIGMA_MAX_VOXELS).contains(&sigma) {
            return Err(VolumeError::OutOfRange { name: "sigma [voxels]", value: sigma, min: 0.0, max: SIGMA_MAX_VOXELS });
        }
    }
    let [wx, wy, wz] = sigmas.map(weights);
    let (nx, slice) = volume.strides();
    let nz = volume.size()[2] as usize;
    let data = volume.data();
    let mut out = Volume::filled(*volume.grid(), 0.0_f32);
    // Along z first, from the source; then y and x within each slice while it lies in the cache.
    out.data_mut().par_chunks_mut(slice).enumerate().for_each(|(z, target)| {
        let mut own = vec![0.0_f32; slice];
        let at = |k: i64| {
            let k = mirror(k, nz);
            &data[k * slice..(k + 1) * slice]
        };
        own.iter_mut().zip(at(z as i64)).for_each(|(o, v)| *o = wz[0] * v);
        for (i, w) in wz.iter().enumerate().skip(1) {
            let (a, b) = (at(z as i64 - i as i64), at(z as i64 + i as i64));
            own.iter_mut().zip(a.iter().zip(b)).for_each(|(o, (a, b))| *o += w * (a + b));
        }
        within_slice(&own, target, nx, &wx, &wy);
    });
    Ok(out)
}

pub(crate) fn within_slice(own: &[f32], target: &mut [f32], nx: usize, wx: &[f32], wy: &[f32]) {
    let ny = own.len() / nx;
    let pad = wx.len() - 1;
    let mut row = vec![0.0_f32; nx + 2 * pad];
    for (y, target) in target.chunks_exact_mut(nx).enumerate() {
        let at = |j: i64| {
            let j = mirror(j, ny);
            &own[j * nx..(j + 1) * nx]
        };
        let middle = &mut row[pad..pad + nx];
        middle.iter_mut().zip(at(y as i64)).for_each(|(o, v)| *o = wy[0] * v);
        for (i, w) in wy.iter().enumerate().skip(1) {
            let (a, b) = (at(y as i64 - i as i64), at(y as i64 + i as i64));
            middle.iter_mut().zip(a.iter().zip(b)).for_each(|(o, (a, b))| *o += w * (a + b));
        }
        for i in 1..=pad {
            row[pad - i] = row[pad + mirror(-(i as i64), nx)];
            row[pad + nx - 1 + i] = row[pad + mirror((nx - 1 + i) as i64, nx)];
        }
        target.iter_mut().zip(&row[pad..]).for_each(|(o, v)| *o = wx[0] * v);
        for (i, w) in wx.iter().enumerate().skip(1) {
            let (a, b) = (&row[pad - i..pad - i + nx], &row[pad + i..pad + i + nx]);
            target.iter_mut().zip(a.iter().zip(b)).for_each(|(o, (a, b))| *o += w * (a + b));
        }
    }
}

/// Index mirrored at the borders' half samples.
pub(crate) fn mirror(at: i64, count: usize) -> usize {
    let count = count as i64;
    let at = at.rem_euclid(2 * count);
    (if at < count { at } else { 2 * count - 1 - at }) as usize
}

#[cfg(test)]
mod tests {
    use proband_core::{Patient, Position};

    use super::*;
    use crate::Grid;

    /// Keep constants, spread a point as a Gaussian does, and refuse what is no width.
    #[test]
    fn a_point_becomes_a_gaussian() {
        let grid = Grid::<Patient>::aligned([31, 33, 29], [0.7e-3, 0.7e-3, 1e-3], Position::new(0.0, 0.0, 0.0)).unwrap();
        let flat = gaussian3(&Volume::filled(grid, 7.0), 1.5e-3).unwrap();
        assert!(flat.data().iter().all(|v| (v - 7.0).abs() < 1e-5));
        let mut point = Volume::filled(grid, 0.0_f32);
        let centre = grid.offset([15, 16, 14]).unwrap();
        point.data_mut()[centre] = 1.0;
        let blurred = gaussian3(&point, 1.5e-3).unwrap();
        let sum: f32 = blurred.data().iter().sum();
        assert!((sum - 1.0).abs() < 1e-4);
        let ratio = f64::from(blurred.get([18, 16, 15]).unwrap() / blurred.get([15, 16, 14]).unwrap());
        let squared = (3.0_f64 * 0.7).powi(2) + 1.0;
        assert!((ratio - ops::exp(-squared / (2.0 * 1.5 * 1.5))).abs() < 1e-4);
        assert!(gaussian3(&point, f64::NAN).is_err() && gaussian3(&point, -1.0).is_err() && gaussian3(&point, 1.0).is_err());
    }

    /// Mirror at half samples, however far.
    #[test]
    fn borders_are_mirrored() {
        assert_eq!((-4..8).map(|i| mirror(i, 3)).collect::<Vec<_>>(), [2, 2, 1, 0, 0, 1, 2, 2, 1, 0, 0, 1]);
    }
}
