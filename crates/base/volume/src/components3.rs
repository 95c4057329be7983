//! Connected pieces of a mask by union-find over runs.

use proband_core::frame::Frame;
use rayon::prelude::*;

use crate::Volume;

/// Which voxels are neighbours: those that share a face, an edge, or a corner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connectivity {
    /// Faces.
    Six,
    /// Faces and edges.
    Eighteen,
    /// Faces, edges and corners.
    TwentySix,
}

/// Pieces of a mask.
#[derive(Clone, Debug, PartialEq)]
pub struct Components3<F: Frame = proband_core::Patient> {
    /// 0 outside, else the piece's number from 1, in the order of the first voxel in memory.
    pub labels: Volume<u32, F>,
    /// Voxels of each piece; the first entry is piece 1.
    pub voxel_counts: Vec<u64>,
}

impl<F: Frame> Components3<F> {
    /// Number of the piece with the most voxels; of equal ones the first.
    #[must_use]
    pub fn largest(&self) -> Option<u32> {
        let most = self.voxel_counts.iter().max()?;
        self.voxel_counts.iter().position(|c| c == most).map(|at| at as u32 + 1)
    }
}

/// Voxels of a row that follow each other: first and one past the last.
#[derive(Clone, Copy, Debug)]
struct Run {
    start: u32,
    end: u32,
}

/// All runs of a mask, row by row.
struct Runs {
    runs: Vec<Run>,
    /// Where the runs of each row begin; one more entry than rows.
    rows: Vec<u32>,
}

fn runs_of(row: &[bool], out: &mut Vec<Run>) {
    let mut at = 0;
    while at < row.len() {
        // Eight voxels at a time while nothing changes.
        match row[at..].iter().position(|v| *v) {
            None => return,
            Some(skip) => {
                let start = at + skip;
                let length = row[start..].iter().position(|v| !*v).unwrap_or(row.len() - start);
                out.push(Run { start: start as u32, end: (start + length) as u32 });
                at = start + length;
            }
        }
    }
}

fn find_runs(mask: &[bool], row_length: usize) -> Runs {
    const ROWS: usize = 1024;
    let parts: Vec<(Vec<Run>, Vec<u32>)> = mask
        .par_chunks(row_length * ROWS)
        .map(|rows| {
            let (mut runs, mut ends) = (Vec::new(), Vec::with_capacity(ROWS));
            for row in rows.chunks_exact(row_length) {
                runs_of(row, &mut runs);
                ends.push(runs.len() as u32);
            }
            (runs, ends)
        })
        .collect();
    let mut out = Runs { runs: Vec::with_capacity(parts.iter().map(|p| p.0.len()).sum()), rows: vec![0] };
    for (runs, ends) in parts {
        let base = out.runs.len() as u32;
        out.runs.extend(runs);
        out.rows.extend(ends.iter().map(|e| e + base));
    }
    out
}

/// Root of a tree, halving the path on the way.
fn root(parents: &mut [u32], mut at: u32) -> u32 {
    while parents[at as usize] != at {
        let above = parents[parents[at as usize] as usize];
        parents[at as usize] = above;
        at = above;
    }
    at
}

fn join(parents: &mut [u32], a: u32, b: u32) {
    let (a, b) = (root(parents, a), root(parents, b));
    // The earlier run stays the root, so that roots come in the order of memory.
    if a < b {
        parents[b as usize] = a;
    } else {
        parents[a as usize] = b;
    }
}

/// Join the runs of two rows that touch; `reach` 1 lets them touch at a corner.
fn join_rows(runs: &Runs, parents: &mut [u32], here: usize, there: usize, reach: u32) {
    let (mut a, a_end) = (runs.rows[here], runs.rows[here + 1]);
    let (mut b, b_end) = (runs.rows[there], runs.rows[there + 1]);
    while a < a_end && b < b_end {
        let (x, y) = (runs.runs[a as usize], runs.runs[b as usize]);
        if x.start < y.end + reach && y.start < x.end + reach {
            join(parents, a, b);
        }
        if x.end < y.end { a += 1 } else { b += 1 }
    }
}

