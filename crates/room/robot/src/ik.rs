//! Inverse kinematics: damped least squares within the joint limits, from several starts.
//!
//! Each iteration solves (J Jᵀ + λ² I) y = e, Δq = Jᵀ y, with λ² growing with the error (Sugihara 2011, IEEE Trans
//! Robot 27:984–991): far away it is a gradient step that cannot blow up at a singularity, near the solution it is
//! Newton's method. Joints that stand at a limit and would be pushed through it are left out of the step.

use nalgebra::{Cholesky, Isometry3, Matrix3, Matrix6, Rotation3, U6, Vector3, Vector6};
use proband_core::{Flange, Pose, RobotBase, Stream};

use crate::error::RobotError;
use crate::model::{ArmModel, Frames, JOINT_COUNT_MAX, Jacobian, JointVector, Placement};

/// A position residual that counts as reached [m].
pub const IK_TOLERANCE_M: f64 = 1e-9;
/// An orientation residual that counts as reached [rad].
pub const IK_TOLERANCE_RAD: f64 = 1e-9;
/// Starts that are tried before a pose counts as out of reach.
pub const IK_STARTS_MAX: u32 = 32;

/// Iterations of one start.
const ITERATIONS_MAX: u32 = 150;
/// Metres that weigh as much as one radian [m/rad]: about the lever from a wrist to a tool.
const LEVER_M: f64 = 0.2;
/// Damping at the solution [m²]; small enough to keep Newton's pace.
const DAMPING_FLOOR: f64 = 1e-12;
/// Damping per squared error [1].
const DAMPING_GAIN: f64 = 0.02;
/// Largest step of one joint per iteration [rad or m].
const STEP_MAX: f64 = 0.5;
/// Gain of the motion towards the middle of the range in the null space of a redundant arm [1].
const CENTRING_GAIN: f64 = 0.1;
/// Error below which a redundant arm stops to centre itself [m], so that the last iterations are pure Newton.
const CENTRING_ERROR_M: f64 = 1e-4;
/// Seed of the starts after the first two: fixed, so that the same question has the same answer.
const START_SEED: u64 = 0x1B;

/// Joint positions that reach a pose.
#[derive(Clone, Debug, PartialEq)]
pub struct IkSolution {
    /// Joint positions within their limits [rad or m].
    pub q: JointVector,
    /// Distance left to the pose [m].
    pub residual_m: f64,
    /// Angle left to the pose [rad].
    pub residual_rad: f64,
    /// Iterations of the start that arrived.
    pub iterations: u32,
    /// Starts that were tried.
    pub starts: u32,
    /// Smallest distance between parts of the arm [m].
    pub clearance_m: f64,
}

/// What is left after an iteration.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Residual {
    pub position_m: f64,
    pub angle_rad: f64,
}

impl Residual {
    fn reached(self) -> bool {
        self.position_m <= IK_TOLERANCE_M && self.angle_rad <= IK_TOLERANCE_RAD
    }
    fn weight(self) -> f64 {
        self.position_m + LEVER_M * self.angle_rad
    }
}

impl ArmModel {
    /// Joint positions that bring the flange to `target`, near `seed` if possible.
    ///
    /// First from `seed`, then from the middle of the range, then from fixed pseudo-random starts. A solution in which
    /// the arm touches itself is passed over.
    ///
    /// # Errors
    /// [`RobotError::Unreachable`] with the best residual, [`RobotError::SelfCollision`], or
    /// [`RobotError::JointVector`] for a short `seed`.
    pub fn ik(&self, target: &Pose<RobotBase, Flange>, seed: &[f64]) -> Result<IkSolution, RobotError> {
        if seed.len() < self.joint_count() {
            return Err(RobotError::JointVector { given: seed.len(), needed: self.joint_count() });
        }
        let target = placement(&target.0);
        let mut stream = Stream::new(START_SEED, 0, "robot.ik");
        let mut best: Option<Residual> = None;
        let mut overlap: Option<f64> = None;
        for start in 0..IK_STARTS_MAX {
            let mut q = self.start_point(start, seed, &mut stream);
            let (residual, iterations) = self.descend(&target, &mut q);
            if !residual.reached() {
                if best.is_none_or(|b| residual.weight() < b.weight()) {
                    best = Some(residual);
                }
                continue;
            }
            let clearance_m = self.self_clearance(&q).distance_m;
            if clearance_m >= self.servo.clearance_min_m {
                return Ok(IkSolution {
                    q,
                    residual_m: residual.position_m,
                    residual_rad: residual.angle_rad,
                    iterations,
                    starts: start + 1,
                    clearance_m,
                });
            }
            overlap = Some(overlap.map_or(-clearance_m, |o: f64| o.min(-clearance_m)));
        }
        if let Some(overlap_m) = overlap {
            return Err(RobotError::SelfCollision { overlap_m });
        }
        let left = best.unwrap_or(Residual { position_m: f64::INFINITY, angle_rad: f64::INFINITY });
        Err(RobotError::Unreachable { residual_m: left.position_m, residual_rad: left.angle_rad, starts: IK_STARTS_MAX })
    }

    fn start_point(&self, start: u32, seed: &[f64], stream: &mut Stream) -> JointVector {
        let mut q = [0.0; JOINT_COUNT_MAX];
        for (index, limits) in self.limits.iter().enumerate() {
            q[index] = match start {
                0 if seed[index].is_finite() => seed[index].clamp(limits.lower, limits.upper),
                0 | 1 => 0.5 * (limits.lower + limits.upper),
                _ => stream.uniform_in(limits.lower, limits.upper),
            };
        }
        q
    }

