//! A stretch of a pulse in a few numbers, from the windows that can be used alone.

use crate::prepare::median;
use crate::{Beat, QualityKind, SignalError, WindowQuality, plethysmogram_beats, pulse_beats, quality, r_peaks};

/// Windows in which quality is judged [s]: Orphanidou et al. 2015.
const WINDOW_S: f64 = 10.0;

/// Means over the usable windows. Values in the unit of the signal; NaN for an ECG.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PulseSummary {
    /// Tops of the beats.
    pub systolic: f64,
    /// Feet of the beats.
    pub diastolic: f64,
    /// Mean over time.
    pub mean: f64,
    /// Beats per time [Hz].
    pub rate_hz: f64,
    /// Standard deviations of the windows' means of the tops, feet, mean and rate: how steady the stretch is.
    pub spread: PulseSpread,
    /// Beats that count.
    pub beats: usize,
    /// Windows, and how many can be used.
    pub windows: usize,
    /// As `windows`.
    pub usable: usize,
}

/// Standard deviations from window to window, in the units of [`PulseSummary`]; NaN with fewer than two windows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PulseSpread {
    /// Of the tops.
    pub systolic: f64,
    /// Of the feet.
    pub diastolic: f64,
    /// Of the mean over time.
    pub mean: f64,
    /// Of the rate [Hz].
    pub rate_hz: f64,
}

/// Sum up a stretch of an ECG, an artery [Pa] or a plethysmogram. Nothing when no window of ten seconds can be used.
///
/// Beats whose rise or top lies more than five median deviations from the middle of the stretch are left out
/// (prior: unverified), so that one flush or cough does not move a mean.
/// # Errors
/// [`SignalError::RateOutOfRange`] below the rate that finding beats needs.
pub fn pulse_summary(kind: QualityKind, samples: &[f64], rate_hz: f64) -> Result<Option<PulseSummary>, SignalError> {
    let windows = quality(kind, samples, rate_hz, WINDOW_S)?;
    let within = |at: usize| windows.iter().any(|w| w.usable && (w.from..w.to).contains(&at));
    let usable = windows.iter().filter(|w| w.usable).count();
    if kind == QualityKind::Ecg {
        let peaks = r_peaks(samples, rate_hz)?;
        let intervals: Vec<f64> =
            peaks.windows(2).filter(|p| within(p[0]) && within(p[1])).map(|p| (p[1] - p[0]) as f64 / rate_hz).collect();
        return Ok(rate_only(&intervals, windows.len(), usable));
    }
    let beats = match kind {
        QualityKind::ArterialPressure => pulse_beats(samples, rate_hz)?,
        _ => plethysmogram_beats(samples, rate_hz)?,
    };
    let mut own: Vec<Beat> = beats.into_iter().filter(|b| within(b.onset) && within(b.end)).collect();
    for of in [Beat::pulse as fn(&Beat) -> f64, |b| b.systolic, |b| (b.end - b.onset) as f64] {
        keep_near(&mut own, of);
    }
    if own.len() < 3 {
        return Ok(None);
    }
    let n = own.len() as f64;
    let mean_of = |of: &dyn Fn(&Beat) -> f64| own.iter().map(of).sum::<f64>() / n;
    let time: f64 = own.iter().map(|b| (b.end - b.onset) as f64).sum();
    let mean = own.iter().map(|b| b.mean * (b.end - b.onset) as f64).sum::<f64>() / time;
    Ok(Some(PulseSummary {
        systolic: mean_of(&|b| b.systolic),
        diastolic: mean_of(&|b| b.diastolic),
        mean,
        rate_hz: n * rate_hz / time,
        spread: PulseSpread {
            systolic: spread(&windows, &own, |b| b.systolic),
            diastolic: spread(&windows, &own, |b| b.diastolic),
            mean: spread(&windows, &own, |b| b.mean),
            rate_hz: spread(&windows, &own, |b| rate_hz / (b.end - b.onset) as f64),
        },
        beats: own.len(),
        windows: windows.len(),
        usable,
    }))
}

