//! Values of one grid on another.

use proband_core::frame::Frame;
use rayon::prelude::*;

use crate::{AnyVolume, Grid, Volume};

/// How values between voxels are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interpolation {
    /// The nearest voxel: for labels.
    Nearest,
    /// Linear along each axis.
    Linear,
    /// Cubic convolution with a = −1/2 (Keys 1981, IEEE Trans ASSP 29:1153–1160): exact for parabolas; may overshoot.
    Cubic,
}

/// Where a target index lies in the source along one axis: first voxel and up to four weights.
#[derive(Clone, Copy, Debug)]
struct Tap {
    first: i64,
    weights: [f32; 4],
}

impl Interpolation {
    fn reach(self) -> usize {
        match self {
            Self::Nearest => 1,
            Self::Linear => 2,
            Self::Cubic => 4,
        }
    }

    fn tap(self, at: f64) -> Tap {
        match self {
            Self::Nearest => Tap { first: (at + 0.5).floor() as i64, weights: [1.0, 0.0, 0.0, 0.0] },
            Self::Linear => {
                let floor = at.floor();
                let t = (at - floor) as f32;
                Tap { first: floor as i64, weights: [1.0 - t, t, 0.0, 0.0] }
            }
            Self::Cubic => {
                let floor = at.floor();
                let t = (at - floor) as f32;
                let (t2, t3) = (t * t, t * t * t);
                let weights = [-0.5 * t3 + t2 - 0.5 * t, 1.5 * t3 - 2.5 * t2 + 1.0, -1.5 * t3 + 2.0 * t2 + 0.5 * t, 0.5 * t3 - 0.5 * t2];
                Tap { first: floor as i64 - 1, weights }
            }
        }
    }
}

/// Kinds of value that can be resampled.
pub trait Sample: Copy + Send + Sync {
    /// In single precision.
    fn to_f32(self) -> f32;
    /// Back, rounded to the nearest value of the kind.
    fn from_f32(value: f32) -> Self;
}

macro_rules! samples {
    ($($kind:ty),*) => {$(
        impl Sample for $kind {
            #[inline]
            fn to_f32(self) -> f32 { self as f32 }
            #[inline]
            fn from_f32(value: f32) -> Self { (value + if value < 0.0 { -0.5 } else { 0.5 }) as $kind }
        }
    )*};
}

samples!(u8, i8, u16, i16, u32, i32);

impl Sample for f32 {
    #[inline]
    fn to_f32(self) -> f32 {
        self
    }
    #[inline]
    fn from_f32(value: f32) -> Self {
        value
    }
}

/// The values of `volume` at the voxels of `grid`; voxels beyond the source (by more than half a voxel) get `outside`.
///
/// Within half a voxel of the border, values of the border repeat.
#[must_use]
pub fn resample<T: Sample, F: Frame>(volume: &Volume<T, F>, grid: &Grid<F>, how: Interpolation, outside: T) -> Volume<T, F> {
    let index = |at: [f64; 3]| volume.grid().index(&grid.position(at));
    let base = index([0.0; 3]);
    let steps: [[f64; 3]; 3] = std::array::from_fn(|axis| {
        let end = index(std::array::from_fn(|a| if a == axis { 1.0 } else { 0.0 }));
        std::array::from_fn(|a| end[a] - base[a])
    });
    let apart = (0..3).all(|axis| (0..3).all(|a| a == axis || steps[axis][a].abs() * f64::from(grid.size()[axis]) < 1e-6));
    if apart {
        along_axes(volume, grid, how, outside, base, [steps[0][0], steps[1][1], steps[2][2]])
    } else {
        oblique(volume, grid, how, outside, base, steps)
    }
}

/// Taps of one axis; none where the target lies outside. Places beyond the border repeat it.
fn taps(how: Interpolation, base: f64, step: f64, target: u32, source: u32) -> Vec<Option<([usize; 4], [f32; 4])>> {
    (0..target)
        .map(|i| {
            let at = base + f64::from(i) * step;
            // A hair of tolerance, so that rounding in affines does not lose border voxels.
            ((-0.5 - 1e-6)..=(f64::from(source) - 0.5 + 1e-6)).contains(&at).then(|| {
                let tap = how.tap(at);
                (std::array::from_fn(|k| (tap.first + k as i64).clamp(0, i64::from(source) - 1) as usize), tap.weights)
            })
        })
        .collect()
}

/// Grids with the same axes: one axis after the other, rows at a time.
fn along_axes<T: Sample, F: Frame>(
    volume: &Volume<T, F>,
    grid: &Grid<F>,
    how: Interpolation,
    outside: T,
    base: [f64; 3],
    step: [f64; 3],
) -> Volume<T, F> {
    let reach = how.reach();
    let [tx, ty, tz]: [Vec<_>; 3] = std::array::from_fn(|a| taps(how, base[a], step[a], grid.size()[a], volume.size()[a]));
    let (row, slice) = volume.strides();
    let (data, nx) = (volume.data(), grid.size()[0] as usize);
    let mut out = Volume::filled(*grid, outside);
    out.data_mut().par_chunks_mut(nx * ty.len()).enumerate().for_each(|(z, target)| {
        let Some((zs, wz)) = &tz[z] else { return };
        let mut blend = vec![0.0_f32; row];
        for (y, target) in target.chunks_exact_mut(nx).enumerate() {
            let Some((ys, wy)) = &ty[y] else { continue };
            let mut first = true;
            for (k, z) in zs.iter().enumerate().take(reach) {
                for (j, y) in ys.iter().enumerate().take(reach) {
                    let w = wz[k] * wy[j];
                    if w == 0.0 {
                        continue;
                    }
                    let from = &data[z * slice + y * row..][..row];
                    if first {
                        blend.iter_mut().zip(from).for_each(|(b, v)| *b = w * v.to_f32());
                        first = false;
                    } else {
                        blend.iter_mut().zip(from).for_each(|(b, v)| *b += w * v.to_f32());
                    }
                }
            }
            for (value, tap) in target.iter_mut().zip(&tx) {
                let Some((xs, wx)) = tap else { continue };
                let sum: f32 = (0..reach).map(|i| wx[i] * blend[xs[i]]).sum();
                *value = T::from_f32(sum);
            }
        }
    });
    out
}

