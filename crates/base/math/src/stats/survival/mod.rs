//! Times to an event, some of them cut off.

mod cox;
mod kaplan_meier;
mod log_rank;
mod restricted;

pub use cox::{COVARIATE_COUNT_MAX, CoxFit, cox_regression};
pub use kaplan_meier::{KaplanMeier, SurvivalPoint, kaplan_meier};
pub use log_rank::{LogRank, log_rank};
pub use restricted::{RestrictedMean, restricted_mean, restricted_mean_difference};

use super::StatsError;
use super::error::{all_finite, at_least, in_range, same_length};

/// Times from 0 on, each with whether the event happened (else the patient was last seen then).
pub(crate) fn check_times(times: &[f64], events: &[bool]) -> Result<(), StatsError> {
    at_least("times", times.len(), 1)?;
    same_length("events", events.len(), times.len())?;
    all_finite("time", times)?;
    for time in times {
        in_range("time", *time, 0.0, f64::MAX)?;
    }
    Ok(())
}

/// Places of the times, growing; at one time events come before cut-offs.
fn order(times: &[f64], events: &[bool]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..times.len()).collect();
    order.sort_by(|a, b| times[*a].total_cmp(&times[*b]).then(events[*b].cmp(&events[*a])).then(a.cmp(b)));
    order
}
