//! Growth of tumours, free and under treatment.

use proband_core::ops;
use serde::{Deserialize, Serialize};

use crate::PhysiologyError;
use crate::error::{check, finite_or};

/// Size after `days` of Gompertz growth: V∞·exp(ln(V₀/V∞)·e^(−αt)).
///
/// `start`, `limit`: any unit of volume or mass, both > 0; `rate_per_d`: α [1/d].
///
/// # Source
/// Gompertz 1825, Phil Trans R Soc 115:513; Laird 1964, Br J Cancer 18:490 (tumours).
#[must_use]
pub fn gompertz(start: f64, limit: f64, rate_per_d: f64, days: f64) -> f64 {
    limit * ops::exp(ops::ln(start / limit) * ops::exp(-rate_per_d * days))
}

/// Simeoni's model: cells that divide, and three stages of dying after a drug.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SimeoniSpec {
    /// Rate of exponential growth λ₀ [1/d].
    pub exponential_per_d: f64,
    /// Rate of linear growth λ₁ [g/d].
    pub linear_g_d: f64,
    /// Rate from one stage of dying to the next k₁ [1/d].
    pub dying_per_d: f64,
    /// Potency of the drug k₂ [1/d per unit of concentration].
    pub potency_per_d: f64,
}

/// Mass in each stage [g]: dividing, dying.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SimeoniState {
    /// Dividing, then three stages [g].
    pub mass_g: [f64; 4],
}

impl SimeoniState {
    /// All of it [g].
    #[must_use]
    pub fn total_g(&self) -> f64 {
        self.mass_g.iter().sum()
    }
}

/// One tumour. Immutable.
#[derive(Clone, Debug, PartialEq)]
pub struct SimeoniModel {
    spec: SimeoniSpec,
}

impl SimeoniModel {
    /// Check the specification.
    ///
    /// # Errors
    /// [`PhysiologyError`] that names the offending field.
    pub fn new(spec: SimeoniSpec) -> Result<Self, PhysiologyError> {
        check("exponential_per_d", spec.exponential_per_d, 1e-9, 10.0, "1/d")?;
        check("linear_g_d", spec.linear_g_d, 1e-9, 1e4, "g/d")?;
        check("dying_per_d", spec.dying_per_d, 1e-9, 10.0, "1/d")?;
        check("potency_per_d", spec.potency_per_d, 0.0, 1e6, "1/d")?;
        Ok(Self { spec })
    }

    /// A tumour of this mass, all dividing.
    #[must_use]
    pub fn state(&self, mass_g: f64) -> SimeoniState {
        SimeoniState { mass_g: [finite_or(mass_g, 0.0).max(0.0), 0.0, 0.0, 0.0] }
    }

    /// Advance by one classical Runge–Kutta step (a hundredth of a day is fine).
    ///
    /// `concentration`: of the drug at beginning, middle and end of the step.
    ///
    /// # Source
    /// Simeoni 2004, Cancer Res 64:1094, with ψ = 20.
    pub fn step(&self, state: &mut SimeoniState, concentration: [f64; 3], days: f64) {
        let h = finite_or(days, 0.0).clamp(0.0, 10.0);
        let c = concentration.map(|c| finite_or(c, 0.0).max(0.0));
        let slope = |x: &[f64; 4], c: f64| {
            let s = &self.spec;
            let total: f64 = x.iter().sum();
            let bend = ops::powf(1.0 + ops::powf((s.exponential_per_d * total / s.linear_g_d).max(0.0), 20.0), 1.0 / 20.0);
            let killed = s.potency_per_d * c * x[0];
            [
                s.exponential_per_d * x[0] / bend - killed,
                killed - s.dying_per_d * x[1],
                s.dying_per_d * (x[1] - x[2]),
                s.dying_per_d * (x[2] - x[3]),
            ]
        };
        let along = |x: &[f64; 4], k: &[f64; 4], f: f64| -> [f64; 4] { std::array::from_fn(|i| x[i] + f * k[i]) };
        let x = state.mass_g;
        let k1 = slope(&x, c[0]);
        let k2 = slope(&along(&x, &k1, 0.5 * h), c[1]);
        let k3 = slope(&along(&x, &k2, 0.5 * h), c[1]);
        let k4 = slope(&along(&x, &k3, h), c[2]);
        state.mass_g = std::array::from_fn(|i| (x[i] + h / 6.0 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i])).max(0.0));
    }
}
