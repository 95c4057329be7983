//! Tissue that is under tension where it lies: its free shape is another than the mesh's.

use super::{Dilatation, Law, Shear};
use crate::fem::mat3::{IDENTITY, M3, M9, ZERO9, add_scaled, dot3, outer, product, times};

/// A stretch along one direction that keeps the volume: G = λ a⊗a + λ^(−1/2)(I − a⊗a), symmetric, det G = 1.
pub(super) struct Prestretch {
    g: M3,
    inverse: M3,
}

impl Prestretch {
    pub(super) fn of(along: [f64; 3], stretch: f64) -> Self {
        let aa = outer(along, along);
        let with = |along: f64, across: f64| {
            let mut g = IDENTITY.map(|row| row.map(|v| across * v));
            add_scaled(&mut g, along - across, &aa);
            g
        };
        let root = stretch.sqrt();
        Self { g: with(stretch, 1.0 / root), inverse: with(1.0 / stretch, root) }
    }

    /// Deformation from the free shape.
    pub(super) fn total(&self, f: &M3) -> M3 {
        product(f, &self.g)
    }

    /// Directions in the free shape of those in the mesh.
    fn free(&self, fibres: &[[f64; 3]; 2]) -> [[f64; 3]; 2] {
        fibres.map(|d| {
            let a = times(&self.inverse, d);
            let length = dot3(a, a).sqrt();
            if length > 0.0 { a.map(|v| v / length) } else { d }
        })
    }

    pub(super) fn shear(&self, law: &Law, f: &M3, fibres: &[[f64; 3]; 2], tangent: bool) -> Option<Shear> {
        let inner = law.shear(&self.total(f), &self.free(fibres), tangent)?;
        let t = if tangent { self.pulled(&inner.tangent) } else { ZERO9 };
        Some(Shear { energy: inner.energy, stress: product(&inner.stress, &self.g), tangent: t })
    }

    pub(super) fn dilatation(&self, law: &Law, f: &M3) -> Dilatation {
        let inner = law.dilatation(&self.total(f));
        Dilatation { value: inner.value, first: product(&inner.first, &self.g) }
    }

    pub(super) fn add_dilatation_second(&self, law: &Law, t: &mut M9, s: f64, f: &M3) {
        let mut inner = ZERO9;
        law.add_dilatation_second(&mut inner, s, &self.total(f));
        for (row, add) in t.iter_mut().zip(self.pulled(&inner)) {
            for (v, a) in row.iter_mut().zip(add) {
                *v += a;
            }
        }
    }

    /// A second derivative by the total deformation as one by F: both second indices through G.
    fn pulled(&self, t: &M9) -> M9 {
        let mut half = ZERO9;
        for (half, row) in half.iter_mut().zip(t) {
            for k in 0..3 {
                for l in 0..3 {
                    half[3 * k + l] = (0..3).map(|n| row[3 * k + n] * self.g[n][l]).sum();
                }
            }
        }
        let mut out = ZERO9;
        for i in 0..3 {
            for j in 0..3 {
                for c in 0..9 {
                    out[3 * i + j][c] = (0..3).map(|m| self.g[m][j] * half[3 * i + m][c]).sum();
                }
            }
        }
        out
    }
}
