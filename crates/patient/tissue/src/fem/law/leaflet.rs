//! Valve leaflet: May-Newman & Yin.

use super::Shear;
use super::fibre::{Isochoric, capped_exp_m1};
use crate::fem::mat3::{M3, ZERO9, add_outer, add_scaled, det, dot3, outer, times};

/// Constants of the leaflet's law.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct LeafletSpec {
    /// Shear modulus of a soft matrix [Pa]. The published law has none and so no stiffness at rest, where a solver finds nothing to hold.
    pub mu_pa: f64,
    /// Stiffness c0 [Pa].
    pub c0_pa: f64,
    /// Exponent of the matrix c1 [1].
    pub c1: f64,
    /// Exponent of the fibres c2 [1].
    pub c2: f64,
}

/// W = (μ/2)(Ī1 − 3) + c0(e^Q − 1), Q = c1(Ī1 − 3)² + c2⟨√I4 − 1⟩⁴ with the first of the two directions; e^Q capped like the
/// myocardium's.
pub(super) fn shear(spec: &LeafletSpec, f: &M3, fibres: &[[f64; 3]; 2]) -> Option<Shear> {
    let j = det(f);
    if !(j > 0.0) {
        return None;
    }
    let iso = Isochoric::of(f, j);
    let (x, gx) = (iso.excess(), iso.gradient());
    let moved = times(f, fibres[0]);
    let length = dot3(moved, moved).sqrt();
    let y = (length - 1.0).max(0.0);
    let [v, d, dd] = capped_exp_m1(spec.c1 * x * x + spec.c2 * y * y * y * y).map(|e| spec.c0_pa * e);
    let (qx, qy) = (2.0 * spec.c1 * x, 4.0 * spec.c2 * y * y * y);
    let along = if length > 0.0 { moved.map(|m| m / length) } else { [0.0; 3] };
    let gy = outer(along, fibres[0]);
    let mut gq = gx.map(|row| row.map(|g| qx * g));
    add_scaled(&mut gq, qy, &gy);
    let mut stress = gq.map(|row| row.map(|g| d * g));
    add_scaled(&mut stress, 0.5 * spec.mu_pa, &gx);
    let mut t = ZERO9;
    add_outer(&mut t, dd, &gq, &gq);
    add_outer(&mut t, d * 2.0 * spec.c1, &gx, &gx);
    iso.add_second(&mut t, d * qx + 0.5 * spec.mu_pa);
    if y > 0.0 {
        add_outer(&mut t, d * 12.0 * spec.c2 * y * y, &gy, &gy);
        let s = d * qy / length;
        for i in 0..3 {
            for k in 0..3 {
                let across = f64::from(u8::from(i == k)) - along[i] * along[k];
                for m in 0..3 {
                    for n in 0..3 {
                        t[3 * i + m][3 * k + n] += s * across * fibres[0][m] * fibres[0][n];
                    }
                }
            }
        }
    }
    Some(Shear { energy: 0.5 * spec.mu_pa * x + v, stress, tangent: t })
}
