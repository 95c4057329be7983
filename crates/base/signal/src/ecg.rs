//! R peaks of an electrocardiogram.

use crate::error::check_rate;
use crate::prepare::filled;
use crate::{SignalError, band_pass, median};

/// Least samples per second [Hz]: the band reaches to 15 Hz.
pub const ECG_RATE_HZ_MIN: f64 = 50.0;

/// Pass band of the QRS complex [Hz]: Pan & Tompkins 1985, IEEE Trans Biomed Eng 32:230–236.
const BAND_HZ: (f64, f64) = (5.0, 15.0);
/// Width of the integrator [s]: same source.
const INTEGRATOR_S: f64 = 0.150;
/// No second beat within [s]: same source.
const REFRACTORY_S: f64 = 0.200;
/// Within this time after a beat a flat wave is its T wave [s]: same source.
const T_WAVE_S: f64 = 0.360;
/// A beat is missing after this many usual intervals: same source.
const MISSING: f64 = 1.66;
/// Threshold between noise and beat: same source.
const THRESHOLD: f64 = 0.25;
/// Weight of a new peak in the running estimates: same source.
const WEIGHT: f64 = 0.125;
/// A peak counts at most this many times the running estimate, so that one artefact does not deafen the detector.
/// Prior: unverified, engineering judgement.
const PEAK_MAX: f64 = 2.0;
/// Half the width in which the R peak is looked for around the integrator's [s]. Prior: unverified, half the integrator and a bit.
const LOCAL_S: f64 = 0.100;

/// Indices of the R peaks, in order. Lost samples are bridged; no peak is given inside them.
///
/// Band pass, derivative, square, integrator and two adaptive thresholds with a search back for missed beats; the filters are
/// run both ways, so that the place of a peak needs no correction for delay.
///
/// # Source
/// Pan & Tompkins 1985, IEEE Trans Biomed Eng 32:230–236; Hamilton & Tompkins 1986, 33:1157–1165.
/// # Errors
/// [`SignalError::RateOutOfRange`] below [`ECG_RATE_HZ_MIN`].
pub fn r_peaks(samples: &[f64], rate_hz: f64) -> Result<Vec<usize>, SignalError> {
    check_rate("R peaks", rate_hz, ECG_RATE_HZ_MIN)?;
    let Some(mut band) = filled(samples) else { return Ok(Vec::new()) };
    band_pass(&mut band, BAND_HZ.0, BAND_HZ.1, rate_hz)?;
    let energy = energy(&band, rate_hz);
    let candidates = candidates(&energy, rate_hz);
    let mut peaks = Detector::new(&energy, &band, rate_hz).run(&candidates);
    let local = (LOCAL_S * rate_hz) as usize;
    for peak in &mut peaks {
        let (from, to) = (peak.saturating_sub(local), (*peak + local + 1).min(band.len()));
        *peak = from + argmax(band[from..to].iter().map(|x| x.abs()));
    }
    peaks.dedup();
    peaks.retain(|peak| samples[*peak].is_finite());
    Ok(peaks)
}

pub(crate) fn argmax(values: impl Iterator<Item = f64>) -> usize {
    values.enumerate().fold((0, f64::NEG_INFINITY), |best, (i, value)| if value > best.1 { (i, value) } else { best }).0
}

/// Squared slope, averaged over the integrator's width around each sample.
fn energy(band: &[f64], rate_hz: f64) -> Vec<f64> {
    let n = band.len();
    let slope = |i: usize| {
        let at = |offset: isize| band[(i as isize + offset).clamp(0, n as isize - 1) as usize];
        rate_hz / 8.0 * (2.0 * at(2) + at(1) - at(-1) - 2.0 * at(-2))
    };
    let half = (0.5 * INTEGRATOR_S * rate_hz).round().max(1.0) as usize;
    let squares: Vec<f64> = (0..n).map(|i| slope(i) * slope(i)).collect();
    let mut out = Vec::with_capacity(n);
    let mut sum: f64 = squares[..half.min(n)].iter().sum();
    for i in 0..n {
        if i + half < n {
            sum += squares[i + half];
        }
        if i > half {
            sum -= squares[i - half - 1];
        }
        out.push(sum.max(0.0) / (2 * half + 1) as f64);
    }
    out
}

