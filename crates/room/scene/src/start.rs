//! The state of a scene before its first tick.

use proband_core::Stream;
use proband_procedure::{Command, Phase};

use crate::SceneError;
use crate::Trigger;
use crate::error::part;
use crate::model::SceneModel;
use crate::motion::{self, MotionState};
use crate::score::ScoreState;
use crate::spec::{SceneSpec, TICK_S};
use crate::state::{NeedleStage, PatientState, Pending, RobotState, SceneState, SensorStage, Streams};

/// Everything at rest, every stream at its beginning.
pub(crate) fn initial_state(spec: &SceneSpec, model: &SceneModel) -> Result<SceneState, SceneError> {
    let stream = |name: &str| Stream::new(spec.seed, spec.patient, name);
    let mut streams = Streams {
        motion: stream("scene.motion"),
        vasovagal: stream("scene.vasovagal"),
        gantry: stream("scene.gantry"),
        force: stream("scene.force"),
        impedance: stream("scene.impedance"),
        flashback: stream("scene.flashback"),
        tracker: stream("scene.tracker"),
        range: stream("scene.range"),
        ultrasound: stream("scene.ultrasound"),
    };
    let pending = |t: &Trigger| Pending { at_s: if let Trigger::Time(t) = t { *t } else { f64::INFINITY }, done: false };
    let robot = robot_state(model, &mut streams, &mut stream("scene.arm"))?;
    let sensors = sensor_stage(model, &mut streams, stream("scene.camera"))?;
    Ok(SceneState {
        tick: 0,
        phase: Phase::Prepare,
        command: Command::idle(),
        patient: patient_state(spec, model, &mut streams),
        robot,
        needle: needle_stage(model),
        sensors,
        score: ScoreState::new(),
        faults: spec.faults.iter().map(|f| pending(&f.trigger)).collect(),
        tracker_occluded_until_s: f64::NEG_INFINITY,
        image_lost_until_s: f64::NEG_INFINITY,
        quarantined: None,
        streams,
    })
}

fn patient_state(spec: &SceneSpec, model: &SceneModel, streams: &mut Streams) -> PatientState {
    let (venous, collection) = (model.venous.state(), model.collection.state());
    PatientState {
        motion: model.motion.state(&mut streams.motion),
        displacement_m: [0.0; 3],
        rotation_rad: 0.0,
        cuff_pa: 0.0,
        venous,
        bed_pressure_pa: spec.truth.venous.resting_pressure_pa,
        site_pressure_pa: spec.truth.venous.resting_pressure_pa,
        outside_pressure_pa: spec.truth.venous.tissue_pressure_pa,
        feed_resistance_pa_s_per_m3: spec.truth.venous.feed_resistance_pa_s_per_m3,
        area_ratio: 1.0,
        scale_v: 1.0,
        scale_h: 1.0,
        light_scale: None,
        collection,
        flow_m3_s: 0.0,
        volume_m3: 0.0,
        leak: model.leak.state(),
        leak_volume_m3: 0.0,
        front_hole: None,
        back_hole: None,
        vasovagal: model.vasovagal.state(),
        reacted: false,
        pain: 0.0,
        skin_punctured_now: false,
    }
}

fn robot_state(model: &SceneModel, streams: &mut Streams, arm_stream: &mut Stream) -> Result<RobotState, SceneError> {
    let arm_model = &model.equipment.arm;
    let home = motion::home(arm_model);
    let mut arm = arm_model.start(&home[..arm_model.joint_count()], arm_stream).map_err(part("robot arm"))?;
    let hold = proband_robot::ArmInput::free(proband_robot::ArmTarget::Hold);
    let arm_out = arm_model.step(&mut arm, &hold, TICK_S);
    let parked = [0.0, 0.07, 0.0, -0.04];
    let gantry = model.gantry.start(parked, &mut streams.gantry).map_err(part("gantry"))?;
    Ok(RobotState {
        arm,
        arm_out,
        motion: MotionState::new(),
        driver: model.driver.start(0.0).map_err(part("needle driver"))?,
        driver_true_m: 0.0,
        driver_velocity_m_s: 0.0,
        driver_measured_m: 0.0,
        driver_measured_m_s: 0.0,
        driver_stalled: false,
        gantry,
        gantry_true: parked,
        gantry_measured: parked,
        gantry_arrived: false,
        probe_force_n: 0.0,
        probe_force_measured_n: 0.0,
    })
}

fn needle_stage(model: &SceneModel) -> NeedleStage {
    NeedleStage {
        needle: model.needle.state(0.0),
        track: 0,
        hole_m: None,
        force_axial_n: 0.0,
        force_lateral_n: [0.0; 2],
        tip_depth_along_m: f64::NEG_INFINITY,
        tip_m: [0.0; 3],
        medium: proband_tissue::Medium::Air,
        lumen: None,
        deformed: None,
        last_line: false,
        front_along_m: f64::NAN,
    }
}

fn sensor_stage(model: &SceneModel, streams: &mut Streams, mut camera_stream: Stream) -> Result<SensorStage, SceneError> {
    // What hand–eye calibration leaves between camera and patient, the class of the robot's own.
    let camera_shift_m = [0.0; 3].map(|_: f64| 0.2e-3 * camera_stream.normal());
    Ok(SensorStage {
        force: model.force.start(&mut streams.force).map_err(part("force sensor"))?,
        impedance: model.impedance.start(&mut streams.impedance).map_err(part("impedance sensor"))?,
        flashback: model.flashback.start().map_err(part("flashback sensor"))?,
        tracker: model.tracker.start().map_err(part("arm tracker"))?,
        range: model.range.start(&mut streams.range).map_err(part("range sensor"))?,
        range_skin_m: 0.0,
        camera: model.camera.start(camera_stream),
        camera_next_s: 0.0,
        ultrasound: model.probe.start(),
        camera_shift_m,
    })
}
