//! A whole bronchoscopy, from the plan to the scope's way out, and what came of it.

use nalgebra::Vector3;
use proband_anatomy::made::{Lobe, LungMotion, LungMotionSpec, MadeChest, MadeChestSpec, made_chest};
use proband_core::Stream;
use proband_robot::scope::ScopeSpec;
use serde::{Deserialize, Serialize};

use crate::error::{BronchoscopyError, range};
use crate::pilot::{Controller, GuardLimits, Note, Phase, Pilot, PilotSpec, Told};
use crate::plan::{Plan, PlanSpec, Surroundings, Target, plan_routes};
use crate::room::{Bleeding, Command, Observation, Room, RoomSpec, RoomState, TICK_S};

/// Everything that decides a rehearsal.
#[derive(Clone, Debug, PartialEq)]
pub struct RehearsalSpec {
    /// Seed of all random streams.
    pub seed: u64,
    /// Number of the patient in the study.
    pub patient: u32,
    /// The chest that is made.
    pub chest: MadeChestSpec,
    /// How the lungs move.
    pub motion: LungMotionSpec,
    /// The room.
    pub room: RoomSpec,
    /// What the planner may assume.
    pub plan: PlanSpec,
    /// Three-dimensional pictures during the procedure.
    pub images: bool,
    /// Samples wanted, 1 to 20.
    pub sample_count: u32,
    /// Guards.
    pub limits: GuardLimits,
    /// Longest procedure [s].
    pub time_max_s: f64,
}

impl RehearsalSpec {
    /// A usual patient, five samples, pictures, 45 minutes at most.
    #[must_use]
    pub fn usual(seed: u64, patient: u32, scope: ScopeSpec) -> Self {
        Self {
            seed,
            patient,
            chest: MadeChestSpec::usual(),
            motion: LungMotionSpec::published(),
            room: RoomSpec::usual(scope),
            plan: PlanSpec::usual(),
            images: true,
            sample_count: 5,
            limits: GuardLimits::usual(),
            time_max_s: 2700.0,
        }
    }
}

/// What came of it. True values; the pilot's opinion is in `told`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Lobe of the nodule, its diameter and distance from the pleura [m], bronchus sign.
    pub lobe: Lobe,
    /// See `lobe`.
    pub diameter_m: f64,
    /// See `lobe`.
    pub pleura_m: f64,
    /// See `lobe`.
    pub bronchus_sign: bool,
    /// The plan has a way.
    pub planned: bool,
    /// Probability of a hit that the plan gave [1]; NaN without a way.
    pub predicted_hit: f64,
    /// The tip came to where the needle reaches the nodule, and the pilot knew it.
    pub navigated: bool,
    /// The needle's furthest point was in the nodule in at least one pass; a sample may hold nodule although it was not.
    pub tool_in_lesion: bool,
    /// The pilot said so by a picture.
    pub confirmed: bool,
    /// Passes, samples, and samples with at least 3 mm of nodule.
    pub passes: u32,
    /// See `passes`.
    pub samples: u32,
    /// See `passes`.
    pub good_samples: u32,
    /// Closest that the needle's tip came to the nodule's centre [m]; infinite without a pass.
    pub miss_m: f64,
    /// From where the pilot believed the tip to be to where it was, when it arrived [m]; NaN if it did not.
    pub tip_error_m: f64,
    /// How far the nodule lies from where a rigid registration at the carina puts it [m].
    pub divergence_m: f64,
    /// The needle went through the pleura.
    pub pneumothorax: bool,
    /// Worst bleeding.
    pub bleeding: Bleeding,
    /// Blood lost [m³].
    pub blood_m3: f64,
    /// Largest force on the wall [N].
    pub wall_force_n: f64,
    /// Time until arrival [s]; NaN if it did not.
    pub arrival_s: f64,
    /// Whole time [s].
    pub time_s: f64,
    /// Three-dimensional pictures.
    pub images: u32,
}

/// Length of nodule in a sample from which it counts [m]. Prior: unverified.
pub const GOOD_SAMPLE_M: f64 = 3e-3;

/// A rehearsal under way.
pub struct Rehearsal {
    spec: RehearsalSpec,
    chest: MadeChest,
    plan: Plan,
    room: Room,
    state: RoomState,
    seen: Observation,
    controller: Box<dyn Controller>,
    done: bool,
    arrival: Option<(u64, f64, bool)>,
    confirmed: bool,
}

/// How deep a chest that cannot be made is tried again with the next stream.
const CHEST_TRIES: u32 = 8;

impl Rehearsal {
    /// With the built-in pilot.
    ///
    /// # Errors
    /// [`BronchoscopyError`] names what does not fit.
    pub fn new(spec: &RehearsalSpec) -> Result<Self, BronchoscopyError> {
        let stream = Stream::new(spec.seed, spec.patient, "bronchoscopy.pilot");
        Self::with_controller(spec, &|told| Box::new(Pilot::new(told, stream.clone())))
    }

