//! Exact inference on a difference of proportions without fixing the margins.

use proband_core::ops;

use super::super::StatsError;
use super::score::{constrained_difference, score};
use super::{Estimate, check_arm, share};
use crate::stats::error::check_confidence;

/// Greatest number of tables, (n₁ + 1)(n₂ + 1).
const TABLE_COUNT_MAX: u64 = 40_000;
/// Places at which the unknown second proportion is tried.
const NUISANCE_COUNT: u32 = 200;
/// Statistics that differ by less are ties.
const TIE: f64 = 1e-9;

/// Difference p₁ − p₂ with an exact unconditional interval: all tables are ordered by the score statistic, and the unknown second
/// proportion is taken at its worst over 201 places. Covers at least what it says, but for what lies between those places.
///
/// # Source
/// Chan & Zhang 1999, Biometrics 55:1202–1209 (two one-sided tests).
/// # Errors
/// [`StatsError::Proportion`], [`StatsError::Confidence`]; [`StatsError::TooMany`] above 40 000 tables: use the score interval there.
pub fn risk_difference_exact(first: (u64, u64), second: (u64, u64), confidence: f64) -> Result<Estimate, StatsError> {
    check_arm(first)?;
    check_arm(second)?;
    check_confidence(confidence)?;
    let tables = (first.1 + 1).saturating_mul(second.1 + 1);
    if tables > TABLE_COUNT_MAX {
        return Err(StatsError::TooMany { name: "tables", found: tables as usize, max: TABLE_COUNT_MAX as usize });
    }
    let tail = 0.5 * (1.0 - confidence);
    let value = share(first) - share(second);
    let end = |above: bool| {
        // The outer side of each halving is kept: what is left, 2 · 2⁻³⁰, makes the interval wider, not narrower.
        let (mut outer, mut inner) = (if above { -1.0 } else { 1.0 }, value);
        for _ in 0..30 {
            let middle = 0.5 * (outer + inner);
            if worst_tail(first, second, middle, above) > tail { inner = middle } else { outer = middle }
        }
        outer
    };
    let low = if value <= -1.0 { -1.0 } else { end(true) };
    let high = if value >= 1.0 { 1.0 } else { end(false) };
    Ok(Estimate { value, low, high })
}

/// Greatest probability, over the second proportion, of a table at least as extreme as this one under the difference `delta`.
fn worst_tail(first: (u64, u64), second: (u64, u64), delta: f64, above: bool) -> f64 {
    let sign = if above { 1.0 } else { -1.0 };
    let at = |a: u64, b: u64| {
        let (x, y) = ((a, first.1), (b, second.1));
        sign * score(x, y, constrained_difference(x, y, delta), 1.0, delta)
    };
    let here = at(first.0, second.0) - TIE;
    // For each count of the first arm, the counts of the second that are as extreme.
    let extreme: Vec<Vec<bool>> = (0..=first.1).map(|a| (0..=second.1).map(|b| at(a, b) >= here).collect()).collect();
    let (least, most) = ((-delta).max(0.0), (1.0 - delta).min(1.0));
    let mut worst = 0.0_f64;
    for place in 0..=NUISANCE_COUNT {
        let q = least + (most - least) * f64::from(place) / f64::from(NUISANCE_COUNT);
        let (law_a, law_b) = (binomial(first.1, (q + delta).clamp(0.0, 1.0)), binomial(second.1, q));
        let row = |rows: &Vec<bool>| rows.iter().zip(&law_b).map(|(e, p)| if *e { *p } else { 0.0 }).sum::<f64>();
        worst = worst.max(extreme.iter().zip(&law_a).map(|(rows, p)| if *p > 0.0 { p * row(rows) } else { 0.0 }).sum());
    }
    worst
}

/// Binomial probabilities of 0 to n events, from the logarithms, so that nothing under- or overflows.
fn binomial(n: u64, p: f64) -> Vec<f64> {
    if p <= 0.0 || p >= 1.0 {
        let sure = if p <= 0.0 { 0 } else { n };
        return (0..=n).map(|k| if k == sure { 1.0 } else { 0.0 }).collect();
    }
    let odds = ops::ln(p) - ops::ln_1p(-p);
    let mut ln = n as f64 * ops::ln_1p(-p);
    (0..=n)
        .map(|k| {
            let here = ops::exp(ln);
            ln += ops::ln((n - k) as f64 / (k + 1) as f64) + odds;
            here
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cover at least 95 % for every pair of proportions, mirror, and refuse what takes too long.
    #[test]
    fn the_interval_covers() {
        let (n, m) = (4, 6);
        let mut intervals = Vec::new();
        for a in 0..=n {
            for b in 0..=m {
                intervals.push((a, b, risk_difference_exact((a, n), (b, m), 0.95).unwrap()));
            }
        }
        for (i, j) in (0..=20).flat_map(|i| (0..=20).map(move |j| (i, j))) {
            let (p, q) = (f64::from(i) / 20.0, f64::from(j) / 20.0);
            let (law_a, law_b) = (binomial(n, p), binomial(m, q));
            let inside = |e: &Estimate| e.low - 1e-9 <= p - q && p - q <= e.high + 1e-9;
            let covered: f64 = intervals.iter().filter(|i| inside(&i.2)).map(|i| law_a[i.0 as usize] * law_b[i.1 as usize]).sum();
            assert!(covered > 0.95 - 1e-4, "{p} {q} {covered}");
        }
        let (one, other) = (risk_difference_exact((3, 7), (2, 6), 0.95).unwrap(), risk_difference_exact((2, 6), (3, 7), 0.95).unwrap());
        assert!((one.low + other.high).abs() < 1e-6 && (one.high + other.low).abs() < 1e-6);
        assert!(one.contains(one.value) && risk_difference_exact((1, 500), (1, 500), 0.95).is_err());
    }
}
