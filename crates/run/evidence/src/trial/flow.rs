//! The flow of patients: everybody who was asked is somewhere.

use serde::Serialize;

use super::read::StudyRecords;

/// One arm.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ArmFlow {
    /// Name.
    pub name: String,
    /// Patients allocated.
    pub allocated: u64,
    /// Simulations that gave no result.
    pub set_apart: u64,
    /// Finished simulations: allocated = finished + set apart.
    pub finished: u64,
    /// Of the finished: declined before any puncture.
    pub declined: u64,
    /// Why simulations gave no result, most frequent first.
    pub causes: Vec<(String, u64)>,
}

/// The flow of a study.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Flow {
    /// People asked.
    pub asked: u64,
    /// Turned away, by the first criterion that spoke.
    pub turned_away: Vec<(String, u64)>,
    /// Enrolled: asked − turned away.
    pub enrolled: u64,
    /// Arms.
    pub arms: Vec<ArmFlow>,
    /// Whether every sum holds.
    pub sums_hold: bool,
}

pub(super) fn flow(study: &StudyRecords<'_>) -> Flow {
    let step = |name: &str| study.screening.iter().filter(|(s, _, _)| s == name).map(|(_, _, c)| *c).sum::<u64>();
    let (asked, enrolled, away) = (step("asked"), step("enrolled"), step("turned away"));
    let turned_away = study.screening.iter().filter(|(s, _, _)| s == "turned away").map(|(_, r, c)| (r.clone(), *c)).collect();
    let declined = study.draws.f64s("declined").unwrap_or(&[]);
    let set_apart = study.draws.texts("set_apart").unwrap_or(&[]);
    let arms: Vec<ArmFlow> = study
        .arm_names
        .iter()
        .enumerate()
        .map(|(arm, name)| {
            let rows: Vec<usize> = study.rows[arm].iter().flatten().copied().collect();
            let finished = rows.iter().filter(|r| study.finished[**r]).count() as u64;
            let mut causes: Vec<(String, u64)> = Vec::new();
            for cause in rows.iter().filter(|r| !study.finished[**r]).filter_map(|r| set_apart.get(*r)) {
                match causes.iter_mut().find(|(known, _)| known == cause) {
                    Some((_, count)) => *count += 1,
                    None => causes.push((cause.clone(), 1)),
                }
            }
            causes.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
            ArmFlow {
                name: name.clone(),
                allocated: rows.len() as u64,
                set_apart: rows.len() as u64 - finished,
                finished,
                declined: rows.iter().filter(|r| study.finished[**r] && declined.get(**r).is_some_and(|d| *d > 0.5)).count() as u64,
                causes,
            }
        })
        .collect();
    let drawn: u64 = arms.iter().map(|a| a.allocated).sum();
    let expected = if study.is_paired() { enrolled * arms.len() as u64 } else { enrolled };
    let sums_hold = asked == enrolled + away && enrolled == study.patient_count as u64 && drawn == expected;
    Flow { asked, turned_away, enrolled, arms, sums_hold }
}
