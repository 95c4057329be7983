//! Beats of a photoplethysmogram.

use crate::error::check_rate;
use crate::prepare::filled;
use crate::pulse::{PULSE_RATE_HZ_MIN, beats_of};
use crate::{Beat, SignalError, band_pass};

/// Band [Hz], window of a systolic peak and of a beat [s], offset as a part of the mean: Elgendi et al. 2013.
const BAND_HZ: (f64, f64) = (0.5, 8.0);
const PEAK_S: f64 = 0.111;
const BEAT_S: f64 = 0.667;
const OFFSET: f64 = 0.02;

/// Whole beats, in order, from foot to foot. A dicrotic wave is none of its own.
///
/// # Source
/// Two moving averages of the squared positive part: Elgendi, Norton, Brearley, Abbott & Schuurmans 2013, "Systolic peak detection in
/// acceleration photoplethysmograms measured from emergency responders in tropical conditions", PLoS ONE 8:e76585. The band pass is of
/// second order and run both ways here, theirs too; the foot is the last lowest point between two peaks.
/// # Errors
/// [`SignalError::RateOutOfRange`] below [`PULSE_RATE_HZ_MIN`].
pub fn plethysmogram_beats(samples: &[f64], rate_hz: f64) -> Result<Vec<Beat>, SignalError> {
    check_rate("beats of a plethysmogram", rate_hz, PULSE_RATE_HZ_MIN)?;
    let Some(mut band) = filled(samples) else { return Ok(Vec::new()) };
    band_pass(&mut band, BAND_HZ.0, BAND_HZ.1, rate_hz)?;
    let squares: Vec<f64> = band.iter().map(|x| x.max(0.0) * x.max(0.0)).collect();
    let offset = OFFSET * squares.iter().sum::<f64>() / squares.len() as f64;
    let width = |seconds: f64| ((seconds * rate_hz).round() as usize).max(1);
    let (peak, beat) = (moving_mean(&squares, width(PEAK_S)), moving_mean(&squares, width(BEAT_S)));
    let mut tops = Vec::new();
    let mut from = None;
    for i in 0..=band.len() {
        let inside = i < band.len() && peak[i] > beat[i] + offset;
        match (inside, from) {
            (true, None) => from = Some(i),
            (false, Some(begin)) => {
                if i - begin >= width(PEAK_S) {
                    tops.push(begin + crate::ecg::argmax(band[begin..i].iter().copied()));
                }
                from = None;
            }
            _ => {}
        }
    }
    let mut feet = Vec::with_capacity(tops.len());
    let mut before = 0;
    for top in tops {
        let low = band[before..=top].iter().copied().fold(f64::INFINITY, f64::min);
        feet.push(before + band[before..=top].iter().rposition(|x| *x <= low).unwrap_or(0));
        before = top;
    }
    Ok(beats_of(samples, &feet, rate_hz))
}

/// Mean over `width` samples about each one, fewer at the ends.
fn moving_mean(values: &[f64], width: usize) -> Vec<f64> {
    let mut sums = Vec::with_capacity(values.len() + 1);
    let mut sum = 0.0;
    sums.push(0.0);
    for value in values {
        sum += value;
        sums.push(sum);
    }
    let half = width / 2;
    let mean = |i: usize| {
        let (from, to) = (i.saturating_sub(half), (i + half + 1).min(values.len()));
        (sums[to] - sums[from]) / (to - from) as f64
    };
    (0..values.len()).map(mean).collect()
}
