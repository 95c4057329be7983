//! The pilot: what it knows, and one step of its mind.

use nalgebra::Vector3;
use proband_core::Stream;
use proband_robot::scope::ScopeSpec;
use serde::{Deserialize, Serialize};

use super::belief::{Belief, Estimate, Measured};
use super::controller::{Controller, Note, Phase, Told};
use super::guard::{Guard, GuardLimits};
use super::register::Registration;
use super::steer::{turn, way_ahead};
use crate::map::{AirwayMap, angle};
use crate::plan::{Plan, Target};
use crate::room::{CameraFrame, Command, Observation, TICK_S};

/// What a pilot is told.
#[derive(Clone, Debug, PartialEq)]
pub struct PilotSpec {
    /// Airways of the CT.
    pub map: AirwayMap,
    /// Target in the CT.
    pub target: Target,
    /// Ways to it, best first.
    pub plan: Plan,
    /// The scope.
    pub scope: ScopeSpec,
    /// How far the needle reaches [m].
    pub needle_reach_m: f64,
    /// Samples wanted.
    pub sample_count: u32,
    /// Three-dimensional pictures can be taken.
    pub images: bool,
    /// Limits.
    pub limits: GuardLimits,
    /// Longest procedure [s].
    pub time_max_s: f64,
}

/// The built-in pilot.
#[derive(Clone, Debug)]
pub struct Pilot {
    pub(super) spec: PilotSpec,
    pub(super) phase: Phase,
    pub(super) after_pause: Phase,
    pub(super) belief: Belief,
    pub(super) registration: Registration,
    pub(super) at: Estimate,
    pub(super) tip_m: Vector3<f64>,
    pub(super) heading: Vector3<f64>,
    pub(super) bend_rad: [f64; 2],
    pub(super) camera: Option<CameraFrame>,
    pub(super) work: Work,
    pub(super) notes: Vec<Note>,
    pub(super) tick: u64,
    last_insertion_m: Option<f64>,
    lost_s: f64,
    still_s: f64,
    free: u32,
}

/// What the pilot remembers of its task.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Work {
    /// Places of the tour that are done.
    pub toured: u32,
    /// Points of the tour, tracker's frame.
    pub points_m: Vec<[f64; 3]>,
    /// Draw back to this distance first [m].
    pub back_to_m: Option<f64>,
    /// How often the place on this way was changed because the tip could not be aimed.
    pub moved: u32,
    /// Which way of the plan.
    pub route: u32,
    /// Phase began at this tick.
    pub since: u64,
    /// From tip to target, map's frame, as a picture said.
    pub image_m: Option<[f64; 3]>,
    /// Smallest angle to the target while aiming, and when.
    pub aim: Option<(f64, u64)>,
    /// Needle wanted [m].
    pub depth_m: f64,
    /// Tries of insertion and confirmation.
    pub tries: u32,
    /// Samples taken.
    pub samples: u32,
    /// Confirmed by a picture.
    pub confirmed: bool,
    /// Arrived as it believes.
    pub arrived: bool,
    /// Backed out after guards.
    pub backed: u32,
    /// Why it gave up.
    pub gave_up: bool,
    /// Insertion asked for on the last tick, for the guards that only look while it moves [m/s].
    pub speed_m_s: f64,
}

/// Speeds [m/s]. Prior: unverified.
pub(super) const DRIVE_M_S: f64 = 0.014;
pub(super) const BACK_M_S: f64 = 0.018;
/// How far from a place counts as there [m], margin before a division when drawing back [m].
const THERE_M: f64 = 1.2e-3;
const MARGIN_M: f64 = 10e-3;
/// Before a division: how far [m], and from which angle on [rad] the tip turns before it goes on. Prior: unverified.
const TURN_FIRST_M: f64 = 4e-3;
const TURN_FIRST_RAD: f64 = 0.3;
/// How far a guard lets the scope draw back [m], and how often.
const BACK_OUT_M: f64 = 6e-3;
const BACK_OUT_MAX: u32 = 14;

