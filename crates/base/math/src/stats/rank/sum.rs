//! Wilcoxon's rank-sum test (Mann and Whitney's).

use proband_core::ops;

use super::super::StatsError;
use super::super::error::{all_finite, at_least, check_confidence};
use super::super::special::normal_sf;
use super::{EXACT_COUNT_MAX, PAIR_COUNT_MAX, RankTest, doubled_ranks, estimate, exact_tails, skip_of};

/// Rank-sum test of two independent samples; the statistic counts pairs with first > second, ties half.
///
/// Exact up to [`EXACT_COUNT_MAX`] values in all, ties included. The interval of the shift is that of the untied law.
///
/// # Source
/// Wilcoxon 1945, Biometrics 1:80–83; Mann & Whitney 1947, Ann Math Stat 18:50; Hodges & Lehmann 1963, Ann Math Stat 34:598.
/// # Errors
/// [`StatsError::TooFew`], [`StatsError::NotFinite`], [`StatsError::Confidence`], [`StatsError::TooMany`] (above 5·10⁷ pairs);
/// [`StatsError::Constant`] when all values are equal.
pub fn wilcoxon_rank_sum(first: &[f64], second: &[f64], confidence: f64) -> Result<RankTest, StatsError> {
    check_confidence(confidence)?;
    at_least("the first sample", first.len(), 1)?;
    at_least("the second sample", second.len(), 1)?;
    all_finite("first sample", first)?;
    all_finite("second sample", second)?;
    let pairs = first.len().saturating_mul(second.len());
    if pairs > PAIR_COUNT_MAX {
        return Err(StatsError::TooMany { name: "pairs of values", found: pairs, max: PAIR_COUNT_MAX });
    }
    let all: Vec<f64> = first.iter().chain(second).copied().collect();
    if all.iter().all(|v| *v == all[0]) {
        return Err(StatsError::Constant { name: "both samples" });
    }
    let (ranks, ties) = doubled_ranks(&all);
    let doubled: u64 = ranks[..first.len()].iter().sum();
    let least = first.len() as u64 * (first.len() as u64 + 1);
    let statistic = 0.5 * (doubled - least) as f64;
    let exact = all.len() <= EXACT_COUNT_MAX;
    let (p_greater, p_less) = if exact {
        exact_tails(&law(&ranks, first.len()), doubled as usize)
    } else {
        normal_tails(statistic, first.len() as f64, second.len() as f64, ties)
    };
    let mut differences = Vec::with_capacity(pairs);
    for a in first {
        differences.extend(second.iter().map(|b| a - b));
    }
    differences.sort_by(f64::total_cmp);
    let (shift, low, high) = estimate(&differences, skip(first.len(), second.len(), confidence));
    let p_two_sided = (2.0 * p_greater.min(p_less)).min(1.0);
    Ok(RankTest { statistic, p_two_sided, p_greater, p_less, exact, shift, low, high })
}

/// Law of the doubled rank sum of `chosen` values over all choices.
fn law(ranks: &[u64], chosen: usize) -> Vec<f64> {
    let total: usize = ranks.iter().sum::<u64>() as usize;
    let width = total + 1;
    let mut ways = vec![0.0; (chosen + 1) * width];
    ways[0] = 1.0;
    for rank in ranks {
        let rank = *rank as usize;
        for count in (0..chosen).rev() {
            for sum in (0..width - rank).rev() {
                let add = ways[count * width + sum];
                if add > 0.0 {
                    ways[(count + 1) * width + sum + rank] += add;
                }
            }
        }
    }
    let row = &ways[chosen * width..];
    let all: f64 = row.iter().sum();
    row.iter().map(|w| w / all).collect()
}

fn normal_tails(statistic: f64, n: f64, m: f64, ties: f64) -> (f64, f64) {
    let total = n + m;
    let mean = 0.5 * n * m;
    let sd = (n * m / 12.0 * (total + 1.0 - ties / (total * (total - 1.0)))).sqrt();
    (normal_sf((statistic - mean - 0.5) / sd), ops::normal_cdf((statistic - mean + 0.5) / sd))
}

fn skip(n: usize, m: usize, confidence: f64) -> Option<usize> {
    let tail = 0.5 * (1.0 - confidence);
    if n + m <= EXACT_COUNT_MAX {
        let ranks: Vec<u64> = (1..=(n + m) as u64).collect();
        let law = law(&ranks, n);
        return skip_of(law[n * (n + 1) / 2..].iter().copied(), tail);
    }
    let (n, m) = (n as f64, m as f64);
    let z = super::super::normal_quantile(1.0 - tail);
    Some((0.5 * n * m - z * (n * m * (n + m + 1.0) / 12.0).sqrt()).max(0.0) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Match the permeability constants of Hollander & Wolfe 1973 as R prints them: W = 35, one-sided p = 0.1272.
    #[test]
    fn hollander_and_wolfe_are_met() {
        let x = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46];
        let y = [1.15, 0.88, 0.90, 0.74, 1.21];
        let found = wilcoxon_rank_sum(&x, &y, 0.95).unwrap();
        assert!(found.exact && found.statistic == 35.0);
        assert!((found.p_greater - 0.1272).abs() < 5e-5 && (found.p_two_sided - 0.2544).abs() < 5e-5);
        assert!((found.shift - 0.305).abs() < 1e-9, "{found:?}");
        assert!((found.low + 0.15).abs() < 1e-9 && (found.high - 0.76).abs() < 1e-9, "{found:?}");
    }

    /// Refuse NaN, empty and constant samples.
    #[test]
    fn hostile_samples_are_refused() {
        assert!(wilcoxon_rank_sum(&[], &[1.0], 0.95).is_err() && wilcoxon_rank_sum(&[f64::NAN], &[1.0], 0.95).is_err());
        assert!(wilcoxon_rank_sum(&[1.0; 4], &[1.0; 3], 0.95).is_err());
        let (a, b): (Vec<f64>, Vec<f64>) = ((0..40).map(f64::from).collect(), (0..40).map(|i| f64::from(i) + 0.5).collect());
        let found = wilcoxon_rank_sum(&a, &b, 0.95).unwrap();
        assert!(!found.exact && found.p_two_sided > 0.5 && (found.shift + 0.5).abs() < 1e-9);
    }

    proptest! {
        /// Keep probabilities in 0 to 1 whatever the ties, and mirror when the samples change places.
        #[test]
        fn ties_keep_probabilities(a in proptest::collection::vec(0_i32..6, 1..15), b in proptest::collection::vec(0_i32..6, 1..15)) {
            let a: Vec<f64> = a.iter().map(|v| f64::from(*v)).collect();
            let b: Vec<f64> = b.iter().map(|v| f64::from(*v)).collect();
            if let Ok(found) = wilcoxon_rank_sum(&a, &b, 0.9) {
                let mirrored = wilcoxon_rank_sum(&b, &a, 0.9).unwrap();
                prop_assert!((0.0..=1.0).contains(&found.p_two_sided) && (found.p_greater - mirrored.p_less).abs() < 1e-9);
                prop_assert!((found.shift + mirrored.shift).abs() < 1e-12);
            }
        }
    }
}
