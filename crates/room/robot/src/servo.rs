//! The arm in time: a reference within velocity and acceleration limits, joints that follow it, encoders that report.

use nalgebra::{Isometry3, Translation3, UnitQuaternion, Vector3};
use proband_core::{Direction, Flange, Pose, RobotBase, Stream, ops};
use serde::{Deserialize, Serialize};

use crate::calibration::{CalibrationError, CalibrationSpec};
use crate::error::{RobotError, not_negative, positive};
use crate::ik::{self, IK_TOLERANCE_M, IK_TOLERANCE_RAD};
use crate::limiter::{AxisReference, advance, bounded, next_velocity, stopping_velocity};
use crate::model::{ArmModel, Frames, JOINT_COUNT_MAX, JointVector, to_isometry, to_pose};

/// Ticks between two checks of self-contact and effort: at 1 kHz and 3 rad/s the arm turns 0.03 rad in between.
const CHECK_TICKS: u32 = 10;
/// Largest change of the goal per tick while a pose is followed [rad or m].
const GOAL_STEP_MAX: f64 = 0.2;
/// Two checks that differ by less count as the same clearance [m].
const CLEARANCE_NOISE_M: f64 = 1e-6;

/// Figures of an arm that its description does not hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServoSpec {
    /// Largest acceleration of a turning joint [rad/s²].
    pub acceleration_rad_s2: f64,
    /// Largest acceleration of a sliding joint [m/s²].
    pub acceleration_m_s2: f64,
    /// Time constant with which a joint follows its reference [s].
    pub lag_s: f64,
    /// Encoder resolution of a turning joint [rad].
    pub encoder_rad: f64,
    /// Encoder resolution of a sliding joint [m].
    pub encoder_m: f64,
    /// Stiffness of a turning joint between encoder and link [N m/rad].
    pub stiffness_n_m_rad: f64,
    /// Stiffness of a sliding joint between encoder and link [N/m].
    pub stiffness_n_m: f64,
    /// Mass on the flange that the description does not have [kg].
    pub payload_kg: f64,
    /// Centre of that mass in the flange [m].
    pub payload_centre_flange_m: [f64; 3],
    /// Radius given to a body without primitive collision shapes [m].
    pub link_radius_m: f64,
    /// Clearance between parts of the arm below which it stops [m].
    pub clearance_min_m: f64,
    /// What calibration leaves.
    pub calibration: CalibrationSpec,
}

impl ServoSpec {
    /// A light collaborative arm with a needle driver of 0.8 kg on its flange.
    ///
    /// # Source
    /// Prior: unverified, engineering judgement. 10 rad/s² and 5 ms are the class of collaborative arms, 20-bit encoders
    /// (6 µrad) likewise; 1.5·10⁴ N m/rad is the class of strain-wave gears of 40–100 N m.
    #[must_use]
    pub fn light_arm() -> Self {
        Self {
            acceleration_rad_s2: 10.0,
            acceleration_m_s2: 2.0,
            lag_s: 0.005,
            encoder_rad: std::f64::consts::TAU / 1_048_576.0,
            encoder_m: 1e-6,
            stiffness_n_m_rad: 1.5e4,
            stiffness_n_m: 1e6,
            payload_kg: 0.8,
            payload_centre_flange_m: [0.0, 0.0, 0.06],
            link_radius_m: 0.04,
            clearance_min_m: 0.005,
            calibration: CalibrationSpec::hand_eye(),
        }
    }

    pub(crate) fn check(&self) -> Result<(), RobotError> {
        positive("acceleration_rad_s2", self.acceleration_rad_s2)?;
        positive("acceleration_m_s2", self.acceleration_m_s2)?;
        not_negative("lag_s", self.lag_s)?;
        positive("encoder_rad", self.encoder_rad)?;
        positive("encoder_m", self.encoder_m)?;
        positive("stiffness_n_m_rad", self.stiffness_n_m_rad)?;
        positive("stiffness_n_m", self.stiffness_n_m)?;
        not_negative("payload_kg", self.payload_kg)?;
        for value in self.payload_centre_flange_m {
            not_negative("payload_centre_flange_m", value.abs())?;
        }
        positive("link_radius_m", self.link_radius_m)?;
        not_negative("clearance_min_m", self.clearance_min_m)?;
        self.calibration.check()
    }
}

