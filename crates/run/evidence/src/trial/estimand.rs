//! Intercurrent events: what each strategy of ICH E9(R1) makes of the primary endpoint's results.

use serde::Serialize;

use super::compare::{Comparison, Fill, binary, numbers};
use super::impute::imputed;
use super::read::{PlannedEndpoint, StudyRecords};

/// One declared event.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EventRow {
    /// Event.
    pub event: String,
    /// Strategy.
    pub strategy: String,
    /// Draws with it, per arm.
    pub draws: Vec<u64>,
    /// What was done, in words.
    pub done: String,
}

/// The primary endpoint after the strategies: by arm and patient.
pub(super) struct Primary {
    /// `None`: not in the arm, or not in the estimand's population. NaN: missing.
    pub values: Vec<Vec<Option<f64>>>,
    /// Missing results that are drawn from like patients instead of the rule for missing ones.
    pub impute: Vec<Vec<bool>>,
    /// Declared events.
    pub events: Vec<EventRow>,
    /// What stands for a missing result that is not drawn.
    pub fill: Fill,
    binary: bool,
    paired: bool,
    seed: u64,
}

fn done(strategy: &str) -> &'static str {
    match strategy {
        "composite" => "counts as a failure",
        "while_on_treatment" => "what had come of the draw when the event began counts",
        "hypothetical" => "as if it had not happened: drawn from like patients without it, many times, pooled by Rubin's rules",
        "principal_stratum" => {
            "patients with the event in any arm are left out: those who would have it are known, because everybody is in every arm"
        }
        _ => "what came of the draw counts, whatever happened",
    }
}

/// The rows of `draws` in which an event happened, by arm and patient.
fn happened(study: &StudyRecords<'_>, event: &str) -> Vec<Vec<bool>> {
    let flag = |arm: usize, name: &str| study.endpoint(arm, name);
    (0..study.arm_names.len())
        .map(|arm| {
            let (declined, over, attempts) = (flag(arm, "declined"), flag(arm, "handed_over"), flag(arm, "attempts"));
            let above = |v: Option<f64>, limit: f64| v.is_some_and(|v| v > limit);
            (0..study.patient_count)
                .map(|i| match event {
                    "declined" => above(declined[i], 0.5),
                    // A draw that was declined is handed over too; it is counted once.
                    "handed_over" => above(over[i], 0.5) && !above(declined[i], 0.5),
                    _ => above(attempts[i], 1.5),
                })
                .collect()
        })
        .collect()
}

impl Primary {
    /// Apply what was declared. Strategies that take somebody out come first, then those that take a result away, then those
    /// that change one.
    pub fn new(study: &StudyRecords<'_>, plan: &PlannedEndpoint) -> Self {
        let arms = study.arm_names.len();
        let mut values: Vec<Vec<Option<f64>>> = (0..arms).map(|arm| study.endpoint(arm, &plan.name)).collect();
        let rule = study.value("missing");
        let by_rule = |v: &Option<f64>| rule == "imputed" && v.is_some_and(|v| !v.is_finite());
        let mut impute: Vec<Vec<bool>> = values.iter().map(|arm| arm.iter().map(by_rule).collect()).collect();
        let mut events = Vec::new();
        let mut rank: Vec<(usize, &str, Vec<Vec<bool>>)> = Vec::new();
        for (event, strategy) in &study.intercurrent {
            let here = happened(study, event);
            let draws = here.iter().map(|arm| arm.iter().filter(|b| **b).count() as u64).collect();
            events.push(EventRow { event: event.clone(), strategy: strategy.clone(), draws, done: done(strategy).into() });
            let order = ["treatment_policy", "while_on_treatment", "composite", "hypothetical", "principal_stratum"];
            rank.push((order.iter().position(|s| s == strategy).unwrap_or(0), strategy, here));
        }
        rank.sort_by_key(|(order, _, _)| *order);
        for (_, strategy, here) in &rank {
            for arm in 0..arms {
                for i in (0..study.patient_count).filter(|i| here[arm][*i]) {
                    match *strategy {
                        "composite" => values[arm][i] = Some(f64::from(u8::from(!plan.more_is_better))),
                        "while_on_treatment" => values[arm][i] = study.before_second(arm, i, &plan.name).or(values[arm][i]),
                        "hypothetical" => {
                            values[arm][i] = Some(f64::NAN);
                            impute[arm][i] = true;
                        }
                        "principal_stratum" => values.iter_mut().for_each(|of| of[i] = None),
                        _ => {}
                    }
                }
            }
        }
        let fill = if rule == "failure" && plan.binary { Fill::With(!plan.more_is_better) } else { Fill::Leave };
        let seed = study.value("seed").parse().unwrap_or(0);
        Self { values, impute, events, fill, binary: plan.binary, paired: study.is_paired(), seed }
    }

    /// Whether any result is drawn.
    pub fn draws_results(&self) -> bool {
        self.values.iter().zip(&self.impute).any(|(v, i)| v.iter().zip(i).any(|(v, i)| *i && v.is_some()))
    }

    /// One arm less another among the patients of `keep`.
    pub fn compare(&self, first: usize, second: usize, confidence: f64, keep: &dyn Fn(usize) -> bool) -> Comparison {
        let kept = |arm: usize| -> Vec<Option<f64>> { self.values[arm].iter().enumerate().map(|(i, v)| v.filter(|_| keep(i))).collect() };
        let (a, b) = (kept(first), kept(second));
        if self.draws_results() {
            // Results that the rule for missing ones fills are filled first: only the rest is drawn.
            let filled = |arm: usize, values: Vec<Option<f64>>| -> Vec<Option<f64>> {
                let one = |(i, v): (usize, Option<f64>)| match (v, self.fill) {
                    (Some(v), Fill::With(b)) if !v.is_finite() && !self.impute[arm][i] => Some(f64::from(u8::from(b))),
                    (Some(v), Fill::Leave) if !v.is_finite() && !self.impute[arm][i] => None,
                    (v, _) => v,
                };
                values.into_iter().enumerate().map(one).collect()
            };
            return imputed(&filled(first, a), &filled(second, b), self.paired, self.binary, confidence, self.seed);
        }
        if self.binary {
            binary(&a, &b, self.paired, [self.fill; 2], confidence, &|_| true)
        } else {
            numbers(&a, &b, self.paired, confidence)
        }
    }
}
