//! The same comparison by other methods: what a reader who trusts another one would have found.

use proband_core::{Stream, ops};
use proband_math::stats::{
    BootstrapKind, Interval, PairedCounts, ancova, bootstrap, clopper_pearson, fisher_exact, logistic_regression, mcnemar,
    miettinen_nurminen_difference, miettinen_nurminen_ratio, newcombe_paired, odds_ratio_exact, random_intercept, risk_difference_exact,
    wald_p, wilcoxon_rank_sum, wilcoxon_signed_rank,
};
use serde::Serialize;

use super::compare::{Fill, filled, finite};
use super::read::{PlannedEndpoint, StudyRecords};

/// One comparison by another method.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Supporting {
    /// Method.
    pub method: String,
    /// What is estimated.
    pub estimates: String,
    /// Whether it is a difference in the unit of the endpoint; otherwise a ratio or a rank.
    pub is_difference: bool,
    /// Estimate.
    pub value: Option<f64>,
    /// Lower end.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// Two-sided against no difference.
    pub p_value: Option<f64>,
}

/// Covariates that models adjust for.
const ADJUSTED: [&str; 4] = ["age_y", "bmi_kg_m2", "ita_deg", "female"];
/// Samples of the bootstrap, and values resampled in all.
const REPLICATES: u32 = 2000;
const RESAMPLED_MAX: u64 = 20_000_000;
/// Values in a table of ranks at most: pairs of all of them are formed.
const RANKED_MAX: usize = 4000;

fn row(method: &str, estimates: &str, is_difference: bool, found: Option<(f64, f64, f64)>, p: Option<f64>) -> Supporting {
    let (value, low, high) = found.map_or((None, None, None), |(v, l, h)| (finite(v), finite(l), finite(h)));
    Supporting { method: method.into(), estimates: estimates.into(), is_difference, value, low, high, p_value: p.and_then(finite) }
}

/// Other methods for what happens or not.
pub(super) fn binary(study: &StudyRecords<'_>, first: &[Option<f64>], second: &[Option<f64>], fill: Fill) -> Vec<Supporting> {
    let confidence = study.confidence();
    let (a, b) = (filled(first, fill), filled(second, fill));
    if study.is_paired() { paired_binary(study, &a, &b, confidence) } else { apart_binary(study, &a, &b, confidence) }
}

fn paired_binary(study: &StudyRecords<'_>, a: &[Option<bool>], b: &[Option<bool>], confidence: f64) -> Vec<Supporting> {
    let (x, y): (Vec<bool>, Vec<bool>) = a.iter().zip(b).filter_map(|(a, b)| Some(((*a)?, (*b)?))).unzip();
    let Ok(counts) = PairedCounts::of(&x, &y) else { return Vec::new() };
    let exact = mcnemar(counts).ok();
    let newcombe = newcombe_paired(counts, confidence).ok().map(|i| (counts.difference(), i.low, i.high));
    let (only_a, apart) = (counts.first_only, counts.first_only + counts.second_only);
    // The odds of the pairs that disagree, with the exact interval of their share.
    let odds = clopper_pearson(only_a, apart, confidence).ok().map(|i: Interval| {
        let of = |p: f64| p / (1.0 - p);
        (only_a as f64 / counts.second_only as f64, of(i.low), of(i.high))
    });
    let difference = |places: &[u32]| -> f64 {
        let sum: i64 = places.iter().map(|p| i64::from(x[*p as usize]) - i64::from(y[*p as usize])).sum();
        sum as f64 / places.len().max(1) as f64
    };
    vec![
        row("Newcombe's paired interval", "difference", true, newcombe, None),
        row("McNemar, exact", "difference", true, None, exact.map(|m| m.p_exact)),
        row("conditional odds ratio, exact interval", "odds ratio", false, odds, exact.map(|m| m.p_exact)),
        row("bootstrap over patients, BCa", "difference", true, resampled(study, x.len(), difference, confidence), None),
    ]
}