fn oblique<T: Sample, F: Frame>(
    volume: &Volume<T, F>,
    grid: &Grid<F>,
    how: Interpolation,
    outside: T,
    base: [f64; 3],
    steps: [[f64; 3]; 3],
) -> Volume<T, F> {
    let size = volume.size();
    let (row, slice) = volume.strides();
    let (data, reach) = (volume.data(), how.reach());
    let [nx, ny, _] = grid.size().map(|n| n as usize);
    let mut out = Volume::filled(*grid, outside);
    out.data_mut().par_chunks_mut(nx).enumerate().with_min_len(16).for_each(|(line, target)| {
        let (y, z) = ((line % ny) as f64, (line / ny) as f64);
        for (x, value) in target.iter_mut().enumerate() {
            let at: [f64; 3] = std::array::from_fn(|a| base[a] + x as f64 * steps[0][a] + y * steps[1][a] + z * steps[2][a]);
            if (0..3).any(|a| !((-0.5 - 1e-6)..=(f64::from(size[a]) - 0.5 + 1e-6)).contains(&at[a])) {
                continue;
            }
            let taps = at.map(|at| how.tap(at));
            let place = |axis: usize, k: usize| (taps[axis].first + k as i64).clamp(0, i64::from(size[axis]) - 1) as usize;
            let mut sum = 0.0;
            for k in 0..reach {
                for j in 0..reach {
                    let line = &data[place(2, k) * slice + place(1, j) * row..][..row];
                    let w = taps[2].weights[k] * taps[1].weights[j];
                    sum += w * (0..reach).map(|i| taps[0].weights[i] * line[place(0, i)].to_f32()).sum::<f32>();
                }
            }
            *value = T::from_f32(sum);
        }
    });
    out
}

impl<F: Frame> AnyVolume<F> {
    /// The smallest upright grid of cubic voxels that covers this volume from its first to its last voxel centre.
    ///
    /// # Errors
    /// As [`Grid::new`], when the voxels would be too many.
    pub fn cubic_grid(&self, spacing_m: f64) -> Result<Grid<F>, crate::VolumeError> {
        let own = self.grid();
        let spacing = own.spacing_m();
        let size =
            std::array::from_fn(|a| (f64::from(own.size()[a] - 1) * spacing[a] / spacing_m + 1e-6).floor().clamp(0.0, 1e9) as u32 + 1);
        let steps = std::array::from_fn(|a| own.step(a) * (spacing_m / spacing[a]));
        Grid::new(size, own.origin(), steps)
    }
}

#[cfg(test)]
mod tests {
    use proband_core::Patient;
    use proband_core::frame::{Direction, Position};
    use proptest::prelude::*;

    use super::*;

    fn ramp() -> Volume<f32> {
        let grid = Grid::<Patient>::aligned([9, 8, 7], [1e-3, 2e-3, 3e-3], Position::new(0.01, 0.02, 0.03)).unwrap();
        Volume::from_fn(grid, |[x, y, z]| x as f32 + 2.0 * y as f32 - 3.0 * z as f32)
    }

    proptest! {
        /// Be exact on a linear ramp, on upright and on oblique grids.
        #[test]
        fn ramps_are_exact(tilt in prop_oneof![Just(0.0), -0.2..0.2_f64], x in 2.0..5.0_f64, y in 2.0..4.0_f64, z in 2.0..3.5_f64) {
            let source = ramp();
            let origin = source.grid().position([x, y, z]);
            let steps = [Direction::new(5e-4, tilt * 5e-4, 0.0), Direction::new(0.0, 6e-4, 0.0), Direction::new(tilt * 3e-4, 0.0, 7e-4)];
            let grid = Grid::new([4, 3, 3], origin, steps).unwrap();
            for how in [Interpolation::Linear, Interpolation::Cubic] {
                let found = resample(&source, &grid, how, -99.0);
                for at in 0..found.data().len() {
                    let i = source.grid().index(&grid.position(grid.cell(at).map(f64::from)));
                    prop_assert!((f64::from(found.data()[at]) - (i[0] + 2.0 * i[1] - 3.0 * i[2])).abs() < 1e-4);
                }
            }
        }
    }

    /// Give the source itself on its own grid, and the given value outside.
    #[test]
    fn own_grid_and_outside() {
        let source = ramp();
        for how in [Interpolation::Nearest, Interpolation::Linear, Interpolation::Cubic] {
            let found = resample(&source, source.grid(), how, 0.0);
            assert!(found.data().iter().zip(source.data()).all(|(a, b)| (a - b).abs() < 1e-5), "{how:?}");
        }
        let far = Grid::aligned([2, 2, 2], [1e-3; 3], Position::<Patient>::new(1.0, 1.0, 1.0)).unwrap();
        assert!(resample(&source, &far, Interpolation::Linear, -5.0).data().iter().all(|v| *v == -5.0));
    }
}
