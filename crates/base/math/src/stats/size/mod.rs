//! How many patients: sizes are real numbers; the caller rounds up and says so.

mod mean;
mod proportion;
mod rare;
mod time_to_event;

pub use mean::{size_mean_precision, size_t_paired, size_t_two_sample, size_wilcoxon_two_sample, t_power_paired, t_power_two_sample};
pub use proportion::{
    non_inferiority_power, size_mcnemar, size_non_inferiority, size_proportion_precision, size_two_proportions, two_proportion_power,
};
pub use rare::{crude_cov, crude_runs_for_cov, runs_without_failure, zero_failure_upper};
pub use time_to_event::{events_log_rank, log_rank_power};

use super::error::open_fraction;
use super::{StatsError, normal_quantile};

/// Whether a test looks at both sides of the null.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Sides {
    /// α on one side.
    One,
    /// α/2 on each side.
    Two,
}

impl Sides {
    /// α that one tail gets.
    #[must_use]
    pub fn tail(self, alpha: f64) -> f64 {
        match self {
            Self::One => alpha,
            Self::Two => 0.5 * alpha,
        }
    }
}

/// Greatest size that is looked for.
pub const SIZE_MAX: f64 = 1e12;

/// z of the level and z of the power.
fn quantiles(alpha: f64, sides: Sides, power: f64) -> Result<(f64, f64), StatsError> {
    open_fraction("alpha", alpha)?;
    open_fraction("power", power)?;
    Ok((normal_quantile(1.0 - sides.tail(alpha)), normal_quantile(power)))
}

/// An effect that is not zero.
fn nonzero(name: &'static str, value: f64) -> Result<(), StatsError> {
    if value.is_finite() && value.abs() >= 1e-9 { Ok(()) } else { Err(StatsError::OutOfRange { name, value, min: 1e-9, max: f64::MAX }) }
}
