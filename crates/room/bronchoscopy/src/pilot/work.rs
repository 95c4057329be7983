//! Phase by phase.

use nalgebra::Vector3;

use super::behave::{BACK_M_S, Pilot};
use super::controller::Phase;
use super::register::register;
use super::steer::turn;
use crate::map::angle;
use crate::room::{Command, Observation, TICK_S};

/// Points of the tour: one every so far [m].
const POINT_M: f64 = 2e-3;
/// Angle at which the tip points at the target [rad], and time without progress after which aiming ends [s]. Prior: unverified.
const AIMED_RAD: f64 = 0.035;
const AIM_STALL_S: f64 = 4.0;
/// How far beyond the target's centre the needle goes, in radii and at most [m]: the sample is taken from its last centimetre.
const BEYOND: f64 = 0.3;
const BEYOND_MAX_M: f64 = 4e-3;
/// Ways that are tried, insertions per way.
const ROUTES_MAX: u32 = 3;
const TRIES_MAX: u32 = 3;
/// Shifts along a way that are tried in turn when the tip cannot be aimed [m].
const SHIFTS_M: [f64; 4] = [0.0, 4e-3, -5e-3, -9e-3];
const NEEDLE_M_S: f64 = 0.02;

impl Pilot {
    /// From the tip to the target's centre, map's frame [m].
    pub(super) fn to_target(&self) -> Vector3<f64> {
        match self.work.image_m {
            Some(v) => Vector3::from(v),
            None => Vector3::from(self.spec.target.centre_m) - self.spec.map.place(self.at.branch, self.at.distance_m).point_m,
        }
    }

    /// Tour of the large airways, then registration.
    pub(super) fn survey(&mut self, seen: &Observation) -> Command {
        let far = self.work.points_m.last().is_none_or(|p| (Vector3::from(*p) - Vector3::from(seen.tip_m)).norm() > POINT_M);
        if far && seen.breath < 1.2 && self.work.points_m.len() < 600 {
            self.work.points_m.push(seen.tip_m);
        }
        let map = &self.spec.map;
        let mains: Vec<u32> = map.children(0).to_vec();
        let goals: Vec<(u32, f64)> =
            std::iter::once((0, map.span_m(0)[1] - 4e-3)).chain(mains.iter().map(|b| (*b, map.span_m(*b)[1] - 3e-3))).collect();
        let Some((branch, distance_m)) = goals.get(self.work.toured as usize).copied() else {
            let mut branches = vec![0];
            for main in &mains {
                branches.push(*main);
                branches.extend(map.children(*main));
            }
            self.registration = register(&self.spec.map, &branches, &self.work.points_m, self.registration);
            self.belief.registered();
            let residual = self.registration.residual_m * 1e3;
            self.note("registered", format!("{} points, {residual:.1} mm from the centrelines", self.work.points_m.len()));
            if self.spec.plan.routes.is_empty() {
                self.note("gave_up", "no way to the target in the plan");
                self.work.gave_up = true;
                self.enter(Phase::Withdraw);
            } else {
                self.enter(Phase::Drive);
            }
            return self.go(0.0);
        };
        let (command, there) = self.drive_to(branch, distance_m);
        if there || self.in_phase_s() > 150.0 * f64::from(self.work.toured + 1) {
            self.work.toured += 1;
        }
        command
    }

    pub(super) fn next_route(&mut self, why: &str) {
        self.note("route", why);
        self.work.image_m = None;
        self.work.aim = None;
        self.work.tries = 0;
        self.work.moved = 0;
        self.work.route += 1;
        if self.phase == Phase::Survey {
            self.work.route = 0;
            return;
        }
        if self.work.route >= ROUTES_MAX || self.work.route as usize >= self.spec.plan.routes.len() {
            self.note("gave_up", "no way is left");
            self.work.gave_up = true;
            self.enter(Phase::Withdraw);
        } else {
            self.enter(Phase::Drive);
        }
    }

    pub(super) fn drive(&mut self) -> Command {
        let Some(route) = self.spec.plan.routes.get(self.work.route as usize).copied() else {
            self.enter(Phase::Withdraw);
            return self.go(0.0);
        };
        let [from, to] = self.spec.map.span_m(route.branch);
        // Another place on the same way, where the tip could not be aimed from the planned one.
        let wanted = (route.distance_m + SHIFTS_M[self.work.moved.min(3) as usize]).clamp(from + 1e-3, to.max(from + 1e-3));
        let (command, there) = self.drive_to(route.branch, wanted);
        if there && self.at.branch == route.branch {
            self.work.image_m = None;
            self.work.aim = None;
            self.enter(Phase::Aim);
        } else if self.in_phase_s() > 400.0 {
            self.next_route("the way took too long");
        }
        command
    }

