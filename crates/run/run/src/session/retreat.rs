//! How the robot takes back a scene that a person has left: needle out along its own line, pressure on the hole.

use proband_procedure::{Command, HeadCommand, NeedleCommand, Observation, Phase};
use serde::{Deserialize, Serialize};

use super::person::HOME_M;

/// Speed of the withdrawal [m/s]: that of the built-in controller.
const WITHDRAW_M_S: f64 = 0.05;
/// Pressure on the hole before the robot begins anew [s]. Prior: unverified.
const COMPRESS_S: f64 = 5.0;
/// Longest withdrawal before the hole is pressed on all the same [s].
const WITHDRAW_MAX_S: f64 = 10.0;

/// Where the retreat is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Retreat {
    pub phase: Phase,
    since_s: f64,
    /// Whether the needle was in or about to be: then there may be a hole to press on.
    hole: bool,
}

impl Retreat {
    /// A retreat that begins now; `touched` says whether a needle of this line met the patient.
    pub fn new(observation: &Observation<'_>, person: Phase) -> Self {
        let out = observation.driver_position_m <= HOME_M && observation.impedance_ohm.is_none();
        let hole = person.needle_in() || person == Phase::Compress;
        let phase = if out && hole { Phase::Compress } else { Phase::Withdraw };
        Self { phase, since_s: observation.time_s, hole }
    }

    /// One tick. Returns the command, or nothing when the robot may begin anew.
    pub fn step(&mut self, observation: &Observation<'_>, last: &Command) -> Option<Command> {
        let out = observation.driver_position_m <= HOME_M && observation.impedance_ohm.is_none();
        let in_phase_s = observation.time_s - self.since_s;
        if self.phase == Phase::Withdraw && (out || in_phase_s > WITHDRAW_MAX_S) {
            if !self.hole {
                return None;
            }
            (self.phase, self.since_s) = (Phase::Compress, observation.time_s);
        } else if self.phase == Phase::Compress && in_phase_s > COMPRESS_S && out {
            return None;
        }
        let mut command = Command { driver_velocity_m_s: if out { 0.0 } else { -WITHDRAW_M_S }, ..Command::idle() };
        match self.phase {
            Phase::Compress => {
                command.compress = true;
                // The line is left only by a needle that is out.
                command.needle = if out { NeedleCommand::Park } else { last.needle };
                command.head = HeadCommand::Park;
            }
            _ => (command.needle, command.head) = (last.needle, last.head),
        }
        Some(command)
    }
}
