//! Two arms at one endpoint: a difference, an interval, and what may be claimed.

use proband_math::stats::{Estimate, PairedCounts, mcnemar, quantile, risk_difference, t_test_paired, t_test_welch, tango, wilson};
use serde::Serialize;

/// One arm at one endpoint.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ArmValue {
    /// Patients that count.
    pub count: u64,
    /// Those without a result, whatever stands for it.
    pub missing: u64,
    /// Successes, when the endpoint happens or not.
    pub events: Option<u64>,
    /// Proportion, or mean [unit of the endpoint].
    pub value: Option<f64>,
    /// Interval of a proportion (Wilson), or quartiles of a number.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

/// First arm minus second.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Patients, or pairs, that count.
    pub count: u64,
    /// Difference [unit of the endpoint]; absent when it cannot be estimated.
    pub difference: Option<f64>,
    /// Interval at the study's confidence.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// Standard error used at looks and for interactions; absent when it is 0 or not defined.
    pub standard_error: Option<f64>,
    /// Two-sided p-value against no difference.
    pub p_value: Option<f64>,
    /// (both, first only, second only, neither) in a paired design.
    pub pairs: Option<[u64; 4]>,
    /// How it was computed.
    pub method: String,
}

pub(super) fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// What stands for a missing result of an endpoint that happens or not.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Fill {
    /// This.
    With(bool),
    /// Nothing: the patient does not count.
    Leave,
}

/// Values by patient of one arm as booleans; `None`: not in the arm, or left out.
pub(super) fn filled(values: &[Option<f64>], fill: Fill) -> Vec<Option<bool>> {
    let one = |v: f64| match fill {
        _ if v.is_finite() => Some(v > 0.5),
        Fill::With(b) => Some(b),
        Fill::Leave => None,
    };
    values.iter().map(|v| v.and_then(one)).collect()
}

pub(super) fn binary_arm(values: &[Option<f64>], fill: Fill, confidence: f64) -> ArmValue {
    let here: Vec<bool> = filled(values, fill).into_iter().flatten().collect();
    let (events, count) = (here.iter().filter(|b| **b).count() as u64, here.len() as u64);
    let interval = wilson(events, count, confidence).ok();
    ArmValue {
        count,
        missing: values.iter().flatten().filter(|v| !v.is_finite()).count() as u64,
        events: Some(events),
        value: finite(events as f64 / count as f64),
        low: interval.map(|i| i.low),
        high: interval.map(|i| i.high),
    }
}

pub(super) fn number_arm(values: &[Option<f64>]) -> ArmValue {
    let here: Vec<f64> = values.iter().flatten().copied().filter(|v| v.is_finite()).collect();
    let all = values.iter().flatten().count();
    let mean = proband_math::stats::Moments::of(&here).mean;
    ArmValue {
        count: here.len() as u64,
        missing: (all - here.len()) as u64,
        events: None,
        value: if here.is_empty() { None } else { finite(mean) },
        low: quantile(&here, 0.25).ok(),
        high: quantile(&here, 0.75).ok(),
    }
}

/// Compare two arms at an endpoint that happens or not. `keep`: which patients count.
pub(super) fn binary(
    first: &[Option<f64>],
    second: &[Option<f64>],
    paired: bool,
    fills: [Fill; 2],
    confidence: f64,
    keep: &dyn Fn(usize) -> bool,
) -> Comparison {
    let (a, b) = (filled(first, fills[0]), filled(second, fills[1]));
    if paired { binary_paired(&a, &b, confidence, keep) } else { binary_apart(&a, &b, confidence, keep) }
}

