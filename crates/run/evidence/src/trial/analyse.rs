//! Every number of the evidence, from the tables alone.

use proband_math::stats::{Moments, clopper_pearson, quantile, standardised_difference, standardised_difference_of_proportions};
use proband_record::RunManifest;
use serde::Serialize;

use super::bias::{BiasSection, bias};
use super::compare::{ArmValue, Comparison, Fill, binary, binary_arm, finite, number_arm, numbers};
use super::flow::{Flow, flow};
use super::looks::{Look, looks};
use super::read::{PlannedEndpoint, StudyRecords};
use super::subgroups::{SubgroupResult, subgroups};

/// One arm.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ArmInfo {
    /// Name.
    pub name: String,
    /// What it is.
    pub policy: String,
    /// Whether it is the model of a phlebotomist.
    pub manual: bool,
}

/// One line of the baseline table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BaselineRow {
    /// What.
    pub name: String,
    /// Unit.
    pub unit: String,
    /// Per arm, or once in a paired design: median and quartiles, or the fraction and two counts.
    pub arms: Vec<[Option<f64>; 3]>,
    /// Whether it is a fraction.
    pub fraction: bool,
    /// Standardised mean difference of the first two arms; 0 by design when paired.
    pub smd: Option<f64>,
}

/// One endpoint.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EndpointResult {
    /// Name.
    pub name: String,
    /// Whether it is the primary one.
    pub primary: bool,
    /// Whether it happens or not.
    pub binary: bool,
    /// Unit.
    pub unit: String,
    /// What exactly is meant.
    pub definition: String,
    /// Claim.
    pub hypothesis: String,
    /// Margin [unit].
    pub margin: Option<f64>,
    /// Arms in order.
    pub arms: Vec<ArmValue>,
    /// First arm minus second.
    pub comparison: Comparison,
    /// What may be said.
    pub verdict: String,
    /// Whether the claim is shown; absent without a claim, or when it cannot be said.
    pub shown: Option<bool>,
}

/// One safety event.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SafetyRow {
    /// Column of `draws`.
    pub event: String,
    /// Per arm: events, finished draws, and Clopper and Pearson's interval.
    pub arms: Vec<(u64, u64, [f64; 2])>,
}

/// The primary comparison under other readings of what is missing.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MissingReading {
    /// Which reading.
    pub reading: String,
    /// Comparison.
    pub comparison: Comparison,
    /// Whether the claim holds under it.
    pub shown: Option<bool>,
}

/// Everything.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Analysis {
    /// Title of the study.
    pub title: String,
    /// Question of interest.
    pub question: String,
    /// Context of use.
    pub context_of_use: String,
    /// `paired`, `parallel`, `crossover`.
    pub design: String,
    /// Kind of cohort.
    pub cohort_kind: String,
    /// Confidence of the intervals.
    pub confidence: f64,
    /// What stands for a missing result.
    pub missing_rule: String,
    /// Seed.
    pub seed: u64,
    /// Version of the program that made the records.
    pub version: String,
    /// Last hash of the chain, as `run.toml` states it.
    pub chain_head: String,
    /// Arms.
    pub arms: Vec<ArmInfo>,
    /// Flow.
    pub flow: Flow,
    /// Baseline.
    pub baseline: Vec<BaselineRow>,
    /// Endpoints, the primary one first.
    pub endpoints: Vec<EndpointResult>,
    /// Looks at the primary endpoint.
    pub looks: Vec<Look>,
    /// The primary comparison under other readings of what is missing.
    pub missing: Vec<MissingReading>,
    /// Divisions.
    pub subgroups: Vec<SubgroupResult>,
    /// Safety.
    pub safety: Vec<SafetyRow>,
    /// Bias of the first arm.
    pub bias: Vec<BiasSection>,
    /// Conditions.
    pub conditions: super::ConditionSection,
}

/// Events of the safety table.
const SAFETY: [&str; 8] =
    ["arterial_contact", "nerve_contact", "transfixion", "back_wall_contact", "bruise", "haematoma", "vasovagal", "rolled"];
/// Lines of the baseline table.
const BASELINE: [(&str, &str, bool); 13] = [
    ("age_y", "years", false),
    ("female", "", true),
    ("bmi_kg_m2", "kg/m²", false),
    ("ita_deg", "°", false),
    ("vein_depth_m", "m", false),
    ("vein_diameter_v_m", "m", false),
    ("diabetes", "", true),
    ("chronic_kidney_disease", "", true),
    ("anticoagulated", "", true),
    ("steroids", "", true),
    ("difficult_access_before", "", true),
    ("dehydrated", "", true),
    ("tremor", "", true),
];

