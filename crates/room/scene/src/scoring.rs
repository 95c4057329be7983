//! Bookkeeping of the scorer, tick by tick.

use nalgebra::{Point3, Vector3};
use proband_procedure::Phase;
use proband_tissue::NeedleEventKind;

use crate::Scene;
use crate::spec::TICK_S;

impl Scene {
    pub(crate) fn score_needle_event(&mut self, kind: NeedleEventKind) {
        let attempt = self.current_attempt();
        let tip = self.state.needle.tip_m;
        let score = &mut self.state.score;
        match kind {
            NeedleEventKind::SkinPuncture => {
                score.skin_passes += 1;
                score.entry_m = tip;
                if let Some(track) = score.attempt_entries.iter_mut().find(|t| t.attempt == attempt) {
                    track.entry_m = tip;
                }
            }
            NeedleEventKind::VeinPuncture => score.lumen_entered = true,
            NeedleEventKind::ArteryPuncture => score.arterial = true,
            NeedleEventKind::Transfixion => {
                score.transfixion = true;
                score.back_wall = true;
            }
            NeedleEventKind::BackWallContact | NeedleEventKind::BackWallPuncture => score.back_wall = true,
            NeedleEventKind::RollAway => score.rolled = true,
            NeedleEventKind::NervePuncture => score.nerve = true,
            NeedleEventKind::BoneContact => score.bone = true,
            _ => {}
        }
    }

    fn current_attempt(&self) -> u32 {
        self.state.score.plan.as_ref().map_or(0, |p| p.attempt)
    }

    pub(crate) fn score_stage(&mut self) {
        let attempt = self.current_attempt();
        let state = &mut self.state;
        let score = &mut state.score;
        let needle = &state.needle;
        score.force_peak_n = score.force_peak_n.max(needle.force_axial_n);
        let [x, y] = needle.force_lateral_n;
        score.force_lateral_peak_n = score.force_lateral_peak_n.max((x * x + y * y).sqrt());
        if needle.hole_m.is_some() && needle.tip_depth_along_m > 0.0 {
            score.deepest_m = score.deepest_m.max(needle.tip_depth_along_m);
            if let Some(track) = score.attempt_entries.iter_mut().find(|t| t.attempt == attempt)
                && needle.tip_depth_along_m > track.deepest_m
            {
                track.deepest_m = needle.tip_depth_along_m;
                track.tip_m = needle.tip_m;
            }
        }
        if attempt <= 1 {
            score.first_attempt_volume_m3 = state.patient.volume_m3;
        }
        // A cuff above 20 mmHg holds venous blood back.
        if state.patient.cuff_pa > 2_666.0 {
            score.tourniquet_on_s += TICK_S;
            if score.first_tourniquet_s.is_nan() {
                score.first_tourniquet_s = state.tick as f64 * TICK_S;
            }
        }
    }

    /// What only shows when the controller goes from one phase to the next.
    pub(crate) fn score_phase_change(&mut self, before: Phase) {
        let now = self.time_s();
        let phase = self.state.phase;
        match phase {
            // Lumen lost and looked for again: counts as a redirect by the endpoint's definition.
            Phase::Insert if before == Phase::ConfirmLumen => self.state.score.redirects += 1,
            Phase::Draw => self.score_tip(),
            Phase::Compress if before == Phase::Withdraw => self.state.score.needle_out_s = now,
            _ => {}
        }
    }

    /// Where the tip truly is when the tube goes on, against where it was wanted.
    fn score_tip(&mut self) {
        let score = &mut self.state.score;
        let needle = &self.state.needle;
        score.insertion_m = needle.tip_depth_along_m;
        score.tip_at_draw_m = needle.tip_m;
        score.vessel_at_draw = needle.lumen.map(|l| l.structure);
        let Some(plan) = &score.plan else { return };
        score.angle_rad = plan.angle_rad;
        if let Some(lumen) = needle.lumen {
            score.past_front_along_m = lumen.past_front_m;
            score.past_front_m = lumen.past_front_m * proband_core::ops::sin(plan.angle_rad);
        }
        let wanted = Point3::from(plan.tip_m);
        let direction = (wanted - Point3::from(plan.entry_m)).normalize();
        let across = direction.cross(&Vector3::new(0.0, -1.0, 0.0)).normalize();
        let error = wanted - Point3::from(needle.tip_m);
        score.error_out_of_plane_m = error.dot(&across);
        score.error_in_plane_m = (error - across * error.dot(&across)).norm();
    }
}