    /// Turn the tip towards the target; decide when it is as good as it gets.
    pub(super) fn aim(&mut self, seen: &Observation) -> Command {
        let to = self.to_target();
        let wanted = to.try_normalize(1e-6).unwrap_or(self.heading);
        self.bend_rad = turn(&self.spec.map, &self.at, &self.spec.scope, self.bend_rad, self.heading, wanted, TICK_S);
        let off = angle(self.heading, wanted);
        let best = self.work.aim;
        if best.is_none_or(|(b, _)| off < b - 0.01) {
            self.work.aim = Some((off, seen.tick));
        }
        let stalled = self.work.aim.is_some_and(|(_, since)| (seen.tick - since) as f64 * TICK_S > AIM_STALL_S);
        let aimed = off < AIMED_RAD && self.in_phase_s() > 1.0;
        if !(aimed || stalled) {
            return self.go(0.0);
        }
        let radius = self.spec.target.radius_m;
        let (along, miss) = (to.norm() * proband_core::ops::cos(off), to.norm() * proband_core::ops::sin(off).abs());
        let in_reach = along - radius < self.spec.needle_reach_m && along > -radius;
        // Too far for the needle from the furthest place: the other places on this way are no closer.
        if !in_reach && self.work.moved > 0 {
            self.work.moved = SHIFTS_M.len() as u32;
        }
        if !in_reach || (miss > 0.8 * radius && to.norm() > radius) {
            if (self.work.moved as usize) + 1 < SHIFTS_M.len() {
                self.work.moved += 1;
                self.work.image_m = None;
                self.note("moved", format!("the needle would pass {:.1} mm from the target's centre: from another place", miss * 1e3));
                self.enter(Phase::Drive);
                return self.go(0.0);
            }
            self.next_route(&format!(
                "the needle would pass {:.1} mm from the target's centre, {:.0}° off, wall {:.1} N",
                miss * 1e3,
                off.to_degrees(),
                seen.wall_force_n
            ));
            return self.go(0.0);
        }
        self.work.arrived = true;
        self.bend_rad = seen.motor_rad;
        self.work.aim = None;
        self.work.depth_m = (along + (BEYOND * radius).min(BEYOND_MAX_M)).clamp(5e-3, self.spec.needle_reach_m);
        if self.spec.images && self.work.image_m.is_none() {
            self.enter(Phase::Image);
        } else {
            self.enter(Phase::Insert);
        }
        self.go(0.0)
    }

    /// Hold the breath and wait for the picture.
    pub(super) fn image(&mut self, seen: &Observation) -> Command {
        if let Some(v) = seen.image_m {
            let to = self.registration.turn * Vector3::from(v);
            self.work.image_m = Some(to.into());
            self.note("image", format!("target's centre {:.1} mm from the tip", to.norm() * 1e3));
            self.enter(Phase::Aim);
        }
        Command { hold_breath: true, image: seen.breath_held, ..self.go(0.0) }
    }

    /// Needle out to the depth, breath held.
    pub(super) fn insert(&mut self, seen: &Observation) -> Command {
        let mut command = self.go(0.0);
        command.hold_breath = true;
        if seen.breath_held || seen.needle_m > 0.0 {
            command.needle_m_s = NEEDLE_M_S;
        }
        if seen.needle_m >= self.work.depth_m - 0.5 * NEEDLE_M_S * TICK_S {
            command.needle_m_s = 0.0;
            let confirm = self.spec.images && !self.work.confirmed;
            self.enter(if confirm { Phase::Confirm } else { Phase::Sample });
        }
        command
    }

    /// A picture with the needle out.
    pub(super) fn confirm(&mut self, seen: &Observation) -> Command {
        let command = Command { hold_breath: true, image: true, ..self.go(0.0) };
        let Some(v) = seen.image_m else { return command };
        let to = self.registration.turn * Vector3::from(v);
        let miss = (to - self.heading * seen.needle_m).norm();
        self.work.tries += 1;
        let inside = miss < self.spec.target.radius_m;
        self.note(if inside { "confirmed" } else { "not_confirmed" }, format!("needle {:.1} mm from the target's centre", miss * 1e3));
        self.work.image_m = Some(to.into());
        self.work.confirmed = inside;
        self.enter(Phase::Sample);
        Command { hold_breath: true, ..self.go(0.0) }
    }

    /// Take the sample when the needle is where it should be; draw the needle back.
    pub(super) fn sample(&mut self, seen: &Observation) -> Command {
        let mut command = Command { hold_breath: seen.needle_m > 0.0, needle_m_s: -NEEDLE_M_S, ..self.go(0.0) };
        let good = self.work.confirmed || !self.spec.images || self.work.tries >= TRIES_MAX;
        if self.in_phase_s() < 1.5 * TICK_S && good && !self.work.gave_up {
            command.sample = true;
            command.needle_m_s = 0.0;
            self.work.samples += 1;
            return command;
        }
        if seen.needle_m > 0.0 {
            return command;
        }
        if self.work.gave_up || self.work.samples >= self.spec.sample_count {
            self.enter(Phase::Withdraw);
        } else if good {
            // The next pass after a breath or two.
            if self.in_phase_s() > 12.0 {
                self.enter(Phase::Insert);
            }
        } else {
            self.enter(Phase::Aim);
        }
        command
    }

    pub(super) fn withdraw(&mut self) -> Command {
        self.bend_rad = self.bend_rad.map(|b| b * (1.0 - TICK_S));
        let command = self.go(-BACK_M_S);
        if self.at.distance_m < 0.03 || self.in_phase_s() > 60.0 {
            self.enter(Phase::Done);
        }
        command
    }
}
