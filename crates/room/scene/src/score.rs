//! The scorer: what truly happened, from the truth that no controller sees.

use proband_physiology::{PainSpec, pain_score};
use proband_procedure::{Note, Phase, PlanNote};
use serde::{Deserialize, Serialize};

use crate::Scene;
use crate::state::TubeQuality;

/// What the scorer adds up over a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ScoreState {
    pub plan: Option<PlanNote>,
    pub first_predicted: f64,
    pub skin_passes: u32,
    pub redirects: u32,
    pub deepest_m: f64,
    pub force_peak_n: f64,
    pub force_lateral_peak_n: f64,
    pub back_wall: bool,
    pub transfixion: bool,
    pub arterial: bool,
    pub nerve: bool,
    pub bone: bool,
    pub rolled: bool,
    pub lumen_entered: bool,
    pub first_attempt_volume_m3: f64,
    /// At the moment when the tube went on: insertion [m], tip under the front wall across the skin [m], errors [m].
    pub insertion_m: f64,
    pub past_front_m: f64,
    pub past_front_along_m: f64,
    pub angle_rad: f64,
    pub error_in_plane_m: f64,
    pub error_out_of_plane_m: f64,
    pub entry_m: [f64; 3],
    pub tip_at_draw_m: [f64; 3],
    pub vessel_at_draw: Option<u16>,
    pub tourniquet_on_s: f64,
    pub tourniquet_started_s: f64,
    pub needle_out_s: f64,
    pub first_tourniquet_s: f64,
    pub attempt_entries: Vec<AttemptTrack>,
    pub tube: TubeQuality,
}

/// Where one attempt went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttemptTrack {
    /// Attempt, from 1.
    pub attempt: u32,
    /// Where the needle entered the skin [m], patient's own frame.
    pub entry_m: [f64; 3],
    /// Deepest tip [m], patient's own frame.
    pub tip_m: [f64; 3],
    /// Deepest tip along the needle [m].
    pub deepest_m: f64,
    /// Plan.
    pub plan: Option<PlanNote>,
}

impl ScoreState {
    pub fn new() -> Self {
        Self {
            plan: None,
            first_predicted: f64::NAN,
            skin_passes: 0,
            redirects: 0,
            deepest_m: 0.0,
            force_peak_n: 0.0,
            force_lateral_peak_n: 0.0,
            back_wall: false,
            transfixion: false,
            arterial: false,
            nerve: false,
            bone: false,
            rolled: false,
            lumen_entered: false,
            first_attempt_volume_m3: 0.0,
            insertion_m: f64::NAN,
            past_front_m: f64::NAN,
            past_front_along_m: f64::NAN,
            angle_rad: f64::NAN,
            error_in_plane_m: f64::NAN,
            error_out_of_plane_m: f64::NAN,
            entry_m: [f64::NAN; 3],
            tip_at_draw_m: [f64::NAN; 3],
            vessel_at_draw: None,
            tourniquet_on_s: 0.0,
            tourniquet_started_s: f64::NAN,
            needle_out_s: f64::NAN,
            first_tourniquet_s: f64::NAN,
            attempt_entries: Vec::new(),
            tube: TubeQuality::none(),
        }
    }

    /// What the controller planned, for the comparison. Plans of one attempt replace each other.
    pub fn see_note(&mut self, note: &Note) {
        if let Note::Plan(plan) = note {
            if self.first_predicted.is_nan() {
                self.first_predicted = plan.predicted_success;
            }
            if let Some(track) = self.attempt_entries.iter_mut().find(|t| t.attempt == plan.attempt) {
                track.plan = Some(plan.clone());
            } else if self.attempt_entries.len() < 16 {
                self.attempt_entries.push(AttemptTrack {
                    attempt: plan.attempt,
                    entry_m: [f64::NAN; 3],
                    tip_m: [f64::NAN; 3],
                    deepest_m: 0.0,
                    plan: Some(plan.clone()),
                });
            }
            self.plan = Some(plan.clone());
        }
    }
}

