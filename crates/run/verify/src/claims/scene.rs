//! Claims about `proband-scene`: what happens to the needle when the room misbehaves.

use std::sync::{Arc, Mutex, PoisonError};

use proband_procedure::{Command, Controller, Note, Observation, Phase, ProcedureError, Venipuncture};
use proband_robot::builtin_arm;
use proband_run::RehearsalSpec;
use proband_scene::{Fault, NoStopwatch, Scene, TickSignals};
use proband_twin::Twin;

use crate::{Claim, Obtained};

macro_rules! claim {
    ($id:literal, $compute:ident) => {
        Claim { id: $id, case: include_str!(concat!("../../../../../verify/", $id, "/case.toml")), compute: $compute }
    };
}

/// Claims of this module.
pub(crate) const CLAIMS: &[Claim] = &[claim!("scene-disturbed", disturbed), claim!("scene-balance", balance)];

const TICK_S: f64 = 1e-3;
/// What disturbs, each on two patients.
const DISTURBANCES: [&str; 9] = [
    "startle@contact",
    "startle@insert+0.5",
    "startle@insert+2",
    "startle@confirm_lumen",
    "startle@draw+2",
    "occlude@insert+0.5",
    "occlude@draw+1",
    "image_loss@contact",
    "image_loss@insert+0.5",
];

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// What a controller saw and asked for in a tick.
#[derive(Clone, Copy, Debug)]
struct Seen {
    before: Phase,
    arm_speed_m_s: f64,
    tracker_age_s: f64,
    command_m_s: f64,
}

/// Where the watched controller leaves what it saw last.
type Shared = Arc<Mutex<Option<Seen>>>;

/// The built-in controller with somebody looking over its shoulder.
struct Watched {
    inner: Venipuncture,
    seen: Shared,
}

impl Controller for Watched {
    fn step(&mut self, observation: &Observation<'_>) -> Command {
        let before = self.inner.phase();
        let command = self.inner.step(observation);
        let seen = Seen {
            before,
            arm_speed_m_s: observation.arm_speed_m_s,
            tracker_age_s: observation.tracker_age_s,
            command_m_s: command.driver_velocity_m_s,
        };
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen);
        command
    }

    fn phase(&self) -> Phase {
        self.inner.phase()
    }

    fn attempt(&self) -> u32 {
        self.inner.attempt()
    }

    fn take_notes(&mut self, out: &mut Vec<Note>) {
        self.inner.take_notes(out);
    }

    fn save(&self) -> Result<Vec<u8>, ProcedureError> {
        self.inner.save()
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), ProcedureError> {
        self.inner.restore(bytes)
    }
}

/// A scene of the built-in patient with a watched controller.
fn scene(seed: u64, disturbance: Option<&str>) -> Result<(Scene, Shared), String> {
    let mut spec = RehearsalSpec::new(Twin::built_in(), builtin_arm().map_err(text)?, seed);
    spec.faults = disturbance.map(Fault::parse).transpose().map_err(text)?.into_iter().collect();
    spec.duration_max_s = 400.0;
    let seen = Arc::new(Mutex::new(None));
    let controller = Watched { inner: Venipuncture::new(spec.controller().map_err(text)?), seen: Arc::clone(&seen) };
    let truth = spec.truth().map_err(text)?;
    Ok((spec.scene(truth, Box::new(controller)).map_err(text)?, seen))
}

#[derive(Default)]
struct Tally {
    disturbed: f64,
    unfinished: f64,
    needle_in: f64,
    not_finite: f64,
    force_max_n: f64,
    attempts_max: f64,
    advanced_blind: f64,
    held: f64,
    detected: f64,
    retraction_longest_s: f64,
    cuff_on: f64,
    parked_in: f64,
}

