//! The built-in controller: a state machine that a clinician can read.

mod approach;
mod draw;
mod eyes;
mod follow;
mod insert;
mod scan;
mod skin;
mod spec;

use proband_core::{Direction, Patient, Position};
use proband_twin::SiteBelief;
use serde::{Deserialize, Serialize};

pub use spec::{Pace, VenipunctureSpec};

use crate::interface::{Command, Controller, HeadCommand, NeedleCommand, Note, Observation};
use crate::plan::{Plan, Site};
use crate::pop::PopState;
use crate::survey::SeenLumen;
use crate::{Guard, Phase, ProcedureError};

/// Notes kept between two calls of `take_notes`; more than one tick can make is a bug, not a need.
const NOTE_COUNT_MAX: usize = 4096;

/// Share of the arm's displacement that the needle's line takes over per tick [1]: a time constant of 30 ms. Faster, and
/// the needle shakes with the tracker's noise of 0.1 mm; slower, and breathing is not followed. Prior: unverified.
const FOLLOW_GAIN: f64 = 1.0 / 30.0;

/// Displacement that no arm on a rest has and no tracker of it measures [m]; what is no number is beyond it too.
const DISPLACEMENT_MAX_M: f64 = 0.5;

/// A place where the probe looks.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Station {
    x_m: f64,
    z_m: f64,
}

/// Scratch of the scan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct ScanState {
    stations: Vec<Station>,
    station: u32,
    /// Frames taken at light contact and when pressed at this station.
    light_taken: u32,
    pressed_taken: u32,
    pressing: bool,
    /// Whether pictures are taken: once the probe has settled at this station.
    imaging: bool,
    force_reached_s: f64,
    tracks: Vec<eyes::LumenTrack>,
    lumens: Vec<SeenLumen>,
    nir_taken: u32,
    nir_lines: Vec<eyes::NirLine>,
    /// Points of the skin as measured so far [m].
    skin_points: Vec<[f64; 3]>,
    skin: skin::Skin,
    full_grid_done: bool,
}

/// Scratch of one attempt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct AttemptState {
    /// Driver position at which the tip touched the skin [m]; NaN before.
    skin_driver_m: f64,
    skin_pop_s: f64,
    /// Largest filtered force before the skin gave way [N]: how this skin and needle feel.
    skin_peak_n: f64,
    wall_pop_s: f64,
    /// Insertion at which blood was first seen [m]; NaN before.
    blood_at_m: f64,
    /// Insertion at which the advance stops after blood [m]; NaN before.
    stop_at_m: f64,
    deepest_m: f64,
    searching_back: bool,
    pause_since_s: f64,
    /// Whether pictures are taken: once needle and probe have been in line.
    imaging: bool,
    aligned_frames: u32,
    replanned: bool,
    last_image_s: f64,
    image_depth_sum: [f64; 2],
    image_depth_count: u32,
    tip_offset_sum_m: f64,
    tip_offset_count: u32,
    /// Correction of the axial stop from the tip seen in the picture [m].
    tip_correction_m: f64,
    displacement_at_entry_m: [f64; 3],
    kept_insert_frame: bool,
    kept_lumen_frame: bool,
    draw_started_s: f64,
    last_flow_s: f64,
    last_volume_m3: f64,
    nudges: u32,
    nudge_to_m: f64,
    failed: bool,
    reason: String,
}

impl AttemptState {
    fn new() -> Self {
        Self {
            skin_driver_m: f64::NAN,
            skin_pop_s: f64::NAN,
            skin_peak_n: 0.0,
            wall_pop_s: f64::NAN,
            blood_at_m: f64::NAN,
            stop_at_m: f64::NAN,
            deepest_m: 0.0,
            searching_back: false,
            pause_since_s: f64::NAN,
            imaging: false,
            aligned_frames: 0,
            replanned: false,
            last_image_s: f64::NAN,
            image_depth_sum: [0.0; 2],
            image_depth_count: 0,
            tip_offset_sum_m: 0.0,
            tip_offset_count: 0,
            tip_correction_m: 0.0,
            displacement_at_entry_m: [0.0; 3],
            kept_insert_frame: false,
            kept_lumen_frame: false,
            draw_started_s: f64::NAN,
            last_flow_s: 0.0,
            last_volume_m3: 0.0,
            nudges: 0,
            nudge_to_m: f64::NAN,
            failed: false,
            reason: String::new(),
        }
    }
}

