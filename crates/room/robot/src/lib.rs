//! Robot arms, needle drivers and bronchoscopes: kinematics, limits, actuators.
//!
//! A kinematic tree comes in, poses and measured positions go out. Knows no patient, no file and no procedure.

mod builtin;
mod calibration;
mod capsule;
mod dh;
mod driver;
mod error;
mod gantry;
mod gravity;
mod ik;
mod limiter;
mod model;
pub mod scope;
mod servo;

pub use builtin::{BUILTIN_BASE, BUILTIN_HOME_RAD, BUILTIN_TIP, BUILTIN_URDF, builtin_arm, builtin_tree};
pub use calibration::{CalibrationError, CalibrationSpec};
pub use capsule::Clearance;
pub use dh::{DhRow, tree_from_dh};
pub use driver::{DriverCommand, DriverInput, DriverModel, DriverOutput, DriverSpec, DriverState};
pub use error::RobotError;
pub use gantry::{AxisSpec, GantryInput, GantryModel, GantryOutput, GantrySpec, GantryState, GantryTarget, Press};
pub use ik::{IK_STARTS_MAX, IK_TOLERANCE_M, IK_TOLERANCE_RAD, IkSolution};
pub use limiter::AxisReference;
pub use model::{ArmModel, JOINT_COUNT_MAX, Jacobian, JointVector, LinkPose};
pub use servo::{ArmInput, ArmOutput, ArmState, ArmTarget, ServoSpec, StopCause};
