//! Two levels: symmetric block Gauss–Seidel on the nodes, a direct solve on rigid motions of groups of nodes.

use super::{Aggregates, BlockJacobi, BlockMatrix, EnvelopeCholesky, Precondition, RigidModes, SparseError, reverse_cuthill_mckee};

/// How the coarse problem is made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TwoLevelSpec {
    /// Nodes per group, about.
    pub group_size: u32,
    /// Threshold of strong couplings θ [1].
    pub strength: f64,
    /// Coarse corrections are stretched by this factor, in (0, 2) [1].
    pub over_correction: f64,
}

impl TwoLevelSpec {
    /// 24 nodes per group, θ 0.08; corrections stretched by 1.4, which unsmoothed groups want (prior: unverified, chosen by counting iterations).
    pub const USUAL: Self = Self { group_size: 24, strength: 0.08, over_correction: 1.4 };
}

/// Preconditioner by unsmoothed aggregation with rigid-body modes.
#[derive(Clone, Debug)]
pub struct TwoLevel {
    groups: Aggregates,
    modes: RigidModes,
    /// Place of each group in the coarse order.
    place: Vec<u32>,
    factor: EnvelopeCholesky,
    jacobi: BlockJacobi,
    matrix: BlockMatrix,
    coarse: Vec<f64>,
    over_correction: f64,
}

impl TwoLevel {
    /// Group the nodes and factor the coarse matrix.
    ///
    /// `fixed[node][axis]`: unknowns whose row and column are those of the identity.
    ///
    /// # Errors
    /// [`SparseError`] when lengths do not fit, the coarse problem is too large or not positive definite.
    pub fn new(a: &BlockMatrix, position: &[[f64; 3]], fixed: &[[bool; 3]], spec: TwoLevelSpec) -> Result<Self, SparseError> {
        let left_out: Vec<bool> = fixed.iter().map(|f| f.iter().all(|f| *f)).collect();
        let groups = Aggregates::grow(a, position, &left_out, spec.group_size, spec.strength)?;
        let modes = RigidModes::new(&groups, position, fixed);
        let neighbours = group_graph(a, &groups);
        let order = reverse_cuthill_mckee(&neighbours);
        let mut place = vec![0_u32; order.len()];
        for (new, &old) in order.iter().enumerate() {
            place[old as usize] = new as u32;
        }
        let mut first = Vec::with_capacity(6 * order.len());
        for (new, &old) in order.iter().enumerate() {
            let least = neighbours[old as usize].iter().map(|&w| place[w as usize]).min().unwrap_or(new as u32).min(new as u32);
            first.extend([6 * least; 6]);
        }
        let coarse_size = first.len();
        let mut this = Self {
            factor: EnvelopeCholesky::with_envelope(first)?,
            groups,
            modes,
            place,
            jacobi: BlockJacobi::default(),
            matrix: a.clone(),
            coarse: vec![0.0; coarse_size],
            over_correction: spec.over_correction,
        };
        this.refresh(a)?;
        Ok(this)
    }

    /// Unknowns of the coarse problem.
    #[must_use]
    pub fn coarse_size(&self) -> usize {
        self.factor.size()
    }

    /// Groups of nodes.
    #[must_use]
    pub fn groups(&self) -> &Aggregates {
        &self.groups
    }

    /// Rigid modes of the groups.
    #[must_use]
    pub fn modes(&self) -> &RigidModes {
        &self.modes
    }

    /// Take a new matrix with the same pattern, for smoother and coarse problem; groups and modes are kept.
    ///
    /// # Errors
    /// [`SparseError::NotPositive`]: the coarse matrix is not positive definite.
    pub fn refresh(&mut self, a: &BlockMatrix) -> Result<(), SparseError> {
        self.refresh_smoother(a);
        self.factor.clear();
        for i in 0..a.pattern().row_count() {
            let gi = self.groups.of_node[i];
            if gi == Aggregates::NONE {
                continue;
            }
            let pi = self.place[gi as usize] as usize;
            for slot in a.pattern().slots(i) {
                let j = a.pattern().column(slot);
                let gj = self.groups.of_node[j];
                if gj == Aggregates::NONE || self.place[gj as usize] as usize > pi {
                    continue;
                }
                self.add_coarse(i, j, pi, self.place[gj as usize] as usize, &a.blocks[slot]);
            }
        }
        self.factor.factor()
    }

