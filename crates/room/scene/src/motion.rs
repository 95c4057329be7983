//! The robot's own motion layer: from what a controller asks for to joint and axis targets.

use nalgebra::Vector3;
use proband_core::{Flange, Pose, RobotBase};
use proband_procedure::{HeadCommand, NeedleCommand};
use proband_robot::{ArmModel, ArmOutput, ArmTarget, BUILTIN_HOME_RAD, GantryTarget, JOINT_COUNT_MAX, JointVector, Press};
use serde::{Deserialize, Serialize};

use crate::Layout;

/// Flange distance below which a line is followed tick by tick instead of being travelled to [m].
const FOLLOW_M: f64 = 5e-3;
/// Flange distance beyond which a followed line counts as a new one [m].
const JUMP_M: f64 = 30e-3;
/// Flange error below which the arm counts as arrived [m]: a moving patient is never met exactly.
const ARRIVED_M: f64 = 0.25e-3;
/// Height above a line at which the needle comes and goes [m], the first that the arm can reach: a turn of the wrist sweeps
/// the needle through some centimetres, and the patient's arm must not lie in them.
const HOVER_M: [f64; 4] = [0.12, 0.09, 0.06, 0.04];
/// First lift off a line [m]: small, so that joint space is as good as straight.
const LIFT_M: f64 = 0.02;
/// Flange distance at which a place above the patient counts as reached [m].
const HOVERING_M: f64 = 20e-3;
/// Flange distance up to which a line that jumped is followed directly [m]: the patient's arm was pulled away.
const PULLED_M: f64 = 0.1;
/// Height over the measured skin at which the probe begins to feel its way [m].
const FEEL_M: f64 = 4e-3;
/// Lateral distance to the goal within which the probe comes down [m].
const OVER_M: f64 = 3e-3;
/// Press axis when parked [m]: above the arm.
const PARKED_PRESS_M: f64 = -0.04;
/// Where the parked head stands along the arm [m]: proximal, out of the camera's view and the needle's way.
const PARKED_Z_M: f64 = 0.07;

/// What the arm is doing.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum ArmMode {
    /// At home, or on the way there from a place above the patient.
    Parked,
    /// Straight off a line by a little, before it goes up.
    Lifting(JointVector),
    /// On the way up from a line, before it goes home.
    Leaving(JointVector),
    /// On the way to a place above a line, in joint space; with the posture on the line.
    Approaching([JointVector; 2]),
    /// Down to a line, in joint space.
    Travelling(JointVector),
    /// On a line that moves with the patient.
    Following,
    /// The line cannot be reached.
    Unreachable,
}

/// State of the motion layer.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct MotionState {
    pub mode: ArmMode,
    /// Failed searches for a posture since the arm was parked.
    pub unreachable_count: u32,
    pub arm_arrived: bool,
}

impl MotionState {
    pub const fn new() -> Self {
        Self { mode: ArmMode::Parked, unreachable_count: 0, arm_arrived: false }
    }
}

fn distance(a: &Pose<RobotBase, Flange>, b: &Pose<RobotBase, Flange>) -> f64 {
    // An angle counts as if it moved the needle's tip 0.15 m away.
    (a.0.translation.vector - b.0.translation.vector).norm() + 0.15 * a.angle_to(b)
}

/// Joint vector of the home posture, for arms of any number of joints up to the maximum.
pub(crate) fn home(arm: &ArmModel) -> JointVector {
    let mut q = [0.0; JOINT_COUNT_MAX];
    for (index, limits) in arm.limits().iter().enumerate() {
        let wanted = BUILTIN_HOME_RAD.get(index).copied().unwrap_or(0.0);
        q[index] = wanted.clamp(limits.lower, limits.upper);
    }
    q
}

/// Posture straight above a pose of the flange, at the first of the heights [m] that the arm reaches. `seed`: posture to
/// start the search from.
fn above(layout: &Layout, arm: &ArmModel, pose: &Pose<RobotBase, Flange>, heights_m: &[f64], seed: &JointVector) -> Option<JointVector> {
    let up = layout.pose_world_base.0.rotation.inverse() * Vector3::z();
    heights_m.iter().find_map(|height_m| {
        let mut raised = *pose;
        raised.0.translation.vector += up * *height_m;
        arm.ik(&raised, &seed[..arm.joint_count()]).ok().map(|solution| solution.q)
    })
}

/// Distance of the flange from a posture [m].
fn distance_to(arm: &ArmModel, q: &JointVector, pose: &Pose<RobotBase, Flange>) -> f64 {
    distance(&arm.fk(&q[..arm.joint_count()]), pose)
}

