//! Exact Euclidean distance in volumes, with voxels of any shape.

use proband_core::frame::Frame;
use rayon::prelude::*;

use crate::Volume;

/// Distance of each voxel inside a mask to the nearest voxel centre outside [m]; 0 outside.
///
/// Beyond the border of the volume nothing is known, so it does not count as outside. A mask that fills the volume
/// gives infinity. The grid's axes are taken as perpendicular.
/// # Source
/// Felzenszwalb and Huttenlocher 2012, Theory Comput 8:415–428: lower envelope of parabolas, axis by axis.
#[must_use]
pub fn distance3<F: Frame>(mask: &Volume<bool, F>) -> Volume<f32, F> {
    let [nx, ny, nz] = mask.size().map(|n| n as usize);
    let [dx, dy, dz] = mask.grid().spacing_m().map(|s| s as f32);
    let mut out = Volume::filled(*mask.grid(), 0.0_f32);
    // Along x and y within each slice, which stays in the cache.
    out.data_mut().par_chunks_mut(nx * ny).zip(mask.data().par_chunks(nx * ny)).for_each(|(slice, mask)| {
        if !mask.iter().any(|m| *m) {
            return;
        }
        for (row, mask) in slice.chunks_exact_mut(nx).zip(mask.chunks_exact(nx)) {
            along_row(row, mask, dx);
        }
        let mut line = Line::new(ny);
        for x in 0..nx {
            line.run(slice, x, nx, ny, dy);
        }
    });
    across_slices(out.data_mut(), nx * ny, nz, dz);
    out.data_mut().par_iter_mut().with_min_len(1 << 16).for_each(|v| *v = v.sqrt());
    out
}

/// Squared distances within a row by a sweep each way.
fn along_row(row: &mut [f32], mask: &[bool], step: f32) {
    let mut distance = f32::INFINITY;
    for (value, inside) in row.iter_mut().zip(mask) {
        distance = if *inside { distance + step } else { 0.0 };
        *value = distance;
    }
    distance = f32::INFINITY;
    for (value, inside) in row.iter_mut().zip(mask).rev() {
        distance = if *inside { distance + step } else { 0.0 };
        *value = value.min(distance);
        *value *= *value;
    }
}

/// Slices are far apart in memory: columns are gathered a few at a time.
fn across_slices(data: &mut [f32], slice: usize, nz: usize, step: f32) {
    const WIDTH: usize = 64;
    let blocks: Vec<usize> = (0..slice.div_ceil(WIDTH)).collect();
    let source: &[f32] = data;
    // Each block of columns is worked out apart and then written back in order.
    let solved: Vec<(usize, Vec<f32>)> = blocks
        .par_iter()
        .filter_map(|block| {
            let columns = block * WIDTH..slice.min((block + 1) * WIDTH);
            let width = columns.len();
            let mut own = vec![0.0_f32; width * nz];
            let mut any = false;
            for z in 0..nz {
                let from = &source[z * slice + columns.start..z * slice + columns.end];
                for (x, value) in from.iter().enumerate() {
                    own[x * nz + z] = *value;
                    any |= *value > 0.0;
                }
            }
            if !any {
                return None;
            }
            let mut line = Line::new(nz);
            for column in own.chunks_exact_mut(nz) {
                line.run(column, 0, 1, nz, step);
            }
            Some((columns.start, own))
        })
        .collect();
    data.par_chunks_mut(slice).enumerate().for_each(|(z, slice)| {
        for (start, own) in &solved {
            let width = own.len() / nz;
            for x in 0..width {
                slice[start + x] = own[x * nz + z];
            }
        }
    });
}

/// Lower envelope of parabolas over one line, with memory that is used again.
struct Line {
    values: Vec<f32>,
    /// Places of the parabolas of the envelope and where each begins to be lowest.
    vertices: Vec<(u32, f32)>,
}

impl Line {
    fn new(length: usize) -> Self {
        Self { values: vec![0.0; length], vertices: Vec::with_capacity(length) }
    }

    /// Transform `count` values that lie `stride` apart from `start`, on which zeros are outside.
    ///
    /// Runs of values above zero are worked out one by one: a zero ends the reach of all beyond it.
    fn run(&mut self, data: &mut [f32], start: usize, stride: usize, count: usize, step: f32) {
        let mut at = 0;
        while at < count {
            if data[start + at * stride] == 0.0 {
                at += 1;
                continue;
            }
            let mut end = at;
            while end < count && data[start + end * stride] > 0.0 {
                self.values[end] = data[start + end * stride];
                end += 1;
            }
            // The zeros on both sides belong to the run.
            let (low, high) = (at.saturating_sub(1), if end < count { end + 1 } else { end });
            if at > 0 {
                self.values[low] = 0.0;
            }
            if end < count {
                self.values[end] = 0.0;
            }
            self.envelope(low, high, step);
            let mut piece = 0;
            for i in at..end {
                while piece + 1 < self.vertices.len() && self.vertices[piece + 1].1 < i as f32 {
                    piece += 1;
                }
                if let Some((vertex, _)) = self.vertices.get(piece) {
                    let gap = (i as f32 - *vertex as f32) * step;
                    data[start + i * stride] = self.values[*vertex as usize] + gap * gap;
                }
            }
            at = end;
        }
    }

    fn envelope(&mut self, low: usize, high: usize, step: f32) {
        self.vertices.clear();
        let scale = 1.0 / (2.0 * step * step);
        for place in low..high {
            let value = self.values[place];
            if value == f32::INFINITY {
                continue;
            }
            let mut from = f32::NEG_INFINITY;
            while let Some((last, begins)) = self.vertices.last() {
                let (q, v) = (place as f32, *last as f32);
                // Where both parabolas are equally high.
                from = (value - self.values[*last as usize]) * scale / (q - v) + 0.5 * (q + v);
                if from > *begins {
                    break;
                }
                self.vertices.pop();
                from = f32::NEG_INFINITY;
            }
            self.vertices.push((place as u32, from));
        }
    }
}

#[cfg(test)]
mod tests {
    use proband_core::{Patient, Position};
    use proptest::prelude::*;

    use super::*;
    use crate::Grid;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        /// Give the distance that a search over all voxels gives, for voxels of any shape.
        #[test]
        fn distances_are_exact(bits in proptest::collection::vec(0_u8..20, 8 * 7 * 6), outside in 0_u8..12, x in 0.3..2.0_f64, z in 0.3..3.0_f64) {
            let grid = Grid::<Patient>::aligned([8, 7, 6], [x * 1e-3, 1e-3, z * 1e-3], Position::new(0.0, 0.0, 0.0)).unwrap();
            let mask = Volume::new(grid, bits.iter().map(|b| *b >= outside).collect()).unwrap();
            let found = distance3(&mask);
            for at in 0..found.data().len() {
                let here = grid.position(grid.cell(at).map(f64::from));
                let brute = (0..found.data().len())
                    .filter(|other| !mask.data()[*other])
                    .map(|other| here.distance(&grid.position(grid.cell(other).map(f64::from))))
                    .fold(f64::INFINITY, f64::min);
                let brute = if mask.data()[at] { brute } else { 0.0 };
                let found = f64::from(found.data()[at]);
                prop_assert!(found == brute || (found - brute).abs() < 1e-7, "{} {}", found, brute);
            }
        }
    }
}
