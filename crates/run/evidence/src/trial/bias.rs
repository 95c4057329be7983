//! Who does worse, and who is missing: the same groups for every study.

use proband_math::stats::{newcombe, wilson};
use serde::Serialize;

use super::compare::{Fill, filled};
use super::read::{PlannedEndpoint, StudyRecords};
use super::subgroups::COUNT_MIN;

/// Groups of every report: covariate, words, limits. Skin by individual typology angle in the classes of Chardon 1991, Int J
/// Cosmet Sci 13:191–208; BMI by the classes of the World Health Organization; ages by custom.
const DIVISIONS: [(&str, &str, &[f64]); 4] = [
    ("ita_deg", "skin, individual typology angle [°]", &[-30.0, 10.0, 28.0, 41.0, 55.0]),
    ("female", "sex", &[]),
    ("age_y", "age [years]", &[40.0, 65.0]),
    ("bmi_kg_m2", "body-mass index [kg/m²]", &[18.5, 25.0, 30.0]),
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
    /// The group with the lowest rate among those that are estimated.
    pub worst: Option<String>,
    /// Groups that are missing or too small to say anything.
    pub not_represented: Vec<String>,
    /// Patients of whom the covariate is not known.
    pub not_known: u64,
}

/// The first arm in each division.
pub(super) fn bias(study: &StudyRecords<'_>, primary: &PlannedEndpoint, fill: Fill) -> Vec<BiasSection> {
    if !primary.binary {
        return Vec::new();
    }
    let outcome = filled(&study.endpoint(0, &primary.name), fill);
    DIVISIONS
        .iter()
        .map(|(covariate, words, cuts)| division(&study.covariate(covariate), covariate, words, cuts, &outcome, study))
        .collect()
}

fn division(values: &[f64], covariate: &str, words: &str, cuts: &[f64], outcome: &[Option<bool>], study: &StudyRecords<'_>) -> BiasSection {
    let confidence = study.confidence();
    let count = |inside: &dyn Fn(f64) -> bool| {
        let here: Vec<bool> = values.iter().zip(outcome).filter(|(v, _)| inside(**v)).filter_map(|(_, o)| *o).collect();
        (here.iter().filter(|o| **o).count() as u64, here.len() as u64)
    };
    let groups: Vec<BiasGroup> = super::subgroups::groups(covariate, cuts)
        .into_iter()
        .map(|(group, low, high)| {
            let (k, n) = count(&|v| v >= low && v < high);
            let rest = count(&|v| v.is_finite() && !(v >= low && v < high));
            let enough = n >= COUNT_MIN;
            let rate = wilson(k, n, confidence).ok().filter(|_| enough).map(|i| [k as f64 / n as f64, i.low, i.high]);
            let apart = newcombe((k, n), rest, confidence).ok().filter(|_| enough && rest.1 >= COUNT_MIN);
            let difference = apart.map(|i| [k as f64 / n as f64 - rest.0 as f64 / rest.1 as f64, i.low, i.high]);
            BiasGroup { group, count: n, successes: k, rate, difference }
        })
        .collect();
    let rates = groups.iter().filter_map(|g| Some((g, g.rate?[0])));
    let worst = rates.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(g, _)| g.group.clone());
    let not_represented = groups.iter().filter(|g| g.count < COUNT_MIN).map(|g| g.group.clone()).collect();
    let not_known = values.iter().filter(|v| !v.is_finite()).count() as u64;
    BiasSection { division: words.to_owned(), groups, worst, not_represented, not_known }
}
