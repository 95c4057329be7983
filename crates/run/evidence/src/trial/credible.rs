//! What bears on how far to believe a study: whether predictions came true, which covariates matter, where the cohort lies, what
//! a finer step would change, and what a person said beforehand.

use proband_math::refinement;
use proband_math::stats::{brier_parts, brier_score, calibration, recalibration};
use serde::Serialize;

use super::compare::finite;
use super::read::{PlannedEndpoint, StudyRecords};

/// Predictions of one arm against what came.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CalibrationResult {
    /// Arm.
    pub arm: String,
    /// Draws with a prediction and a result.
    pub count: u64,
    /// Brier's score.
    pub brier: Option<f64>,
    /// That of the mean rate for everybody.
    pub brier_of_rate: Option<f64>,
    /// Slope of the recalibration: 1 when right, below 1 when too sure.
    pub slope: Option<f64>,
    /// Bins: predicted mean, observed rate, draws.
    pub bins: Vec<(f64, f64, u64)>,
}

/// How much of the spread of the primary endpoint a covariate explains in the first compared arm.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InfluenceRow {
    /// Covariate.
    pub covariate: String,
    /// Patients of whom it is known.
    pub count: u64,
    /// First-order share of the variance, between fifths of the covariate, less what chance gives: may be below 0.
    pub share: Option<f64>,
    /// Success or mean in the lowest and in the highest fifth.
    pub ends: [Option<f64>; 2],
}

/// A covariate's range against the one that was declared.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ApplicabilityRow {
    /// Covariate, or "any of these".
    pub covariate: String,
    /// Declared range.
    pub range: Option<[f64; 2]>,
    /// Patients outside, or of whom it is not known.
    pub outside: u64,
    /// Patients.
    pub count: u64,
}

/// One quantity at three steps.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RefinementRow {
    /// Which.
    pub quantity: String,
    /// Its unit.
    pub unit: String,
    /// Steps, finest first, as the records say them.
    pub steps: [f64; 3],
    /// Values at them.
    pub values: [f64; 3],
    /// Observed order; absent when the values do not come nearer.
    pub order: Option<f64>,
    /// Value at an endlessly fine step.
    pub extrapolated: Option<f64>,
    /// Grid convergence index of the finest step [1].
    pub index: Option<f64>,
}

/// Bins of a reliability diagram.
const BINS: u32 = 10;
/// Groups that a covariate is cut into.
const FIFTHS: usize = 5;
/// Covariates that are looked at.
const COVARIATES: [&str; 8] =
    ["age_y", "bmi_kg_m2", "ita_deg", "female", "vein_depth_m", "vein_diameter_v_m", "difficult_access_before", "tremor"];

/// Predictions of each arm that makes any.
pub(super) fn calibrations(study: &StudyRecords<'_>) -> Vec<CalibrationResult> {
    let of = |arm: usize| {
        let (predicted, came) = (study.endpoint(arm, "predicted_success"), study.endpoint(arm, "first_stick_success"));
        let good = |v: Option<f64>| v.filter(|v| (0.0..=1.0).contains(v));
        let (p, y): (Vec<f64>, Vec<bool>) = predicted.into_iter().zip(came).filter_map(|(p, y)| Some((good(p)?, good(y)? > 0.5))).unzip();
        if p.len() < 2 {
            return None;
        }
        let rate = y.iter().filter(|y| **y).count() as f64 / y.len() as f64;
        let bins = calibration(&p, &y, BINS.min(p.len() as u32 / 2), false).ok();
        Some(CalibrationResult {
            arm: study.arm_names[arm].clone(),
            count: p.len() as u64,
            brier: brier_score(&p, &y).ok(),
            brier_of_rate: brier_parts(&p, &y, BINS).ok().map(|b| b.uncertainty).or_else(|| finite(rate * (1.0 - rate))),
            slope: recalibration(&p, &y).ok().and_then(|r| finite(r.slope)),
            bins: bins.map_or_else(Vec::new, |c| c.bins.iter().map(|b| (b.predicted_mean, b.observed(), b.count)).collect()),
        })
    };
    (0..study.arm_names.len()).filter_map(of).collect()
}

