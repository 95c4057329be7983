//! Looking for the most likely case in which a rule is broken, and making it small.

use std::sync::Mutex;

use proband_core::Stream;
use proband_math::search::{
    Episode, Failure, Falsifier, Objective, SearchBox, Simulation, StressSettings, TreeSearch, cluster_failures, event_bonus, falsify,
    minimise_failure, stress_tree,
};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Evaluation, Runner};
use crate::RunError;

/// Distance between failures of one kind [standard deviations, root mean square].
const CLUSTER_RADIUS: f64 = 1.0;
/// Annealing and tree search walk step by step: so many walk side by side when there are evaluations enough.
const WALKERS: u64 = 4;
const WALKER_BUDGET_MIN: u64 = 25;
/// Runs that making a case small may take.
const MINIMISE_RUNS_MAX: u64 = 100;

/// How to search.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Method {
    /// Draws from the laws: the yardstick.
    Random,
    /// A normal law that follows the best draws.
    CrossEntropy,
    /// Covariance matrix adaptation.
    CmaEs,
    /// Annealing with long jumps and local search.
    Annealing,
    /// Monte Carlo tree search over the inputs one after the other (adaptive stress testing).
    Tree,
}

/// When to be content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Goal {
    /// The first failure ends the search.
    Any,
    /// All evaluations go into finding the most likely failure.
    Likeliest,
}

/// Settings of a search.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SearchPlan {
    /// How.
    pub method: Method,
    /// Until when.
    pub goal: Goal,
    /// Evaluations.
    pub budget: u64,
    /// How far from the medians [standard deviations].
    pub reach: f64,
    /// Seed of the search.
    pub seed: u64,
}

/// A case that was met.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// Coordinates in standard normal space.
    pub u: Vec<f64>,
    /// Evaluation of the search at which it was met, from 1.
    pub call: u64,
    /// Log-probability relative to the most likely case.
    pub ln_probability: f64,
    /// Requirement that is kept the least, relative to its margin in the scenario as it is.
    pub requirement: u32,
    /// Its robustness.
    pub margin: f64,
}

/// A failing case made small.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Minimal {
    /// Coordinates; those that are not needed are 0, the median; those of a fault that is left out are NaN.
    pub u: Vec<f64>,
    /// Inputs that are needed.
    pub active: u32,
    /// Runs that it took.
    pub runs: u64,
    /// Whether no single input can be left at its median any more.
    pub minimal: bool,
    /// The case itself.
    pub case: Found,
}

/// What a search found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SearchReport {
    /// The scenario as it is, without faults.
    pub nominal: Evaluation,
    /// Every failing case in the order in which it was met.
    pub failures: Vec<Found>,
    /// Failures that are alike, the most likely first; places in `failures`, the leader first.
    pub clusters: Vec<Vec<u32>>,
    /// The case nearest to a failure when there is none.
    pub nearest: Option<Found>,
    /// The most likely failure made small.
    pub minimal: Option<Minimal>,
    /// Evaluations that the search asked for.
    pub calls: u64,
    /// Cases that could not be run: counted, never taken for a failure or a success.
    pub crashed: u64,
    /// Whether it was stopped before its end.
    pub stopped: bool,
}

impl SearchReport {
    /// The failure met with the fewest evaluations.
    #[must_use]
    pub fn cheapest(&self) -> Option<&Found> {
        self.failures.iter().min_by_key(|f| f.call)
    }

    /// The most likely failure met.
    #[must_use]
    pub fn likeliest(&self) -> Option<&Found> {
        self.clusters.first().and_then(|c| c.first()).map(|place| &self.failures[*place as usize])
    }
}

/// Turns margins into one number for a search, and remembers what was met.
struct Score<'a> {
    runner: &'a Runner<'a>,
    /// Margin of each requirement in the scenario as it is: what a margin is measured by.
    scales: Vec<f64>,
    bonus: f64,
    met: Mutex<Vec<Found>>,
    crashed: Mutex<u64>,
}

