//! One, two or three compartments around a central volume, and their exponentials.

use proband_core::ops;
use serde::{Deserialize, Serialize};

use crate::PhysiologyError;
use crate::error::check;

/// A mammillary system: a central volume from which the drug is eliminated and up to two volumes beside it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Compartments {
    /// Central volume V₁ [m³].
    pub v1_m3: f64,
    /// Elimination k₁₀ = CL/V₁ [1/s].
    pub k10_per_s: f64,
    /// To the second volume, k₁₂ = Q₂/V₁ [1/s]; 0 without one.
    pub k12_per_s: f64,
    /// Back, k₂₁ = Q₂/V₂ [1/s].
    pub k21_per_s: f64,
    /// To the third volume, k₁₃ = Q₃/V₁ [1/s]; 0 without one.
    pub k13_per_s: f64,
    /// Back, k₃₁ = Q₃/V₃ [1/s].
    pub k31_per_s: f64,
}

/// Response of the central concentration to a bolus of 1: C(t) = Σ Aᵢ e^(−λᵢ t).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exponentials {
    /// Rates λᵢ, falling [1/s]; 0 where there is no such compartment.
    pub lambda_per_s: [f64; 3],
    /// Coefficients Aᵢ [1/m³].
    pub coefficient_per_m3: [f64; 3],
}

impl Compartments {
    /// Check every number.
    ///
    /// # Errors
    /// [`PhysiologyError::OutOfRange`] with the field.
    pub fn check(&self) -> Result<(), PhysiologyError> {
        check("v1", self.v1_m3, 1e-9, 1e3, "m³")?;
        check("k10", self.k10_per_s, 0.0, 10.0, "1/s")?;
        check("k12", self.k12_per_s, 0.0, 10.0, "1/s")?;
        check("k13", self.k13_per_s, 0.0, 10.0, "1/s")?;
        check("k21", self.k21_per_s, if self.k12_per_s > 0.0 { 1e-12 } else { 0.0 }, 10.0, "1/s")?;
        check("k31", self.k31_per_s, if self.k13_per_s > 0.0 { 1e-12 } else { 0.0 }, 10.0, "1/s")
    }

    /// Clearance [m³/s].
    #[must_use]
    pub fn clearance_m3_s(&self) -> f64 {
        self.v1_m3 * self.k10_per_s
    }

    /// Second volume [m³], 0 without one.
    #[must_use]
    pub fn v2_m3(&self) -> f64 {
        if self.k12_per_s > 0.0 { self.v1_m3 * self.k12_per_s / self.k21_per_s } else { 0.0 }
    }

    /// Third volume [m³], 0 without one.
    #[must_use]
    pub fn v3_m3(&self) -> f64 {
        if self.k13_per_s > 0.0 { self.v1_m3 * self.k13_per_s / self.k31_per_s } else { 0.0 }
    }

    /// Half-life of the slowest exponential [s].
    #[must_use]
    pub fn terminal_half_life_s(&self) -> f64 {
        let rates = self.exponentials().lambda_per_s;
        let slowest = rates.iter().copied().filter(|l| *l > 0.0).fold(f64::INFINITY, f64::min);
        std::f64::consts::LN_2 / slowest
    }

    /// The response in closed form: eigenvalues of the symmetrised rate matrix by Jacobi rotations.
    ///
    /// With D = diag(1, √(k₁₂/k₂₁), √(k₁₃/k₃₁)) the matrix D⁻¹AD is symmetric; Aᵢ = (first element of eigenvector i)²/V₁.
    #[must_use]
    pub fn exponentials(&self) -> Exponentials {
        let has2 = self.k12_per_s > 0.0;
        let has3 = self.k13_per_s > 0.0;
        let mut s = [[0.0; 3]; 3];
        s[0][0] = self.k10_per_s + self.k12_per_s + self.k13_per_s;
        if has2 {
            s[1][1] = self.k21_per_s;
            s[0][1] = -(self.k12_per_s * self.k21_per_s).sqrt();
            s[1][0] = s[0][1];
        }
        if has3 {
            s[2][2] = self.k31_per_s;
            s[0][2] = -(self.k13_per_s * self.k31_per_s).sqrt();
            s[2][0] = s[0][2];
        }
        let (values, vectors) = jacobi(s);
        let mut order: Vec<usize> = vec![0, 1, 2];
        order.sort_by(|i, j| values[*j].total_cmp(&values[*i]));
        let mut out = Exponentials { lambda_per_s: [0.0; 3], coefficient_per_m3: [0.0; 3] };
        for (slot, index) in order.into_iter().enumerate() {
            out.lambda_per_s[slot] = values[index].max(0.0);
            out.coefficient_per_m3[slot] = vectors[0][index] * vectors[0][index] / self.v1_m3;
        }
        out
    }
}

