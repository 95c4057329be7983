//! The needle in the lung: what it passes, what it takes, what it harms.

use nalgebra::Vector3;
use proband_core::ops;
use serde::{Deserialize, Serialize};

use super::interface::Command;
use super::spec::{Room, TICK_S};
use super::state::RoomState;

/// How much it bleeds, after the Nashville grading (Folch et al. 2020, Respiration 99:1165): by what it takes to stop it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Bleeding {
    /// None to speak of.
    None,
    /// Suction is enough.
    Slight,
    /// The scope is wedged and cold saline given.
    Moderate,
}

/// One pass of the needle.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct NeedlePass {
    /// When it left the channel [s].
    pub time_s: f64,
    /// How far it went [m].
    pub depth_m: f64,
    /// From its furthest point to the target's centre, in the CT [m].
    pub miss_m: f64,
    /// Its furthest point was in the target.
    pub in_target: bool,
    /// A sample was taken.
    pub sampled: bool,
    /// Length of the sample that is target [m].
    pub tissue_m: f64,
    /// Clearance of its furthest point from the pleura [m]; negative: it went through.
    pub pleura_m: f64,
    /// Radius of the largest artery that it went through [m]; 0: none.
    pub artery_m: f64,
}

/// Speed of the needle [m/s], length of a sample [m]. Prior: unverified (aspiration needles take from their last centimetre).
const SPEED_MAX_M_S: f64 = 0.03;
const SAMPLE_M: f64 = 0.01;
/// Arteries below this radius stop by themselves [m]; above the second the bleeding is moderate [m]. Prior: unverified.
const ARTERY_M: [f64; 2] = [0.5e-3, 1.5e-3];
/// Blood per second through a hole in a pulmonary artery per square metre of its section [m³/s per m²], and the time in which it
/// stops [s]. Prior: unverified.
const BLOOD: f64 = 0.02;
const CLOT_S: f64 = 60.0;
/// Time in which suction clears the view [s]. Prior: unverified.
const SUCTION_S: f64 = 8.0;

impl Room {
    /// A point along the needle in the CT.
    pub(super) fn needle_point(&self, state: &RoomState, depth_m: f64) -> Vector3<f64> {
        let s = state.breath.let_out(&self.spec.breath);
        let tip = &state.tip;
        let [x, y] = state.needle_off_rad;
        let heading = tip.frame * Vector3::new(x, y, 1.0).normalize();
        let out: Vector3<f64> = Vector3::from(self.motion.carried(tip.place_m.into(), heading.into(), s)).normalize();
        let place: Vector3<f64> = self.motion.moved_m(tip.place_m.into(), s).into();
        self.motion.unmoved_m((place + out * depth_m).into(), s).into()
    }

    pub(super) fn move_needle(&self, state: &mut RoomState, command: &Command) -> bool {
        let asked = if command.needle_m_s.is_finite() { command.needle_m_s } else { 0.0 };
        let before = state.needle_m;
        state.needle_m = (before + asked.clamp(-SPEED_MAX_M_S, SPEED_MAX_M_S) * TICK_S).clamp(0.0, self.spec.needle_reach_m);
        if before == 0.0 && state.needle_m > 0.0 {
            let sd = self.spec.sensors.needle_rad;
            state.needle_off_rad = [sd * state.events.normal(), sd * state.events.normal()];
            state.pass = Some(NeedlePass {
                time_s: state.tick as f64 * TICK_S,
                depth_m: 0.0,
                miss_m: f64::INFINITY,
                in_target: false,
                sampled: false,
                tissue_m: 0.0,
                pleura_m: f64::INFINITY,
                artery_m: 0.0,
            });
        }
        let mut sampled = false;
        if let Some(mut pass) = state.pass {
            if state.needle_m > pass.depth_m {
                self.pierce(state, &mut pass);
            }
            if command.sample && state.needle_m > 1e-3 && !pass.sampled {
                (pass.sampled, sampled) = (true, true);
                pass.tissue_m = self.tissue(state);
            }
            state.pass = Some(pass);
            if state.needle_m == 0.0 {
                state.passes.push(pass);
                state.pass = None;
            }
        }
        sampled
    }

    /// What the needle meets as it goes further than before.
    fn pierce(&self, state: &mut RoomState, pass: &mut NeedlePass) {
        let centre = Vector3::from(self.target.centre_m);
        let from = self.needle_point(state, pass.depth_m);
        let to = self.needle_point(state, state.needle_m);
        pass.depth_m = state.needle_m;
        pass.miss_m = (to - centre).norm();
        pass.in_target = pass.miss_m <= self.target.radius_m;
        pass.pleura_m = pass.pleura_m.min(self.lungs.depth_m(to.into()));
        for artery in &self.arteries {
            if artery.radius_m > ARTERY_M[0] && artery.radius_m > pass.artery_m && artery.clearance_m(from.into(), to.into()) < 0.0 {
                pass.artery_m = artery.radius_m;
                state.blood_rate_m3_s += BLOOD * std::f64::consts::PI * artery.radius_m * artery.radius_m;
            }
        }
    }

    /// Length of the needle's last part that lies in the target [m].
    fn tissue(&self, state: &RoomState) -> f64 {
        const PARTS: u32 = 20;
        let centre = Vector3::from(self.target.centre_m);
        let length = SAMPLE_M.min(state.needle_m);
        let inside = (0..PARTS).filter(|k| {
            let depth = state.needle_m - length * (f64::from(*k) + 0.5) / f64::from(PARTS);
            (self.needle_point(state, depth) - centre).norm() <= self.target.radius_m
        });
        length * inside.count() as f64 / f64::from(PARTS)
    }

    pub(super) fn bleed(&self, state: &mut RoomState) {
        let own = state.blood_rate_m3_s * TICK_S;
        state.blood_lost_m3 += own;
        state.blood_m3 = (state.blood_m3 + own) * ops::exp(-TICK_S / SUCTION_S);
        state.blood_rate_m3_s *= ops::exp(-TICK_S / CLOT_S);
    }
}

impl NeedlePass {
    /// How much it bled.
    #[must_use]
    pub fn bleeding(&self) -> Bleeding {
        if self.artery_m > ARTERY_M[1] {
            Bleeding::Moderate
        } else if self.artery_m > ARTERY_M[0] {
            Bleeding::Slight
        } else {
            Bleeding::None
        }
    }
}