/// Where the arm shall go.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum ArmTarget {
    /// Brake and stay.
    Hold,
    /// Joint positions [rad or m]; cut to the limits.
    Joints(JointVector),
    /// Flange pose, followed by one step of inverse kinematics per tick. For small motions: plan large ones with `ik`.
    Pose(Pose<RobotBase, Flange>),
}

/// Input of a tick.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArmInput {
    /// Where to go.
    pub target: ArmTarget,
    /// Force of the surroundings on the flange [N].
    pub force_on_flange: Direction<RobotBase>,
    /// Moment of the surroundings about the flange's origin [N m].
    pub moment_on_flange: Direction<RobotBase>,
    /// Take back a protective stop.
    pub release_stop: bool,
}

impl ArmInput {
    /// Go to a target with nothing pushing on the flange.
    #[must_use]
    pub fn free(target: ArmTarget) -> Self {
        let zero = Direction::new(0.0, 0.0, 0.0);
        Self { target, force_on_flange: zero, moment_on_flange: zero, release_stop: false }
    }
}

/// Why the arm stopped by itself. It brakes and holds until released.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StopCause {
    /// Two of its parts came too near.
    SelfCollision,
    /// A joint would need more than its effort limit to hold.
    Effort,
    /// The target or the load held a number that is not finite.
    BadInput,
}

/// State of the arm: plain data. Grouped by the stage that writes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArmState {
    // --- drawn at the start ---
    /// The robot's own calibration error.
    pub calibration: CalibrationError,
    // --- written by the reference ---
    /// Joint positions that the target asks for [rad or m].
    pub goal: JointVector,
    /// Reference of each joint.
    pub reference: [AxisReference; JOINT_COUNT_MAX],
    // --- written by the joints ---
    /// Joint positions at the motors [rad or m].
    pub q: JointVector,
    // --- written by the checks ---
    /// Why the arm stands still.
    pub stop: Option<StopCause>,
    /// Smallest distance between parts of the arm at the last check [m].
    pub clearance_m: f64,
    /// Ticks until the next check.
    pub check_ticks: u32,
}

/// Output of a tick.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArmOutput {
    /// Where the flange is: with calibration error and elastic deflection. The robot does not know it.
    pub pose_base_flange_true: Pose<RobotBase, Flange>,
    /// Where the encoders say that it is.
    pub pose_base_flange_measured: Pose<RobotBase, Flange>,
    /// Joint positions at the motors [rad or m].
    pub q: JointVector,
    /// Joint positions by the encoders [rad or m].
    pub q_measured: JointVector,
    /// Distance between the goal's flange and the target pose [m]; 0 for joint targets.
    pub residual_m: f64,
    /// Angle between them [rad].
    pub residual_rad: f64,
    /// The reference stands at the goal, and the goal at the target.
    pub arrived: bool,
    /// A joint moves at its velocity limit.
    pub velocity_saturated: bool,
    /// The goal of a joint stands at its position limit.
    pub position_saturated: bool,
    /// Why the arm stopped by itself.
    pub stop: Option<StopCause>,
    /// Smallest distance between parts of the arm at the last check [m].
    pub clearance_m: f64,
}

impl ArmModel {
    /// An arm at rest at `q`, with its calibration error drawn from `stream` (six normal draws).
    ///
    /// # Errors
    /// [`RobotError::JointVector`] or [`RobotError::JointRange`] when `q` is no posture of this arm.
    pub fn start(&self, q: &[f64], stream: &mut Stream) -> Result<ArmState, RobotError> {
        let q = self.check_joints(q)?;
        Ok(ArmState {
            calibration: CalibrationError::draw(&self.servo.calibration, stream),
            goal: q,
            reference: q.map(AxisReference::at),
            q,
            stop: None,
            clearance_m: self.self_clearance(&q).distance_m,
            check_ticks: 0,
        })
    }

