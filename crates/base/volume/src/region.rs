//! Regions that grow from seeds through dark voxels, and the threshold at which they leak.

use proband_core::frame::Frame;

use crate::{Volume, VolumeError};

/// A bit for each voxel.
#[derive(Clone, Debug)]
struct Bits(Vec<u64>);

impl Bits {
    fn new(count: usize) -> Self {
        Self(vec![0; count.div_ceil(64)])
    }
    fn get(&self, at: usize) -> bool {
        self.0[at >> 6] >> (at & 63) & 1 == 1
    }
    /// Set the bits from `from` up to, not including, `to`.
    fn set(&mut self, from: usize, to: usize) {
        let (first, last) = (from >> 6, (to - 1) >> 6);
        let (low, high) = (!0_u64 << (from & 63), !0_u64 >> (63 - ((to - 1) & 63)));
        if first == last {
            self.0[first] |= low & high;
        } else {
            self.0[first] |= low;
            self.0[first + 1..last].fill(!0);
            self.0[last] |= high;
        }
    }
}

/// A grown region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// Runs along rows: place in memory of the first voxel and number of voxels, in the order found.
    pub runs: Vec<(u32, u32)>,
    /// Voxels in all.
    pub voxel_count: u64,
    /// Whether growth ended because the region became larger than allowed.
    pub leaked: bool,
}

impl Region {
    /// 1 in the region, 0 elsewhere.
    pub fn paint<F: Frame>(&self, mask: &mut Volume<u8, F>) {
        for (start, count) in &self.runs {
            mask.data_mut()[*start as usize..(*start + *count) as usize].fill(1);
        }
    }
}

/// Grow from `seeds` through 6-neighbours whose value is at most `upper`, row by row.
///
/// Growth ends with [`Region::leaked`] as soon as the region has more than `voxel_max` voxels: what lies beyond a
/// leak costs nothing.
///
/// # Errors
/// [`VolumeError::OutOfRange`] when a seed lies outside.
pub fn grow_dark<F: Frame>(volume: &Volume<i16, F>, seeds: &[usize], upper: i16, voxel_max: u64) -> Result<Region, VolumeError> {
    let data = volume.data();
    if let Some(seed) = seeds.iter().find(|s| **s >= data.len()) {
        return Err(VolumeError::OutOfRange { name: "seed", value: *seed as f64, min: 0.0, max: data.len() as f64 - 1.0 });
    }
    let (nx, slice) = volume.strides();
    let [_, ny, nz] = volume.size().map(|n| n as usize);
    let mut seen = Bits::new(data.len());
    let mut region = Region { runs: Vec::new(), voxel_count: 0, leaked: false };
    let mut open: Vec<u32> = Vec::new();
    for seed in seeds {
        open.push(*seed as u32);
        while let Some(at) = open.pop() {
            let at = at as usize;
            if seen.get(at) || data[at] > upper {
                continue;
            }
            let row = at / nx * nx;
            let start = (row..at).rev().take_while(|i| data[*i] <= upper).last().unwrap_or(at);
            let end = at + data[at..row + nx].iter().take_while(|v| **v <= upper).count();
            seen.set(start, end);
            region.runs.push((start as u32, (end - start) as u32));
            region.voxel_count += (end - start) as u64;
            if region.voxel_count > voxel_max {
                region.leaked = true;
                return Ok(region);
            }
            let (y, z) = (at / nx % ny, at / slice);
            let mut look = |from: usize, to: usize| {
                // One open voxel for each run that is not yet seen.
                let mut before = false;
                for (i, value) in data[from..to].iter().enumerate() {
                    let inside = *value <= upper && !seen.get(from + i);
                    if inside && !before {
                        open.push((from + i) as u32);
                    }
                    before = inside;
                }
            };
            if y > 0 {
                look(start - nx, end - nx);
            }
            if y + 1 < ny {
                look(start + nx, end + nx);
            }
            if z > 0 {
                look(start - slice, end - slice);
            }
            if z + 1 < nz {
                look(start + slice, end + slice);
            }
        }
    }
    Ok(region)
}

