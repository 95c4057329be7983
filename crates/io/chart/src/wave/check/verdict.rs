//! Label and unit of one channel against its look.

use proband_core::{Dimension, PA_PER_MMHG};

use super::look::{Look, in_si};
use crate::unit::si_text;
use crate::wave::kind::WaveKind;
use crate::wave::record::{Trust, WaveChannel};

/// Size of an ECG that is believed, 1st to 99th percentile [V]. Prior: unverified, from fetal leads to the largest QRS with drift.
const ECG_V: (f64, f64) = (20e-6, 20e-3);
/// Mean of an arterial pressure [Pa]: hard bound 0 to 250 mmHg, below 27 (as numbers) it would be kPa.
const ARTERY_PA: (f64, f64) = (27.0 * PA_PER_MMHG, 250.0 * PA_PER_MMHG);
/// Numbers of an arterial mean in kPa.
const ARTERY_KPA: std::ops::RangeInclusive<f64> = 3.5..=27.0;
/// Numbers of an arterial pressure in mmHg.
const ARTERY_MMHG: std::ops::RangeInclusive<f64> = 27.0..=250.0;

fn doubt(why: String, likely: Option<&str>) -> Trust {
    Trust::Doubtful { why, likely: likely.map(str::to_owned) }
}

/// The outcome for one channel.
pub(super) fn of(channel: &WaveChannel, look: &Look) -> Trust {
    if look.count == 0 {
        return doubt("no samples".into(), None);
    }
    if !look.mean.is_finite() {
        return doubt("no valid sample".into(), None);
    }
    if let Some(trust) = dimension(channel, look) {
        return trust;
    }
    match channel.kind {
        WaveKind::ArterialPressure | WaveKind::PressureNumber => artery(channel, look),
        WaveKind::Ecg => ecg(channel, look),
        WaveKind::Saturation => number(channel, look, (0.3, 1.0), &[("%", 0.01), ("a fraction (1)", 1.0)]),
        WaveKind::HeartRate => number(channel, look, (10.0 / 60.0, 400.0 / 60.0), &[("/min", 1.0 / 60.0), ("Hz", 1.0)]),
        WaveKind::BreathingRate => number(channel, look, (1.0 / 60.0, 150.0 / 60.0), &[("/min", 1.0 / 60.0), ("Hz", 1.0)]),
        WaveKind::Temperature => temperature(channel, look),
        WaveKind::Plethysmogram | WaveKind::Respiration | WaveKind::Capnogram => misplaced(channel, look),
        WaveKind::Unknown => unlabelled(channel, look),
        _ => Trust::Unchecked,
    }
}

/// A label that cannot have the unit.
fn dimension(channel: &WaveChannel, look: &Look) -> Option<Trust> {
    let (wanted, unit) = (channel.kind.dimension()?, channel.unit.as_ref()?);
    // An uncalibrated channel claims no unit; a pure number stands for converter steps.
    if unit.dimension() == wanted || channel.uncalibrated || unit.dimension() == Dimension::NONE {
        return None;
    }
    let why = format!(
        "labelled {} in {}, which is {}, not {}",
        channel.kind.word(),
        channel.unit_written,
        unit.dimension().describe(),
        wanted.describe()
    );
    Some(doubt(why, shape_words(look).as_deref()))
}

fn shape_words(look: &Look) -> Option<String> {
    look.shape.map(|(kind, unit)| if unit.is_empty() { kind.word().to_owned() } else { format!("{} in {unit}", kind.word()) })
}

fn artery(channel: &WaveChannel, look: &Look) -> Trust {
    let Some(unit) = channel.unit.as_ref().filter(|unit| unit.dimension() == Dimension::PRESSURE) else {
        return match look.shape {
            Some((WaveKind::ArterialPressure, unit)) => doubt(format!("no unit of pressure; mean {:.1}", look.mean), Some(unit)),
            _ => Trust::Unchecked,
        };
    };
    let mean = format!("mean {:.1} {}", look.mean, channel.unit_written);
    let in_mmhg = (unit.to_si(1.0) - PA_PER_MMHG).abs() < 0.01 * PA_PER_MMHG;
    let in_kpa = (unit.to_si(1.0) - 1000.0).abs() < 1.0;
    match look.shape {
        Some((WaveKind::ArterialPressure, "kPa")) if in_mmhg => {
            return doubt(format!("{mean}: too low for mmHg, beats fit kPa"), Some("kPa"));
        }
        Some((WaveKind::ArterialPressure, "mmHg")) if !in_mmhg => return doubt(format!("{mean}: beats fit mmHg"), Some("mmHg")),
        Some((WaveKind::Ecg, _)) => return doubt(format!("labelled {}, looks like an ECG", channel.kind.word()), Some("ECG")),
        _ => {}
    }
    let usual = (ARTERY_PA.0..=ARTERY_PA.1).contains(&in_si(channel, look.mean));
    // Cuffs and numbers of the monitor: no beats, the mean must do. Diastolic numbers may be as low as an arterial mean.
    let Some((beats, normal)) = look.artery.filter(|(beats, _)| *beats > 0) else {
        return match () {
            () if usual => Trust::Plausible,
            () if in_mmhg && ARTERY_KPA.contains(&look.mean) => doubt(format!("{mean}: too low for mmHg"), Some("kPa")),
            () if in_kpa && ARTERY_MMHG.contains(&look.mean) => doubt(format!("{mean}: too high for kPa"), Some("mmHg")),
            () => doubt(format!("{mean}: no patient has this"), None),
        };
    };
    if normal * 2 < beats || !usual {
        let why = format!("{mean}, {normal} of {beats} beats within the bounds of an artery: damped, open to air, or none");
        return doubt(why, None);
    }
    Trust::Plausible
}

