//! Draw, release, withdraw, compress; and the guards that may end a stick at any tick.

use super::{AttemptState, Next, Venipuncture};
use crate::interface::{Command, HeadCommand, NeedleCommand, Observation};
use crate::{Guard, Phase};

/// Flow below which nothing comes [m³/s]: 0.03 mL/s would need two minutes for a tube. Prior: unverified.
const FLOW_MIN_M3_S: f64 = 3e-8;
/// Time without flow before the needle is moved a little [s].
const NO_FLOW_S: f64 = 1.5;
/// Distance of such a move [m].
const NUDGE_M: f64 = 0.8e-3;
/// Moves before the draw is given up.
const NUDGES_MAX: u32 = 4;
/// Time after which a withdrawal by the driver should be over [s]: 40 mm at 50 mm/s.
const RETREAT_AFTER_S: f64 = 1.0;
/// How far the robot's arm then takes the needle back [m].
const RETREAT_M: f64 = 0.06;
/// Longest withdrawal [s].
const WITHDRAW_MAX_S: f64 = 10.0;
/// Driver position that counts as its retracted stop [m].
const HOME_M: f64 = 0.2e-3;
/// Longest wait for an arm that was pulled away [s]: a startle is over in 5 s (prior: unverified).
const RETURN_MAX_S: f64 = 10.0;
/// Longest time in which the lumen is sought [s], from contact and from the skin. A smooth insertion takes 5 s. Prior: unverified.
const SEEK_MAX_S: f64 = 30.0;
/// Longest draw [s]: a tube at [`FLOW_MIN_M3_S`]. Prior: unverified.
const DRAW_MAX_S: f64 = 120.0;

impl Venipuncture {
    /// Guards that hold in every phase with the needle in. Returns where to go when one speaks.
    pub(super) fn guards(&mut self, obs: &Observation<'_>) -> Next {
        if self.state.tourniquet_on && obs.time_s - self.state.tourniquet_since_s > self.spec.limits.tourniquet_max_s {
            let on_s = obs.time_s - self.state.tourniquet_since_s;
            self.state.tourniquet_on = false;
            self.guard(obs, Guard::TourniquetTime, on_s, "s");
            if matches!(self.state.phase, Phase::ScanNir | Phase::ScanUltrasound | Phase::Plan | Phase::Align) {
                return Some((Phase::HandOver, "tourniquet on for too long before the stick".into()));
            }
        }
        if !self.state.phase.needle_in() || self.state.phase == Phase::Withdraw {
            self.follow = super::follow::FollowWatch::default();
            return None;
        }
        let apart_m = self.follow.step(obs.driver_asked_m_s, obs.driver_position_m, 1e-3);
        let limits = &self.spec.limits;
        let lateral_n = (obs.force_lateral_n[0] * obs.force_lateral_n[0] + obs.force_lateral_n[1] * obs.force_lateral_n[1]).sqrt();
        let moved_m = (obs.arm_displacement_m.0 - nalgebra::Vector3::from(self.state.try_.displacement_at_entry_m)).norm();
        // What is no number is no proof of safety.
        let beyond = |value: f64, limit: f64| value > limit || value.is_nan();
        let longest_s = match self.state.phase {
            Phase::Contact | Phase::Insert => SEEK_MAX_S,
            Phase::Draw => DRAW_MAX_S,
            _ => f64::INFINITY,
        };
        let tripped = if beyond(obs.force_axial_n, limits.force_axial_max_n) {
            Some((Guard::ForceLimit, obs.force_axial_n, "N"))
        } else if beyond(lateral_n, limits.force_lateral_max_n) {
            Some((Guard::LateralForceLimit, lateral_n, "N"))
        } else if beyond(obs.arm_speed_m_s, limits.arm_speed_max_m_s) {
            Some((Guard::ArmMotion, obs.arm_speed_m_s, "m/s"))
        } else if beyond(moved_m, limits.arm_displacement_max_m) && self.state.try_.skin_driver_m.is_finite() {
            Some((Guard::ArmMotion, moved_m, "m"))
        } else if obs.driver_stalled || !obs.driver_position_m.is_finite() {
            Some((Guard::DriverStall, obs.driver_position_m, "m"))
        } else if beyond(apart_m.abs(), limits.encoder_apart_max_m) {
            Some((Guard::EncoderApart, apart_m, "m"))
        } else if beyond(obs.tracker_age_s, limits.pause_max_s) {
            Some((Guard::TrackingLost, obs.tracker_age_s, "s"))
        } else if self.in_phase_s(obs) > longest_s {
            Some((Guard::PhaseTimeout, self.in_phase_s(obs), "s"))
        } else {
            None
        };
        let (guard, value, unit) = tripped?;
        self.guard(obs, guard, value, unit);
        Some(self.fail(obs, guard))
    }

