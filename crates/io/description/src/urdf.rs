//! URDF, the description format of ROS.

use std::collections::BTreeSet;

use proband_core::Warnings;
use proband_math::tree::{
    Geometry, Inertial, Joint, JointKind, JointLimits, Link, Mimic, Origin, Shape, TREE_LINK_COUNT_MAX, Tree, TreeError, TreeSpec,
};
use roxmltree::{Document, ParsingOptions};

use crate::DescriptionError;
use crate::bounds;
use crate::cursor::{Cursor, shortened};

/// Largest text [bytes].
pub const URDF_SIZE_MAX_BYTES: usize = 8 * 1024 * 1024;
/// Most XML nodes.
pub const URDF_NODE_COUNT_MAX: u32 = 500_000;

/// Elements under `robot` that say nothing about motion and are passed over in silence.
const SILENT: [&str; 3] = ["material", "transmission", "gazebo"];

/// Read a URDF.
///
/// Missing meshes are a warning: a mesh is kept by its name, `package://` is never fetched. An axis that is not of unit
/// length is brought to it with a warning. Elements that are not known are noted once each.
///
/// # Errors
/// [`DescriptionError`] with line, column and path: malformed XML, a document type, a xacro file, numbers that are not
/// finite, missing or doubled elements, links and joints that make no single tree, and everything over the bounds
/// [`URDF_SIZE_MAX_BYTES`], [`URDF_NODE_COUNT_MAX`], [`crate::URDF_DEPTH_MAX`], [`crate::URDF_ATTRIBUTE_COUNT_MAX`],
/// [`TREE_LINK_COUNT_MAX`].
pub fn read_urdf(text: &str, warnings: &Warnings) -> Result<TreeSpec, DescriptionError> {
    if text.len() > URDF_SIZE_MAX_BYTES {
        return Err(DescriptionError::TooLarge { size_bytes: text.len(), max_bytes: URDF_SIZE_MAX_BYTES });
    }
    bounds::check(text)?;
    let options = ParsingOptions { allow_dtd: false, nodes_limit: URDF_NODE_COUNT_MAX, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).map_err(|e| {
        let at = e.pos();
        DescriptionError::Xml { line: at.row, column: at.col, what: shortened(&e.to_string()) }
    })?;
    let robot = Cursor::new(document.root_element());
    refuse_xacro(&robot)?;
    if robot.name() != "robot" {
        return Err(robot.error(format!("the root element is <{}>, not <robot>", shortened(robot.name()))));
    }
    let mut reader = Reader { warnings, known: BTreeSet::new() };
    let mut spec = TreeSpec { name: robot.text("name")?.to_owned(), links: Vec::new(), joints: Vec::new() };
    for child in robot.children() {
        match child.name() {
            "link" => spec.links.push(reader.link(&child)?),
            "joint" => spec.joints.push(reader.joint(&child)?),
            name if SILENT.contains(&name) => {}
            _ => reader.unknown(&child),
        }
        if spec.links.len().max(spec.joints.len()) > TREE_LINK_COUNT_MAX {
            return Err(child.error(format!("more than {TREE_LINK_COUNT_MAX} links or joints")));
        }
    }
    Tree::new(&spec).map_err(|cause| tree_error(&robot, cause))?;
    Ok(spec)
}

struct Reader<'w> {
    warnings: &'w Warnings,
    /// Names of unknown elements that were noted.
    known: BTreeSet<String>,
}

