//! The manual comparator: a model of a phlebotomist who palpates.
//!
//! It is no data from people. It sticks in the same room, with the same needle, tube and tissue mechanics as the robot arms
//! of a study; what differs is what it knows ([`super::palpate`]) and how it decides: it advances until blood shows in the
//! hub, follows a little, and puts the tube on; without blood it searches on the way back, then tries a second place.
//! The needle is carried by the arm of the room, so that positioning errors are the robot's, smaller than a hand's;
//! the hand's error stands in the palpation.

use proband_core::{Direction, Patient, Position};
use proband_procedure::{Command, Controller, GuardLimits, NeedleCommand, Note, Observation, Phase, PlanNote, ProcedureError};
use serde::{Deserialize, Serialize};

use super::Palpated;

/// How a hand works. All prior: unverified, but for what is said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HandSpec {
    /// Disinfection [s].
    pub prepare_s: f64,
    /// Tourniquet, filling and palpation before a stick [s].
    pub palpate_s: f64,
    /// Speed of the needle [m/s].
    pub speed_m_s: f64,
    /// From blood in the hub to a hand that stops [s].
    pub reaction_s: f64,
    /// Needle that follows after the reaction [m]. With the reaction about 6 mm behind the wall (PMC3726589).
    pub follow_m: f64,
    /// Needle in the skin at most [m].
    pub insertion_max_m: f64,
    /// Way beyond the guessed place that is tried before the needle comes back [m].
    pub beyond_m: f64,
    /// Cuff [Pa].
    pub tourniquet_pa: f64,
    /// Blood to draw [m³].
    pub draw_m3: f64,
    /// Sticks at most: two (practice rule).
    pub attempts_max: u32,
    /// Compression [s].
    pub compress_s: f64,
    /// Speed of the arm at which the needle is taken out [m/s]: the robot's.
    pub arm_speed_max_m_s: f64,
}

impl HandSpec {
    /// An outpatient draw into one tube of 4 mL.
    #[must_use]
    pub fn outpatient() -> Self {
        Self {
            prepare_s: 8.0,
            palpate_s: 20.0,
            speed_m_s: 8e-3,
            reaction_s: 0.25,
            follow_m: 2e-3,
            insertion_max_m: 0.029,
            beyond_m: 8e-3,
            tourniquet_pa: 8_000.0,
            draw_m3: 4e-6,
            attempts_max: 2,
            compress_s: 20.0,
            arm_speed_max_m_s: GuardLimits::standard().arm_speed_max_m_s,
        }
    }
}

const STANDOFF_M: f64 = 0.012;
const CONTACT_N: f64 = 0.05;
const ALIGN_MAX_S: f64 = 8.0;
const SEEK_MAX_S: f64 = 30.0;
const DRAW_MAX_S: f64 = 120.0;
const NO_FLOW_S: f64 = 2.0;
const ADJUST_M: f64 = 1e-3;
const ADJUSTS_MAX: u32 = 4;
const FOLLOW_GAIN: f64 = 1.0 / 30.0;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct State {
    phase: Phase,
    since_s: f64,
    started: bool,
    attempt: u32,
    cuff: bool,
    drawn: bool,
    failed: bool,
    skin_m: f64,
    flash_s: f64,
    stop_m: f64,
    returning: bool,
    last_volume_m3: f64,
    last_flow_s: f64,
    adjusts: u32,
    adjust_to_m: f64,
    followed_m: [f64; 3],
    reason: String,
    notes: Vec<Note>,
}

/// The manual comparator as a controller.
#[derive(Clone, Debug)]
pub struct Hand {
    spec: HandSpec,
    places: Vec<Palpated>,
    state: State,
}

type Next = Option<(Phase, String)>;

