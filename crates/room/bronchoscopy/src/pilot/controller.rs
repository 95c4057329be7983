//! What a controller is.

use serde::{Deserialize, Serialize};

use super::belief::Estimate;
use crate::room::{Command, Observation};

/// What the robot is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Phase {
    /// Touring the large airways to learn where the map lies.
    Survey,
    /// On the way to the place from which the needle goes.
    Drive,
    /// Turning the tip towards the target.
    Aim,
    /// Waiting for a three-dimensional picture.
    Image,
    /// Needle going out.
    Insert,
    /// Looking whether the needle is in the target.
    Confirm,
    /// Taking a sample and drawing the needle back.
    Sample,
    /// Standing still until it is safe to go on.
    Paused,
    /// On the way out.
    Withdraw,
    /// Out.
    Done,
}

impl Phase {
    /// Name for tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Survey => "survey",
            Self::Drive => "drive",
            Self::Aim => "aim",
            Self::Image => "image",
            Self::Insert => "insert",
            Self::Confirm => "confirm",
            Self::Sample => "sample",
            Self::Paused => "paused",
            Self::Withdraw => "withdraw",
            Self::Done => "done",
        }
    }
}

/// Something worth telling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Tick.
    pub tick: u64,
    /// `phase:drive`, `guard:wall_force`, `registered`, `route`, `confirmed`, `gave_up`.
    pub kind: String,
    /// In words.
    pub text: String,
}

/// What a controller believes, for the record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// Where it believes the tip to be.
    pub at: Estimate,
    /// From the tip to the target's centre as it believes [m]; NaN when it does not say.
    pub to_target_m: f64,
    /// Which of the plan's ways it follows.
    pub route: u32,
    /// It says that the needle is in the target.
    pub confirmed: bool,
    /// It reached a place from which the needle reaches the target, as it believes.
    pub arrived: bool,
}

/// A mind for the scope: the built-in one is [`super::Pilot`].
pub trait Controller: Send {
    /// What to do, given what is seen. Called once per tick.
    fn step(&mut self, seen: &Observation) -> Command;
    /// What it is about.
    fn phase(&self) -> Phase;
    /// Notes since the last call.
    fn take_notes(&mut self) -> Vec<Note>;
    /// What it believes.
    fn told(&self) -> Told;
}
