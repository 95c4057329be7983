//! Sampled signals with names.

use super::LogicError;

/// Signals sampled together at a fixed period, all finite.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace<'a> {
    pub(super) period_s: f64,
    pub(super) signals: Vec<(&'a str, &'a [f64])>,
    pub(super) count: usize,
}

impl<'a> Trace<'a> {
    /// Name the signals. They are checked, not copied.
    ///
    /// # Errors
    /// [`LogicError::Length`] for none, empty or unequal signals, [`LogicError::NotFinite`] (samples, the period),
    /// [`LogicError::Time`] for a period not above 0.
    pub fn new(period_s: f64, signals: &[(&'a str, &'a [f64])]) -> Result<Self, LogicError> {
        if !(period_s > 0.0 && period_s.is_finite()) {
            return Err(LogicError::Time { index: 1, time_s: period_s, expected_s: 0.0 });
        }
        let count = signals.first().map_or(0, |s| s.1.len());
        for (name, samples) in signals {
            if samples.len() != count || count == 0 {
                return Err(LogicError::Length { signal: (*name).into(), found: samples.len(), expected: count.max(1) });
            }
            if let Some(index) = samples.iter().position(|v| !v.is_finite()) {
                return Err(LogicError::NotFinite { signal: (*name).into(), index, value: samples[index] });
            }
        }
        Ok(Self { period_s, signals: signals.to_vec(), count })
    }

    pub(super) fn signal(&self, name: &str) -> Result<&'a [f64], LogicError> {
        self.signals.iter().find(|s| s.0 == name).map(|s| s.1).ok_or_else(|| LogicError::NoSignal { name: name.into() })
    }
}

/// Period of stamps that grow evenly [s]: the mean step, when every stamp lies within a thousandth of it.
///
/// # Errors
/// [`LogicError::Length`] below two stamps, [`LogicError::Time`] for repeated, falling, uneven or non-finite ones.
pub fn check_uniform(times_s: &[f64]) -> Result<f64, LogicError> {
    let count = times_s.len();
    if count < 2 {
        return Err(LogicError::Length { signal: "time".into(), found: count, expected: 2 });
    }
    let period = (times_s[count - 1] - times_s[0]) / (count - 1) as f64;
    for (index, time_s) in times_s.iter().copied().enumerate() {
        let expected_s = times_s[0] + period * index as f64;
        // Written so that NaN fails.
        let even = (time_s - expected_s).abs() <= 1e-3 * period;
        if !(even && period > 0.0) {
            return Err(LogicError::Time { index, time_s, expected_s });
        }
    }
    Ok(period)
}
