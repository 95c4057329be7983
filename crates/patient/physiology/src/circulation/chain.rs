//! A vessel with a stenosis that ends in a Windkessel: the blocks of lumped networks.

use serde::{Deserialize, Serialize};

use crate::circulation::rk4;

/// Vessel of resistance R + S|q|, then an outlet of R_p, C and R_d against a distal pressure. Any consistent units.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chain {
    /// R of the vessel.
    pub resistance: f64,
    /// S of the vessel: ΔP = S q|q| of a stenosis.
    pub stenosis: f64,
    /// R_p of the outlet.
    pub proximal: f64,
    /// C of the outlet; 0 for a plain resistance.
    pub compliance: f64,
    /// R_d of the outlet.
    pub distal: f64,
    /// Pressure behind the outlet.
    pub behind: f64,
}

impl Chain {
    /// Pressure in the compliance that a steady flow q holds.
    #[must_use]
    pub fn steady(&self, q: f64) -> f64 {
        self.behind + self.distal * q
    }

    /// Pressures at the inlet and the end of the vessel under the flow q with the pressure `stored` in the compliance.
    #[must_use]
    pub fn pressures(&self, q: f64, stored: f64) -> [f64; 2] {
        let end = stored + self.proximal * q;
        [end + (self.resistance + self.stenosis * q.abs()) * q, end]
    }

    /// Pressure in the compliance a time `dt` later under the flow `q(t)`; the steady one where there is no compliance.
    #[must_use]
    pub fn step(&self, stored: f64, t: f64, dt: f64, q: impl Fn(f64) -> f64) -> f64 {
        if self.compliance <= 0.0 {
            return self.steady(q(t + dt));
        }
        let slope = |t: f64, y: &[f64; 1]| [(q(t) - (y[0] - self.behind) / self.distal) / self.compliance];
        rk4(slope, t, &[stored], dt)[0]
    }
}
