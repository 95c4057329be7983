//! Where the points of a regular grid lie.

use serde::{Deserialize, Serialize};

use crate::error::{MeshError, in_range};
use crate::vector::{V3, along, cross, dot, norm, scale, sub};

/// Largest number of grid points.
pub const GRID_POINT_COUNT_MAX: u64 = 1 << 31;

/// Size, place and axes of a regular grid; x runs fastest.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct GridFrame {
    /// Points along each axis.
    pub size: [u32; 3],
    /// Position of the first point (its centre) [m].
    pub origin_m: [f64; 3],
    /// Step from one point to the next along each axis [m], shape [axis, 3].
    pub step_m: [[f64; 3]; 3],
}

impl GridFrame {
    /// A grid whose axes are at right angles (turned or mirrored as they may be).
    ///
    /// # Errors
    /// [`MeshError`] for no points, too many, steps that are no numbers, or axes more than 0.1° from right angles.
    pub fn new(size: [u32; 3], origin_m: [f64; 3], step_m: [[f64; 3]; 3]) -> Result<Self, MeshError> {
        for n in size {
            in_range("grid size", f64::from(n), "", 1.0, f64::from(u32::MAX / 8))?;
        }
        let count = size.iter().map(|&n| f64::from(n) + 2.0).product::<f64>();
        if count > GRID_POINT_COUNT_MAX as f64 {
            return Err(MeshError::TooLarge { what: "grid points", found: count, max: GRID_POINT_COUNT_MAX as f64 });
        }
        for i in 0..3 {
            in_range("grid origin", origin_m[i], "m", -1e6, 1e6)?;
            in_range("grid step", norm(step_m[i]), "m", 1e-9, 1e3)?;
        }
        for (i, j) in [(0, 1), (1, 2), (2, 0)] {
            let cosine = dot(step_m[i], step_m[j]) / (norm(step_m[i]) * norm(step_m[j]));
            in_range("cosine between grid axes", cosine, "", -1.75e-3, 1.75e-3)?;
        }
        Ok(Self { size, origin_m, step_m })
    }

    /// A grid along the axes of the frame.
    ///
    /// # Errors
    /// As [`GridFrame::new`].
    pub fn aligned(size: [u32; 3], origin_m: [f64; 3], spacing_m: [f64; 3]) -> Result<Self, MeshError> {
        let [x, y, z] = spacing_m;
        Self::new(size, origin_m, [[x, 0.0, 0.0], [0.0, y, 0.0], [0.0, 0.0, z]])
    }

    /// Number of points.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.size.iter().map(|&n| u64::from(n)).product()
    }

    pub(crate) fn check_count(&self, found: usize) -> Result<(), MeshError> {
        let expected = self.count();
        if found as u64 == expected { Ok(()) } else { Err(MeshError::Count { what: "values of a grid", found: found as u64, expected }) }
    }

    /// Distance between points along each axis [m].
    #[must_use]
    pub fn spacing_m(&self) -> [f64; 3] {
        self.step_m.map(norm)
    }

    /// Volume that belongs to one point [m³].
    #[must_use]
    pub fn voxel_volume_m3(&self) -> f64 {
        dot(self.step_m[0], cross(self.step_m[1], self.step_m[2])).abs()
    }

    /// Position of a point or of a place between points [m].
    #[must_use]
    pub fn position_m(&self, index: [f64; 3]) -> [f64; 3] {
        (0..3).fold(self.origin_m, |p, i| along(p, self.step_m[i], index[i]))
    }

    /// Index, whole or not, of a position [m].
    #[must_use]
    pub fn index_of(&self, p_m: [f64; 3]) -> [f64; 3] {
        let from: V3 = sub(p_m, self.origin_m);
        let [a, b, c] = self.step_m;
        let volume = dot(a, cross(b, c));
        let dual = [cross(b, c), cross(c, a), cross(a, b)].map(|d| scale(d, 1.0 / volume));
        dual.map(|d| dot(from, d))
    }
}