pub(super) fn analyse(study: &StudyRecords<'_>, info: &RunManifest) -> Analysis {
    let rule = study.value("missing").to_owned();
    let mut endpoints: Vec<EndpointResult> = study.plan.iter().map(|plan| endpoint(study, plan, fills(plan, &rule))).collect();
    endpoints.sort_by_key(|e| !e.primary);
    let primary = study.plan.iter().find(|p| p.primary);
    let mut analysis = Analysis {
        title: study.value("title").into(),
        question: study.value("question").into(),
        context_of_use: study.value("context_of_use").into(),
        design: study.value("design").into(),
        cohort_kind: study.value("cohort_kind").into(),
        confidence: study.confidence(),
        missing_rule: rule.clone(),
        seed: info.seed,
        version: info.version.clone(),
        chain_head: info.digest.clone(),
        arms: (0..study.arm_names.len())
            .map(|i| ArmInfo { name: study.arm_names[i].clone(), policy: study.arm_policies[i].clone(), manual: study.arm_manual[i] })
            .collect(),
        flow: flow(study),
        baseline: baseline(study),
        endpoints,
        looks: Vec::new(),
        missing: Vec::new(),
        subgroups: Vec::new(),
        safety: safety(study),
        bias: Vec::new(),
        conditions: super::ConditionSection::default(),
    };
    if let Some(primary) = primary {
        let fill = fills(primary, &rule);
        analysis.looks = looks(study, primary, fill);
        analysis.missing = readings(study, primary);
        analysis.subgroups = subgroups(study, primary, fill);
        analysis.bias = bias(study, primary, fill[0]);
        analysis.conditions = super::conditions::conditions(study, primary, fill);
    }
    last_look_decides(&mut analysis);
    analysis
}

/// With interim looks, the claim is made at a look or not at all: the plain interval would look too often.
fn last_look_decides(analysis: &mut Analysis) {
    if analysis.looks.len() < 2 {
        return;
    }
    let crossed = analysis.looks.iter().position(|l| l.crossed == Some(true));
    let known = analysis.looks.iter().all(|l| l.crossed.is_some());
    if let Some(primary) = analysis.endpoints.iter_mut().find(|e| e.primary) {
        primary.shown = crossed.map(|_| true).or(known.then_some(false));
        primary.verdict = match crossed {
            Some(look) => format!("{}: shown at look {} of the sequential design", primary.hypothesis.replace('_', "-"), look + 1),
            None if known => format!("{}: not shown at any look", primary.hypothesis.replace('_', "-")),
            None => "a look could not be estimated (no disagreement between the arms so far): no claim".into(),
        };
    }
}

/// What stands for a missing result in each arm: a failure, whichever way failure lies.
fn fills(plan: &PlannedEndpoint, rule: &str) -> [Fill; 2] {
    if rule == "complete_cases" { [Fill::Leave; 2] } else { [Fill::With(!plan.more_is_better); 2] }
}

fn endpoint(study: &StudyRecords<'_>, plan: &PlannedEndpoint, fill: [Fill; 2]) -> EndpointResult {
    let confidence = study.confidence();
    let values: Vec<Vec<Option<f64>>> = (0..study.arm_names.len()).map(|arm| study.endpoint(arm, &plan.name)).collect();
    let arms = values.iter().map(|v| if plan.binary { binary_arm(v, fill[0], confidence) } else { number_arm(v) }).collect();
    let comparison = if plan.binary {
        binary(&values[0], &values[1], study.is_paired(), fill, confidence, &|_| true)
    } else {
        numbers(&values[0], &values[1], study.is_paired(), confidence)
    };
    let shown = shown(plan, &comparison);
    EndpointResult {
        name: plan.name.clone(),
        primary: plan.primary,
        binary: plan.binary,
        unit: plan.unit.clone(),
        definition: plan.definition.clone(),
        hypothesis: plan.hypothesis.clone(),
        margin: finite(plan.margin),
        arms,
        verdict: verdict(plan, shown),
        shown,
        comparison,
    }
}

/// Whether the claim follows from the interval.
fn shown(plan: &PlannedEndpoint, comparison: &Comparison) -> Option<bool> {
    let (low, high) = (comparison.low?, comparison.high?);
    // Turned so that more is better.
    let (low, high) = if plan.more_is_better { (low, high) } else { (-high, -low) };
    match plan.hypothesis.as_str() {
        "superiority" => Some(low > 0.0),
        "non_inferiority" => Some(low > -plan.margin),
        "equivalence" => Some(low > -plan.margin && high < plan.margin),
        _ => None,
    }
}