/// Largest values with no larger one within the refractory time.
fn candidates(energy: &[f64], rate_hz: f64) -> Vec<usize> {
    let apart = (REFRACTORY_S * rate_hz) as usize;
    let mut list: Vec<usize> = Vec::new();
    for i in 0..energy.len() {
        let rises = i == 0 || energy[i] > energy[i - 1];
        let falls = i + 1 == energy.len() || energy[i] >= energy[i + 1];
        if !(rises && falls && energy[i] > 0.0) {
            continue;
        }
        match list.last_mut() {
            Some(last) if i - *last < apart => {
                if energy[i] > energy[*last] {
                    *last = i;
                }
            }
            _ => list.push(i),
        }
    }
    list
}

struct Detector<'a> {
    energy: &'a [f64],
    band: &'a [f64],
    rate_hz: f64,
    signal: f64,
    noise: f64,
    intervals: Vec<f64>,
    beats: Vec<usize>,
}

impl<'a> Detector<'a> {
    fn new(energy: &'a [f64], band: &'a [f64], rate_hz: f64) -> Self {
        // Begin with the usual largest value of a second over the first eight.
        let second = (rate_hz as usize).max(1);
        let tops: Vec<f64> = energy.chunks(second).take(8).map(|part| part.iter().fold(0.0, |a: f64, b| a.max(*b))).collect();
        let signal = median(&tops);
        let noise = median(&energy[..energy.len().min(8 * second)]);
        Self { energy, band, rate_hz, signal, noise, intervals: Vec::new(), beats: Vec::new() }
    }

    fn threshold(&self) -> f64 {
        self.noise + THRESHOLD * (self.signal - self.noise)
    }

    /// Usual interval between beats [samples].
    fn interval(&self) -> f64 {
        let recent = &self.intervals[self.intervals.len().saturating_sub(8)..];
        if recent.is_empty() { self.rate_hz } else { median(recent) }
    }

    fn run(mut self, candidates: &[usize]) -> Vec<usize> {
        let mut begin = 0;
        for (k, &at) in candidates.iter().enumerate() {
            let since = at - self.beats.last().copied().unwrap_or(0);
            if since as f64 > MISSING * self.interval() {
                self.search_back(&candidates[begin..k], at);
            }
            if self.energy[at] > self.threshold() && !self.is_t_wave(at) {
                self.accept(at, WEIGHT);
                begin = k + 1;
            } else {
                self.noise += WEIGHT * (self.energy[at].min(PEAK_MAX * self.noise.max(f64::MIN_POSITIVE)) - self.noise);
            }
        }
        self.beats
    }

    /// The largest peak that was passed over, if it reaches half the threshold.
    fn search_back(&mut self, passed: &[usize], now: usize) {
        let after = self.beats.last().map_or(0, |last| last + (T_WAVE_S * self.rate_hz) as usize);
        let best = passed.iter().copied().filter(|at| *at >= after).max_by(|a, b| self.energy[*a].total_cmp(&self.energy[*b]));
        match best {
            Some(best) if self.energy[best] > 0.5 * self.threshold() => self.accept(best, 2.0 * WEIGHT),
            // Four seconds of silence: the signal became smaller.
            _ if (now - self.beats.last().copied().unwrap_or(0)) as f64 > 4.0 * self.rate_hz => self.signal *= 0.7,
            _ => {}
        }
    }

    fn accept(&mut self, at: usize, weight: f64) {
        self.signal += weight * (self.energy[at].min(PEAK_MAX * self.signal) - self.signal);
        if let Some(last) = self.beats.last() {
            self.intervals.push((at - last) as f64);
        }
        self.beats.push(at);
    }

    /// A wave soon after a beat with less than half its slope.
    fn is_t_wave(&self, at: usize) -> bool {
        let Some(last) = self.beats.last().copied() else { return false };
        if (at - last) as f64 > T_WAVE_S * self.rate_hz {
            return false;
        }
        self.steepest(at) < 0.5 * self.steepest(last)
    }

    fn steepest(&self, at: usize) -> f64 {
        let half = (0.5 * INTEGRATOR_S * self.rate_hz) as usize;
        let part = &self.band[at.saturating_sub(half)..(at + half).min(self.band.len())];
        part.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f64::max)
    }
}
