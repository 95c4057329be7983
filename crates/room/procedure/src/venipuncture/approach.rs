//! Plan, align, contact.

use nalgebra::{Point3, Vector3};
use proband_core::ops;
use proband_twin::{Measurement, Quantity};

use super::{AttemptState, Next, Venipuncture, eyes};
use crate::interface::{Command, FrameKind, NeedleCommand, Note, Observation, PlanNote};
use crate::plan::{Plan, plan_site, rank};
use crate::pop::{PopLayer, PopState};
use crate::{Guard, Phase};

/// Distance of the retracted tip from the skin along the needle [m].
pub(super) const STANDOFF_M: f64 = 0.012;
/// Gap between the entry point and the probe's distal edge [m].
const HEAD_GAP_M: f64 = 4e-3;
/// Longest time to get needle and probe into line [s].
const ALIGN_MAX_S: f64 = 8.0;
/// Long-axis frames that are averaged before the stick.
const ALIGN_FRAMES: u32 = 4;
/// Largest correction of the entry along the needle that is believed [m].
const SEAT_MAX_M: f64 = 12e-3;
/// Needle that a seated plan may need, over what a plan may use [1]: the planner's own margin.
const NEEDLE_LONGEST: f64 = 1.02;
/// Way beyond the expected skin on which contact is still waited for [m].
const CONTACT_REACH_M: f64 = 12e-3;
/// Force that counts as contact [N]: five times the noise of the force sensor. Prior: unverified.
const CONTACT_N: f64 = 0.05;

/// Probe position and yaw that put its plane on the plane of the stick, its distal edge just proximal of the entry.
///
/// The head's gimbal lays the face on the skin, so the picture's plane is spanned by the inward normal n and the elements'
/// direction, a horizontal vector h made perpendicular to n. It must be the needle's direction along the skin,
/// t = d − (d·n) n; hence h = t − (t_y/n_y) n.
pub(super) fn long_axis_pose(spec: &super::VenipunctureSpec, plan: &Plan) -> (f64, f64, f64) {
    let direction = Vector3::from(plan.direction);
    let inward = Vector3::from(plan.inward);
    let along = (direction - inward * direction.dot(&inward)).normalize();
    let centre = Point3::from(plan.entry_m) + along * (HEAD_GAP_M + spec.probe_half_length_m);
    let level = along - inward * (along.y / inward.y.max(0.2));
    // Yaw turns the probe's x axis from +x_patient towards +z_patient.
    (centre.x, centre.z, ops::atan2(level.z, level.x))
}

impl Venipuncture {
    pub(super) fn plan(&mut self, obs: &Observation<'_>) -> Next {
        let (notes, plan) = rank(&self.spec.plan, &self.state.sites);
        if plan.is_none() && self.widen_scan() {
            return Some((Phase::ScanUltrasound, "no acceptable site, full grid".into()));
        }
        let reasons: Vec<String> = notes.iter().take(3).map(|n| format!("{}: {}", n.vein, n.reject_reason)).collect();
        self.note(Note::Sites(notes));
        let Some(mut plan) = plan else {
            self.state.tourniquet_on = false;
            self.guard(obs, Guard::NoAcceptableSite, self.state.sites.len() as f64, "1");
            let detail = if reasons.is_empty() { "no vein seen".into() } else { reasons.join("; ") };
            return Some((Phase::HandOver, format!("no acceptable site ({detail})")));
        };
        if !self.seat_on_skin(&mut plan) {
            // One site fewer with every tick that this takes.
            let site = &mut self.state.sites[plan.site as usize];
            site.spent = true;
            let name = site.name.clone();
            self.event(obs, "line_off_skin", format!("{name}: the needle's line does not meet the skin in reach"), plan.target_m, "m");
            return None;
        }
        self.state.attempt += 1;
        self.state.try_ = AttemptState::new();
        self.state.pop = PopState::new();
        let angle = plan.angle_rad.to_degrees();
        let site = self.state.sites[plan.site as usize].name.clone();
        let reason = format!("{site}, {angle:.0}°, predicted success {:.0} %", 100.0 * plan.predicted_success);
        self.state.plan = Some(plan);
        self.note_plan();
        Some((Phase::Align, reason))
    }

