//! How large a fault of a kind is: unit, range, usual size, usual duration. All sizes are priors: unverified, engineering judgement.

use super::{Effect as E, FaultKind, Target as T};

/// Size of a kind.
pub(super) struct Size {
    pub unit: &'static str,
    pub low: f64,
    pub high: f64,
    pub usual: f64,
    pub duration_s: f64,
}

const fn size(unit: &'static str, low: f64, high: f64, usual: f64, duration_s: f64) -> Size {
    Size { unit, low, high, usual, duration_s }
}

/// No size: it is there or it is not. The range is [1, 1].
const fn flag(duration_s: f64) -> Size {
    size("1", 1.0, 1.0, 1.0, duration_s)
}

/// A share or a probability.
const fn share(usual: f64, duration_s: f64) -> Size {
    size("1", 0.0, 1.0, usual, duration_s)
}

const FOREVER: f64 = f64::INFINITY;

impl FaultKind {
    /// Unit of the magnitude in SI; `1` for a share, a probability, a factor, or where there is no size.
    #[must_use]
    pub fn unit(self) -> &'static str {
        self.size().unit
    }

    /// Smallest and greatest magnitude that is accepted, in [`FaultKind::unit`]. Equal where the fault has no size.
    #[must_use]
    pub fn magnitude_range(self) -> (f64, f64) {
        let size = self.size();
        (size.low, size.high)
    }

    /// Magnitude when none is given, in [`FaultKind::unit`].
    #[must_use]
    pub fn default_magnitude(self) -> f64 {
        self.size().usual
    }

    /// Duration when none is given [s]; infinite for one that stays.
    #[must_use]
    pub fn default_duration_s(self) -> f64 {
        self.size().duration_s
    }

    /// Whether the ramp and the magnitude make it stronger or weaker; otherwise it is there or it is not.
    #[must_use]
    pub fn has_size(self) -> bool {
        let size = self.size();
        size.low < size.high
    }

    /// What it does, in one line.
    #[must_use]
    pub fn describe(self) -> String {
        format!("{}: {}", self.target().words(), self.deed())
    }

    const fn deed(self) -> &'static str {
        match (self.target(), self.effect()) {
            (T::Nir | T::Ultrasound, E::Bias) => "too bright or too dark",
            (_, E::Bias) => "a constant is added",
            (_, E::Drift) => "the zero moves away at this rate",
            (_, E::Noise) => "white noise of this standard deviation",
            (T::Cuff, E::Stuck) => "the valve stays as it is",
            (T::Nir | T::Ultrasound, E::Stuck) => "the picture is frozen",
            (_, E::Stuck) => "the reading is frozen and looks fresh",
            (_, E::Dropout) => "a reading is lost with this probability",
            (_, E::Latency) => "readings come late by this time",
            (_, E::Quantisation) => "readings in steps of this size",
            (_, E::Outlier) => "ten readings a second are off by this",
            (_, E::AxisSwap) => "two axes are exchanged",
            (T::Nir | T::Ultrasound, E::SignFlip) => "the picture is mirrored",
            (_, E::SignFlip) => "the sign is wrong",
            (_, E::UnitError) => "readings times this factor",
            (T::Driver | T::Arm | T::Gantry, E::Saturation) => "this share of the speed is lost",
            (_, E::Saturation) => "no more than this pressure is reached",
            (_, E::Backlash) => "this much play",
            (T::Arm, E::TorqueLoss) => "sags by this much",
            (T::Cuff, E::TorqueLoss) => "leaks: this share of the pressure is lost",
            (_, E::TorqueLoss) => "this share of the force is lost",
            (T::Driver, E::Runaway) => "moves at this speed whatever is asked",
            (T::Arm, E::Runaway) => "moves aside at this speed, 20 mm at most",
            (T::Gantry, E::Runaway) => "presses this much harder than asked",
            (_, E::Runaway) => "inflates to this pressure",
            (_, E::BrakeFailure) => "creeps at this speed when told to stand still",
            (_, E::Delay) => "late by this time",
            (_, E::Jitter) => "late by up to this time, in order",
            (_, E::Drop) => "each is lost with this probability",
            (_, E::Reorder) => "each changes places with the next with this probability",
            (_, E::Duplicate) => "each comes again 50 ms later with this probability",
            (_, E::Replay) => "a recording of this length from before is played instead",
            (_, E::Corruption) => "in each, one bit is turned over with this probability",
            (_, E::Offset) => "registered off by this, across the arm",
            (_, E::CalibrationDrift) => "the registration moves across the arm at this speed",
            (_, E::Miss) => "contrast fades by this share",
            (T::Flashback, E::FalsePositive) => "blood is reported and there is none",
            (_, E::FalsePositive) => "a vein is shown that is not there, with this contrast",
            (T::Tracker, E::Occlusion) => "the marker is covered",
            (_, E::Occlusion) => "this share of the width is covered",
            (_, E::Specularity) => "this share of the area is glare",
            (_, E::NotANumber) => "asks for a speed that is not a number",
            (_, E::StaleState) => "works on an old observation",
            (_, E::MissedDeadline) => "gives no answer in a tick with this probability",
            (_, E::WrongMode) => "drives at this speed in the direction asked for",
            (_, E::Bent) => "the tip is off the axis by this",
            (_, E::Broken) => "breaks at the hub and stays where it is",
            (_, E::NoVacuum) => "has no vacuum",
            (_, E::Detached) => "comes off",
            (_, E::Loss) => "is lost: brakes close, the cuff opens, no pictures",
            (_, E::WrongTakeover) => "presses the emergency stop: the robot stands, the cuff stays on",
            (_, E::LateRelease) => "leaves the tourniquet on",
            (_, E::Startle) => "pulls the arm away",
            (_, E::Motion) => "shifts the arm by this and leaves it there",
            (_, E::Cough) => "coughs: the arm shakes with this amplitude",
            (_, E::Breathing) => "breathes deeply: the arm moves with this amplitude",
            (_, E::Tremor) => "trembles with this amplitude",
            (_, E::Bleed) => "bleeds into the tissue at this rate",
            (_, E::VesselRoll) => "the vein slides aside by this",
        }
    }

    fn size(self) -> Size {
        let (target, effect) = (self.target(), self.effect());
        let (s, unit) = (target.scale(), target.unit());
        let picture = matches!(target, T::Nir | T::Ultrasound);
        match effect {
            E::Bias if picture => size("1", -0.5, 0.5, 0.1, FOREVER),
            E::Noise if picture => size("1", 0.0, 0.5, 0.1, FOREVER),
            E::Bias => size(unit, -10.0 * s, 10.0 * s, s, FOREVER),
            E::Drift => size(target.unit_per_s(), -2.0 * s, 2.0 * s, 0.1 * s, FOREVER),
            E::Noise | E::Quantisation => size(unit, 0.0, 4.0 * s, 0.3 * s, FOREVER),
            E::Outlier => size(unit, -20.0 * s, 20.0 * s, 5.0 * s, FOREVER),
            E::Dropout if matches!(target, T::Ultrasound) => share(1.0, 2.0),
            E::Dropout => share(0.5, 5.0),
            E::Latency => size("s", 0.0, 1.0, 0.1, FOREVER),
            E::UnitError => size("1", 1e-3, 1e3, unit_slip(target), FOREVER),
            E::Stuck if matches!(target, T::Cuff) => flag(60.0),
            E::Stuck => flag(5.0),
            E::AxisSwap | E::SignFlip => flag(FOREVER),
            E::Saturation if matches!(target, T::Cuff) => size("Pa", 0.0, 10_000.0, 3_000.0, FOREVER),
            E::Saturation => size("1", 0.0, 0.95, 0.7, FOREVER),
            E::Backlash => size("m", 0.0, 3e-3, 0.5e-3, FOREVER),
            E::TorqueLoss if matches!(target, T::Arm) => size("m", 0.0, 5e-3, 1e-3, FOREVER),
            E::TorqueLoss => size("1", 0.0, 0.99, 0.5, FOREVER),
            E::Runaway => match target {
                T::Driver => size("m/s", -0.1, 0.1, 0.01, 0.5),
                T::Arm => size("m/s", -0.1, 0.1, 0.01, 0.5),
                T::Gantry => size("N", 0.0, 10.0, 3.0, 2.0),
                _ => size("Pa", 0.0, 40_000.0, 26_000.0, 30.0),
            },
            E::BrakeFailure => size("m/s", -0.02, 0.02, 0.002, 2.0),
            E::Delay => size("s", 0.0, 1.0, 0.1, FOREVER),
            E::Jitter => size("s", 0.0, 0.5, 0.02, FOREVER),
            E::Drop | E::MissedDeadline => share(0.9, 1.0),
            E::Reorder | E::Duplicate => share(0.1, FOREVER),
            E::Replay => size("s", 0.01, 2.0, 0.5, 1.0),
            E::Corruption => share(0.01, 5.0),
            E::Offset => size("m", -10e-3, 10e-3, 1e-3, FOREVER),
            E::CalibrationDrift => size("m/s", -1e-3, 1e-3, 20e-6, FOREVER),
            E::Miss => share(0.8, 10.0),
            E::FalsePositive if matches!(target, T::Flashback) => flag(5.0),
            E::FalsePositive => share(0.5, 10.0),
            E::Occlusion if matches!(target, T::Tracker) => flag(1.0),
            E::Occlusion => share(0.4, 10.0),
            E::Specularity => share(0.02, 10.0),
            E::NotANumber => flag(0.05),
            E::StaleState => flag(0.5),
            E::WrongMode => size("m/s", 1e-3, 0.1, 0.02, FOREVER),
            E::Bent => size("m", 0.0, 3e-3, 1e-3, FOREVER),
            E::Broken | E::NoVacuum | E::Detached => flag(FOREVER),
            E::Loss => flag(2.0),
            E::WrongTakeover => flag(5.0),
            E::LateRelease => flag(30.0),
            E::Startle => flag(0.0),
            E::Motion => size("m", -30e-3, 30e-3, 5e-3, 5.0),
            E::Cough => size("m", 0.0, 20e-3, 3e-3, 1.0),
            E::Breathing => size("m", 0.0, 5e-3, 1e-3, 30.0),
            E::Tremor => size("m", 0.0, 3e-3, 0.5e-3, 30.0),
            E::Bleed => size("m3/s", 0.0, 1e-6, 0.05e-6, 10.0),
            E::VesselRoll => size("m", -6e-3, 6e-3, 2e-3, 5.0),
        }
    }
}

/// The unit that is taken for another most easily: pound-force for newton, inch for millimetre (times 1/25.4), kΩ, mmHg, mL.
const fn unit_slip(target: T) -> f64 {
    match target {
        T::Force | T::ProbeForce => 0.2248,
        T::Tracker | T::Range | T::Encoder => 0.0394,
        T::CuffGauge => 0.0075,
        _ => 1e-3,
    }
}