impl Score<'_> {
    /// Least margin over its scale, with its requirement.
    fn least(&self, evaluation: &Evaluation) -> Option<(usize, f64)> {
        let relative = evaluation.margins.iter().zip(&self.scales).map(|(m, s)| m / s).enumerate();
        relative.min_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// Distance to a failure, 0 when there is one; NaN when the search is to end. Remembers the case under `call`.
    fn distance(&self, u: &[f64], call: u64) -> f64 {
        let Some(evaluation) = self.runner.at(u) else { return f64::NAN };
        let Some((requirement, relative)) = self.least(&evaluation) else {
            *self.crashed.lock().unwrap_or_else(std::sync::PoisonError::into_inner) += 1;
            // What could not be run is no failure of the robot; the search turns away from it.
            return 1e3;
        };
        let ln_probability = self.runner.problem().space.ln_probability(u);
        let margin = evaluation.margins[requirement];
        let found = Found { u: u.to_vec(), call, ln_probability, requirement: requirement as u32, margin };
        self.met.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(found);
        if relative < 0.0 { 0.0 } else { relative.clamp(1e-12, 1e3) }
    }

    /// What a solver minimises: minus the log-probability of a failure; the bonus and the distance on top without one.
    fn cost(&self, u: &[f64], call: u64) -> f64 {
        let distance = self.distance(u, call);
        let missed = if distance == 0.0 { 0.0 } else { self.bonus * (1.0 + distance) };
        missed - self.runner.problem().space.ln_probability(u)
    }
}

/// Search for failures. What was found stays when the caller stops it; the same journal goes on.
///
/// # Errors
/// [`RunError::Trial`] when the scenario as it is cannot be run or breaks a rule already; [`RunError::Journal`].
pub fn search(runner: &Runner<'_>, plan: &SearchPlan) -> Result<SearchReport, RunError> {
    let d = runner.problem().space.dimension();
    let bad = |what: String| RunError::Trial { what };
    // No coordinates: the base as it is.
    let nominal = runner.at(&[]).ok_or(RunError::Interrupted { finished: 0, count: 1 })?;
    if !nominal.ran() {
        return Err(bad(format!("the scenario as it is cannot be run: {}", nominal.crashed)));
    }
    if let Some(place) = nominal.margins.iter().position(|m| *m < 0.0) {
        let name = &runner.problem().requirements[place].name;
        return Err(bad(format!("the scenario as it is breaks \"{name}\" already: there is nothing to search")));
    }
    // A margin of 0 or ∞ is no measure.
    let scales = nominal.margins.iter().map(|m| if *m > 1e-12 && m.is_finite() { *m } else { 1.0 }).collect();
    let bonus = event_bonus(d.max(1) as u32);
    let score = Score { runner, scales, bonus, met: Mutex::default(), crashed: Mutex::default() };
    let calls = match plan.method {
        Method::Annealing | Method::Tree => walk(&score, plan, d)?,
        _ => batches(&score, plan, d)?,
    };
    runner.check()?;
    let mut report = sort_out(&score, nominal, calls)?;
    report.stopped = runner.stopped();
    if !report.stopped {
        report.minimal = report.likeliest().cloned().map(|found| minimise(&score, &found)).transpose()?;
    }
    runner.check()?;
    Ok(report)
}

/// What a solver says of an objective that turned NaN because the caller stops is no error.
fn stopped_or<T>(score: &Score<'_>, found: Result<T, proband_math::search::SearchError>, none: T) -> Result<T, RunError> {
    match found {
        Ok(found) => Ok(found),
        Err(_) if score.runner.stopped() => Ok(none),
        Err(error) => Err(RunError::Trial { what: error.to_string() }),
    }
}

/// Solvers that know several points at a time.
fn batches(score: &Score<'_>, plan: &SearchPlan, d: usize) -> Result<u64, RunError> {
    let mut stream = Stream::new(plan.seed, 0, "stress.search");
    let target = if plan.goal == Goal::Any { score.bonus } else { f64::NEG_INFINITY };
    if plan.method == Method::Random {
        return draws(score, plan, d, &mut stream);
    }
    let solver = if plan.method == Method::CmaEs { Falsifier::CmaEs } else { Falsifier::CrossEntropy };
    solve(score, plan, (d, plan.budget, target), solver, &mut stream, 0)
}

