//! Several hypotheses at once: adjusted p-values.

use super::StatsError;
use super::error::all_fractions;

/// Places of p-values from the smallest to the greatest.
fn order(p_values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]).then(a.cmp(b)));
    order
}

/// Least value of `scale(rank) · p` over this and all greater p-values, capped at 1.
fn step_up(p_values: &[f64], scale: impl Fn(usize) -> f64) -> Result<Vec<f64>, StatsError> {
    all_fractions("p-value", p_values)?;
    let mut adjusted = vec![1.0; p_values.len()];
    let mut least = 1.0_f64;
    for (rank, place) in order(p_values).into_iter().enumerate().rev() {
        least = least.min(scale(rank) * p_values[place]);
        adjusted[place] = least;
    }
    Ok(adjusted)
}

/// Holm's step-down adjustment: family-wise error under any dependence. In the order of the input.
///
/// # Source
/// Holm 1979, Scand J Stat 6:65–70.
/// # Errors
/// [`StatsError::Fraction`].
pub fn holm(p_values: &[f64]) -> Result<Vec<f64>, StatsError> {
    all_fractions("p-value", p_values)?;
    let m = p_values.len();
    let mut adjusted = vec![1.0; m];
    let mut greatest = 0.0_f64;
    for (rank, place) in order(p_values).into_iter().enumerate() {
        greatest = greatest.max((m - rank) as f64 * p_values[place]).min(1.0);
        adjusted[place] = greatest;
    }
    Ok(adjusted)
}

/// Hochberg's step-up adjustment: family-wise error for independent or positively dependent tests.
///
/// # Source
/// Hochberg 1988, Biometrika 75:800–802.
/// # Errors
/// [`StatsError::Fraction`].
pub fn hochberg(p_values: &[f64]) -> Result<Vec<f64>, StatsError> {
    let m = p_values.len();
    step_up(p_values, |rank| (m - rank) as f64)
}

/// Benjamini and Hochberg's adjustment: false discovery rate for independent or positively dependent tests.
///
/// # Source
/// Benjamini & Hochberg 1995, J R Stat Soc B 57:289–300.
/// # Errors
/// [`StatsError::Fraction`].
pub fn benjamini_hochberg(p_values: &[f64]) -> Result<Vec<f64>, StatsError> {
    let m = p_values.len() as f64;
    step_up(p_values, |rank| m / (rank + 1) as f64)
}

/// Bonferroni's adjustment: p times the number of tests.
///
/// # Source
/// Dunn 1961, J Am Stat Assoc 56:52–64.
/// # Errors
/// [`StatsError::Fraction`].
pub fn bonferroni(p_values: &[f64]) -> Result<Vec<f64>, StatsError> {
    all_fractions("p-value", p_values)?;
    Ok(p_values.iter().map(|p| (p * p_values.len() as f64).min(1.0)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Match adjusted p-values printed by statsmodels 0.15, in any order of the input.
    #[test]
    fn adjustments_follow_print() {
        let p = [0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216];
        let expected = [0.01, 0.072, 0.312, 0.312, 0.312, 0.312, 0.312, 0.615, 0.615, 0.615];
        for (found, expected) in holm(&p).unwrap().iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12);
        }
        let mut reversed = p;
        reversed.reverse();
        assert!((holm(&reversed).unwrap()[9] - 0.01).abs() < 1e-12);
        assert!(benjamini_hochberg(&[0.01, 0.02, 0.03, 0.04, 0.05]).unwrap().iter().all(|q| (q - 0.05).abs() < 1e-15));
        assert!(holm(&[f64::NAN]).is_err() && holm(&[]).unwrap().is_empty());
    }

    proptest! {
        /// Order the methods: raw ≤ BH ≤ Hochberg ≤ Holm ≤ Bonferroni ≤ 1.
        #[test]
        fn methods_are_ordered(p in proptest::collection::vec(0.0..=1.0_f64, 1..30)) {
            let (bh, hochberg, holm, bonferroni) = (benjamini_hochberg(&p).unwrap(), hochberg(&p).unwrap(), holm(&p).unwrap(), bonferroni(&p).unwrap());
            for i in 0..p.len() {
                let slack = 1e-12;
                prop_assert!(p[i] <= bh[i] + slack && bh[i] <= hochberg[i] + slack && hochberg[i] <= holm[i] + slack);
                prop_assert!(holm[i] <= bonferroni[i] + slack && bonferroni[i] <= 1.0);
            }
        }
    }
}
