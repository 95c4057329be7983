//! Insert and confirm: through skin, tissue and front wall, and not through the back wall.

use nalgebra::{Point3, Vector3};

use super::{Next, Venipuncture, eyes};
use crate::interface::{Command, FrameKind, Note, Observation};
use crate::plan::Plan;
use crate::pop::PopLayer;
use crate::{Guard, Phase};

/// Part of the believed path through the lumen that the tip goes on after the first sign of blood [1], at least
/// [`FOLLOW_MIN_M`] and at most the bevel's length. Prior: unverified.
const FOLLOW_LUMEN: f64 = 0.45;
const FOLLOW_MIN_M: f64 = 1.2e-3;
/// Time to wait for blood after an expected pop without it [s]: transit to the hub plus a margin. Prior: unverified.
const BLOOD_WAIT_S: f64 = 0.5;
/// Standard deviation of the believed indentation over itself [1]: the spread of the stiffness prior.
const LAG_SD: f64 = 0.33;
/// Force after the skin that is still explained, over the force at which the skin gave way [1]. Prior: unverified.
const RESISTANCE_OF_SKIN: f64 = 1.4;
/// How far behind the believed back wall the search goes before it turns [m along the needle].
const SEARCH_BEYOND_M: f64 = 3e-3;
/// How far into the tissue a search goes at most, over the length that a plan may use [1]: the hub stays off the skin.
const NEEDLE_REACH: f64 = 1.1;
/// Way before the expected wall on which a drop counts as the wall's, at least [m].
const NEAR_WALL_M: f64 = 3e-3;
/// Time that blood must be seen without a break before the tube goes on [s].
const CONFIRM_S: f64 = 0.25;

/// Whether the tip is where the wall may be: a drop here is taken for the wall's.
fn near_wall(plan: &Plan, tip_m: f64) -> bool {
    tip_m > plan.front_m - (3.0 * plan.front_sd_m).max(NEAR_WALL_M)
}

impl Venipuncture {
    /// Signs of blood at the tip: low impedance now, or blood in the hub.
    fn blood(&self, obs: &Observation<'_>) -> bool {
        obs.impedance_ohm.is_some_and(|z| z < self.spec.impedance_blood_ohm) || obs.blood_in_hub
    }

    fn blood_now(&self, obs: &Observation<'_>) -> bool {
        match obs.impedance_ohm {
            Some(z) => z < self.spec.impedance_blood_ohm,
            None => obs.blood_in_hub,
        }
    }

    /// Keep the age of the last picture, and read the needle's tip from it.
    pub(super) fn watch_picture(&mut self, obs: &Observation<'_>) {
        let Some(frame) = obs.ultrasound else { return };
        // A picture is as old as its acquisition: one that a frozen scanner shows again is no news, an empty one none at all.
        if frame.time_s.is_finite() && frame.pixels.len() > 1 {
            self.state.try_.last_image_s = self.state.try_.last_image_s.max(frame.time_s.min(obs.time_s));
        }
        if self.state.phase != Phase::Insert {
            return;
        }
        let Some(plan) = &self.state.plan else { return };
        let insertion_m = self.insertion_m(obs);
        let tip_m = self.tip_in_tissue_m(obs);
        let expected = eyes::expected_tip(obs);
        let direction = obs.pose_patient_probe.inverse() * obs.pose_patient_needle.axis(2);
        let seen = eyes::tip_in(frame, expected, [direction.0.x, direction.0.z], self.spec.sound_speed_ratio);
        if let Some(tip) = &seen {
            // Along the needle: seen minus expected. Averaged, bounded, used for the stop only.
            let along = (tip.x_m - expected[0]) * direction.0.x + (tip.depth_m - expected[1]) * direction.0.z;
            if along.abs() < 3e-3 {
                self.state.try_.tip_offset_sum_m += along;
                self.state.try_.tip_offset_count += 1;
                let mean = self.state.try_.tip_offset_sum_m / f64::from(self.state.try_.tip_offset_count);
                if self.state.try_.tip_offset_count >= 3 {
                    self.state.try_.tip_correction_m = mean.clamp(-1.5e-3, 1.5e-3);
                }
            }
        }
        let near = tip_m > plan.front_m - 3e-3;
        if near && !self.state.try_.kept_insert_frame {
            self.state.try_.kept_insert_frame = true;
            self.note(Note::Keep {
                frame: FrameKind::Ultrasound,
                name: format!("us_insert_{}", self.state.attempt),
                caption: format!("Long axis, needle {:.1} mm in, attempt {}", insertion_m * 1e3, self.state.attempt),
                overlays: seen.map(|t| eyes::tip_overlays(&t)).unwrap_or_default(),
            });
        }
    }