fn ecg(channel: &WaveChannel, look: &Look) -> Trust {
    if let Some((WaveKind::ArterialPressure, unit)) = look.shape {
        return doubt(
            format!("labelled ECG, looks like arterial pressure, mean {:.1}", look.mean),
            Some(&format!("arterial pressure in {unit}")),
        );
    }
    let voltage = channel.unit.as_ref().filter(|unit| unit.dimension() == Dimension::VOLTAGE && !channel.uncalibrated);
    let Some(unit) = voltage else { return Trust::Unchecked };
    let size = look.high - look.low;
    let fits = |v_per_step: f64| (ECG_V.0..=ECG_V.1).contains(&(size * v_per_step));
    if size <= 0.0 {
        return doubt("a flat line".into(), None);
    }
    if fits(unit.to_si(1.0)) {
        return Trust::Plausible;
    }
    let other = [("uV", 1e-6), ("mV", 1e-3), ("V", 1.0)].into_iter().find(|(_, v)| fits(*v)).map(|(name, _)| name);
    doubt(
        format!(
            "size {size:.3} {}: no ECG is so {}",
            channel.unit_written,
            if size * unit.to_si(1.0) > ECG_V.1 { "large" } else { "small" }
        ),
        other,
    )
}

/// A number of the monitor, within bounds in SI.
fn number(channel: &WaveChannel, look: &Look, bounds: (f64, f64), units: &[(&str, f64)]) -> Trust {
    let fits = |si: f64| si >= bounds.0 && si <= bounds.1;
    let Some(unit) = channel.unit.as_ref() else { return Trust::Unchecked };
    // Lost contact drags the lower end down: the upper end decides.
    if fits(unit.to_si(look.high)) {
        return Trust::Plausible;
    }
    let other = units.iter().find(|(_, factor)| fits(look.high * factor)).map(|(name, _)| *name);
    let limits = format!("between {:.3} and {:.3} {}", bounds.0, bounds.1, si_text(unit.dimension()));
    doubt(format!("up to {:.3} {}: {} is {limits}", look.high, channel.unit_written, channel.kind.word()), other)
}

fn temperature(channel: &WaveChannel, look: &Look) -> Trust {
    let Some(unit) = channel.unit.as_ref() else { return Trust::Unchecked };
    // A patient, from deep hypothermia to fever, or the skin.
    if (286.0..=319.0).contains(&unit.to_si(look.mean)) {
        return Trust::Plausible;
    }
    let other = [("Cel", 13.0..=46.0), ("[degF]", 55.0..=115.0), ("K", 286.0..=319.0)];
    let likely = other.into_iter().find(|(_, range)| range.contains(&look.mean)).map(|(name, _)| name);
    doubt(format!("mean {:.1} {}: no patient has this", look.mean, channel.unit_written), likely)
}

fn misplaced(channel: &WaveChannel, look: &Look) -> Trust {
    match look.shape {
        Some((WaveKind::ArterialPressure, "mmHg")) if channel.unit.as_ref().is_none_or(|unit| unit.dimension() != Dimension::NONE) => {
            doubt(
                format!("labelled {}, looks like arterial pressure, mean {:.1}", channel.kind.word(), look.mean),
                Some("arterial pressure in mmHg"),
            )
        }
        _ => Trust::Unchecked,
    }
}

fn unlabelled(channel: &WaveChannel, look: &Look) -> Trust {
    match look.shape {
        Some((WaveKind::ArterialPressure, unit)) => {
            let why = format!(
                "the name says nothing and the unit {}; mean {:.1}",
                if channel.unit_written.is_empty() { "is missing" } else { &channel.unit_written },
                look.mean
            );
            doubt(why, Some(&format!("arterial pressure in {unit}")))
        }
        Some((WaveKind::Ecg, _)) => doubt("the name says nothing".into(), Some("ECG")),
        _ => Trust::Unchecked,
    }
}
