//! How the error is spent over the information.

use proband_core::ops;

use super::super::normal_quantile;
use super::super::special::normal_sf;

/// Error spent by the fraction t of the information.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Spending {
    /// 2 (1 − Φ(z_{α/2} / √t)): little at first.
    ObrienFleming,
    /// α ln(1 + (e − 1) t): nearly evenly.
    Pocock,
    /// α t^ρ.
    Power {
        /// ρ > 0.
        rho: f64,
    },
    /// α (1 − e^(−γt)) / (1 − e^(−γ)).
    HwangShihDeCani {
        /// γ; 0 is even spending.
        gamma: f64,
    },
}

impl Spending {
    /// Error spent by `t` in 0 to 1, of `alpha` in all. A two-sided design spends α/2 on each side with this function.
    ///
    /// # Source
    /// Lan & DeMets 1983, Biometrika 70:659–663; Kim & DeMets 1987, Biometrika 74:149; Hwang, Shih & DeCani 1990, Stat Med 9:1439.
    #[must_use]
    pub fn spent(&self, alpha: f64, t: f64) -> f64 {
        if t <= 0.0 {
            return 0.0;
        }
        if t >= 1.0 {
            return alpha;
        }
        match *self {
            Self::ObrienFleming => 2.0 * normal_sf(normal_quantile(1.0 - 0.5 * alpha) / t.sqrt()),
            Self::Pocock => alpha * ops::ln_1p((std::f64::consts::E - 1.0) * t),
            Self::Power { rho } => alpha * ops::powf(t, rho),
            Self::HwangShihDeCani { gamma } if gamma.abs() < 1e-12 => alpha * t,
            Self::HwangShihDeCani { gamma } => alpha * ops::exp_m1(-gamma * t) / ops::exp_m1(-gamma),
        }
    }
}
