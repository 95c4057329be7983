//! Time until the tube is full: curves, log-rank, Cox.

use proband_core::ops;
use proband_math::stats::{cox_regression, kaplan_meier, log_rank, normal_quantile, restricted_mean};
use serde::Serialize;

use super::compare::finite;
use super::read::StudyRecords;

/// One arm's curve.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TimeArm {
    /// Draws.
    pub draws: u64,
    /// Tubes filled.
    pub events: u64,
    /// Median [s] with its interval; absent when less than half were filled.
    pub median_s: [Option<f64>; 3],
    /// Mean up to the horizon [s].
    pub restricted_mean_s: Option<f64>,
    /// Steps: time [s], share that is not filled yet, lower and upper end.
    pub steps: Vec<[f64; 4]>,
}

/// Time to a full tube.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TimeResult {
    /// Arms in order.
    pub arms: Vec<TimeArm>,
    /// Until when means are taken [s].
    pub horizon_s: f64,
    /// Log-rank test over all arms.
    pub log_rank_p: Option<f64>,
    /// Ratio of hazards of the first compared arm to the control with its interval, Cox with Efron's ties; above 1 is sooner.
    pub hazard_ratio: [Option<f64>; 3],
    /// Its p-value.
    pub hazard_p: Option<f64>,
}

/// Steps of a curve that are kept.
const STEPS_MAX: usize = 400;
/// Draws that Cox's model looks at at most.
const COX_MAX: usize = 20_000;

/// Draws without a full tube end uncounted ("censored") at their end.
pub(super) fn times(study: &StudyRecords<'_>) -> Option<TimeResult> {
    let data: Vec<(Vec<f64>, Vec<bool>)> = (0..study.arm_names.len())
        .map(|arm| {
            let (time, drawn) = (study.endpoint(arm, "time_total_s"), study.endpoint(arm, "blood_drawn"));
            let both = time.into_iter().zip(drawn).filter_map(|(t, d)| Some((t.filter(|t| *t > 0.0 && t.is_finite())?, d? > 0.5)));
            both.unzip()
        })
        .collect();
    if data.iter().any(|(t, _)| t.len() < 2) {
        return None;
    }
    let confidence = study.confidence();
    // The last time at which somebody is still looked at in every arm.
    let last = |t: &Vec<f64>| t.iter().copied().fold(0.0, f64::max);
    let horizon_s = data.iter().map(|(t, _)| last(t)).fold(f64::INFINITY, f64::min);
    let arms = data.iter().map(|(t, e)| arm(t, e, horizon_s, confidence)).collect::<Option<Vec<_>>>()?;
    let (mut t, mut e, mut g) = (Vec::new(), Vec::new(), Vec::new());
    for (arm, (times, events)) in data.iter().enumerate() {
        t.extend(times);
        e.extend(events);
        g.extend(std::iter::repeat_n(arm as u32, times.len()));
    }
    let log_rank_p = log_rank(&t, &e, &g).ok().and_then(|l| finite(l.p_value));
    let (first, control) = (study.first() as u32, study.control as u32);
    let pair: Vec<usize> = (0..t.len()).filter(|i| g[*i] == first || g[*i] == control).collect();
    let fit = (pair.len() <= COX_MAX)
        .then(|| {
            let x: Vec<Vec<f64>> = pair.iter().map(|i| vec![f64::from(u8::from(g[*i] == first))]).collect();
            let (t, e): (Vec<f64>, Vec<bool>) = pair.iter().map(|i| (t[*i], e[*i])).unzip();
            cox_regression(&t, &e, &x).ok().map(|c| (c.coefficients[0], c.standard_errors[0]))
        })
        .flatten();
    let z = normal_quantile(0.5 + 0.5 * confidence);
    let hazard_ratio = fit.map_or([None; 3], |(b, s)| [b, b - z * s, b + z * s].map(|v| finite(ops::exp(v))));
    let hazard_p = fit.and_then(|(b, s)| proband_math::stats::wald_p(b, s).ok());
    Some(TimeResult { arms, horizon_s, log_rank_p, hazard_ratio, hazard_p })
}

fn arm(times: &[f64], events: &[bool], horizon_s: f64, confidence: f64) -> Option<TimeArm> {
    let curve = kaplan_meier(times, events, confidence).ok()?;
    let (low, high) = curve.median_interval();
    let stride = curve.points.len().div_ceil(STEPS_MAX).max(1);
    Some(TimeArm {
        draws: times.len() as u64,
        events: events.iter().filter(|e| **e).count() as u64,
        median_s: [curve.median(), low, high],
        restricted_mean_s: restricted_mean(times, events, horizon_s).ok().and_then(|m| finite(m.mean)),
        steps: curve.points.iter().step_by(stride).map(|p| [p.time, p.survival, p.low, p.high]).collect(),
    })
}