impl Hand {
    /// A hand that has palpated these places.
    #[must_use]
    pub fn new(spec: HandSpec, places: Vec<Palpated>) -> Self {
        let state = State {
            phase: Phase::Prepare,
            since_s: 0.0,
            started: false,
            attempt: 0,
            cuff: false,
            drawn: false,
            failed: false,
            skin_m: f64::NAN,
            flash_s: f64::NAN,
            stop_m: f64::NAN,
            returning: false,
            last_volume_m3: 0.0,
            last_flow_s: f64::NAN,
            adjusts: 0,
            adjust_to_m: f64::NAN,
            followed_m: [0.0; 3],
            reason: String::new(),
            notes: Vec::new(),
        };
        Self { spec, places, state }
    }

    fn place(&self) -> Option<&Palpated> {
        self.places.get(self.state.attempt.checked_sub(1)? as usize)
    }

    fn line(&self) -> NeedleCommand {
        let Some(place) = self.place() else { return NeedleCommand::Park };
        let [x, y, z] = place.entry_m;
        NeedleCommand::Line {
            entry: Position::<Patient>::new(x, y, z) + Direction::from_raw(self.state.followed_m.into()),
            direction: Direction::new(place.direction[0], place.direction[1], place.direction[2]),
            standoff_m: STANDOFF_M,
        }
    }

    fn in_phase_s(&self, obs: &Observation<'_>) -> f64 {
        obs.time_s - self.state.since_s
    }

    fn inserted_m(&self, obs: &Observation<'_>) -> f64 {
        obs.driver_position_m - self.state.skin_m
    }

    fn enter(&mut self, obs: &Observation<'_>, phase: Phase, reason: String) {
        self.state.phase = phase;
        self.state.since_s = obs.time_s;
        self.state.cuff &= !phase.is_final();
        self.state.notes.push(Note::Phase { time_s: obs.time_s, phase, attempt: self.state.attempt, reason });
    }

    fn fail(&mut self, obs: &Observation<'_>, why: &str) -> Next {
        let enough = obs.tube_volume_m3 >= 0.5 * self.spec.draw_m3;
        self.state.drawn |= enough;
        self.state.failed = !enough;
        self.state.reason = why.to_owned();
        Some((Phase::Withdraw, why.to_owned()))
    }

    /// The next place, if there is one.
    fn next_place(&mut self) -> Next {
        if self.state.attempt >= self.spec.attempts_max || self.places.len() <= self.state.attempt as usize {
            let why = if self.state.attempt == 0 { "no vein found".into() } else { format!("no other place: {}", self.state.reason) };
            return Some((Phase::HandOver, why));
        }
        self.state.attempt += 1;
        (self.state.skin_m, self.state.flash_s, self.state.stop_m) = (f64::NAN, f64::NAN, f64::NAN);
        (self.state.returning, self.state.failed, self.state.adjusts) = (false, false, 0);
        (self.state.adjust_to_m, self.state.last_flow_s) = (f64::NAN, f64::NAN);
        let (attempt, place) = (self.state.attempt, self.place().cloned());
        let place = place?;
        let tip: [f64; 3] = std::array::from_fn(|i| place.entry_m[i] + place.direction[i] * place.run_m);
        self.state.notes.push(Note::Plan(PlanNote {
            attempt,
            site: place.vein.clone(),
            entry_m: place.entry_m,
            tip_m: tip,
            angle_rad: place.angle_rad,
            insertion_m: place.run_m,
            predicted_success: f64::NAN,
        }));
        let felt = if place.felt { "felt" } else { "by landmarks" };
        Some((Phase::Align, format!("{}, {felt}, {:.0}°", place.vein, place.angle_rad.to_degrees())))
    }

    fn align(&mut self, obs: &Observation<'_>, command: &mut Command) -> Next {
        command.needle = self.line();
        if obs.arm_arrived && self.in_phase_s(obs) > 0.5 {
            return Some((Phase::Contact, "needle in line".into()));
        }
        if self.in_phase_s(obs) < ALIGN_MAX_S {
            return None;
        }
        // A hand would reach; the arm that stands in for it does not. No needle was in: the place does not count.
        self.state.reason = "out of reach of the arm that carries the needle".into();
        self.places.remove(self.state.attempt as usize - 1);
        self.state.attempt -= 1;
        Some((Phase::Plan, self.state.reason.clone()))
    }

