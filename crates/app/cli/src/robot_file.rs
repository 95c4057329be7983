//! The robot arm: the built-in one, or a URDF of the user's own.

use proband_core::Warnings;
use proband_description::{URDF_SIZE_MAX_BYTES, read_urdf};
use proband_math::tree::Tree;
use proband_robot::{ArmModel, ServoSpec, builtin_arm};

use crate::failure::Failure;
use crate::scenario::RobotFile;
use crate::source_text::read_file;

/// The arm of a scenario, with what was noticed while it was read.
pub(crate) fn arm(file: Option<&RobotFile>) -> Result<(ArmModel, Warnings), Failure> {
    let warnings = Warnings::new();
    let Some(RobotFile { urdf, tip }) = file else {
        return Ok((builtin_arm().map_err(Failure::of)?, warnings));
    };
    let bytes = read_file(urdf, URDF_SIZE_MAX_BYTES as u64)?;
    let text =
        String::from_utf8(bytes).map_err(|error| Failure::at(urdf, format!("not UTF-8 at byte {}", error.utf8_error().valid_up_to())))?;
    let tree = read_urdf(&text, &warnings).map_err(|error| Failure::at(urdf, error))?;
    let base = Tree::new(&tree).map_err(|error| Failure::at(urdf, error))?.root().name.clone();
    let arm = ArmModel::new(&tree, &base, tip, &ServoSpec::light_arm()).map_err(|error| Failure::at(urdf, error))?;
    Ok((arm, warnings))
}
