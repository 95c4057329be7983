//! Two treatments, two periods, two orders.

use serde::{Deserialize, Serialize};

use super::StatsError;
use super::means::{MeanTest, t_test_pooled};

/// What a two-period crossover says.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CrossoverFit {
    /// First treatment minus second, freed of the period [unit of the values].
    pub treatment: MeanTest,
    /// First period minus second, freed of the treatment [unit of the values].
    pub period: MeanTest,
    /// Those who had the first treatment first minus the others, both periods together [unit of the values]: carry-over, or an
    /// unlucky sequence. It is compared between patients and therefore weak.
    pub sequence: MeanTest,
}

/// Analyse a crossover. `first`, `second`: values of (period 1, period 2) of those who had the first treatment first, and of
/// those who had it second.
///
/// # Requires
/// Differences within a patient that are nearly normal, or many patients; one variance for both orders.
/// # Source
/// Hills & Armitage 1979, Br J Clin Pharmacol 8:7–20; Grizzle 1965, Biometrics 21:467–480.
/// # Errors
/// As [`t_test_pooled`].
pub fn crossover(first: &[[f64; 2]], second: &[[f64; 2]], confidence: f64) -> Result<CrossoverFit, StatsError> {
    let halves = |rows: &[[f64; 2]], sign: f64| rows.iter().map(|[a, b]| 0.5 * sign * (a - b)).collect::<Vec<f64>>();
    let sums = |rows: &[[f64; 2]]| rows.iter().map(|[a, b]| a + b).collect::<Vec<f64>>();
    // Half the difference of the orders' mean differences is the treatment, half their sum the period.
    let treatment = t_test_pooled(&halves(first, 1.0), &halves(second, 1.0), confidence)?;
    let period = t_test_pooled(&halves(first, 1.0), &halves(second, -1.0), confidence)?;
    let sequence = t_test_pooled(&sums(first), &sums(second), confidence)?;
    Ok(CrossoverFit { treatment, period, sequence })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::least_squares;
    use proptest::prelude::*;

    /// Take back the effects that were put in.
    #[test]
    fn effects_come_back() {
        // Patient's level + treatment 2 + period 0.5; noise that cancels.
        let noise = [0.1, -0.1, 0.2, -0.2];
        let made = |order: f64| -> Vec<[f64; 2]> {
            (0..4).map(|i| [10.0 * i as f64 + 0.5 + 2.0 * order + noise[i], 10.0 * i as f64 + 2.0 * (1.0 - order) - noise[i]]).collect()
        };
        let fit = crossover(&made(1.0), &made(0.0), 0.95).unwrap();
        assert!((fit.treatment.difference - 2.0).abs() < 1e-12 && (fit.period.difference - 0.5).abs() < 1e-12);
        assert!(fit.sequence.difference.abs() < 1e-12);
        assert!(crossover(&[], &made(0.0), 0.95).is_err());
    }

    proptest! {
        /// Give what least squares with the patients as fixed effects gives.
        #[test]
        fn least_squares_agree(rows in prop::collection::vec((-10.0..10.0_f64, -10.0..10.0_f64), 7)) {
            let rows: Vec<[f64; 2]> = rows.into_iter().map(|(a, b)| [a, b]).collect();
            let (first, second) = rows.split_at(3);
            let Ok(fit) = crossover(first, second, 0.95) else { return Ok(()) };
            let (mut x, mut y) = (Vec::new(), Vec::new());
            for (patient, values) in rows.iter().enumerate() {
                for (period, value) in values.iter().enumerate() {
                    let treated = (patient < 3) == (period == 0);
                    let mut row = vec![f64::from(u8::from(treated)), f64::from(u8::from(period == 0))];
                    row.extend((1..rows.len()).map(|p| f64::from(u8::from(p == patient))));
                    x.push(row);
                    y.push(*value);
                }
            }
            let known = least_squares(&x, &y).unwrap();
            let scale = 1e-9 * (1.0 + known.standard_errors[1]);
            prop_assert!((known.coefficients[1] - fit.treatment.difference).abs() < 1e-9);
            prop_assert!((known.coefficients[2] - fit.period.difference).abs() < 1e-9);
            prop_assert!((known.standard_errors[1] - fit.treatment.standard_error).abs() < scale);
        }
    }
}
