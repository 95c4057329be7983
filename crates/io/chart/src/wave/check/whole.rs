//! Gaps, flat lines and saturation, said once per channel with the first place.

use proband_core::Warnings;
use proband_signal::{Part, flat_parts, saturated_parts};

use crate::wave::record::{Span, WaveChannel};
use crate::wave::text::span;

/// Shortest gap, flat line and saturation that is said [s]. Prior: unverified.
const GAP_S: f64 = 0.5;
const FLAT_S: f64 = 2.0;
const RAIL_S: f64 = 0.1;
/// Numbers of a monitor stand still without being broken: waves begin at this rate [Hz].
const WAVE_HZ: f64 = 10.0;
/// Most gaps that are counted.
const GAPS_MAX: usize = 100_000;

/// Note what is wrong with a channel over its whole length.
pub(super) fn note(channel: &WaveChannel, read: Span, place: &str, warnings: &Warnings) {
    let gaps = channel.gaps(read.from_s, read.to_s, GAP_S.max(1.5 / channel.rate_hz), GAPS_MAX);
    if let Some(first) = gaps.first() {
        let sum: f64 = gaps.iter().map(|gap| gap.to_s - gap.from_s).sum();
        warnings.note(place, format!("{} gaps, together {sum:.1} s, the first {}", gaps.len(), span(first.from_s, first.to_s)));
    }
    if channel.kind.is_number() || channel.rate_hz < WAVE_HZ {
        return;
    }
    let least = |seconds: f64| (seconds * channel.rate_hz).ceil().max(3.0) as usize;
    say(channel, place, "flat lines", |values| flat_parts(values, least(FLAT_S)), warnings);
    say(
        channel,
        place,
        "saturated parts",
        |values| {
            let mut parts = saturated_parts(values, least(RAIL_S));
            parts.retain(|part| part.len() < least(FLAT_S));
            // One touch of the largest value is a peak, not a rail.
            if parts.len() > 1 { parts } else { Vec::new() }
        },
        warnings,
    );
}

fn say(channel: &WaveChannel, place: &str, what: &str, parts_of: impl Fn(&[f64]) -> Vec<Part>, warnings: &Warnings) {
    let (mut count, mut sum, mut first) = (0, 0, None);
    for run in &channel.runs {
        for part in parts_of(&run.values) {
            count += 1;
            sum += part.len();
            first.get_or_insert(((run.start + part.from as u64) as f64, (run.start + part.to as u64) as f64));
        }
    }
    if let Some((from, to)) = first {
        let (rate, sum_s) = (channel.rate_hz, sum as f64 / channel.rate_hz);
        warnings.note(place, format!("{count} {what}, together {sum_s:.1} s, the first {}", span(from / rate, to / rate)));
    }
}
