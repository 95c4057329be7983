//! Numbers of links and joints: finite and in range.

use super::{Geometry, Joint, JointKind, Link, Origin, TREE_AXIS_TOLERANCE, TreeError};

struct Place<'a> {
    kind: &'static str,
    name: &'a str,
}

impl Place<'_> {
    fn fail(&self, field: &'static str, value: f64, reason: &'static str) -> TreeError {
        TreeError::Number { place: format!("{} \"{}\"", self.kind, self.name), field, value, reason }
    }
    fn finite(&self, field: &'static str, values: &[f64]) -> Result<(), TreeError> {
        values.iter().find(|v| !v.is_finite()).map_or(Ok(()), |&v| Err(self.fail(field, v, "is not finite")))
    }
    fn not_negative(&self, field: &'static str, value: f64) -> Result<(), TreeError> {
        self.finite(field, &[value])?;
        if value >= 0.0 { Ok(()) } else { Err(self.fail(field, value, "is negative")) }
    }
    fn origin(&self, origin: &Origin) -> Result<(), TreeError> {
        self.finite("origin xyz", &origin.xyz_m)?;
        self.finite("origin rpy", &origin.rpy_rad)
    }
}

/// Check the numbers of a link.
pub(super) fn check_link(link: &Link) -> Result<(), TreeError> {
    let place = Place { kind: "link", name: &link.name };
    if let Some(inertial) = &link.inertial {
        place.origin(&inertial.origin)?;
        place.not_negative("mass", inertial.mass_kg)?;
        place.finite("inertia", &inertial.inertia_kg_m2)?;
        for axis in [0, 3, 5] {
            place.not_negative("inertia", inertial.inertia_kg_m2[axis])?;
        }
    }
    for shape in link.collision.iter().chain(&link.visual) {
        place.origin(&shape.origin)?;
        match &shape.geometry {
            Geometry::Sphere { radius_m } => place.not_negative("radius", *radius_m)?,
            Geometry::Cylinder { radius_m, length_m } | Geometry::Capsule { radius_m, length_m } => {
                place.not_negative("radius", *radius_m)?;
                place.not_negative("length", *length_m)?;
            }
            Geometry::Box { size_m } => size_m.iter().try_for_each(|&s| place.not_negative("size", s))?,
            Geometry::Mesh { scale, .. } => place.finite("scale", scale)?,
        }
    }
    Ok(())
}

/// Check the numbers of a joint.
pub(super) fn check_joint(joint: &Joint) -> Result<(), TreeError> {
    let place = Place { kind: "joint", name: &joint.name };
    place.origin(&joint.origin)?;
    place.finite("axis", &joint.axis)?;
    let length = joint.axis.iter().map(|a| a * a).sum::<f64>().sqrt();
    if joint.kind != JointKind::Fixed && (length - 1.0).abs() > TREE_AXIS_TOLERANCE {
        return Err(place.fail("length of the axis", length, "is not 1"));
    }
    place.not_negative("damping", joint.damping)?;
    place.not_negative("friction", joint.friction)?;
    if let Some(mimic) = &joint.mimic {
        place.finite("mimic multiplier", &[mimic.multiplier])?;
        place.finite("mimic offset", &[mimic.offset])?;
        if mimic.joint == joint.name {
            return Err(TreeError::Dangling { joint: joint.name.clone(), role: "mimicked joint", name: "itself".into() });
        }
    }
    match (&joint.limits, joint.kind) {
        (Some(limits), kind) => {
            place.finite("lower limit", &[limits.lower])?;
            place.finite("upper limit", &[limits.upper])?;
            place.not_negative("velocity limit", limits.velocity)?;
            place.not_negative("effort limit", limits.effort)?;
            let bounded = matches!(kind, JointKind::Revolute | JointKind::Prismatic);
            if bounded && limits.lower > limits.upper {
                return Err(place.fail("lower limit", limits.lower, "is above the upper limit"));
            }
            Ok(())
        }
        (None, JointKind::Revolute | JointKind::Prismatic) => {
            Err(TreeError::Missing { place: format!("joint \"{}\"", joint.name), what: "limit" })
        }
        (None, _) => Ok(()),
    }
}
