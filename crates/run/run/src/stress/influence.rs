//! Which input matters for which outcome; every run serves all outcomes.

use proband_core::Stream;
use proband_math::sensitivity::{Design, Morris, Sobol, morris, sobol_indices};
use proband_math::stats::normal_quantile;
use serde::{Deserialize, Serialize};

use super::{ENDPOINTS, Runner};
use crate::RunError;

/// Elementary effects step between levels whose ends are these quantiles: the law's own ends may be infinite.
const LEVEL_LOW: f64 = 0.025;
/// Inputs above which Sobol's points give way to Latin hypercubes.
const SOBOL_INPUTS_MAX: usize = 10;
/// Cases announced together.
const ANNOUNCED: usize = 256;

/// Kind of analysis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Influence {
    /// First-order and total indices.
    Sobol,
    /// Elementary effects.
    Morris,
}

/// Settings of an analysis.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct InfluencePlan {
    /// Kind.
    pub kind: Influence,
    /// Base points of Sobol's method (a power of two), or trajectories of Morris's.
    pub count: u32,
    /// Levels of Morris's method; even.
    pub levels: u32,
    /// Confidence of the intervals [1].
    pub confidence: f64,
    /// Seed.
    pub seed: u64,
}

/// What one input does to one outcome. NaN where it could not be said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InfluenceRow {
    /// Outcome: a requirement's margin, or one of the endpoints.
    pub outcome: String,
    /// Input.
    pub input: String,
    /// First-order index [1], or mean effect over the input's range.
    pub first: [f64; 3],
    /// Total index [1], or mean size of the effect, μ*: value, low, high.
    pub total: [f64; 3],
    /// Standard deviation of the effect; NaN for indices.
    pub sd: f64,
    /// Rows or trajectories left out because a run failed.
    pub failed: u32,
    /// What else must be said.
    pub note: String,
}

/// Analyse every requirement's margin and every endpoint over the same runs.
///
/// # Errors
/// [`RunError::Interrupted`] when stopped; [`RunError::Trial`] for settings that the method refuses; [`RunError::Journal`].
pub fn influence(runner: &Runner<'_>, plan: &InfluencePlan) -> Result<Vec<InfluenceRow>, RunError> {
    let d = runner.problem().space.dimension();
    // Which points are asked for does not depend on what comes back: the first pass only writes them down.
    let mut points = Vec::new();
    let written = analyse(plan, d, &mut |x| {
        points.push(coordinates(plan.kind, x));
        x.iter().enumerate().map(|(i, x)| x * (1.0 + i as f64)).sum()
    });
    if let Err(Refused::Settings(what)) = written {
        return Err(RunError::Trial { what });
    }
    for some in points.chunks(ANNOUNCED) {
        runner.prepare(some);
    }
    runner.check()?;
    if runner.stopped() {
        return Err(RunError::Interrupted { finished: 0, count: points.len() as u32 });
    }
    let mut rows = Vec::new();
    let margins = runner.problem().requirements.iter().map(|r| format!("margin of {}", r.name));
    let outcomes: Vec<String> = margins.chain(ENDPOINTS.iter().map(|(name, _)| (*name).to_owned())).collect();
    for (place, outcome) in outcomes.iter().enumerate() {
        let found = analyse(plan, d, &mut |x| {
            let evaluation = runner.at(&coordinates(plan.kind, x));
            let all = evaluation.filter(super::Evaluation::ran).map(|e| [e.margins, e.endpoints].concat());
            all.and_then(|all| all.get(place).copied()).unwrap_or(f64::NAN)
        });
        for (input, vary) in runner.problem().space.varied.iter().enumerate() {
            let blank = InfluenceRow {
                outcome: outcome.clone(),
                input: vary.name.clone(),
                first: [f64::NAN; 3],
                total: [f64::NAN; 3],
                sd: f64::NAN,
                failed: 0,
                note: String::new(),
            };
            rows.push(match &found {
                Ok(parts) => InfluenceRow { outcome: outcome.clone(), input: vary.name.clone(), ..parts[input].clone() },
                Err(Refused::Settings(what) | Refused::Outcome(what)) => InfluenceRow { note: what.clone(), ..blank },
            });
        }
    }
    Ok(rows)
}

/// Why there is no analysis: of anything, or of this outcome.
enum Refused {
    Settings(String),
    Outcome(String),
}

fn coordinates(kind: Influence, x: &[f64]) -> Vec<f64> {
    let inside = |x: f64| match kind {
        Influence::Sobol => x,
        Influence::Morris => LEVEL_LOW + (1.0 - 2.0 * LEVEL_LOW) * x,
    };
    x.iter().map(|x| normal_quantile(inside(*x))).collect()
}

fn analyse(plan: &InfluencePlan, d: usize, function: &mut dyn FnMut(&[f64]) -> f64) -> Result<Vec<InfluenceRow>, Refused> {
    use proband_math::sensitivity::SensitivityError as E;
    let refused = |e: E| match e {
        E::Constant => Refused::Outcome("does not vary".into()),
        E::Failed { .. } => Refused::Outcome(e.to_string()),
        E::OutOfRange { name: "resamples that vary", .. } => Refused::Outcome("hardly varies".into()),
        e => Refused::Settings(e.to_string()),
    };
    let row = |first: [f64; 3], total: [f64; 3], sd: f64, failed: u32| InfluenceRow {
        outcome: String::new(),
        input: String::new(),
        first,
        total,
        sd,
        failed,
        note: String::new(),
    };
    let mut stream = Stream::new(plan.seed, 0, "stress.influence");
    match plan.kind {
        Influence::Sobol => {
            let design = if d <= SOBOL_INPUTS_MAX { Design::SobolSequence } else { Design::LatinHypercube };
            let settings = Sobol { count: plan.count, second_order: false, design, replicates: 400, confidence: plan.confidence };
            let found = sobol_indices(d, settings, function, &mut stream).map_err(refused)?;
            let three = |e: &proband_math::stats::Estimate| [e.value, e.low, e.high];
            Ok(found.first.iter().zip(&found.total).map(|(f, t)| row(three(f), three(t), f64::NAN, found.failed_rows)).collect())
        }
        Influence::Morris => {
            let settings = Morris { trajectories: plan.count, levels: plan.levels, replicates: 400, confidence: plan.confidence };
            let found = morris(d, settings, function, &mut stream).map_err(refused)?;
            let rows = found.iter().map(|e| {
                let size = [e.mean_size.value, e.mean_size.low, e.mean_size.high];
                row([e.mean, f64::NAN, f64::NAN], size, e.sd, plan.count - e.count)
            });
            Ok(rows.collect())
        }
    }
}
