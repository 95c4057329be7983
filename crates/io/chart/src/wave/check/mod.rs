//! Labels and units against values: noticed, said, never believed.

mod look;
mod verdict;
mod whole;

use proband_core::Warnings;

use self::look::Look;
use super::files::shown;
use super::kind::WaveKind;
use super::record::{Trust, WaveRecord};

pub use look::guess_kind;

/// Compare every channel's label and unit with its values and write the outcome into [`Trust`]; note doubts, flat lines,
/// saturation and gaps with file, channel and time. Values are never changed.
pub fn check_waves(record: &mut WaveRecord, file: &str, warnings: &Warnings) {
    let looks: Vec<Look> = record.channels.iter().map(Look::of).collect();
    let mut verdicts: Vec<Trust> = record.channels.iter().zip(&looks).map(|(channel, look)| verdict::of(channel, look)).collect();
    swapped(record, &looks, &mut verdicts);
    order_of_pressures(record, &looks, &mut verdicts);
    for (channel, verdict) in record.channels.iter_mut().zip(verdicts) {
        let place = format!("{}: {}", shown(file), channel.name);
        if let Trust::Doubtful { why, likely } = &verdict {
            let likely = likely.as_ref().map_or(String::new(), |likely| format!("; likely {likely}"));
            warnings.note(&place, format!("{why}{likely}; values stand as labelled"));
        }
        channel.trust = verdict;
        whole::note(channel, record.read, &place, warnings);
    }
    for (i, j) in same_samples(record) {
        let place = format!("{}: {}", shown(file), record.channels[j].name);
        warnings.note(place, format!("the same samples as channel {}", record.channels[i].name));
    }
}

/// An ECG that looks like an artery, and an artery that looks like an ECG: each is the other.
fn swapped(record: &WaveRecord, looks: &[Look], verdicts: &mut [Trust]) {
    let find = |label: WaveKind, shape: WaveKind| {
        (0..looks.len()).find(|i| record.channels[*i].kind == label && looks[*i].shape.is_some_and(|(kind, _)| kind == shape))
    };
    let ecg_as_artery = find(WaveKind::ArterialPressure, WaveKind::Ecg);
    let artery_as_ecg = find(WaveKind::Ecg, WaveKind::ArterialPressure);
    if let (Some(a), Some(b)) = (ecg_as_artery, artery_as_ecg) {
        for (here, there) in [(a, b), (b, a)] {
            verdicts[here] = Trust::Doubtful {
                why: format!("labelled {}, looks like {}", record.channels[here].kind.word(), record.channels[there].kind.word()),
                likely: Some(format!("swapped with channel {}", record.channels[there].name)),
            };
        }
    }
}

/// The mean pressure falls from the artery over the pulmonary artery to the vein; a record where it rises has its labels mixed up.
fn order_of_pressures(record: &WaveRecord, looks: &[Look], verdicts: &mut [Trust]) {
    let mean_of = |kind: WaveKind| {
        let at = record.channels.iter().position(|channel| channel.kind == kind && channel.unit.is_some())?;
        let mean = look::in_si(&record.channels[at], looks[at].mean);
        mean.is_finite().then_some((at, mean))
    };
    let order = [WaveKind::ArterialPressure, WaveKind::PulmonaryPressure, WaveKind::VenousPressure].map(mean_of);
    let found: Vec<(usize, f64)> = order.into_iter().flatten().collect();
    for pair in found.windows(2) {
        let [(high, upper), (low, lower)] = [pair[0], pair[1]];
        if upper < lower {
            for (here, there) in [(high, low), (low, high)] {
                verdicts[here] = Trust::Doubtful {
                    why: format!("the mean of {} is below that of {}", record.channels[high].kind.word(), record.channels[low].kind.word()),
                    likely: Some(format!("swapped with channel {}", record.channels[there].name)),
                };
            }
        }
    }
}

fn same_samples(record: &WaveRecord) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    let channels = &record.channels;
    for j in 1..channels.len().min(64) {
        let same = |i: &usize| {
            let (a, b) = (&channels[*i], &channels[j]);
            let equal = |(x, y): (&super::WaveRun, &super::WaveRun)| {
                x.start == y.start
                    && x.values.len() == y.values.len()
                    && x.values.iter().zip(&y.values).all(|(p, q)| p.to_bits() == q.to_bits())
            };
            a.sample_count() > 1 && a.runs.len() == b.runs.len() && a.runs.iter().zip(&b.runs).all(equal)
        };
        let varies =
            |i: usize| channels[i].runs.iter().any(|run| run.values.windows(2).any(|pair| pair[0] != pair[1] && !pair[0].is_nan()));
        if let Some(i) = (0..j).find(same).filter(|i| varies(*i)) {
            pairs.push((i, j));
        }
    }
    pairs
}