fn apart_binary(study: &StudyRecords<'_>, a: &[Option<bool>], b: &[Option<bool>], confidence: f64) -> Vec<Supporting> {
    let count = |v: &[Option<bool>]| (v.iter().filter(|v| **v == Some(true)).count() as u64, v.iter().flatten().count() as u64);
    let (x, y) = (count(a), count(b));
    let of = |e: proband_math::stats::Estimate| (e.value, e.low, e.high);
    let fisher = fisher_exact(x, y).ok().map(|f| f.p_two_sided);
    vec![
        row(
            "Miettinen and Nurminen's score interval",
            "difference",
            true,
            miettinen_nurminen_difference(x, y, confidence).ok().map(of),
            None,
        ),
        row(
            "exact unconditional interval (Chan and Zhang)",
            "difference",
            true,
            risk_difference_exact(x, y, confidence).ok().map(of),
            fisher,
        ),
        row("Miettinen and Nurminen's score interval", "risk ratio", false, miettinen_nurminen_ratio(x, y, confidence).ok().map(of), None),
        row("exact conditional interval", "odds ratio", false, odds_ratio_exact(x, y, confidence).ok().map(of), fisher),
        adjusted_odds(study, a, b, confidence),
    ]
}

/// Rows of the covariates that are known of everybody in `who`, each less its mean.
fn covariates(study: &StudyRecords<'_>, who: &[usize]) -> Vec<Vec<f64>> {
    let mut rows = vec![Vec::new(); who.len()];
    for name in ADJUSTED {
        let values = study.covariate(name);
        let here: Vec<f64> = who.iter().map(|i| values[*i]).collect();
        let mean = here.iter().sum::<f64>() / here.len().max(1) as f64;
        let varies = here.iter().any(|v| (v - mean).abs() > 1e-9 * (1.0 + mean.abs()));
        if here.iter().all(|v| v.is_finite()) && varies {
            rows.iter_mut().zip(&here).for_each(|(row, v)| row.push(v - mean));
        }
    }
    rows
}

fn adjusted_odds(study: &StudyRecords<'_>, a: &[Option<bool>], b: &[Option<bool>], confidence: f64) -> Supporting {
    let method = "logistic regression, adjusted for age, body-mass index, skin, sex";
    let mut who: Vec<(usize, bool, bool)> = Vec::new();
    for (arm, values) in [(true, a), (false, b)] {
        who.extend(values.iter().enumerate().filter_map(|(i, v)| Some((i, arm, (*v)?))));
    }
    let of: Vec<usize> = who.iter().map(|w| w.0).collect();
    let rows: Vec<Vec<f64>> = covariates(study, &of)
        .into_iter()
        .zip(&who)
        .map(|(mut row, w)| {
            row.insert(0, f64::from(u8::from(w.1)));
            row
        })
        .collect();
    let outcome: Vec<bool> = who.iter().map(|w| w.2).collect();
    let fit = logistic_regression(&rows, &outcome).ok().filter(|f| f.converged);
    let z = proband_math::stats::normal_quantile(0.5 + 0.5 * confidence);
    let found = fit.as_ref().map(|f| (f.coefficients[1], f.standard_errors[1]));
    let p = found.and_then(|(b, e)| wald_p(b, e).ok());
    row(method, "odds ratio", false, found.map(|(b, e)| (ops::exp(b), ops::exp(b - z * e), ops::exp(b + z * e))), p)
}

