//! Conditions of a trial: weighted totals with their effective size, and failures per condition without weights.

use proband_core::Table;
use proband_math::stats::{Stratum, clopper_pearson, neyman_allocation, normal_quantile, stratified_error, stratified_proportion};
use serde::Serialize;

use super::compare::{Fill, filled};
use super::read::{PlannedEndpoint, StudyRecords};
use crate::number::fixed;

/// The sample is said to serve the total when its standard error is at most this many times that of plain sampling.
const SERVES_TOTAL: f64 = 1.05;

/// A part of the sample.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SampledStratum {
    /// Enriched condition, or `none`.
    pub name: String,
    /// Share of the population with the interval of its source; absent ends for the rest.
    pub prevalence: [Option<f64>; 3],
    /// Share of the sample as planned.
    pub fraction: f64,
    /// Weight of a patient; absent when nobody was sampled.
    pub weight: Option<f64>,
    /// Patients in it.
    pub count: u64,
}

/// Failures at the primary endpoint in the population, from an arm.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WeightedTotal {
    /// Arm.
    pub arm: String,
    /// Patients with a result.
    pub count: u64,
    /// Effective size (Kish 1965).
    pub kish: f64,
    /// Σ prevalence · rate with its normal interval.
    pub failing: [f64; 3],
    /// Standard error of it.
    pub standard_error: f64,
    /// Standard error that plain sampling of as many would have.
    pub plain_error: f64,
    /// Shares of the sample that would make the error least, in the order of the strata (Neyman 1934).
    pub neyman: Vec<f64>,
    /// Which aim the sample serves, in words.
    pub aim: String,
}

/// One condition, or one state of altered twins.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConditionRow {
    /// Name.
    pub name: String,
    /// Per arm: failures, patients, Clopper and Pearson's interval; unweighted.
    pub arms: Vec<(u64, u64, [f64; 2])>,
}

/// Everything about conditions.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ConditionSection {
    /// Parts of the sample; empty when nothing was enriched.
    pub strata: Vec<SampledStratum>,
    /// Totals per arm; empty when nothing was enriched, or when a part of the population was not sampled.
    pub totals: Vec<WeightedTotal>,
    /// Failures per condition.
    pub conditions: Vec<ConditionRow>,
}

/// Conditions of the study at a primary endpoint that happens or not; empty otherwise.
pub(super) fn conditions(study: &StudyRecords<'_>, primary: &PlannedEndpoint, fill: [Fill; 2]) -> ConditionSection {
    let labels = study.patients.texts("conditions").unwrap_or(&[]);
    if !primary.binary || labels.iter().all(String::is_empty) {
        return ConditionSection::default();
    }
    let failed: Vec<Vec<Option<bool>>> = (0..study.arm_names.len())
        .map(|arm| {
            let fill = if arm == 0 { fill[0] } else { fill[1] };
            let outcome = filled(&study.endpoint(arm, &primary.name), fill);
            outcome.into_iter().map(|o| o.map(|happened| happened != primary.more_is_better)).collect()
        })
        .collect();
    let stratum_of = study.patients.i64s("stratum").unwrap_or(&[]);
    let strata = study.table("conditions").map(|t| strata(t, stratum_of)).unwrap_or_default();
    let enriched = strata.len() > 1;
    let all_sampled = strata.iter().all(|s| s.fraction > 0.0 && s.count > 0);
    let totals = if enriched && all_sampled {
        failed.iter().zip(&study.arm_names).filter_map(|(f, name)| total(f, name, stratum_of, &strata, study.confidence())).collect()
    } else {
        Vec::new()
    };
    let mut names: Vec<&str> = labels.iter().flat_map(|l| l.split("; ")).filter(|n| !n.is_empty()).collect();
    names.sort_unstable();
    names.dedup();
    let rows = names.into_iter().map(|name| ConditionRow {
        name: name.to_owned(),
        arms: failed.iter().map(|f| failures(f, labels, name, study.confidence())).collect(),
    });
    ConditionSection { conditions: rows.collect(), strata: if enriched { strata } else { Vec::new() }, totals }
}

fn strata(table: &Table, stratum_of: &[i64]) -> Vec<SampledStratum> {
    let column = |name: &str| table.f64s(name).unwrap_or(&[]);
    let (names, sampled) = (table.texts("condition").unwrap_or(&[]), table.texts("sampled").unwrap_or(&[]));
    let value = |name: &str, i: usize| column(name).get(i).copied().filter(|v| v.is_finite());
    let rows = names.iter().zip(sampled).enumerate().filter(|(_, (_, how))| *how == "stratum");
    rows.map(|(i, (name, _))| SampledStratum {
        name: name.clone(),
        prevalence: [value("prevalence", i), value("prevalence_low", i), value("prevalence_high", i)],
        fraction: value("fraction", i).unwrap_or(0.0),
        weight: value("weight", i),
        count: stratum_of.iter().filter(|s| usize::try_from(**s) == Ok(i)).count() as u64,
    })
    .collect()
}

