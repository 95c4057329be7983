//! Who does worse, and who is missing: the same groups for every study.

use proband_math::stats::{newcombe, wilson};
use serde::Serialize;

use super::compare::filled;
use super::estimand::Primary;
use super::read::{PlannedEndpoint, StudyRecords};
use super::subgroups::COUNT_MIN;

/// Groups of every report: covariate, words, limits. Skin by individual typology angle in the classes of Chardon 1991, Int J
/// Cosmet Sci 13:191–208; BMI by the classes of the World Health Organization; ages by custom.
const DIVISIONS: [(&str, &str, &[f64]); 9] = [
    ("ita_deg", "skin, individual typology angle [°]", &[-30.0, 10.0, 28.0, 41.0, 55.0]),
    ("female", "sex", &[]),
    ("age_y", "age [years]", &[40.0, 65.0]),
    ("bmi_kg_m2", "body-mass index [kg/m²]", &[18.5, 25.0, 30.0]),
    ("diabetes", "diabetes", &[]),
    ("chronic_kidney_disease", "chronic kidney disease", &[]),
    ("difficult_access_before", "difficult access before", &[]),
    ("dehydrated", "dehydrated", &[]),
    ("tremor", "tremor", &[]),
];

/// One group in the first arm.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BiasGroup {
    /// Which.
    pub group: String,
    /// Patients.
    pub count: u64,
    /// Those for whom the primary endpoint is a success.
    pub successes: u64,
    /// Rate with its interval (Wilson); absent when there are too few.
    pub rate: Option<[f64; 3]>,
    /// This group minus all other patients, with Newcombe's interval; absent when there are too few.
    pub difference: Option<[f64; 3]>,
}

/// One division in the first arm.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BiasSection {
    /// What divides.
    pub division: String,
    /// Groups.
    pub groups: Vec<BiasGroup>,
    /// Failure rate of the worst group minus that of the best, among those that are estimated, with an interval that holds for
    /// all pairs of groups together (Newcombe, Bonferroni).
    pub gap: Option<[f64; 3]>,
    /// The same among patients in whom the control succeeds: equal opportunity. Paired designs only.
    pub gap_drawable: Option<[f64; 3]>,
    /// The same among patients in whom the control fails: the other half of equalised odds.
    pub gap_hard: Option<[f64; 3]>,
    /// The group with the lowest rate among those that are estimated.
    pub worst: Option<String>,
    /// Groups that are missing or too small to say anything.
    pub not_represented: Vec<String>,
    /// Patients of whom the covariate is not known.
    pub not_known: u64,
}

/// The first compared arm in each division.
pub(super) fn bias(study: &StudyRecords<'_>, primary: &PlannedEndpoint, results: &Primary) -> Vec<BiasSection> {
    if !primary.binary {
        return Vec::new();
    }
    let good = |arm: usize| -> Vec<Option<bool>> {
        let happened = filled(&results.values[arm], results.fill);
        happened.into_iter().map(|v| v.map(|v| v == primary.more_is_better)).collect()
    };
    let (outcome, control) = (good(study.first()), study.is_paired().then(|| good(study.control)));
    DIVISIONS.iter().map(|(covariate, words, cuts)| division(study, (covariate, words, cuts), &outcome, control.as_deref())).collect()
}

fn division(
    study: &StudyRecords<'_>,
    (covariate, words, cuts): (&str, &str, &[f64]),
    outcome: &[Option<bool>],
    control: Option<&[Option<bool>]>,
) -> BiasSection {
    let values = study.covariate(covariate);
    let confidence = study.confidence();
    let count = |inside: &dyn Fn(f64) -> bool, control_is: Option<bool>| {
        let like = |i: usize| control_is.is_none() || control.is_some_and(|c| c[i] == control_is);
        let here = values.iter().zip(outcome).enumerate().filter(|(i, (v, _))| inside(**v) && like(*i)).filter_map(|(_, (_, o))| *o);
        let here: Vec<bool> = here.collect();
        (here.iter().filter(|o| **o).count() as u64, here.len() as u64)
    };
    let ends = super::subgroups::groups(covariate, cuts);
    let groups: Vec<BiasGroup> = ends
        .iter()
        .map(|(group, low, high)| {
            let (k, n) = count(&|v| v >= *low && v < *high, None);
            let rest = count(&|v| v.is_finite() && !(v >= *low && v < *high), None);
            let enough = n >= COUNT_MIN;
            let rate = wilson(k, n, confidence).ok().filter(|_| enough).map(|i| [k as f64 / n as f64, i.low, i.high]);
            let apart = newcombe((k, n), rest, confidence).ok().filter(|_| enough && rest.1 >= COUNT_MIN);
            let difference = apart.map(|i| [k as f64 / n as f64 - rest.0 as f64 / rest.1 as f64, i.low, i.high]);
            BiasGroup { group: group.clone(), count: n, successes: k, rate, difference }
        })
        .collect();
    let rates = groups.iter().filter_map(|g| Some((g, g.rate?[0])));
    // One group alone is neither worst nor best.
    let several = rates.clone().count() > 1;
    let worst = rates.filter(|_| several).min_by(|a, b| a.1.total_cmp(&b.1)).map(|(g, _)| g.group.clone());
    let not_represented = groups.iter().filter(|g| g.count < COUNT_MIN).map(|g| g.group.clone()).collect();
    let not_known = values.iter().filter(|v| !v.is_finite()).count() as u64;
    let among = |control_is: Option<bool>| {
        let counts = ends.iter().map(|(_, low, high)| count(&|v| v >= *low && v < *high, control_is)).collect::<Vec<_>>();
        gap(&counts, confidence)
    };
    let apart = control.is_some();
    BiasSection {
        division: words.to_owned(),
        groups,
        gap: among(None),
        gap_drawable: among(Some(true)).filter(|_| apart),
        gap_hard: among(Some(false)).filter(|_| apart),
        worst,
        not_represented,
        not_known,
    }
}

/// Failure rate of the worst group minus the best one's. Which two they are was not known beforehand, so the interval is one
/// that holds for every pair of groups at once.
fn gap(counts: &[(u64, u64)], confidence: f64) -> Option<[f64; 3]> {
    let here: Vec<(u64, u64)> = counts.iter().copied().filter(|(_, n)| *n >= COUNT_MIN).collect();
    let rate = |(k, n): &(u64, u64)| *k as f64 / *n as f64;
    let worst = here.iter().min_by(|a, b| rate(a).total_cmp(&rate(b)))?;
    let best = here.iter().max_by(|a, b| rate(a).total_cmp(&rate(b)))?;
    let pairs = here.len() * here.len().saturating_sub(1) / 2;
    if pairs == 0 {
        return None;
    }
    let i = newcombe(*best, *worst, 1.0 - (1.0 - confidence) / pairs as f64).ok()?;
    Some([rate(best) - rate(worst), i.low, i.high])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Take the two groups that are furthest apart, at a level that pays for having looked at all pairs; leave small groups out.
    #[test]
    fn the_gap_is_between_the_extremes() {
        let [value, low, high] = gap(&[(80, 100), (40, 80), (0, 4), (45, 50)], 0.95).unwrap();
        assert!((value - 0.4).abs() < 1e-12 && low > 0.0 && high < 1.0);
        let known = newcombe((45, 50), (40, 80), 1.0 - 0.05 / 3.0).unwrap();
        assert_eq!((low, high), (known.low, known.high));
        assert_eq!(gap(&[(3, 6), (1, 4)], 0.95), None);
    }
}