impl Exponentials {
    /// Effect-site response to a bolus of 1 at time t: ke0·Σ Aᵢ(e^(−λᵢt) − e^(−ke0 t))/(ke0 − λᵢ) [1/m³].
    #[must_use]
    pub fn effect_site_per_m3(&self, ke0_per_s: f64, t_s: f64) -> f64 {
        let mut sum = 0.0;
        for (lambda, a) in self.lambda_per_s.iter().zip(self.coefficient_per_m3) {
            let gap = (ke0_per_s - lambda) * t_s;
            // (e^(−λt) − e^(−ke0 t))/(ke0 − λ) without cancellation where the two rates meet.
            let ratio = if gap.abs() < 1e-9 { 1.0 } else { -ops::exp_m1(-gap) / gap };
            sum += a * t_s * ops::exp(-lambda * t_s) * ratio;
        }
        ke0_per_s * sum
    }

    /// The rate ke0 [1/s] at which the effect site peaks at `peak_s` after a bolus; nothing if no rate does so.
    ///
    /// # Source
    /// Minto 2003, Anesthesiology 99:324 (the time to peak effect as what carries over between models).
    #[must_use]
    pub fn ke0_for_peak(&self, peak_s: f64) -> Option<f64> {
        // At the peak Ce' = ke0(Cp − Ce) = 0. Cp − Ce falls as ke0 rises: bisection in ln ke0.
        let plasma: f64 = self.lambda_per_s.iter().zip(self.coefficient_per_m3).map(|(l, a)| a * ops::exp(-l * peak_s)).sum();
        let excess = |log: f64| plasma - self.effect_site_per_m3(ops::exp(log), peak_s);
        let (mut low, mut high) = (ops::ln(1e-9), ops::ln(10.0));
        if peak_s.is_nan() || peak_s <= 0.0 || excess(low) <= 0.0 || excess(high) >= 0.0 {
            return None;
        }
        for _ in 0..200 {
            let middle = 0.5 * (low + high);
            if excess(middle) > 0.0 { low = middle } else { high = middle }
        }
        Some(ops::exp(0.5 * (low + high)))
    }
}

/// Eigenvalues and eigenvectors (columns) of a symmetric 3 × 3 matrix.
fn jacobi(mut s: [[f64; 3]; 3]) -> ([f64; 3], [[f64; 3]; 3]) {
    let mut v = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    for _ in 0..60 {
        let off = s[0][1].abs() + s[0][2].abs() + s[1][2].abs();
        if off == 0.0 {
            break;
        }
        for (p, q) in [(0, 1), (0, 2), (1, 2)] {
            if s[p][q] == 0.0 {
                continue;
            }
            let theta = (s[q][q] - s[p][p]) / (2.0 * s[p][q]);
            let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
            let t = if theta == 0.0 { 1.0 } else { t };
            let c = 1.0 / (t * t + 1.0).sqrt();
            let sine = t * c;
            for row in &mut s {
                let (a, b) = (row[p], row[q]);
                row[p] = c * a - sine * b;
                row[q] = sine * a + c * b;
            }
            let (above, below) = (s[p], s[q]);
            s[p] = std::array::from_fn(|k| c * above[k] - sine * below[k]);
            s[q] = std::array::from_fn(|k| sine * above[k] + c * below[k]);
            for row in &mut v {
                let (a, b) = (row[p], row[q]);
                row[p] = c * a - sine * b;
                row[q] = sine * a + c * b;
            }
            s[p][q] = 0.0;
            s[q][p] = 0.0;
        }
    }
    ([s[0][0], s[1][1], s[2][2]], v)
}
