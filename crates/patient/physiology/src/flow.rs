//! Steady flow through a bore.

use serde::{Deserialize, Serialize};

/// A straight bore with laminar flow and a kinetic loss at its ends.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conduit {
    /// Inner diameter [m].
    pub diameter_m: f64,
    /// Length [m].
    pub length_m: f64,
    /// K of the entry and kinetic loss K ρ v²/2 [1]; 1.5–2.2, 0 for Poiseuille's law alone.
    pub loss: f64,
    /// Viscosity of blood [Pa s].
    pub viscosity_pa_s: f64,
    /// Density of blood [kg/m³].
    pub density_kg_m3: f64,
}

/// Flow and what it does to the blood.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FlowPoint {
    /// Flow [m³/s].
    pub flow_m3_s: f64,
    /// Mean speed [m/s].
    pub speed_m_s: f64,
    /// Reynolds number ρ v d/µ [1].
    pub reynolds: f64,
    /// Shear stress at the wall 8 µ v/d [Pa].
    pub wall_shear_pa: f64,
    /// Mean time in the bore [s]; infinite without flow.
    pub transit_s: f64,
}

impl Conduit {
    /// Poiseuille resistance 8 µ L/(π r⁴) [Pa s/m³].
    #[must_use]
    pub fn resistance_pa_s_per_m3(&self) -> f64 {
        let r2 = 0.25 * self.diameter_m * self.diameter_m;
        8.0 * self.viscosity_pa_s * self.length_m / (std::f64::consts::PI * r2 * r2)
    }

    /// Factor of Q² in the pressure drop, K ρ/(2 A²) [Pa s²/m⁶].
    #[must_use]
    pub fn kinetic_pa_s2_per_m6(&self) -> f64 {
        let area = 0.25 * std::f64::consts::PI * self.diameter_m * self.diameter_m;
        0.5 * self.loss * self.density_kg_m3 / (area * area)
    }

    /// Flow under a pressure difference [Pa] ≥ 0: ΔP = 8 µ L Q/(π r⁴) + K ρ v²/2.
    #[must_use]
    pub fn flow(&self, pressure_pa: f64) -> FlowPoint {
        self.at(solve_flow_m3_s(pressure_pa, self.resistance_pa_s_per_m3(), self.kinetic_pa_s2_per_m6()))
    }

    /// The numbers that go with a flow [m³/s].
    #[must_use]
    pub fn at(&self, flow_m3_s: f64) -> FlowPoint {
        let speed = flow_m3_s / (0.25 * std::f64::consts::PI * self.diameter_m * self.diameter_m);
        FlowPoint {
            flow_m3_s,
            speed_m_s: speed,
            reynolds: self.density_kg_m3 * speed * self.diameter_m / self.viscosity_pa_s,
            wall_shear_pa: 8.0 * self.viscosity_pa_s * speed / self.diameter_m,
            transit_s: if speed > 0.0 { self.length_m / speed } else { f64::INFINITY },
        }
    }
}

/// Root Q ≥ 0 of R Q + B Q² = ΔP; 0 when the difference is not positive.
pub(crate) fn solve_flow_m3_s(pressure_pa: f64, resistance: f64, kinetic: f64) -> f64 {
    if pressure_pa > 0.0 { 2.0 * pressure_pa / (resistance + (resistance * resistance + 4.0 * kinetic * pressure_pa).sqrt()) } else { 0.0 }
}

/// Poiseuille resistance of the vein between bed and site [Pa s/m³], for [`crate::VenousSpec::feed_resistance_pa_s_per_m3`].
///
/// An ellipse with the semi-axes a and b carries π a³ b³ ΔP/(4 µ L (a² + b²)).
///
/// `semi_h_m`, `semi_v_m`: resting semi-axes of the lumen [m]; `length_m`: way from the next large junction [m], some
/// 0.05–0.15 m (prior: unverified).
/// # Requires
/// All arguments > 0.
#[must_use]
pub fn feed_resistance_pa_s_per_m3(semi_h_m: f64, semi_v_m: f64, length_m: f64, viscosity_pa_s: f64) -> f64 {
    let product = semi_h_m * semi_v_m;
    4.0 * viscosity_pa_s * length_m * (semi_h_m * semi_h_m + semi_v_m * semi_v_m) / (std::f64::consts::PI * product * product * product)
}
