//! How far a photon may fly in a box of labels before it can meet another one.

/// Steps where there is no other label at all.
pub(crate) const NO_OTHER: u16 = u16::MAX;

/// Whole voxels that may be crossed along any axis from anywhere within a voxel without meeting another label, shape
/// [z][y][x] as the labels: the Chebyshev distance to the nearest voxel with another label, less 1. The faces of the
/// box do not count.
///
/// A chamfer of two sweeps is exact for this distance (Rosenfeld and Pfaltz 1968, Pattern Recognition 1:33).
pub(crate) fn safe_steps(size: [usize; 3], labels: &[u8]) -> Vec<u16> {
    let [nx, ny, nz] = size;
    let mut steps = vec![NO_OTHER; labels.len()];
    for forward in [true, false] {
        for turn in 0..labels.len() {
            let here = if forward { turn } else { labels.len() - 1 - turn };
            let (x, y, z) = (here % nx, here / nx % ny, here / (nx * ny));
            let mut least = steps[here];
            for w in z.saturating_sub(1)..(z + 2).min(nz) {
                for v in y.saturating_sub(1)..(y + 2).min(ny) {
                    for u in x.saturating_sub(1)..(x + 2).min(nx) {
                        let there = (w * ny + v) * nx + u;
                        if labels[there] != labels[here] {
                            least = 0;
                        } else {
                            least = least.min(steps[there].saturating_add(1));
                        }
                    }
                }
            }
            steps[here] = least;
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Agree with the search over all voxels.
    #[test]
    fn steps_are_the_distance() {
        let size = [9, 7, 8];
        let labels: Vec<u8> = (0..size[0] * size[1] * size[2]).map(|i| u8::from(i * 2_654_435_761 % 97 == 3)).collect();
        let found = safe_steps(size, &labels);
        let place = |i: usize| [i % 9, i / 9 % 7, i / 63].map(|v| v as i64);
        for (i, steps) in found.iter().enumerate() {
            let p = place(i);
            let mut least = i64::from(NO_OTHER) + 1;
            for (j, label) in labels.iter().enumerate() {
                if *label != labels[i] {
                    let q = place(j);
                    least = least.min((0..3).map(|a| (p[a] - q[a]).abs()).max().unwrap_or(0));
                }
            }
            assert_eq!(i64::from(*steps), least - 1, "{p:?}");
        }
    }
}
