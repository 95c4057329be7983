//! Faults of messages: between controller and robot, and back.

use std::collections::VecDeque;

use proband_core::Stream;
use proband_procedure::{Command, HeadCommand, NeedleCommand};

use super::Effect;
use super::memory::Memory;
use super::schedule::{Active, ticks};
use super::seen::Seen;

/// How late the copy of a duplicated message comes [ticks].
///
/// # Source
/// Prior: unverified: a retransmission time-out.
const COPY_TICKS: u64 = 50;

/// What can travel, and be corrupted.
pub(crate) trait Message: Copy {
    /// The messages of this type on their way.
    fn queue(memory: &mut Memory) -> (&mut VecDeque<(u64, Self)>, &mut Stream);
    /// Every number in it.
    fn numbers(&mut self) -> Vec<&mut f64>;
}

impl Message for Command {
    fn queue(memory: &mut Memory) -> (&mut VecDeque<(u64, Self)>, &mut Stream) {
        (&mut memory.commands, &mut memory.stream)
    }

    fn numbers(&mut self) -> Vec<&mut f64> {
        let mut all = vec![&mut self.driver_velocity_m_s, &mut self.tourniquet_pa];
        if let HeadCommand::Press { x_m, z_m, yaw_rad, force_n } = &mut self.head {
            all.extend([x_m, z_m, yaw_rad, force_n]);
        }
        if let NeedleCommand::Line { entry, direction, standoff_m } = &mut self.needle {
            all.extend(entry.0.coords.iter_mut());
            all.extend(direction.0.iter_mut());
            all.push(standoff_m);
        }
        all
    }
}

impl Message for Seen {
    fn queue(memory: &mut Memory) -> (&mut VecDeque<(u64, Self)>, &mut Stream) {
        (&mut memory.seen, &mut memory.stream)
    }

    fn numbers(&mut self) -> Vec<&mut f64> {
        let mut all = vec![
            &mut self.driver_position_m,
            &mut self.driver_velocity_m_s,
            &mut self.probe_force_n,
            &mut self.force_axial_n,
            &mut self.tracker_age_s,
            &mut self.arm_speed_m_s,
            &mut self.tourniquet_pa,
            &mut self.tube_volume_m3,
        ];
        all.extend(self.force_lateral_n.iter_mut());
        all.extend(self.arm_displacement_m.0.iter_mut());
        all.extend(self.impedance_ohm.as_mut());
        all
    }
}

/// What arrives in this tick of what was sent in it; of several messages the last counts.
pub(crate) fn pass<M: Message>(fault: &Active, memory: &mut Memory, tick: u64, sent: Option<M>) -> Option<M> {
    let (queue, stream) = M::queue(memory);
    let (size, effect) = (fault.size, fault.kind.effect());
    match effect {
        Effect::Delay | Effect::Jitter => {
            if let Some(message) = sent {
                let length = if effect == Effect::Delay { size } else { size * stream.uniform() };
                // In order: no message overtakes the one before.
                let after = queue.back().map_or(0, |(due, _)| *due);
                queue.push_back((after.max(tick + ticks(length)), message));
            }
            arrived(queue, tick)
        }
        Effect::Drop => sent.filter(|_| !stream.bernoulli(size)),
        Effect::Reorder => match (queue.pop_front(), sent) {
            // The one that was kept back comes after the newer one, and counts.
            (Some((_, old)), _) => Some(old),
            (None, Some(message)) if stream.bernoulli(size) => {
                queue.push_back((tick + 1, message));
                None
            }
            (None, sent) => sent,
        },
        Effect::Duplicate => {
            if let Some(message) = sent
                && stream.bernoulli(size)
            {
                queue.push_back((tick + COPY_TICKS, message));
            }
            arrived(queue, tick).or(sent)
        }
        Effect::Replay => {
            // What was recorded before the onset, over and over.
            let place = if queue.is_empty() { 0 } else { ticks(fault.elapsed_s) as usize % queue.len() };
            queue.get(place).map(|(_, message)| *message).or(sent)
        }
        Effect::Corruption => sent.map(|message| if stream.bernoulli(size) { corrupted(message, stream) } else { message }),
        _ => sent,
    }
}

/// Keep a recording of `length_s` before a replay begins.
pub(crate) fn record<M: Message>(memory: &mut Memory, tick: u64, length_s: f64, sent: M) {
    let (queue, _) = M::queue(memory);
    queue.push_back((tick, sent));
    while queue.len() as u64 > ticks(length_s).max(1) {
        queue.pop_front();
    }
}

fn arrived<M: Copy>(queue: &mut VecDeque<(u64, M)>, tick: u64) -> Option<M> {
    let mut last = None;
    while queue.front().is_some_and(|(due, _)| *due <= tick) {
        last = queue.pop_front().map(|(_, message)| message);
    }
    last
}

/// The message with one bit of one of its numbers turned over.
fn corrupted<M: Message>(mut message: M, stream: &mut Stream) -> M {
    let mut numbers = message.numbers();
    let (which, bit) = (stream.index(numbers.len() as u32) as usize, stream.index(64));
    if let Some(number) = numbers.get_mut(which) {
        **number = f64::from_bits(number.to_bits() ^ (1 << bit));
    }
    message
}
