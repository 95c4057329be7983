//! Formulas of the bedside for valves: Bernoulli, Gorlin, regurgitation.

/// Density of blood [g/cm³].
const DENSITY: f64 = 1.06;
/// dyn/cm² per mmHg.
const DYN_PER_MMHG: f64 = 1333.22;

/// ρ/2 in mmHg (cm²)² s²/mL²: ΔP = this · q²/A².
pub const ORIFICE_MMHG_CM4_S2_PER_ML2: f64 = 0.5 * DENSITY / DYN_PER_MMHG;
/// Pressure drop per squared speed [mmHg/(m/s)²]; clinics round it to 4.
pub const BERNOULLI_MMHG_PER_M2_S2: f64 = 0.5 * DENSITY * 1e4 / DYN_PER_MMHG;

/// Pressure drop [mmHg] of a jet of `speed_m_s` (Bernoulli, blood of 1.06 g/cm³).
#[must_use]
pub fn bernoulli_gradient_mmhg(speed_m_s: f64) -> f64 {
    BERNOULLI_MMHG_PER_M2_S2 * speed_m_s * speed_m_s
}

/// B [mmHg s²/mL²] of ΔP = B q|q| for an orifice [cm²].
#[must_use]
pub fn orifice_coefficient(area_cm2: f64) -> f64 {
    ORIFICE_MMHG_CM4_S2_PER_ML2 / (area_cm2 * area_cm2)
}

/// Flow [mL/s] through an orifice with friction: the positive root of B q² + R q = ΔP; 0 against a reverse gradient.
#[inline]
#[must_use]
pub fn orifice_flow_ml_s(gradient_mmhg: f64, coefficient: f64, resistance: f64) -> f64 {
    let gradient = gradient_mmhg.max(0.0);
    // 2ΔP/(R + √(R² + 4BΔP)) is the root without cancellation, and right for B = 0.
    2.0 * gradient / (resistance + (resistance * resistance + 4.0 * coefficient * gradient).sqrt())
}

/// Aortic valve area [cm²] by Gorlin: CO/(44.3 · ejection · rate · √ΔP).
///
/// # Source
/// Gorlin 1951, Am Heart J 41:1.
#[must_use]
pub fn aortic_area_gorlin_cm2(output_ml_min: f64, ejection_s: f64, rate_per_min: f64, gradient_mmhg: f64) -> f64 {
    output_ml_min / (44.3 * ejection_s * rate_per_min * gradient_mmhg.sqrt())
}

/// Mitral valve area [cm²] by Gorlin with the constant 37.7 and the filling time.
#[must_use]
pub fn mitral_area_gorlin_cm2(output_ml_min: f64, filling_s: f64, rate_per_min: f64, gradient_mmhg: f64) -> f64 {
    output_ml_min / (37.7 * filling_s * rate_per_min * gradient_mmhg.sqrt())
}

/// Effective regurgitant orifice [cm²]: regurgitant volume [mL] over the jet's velocity-time integral [cm].
#[must_use]
pub fn effective_orifice_cm2(regurgitant_ml: f64, velocity_time_cm: f64) -> f64 {
    regurgitant_ml / velocity_time_cm
}

/// Regurgitant fraction [1]: RVol/(RVol + forward).
#[must_use]
pub fn regurgitant_fraction(regurgitant_ml: f64, forward_ml: f64) -> f64 {
    regurgitant_ml / (regurgitant_ml + forward_ml)
}
