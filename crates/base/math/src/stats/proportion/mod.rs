//! Two proportions: how far apart, and within which limits.

mod difference;
mod exact;
mod odds;
mod paired;
mod ratio;
mod score;
mod unconditional;

pub use difference::{miettinen_nurminen_difference, risk_difference};
pub use exact::{FisherTest, fisher_exact, odds_ratio_exact};
pub use odds::{miettinen_nurminen_odds_ratio, odds_ratio};
pub use paired::{McNemar, PairedCounts, mcnemar, newcombe_paired, tango};
pub use ratio::{miettinen_nurminen_ratio, risk_ratio};
pub use unconditional::risk_difference_exact;

use super::StatsError;

/// An estimate with its confidence interval; an end may be infinite where the data set no limit.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Estimate {
    /// The estimate; infinite or 0 where a count is zero.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Estimate {
    /// Whether a value lies inside, ends included.
    #[must_use]
    pub fn contains(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }
}

/// Successes and trials of one arm.
pub(crate) fn check_arm(arm: (u64, u64)) -> Result<(), StatsError> {
    // 2^40 patients: beyond it counts lose their last digits as floats.
    if arm.1 > 0 && arm.0 <= arm.1 && arm.1 < 1 << 40 { Ok(()) } else { Err(StatsError::Proportion { successes: arm.0, trials: arm.1 }) }
}

pub(crate) fn share(arm: (u64, u64)) -> f64 {
    arm.0 as f64 / arm.1 as f64
}
