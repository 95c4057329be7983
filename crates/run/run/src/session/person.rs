//! What a person is doing, read from what is asked and felt: a person does not announce phases, the scorer needs them.

use proband_procedure::{Command, HeadCommand, NeedleCommand, Note, Observation, Phase, PlanNote};
use serde::{Deserialize, Serialize};

/// Driver position that counts as its retracted stop [m].
pub(super) const HOME_M: f64 = 0.2e-3;
/// Force that counts as contact [N]: the built-in controller's.
const CONTACT_N: f64 = 0.05;
/// Speed below which the needle is held and not moved [m/s].
const STILL_M_S: f64 = 1e-5;

/// What is remembered of a person's stick.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Person {
    pub phase: Phase,
    /// Sticks so far, the robot's included.
    pub attempt: u32,
    /// Whether the tip has met something on this line.
    touched: bool,
}

impl Person {
    pub fn new(attempt: u32) -> Self {
        Self { phase: Phase::Prepare, attempt, touched: false }
    }

    /// A person who takes over while the robot is in `phase`, in the middle of a stick if the needle is in.
    pub fn taking_over(attempt: u32, phase: Phase) -> Self {
        let touched = phase.needle_in() && phase != Phase::Contact;
        Self { phase, attempt, touched }
    }

    /// One tick of the person's command. A new stick is announced through `notes`.
    pub fn step(&mut self, observation: &Observation<'_>, command: &Command, notes: &mut Vec<Note>) {
        let phase = self.phase_now(observation, command);
        if phase == self.phase {
            return;
        }
        let begins = phase == Phase::Contact && !self.phase.needle_in();
        self.phase = phase;
        if begins {
            self.attempt += 1;
            notes.extend(self.plan_note(command));
        }
        notes.push(Note::Phase { time_s: observation.time_s, phase, attempt: self.attempt, reason: "by hand".into() });
    }

    fn phase_now(&mut self, observation: &Observation<'_>, command: &Command) -> Phase {
        let home = observation.driver_position_m <= HOME_M;
        let conducts = observation.impedance_ohm.is_some();
        if home && !conducts {
            let was_in = self.phase.needle_in() && self.touched;
            self.touched = false;
            return match (self.phase, command.needle) {
                _ if was_in => Phase::Compress,
                (Phase::Compress, _) if command.compress => Phase::Compress,
                (_, NeedleCommand::Line { .. }) => Phase::Align,
                _ => match command.head {
                    HeadCommand::Press { .. } => Phase::ScanUltrasound,
                    HeadCommand::Park if command.expose_nir => Phase::ScanNir,
                    HeadCommand::Park if command.tourniquet_pa > 0.0 => Phase::Tourniquet,
                    HeadCommand::Park => Phase::Prepare,
                },
            };
        }
        self.touched |= conducts || observation.force_axial_n > CONTACT_N;
        if !self.touched {
            return Phase::Contact;
        }
        if command.tube_connected {
            return Phase::Draw;
        }
        if command.driver_velocity_m_s < -STILL_M_S {
            return Phase::Withdraw;
        }
        match self.phase {
            Phase::Draw | Phase::Release => Phase::Release,
            Phase::Withdraw if command.driver_velocity_m_s.abs() <= STILL_M_S => Phase::Withdraw,
            _ => Phase::Insert,
        }
    }

    /// The stick that begins, as the record wants it: a person states a line, not a goal on it.
    fn plan_note(&self, command: &Command) -> Option<Note> {
        let NeedleCommand::Line { entry, direction, .. } = command.needle else { return None };
        let unit = direction.0.normalize();
        // Steepness against the level: the arm lies palm up and +y points into it.
        let angle_rad = proband_core::ops::asin(unit.y.clamp(-1.0, 1.0));
        Some(Note::Plan(PlanNote {
            attempt: self.attempt,
            site: "by hand".into(),
            entry_m: entry.0.into(),
            tip_m: [f64::NAN; 3],
            angle_rad,
            insertion_m: f64::NAN,
            predicted_success: f64::NAN,
        }))
    }
}
