//! What earlier steps of Newton's method tell about the part of the curvature that the tangent leaves out.
//!
//! The tangent of frozen rotations lacks the change of rotations, so steps shrink the error by a constant factor only; pairs of steps
//! and changes of the residual make up for it (limited-memory BFGS with the tangent as its first matrix: Nocedal 1980, Math Comput
//! 35:773; Liu, Bouaziz, Kavan 2017, ACM TOG 36:23).

use super::vector::{axpy, dot, each};

/// Pairs that are kept.
const PAIR_COUNT: usize = 8;

/// One step and what it did.
#[derive(Clone, Debug, Default)]
struct Pair {
    s: Vec<f32>,
    y: Vec<f32>,
    /// sᵀ y.
    product: f64,
    /// Share of y that was taken off the residual.
    alpha: f64,
}

/// Pairs of one tick, oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    pairs: Vec<Pair>,
    spare: Vec<Pair>,
    /// −residual before the step.
    before: Vec<f32>,
}

impl Memory {
    /// Forget every pair; their memory is used again.
    pub(super) fn clear(&mut self) {
        self.spare.append(&mut self.pairs);
    }

    /// Take off −residual what earlier steps answer; what is left goes to the linear solve.
    pub(super) fn before_solve(&mut self, r: &mut [f32]) {
        self.before.resize(r.len(), 0.0);
        self.before.copy_from_slice(r);
        for pair in self.pairs.iter_mut().rev() {
            pair.alpha = dot(&pair.s, r) / pair.product;
            axpy(r, -(pair.alpha as f32), &pair.y);
        }
    }

    /// Add to the increment what earlier steps answer; false if it does not go downhill.
    pub(super) fn after_solve(&self, d: &mut [f32]) -> bool {
        for pair in &self.pairs {
            let beta = dot(&pair.y, d) / pair.product;
            axpy(d, (pair.alpha - beta) as f32, &pair.s);
        }
        self.pairs.is_empty() || dot(&self.before, d) > 0.0
    }

    /// −residual as it was before the step.
    pub(super) fn residual(&self) -> &[f32] {
        &self.before
    }

    /// Keep a step of `length` × `d` that ended at −residual `r`.
    pub(super) fn keep(&mut self, length: f64, d: &[f32], r: &[f32]) {
        let oldest = (self.pairs.len() == PAIR_COUNT).then(|| self.pairs.remove(0));
        let mut pair = oldest.or_else(|| self.spare.pop()).unwrap_or_default();
        pair.s.resize(d.len(), 0.0);
        pair.y.resize(d.len(), 0.0);
        let by = length as f32;
        each([&mut pair.s, &mut pair.y], [d, &self.before, r], &|[s, y], [d, before, r]| {
            for ((((s, y), d), before), r) in s.iter_mut().zip(y).zip(d).zip(before).zip(r) {
                *s = by * d;
                *y = before - r;
            }
        });
        pair.product = dot(&pair.s, &pair.y);
        let sizes = (dot(&pair.s, &pair.s) * dot(&pair.y, &pair.y)).sqrt();
        // Only what bends upwards, and by more than rounding.
        if pair.product > 1e-6 * sizes {
            self.pairs.push(pair);
        } else {
            self.spare.push(pair);
        }
    }
}
