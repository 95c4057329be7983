//! How far a window of a signal can be used.

use proband_core::PA_PER_MMHG;

use crate::prepare::{flat_parts, median, saturated_parts};
use crate::{Beat, ECG_RATE_HZ_MIN, PULSE_RATE_HZ_MIN, SignalError, plethysmogram_beats, pulse_beats, r_peaks};

/// Unchanged for so long is a flat line [s]. Prior: unverified. A pulse never rests; a coarse converter shows no change between two
/// QRS complexes, which lie at most 1.5 s apart (40 a minute); breathing may pause.
const FLAT_PULSE_S: f64 = 0.5;
const FLAT_ECG_S: f64 = 1.5;
const FLAT_OTHER_S: f64 = 2.0;
/// At the rail for so long is saturation [s]. Prior: unverified.
const RAIL_S: f64 = 0.05;
/// More lost, flat or saturated than this part of a window makes it bad. Prior: unverified.
const BAD_PART: f64 = 0.1;
/// Rates of the heart in a usable window [1/s]: Orphanidou et al. 2015, 40 to 180 per minute.
const HEART_HZ: (f64, f64) = (40.0 / 60.0, 180.0 / 60.0);
/// Longest interval [s] and largest ratio of intervals: same source.
const INTERVAL_S_MAX: f64 = 3.0;
const INTERVAL_RATIO_MAX: f64 = 2.2;
/// Least mean correlation of the beats with their mean: same source, ECG and plethysmogram.
const CORRELATION_ECG: f64 = 0.66;
const CORRELATION_PULSE: f64 = 0.86;

/// What a signal is judged as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QualityKind {
    /// Electrocardiogram, any unit.
    Ecg,
    /// Arterial pressure [Pa].
    ArterialPressure,
    /// Photoplethysmogram, any unit.
    Pulse,
    /// No beats: lost, flat and saturated parts only.
    Other,
}

/// Beats of an artery, and how many of them are what a patient can have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ArterialGate {
    /// Beats.
    pub beats: usize,
    /// Beats within every bound.
    pub normal: usize,
}

/// Judge beats of an arterial pressure [Pa] one by one.
///
/// Bounds: systolic 50 to 250, diastolic 20 to 180, pulse 15 to 150 mmHg, rate 20 to 220 per minute; from beat to beat
/// less than 20 mmHg and 0.5 s of change.
/// # Source
/// Sun, Reisner & Mark 2006, "A signal abnormality index for arterial blood pressure waveforms", Computers in Cardiology 33:13–16;
/// the numbers are prior: unverified.
#[must_use]
pub fn arterial_gate(beats: &[Beat], rate_hz: f64) -> ArterialGate {
    let within = |beat: &Beat| {
        let mmhg = |pa: f64| pa / PA_PER_MMHG;
        let seconds = (beat.end - beat.onset) as f64 / rate_hz;
        (50.0..=250.0).contains(&mmhg(beat.systolic))
            && (20.0..=180.0).contains(&mmhg(beat.diastolic))
            && (15.0..=150.0).contains(&mmhg(beat.pulse()))
            && (20.0..=220.0).contains(&(60.0 / seconds))
    };
    let steady = |a: &Beat, b: &Beat| {
        let step = 20.0 * PA_PER_MMHG;
        let change_s = ((b.end - b.onset) as f64 - (a.end - a.onset) as f64).abs() / rate_hz;
        (a.systolic - b.systolic).abs() < step && (a.diastolic - b.diastolic).abs() < step && change_s < 0.5
    };
    let normal = (0..beats.len())
        .filter(|i| within(&beats[*i]) && (*i == 0 || beats[*i].onset != beats[*i - 1].end || steady(&beats[*i - 1], &beats[*i])));
    ArterialGate { beats: beats.len(), normal: normal.count() }
}

/// Quality of one window.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowQuality {
    /// First sample.
    pub from: usize,
    /// One past the last sample.
    pub to: usize,
    /// Part of the samples that is lost, 0 to 1.
    pub lost: f64,
    /// Part that is a flat line.
    pub flat: f64,
    /// Part that is at a rail.
    pub saturated: f64,
    /// Beats in the window.
    pub beats: usize,
    /// Median rate of the beats [Hz]; NaN without two of them.
    pub rate_hz: f64,
    /// 0 (useless) to 1: mean correlation of the beats with their mean, the part of normal beats for an artery, the good part otherwise;
    /// 0 where the rate or the intervals are impossible.
    pub index: f64,
    /// Whether it can be used.
    pub usable: bool,
    /// Why not, in a few words; empty when it can.
    pub reason: &'static str,
}

