//! Pre-declared divisions: the difference in each group, and whether it differs between them.

use proband_math::stats::{SubgroupEffect, holm, interaction};
use serde::Serialize;

use super::compare::Comparison;
use super::estimand::Primary;
use super::read::{PlannedEndpoint, StudyRecords};

/// Below so many patients a group is not estimated.
pub(super) const COUNT_MIN: u64 = 5;

/// The difference in one group.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GroupEffect {
    /// Which group.
    pub group: String,
    /// First arm minus second; its count is that of the patients.
    pub comparison: Comparison,
    /// Whether it is estimated at all.
    pub estimable: bool,
}

/// One division.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SubgroupResult {
    /// Covariate.
    pub covariate: String,
    /// Groups.
    pub groups: Vec<GroupEffect>,
    /// P of such spread if the difference is the same in all groups; absent when it cannot be estimated.
    pub interaction_p: Option<f64>,
    /// The same after Holm's adjustment over all divisions.
    pub interaction_p_holm: Option<f64>,
}

/// Names of the groups that limits make, with the groups' ends.
pub(super) fn groups(covariate: &str, cuts: &[f64]) -> Vec<(String, f64, f64)> {
    if cuts.is_empty() {
        let (no, yes) = if covariate == "female" { ("male", "female") } else { ("no", "yes") };
        return vec![(no.into(), f64::NEG_INFINITY, 0.5), (yes.into(), 0.5, f64::INFINITY)];
    }
    let mut ends = vec![f64::NEG_INFINITY];
    ends.extend(cuts);
    ends.push(f64::INFINITY);
    ends.windows(2)
        .map(|pair| {
            let name = match (pair[0].is_finite(), pair[1].is_finite()) {
                (false, _) => format!("below {}", pair[1]),
                (true, true) => format!("{} to {}", pair[0], pair[1]),
                (true, false) => format!("{} and above", pair[0]),
            };
            (name, pair[0], pair[1])
        })
        .collect()
}

pub(super) fn subgroups(study: &StudyRecords<'_>, primary: &PlannedEndpoint, results: &Primary) -> Vec<SubgroupResult> {
    if !primary.binary {
        return Vec::new();
    }
    let mut divisions: Vec<SubgroupResult> = study
        .subgroups
        .iter()
        .map(|(covariate, cuts)| {
            let values = study.covariate(covariate);
            let groups: Vec<GroupEffect> = groups(covariate, cuts)
                .into_iter()
                .map(|(group, low, high)| {
                    let inside = |i: usize| values.get(i).is_some_and(|v| *v >= low && *v < high);
                    let comparison = results.compare(study.first(), study.control, study.confidence(), &inside);
                    let estimable = comparison.count >= COUNT_MIN && comparison.difference.is_some();
                    GroupEffect { group, comparison, estimable }
                })
                .collect();
            let effects: Option<Vec<SubgroupEffect>> = groups
                .iter()
                .map(|g| {
                    let (effect, standard_error) = (g.comparison.difference?, g.comparison.standard_error?);
                    g.estimable.then_some(SubgroupEffect { effect, standard_error })
                })
                .collect();
            let interaction_p = effects.and_then(|e| interaction(&e).ok()).map(|i| i.p_value);
            SubgroupResult { covariate: covariate.clone(), groups, interaction_p, interaction_p_holm: None }
        })
        .collect();
    let raw: Vec<f64> = divisions.iter().filter_map(|r| r.interaction_p).collect();
    if let Ok(adjusted) = holm(&raw) {
        let mut adjusted = adjusted.into_iter();
        for result in divisions.iter_mut().filter(|r| r.interaction_p.is_some()) {
            result.interaction_p_holm = adjusted.next();
        }
    }
    divisions
}
