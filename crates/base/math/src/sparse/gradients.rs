//! Preconditioned conjugate gradients, stopped on the residual.

use super::block::invert;
use super::{BlockMatrix, axpy, dot, norm};

/// A symmetric matrix known by what it does to a vector.
pub trait Operator {
    /// Unknowns.
    fn size(&self) -> usize;
    /// y ← A x. May use scratch memory of its own.
    fn apply(&mut self, x: &[f64], y: &mut [f64]);
}

/// An approximate inverse, symmetric and positive definite.
pub trait Precondition {
    /// z ← B r.
    fn precondition(&mut self, r: &[f64], z: &mut [f64]);
}

/// When to stop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PcgLimit {
    /// Stop at ‖r‖ ≤ this × ‖b‖ [1].
    pub relative: f64,
    /// Give up after this many iterations.
    pub iteration_count_max: u32,
}

/// How a solve ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PcgReport {
    /// Iterations done.
    pub iteration_count: u32,
    /// ‖r‖/‖b‖ by the recurrence [1].
    pub residual_relative: f64,
    /// A direction of negative or no curvature was met: the matrix is not positive definite. The solution is that before it.
    pub negative_curvature: bool,
}

/// Scratch vectors of a solve; kept between solves so that none allocates.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PcgSpace {
    r: Vec<f64>,
    z: Vec<f64>,
    p: Vec<f64>,
    q: Vec<f64>,
}

/// Solve A x = b from x = 0 by preconditioned conjugate gradients (Hestenes & Stiefel 1952, J Res NBS 49:409).
pub fn conjugate_gradients(
    a: &mut impl Operator,
    preconditioner: &mut impl Precondition,
    b: &[f64],
    x: &mut [f64],
    limit: PcgLimit,
    space: &mut PcgSpace,
) -> PcgReport {
    let n = b.len();
    for v in [&mut space.r, &mut space.z, &mut space.p, &mut space.q] {
        v.resize(n, 0.0);
    }
    let PcgSpace { r, z, p, q } = space;
    x.fill(0.0);
    r.copy_from_slice(b);
    let size = norm(b);
    let mut report = PcgReport { iteration_count: 0, residual_relative: 1.0, negative_curvature: false };
    if !(size > 0.0 && size.is_finite()) {
        report.residual_relative = if size == 0.0 { 0.0 } else { f64::NAN };
        return report;
    }
    preconditioner.precondition(r, z);
    p.copy_from_slice(z);
    let mut rz = dot(r, z);
    for iteration in 1..=limit.iteration_count_max {
        a.apply(p, q);
        let curvature = dot(p, q);
        if !(curvature > 0.0 && rz > 0.0) {
            report.negative_curvature = true;
            if iteration == 1 {
                x.copy_from_slice(p);
            }
            return report;
        }
        let alpha = rz / curvature;
        axpy(x, alpha, p);
        axpy(r, -alpha, q);
        report.iteration_count = iteration;
        report.residual_relative = norm(r) / size;
        if report.residual_relative <= limit.relative || !report.residual_relative.is_finite() {
            return report;
        }
        preconditioner.precondition(r, z);
        let next = dot(r, z);
        let beta = next / rz;
        rz = next;
        for (p, z) in p.iter_mut().zip(&*z) {
            *p = z + beta * *p;
        }
    }
    report
}

/// Inverse of the diagonal blocks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BlockJacobi {
    inverse: Vec<[f64; 9]>,
}

impl BlockJacobi {
    /// Inverses of a matrix's diagonal blocks; a block without one becomes the identity.
    #[must_use]
    pub fn new(a: &BlockMatrix) -> Self {
        let mut this = Self::default();
        this.refresh(a);
        this
    }

    /// Take the diagonal of a matrix with the same pattern.
    pub fn refresh(&mut self, a: &BlockMatrix) {
        self.inverse.clear();
        let one = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0];
        self.inverse.extend((0..a.pattern().row_count()).map(|i| invert(&a.blocks[a.pattern().diagonal(i)]).unwrap_or(one)));
    }

    /// Inverse of one diagonal block, times a vector.
    #[inline]
    pub(crate) fn times(&self, row: usize, v: [f64; 3]) -> [f64; 3] {
        let b = &self.inverse[row];
        [b[0] * v[0] + b[1] * v[1] + b[2] * v[2], b[3] * v[0] + b[4] * v[1] + b[5] * v[2], b[6] * v[0] + b[7] * v[1] + b[8] * v[2]]
    }
}

impl Precondition for BlockJacobi {
    fn precondition(&mut self, r: &[f64], z: &mut [f64]) {
        for (row, (r, z)) in r.as_chunks::<3>().0.iter().zip(z.as_chunks_mut::<3>().0).enumerate() {
            *z = self.times(row, *r);
        }
    }
}
