//! Viscoelasticity: a series of fading stresses on the part W of a law.

use proband_core::ops;

use super::law::Shear;
use super::mat3::{M3, cofactor, det, product, transposed_product};
use crate::TissueError;
use crate::error::check;

/// Most branches of a series.
pub const BRANCH_COUNT_MAX: usize = 8;

/// One fading part of the stress.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct PronyBranch {
    /// Share of the instantaneous stress that fades [1].
    pub share: f64,
    /// Time in which it fades to 1/e [s].
    pub time_s: f64,
}

/// G(t)/G(0) = 1 − Σ gᵢ + Σ gᵢ e^(−t/τᵢ). The constants of the law are the instantaneous ones.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Prony {
    /// Branches; none: elastic.
    pub branches: Vec<PronyBranch>,
}

impl Prony {
    /// Refuse shares that add up to one or more, and times that are not positive.
    ///
    /// # Errors
    /// [`TissueError::OutOfRange`] names the number.
    pub fn check(&self) -> Result<(), TissueError> {
        check("viscosity.branches", self.branches.len() as f64, 0.0, BRANCH_COUNT_MAX as f64, "branches")?;
        for branch in &self.branches {
            check("viscosity.branches.share", branch.share, 0.0, 1.0, "1")?;
            check("viscosity.branches.time_s", branch.time_s, 1e-9, 1e9, "s")?;
        }
        check("sum of viscosity.branches.share", self.branches.iter().map(|b| b.share).sum(), 0.0, 1.0 - 1e-9, "1")
    }

    /// G(t)/G(0) [1] at a time [s] after a sudden strain.
    #[must_use]
    pub fn relaxation(&self, time_s: f64) -> f64 {
        1.0 - self.branches.iter().map(|b| b.share * -ops::exp_m1(-time_s / b.time_s)).sum::<f64>()
    }

    /// Numbers remembered per quadrature point: the last elastic stress and one stress per branch, six each.
    pub(crate) fn memory(&self) -> usize {
        if self.branches.is_empty() { 0 } else { 6 * (1 + self.branches.len()) }
    }

    /// cᵢ = gᵢ (τᵢ/h)(1 − e^(−h/τᵢ)) and e^(−h/τᵢ) of a step h [s]; a step of no length is instantaneous.
    fn coefficients(branch: &PronyBranch, step_s: f64) -> (f64, f64) {
        let x = step_s / branch.time_s;
        if x > 0.0 { (branch.share * -ops::exp_m1(-x) / x, ops::exp(-x)) } else { (branch.share, 1.0) }
    }

    /// What multiplies the elastic stress and tangent in a step: g∞ + Σ cᵢ.
    pub(crate) fn factor(&self, step_s: f64) -> f64 {
        1.0 - self.branches.iter().map(|b| b.share - Self::coefficients(b, step_s).0).sum::<f64>()
    }

    /// Second Piola stress [Pa] that the past leaves in this step: Σ (e^(−h/τᵢ) Qᵢ − cᵢ S_before).
    pub(crate) fn past(&self, memory: &[f64], step_s: f64) -> [f64; 6] {
        let mut past = [0.0; 6];
        for (k, branch) in self.branches.iter().enumerate() {
            let (c, fade) = Self::coefficients(branch, step_s);
            for (i, past) in past.iter_mut().enumerate() {
                *past += fade * memory[6 * (k + 1) + i] - c * memory[i];
            }
        }
        past
    }

    /// Take the elastic stress at the end of a step into the memory.
    pub(crate) fn remember(&self, memory: &mut [f64], elastic_pa: [f64; 6], step_s: f64) {
        for (k, branch) in self.branches.iter().enumerate() {
            let (c, fade) = Self::coefficients(branch, step_s);
            for i in 0..6 {
                memory[6 * (k + 1) + i] = fade * memory[6 * (k + 1) + i] + c * (elastic_pa[i] - memory[i]);
            }
        }
        memory[..6].copy_from_slice(&elastic_pa);
    }
}

/// Second Piola stress F⁻¹P: xx, yy, zz, xy, xz, yz. Zero for a collapsed point.
pub(crate) fn second_piola(f: &M3, p: &M3) -> [f64; 6] {
    let j = det(f);
    if j == 0.0 {
        return [0.0; 6];
    }
    // F⁻¹ = cofᵀ/J.
    let s = transposed_product(&cofactor(f), p).map(|row| row.map(|v| v / j));
    [s[0][0], s[1][1], s[2][2], 0.5 * (s[0][1] + s[1][0]), 0.5 * (s[0][2] + s[2][0]), 0.5 * (s[1][2] + s[2][1])]
}

/// Turn W into the potential of the step: factor · W + ½ past : (FᵀF − I).
pub(crate) fn add_past(shear: &mut Shear, f: &M3, factor: f64, past: &[f64; 6], tangent: bool) {
    let h: M3 = [[past[0], past[3], past[4]], [past[3], past[1], past[5]], [past[4], past[5], past[2]]];
    let fh = product(f, &h);
    let c = transposed_product(f, f);
    shear.energy *= factor;
    for i in 0..3 {
        for j in 0..3 {
            shear.energy += 0.5 * h[i][j] * (c[i][j] - f64::from(u8::from(i == j)));
            shear.stress[i][j] = factor * shear.stress[i][j] + fh[i][j];
        }
    }
    if tangent {
        for row in &mut shear.tangent {
            for v in row {
                *v *= factor;
            }
        }
        for i in 0..3 {
            for j in 0..3 {
                for l in 0..3 {
                    shear.tangent[3 * i + j][3 * i + l] += h[j][l];
                }
            }
        }
    }
}