fn binary_paired(a: &[Option<bool>], b: &[Option<bool>], confidence: f64, keep: &dyn Fn(usize) -> bool) -> Comparison {
    let pairs = a.iter().zip(b).enumerate().filter(|(i, _)| keep(*i)).filter_map(|(_, (a, b))| Some(((*a)?, (*b)?)));
    let (first, second): (Vec<bool>, Vec<bool>) = pairs.unzip();
    let method = "paired: Tango's score interval; McNemar's mid-p".to_owned();
    let counts = PairedCounts::of(&first, &second).ok().filter(|c| c.count() > 0);
    let Some(counts) = counts else { return Comparison::none(0, method) };
    let n = counts.count() as f64;
    let (only_a, only_b) = (counts.first_only as f64, counts.second_only as f64);
    let error = ((only_a + only_b - (only_a - only_b) * (only_a - only_b) / n).max(0.0)).sqrt() / n;
    let estimate: Option<Estimate> = tango(counts, confidence).ok();
    Comparison {
        count: counts.count(),
        difference: finite(counts.difference()),
        low: estimate.and_then(|e| finite(e.low)),
        high: estimate.and_then(|e| finite(e.high)),
        standard_error: finite(error).filter(|e| *e > 0.0),
        p_value: mcnemar(counts).ok().map(|m| m.p_mid),
        pairs: Some([counts.both, counts.first_only, counts.second_only, counts.neither]),
        method,
    }
}

fn binary_apart(a: &[Option<bool>], b: &[Option<bool>], confidence: f64, keep: &dyn Fn(usize) -> bool) -> Comparison {
    let count = |values: &[Option<bool>]| {
        let here: Vec<bool> = values.iter().enumerate().filter(|(i, _)| keep(*i)).filter_map(|(_, v)| *v).collect();
        (here.iter().filter(|v| **v).count() as u64, here.len() as u64)
    };
    let (first, second) = (count(a), count(b));
    let method = "independent arms: Newcombe's hybrid score interval; Fisher's exact test".to_owned();
    let Ok(estimate) = risk_difference(first, second, confidence) else { return Comparison::none(first.1 + second.1, method) };
    let part = |(k, n): (u64, u64)| {
        let p = k as f64 / n as f64;
        p * (1.0 - p) / n as f64
    };
    Comparison {
        count: first.1 + second.1,
        difference: finite(estimate.value),
        low: finite(estimate.low),
        high: finite(estimate.high),
        standard_error: finite((part(first) + part(second)).sqrt()).filter(|e| *e > 0.0),
        p_value: proband_math::stats::fisher_exact(first, second).ok().map(|f| f.p_two_sided),
        pairs: None,
        method,
    }
}

/// Compare two arms at a number; patients without a result do not count, and are counted.
pub(super) fn numbers(first: &[Option<f64>], second: &[Option<f64>], paired: bool, confidence: f64) -> Comparison {
    let good = |v: &Option<f64>| v.filter(|v| v.is_finite());
    let (test, count, method) = if paired {
        let (a, b): (Vec<f64>, Vec<f64>) = first.iter().zip(second).filter_map(|(a, b)| Some((good(a)?, good(b)?))).unzip();
        (t_test_paired(&a, &b, confidence), a.len(), "paired t; patients with a result in both arms")
    } else {
        let (a, b): (Vec<f64>, Vec<f64>) = (first.iter().filter_map(good).collect(), second.iter().filter_map(good).collect());
        (t_test_welch(&a, &b, 0.0, confidence), a.len() + b.len(), "Welch's t; patients with a result")
    };
    match test {
        Ok(t) => Comparison {
            count: count as u64,
            difference: finite(t.difference),
            low: finite(t.low),
            high: finite(t.high),
            standard_error: finite(t.standard_error).filter(|e| *e > 0.0),
            p_value: finite(t.p_two_sided),
            pairs: None,
            method: method.into(),
        },
        Err(_) => Comparison::none(count as u64, method.into()),
    }
}

impl Comparison {
    /// What cannot be estimated.
    pub(super) fn none(count: u64, method: String) -> Self {
        Self { count, difference: None, low: None, high: None, standard_error: None, p_value: None, pairs: None, method }
    }
}
