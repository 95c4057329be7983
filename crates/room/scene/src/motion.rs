//! The robot's own motion layer: from what a controller asks for to joint and axis targets.

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
    /// At home.
    Parked,
    /// On the way to a line, in joint space.
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

/// Target of the arm for this tick.
pub(crate) fn arm_target(layout: &Layout, arm: &ArmModel, state: &mut MotionState, command: &NeedleCommand, last: &ArmOutput) -> ArmTarget {
    let NeedleCommand::Line { entry, direction, standoff_m } = command else {
        let q = home(arm);
        state.mode = ArmMode::Parked;
        state.unreachable_count = 0;
        state.arm_arrived = last.arrived;
        return ArmTarget::Joints(q);
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
        ArmMode::Travelling(q) if distance(&goal, &arm.fk(&q[..arm.joint_count()])) < FOLLOW_M => ArmTarget::Joints(q),
        ArmMode::Unreachable if state.unreachable_count > 3 => ArmTarget::Hold,
        _ => match arm.ik(&goal, &last.q_measured[..arm.joint_count()]) {
            Ok(solution) => {
                state.mode = ArmMode::Travelling(solution.q);
                ArmTarget::Joints(solution.q)
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