/// Result of a run. Lengths in SI.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Tube filled in the first attempt, no redirect, no artery.
    pub first_stick_success: bool,
    /// Tube filled.
    pub success: bool,
    /// Skin punctures that were begun.
    pub attempts: u32,
    /// Ended in the hands of a human.
    pub handed_over: bool,
    /// The robot declined before any puncture.
    pub declined: bool,
    /// From the tourniquet to the needle's removal [s] (Leipheimer's procedure time is not defined finer); NaN when no needle went in.
    pub time_stick_s: f64,
    /// From the start to the end [s].
    pub time_total_s: f64,
    /// Time with the cuff on [s].
    pub time_tourniquet_on_s: f64,
    /// Blood in the tube [m³].
    pub volume_drawn_m3: f64,
    /// Needle in the patient when the tube went on [m].
    pub insertion_m: f64,
    /// Angle to the skin at the entry [rad].
    pub angle_rad: f64,
    /// Tip under the front wall, across the vein [m].
    pub tip_under_front_wall_m: f64,
    /// Wanted minus true tip in the needle's vertical plane [m].
    pub tip_error_in_plane_m: f64,
    /// Wanted minus true tip across that plane [m].
    pub tip_error_out_of_plane_m: f64,
    /// Largest axial force [N].
    pub force_peak_n: f64,
    /// Largest lateral force [N].
    pub force_lateral_peak_n: f64,
    /// Blood in the tissue at the end [m³].
    pub haematoma_m3: f64,
    /// Haemolysis over that of the reference draw [1].
    pub haemolysis_relative: f64,
    /// Largest wall shear in the needle [Pa].
    pub wall_shear_max_pa: f64,
    /// Mean age of the blood in the tube at the end [s].
    pub dwell_s: f64,
    /// Completeness of mixing with the additive [1].
    pub mixing: f64,
    /// The tip pressed on or went through a back wall.
    pub back_wall_contact: bool,
    /// Both walls were pierced at once.
    pub transfixion: bool,
    /// An artery was entered.
    pub arterial_contact: bool,
    /// A nerve was entered.
    pub nerve_contact: bool,
    /// A vein rolled off the tip.
    pub rolled: bool,
    /// Vasovagal reaction.
    pub vasovagal: bool,
    /// Pain score, 0–10 (prior: unverified).
    pub pain: f64,
    /// Predicted first-stick success at the first plan [1]; NaN without a plan.
    pub predicted_success: f64,
    /// Vessel in which the tip was when the tube went on.
    pub vessel: Option<u16>,
    /// State that was not finite: first tick and variable.
    pub quarantined: Option<(u64, String)>,
}

impl Scene {
    /// Outcome of the run so far.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        let state = &self.state;
        let score = &state.score;
        let volume = state.patient.volume_m3;
        let nominal = self.model.equipment.collection.nominal_draw_m3;
        let success = volume >= 0.9 * nominal && !score.arterial;
        let first = success && score.first_attempt_volume_m3 >= 0.9 * nominal && score.redirects == 0;
        Outcome {
            first_stick_success: first,
            success,
            attempts: score.skin_passes,
            handed_over: state.phase == Phase::HandOver,
            declined: state.phase == Phase::HandOver && score.skin_passes == 0,
            time_stick_s: score.needle_out_s - score.first_tourniquet_s,
            time_total_s: self.time_s(),
            time_tourniquet_on_s: score.tourniquet_on_s,
            volume_drawn_m3: volume,
            insertion_m: score.insertion_m,
            angle_rad: score.angle_rad,
            tip_under_front_wall_m: score.past_front_m,
            tip_error_in_plane_m: score.error_in_plane_m,
            tip_error_out_of_plane_m: score.error_out_of_plane_m,
            force_peak_n: score.force_peak_n,
            force_lateral_peak_n: score.force_lateral_peak_n,
            haematoma_m3: state.patient.leak_volume_m3,
            haemolysis_relative: score.tube.haemolysis_relative,
            wall_shear_max_pa: score.tube.wall_shear_max_pa,
            dwell_s: score.tube.dwell_s,
            mixing: score.tube.mixing,
            back_wall_contact: score.back_wall,
            transfixion: score.transfixion,
            arterial_contact: score.arterial,
            nerve_contact: score.nerve,
            rolled: score.rolled,
            vasovagal: state.patient.reacted,
            pain: pain_score(
                &PainSpec::reference_adult(),
                score.skin_passes + score.redirects,
                score.deepest_m,
                score.nerve,
                score.arterial,
            ),
            predicted_success: score.first_predicted,
            vessel: score.vessel_at_draw,
            quarantined: state.quarantined.clone(),
        }
    }
}
