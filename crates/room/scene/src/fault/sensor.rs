//! Faults of readings: applied to what a sensor gave, before anybody reads it.

use super::memory::{Memory, VALUE_COUNT};
use super::schedule::{Active, ticks};
use super::{Effect, Target};
use crate::spec::TICK_S;

/// Outliers per second.
///
/// # Source
/// Prior: unverified.
const OUTLIERS_1_S: f64 = 10.0;

/// One reading: its axes first, then what goes with them (a speed). `present`: whether there is one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Reading {
    pub values: [f64; VALUE_COUNT],
    /// Axes among the values.
    pub axes: usize,
    pub present: bool,
}

impl Reading {
    pub fn scalar(value: f64) -> Self {
        Self { values: [value, 0.0, 0.0, 0.0], axes: 1, present: true }
    }

    pub fn optional(value: Option<f64>) -> Self {
        Self { present: value.is_some(), ..Self::scalar(value.unwrap_or(0.0)) }
    }

    pub fn as_option(&self) -> Option<f64> {
        self.present.then_some(self.values[0])
    }
}

/// Let the faults of `target` at its reading. `may_be_absent`: a lost reading is reported as such; otherwise the last one stays.
pub(crate) fn distort(
    active: &[Active],
    memories: &mut [Memory],
    target: Target,
    tick: u64,
    may_be_absent: bool,
    mut reading: Reading,
) -> Reading {
    for fault in active.iter().filter(|fault| fault.kind.target() == target) {
        if let Some(memory) = memories.get_mut(fault.index) {
            distort_once(fault, memory, tick, may_be_absent, &mut reading);
        }
    }
    reading
}

fn distort_once(fault: &Active, memory: &mut Memory, tick: u64, may_be_absent: bool, reading: &mut Reading) {
    let size = fault.size;
    let axes = reading.axes.min(VALUE_COUNT);
    match fault.kind.effect() {
        Effect::Bias => reading.values[0] += size,
        Effect::Drift => reading.values[0] += size * fault.elapsed_s,
        Effect::Noise => reading.values[..axes].iter_mut().for_each(|v| *v += size * memory.stream.normal()),
        Effect::Stuck => {
            // Whether there was a reading is held as well: NaN stands for none.
            let now = if reading.present { reading.values } else { [f64::NAN; VALUE_COUNT] };
            let held = memory.hold(now);
            reading.present = !held[0].is_nan();
            if reading.present {
                reading.values = held;
            }
        }
        // A picture of the marker that is lost ages the tracker's reading: it is lost before the tracker, not behind it.
        Effect::Dropout if fault.kind.target() == Target::Tracker => {}
        Effect::Dropout => {
            let lost = memory.stream.bernoulli(size);
            if lost && may_be_absent {
                reading.present = false;
            } else if lost {
                reading.values = memory.hold(reading.values);
            } else {
                (memory.held, memory.holds) = (reading.values, true);
            }
        }
        Effect::Latency => late(memory, tick, ticks(size), reading),
        Effect::Quantisation if size > 0.0 => reading.values[..axes].iter_mut().for_each(|v| *v = (*v / size).round() * size),
        Effect::Outlier => {
            let off = memory.stream.bernoulli(OUTLIERS_1_S * TICK_S);
            reading.values[0] += if off { size } else { 0.0 };
        }
        // The axes that are confused most easily: along the needle for across it, along the arm for across it.
        Effect::AxisSwap => reading.values.swap(0, if fault.kind.target() == Target::Tracker { 2 } else { 1 }),
        Effect::SignFlip => reading.values[..axes].iter_mut().for_each(|v| *v = -*v),
        Effect::UnitError => reading.values.iter_mut().for_each(|v| *v *= size),
        Effect::FalsePositive => *reading = Reading::scalar(1.0),
        _ => {}
    }
}

/// A delay line that grows and shrinks with its length: a reading never overtakes an earlier one, and the last that came stays.
fn late(memory: &mut Memory, tick: u64, delay: u64, reading: &mut Reading) {
    let now = if reading.present { reading.values } else { [f64::NAN; VALUE_COUNT] };
    memory.hold(now);
    memory.readings.push_back((tick + delay, now));
    while memory.readings.front().is_some_and(|(due, _)| *due <= tick) {
        if let Some((_, values)) = memory.readings.pop_front() {
            memory.held = values;
        }
    }
    reading.present = !memory.held[0].is_nan();
    if reading.present {
        reading.values = memory.held;
    }
}
