//! Interim looks: what a sequential design would have seen, and when it would have stopped.

use proband_core::ops;
use proband_math::stats::{Sides, Spending, spending_bounds};
use serde::Serialize;

use super::compare::{Comparison, finite};
use super::estimand::Primary;
use super::read::{PlannedEndpoint, StudyRecords};

/// One look.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Look {
    /// Fraction of the patients.
    pub fraction: f64,
    /// Patients.
    pub patients: u64,
    /// Difference so far, first arm minus second.
    pub difference: Option<f64>,
    /// Standardised distance from the edge of the hypothesis; positive speaks for the claim.
    pub z: Option<f64>,
    /// Bound on it.
    pub bound: Option<f64>,
    /// Whether the claim is made here; absent when it cannot be said.
    pub crossed: Option<bool>,
}

/// Greatest standardised distance that is told apart.
const Z_MAX: f64 = 6.0;
/// Halvings that bring the distance to a thousandth of its bound.
const HALVINGS: u32 = 24;

/// All looks of the primary endpoint.
pub(super) fn looks(study: &StudyRecords<'_>, primary: &PlannedEndpoint, results: &Primary) -> Vec<Look> {
    let fractions: Vec<f64> = study.value("looks").split(", ").filter_map(|t| t.parse().ok()).collect();
    if fractions.is_empty() || !primary.binary || primary.hypothesis == "estimate" {
        return Vec::new();
    }
    let alpha = 1.0 - study.confidence();
    let spending = if study.value("spending") == "pocock" { Spending::Pocock } else { Spending::ObrienFleming };
    let bounds = spending_bounds(spending, &fractions, alpha, Sides::Two).unwrap_or_default();
    fractions
        .iter()
        .enumerate()
        .map(|(i, fraction)| {
            let patients = (fraction * study.patient_count as f64).round() as usize;
            let at = |confidence: f64| results.compare(study.first(), study.control, confidence, &|p| p < patients);
            let z = distance(primary, &at);
            let bound = bounds.get(i).copied();
            Look {
                fraction: *fraction,
                patients: patients as u64,
                difference: at(study.confidence()).difference,
                z,
                bound,
                crossed: z.zip(bound).map(|(z, b)| z >= b),
            }
        })
        .collect()
}

/// How many standard errors the claim's edge is away: the z at which the end of the score interval touches it. The same
/// interval as that of the whole study, so that look and interval cannot contradict each other, and no Wald statistic, which
/// is too sure of itself where few pairs disagree.
pub(super) fn distance(primary: &PlannedEndpoint, at: &dyn Fn(f64) -> Comparison) -> Option<f64> {
    let margin = if primary.margin.is_finite() { primary.margin } else { 0.0 };
    // Turned so that more is better: the interval's ends at a distance z ≥ 0.
    let ends = |z: f64| {
        let found = at((2.0 * ops::normal_cdf(z) - 1.0).clamp(1e-9, 1.0 - 1e-9));
        let (low, high) = found.low.zip(found.high)?;
        Some(if primary.more_is_better { (low, high) } else { (-high, -low) })
    };
    let above = |edge: f64| touching(&|z| if z >= 0.0 { ends(z).map(|e| e.0) } else { ends(-z).map(|e| e.1) }, edge);
    match primary.hypothesis.as_str() {
        "superiority" => above(0.0),
        "equivalence" => {
            let below = touching(&|z| if z >= 0.0 { ends(z).map(|e| -e.1) } else { ends(-z).map(|e| -e.0) }, -margin)?;
            Some(above(-margin)?.min(below))
        }
        _ => above(-margin),
    }
}

/// The z at which a falling end passes the edge, within ± [`Z_MAX`].
fn touching(end: &dyn Fn(f64) -> Option<f64>, edge: f64) -> Option<f64> {
    let (mut low, mut high) = (-Z_MAX, Z_MAX);
    for _ in 0..HALVINGS {
        let middle = 0.5 * (low + high);
        if end(middle)? > edge { low = middle } else { high = middle }
    }
    finite(0.5 * (low + high))
}
