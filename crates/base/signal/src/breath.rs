//! Breaths from a respiration signal.

use crate::error::check_rate;
use crate::prepare::filled;
use crate::{SignalError, band_pass, quantile};

/// Least samples per second [Hz].
pub const BREATH_RATE_HZ_MIN: f64 = 4.0;

/// Band of breathing [Hz]: 6 to 60 a minute with room for the shape of slow breaths.
/// Schäfer & Kratky 2008 use 0.1 to 0.5 Hz; the upper corner is raised for fast breathing (prior: unverified).
const BAND_HZ: (f64, f64) = (0.05, 1.0);
/// A maximum counts above this part of the third quartile of the maxima: Schäfer & Kratky 2008.
const THRESHOLD: f64 = 0.2;

/// Tops of the breaths (end of inspiration where the signal rises with it), in order.
///
/// A breath is a maximum above the threshold with exactly one minimum below zero before the next such maximum.
///
/// # Source
/// Schäfer & Kratky 2008, "Estimation of breathing rate from respiratory sinus arrhythmia", Ann Biomed Eng 36:476–485 (count-orig).
/// # Errors
/// [`SignalError::RateOutOfRange`] below [`BREATH_RATE_HZ_MIN`].
pub fn breaths(samples: &[f64], rate_hz: f64) -> Result<Vec<usize>, SignalError> {
    check_rate("breaths", rate_hz, BREATH_RATE_HZ_MIN)?;
    let Some(mut band) = filled(samples) else { return Ok(Vec::new()) };
    band_pass(&mut band, BAND_HZ.0, BAND_HZ.1, rate_hz)?;
    let (mut tops, mut lows) = (Vec::new(), Vec::new());
    for i in 1..band.len().saturating_sub(1) {
        if band[i] > band[i - 1] && band[i] >= band[i + 1] {
            tops.push(i);
        } else if band[i] < band[i - 1] && band[i] <= band[i + 1] && band[i] < 0.0 {
            lows.push(i);
        }
    }
    let heights: Vec<f64> = tops.iter().map(|i| band[*i]).filter(|height| *height > 0.0).collect();
    let threshold = THRESHOLD * quantile(&heights, 0.75);
    tops.retain(|i| band[*i] > threshold);
    let mut out: Vec<usize> = Vec::new();
    for top in tops {
        let between = out.last().map_or(1, |last| lows.iter().filter(|low| **low > *last && **low < top).count());
        match out.last_mut() {
            // No fall below zero between them: one breath, with its higher top.
            Some(last) if between == 0 => {
                if band[top] > band[*last] {
                    *last = top;
                }
            }
            _ => out.push(top),
        }
    }
    out.retain(|i| samples[*i].is_finite());
    Ok(out)
}