/// Connected pieces of a mask.
#[must_use]
pub fn components3<F: Frame>(mask: &Volume<bool, F>, connectivity: Connectivity) -> Components3<F> {
    let [nx, ny, nz] = mask.size().map(|n| n as usize);
    let runs = find_runs(mask.data(), nx);
    let mut parents: Vec<u32> = (0..runs.runs.len() as u32).collect();
    // Neighbouring rows before this one: their shift in y and z and how far they reach in x.
    let earlier: &[(i64, i64, u32)] = match connectivity {
        Connectivity::Six => &[(-1, 0, 0), (0, -1, 0)],
        Connectivity::Eighteen => &[(-1, 0, 1), (0, -1, 1), (-1, -1, 0), (1, -1, 0)],
        Connectivity::TwentySix => &[(-1, 0, 1), (0, -1, 1), (-1, -1, 1), (1, -1, 1)],
    };
    for z in 0..nz {
        for y in 0..ny {
            for (dy, dz, reach) in earlier {
                let (other_y, other_z) = (y as i64 + dy, z as i64 + dz);
                if (0..ny as i64).contains(&other_y) && other_z >= 0 {
                    join_rows(&runs, &mut parents, z * ny + y, other_z as usize * ny + other_y as usize, *reach);
                }
            }
        }
    }
    // Numbers in the order of the roots, which is the order of memory.
    let mut numbers = vec![0_u32; parents.len()];
    let mut voxel_counts: Vec<u64> = Vec::new();
    for run in 0..parents.len() {
        let top = root(&mut parents, run as u32) as usize;
        if top == run {
            voxel_counts.push(0);
            numbers[run] = voxel_counts.len() as u32;
        } else {
            numbers[run] = numbers[top];
        }
        let Run { start, end } = runs.runs[run];
        voxel_counts[numbers[run] as usize - 1] += u64::from(end - start);
    }
    let mut labels = Volume::filled(*mask.grid(), 0_u32);
    labels.data_mut().par_chunks_mut(nx).enumerate().with_min_len(256).for_each(|(row, values)| {
        for run in runs.rows[row]..runs.rows[row + 1] {
            let Run { start, end } = runs.runs[run as usize];
            values[start as usize..end as usize].fill(numbers[run as usize]);
        }
    });
    Components3 { labels, voxel_counts }
}

#[cfg(test)]
mod tests {
    use proband_core::{Patient, Position};
    use proptest::prelude::*;

    use super::*;
    use crate::Grid;

    /// Pieces by flooding, in the order of memory.
    fn flooded(mask: &Volume<bool>, connectivity: Connectivity) -> Vec<u32> {
        let mut labels = vec![0_u32; mask.data().len()];
        let reach = match connectivity {
            Connectivity::Six => 1,
            Connectivity::Eighteen => 2,
            Connectivity::TwentySix => 3,
        };
        let mut count = 0;
        for start in 0..labels.len() {
            if !mask.data()[start] || labels[start] > 0 {
                continue;
            }
            count += 1;
            labels[start] = count;
            let mut open = vec![start];
            while let Some(at) = open.pop() {
                let [x, y, z] = mask.grid().cell(at).map(i64::from);
                for shift in 0..27_i64 {
                    let (dx, dy, dz) = (shift % 3 - 1, shift / 3 % 3 - 1, shift / 9 - 1);
                    if dx.abs() + dy.abs() + dz.abs() > reach {
                        continue;
                    }
                    if let Some(to) = mask.grid().offset([x + dx, y + dy, z + dz])
                        && mask.data()[to]
                        && labels[to] == 0
                    {
                        labels[to] = count;
                        open.push(to);
                    }
                }
            }
        }
        labels
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Find the pieces that flooding finds, with the same numbers.
        #[test]
        fn pieces_are_those_of_flooding(bits in proptest::collection::vec(0_u8..10, 9 * 7 * 5), density in 1_u8..9) {
            let grid = Grid::<Patient>::aligned([9, 7, 5], [1e-3; 3], Position::new(0.0, 0.0, 0.0)).unwrap();
            let mask = Volume::new(grid, bits.iter().map(|b| *b < density).collect()).unwrap();
            for connectivity in [Connectivity::Six, Connectivity::Eighteen, Connectivity::TwentySix] {
                let found = components3(&mask, connectivity);
                prop_assert_eq!(found.labels.data(), &flooded(&mask, connectivity)[..]);
                let total: u64 = found.voxel_counts.iter().sum();
                prop_assert_eq!(total, mask.data().iter().filter(|v| **v).count() as u64);
            }
        }
    }
}