impl Pilot {
    /// A pilot at the end of the breathing tube. `stream`: chance in its belief.
    #[must_use]
    pub fn new(spec: PilotSpec, stream: Stream) -> Self {
        let at = Estimate { branch: 0, distance_m: 0.02, shift_m: [0.0; 3], share: 1.0 };
        Self {
            phase: Phase::Survey,
            after_pause: Phase::Survey,
            belief: Belief::new(at.distance_m, stream),
            registration: Registration::start(),
            at,
            tip_m: Vector3::zeros(),
            heading: -Vector3::z(),
            bend_rad: [0.0; 2],
            camera: None,
            work: Work::default(),
            notes: Vec::new(),
            tick: 0,
            last_insertion_m: None,
            lost_s: 0.0,
            still_s: 0.0,
            free: 0,
            spec,
        }
    }

    pub(super) fn note(&mut self, kind: &str, text: impl Into<String>) {
        self.notes.push(Note { tick: self.tick, kind: kind.into(), text: text.into() });
    }

    pub(super) fn enter(&mut self, phase: Phase) {
        if self.phase != phase {
            self.phase = phase;
            self.work.since = self.tick;
            self.note(&format!("phase:{}", phase.name()), "");
        }
    }

    /// Time in this phase [s].
    pub(super) fn in_phase_s(&self) -> f64 {
        (self.tick - self.work.since) as f64 * TICK_S
    }

    /// Read sensors.
    fn perceive(&mut self, seen: &Observation) {
        self.tick = seen.tick;
        self.tip_m = self.registration.map(seen.tip_m);
        self.heading = (self.registration.turn * Vector3::from(seen.heading)).normalize();
        if let Some(camera) = seen.camera {
            self.camera = Some(camera);
            self.lost_s = if camera.count == 0 { self.lost_s + 0.1 } else { 0.0 };
            let before = self.last_insertion_m.unwrap_or(seen.insertion_m);
            let measured = Measured {
                moved_m: seen.insertion_m - before,
                tip_m: self.tip_m,
                heading: self.heading,
                camera: self.camera.as_ref(),
                breath_off: (seen.breath - 0.3).abs(),
            };
            self.last_insertion_m = Some(seen.insertion_m);
            // Standing still adds nothing but the breath's error.
            if measured.moved_m.abs() > 1e-6 {
                self.belief.update(&self.spec.map, &measured);
            }
            self.at = self.belief.estimate();
        }
    }

    /// Drive towards a place. The second value tells that it is reached.
    pub(super) fn drive_to(&mut self, branch: u32, distance_m: f64) -> (Command, bool) {
        if self.work.back_to_m.is_none() && !self.spec.map.leads_to(self.at.branch, branch) && self.at.share > 0.6 {
            let mut common = self.at.branch;
            while !self.spec.map.leads_to(common, branch) {
                common = self.spec.map.parent(common).unwrap_or(0);
            }
            self.work.back_to_m = Some((self.spec.map.span_m(common)[1] - MARGIN_M).max(0.03));
        }
        if let Some(to) = self.work.back_to_m {
            if self.at.distance_m > to {
                self.bend_rad = self.bend_rad.map(|b| b * (1.0 - 3.0 * TICK_S));
                return (self.go(-BACK_M_S), false);
            }
            self.work.back_to_m = None;
        }
        let left = distance_m - self.at.distance_m;
        let on = self.at.branch == branch || self.spec.map.leads_to(self.at.branch, branch);
        if on && left.abs() < THERE_M {
            return (self.go(0.0), true);
        }
        if left < 0.0 {
            return (self.go(-0.5 * BACK_M_S), false);
        }
        let (wanted, _) = way_ahead(&self.spec.map, &self.at, branch, &self.spec.scope, self.bend_rad, self.heading, self.camera.as_ref());
        self.bend_rad = turn(&self.spec.map, &self.at, &self.spec.scope, self.bend_rad, self.heading, wanted, TICK_S);
        let off = angle(self.heading, wanted);
        let fast = (1.0 - off / 0.6).clamp(0.0, 1.0);
        // Before a division the tip turns first and goes on then; one that the wall does not let turn goes on slowly.
        let rest = self.spec.map.span_m(self.at.branch)[1] - self.at.distance_m;
        let fast = if rest < TURN_FIRST_M && off > TURN_FIRST_RAD { 0.0 } else { fast };
        self.still_s = if fast < 0.15 { self.still_s + TICK_S } else { 0.0 };
        let fast = if self.still_s > 3.0 { 0.2 } else { fast };
        if self.camera.is_some_and(|c| c.wall) && off > 0.5 && self.still_s < 3.0 {
            // A wall fills the picture: turn back to the way while drawing back a little.
            return (self.go(-0.3 * BACK_M_S), false);
        }
        (self.go(DRIVE_M_S * fast.min(0.25 + left / 0.01)), false)
    }

