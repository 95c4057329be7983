//! Where the voxels of a volume lie in space.

use nalgebra::{Matrix3, Vector3};
use proband_core::Patient;
use proband_core::frame::{Direction, Frame, Position};

use crate::VolumeError;

/// Most voxels along one axis.
pub const GRID_SIDE_MAX: u32 = 1 << 14;
/// Most voxels of a volume.
pub const VOXEL_COUNT_MAX: u64 = 1 << 30;
/// Largest coordinate of an origin and largest step [m]: no scanner is longer.
pub const GRID_LENGTH_MAX_M: f64 = 100.0;
/// Smallest step between voxels [m].
pub const GRID_STEP_MIN_M: f64 = 1e-7;

/// A regular grid: its size and the affine from voxel index to the frame `F`.
///
/// Indices are (i, j, k); i runs fastest in memory. The position of an index is that of the voxel's centre:
/// p = origin + i·step₀ + j·step₁ + k·step₂. Steps may be oblique, of different length and left-handed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grid<F: Frame = Patient> {
    size: [u32; 3],
    p_frame_origin: Position<F>,
    steps: [Direction<F>; 3],
    inverse: Matrix3<f64>,
}

impl<F: Frame> Grid<F> {
    /// A grid of `size` voxels whose first voxel's centre lies at `origin` [m] and whose neighbours lie `steps` [m] apart.
    ///
    /// # Errors
    /// [`VolumeError::BadGrid`] when a side is 0 or beyond [`GRID_SIDE_MAX`], the voxels are more than
    /// [`VOXEL_COUNT_MAX`], a number is not finite or out of bounds, or the steps lie in one plane.
    pub fn new(size: [u32; 3], origin: Position<F>, steps: [Direction<F>; 3]) -> Result<Self, VolumeError> {
        let bad = |what| Err(VolumeError::BadGrid { size, what });
        if size.iter().any(|n| !(1..=GRID_SIDE_MAX).contains(n)) {
            return bad("each side must be 1 to 16384 voxels");
        }
        if size.iter().map(|n| u64::from(*n)).product::<u64>() > VOXEL_COUNT_MAX {
            return bad("more than 2^30 voxels");
        }
        if origin.0.coords.iter().any(|v| !(-GRID_LENGTH_MAX_M..=GRID_LENGTH_MAX_M).contains(v)) {
            return bad("the origin must be finite and within 100 m");
        }
        for step in &steps {
            let length = step.0.norm();
            if !(GRID_STEP_MIN_M..=GRID_LENGTH_MAX_M).contains(&length) {
                return bad("a step must be 1e-7 m to 100 m long");
            }
        }
        let matrix = Matrix3::from_columns(&[steps[0].0, steps[1].0, steps[2].0]);
        let lengths: f64 = steps.iter().map(|s| s.0.norm()).product();
        if matrix.determinant().abs() <= 1e-6 * lengths {
            return bad("the steps lie in one plane");
        }
        let Some(inverse) = matrix.try_inverse() else { return bad("the steps lie in one plane") };
        Ok(Self { size, p_frame_origin: origin, steps, inverse })
    }