/// Covariates by how much of the spread they explain, most first.
pub(super) fn influences(study: &StudyRecords<'_>, plan: &PlannedEndpoint) -> Vec<InfluenceRow> {
    let outcome = study.endpoint(study.first(), &plan.name);
    let mut rows: Vec<InfluenceRow> = COVARIATES
        .iter()
        .map(|name| {
            let values = study.covariate(name);
            let pairs = values.iter().zip(&outcome).filter_map(|(x, y)| Some((*x, (*y)?)));
            let mut pairs: Vec<(f64, f64)> = pairs.filter(|(x, y)| x.is_finite() && y.is_finite()).collect();
            pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
            let (share, ends) = between(&pairs);
            InfluenceRow { covariate: (*name).into(), count: pairs.len() as u64, share, ends }
        })
        .collect();
    rows.sort_by(|a, b| b.share.unwrap_or(-1.0).total_cmp(&a.share.unwrap_or(-1.0)));
    rows
}

/// Share of the variance between fifths (adjusted: ε² of Kelley 1935, PNAS 21:554), and the means of the outer ones. Equal
/// values stay together.
fn between(pairs: &[(f64, f64)]) -> (Option<f64>, [Option<f64>; 2]) {
    let n = pairs.len();
    let mut groups: Vec<Vec<f64>> = Vec::new();
    let mut start = 0;
    while start < n {
        let mut end = (start + n.div_ceil(FIFTHS)).min(n);
        while end < n && pairs[end].0 == pairs[end - 1].0 {
            end += 1;
        }
        groups.push(pairs[start..end].iter().map(|p| p.1).collect());
        start = end;
    }
    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
    let ends = [groups.first(), groups.last()].map(|g| g.and_then(|g| finite(mean(g))));
    let k = groups.len();
    if k < 2 || n <= k {
        return (None, ends);
    }
    let all = mean(&pairs.iter().map(|p| p.1).collect::<Vec<_>>());
    let total: f64 = pairs.iter().map(|p| (p.1 - all) * (p.1 - all)).sum();
    let within: f64 = groups.iter().map(|g| g.iter().map(|y| (y - mean(g)) * (y - mean(g))).sum::<f64>()).sum();
    let share = 1.0 - (within / (n - k) as f64) / (total / (n - 1) as f64);
    (finite(share).filter(|_| total > 0.0), ends)
}

/// Share of the cohort outside the ranges that the study declares.
pub(super) fn applicability(study: &StudyRecords<'_>) -> Vec<ApplicabilityRow> {
    let ranges: Vec<(String, [f64; 2])> = study
        .said("applies.")
        .filter_map(|(name, words)| {
            let (low, high) = words.split_once(", ")?;
            Some((name.to_owned(), [low.parse().ok()?, high.parse().ok()?]))
        })
        .collect();
    if ranges.is_empty() {
        return Vec::new();
    }
    let count = study.patient_count as u64;
    let mut any = vec![false; study.patient_count];
    let mut rows: Vec<ApplicabilityRow> = ranges
        .into_iter()
        .map(|(covariate, [low, high])| {
            let outside: Vec<bool> = study.covariate(&covariate).iter().map(|v| !(*v >= low && *v <= high)).collect();
            any.iter_mut().zip(&outside).for_each(|(any, out)| *any |= out);
            let outside = outside.iter().filter(|o| **o).count() as u64;
            ApplicabilityRow { covariate, range: Some([low, high]), outside, count }
        })
        .collect();
    let outside = any.iter().filter(|o| **o).count() as u64;
    rows.push(ApplicabilityRow { covariate: "any of these".into(), range: None, outside, count });
    rows
}

/// What the records say about finer steps: the table `refinement`, three rows a quantity, finest first.
pub(super) fn refinements(study: &StudyRecords<'_>) -> Vec<RefinementRow> {
    let Some(t) = study.table("refinement") else { return Vec::new() };
    let (Ok(names), Ok(units), Ok(steps), Ok(values)) = (t.texts("quantity"), t.texts("unit"), t.f64s("step"), t.f64s("value")) else {
        return Vec::new();
    };
    let whole = names.len() / 3;
    (0..whole)
        .map(|q| {
            let at = |v: &[f64]| [v[3 * q], v[3 * q + 1], v[3 * q + 2]];
            let (steps, values) = (at(steps), at(values));
            let found = refinement(steps, values);
            RefinementRow {
                quantity: names[3 * q].clone(),
                unit: units[3 * q].clone(),
                steps,
                values,
                order: found.map(|f| f.order),
                extrapolated: found.map(|f| f.extrapolated),
                index: found.map(|f| f.index),
            }
        })
        .collect()
}