    /// Give up this stick for a reason and withdraw. Enough blood already drawn is not given up.
    pub(super) fn fail(&mut self, obs: &Observation<'_>, guard: Guard) -> (Phase, String) {
        let enough = self.state.drawn || obs.tube_volume_m3 >= 0.5 * self.spec.draw_m3;
        self.state.try_.failed = !enough;
        self.state.drawn = self.state.drawn || enough;
        self.state.try_.reason = guard.name().into();
        (Phase::Withdraw, format!("guard: {}", guard.name()))
    }

    pub(super) fn draw(&mut self, obs: &Observation<'_>, command: &mut Command) -> Next {
        command.head = self.long_axis_head();
        command.needle = self.line();
        command.tube_connected = true;
        // The picture is for moving the needle, not for watching it rest.
        command.image_ultrasound = self.state.try_.nudge_to_m.is_finite();
        self.watch_picture(obs);
        if self.state.try_.draw_started_s.is_nan() {
            self.state.try_.draw_started_s = obs.time_s;
            self.state.try_.last_flow_s = obs.time_s;
            self.state.try_.last_volume_m3 = obs.tube_volume_m3;
        }
        // The fill sensor is read over half a second: its noise is larger than a tick's flow.
        if (obs.tube_volume_m3 - self.state.try_.last_volume_m3) > FLOW_MIN_M3_S * 0.5 {
            self.state.try_.last_volume_m3 = obs.tube_volume_m3;
            self.state.try_.last_flow_s = obs.time_s;
        }
        if obs.tube_volume_m3 >= 0.97 * self.spec.draw_m3 {
            self.state.drawn = true;
            return Some((Phase::Release, "tube full".into()));
        }
        if self.nudging(obs, command) {
            return None;
        }
        let dry_s = obs.time_s - self.state.try_.last_flow_s;
        if dry_s < NO_FLOW_S {
            return None;
        }
        if obs.tube_volume_m3 >= 0.9 * self.spec.draw_m3 {
            self.state.drawn = true;
            return Some((Phase::Release, "tube full, vacuum spent".into()));
        }
        if self.state.try_.nudges >= NUDGES_MAX {
            self.guard(obs, Guard::FlowLost, obs.tube_volume_m3, "m3");
            return Some(self.fail(obs, Guard::FlowLost));
        }
        // Back first (the bevel may be against the back wall), then forward beyond where it was.
        self.state.try_.nudges += 1;
        let step = if self.state.try_.nudges % 2 == 1 { -NUDGE_M } else { 1.6 * NUDGE_M };
        self.state.try_.nudge_to_m = self.insertion_m(obs) + step;
        self.state.try_.last_flow_s = obs.time_s;
        self.event(obs, "nudge", "no flow: needle moved a little", step, "m");
        None
    }

    /// Carry out a small move that was decided before. True while moving.
    fn nudging(&mut self, obs: &Observation<'_>, command: &mut Command) -> bool {
        let target = self.state.try_.nudge_to_m;
        if target.is_nan() {
            return false;
        }
        let error = target - self.insertion_m(obs);
        if error.abs() < 0.05e-3 || obs.time_s - self.state.try_.last_flow_s > 1.0 {
            self.state.try_.nudge_to_m = f64::NAN;
            self.state.try_.last_flow_s = obs.time_s;
            return false;
        }
        // Back at any time; forward only with eyes open.
        if error < 0.0 || !self.blind(obs) {
            command.driver_velocity_m_s = error.signum() * self.spec.pace.wall_m_s;
        }
        true
    }

