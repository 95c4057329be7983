//! The built-in robot: an arm of our own, as a URDF for other programs and as a tree for this one.

use proband_math::tree::{Geometry, Inertial, Joint, JointKind, JointLimits, Link, Origin, Shape, TreeSpec};

use crate::error::RobotError;
use crate::model::ArmModel;
use crate::servo::ServoSpec;

/// `proband-arm6`: six turning joints, a spherical wrist, 0.70 m from shoulder to flange.
///
/// # Source
/// Prior: our own drawing; masses, limits and speeds in the class of light collaborative arms.
pub const BUILTIN_URDF: &str = include_str!("builtin.urdf");
/// Base link of the built-in arm.
pub const BUILTIN_BASE: &str = "base_link";
/// Tip link of the built-in arm.
pub const BUILTIN_TIP: &str = "flange";
/// A posture away from limits and singularities, flange pointing down [rad].
pub const BUILTIN_HOME_RAD: [f64; 6] = [0.0, 0.35, 1.55, 0.0, 1.24, 0.0];

/// Link: name, mass [kg], ixx = iyy, izz [kg m²], radius and length of the drawn cylinder, radius, length and middle height of the contact cylinder [m].
struct Row(&'static str, f64, f64, f64, f64, f64, f64, f64, f64);

const LINKS: [Row; 7] = [
    Row("base_link", 4.0, 0.0084, 0.0072, 0.06, 0.12, 0.06, 0.02, 0.05),
    Row("shoulder", 2.2, 0.0032, 0.0040, 0.06, 0.08, 0.06, 0.04, 0.04),
    Row("upper_arm", 3.0, 0.0240, 0.0030, 0.045, 0.3, 0.045, 0.26, 0.15),
    Row("forearm", 1.6, 0.0034, 0.0013, 0.04, 0.14, 0.04, 0.1, 0.07),
    Row("forearm_roll", 1.0, 0.0021, 0.0008, 0.04, 0.14, 0.04, 0.06, 0.05),
    Row("wrist", 0.8, 0.0006, 0.0006, 0.04, 0.06, 0.04, 0.02, 0.03),
    Row("hand", 0.3, 0.0002, 0.0002, 0.035, 0.06, 0.035, 0.02, 0.03),
];

/// Joint: name, height over the parent [m], turns about y (else z), ± limit [rad], speed [rad/s], torque [N m].
struct Turn(&'static str, f64, bool, f64, f64, f64);

const JOINTS: [Turn; 6] = [
    Turn("joint_1", 0.12, false, 2.967, 2.6, 90.0),
    Turn("joint_2", 0.08, true, 2.007, 2.6, 90.0),
    Turn("joint_3", 0.3, true, 2.617, 2.6, 50.0),
    Turn("joint_4", 0.14, false, 3.1, 3.6, 18.0),
    Turn("joint_5", 0.14, true, 2.094, 3.6, 18.0),
    Turn("joint_6", 0.06, false, 6.108, 5.2, 10.0),
];

/// The built-in arm as a tree; the same as [`BUILTIN_URDF`] when read.
#[must_use]
pub fn builtin_tree() -> TreeSpec {
    let cylinder =
        |radius_m, length_m, height| Shape { origin: Origin::shift(0.0, 0.0, height), geometry: Geometry::Cylinder { radius_m, length_m } };
    let mut links: Vec<Link> = LINKS
        .iter()
        .map(|r| Link {
            name: r.0.into(),
            inertial: Some(Inertial {
                origin: Origin::shift(0.0, 0.0, 0.5 * r.5),
                mass_kg: r.1,
                inertia_kg_m2: [r.2, 0.0, 0.0, r.2, 0.0, r.3],
            }),
            collision: vec![cylinder(r.6, r.7, r.8)],
            visual: vec![cylinder(r.4, r.5, 0.5 * r.5)],
        })
        .collect();
    links.push(Link { name: BUILTIN_TIP.into(), inertial: None, collision: Vec::new(), visual: Vec::new() });
    let joint = |name: &str, kind, parent: &str, child: &str, height, axis, limits| Joint {
        name: name.into(),
        kind,
        parent: parent.into(),
        child: child.into(),
        origin: Origin::shift(0.0, 0.0, height),
        axis,
        limits,
        mimic: None,
        damping: 0.0,
        friction: 0.0,
    };
    let mut joints: Vec<Joint> = JOINTS
        .iter()
        .enumerate()
        .map(|(i, t)| {
            let axis = if t.2 { [0.0, 1.0, 0.0] } else { [0.0, 0.0, 1.0] };
            let limits = Some(JointLimits { lower: -t.3, upper: t.3, velocity: t.4, effort: t.5 });
            joint(t.0, JointKind::Revolute, LINKS[i].0, LINKS[i + 1].0, t.1, axis, limits)
        })
        .collect();
    joints.push(joint("flange_joint", JointKind::Fixed, "hand", BUILTIN_TIP, 0.06, [1.0, 0.0, 0.0], None));
    TreeSpec { name: "proband-arm6".into(), links, joints }
}

/// The built-in arm with the servo of a light collaborative arm.
///
/// # Errors
/// None in a program that passes its tests; kept so that the caller handles every arm alike.
pub fn builtin_arm() -> Result<ArmModel, RobotError> {
    ArmModel::new(&builtin_tree(), BUILTIN_BASE, BUILTIN_TIP, &ServoSpec::light_arm())
}
