//! Student's tests: means of one sample, of pairs and of two samples.

use super::error::{all_finite, at_least, check_confidence, same_length};
use super::special::{student_quantile, student_sf, student_two_sided};
use super::{Moments, StatsError};

/// A difference of means with its test.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct MeanTest {
    /// Mean, or first mean minus second [unit of the values].
    pub difference: f64,
    /// Its standard error [unit of the values].
    pub standard_error: f64,
    /// Lower end of the confidence interval [unit of the values].
    pub low: f64,
    /// Upper end [unit of the values].
    pub high: f64,
    /// Student's t.
    pub t: f64,
    /// Degrees of freedom; a fraction for Welch's test.
    pub degrees_of_freedom: f64,
    /// P(|T| > |t|).
    pub p_two_sided: f64,
    /// P(T > t): small when the difference is greater than the hypothesis says.
    pub p_greater: f64,
}

impl MeanTest {
    fn new(
        difference: f64,
        standard_error: f64,
        df: f64,
        hypothesis: f64,
        confidence: f64,
        name: &'static str,
    ) -> Result<Self, StatsError> {
        if standard_error <= 0.0 {
            return Err(StatsError::Constant { name });
        }
        if !(difference.is_finite() && standard_error.is_finite() && df.is_finite()) {
            return Err(StatsError::OutOfRange { name, value: difference, min: -1e150, max: 1e150 });
        }
        let t = (difference - hypothesis) / standard_error;
        let half = student_quantile(0.5 + 0.5 * confidence, df) * standard_error;
        Ok(Self {
            difference,
            standard_error,
            low: difference - half,
            high: difference + half,
            t,
            degrees_of_freedom: df,
            p_two_sided: student_two_sided(t, df),
            p_greater: student_sf(t, df),
        })
    }
}

/// One-sample t test of a mean against `hypothesis` [unit of the values].
///
/// # Source
/// Student 1908, Biometrika 6:1–25.
/// # Errors
/// [`StatsError::TooFew`] below two values, [`StatsError::NotFinite`], [`StatsError::Confidence`],
/// [`StatsError::Constant`] when all values are equal.
pub fn t_test_one_sample(values: &[f64], hypothesis: f64, confidence: f64) -> Result<MeanTest, StatsError> {
    check_confidence(confidence)?;
    at_least("values", values.len(), 2)?;
    all_finite("values", values)?;
    all_finite("hypothesis", &[hypothesis])?;
    let m = Moments::of(values);
    MeanTest::new(m.mean, m.standard_error(), m.count as f64 - 1.0, hypothesis, confidence, "values")
}

/// Paired t test, first minus second: the same patient in both arms.
///
/// # Source
/// Student 1908, Biometrika 6:1–25.
/// # Errors
/// As [`t_test_one_sample`], and [`StatsError::Length`].
pub fn t_test_paired(first: &[f64], second: &[f64], confidence: f64) -> Result<MeanTest, StatsError> {
    same_length("the second sample", second.len(), first.len())?;
    all_finite("first sample", first)?;
    all_finite("second sample", second)?;
    let differences: Vec<f64> = first.iter().zip(second).map(|(a, b)| a - b).collect();
    t_test_one_sample(&differences, 0.0, confidence)
}

fn two(first: &[f64], second: &[f64], confidence: f64) -> Result<(Moments, Moments), StatsError> {
    check_confidence(confidence)?;
    at_least("the first sample", first.len(), 2)?;
    at_least("the second sample", second.len(), 2)?;
    all_finite("first sample", first)?;
    all_finite("second sample", second)?;
    Ok((Moments::of(first), Moments::of(second)))
}

/// Two-sample t test with one variance for both.
///
/// # Requires
/// Equal variances; use [`t_test_welch`] when in doubt.
/// # Source
/// Student 1908, Biometrika 6:1–25; Fisher 1925, Metron 5:90.
/// # Errors
/// As [`t_test_one_sample`].
pub fn t_test_pooled(first: &[f64], second: &[f64], confidence: f64) -> Result<MeanTest, StatsError> {
    let (a, b) = two(first, second, confidence)?;
    let df = (a.count + b.count) as f64 - 2.0;
    let variance = (a.squares + b.squares) / df;
    let error = (variance * (1.0 / a.count as f64 + 1.0 / b.count as f64)).sqrt();
    MeanTest::new(a.mean - b.mean, error, df, 0.0, confidence, "both samples")
}