/// The largest threshold from `low` up to `high` at which growth from the seeds does not leak, and the region there.
///
/// Rises in steps of 10 until the region grows by more than half and by more than `jump_voxels` at once, then
/// halves the step down to 1. A leak through a wall happens within a single step of 1, so coarse steps lose tree.
///
/// # Errors
/// As [`grow_dark`]; [`VolumeError::OutOfRange`] when the region leaks already at `low`.
pub fn grow_until_leak<F: Frame>(
    volume: &Volume<i16, F>,
    seeds: &[usize],
    low: i16,
    high: i16,
    jump_voxels: u64,
    voxel_max: u64,
) -> Result<(i16, Region), VolumeError> {
    let mut best = grow_dark(volume, seeds, low, voxel_max)?;
    if best.leaked {
        return Err(VolumeError::OutOfRange {
            name: "lowest threshold",
            value: f64::from(low),
            min: f64::from(i16::MIN),
            max: f64::from(low) - 1.0,
        });
    }
    let (mut good, mut bad, mut step) = (low, None, 10_i16);
    loop {
        let next = match bad {
            Some(bad) if bad - good <= 1 => return Ok((good, best)),
            Some(bad) => good + (bad - good) / 2,
            None if good >= high => return Ok((good, best)),
            None => good.saturating_add(step).min(high),
        };
        let allowed = (best.voxel_count + best.voxel_count / 2).max(best.voxel_count + jump_voxels).min(voxel_max);
        let grown = grow_dark(volume, seeds, next, allowed)?;
        if grown.leaked {
            bad = Some(next);
            step = 1;
        } else {
            good = next;
            best = grown;
        }
    }
}

#[cfg(test)]
mod tests {
    use proband_core::{Patient, Position};
    use proptest::prelude::*;

    use super::*;
    use crate::{Connectivity, Grid, components3};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(50))]

        /// Grow the connected piece of the seed, no more and no less.
        #[test]
        fn regions_are_pieces(values in proptest::collection::vec(0_i16..10, 11 * 9 * 8), upper in 0_i16..9, seed in 0_usize..792) {
            let grid = Grid::<Patient>::aligned([11, 9, 8], [1e-3; 3], Position::new(0.0, 0.0, 0.0)).unwrap();
            let volume = Volume::new(grid, values).unwrap();
            let region = grow_dark(&volume, &[seed], upper, u64::MAX).unwrap();
            let mut mask = Volume::filled(grid, 0_u8);
            region.paint(&mut mask);
            let pieces = components3(&volume.map(|v| v <= upper), Connectivity::Six);
            let own = pieces.labels.data()[seed];
            for (found, label) in mask.data().iter().zip(pieces.labels.data()) {
                prop_assert_eq!(*found == 1, own > 0 && *label == own);
            }
            prop_assert_eq!(region.voxel_count, mask.data().iter().filter(|v| **v == 1).count() as u64);
        }
    }

    /// Stop at the last threshold before a wall gives way.
    #[test]
    fn the_leak_is_found_to_the_step() {
        let grid = Grid::<Patient>::aligned([40, 20, 20], [1e-3; 3], Position::new(0.0, 0.0, 0.0)).unwrap();
        let wall = |x: u32, y: u32, z: u32| if x == 5 { if (y, z) == (9, 9) { -873 } else { 0 } } else { 0 };
        let volume = Volume::from_fn(grid, |[x, y, z]| {
            if x < 5 {
                -950
            } else if x > 5 {
                -900
            } else {
                wall(x, y, z)
            }
        });
        let (threshold, region) = grow_until_leak(&volume, &[0], -940, -700, 100, u64::MAX).unwrap();
        assert_eq!((threshold, region.voxel_count), (-874, 5 * 400));
    }
}
