//! What can be wrong with a robot.

use proband_math::tree::TreeError;

/// Errors of this crate.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RobotError {
    /// The description is not a tree.
    #[error("robot description: {0}")]
    Tree(#[from] TreeError),
    /// A link that the description does not have.
    #[error("link \"{name}\" is not in the description of \"{robot}\"")]
    NoLink {
        /// The missing link.
        name: String,
        /// The robot.
        robot: String,
    },
    /// The tip does not hang on the base.
    #[error("link \"{tip}\" does not hang on link \"{base}\"")]
    NoChain {
        /// Base link.
        base: String,
        /// Tip link.
        tip: String,
    },
    /// No moving joint, or more than the bound.
    #[error("{count} moving joints between base and tip; 1 to {max} are supported")]
    JointCount {
        /// How many.
        count: usize,
        /// How many are allowed.
        max: usize,
    },
    /// A joint that cannot be moved by itself.
    #[error("joint \"{joint}\" between base and tip follows another joint; an arm of independent joints is needed")]
    Mimic {
        /// The joint.
        joint: String,
    },
    /// A parameter outside its range.
    #[error("{field} = {value} is not {allowed}")]
    Parameter {
        /// Name of the field, with its unit.
        field: String,
        /// The value.
        value: f64,
        /// What is allowed.
        allowed: &'static str,
    },
    /// A joint position outside its limits or not finite.
    #[error("joint \"{joint}\": {value} is outside {lower} to {upper}")]
    JointRange {
        /// The joint.
        joint: String,
        /// Its position [rad or m].
        value: f64,
        /// Lower limit.
        lower: f64,
        /// Upper limit.
        upper: f64,
    },
    /// A list of joint positions of the wrong length.
    #[error("{given} joint positions were given, the arm has {needed}")]
    JointVector {
        /// How many were given.
        given: usize,
        /// How many are needed.
        needed: usize,
    },
    /// No joint position within the limits reaches the pose.
    #[error(
        "the pose cannot be reached within the joint limits: the best of {starts} starts is {residual_m:.3e} m and {residual_rad:.3e} rad away"
    )]
    Unreachable {
        /// Distance that is left [m].
        residual_m: f64,
        /// Angle that is left [rad].
        residual_rad: f64,
        /// Starts that were tried.
        starts: u32,
    },
    /// Every joint position that reaches the pose makes the arm touch itself.
    #[error("the pose is reached only with the arm touching itself, overlap {overlap_m:.4} m")]
    SelfCollision {
        /// Smallest overlap found [m].
        overlap_m: f64,
    },
}

/// Check a parameter.
pub(crate) fn require(field: impl Into<String>, value: f64, ok: bool, allowed: &'static str) -> Result<(), RobotError> {
    if value.is_finite() && ok { Ok(()) } else { Err(RobotError::Parameter { field: field.into(), value, allowed }) }
}

/// Check that a parameter is finite and > 0.
pub(crate) fn positive(field: impl Into<String>, value: f64) -> Result<(), RobotError> {
    require(field, value, value > 0.0, "finite and positive")
}

/// Check that a parameter is finite and ≥ 0.
pub(crate) fn not_negative(field: impl Into<String>, value: f64) -> Result<(), RobotError> {
    require(field, value, value >= 0.0, "finite and not negative")
}
