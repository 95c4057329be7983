//! How probable it is per procedure that a rule is broken.

use std::sync::Mutex;

use proband_core::Stream;
use proband_math::rare::{
    CrossEntropy, LimitState, Mixture, RareError, RareEstimate, Subset, cross_entropy, form, importance_sampling, replicated,
    subset_simulation,
};
use proband_math::search::{Falsifier, Objective, SearchBox, falsify};
use proband_math::stats::clopper_pearson;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::Runner;
use crate::RunError;

/// Share of the evaluations with which importance sampling looks for failures first.
const LOOK_SHARE: f64 = 0.25;
/// Failures around which the proposal of importance sampling is built at most.
const CENTRES_MAX: usize = 6;
/// Distance between such centres [standard deviations].
const CENTRES_APART: f64 = 1.5;
/// Cases that a plain count announces together.
const ANNOUNCED: u64 = 256;

/// How to estimate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Estimator {
    /// Count failures among plain draws.
    Crude,
    /// Subset simulation, independent replicates.
    Subset,
    /// Importance sampling around failures that a search found.
    Importance,
    /// Importance sampling from a mixture fitted by the cross-entropy criterion.
    CrossEntropy,
    /// The nearest failure: no interval; wrong where the limit is not a plane. A negative control.
    Form,
}

/// Settings of an estimate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RiskPlan {
    /// How.
    pub estimator: Estimator,
    /// Evaluations per requirement, at most.
    pub budget: u64,
    /// Independent replicates of subset simulation.
    pub replicates: u32,
    /// Samples per level of subset simulation.
    pub per_level: u32,
    /// Confidence of the intervals [1].
    pub confidence: f64,
    /// Seed.
    pub seed: u64,
}

/// Risk of one hazard: the probability per procedure that a rule is broken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RiskRow {
    /// Which rule.
    pub requirement: String,
    /// Estimate [1]; NaN when the method found none.
    pub probability: f64,
    /// Lower end of the interval [1]; NaN without one.
    pub low: f64,
    /// Upper end [1]; NaN without one.
    pub high: f64,
    /// Evaluations used.
    pub calls: u64,
    /// Coefficient of variation of one replicate; NaN where there are none.
    pub cov: f64,
    /// Effective number of weighted failures; NaN where nothing is weighted.
    pub effective_size: f64,
    /// Greatest share that one weight has of all [1]; NaN where nothing is weighted.
    pub weight_share_max: f64,
    /// Runs that plain counting needs for a coefficient of variation of a tenth.
    pub crude_runs: f64,
    /// What else must be said.
    pub note: String,
}

/// Runs that plain counting needs for a coefficient of variation `cov` of a probability: (1 − p)/(p cov²).
#[must_use]
pub fn crude_count(probability: f64, cov: f64) -> f64 {
    (1.0 - probability) / (probability * cov * cov)
}

/// Limit state of one rule over a runner: its margin; what could not be run counts as a failure, and is counted.
struct Hazard<'a> {
    runner: &'a Runner<'a>,
    requirement: usize,
    crashed: Mutex<u64>,
}

impl Hazard<'_> {
    fn at(&self, u: &[f64]) -> f64 {
        match self.runner.at(u) {
            None => f64::NAN,
            Some(evaluation) => evaluation.margins.get(self.requirement).copied().unwrap_or_else(|| {
                *self.crashed.lock().unwrap_or_else(std::sync::PoisonError::into_inner) += 1;
                -1.0
            }),
        }
    }

    /// Estimate with a limit state of its own.
    fn with<T>(&self, call_max: u64, work: impl FnOnce(&mut LimitState<'_>) -> Result<T, RareError>) -> Result<(T, u64), RareError> {
        let mut function = |u: &[f64]| self.at(u);
        let mut prepare = |points: &[Vec<f64>]| self.runner.prepare(points);
        let d = self.runner.problem().space.dimension() as u32;
        let mut state = LimitState::new(d, call_max, &mut function)?.with_prepare(&mut prepare);
        let found = work(&mut state)?;
        let calls = state.calls();
        Ok((found, calls))
    }
}

/// Estimate the risk of every requirement. Runs are shared: a case that two hazards ask for is run once.
///
/// # Errors
/// [`RunError::Interrupted`] when stopped; [`RunError::Trial`] for settings that a method refuses; [`RunError::Journal`].
pub fn risk(runner: &Runner<'_>, plan: &RiskPlan) -> Result<Vec<RiskRow>, RunError> {
    let mut rows = Vec::new();
    for (place, requirement) in runner.problem().requirements.iter().enumerate() {
        let hazard = Hazard { runner, requirement: place, crashed: Mutex::default() };
        // The same stream for every hazard: what is drawn before levels part is drawn, and run, once.
        let row = one(&hazard, plan, &Stream::new(plan.seed, 0, "stress.risk"));
        runner.check()?;
        if runner.stopped() {
            return Err(RunError::Interrupted { finished: place as u32, count: runner.problem().requirements.len() as u32 });
        }
        let mut row = row?;
        row.requirement.clone_from(&requirement.name);
        let crashed = *hazard.crashed.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if crashed > 0 {
            row.note.push_str(&format!(" {crashed} evaluations could not be run; they count as failures."));
        }
        rows.push(row);
    }
    Ok(rows)
}

