//! Volumes: a grid and one value for each voxel.

use proband_core::Patient;
use proband_core::frame::Frame;
use rayon::prelude::*;

use crate::{Grid, VolumeError};

/// Values on a regular grid, i fastest, then j, then k.
#[derive(Clone, Debug, PartialEq)]
pub struct Volume<T, F: Frame = Patient> {
    grid: Grid<F>,
    data: Vec<T>,
}

impl<T, F: Frame> Volume<T, F> {
    /// A volume from its values, shape [k, j, i].
    ///
    /// # Errors
    /// [`VolumeError::BadGrid`] when values and grid differ in number.
    pub fn new(grid: Grid<F>, data: Vec<T>) -> Result<Self, VolumeError> {
        if data.len() != grid.voxel_count() {
            return Err(VolumeError::BadGrid { size: grid.size(), what: "another number of values than of voxels" });
        }
        Ok(Self { grid, data })
    }

    /// Where the voxels lie.
    #[must_use]
    pub fn grid(&self) -> &Grid<F> {
        &self.grid
    }

    /// Voxels along i, j and k.
    #[must_use]
    pub fn size(&self) -> [u32; 3] {
        self.grid.size()
    }

    /// All values, i fastest.
    #[must_use]
    pub fn data(&self) -> &[T] {
        &self.data
    }

    /// All values, to be changed in place.
    #[must_use]
    pub fn data_mut(&mut self) -> &mut [T] {
        &mut self.data
    }

    /// Give the values away.
    #[must_use]
    pub fn into_data(self) -> Vec<T> {
        self.data
    }

    /// The value of a voxel, or nothing outside.
    #[must_use]
    pub fn get(&self, index: [i64; 3]) -> Option<&T> {
        self.grid.offset(index).map(|offset| &self.data[offset])
    }

    /// Voxels along a row, and in a slice.
    pub(crate) fn strides(&self) -> (usize, usize) {
        let [nx, ny, _] = self.grid.size();
        (nx as usize, nx as usize * ny as usize)
    }
}

impl<T: Copy + Send + Sync, F: Frame> Volume<T, F> {
    /// The same value everywhere.
    #[must_use]
    pub fn filled(grid: Grid<F>, value: T) -> Self {
        Self { grid, data: vec![value; grid.voxel_count()] }
    }

    /// A value for each index (i, j, k).
    pub fn from_fn(grid: Grid<F>, mut value: impl FnMut([u32; 3]) -> T) -> Self {
        let [nx, ny, nz] = grid.size();
        let mut data = Vec::with_capacity(grid.voxel_count());
        for z in 0..nz {
            for y in 0..ny {
                data.extend((0..nx).map(|x| value([x, y, z])));
            }
        }
        Self { grid, data }
    }

    /// Another volume with each value changed.
    #[must_use]
    pub fn map<U: Copy + Send + Sync>(&self, change: impl Fn(T) -> U + Sync) -> Volume<U, F> {
        Volume { grid: self.grid, data: self.data.par_iter().with_min_len(1 << 16).map(|v| change(*v)).collect() }
    }

    /// The part that starts at voxel `low` and has `size` voxels.
    ///
    /// # Errors
    /// [`VolumeError::BadGrid`] when the part does not lie inside.
    pub fn part(&self, low: [u32; 3], size: [u32; 3]) -> Result<Self, VolumeError> {
        let grid = self.grid.part(low, size)?;
        let (row, slice) = self.strides();
        let mut data = Vec::with_capacity(grid.voxel_count());
        for z in 0..size[2] as usize {
            for y in 0..size[1] as usize {
                let start = (z + low[2] as usize) * slice + (y + low[1] as usize) * row + low[0] as usize;
                data.extend_from_slice(&self.data[start..start + size[0] as usize]);
            }
        }
        Ok(Self { grid, data })
    }
}

#[cfg(test)]
mod tests {
    use proband_core::Position;

    use super::*;

    /// Cut a part whose voxels keep their value and their place.
    #[test]
    fn a_part_keeps_value_and_place() {
        let grid = Grid::<Patient>::aligned([6, 5, 4], [1e-3, 2e-3, 3e-3], Position::new(0.1, 0.2, 0.3)).unwrap();
        let volume = Volume::from_fn(grid, |[x, y, z]| x + 10 * y + 100 * z);
        let part = volume.part([1, 2, 3], [4, 2, 1]).unwrap();
        assert_eq!(part.get([0, 0, 0]), Some(&321));
        assert_eq!(part.get([3, 1, 0]), Some(&334));
        assert!(part.grid().position([0.0; 3]).distance(&grid.position([1.0, 2.0, 3.0])) < 1e-15);
        assert!(volume.part([3, 0, 0], [4, 1, 1]).is_err());
        assert!(Volume::new(grid, vec![0_u8; 119]).is_err());
    }
}
