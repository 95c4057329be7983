//! Haemolysis by shear: a power law of stress and time, for comparison only.

use proband_core::ops;

use crate::Conduit;

/// Exponent of the shear stress [Pa].
pub const GIERSIEPEN_A: f64 = 2.416;
/// Exponent of the exposure time [s].
pub const GIERSIEPEN_B: f64 = 0.785;
/// Prefactor for a result in percent.
pub const GIERSIEPEN_PERCENT: f64 = 3.62e-5;
/// Prefactor for a result as a fraction.
pub const GIERSIEPEN_FRACTION: f64 = 3.62e-7;

/// Released fraction of haemoglobin [1] of blood that feels a shear stress [Pa] for a time [s]: C τᵃ tᵇ.
///
/// # Source
/// Giersiepen et al. 1990, Int J Artif Organs 13:300; quoted with C = 3.62e-5 for percent ([`GIERSIEPEN_PERCENT`]) and
/// 3.62e-7 for a fraction ([`GIERSIEPEN_FRACTION`], used here).
/// # Error
/// Known to overpredict by an order of magnitude and more: use ratios, never the value (see [`haemolysis_reference`]).
#[must_use]
pub fn haemolysis_fraction(shear_pa: f64, time_s: f64) -> f64 {
    if shear_pa > 0.0 && time_s > 0.0 && time_s.is_finite() {
        GIERSIEPEN_FRACTION * ops::powf(shear_pa, GIERSIEPEN_A) * ops::powf(time_s, GIERSIEPEN_B)
    } else {
        0.0
    }
}

/// Index of the draw that others are compared with: 0.51 mm × 25 mm, K = 1.5, 300 mmHg, 3.5 mPa s, 1060 kg/m³.
#[must_use]
pub fn haemolysis_reference() -> f64 {
    let bore = Conduit { diameter_m: 0.51e-3, length_m: 25e-3, loss: 1.5, viscosity_pa_s: 3.5e-3, density_kg_m3: 1060.0 };
    let point = bore.flow(300.0 * crate::PA_PER_MMHG);
    haemolysis_fraction(point.wall_shear_pa, point.transit_s)
}
