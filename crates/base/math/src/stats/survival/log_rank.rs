//! Do groups have the event at the same rate?

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

use super::super::StatsError;
use super::super::error::same_length;
use super::super::special::chi2_sf;
use super::{check_times, order};

/// Greatest number of groups.
const GROUP_COUNT_MAX: usize = 100;

/// Result of the log-rank test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogRank {
    /// χ² of observed against expected.
    pub chi2: f64,
    /// Groups less one.
    pub degrees_of_freedom: u32,
    /// P of a greater χ².
    pub p_value: f64,
    /// Events seen in each group.
    pub observed: Vec<f64>,
    /// Events expected in each group if all had one hazard.
    pub expected: Vec<f64>,
}

/// Log-rank test of two or more groups, numbered from 0 in `groups`; hypergeometric variance, so that ties need no rule.
///
/// # Source
/// Mantel 1966, Cancer Chemother Rep 50:163; Peto & Peto 1972, J R Stat Soc A 135:185.
/// # Errors
/// As [`super::kaplan_meier`]; [`StatsError::TooFew`] below two groups with patients, [`StatsError::TooMany`] above a hundred;
/// [`StatsError::Constant`] when no event happened while two groups were at risk.
pub fn log_rank(times: &[f64], events: &[bool], groups: &[u32]) -> Result<LogRank, StatsError> {
    check_times(times, events)?;
    same_length("groups", groups.len(), times.len())?;
    let count = groups.iter().max().map_or(0, |g| *g as usize + 1);
    if count > GROUP_COUNT_MAX {
        return Err(StatsError::TooMany { name: "groups", found: count, max: GROUP_COUNT_MAX });
    }
    let mut at_risk = vec![0.0; count];
    groups.iter().for_each(|g| at_risk[*g as usize] += 1.0);
    super::super::error::at_least("groups with patients", at_risk.iter().filter(|n| **n > 0.0).count(), 2)?;

    let (mut observed, mut expected) = (vec![0.0; count], vec![0.0; count]);
    let mut variance = DMatrix::<f64>::zeros(count, count);
    let order = order(times, events);
    let mut start = 0;
    while start < order.len() {
        let same = order[start..].iter().take_while(|i| times[**i] == times[order[start]]).count();
        let members = &order[start..start + same];
        start += same;
        let n: f64 = at_risk.iter().sum();
        let d = members.iter().filter(|i| events[**i]).count() as f64;
        if d > 0.0 {
            members.iter().filter(|i| events[**i]).for_each(|i| observed[groups[*i] as usize] += 1.0);
            for a in 0..count {
                let share = at_risk[a] / n;
                expected[a] += d * share;
                if n > 1.0 {
                    for b in 0..count {
                        let same = if a == b { 1.0 } else { 0.0 };
                        variance[(a, b)] += d * (n - d) / (n - 1.0) * share * (same - at_risk[b] / n);
                    }
                }
            }
        }
        members.iter().for_each(|i| at_risk[groups[*i] as usize] -= 1.0);
    }
    // Groups that were never at risk at an event say nothing; one of the others is redundant.
    let mut kept: Vec<usize> = (0..count).filter(|g| variance[(*g, *g)] > 1e-12).collect();
    if kept.len() < 2 {
        return Err(StatsError::Constant { name: "events while two groups were at risk" });
    }
    kept.pop();
    let part = DMatrix::from_fn(kept.len(), kept.len(), |i, j| variance[(kept[i], kept[j])]);
    let apart = DVector::from_iterator(kept.len(), kept.iter().map(|g| observed[*g] - expected[*g]));
    let solved = part.cholesky().ok_or(StatsError::Constant { name: "events while two groups were at risk" })?.solve(&apart);
    let chi2 = apart.dot(&solved);
    let degrees_of_freedom = kept.len() as u32;
    Ok(LogRank { chi2, degrees_of_freedom, p_value: chi2_sf(chi2, f64::from(degrees_of_freedom)), observed, expected })
}

#[cfg(test)]
mod tests {
    use super::super::kaplan_meier::tests::{DRUG, PLACEBO};
    use super::*;

    /// Match lifelines 0.30.3 on Freireich's patients: χ² 16.7929409892, p 4.168809e-5.
    #[test]
    fn freireich_is_met() {
        let (mut times, mut events): (Vec<f64>, Vec<bool>) = DRUG.iter().copied().unzip();
        times.extend(PLACEBO);
        events.extend([true; 21]);
        let groups: Vec<u32> = (0..42).map(|i| u32::from(i >= 21)).collect();
        let found = log_rank(&times, &events, &groups).unwrap();
        assert!((found.chi2 - 16.792_940_989_2).abs() < 1e-8 && (found.p_value - 4.168_809e-5).abs() < 1e-10);
        // Three groups, one of them a copy of the numbering: the same degrees of freedom as groups less one.
        let three: Vec<u32> = (0..42).map(|i| i % 3).collect();
        assert_eq!(log_rank(&times, &events, &three).unwrap().degrees_of_freedom, 2);
        assert!(log_rank(&times, &events, &[0; 42]).is_err() && log_rank(&times, &[false; 42], &groups).is_err());
    }
}
