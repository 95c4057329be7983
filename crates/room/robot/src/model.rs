//! The immutable arm: its chain of joints, forward kinematics, link poses, geometric Jacobian.

use nalgebra::{Isometry3, Matrix3, Rotation3, SMatrix, Translation3, UnitQuaternion, Vector3};
use proband_core::{Flange, Pose, RobotBase, ops};
use proband_math::tree::{Joint, JointKind, JointLimits, Tree, TreeSpec};

use crate::capsule::{self, Capsule};
use crate::error::{RobotError, not_negative, positive};
use crate::gravity::{self, Body};
use crate::limiter::AxisLimits;
use crate::servo::ServoSpec;

/// Moving joints of one arm.
pub const JOINT_COUNT_MAX: usize = 8;

/// One number per joint, [rad] or [m] and their kin; entries beyond the arm's joint count are 0.
pub type JointVector = [f64; JOINT_COUNT_MAX];

/// Geometric Jacobian in the base frame: rows 0–2 velocity of the flange's origin [m/s], rows 3–5 angular velocity [rad/s]
/// per unit joint velocity; columns beyond the joint count are 0.
pub type Jacobian = SMatrix<f64, 6, JOINT_COUNT_MAX>;

/// A rotation and a shift.
pub(crate) type Placement = (Matrix3<f64>, Vector3<f64>);

/// Where a link is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinkPose {
    /// Index of the link in the description.
    pub link: u32,
    /// Pose of the link in the base link.
    pub pose_base_link: Isometry3<f64>,
}

/// One moving joint with all fixed joints before it.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    /// Index of the joint in the description.
    joint: usize,
    /// Fixed pose of the joint in the joint before it.
    fixed: Placement,
    /// `fixed` rotation times K and K², with K the cross product matrix of the axis (Rodrigues: I + sin q K + (1 − cos q) K²).
    turn: Option<(Matrix3<f64>, Matrix3<f64>)>,
    /// Axis in the joint before it.
    axis_before: Vector3<f64>,
}

/// Frames of all joints in the base frame for one set of joint positions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frames {
    pub rotation: [Matrix3<f64>; JOINT_COUNT_MAX],
    pub position: [Vector3<f64>; JOINT_COUNT_MAX],
    pub axis: [Vector3<f64>; JOINT_COUNT_MAX],
    pub tip: Placement,
}

/// An arm of 1 to [`JOINT_COUNT_MAX`] independent joints between a base link and a tip link, with its servo.
///
/// The base link is the frame `RobotBase`, the tip link is `Flange`. Gravity pulls along −z of the base link.
#[derive(Clone, Debug)]
pub struct ArmModel {
    pub(crate) tree: Tree,
    base: usize,
    pub(crate) segments: Vec<Segment>,
    tip: Placement,
    pub(crate) limits: Vec<JointLimits>,
    pub(crate) axes: Vec<AxisLimits>,
    pub(crate) turning: Vec<bool>,
    pub(crate) bodies: Vec<Body>,
    pub(crate) capsules: Vec<Capsule>,
    pub(crate) pairs: Vec<(u16, u16)>,
    pub(crate) servo: ServoSpec,
}

impl ArmModel {
    /// Build an arm from a description.
    ///
    /// `base_link`, `tip_link`: names of links; every moving joint between them belongs to the arm. Joints elsewhere stay at 0.
    ///
    /// # Errors
    /// [`RobotError`] that names the link, the joint or the field at fault.
    pub fn new(tree: &TreeSpec, base_link: &str, tip_link: &str, servo: &ServoSpec) -> Result<Self, RobotError> {
        servo.check()?;
        let tree = Tree::new(tree)?;
        let find =
            |name: &str| tree.link_index(name).ok_or_else(|| RobotError::NoLink { name: name.into(), robot: tree.spec().name.clone() });
        let (base, tip_index) = (find(base_link)?, find(tip_link)?);
        let chain = tree.chain(base, tip_index).ok_or_else(|| RobotError::NoChain { base: base_link.into(), tip: tip_link.into() })?;
        let (segments, tip) = segments(&tree, &chain)?;
        let (mut limits, mut axes, mut turning) = (Vec::new(), Vec::new(), Vec::new());
        for segment in &segments {
            let joint = &tree.spec().joints[segment.joint];
            let bounds = joint_limits(joint)?;
            let slides = joint.kind == JointKind::Prismatic;
            let acceleration = if slides { servo.acceleration_m_s2 } else { servo.acceleration_rad_s2 };
            axes.push(AxisLimits { lower: bounds.lower, upper: bounds.upper, velocity: bounds.velocity, acceleration });
            turning.push(!slides);
            limits.push(bounds);
        }
        let mut model = Self {
            tree,
            base,
            segments,
            tip,
            limits,
            axes,
            turning,
            bodies: Vec::new(),
            capsules: Vec::new(),
            pairs: Vec::new(),
            servo: servo.clone(),
        };
        model.bodies = gravity::bodies(&model);
        (model.capsules, model.pairs) = capsule::capsules(&model);
        Ok(model)
    }

