//! Neo-Hookean laws: W as a function of I1 = F:F and J.

use proband_core::ops;

use super::{Law, Shear};
use crate::fem::mat3::{M3, ZERO9, add_cofactor_derivative, add_outer, add_scaled, cofactor, contract, det};

/// W and its derivatives by I1 and J: value, by I1, twice by I1, by J, twice by J. No law here mixes the two.
fn derivatives(law: &Law, i1: f64, j: f64) -> Option<[f64; 5]> {
    match law {
        // (μ/2)(I1 − 3) − μ ln J.
        Law::NeoHookeanLog { mu_pa: mu, .. } => {
            (j > 0.0).then(|| [0.5 * mu * (i1 - 3.0) - mu * ops::ln(j), 0.5 * mu, 0.0, -mu / j, mu / (j * j)])
        }
        // (μ̃/2)(I1 − 3) − (μ̃/2) ln((I1 + 1)/4) − μ(J − 1) + (5μ/12)(J − 1)² with μ̃ = 4μ/3: Smith's energy less (λ/2)(J − 1)².
        Law::StableNeoHookeanLog { mu_pa: mu, .. } => {
            let m = 4.0 / 3.0 * mu;
            let c = 5.0 / 12.0 * mu;
            let d = j - 1.0;
            Some([
                0.5 * m * (i1 - 3.0 - ops::ln(0.25 * (i1 + 1.0))) - mu * d + c * d * d,
                0.5 * m * (1.0 - 1.0 / (i1 + 1.0)),
                0.5 * m / ((i1 + 1.0) * (i1 + 1.0)),
                -mu + 2.0 * c * d,
                2.0 * c,
            ])
        }
        // (μ/2)(I1 − 3) − μ(J − 1) + (μ/2)(J − 1)².
        Law::StableNeoHookean { mu_pa: mu, .. } => {
            let d = j - 1.0;
            Some([0.5 * mu * (i1 - 3.0) - mu * d + 0.5 * mu * d * d, 0.5 * mu, 0.0, -mu + mu * d, *mu])
        }
        _ => None,
    }
}

pub(super) fn shear(law: &Law, f: &M3, tangent: bool) -> Option<Shear> {
    let j = det(f);
    let [energy, by_i1, by_i1_i1, by_j, by_j_j] = derivatives(law, contract(f, f), j)?;
    let cof = cofactor(f);
    let mut stress = f.map(|row| row.map(|v| 2.0 * by_i1 * v));
    add_scaled(&mut stress, by_j, &cof);
    let mut t = ZERO9;
    if tangent {
        for (k, row) in t.iter_mut().enumerate() {
            row[k] = 2.0 * by_i1;
        }
        if by_i1_i1 != 0.0 {
            add_outer(&mut t, 4.0 * by_i1_i1, f, f);
        }
        add_outer(&mut t, by_j_j, &cof, &cof);
        add_cofactor_derivative(&mut t, by_j, f);
    }
    Some(Shear { energy, stress, tangent: t })
}