    /// Age of the newest picture [s].
    fn image_age_s(&self, obs: &Observation<'_>) -> f64 {
        obs.time_s - self.state.try_.last_image_s
    }

    /// No picture or no tracking for longer than a needle may advance.
    pub(super) fn blind(&self, obs: &Observation<'_>) -> bool {
        self.image_age_s(obs) > self.spec.limits.image_age_max_s || obs.tracker_age_s > self.spec.limits.tracking_age_max_s
    }

    /// Whether the advance must wait: no picture or no tracking.
    pub(super) fn paused(&mut self, obs: &Observation<'_>) -> bool {
        if self.blind(obs) {
            if self.state.try_.pause_since_s.is_nan() {
                self.state.try_.pause_since_s = obs.time_s;
                let image_age_s = self.image_age_s(obs);
                if image_age_s > self.spec.limits.image_age_max_s {
                    self.guard(obs, Guard::ImageLost, image_age_s, "s");
                } else {
                    self.guard(obs, Guard::TrackingLost, obs.tracker_age_s, "s");
                }
            }
            return true;
        }
        self.state.try_.pause_since_s = f64::NAN;
        false
    }

    /// Withdraw when a pause lasts too long.
    pub(super) fn pause_limit(&mut self, obs: &Observation<'_>) -> Next {
        let since = self.state.try_.pause_since_s;
        (since.is_finite() && obs.time_s - since > self.spec.limits.pause_max_s).then(|| self.fail(obs, Guard::ImageLost))
    }

    pub(super) fn insert(&mut self, obs: &Observation<'_>, command: &mut Command) -> Next {
        command.head = self.long_axis_head();
        command.needle = self.line();
        command.image_ultrasound = true;
        self.watch_picture(obs);
        let Some(plan) = self.state.plan.clone() else { return Some(self.fail(obs, Guard::NoAcceptableSite)) };
        let insertion = self.insertion_m(obs);
        let tip = self.tip_in_tissue_m(obs);
        self.state.try_.deepest_m = self.state.try_.deepest_m.max(insertion);
        let advancing = obs.driver_velocity_m_s > 0.2e-3;
        let layer = if near_wall(&plan, tip) {
            PopLayer::Wall
        } else if self.state.try_.skin_pop_s.is_nan() {
            PopLayer::Skin
        } else {
            PopLayer::Tissue
        };
        let speed_m_s = if advancing { self.state.commanded_m_s } else { 0.0 };
        if let Some(drop_n) = self.state.pop.step(&self.spec.pop, layer, obs.force_axial_n, speed_m_s, 1e-3) {
            self.pop_found(obs, layer, drop_n);
        }
        if self.paused(obs) {
            return self.pause_limit(obs);
        }
        if self.state.try_.searching_back {
            return self.search_back(obs, command, &plan, insertion);
        }
        let past_skin = self.state.try_.skin_pop_s.is_finite();
        if !past_skin {
            self.state.try_.skin_peak_n = self.state.try_.skin_peak_n.max(self.state.pop.filtered_n());
        }
        // A dry needle or a tough skin drags more all the way: what is unexplained goes by what this skin took.
        let explained_n = RESISTANCE_OF_SKIN * self.state.try_.skin_peak_n;
        let resistance_max_n = explained_n.clamp(self.spec.limits.force_in_tissue_max_n, 0.95 * self.spec.limits.force_axial_max_n);
        if past_skin && self.state.pop.filtered_n() > resistance_max_n {
            self.guard(obs, Guard::UnexpectedResistance, self.state.pop.filtered_n(), "N");
            return Some(self.fail(obs, Guard::UnexpectedResistance));
        }
        if self.state.try_.blood_at_m.is_nan() && self.blood(obs) {
            self.state.try_.blood_at_m = tip;
            let follow = (FOLLOW_LUMEN * (plan.back_m - plan.front_m)).clamp(FOLLOW_MIN_M, self.spec.plan.bevel_m);
            self.state.try_.stop_at_m = tip + follow;
            self.event(obs, "blood_sign", "impedance or hub shows blood", insertion, "m");
        }
        if self.state.try_.blood_at_m.is_finite() {
            return self.follow_into_lumen(obs, command, tip);
        }
        self.advance(obs, command, &plan, tip)
    }

