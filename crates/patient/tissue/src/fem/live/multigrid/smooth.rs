//! Chebyshev polynomials of Jacobi's iteration.

use super::Scratch;
use crate::fem::live::grid::{Grid, Group};
use crate::fem::live::vector::{dot, each};

/// Rounds of the power method.
const POWER_ROUNDS: u32 = 20;
/// What the power method falls short at most [1].
const SAFETY: f64 = 1.1;
/// Largest against least eigenvalue that smoothing deals with [1]: at ν 0.45 shear waves as short as two cells are eleven times softer
/// than pressure waves.
const SPAN: f64 = 10.0;
/// Degree of the polynomial. Two costs the least on soft and stiff beams; one needs more iterations, three more products.
const DEGREE: u32 = 2;

/// One lattice with what its operator needs; `free` is missing where no node is held.
#[derive(Clone, Copy)]
pub(in super::super) struct Stage<'a> {
    pub(super) grid: &'a Grid,
    pub(super) groups: &'a [Group],
    pub(super) inertia: &'a [f32],
    pub(super) inverse: &'a [f32],
    pub(super) free: Option<&'a [f32]>,
}

impl Stage<'_> {
    /// q ← A z.
    pub(in super::super) fn apply(&self, z: &[f32], q: &mut [f32]) {
        let n = self.grid.node_count;
        for (q, z) in q.chunks_mut(n).zip(z.chunks(n)) {
            each([q], [z, self.inertia], &|[q], [z, m]| {
                for ((q, z), m) in q.iter_mut().zip(z).zip(m) {
                    *q = m * z;
                }
            });
        }
        self.grid.apply(self.groups, z, q);
    }

    /// q ← what is left of r: r − q where free.
    pub(super) fn left(&self, r: &[f32], q: &mut [f32]) {
        match self.free {
            Some(free) => each([q], [r, free], &|[q], [r, free]| {
                for ((q, r), free) in q.iter_mut().zip(r).zip(free) {
                    *q = free * (r - *q);
                }
            }),
            None => each([q], [r], &|[q], [r]| {
                for (q, r) in q.iter_mut().zip(r) {
                    *q = r - *q;
                }
            }),
        }
    }

    /// Largest eigenvalue of D⁻¹A by the power method.
    pub(super) fn largest(&self) -> f64 {
        let n = 3 * self.grid.node_count;
        let (mut x, mut y) = (vec![0.0_f32; n], vec![0.0_f32; n]);
        let mut state = 0x9E37_79B9_u32;
        for (x, d) in x.iter_mut().zip(self.inverse) {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *x = if *d > 0.0 { (state >> 8) as f32 / 8_388_608.0 - 1.0 } else { 0.0 };
        }
        let mut largest = 1.0;
        for _ in 0..POWER_ROUNDS {
            self.apply(&x, &mut y);
            for (y, d) in y.iter_mut().zip(self.inverse) {
                *y *= d;
            }
            let size = dot(&y, &y).sqrt();
            let before = dot(&x, &x).sqrt();
            if !(size > 0.0 && before > 0.0) {
                break;
            }
            largest = size / before;
            let scale = (1.0 / size) as f32;
            for (x, y) in x.iter_mut().zip(&y) {
                *x = scale * y;
            }
        }
        SAFETY * largest
    }
}

/// Polynomial that is small on [θ − δ, θ + δ].
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Smoother {
    theta: f32,
    delta: f32,
}

impl Smoother {
    /// For eigenvalues of D⁻¹A up to `largest`.
    pub(super) fn new(largest: f64) -> Self {
        let least = largest / SPAN;
        Self { theta: (0.5 * (largest + least)) as f32, delta: (0.5 * (largest - least)) as f32 }
    }

    /// z ← z + polynomial · (r − A z); `zero`: z is zero and need not be read.
    pub(super) fn smooth(&self, stage: &Stage<'_>, r: &[f32], z: &mut [f32], zero: bool, scratch: &mut Scratch) {
        let Scratch { q, d } = scratch;
        let first = 1.0 / self.theta;
        if zero {
            each([&mut *z, &mut *d], [r, stage.inverse], &|[z, d], [r, inverse]| {
                for (((z, d), r), inverse) in z.iter_mut().zip(d).zip(r).zip(inverse) {
                    *d = first * inverse * r;
                    *z = *d;
                }
            });
        } else {
            stage.apply(z, q);
            step(z, d, r, q, stage.inverse, 0.0, first);
        }
        let sigma = self.theta / self.delta;
        let mut rho = 1.0 / sigma;
        for _ in 1..DEGREE {
            stage.apply(z, q);
            let next = 1.0 / (2.0 * sigma - rho);
            step(z, d, r, q, stage.inverse, next * rho, 2.0 * next / self.delta);
            rho = next;
        }
    }
}

/// d ← a d + b D⁻¹(r − q); z ← z + d.
fn step(z: &mut [f32], d: &mut [f32], r: &[f32], q: &[f32], inverse: &[f32], a: f32, b: f32) {
    each([z, d], [r, q, inverse], &|[z, d], [r, q, inverse]| {
        for ((((z, d), r), q), inverse) in z.iter_mut().zip(d).zip(r).zip(q).zip(inverse) {
            *d = a * *d + b * inverse * (r - q);
            *z += *d;
        }
    });
}
