//! Square matrices of 3×3 blocks, compressed by rows.

use rayon::prelude::*;

use super::{Operator, SparseError};

/// Rows shared out to threads together.
const ROW_CHUNK: usize = 256;
/// Matrices with more block rows than this are worth more than one thread.
const PARALLEL_FROM: usize = 1 << 13;
/// Most blocks that a pattern may have.
const BLOCK_COUNT_MAX: u64 = 1 << 30;

/// Which blocks of a matrix are there: rows of ascending columns. Every diagonal block is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockPattern {
    row_start: Vec<u32>,
    column: Vec<u32>,
    diagonal: Vec<u32>,
}

impl BlockPattern {
    /// Pattern in which all nodes of a group (an element) are coupled with each other.
    ///
    /// # Errors
    /// [`SparseError::NoSuchNode`], [`SparseError::TooLarge`].
    pub fn from_groups<'a>(node_count: u32, groups: impl Iterator<Item = &'a [u32]> + Clone) -> Result<Self, SparseError> {
        let n = node_count as usize;
        let mut start = vec![0_u64; n + 1];
        for (index, group) in groups.clone().enumerate() {
            for &node in group {
                if node >= node_count {
                    return Err(SparseError::NoSuchNode { group: index as u32, node, node_count });
                }
                start[node as usize + 1] += group.len() as u64;
            }
        }
        for i in 0..n {
            start[i + 1] += start[i] + 1;
        }
        if start[n] > BLOCK_COUNT_MAX {
            return Err(SparseError::TooLarge { what: "blocks before merging", count: start[n], max: BLOCK_COUNT_MAX });
        }
        let mut raw = vec![0_u32; start[n] as usize];
        let mut fill: Vec<usize> = start[..n].iter().map(|&s| s as usize).collect();
        for (i, at) in fill.iter_mut().enumerate() {
            raw[*at] = i as u32;
            *at += 1;
        }
        for group in groups {
            for &node in group {
                let at = fill[node as usize];
                raw[at..at + group.len()].copy_from_slice(group);
                fill[node as usize] += group.len();
            }
        }
        let mut pattern = Self { row_start: Vec::with_capacity(n + 1), column: Vec::new(), diagonal: Vec::with_capacity(n) };
        pattern.row_start.push(0);
        for i in 0..n {
            let row = &mut raw[start[i] as usize..start[i + 1] as usize];
            row.sort_unstable();
            let first = pattern.column.len();
            for &c in row.iter() {
                if pattern.column.len() == first || pattern.column.last() != Some(&c) {
                    if c as usize == i {
                        pattern.diagonal.push(pattern.column.len() as u32);
                    }
                    pattern.column.push(c);
                }
            }
            pattern.row_start.push(pattern.column.len() as u32);
        }
        Ok(pattern)
    }

    /// Block rows.
    #[must_use]
    pub fn row_count(&self) -> usize {
        self.diagonal.len()
    }

    /// Blocks.
    #[must_use]
    pub fn block_count(&self) -> usize {
        self.column.len()
    }

    /// Slots of a row's blocks.
    #[must_use]
    pub fn slots(&self, row: usize) -> std::ops::Range<usize> {
        self.row_start[row] as usize..self.row_start[row + 1] as usize
    }

    /// Column of a slot.
    #[must_use]
    pub fn column(&self, slot: usize) -> usize {
        self.column[slot] as usize
    }

    /// Columns of a row, ascending.
    #[must_use]
    pub fn columns(&self, row: usize) -> &[u32] {
        &self.column[self.slots(row)]
    }

    /// Slot of a row's diagonal block.
    #[must_use]
    pub fn diagonal(&self, row: usize) -> usize {
        self.diagonal[row] as usize
    }

    /// Slot of a block, if it is there.
    #[must_use]
    pub fn slot(&self, row: u32, column: u32) -> Option<u32> {
        let slots = self.slots(row as usize);
        let first = slots.start as u32;
        self.column[slots].binary_search(&column).ok().map(|at| first + at as u32)
    }
}