    fn contact(&mut self, obs: &Observation<'_>, command: &mut Command) -> Next {
        command.needle = self.line();
        if obs.force_axial_n > CONTACT_N {
            self.state.skin_m = obs.driver_position_m;
            return Some((Phase::Insert, "contact".into()));
        }
        if obs.driver_position_m > 2.0 * STANDOFF_M {
            self.state.skin_m = obs.driver_position_m;
            return self.fail(obs, "no contact");
        }
        command.driver_velocity_m_s = self.spec.speed_m_s;
        None
    }

    fn insert(&mut self, obs: &Observation<'_>, command: &mut Command) -> Next {
        command.needle = self.line();
        let inserted = self.inserted_m(obs);
        if obs.blood_in_hub && self.state.flash_s.is_nan() {
            self.state.flash_s = obs.time_s;
        }
        if self.state.flash_s.is_finite() && obs.time_s - self.state.flash_s > self.spec.reaction_s {
            if self.state.returning {
                return Some((Phase::ConfirmLumen, "blood on the way back".into()));
            }
            if self.state.stop_m.is_nan() {
                self.state.stop_m = (inserted + self.spec.follow_m).min(self.spec.insertion_max_m);
            }
            if inserted >= self.state.stop_m {
                return Some((Phase::ConfirmLumen, "blood in the hub".into()));
            }
        }
        let place_m = self.place().map_or(0.0, |place| place.run_m);
        if self.state.returning {
            command.driver_velocity_m_s = -0.5 * self.spec.speed_m_s;
            return if inserted < 3e-3 { self.fail(obs, "no blood") } else { None };
        }
        let searching = self.state.flash_s.is_nan();
        if searching && (inserted > self.spec.insertion_max_m || inserted > place_m + self.spec.beyond_m) {
            self.state.returning = true;
            return None;
        }
        if self.in_phase_s(obs) > SEEK_MAX_S {
            return self.fail(obs, "took too long");
        }
        command.driver_velocity_m_s = self.spec.speed_m_s;
        None
    }

    fn draw(&mut self, obs: &Observation<'_>, command: &mut Command) -> Next {
        command.needle = self.line();
        command.tube_connected = true;
        if self.state.last_flow_s.is_nan() || obs.tube_volume_m3 - self.state.last_volume_m3 > 2e-8 {
            (self.state.last_flow_s, self.state.last_volume_m3) = (obs.time_s, obs.tube_volume_m3);
        }
        if obs.tube_volume_m3 >= 0.97 * self.spec.draw_m3 {
            self.state.drawn = true;
            return Some((Phase::Release, "tube full".into()));
        }
        if self.state.adjust_to_m.is_finite() {
            let error = self.state.adjust_to_m - self.inserted_m(obs);
            if error.abs() > 0.1e-3 && obs.time_s - self.state.last_flow_s < 1.0 {
                command.driver_velocity_m_s = error.signum() * 3e-3;
                return None;
            }
            (self.state.adjust_to_m, self.state.last_flow_s) = (f64::NAN, obs.time_s);
        }
        if obs.time_s - self.state.last_flow_s < NO_FLOW_S {
            return if self.in_phase_s(obs) > DRAW_MAX_S { self.fail(obs, "flow too slow") } else { None };
        }
        if obs.tube_volume_m3 >= 0.9 * self.spec.draw_m3 {
            self.state.drawn = true;
            return Some((Phase::Release, "tube full, vacuum spent".into()));
        }
        if self.state.adjusts >= ADJUSTS_MAX {
            return self.fail(obs, "no flow");
        }
        // Mostly back: the bevel of a hand that follows blindly lies too deep more often than too shallow.
        let step = if self.state.adjusts == 1 { 1.5 * ADJUST_M } else { -ADJUST_M };
        self.state.adjusts += 1;
        self.state.adjust_to_m = self.inserted_m(obs) + step;
        self.state.last_flow_s = obs.time_s;
        None
    }

