//! Arms given by a table of Denavit–Hartenberg parameters.

use proband_math::tree::{Joint, JointKind, JointLimits, Link, Origin, TreeSpec};

/// One row of the standard convention (Denavit, Hartenberg 1955, J Appl Mech 22:215–221; distal frames): turn q about z,
/// shift d along z, shift a along the new x, turn α about it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DhRow {
    /// Shift along z [m].
    pub d_m: f64,
    /// Shift along x [m].
    pub a_m: f64,
    /// Turn about x [rad].
    pub alpha_rad: f64,
    /// Bounds of the joint.
    pub limits: JointLimits,
}

/// A tree of turning joints from a table: links `link_0` … `link_n` and `tip`, joints `joint_1` … `joint_n`.
///
/// Row k moves link k; the shift and turn of a row stand in the origin of the next joint.
#[must_use]
pub fn tree_from_dh(name: &str, rows: &[DhRow]) -> TreeSpec {
    let link = |name: String| Link { name, inertial: None, collision: Vec::new(), visual: Vec::new() };
    let mut links: Vec<Link> = (0..=rows.len()).map(|k| link(format!("link_{k}"))).collect();
    links.push(link("tip".into()));
    let mut joints = Vec::new();
    let mut origin = Origin::IDENTITY;
    for (index, row) in rows.iter().enumerate() {
        joints.push(Joint {
            name: format!("joint_{}", index + 1),
            kind: JointKind::Revolute,
            parent: format!("link_{index}"),
            child: format!("link_{}", index + 1),
            origin,
            axis: [0.0, 0.0, 1.0],
            limits: Some(row.limits),
            mimic: None,
            damping: 0.0,
            friction: 0.0,
        });
        origin = Origin { xyz_m: [row.a_m, 0.0, row.d_m], rpy_rad: [row.alpha_rad, 0.0, 0.0] };
    }
    joints.push(Joint {
        name: "tip_joint".into(),
        kind: JointKind::Fixed,
        parent: format!("link_{}", rows.len()),
        child: "tip".into(),
        origin,
        axis: [1.0, 0.0, 0.0],
        limits: None,
        mimic: None,
        damping: 0.0,
        friction: 0.0,
    });
    TreeSpec { name: name.into(), links, joints }
}
