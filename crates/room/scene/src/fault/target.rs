//! What a fault befalls, and which effects have a meaning for it.

use super::Effect;
use super::Effect as E;

/// What a fault befalls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// Force sensor behind the needle: axial, then two lateral channels.
    Force,
    /// Impedance at the needle's tip.
    Impedance,
    /// Blood seen in the hub.
    Flashback,
    /// Tracker of the arm's motion: three axes.
    Tracker,
    /// Distance from the imaging head to the skin.
    Range,
    /// Force sensor under the probe.
    ProbeForce,
    /// Encoder of the needle driver: position, then velocity.
    Encoder,
    /// Gauge of the cuff.
    CuffGauge,
    /// Fill sensor of the tube.
    Fill,
    /// Near-infrared pictures.
    Nir,
    /// Ultrasound pictures.
    Ultrasound,
    /// Needle driver.
    Driver,
    /// Robot arm.
    Arm,
    /// Gantry of the imaging head.
    Gantry,
    /// Pump and valve of the tourniquet's cuff.
    Cuff,
    /// The way of commands from controller to robot.
    Command,
    /// The way of readings from robot to controller.
    Observation,
    /// Registration of the camera with the patient.
    Camera,
    /// Registration of the probe with the patient.
    Probe,
    /// Registration of the robot arm with the patient.
    Robot,
    /// The controller.
    Controller,
    /// The needle.
    Needle,
    /// The evacuated tube.
    Tube,
    /// Power supply of the motors.
    Supply,
    /// The person who watches.
    Operator,
    /// The patient.
    Patient,
}

/// What a scalar reading can suffer.
const SCALAR: [Effect; 9] = [E::Bias, E::Drift, E::Noise, E::Stuck, E::Dropout, E::Latency, E::Quantisation, E::Outlier, E::UnitError];
/// What a reading with a sign can suffer.
const SIGNED: [Effect; 10] =
    [E::Bias, E::Drift, E::Noise, E::Stuck, E::Dropout, E::Latency, E::Quantisation, E::Outlier, E::UnitError, E::SignFlip];
/// What a reading of several axes can suffer.
const VECTOR: [Effect; 11] =
    [E::Bias, E::Drift, E::Noise, E::Stuck, E::Dropout, E::Latency, E::Quantisation, E::Outlier, E::UnitError, E::SignFlip, E::AxisSwap];
/// The tracker can lose sight of its marker as well.
const TRACKED: [Effect; 12] = [
    E::Bias,
    E::Drift,
    E::Noise,
    E::Stuck,
    E::Dropout,
    E::Latency,
    E::Quantisation,
    E::Outlier,
    E::UnitError,
    E::SignFlip,
    E::AxisSwap,
    E::Occlusion,
];
/// What a picture can suffer.
const PICTURE: [Effect; 10] =
    [E::Bias, E::Noise, E::Stuck, E::Dropout, E::Latency, E::SignFlip, E::Miss, E::FalsePositive, E::Occlusion, E::Specularity];
const SEEN: [Effect; 4] = [E::Stuck, E::Dropout, E::Latency, E::FalsePositive];
const AXIS: [Effect; 5] = [E::Saturation, E::Backlash, E::TorqueLoss, E::Runaway, E::BrakeFailure];
const PUMP: [Effect; 4] = [E::Stuck, E::Saturation, E::TorqueLoss, E::Runaway];
const LINK: [Effect; 7] = [E::Delay, E::Jitter, E::Drop, E::Reorder, E::Duplicate, E::Replay, E::Corruption];
const PLACE: [Effect; 2] = [E::Offset, E::CalibrationDrift];
const MIND: [Effect; 4] = [E::NotANumber, E::StaleState, E::MissedDeadline, E::WrongMode];
const BODY: [Effect; 7] = [E::Startle, E::Motion, E::Cough, E::Breathing, E::Tremor, E::Bleed, E::VesselRoll];

impl Target {
    /// Every target.
    pub const ALL: [Self; 26] = [
        Self::Force,
        Self::Impedance,
        Self::Flashback,
        Self::Tracker,
        Self::Range,
        Self::ProbeForce,
        Self::Encoder,
        Self::CuffGauge,
        Self::Fill,
        Self::Nir,
        Self::Ultrasound,
        Self::Driver,
        Self::Arm,
        Self::Gantry,
        Self::Cuff,
        Self::Command,
        Self::Observation,
        Self::Camera,
        Self::Probe,
        Self::Robot,
        Self::Controller,
        Self::Needle,
        Self::Tube,
        Self::Supply,
        Self::Operator,
        Self::Patient,
    ];