    /// Number of moving joints.
    #[must_use]
    pub fn joint_count(&self) -> usize {
        self.segments.len()
    }

    /// Names of the moving joints, base to tip.
    pub fn joint_names(&self) -> impl Iterator<Item = &str> {
        self.segments.iter().map(|s| self.joint(s).name.as_str())
    }

    /// Limits of the moving joints, base to tip. A continuous joint has ±2π.
    #[must_use]
    pub fn limits(&self) -> &[JointLimits] {
        &self.limits
    }

    /// The description that the arm was made of.
    #[must_use]
    pub fn description(&self) -> &TreeSpec {
        self.tree.spec()
    }

    /// The servo's figures.
    #[must_use]
    pub fn servo(&self) -> &ServoSpec {
        &self.servo
    }

    /// Pose of the flange in the base by the nominal kinematics.
    ///
    /// `q`: joint positions [rad or m]; missing ones count as 0.
    #[must_use]
    pub fn fk(&self, q: &[f64]) -> Pose<RobotBase, Flange> {
        to_pose(&self.frames(&self.padded(q)).tip)
    }

    /// Pose of every link that hangs on the base link, parents first. For viewers; it allocates.
    #[must_use]
    pub fn link_poses(&self, q: &[f64]) -> Vec<LinkPose> {
        let q = self.padded(q);
        let mut placed: Vec<Option<Placement>> = vec![None; self.tree.spec().links.len()];
        placed[self.base] = Some((Matrix3::identity(), Vector3::zeros()));
        let mut poses = Vec::new();
        for &link in self.tree.links_from_root() {
            if let Some(index) = self.tree.parent_joint(link)
                && let Some(parent) = self.tree.parent_link(index).and_then(|p| placed[p])
                && placed[link].is_none()
            {
                let joint = &self.tree.spec().joints[index];
                let position = self.joint_position(joint, &q);
                placed[link] = Some(compose(&parent, &joint_placement(joint, position)));
            }
            if let Some(placement) = &placed[link] {
                poses.push(LinkPose { link: link as u32, pose_base_link: to_isometry(placement) });
            }
        }
        poses
    }

    /// Geometric Jacobian of the flange's origin, in the base frame.
    #[must_use]
    pub fn jacobian(&self, q: &[f64]) -> Jacobian {
        self.jacobian_of(&self.frames(&self.padded(q)))
    }

    /// √det(J Jᵀ) [mixed]: 0 where the arm cannot move in some direction (Yoshikawa 1985, Int J Robot Res 4:3–9).
    #[must_use]
    pub fn manipulability(&self, q: &[f64]) -> f64 {
        let j = self.jacobian(q);
        (j * j.transpose()).determinant().max(0.0).sqrt()
    }

    pub(crate) fn padded(&self, q: &[f64]) -> JointVector {
        let mut padded = [0.0; JOINT_COUNT_MAX];
        let count = q.len().min(self.joint_count());
        padded[..count].copy_from_slice(&q[..count]);
        padded
    }

    /// Check joint positions against their limits.
    ///
    /// # Errors
    /// [`RobotError::JointVector`] or [`RobotError::JointRange`].
    pub fn check_joints(&self, q: &[f64]) -> Result<JointVector, RobotError> {
        if q.len() < self.joint_count() {
            return Err(RobotError::JointVector { given: q.len(), needed: self.joint_count() });
        }
        for ((&value, limits), segment) in q.iter().zip(&self.limits).zip(&self.segments) {
            if !(limits.lower..=limits.upper).contains(&value) {
                let joint = self.joint(segment).name.clone();
                return Err(RobotError::JointRange { joint, value, lower: limits.lower, upper: limits.upper });
            }
        }
        Ok(self.padded(q))
    }

    fn joint(&self, segment: &Segment) -> &Joint {
        &self.tree.spec().joints[segment.joint]
    }

    /// Position of any joint of the tree: moved, following, or at rest.
    fn joint_position(&self, joint: &Joint, q: &JointVector) -> f64 {
        let own = |name: &str| self.segments.iter().position(|s| self.joint(s).name == name).map(|i| q[i]);
        match &joint.mimic {
            Some(mimic) => mimic.multiplier * own(&mimic.joint).unwrap_or(0.0) + mimic.offset,
            None => own(&joint.name).unwrap_or(0.0),
        }
    }

    /// Number of the moving joint that carries a link: 0 for the base's body, k for the body behind the k-th joint.
    pub(crate) fn body_of_link(&self, link: usize) -> Option<usize> {
        let chain = self.tree.chain(self.base, link)?;
        let last = chain.iter().rev().find_map(|j| self.segments.iter().position(|s| s.joint == *j));
        Some(last.map_or(0, |i| i + 1))
    }