/// Everything that the controller remembers. Plain data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct State {
    phase: Phase,
    phase_since_s: f64,
    started: bool,
    attempt: u32,
    scan: ScanState,
    sites: Vec<Site>,
    /// One per site.
    beliefs: Vec<SiteBelief>,
    plan: Option<Plan>,
    try_: AttemptState,
    pop: PopState,
    /// Speed asked of the needle driver in the last tick [m/s].
    commanded_m_s: f64,
    /// Low-pass filtered displacement of the arm that the needle's line follows [m].
    followed_m: [f64; 3],
    tourniquet_since_s: f64,
    tourniquet_on: bool,
    drawn: bool,
    notes: Vec<Note>,
}

/// What a phase asks for next: stay, or go on for a reason.
type Next = Option<(Phase, String)>;

/// The built-in venipuncture controller.
#[derive(Clone, Debug)]
pub struct Venipuncture {
    spec: VenipunctureSpec,
    state: State,
    /// Starts anew with each stick; saved while it says anything.
    follow: follow::FollowWatch,
}

impl Venipuncture {
    /// A controller at the beginning of a draw.
    #[must_use]
    pub fn new(spec: VenipunctureSpec) -> Self {
        let state = State {
            phase: Phase::Prepare,
            phase_since_s: 0.0,
            started: false,
            attempt: 0,
            scan: ScanState {
                stations: Vec::new(),
                station: 0,
                light_taken: 0,
                pressed_taken: 0,
                pressing: false,
                imaging: false,
                force_reached_s: f64::NAN,
                tracks: Vec::new(),
                lumens: Vec::new(),
                nir_taken: 0,
                nir_lines: Vec::new(),
                skin_points: Vec::new(),
                skin: skin::Skin::unknown(),
                full_grid_done: false,
            },
            sites: Vec::new(),
            beliefs: Vec::new(),
            plan: None,
            try_: AttemptState::new(),
            pop: PopState::new(),
            commanded_m_s: 0.0,
            followed_m: [0.0; 3],
            tourniquet_since_s: f64::NAN,
            tourniquet_on: false,
            drawn: false,
            notes: Vec::new(),
        };
        Self { spec, state, follow: follow::FollowWatch::default() }
    }

    /// What the controller was told.
    #[must_use]
    pub fn spec(&self) -> &VenipunctureSpec {
        &self.spec
    }

    fn note(&mut self, note: Note) {
        if self.state.notes.len() < NOTE_COUNT_MAX {
            self.state.notes.push(note);
        }
    }

    fn event(&mut self, obs: &Observation<'_>, kind: &str, text: impl Into<String>, value: f64, unit: &str) {
        self.note(Note::Event { time_s: obs.time_s, kind: kind.into(), text: text.into(), value, unit: unit.into() });
    }

    fn guard(&mut self, obs: &Observation<'_>, guard: Guard, value: f64, unit: &str) {
        self.note(Note::Guard { time_s: obs.time_s, guard, value, unit: unit.into() });
    }

    fn enter(&mut self, obs: &Observation<'_>, phase: Phase, reason: String) {
        debug_assert!(!self.state.started || self.state.phase.may_lead_to(phase), "{:?} may not lead to {phase:?}", self.state.phase);
        self.state.phase = phase;
        self.state.phase_since_s = obs.time_s;
        // However it came to its end: nobody is left with a cuff on.
        self.state.tourniquet_on &= !phase.is_final();
        self.note(Note::Phase { time_s: obs.time_s, phase, attempt: self.state.attempt, reason });
    }

    fn in_phase_s(&self, obs: &Observation<'_>) -> f64 {
        obs.time_s - self.state.phase_since_s
    }

    /// Insertion along the needle from the skin [m], by the driver's encoder.
    fn insertion_m(&self, obs: &Observation<'_>) -> f64 {
        obs.driver_position_m - self.state.try_.skin_driver_m
    }

    /// How far the tissue moves with the needle [m], from the measured force and the believed law a1 u + a2 u² = F.
    fn indentation_m(&self) -> f64 {
        let force = self.state.pop.filtered_n().max(0.0);
        let [a1, a2] = self.spec.indentation;
        if a2 > 0.0 { ((a1 * a1 + 4.0 * a2 * force).sqrt() - a1) / (2.0 * a2) } else { force / a1.max(1.0) }
    }

