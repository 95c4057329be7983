//! What a calibration found, and how far it can be believed.

use proband_physiology::whole::Resting;
use serde::Serialize;

use super::belief::WholeBelief;
use super::factor::FACTORS;
use super::reading::Reading;

/// A middle and the ends of an interval of 90 %.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// Median.
    pub median: f64,
    /// 5 % lie below.
    pub low_90: f64,
    /// 5 % lie above.
    pub high_90: f64,
}

impl Interval {
    /// Of samples; NaN without any.
    #[must_use]
    pub fn of(samples: &[f64]) -> Self {
        let mut sorted: Vec<f64> = samples.to_vec();
        sorted.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let place = share * (sorted.len().max(1) - 1) as f64;
            let (low, part) = (place.floor() as usize, place - place.floor());
            match (sorted.get(low), sorted.get(low + 1)) {
                (Some(a), Some(b)) => a + part * (b - a),
                (Some(a), None) => *a,
                _ => f64::NAN,
            }
        };
        Self { median: at(0.5), low_90: at(0.05), high_90: at(0.95) }
    }

    /// Whether a value lies in it.
    #[must_use]
    pub fn holds(&self, value: f64) -> bool {
        value >= self.low_90 && value <= self.high_90
    }
}

/// One factor after the calibration.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FactorOutcome {
    /// Name.
    pub name: &'static str,
    /// The factor itself, not its logarithm.
    pub factor: Interval,
    /// 1 − spread after / spread before: 1 found exactly, 0 nothing learnt.
    pub shrinkage: f64,
    /// Median's distance from what was believed before, in standard deviations of that.
    pub moved: f64,
    /// In a word: `found`, `narrowed`, `not identified`.
    pub verdict: &'static str,
}

/// One reading beside what the calibrated patient shows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReadingOutcome {
    /// The reading.
    pub reading: Reading,
    /// What was expected before.
    pub before: f64,
    /// What the calibrated patient shows.
    pub shown: Interval,
    /// (Reading − median) / its standard deviation.
    pub residual: f64,
}

/// Everything about one calibration.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Calibration {
    /// What was believed before.
    pub before: WholeBelief,
    /// What is believed now.
    pub after: WholeBelief,
    /// Factor by factor.
    pub factors: Vec<FactorOutcome>,
    /// Reading by reading.
    pub readings: Vec<ReadingOutcome>,
    /// Everything that the calibrated patient shows at rest, measured or not, in the order of [`Resting::NAMES`].
    pub shown: [Interval; 12],
    /// Singular values of the sensitivity, falling, in units of the noise per unit of what was believed before: above
    /// 1 the readings say more than was believed, below they say less.
    pub information: Vec<f64>,
    /// Steps to the most probable factors, and whether they came to rest.
    pub step_count: u32,
    /// As `step_count`.
    pub converged: bool,
    /// Runs of the whole patient, and how many of them had no rest.
    pub run_count: u32,
    /// As `run_count`.
    pub failed_count: u32,
    /// Error of the picture that was sampled, root mean square, in the order of [`Resting::NAMES`].
    pub emulator_error: [f64; 12],
    /// Part of the sampler's moves that were accepted.
    pub acceptance: f64,
    /// What a reader must know.
    pub warnings: Vec<String>,
}

impl Calibration {
    /// What the calibrated patient shows.
    #[must_use]
    pub fn shows(&self, name: &str) -> Option<Interval> {
        Resting::NAMES.iter().position(|n| *n == name).map(|i| self.shown[i])
    }

    /// Pairs of factors that the readings cannot tell apart: |correlation| above 0.7.
    #[must_use]
    pub fn tied(&self) -> Vec<(&'static str, &'static str, f64)> {
        let mut out = Vec::new();
        for (i, one) in FACTORS.iter().enumerate() {
            for (j, other) in FACTORS.iter().enumerate().skip(i + 1) {
                let r = self.after.correlation(i, j);
                if r.abs() > 0.7 {
                    out.push((one.name, other.name, r));
                }
            }
        }
        out
    }

    /// In one line, for the twin's history.
    #[must_use]
    pub fn summary(&self) -> String {
        let factors: Vec<String> = self
            .factors
            .iter()
            .map(|f| format!("{} {:.3} [{:.3}, {:.3}] {}", f.name, f.factor.median, f.factor.low_90, f.factor.high_90, f.verdict))
            .collect();
        let residuals: Vec<String> = self
            .readings
            .iter()
            .map(|r| format!("{} {:.4} shown {:.4} ({:+.1} sd)", r.reading.name, r.reading.value, r.shown.median, r.residual))
            .collect();
        let tied: Vec<String> = self.tied().iter().map(|(a, b, r)| format!("{a} ~ {b} {r:+.2}")).collect();
        let mut text = format!("factors (90 %): {}; readings: {}", factors.join(", "), residuals.join(", "));
        if !tied.is_empty() {
            text.push_str(&format!("; not told apart: {}", tied.join(", ")));
        }
        if !self.warnings.is_empty() {
            text.push_str(&format!("; warnings: {}", self.warnings.join(", ")));
        }
        let mut end = text.len().min(1900);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text
    }
}