/// A matrix of 3×3 blocks, each row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct BlockMatrix {
    pattern: BlockPattern,
    /// Blocks, in the order of the pattern's slots.
    pub blocks: Vec<[f64; 9]>,
}

impl BlockMatrix {
    /// Zero matrix of a pattern.
    #[must_use]
    pub fn zero(pattern: BlockPattern) -> Self {
        let blocks = vec![[0.0; 9]; pattern.block_count()];
        Self { pattern, blocks }
    }

    /// Which blocks are there.
    #[must_use]
    pub fn pattern(&self) -> &BlockPattern {
        &self.pattern
    }

    /// Set every block to zero.
    pub fn clear(&mut self) {
        self.blocks.fill([0.0; 9]);
    }

    /// Add the block of one row to y: y_i ← y_i + Σ_j A_ij x_j over the slots given.
    #[inline]
    pub(crate) fn row_times(&self, slots: std::ops::Range<usize>, x: &[[f64; 3]]) -> [f64; 3] {
        let mut sum = [0.0; 3];
        for (b, &c) in self.blocks[slots.clone()].iter().zip(&self.pattern.column[slots]) {
            let v = x[c as usize];
            sum[0] += b[0] * v[0] + b[1] * v[1] + b[2] * v[2];
            sum[1] += b[3] * v[0] + b[4] * v[1] + b[5] * v[2];
            sum[2] += b[6] * v[0] + b[7] * v[1] + b[8] * v[2];
        }
        sum
    }

    /// Replace the row and column of one unknown by those of the identity. The matrix must be symmetric in its pattern.
    pub fn fix(&mut self, row: usize, axis: usize) {
        for slot in self.pattern.slots(row) {
            let column = self.pattern.column(slot);
            for k in 0..3 {
                self.blocks[slot][3 * axis + k] = 0.0;
            }
            if let Some(mirror) = self.pattern.slot(column as u32, row as u32) {
                for k in 0..3 {
                    self.blocks[mirror as usize][3 * k + axis] = 0.0;
                }
            }
        }
        let diagonal = self.pattern.diagonal(row);
        self.blocks[diagonal][4 * axis] = 1.0;
    }
}

impl Operator for BlockMatrix {
    fn size(&self) -> usize {
        3 * self.pattern.row_count()
    }

    fn apply(&mut self, x: &[f64], y: &mut [f64]) {
        let (x, _) = x.as_chunks::<3>();
        let (y, _) = y.as_chunks_mut::<3>();
        let this = &*self;
        let work = |(chunk, rows): (usize, &mut [[f64; 3]])| {
            for (k, y) in rows.iter_mut().enumerate() {
                *y = this.row_times(this.pattern.slots(chunk * ROW_CHUNK + k), x);
            }
        };
        if y.len() >= PARALLEL_FROM {
            y.par_chunks_mut(ROW_CHUNK).enumerate().for_each(work);
        } else {
            y.chunks_mut(ROW_CHUNK).enumerate().for_each(work);
        }
    }
}

/// Inverse of a symmetric positive 3×3 block; `None` if it has none.
#[must_use]
pub(crate) fn invert(b: &[f64; 9]) -> Option<[f64; 9]> {
    let c0 = b[4] * b[8] - b[5] * b[7];
    let c1 = b[5] * b[6] - b[3] * b[8];
    let c2 = b[3] * b[7] - b[4] * b[6];
    let det = b[0] * c0 + b[1] * c1 + b[2] * c2;
    if !(det.is_finite() && det != 0.0) {
        return None;
    }
    let s = 1.0 / det;
    Some([
        s * c0,
        s * (b[2] * b[7] - b[1] * b[8]),
        s * (b[1] * b[5] - b[2] * b[4]),
        s * c1,
        s * (b[0] * b[8] - b[2] * b[6]),
        s * (b[2] * b[3] - b[0] * b[5]),
        s * c2,
        s * (b[1] * b[6] - b[0] * b[7]),
        s * (b[0] * b[4] - b[1] * b[3]),
    ])
}