    /// Take a new matrix for the smoother only; the coarse problem stays that of the last refresh.
    pub fn refresh_smoother(&mut self, a: &BlockMatrix) {
        self.jacobi.refresh(a);
        self.matrix.blocks.copy_from_slice(&a.blocks);
    }

    fn add_coarse(&mut self, i: usize, j: usize, pi: usize, pj: usize, block: &[f64; 9]) {
        let (qi, qj) = (&self.modes.rows[i], &self.modes.rows[j]);
        let mut half = [0.0; 18];
        for r in 0..3 {
            for k in 0..6 {
                half[6 * r + k] = block[3 * r] * qj[k] + block[3 * r + 1] * qj[6 + k] + block[3 * r + 2] * qj[12 + k];
            }
        }
        for p in 0..6 {
            for k in 0..6 {
                let value = qi[p] * half[k] + qi[6 + p] * half[6 + k] + qi[12 + p] * half[12 + k];
                self.factor.add(6 * pi + p, 6 * pj + k, value);
            }
        }
    }
}

impl Precondition for TwoLevel {
    fn precondition(&mut self, r: &[f64], z: &mut [f64]) {
        let (r, _) = r.as_chunks::<3>();
        let (z, _) = z.as_chunks_mut::<3>();
        let pattern = self.matrix.pattern();
        // Forward sweep from zero: (D + L) z = r.
        for i in 0..r.len() {
            let below = self.matrix.row_times(pattern.slots(i).start..pattern.diagonal(i), z);
            z[i] = self.jacobi.times(i, [r[i][0] - below[0], r[i][1] - below[1], r[i][2] - below[2]]);
        }
        // What is left of the residual is −U z; it goes to the rigid motions.
        self.coarse.fill(0.0);
        for i in 0..r.len() {
            let above = self.matrix.row_times(pattern.diagonal(i) + 1..pattern.slots(i).end, z);
            let group = self.groups.of_node[i];
            if group != Aggregates::NONE {
                let at = 6 * self.place[group as usize] as usize;
                let q = &self.modes.rows[i];
                for k in 0..6 {
                    self.coarse[at + k] -= q[k] * above[0] + q[6 + k] * above[1] + q[12 + k] * above[2];
                }
            }
        }
        self.factor.solve(&mut self.coarse);
        for (i, z) in z.iter_mut().enumerate() {
            let group = self.groups.of_node[i];
            if group != Aggregates::NONE {
                let at = 6 * self.place[group as usize] as usize;
                let (q, c) = (&self.modes.rows[i], &self.coarse[at..at + 6]);
                for axis in 0..3 {
                    z[axis] += self.over_correction * (0..6).map(|k| q[6 * axis + k] * c[k]).sum::<f64>();
                }
            }
        }
        // Backward sweep: (D + U) z = r − L z.
        for i in (0..r.len()).rev() {
            let (slots, diagonal) = (pattern.slots(i), pattern.diagonal(i));
            let below = self.matrix.row_times(slots.start..diagonal, z);
            let above = self.matrix.row_times(diagonal + 1..slots.end, z);
            z[i] = self.jacobi.times(i, std::array::from_fn(|k| r[i][k] - below[k] - above[k]));
        }
    }
}

fn group_graph(a: &BlockMatrix, groups: &Aggregates) -> Vec<Vec<u32>> {
    let mut neighbours: Vec<Vec<u32>> = vec![Vec::new(); groups.count as usize];
    for i in 0..a.pattern().row_count() {
        let gi = groups.of_node[i];
        if gi == Aggregates::NONE {
            continue;
        }
        for &j in a.pattern().columns(i) {
            let gj = groups.of_node[j as usize];
            if gj != Aggregates::NONE && gj != gi {
                neighbours[gi as usize].push(gj);
            }
        }
    }
    for list in &mut neighbours {
        list.sort_unstable();
        list.dedup();
    }
    neighbours
}