    /// A grid along the frame's axes.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn aligned(size: [u32; 3], spacing_m: [f64; 3], origin: Position<F>) -> Result<Self, VolumeError> {
        let [x, y, z] = spacing_m;
        Self::new(size, origin, [Direction::new(x, 0.0, 0.0), Direction::new(0.0, y, 0.0), Direction::new(0.0, 0.0, z)])
    }

    /// Voxels along i, j and k.
    #[must_use]
    pub fn size(&self) -> [u32; 3] {
        self.size
    }

    /// Voxels in all.
    #[must_use]
    pub fn voxel_count(&self) -> usize {
        self.size.iter().map(|n| *n as usize).product()
    }

    /// Centre of the voxel (0, 0, 0) [m].
    #[must_use]
    pub fn origin(&self) -> Position<F> {
        self.p_frame_origin
    }

    /// From a voxel to its neighbour along axis 0, 1 or 2 [m].
    #[must_use]
    pub fn step(&self, axis: usize) -> Direction<F> {
        self.steps[axis.min(2)]
    }

    /// Distances between neighbours along i, j and k [m].
    #[must_use]
    pub fn spacing_m(&self) -> [f64; 3] {
        self.steps.map(|s| s.0.norm())
    }

    /// Volume of one voxel [m³].
    #[must_use]
    pub fn voxel_m3(&self) -> f64 {
        self.steps[0].0.cross(&self.steps[1].0).dot(&self.steps[2].0).abs()
    }

    /// Position of an index, which need not be whole [m].
    #[must_use]
    pub fn position(&self, index: [f64; 3]) -> Position<F> {
        let shift: Vector3<f64> = self.steps[0].0 * index[0] + self.steps[1].0 * index[1] + self.steps[2].0 * index[2];
        Position::from_raw(self.p_frame_origin.0 + shift)
    }

    /// Index of a position; outside of the grid too.
    #[must_use]
    pub fn index(&self, position: &Position<F>) -> [f64; 3] {
        let index = self.inverse * (position.0 - self.p_frame_origin.0);
        [index.x, index.y, index.z]
    }

    /// Place of a voxel in memory, or nothing when it lies outside.
    #[must_use]
    pub fn offset(&self, index: [i64; 3]) -> Option<usize> {
        let [nx, ny, nz] = self.size.map(i64::from);
        let [x, y, z] = index;
        ((0..nx).contains(&x) && (0..ny).contains(&y) && (0..nz).contains(&z)).then(|| (x + nx * (y + ny * z)) as usize)
    }

    /// Index of the voxel at a place in memory.
    #[must_use]
    pub fn cell(&self, offset: usize) -> [u32; 3] {
        let (nx, ny) = (self.size[0] as usize, self.size[1] as usize);
        [(offset % nx) as u32, (offset / nx % ny) as u32, (offset / (nx * ny)) as u32]
    }

    /// The part that starts at voxel `low` and has `size` voxels.
    ///
    /// # Errors
    /// [`VolumeError::BadGrid`] when the part does not lie inside.
    pub fn part(&self, low: [u32; 3], size: [u32; 3]) -> Result<Self, VolumeError> {
        if (0..3).any(|a| u64::from(low[a]) + u64::from(size[a]) > u64::from(self.size[a])) {
            return Err(VolumeError::BadGrid { size, what: "the part reaches beyond the grid" });
        }
        Self::new(size, self.position(low.map(f64::from)), self.steps)
    }

    /// Whether both grids have the same size and their corners lie within `tolerance_m` of each other.
    #[must_use]
    pub fn coincides(&self, other: &Self, tolerance_m: f64) -> bool {
        self.size == other.size
            && (0..8).all(|corner| {
                let at = std::array::from_fn(|axis| if corner >> axis & 1 == 1 { f64::from(self.size[axis] - 1) } else { 0.0 });
                self.position(at).distance(&other.position(at)) <= tolerance_m
            })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Refuse grids that no scanner makes.
    #[test]
    fn bad_grids_are_refused() {
        let origin = Position::<Patient>::new(0.0, 0.0, 0.0);
        assert!(Grid::aligned([0, 1, 1], [1e-3; 3], origin).is_err());
        assert!(Grid::aligned([1 << 14, 1 << 14, 1 << 14], [1e-3; 3], origin).is_err());
        assert!(Grid::aligned([1, 1, 1], [1e-3, f64::NAN, 1e-3], origin).is_err());
        assert!(Grid::aligned([1, 1, 1], [1e-3, 0.0, 1e-3], origin).is_err());
        assert!(Grid::aligned([1, 1, 1], [1e-3; 3], Position::<Patient>::new(f64::INFINITY, 0.0, 0.0)).is_err());
        let x = Direction::new(1e-3, 0.0, 0.0);
        assert!(Grid::new([2, 2, 2], origin, [x, x, Direction::new(0.0, 0.0, 1e-3)]).is_err());
    }

    proptest! {
        /// Turn an index into a position and back, on oblique grids.
        #[test]
        fn index_and_position_are_inverse(x in -50.0..500.0, y in -50.0..500.0, z in -50.0..500.0_f64, skew in -0.4..0.4) {
            let steps = [Direction::new(7e-4, 1e-5, 0.0), Direction::new(-1e-5, 7e-4, skew * 1e-3), Direction::new(0.0, skew * 1e-3, -1e-3)];
            let grid = Grid::<Patient>::new([4, 5, 6], Position::new(0.1, -0.2, 0.3), steps).unwrap();
            let back = grid.index(&grid.position([x, y, z]));
            prop_assert!((back[0] - x).abs() + (back[1] - y).abs() + (back[2] - z).abs() < 1e-7);
        }

        /// Name every voxel by its place in memory and back.
        #[test]
        fn offset_and_cell_are_inverse(offset in 0_usize..120) {
            let grid = Grid::<Patient>::aligned([4, 5, 6], [1e-3; 3], Position::new(0.0, 0.0, 0.0)).unwrap();
            prop_assert_eq!(grid.offset(grid.cell(offset).map(i64::from)), Some(offset));
            prop_assert_eq!(grid.offset([-1, 0, 0]), None);
            prop_assert_eq!(grid.offset([0, 5, 0]), None);
        }
    }
}
