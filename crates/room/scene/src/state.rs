//! Everything that changes in a scene, grouped by the stage that writes it. Plain data: it can be saved at any tick.

use proband_core::Stream;
use proband_physiology::{CollectionOutput, CollectionState, LeakState, MotionState, VasovagalState, VenousState};
use proband_procedure::{Command, Phase};
use proband_robot::{ArmOutput, ArmState, DriverState, GantryState};
use proband_sensor::{FlashbackState, ForceInput, ForceState, ImpedanceState, NirCameraState, RangeState, TrackerState, UltrasoundState};
use proband_tissue::{LumenStatus, Medium, NeedleState};
use serde::{Deserialize, Serialize};

use crate::motion::MotionState as RobotMotionState;
use crate::score::ScoreState;

/// Random streams, one per subsystem, so that one sensor more or less moves no other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Streams {
    pub motion: Stream,
    pub vasovagal: Stream,
    pub gantry: Stream,
    pub force: Stream,
    pub impedance: Stream,
    pub flashback: Stream,
    pub tracker: Stream,
    pub range: Stream,
    pub ultrasound: Stream,
}

/// Written by the patient stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PatientState {
    pub motion: MotionState,
    pub displacement_m: [f64; 3],
    pub rotation_rad: f64,
    pub cuff_pa: f64,
    pub venous: VenousState,
    pub bed_pressure_pa: f64,
    pub site_pressure_pa: f64,
    pub outside_pressure_pa: f64,
    pub feed_resistance_pa_s_per_m3: f64,
    pub area_ratio: f64,
    pub scale_v: f64,
    pub scale_h: f64,
    /// The same when the probe last touched lightly: what a sighting speaks of.
    pub light_scale: Option<[f64; 2]>,
    pub collection: CollectionState,
    pub flow_m3_s: f64,
    pub volume_m3: f64,
    pub leak: LeakState,
    pub leak_volume_m3: f64,
    pub front_hole: Option<u8>,
    pub back_hole: Option<u8>,
    pub vasovagal: VasovagalState,
    pub reacted: bool,
    /// Pain of the last tick, for the startle.
    pub pain: f64,
    pub skin_punctured_now: bool,
}

/// Written by the robot stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RobotState {
    pub arm: ArmState,
    pub arm_out: ArmOutput,
    pub motion: RobotMotionState,
    pub driver: DriverState,
    pub driver_true_m: f64,
    pub driver_velocity_m_s: f64,
    pub driver_measured_m: f64,
    pub driver_measured_m_s: f64,
    pub driver_stalled: bool,
    pub gantry: GantryState,
    pub gantry_true: [f64; 4],
    pub gantry_measured: [f64; 4],
    pub gantry_arrived: bool,
    pub probe_force_n: f64,
    pub probe_force_measured_n: f64,
}

/// Written by the needle stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct NeedleStage {
    pub needle: NeedleState,
    pub track: u32,
    /// Where the skin was punctured, in the patient's own frame [m].
    pub hole_m: Option<[f64; 3]>,
    pub force_axial_n: f64,
    pub force_lateral_n: [f64; 2],
    pub tip_depth_along_m: f64,
    pub tip_m: [f64; 3],
    pub medium: Medium,
    pub lumen: Option<LumenStatus>,
    /// Vessel that the needle deforms, where along it [m], and how [m].
    pub deformed: Option<(u16, f64, [f64; 3])>,
    pub last_line: bool,
    /// Insertion at which the last lumen's front wall was [m]; NaN before the first.
    pub front_along_m: f64,
}

impl NeedleStage {
    /// What the sensor behind the needle feels.
    pub fn felt(&self) -> ForceInput {
        ForceInput { axial_n: self.force_axial_n, lateral_n: self.force_lateral_n }
    }
}

/// Written by the sensors stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SensorStage {
    pub force: ForceState,
    pub impedance: ImpedanceState,
    pub flashback: FlashbackState,
    pub tracker: TrackerState,
    pub range: RangeState,
    pub range_skin_m: f64,
    pub camera: NirCameraState,
    pub camera_next_s: f64,
    pub ultrasound: UltrasoundState,
    pub camera_shift_m: [f64; 3],
}

/// A fault on its way.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Pending {
    /// When it comes [s]; infinite until its phase begins.
    pub at_s: f64,
    pub done: bool,
}

/// The whole scene's state but for the controller's, which saves itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SceneState {
    pub tick: u64,
    pub phase: Phase,
    pub command: Command,
    pub streams: Streams,
    pub patient: PatientState,
    pub robot: RobotState,
    pub needle: NeedleStage,
    pub sensors: SensorStage,
    pub score: ScoreState,
    pub faults: Vec<Pending>,
    pub tracker_occluded_until_s: f64,
    pub image_lost_until_s: f64,
    /// First tick and cause of a state that is not finite.
    pub quarantined: Option<(u64, String)>,
}

/// The last collection output, kept for the scorer.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct TubeQuality {
    pub haemolysis_relative: f64,
    pub dwell_s: f64,
    pub mixing: f64,
    pub wall_shear_max_pa: f64,
    pub reynolds_max: f64,
}

impl TubeQuality {
    pub const fn none() -> Self {
        Self { haemolysis_relative: 0.0, dwell_s: 0.0, mixing: 0.0, wall_shear_max_pa: 0.0, reynolds_max: 0.0 }
    }

    pub fn see(&mut self, out: &CollectionOutput) {
        self.haemolysis_relative = out.haemolysis_relative;
        self.dwell_s = out.dwell_s;
        self.mixing = out.mixing;
        self.wall_shear_max_pa = self.wall_shear_max_pa.max(out.wall_shear_pa);
        self.reynolds_max = self.reynolds_max.max(out.reynolds);
    }
}
