//! Isochoric laws in principal stretches: Ogden, and Mooney–Rivlin as its case α = 2, −2.

use proband_core::ops;

use super::{OgdenTerm, Shear};
use crate::fem::mat3::{M3, ZERO9, add_outer, add_scaled, det, outer, stretches};

/// Relative distance of two stretches below which the divided difference gives way to its limit [1].
const EQUAL: f64 = 1e-4;

/// W = Σ (2μ/α²)(λ̄₁^α + λ̄₂^α + λ̄₃^α − 3) with λ̄ᵢ = J^(−1/3) λᵢ.
pub(super) fn shear(terms: &[OgdenTerm], f: &M3, tangent: bool) -> Option<Shear> {
    if !(det(f) > 0.0) {
        return None;
    }
    let s = stretches(f);
    let logs = s.sigma.map(ops::ln);
    let mean = (logs[0] + logs[1] + logs[2]) / 3.0;
    // Gradient and Hessian by ln λᵢ.
    let (mut energy, mut g, mut h) = (0.0, [0.0; 3], [[0.0; 3]; 3]);
    for term in terms {
        // Computed from ln λ̄ so that small strains keep their digits.
        let less_one = logs.map(|l| ops::exp_m1(term.alpha * (l - mean)));
        let sum = less_one[0] + less_one[1] + less_one[2];
        energy += 2.0 * term.mu_pa / (term.alpha * term.alpha) * sum;
        for i in 0..3 {
            g[i] += 2.0 * term.mu_pa / term.alpha * (less_one[i] - sum / 3.0);
            for j in 0..3 {
                let own = if i == j { 1.0 + less_one[i] } else { 0.0 };
                h[i][j] += 2.0 * term.mu_pa * (own - (2.0 + less_one[i] + less_one[j]) / 3.0 + (3.0 + sum) / 9.0);
            }
        }
    }
    let first: [f64; 3] = std::array::from_fn(|i| g[i] / s.sigma[i]);
    let mut stress = [[0.0; 3]; 3];
    for i in 0..3 {
        add_scaled(&mut stress, first[i], &outer(s.u[i], s.v[i]));
    }
    let mut t = ZERO9;
    if tangent {
        let second: M3 =
            std::array::from_fn(|i| std::array::from_fn(|j| (h[i][j] - if i == j { g[i] } else { 0.0 }) / (s.sigma[i] * s.sigma[j])));
        for i in 0..3 {
            for j in 0..3 {
                add_outer(&mut t, second[i][j], &outer(s.u[i], s.v[i]), &outer(s.u[j], s.v[j]));
            }
        }
        for (i, j) in [(0, 1), (0, 2), (1, 2)] {
            let (gap, sum) = (s.sigma[i] - s.sigma[j], s.sigma[i] + s.sigma[j]);
            let flip =
                if gap.abs() > EQUAL * sum { (first[i] - first[j]) / gap } else { 0.5 * (second[i][i] + second[j][j]) - second[i][j] };
            let twist = (first[i] + first[j]) / sum;
            let (symmetric, skew) = (s.pair(i, j, 1.0), s.pair(i, j, -1.0));
            add_outer(&mut t, 0.5 * flip, &symmetric, &symmetric);
            add_outer(&mut t, 0.5 * twist, &skew, &skew);
        }
    }
    Some(Shear { energy, stress, tangent: t })
}
