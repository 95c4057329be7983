//! Where the time of a tick goes. The clock belongs to the caller; a scene without one loses nothing.

/// Stages of a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Motion, veins, tube, leak.
    Patient,
    /// Arm, driver, gantry.
    Robot,
    /// Needle in tissue.
    Needle,
    /// Near-infrared picture.
    Nir,
    /// Ultrasound picture.
    Ultrasound,
    /// Force, impedance, hub, tracker, range.
    Sensors,
    /// Perception, planning, control.
    Controller,
    /// Scoring and bookkeeping.
    Score,
}

impl Stage {
    /// All stages in the order of a tick.
    pub const ALL: [Self; 8] =
        [Self::Patient, Self::Robot, Self::Needle, Self::Nir, Self::Ultrasound, Self::Sensors, Self::Controller, Self::Score];

    /// Name in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::Robot => "robot",
            Self::Needle => "needle",
            Self::Nir => "near infrared",
            Self::Ultrasound => "ultrasound",
            Self::Sensors => "other sensors",
            Self::Controller => "controller with perception",
            Self::Score => "score",
        }
    }
}

/// Told when a stage has ended.
pub trait Stopwatch {
    /// The stage that just ended.
    fn lap(&mut self, stage: Stage);
}

/// Measures nothing.
#[derive(Clone, Copy, Debug)]
pub struct NoStopwatch;

impl Stopwatch for NoStopwatch {
    fn lap(&mut self, _stage: Stage) {}
}
