//! Which faults act in this tick, and how strongly.

use proband_core::Stream;

use super::memory::Memory;
use super::{Effect, Fault, FaultKind, Target};
use crate::spec::TICK_S;
use crate::state::Pending;

/// A fault that acts in this tick.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Active {
    /// Place in the list of planned faults.
    pub index: usize,
    pub kind: FaultKind,
    /// Magnitude with the ramp in it, in SI.
    pub size: f64,
    /// Time since the onset [s].
    pub elapsed_s: f64,
    pub duration_s: f64,
    pub ramp_s: f64,
}

impl Active {
    pub fn is(&self, target: Target, effect: Effect) -> bool {
        self.kind.target() == target && self.kind.effect() == effect
    }
}

/// A duration or delay in ticks; at most an hour.
pub(crate) fn ticks(duration_s: f64) -> u64 {
    (duration_s / TICK_S).round().clamp(0.0, 3.6e6) as u64
}

/// Tick in which a fault begins that is due at `at_s`: the first whose time is not before.
pub(crate) fn onset_tick(at_s: f64) -> u64 {
    let mut tick = ((at_s / TICK_S).floor().max(1.0) - 1.0) as u64;
    // The comparison of the clock itself, so that rounding moves neither onset nor end.
    while (tick as f64) * TICK_S < at_s {
        tick += 1;
    }
    tick
}

/// Tick in which a fault has ended; `None` for one without end.
pub(crate) fn end_tick(fault: &Fault, at_s: f64) -> Option<u64> {
    fault.duration_s.is_finite().then(|| onset_tick(at_s) + ticks(fault.duration_s))
}

/// The faults that act in a tick, in the order in which they were planned.
pub(crate) fn active_now(faults: &[Fault], pending: &[Pending], tick: u64, out: &mut Vec<Active>) {
    out.clear();
    for (index, (fault, pending)) in faults.iter().zip(pending).enumerate() {
        if pending.done && end_tick(fault, pending.at_s).is_none_or(|end| tick < end) {
            let elapsed_s = tick.saturating_sub(onset_tick(pending.at_s)) as f64 * TICK_S;
            let level = if fault.ramp_s > 0.0 && fault.kind.has_size() { (elapsed_s / fault.ramp_s).clamp(0.0, 1.0) } else { 1.0 };
            let size = level * fault.magnitude;
            out.push(Active { index, kind: fault.kind, size, elapsed_s, duration_s: fault.duration_s, ramp_s: fault.ramp_s });
        }
    }
}

/// Memories at the start. The stream of a fault hangs on its kind and on how many of this kind were planned before it, not on the
/// others: a list with one fault less gives the rest the same numbers.
pub(crate) fn memories(faults: &[Fault], seed: u64, patient: u32) -> Vec<Memory> {
    let nth = |index: usize| faults[..index].iter().filter(|f| f.kind == faults[index].kind).count() as u32;
    let stream = |index: usize| Stream::new(seed, patient, &format!("scene.fault.{}", faults[index].kind)).child(nth(index));
    (0..faults.len()).map(|index| Memory::new(stream(index))).collect()
}