    /// Tip in the tissue along the needle [m]: encoder, less indentation, plus what the picture showed.
    fn tip_in_tissue_m(&self, obs: &Observation<'_>) -> f64 {
        self.insertion_m(obs) - self.indentation_m() + self.state.try_.tip_correction_m
    }

    /// The planned line, moved along with the arm.
    fn line(&self) -> NeedleCommand {
        self.line_back_by(0.0)
    }

    /// The same with the needle farther back on it [m].
    fn line_back_by(&self, back_m: f64) -> NeedleCommand {
        match &self.state.plan {
            Some(plan) => NeedleCommand::Line {
                entry: Position::<Patient>::new(plan.entry_m[0], plan.entry_m[1], plan.entry_m[2])
                    + Direction::from_raw(self.state.followed_m.into()),
                direction: Direction::new(plan.direction[0], plan.direction[1], plan.direction[2]),
                standoff_m: approach::STANDOFF_M + back_m,
            },
            None => NeedleCommand::Park,
        }
    }

    /// The probe along the vein, proximal of the entry point.
    fn long_axis_head(&self) -> HeadCommand {
        let Some(plan) = &self.state.plan else { return HeadCommand::Park };
        let (x_m, z_m, yaw_rad) = approach::long_axis_pose(&self.spec, plan);
        HeadCommand::Press { x_m, z_m, yaw_rad, force_n: self.spec.pace.light_force_n }
    }

    fn dispatch(&mut self, obs: &Observation<'_>, command: &mut Command) -> Next {
        match self.state.phase {
            Phase::Prepare => self.prepare(obs),
            Phase::Tourniquet => self.tourniquet(obs),
            Phase::ScanNir => self.scan_nir(obs, command),
            Phase::ScanUltrasound => self.scan_ultrasound(obs, command),
            Phase::Plan => self.plan(obs),
            Phase::Align => self.align(obs, command),
            Phase::Contact => self.contact(obs, command),
            Phase::Insert => self.insert(obs, command),
            Phase::ConfirmLumen => self.confirm_lumen(obs, command),
            Phase::Draw => self.draw(obs, command),
            Phase::Release => self.release(obs, command),
            Phase::Withdraw => self.withdraw(obs, command),
            Phase::Compress => self.compress(obs, command),
            Phase::Done | Phase::HandOver => None,
        }
    }
}

impl Controller for Venipuncture {
    fn step(&mut self, obs: &Observation<'_>) -> Command {
        if !self.state.started {
            self.enter(obs, Phase::Prepare, "start".into());
            self.state.started = true;
        }
        // A reading that is no place of this arm must not bend the line for good.
        if obs.arm_displacement_m.0.iter().all(|d| d.abs() < DISPLACEMENT_MAX_M) {
            for (axis, followed) in self.state.followed_m.iter_mut().enumerate() {
                *followed += FOLLOW_GAIN * (obs.arm_displacement_m.0[axis] - *followed);
            }
        }
        let mut command = Command::idle();
        // Guards first: whatever the phase had in mind, they decide.
        let next = match self.guards(obs) {
            Some(next) => Some(next),
            None => self.dispatch(obs, &mut command),
        };
        if let Some((phase, reason)) = next {
            self.enter(obs, phase, reason);
            if phase == Phase::Withdraw {
                // No tick may pass between the decision and the reversal.
                command = Command::idle();
                let _ = self.withdraw(obs, &mut command);
            }
        }
        if self.state.tourniquet_on {
            command.tourniquet_pa = self.spec.tourniquet_pa;
        }
        self.state.commanded_m_s = command.driver_velocity_m_s;
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
        let encoding = |e: postcard::Error| ProcedureError::Encoding { what: e.to_string() };
        let mut bytes = postcard::to_stdvec(&self.state).map_err(encoding)?;
        if self.follow != follow::FollowWatch::default() {
            bytes.extend(postcard::to_stdvec(&self.follow).map_err(encoding)?);
        }
        Ok(bytes)
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), ProcedureError> {
        let encoding = |e: postcard::Error| ProcedureError::Encoding { what: e.to_string() };
        let (state, rest) = postcard::take_from_bytes(bytes).map_err(encoding)?;
        let follow = if rest.is_empty() { follow::FollowWatch::default() } else { postcard::from_bytes(rest).map_err(encoding)? };
        (self.state, self.follow) = (state, follow);
        Ok(())
    }
}
