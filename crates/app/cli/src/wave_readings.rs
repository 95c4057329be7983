//! From a record of waveforms to what a patient shows at rest, with every doubt said by channel and time.

use proband_chart::{Trust, WaveChannel, WaveKind, WaveRecord};
use proband_core::{Dimension, PA_PER_MMHG};
use proband_signal::{PulseSummary, QualityKind, WindowQuality, breaths, pulse_summary, quality};
use proband_twin::Reading;

use crate::failure::Failure;

/// Windows in which quality is judged [s].
const WINDOW_S: f64 = 10.0;
const BREATH_WINDOW_S: f64 = 30.0;
/// Rates of two channels of one heart that are this far apart belong to two hearts, or to swapped channels.
const RATES_APART: f64 = 0.1;
/// Longest record that is taken into memory at once per channel [samples].
const SAMPLES_MAX: u64 = 50_000_000;

/// Readings and what a reader must know.
#[derive(Debug, Default)]
pub(crate) struct WaveReadings {
    pub(crate) readings: Vec<Reading>,
    pub(crate) remarks: Vec<String>,
    /// How far values wander from window to window, by the reading's name.
    pub(crate) spread: Vec<(&'static str, f64)>,
    /// Length of what was read [s].
    pub(crate) length_s: f64,
}

impl WaveReadings {
    fn add(&mut self, name: &str, value: f64, source: &str) {
        match Reading::usual(name, value, source) {
            Ok(reading) => self.readings.push(reading),
            Err(error) => self.remarks.push(format!("{source}: {error}: not used")),
        }
    }
}

fn is_pressure(channel: &WaveChannel) -> bool {
    channel.unit.as_ref().is_some_and(|unit| unit.dimension() == Dimension::PRESSURE)
}

fn kind(channel: &WaveChannel) -> QualityKind {
    match channel.kind {
        WaveKind::Ecg => QualityKind::Ecg,
        WaveKind::ArterialPressure if is_pressure(channel) => QualityKind::ArterialPressure,
        WaveKind::Plethysmogram => QualityKind::Pulse,
        _ => QualityKind::Other,
    }
}

/// Read every channel that says something about the circulation.
pub(crate) fn wave_readings(record: &WaveRecord) -> Result<WaveReadings, Failure> {
    let mut out = WaveReadings::default();
    let mut rates: Vec<(String, WaveKind, f64)> = Vec::new();
    for channel in &record.channels {
        if let Trust::Doubtful { why, likely } = &channel.trust {
            let likely = likely.as_ref().map_or_else(String::new, |l| format!(", it looks like {l}"));
            out.remarks.push(format!("{}: {why}{likely}: not used", channel.name));
            continue;
        }
        if channel.end() > SAMPLES_MAX {
            out.remarks.push(format!("{}: more than {SAMPLES_MAX} samples: not used, choose a part with --begin and --end", channel.name));
            continue;
        }
        let from = (record.read.from_s * channel.rate_hz) as u64;
        let samples = channel.dense(from, channel.end());
        one(channel, &samples, record.read.from_s, &mut out, &mut rates)?;
    }
    heart_rate(&rates, &mut out);
    out.length_s = record.read.to_s - record.read.from_s;
    if out.readings.is_empty() {
        out.remarks.push("no channel says anything about the circulation".into());
    }
    Ok(out)
}

fn one(
    channel: &WaveChannel,
    samples: &[f64],
    from_s: f64,
    out: &mut WaveReadings,
    rates: &mut Vec<(String, WaveKind, f64)>,
) -> Result<(), Failure> {
    let mean = || {
        let finite: Vec<f64> = samples.iter().copied().filter(|x| x.is_finite()).collect();
        finite.iter().sum::<f64>() / finite.len() as f64
    };
    match channel.kind {
        WaveKind::Ecg | WaveKind::ArterialPressure | WaveKind::Plethysmogram => {
            let kind = kind(channel);
            if kind == QualityKind::Other {
                out.remarks.push(format!("{}: its unit is no pressure: not used", channel.name));
                return Ok(());
            }
            let windows = quality(kind, samples, channel.rate_hz, WINDOW_S).map_err(Failure::of)?;
            say_bad(channel, &windows, from_s, &mut out.remarks);
            let summary = pulse_summary(kind, samples, channel.rate_hz).map_err(Failure::of)?;
            let Some(summary) = summary else {
                out.remarks.push(format!("{}: not ten seconds of it can be used", channel.name));
                return Ok(());
            };
            rates.push((channel.name.clone(), channel.kind, 60.0 * summary.rate_hz));
            if kind == QualityKind::ArterialPressure && !out.readings.iter().any(|r| r.name == "mean_mmhg") {
                artery(&channel.name, &summary, out);
            }
        }
        WaveKind::VenousPressure if is_pressure(channel) => out.add("central_venous_mmhg", mean() / PA_PER_MMHG, &channel.name),
        WaveKind::PulmonaryPressure if is_pressure(channel) => out.add("lung_mean_mmhg", mean() / PA_PER_MMHG, &channel.name),
        WaveKind::Respiration if channel.rate_hz >= proband_signal::BREATH_RATE_HZ_MIN => {
            // Breaths are slow: windows as long as several of them.
            let windows = quality(QualityKind::Other, samples, channel.rate_hz, BREATH_WINDOW_S).map_err(Failure::of)?;
            let usable = windows.iter().filter(|w| w.usable).count();
            if 2 * usable < windows.len() {
                say_bad(channel, &windows, from_s, &mut out.remarks);
                out.remarks.push(format!("{}: less than half of it can be used: breaths are not counted", channel.name));
                return Ok(());
            }
            let tops = breaths(samples, channel.rate_hz).map_err(Failure::of)?;
            if let (Some(first), Some(last)) = (tops.first(), tops.last())
                && tops.len() >= 4
                && !out.readings.iter().any(|r| r.name == "breath_rate_per_min")
            {
                let rate = 60.0 * (tops.len() - 1) as f64 * channel.rate_hz / (last - first) as f64;
                out.add("breath_rate_per_min", rate, &channel.name);
            }
        }
        _ => {}
    }
    Ok(())
}

fn artery(name: &str, summary: &PulseSummary, out: &mut WaveReadings) {
    let source = format!("{name}, {} beats in {} of {} windows", summary.beats, summary.usable, summary.windows);
    for (reading, value) in [("systolic_mmhg", summary.systolic), ("diastolic_mmhg", summary.diastolic), ("mean_mmhg", summary.mean)] {
        out.add(reading, value / PA_PER_MMHG, &source);
    }
    let spread = &summary.spread;
    for (reading, value) in [("systolic_mmhg", spread.systolic), ("diastolic_mmhg", spread.diastolic), ("mean_mmhg", spread.mean)] {
        out.spread.push((reading, value / PA_PER_MMHG));
    }
    out.spread.push(("heart_rate_per_min", 60.0 * spread.rate_hz));
}

/// The rate of the heart: ECG before artery before plethysmogram; channels that contradict each other are said.
fn heart_rate(rates: &[(String, WaveKind, f64)], out: &mut WaveReadings) {
    let order = |kind: WaveKind| match kind {
        WaveKind::Ecg => 0,
        WaveKind::ArterialPressure => 1,
        _ => 2,
    };
    let agree = |a: f64, b: f64| (a / b - 1.0).abs() <= RATES_APART;
    // Of several channels one counts that another confirms.
    let confirmed = |rate: f64| rates.len() == 1 || rates.iter().filter(|(_, _, other)| agree(*other, rate)).count() > 1;
    let Some(best) = rates.iter().filter(|(.., rate)| confirmed(*rate)).min_by_key(|(_, kind, _)| order(*kind)) else {
        if let Some((first, rest)) = rates.split_first() {
            let rest: Vec<String> = rest.iter().map(|(name, _, rate)| format!("{name} {rate:.0}")).collect();
            out.remarks.push(format!(
                "{} shows {:.0} beats a minute, {}: is one of them another patient's, or another signal? The rate is not used",
                first.0,
                first.2,
                rest.join(", ")
            ));
        }
        return;
    };
    for (name, _, rate) in rates.iter().filter(|(.., rate)| !agree(*rate, best.2)) {
        out.remarks.push(format!(
            "{name} shows {rate:.0} beats a minute, {} {:.0}: is one of them another patient's, or another signal?",
            best.0, best.2
        ));
    }
    out.add("heart_rate_per_min", best.2, &best.0);
}

/// Stretches that cannot be used, joined, at most five of them.
fn say_bad(channel: &WaveChannel, windows: &[WindowQuality], from_s: f64, remarks: &mut Vec<String>) {
    let mut stretches: Vec<(f64, f64, &str)> = Vec::new();
    for window in windows.iter().filter(|w| !w.usable) {
        let time = |sample: usize| from_s + sample as f64 / channel.rate_hz;
        match stretches.last_mut() {
            Some(last) if last.2 == window.reason && (last.1 - time(window.from)).abs() < 0.1 => last.1 = time(window.to),
            _ => stretches.push((time(window.from), time(window.to), window.reason)),
        }
    }
    for (from, to, reason) in stretches.iter().take(5) {
        remarks.push(format!("{} from {from:.0} to {to:.0} s: {reason}: not used", channel.name));
    }
    if stretches.len() > 5 {
        remarks.push(format!("{}: {} further stretches cannot be used", channel.name, stretches.len() - 5));
    }
}
