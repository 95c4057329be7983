//! Median of 3 × 3 × 3 voxels.

use proband_core::frame::Frame;
use rayon::prelude::*;

use crate::Volume;

/// Voxels that are sorted side by side.
const LANES: usize = 32;
type Lanes = [i16; LANES];

#[inline(always)]
fn sort2(v: &mut [Lanes], a: usize, b: usize) {
    let (x, y) = (v[a], v[b]);
    v[a] = std::array::from_fn(|lane| x[lane].min(y[lane]));
    v[b] = std::array::from_fn(|lane| x[lane].max(y[lane]));
}

/// Median of the 27 voxels around each one; voxels beyond the border repeat those at the border.
///
/// Twenty-seven values lose their smallest and largest, one pair of new ones at a time, until the middle one is left
/// ("forgetful selection"), for 32 voxels at once.
/// # Source
/// Smith 1996, "Implementing median filters in XC4000E FPGAs", Xcell 23.
#[must_use]
pub fn median3<F: Frame>(volume: &Volume<i16, F>) -> Volume<i16, F> {
    let [nx, ny, nz] = volume.size().map(|n| n as usize);
    let data = volume.data();
    let mut out = Volume::filled(*volume.grid(), 0_i16);
    out.data_mut().par_chunks_mut(nx * ny).enumerate().for_each(|(z, slice)| {
        let mut rows = vec![0_i16; 9 * (nx + 2 + LANES)];
        let width = nx + 2 + LANES;
        for (y, target) in slice.chunks_exact_mut(nx).enumerate() {
            for (at, row) in rows.chunks_exact_mut(width).enumerate() {
                let sy = (y + at % 3).saturating_sub(1).min(ny - 1);
                let sz = (z + at / 3).saturating_sub(1).min(nz - 1);
                let from = &data[(sz * ny + sy) * nx..][..nx];
                row[1..=nx].copy_from_slice(from);
                row[0] = from[0];
                row[nx + 1..].fill(from[nx - 1]);
            }
            for start in (0..nx).step_by(LANES) {
                let middle = middle_of_27(&rows, width, start);
                let count = LANES.min(nx - start);
                target[start..start + count].copy_from_slice(&middle[..count]);
            }
        }
    });
    out
}

/// The window is filled with 15 values; each further value pushes out one that cannot be the middle on either side.
#[inline]
fn middle_of_27(rows: &[i16], width: usize, start: usize) -> Lanes {
    let load = |index: usize| -> Lanes {
        let from = (index / 3) * width + start + index % 3;
        let mut lanes = [0; LANES];
        lanes.copy_from_slice(&rows[from..from + LANES]);
        lanes
    };
    let mut window = [[0_i16; LANES]; 15];
    for (index, lanes) in window.iter_mut().enumerate() {
        *lanes = load(index);
    }
    let mut count = 15;
    let mut next = 15;
    loop {
        // Smallest to the front, largest to the back; both cannot be the middle any more.
        let half = count / 2;
        for i in 0..half {
            sort2(&mut window, i, count - 1 - i);
        }
        for i in 1..count.div_ceil(2) {
            sort2(&mut window, 0, i);
        }
        for i in half..count - 1 {
            sort2(&mut window, i, count - 1);
        }
        if count == 3 {
            return window[1];
        }
        // The front's place is taken by the next value; 12 steps take the window from 15 to 3 values.
        count -= 1;
        window[0] = load(next);
        next += 1;
    }
}

#[cfg(test)]
mod tests {
    use proband_core::{Patient, Position};
    use proptest::prelude::*;

    use super::*;
    use crate::Grid;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        /// Give the middle of the 27 sorted values around each voxel.
        #[test]
        fn medians_are_exact(values in proptest::collection::vec(any::<i16>(), 40 * 4 * 3)) {
            let grid = Grid::<Patient>::aligned([40, 4, 3], [1e-3; 3], Position::new(0.0, 0.0, 0.0)).unwrap();
            let volume = Volume::new(grid, values).unwrap();
            let found = median3(&volume);
            for at in 0..found.data().len() {
                let [x, y, z] = grid.cell(at).map(i64::from);
                let mut all: Vec<i16> = (0..27).map(|i| {
                    let to = [(x + i % 3 - 1).clamp(0, 39), (y + i / 3 % 3 - 1).clamp(0, 3), (z + i / 9 - 1).clamp(0, 2)];
                    volume.data()[grid.offset(to).unwrap()]
                }).collect();
                all.sort_unstable();
                prop_assert_eq!(found.data()[at], all[13]);
            }
        }
    }
}
