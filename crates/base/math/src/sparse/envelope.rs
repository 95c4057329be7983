//! Cholesky factor within the envelope of a symmetric matrix. A matrix without zeros makes it a dense factor.

use super::SparseError;
use super::vector::dot_in_lanes;

/// Most entries that a factor may have (2 GiB).
const ENTRY_COUNT_MAX: u64 = 1 << 28;

/// A = L Lᵀ; row i of L is kept from its first entry to the diagonal.
#[derive(Clone, Debug, PartialEq)]
pub struct EnvelopeCholesky {
    first: Vec<u32>,
    start: Vec<u32>,
    entry: Vec<f64>,
}

impl EnvelopeCholesky {
    /// Zero matrix whose row i begins at column `first[i]` ≤ i.
    ///
    /// # Errors
    /// [`SparseError::TooLarge`] for more than 2²⁸ entries.
    pub fn with_envelope(first: Vec<u32>) -> Result<Self, SparseError> {
        let mut start = Vec::with_capacity(first.len() + 1);
        let mut count = 0_u64;
        for (i, &f) in first.iter().enumerate() {
            start.push(count as u32);
            count += 1 + (i as u64).saturating_sub(u64::from(f));
            if count > ENTRY_COUNT_MAX {
                return Err(SparseError::TooLarge { what: "entries of the coarse factor", count, max: ENTRY_COUNT_MAX });
            }
        }
        start.push(count as u32);
        Ok(Self { first, start, entry: vec![0.0; count as usize] })
    }

    /// Unknowns.
    #[must_use]
    pub fn size(&self) -> usize {
        self.first.len()
    }

    /// Entries kept.
    #[must_use]
    pub fn entry_count(&self) -> usize {
        self.entry.len()
    }

    /// Set every entry to zero, before the matrix is added anew.
    pub fn clear(&mut self) {
        self.entry.fill(0.0);
    }

    /// Add to the lower triangle: A_ij with j ≤ i. What lies outside the envelope must be zero and is left out.
    pub fn add(&mut self, i: usize, j: usize, value: f64) {
        let first = self.first[i] as usize;
        if j >= first && j <= i {
            self.entry[self.start[i] as usize + j - first] += value;
        }
    }

    /// Replace the matrix by its factor. A diagonal entry that is exactly zero (an unknown that is not there) is taken as one.
    ///
    /// # Errors
    /// [`SparseError::NotPositive`] names the row.
    pub fn factor(&mut self) -> Result<(), SparseError> {
        for i in 0..self.size() {
            let (fi, si) = (self.first[i] as usize, self.start[i] as usize);
            let (done, rest) = self.entry.split_at_mut(si);
            let row = &mut rest[..=i - fi];
            for j in fi..i {
                let (fj, sj) = (self.first[j] as usize, self.start[j] as usize);
                let from = fi.max(fj);
                let sum = dot_in_lanes(&row[from - fi..j - fi], &done[sj + from - fj..sj + j - fj]);
                row[j - fi] = (row[j - fi] - sum) / done[sj + j - fj];
            }
            let diagonal = row[i - fi];
            let pivot = diagonal - dot_in_lanes(&row[..i - fi], &row[..i - fi]);
            if diagonal == 0.0 {
                row.fill(0.0);
                row[i - fi] = 1.0;
            } else if pivot > 1e-14 * diagonal {
                row[i - fi] = pivot.sqrt();
            } else {
                return Err(SparseError::NotPositive { row: i as u32, pivot });
            }
        }
        Ok(())
    }

    /// x ← A⁻¹ x, after [`Self::factor`].
    pub fn solve(&self, x: &mut [f64]) {
        for i in 0..self.size() {
            let (fi, si) = (self.first[i] as usize, self.start[i] as usize);
            let sum = dot_in_lanes(&self.entry[si..si + i - fi], &x[fi..i]);
            x[i] = (x[i] - sum) / self.entry[si + i - fi];
        }
        for i in (0..self.size()).rev() {
            let (fi, si) = (self.first[i] as usize, self.start[i] as usize);
            let v = x[i] / self.entry[si + i - fi];
            x[i] = v;
            for (x, l) in x[fi..i].iter_mut().zip(&self.entry[si..si + i - fi]) {
                *x -= v * l;
            }
        }
    }
}

/// Order of a graph's vertices that keeps neighbours close (reverse Cuthill–McKee 1969, Proc 24th ACM Conf).
///
/// `neighbours[v]`: ascending. The answer lists old numbers in their new order.
#[must_use]
pub fn reverse_cuthill_mckee(neighbours: &[Vec<u32>]) -> Vec<u32> {
    let n = neighbours.len();
    let mut order: Vec<u32> = Vec::with_capacity(n);
    let mut seen = vec![false; n];
    for seed in 0..n {
        if seen[seed] {
            continue;
        }
        // The far end of a walk from anywhere in this part, twice, is a good beginning.
        let mut from = seed;
        for _ in 0..2 {
            from = last_reached(neighbours, from, &seen);
        }
        let mut next = order.len();
        order.push(from as u32);
        seen[from] = true;
        while let Some(&v) = order.get(next) {
            next += 1;
            let begin = order.len();
            for &w in &neighbours[v as usize] {
                if !seen[w as usize] {
                    seen[w as usize] = true;
                    order.push(w);
                }
            }
            order[begin..].sort_by_key(|&w| (neighbours[w as usize].len(), w));
        }
    }
    order.reverse();
    order
}

fn last_reached(neighbours: &[Vec<u32>], from: usize, taken: &[bool]) -> usize {
    let mut seen = taken.to_vec();
    let mut queue = vec![from as u32];
    seen[from] = true;
    let mut next = 0;
    while let Some(&v) = queue.get(next) {
        next += 1;
        for &w in &neighbours[v as usize] {
            if !seen[w as usize] {
                seen[w as usize] = true;
                queue.push(w);
            }
        }
    }
    queue.last().map_or(from, |&v| v as usize)
}