/// Up from wherever the needle is, then home.
fn park(layout: &Layout, arm: &ArmModel, state: &mut MotionState, last: &ArmOutput) -> ArmTarget {
    let here = &last.pose_base_flange_measured;
    state.unreachable_count = 0;
    state.arm_arrived = last.arrived;
    let rise = |heights_m: &[f64]| above(layout, arm, here, heights_m, &last.q_measured);
    state.mode = match state.mode {
        ArmMode::Parked => ArmMode::Parked,
        ArmMode::Lifting(q) if distance_to(arm, &q, here) > FOLLOW_M => ArmMode::Lifting(q),
        ArmMode::Lifting(_) => rise(&HOVER_M).map_or(ArmMode::Parked, ArmMode::Leaving),
        ArmMode::Leaving(q) if distance_to(arm, &q, here) > HOVERING_M => ArmMode::Leaving(q),
        ArmMode::Leaving(_) => ArmMode::Parked,
        _ => rise(&[LIFT_M]).map_or(ArmMode::Parked, ArmMode::Lifting),
    };
    match state.mode {
        ArmMode::Lifting(q) | ArmMode::Leaving(q) => {
            state.arm_arrived = false;
            ArmTarget::Joints(q)
        }
        _ => ArmTarget::Joints(home(arm)),
    }
}

/// Target of the arm for this tick.
pub(crate) fn arm_target(layout: &Layout, arm: &ArmModel, state: &mut MotionState, command: &NeedleCommand, last: &ArmOutput) -> ArmTarget {
    let NeedleCommand::Line { entry, direction, standoff_m } = command else {
        return park(layout, arm, state, last);
    };
    let goal = layout.flange_for(*entry + *direction * -standoff_m, *direction);
    let here = distance(&goal, &last.pose_base_flange_measured);
    state.arm_arrived = here < ARRIVED_M;
    match state.mode {
        ArmMode::Following if here < JUMP_M => ArmTarget::Pose(goal),
        ArmMode::Travelling(_) if here < FOLLOW_M => {
            state.mode = ArmMode::Following;
            ArmTarget::Pose(goal)
        }
        // The patient's small motion does not call for a new solution on the way.
        ArmMode::Travelling(q) if distance_to(arm, &q, &goal) < FOLLOW_M => ArmTarget::Joints(q),
        ArmMode::Approaching([q, line]) if distance_to(arm, &line, &goal) < FOLLOW_M => {
            if distance_to(arm, &q, &last.pose_base_flange_measured) > HOVERING_M {
                return ArmTarget::Joints(q);
            }
            state.mode = ArmMode::Travelling(line);
            ArmTarget::Joints(line)
        }
        ArmMode::Unreachable if state.unreachable_count > 3 => ArmTarget::Hold,
        _ => match arm.ik(&goal, &last.q_measured[..arm.joint_count()]) {
            Ok(solution) => {
                let near = matches!(state.mode, ArmMode::Following | ArmMode::Travelling(_)) && here < PULLED_M;
                let q = if near { None } else { above(layout, arm, &goal, &HOVER_M, &solution.q) };
                state.mode = q.map_or(ArmMode::Travelling(solution.q), |q| ArmMode::Approaching([q, solution.q]));
                ArmTarget::Joints(q.unwrap_or(solution.q))
            }
            Err(_) => {
                state.mode = ArmMode::Unreachable;
                state.unreachable_count += 1;
                ArmTarget::Hold
            }
        },
    }
}

/// Target of the imaging head for this tick. `position`: measured x, z, yaw, press; `skin_m`: skin height on the
/// press axis as the range sensor gives it; `force_n`: measured contact force.
pub(crate) fn head_target(command: &HeadCommand, position: &[f64; 4], skin_m: f64, force_n: f64) -> GantryTarget {
    match *command {
        HeadCommand::Park => {
            // First up, then aside.
            let lifted = position[3] < skin_m - FEEL_M;
            let (x_m, z_m) = if lifted { (0.0, PARKED_Z_M) } else { (position[0], position[1]) };
            GantryTarget { x_m, z_m, yaw_rad: if lifted { 0.0 } else { position[2] }, press: Press::Position(PARKED_PRESS_M) }
        }
        HeadCommand::Press { x_m, z_m, yaw_rad, force_n: wanted } => {
            let over = (position[0] - x_m).abs() < OVER_M && (position[1] - z_m).abs() < OVER_M;
            // In contact it slides on its gel; from far it comes down only over the place.
            let press = if force_n > 0.1 || (over && position[3] > skin_m - FEEL_M - 1e-3) {
                Press::Force(wanted)
            } else {
                Press::Position(skin_m - FEEL_M)
            };
            GantryTarget { x_m, z_m, yaw_rad, press }
        }
    }
}