impl Reader<'_> {
    fn unknown(&mut self, element: &Cursor<'_, '_>) {
        let name = shortened(element.name());
        // The bound keeps a file of a million odd names from filling memory.
        if self.known.len() < 100 && self.known.insert(name.clone()) {
            let (line, _) = element.place();
            self.warnings.note(format!("urdf line {line}"), format!("<{name}> is not known and was passed over, here and elsewhere"));
        }
    }

    fn link(&mut self, element: &Cursor<'_, '_>) -> Result<Link, DescriptionError> {
        let mut link = Link { name: element.text("name")?.to_owned(), inertial: None, collision: Vec::new(), visual: Vec::new() };
        if let Some(inertial) = element.child("inertial")? {
            link.inertial = Some(self.inertial(&inertial)?);
        }
        for child in element.children() {
            match child.name() {
                "visual" => link.visual.push(self.shape(&child)?),
                "collision" => link.collision.push(self.shape(&child)?),
                "inertial" => {}
                _ => self.unknown(&child),
            }
        }
        Ok(link)
    }

    fn inertial(&mut self, element: &Cursor<'_, '_>) -> Result<Inertial, DescriptionError> {
        let mass = element.needed_child("mass")?;
        let mass_kg = mass.number("value")?;
        if mass_kg < 0.0 {
            return Err(mass.error(format!("value = {mass_kg} kg is negative")));
        }
        let matrix = element.needed_child("inertia")?;
        let mut inertia_kg_m2 = [0.0; 6];
        for (value, name) in inertia_kg_m2.iter_mut().zip(["ixx", "ixy", "ixz", "iyy", "iyz", "izz"]) {
            *value = matrix.number(name)?;
        }
        let [xx, _, _, yy, _, zz] = inertia_kg_m2;
        for (name, value) in [("ixx", xx), ("iyy", yy), ("izz", zz)] {
            if value < 0.0 {
                return Err(matrix.error(format!("{name} = {value} is negative")));
            }
        }
        let slack = 1.0 + 1e-6;
        if xx > (yy + zz) * slack || yy > (xx + zz) * slack || zz > (xx + yy) * slack {
            self.warnings.note(matrix.path(), "no body has these moments of inertia: one is larger than the sum of the others");
        }
        Ok(Inertial { origin: origin(element)?, mass_kg, inertia_kg_m2 })
    }

    fn shape(&mut self, element: &Cursor<'_, '_>) -> Result<Shape, DescriptionError> {
        let holder = element.needed_child("geometry")?;
        let mut shapes = holder.children();
        let Some(shape) = shapes.next() else { return Err(holder.error("no shape inside")) };
        if let Some(second) = shapes.next() {
            return Err(second.error("a geometry holds one shape"));
        }
        // Size 0 is common in published files: a stand-in for "nothing to see".
        let size = |name: &str| not_negative(&shape, name, shape.number(name)?);
        let geometry = match shape.name() {
            "sphere" => Geometry::Sphere { radius_m: size("radius")? },
            "cylinder" => Geometry::Cylinder { radius_m: size("radius")?, length_m: size("length")? },
            "capsule" => Geometry::Capsule { radius_m: size("radius")?, length_m: size("length")? },
            "box" => {
                shape.text("size")?;
                let size_m = shape.vector_or("size", [0.0; 3])?;
                for edge in size_m {
                    not_negative(&shape, "size", edge)?;
                }
                Geometry::Box { size_m }
            }
            "mesh" => {
                let name = shape.text("filename")?;
                self.warnings.note(shape.path(), format!("mesh \"{}\" was not read, only its name is kept", shortened(name)));
                Geometry::Mesh { name: name.to_owned(), scale: shape.vector_or("scale", [1.0; 3])? }
            }
            other => return Err(shape.error(format!("<{}> is no shape of a URDF", shortened(other)))),
        };
        Ok(Shape { origin: origin(element)?, geometry })
    }

    fn joint(&mut self, element: &Cursor<'_, '_>) -> Result<Joint, DescriptionError> {
        let kind = match element.text("type")? {
            "fixed" => JointKind::Fixed,
            "revolute" => JointKind::Revolute,
            "continuous" => JointKind::Continuous,
            "prismatic" => JointKind::Prismatic,
            other => {
                let other = shortened(other);
                return Err(element.error(format!("type \"{other}\" is not supported; fixed, revolute, continuous and prismatic are")));
            }
        };
        for child in element.children() {
            if !["origin", "parent", "child", "axis", "limit", "mimic", "dynamics", "calibration", "safety_controller"]
                .contains(&child.name())
            {
                self.unknown(&child);
            }
        }
        let mimic = match element.child("mimic")? {
            Some(m) => Some(Mimic {
                joint: m.text("joint")?.to_owned(),
                multiplier: m.number_or("multiplier", 1.0)?,
                offset: m.number_or("offset", 0.0)?,
            }),
            None => None,
        };
        let (damping, friction) = match element.child("dynamics")? {
            Some(d) => {
                (not_negative(&d, "damping", d.number_or("damping", 0.0)?)?, not_negative(&d, "friction", d.number_or("friction", 0.0)?)?)
            }
            None => (0.0, 0.0),
        };
        Ok(Joint {
            name: element.text("name")?.to_owned(),
            kind,
            parent: element.needed_child("parent")?.text("link")?.to_owned(),
            child: element.needed_child("child")?.text("link")?.to_owned(),
            origin: origin(element)?,
            axis: self.axis(element, kind)?,
            limits: limits(element, kind)?,
            mimic,
            damping,
            friction,
        })
    }

    fn axis(&mut self, joint: &Cursor<'_, '_>, kind: JointKind) -> Result<[f64; 3], DescriptionError> {
        let x = [1.0, 0.0, 0.0];
        let Some(element) = joint.child("axis")? else { return Ok(x) };
        let axis = element.vector_or("xyz", x)?;
        if kind == JointKind::Fixed {
            return Ok(axis);
        }
        let length = axis.iter().map(|a| a * a).sum::<f64>().sqrt();
        if !(1e-6..=1e6).contains(&length) {
            return Err(element.error(format!("the axis has the length {length}, not 1")));
        }
        if (length - 1.0).abs() > 1e-9 {
            self.warnings.note(element.path(), format!("the axis had the length {length} and was brought to 1"));
            return Ok(axis.map(|a| a / length));
        }
        Ok(axis)
    }
}