/// Other methods for a number.
pub(super) fn number(study: &StudyRecords<'_>, plan: &PlannedEndpoint, first: &[Option<f64>], second: &[Option<f64>]) -> Vec<Supporting> {
    let confidence = study.confidence();
    let good = |v: &Option<f64>| v.filter(|v| v.is_finite());
    let rank = |t: proband_math::stats::RankTest| ((t.shift, t.low, t.high), t.p_two_sided);
    if study.is_paired() {
        let d: Vec<f64> = first.iter().zip(second).filter_map(|(a, b)| Some(good(a)? - good(b)?)).collect();
        let wilcoxon = (d.len() <= RANKED_MAX).then(|| wilcoxon_signed_rank(&d, confidence).ok().map(rank)).flatten();
        let mean = |places: &[u32]| places.iter().map(|p| d[*p as usize]).sum::<f64>() / places.len().max(1) as f64;
        return vec![
            row("Wilcoxon's signed ranks", "shift (Hodges and Lehmann)", true, wilcoxon.map(|w| w.0), wilcoxon.map(|w| w.1)),
            row("bootstrap over patients, BCa", "difference of means", true, resampled(study, d.len(), mean, confidence), None),
            mixed(study, plan, confidence),
        ];
    }
    let side =
        |values: &[Option<f64>]| -> Vec<(usize, f64)> { values.iter().enumerate().filter_map(|(i, v)| Some((i, good(v)?))).collect() };
    let (a, b) = (side(first), side(second));
    let bare = |v: &[(usize, f64)]| v.iter().map(|x| x.1).collect::<Vec<f64>>();
    let few = a.len().max(b.len()) <= RANKED_MAX;
    let wilcoxon = few.then(|| wilcoxon_rank_sum(&bare(&a), &bare(&b), confidence).ok().map(rank)).flatten();
    let all: Vec<(usize, f64)> = a.iter().chain(&b).copied().collect();
    let treated: Vec<bool> = (0..all.len()).map(|i| i < a.len()).collect();
    let rows = covariates(study, &all.iter().map(|x| x.0).collect::<Vec<_>>());
    let adjusted = ancova(&treated, &rows, &bare(&all), confidence).ok();
    vec![
        row("Wilcoxon's rank sum", "shift (Hodges and Lehmann)", true, wilcoxon.map(|w| w.0), wilcoxon.map(|w| w.1)),
        row(
            "ANCOVA, adjusted for age, body-mass index, skin, sex",
            "difference of means",
            true,
            adjusted.as_ref().map(|f| (f.value, f.low, f.high)),
            adjusted.as_ref().map(|f| f.p_value),
        ),
    ]
}

/// All arms together, each patient with a level of his own.
fn mixed(study: &StudyRecords<'_>, plan: &PlannedEndpoint, confidence: f64) -> Supporting {
    let tested = study.tested();
    let (mut x, mut y, mut clusters) = (Vec::new(), Vec::new(), Vec::new());
    for arm in 0..study.arm_names.len() {
        for (i, value) in study.endpoint(arm, &plan.name).into_iter().enumerate() {
            let Some(value) = value.filter(|v| v.is_finite()) else { continue };
            x.push(tested.iter().map(|t| f64::from(u8::from(*t == arm))).collect());
            y.push(value);
            clusters.push(i as u32);
        }
    }
    let z = proband_math::stats::normal_quantile(0.5 + 0.5 * confidence);
    let fit = random_intercept(&x, &y, &clusters).ok().map(|f| (f.coefficients[1], f.standard_errors[1]));
    let p = fit.and_then(|(b, e)| wald_p(b, e).ok());
    row("mixed model, a level for each patient, all arms", "difference of means", true, fit.map(|(b, e)| (b, b - z * e, b + z * e)), p)
}

fn resampled(study: &StudyRecords<'_>, count: usize, statistic: impl FnMut(&[u32]) -> f64, confidence: f64) -> Option<(f64, f64, f64)> {
    let n = u32::try_from(count).ok().filter(|n| *n > 1)?;
    let replicates = u32::try_from(RESAMPLED_MAX / u64::from(n)).unwrap_or(REPLICATES).clamp(100, REPLICATES);
    let seed = study.value("seed").parse().unwrap_or(0);
    // Its jackknife looks at all but one patient, once for each of them.
    let kind = if u64::from(n) * u64::from(n) <= RESAMPLED_MAX { BootstrapKind::Bca } else { BootstrapKind::Percentile };
    let found = bootstrap(n, statistic, replicates, kind, confidence, &Stream::new(seed, 0, "evidence.bootstrap")).ok()?;
    Some((found.value, found.low, found.high))
}
