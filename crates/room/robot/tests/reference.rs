//! Forward kinematics against published robot descriptions. Needs a folder of reference data; says so when it is absent.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::path::PathBuf;

use proband_core::Warnings;
use proband_description::read_urdf;
use proband_math::tree::Tree;
use proband_robot::{ArmModel, ServoSpec};
use serde_json::Value;

/// Folder of reference data: `PROBAND_DATA`, else beside the workspace.
fn data(below: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("PROBAND_DATA")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/data"), PathBuf::from);
    let path = folder.join(below);
    if path.exists() {
        return Some(path);
    }
    println!("SKIP: {} is absent; set PROBAND_DATA to the folder of reference data", path.display());
    None
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

/// Match every element of the printed matrices: rounding of 9 decimals is 5e-10.
#[test]
fn published_arms_match_the_reference() {
    let Some(path) = data("robots/fk_reference.json") else { return };
    let reference: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for (name, robot) in reference["robots"].as_object().unwrap() {
        let Some(urdf) = data(&format!("robots/{}", robot["urdf"].as_str().unwrap())) else { continue };
        let warnings = Warnings::new();
        let spec = read_urdf(&std::fs::read_to_string(urdf).unwrap(), &warnings).unwrap();
        assert_eq!(spec.links.len() as u64, robot["n_links"].as_u64().unwrap());
        assert_eq!(spec.joints.len() as u64, robot["n_joints"].as_u64().unwrap());
        let mass = Tree::new(&spec).unwrap().mass_kg();
        assert!((mass - robot["total_mass"].as_f64().unwrap()).abs() < 1e-9, "{mass}");
        let (base, end) = (robot["base"].as_str().unwrap(), robot["end"].as_str().unwrap());
        let model = ArmModel::new(&spec, base, end, &ServoSpec::light_arm()).unwrap();
        let names: Vec<&str> = robot["joints"].as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect();
        assert_eq!(model.joint_names().collect::<Vec<_>>(), names);
        let (mut worst_m, mut worst_r) = (0.0_f64, 0.0_f64);
        for row in robot["fk"].as_array().unwrap() {
            let matrix = model.fk(&numbers(&row["q"])).0.to_homogeneous();
            for (i, expected) in row["T"].as_array().unwrap().iter().map(numbers).enumerate() {
                for (j, value) in expected.iter().enumerate() {
                    let error = (matrix[(i, j)] - value).abs();
                    if j == 3 { worst_m = worst_m.max(error) } else { worst_r = worst_r.max(error) }
                }
            }
        }
        println!("{name}: largest difference {worst_m:.1e} m, {worst_r:.1e} in the rotation");
        assert!(worst_m < 1e-9 && worst_r < 1e-9, "{name}: {worst_m:e} m, {worst_r:e}");
    }
}

/// Read every description of the reference data; those with independent joints become arms.
#[test]
fn published_descriptions_are_read() {
    let files = [
        "example-robot-data/panda_description/urdf/panda.urdf",
        "example-robot-data/ur_description/urdf/ur5_joint_limited_robot.urdf",
        "example-robot-data/ur_description/urdf/ur5_gripper.urdf",
        "dvrk/urdf/Classic_PSM1.urdf",
        "dvrk/urdf/Si_PSM1.urdf",
    ];
    for file in files {
        let Some(path) = data(&format!("robots/{file}")) else { continue };
        let warnings = Warnings::new();
        let spec = read_urdf(&std::fs::read_to_string(path).unwrap(), &warnings).unwrap();
        println!("{file}: {} links, {} joints, {} warnings", spec.links.len(), spec.joints.len(), warnings.list().len());
        assert!(Tree::new(&spec).is_ok());
    }
}