    /// With a controller of the caller's own, made from what a pilot is told.
    ///
    /// # Errors
    /// [`BronchoscopyError`] names what does not fit.
    pub fn with_controller(spec: &RehearsalSpec, make: &dyn Fn(PilotSpec) -> Box<dyn Controller>) -> Result<Self, BronchoscopyError> {
        range("sample_count", f64::from(spec.sample_count), "1", 1.0, 20.0)?;
        range("time_max_s", spec.time_max_s, "s", 10.0, 14_400.0)?;
        let stream = Stream::new(spec.seed, spec.patient, "bronchoscopy.chest");
        let mut chest = made_chest(&spec.chest, &mut stream.child(0));
        for k in 1..CHEST_TRIES {
            // A drawn nodule may find no place in its lobe; what the caller got wrong fails again.
            if chest.is_ok() {
                break;
            }
            chest = made_chest(&spec.chest, &mut stream.child(k));
        }
        let chest = chest?;
        let motion = LungMotion::draw(&spec.motion, chest.lungs, &mut Stream::new(spec.seed, spec.patient, "bronchoscopy.motion"));
        let room = Room::new(&spec.room, &chest, motion, &mut Stream::new(spec.seed, spec.patient, "bronchoscopy.room"))?;
        let target = Target { centre_m: chest.nodule.centre_m, radius_m: chest.nodule.radius_m };
        let around = Surroundings { arteries: &chest.arteries, lungs: Some(&chest.lungs) };
        let plan = plan_routes(room.map(), &around, &target, &spec.room.scope, &spec.plan)?;
        let told = PilotSpec {
            map: room.map().clone(),
            target,
            plan: plan.clone(),
            scope: spec.room.scope.clone(),
            needle_reach_m: spec.room.needle_reach_m,
            sample_count: spec.sample_count,
            images: spec.images,
            limits: spec.limits,
            time_max_s: spec.time_max_s,
        };
        let mut state = room.start();
        let seen = room.first_look(&mut state);
        let controller = make(told);
        Ok(Self { spec: spec.clone(), chest, plan, room, state, seen, controller, done: false, arrival: None, confirmed: false })
    }

    /// One tick; false when it is over.
    pub fn tick(&mut self) -> bool {
        if self.done {
            return false;
        }
        let command: Command = self.controller.step(&self.seen);
        let told = self.controller.told();
        if told.arrived && self.arrival.is_none() {
            let at = told.at;
            let error = (self.room.map().place(at.branch, at.distance_m).point_m - self.state.tip.place_m).norm();
            let gap = (Vector3::from(self.room.target().centre_m) - self.state.tip.place_m).norm() - self.room.target().radius_m;
            self.arrival = Some((self.state.tick, error, gap <= self.spec.room.needle_reach_m));
        }
        self.confirmed |= told.confirmed;
        // Some time beyond the pilot's own limit for the way out.
        let late = self.state.tick as f64 * TICK_S > self.spec.time_max_s + 300.0;
        if command.done || late {
            self.done = true;
            return false;
        }
        self.seen = self.room.step(&mut self.state, &command);
        true
    }

    /// Time [s].
    #[must_use]
    pub fn time_s(&self) -> f64 {
        self.state.tick as f64 * TICK_S
    }

    /// What the pilot is about.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.controller.phase()
    }

    /// What it says since the last call.
    pub fn take_notes(&mut self) -> Vec<Note> {
        self.controller.take_notes()
    }

    /// What it believes.
    #[must_use]
    pub fn told(&self) -> Told {
        self.controller.told()
    }

    /// The chest.
    #[must_use]
    pub fn chest(&self) -> &MadeChest {
        &self.chest
    }

    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The room.
    #[must_use]
    pub fn room(&self) -> &Room {
        &self.room
    }

    /// Its state.
    #[must_use]
    pub fn state(&self) -> &RoomState {
        &self.state
    }

    /// The last reading.
    #[must_use]
    pub fn seen(&self) -> &Observation {
        &self.seen
    }

    /// What came of it.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        let nodule = &self.chest.nodule;
        let passes = &self.state.passes;
        let motion = self.room.motion();
        let s = self.spec.room.breath.end_expiration;
        let (here, carina) = (motion.displacement_m(nodule.centre_m, s), motion.displacement_m([0.0; 3], s));
        let divergence = (0..3).map(|a| (here[a] - carina[a]).powi(2)).sum::<f64>().sqrt();
        Outcome {
            lobe: nodule.lobe,
            diameter_m: 2.0 * nodule.radius_m,
            pleura_m: nodule.pleura_m,
            bronchus_sign: nodule.bronchus_sign,
            planned: !self.plan.routes.is_empty(),
            predicted_hit: self.plan.routes.first().map_or(f64::NAN, |r| r.hit_probability),
            navigated: self.arrival.is_some_and(|(_, _, in_reach)| in_reach),
            tool_in_lesion: passes.iter().any(|p| p.in_target),
            confirmed: self.confirmed,
            passes: passes.len() as u32,
            samples: passes.iter().filter(|p| p.sampled).count() as u32,
            good_samples: passes.iter().filter(|p| p.sampled && p.tissue_m >= GOOD_SAMPLE_M).count() as u32,
            miss_m: passes.iter().map(|p| p.miss_m).fold(f64::INFINITY, f64::min),
            tip_error_m: self.arrival.map_or(f64::NAN, |(_, error, _)| error),
            divergence_m: divergence,
            pneumothorax: passes.iter().any(|p| p.pleura_m < 0.0),
            bleeding: passes.iter().map(crate::room::NeedlePass::bleeding).max().unwrap_or(Bleeding::None),
            blood_m3: self.state.blood_lost_m3,
            wall_force_n: self.state.wall_force_peak_n,
            arrival_s: self.arrival.map_or(f64::NAN, |(tick, _, _)| tick as f64 * TICK_S),
            time_s: self.time_s(),
            images: self.state.image_count,
        }
    }
}
