//! Every number of the evidence, from the tables alone.

use proband_math::stats::{
    Moments, benjamini_hochberg, clopper_pearson, holm, quantile, standardised_difference, standardised_difference_of_proportions,
};
use proband_record::RunManifest;
use serde::Serialize;

use super::bias::{BiasSection, bias};
use super::compare::{ArmValue, Comparison, Fill, binary, binary_arm, finite, number_arm, numbers};
use super::credible::{
    ApplicabilityRow, CalibrationResult, InfluenceRow, RefinementRow, applicability, calibrations, influences, refinements,
};
use super::crossing::{CrossoverResult, crossing};
use super::estimand::{EventRow, Primary};
use super::flow::{Flow, flow};
use super::looks::{Look, looks};
use super::read::{PlannedEndpoint, StudyRecords};
use super::several::{ArmComparison, several};
use super::subgroups::{SubgroupResult, subgroups};
use super::support::{self, Supporting};
use super::times::{TimeResult, times};

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
    /// First compared arm minus the control.
    pub comparison: Comparison,
    /// The same by other methods.
    pub supporting: Vec<Supporting>,
    /// P-value of a secondary endpoint adjusted over all of them, Holm.
    pub p_holm: Option<f64>,
    /// The same, Benjamini and Hochberg.
    pub p_benjamini_hochberg: Option<f64>,
    /// Where the numbers come from: table, column, rows.
    pub rows: String,
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
    /// The arm that the others are compared with.
    pub control: String,
    /// How several comparisons are paid for.
    pub multiplicity: String,
    /// Intercurrent events, and what was done about them.
    pub events: Vec<EventRow>,
    /// Each arm against the control, when there are more than two.
    pub several: Vec<ArmComparison>,
    /// Period and sequence of a crossover.
    pub crossover: Option<CrossoverResult>,
    /// Time until the tube is full.
    pub times: Option<TimeResult>,
    /// Predictions against what came.
    pub calibration: Vec<CalibrationResult>,
    /// Covariates by how much of the spread they explain.
    pub influence: Vec<InfluenceRow>,
    /// Share of the cohort outside the declared ranges.
    pub applicability: Vec<ApplicabilityRow>,
    /// Finer steps.
    pub refinement: Vec<RefinementRow>,
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
    /// Of the missing results of the first compared arm, how many at least must have been failures for the claim to fall, the
    /// others and the control's taken as they are best for it; absent without a claim, missing results, or such a number.
    pub tipping: Option<u64>,
    /// Divisions.
    pub subgroups: Vec<SubgroupResult>,
    /// Safety.
    pub safety: Vec<SafetyRow>,
    /// Bias of the first arm.
    pub bias: Vec<BiasSection>,
    /// Conditions.
    pub conditions: super::ConditionSection,
}

impl Analysis {
    /// Name of the first arm that is compared with the control.
    #[must_use]
    pub fn compared(&self) -> &str {
        self.arms.iter().map(|a| a.name.as_str()).find(|name| *name != self.control).unwrap_or("first arm")
    }
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
    adjust(&mut endpoints);
    let mut analysis = Analysis {
        title: study.value("title").into(),
        question: study.value("question").into(),
        context_of_use: study.value("context_of_use").into(),
        design: study.value("design").into(),
        cohort_kind: study.value("cohort_kind").into(),
        confidence: study.confidence(),
        missing_rule: rule,
        seed: info.seed,
        version: info.version.clone(),
        chain_head: info.digest.clone(),
        arms: (0..study.arm_names.len())
            .map(|i| ArmInfo { name: study.arm_names[i].clone(), policy: study.arm_policies[i].clone(), manual: study.arm_manual[i] })
            .collect(),
        control: study.arm_names[study.control].clone(),
        multiplicity: study.value("multiplicity").into(),
        events: Vec::new(),
        several: Vec::new(),
        crossover: None,
        times: times(study),
        calibration: calibrations(study),
        influence: Vec::new(),
        applicability: applicability(study),
        refinement: refinements(study),
        flow: flow(study),
        baseline: baseline(study),
        endpoints,
        looks: Vec::new(),
        missing: Vec::new(),
        tipping: None,
        subgroups: Vec::new(),
        safety: safety(study),
        bias: Vec::new(),
        conditions: super::ConditionSection::default(),
    };
    if let Some(plan) = study.plan.iter().find(|p| p.primary) {
        let results = Primary::new(study, plan);
        if study.arm_names.len() > 2 {
            analysis.several = several(study, plan, &results);
        }
        analysis.crossover = crossing(study, &results, plan.binary);
        analysis.influence = influences(study, plan);
        analysis.looks = looks(study, plan, &results);
        analysis.missing = readings(study, plan, &results);
        analysis.tipping = tipping(study, plan, &results);
        analysis.subgroups = subgroups(study, plan, &results);
        analysis.bias = bias(study, plan, &results);
        analysis.conditions = super::conditions::conditions(study, plan, fills(plan, &analysis.missing_rule));
        analysis.events = results.events;
    }
    last_look_decides(&mut analysis);
    several_decide(&mut analysis);
    analysis
}