/// One solver on a box; `first`: evaluations before it.
fn solve(
    score: &Score<'_>,
    plan: &SearchPlan,
    (d, budget, target): (usize, u64, f64),
    solver: Falsifier,
    stream: &mut Stream,
    first: u64,
) -> Result<u64, RunError> {
    let text = |e: proband_math::search::SearchError| RunError::Trial { what: e.to_string() };
    let range = SearchBox::new(&vec![(-plan.reach, plan.reach); d]).map_err(text)?;
    let mut calls = first;
    let mut function = |u: &[f64]| {
        calls += 1;
        score.cost(u, calls)
    };
    let mut prepare = |points: &[Vec<f64>]| score.runner.prepare(points);
    let objective = Objective::new(&range, target, budget, &mut function).map_err(text)?.with_prepare(&mut prepare);
    let found = falsify(objective, solver, stream);
    stopped_or(score, found.map(|_| ()), ())?;
    Ok(calls - first)
}

/// Draws from the laws, a few at a time.
fn draws(score: &Score<'_>, plan: &SearchPlan, d: usize, stream: &mut Stream) -> Result<u64, RunError> {
    let mut calls = 0;
    while calls < plan.budget {
        let count = (plan.budget - calls).min(64);
        let points: Vec<Vec<f64>> = (0..count).map(|_| (0..d).map(|_| stream.normal()).collect()).collect();
        score.runner.prepare(&points);
        for u in points {
            calls += 1;
            let distance = score.distance(&u, calls);
            if distance.is_nan() || (distance == 0.0 && plan.goal == Goal::Any) {
                return Ok(calls);
            }
        }
    }
    Ok(calls)
}

/// Solvers that go step by step: independent ones side by side, each with its share of the evaluations and its own stream.
fn walk(score: &Score<'_>, plan: &SearchPlan, d: usize) -> Result<u64, RunError> {
    let walkers = if plan.budget >= WALKERS * WALKER_BUDGET_MIN { WALKERS } else { 1 };
    let base = Stream::new(plan.seed, 0, "stress.walk");
    let target = if plan.goal == Goal::Any { score.bonus } else { f64::NEG_INFINITY };
    let parts: Vec<Result<u64, RunError>> = (0..walkers)
        .into_par_iter()
        .map(|walker| {
            let (first, last) = (walker * plan.budget / walkers, (walker + 1) * plan.budget / walkers);
            let mut stream = base.child(walker as u32);
            if plan.method == Method::Annealing {
                solve(score, plan, (d, last - first, target), Falsifier::DualAnnealing, &mut stream, first)
            } else {
                tree(score, plan, d, first..last, &mut stream)
            }
        })
        .collect();
    parts.into_iter().sum()
}

/// The inputs one after the other as the steps of an episode; the run follows the last.
struct Inputs<'a> {
    score: &'a Score<'a>,
    u: Vec<f64>,
    d: usize,
    calls: u64,
    distance: f64,
}

impl Simulation for Inputs<'_> {
    fn disturbance_count(&self) -> usize {
        1
    }
    fn step_count_max(&self) -> u32 {
        self.d as u32
    }
    fn reset(&mut self) {
        self.u.clear();
        self.distance = f64::INFINITY;
    }
    fn step(&mut self, disturbance: &[f64]) -> f64 {
        let vary = &self.score.runner.problem().space.varied[self.u.len()];
        let ln_probability = vary.ln_probability(disturbance[0]);
        self.u.push(disturbance[0]);
        if self.u.len() == self.d {
            self.calls += 1;
            self.distance = self.score.distance(&self.u, self.calls);
        }
        ln_probability
    }
    fn step_seeded(&mut self, stream: &mut Stream) -> f64 {
        let u = stream.normal();
        self.step(&[u])
    }
    fn is_terminal(&self) -> bool {
        self.u.len() >= self.d
    }
    fn is_event(&self) -> bool {
        self.distance == 0.0
    }
    fn distance(&self) -> f64 {
        self.distance
    }
}