/// Two-sample t test with a variance each; `hypothesis` is the difference under the null, minus the margin for
/// non-inferiority.
///
/// # Source
/// Welch 1947, Biometrika 34:28–35; degrees of freedom by Satterthwaite 1946, Biometrics 2:110.
/// # Errors
/// As [`t_test_one_sample`].
pub fn t_test_welch(first: &[f64], second: &[f64], hypothesis: f64, confidence: f64) -> Result<MeanTest, StatsError> {
    let (a, b) = two(first, second, confidence)?;
    all_finite("hypothesis", &[hypothesis])?;
    let (va, vb) = (a.variance() / a.count as f64, b.variance() / b.count as f64);
    if va + vb <= 0.0 {
        return Err(StatsError::Constant { name: "both samples" });
    }
    // Shares, not squares: squares of tiny variances would vanish.
    let (wa, wb) = (va / (va + vb), vb / (va + vb));
    let df = 1.0 / (wa * wa / (a.count as f64 - 1.0) + wb * wb / (b.count as f64 - 1.0));
    MeanTest::new(a.mean - b.mean, (va + vb).sqrt(), df, hypothesis, confidence, "both samples")
}

/// Difference of means in units of the pooled standard deviation √((s₁² + s₂²)/2): the balance of a baseline table.
///
/// # Source
/// Austin 2009, Stat Med 28:3083–3107.
/// # Errors
/// [`StatsError::TooFew`], [`StatsError::NotFinite`]; [`StatsError::Constant`] when neither sample varies.
pub fn standardised_difference(first: &[f64], second: &[f64]) -> Result<f64, StatsError> {
    let (a, b) = two(first, second, 0.95)?;
    let variance = 0.5 * (a.variance() + b.variance());
    if variance > 0.0 { Ok((a.mean - b.mean) / variance.sqrt()) } else { Err(StatsError::Constant { name: "both samples" }) }
}

/// The same for proportions: (p₁ − p₂) / √((p₁q₁ + p₂q₂)/2).
///
/// # Source
/// Austin 2009, Stat Med 28:3083–3107.
/// # Errors
/// [`StatsError::Proportion`]; [`StatsError::Constant`] when neither proportion is between 0 and 1.
pub fn standardised_difference_of_proportions(first: (u64, u64), second: (u64, u64)) -> Result<f64, StatsError> {
    super::proportion::check_arm(first)?;
    super::proportion::check_arm(second)?;
    let (p, q) = (super::proportion::share(first), super::proportion::share(second));
    let variance = 0.5 * (p * (1.0 - p) + q * (1.0 - q));
    if variance > 0.0 { Ok((p - q) / variance.sqrt()) } else { Err(StatsError::Constant { name: "both proportions" }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: [f64; 10] = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0];
    const SECOND: [f64; 10] = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];

    /// Match Student's sleep data as R prints the tests.
    #[test]
    fn student_slept() {
        let welch = t_test_welch(&FIRST, &SECOND, 0.0, 0.95).unwrap();
        assert!((welch.t + 1.8608).abs() < 5e-5 && (welch.degrees_of_freedom - 17.776).abs() < 5e-4);
        assert!(
            (welch.p_two_sided - 0.07939).abs() < 5e-6 && (welch.low + 3.365_483_2).abs() < 1e-7 && (welch.high - 0.205_483_2).abs() < 1e-7
        );
        let paired = t_test_paired(&FIRST, &SECOND, 0.95).unwrap();
        assert!((paired.t + 4.0621).abs() < 5e-5 && (paired.p_two_sided - 0.002_833).abs() < 5e-7);
        assert!((paired.low + 2.459_885_8).abs() < 1e-7 && (paired.high + 0.700_114_2).abs() < 1e-7);
        let pooled = t_test_pooled(&FIRST, &SECOND, 0.95).unwrap();
        assert!((pooled.p_two_sided - 0.07919).abs() < 5e-6 && pooled.degrees_of_freedom == 18.0);
        assert!((pooled.p_greater - (1.0 - 0.5 * pooled.p_two_sided)).abs() < 1e-12);
    }

    /// Refuse NaN, short and constant samples; never answer NaN.
    #[test]
    fn hostile_samples_are_refused() {
        assert!(t_test_welch(&[1.0, f64::NAN], &[1.0, 2.0], 0.0, 0.95).is_err() && t_test_welch(&[], &[1.0, 2.0], 0.0, 0.95).is_err());
        assert_eq!(t_test_welch(&[1.0; 3], &[2.0; 3], 0.0, 0.95), Err(StatsError::Constant { name: "both samples" }));
        assert!(t_test_paired(&[1.0, 2.0], &[0.0, 1.0], 0.95).is_err() && t_test_one_sample(&[1.0], 0.0, 0.95).is_err());
        assert!(t_test_welch(&[1e300, -1e300], &[1e300, 1e300], 0.0, 0.95).map_or(true, |t| t.p_two_sided.is_finite()));
        assert!((standardised_difference(&[0.0, 2.0], &[1.0, 3.0]).unwrap() + 1.0 / 2.0_f64.sqrt()).abs() < 1e-15);
        assert!(standardised_difference_of_proportions((0, 3), (0, 3)).is_err());
    }
}
