//! Mean, spread and quantiles.

use serde::{Deserialize, Serialize};

use super::StatsError;
use super::error::{all_finite, at_least};

/// Values that one chunk of [`Moments::of`] takes in.
pub const MOMENT_CHUNK_COUNT: usize = 1024;

/// Count, mean and sum of squared deviations: enough to merge.
///
/// # Source
/// Welford 1962, Technometrics 4:419 (one value at a time); Chan, Golub & LeVeque 1983, Am Stat 37:242 (merge).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Moments {
    /// Number of values.
    pub count: u64,
    /// Mean; 0 without values.
    pub mean: f64,
    /// Sum of squared deviations from the mean.
    pub squares: f64,
}

impl Moments {
    /// Moments of the values, over chunks of fixed size merged in order: the same bits however many threads fill
    /// the chunks.
    #[must_use]
    pub fn of(values: &[f64]) -> Self {
        values.chunks(MOMENT_CHUNK_COUNT).fold(Self::default(), |mut total, chunk| {
            let mut part = Self::default();
            for value in chunk {
                part.add(*value);
            }
            total.merge(&part);
            total
        })
    }

    /// Take in one value.
    pub fn add(&mut self, value: f64) {
        self.count += 1;
        let before = value - self.mean;
        self.mean += before / self.count as f64;
        self.squares += before * (value - self.mean);
    }

    /// Take in the values of another.
    pub fn merge(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        let (a, b) = (self.count as f64, other.count as f64);
        let apart = other.mean - self.mean;
        self.count += other.count;
        self.mean += apart * (b / (a + b));
        self.squares += other.squares + apart * apart * (a * b / (a + b));
    }

    /// Sample variance, divided by n − 1; NaN below two values.
    #[must_use]
    pub fn variance(&self) -> f64 {
        if self.count < 2 { f64::NAN } else { self.squares / (self.count - 1) as f64 }
    }

    /// Sample standard deviation; NaN below two values.
    #[must_use]
    pub fn sd(&self) -> f64 {
        self.variance().sqrt()
    }

    /// Standard error of the mean; NaN below two values.
    #[must_use]
    pub fn standard_error(&self) -> f64 {
        (self.variance() / self.count as f64).sqrt()
    }
}

/// Quantile by linear interpolation between order statistics, h = (n − 1) p.
///
/// # Source
/// Hyndman & Fan 1996, Am Stat 50:361–365, type 7.
/// # Errors
/// [`StatsError::TooFew`] without values, [`StatsError::NotFinite`], [`StatsError::Fraction`] for `p`.
pub fn quantile(values: &[f64], p: f64) -> Result<f64, StatsError> {
    at_least("values", values.len(), 1)?;
    all_finite("values", values)?;
    super::error::all_fractions("p", &[p])?;
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = (sorted.len() - 1) as f64 * p;
    let below = place.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    let part = place - below as f64;
    Ok(if part == 0.0 { sorted[below] } else { sorted[below] + part * (sorted[above] - sorted[below]) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Keep the variance of values far from zero.
    #[test]
    fn a_large_offset_does_not_eat_the_variance() {
        let values: Vec<f64> = [4.0, 7.0, 13.0, 16.0].iter().map(|x| x + 1e9).collect();
        let moments = Moments::of(&values);
        assert_eq!(moments.mean, 1e9 + 10.0);
        assert!((moments.variance() - 30.0).abs() < 1e-9);
        assert!((moments.standard_error() - 7.5_f64.sqrt()).abs() < 1e-9);
        assert!(Moments::of(&[1.0]).sd().is_nan());
    }

    /// Match NIST's certified values of the data set NumAcc3 (mean 1000000.2, sd 0.1).
    #[test]
    fn nist_numacc3_is_met() {
        let mut values = vec![1_000_000.2];
        for _ in 0..500 {
            values.extend([1_000_000.1, 1_000_000.3]);
        }
        let moments = Moments::of(&values);
        assert!((moments.mean - 1_000_000.2).abs() < 1e-9);
        assert!((moments.sd() - 0.1).abs() < 1e-9);
    }

    /// Interpolate as type 7 does, and refuse nonsense.
    #[test]
    fn quantiles_interpolate() {
        let values = [3.0, 1.0, 2.0, 4.0];
        assert_eq!(quantile(&values, 0.0), Ok(1.0));
        assert_eq!(quantile(&values, 0.25), Ok(1.75));
        assert_eq!(quantile(&values, 0.5), Ok(2.5));
        assert_eq!(quantile(&values, 1.0), Ok(4.0));
        assert!(quantile(&[], 0.5).is_err() && quantile(&[f64::NAN], 0.5).is_err() && quantile(&values, 1.1).is_err());
    }

    proptest! {
        /// Agree with the textbook's two passes, wherever the values are cut in two.
        #[test]
        fn merging_is_exact(values in proptest::collection::vec(-1e3..1e3_f64, 2..60), cut in 0_usize..60) {
            let cut = cut.min(values.len());
            let mut merged = Moments::of(&values[..cut]);
            merged.merge(&Moments::of(&values[cut..]));
            let n = values.len() as f64;
            let mean = values.iter().sum::<f64>() / n;
            let variance = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (n - 1.0);
            prop_assert!((merged.mean - mean).abs() < 1e-9 && (merged.variance() - variance).abs() < 1e-6);
        }
    }
}