fn blank(calls: u64, note: &str) -> RiskRow {
    RiskRow {
        requirement: String::new(),
        probability: f64::NAN,
        low: f64::NAN,
        high: f64::NAN,
        calls,
        cov: f64::NAN,
        effective_size: f64::NAN,
        weight_share_max: f64::NAN,
        crude_runs: f64::NAN,
        note: note.into(),
    }
}

fn filled(estimate: &RareEstimate, note: &str) -> RiskRow {
    RiskRow {
        probability: estimate.probability,
        low: estimate.low,
        high: estimate.high,
        crude_runs: if estimate.probability > 0.0 { crude_count(estimate.probability, 0.1) } else { f64::NAN },
        ..blank(estimate.calls, note)
    }
}

fn one(hazard: &Hazard<'_>, plan: &RiskPlan, stream: &Stream) -> Result<RiskRow, RunError> {
    let text = |e: RareError| RunError::Trial { what: e.to_string() };
    match plan.estimator {
        Estimator::Crude => crude(hazard, plan, stream),
        Estimator::Subset => subset(hazard, plan, stream),
        Estimator::Importance => importance(hazard, plan, stream),
        Estimator::CrossEntropy => {
            // A subset search, a first fit and the final draws share the evaluations.
            let search_count = ((plan.budget / 8) as u32).max(20);
            let settings = CrossEntropy { search_count, components: 4, count: (plan.budget / 2).max(400) };
            let found = hazard.with(plan.budget.max(1200), |state| cross_entropy(state, settings, plan.confidence, &mut stream.child(0)));
            match found {
                Ok((found, _)) => Ok(RiskRow {
                    effective_size: found.effective_size,
                    weight_share_max: found.weight_share_max,
                    ..filled(
                        &found.estimate,
                        if found.weight_share_max > 0.1 { "A weight above a tenth: do not trust the interval." } else { "" },
                    )
                }),
                Err(error) => without(error, plan.budget),
            }
        }
        Estimator::Form => match hazard.with(plan.budget, form) {
            Ok((found, calls)) => Ok(RiskRow {
                probability: found.probability,
                ..blank(calls, "FORM has no interval and is wrong where the limit is not a plane: a negative control.")
            }),
            Err(RareError::NotANumber { .. }) if !hazard.runner.stopped() => Err(text(RareError::NotANumber { call: 0 })),
            Err(error) => without(error, plan.budget),
        },
    }
}

/// A method that ended without an estimate: said, not hidden.
fn without(error: RareError, calls: u64) -> Result<RiskRow, RunError> {
    match error {
        RareError::NoFailure { .. } | RareError::CallsUsedUp { .. } | RareError::NotConverged { .. } => {
            Ok(blank(calls, &format!("No estimate: {error}.")))
        }
        RareError::NotANumber { .. } => Ok(blank(calls, "Stopped.")),
        error => Err(RunError::Trial { what: error.to_string() }),
    }
}

/// Plain counting; Clopper and Pearson's interval.
fn crude(hazard: &Hazard<'_>, plan: &RiskPlan, stream: &Stream) -> Result<RiskRow, RunError> {
    let d = hazard.runner.problem().space.dimension();
    let mut draw = stream.child(0);
    let (mut failures, mut done) = (0, 0);
    while done < plan.budget {
        let count = (plan.budget - done).min(ANNOUNCED);
        let points: Vec<Vec<f64>> = (0..count).map(|_| (0..d).map(|_| draw.normal()).collect()).collect();
        hazard.runner.prepare(&points);
        for u in &points {
            let g = hazard.at(u);
            if g.is_nan() {
                return Ok(blank(done, "Stopped."));
            }
            failures += u64::from(g < 0.0);
        }
        done += count;
    }
    let interval = clopper_pearson(failures, done, plan.confidence).map_err(|e| RunError::Trial { what: e.to_string() })?;
    let p = failures as f64 / done as f64;
    let estimate = RareEstimate { probability: p, low: interval.low, high: interval.high, calls: done };
    Ok(filled(&estimate, &format!("{failures} of {done}.")))
}