/// One disturbed draw.
fn disturbed_draw(seed: u64, disturbance: &str, tally: &mut Tally) -> Result<(), String> {
    let (mut scene, seen) = scene(seed, Some(disturbance))?;
    let mut detected_s: Option<f64> = None;
    let mut last: Option<TickSignals> = None;
    let mut came = false;
    while !scene.finished() {
        let signals = scene.step(&mut NoStopwatch);
        came |= scene.log().events.iter().any(|e| e.kind.starts_with("fault:"));
        let now = *seen.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(now) = now else { return Err("the controller was not asked".into()) };
        let numbers = [signals.force_axial_n, signals.force_lateral_n, signals.venous_pressure_pa, signals.tube_volume_m3];
        tally.not_finite += f64::from(u8::from(!numbers.iter().chain(&signals.tip_m).all(|x| x.is_finite())));
        tally.force_max_n = tally.force_max_n.max(signals.force_axial_n);
        let guarded = now.before.needle_in() && now.before != Phase::Withdraw;
        tally.advanced_blind += f64::from(u8::from(guarded && now.tracker_age_s > 0.1 && now.command_m_s > 0.0));
        if guarded && now.arm_speed_m_s > 0.08 && detected_s.is_none() {
            detected_s = Some(signals.time_s);
            tally.detected += 1.0;
            // With the driver at its stop there is nothing to take back.
            tally.held += f64::from(u8::from(now.command_m_s >= 0.0 && now.before != Phase::Contact));
        }
        if let Some(at_s) = detected_s
            && signals.phase == Phase::Withdraw
            && signals.insertion_speed_m_s > -1e-3
        {
            tally.retraction_longest_s = tally.retraction_longest_s.max(signals.time_s - at_s);
        } else if signals.insertion_speed_m_s <= -1e-3 {
            // It goes back: a later standstill at the end of the way is none of the reaction.
            detected_s = None;
        }
        if matches!(signals.phase, Phase::Plan | Phase::Align | Phase::Done | Phase::HandOver) && signals.tip_depth_along_m > 0.0 {
            tally.parked_in += 1.0;
        }
        last = Some(signals);
    }
    let Some(last) = last else { return Err("no tick".into()) };
    tally.disturbed += f64::from(u8::from(came));
    tally.unfinished += f64::from(u8::from(!scene.phase().is_final()));
    tally.needle_in += f64::from(u8::from(last.tip_depth_along_m > 0.0));
    tally.cuff_on += f64::from(u8::from(last.tourniquet_pa > 2_666.0));
    tally.attempts_max = tally.attempts_max.max(f64::from(scene.outcome().attempts));
    Ok(())
}

fn disturbed() -> Result<Vec<Obtained>, String> {
    let mut tally = Tally::default();
    for seed in [1, 2] {
        for disturbance in DISTURBANCES {
            disturbed_draw(seed, disturbance, &mut tally).map_err(|e| format!("{disturbance}, seed {seed}: {e}"))?;
        }
    }
    Ok(vec![
        Obtained::new("draws of 18 in which the disturbance came", tally.disturbed),
        Obtained::new("draws without an end", tally.unfinished),
        Obtained::new("needles left in the patient", tally.needle_in),
        Obtained::new("ticks of planning, aligning or the end with the needle in", tally.parked_in),
        Obtained::new("cuffs left on", tally.cuff_on),
        Obtained::new("ticks with a number that is none", tally.not_finite),
        Obtained::new("most punctures of one patient", tally.attempts_max),
        Obtained::new("ticks with an advance while tracking was lost", tally.advanced_blind),
        Obtained::new("startles seen with the needle in", tally.detected),
        Obtained::new("of them, without a reversal in the same tick", tally.held),
        Obtained::new("from the sight of a startle to the needle's way back, longest", 1e3 * tally.retraction_longest_s),
        Obtained::new("largest true axial force", tally.force_max_n),
    ])
}

fn balance() -> Result<Vec<Obtained>, String> {
    let (mut scene, _) = scene(1, None)?;
    let (mut flowed_m3, mut least_m3, mut last_m3, mut falls) = (0.0, f64::INFINITY, 0.0, 0.0);
    let mut leaked_without_hole = 0.0;
    let (mut needle_in, mut steps) = (false, Vec::new());
    while !scene.finished() {
        let signals = scene.step(&mut NoStopwatch);
        flowed_m3 += signals.flow_m3_s * TICK_S;
        falls += f64::from(u8::from(signals.tube_volume_m3 < last_m3));
        least_m3 = f64::min(least_m3, signals.tube_volume_m3);
        last_m3 = signals.tube_volume_m3;
        needle_in |= scene.log().events.iter().any(|e| e.kind == "skin_puncture");
        leaked_without_hole += f64::from(u8::from(!needle_in && signals.tube_volume_m3 > 0.0));
        if steps.last() != Some(&signals.phase) {
            steps.push(signals.phase);
        }
    }
    let out_of_order = steps.windows(2).filter(|pair| !pair[0].may_lead_to(pair[1])).count();
    let outcome = scene.outcome();
    Ok(vec![
        Obtained::new("blood in the tube over the flow added up", last_m3 / flowed_m3),
        Obtained::new("blood in the tube over its nominal draw", last_m3 / 4e-6),
        Obtained::new("ticks in which blood leaves the tube", falls),
        Obtained::new("ticks with blood in the tube before the skin is punctured", leaked_without_hole),
        Obtained::new("blood in the tube at the outcome less that of the last tick", 1e6 * (outcome.volume_drawn_m3 - last_m3)),
        Obtained::new("least blood in the tube", 1e6 * least_m3),
        Obtained::new("changes of phase that are not allowed", out_of_order as f64),
    ])
}
