//! More than two arms: each against the control, and what it costs to look so often.

use proband_core::ops;
use proband_math::stats::{Sides, dunnett_p, holm};
use serde::Serialize;

use super::compare::{Comparison, finite};
use super::estimand::Primary;
use super::looks::distance;
use super::read::{PlannedEndpoint, StudyRecords};

/// One arm against the control at the primary endpoint.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ArmComparison {
    /// Arm.
    pub arm: String,
    /// Control.
    pub control: String,
    /// Difference with its interval, not adjusted.
    pub comparison: Comparison,
    /// Standardised distance from the edge of the claim; of an estimate, from no difference.
    pub z: Option<f64>,
    /// One-sided p-value of the claim, two-sided of an estimate.
    pub p_value: Option<f64>,
    /// The same adjusted for all comparisons.
    pub p_adjusted: Option<f64>,
    /// Whether the claim stands after the adjustment; absent without a claim, or when it cannot be said.
    pub shown: Option<bool>,
}

/// Each arm against the control.
pub(super) fn several(study: &StudyRecords<'_>, plan: &PlannedEndpoint, primary: &Primary) -> Vec<ArmComparison> {
    let claims = plan.hypothesis != "estimate";
    let mut rows: Vec<ArmComparison> = study
        .tested()
        .into_iter()
        .map(|arm| {
            let at = |confidence: f64| primary.compare(arm, study.control, confidence, &|_| true);
            let z = distance(plan, &at);
            let one = z.map(|z| ops::normal_cdf(-z));
            let p_value = if claims { one } else { at(study.confidence()).p_value };
            ArmComparison {
                arm: study.arm_names[arm].clone(),
                control: study.arm_names[study.control].clone(),
                comparison: at(study.confidence()),
                z,
                p_value,
                p_adjusted: None,
                shown: None,
            }
        })
        .collect();
    adjust(study, plan, primary, &mut rows);
    let alpha = 1.0 - study.confidence();
    for row in &mut rows {
        // The claim at half the two-sided level, as its interval would make it.
        row.shown = row.p_adjusted.filter(|_| claims).map(|p| p <= 0.5 * alpha);
    }
    rows
}

fn adjust(study: &StudyRecords<'_>, plan: &PlannedEndpoint, primary: &Primary, rows: &mut [ArmComparison]) {
    if study.value("multiplicity") == "dunnett" && plan.hypothesis != "estimate" {
        let size = |arm: usize| primary.values[arm].iter().flatten().count() as u64;
        let mut sizes = vec![size(study.control)];
        sizes.extend(study.tested().into_iter().map(size));
        for row in rows {
            row.p_adjusted = row.z.and_then(|z| dunnett_p(z, &sizes, Sides::One).ok()).and_then(finite);
        }
        return;
    }
    // Holm over those that have a p-value, counted as if the others had the greatest one.
    let raw: Vec<f64> = rows.iter().map(|r| r.p_value.unwrap_or(1.0)).collect();
    if let Ok(adjusted) = holm(&raw) {
        for (row, p) in rows.iter_mut().zip(adjusted) {
            row.p_adjusted = row.p_value.map(|_| p);
        }
    }
}
