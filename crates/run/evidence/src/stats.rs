//! The statistics of `proband-math` for values that may be missing.

use proband_math::stats;

/// Confidence of every interval in the report.
const CONFIDENCE: f64 = 0.95;

/// Successes among patients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rate {
    /// Successes.
    pub successes: u64,
    /// Patients.
    pub count: u64,
}

impl Rate {
    /// Count the values above one half among the finite ones.
    pub fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut rate = Self { successes: 0, count: 0 };
        for value in values.filter(|v| v.is_finite()) {
            rate.count += 1;
            rate.successes += u64::from(value > 0.5);
        }
        rate
    }

    /// Successes over patients; NaN without patients.
    pub fn value(&self) -> f64 {
        self.successes as f64 / self.count as f64
    }

    /// Wilson's 95 % interval; without patients, 0 to 1.
    pub fn wilson(&self) -> [f64; 2] {
        stats::wilson(self.successes, self.count, CONFIDENCE).map_or([0.0, 1.0], |i| [i.low, i.high])
    }
}

/// Predictions against outcomes.
#[derive(Clone, Debug)]
pub(crate) struct Calibration {
    /// Mean prediction of each bin, and what happened in it.
    pub bins: Vec<(f64, Rate)>,
    /// Probability of a worse fit if the predictions hold.
    pub p_value: f64,
    /// Brier score of the predictions.
    pub brier: f64,
    /// Brier score of the base rate as everybody's prediction.
    pub brier_base_rate: f64,
    /// Patients with both.
    pub count: usize,
}

/// Compare predictions with outcomes; `None` when no patient has both.
pub(crate) fn calibration(predicted: &[f64], happened: &[f64], bin_count: u32) -> Option<Calibration> {
    let valid = |p: f64, h: f64| (0.0..=1.0).contains(&p) && h.is_finite();
    let (p, h): (Vec<f64>, Vec<bool>) =
        predicted.iter().zip(happened).filter(|(p, h)| valid(**p, **h)).map(|(p, h)| (*p, *h > 0.5)).unzip();
    let found = stats::calibration(&p, &h, bin_count, false).ok()?;
    let base = h.iter().filter(|h| **h).count() as f64 / h.len() as f64;
    let bins = found.bins.iter().map(|b| (b.predicted_mean, Rate { successes: b.happened_count, count: b.count })).collect();
    Some(Calibration {
        bins,
        p_value: found.p_value,
        brier: stats::brier_score(&p, &h).ok()?,
        brier_base_rate: base * (1.0 - base),
        count: h.len(),
    })
}

/// Mean and standard deviation (n − 1) of the finite values; NaN without enough of them.
pub(crate) fn moments(values: &[f64]) -> (f64, f64) {
    let found = stats::Moments::of(&finite(values));
    (if found.count > 0 { found.mean } else { f64::NAN }, found.sd())
}

/// Median of the finite values; NaN without any.
pub(crate) fn median(values: &[f64]) -> f64 {
    stats::quantile(&finite(values), 0.5).unwrap_or(f64::NAN)
}

fn finite(values: &[f64]) -> Vec<f64> {
    values.iter().copied().filter(|v| v.is_finite()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Match the exact reading of 27 of 31: 87.1 %, Wilson interval 71 to 95 %; leave missing values out.
    #[test]
    fn wilson_matches_the_printed_interval() {
        let rate = Rate { successes: 27, count: 31 };
        let [low, high] = rate.wilson();
        assert!((rate.value() - 0.871).abs() < 5e-4 && (low - 0.71).abs() < 6e-3 && (high - 0.95).abs() < 6e-3, "{low} {high}");
        assert_eq!(Rate::of([1.0, f64::NAN, 0.0].into_iter()), Rate { successes: 1, count: 2 });
        assert_eq!(Rate::of(std::iter::empty()).wilson(), [0.0, 1.0]);
    }

    /// Give a perfect forecaster a Brier score of zero and the base rate its variance; survive missing values.
    #[test]
    fn brier_of_extremes() {
        let happened = [1.0, 0.0, 1.0, 1.0];
        let perfect = calibration(&happened, &happened, 2).unwrap();
        assert_eq!(perfect.brier, 0.0);
        assert!((perfect.brier_base_rate - 0.1875).abs() < 1e-12);
        assert!(calibration(&[f64::NAN, 2.0], &[1.0, 1.0], 2).is_none());
        assert!(median(&[f64::NAN]).is_nan() && moments(&[]).0.is_nan());
    }
}