    /// One tick. Allocates nothing.
    ///
    /// # Requires
    /// `dt_s` finite and positive; the limits of acceleration hold for a constant `dt_s`.
    pub fn step(&self, state: &mut ArmState, input: &ArmInput, dt_s: f64) -> ArmOutput {
        if input.release_stop {
            state.stop = None;
        }
        let safe = ArmInput::free(ArmTarget::Hold);
        let input = if is_finite(input) {
            input
        } else {
            state.stop = Some(StopCause::BadInput);
            &safe
        };
        let residual = self.follow_target(state, input);
        let velocity_saturated = self.move_reference(state, input, dt_s);
        let follow = if self.servo.lag_s > 0.0 { 1.0 - ops::exp(-dt_s / self.servo.lag_s) } else { 1.0 };
        for (q, reference) in state.q.iter_mut().zip(&state.reference) {
            *q += (reference.position - *q) * follow;
        }
        let frames = self.frames(&state.q);
        self.protect(state, &frames, input);
        self.observe(state, &frames, input, residual, velocity_saturated)
    }

    /// Move the goal to where the target asks for. Returns what is left of a pose target [m, rad].
    fn follow_target(&self, state: &mut ArmState, input: &ArmInput) -> (f64, f64) {
        match input.target {
            _ if state.stop.is_some() => (0.0, 0.0),
            ArmTarget::Hold => (0.0, 0.0),
            ArmTarget::Joints(q) => {
                for (index, limits) in self.limits.iter().enumerate() {
                    state.goal[index] = q[index].clamp(limits.lower, limits.upper);
                }
                (0.0, 0.0)
            }
            ArmTarget::Pose(pose) => {
                let target = ik::placement(&pose.0);
                let frames = self.frames(&state.goal);
                let left = ik::residual(&target, &frames);
                if left.position_m > 0.1 * IK_TOLERANCE_M || left.angle_rad > 0.1 * IK_TOLERANCE_RAD {
                    self.ik_step(&target, &frames, &mut state.goal, GOAL_STEP_MAX);
                }
                (left.position_m, left.angle_rad)
            }
        }
    }

    /// Move the reference towards the goal, all joints arriving together. Returns whether a joint is at its velocity limit.
    fn move_reference(&self, state: &mut ArmState, input: &ArmInput, dt: f64) -> bool {
        let hold = state.stop.is_some() || input.target == ArmTarget::Hold;
        let mut time = dt;
        if !hold {
            for (index, limits) in self.axes.iter().enumerate() {
                let rest = (state.goal[index] - state.reference[index].position).abs();
                let speed = stopping_velocity(rest, limits.acceleration, dt).min(limits.velocity);
                if rest > 0.0 && speed > 0.0 {
                    time = time.max(rest / speed);
                }
            }
        }
        let mut saturated = false;
        for (index, limits) in self.axes.iter().enumerate() {
            let reference = &mut state.reference[index];
            let velocity = if hold {
                bounded(reference, limits, 0.0, dt)
            } else {
                let rest = (state.goal[index] - reference.position).abs();
                next_velocity(reference, limits, state.goal[index], rest / time, dt)
            };
            advance(reference, limits, velocity, dt);
            saturated |= velocity.abs() >= limits.velocity * (1.0 - 1e-9);
            if hold {
                state.goal[index] = reference.position;
            }
        }
        saturated
    }

