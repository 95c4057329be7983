//! Air outside of the body: what an airway must not flow into.

use proband_volume::Volume;

/// Darker than this every voxel of a cube of air is, with noise, and darker than this its mean [HU]: lung that is cut by a side
/// of the scan is brighter than free air. Prior: unverified.
const AIR_HU: i16 = -700;
const AIR_MEAN_HU: i64 = -940;
/// Side of the cubes of which the air is made [mm]: no gap in skin or airway wall is as wide. Prior: unverified.
const CUBE_MM: f64 = 3.0;

/// Places in memory that belong to the air outside, as bits.
#[derive(Clone, Debug)]
pub(super) struct Outside {
    bits: Vec<u64>,
}

impl Outside {
    /// Air that hangs together with a side of the volume by cubes that hold nothing else, and what lies within one cube of it.
    ///
    /// An airway that opens to the outside (or is painted so) thus stays apart from it.
    pub fn of(ct: &Volume<i16>) -> Self {
        let size = ct.size().map(|n| n as usize);
        let spacing = ct.grid().spacing_m();
        let cube: [usize; 3] = std::array::from_fn(|a| ((CUBE_MM * 1e-3 / spacing[a]).round() as usize).clamp(1, size[a]));
        let count: [usize; 3] = std::array::from_fn(|a| size[a].div_ceil(cube[a]));
        let at = |c: [usize; 3]| c[0] + count[0] * (c[1] + count[1] * c[2]);
        let cubes = count.iter().product();
        let (mut air, mut sums, mut voxels) = (vec![true; cubes], vec![0_i64; cubes], vec![0_i64; cubes]);
        for (row, line) in ct.data().chunks_exact(size[0]).enumerate() {
            let base = at([0, row % size[1] / cube[1], row / size[1] / cube[2]]);
            for (x, piece) in line.chunks(cube[0]).enumerate() {
                air[base + x] &= piece.iter().all(|v| *v < AIR_HU);
                sums[base + x] += piece.iter().map(|v| i64::from(*v)).sum::<i64>();
                voxels[base + x] += piece.len() as i64;
            }
        }
        air.iter_mut().zip(sums.iter().zip(&voxels)).for_each(|(a, (sum, count))| *a &= *sum < AIR_MEAN_HU * count);
        // From the sides, not from top and bottom: there lungs and trachea are cut.
        let place = |c: usize| [c % count[0], c / count[0] % count[1], c / (count[0] * count[1])];
        let mut reached = vec![false; air.len()];
        let mut open: Vec<usize> = Vec::new();
        for (cube, _) in air.iter().enumerate().filter(|(_, a)| **a) {
            let [x, y, _] = place(cube);
            if x == 0 || y == 0 || x + 1 == count[0] || y + 1 == count[1] {
                reached[cube] = true;
                open.push(cube);
            }
        }
        while let Some(cube) = open.pop() {
            let c = place(cube);
            for axis in 0..3 {
                let stride = [1, count[0], count[0] * count[1]][axis];
                for to in [(c[axis] > 0).then(|| cube - stride), (c[axis] + 1 < count[axis]).then(|| cube + stride)].into_iter().flatten() {
                    if air[to] && !reached[to] {
                        reached[to] = true;
                        open.push(to);
                    }
                }
            }
        }
        let wide = |c: [usize; 3]| {
            let range = |a: usize| c[a].saturating_sub(1)..(c[a] + 2).min(count[a]);
            range(2).any(|z| range(1).any(|y| range(0).any(|x| reached[at([x, y, z])])))
        };
        let mut bits = vec![0_u64; ct.data().len().div_ceil(64)];
        for (index, _) in air.iter().enumerate().filter(|(i, _)| wide(place(*i))) {
            let c = place(index);
            let high: [usize; 3] = std::array::from_fn(|a| ((c[a] + 1) * cube[a]).min(size[a]));
            for z in c[2] * cube[2]..high[2] {
                for y in c[1] * cube[1]..high[1] {
                    for x in c[0] * cube[0]..high[0] {
                        let at = x + size[0] * (y + size[1] * z);
                        bits[at / 64] |= 1 << (at % 64);
                    }
                }
            }
        }
        Self { bits }
    }

    pub fn holds(&self, at: usize) -> bool {
        self.bits[at / 64] >> (at % 64) & 1 == 1
    }
}