    pub(super) fn go(&mut self, speed: f64) -> Command {
        self.work.speed_m_s = speed;
        Command { insertion_m_s: speed, bend_rad: self.bend_rad, ..Command::default() }
    }

    /// What a guard says, and what is done about it.
    fn guarded(&mut self, seen: &Observation) -> Option<Command> {
        let blood = self.camera.map_or(0.0, |c| c.blood);
        let guard = self.spec.limits.check(seen, blood, self.lost_s);
        let driving = matches!(self.phase, Phase::Survey | Phase::Drive);
        if self.phase == Phase::Paused {
            if !matches!(guard, Some(Guard::DeepBreath | Guard::Blood)) {
                self.free += 1;
            } else {
                self.free = 0;
            }
            if self.free > 25 || self.in_phase_s() > 120.0 {
                let next = self.after_pause;
                self.lost_s = 0.0;
                self.enter(next);
                return None;
            }
            return Some(self.go(0.0));
        }
        let guard = guard?;
        match guard {
            Guard::DeepBreath | Guard::Blood if driving || self.phase == Phase::Aim => {
                self.note(&format!("guard:{}", guard.name()), "stand still");
                self.after_pause = self.phase;
                self.free = 0;
                self.enter(Phase::Paused);
                Some(self.go(0.0))
            }
            Guard::WallForce if self.phase == Phase::Aim => {
                self.bend_rad = self.bend_rad.map(|b| b * (1.0 - 0.5 * TICK_S));
                Some(self.go(0.0))
            }
            Guard::WallForce | Guard::PushForce | Guard::LostLumen if driving && self.work.back_to_m.is_none() => {
                self.work.backed += 1;
                self.lost_s = 0.0;
                self.note(&format!("guard:{}", guard.name()), "draw back");
                // The second and third time in a row from further back.
                let far = BACK_OUT_M * f64::from(1 + (self.work.backed - 1) % 3);
                self.work.back_to_m = Some((self.at.distance_m - far).max(0.03));
                if self.work.backed > BACK_OUT_MAX {
                    self.work.backed = 0;
                    self.next_route("the way was held up too often");
                }
                None
            }
            _ => None,
        }
    }
}

impl Controller for Pilot {
    fn step(&mut self, seen: &Observation) -> Command {
        self.perceive(seen);
        if seen.time_s > self.spec.time_max_s && !matches!(self.phase, Phase::Withdraw | Phase::Done | Phase::Sample) {
            self.note("gave_up", "out of time");
            self.work.gave_up = true;
            self.enter(if seen.needle_m > 0.0 { Phase::Sample } else { Phase::Withdraw });
        }
        if let Some(command) = self.guarded(seen) {
            return command;
        }
        match self.phase {
            Phase::Survey => self.survey(seen),
            Phase::Drive => self.drive(),
            Phase::Aim => self.aim(seen),
            Phase::Image => self.image(seen),
            Phase::Insert => self.insert(seen),
            Phase::Confirm => self.confirm(seen),
            Phase::Sample => self.sample(seen),
            Phase::Paused => self.go(0.0),
            Phase::Withdraw => self.withdraw(),
            Phase::Done => Command { done: true, ..self.go(0.0) },
        }
    }

    fn phase(&self) -> Phase {
        self.phase
    }

    fn take_notes(&mut self) -> Vec<Note> {
        std::mem::take(&mut self.notes)
    }

    fn told(&self) -> Told {
        Told {
            at: self.at,
            to_target_m: self.to_target().norm(),
            route: self.work.route,
            confirmed: self.work.confirmed,
            arrived: self.work.arrived,
        }
    }
}
