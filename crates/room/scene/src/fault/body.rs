//! Faults of the patient: motion of the arm, bleeding, a vein that slides aside.

use std::f64::consts::TAU;

use nalgebra::Vector3;
use proband_core::ops;
use proband_procedure::NeedleCommand;

use super::memory::Memory;
use super::schedule::Active;
use super::{Effect, Target};
use crate::spec::TICK_S;

/// Shortest time in which an arm is shifted, or shifted back [s]. Prior: unverified.
const SHIFT_S: f64 = 0.3;
/// Deep breaths, tremor, cough: frequency [Hz]. Prior: unverified; breathing 0.2–0.3 Hz, tremor 4–12 Hz, a cough's bursts 3–5 Hz.
const BREATHING_HZ: f64 = 0.25;
const TREMOR_HZ: f64 = 8.0;
const COUGH_HZ: f64 = 4.0;
/// Time constant with which a cough's shaking dies away [s]. Prior: unverified.
const COUGH_DECAY_S: f64 = 0.3;

/// From 0 to 1 without a jump in speed: 10 x³ − 15 x⁴ + 6 x⁵ (Flash & Hogan 1985, J Neurosci 5:1688).
fn smooth(x: f64) -> f64 {
    let x = x.clamp(0.0, 1.0);
    x * x * x * (10.0 - 15.0 * x + 6.0 * x * x)
}

/// In over the ramp, out over the last of its time: no body jumps.
fn envelope(fault: &Active) -> f64 {
    let rise = smooth(fault.elapsed_s / fault.ramp_s.max(SHIFT_S));
    if fault.duration_s.is_finite() { rise * smooth((fault.duration_s - fault.elapsed_s) / SHIFT_S) } else { rise }
}

/// Full size of a fault, without its ramp.
fn whole(fault: &Active) -> f64 {
    let level = if fault.ramp_s > 0.0 { (fault.elapsed_s / fault.ramp_s).clamp(0.0, 1.0) } else { 1.0 };
    if level > 0.0 { fault.size / level } else { 0.0 }
}

/// What the faults add to the arm's displacement [m]: across (x), up and down (y), along (z).
pub(crate) fn displacement(active: &[Active]) -> Vector3<f64> {
    let mut sum = Vector3::zeros();
    for fault in active.iter().filter(|f| f.kind.target() == Target::Patient) {
        let (size, t) = (whole(fault) * envelope(fault), fault.elapsed_s);
        let wave = |hz: f64| ops::sin(TAU * hz * t);
        sum += match fault.kind.effect() {
            Effect::Motion => Vector3::new(size, 0.0, 0.0),
            // The chest lifts the arm and pulls it a little along.
            Effect::Breathing => Vector3::new(0.0, -0.958, 0.287) * (0.5 * size * (1.0 - ops::cos(TAU * BREATHING_HZ * t))),
            Effect::Tremor => Vector3::new(0.8, 0.6, 0.0) * (size * wave(TREMOR_HZ)),
            Effect::Cough => {
                Vector3::new(0.0, -0.6, 0.8) * (whole(fault) * wave(COUGH_HZ) * smooth(t / 0.05) * ops::exp(-t / COUGH_DECAY_S))
            }
            _ => Vector3::zeros(),
        };
    }
    sum
}

/// Blood that runs into the tissue beside the needle's own leak [m³/s].
pub(crate) fn bleeding_m3_s(active: &[Active]) -> f64 {
    active.iter().filter(|f| f.is(Target::Patient, Effect::Bleed)).map(|f| f.size).sum()
}

/// Blood that ran into the tissue by faults so far [m³].
pub(crate) fn bled_m3(active: &[Active], memories: &mut [Memory]) -> f64 {
    let mut sum = 0.0;
    for fault in active.iter().filter(|f| f.is(Target::Patient, Effect::Bleed)) {
        if let Some(memory) = memories.get_mut(fault.index) {
            memory.bled_m3 += fault.size * TICK_S;
        }
    }
    for memory in memories {
        sum += memory.bled_m3;
    }
    sum
}

/// How far the veins slide aside [m], across the arm.
pub(crate) fn roll_m(active: &[Active]) -> f64 {
    active.iter().filter(|f| f.is(Target::Patient, Effect::VesselRoll)).map(|f| whole(f) * envelope(f)).sum()
}

/// Sum of the sizes of a registration's faults [m].
pub(crate) fn offset_m(active: &[Active], target: Target) -> f64 {
    let of = |f: &Active| match f.kind.effect() {
        Effect::Offset => f.size,
        Effect::CalibrationDrift => f.size * f.elapsed_s,
        _ => 0.0,
    };
    active.iter().filter(|f| f.kind.target() == target).map(of).sum()
}

/// The line that is asked for as the robot's registration takes it.
pub(crate) fn line_as_registered(active: &[Active], asked: NeedleCommand) -> NeedleCommand {
    match asked {
        NeedleCommand::Line { mut entry, direction, standoff_m } if !active.is_empty() => {
            entry.0.x += offset_m(active, Target::Robot);
            NeedleCommand::Line { entry, direction, standoff_m }
        }
        other => other,
    }
}