fn tree(score: &Score<'_>, plan: &SearchPlan, d: usize, calls: std::ops::Range<u64>, stream: &mut Stream) -> Result<u64, RunError> {
    let mut inputs = Inputs { score, u: Vec::new(), d, calls: calls.start, distance: f64::INFINITY };
    let settings = StressSettings {
        episodes: calls.end - calls.start,
        bonus: score.bonus,
        distance_weight: score.bonus,
        disturbance_max: plan.reach,
        kept: 1,
    };
    let shape = TreeSearch { exploration: 0.3, widening_factor: 1.5, widening_power: 0.5, node_count_max: 1_000_000 };
    let found = stress_tree(&mut inputs, settings, shape, stream);
    let done = inputs.calls - calls.start;
    stopped_or(score, found.map(|_| ()), ())?;
    Ok(done)
}

/// Failures in order, in groups, the most likely first.
fn sort_out(score: &Score<'_>, nominal: Evaluation, calls: u64) -> Result<SearchReport, RunError> {
    let mut met = std::mem::take(&mut *score.met.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    // Walkers run side by side: their evaluations are numbered by themselves.
    met.sort_by_key(|f| f.call);
    let relative = |f: &Found| f.margin / score.scales[f.requirement as usize];
    let nearest = met.iter().min_by(|a, b| relative(a).total_cmp(&relative(b)).then(a.call.cmp(&b.call))).cloned();
    let failures: Vec<Found> = met.into_iter().filter(|f| f.margin < 0.0).collect();
    let listed: Vec<Failure> = failures
        .iter()
        .map(|f| Failure {
            episode: Episode {
                disturbances: vec![f.u.clone()],
                seeds: Vec::new(),
                log_probability: f.ln_probability,
                event: true,
                distance_min: 0.0,
            },
            episode_number: f.call,
        })
        .collect();
    // Another rule broken is another failure, however near the inputs lie.
    let features = |f: &Failure| {
        let rule = failures.iter().find(|own| own.call == f.episode_number).map_or(0.0, |own| f64::from(own.requirement));
        let mut features: Vec<f64> = f.episode.disturbances.concat();
        features.push(1e3 * rule);
        features
    };
    let clusters = cluster_failures(&listed, CLUSTER_RADIUS, features).map_err(|e| RunError::Trial { what: e.to_string() })?;
    Ok(SearchReport {
        nominal,
        clusters: clusters.into_iter().map(|c| c.members).collect(),
        failures,
        nearest,
        minimal: None,
        calls,
        crashed: *score.crashed.lock().unwrap_or_else(std::sync::PoisonError::into_inner),
        stopped: false,
    })
}

/// Leave out faults that are not needed, then pull every input to its median as far as the same rule stays broken. What is one of
/// a list (a kind, a phase, a patient, a seed) stays.
fn minimise(score: &Score<'_>, found: &Found) -> Result<Minimal, RunError> {
    let problem = score.runner.problem();
    let breaks = |u: &[f64]| {
        let margins = score.runner.at(u).map(|e| e.margins);
        margins.and_then(|m| m.get(found.requirement as usize).copied()).filter(|m| *m < 0.0)
    };
    let mut needed = found.u.clone();
    let mut runs = 0;
    for fault in 0..problem.faults.len() {
        let mut without = needed.clone();
        let own = problem.coordinates_of(fault);
        own.iter().for_each(|at| without[*at] = f64::NAN);
        runs += 1;
        if !own.is_empty() && breaks(&without).is_some() {
            needed = without;
        }
    }
    let free: Vec<usize> = (0..needed.len()).filter(|at| !needed[*at].is_nan() && !problem.space.varied[*at].is_choice()).collect();
    let whole = |part: &[f64]| {
        let mut u = needed.clone();
        free.iter().zip(part).for_each(|(at, value)| u[*at] = *value);
        u
    };
    let mut fails = |case: &[Vec<f64>]| breaks(&whole(&case[0])).is_some();
    let start: Vec<f64> = free.iter().map(|at| needed[*at]).collect();
    let small = minimise_failure(&[start], MINIMISE_RUNS_MAX, &mut fails).map_err(|e| RunError::Trial { what: e.to_string() })?;
    let u = whole(&small.disturbances.concat());
    let margin = breaks(&u).unwrap_or(found.margin);
    let ln_probability = score.runner.problem().space.ln_probability(&u);
    let case = Found { u: u.clone(), ln_probability, margin, ..found.clone() };
    Ok(Minimal { u, active: small.active_count, runs: runs + small.runs, minimal: small.minimal, case })
}