    /// Move the entry along the needle's line onto the skin as the camera measured it: the planner took the skin as flat.
    /// `false` when the line meets the skin nowhere near, or needs more needle than there is.
    fn seat_on_skin(&self, plan: &mut Plan) -> bool {
        let entry = Vector3::from(plan.entry_m);
        let direction = Vector3::from(plan.direction);
        if self.state.scan.skin.at(entry.x, entry.z).is_none() {
            // Not measured there: the needle feels for the skin.
            return true;
        }
        let Some(forward) = self.state.scan.skin.met_by(&entry, &direction) else { return false };
        if forward.abs() > SEAT_MAX_M || plan.target_m - forward > NEEDLE_LONGEST * self.spec.plan.needle_usable_m {
            return false;
        }
        plan.entry_m = (entry + direction * forward).into();
        plan.target_m -= forward;
        plan.front_m -= forward;
        plan.back_m -= forward;
        true
    }

    fn note_plan(&mut self) {
        let Some(plan) = self.state.plan.clone() else { return };
        let tip = Point3::from(plan.entry_m) + Vector3::from(plan.direction) * plan.target_m;
        let site = self.state.sites.get(plan.site as usize).map(|s| s.name.clone()).unwrap_or_default();
        self.note(Note::Plan(PlanNote {
            attempt: self.state.attempt,
            site,
            entry_m: plan.entry_m,
            tip_m: tip.into(),
            angle_rad: plan.angle_rad,
            insertion_m: plan.target_m,
            predicted_success: plan.predicted_success,
        }));
    }

    /// Whether the patient's arm is off its rest or on its way; what is no number does not say that it rests.
    pub(super) fn arm_away(&self, obs: &Observation<'_>) -> bool {
        let limits = &self.spec.limits;
        let rests = obs.arm_displacement_m.0.norm() <= limits.arm_displacement_max_m && obs.arm_speed_m_s <= limits.arm_speed_max_m_s;
        !rests
    }

    pub(super) fn align(&mut self, obs: &Observation<'_>, command: &mut Command) -> Next {
        command.head = self.long_axis_head();
        command.needle = self.line();
        let away = self.arm_away(obs);
        if away {
            // The needle waits where an arm that comes back does not meet it, and so does the clock.
            command.needle = NeedleCommand::Park;
            self.state.phase_since_s = obs.time_s;
        }
        let tracked = obs.tracker_age_s <= self.spec.limits.tracking_age_max_s;
        let arrived = obs.head_arrived && obs.arm_arrived && obs.probe_force_n > 0.5 * self.spec.pace.light_force_n;
        let there = arrived && tracked && !away;
        // On the way there is nothing to be seen.
        self.state.try_.imaging |= there;
        command.image_ultrasound = self.state.try_.imaging;
        if there && let Some(frame) = obs.ultrasound {
            self.look_along(obs, frame);
        }
        if self.state.try_.aligned_frames >= ALIGN_FRAMES && there {
            if !self.state.try_.replanned {
                self.state.try_.replanned = true;
                self.refine(obs);
                // The line may have changed: wait until the arm has followed.
                return None;
            }
            self.state.try_.displacement_at_entry_m = obs.arm_displacement_m.0.into();
            self.state.try_.last_image_s = obs.time_s;
            return Some((Phase::Contact, "needle and probe in line with the vein".into()));
        }
        if self.in_phase_s(obs) < ALIGN_MAX_S {
            return None;
        }
        // No needle was in: the site is given up, the attempt does not count.
        self.guard(obs, Guard::PhaseTimeout, self.in_phase_s(obs), "s");
        if let Some(plan) = &self.state.plan
            && let Some(site) = self.state.sites.get_mut(plan.site as usize)
        {
            site.spent = true;
        }
        self.state.plan = None;
        self.state.attempt -= 1;
        Some((Phase::Plan, "robot or probe did not get into line with this site".into()))
    }