fn verdict(plan: &PlannedEndpoint, shown: Option<bool>) -> String {
    let claim = plan.hypothesis.replace('_', "-");
    match shown {
        Some(true) => format!("{claim}: shown"),
        Some(false) => format!("{claim}: not shown"),
        None if plan.hypothesis == "estimate" => "an estimate, no claim".into(),
        None => "not estimable".into(),
    }
}

/// The worst and the best that the missing results could have been, and the patients without any missing.
fn readings(study: &StudyRecords<'_>, plan: &PlannedEndpoint) -> Vec<MissingReading> {
    if !plan.binary {
        return Vec::new();
    }
    let (first, second) = (study.endpoint(0, &plan.name), study.endpoint(1, &plan.name));
    let good = Fill::With(plan.more_is_better);
    let bad = Fill::With(!plan.more_is_better);
    [
        ("missing is failure in both arms", [bad, bad]),
        ("only patients with a result", [Fill::Leave, Fill::Leave]),
        ("worst for the first arm: its missing fail, the second's succeed", [bad, good]),
        ("best for the first arm: its missing succeed, the second's fail", [good, bad]),
    ]
    .into_iter()
    .map(|(reading, fills)| {
        let comparison = binary(&first, &second, study.is_paired(), fills, study.confidence(), &|_| true);
        MissingReading { reading: reading.into(), shown: shown(plan, &comparison), comparison }
    })
    .collect()
}

fn baseline(study: &StudyRecords<'_>) -> Vec<BaselineRow> {
    let columns: Vec<usize> = if study.is_paired() { vec![0] } else { (0..study.arm_names.len()).collect() };
    BASELINE
        .iter()
        .map(|(name, unit, fraction)| {
            let all = study.covariate(name);
            let of_arm = |arm: usize| -> Vec<f64> {
                let inside = |i: usize| study.is_paired() || study.rows[arm][i].is_some();
                all.iter().enumerate().filter(|(i, v)| inside(*i) && v.is_finite()).map(|(_, v)| *v).collect()
            };
            let arms: Vec<Vec<f64>> = columns.iter().map(|arm| of_arm(*arm)).collect();
            let cells = arms
                .iter()
                .map(|v| {
                    if *fraction {
                        let n = v.len() as f64;
                        let k = v.iter().filter(|x| **x > 0.5).count() as f64;
                        [finite(k / n), Some(k), Some(n)]
                    } else {
                        [0.5, 0.25, 0.75].map(|p| quantile(v, p).ok())
                    }
                })
                .collect();
            let count = |v: &[f64]| (v.iter().filter(|x| **x > 0.5).count() as u64, v.len() as u64);
            let smd = match arms.as_slice() {
                [_] => Some(0.0),
                [a, b, ..] if *fraction => standardised_difference_of_proportions(count(a), count(b)).ok(),
                [a, b, ..] => standardised_difference(a, b).ok(),
                [] => None,
            };
            BaselineRow { name: (*name).into(), unit: (*unit).into(), arms: cells, fraction: *fraction, smd }
        })
        .collect()
}

fn safety(study: &StudyRecords<'_>) -> Vec<SafetyRow> {
    SAFETY
        .iter()
        .map(|event| {
            let arms = (0..study.arm_names.len())
                .map(|arm| {
                    let here: Vec<f64> = study.endpoint(arm, event).into_iter().flatten().filter(|v| v.is_finite()).collect();
                    let (k, n) = (here.iter().filter(|v| **v > 0.5).count() as u64, here.len() as u64);
                    let interval = clopper_pearson(k, n, study.confidence()).map_or([0.0, 1.0], |i| [i.low, i.high]);
                    (k, n, interval)
                })
                .collect();
            SafetyRow { event: (*event).into(), arms }
        })
        .collect()
}

/// Mean and standard deviation of the finite values of an endpoint in an arm.
pub(super) fn mean_of(study: &StudyRecords<'_>, arm: usize, name: &str) -> Option<(f64, f64, u64)> {
    let values: Vec<f64> = study.endpoint(arm, name).into_iter().flatten().filter(|v| v.is_finite()).collect();
    let moments = Moments::of(&values);
    (moments.count > 0).then(|| (moments.mean, moments.sd(), moments.count))
}