    /// Name in files and records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Force => "force",
            Self::Impedance => "impedance",
            Self::Flashback => "flashback",
            Self::Tracker => "tracker",
            Self::Range => "range",
            Self::ProbeForce => "probe_force",
            Self::Encoder => "encoder",
            Self::CuffGauge => "cuff_gauge",
            Self::Fill => "fill",
            Self::Nir => "nir",
            Self::Ultrasound => "ultrasound",
            Self::Driver => "driver",
            Self::Arm => "arm",
            Self::Gantry => "gantry",
            Self::Cuff => "cuff",
            Self::Command => "command",
            Self::Observation => "observation",
            Self::Camera => "camera",
            Self::Probe => "probe",
            Self::Robot => "robot",
            Self::Controller => "controller",
            Self::Needle => "needle",
            Self::Tube => "tube",
            Self::Supply => "supply",
            Self::Operator => "operator",
            Self::Patient => "patient",
        }
    }

    /// The target with this name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|target| target.name() == name)
    }

    /// Effects that have a meaning for this target.
    #[must_use]
    pub const fn effects(self) -> &'static [Effect] {
        match self {
            Self::Force => &VECTOR,
            Self::Tracker => &TRACKED,
            Self::Impedance | Self::CuffGauge | Self::Fill => &SCALAR,
            Self::Range | Self::ProbeForce | Self::Encoder => &SIGNED,
            Self::Flashback => &SEEN,
            Self::Nir | Self::Ultrasound => &PICTURE,
            Self::Driver | Self::Arm | Self::Gantry => &AXIS,
            Self::Cuff => &PUMP,
            Self::Command | Self::Observation => &LINK,
            Self::Camera | Self::Probe | Self::Robot => &PLACE,
            Self::Controller => &MIND,
            Self::Needle => &[E::Bent, E::Broken],
            Self::Tube => &[E::NoVacuum, E::Detached],
            Self::Supply => &[E::Loss],
            Self::Operator => &[E::WrongTakeover, E::LateRelease],
            Self::Patient => &BODY,
        }
    }

    /// Size of an ordinary error of this reading, in [`Target::unit`]: the scale of its magnitudes.
    ///
    /// # Source
    /// Prior: unverified, engineering judgement: about what a worn or badly mounted part of this class is off by.
    pub(crate) const fn scale(self) -> f64 {
        match self {
            Self::Force | Self::ProbeForce => 0.5,
            Self::Impedance => 100.0,
            Self::Tracker => 1e-3,
            Self::Range => 2e-3,
            Self::Encoder => 0.5e-3,
            Self::CuffGauge => 2_000.0,
            Self::Fill => 0.3e-6,
            Self::Nir | Self::Ultrasound => 0.1,
            _ => 1.0,
        }
    }

    /// Unit of the reading; `1` for a share or where there is none.
    pub(crate) const fn unit(self) -> &'static str {
        match self {
            Self::Force | Self::ProbeForce => "N",
            Self::Impedance => "Ohm",
            Self::Tracker | Self::Range | Self::Encoder => "m",
            Self::CuffGauge => "Pa",
            Self::Fill => "m3",
            _ => "1",
        }
    }

    /// Unit of the reading per second.
    pub(crate) const fn unit_per_s(self) -> &'static str {
        match self {
            Self::Force | Self::ProbeForce => "N/s",
            Self::Impedance => "Ohm/s",
            Self::Tracker | Self::Range | Self::Encoder => "m/s",
            Self::CuffGauge => "Pa/s",
            Self::Fill => "m3/s",
            _ => "1/s",
        }
    }

    /// What it is, in words.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Force => "force reading of the needle",
            Self::Impedance => "impedance at the tip",
            Self::Flashback => "blood seen in the hub",
            Self::Tracker => "arm tracker",
            Self::Range => "distance to the skin",
            Self::ProbeForce => "force reading of the probe",
            Self::Encoder => "encoder of the needle driver",
            Self::CuffGauge => "gauge of the cuff",
            Self::Fill => "fill sensor of the tube",
            Self::Nir => "near-infrared picture",
            Self::Ultrasound => "ultrasound picture",
            Self::Driver => "needle driver",
            Self::Arm => "robot arm",
            Self::Gantry => "imaging head",
            Self::Cuff => "cuff",
            Self::Command => "commands to the robot",
            Self::Observation => "readings to the controller",
            Self::Camera => "place of the camera",
            Self::Probe => "place of the probe",
            Self::Robot => "place of the robot arm",
            Self::Controller => "controller",
            Self::Needle => "needle",
            Self::Tube => "tube",
            Self::Supply => "power of the motors",
            Self::Operator => "operator",
            Self::Patient => "patient",
        }
    }
}
