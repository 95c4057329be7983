//! Two drugs together: response surfaces of propofol and remifentanil.

use super::effect::sigmoid;
use proband_core::ops;

/// Index of the electroencephalogram [1] under propofol [µg/mL] and remifentanil [ng/mL].
///
/// Additive: U = Cₚ/4.47 + Cᵣ/19.3, BIS = 97.4·(1 − U^1.43/(1 + U^1.43)).
///
/// # Source
/// Bouillon 2004, Anesthesiology 100:1353.
/// # Valid
/// Surface of healthy volunteers; use it instead of the sigmoid of propofol alone, not on top of it.
#[must_use]
pub fn bispectral_index_bouillon(propofol_ug_ml: f64, remifentanil_ng_ml: f64) -> f64 {
    let u = propofol_ug_ml.max(0.0) / 4.47 + remifentanil_ng_ml.max(0.0) / 19.3;
    97.4 * (1.0 - sigmoid(u, 1.0, 1.43))
}

/// Probability [1] that laryngoscopy is tolerated under propofol [µg/mL] and remifentanil [ng/mL].
///
/// Hierarchical: the opioid weakens the stimulus (pre = 1.05) to post = pre·(1 − Cᵣ^0.97/(Cᵣ^0.97 + (1.07·pre)^0.97)), the
/// hypnotic answers what is left: Cₚ^5.1/(Cₚ^5.1 + (8.04·post)^5.1).
///
/// # Source
/// Bouillon 2004, Anesthesiology 100:1353.
#[must_use]
pub fn laryngoscopy_tolerance_bouillon(propofol_ug_ml: f64, remifentanil_ng_ml: f64) -> f64 {
    let pre = 1.05;
    let post = pre * (1.0 - sigmoid(remifentanil_ng_ml.max(0.0), 1.07 * pre, 0.97));
    sigmoid(propofol_ug_ml.max(0.0), 8.04 * post, 5.1)
}

/// Breathing of propofol [µg/mL] and remifentanil [ng/mL] as a share of normal [1], at a carbon dioxide [1 of baseline]:
/// (PCO₂/base)^4.3 times what each drug leaves (C50 0.92 ng/mL, γ 1.25; 1.33 µg/mL, γ 1.7).
///
/// # Source
/// Form: Bouillon 2003, Anesthesiology 99:779. Constants: prior: unverified.
#[must_use]
pub fn ventilation_bouillon(propofol_ug_ml: f64, remifentanil_ng_ml: f64, carbon_dioxide_ratio: f64) -> f64 {
    let left = (1.0 - sigmoid(remifentanil_ng_ml.max(0.0), 0.92, 1.25)) * (1.0 - sigmoid(propofol_ug_ml.max(0.0), 1.33, 1.7));
    ops::powf(carbon_dioxide_ratio.max(0.0), 4.3) * left
}

/// Fall of the mean pressure [mmHg] under propofol, from its two slow effect sites [µg/mL]:
/// (54.8 + 2·18.1)/3·u/(1 + u) with u = (C₁/1.96)^4.77 + (C₂/2.20)^8.49; sites of 0.054 and 0.0695 per minute.
///
/// # Source
/// Jeleazcov 2015, Br J Anaesth 115:213, as transcribed: systolic 54.8, diastolic 18.1 mmHg; mean = (SAP + 2·DAP)/3.
#[must_use]
pub fn propofol_pressure_fall_mmhg(site_1_ug_ml: f64, site_2_ug_ml: f64) -> f64 {
    let u = ops::powf(site_1_ug_ml.max(0.0) / 1.96, 4.77) + ops::powf(site_2_ug_ml.max(0.0) / 2.20, 8.49);
    let share = if u.is_finite() { u / (1.0 + u) } else { 1.0 };
    (54.8 + 2.0 * 18.1) / 3.0 * share
}
