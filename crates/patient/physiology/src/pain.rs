//! A pain score: a guess with the right signs.

use serde::{Deserialize, Serialize};

/// Weights of the score on a 0–10 scale. All prior: unverified; nothing here was fitted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PainSpec {
    /// Score of a first pass through the skin [points].
    pub skin_pass: f64,
    /// For each further pass [points].
    pub further_pass: f64,
    /// Per depth of the deepest tip under the skin [points/m].
    pub per_depth_m: f64,
    /// For touching a nerve [points].
    pub nerve: f64,
    /// For touching an artery [points].
    pub artery: f64,
}

impl PainSpec {
    /// Weights of a middling adult (prior: unverified, engineering judgement; published means for a draw lie near 1–3).
    #[must_use]
    pub fn reference_adult() -> Self {
        Self { skin_pass: 1.2, further_pass: 0.8, per_depth_m: 80.0, nerve: 5.0, artery: 2.5 }
    }
}

/// Pain score, 0–10 (prior: unverified; compare arms of a simulated trial with it, never quote it).
///
/// `passes`: times that the needle went in or was redirected; `depth_m`: deepest tip under the skin [m].
#[must_use]
pub fn pain_score(spec: &PainSpec, passes: u32, depth_m: f64, nerve: bool, artery: bool) -> f64 {
    if passes == 0 {
        return 0.0;
    }
    let depth = if depth_m.is_finite() { depth_m.max(0.0) } else { 0.0 };
    let mut score = spec.skin_pass + spec.further_pass * f64::from(passes - 1) + spec.per_depth_m * depth;
    if nerve {
        score += spec.nerve;
    }
    if artery {
        score += spec.artery;
    }
    score.clamp(0.0, 10.0)
}
