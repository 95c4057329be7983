//! Beats of a pressure or volume pulse.

use crate::error::check_rate;
use crate::prepare::filled;
use crate::{SignalError, low_pass, median};

/// Least samples per second [Hz]: the low pass is at 16 Hz.
pub const PULSE_RATE_HZ_MIN: f64 = 40.0;

/// Corner of the low pass [Hz]: Zong et al. 2003, Computers in Cardiology 30:259–262.
const CORNER_HZ: f64 = 16.0;
/// Window of the slope sum [s], about the length of an upstroke: same source.
const SLOPE_SUM_S: f64 = 0.128;
/// Threshold as a part of the running mean of the maxima: same source.
const THRESHOLD: f64 = 0.60;
/// No second beat within [s]: same source.
const REFRACTORY_S: f64 = 0.300;
/// The threshold falls when no beat came for so long [s]: same source.
const SILENCE_S: f64 = 2.5;
/// The beat's foot is looked for so long before the steepest part [s]. Prior: unverified, longest upstroke of an artery.
const FOOT_S: f64 = 0.300;

/// One beat: from its foot to the next. Values in the unit of the signal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Beat {
    /// Sample of the foot.
    pub onset: usize,
    /// Sample of the top.
    pub top: usize,
    /// Sample of the next foot.
    pub end: usize,
    /// Value at the top.
    pub systolic: f64,
    /// Least value about the foot.
    pub diastolic: f64,
    /// Mean of all finite samples from foot to foot.
    pub mean: f64,
}

impl Beat {
    /// Top less foot.
    #[must_use]
    pub fn pulse(&self) -> f64 {
        self.systolic - self.diastolic
    }
}

/// Whole beats, in order; the part before the first foot and after the last is none.
///
/// # Source
/// Slope sum function and adaptive threshold: Zong et al. 2003, "An open-source algorithm to detect onset of arterial blood
/// pressure pulses", Computers in Cardiology 30:259–262. The low pass is run both ways here, so that nothing is delayed.
/// # Errors
/// [`SignalError::RateOutOfRange`] below [`PULSE_RATE_HZ_MIN`].
pub fn pulse_beats(samples: &[f64], rate_hz: f64) -> Result<Vec<Beat>, SignalError> {
    check_rate("beats of a pulse", rate_hz, PULSE_RATE_HZ_MIN)?;
    let Some(mut smooth) = filled(samples) else { return Ok(Vec::new()) };
    low_pass(&mut smooth, CORNER_HZ, rate_hz)?;
    let slope_sum = slope_sum(&smooth, (SLOPE_SUM_S * rate_hz).round().max(1.0) as usize);
    Ok(beats_of(samples, &feet(&smooth, &slope_sum, rate_hz), rate_hz))
}

/// Beats between feet.
pub(crate) fn beats_of(samples: &[f64], feet: &[usize], rate_hz: f64) -> Vec<Beat> {
    let reach = (0.02 * rate_hz) as usize + 1;
    let mut beats = Vec::with_capacity(feet.len());
    for pair in feet.windows(2) {
        let (onset, end) = (pair[0], pair[1]);
        // A beat over lost samples has no top that could be trusted.
        let part = &samples[onset..end];
        let lost = part.iter().filter(|x| !x.is_finite()).count();
        if lost * 10 > part.len() {
            continue;
        }
        let top = onset + crate::ecg::argmax(part.iter().map(|x| if x.is_finite() { *x } else { f64::NEG_INFINITY }));
        let foot = &samples[onset.saturating_sub(reach)..(onset + reach).min(samples.len())];
        let diastolic = foot.iter().copied().fold(f64::INFINITY, f64::min);
        let mean = part.iter().filter(|x| x.is_finite()).sum::<f64>() / (part.len() - lost) as f64;
        if samples[top].is_finite() && diastolic.is_finite() && samples[top] > diastolic {
            beats.push(Beat { onset, top, end, systolic: samples[top], diastolic, mean });
        }
    }
    beats
}

/// Sum of the rises within the window that ends at each sample.
fn slope_sum(smooth: &[f64], window: usize) -> Vec<f64> {
    let rise = |i: usize| (smooth[i] - smooth[i - 1]).max(0.0);
    let mut out = vec![0.0; smooth.len()];
    let mut sum = 0.0;
    for (i, out) in out.iter_mut().enumerate().skip(1) {
        sum += rise(i);
        if i > window {
            sum -= rise(i - window);
        }
        *out = sum.max(0.0);
    }
    out
}

/// Feet before each crossing of the adaptive threshold.
fn feet(smooth: &[f64], slope_sum: &[f64], rate_hz: f64) -> Vec<usize> {
    let samples = |seconds: f64| (seconds * rate_hz) as usize;
    let second = samples(1.0).max(1);
    let tops: Vec<f64> = slope_sum.chunks(second).take(10).map(|part| part.iter().fold(0.0, |a: f64, b| a.max(*b))).collect();
    let mut level = median(&tops);
    let (mut feet, mut i): (Vec<usize>, usize) = (Vec::new(), 1);
    let mut last = 0_usize;
    while i < slope_sum.len() {
        if i - last > samples(SILENCE_S) {
            level *= 0.9;
            last = i;
        }
        if slope_sum[i] <= THRESHOLD * level || slope_sum[i] <= 0.0 {
            i += 1;
            continue;
        }
        // Top of the slope sum within the refractory time, then back to where the pulse began to rise.
        let to = (i + samples(REFRACTORY_S).max(1)).min(slope_sum.len());
        let top = i + crate::ecg::argmax(slope_sum[i..to].iter().copied());
        let from = top.saturating_sub(samples(FOOT_S)).max(feet.last().map_or(0, |foot| foot + samples(0.5 * REFRACTORY_S)));
        let rise = slope_sum[top];
        let mut foot = from;
        if from < top {
            // The lowest point before the top; of a long flat diastole the last low point.
            let low = smooth[from..=top].iter().copied().fold(f64::INFINITY, f64::min);
            foot = from + smooth[from..=top].iter().rposition(|x| *x <= low + 0.02 * rise).unwrap_or(0);
        }
        level += 0.125 * (rise.min(2.0 * level) - level);
        feet.push(foot);
        last = top;
        i = top.max(i) + samples(REFRACTORY_S).max(1);
        // Wait until the slope sum has fallen, so that one long rise is one beat.
        while i < slope_sum.len() && slope_sum[i] > THRESHOLD * level && slope_sum[i] <= slope_sum[i - 1] {
            i += 1;
        }
    }
    feet.dedup();
    feet
}
