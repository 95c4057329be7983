//! Rigid motions of groups of nodes, made orthonormal.

use super::Aggregates;

/// Modes whose length after orthogonalisation is below this share of their length before it are dropped [1].
const DEPENDENT: f64 = 1e-6;

/// For each node the 3×6 rows that its group's six unknowns act through (row by row); dropped modes are zero columns.
#[derive(Clone, Debug, PartialEq)]
pub struct RigidModes {
    /// Rows of the prolongator, shape [node_count, 3 × 6].
    pub rows: Vec<[f64; 18]>,
}

impl RigidModes {
    /// Translations and rotations about each group's centre, orthonormal within the group, zero at fixed unknowns.
    ///
    /// `fixed[node][axis]`: unknown that does not move. Modes that depend on others (too few or collinear nodes) are dropped.
    #[must_use]
    pub fn new(groups: &Aggregates, position: &[[f64; 3]], fixed: &[[bool; 3]]) -> Self {
        let mut members: Vec<Vec<u32>> = vec![Vec::new(); groups.count as usize];
        for (node, &group) in groups.of_node.iter().enumerate() {
            if group != Aggregates::NONE {
                members[group as usize].push(node as u32);
            }
        }
        let mut rows = vec![[0.0; 18]; position.len()];
        for nodes in &members {
            orthonormal_group(nodes, position, fixed, &mut rows);
        }
        Self { rows }
    }
}

fn orthonormal_group(nodes: &[u32], position: &[[f64; 3]], fixed: &[[bool; 3]], rows: &mut [[f64; 18]]) {
    if nodes.is_empty() {
        return;
    }
    let mut centre = [0.0; 3];
    for &v in nodes {
        for k in 0..3 {
            centre[k] += position[v as usize][k] / nodes.len() as f64;
        }
    }
    let size = nodes.iter().map(|&v| (0..3).map(|k| (position[v as usize][k] - centre[k]).abs()).fold(0.0, f64::max)).fold(0.0, f64::max);
    let scale = if size > 0.0 { 1.0 / size } else { 0.0 };
    for &v in nodes {
        let v = v as usize;
        let d: [f64; 3] = std::array::from_fn(|k| scale * (position[v][k] - centre[k]));
        // Columns: three translations, then ω × d for ω along each axis.
        let full = [
            1.0, 0.0, 0.0, 0.0, d[2], -d[1], //
            0.0, 1.0, 0.0, -d[2], 0.0, d[0], //
            0.0, 0.0, 1.0, d[1], -d[0], 0.0,
        ];
        for axis in 0..3 {
            for k in 0..6 {
                rows[v][6 * axis + k] = if fixed[v][axis] { 0.0 } else { full[6 * axis + k] };
            }
        }
    }
    let product = |rows: &[[f64; 18]], a: usize, b: usize| -> f64 {
        nodes.iter().map(|&v| (0..3).map(|axis| rows[v as usize][6 * axis + a] * rows[v as usize][6 * axis + b]).sum::<f64>()).sum()
    };
    for k in 0..6 {
        let before = product(rows, k, k);
        // Twice is enough (Kahan, in Parlett 1980).
        for _ in 0..2 {
            for j in 0..k {
                let s = product(rows, j, k);
                for &v in nodes {
                    for axis in 0..3 {
                        rows[v as usize][6 * axis + k] -= s * rows[v as usize][6 * axis + j];
                    }
                }
            }
        }
        let after = product(rows, k, k);
        let s = if after > DEPENDENT * DEPENDENT * before.max(1e-300) && after > 0.0 { 1.0 / after.sqrt() } else { 0.0 };
        for &v in nodes {
            for axis in 0..3 {
                rows[v as usize][6 * axis + k] *= s;
            }
        }
    }
}
