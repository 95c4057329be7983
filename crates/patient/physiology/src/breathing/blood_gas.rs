//! Oxygen and carbon dioxide in blood: dissociation, contents, acid and base.
//!
//! Pressures in mmHg, contents in mL STPD per dL, haemoglobin in g/dL, temperature in °C, as in the sources.

use proband_core::ops;

/// Oxygen that a gram of haemoglobin binds [mL STPD] (Hüfner's number in clinical use).
pub const O2_BOUND_ML_PER_G: f64 = 1.34;
/// Oxygen dissolved in blood [mL STPD/dL/mmHg].
pub const O2_DISSOLVED_ML_PER_DL_MMHG: f64 = 0.0031;
/// Pressure of water vapour at 37 °C [mmHg].
pub const WATER_VAPOUR_MMHG: f64 = 47.0;
/// mL BTPS × mmHg per mL STPD: 760 mmHg · (310/273).
pub const MMHG_PER_GAS_CONVERSION: f64 = 863.0;

/// Acidity and warmth of a blood sample, as far as they move the dissociation curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Acidity {
    /// pH [1].
    pub ph: f64,
    /// Pressure of carbon dioxide [mmHg].
    pub carbon_dioxide_mmhg: f64,
    /// Temperature [°C].
    pub temperature_c: f64,
}

/// Saturation of haemoglobin [1] at an oxygen pressure [mmHg] under standard conditions.
///
/// S = 1/(23 400/(p³ + 150 p) + 1).
///
/// # Source
/// Severinghaus 1979, J Appl Physiol 46:599. # Valid: 37 °C, pH 7.40.
#[must_use]
pub fn oxygen_saturation_severinghaus(oxygen_mmhg: f64) -> f64 {
    let p = oxygen_mmhg.max(0.0);
    let cubic = p * (p * p + 150.0);
    cubic / (23_400.0 + cubic)
}

/// Oxygen pressure [mmHg] at a saturation in (0, 1), the exact inverse of [`oxygen_saturation_severinghaus`].
///
/// The real root of p³ + 150 p = c by Cardano, c = 23 400 S/(1 − S).
#[must_use]
pub fn saturation_inverse_severinghaus_mmhg(saturation: f64) -> f64 {
    let s = saturation.clamp(0.0, 1.0 - 1e-12);
    let half = 0.5 * 23_400.0 * s / (1.0 - s);
    let root = (half * half + 125_000.0).sqrt();
    let up = ops::cbrt(half + root);
    // The second cube root is −50/up: subtracting avoids cancellation for small c.
    up - 50.0 / up
}

/// Saturation of haemoglobin [1] at an oxygen pressure [mmHg] under standard conditions.
///
/// # Source
/// Kelman 1966, J Appl Physiol 21:1375; below 10 mmHg 0.003683 x + 0.000584 x².
#[must_use]
pub fn oxygen_saturation_kelman(oxygen_mmhg: f64) -> f64 {
    let x = oxygen_mmhg.max(0.0);
    if x < 10.0 {
        return 0.003_683 * x + 0.000_584 * x * x;
    }
    let top = x * (-8532.2289 + x * (2121.4010 + x * (-67.073_989 + x)));
    top / (935_960.87 + x * (-31_346.258 + x * (2396.1674 + x * (-67.104_406 + x))))
}

/// Saturation [1] by Hill's equation with n = 2.7 and P50 = 26.8 mmHg, for gradients only.
#[must_use]
pub fn oxygen_saturation_hill(oxygen_mmhg: f64) -> f64 {
    let x = ops::powf(oxygen_mmhg.max(0.0) / 26.8, 2.7);
    x / (1.0 + x)
}

/// Oxygen pressure [mmHg] at which standard blood would have the saturation that this blood has at `oxygen_mmhg`.
///
/// x = p · 10^(0.024 (37 − T) + 0.40 (pH − 7.40) + 0.06 log₁₀(40/PCO₂)).
///
/// # Source
/// Kelman 1966.
#[must_use]
pub fn oxygen_shifted_mmhg(oxygen_mmhg: f64, acidity: &Acidity) -> f64 {
    oxygen_mmhg * shift(acidity)
}

fn shift(acidity: &Acidity) -> f64 {
    let exponent = 0.024 * (37.0 - acidity.temperature_c)
        + 0.40 * (acidity.ph - 7.40)
        + 0.06 * ops::log10(40.0 / acidity.carbon_dioxide_mmhg.max(1.0));
    ops::exp(exponent * std::f64::consts::LN_10)
}