fn rate_only(intervals: &[f64], windows: usize, usable: usize) -> Option<PulseSummary> {
    let middle = median(intervals);
    let near: Vec<f64> = intervals.iter().copied().filter(|x| (0.5..2.0).contains(&(x / middle))).collect();
    let none = f64::NAN;
    (near.len() >= 2).then(|| PulseSummary {
        systolic: none,
        diastolic: none,
        mean: none,
        rate_hz: near.len() as f64 / near.iter().sum::<f64>(),
        spread: PulseSpread { systolic: none, diastolic: none, mean: none, rate_hz: none },
        beats: near.len() + 1,
        windows,
        usable,
    })
}

fn keep_near(beats: &mut Vec<Beat>, of: fn(&Beat) -> f64) {
    let values: Vec<f64> = beats.iter().map(of).collect();
    let middle = median(&values);
    let deviation = median(&values.iter().map(|x| (x - middle).abs()).collect::<Vec<_>>());
    // A steady signal has no deviation: a twentieth of the middle always counts as near.
    let most = 5.0 * 1.4826 * deviation + 0.05 * middle.abs();
    beats.retain(|b| (of(b) - middle).abs() <= most);
}

fn spread(windows: &[WindowQuality], beats: &[Beat], of: impl Fn(&Beat) -> f64) -> f64 {
    let means: Vec<f64> = windows
        .iter()
        .filter_map(|w| {
            let own: Vec<f64> = beats.iter().filter(|b| (w.from..w.to).contains(&b.onset)).map(&of).collect();
            (!own.is_empty()).then(|| own.iter().sum::<f64>() / own.len() as f64)
        })
        .collect();
    if means.len() < 2 {
        return f64::NAN;
    }
    let mean = means.iter().sum::<f64>() / means.len() as f64;
    (means.iter().map(|m| (m - mean) * (m - mean)).sum::<f64>() / (means.len() - 1) as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use proband_core::{PA_PER_MMHG, ops};

    use super::*;

    fn artery(seconds: usize) -> Vec<f64> {
        let pulse = |phase: f64| {
            let rise = (phase / 0.2).min(1.0);
            rise * rise * (3.0 - 2.0 * rise) * ops::exp(-3.0 * (phase - 0.2).max(0.0))
        };
        (0..seconds * 100).map(|i| (80.0 + 40.0 * pulse((i as f64 * 0.01 / 0.8).fract())) * PA_PER_MMHG).collect()
    }

    /// Sum up an artery, pass over a flush and a gap, say nothing about a flat line.
    #[test]
    fn an_artery_is_summed_up() {
        let mut x = artery(60);
        x[1500..1600].fill(300.0 * PA_PER_MMHG);
        x[3000..3400].fill(f64::NAN);
        let clean = artery(60);
        let low = clean.iter().copied().fold(f64::INFINITY, f64::min) / PA_PER_MMHG;
        let whole = clean[..4000].iter().sum::<f64>() / 4000.0 / PA_PER_MMHG;
        let s = pulse_summary(QualityKind::ArterialPressure, &x, 100.0).unwrap().unwrap();
        let mmhg = |pa: f64| pa / PA_PER_MMHG;
        assert!((mmhg(s.systolic) - 120.0).abs() < 1.0 && (mmhg(s.diastolic) - low).abs() < 1.5, "{s:?}");
        assert!((60.0 * s.rate_hz - 75.0).abs() < 0.5 && s.usable < s.windows, "{s:?}");
        assert!((mmhg(s.mean) - whole).abs() < 1.0, "{} {whole}", mmhg(s.mean));
        assert!(pulse_summary(QualityKind::ArterialPressure, &[9000.0; 3000], 100.0).unwrap().is_none());
        assert!(pulse_summary(QualityKind::ArterialPressure, &[f64::NAN; 3000], 100.0).unwrap().is_none());
    }
}
