//! One cycle down to the coarsest lattice and back.

use super::smooth::{Smoother, Stage};
use super::transfer::{prolong, restrict};
use super::{Finest, LevelSpace, Multigrid, MultigridSpace, Scratch};
use crate::fem::live::vector::{dot, scale};

impl Multigrid {
    /// z ← B r with a fixed positive operator B near the inverse of the matrix; rᵀ z is returned. [`Multigrid::prepare`] goes before.
    pub(in super::super) fn apply(&self, finest: &Finest<'_>, r: &[f32], z: &mut [f32], space: &mut MultigridSpace) -> f64 {
        let stage = finest.stage();
        let MultigridSpace { finest: scratch, levels, factor, values } = space;
        self.descend(0, &stage, &self.finest, r, z, scratch, levels, factor, values);
        dot(r, z)
    }

    #[allow(clippy::too_many_arguments, reason = "the memory of one level and of those below it, by name")]
    fn descend(
        &self,
        depth: usize,
        stage: &Stage<'_>,
        smoother: &Smoother,
        r: &[f32],
        z: &mut [f32],
        scratch: &mut Scratch,
        below: &mut [LevelSpace],
        factor: &[f64],
        values: &mut Vec<f64>,
    ) {
        let Some((next, deeper)) = below.split_first_mut() else {
            // A single lattice: smoothing is all there is.
            smoother.smooth(stage, r, z, true, scratch);
            return;
        };
        let level = &self.levels[depth];
        smoother.smooth(stage, r, z, true, scratch);
        stage.apply(z, &mut scratch.q);
        stage.left(r, &mut scratch.q);
        restrict(stage.grid, &level.grid, level.factor, &scratch.q, &mut next.r);
        if deeper.is_empty() && !factor.is_empty() {
            self.dense.solve(factor, next, values);
        } else {
            let LevelSpace { groups, r, z, scratch } = next;
            let stage = Stage { grid: &level.grid, groups, inertia: &level.inertia, inverse: &level.inverse, free: None };
            self.descend(depth + 1, &stage, &level.smoother, r, z, scratch, deeper, factor, values);
        }
        prolong(stage.grid, &level.grid, level.factor, &next.z, z);
        if let Some(free) = stage.free {
            scale(z, free);
        }
        smoother.smooth(stage, r, z, false, scratch);
    }
}