fn limits(joint: &Cursor<'_, '_>, kind: JointKind) -> Result<Option<JointLimits>, DescriptionError> {
    let Some(element) = joint.child("limit")? else {
        return match kind {
            JointKind::Revolute | JointKind::Prismatic => Err(joint.error("<limit> is missing")),
            JointKind::Fixed | JointKind::Continuous => Ok(None),
        };
    };
    let limits = JointLimits {
        lower: element.number_or("lower", 0.0)?,
        upper: element.number_or("upper", 0.0)?,
        velocity: not_negative(&element, "velocity", element.number("velocity")?)?,
        effort: not_negative(&element, "effort", element.number("effort")?)?,
    };
    if matches!(kind, JointKind::Revolute | JointKind::Prismatic) && limits.lower > limits.upper {
        return Err(element.error(format!("lower = {} is above upper = {}", limits.lower, limits.upper)));
    }
    Ok(Some(limits))
}

fn origin(element: &Cursor<'_, '_>) -> Result<Origin, DescriptionError> {
    match element.child("origin")? {
        Some(origin) => Ok(Origin { xyz_m: origin.vector_or("xyz", [0.0; 3])?, rpy_rad: origin.vector_or("rpy", [0.0; 3])? }),
        None => Ok(Origin::IDENTITY),
    }
}

fn not_negative(element: &Cursor<'_, '_>, attribute: &str, value: f64) -> Result<f64, DescriptionError> {
    if value >= 0.0 { Ok(value) } else { Err(element.error(format!("{attribute} = {value} is negative"))) }
}

fn refuse_xacro(robot: &Cursor<'_, '_>) -> Result<(), DescriptionError> {
    for node in robot.node.descendants().filter(roxmltree::Node::is_element) {
        if node.tag_name().namespace().is_some_and(|uri| uri.contains("xacro")) {
            let (line, column) = Cursor::new(node).place();
            return Err(DescriptionError::Xacro { line, column, found: format!("<xacro:{}>", shortened(node.tag_name().name())) });
        }
    }
    Ok(())
}

/// Point at the link or joint that the tree's check names, where it names one.
fn tree_error(robot: &Cursor<'_, '_>, cause: TreeError) -> DescriptionError {
    let named = match &cause {
        TreeError::Name { name, .. } => Some(name.as_str()),
        TreeError::Dangling { joint, .. } => Some(joint.as_str()),
        TreeError::TwoParents { second, .. } => Some(second.as_str()),
        TreeError::Cycle { link } => Some(link.as_str()),
        _ => None,
    };
    // The last of that name: of two alike the second is the one too many.
    let element = named.and_then(|name| robot.children().filter(|c| c.node.attribute("name") == Some(name)).last());
    let element = element.unwrap_or(*robot);
    let (line, column) = element.place();
    DescriptionError::Tree { line, column, path: element.path(), cause }
}

#[cfg(test)]
#[path = "urdf_tests.rs"]
mod tests;