    pub(super) fn release(&mut self, obs: &Observation<'_>, command: &mut Command) -> Next {
        command.head = self.long_axis_head();
        command.needle = self.line();
        self.state.tourniquet_on = false;
        // The needle leaves only when the vein's pressure has fallen, or the leak doubles.
        let open = obs.tourniquet_pa < 1_000.0 && self.in_phase_s(obs) > 1.5;
        (open || self.in_phase_s(obs) > 5.0).then(|| (Phase::Withdraw, "cuff open, tube off".into()))
    }

    pub(super) fn withdraw(&mut self, obs: &Observation<'_>, command: &mut Command) -> Next {
        command.head = self.long_axis_head();
        if !self.state.try_.failed || self.state.attempt >= self.spec.limits.attempts_max {
            self.state.tourniquet_on = false;
        }
        // All the way to the driver's stop: an arm that was pulled away and comes back must not meet the needle. A tip that
        // still conducts then is in the patient, whatever the encoder says; then, and when the driver does not move, the
        // robot's arm takes the needle back along its own axis.
        let retreat_m = (self.spec.pace.withdraw_m_s * (self.in_phase_s(obs) - RETREAT_AFTER_S)).clamp(0.0, RETREAT_M);
        command.needle = self.line_back_by(retreat_m);
        let back = obs.driver_position_m <= HOME_M || retreat_m >= RETREAT_M;
        if back && obs.impedance_ohm.is_none() {
            return Some((Phase::Compress, "needle out".into()));
        }
        command.driver_velocity_m_s = -self.spec.pace.withdraw_m_s;
        if self.in_phase_s(obs) > WITHDRAW_MAX_S {
            self.guard(obs, Guard::PhaseTimeout, self.in_phase_s(obs), "s");
            return Some((Phase::Compress, "withdrawal took too long".into()));
        }
        None
    }

    pub(super) fn compress(&mut self, obs: &Observation<'_>, command: &mut Command) -> Next {
        command.compress = true;
        command.head = HeadCommand::Park;
        // The line is left only by a needle that is out.
        let out = obs.driver_position_m <= HOME_M || obs.impedance_ohm.is_none();
        command.needle = if out { NeedleCommand::Park } else { self.line_back_by(RETREAT_M) };
        if obs.driver_position_m > HOME_M {
            command.driver_velocity_m_s = -self.spec.pace.withdraw_m_s;
        }
        let again = self.state.try_.failed && self.state.attempt < self.spec.limits.attempts_max && !self.state.drawn;
        let hold_s = if again { 0.25 * self.spec.pace.compress_s } else { self.spec.pace.compress_s };
        if self.in_phase_s(obs) < hold_s {
            return None;
        }
        if self.state.drawn {
            return Some((Phase::Done, "blood drawn".into()));
        }
        if again {
            // The next stick begins with the arm back on its rest and the needle at its stop.
            if self.arm_away(obs) || obs.driver_position_m > HOME_M {
                return (self.in_phase_s(obs) > hold_s + RETURN_MAX_S).then(|| {
                    self.guard(obs, Guard::PhaseTimeout, self.in_phase_s(obs), "s");
                    (Phase::HandOver, "arm or needle did not come back".into())
                });
            }
            let reason = self.state.try_.reason.clone();
            if let Some(plan) = &self.state.plan
                && let Some(site) = self.state.sites.get_mut(plan.site as usize)
            {
                site.spent = true;
            }
            self.state.try_ = AttemptState::new();
            self.state.plan = None;
            return Some((Phase::Plan, format!("second attempt after {reason}")));
        }
        Some((Phase::HandOver, format!("attempts used up: {}", self.state.try_.reason)))
    }
}
