//! What the values of a channel look like, whatever its label says.

use proband_core::PA_PER_MMHG;
use proband_signal::{Beat, arterial_gate, band_pass, high_pass, median, pulse_beats, quantile, r_peaks, template_correlation};

use crate::wave::kind::WaveKind;
use crate::wave::record::{WaveChannel, WaveRun};

/// Looked at is at most so much of a channel [s], from the middle of its longest run: bounded work.
const EXCERPT_S: f64 = 300.0;
/// And at most so many samples.
const EXCERPT_MAX: usize = 5_000_000;
/// Least length that says something [s], and beats.
const EXCERPT_S_MIN: f64 = 5.0;
const BEATS_MIN: usize = 4;
/// Part of the beats that must be those of an artery. Prior: unverified.
const ARTERY_PART: f64 = 0.5;
/// Pa in a kilopascal over Pa in a millimetre of mercury.
const MMHG_PER_KPA: f64 = 1000.0 / PA_PER_MMHG;
/// An ECG has this part of its size between 5 and 15 Hz, a pressure or volume pulse less. Prior: unverified, between the two
/// groups of the public samples that Proband is tested with.
const SHARP: f64 = 0.30;
/// Beats of an ECG are alike: Orphanidou et al. 2015.
const CORRELATION_MIN: f64 = 0.66;

/// Statistics and shape, in the unit of the file.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Look {
    pub count: u64,
    pub mean: f64,
    pub low: f64,
    pub high: f64,
    /// Kind and unit whose numbers these would be.
    pub shape: Option<(WaveKind, &'static str)>,
    /// Beats of a pulse in the excerpt, and how many are an artery's when the labelled unit is believed.
    pub artery: Option<(usize, usize)>,
}

/// A value of the file's unit in SI.
pub(super) fn in_si(channel: &WaveChannel, value: f64) -> f64 {
    channel.unit.as_ref().map_or(value, |unit| unit.to_si(value))
}

impl Look {
    pub(super) fn of(channel: &WaveChannel) -> Self {
        let mut excerpt = excerpt(channel);
        if channel.kind.is_number() {
            // Zero stands for "not measured" in many monitors.
            excerpt.retain(|x| *x != 0.0);
        }
        let finite = excerpt.iter().filter(|x| x.is_finite()).count();
        let mean = excerpt.iter().filter(|x| x.is_finite()).sum::<f64>() / finite as f64;
        let (low, high) = (quantile(&excerpt, 0.01), quantile(&excerpt, 0.99));
        let long = finite as f64 >= EXCERPT_S_MIN * channel.rate_hz && high > low;
        let shape = if long { guess_kind(&excerpt, channel.rate_hz) } else { None };
        let artery = (long && channel.kind == WaveKind::ArterialPressure).then(|| {
            let pa: Vec<f64> = excerpt.iter().map(|x| in_si(channel, *x)).collect();
            let gate = arterial_gate(&pulse_beats(&pa, channel.rate_hz).unwrap_or_default(), channel.rate_hz);
            (gate.beats, gate.normal)
        });
        Self { count: channel.sample_count(), mean, low, high, shape, artery }
    }
}

/// The middle of the longest run, in the unit of the file.
fn excerpt(channel: &WaveChannel) -> Vec<f64> {
    let Some(run) = channel.runs.iter().max_by_key(|run: &&WaveRun| run.values.len()) else { return Vec::new() };
    let wanted = if channel.kind.is_number() { EXCERPT_MAX } else { (EXCERPT_S * channel.rate_hz) as usize };
    let length = wanted.clamp(1, EXCERPT_MAX).min(run.values.len());
    // The middle third of a run with lost samples may be empty: take the first window that has most of them.
    let starts = [(run.values.len() - length) / 2, 0, run.values.len() - length];
    let full = |start: &usize| run.values[*start..*start + length].iter().filter(|x| x.is_finite()).count();
    let mut best = starts[0];
    for start in starts {
        if full(&start) > full(&best) {
            best = start;
        }
    }
    run.values[best..best + length].iter().map(|x| channel.written(*x)).collect()
}

/// What the numbers would be, if nobody had labelled them: an arterial pressure in mmHg or kPa, or an ECG (in any unit).
#[must_use]
pub fn guess_kind(values: &[f64], rate_hz: f64) -> Option<(WaveKind, &'static str)> {
    let sharp = sharpness(values, rate_hz)?;
    if sharp > SHARP {
        return is_ecg(values, rate_hz).then_some((WaveKind::Ecg, ""));
    }
    let beats = pulse_beats(values, rate_hz).ok()?;
    let artery = |pa_per_step: f64| {
        let scaled: Vec<Beat> = beats
            .iter()
            .map(|b| Beat { systolic: b.systolic * pa_per_step, diastolic: b.diastolic * pa_per_step, mean: b.mean * pa_per_step, ..*b })
            .collect();
        let gate = arterial_gate(&scaled, rate_hz);
        gate.beats >= BEATS_MIN && gate.normal as f64 > ARTERY_PART * gate.beats as f64
    };
    if artery(PA_PER_MMHG) {
        return Some((WaveKind::ArterialPressure, "mmHg"));
    }
    artery(PA_PER_MMHG * MMHG_PER_KPA).then_some((WaveKind::ArterialPressure, "kPa"))
}

/// Size between 5 and 15 Hz as a part of the size above 0.5 Hz, each the root mean square.
pub(super) fn sharpness(values: &[f64], rate_hz: f64) -> Option<f64> {
    let middle = median(values);
    let filled: Vec<f64> = values.iter().map(|x| if x.is_finite() { *x - middle } else { 0.0 }).collect();
    let (mut all, mut band) = (filled.clone(), filled);
    high_pass(&mut all, 0.5, rate_hz).ok()?;
    band_pass(&mut band, 5.0, 15.0, rate_hz).ok()?;
    let size = |x: &[f64]| (x.iter().map(|x| x * x).sum::<f64>() / x.len().max(1) as f64).sqrt();
    let ratio = size(&band) / size(&all);
    ratio.is_finite().then_some(ratio)
}

fn is_ecg(values: &[f64], rate_hz: f64) -> bool {
    let Ok(peaks) = r_peaks(values, rate_hz) else { return false };
    let intervals: Vec<f64> = peaks.windows(2).map(|pair| (pair[1] - pair[0]) as f64).collect();
    let usual = median(&intervals);
    let heart = (30.0..=220.0).contains(&(60.0 * rate_hz / usual));
    peaks.len() >= BEATS_MIN && heart && template_correlation(values, &peaks, usual) >= CORRELATION_MIN
}