    fn descend(&self, target: &Placement, q: &mut JointVector) -> (Residual, u32) {
        let mut last = Residual { position_m: f64::INFINITY, angle_rad: f64::INFINITY };
        for iteration in 0..ITERATIONS_MAX {
            let frames = self.frames(q);
            let residual = residual(target, &frames);
            // Go on past the tolerance while it still improves: Newton's last step is worth many digits.
            if last.reached() && residual.weight() >= 0.5 * last.weight() {
                return (residual, iteration);
            }
            last = residual;
            self.ik_step(target, &frames, q, STEP_MAX);
        }
        (residual(target, &self.frames(q)), ITERATIONS_MAX)
    }

    /// One iteration from `q`, whose frames are given; the new `q` is within the limits. Allocates nothing.
    pub(crate) fn ik_step(&self, target: &Placement, frames: &Frames, q: &mut JointVector, step_max: f64) {
        let mut error = error_vector(target, frames);
        let mut jacobian = self.jacobian_of(frames);
        error.fixed_rows_mut::<3>(3).scale_mut(LEVER_M);
        jacobian.fixed_rows_mut::<3>(3).scale_mut(LEVER_M);
        let damping = DAMPING_GAIN * error.norm_squared() + DAMPING_FLOOR;
        let mut step = self.solve(&jacobian, &error, damping, q);
        // Joints that would leave their range take no part; one more solve moves the others in their place.
        let mut blocked = false;
        for (index, limits) in self.limits.iter().enumerate() {
            let out = (q[index] >= limits.upper && step[index] > 0.0) || (q[index] <= limits.lower && step[index] < 0.0);
            if out && !self.can_wrap(index, q[index]) {
                jacobian.column_mut(index).fill(0.0);
                blocked = true;
            }
        }
        if blocked {
            step = self.solve(&jacobian, &error, damping, q);
        }
        let largest = step.iter().fold(0.0_f64, |a, s| a.max(s.abs()));
        let scale = if largest > step_max { step_max / largest } else { 1.0 };
        for (index, limits) in self.limits.iter().enumerate() {
            let next = q[index] + step[index] * scale;
            q[index] = self.wrapped(index, next).clamp(limits.lower, limits.upper);
        }
    }

    fn solve(&self, jacobian: &Jacobian, error: &Vector6<f64>, damping: f64, q: &JointVector) -> JointVector {
        let normal = jacobian * jacobian.transpose() + Matrix6::identity() * damping;
        let Some(factor): Option<Cholesky<f64, U6>> = normal.cholesky() else {
            // Only numbers that are not finite lead here; standing still is the safe answer.
            return [0.0; JOINT_COUNT_MAX];
        };
        let mut step = jacobian.tr_mul(&factor.solve(error));
        if self.joint_count() > 6 && error.norm() > CENTRING_ERROR_M {
            let mut centring = nalgebra::SVector::<f64, JOINT_COUNT_MAX>::zeros();
            for (index, limits) in self.limits.iter().enumerate() {
                let middle = 0.5 * (limits.lower + limits.upper);
                centring[index] = CENTRING_GAIN * (middle - q[index]) * error.norm().min(1.0);
            }
            step += centring - jacobian.tr_mul(&factor.solve(&(jacobian * centring)));
        }
        step.into()
    }

    /// Whether the same posture is reached one turn away.
    fn can_wrap(&self, index: usize, q: f64) -> bool {
        let limits = &self.limits[index];
        let turn = std::f64::consts::TAU;
        self.turning[index] && (q - turn >= limits.lower || q + turn <= limits.upper)
    }

    fn wrapped(&self, index: usize, q: f64) -> f64 {
        let limits = &self.limits[index];
        let turn = std::f64::consts::TAU;
        if !self.turning[index] {
            q
        } else if q > limits.upper && q - turn >= limits.lower {
            q - turn
        } else if q < limits.lower && q + turn <= limits.upper {
            q + turn
        } else {
            q
        }
    }
}

pub(crate) fn placement(pose: &Isometry3<f64>) -> Placement {
    (*pose.rotation.to_rotation_matrix().matrix(), pose.translation.vector)
}

/// Position and rotation vector from the flange to the target, in the base [m, rad].
fn error_vector(target: &Placement, frames: &Frames) -> Vector6<f64> {
    let shift = target.1 - frames.tip.1;
    let turn = rotation_vector(&(target.0 * frames.tip.0.transpose()));
    Vector6::new(shift.x, shift.y, shift.z, turn.x, turn.y, turn.z)
}

pub(crate) fn residual(target: &Placement, frames: &Frames) -> Residual {
    let error = error_vector(target, frames);
    Residual { position_m: error.fixed_rows::<3>(0).norm(), angle_rad: error.fixed_rows::<3>(3).norm() }
}

/// Axis times angle of a rotation matrix [rad], accurate for small angles.
fn rotation_vector(r: &Matrix3<f64>) -> Vector3<f64> {
    let v = Vector3::new(r[(2, 1)] - r[(1, 2)], r[(0, 2)] - r[(2, 0)], r[(1, 0)] - r[(0, 1)]) * 0.5;
    let (sin, cos) = (v.norm(), 0.5 * (r.trace() - 1.0));
    if sin < 1e-6 {
        // Near zero the vector is the angle; near half a turn the axis must come from the diagonal.
        return if cos > 0.0 { v } else { Rotation3::from_matrix_unchecked(*r).scaled_axis() };
    }
    v * (proband_core::ops::atan2(sin, cos) / sin)
}