    fn pop_found(&mut self, obs: &Observation<'_>, layer: PopLayer, drop_n: f64) {
        match layer {
            PopLayer::Skin => {
                self.state.try_.skin_pop_s = obs.time_s;
                self.event(obs, "pop_skin", "force drop: skin passed", drop_n, "N");
            }
            PopLayer::Wall => {
                self.state.try_.wall_pop_s = obs.time_s;
                self.event(obs, "pop_wall", "force drop near the wall", drop_n, "N");
            }
            // Where the needle leaves the dermis, for one.
            PopLayer::Tissue => self.event(obs, "force_drop", "force drop far from the wall", drop_n, "N"),
        }
    }

    /// After the first sign of blood: let the bevel follow, then stop; come back when the sign is gone by then.
    ///
    /// A sign that comes and goes on the way is a bevel half in the wall of a moving vein, not yet the back wall.
    fn follow_into_lumen(&mut self, obs: &Observation<'_>, command: &mut Command, tip_m: f64) -> Next {
        if tip_m < self.state.try_.stop_at_m {
            command.driver_velocity_m_s = self.spec.pace.wall_m_s;
            return None;
        }
        if !self.blood_now(obs) && obs.impedance_ohm.is_some() {
            self.event(obs, "blood_sign_lost", "impedance rose again: back wall", tip_m, "m");
            self.guard(obs, Guard::TipOutsideLumen, tip_m, "m");
            self.state.try_.searching_back = true;
            return None;
        }
        Some((Phase::ConfirmLumen, "bevel followed into the lumen".into()))
    }

    /// No blood yet: fast through skin and fat, slow near the wall, a wait at the target, then on to the far side.
    fn advance(&mut self, obs: &Observation<'_>, command: &mut Command, plan: &Plan, tip_m: f64) -> Next {
        let past_skin = self.state.try_.skin_pop_s.is_finite();
        if tip_m > (plan.back_m + SEARCH_BEYOND_M).min(NEEDLE_REACH * self.spec.plan.needle_usable_m) {
            self.guard(obs, Guard::NoPop, tip_m, "m");
            self.state.try_.searching_back = true;
            return None;
        }
        if self.waiting_for_blood(obs, plan, tip_m) {
            return None;
        }
        let near = tip_m > plan.front_m - (2.0 * plan.front_sd_m + 2e-3);
        command.driver_velocity_m_s = if near {
            self.spec.pace.wall_m_s
        } else if past_skin {
            self.spec.pace.fat_m_s
        } else {
            self.spec.pace.skin_m_s
        };
        None
    }

