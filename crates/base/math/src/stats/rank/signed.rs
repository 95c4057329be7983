//! Wilcoxon's signed-rank test.

use proband_core::ops;

use super::super::StatsError;
use super::super::error::{all_finite, at_least, check_confidence};
use super::super::special::normal_sf;
use super::{EXACT_COUNT_MAX, PAIR_COUNT_MAX, RankTest, doubled_ranks, estimate, exact_tails, skip_of};

/// Signed-rank test of differences about zero. Zeros are left out of the test, as Wilcoxon did, and kept in the estimate.
///
/// The interval of the shift is that of the untied law; it is stated for continuous differences.
///
/// # Source
/// Wilcoxon 1945, Biometrics 1:80–83; estimate of Hodges & Lehmann 1963, Ann Math Stat 34:598.
/// # Errors
/// [`StatsError::TooFew`], [`StatsError::NotFinite`], [`StatsError::Confidence`], [`StatsError::TooMany`] (above 7000 values);
/// [`StatsError::Constant`] when all differences are zero.
pub fn wilcoxon_signed_rank(differences: &[f64], confidence: f64) -> Result<RankTest, StatsError> {
    check_confidence(confidence)?;
    at_least("differences", differences.len(), 1)?;
    all_finite("differences", differences)?;
    let pairs = differences.len().saturating_mul(differences.len() + 1) / 2;
    if pairs > PAIR_COUNT_MAX {
        return Err(StatsError::TooMany { name: "pairs of differences", found: pairs, max: PAIR_COUNT_MAX });
    }
    let used: Vec<f64> = differences.iter().copied().filter(|d| *d != 0.0).collect();
    if used.is_empty() {
        return Err(StatsError::Constant { name: "differences" });
    }
    let sizes: Vec<f64> = used.iter().map(|d| d.abs()).collect();
    let (ranks, ties) = doubled_ranks(&sizes);
    let doubled: u64 = ranks.iter().zip(&used).filter(|(_, d)| **d > 0.0).map(|(r, _)| r).sum();
    let exact = used.len() <= EXACT_COUNT_MAX;
    let (p_greater, p_less) = if exact { exact_tails(&law(&ranks), doubled as usize) } else { normal_tails(doubled, used.len(), ties) };

    let mut walsh = Vec::with_capacity(pairs);
    for (i, a) in differences.iter().enumerate() {
        walsh.extend(differences[i..].iter().map(|b| 0.5 * a + 0.5 * b));
    }
    walsh.sort_by(f64::total_cmp);
    let (shift, low, high) = estimate(&walsh, skip(differences.len(), confidence));
    let p_two_sided = (2.0 * p_greater.min(p_less)).min(1.0);
    Ok(RankTest { statistic: 0.5 * doubled as f64, p_two_sided, p_greater, p_less, exact, shift, low, high })
}

/// Law of the doubled sum over all choices of signs.
fn law(ranks: &[u64]) -> Vec<f64> {
    let total: u64 = ranks.iter().sum();
    let mut law = vec![0.0; total as usize + 1];
    law[0] = 1.0;
    let mut reach = 0;
    for rank in ranks {
        let rank = *rank as usize;
        for sum in (0..=reach).rev() {
            let half = 0.5 * law[sum];
            law[sum] = half;
            law[sum + rank] += half;
        }
        reach += rank;
    }
    law
}

fn normal_tails(doubled: u64, n: usize, ties: f64) -> (f64, f64) {
    let n = n as f64;
    let mean = n * (n + 1.0) / 4.0;
    let sd = (n * (n + 1.0) * (2.0 * n + 1.0) / 24.0 - ties / 48.0).sqrt();
    let v = 0.5 * doubled as f64;
    (normal_sf((v - mean - 0.5) / sd), ops::normal_cdf((v - mean + 0.5) / sd))
}

/// Walsh averages to leave out at either end.
fn skip(n: usize, confidence: f64) -> Option<usize> {
    let tail = 0.5 * (1.0 - confidence);
    if n <= EXACT_COUNT_MAX {
        let ranks: Vec<u64> = (1..=n as u64).collect();
        return skip_of(law(&ranks).into_iter(), tail);
    }
    let n = n as f64;
    let z = super::super::normal_quantile(1.0 - tail);
    Some((n * (n + 1.0) / 4.0 - z * (n * (n + 1.0) * (2.0 * n + 1.0) / 24.0).sqrt()).max(0.0) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Match the depression scores of Hollander & Wolfe 1973 as R prints them: V = 40, one-sided p = 0.01953.
    #[test]
    #[expect(clippy::approx_constant, reason = "a measured score of 3.14 is not π")]
    fn hollander_and_wolfe_are_met() {
        let x = [1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30];
        let y = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29];
        let differences: Vec<f64> = x.iter().zip(&y).map(|(a, b)| a - b).collect();
        let found = wilcoxon_signed_rank(&differences, 0.95).unwrap();
        assert!(found.exact && found.statistic == 40.0);
        assert!((found.p_greater - 0.01953).abs() < 5e-6 && (found.p_two_sided - 0.03906).abs() < 5e-6);
        assert!((found.shift - 0.46).abs() < 1e-9, "{found:?}"); // median of 45 Walsh averages
        assert!((found.low - 0.01).abs() < 1e-9 && (found.high - 0.786).abs() < 1e-9, "{found:?}"); // 6th from either end
    }

    /// Agree with the normal limit where both apply.
    #[test]
    fn exact_and_normal_meet() {
        let differences: Vec<f64> = (0..50).map(|i| f64::from(i) - 20.3).collect();
        let (ranks, ties) = doubled_ranks(&differences.iter().map(|d| d.abs()).collect::<Vec<_>>());
        let exact = wilcoxon_signed_rank(&differences, 0.95).unwrap();
        let doubled: u64 = ranks.iter().zip(&differences).filter(|(_, d)| **d > 0.0).map(|(r, _)| r).sum();
        assert!((normal_tails(doubled, 50, ties).0 - exact.p_greater).abs() < 1e-3);
        assert!(wilcoxon_signed_rank(&[0.0; 4], 0.95).is_err() && wilcoxon_signed_rank(&[f64::NAN], 0.95).is_err());
        assert!(wilcoxon_signed_rank(&[1.0], 0.95).unwrap().high.is_infinite());
    }

    proptest! {
        /// Keep probabilities in 0 to 1 whatever the ties, and mirror with the sign.
        #[test]
        fn ties_keep_probabilities(values in proptest::collection::vec(-4_i32..5, 1..40)) {
            let differences: Vec<f64> = values.iter().map(|v| f64::from(*v)).collect();
            if let Ok(found) = wilcoxon_signed_rank(&differences, 0.9) {
                let mirrored = wilcoxon_signed_rank(&differences.iter().map(|d| -d).collect::<Vec<_>>(), 0.9).unwrap();
                prop_assert!((0.0..=1.0).contains(&found.p_two_sided) && (found.p_greater - mirrored.p_less).abs() < 1e-9);
                prop_assert!((found.shift + mirrored.shift).abs() < 1e-12);
            }
        }
    }
}
