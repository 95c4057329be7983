//! What a calibrated patient will show later in the same record: what is not known of him, of the reading, and of his drift.

use super::outcome::{Calibration, Interval};

/// 90 % of a Gaussian lie within so many standard deviations.
const Z_90: f64 = 1.644_853_626_951_5;

/// How a value wanders in the stretch from which the patient was learnt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drift {
    /// Standard deviation of the means of its windows [unit of the value].
    pub spread: f64,
    /// Length of the stretch [s].
    pub learnt_s: f64,
    /// Length of the stretch that follows and is to be predicted [s].
    pub later_s: f64,
}

impl Drift {
    /// Standard deviation of the mean of the later stretch about the mean of the stretch that was learnt, if the value walks at
    /// random: with q per second, windows of a stretch T spread by q T/6, and means of stretches T and U that touch differ
    /// by q (T + U)/3, so that the second follows from the first. Noise of the windows counts as walk: the band is rather wide.
    #[must_use]
    pub fn sd(&self) -> f64 {
        let sd = self.spread * (2.0 * (self.learnt_s + self.later_s.max(0.0)) / self.learnt_s.max(1e-9)).sqrt();
        if sd.is_finite() { sd } else { 0.0 }
    }
}

impl Calibration {
    /// What a reading of this standard deviation is expected to show in a later stretch, with an interval of 90 %. The middle stays
    /// where it is: a drift is not carried on. `None` for a name that is not shown.
    #[must_use]
    pub fn later(&self, name: &str, reading_sd: f64, drift: &Drift) -> Option<Interval> {
        let shown = self.shows(name)?;
        let own = (shown.high_90 - shown.low_90) / (2.0 * Z_90);
        let half = Z_90 * (own * own + reading_sd * reading_sd + drift.sd() * drift.sd()).sqrt();
        Some(Interval { median: shown.median, low_90: shown.median - half, high_90: shown.median + half })
    }
}

#[cfg(test)]
mod tests {
    use proband_core::Stream;

    use super::*;

    /// Agree with walks that were made.
    #[test]
    fn walks_drift_as_said() {
        let mut stream = Stream::new(1, 0, "drift");
        let (mut squares, mut said) = (0.0, 0.0);
        for _ in 0..400 {
            let mut x = 0.0;
            let windows: Vec<f64> = (0..60)
                .map(|_| {
                    let sum: f64 = (0..20)
                        .map(|_| {
                            x += stream.normal();
                            x
                        })
                        .sum();
                    sum / 20.0
                })
                .collect();
            let mean = |w: &[f64]| w.iter().sum::<f64>() / w.len() as f64;
            let (first, last) = (mean(&windows[..40]), mean(&windows[40..]));
            let variance = windows[..40].iter().map(|w| (w - first) * (w - first)).sum::<f64>() / 39.0;
            squares += (last - first) * (last - first);
            let sd = Drift { spread: variance.sqrt(), learnt_s: 40.0, later_s: 20.0 }.sd();
            said += sd * sd;
        }
        assert!((0.8..1.25).contains(&(squares / said)), "{}", squares / said);
    }
}