/// Oxygen content [mL/dL]: 1.34 Hb S + 0.0031 p.
#[must_use]
pub fn oxygen_content_ml_dl(haemoglobin_g_dl: f64, saturation: f64, oxygen_mmhg: f64) -> f64 {
    O2_BOUND_ML_PER_G * haemoglobin_g_dl * saturation + O2_DISSOLVED_ML_PER_DL_MMHG * oxygen_mmhg
}

/// Oxygen pressure [mmHg] at which blood holds a content [mL/dL] (Severinghaus' curve shifted by `acidity`).
///
/// Bracketed Newton on a function that only rises; the content is found again within 1e-9 mL/dL (tested).
#[must_use]
pub fn oxygen_pressure_of_content_mmhg(content_ml_dl: f64, haemoglobin_g_dl: f64, acidity: &Acidity) -> f64 {
    let shift = shift(acidity);
    let content = content_ml_dl.max(0.0);
    let (mut low, mut high) = (0.0, content / O2_DISSOLVED_ML_PER_DL_MMHG + 1.0);
    let bound = O2_BOUND_ML_PER_G * haemoglobin_g_dl;
    let mut p = (saturation_inverse_severinghaus_mmhg((content / bound.max(1e-9)).min(0.98)) / shift).clamp(low, high);
    for _ in 0..80 {
        let x = p * shift;
        let cubic = x * (x * x + 150.0);
        let slope_s = 23_400.0 * (3.0 * x * x + 150.0) / ((23_400.0 + cubic) * (23_400.0 + cubic)) * shift;
        let error = bound * cubic / (23_400.0 + cubic) + O2_DISSOLVED_ML_PER_DL_MMHG * p - content;
        if error > 0.0 {
            high = p
        } else {
            low = p
        }
        let next = p - error / (bound * slope_s + O2_DISSOLVED_ML_PER_DL_MMHG);
        let next = if next > low && next < high { next } else { 0.5 * (low + high) };
        if (next - p).abs() < 1e-12 * (1.0 + p) {
            return next;
        }
        p = next;
    }
    p
}

/// Oxygen pressure [mmHg] in ideal alveoli: F (B − 47) − PaCO₂ (F + (1 − F)/RQ) for the inspired fraction F.
#[must_use]
pub fn alveolar_oxygen_mmhg(inspired_fraction: f64, barometric_mmhg: f64, carbon_dioxide_mmhg: f64, respiratory_quotient: f64) -> f64 {
    inspired_fraction * (barometric_mmhg - WATER_VAPOUR_MMHG)
        - carbon_dioxide_mmhg * (inspired_fraction + (1.0 - inspired_fraction) / respiratory_quotient)
}

/// Arterial oxygen pressure [mmHg] behind a shunt [1] with an arteriovenous difference [mL/dL], end-capillary blood in
/// balance with `alveolar_mmhg`: C_a = C_c − d s/(1 − s).
#[must_use]
pub fn shunted_oxygen_mmhg(alveolar_mmhg: f64, shunt: f64, difference_ml_dl: f64, haemoglobin_g_dl: f64, acidity: &Acidity) -> f64 {
    let saturation = oxygen_saturation_severinghaus(oxygen_shifted_mmhg(alveolar_mmhg, acidity));
    let capillary = oxygen_content_ml_dl(haemoglobin_g_dl, saturation, alveolar_mmhg);
    oxygen_pressure_of_content_mmhg(capillary - difference_ml_dl * shunt / (1.0 - shunt), haemoglobin_g_dl, acidity)
}

/// COHb over O₂Hb [1] = M P_CO/P_O₂ (Haldane's law); M = 210–250 in human blood.
#[must_use]
pub fn carboxyhaemoglobin_ratio(affinity: f64, carbon_monoxide_mmhg: f64, oxygen_mmhg: f64) -> f64 {
    affinity * carbon_monoxide_mmhg / oxygen_mmhg
}

/// Carbon dioxide content of plasma [mL/dL]: 2.226 s PCO₂ (1 + 10^(pH − pK)).
///
/// # Source
/// Douglas 1988, J Appl Physiol 65:473.
#[must_use]
pub fn carbon_dioxide_plasma_ml_dl(acidity: &Acidity) -> f64 {
    let cold = 37.0 - acidity.temperature_c;
    let solubility = 0.0307 + 0.000_57 * cold + 0.000_02 * cold * cold;
    let pk = 6.086 + 0.042 * (7.4 - acidity.ph) + (38.0 - acidity.temperature_c) * (0.004_72 + 0.001_39 * (7.4 - acidity.ph));
    2.226 * solubility * acidity.carbon_dioxide_mmhg * (1.0 + ops::exp((acidity.ph - pk) * std::f64::consts::LN_10))
}

