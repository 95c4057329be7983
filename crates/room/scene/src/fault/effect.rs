//! What a fault does to its target.

/// What a fault does. Which effects a target knows: [`super::Target::effects`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// A constant is added (vectors: to the first axis; pictures: to the brightness).
    Bias,
    /// A ramp is added to the first axis.
    Drift,
    /// White noise is added.
    Noise,
    /// The reading stays what it was when the fault came; an actuator's valve stays where it was.
    Stuck,
    /// Readings are lost.
    Dropout,
    /// Readings come late.
    Latency,
    /// Readings come in coarse steps.
    Quantisation,
    /// Now and then a reading is far off, ten times a second on average.
    Outlier,
    /// Two axes are exchanged.
    AxisSwap,
    /// The sign is wrong; a picture is mirrored.
    SignFlip,
    /// The reading is in another unit.
    UnitError,
    /// The actuator reaches less than it should.
    Saturation,
    /// Play between motor and load.
    Backlash,
    /// Part of the force is lost.
    TorqueLoss,
    /// It moves by itself.
    Runaway,
    /// It does not stand still when told to.
    BrakeFailure,
    /// Messages come late.
    Delay,
    /// Messages come late by a random time, in order.
    Jitter,
    /// Messages are lost.
    Drop,
    /// Messages change places with the next.
    Reorder,
    /// Messages come again 50 ms later.
    Duplicate,
    /// A recording is played instead.
    Replay,
    /// One bit of a number is turned over.
    Corruption,
    /// A registration is off.
    Offset,
    /// A registration moves away.
    CalibrationDrift,
    /// Veins fade from the picture.
    Miss,
    /// Something is seen that is not there.
    FalsePositive,
    /// Part of the view is covered.
    Occlusion,
    /// Glare.
    Specularity,
    /// The speed asked for is not a number.
    NotANumber,
    /// The controller works on an old observation while its clock goes on.
    StaleState,
    /// The controller does not answer in time.
    MissedDeadline,
    /// The driver is left in its jog mode: one fixed speed in the direction asked for.
    WrongMode,
    /// The tip is off the axis.
    Bent,
    /// The needle breaks at the hub and stays where it is.
    Broken,
    /// A tube without vacuum.
    NoVacuum,
    /// The tube comes off.
    Detached,
    /// No power: motors brake, the cuff opens, no pictures.
    Loss,
    /// The emergency stop is pressed with the needle in: the robot stands still, the cuff stays on.
    WrongTakeover,
    /// The tourniquet is not released when it should be.
    LateRelease,
    /// The arm is pulled away.
    Startle,
    /// The arm is shifted and stays there.
    Motion,
    /// A cough shakes the arm.
    Cough,
    /// The arm moves with deep breaths.
    Breathing,
    /// The arm trembles.
    Tremor,
    /// Blood runs into the tissue.
    Bleed,
    /// The vein slides aside.
    VesselRoll,
}

impl Effect {
    /// Name in files and records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bias => "bias",
            Self::Drift => "drift",
            Self::Noise => "noise",
            Self::Stuck => "stuck",
            Self::Dropout => "dropout",
            Self::Latency => "latency",
            Self::Quantisation => "quantisation",
            Self::Outlier => "outlier",
            Self::AxisSwap => "axis_swap",
            Self::SignFlip => "sign_flip",
            Self::UnitError => "unit_error",
            Self::Saturation => "saturation",
            Self::Backlash => "backlash",
            Self::TorqueLoss => "torque_loss",
            Self::Runaway => "runaway",
            Self::BrakeFailure => "brake_failure",
            Self::Delay => "delay",
            Self::Jitter => "jitter",
            Self::Drop => "drop",
            Self::Reorder => "reorder",
            Self::Duplicate => "duplicate",
            Self::Replay => "replay",
            Self::Corruption => "corruption",
            Self::Offset => "offset",
            Self::CalibrationDrift => "calibration_drift",
            Self::Miss => "miss",
            Self::FalsePositive => "false_positive",
            Self::Occlusion => "occlusion",
            Self::Specularity => "specularity",
            Self::NotANumber => "nan",
            Self::StaleState => "stale_state",
            Self::MissedDeadline => "missed_deadline",
            Self::WrongMode => "wrong_mode",
            Self::Bent => "bent",
            Self::Broken => "broken",
            Self::NoVacuum => "no_vacuum",
            Self::Detached => "detached",
            Self::Loss => "loss",
            Self::WrongTakeover => "wrong_takeover",
            Self::LateRelease => "late_release",
            Self::Startle => "startle",
            Self::Motion => "motion",
            Self::Cough => "cough",
            Self::Breathing => "breathing",
            Self::Tremor => "tremor",
            Self::Bleed => "bleed",
            Self::VesselRoll => "vessel_roll",
        }
    }
}