    /// Every [`CHECK_TICKS`] ticks: does the arm touch itself, can its joints hold?
    fn protect(&self, state: &mut ArmState, frames: &Frames, input: &ArmInput) {
        if state.check_ticks > 0 {
            state.check_ticks -= 1;
            return;
        }
        state.check_ticks = CHECK_TICKS - 1;
        let clearance_m = self.self_clearance_of(frames).distance_m;
        // Moving apart is allowed, else a released arm could never leave the contact.
        if clearance_m < self.servo.clearance_min_m && clearance_m < state.clearance_m - CLEARANCE_NOISE_M {
            state.stop = state.stop.or(Some(StopCause::SelfCollision));
        }
        state.clearance_m = clearance_m;
        let weight = self.gravity_effort_of(frames);
        let load = self.load_effort_of(frames, &input.force_on_flange.0, &input.moment_on_flange.0);
        if self.limits.iter().enumerate().any(|(i, limits)| (weight[i] - load[i]).abs() > limits.effort) {
            state.stop = state.stop.or(Some(StopCause::Effort));
        }
    }

    fn observe(&self, state: &ArmState, frames: &Frames, input: &ArmInput, residual: (f64, f64), velocity_saturated: bool) -> ArmOutput {
        let mut q_measured = [0.0; JOINT_COUNT_MAX];
        for (index, &turns) in self.turning.iter().enumerate() {
            let unit = if turns { self.servo.encoder_rad } else { self.servo.encoder_m };
            q_measured[index] = (state.q[index] / unit).round() * unit;
        }
        let deflected = self.deflect(frames, &input.force_on_flange.0, &input.moment_on_flange.0);
        let standing = |i: usize| state.reference[i].position == state.goal[i] && state.reference[i].velocity.abs() < 1e-3;
        let at_limit = |i: usize| state.goal[i] <= self.limits[i].lower || state.goal[i] >= self.limits[i].upper;
        let count = self.joint_count();
        ArmOutput {
            pose_base_flange_true: Pose::from_raw(deflected) * state.calibration.pose(),
            pose_base_flange_measured: to_pose(&self.frames(&q_measured).tip),
            q: state.q,
            q_measured,
            residual_m: residual.0,
            residual_rad: residual.1,
            arrived: residual.0 <= IK_TOLERANCE_M && residual.1 <= IK_TOLERANCE_RAD && (0..count).all(standing),
            velocity_saturated,
            position_saturated: (0..count).any(at_limit),
            stop: state.stop,
            clearance_m: state.clearance_m,
        }
    }

    /// Flange of the elastic arm: each joint gives way by its share of the load, to first order.
    fn deflect(&self, frames: &Frames, force: &Vector3<f64>, moment: &Vector3<f64>) -> Isometry3<f64> {
        let load = self.load_effort_of(frames, force, moment);
        let (mut shift, mut turn) = (Vector3::zeros(), Vector3::zeros());
        for (index, &turns) in self.turning.iter().enumerate() {
            let axis = frames.axis[index];
            if turns {
                let angle = load[index] / self.servo.stiffness_n_m_rad;
                shift += axis.cross(&(frames.tip.1 - frames.position[index])) * angle;
                turn += axis * angle;
            } else {
                shift += axis * (load[index] / self.servo.stiffness_n_m);
            }
        }
        let nominal = to_isometry(&frames.tip);
        if shift == Vector3::zeros() && turn == Vector3::zeros() {
            return nominal;
        }
        Isometry3::from_parts(
            Translation3::from(nominal.translation.vector + shift),
            UnitQuaternion::from_scaled_axis(turn) * nominal.rotation,
        )
    }
}

fn is_finite(input: &ArmInput) -> bool {
    let vector = |v: &Direction<RobotBase>| v.0.iter().all(|x| x.is_finite());
    let target = match &input.target {
        ArmTarget::Hold => true,
        ArmTarget::Joints(q) => q.iter().all(|x| x.is_finite()),
        ArmTarget::Pose(pose) => pose.0.translation.vector.iter().chain(pose.0.rotation.coords.iter()).all(|x| x.is_finite()),
    };
    target && vector(&input.force_on_flange) && vector(&input.moment_on_flange)
}
