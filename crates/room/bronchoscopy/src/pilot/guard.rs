//! When to stop.

use serde::{Deserialize, Serialize};

use crate::room::Observation;

/// What speaks against going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Guard {
    /// The tip presses on the wall.
    WallForce,
    /// The shaft is held up.
    PushForce,
    /// A cough or a deep breath.
    DeepBreath,
    /// Blood hides the view.
    Blood,
    /// No opening is seen.
    LostLumen,
}

impl Guard {
    /// Name for tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::WallForce => "wall_force",
            Self::PushForce => "push_force",
            Self::DeepBreath => "deep_breath",
            Self::Blood => "blood",
            Self::LostLumen => "lost_lumen",
        }
    }
}

/// Limits of the guards. Prior: unverified, engineering judgement.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct GuardLimits {
    /// Force on the wall [N].
    pub wall_force_n: f64,
    /// Force on the shaft [N].
    pub push_force_n: f64,
    /// Breath, in usual breaths.
    pub breath: f64,
    /// Share of the picture that is blood [1].
    pub blood: f64,
    /// Time without an opening in sight [s].
    pub lost_s: f64,
}

impl GuardLimits {
    /// Usual limits.
    #[must_use]
    pub const fn usual() -> Self {
        Self { wall_force_n: 1.5, push_force_n: 1.6, breath: 1.6, blood: 0.6, lost_s: 3.0 }
    }

    /// The first guard that speaks. `lost_s`: time without an opening in sight [s].
    #[must_use]
    pub fn check(&self, seen: &Observation, blood: f64, lost_s: f64) -> Option<Guard> {
        if seen.wall_force_n > self.wall_force_n {
            Some(Guard::WallForce)
        } else if seen.push_force_n > self.push_force_n {
            Some(Guard::PushForce)
        } else if seen.breath > self.breath {
            Some(Guard::DeepBreath)
        } else if blood > self.blood {
            Some(Guard::Blood)
        } else if lost_s > self.lost_s {
            Some(Guard::LostLumen)
        } else {
            None
        }
    }
}