    /// Stand still for a moment where blood should come: after a pop at the wall, and at the planned depth.
    fn waiting_for_blood(&mut self, obs: &Observation<'_>, plan: &Plan, tip_m: f64) -> bool {
        let popped = self.state.try_.wall_pop_s.is_finite() && obs.time_s - self.state.try_.wall_pop_s < BLOOD_WAIT_S;
        let at_target = tip_m >= plan.target_m;
        if popped && tip_m > plan.front_m {
            return true;
        }
        if at_target && self.state.try_.nudge_to_m.is_nan() {
            // Reuses the nudge clock: wait once at the target.
            self.state.try_.nudge_to_m = obs.time_s + BLOOD_WAIT_S;
        }
        at_target && obs.time_s < self.state.try_.nudge_to_m
    }

    /// Slowly back until blood shows: the needle may have passed both walls at once.
    fn search_back(&mut self, obs: &Observation<'_>, command: &mut Command, plan: &Plan, insertion_m: f64) -> Next {
        let now = match obs.impedance_ohm {
            Some(z) => z < self.spec.impedance_blood_ohm,
            None => false,
        };
        if now {
            self.state.try_.blood_at_m = insertion_m;
            self.state.try_.stop_at_m = insertion_m;
            self.event(obs, "blood_on_return", "blood on the way back", insertion_m, "m");
            return Some((Phase::ConfirmLumen, "blood on the way back".into()));
        }
        if self.tip_in_tissue_m(obs) < plan.front_m - 3e-3 {
            self.guard(obs, Guard::NoPop, insertion_m, "m");
            return Some(self.fail(obs, Guard::NoPop));
        }
        command.driver_velocity_m_s = -self.spec.pace.wall_m_s;
        None
    }

    pub(super) fn confirm_lumen(&mut self, obs: &Observation<'_>, command: &mut Command) -> Next {
        command.head = self.long_axis_head();
        command.needle = self.line();
        command.image_ultrasound = true;
        self.watch_picture(obs);
        if let Some(frame) = obs.ultrasound
            && !self.state.try_.kept_lumen_frame
        {
            self.state.try_.kept_lumen_frame = true;
            let overlay = eyes::expected_tip_overlay(frame, eyes::expected_tip(obs), self.spec.sound_speed_ratio);
            self.note(Note::Keep {
                frame: FrameKind::Ultrasound,
                name: format!("us_lumen_{}", self.state.attempt),
                caption: format!("Long axis with the needle in the lumen, attempt {}", self.state.attempt),
                overlays: vec![overlay],
            });
        }
        if self.blood_now(obs) && self.in_phase_s(obs) > CONFIRM_S {
            self.state.try_.nudge_to_m = f64::NAN;
            self.note_tip(obs);
            return Some((Phase::Draw, "blood seen without a break".into()));
        }
        (self.in_phase_s(obs) > 1.5).then(|| {
            if self.state.try_.searching_back {
                return self.fail(obs, Guard::NoPop);
            }
            self.state.try_.searching_back = true;
            (Phase::Insert, "no steady blood, looking on the way back".into())
        })
    }

    /// Where the robot believes the tip is, for the comparison with the truth.
    fn note_tip(&mut self, obs: &Observation<'_>) {
        let Some(plan) = &self.state.plan else { return };
        let site = self.state.sites.get(plan.site as usize).map(|s| s.name.clone()).unwrap_or_default();
        let tip = Point3::from(plan.entry_m) + Vector3::from(plan.direction) * self.tip_in_tissue_m(obs);
        // The tissue's lag is believed to a third; it lies along the needle.
        let sd = self.spec.plan.needle_sd_m;
        let lag = Vector3::from(plan.direction) * (LAG_SD * self.indentation_m());
        let tip_now = [("tip_x_m", tip.x, lag.x), ("tip_y_m", tip.y, lag.y), ("tip_z_m", tip.z, lag.z)];
        for (quantity, mean, lag_sd) in tip_now {
            self.note(Note::Belief {
                site: site.clone(),
                quantity: quantity.into(),
                stage: "inserting".into(),
                mean,
                sd: (sd * sd + lag_sd * lag_sd).sqrt(),
                z_m: tip.z,
                x_m: tip.x,
            });
        }
    }
}