    /// All joint frames.
    #[inline]
    pub(crate) fn frames(&self, q: &JointVector) -> Frames {
        let mut frames = Frames {
            rotation: [Matrix3::identity(); JOINT_COUNT_MAX],
            position: [Vector3::zeros(); JOINT_COUNT_MAX],
            axis: [Vector3::zeros(); JOINT_COUNT_MAX],
            tip: (Matrix3::identity(), Vector3::zeros()),
        };
        let (mut r, mut p) = (Matrix3::identity(), Vector3::zeros());
        for (index, segment) in self.segments.iter().enumerate() {
            let axis = r * segment.axis_before;
            p += r * segment.fixed.1;
            if let Some((k, k2)) = &segment.turn {
                let (sin, cos) = ops::sin_cos(q[index]);
                r *= segment.fixed.0 + k * sin + k2 * (1.0 - cos);
            } else {
                p += axis * q[index];
                r *= segment.fixed.0;
            }
            frames.rotation[index] = r;
            frames.position[index] = p;
            frames.axis[index] = axis;
        }
        frames.tip = (r * self.tip.0, p + r * self.tip.1);
        frames
    }

    #[inline]
    pub(crate) fn jacobian_of(&self, frames: &Frames) -> Jacobian {
        let mut j = Jacobian::zeros();
        for (index, &turns) in self.turning.iter().enumerate() {
            let axis = frames.axis[index];
            if turns {
                j.fixed_view_mut::<3, 1>(0, index).copy_from(&axis.cross(&(frames.tip.1 - frames.position[index])));
                j.fixed_view_mut::<3, 1>(3, index).copy_from(&axis);
            } else {
                j.fixed_view_mut::<3, 1>(0, index).copy_from(&axis);
            }
        }
        j
    }
}

/// First b, then a: the pose of b's child in a's parent.
#[inline]
pub(crate) fn compose(a: &Placement, b: &Placement) -> Placement {
    (a.0 * b.0, a.1 + a.0 * b.1)
}

pub(crate) fn to_isometry(placement: &Placement) -> Isometry3<f64> {
    let rotation = UnitQuaternion::from_rotation_matrix(&Rotation3::from_matrix_unchecked(placement.0));
    Isometry3::from_parts(Translation3::from(placement.1), rotation)
}

pub(crate) fn to_pose(placement: &Placement) -> Pose<RobotBase, Flange> {
    Pose::from_raw(to_isometry(placement))
}

/// Pose of a joint's child in its parent at the given position.
fn joint_placement(joint: &Joint, position: f64) -> Placement {
    let origin = joint.origin.matrix();
    let axis = Vector3::from(joint.axis);
    let moved = match joint.kind {
        JointKind::Fixed => (Matrix3::identity(), Vector3::zeros()),
        JointKind::Prismatic => (Matrix3::identity(), axis * position),
        JointKind::Revolute | JointKind::Continuous => {
            let (sin, cos) = ops::sin_cos(position);
            let k = axis.cross_matrix();
            (Matrix3::identity() + k * sin + k * k * (1.0 - cos), Vector3::zeros())
        }
    };
    compose(&origin, &moved)
}

/// Fold the chain: each moving joint with the fixed joints before it, and what is left behind the last.
fn segments(tree: &Tree, chain: &[usize]) -> Result<(Vec<Segment>, Placement), RobotError> {
    let mut segments = Vec::new();
    let mut fixed: Placement = (Matrix3::identity(), Vector3::zeros());
    for &index in chain {
        let joint = &tree.spec().joints[index];
        fixed = compose(&fixed, &joint.origin.matrix());
        if joint.kind == JointKind::Fixed {
            continue;
        }
        if joint.mimic.is_some() {
            return Err(RobotError::Mimic { joint: joint.name.clone() });
        }
        let axis = Vector3::from(joint.axis).normalize();
        let k = axis.cross_matrix();
        let turn = (joint.kind != JointKind::Prismatic).then(|| (fixed.0 * k, fixed.0 * k * k));
        segments.push(Segment { joint: index, fixed, turn, axis_before: fixed.0 * axis });
        fixed = (Matrix3::identity(), Vector3::zeros());
    }
    let count = segments.len();
    if count == 0 || count > JOINT_COUNT_MAX {
        return Err(RobotError::JointCount { count, max: JOINT_COUNT_MAX });
    }
    Ok((segments, fixed))
}

/// Limits of a moving joint; a continuous joint gets two turns of room, so that its encoder stays in range.
fn joint_limits(joint: &Joint) -> Result<JointLimits, RobotError> {
    let place = |field: &str| format!("joint \"{}\": {field}", joint.name);
    let Some(limits) = joint.limits else {
        return Err(RobotError::Parameter { field: place("velocity limit"), value: f64::NAN, allowed: "given" });
    };
    positive(place("velocity limit"), limits.velocity)?;
    not_negative(place("effort limit"), limits.effort)?;
    if joint.kind == JointKind::Continuous {
        let turn = std::f64::consts::TAU;
        return Ok(JointLimits { lower: -turn, upper: turn, ..limits });
    }
    positive(place("range between the limits"), limits.upper - limits.lower)?;
    Ok(limits)
}