/// Carbon dioxide content of blood [mL/dL]: plasma · (1 − 0.0289 Hb/((3.352 − 0.456 S)(8.142 − pH))).
///
/// # Source
/// Douglas 1988.
#[must_use]
pub fn carbon_dioxide_content_ml_dl(acidity: &Acidity, haemoglobin_g_dl: f64, saturation: f64) -> f64 {
    carbon_dioxide_plasma_ml_dl(acidity) * (1.0 - 0.0289 * haemoglobin_g_dl / ((3.352 - 0.456 * saturation) * (8.142 - acidity.ph)))
}

/// Bicarbonate of plasma [mmol/L]: 0.0307 PCO₂ 10^(pH − 6.1) (Henderson–Hasselbalch).
#[must_use]
pub fn bicarbonate_mmol_l(ph: f64, carbon_dioxide_mmhg: f64) -> f64 {
    0.0307 * carbon_dioxide_mmhg * ops::exp((ph - 6.1) * std::f64::consts::LN_10)
}

/// Base excess of blood [mmol/L] by Van Slyke's equation (Siggaard-Andersen 1977, Scand J Clin Lab Invest 37:15).
#[must_use]
pub fn base_excess_mmol_l(ph: f64, bicarbonate_mmol_l: f64, haemoglobin_g_dl: f64) -> f64 {
    (1.0 - 0.014 * haemoglobin_g_dl) * (bicarbonate_mmol_l - 24.8 + (1.43 * haemoglobin_g_dl + 7.7) * (ph - 7.4))
}

/// Standard base excess [mmol/L]: 0.93 (HCO₃ − 24.4 + 14.83 (pH − 7.4)).
#[must_use]
pub fn standard_base_excess_mmol_l(ph: f64, bicarbonate_mmol_l: f64) -> f64 {
    0.93 * (bicarbonate_mmol_l - 24.4 + 14.83 * (ph - 7.4))
}

/// pH of blood with a standard base excess [mmol/L] at a pressure of carbon dioxide [mmHg], by a bracketed Newton.
///
/// Both bicarbonate and the buffer term rise with pH, so that there is one root; found within 1e-10.
#[must_use]
pub fn ph_of_base_excess(standard_base_excess_mmol_l: f64, carbon_dioxide_mmhg: f64) -> f64 {
    let carbon_dioxide = carbon_dioxide_mmhg.max(0.1);
    let (mut low, mut high, mut ph) = (6.0, 8.6, 7.4);
    for _ in 0..60 {
        let bicarbonate = bicarbonate_mmol_l(ph, carbon_dioxide);
        let error = self::standard_base_excess_mmol_l(ph, bicarbonate) - standard_base_excess_mmol_l;
        if error > 0.0 {
            high = ph
        } else {
            low = ph
        }
        let next: f64 = ph - error / (0.93 * (bicarbonate * std::f64::consts::LN_10 + 14.83));
        let next = if next > low && next < high { next } else { 0.5 * (low + high) };
        if (next - ph).abs() < 1e-12 {
            return next;
        }
        ph = next;
    }
    ph
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Find saturation, content and pH again from their inverses over the whole range.
    #[test]
    fn inverses_find_the_way_back() {
        for step in 1..200 {
            let p = f64::from(step) * 3.0;
            let s = oxygen_saturation_severinghaus(p);
            let back = saturation_inverse_severinghaus_mmhg(s);
            assert!((back - p).abs() < 1e-5 * p, "{p}: {back}");
            for (hb, ph) in [(3.0, 7.0), (15.0, 7.4), (22.0, 7.7)] {
                let acidity = Acidity { ph, carbon_dioxide_mmhg: 55.0, temperature_c: 36.0 };
                let content = oxygen_content_ml_dl(hb, oxygen_saturation_severinghaus(oxygen_shifted_mmhg(p, &acidity)), p);
                let found = oxygen_pressure_of_content_mmhg(content, hb, &acidity);
                let again = oxygen_content_ml_dl(hb, oxygen_saturation_severinghaus(oxygen_shifted_mmhg(found, &acidity)), found);
                assert!((again - content).abs() < 1e-9, "{p} {hb}: {found}");
            }
        }
        for ph in [6.8, 7.1, 7.4, 7.7] {
            for pco2 in [10.0, 40.0, 120.0] {
                let sbe = standard_base_excess_mmol_l(ph, bicarbonate_mmol_l(ph, pco2));
                assert!((ph_of_base_excess(sbe, pco2) - ph).abs() < 1e-10);
            }
        }
    }
}