    /// Front and back wall at the target in the long-axis picture.
    fn look_along(&mut self, obs: &Observation<'_>, frame: &proband_sensor::UltrasoundFrame) {
        let Some(plan) = &self.state.plan else { return };
        let target = Point3::from(plan.entry_m) + Vector3::from(plan.direction) * plan.target_m;
        let in_probe = frame.pose_patient_probe.inverse() * proband_core::Position::from_raw(target);
        let walls =
            eyes::walls_in(frame, in_probe.0.x, in_probe.0.z, &eyes::DepthScale::new(&self.spec, obs.probe_force_n, &self.state.scan.skin));
        self.state.try_.aligned_frames += 1;
        if let Some(walls) = &walls {
            self.state.try_.image_depth_sum[0] += walls.front_m;
            self.state.try_.image_depth_sum[1] += walls.back_m;
            self.state.try_.image_depth_count += 1;
        }
        if self.state.try_.aligned_frames == ALIGN_FRAMES {
            self.note(Note::Keep {
                frame: FrameKind::Ultrasound,
                name: format!("us_before_{}", self.state.attempt),
                caption: format!("Long axis before the stick, attempt {}", self.state.attempt),
                overlays: walls.map(|w| eyes::wall_overlays(&w)).unwrap_or_default(),
            });
        }
    }

    /// Update the belief from the long-axis picture and plan again on the same site.
    fn refine(&mut self, obs: &Observation<'_>) {
        let count = self.state.try_.image_depth_count;
        let Some(plan) = self.state.plan.clone() else { return };
        if count < 2 {
            self.event(obs, "long_axis_unclear", "walls not seen in the long axis; short-axis belief kept", f64::from(count), "1");
            return;
        }
        let mean = |i: usize| self.state.try_.image_depth_sum[i] / f64::from(count);
        let (front, back) = (mean(0), mean(1));
        let index = plan.site as usize;
        let (Some(site), Some(belief)) = (self.state.sites.get_mut(index), self.state.beliefs.get_mut(index)) else { return };
        let outcome = belief.update(&Measurement::Ultrasound {
            lateral_m: None,
            depth_m: Some(front),
            diameter_v_m: Some(back - front),
            diameter_h_m: None,
            heading_rad: None,
        });
        if !outcome.accepted {
            self.event(
                obs,
                "long_axis_disagrees",
                "walls in the long axis disagree with the short axis; short-axis belief kept",
                front,
                "m",
            );
            return;
        }
        site.depth_m = eyes::believed(belief, Quantity::Depth);
        site.diameter_v_m = eyes::believed(belief, Quantity::DiameterV);
        // The centre moves with the depth, along the inward normal.
        let before = plan.front_m * ops::sin(plan.angle_rad) + 0.5 * (plan.back_m - plan.front_m) * ops::sin(plan.angle_rad);
        let shift = site.depth_m[0] + 0.5 * site.diameter_v_m[0] - before;
        site.p_centre_m = (Vector3::from(site.p_centre_m) + Vector3::from(site.inward) * shift).into();
        let site = site.clone();
        self.note_site(&site, "aligned");
        let predicted_success = plan.predicted_success;
        let mut refined = plan_site(&self.spec.plan, plan.site, &site);
        // The prediction that counts is the one made when the site was chosen.
        refined.predicted_success = predicted_success;
        if !self.seat_on_skin(&mut refined) {
            self.event(obs, "line_off_skin", "refined line does not meet the skin in reach; first plan kept", refined.target_m, "m");
            return;
        }
        self.state.plan = Some(refined);
        self.note_plan();
    }

    pub(super) fn contact(&mut self, obs: &Observation<'_>, command: &mut Command) -> Next {
        command.head = self.long_axis_head();
        command.needle = self.line();
        command.image_ultrasound = true;
        self.watch_picture(obs);
        if self.paused(obs) {
            return self.pause_limit(obs);
        }
        let force_n = obs.force_axial_n;
        self.state.pop.step(&self.spec.pop, PopLayer::Skin, force_n, 0.0, 1e-3);
        if self.state.pop.filtered_n() > CONTACT_N {
            // The skin has given way by then: force over the initial stiffness, a fraction of a millimetre.
            self.state.try_.skin_driver_m = obs.driver_position_m;
            self.event(obs, "contact", "needle touches the skin", obs.driver_position_m, "m");
            return Some((Phase::Insert, "contact".into()));
        }
        if obs.driver_position_m > STANDOFF_M + CONTACT_REACH_M {
            self.guard(obs, Guard::PhaseTimeout, obs.driver_position_m, "m");
            self.state.try_.skin_driver_m = obs.driver_position_m;
            return Some(self.fail(obs, Guard::PhaseTimeout));
        }
        let near = obs.driver_position_m > STANDOFF_M - 2.5e-3;
        command.driver_velocity_m_s = if near { self.spec.pace.contact_m_s } else { self.spec.pace.approach_m_s };
        None
    }
}
