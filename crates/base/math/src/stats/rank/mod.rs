//! Tests of ranks: Wilcoxon's two, exact for small samples, with Hodges and Lehmann's estimate.

mod signed;
mod sum;

pub use signed::wilcoxon_signed_rank;
pub use sum::wilcoxon_rank_sum;

/// Samples up to this size are tested against the exact permutation law, ties included.
pub const EXACT_COUNT_MAX: usize = 50;

/// Greatest number of pairs of values that an estimate is taken over.
const PAIR_COUNT_MAX: usize = 50_000_000;

/// A shift in location with its test.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct RankTest {
    /// Sum of the positive signed ranks (V), or the Mann–Whitney count of the first sample (W).
    pub statistic: f64,
    /// Two-sided p-value.
    pub p_two_sided: f64,
    /// P of a statistic as great or greater.
    pub p_greater: f64,
    /// P of a statistic as small or smaller.
    pub p_less: f64,
    /// Whether the p-values are exact; otherwise normal with corrections for ties and continuity.
    pub exact: bool,
    /// Hodges and Lehmann's estimate of the shift, first minus second [unit of the values].
    pub shift: f64,
    /// Lower end of its confidence interval [unit of the values]; −∞ when the samples are too small for the level.
    pub low: f64,
    /// Upper end [unit of the values]; +∞ when the samples are too small for the level.
    pub high: f64,
}

/// Twice the mid-rank of each value, in the order of the values, and Σ (t³ − t) over ties.
fn doubled_ranks(values: &[f64]) -> (Vec<u64>, f64) {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]).then(a.cmp(b)));
    let mut ranks = vec![0; values.len()];
    let (mut start, mut ties) = (0, 0.0);
    while start < order.len() {
        let mut end = start + 1;
        while end < order.len() && values[order[end]] == values[order[start]] {
            end += 1;
        }
        for place in &order[start..end] {
            ranks[*place] = (start + end + 1) as u64;
        }
        let t = (end - start) as f64;
        ties += t * t * t - t;
        start = end;
    }
    (ranks, ties)
}

/// Median and the order statistics `skip` from either end of sorted values.
fn estimate(sorted: &[f64], skip: Option<usize>) -> (f64, f64, f64) {
    let n = sorted.len();
    let middle = 0.5 * (sorted[(n - 1) / 2] + sorted[n / 2]);
    match skip {
        Some(skip) if skip < n => (middle, sorted[skip], sorted[n - 1 - skip]),
        _ => (middle, f64::NEG_INFINITY, f64::INFINITY),
    }
}

/// Tails of a statistic on a grid of probabilities, `here` being its place.
fn exact_tails(law: &[f64], here: usize) -> (f64, f64) {
    (law[here..].iter().sum::<f64>().min(1.0), law[..=here].iter().sum::<f64>().min(1.0))
}

/// Number of smallest values to leave out so that each tail holds at most `tail` of the law; none when even the
/// smallest value has more.
fn skip_of(law: impl Iterator<Item = f64>, tail: f64) -> Option<usize> {
    let mut sum = 0.0;
    let mut count = 0;
    for p in law {
        sum += p;
        if sum > tail {
            break;
        }
        count += 1;
    }
    usize::checked_sub(count, 1)
}
