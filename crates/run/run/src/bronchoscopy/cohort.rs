//! Many bronchoscopies, and rates by what the nodule is like.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use proband_bronchoscopy::room::Bleeding;
use proband_bronchoscopy::{Outcome, Rehearsal, RehearsalSpec};
use proband_core::{Column, CoreError, Table};
use proband_math::stats::wilson;
use rayon::prelude::*;

use super::tables;
use crate::{RunError, contain};

/// Whom.
#[derive(Clone, Debug)]
pub struct BronchoscopyCohort {
    /// What every rehearsal is made from; its patient number is the first.
    pub spec: RehearsalSpec,
    /// How many patients.
    pub count: u32,
}

/// One patient.
#[derive(Clone, Debug, PartialEq)]
pub struct BronchoscopyRow {
    /// His number.
    pub patient: u32,
    /// What came of it, or why he was set apart.
    pub outcome: Result<Outcome, String>,
}

/// Rehearse on many patients. Order and threads do not matter.
///
/// # Errors
/// [`RunError::Interrupted`] when `stop` was raised.
pub fn bronchoscopy_cohort(
    cohort: &BronchoscopyCohort,
    progress: &(dyn Fn(u32) + Sync),
    stop: &AtomicBool,
) -> Result<Vec<BronchoscopyRow>, RunError> {
    let finished = AtomicU32::new(0);
    let rows: Vec<Option<BronchoscopyRow>> = (0..cohort.count)
        .into_par_iter()
        .map(|index| {
            let patient = cohort.spec.patient + index;
            let spec = RehearsalSpec { patient, ..cohort.spec.clone() };
            let outcome = contain::contained("", || {
                let mut rehearsal = Rehearsal::new(&spec)?;
                while rehearsal.tick() {
                    if rehearsal.state().tick.is_multiple_of(500) && stop.load(Ordering::Relaxed) {
                        return Ok(None);
                    }
                    // Nobody reads them here: they must not pile up.
                    rehearsal.take_notes();
                }
                Ok(Some(rehearsal.outcome()))
            });
            let outcome = match outcome {
                Ok(None) => return None,
                Ok(Some(outcome)) => Ok(outcome),
                Err(cause) => Err(cause),
            };
            progress(finished.fetch_add(1, Ordering::Relaxed) + 1);
            Some(BronchoscopyRow { patient, outcome })
        })
        .collect();
    let rows: Vec<BronchoscopyRow> = rows.into_iter().flatten().collect();
    let count = rows.len() as u32;
    if count < cohort.count { Err(RunError::Interrupted { finished: count, count: cohort.count }) } else { Ok(rows) }
}

/// The rows as a table; patients who were set apart are left out and counted by the caller.
///
/// # Errors
/// [`CoreError::Table`] never in a program that passes its tests.
pub fn bronchoscopy_cohort_table(rows: &[BronchoscopyRow]) -> Result<Table, CoreError> {
    let (patients, outcomes): (Vec<u32>, Vec<Outcome>) =
        rows.iter().filter_map(|r| r.outcome.as_ref().ok().map(|o| (r.patient, o.clone()))).unzip();
    tables::outcomes(&outcomes, "cohort", &patients)
}

/// A share with its 95 % interval (Wilson).
#[derive(Clone, Debug, PartialEq)]
pub struct Rate {
    /// Among whom.
    pub group: String,
    /// Of what.
    pub endpoint: &'static str,
    /// How many of how many.
    pub hits: u32,
    /// See `hits`.
    pub count: u32,
    /// Interval [1].
    pub low: f64,
    /// See `low`.
    pub high: f64,
}

impl Rate {
    fn of(group: &str, endpoint: &'static str, rows: &[&Outcome], is: impl Fn(&Outcome) -> bool) -> Self {
        let (hits, count) = (rows.iter().filter(|o| is(o)).count() as u32, rows.len() as u32);
        let (low, high) = wilson(u64::from(hits), u64::from(count), 0.95).map_or((f64::NAN, f64::NAN), |i| (i.low, i.high));
        Self { group: group.into(), endpoint, hits, count, low, high }
    }