/// Replicates side by side, each with its own stream and its share of the evaluations.
fn subset(hazard: &Hazard<'_>, plan: &RiskPlan, stream: &Stream) -> Result<RiskRow, RunError> {
    let share = plan.budget / u64::from(plan.replicates.max(1));
    let settings = Subset { count: plan.per_level, share: 0.1 };
    let runs: Vec<Result<(f64, u64), RareError>> = (0..plan.replicates)
        .into_par_iter()
        .map(|replicate| {
            let mut own = stream.child(replicate);
            match hazard.with(share, |state| subset_simulation(state, settings, &mut own)) {
                Ok((run, calls)) => Ok((run.probability, calls)),
                Err(RareError::NoFailure { .. } | RareError::CallsUsedUp { .. }) => Ok((0.0, share)),
                Err(error) => Err(error),
            }
        })
        .collect();
    let runs: Vec<(f64, u64)> = match runs.into_iter().collect() {
        Ok(runs) => runs,
        Err(error) => return without(error, plan.budget),
    };
    let empty = runs.iter().filter(|r| r.0 == 0.0).count();
    match replicated(plan.replicates, plan.confidence, stream, |i, _| Ok(runs[i as usize])) {
        Ok(found) => {
            let note =
                if empty > 0 { format!("{empty} of {} replicates met no failure and count as 0.", runs.len()) } else { String::new() };
            Ok(RiskRow { cov: found.cov, ..filled(&found.estimate, &note) })
        }
        Err(error) => without(error, plan.budget),
    }
}

/// Draws around the failures that a search found, and from the inputs' own law.
fn importance(hazard: &Hazard<'_>, plan: &RiskPlan, stream: &Stream) -> Result<RiskRow, RunError> {
    let centres = match look(hazard, plan, stream)? {
        Some(centres) if !centres.is_empty() => centres,
        _ => return Ok(blank((plan.budget as f64 * LOOK_SHARE) as u64, "No estimate: the search before it met no failure.")),
    };
    let text = |e: RareError| RunError::Trial { what: e.to_string() };
    let proposal = Mixture::around(&centres).map_err(text)?;
    let count = ((plan.budget as f64 * (1.0 - LOOK_SHARE)) as u64).max(400);
    match hazard.with(count, |state| importance_sampling(state, &proposal, count, plan.confidence, &mut stream.child(2))) {
        Ok((found, calls)) => {
            let note = if found.weight_share_max > 0.1 { "A weight above a tenth: do not trust the interval." } else { "" };
            Ok(RiskRow {
                effective_size: found.effective_size,
                weight_share_max: found.weight_share_max,
                calls: calls + (plan.budget as f64 * LOOK_SHARE) as u64,
                ..filled(&found.estimate, note)
            })
        }
        Err(error) => without(error, plan.budget),
    }
}

/// Likely failures that lie apart, the origin among them: a way to fail that was not found still counts.
fn look(hazard: &Hazard<'_>, plan: &RiskPlan, stream: &Stream) -> Result<Option<Vec<Vec<f64>>>, RunError> {
    let d = hazard.runner.problem().space.dimension();
    let text = |e: proband_math::search::SearchError| RunError::Trial { what: e.to_string() };
    let range = SearchBox::new(&vec![(-5.0, 5.0); d]).map_err(text)?;
    let mut failed: Vec<(f64, Vec<f64>)> = Vec::new();
    let mut function = |u: &[f64]| {
        let g = hazard.at(u);
        let length: f64 = u.iter().map(|x| x * x).sum();
        if g < 0.0 {
            failed.push((length, u.to_vec()));
        }
        if g < 0.0 { 0.5 * length } else { 0.5 * length + 12.5 * d as f64 * (1.0 + g.min(1e6)) }
    };
    let mut prepare = |points: &[Vec<f64>]| hazard.runner.prepare(points);
    let budget = ((plan.budget as f64 * LOOK_SHARE) as u64).max(1);
    let objective = Objective::new(&range, f64::NEG_INFINITY, budget, &mut function).map_err(text)?.with_prepare(&mut prepare);
    if let Err(error) = falsify(objective, Falsifier::CmaEs, &mut stream.child(1)) {
        return if hazard.runner.stopped() { Ok(None) } else { Err(text(error)) };
    }
    failed.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut centres: Vec<Vec<f64>> = Vec::new();
    for (_, u) in failed {
        let apart = |c: &Vec<f64>| c.iter().zip(&u).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt() > CENTRES_APART;
        if centres.len() < CENTRES_MAX && centres.iter().all(apart) {
            centres.push(u);
        }
    }
    if !centres.is_empty() {
        centres.push(vec![0.0; d]);
    }
    Ok(Some(centres))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Need 99 900 plain runs for a tenth at one in a thousand.
    #[test]
    fn plain_counting_is_dear() {
        assert!((crude_count(1e-3, 0.1) - 99_900.0).abs() < 1e-6 && (crude_count(1e-6, 0.1) - 99_999_900.0).abs() < 1e-3);
    }
}