fn total(failed: &[Option<bool>], arm: &str, stratum_of: &[i64], strata: &[SampledStratum], confidence: f64) -> Option<WeightedTotal> {
    let counted: Vec<Stratum> = strata
        .iter()
        .enumerate()
        .map(|(i, s)| {
            let here = failed.iter().zip(stratum_of).filter(|(_, of)| usize::try_from(**of) == Ok(i)).filter_map(|(f, _)| *f);
            let (mut count, mut events) = (0, 0);
            for f in here {
                count += 1;
                events += u64::from(f);
            }
            Stratum { prevalence: s.prevalence[0].unwrap_or(0.0), count, events }
        })
        .collect();
    let found = stratified_proportion(&counted).ok()?;
    let count: u64 = counted.iter().map(|s| s.count).sum();
    let shares: Vec<f64> = counted.iter().map(|s| s.prevalence).collect();
    // Half an event more, so that a part without events is not thought to be free of them.
    let rates: Vec<f64> = counted.iter().map(|s| (s.events as f64 + 0.5) / (s.count as f64 + 1.0)).collect();
    let neyman = neyman_allocation(&shares, &rates).ok()?;
    // Where nobody or everybody fails, the counts show no spread: half an event more in each part stands for it.
    let seen = found.standard_error > 0.0;
    let counts: Vec<f64> = counted.iter().map(|s| s.count as f64).collect();
    let standard_error = if seen { found.standard_error } else { stratified_error(&shares, &rates, &counts).ok()? };
    let rate = if seen { found.value } else { shares.iter().zip(&rates).map(|(p, r)| p * r).sum() };
    let plain_error = (rate * (1.0 - rate) / count as f64).sqrt();
    let half = normal_quantile(0.5 + 0.5 * confidence) * standard_error;
    let failing = [found.value, (found.value - half).max(0.0), (found.value + half).min(1.0)];
    let aim = if standard_error <= SERVES_TOTAL * plain_error {
        "the total".to_owned()
    } else {
        format!(
            "the figures per condition; the total is known {} times worse than by plain sampling of as many",
            fixed(standard_error / plain_error, 2)
        )
    };
    Some(WeightedTotal { arm: arm.to_owned(), count, kish: found.kish, failing, standard_error, plain_error, neyman, aim })
}

fn failures(failed: &[Option<bool>], labels: &[String], name: &str, confidence: f64) -> (u64, u64, [f64; 2]) {
    let here: Vec<bool> = failed.iter().zip(labels).filter(|(_, l)| l.split("; ").any(|n| n == name)).filter_map(|(f, _)| *f).collect();
    let (k, n) = (here.iter().filter(|f| **f).count() as u64, here.len() as u64);
    (k, n, clopper_pearson(k, n, confidence).map_or([0.0, 1.0], |i| [i.low, i.high]))
}

fn percent(value: f64) -> String {
    if value > 0.0 && value < 1e-3 { format!("{:.1e}", 100.0 * value) } else { fixed(100.0 * value, 2) }
}

/// Heading, columns (`#` before numbers), rows.
type Printed = (&'static str, Vec<String>, Vec<Vec<String>>);

impl ConditionSection {
    /// Tables for the page and the Markdown alike.
    pub(super) fn tables(&self, arms: &[String]) -> Vec<Printed> {
        let mut tables = Vec::new();
        if !self.strata.is_empty() {
            let rows = self.strata.iter().map(|s| {
                let [p, low, high] = s.prevalence;
                let p = p.map_or_else(|| "not known".into(), percent);
                let interval = low.zip(high).map_or_else(String::new, |(l, h)| format!(" ({} to {})", percent(l), percent(h)));
                let weight = s.weight.map_or_else(|| "not sampled".into(), |w| format!("{w:.3e}"));
                vec![s.name.replace('-', " "), format!("{p}{interval}"), percent(s.fraction), weight, s.count.to_string()]
            });
            let heads = ["Part", "#Prevalence, %", "#Of the sample, %", "#Weight", "#Patients"].map(str::to_owned).to_vec();
            tables.push(("Parts of the sample", heads, rows.collect()));
        }
        if !self.totals.is_empty() {
            let rows = self.totals.iter().map(|t| {
                let [v, l, h] = t.failing;
                let best: Vec<String> = t
                    .neyman
                    .iter()
                    .zip(&self.strata)
                    .map(|(share, s)| format!("{} {}", s.name.replace('-', " "), percent(*share)))
                    .collect();
                vec![
                    t.arm.clone(),
                    format!("{} ({} to {})", percent(v), percent(l), percent(h)),
                    format!("{} ({})", percent(t.standard_error), percent(t.plain_error)),
                    format!("{} of {}", fixed(t.kish, 1), t.count),
                    best.join(", "),
                    t.aim.clone(),
                ]
            });
            let heads = [
                "Arm",
                "#Fails in the population, %",
                "#Standard error (plain sampling), points",
                "#Effective size (Kish)",
                "Best shares for the total (Neyman), %",
                "Serves",
            ];
            tables.push(("Weighted totals", heads.map(str::to_owned).to_vec(), rows.collect()));
        }
        if !self.conditions.is_empty() {
            let rows = self.conditions.iter().map(|c| {
                let cell = |(k, n, [l, h]): &(u64, u64, [f64; 2])| format!("{k} of {n} ({} to {} %)", percent(*l), percent(*h));
                std::iter::once(c.name.replace('-', " ")).chain(c.arms.iter().map(cell)).collect()
            });
            let heads = std::iter::once("Condition".to_owned()).chain(arms.iter().map(|a| format!("#Fails, {a}")));
            tables.push(("Failures per condition, without weights", heads.collect(), rows.collect()));
        }
        tables
    }
}