    /// The share [1]; NaN among nobody.
    #[must_use]
    pub fn share(&self) -> f64 {
        f64::from(self.hits) / f64::from(self.count)
    }
}

/// Rates over all and by lobe, size, distance to the pleura and bronchus sign. Rates after the plan are among those whom the plan
/// gave a way: nobody else would have been brought to the procedure.
#[must_use]
pub fn bronchoscopy_rates(rows: &[BronchoscopyRow]) -> Vec<Rate> {
    let all: Vec<&Outcome> = rows.iter().filter_map(|r| r.outcome.as_ref().ok()).collect();
    let planned: Vec<&Outcome> = all.iter().copied().filter(|o| o.planned).collect();
    let mut out = vec![
        Rate::of("all", "way in the plan", &all, |o| o.planned),
        Rate::of("planned", "navigated", &planned, |o| o.navigated),
        Rate::of("planned", "tool in lesion", &planned, |o| o.tool_in_lesion),
        Rate::of("planned", "good sample", &planned, |o| o.good_samples > 0),
        Rate::of("planned", "pneumothorax", &planned, |o| o.pneumothorax),
        Rate::of("planned", "bleeding, slight or worse", &planned, |o| o.bleeding > Bleeding::None),
        Rate::of("planned", "bleeding, moderate", &planned, |o| o.bleeding > Bleeding::Slight),
        Rate::of("planned", "confirmed but not in lesion", &planned, |o| o.confirmed && !o.tool_in_lesion),
    ];
    let mut group = |name: &str, is: &dyn Fn(&Outcome) -> bool| {
        let everyone: Vec<&Outcome> = all.iter().copied().filter(|o| is(o)).collect();
        let own: Vec<&Outcome> = everyone.iter().copied().filter(|o| o.planned).collect();
        out.push(Rate::of(name, "way in the plan", &everyone, |o| o.planned));
        out.push(Rate::of(name, "navigated", &own, |o| o.navigated));
        out.push(Rate::of(name, "tool in lesion", &own, |o| o.tool_in_lesion));
    };
    for lobe in proband_anatomy::made::Lobe::ALL {
        group(&format!("{} lobe", lobe.name()), &|o| o.lobe == lobe);
    }
    group("below 20 mm", &|o| o.diameter_m < 0.02);
    group("20 mm and more", &|o| o.diameter_m >= 0.02);
    group("pleura within 10 mm", &|o| o.pleura_m < 0.01);
    group("pleura 10 mm away and more", &|o| o.pleura_m >= 0.01);
    group("bronchus sign", &|o| o.bronchus_sign);
    group("no bronchus sign", &|o| !o.bronchus_sign);
    out
}

/// The rates as a table.
///
/// # Errors
/// [`CoreError::Table`] never in a program that passes its tests.
pub fn rates_table(rates: &[Rate]) -> Result<Table, CoreError> {
    let numbers = |get: &dyn Fn(&Rate) -> f64| Column::F64(rates.iter().map(get).collect());
    let mut t = Table::new("rates");
    t.push("group", "", "", "study", Column::Text(rates.iter().map(|r| r.group.clone()).collect()))?;
    t.push("endpoint", "", "", "study", Column::Text(rates.iter().map(|r| r.endpoint.to_owned()).collect()))?;
    t.push("hits", "1", "", "scorer", Column::I64(rates.iter().map(|r| i64::from(r.hits)).collect()))?;
    t.push("count", "1", "", "scorer", Column::I64(rates.iter().map(|r| i64::from(r.count)).collect()))?;
    t.push("share", "1", "", "scorer", numbers(&Rate::share))?;
    t.push("low", "1", "", "Wilson, 95 %", numbers(&|r| r.low))?;
    t.push("high", "1", "", "Wilson, 95 %", numbers(&|r| r.high))?;
    Ok(t)
}
