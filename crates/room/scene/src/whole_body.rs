//! The whole patient beside the needle: his circulation and breath move the arm, and he feels what is done to it.

use proband_physiology::whole::{Acts, LaneState, Pack, Physique, Vitals, WholePatient};
use proband_physiology::{Effects, PA_PER_MMHG};
use serde::{Deserialize, Serialize};

use crate::SceneError;
use crate::error::part;
use crate::spec::TICK_S;

/// Ticks of the scene in one of the patient.
const TICKS: u64 = (proband_physiology::whole::TICK_S / TICK_S) as u64;
/// Ticks of the scene between two readings of the monitor: a second.
const MONITOR_TICKS: u64 = (1.0 / TICK_S) as u64;
/// Time in which pain fades [s], and in which a reaction comes about [s] (prior: unverified).
const PAIN_S: f64 = 20.0;
const REACTION_S: f64 = 15.0;
/// Most blood that one tick of the scene can take [m³]: 100 mL/s, more than an artery of the arm carries.
const LOST_MAX_M3: f64 = 1e-4 * TICK_S;
/// Fear of an awake person who is pricked, over the pain itself [1] (prior: unverified).
const FEAR: f64 = 0.3;

/// What the scene does to him in a tick.
pub(crate) struct Done {
    /// Pressure of the cuff [Pa].
    pub cuff_pa: f64,
    /// Pain of this tick [1].
    pub pain: f64,
    /// Whether he reacts (pale, dizzy).
    pub reacting: bool,
}

/// What the arm has from him.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Felt {
    /// Pressure in the forearm's veins less that at his rest [Pa].
    pub vein_over_rest_pa: f64,
    /// Air in the lungs over a resting breath [1].
    pub breath: f64,
    /// Its rate [1/s].
    pub breath_per_s: f64,
    /// Mean arterial pressure [Pa].
    pub arterial_pa: f64,
}

/// His state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct WholeState {
    pub lanes: LaneState<1>,
    /// Pain and fear [1].
    pub pain: f64,
    /// How far a reaction has come about [1].
    pub reaction: f64,
    /// Blood that left by the arm's veins and by its artery and is not yet taken from his [mL].
    pub waiting_ml: [f64; 2],
    /// Blood that left the arm's vessels since the start: into tubes and into the tissue [mL].
    pub left_ml: f64,
    /// Air over a resting breath at his last tick and the one before [1].
    pub breath: [f64; 2],
}

/// The patient with his state.
pub(crate) struct WholeBody {
    patient: WholePatient,
    vein_rest_mmhg: f64,
    tidal_ml: f64,
    pub state: WholeState,
    /// The monitor's last reading, in the second in which it is new.
    pub monitor: Option<Vitals>,
}

fn one(x: f64) -> Pack<1> {
    Pack([x])
}

impl WholeBody {
    /// Whoever has this physique, at rest.
    pub fn new(physique: &Physique) -> Result<Self, SceneError> {
        let patient = WholePatient::new(physique).map_err(part("the whole patient"))?;
        let lanes = patient.state();
        let vein_rest_mmhg = Vitals::of(&lanes).arm_vein_mmhg;
        let tidal_ml = Vitals::of(&lanes).tidal_ml.max(1.0);
        let state = WholeState { lanes, pain: 0.0, reaction: 0.0, waiting_ml: [0.0; 2], left_ml: 0.0, breath: [0.0; 2] };
        Ok(Self { patient, vein_rest_mmhg, tidal_ml, state, monitor: None })
    }

    /// Whether a saved state is one of this patient.
    pub fn check(&self, state: &WholeState) -> Result<(), SceneError> {
        self.patient.check(&state.lanes).map_err(part("the whole patient"))
    }

    /// Let a tick of the scene pass.
    pub fn step(&mut self, tick: u64, done: &Done) -> Felt {
        let s = &mut self.state;
        s.pain = s.pain.max(done.pain * (1.0 - FEAR) + if done.pain > 0.0 { FEAR } else { 0.0 }).min(1.0);
        if tick.is_multiple_of(TICKS) {
            self.tick(done);
        }
        if tick.is_multiple_of(MONITOR_TICKS) {
            self.monitor = Some(Vitals::of(&self.state.lanes));
        } else {
            self.monitor = None;
        }
        let s = &self.state;
        // Between two of his ticks the breath goes on as it did.
        let share = (tick % TICKS) as f64 / TICKS as f64;
        let breath = s.breath[1] + (s.breath[0] - s.breath[1]) * share;
        let vein = s.lanes.circulation.vessel_mmhg[7].0[0];
        Felt {
            vein_over_rest_pa: (vein - self.vein_rest_mmhg) * PA_PER_MMHG,
            breath,
            breath_per_s: (s.breath[0] - s.breath[1]) / proband_physiology::whole::TICK_S,
            arterial_pa: s.lanes.circulation.mean[1].0[0] * PA_PER_MMHG,
        }
    }

    /// Blood that left the arm's veins and its artery in this tick [m³]: he gives it in his next tick.
    pub fn lose(&mut self, vein_m3: f64, artery_m3: f64) {
        for (waiting, lost) in self.state.waiting_ml.iter_mut().zip([vein_m3, artery_m3]) {
            let lost_ml = if lost > 0.0 { lost.min(LOST_MAX_M3) * 1e6 } else { 0.0 };
            *waiting += lost_ml;
            self.state.left_ml += lost_ml;
        }
    }

    /// Blood [mL]: what left the arm's vessels, what was taken from his, what is still to be taken.
    pub fn balance_ml(&self) -> [f64; 3] {
        let taken = |s: &LaneState<1>| s.circulation.account[1].0[0];
        [self.state.left_ml, taken(&self.state.lanes) - taken(&self.patient.state()), self.state.waiting_ml.iter().sum()]
    }

    fn tick(&mut self, done: &Done) {
        let dt = proband_physiology::whole::TICK_S;
        let s = &mut self.state;
        let goal = f64::from(u8::from(done.reacting));
        s.reaction += (goal - s.reaction) * dt / REACTION_S;
        let mut acts = Acts::rest();
        acts.tourniquet_mmhg = one((done.cuff_pa / PA_PER_MMHG).clamp(0.0, 400.0));
        let [vein_ml, artery_ml] = s.waiting_ml;
        (acts.draw_ml_s, acts.bleeding_ml_s) = (one(vein_ml / dt), one(artery_ml / dt));
        acts.pain = one(s.pain);
        acts.set_effects(&reaction(s.reaction));
        s.pain -= s.pain * dt / PAIN_S;
        let account = |lanes: &LaneState<1>| lanes.circulation.account[1].0[0];
        let before = account(&s.lanes);
        self.patient.tick(&mut s.lanes, &acts);
        // Nearly empty vessels give less than was asked of them: the rest waits.
        s.waiting_ml = [vein_ml + artery_ml - (account(&s.lanes) - before), 0.0];
        let air = s.lanes.slow.lung_ml[0].0[0] + s.lanes.slow.lung_ml[1].0[0];
        s.breath = [air / self.tidal_ml, s.breath[0]];
    }
}

/// A vasovagal reaction: nerves to the vessels fall silent, the vagus slows the heart.
///
/// # Source
/// Direction: withdrawal of sympathetic nerves and a slow heart (Mosqueda-Garcia 2000, Circulation 102:2898); sizes prior: unverified.
fn reaction(share: f64) -> Effects {
    Effects {
        alpha_response: 1.0 - 0.9 * share,
        intrinsic_heart_rate: 1.0 - 0.35 * share,
        baroreflex_gain: 1.0 - 0.8 * share,
        ..Effects::NONE
    }
}