/// Quality in windows of `window_s`.
///
/// # Source
/// ECG and pulse: Orphanidou et al. 2015, "Signal-quality indices for the electrocardiogram and photoplethysmogram",
/// IEEE J Biomed Health Inform 19:832–838 (written for windows of 10 s). Artery: [`arterial_gate`].
/// # Errors
/// [`SignalError::RateOutOfRange`] when the rate is not positive.
pub fn quality(kind: QualityKind, samples: &[f64], rate_hz: f64, window_s: f64) -> Result<Vec<WindowQuality>, SignalError> {
    crate::error::check_rate("signal quality", rate_hz, 1e-6)?;
    let enough = |min: f64| rate_hz >= min;
    // Beats are sought once over the whole signal: a window of its own would begin deaf.
    let (marks, beats) = match kind {
        QualityKind::Ecg if enough(ECG_RATE_HZ_MIN) => (r_peaks(samples, rate_hz)?, Vec::new()),
        QualityKind::ArterialPressure | QualityKind::Pulse if enough(PULSE_RATE_HZ_MIN) => {
            let artery = kind == QualityKind::ArterialPressure;
            let beats = if artery { pulse_beats(samples, rate_hz)? } else { plethysmogram_beats(samples, rate_hz)? };
            (beats.iter().map(|beat| beat.onset).collect(), beats)
        }
        _ => (Vec::new(), Vec::new()),
    };
    let judged = kind != QualityKind::Other && enough(if kind == QualityKind::Ecg { ECG_RATE_HZ_MIN } else { PULSE_RATE_HZ_MIN });
    let mut flat = vec![false; samples.len()];
    let flat_s = match kind {
        QualityKind::ArterialPressure | QualityKind::Pulse => FLAT_PULSE_S,
        QualityKind::Ecg => FLAT_ECG_S,
        QualityKind::Other => FLAT_OTHER_S,
    };
    for part in flat_parts(samples, (flat_s * rate_hz).ceil().max(3.0) as usize) {
        flat[part.from..part.to].fill(true);
    }
    let mut rail = vec![false; samples.len()];
    for part in saturated_parts(samples, (RAIL_S * rate_hz).ceil().max(3.0) as usize) {
        rail[part.from..part.to].fill(true);
    }
    let length = ((window_s * rate_hz).round() as usize).clamp(1, samples.len().max(1));
    let mut out = Vec::new();
    for from in (0..samples.len()).step_by(length) {
        let to = (from + length).min(samples.len());
        let part = |count: usize| count as f64 / (to - from) as f64;
        let mut window = WindowQuality {
            from,
            to,
            lost: part(samples[from..to].iter().filter(|x| !x.is_finite()).count()),
            flat: part(flat[from..to].iter().filter(|x| **x).count()),
            saturated: part((from..to).filter(|i| rail[*i] && !flat[*i]).count()),
            beats: 0,
            rate_hz: f64::NAN,
            index: 0.0,
            usable: false,
            reason: "",
        };
        let here: Vec<usize> = marks.iter().copied().filter(|at| (from..to).contains(at)).collect();
        let own: Vec<Beat> = beats.iter().copied().filter(|beat| (from..to).contains(&beat.onset)).collect();
        window.beats = here.len();
        judge(&mut window, kind, samples, rate_hz, &here, &own, judged);
        out.push(window);
    }
    Ok(out)
}

fn judge(window: &mut WindowQuality, kind: QualityKind, samples: &[f64], rate_hz: f64, marks: &[usize], beats: &[Beat], judged: bool) {
    let intervals: Vec<f64> = marks.windows(2).map(|pair| (pair[1] - pair[0]) as f64 / rate_hz).collect();
    window.rate_hz = 1.0 / median(&intervals);
    window.reason = if window.lost > BAD_PART {
        "lost samples"
    } else if window.flat > BAD_PART {
        "flat line"
    } else if window.saturated > BAD_PART {
        "saturated"
    } else {
        ""
    };
    if !window.reason.is_empty() {
        return;
    }
    if !judged {
        window.index = 1.0 - window.lost - window.flat - window.saturated;
        window.usable = true;
        return;
    }
    let (shortest, longest) = intervals.iter().fold((f64::INFINITY, 0.0_f64), |(a, b), x| (a.min(*x), b.max(*x)));
    if intervals.len() < 2 {
        window.reason = "no beats";
        return;
    }
    if kind == QualityKind::ArterialPressure {
        let gate = arterial_gate(beats, rate_hz);
        window.index = gate.normal as f64 / gate.beats.max(1) as f64;
        window.usable = window.index >= 0.5;
        window.reason = if window.usable { "" } else { "beats outside the bounds of an artery" };
        return;
    }
    if !(HEART_HZ.0..=HEART_HZ.1).contains(&window.rate_hz) {
        window.reason = "rate outside 40 to 180 per minute";
    } else if longest > INTERVAL_S_MAX || longest > INTERVAL_RATIO_MAX * shortest {
        window.reason = "irregular beyond belief";
    } else {
        let least = if kind == QualityKind::Ecg { CORRELATION_ECG } else { CORRELATION_PULSE };
        window.index = template_correlation(samples, marks, median(&intervals) * rate_hz).max(0.0);
        window.usable = window.index >= least;
        window.reason = if window.usable { "" } else { "beats unlike each other" };
    }
}

/// Mean correlation of the beats about `marks`, each `width` samples long, with their mean; NaN with fewer than two whole beats.
#[must_use]
pub fn template_correlation(samples: &[f64], marks: &[usize], width: f64) -> f64 {
    let half = (0.5 * width) as usize;
    let whole: Vec<&[f64]> = marks
        .iter()
        .filter(|at| **at >= half && **at + half < samples.len())
        .map(|at| &samples[at - half..=at + half])
        .filter(|part| part.iter().all(|x| x.is_finite()))
        .collect();
    if whole.len() < 2 || half == 0 {
        return f64::NAN;
    }
    let mean: Vec<f64> = (0..=2 * half).map(|i| whole.iter().map(|part| part[i]).sum::<f64>() / whole.len() as f64).collect();
    whole.iter().map(|part| correlation(part, &mean)).sum::<f64>() / whole.len() as f64
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len() as f64;
    let (ma, mb) = (a.iter().sum::<f64>() / n, b.iter().sum::<f64>() / n);
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(b) {
        ab += (x - ma) * (y - mb);
        aa += (x - ma) * (x - ma);
        bb += (y - mb) * (y - mb);
    }
    if aa > 0.0 && bb > 0.0 { ab / (aa * bb).sqrt() } else { 0.0 }
}
