//! The product-limit curve.

use proband_core::ops;
use serde::{Deserialize, Serialize};

use super::super::error::check_confidence;
use super::super::{StatsError, normal_quantile};
use super::{check_times, order};

/// The curve from one event time to the next.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SurvivalPoint {
    /// Time of the event [unit of the times].
    pub time: f64,
    /// Patients under observation just before.
    pub at_risk: u64,
    /// Events at this time.
    pub events: u64,
    /// Share without an event from this time on [1].
    pub survival: f64,
    /// Greenwood's standard error [1].
    pub standard_error: f64,
    /// Lower end of the log-log interval [1].
    pub low: f64,
    /// Upper end [1]. Where the curve has reached 0 the formula has none: 0 to the end before is stated.
    pub high: f64,
}

/// Kaplan and Meier's curve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KaplanMeier {
    /// One point per time with an event, growing.
    pub points: Vec<SurvivalPoint>,
    /// Last time of observation [unit of the times]: beyond it the curve is not known.
    pub last_time: f64,
    /// Patients.
    pub count: u64,
}

impl KaplanMeier {
    /// The curve at a time [1]: right-continuous, 1 before the first event.
    #[must_use]
    pub fn at(&self, time: f64) -> f64 {
        self.points.iter().take_while(|p| p.time <= time).last().map_or(1.0, |p| p.survival)
    }

    /// First time at which the curve is at or below 1 − `fraction` [unit of the times]; none when it stays above.
    #[must_use]
    pub fn quantile(&self, fraction: f64) -> Option<f64> {
        self.points.iter().find(|p| p.survival <= 1.0 - fraction + 1e-12).map(|p| p.time)
    }

    /// First time at which half have had the event; none when fewer had.
    #[must_use]
    pub fn median(&self) -> Option<f64> {
        self.quantile(0.5)
    }

    /// Interval of the median: where the upper and lower limits of the curve cross one half; none is no limit.
    #[must_use]
    pub fn median_interval(&self) -> (Option<f64>, Option<f64>) {
        let first = |end: fn(&SurvivalPoint) -> f64| self.points.iter().find(|p| end(p) <= 0.5).map(|p| p.time);
        (first(|p| p.low), first(|p| p.high))
    }
}

/// Kaplan and Meier's curve with Greenwood's error and log-log intervals.
///
/// `times`: time of the event or of the last observation; `events`: which of the two.
///
/// # Source
/// Kaplan & Meier 1958, J Am Stat Assoc 53:457; Greenwood 1926; log-log interval of Kalbfleisch & Prentice 1980, sec. 1.3.
/// # Errors
/// [`StatsError::TooFew`], [`StatsError::Length`], [`StatsError::NotFinite`], [`StatsError::OutOfRange`] for negative times,
/// [`StatsError::Confidence`].
pub fn kaplan_meier(times: &[f64], events: &[bool], confidence: f64) -> Result<KaplanMeier, StatsError> {
    check_confidence(confidence)?;
    check_times(times, events)?;
    let z = normal_quantile(0.5 + 0.5 * confidence);
    let order = order(times, events);
    let (mut survival, mut sum, mut before) = (1.0, 0.0, 1.0);
    let mut points = Vec::new();
    let mut start = 0;
    while start < order.len() {
        let time = times[order[start]];
        let same = order[start..].iter().take_while(|i| times[**i] == time).count();
        let d = order[start..start + same].iter().filter(|i| events[**i]).count();
        let n = order.len() - start;
        start += same;
        if d == 0 {
            continue;
        }
        survival *= (n - d) as f64 / n as f64;
        let (standard_error, low, high);
        if n > d {
            sum += d as f64 / (n as f64 * (n - d) as f64);
            let spread = z * sum.sqrt() / ops::ln(survival);
            (low, high) = (ops::powf(survival, ops::exp(-spread)), ops::powf(survival, ops::exp(spread)));
            standard_error = survival * sum.sqrt();
        } else {
            (standard_error, low, high) = (0.0, 0.0, before);
        }
        before = high;
        points.push(SurvivalPoint { time, at_risk: n as u64, events: d as u64, survival, standard_error, low, high });
    }
    Ok(KaplanMeier { points, last_time: order.last().map_or(0.0, |i| times[*i]), count: times.len() as u64 })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Remission times of 42 children with leukaemia in weeks (Freireich et al. 1963, Blood 21:699): 6-mercaptopurine.
    pub(crate) const DRUG: [(f64, bool); 21] = [
        (6.0, true),
        (6.0, true),
        (6.0, true),
        (6.0, false),
        (7.0, true),
        (9.0, false),
        (10.0, true),
        (10.0, false),
        (11.0, false),
        (13.0, true),
        (16.0, true),
        (17.0, false),
        (19.0, false),
        (20.0, false),
        (22.0, true),
        (23.0, true),
        (25.0, false),
        (32.0, false),
        (32.0, false),
        (34.0, false),
        (35.0, false),
    ];
    /// Placebo: all relapsed.
    pub(crate) const PLACEBO: [f64; 21] =
        [1.0, 1.0, 2.0, 2.0, 3.0, 4.0, 4.0, 5.0, 5.0, 8.0, 8.0, 8.0, 8.0, 11.0, 11.0, 12.0, 12.0, 15.0, 17.0, 22.0, 23.0];

    /// Match medians, survival and Greenwood's error printed for these patients.
    #[test]
    fn freireich_is_met() {
        let (times, events): (Vec<f64>, Vec<bool>) = DRUG.iter().copied().unzip();
        let drug = kaplan_meier(&times, &events, 0.95).unwrap();
        let placebo = kaplan_meier(&PLACEBO, &[true; 21], 0.95).unwrap();
        assert!((drug.at(10.0) - 0.752_941_18).abs() < 1e-8 && (placebo.at(10.0) - 0.380_952_38).abs() < 1e-8);
        assert_eq!((drug.median(), placebo.median()), (Some(23.0), Some(8.0)));
        let first = drug.points[0];
        assert!((first.survival - 0.857_142_857).abs() < 1e-8 && (first.standard_error - 0.076_360_354).abs() < 1e-8);
        assert!((first.low - 0.6197).abs() < 5e-5 && (first.high - 0.9516).abs() < 5e-5, "{first:?}");
        let last = placebo.points.last().unwrap();
        assert!(last.survival == 0.0 && last.low == 0.0 && last.high < 0.3 && last.high.is_finite());
        assert_eq!(placebo.median_interval(), (Some(4.0), Some(11.0)));
    }

    /// Refuse NaN, negative and ragged times; draw a flat curve without events.
    #[test]
    fn hostile_times_are_refused() {
        assert!(kaplan_meier(&[], &[], 0.95).is_err() && kaplan_meier(&[f64::NAN], &[true], 0.95).is_err());
        assert!(kaplan_meier(&[-1.0], &[true], 0.95).is_err() && kaplan_meier(&[1.0], &[], 0.95).is_err());
        let flat = kaplan_meier(&[1.0, 2.0], &[false; 2], 0.95).unwrap();
        assert!(flat.points.is_empty() && flat.at(5.0) == 1.0 && flat.median().is_none());
    }
}