/// With more than two arms, the claim of the first compared one is that after the adjustment.
fn several_decide(analysis: &mut Analysis) {
    let Some(first) = analysis.several.first() else { return };
    let (shown, alone) = (first.shown, analysis.looks.len() < 2);
    let words: Vec<String> = analysis
        .several
        .iter()
        .map(|row| {
            let said = row.shown.map_or("not estimable", |shown| if shown { "shown" } else { "not shown" });
            format!("{}: {said}", row.arm)
        })
        .collect();
    if let Some(primary) = analysis.endpoints.iter_mut().find(|e| e.primary && e.hypothesis != "estimate")
        && alone
    {
        primary.shown = shown;
        primary.verdict = format!(
            "{}, adjusted for {} comparisons ({}): {}",
            primary.hypothesis.replace('_', "-"),
            words.len(),
            analysis.multiplicity,
            words.join("; ")
        );
    }
}

/// P-values of the secondary endpoints, adjusted over all of them.
fn adjust(endpoints: &mut [EndpointResult]) {
    let raw: Vec<f64> = endpoints.iter().filter(|e| !e.primary).filter_map(|e| e.comparison.p_value).collect();
    let (Ok(holm), Ok(rates)) = (holm(&raw), benjamini_hochberg(&raw)) else { return };
    let with_p = endpoints.iter_mut().filter(|e| !e.primary && e.comparison.p_value.is_some());
    for (endpoint, (holm, rate)) in with_p.zip(holm.into_iter().zip(rates)) {
        (endpoint.p_holm, endpoint.p_benjamini_hochberg) = (Some(holm), Some(rate));
    }
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
    // What is drawn instead has no one value: an arm alone shows the results that are known.
    if rule != "failure" { [Fill::Leave; 2] } else { [Fill::With(!plan.more_is_better); 2] }
}

fn endpoint(study: &StudyRecords<'_>, plan: &PlannedEndpoint, fill: [Fill; 2]) -> EndpointResult {
    let confidence = study.confidence();
    let (first, control) = (study.first(), study.control);
    let primary = plan.primary.then(|| Primary::new(study, plan));
    let values: Vec<Vec<Option<f64>>> = match &primary {
        Some(primary) => primary.values.clone(),
        None => (0..study.arm_names.len()).map(|arm| study.endpoint(arm, &plan.name)).collect(),
    };
    let arms = values.iter().map(|v| if plan.binary { binary_arm(v, fill[0], confidence) } else { number_arm(v) }).collect();
    let comparison = match &primary {
        Some(primary) => primary.compare(first, control, confidence, &|_| true),
        None if plan.binary => binary(&values[first], &values[control], study.is_paired(), fill, confidence, &|_| true),
        None => numbers(&values[first], &values[control], study.is_paired(), confidence),
    };
    let supporting = if plan.binary {
        support::binary(study, &values[first], &values[control], fill[0])
    } else {
        support::number(study, plan, &values[first], &values[control])
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
        supporting,
        p_holm: None,
        p_benjamini_hochberg: None,
        rows: format!("draws.{} where finished, by arm and index", plan.name),
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
fn readings(study: &StudyRecords<'_>, plan: &PlannedEndpoint, results: &Primary) -> Vec<MissingReading> {
    if !plan.binary {
        return Vec::new();
    }
    let (first, second) = (&results.values[study.first()], &results.values[study.control]);
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
        let comparison = binary(first, second, study.is_paired(), fills, study.confidence(), &|_| true);
        MissingReading { reading: reading.into(), shown: shown(plan, &comparison), comparison }
    })
    .collect()
}

/// The tipping point: failures among the missing results of the first compared arm, one more at a time.
fn tipping(study: &StudyRecords<'_>, plan: &PlannedEndpoint, results: &Primary) -> Option<u64> {
    if !plan.binary || plan.hypothesis == "estimate" {
        return None;
    }
    let (first, second) = (&results.values[study.first()], &results.values[study.control]);
    let missing: Vec<usize> = (0..first.len()).filter(|i| first[*i].is_some_and(|v| !v.is_finite())).collect();
    let (good, bad) = (f64::from(u8::from(plan.more_is_better)), f64::from(u8::from(!plan.more_is_better)));
    let holds = |failures: usize| {
        let mut filled = first.clone();
        for (k, i) in missing.iter().enumerate() {
            filled[*i] = Some(if k < failures { bad } else { good });
        }
        let fills = [Fill::Leave, Fill::With(!plan.more_is_better)];
        shown(plan, &binary(&filled, second, study.is_paired(), fills, study.confidence(), &|_| true))
    };
    if missing.is_empty() || holds(0) != Some(true) || holds(missing.len()) != Some(false) {
        return None;
    }
    let (mut low, mut high) = (0, missing.len());
    while high - low > 1 {
        let middle = low.midpoint(high);
        if holds(middle) == Some(true) { low = middle } else { high = middle }
    }
    Some(high as u64)
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
