//! Trilinear interpolation between lattices, and its transpose.

use rayon::prelude::*;

use crate::fem::live::grid::Grid;

/// Coarse places of fine place `i` with their weights.
fn parents(i: usize, factor: usize) -> [(usize, f32); 2] {
    match (factor, i % 2) {
        (1, _) => [(i, 1.0), (i, 0.0)],
        (_, 0) => [(i / 2, 1.0), (i / 2, 0.0)],
        _ => [(i / 2, 0.5), (i / 2 + 1, 0.5)],
    }
}

/// Fine places up to `last` that coarse place `i` speaks for, with their weights; weight zero: none.
fn children(i: usize, factor: usize, last: usize) -> [(usize, f32); 3] {
    if factor == 1 {
        return [(i, 1.0), (i, 0.0), (i, 0.0)];
    }
    let at = |place: Option<usize>, weight| place.filter(|p| *p <= last).map_or((0, 0.0), |p| (p, weight));
    [at(Some(2 * i), 1.0), at((2 * i).checked_sub(1), 0.5), at(Some(2 * i + 1), 0.5)]
}

/// Σ over rows of weight · row, into `sum`.
fn gather(sum: &mut [f32], x: &[f32], rows: impl Iterator<Item = (usize, f32)>) {
    sum.fill(0.0);
    for (begin, weight) in rows {
        if weight != 0.0 {
            for (s, x) in sum.iter_mut().zip(&x[begin..]) {
                *s += weight * x;
            }
        }
    }
}

/// Call `work(layer number, layer)` for every layer of nodes of one plane.
fn layers(grid: &Grid, plane: &mut [f32], work: impl Fn(usize, &mut [f32]) + Sync) {
    if grid.is_parallel() {
        plane.par_chunks_mut(grid.layer).enumerate().for_each(|(k, layer)| work(k, layer));
    } else {
        plane.chunks_mut(grid.layer).enumerate().for_each(|(k, layer)| work(k, layer));
    }
}

/// z ← z + P c, plane by plane.
pub(super) fn prolong(fine: &Grid, coarse: &Grid, factor: [usize; 3], c: &[f32], z: &mut [f32]) {
    for (z, c) in z.chunks_mut(fine.node_count).zip(c.chunks(coarse.node_count)) {
        layers(fine, z, |k, layer| {
            let mut sum = vec![0.0; coarse.row];
            for (j, row) in layer.chunks_mut(fine.row).enumerate() {
                let rows = parents(k, factor[2])
                    .into_iter()
                    .flat_map(|(pk, wk)| parents(j, factor[1]).into_iter().map(move |(pj, wj)| (coarse.node(0, pj, pk), wj * wk)));
                gather(&mut sum, c, rows);
                if factor[0] == 1 {
                    for (z, s) in row.iter_mut().zip(&sum) {
                        *z += s;
                    }
                } else {
                    for ((z, s), next) in row.as_chunks_mut::<2>().0.iter_mut().zip(&sum).zip(&sum[1..]) {
                        z[0] += s;
                        z[1] += 0.5 * (s + next);
                    }
                }
            }
        });
    }
}

/// c ← Pᵀ r, plane by plane.
pub(super) fn restrict(fine: &Grid, coarse: &Grid, factor: [usize; 3], r: &[f32], c: &mut [f32]) {
    for (r, c) in r.chunks(fine.node_count).zip(c.chunks_mut(coarse.node_count)) {
        layers(coarse, c, |k, layer| {
            // One number in front, so that the row begins with the node before the first.
            let mut sum = vec![0.0; fine.row + 2];
            for (j, row) in layer.chunks_mut(coarse.row).enumerate() {
                let rows = children(k, factor[2], fine.cells[2]).into_iter().flat_map(|(ck, wk)| {
                    children(j, factor[1], fine.cells[1]).into_iter().map(move |(cj, wj)| (fine.node(0, cj, ck), wj * wk))
                });
                gather(&mut sum[1..=fine.row], r, rows);
                if factor[0] == 1 {
                    row.copy_from_slice(&sum[1..=fine.row]);
                } else {
                    row.fill(0.0);
                    for (c, (pair, next)) in row.iter_mut().zip(sum.as_chunks::<2>().0.iter().zip(sum[2..].as_chunks::<2>().0)) {
                        *c = pair[1] + 0.5 * (pair[0] + next[0]);
                    }
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Interpolation keeps linear functions and its transpose is the restriction, for odd counts and axes left alone.
    #[test]
    fn transposes() {
        for (cells, factor) in [([9, 4, 5], [2, 2, 2]), ([17, 3, 2], [2, 1, 2]), ([5, 6, 1], [1, 2, 1])] {
            let fine = Grid::new(cells, [0.01; 3]);
            let coarse = Grid::new(std::array::from_fn(|a| (cells[a] as usize).div_ceil(factor[a]) as u32), [0.02; 3]);
            let value = |i: usize| ((i * 7919) % 101) as f32 / 50.0 - 1.0;
            let inside = |grid: &Grid, x: &mut [f32]| {
                for (at, x) in x.iter_mut().enumerate() {
                    let at = at % grid.node_count;
                    if at % grid.row > grid.cells[0] {
                        *x = 0.0;
                    }
                }
            };
            let mut x: Vec<f32> = (0..3 * coarse.node_count).map(value).collect();
            let mut y: Vec<f32> = (0..3 * fine.node_count).map(|i| value(i + 13)).collect();
            inside(&coarse, &mut x);
            inside(&fine, &mut y);
            let (mut down, mut up) = (vec![0.0; y.len()], vec![0.0; x.len()]);
            prolong(&fine, &coarse, factor, &x, &mut down);
            restrict(&fine, &coarse, factor, &y, &mut up);
            let sum = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
            assert!((sum(&down, &y) - sum(&x, &up)).abs() < 1e-4, "{} against {}", sum(&down, &y), sum(&x, &up));
            for k in 0..=coarse.cells[2] {
                for j in 0..=coarse.cells[1] {
                    for i in 0..coarse.row {
                        x[coarse.node(i, j, k)] = (i * factor[0]) as f32 + 3.0 * (j * factor[1]) as f32 - (k * factor[2]) as f32;
                    }
                }
            }
            down.fill(0.0);
            prolong(&fine, &coarse, factor, &x, &mut down);
            let (i, j, k) = (cells[0] as usize, cells[1] as usize, cells[2] as usize - 1);
            assert!((down[fine.node(i, j, k)] - (i as f32 + 3.0 * j as f32 - k as f32)).abs() < 1e-4);
        }
    }
}
