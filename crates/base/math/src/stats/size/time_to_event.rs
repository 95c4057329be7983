//! Sizes for times to an event.

use proband_core::ops;

use super::super::error::{in_range, open_fraction};
use super::super::special::normal_sf;
use super::super::{StatsError, normal_quantile};
use super::{SIZE_MAX, Sides, nonzero, quantiles};

/// Events for the log-rank test or Cox's model: (z + z)² / (r (1 − r) ln² HR), with `share` r of the patients in one arm.
///
/// # Source
/// Schoenfeld 1981, Biometrika 68:316–319; 4 (z + z)² / ln² HR for equal arms.
/// # Errors
/// [`StatsError::OutOfRange`] for a ratio of 1 or below 0, [`StatsError::Fraction`].
pub fn events_log_rank(hazard_ratio: f64, share: f64, alpha: f64, sides: Sides, power: f64) -> Result<f64, StatsError> {
    in_range("hazard ratio", hazard_ratio, 1e-9, 1e9)?;
    open_fraction("share", share)?;
    let ln = ops::ln(hazard_ratio);
    nonzero("logarithm of the hazard ratio", ln)?;
    let (za, zb) = quantiles(alpha, sides, power)?;
    Ok((za + zb) * (za + zb) / (share * (1.0 - share) * ln * ln))
}

/// Power of the log-rank test with a number of events; the far tail is left out.
///
/// # Source
/// Schoenfeld 1981, Biometrika 68:316–319.
/// # Errors
/// As [`events_log_rank`].
pub fn log_rank_power(hazard_ratio: f64, share: f64, events: f64, alpha: f64, sides: Sides) -> Result<f64, StatsError> {
    in_range("hazard ratio", hazard_ratio, 1e-9, 1e9)?;
    in_range("events", events, 1.0, SIZE_MAX)?;
    open_fraction("share", share)?;
    open_fraction("alpha", alpha)?;
    let drift = ops::ln(hazard_ratio).abs() * (events * share * (1.0 - share)).sqrt();
    Ok(normal_sf(normal_quantile(1.0 - sides.tail(alpha)) - drift))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Match Schoenfeld's 65.345659 events for a ratio of 0.5, and come back to the power.
    #[test]
    fn schoenfeld_is_met() {
        let events = events_log_rank(0.5, 0.5, 0.05, Sides::Two, 0.8).unwrap();
        assert!((events - 65.345_659).abs() < 1e-5);
        assert!((log_rank_power(0.5, 0.5, events, 0.05, Sides::Two).unwrap() - 0.8).abs() < 1e-12);
        assert!(
            events_log_rank(1.0, 0.5, 0.05, Sides::Two, 0.8).is_err() && events_log_rank(f64::NAN, 0.5, 0.05, Sides::Two, 0.8).is_err()
        );
    }
}