    fn withdraw(&mut self, obs: &Observation<'_>, command: &mut Command) -> Next {
        command.needle = self.line();
        if !self.state.failed || self.state.attempt >= self.spec.attempts_max {
            self.state.cuff = false;
        }
        if obs.driver_position_m - self.state.skin_m.min(STANDOFF_M) <= -6e-3
            || obs.driver_position_m <= 0.2e-3
            || self.in_phase_s(obs) > 10.0
        {
            return Some((Phase::Compress, "needle out".into()));
        }
        command.driver_velocity_m_s = -0.05;
        None
    }

    fn compress(&mut self, obs: &Observation<'_>, command: &mut Command) -> Next {
        command.compress = true;
        if obs.driver_position_m > 0.2e-3 {
            command.needle = self.line();
            command.driver_velocity_m_s = -0.05;
        }
        let again = self.state.failed && !self.state.drawn && self.state.attempt < self.spec.attempts_max;
        let hold_s = if again { 0.25 * self.spec.compress_s } else { self.spec.compress_s };
        if self.in_phase_s(obs) < hold_s {
            return None;
        }
        if self.state.drawn {
            Some((Phase::Done, "blood drawn".into()))
        } else if again {
            Some((Phase::Plan, format!("second place after {}", self.state.reason)))
        } else {
            Some((Phase::HandOver, format!("attempts used up: {}", self.state.reason)))
        }
    }

    fn dispatch(&mut self, obs: &Observation<'_>, command: &mut Command) -> Next {
        match self.state.phase {
            Phase::Prepare => (self.in_phase_s(obs) >= self.spec.prepare_s).then(|| {
                self.state.cuff = true;
                (Phase::Tourniquet, "skin disinfected".into())
            }),
            Phase::Tourniquet => (self.in_phase_s(obs) >= self.spec.palpate_s).then(|| (Phase::Plan, "palpated".into())),
            Phase::Plan => self.next_place(),
            Phase::Align => self.align(obs, command),
            Phase::Contact => self.contact(obs, command),
            Phase::Insert => self.insert(obs, command),
            Phase::ConfirmLumen => {
                command.needle = self.line();
                Some((Phase::Draw, "tube on".into()))
            }
            Phase::Draw => self.draw(obs, command),
            Phase::Release => {
                command.needle = self.line();
                self.state.cuff = false;
                (self.in_phase_s(obs) > 2.0).then(|| (Phase::Withdraw, "tourniquet and tube off".into()))
            }
            Phase::Withdraw => self.withdraw(obs, command),
            Phase::Compress => self.compress(obs, command),
            _ => None,
        }
    }
}

impl Controller for Hand {
    fn step(&mut self, obs: &Observation<'_>) -> Command {
        if !self.state.started {
            self.state.started = true;
            self.enter(obs, Phase::Prepare, "start".into());
        }
        for (followed, now) in self.state.followed_m.iter_mut().zip(obs.arm_displacement_m.0.iter()) {
            if now.abs() < 0.5 {
                *followed += FOLLOW_GAIN * (now - *followed);
            }
        }
        let mut command = Command::idle();
        let pulled = self.state.phase.needle_in() && self.state.phase != Phase::Withdraw && obs.arm_speed_m_s > self.spec.arm_speed_max_m_s;
        let next = if pulled { self.fail(obs, "the arm was pulled away") } else { self.dispatch(obs, &mut command) };
        if let Some((phase, reason)) = next {
            self.enter(obs, phase, reason);
        }
        if self.state.cuff {
            command.tourniquet_pa = self.spec.tourniquet_pa;
        }
        command
    }

    fn phase(&self) -> Phase {
        self.state.phase
    }

    fn attempt(&self) -> u32 {
        self.state.attempt
    }

    fn take_notes(&mut self, out: &mut Vec<Note>) {
        out.append(&mut self.state.notes);
    }

    fn save(&self) -> Result<Vec<u8>, ProcedureError> {
        postcard::to_stdvec(&(&self.places, &self.state)).map_err(|e| ProcedureError::Encoding { what: e.to_string() })
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), ProcedureError> {
        (self.places, self.state) = postcard::from_bytes(bytes).map_err(|e| ProcedureError::Encoding { what: e.to_string() })?;
        Ok(())
    }
}
