//! Kinematic trees as descriptions give them: links, joints, shapes, masses; plain data, checked once.
//!
//! The shape follows URDF because every arm comes with one, but nothing here reads files.
//! `TreeSpec` is what was written, [`Tree`] is what was checked.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

#[path = "tree_check.rs"]
mod check;

use check::{check_joint, check_link};

/// Links or joints of one tree.
pub const TREE_LINK_COUNT_MAX: usize = 1024;
/// Shapes of one link.
pub const TREE_SHAPE_COUNT_MAX: usize = 64;
/// Allowed departure of an axis from length 1.
pub const TREE_AXIS_TOLERANCE: f64 = 1e-6;

/// Pose of a frame in its parent: first rotate about the parent's x, y, z by roll, pitch, yaw, then shift.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    /// Shift [m].
    pub xyz_m: [f64; 3],
    /// Roll, pitch, yaw about fixed axes [rad]: R = Rz(yaw) Ry(pitch) Rx(roll).
    pub rpy_rad: [f64; 3],
}

impl Origin {
    /// The frames coincide.
    pub const IDENTITY: Self = Self { xyz_m: [0.0; 3], rpy_rad: [0.0; 3] };

    /// A shift without rotation [m].
    #[must_use]
    pub const fn shift(x: f64, y: f64, z: f64) -> Self {
        Self { xyz_m: [x, y, z], rpy_rad: [0.0; 3] }
    }

    /// The same as a rotation matrix and a shift [m].
    #[must_use]
    pub fn matrix(&self) -> (nalgebra::Matrix3<f64>, nalgebra::Vector3<f64>) {
        use proband_core::ops::sin_cos;
        let [(sr, cr), (sp, cp), (sy, cy)] = self.rpy_rad.map(sin_cos);
        let rotation = nalgebra::Matrix3::new(
            cy * cp,
            cy * sp * sr - sy * cr,
            cy * sp * cr + sy * sr,
            sy * cp,
            sy * sp * sr + cy * cr,
            sy * sp * cr - cy * sr,
            -sp,
            cp * sr,
            cp * cr,
        );
        (rotation, nalgebra::Vector3::from(self.xyz_m))
    }
}

/// Geometry in its own frame, centred at the origin; cylinder and capsule stand along z.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Geometry {
    /// Ball.
    Sphere {
        /// Radius [m].
        radius_m: f64,
    },
    /// Cylinder along z.
    Cylinder {
        /// Radius [m].
        radius_m: f64,
        /// Length [m].
        length_m: f64,
    },
    /// Cylinder along z with half balls on both ends.
    Capsule {
        /// Radius [m].
        radius_m: f64,
        /// Length of the cylinder without the half balls [m].
        length_m: f64,
    },
    /// Box.
    Box {
        /// Edge lengths along x, y, z [m].
        size_m: [f64; 3],
    },
    /// Surface in a file that is named, not read.
    Mesh {
        /// The name as it was written.
        name: String,
        /// Scale along x, y, z [1].
        scale: [f64; 3],
    },
}

/// A geometry and where it sits in its link.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shape {
    /// Pose of the geometry in the link.
    pub origin: Origin,
    /// What is there.
    pub geometry: Geometry,
}

/// Mass of a link.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Inertial {
    /// Pose of the centre of mass (and of the axes of the inertia) in the link.
    pub origin: Origin,
    /// Mass [kg], ≥ 0.
    pub mass_kg: f64,
    /// ixx, ixy, ixz, iyy, iyz, izz about the centre of mass [kg m²].
    pub inertia_kg_m2: [f64; 6],
}

/// A rigid body.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// Name, unique in the tree.
    pub name: String,
    /// Mass; absent for a mere frame.
    pub inertial: Option<Inertial>,
    /// Shapes for contact.
    pub collision: Vec<Shape>,
    /// Shapes for the eye.
    pub visual: Vec<Shape>,
}

/// How a joint moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JointKind {
    /// Not at all.
    Fixed,
    /// Turns between two ends.
    Revolute,
    /// Turns without end.
    Continuous,
    /// Slides between two ends.
    Prismatic,
}

/// Bounds of a joint; rad, rad/s, N m when it turns, m, m/s, N when it slides.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct JointLimits {
    /// Lowest position [rad or m].
    pub lower: f64,
    /// Highest position [rad or m].
    pub upper: f64,
    /// Largest speed [rad/s or m/s], ≥ 0.
    pub velocity: f64,
    /// Largest effort [N m or N], ≥ 0.
    pub effort: f64,
}

/// A joint that follows another: position = multiplier × other + offset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mimic {
    /// Name of the joint that leads.
    pub joint: String,
    /// Factor [1].
    pub multiplier: f64,
    /// Offset [rad or m].
    pub offset: f64,
}

/// Connects a parent link with a child link.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Joint {
    /// Name, unique in the tree.
    pub name: String,
    /// How it moves.
    pub kind: JointKind,
    /// Name of the parent link.
    pub parent: String,
    /// Name of the child link; its frame is the joint's frame.
    pub child: String,
    /// Pose of the child in the parent at position zero.
    pub origin: Origin,
    /// Unit axis in the child's frame.
    pub axis: [f64; 3],
    /// Bounds. Required for revolute and prismatic joints.
    pub limits: Option<JointLimits>,
    /// Set when the joint is not moved by itself.
    pub mimic: Option<Mimic>,
    /// Viscous damping [N m s/rad or N s/m], ≥ 0.
    pub damping: f64,
    /// Coulomb friction [N m or N], ≥ 0.
    pub friction: f64,
}

/// A kinematic tree as it was written. [`Tree::new`] checks it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TreeSpec {
    /// Name of the robot.
    pub name: String,
    /// Links in the order of the description.
    pub links: Vec<Link>,
    /// Joints in the order of the description.
    pub joints: Vec<Joint>,
}

/// What is wrong with a kinematic tree.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum TreeError {
    /// More parts than the bound.
    #[error("{what}: {count} are more than {max}")]
    TooMany {
        /// Which parts.
        what: String,
        /// How many there are.
        count: usize,
        /// How many are allowed.
        max: usize,
    },
    /// A name twice, or none.
    #[error("{kind} \"{name}\": the name is empty or stands there twice")]
    Name {
        /// Link or joint.
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// A joint names a link or a joint that does not exist.
    #[error("joint \"{joint}\": its {role} \"{name}\" does not exist")]
    Dangling {
        /// The joint.
        joint: String,
        /// Parent, child or mimicked joint.
        role: &'static str,
        /// The missing name.
        name: String,
    },
    /// A link with two parents.
    #[error("link \"{link}\" is the child of two joints, \"{first}\" and \"{second}\"")]
    TwoParents {
        /// The link.
        link: String,
        /// One joint.
        first: String,
        /// The other joint.
        second: String,
    },
    /// Not exactly one link without a parent.
    #[error("{count} links have no parent, one must: {names}")]
    Roots {
        /// How many.
        count: usize,
        /// Some of them.
        names: String,
    },
    /// Links that hang on themselves.
    #[error("link \"{link}\" cannot be reached from the root: its joints form a cycle")]
    Cycle {
        /// One of the links.
        link: String,
    },
    /// A number that is not finite or not in its range.
    #[error("{place}: {field} = {value} {reason}")]
    Number {
        /// Which link or joint.
        place: String,
        /// Which field.
        field: &'static str,
        /// The value.
        value: f64,
        /// What it should be.
        reason: &'static str,
    },
    /// Something that must be there.
    #[error("{place}: {what} is missing")]
    Missing {
        /// Which joint.
        place: String,
        /// What is missing.
        what: &'static str,
    },
}

/// A checked tree: one root, no cycle, unique names, finite numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Tree {
    spec: TreeSpec,
    root: usize,
    parent_joint: Vec<Option<usize>>,
    joint_parent: Vec<usize>,
    order: Vec<usize>,
}

impl Tree {
    /// Check a description.
    ///
    /// # Errors
    /// [`TreeError`] that names the first offending part.
    pub fn new(spec: &TreeSpec) -> Result<Self, TreeError> {
        check_counts(spec)?;
        let links = index_names("link", spec.links.iter().map(|l| l.name.as_str()))?;
        let joints = index_names("joint", spec.joints.iter().map(|j| j.name.as_str()))?;
        for link in &spec.links {
            check_link(link)?;
        }
        for joint in &spec.joints {
            check_joint(joint)?;
        }
        let find = |map: &BTreeMap<&str, usize>, joint: &Joint, role, name: &str| {
            map.get(name).copied().ok_or_else(|| TreeError::Dangling { joint: joint.name.clone(), role, name: name.into() })
        };
        let mut parent_joint = vec![None; spec.links.len()];
        let mut joint_parent = Vec::with_capacity(spec.joints.len());
        let mut children = vec![Vec::new(); spec.links.len()];
        for (index, joint) in spec.joints.iter().enumerate() {
            let parent = find(&links, joint, "parent link", &joint.parent)?;
            let child = find(&links, joint, "child link", &joint.child)?;
            if let Some(mimic) = &joint.mimic {
                find(&joints, joint, "mimicked joint", &mimic.joint)?;
            }
            if let Some(first) = parent_joint[child] {
                let first: &Joint = &spec.joints[first];
                return Err(TreeError::TwoParents { link: joint.child.clone(), first: first.name.clone(), second: joint.name.clone() });
            }
            parent_joint[child] = Some(index);
            joint_parent.push(parent);
            children[parent].push(child);
        }
        let root = single_root(spec, &parent_joint)?;
        let order = reachable(root, &children);
        if order.len() < spec.links.len() {
            let lost = (0..spec.links.len()).find(|i| !order.contains(i)).unwrap_or(root);
            return Err(TreeError::Cycle { link: spec.links[lost].name.clone() });
        }
        Ok(Self { spec: spec.clone(), root, parent_joint, joint_parent, order })
    }

    /// The description.
    #[must_use]
    pub fn spec(&self) -> &TreeSpec {
        &self.spec
    }
    /// The link without a parent.
    #[must_use]
    pub fn root(&self) -> &Link {
        &self.spec.links[self.root]
    }
    /// Indices of the links, parents before children.
    #[must_use]
    pub fn links_from_root(&self) -> &[usize] {
        &self.order
    }
    /// Index of a link by its name.
    #[must_use]
    pub fn link_index(&self, name: &str) -> Option<usize> {
        self.spec.links.iter().position(|l| l.name == name)
    }
    /// Index of the joint whose child is the link; none for the root.
    #[must_use]
    pub fn parent_joint(&self, link: usize) -> Option<usize> {
        self.parent_joint.get(link).copied().flatten()
    }
    /// Index of the parent link of a joint.
    #[must_use]
    pub fn parent_link(&self, joint: usize) -> Option<usize> {
        self.joint_parent.get(joint).copied()
    }
    /// Indices of the joints that lead from `base` up to `tip`; none when `tip` does not hang on `base`.
    #[must_use]
    pub fn chain(&self, base: usize, tip: usize) -> Option<Vec<usize>> {
        let mut joints = Vec::new();
        let mut link = tip;
        while link != base {
            let joint = self.parent_joint(link)?;
            joints.push(joint);
            link = self.joint_parent[joint];
        }
        joints.reverse();
        Some(joints)
    }
    /// Mass of all links [kg].
    #[must_use]
    pub fn mass_kg(&self) -> f64 {
        self.spec.links.iter().filter_map(|l| l.inertial).map(|i| i.mass_kg).sum()
    }
}

fn check_counts(spec: &TreeSpec) -> Result<(), TreeError> {
    let check = |what: &str, count: usize, max: usize| {
        if count <= max { Ok(()) } else { Err(TreeError::TooMany { what: what.into(), count, max }) }
    };
    check("links", spec.links.len(), TREE_LINK_COUNT_MAX)?;
    check("joints", spec.joints.len(), TREE_LINK_COUNT_MAX)?;
    for link in &spec.links {
        let count = link.collision.len().max(link.visual.len());
        check(&format!("shapes of link \"{}\"", link.name), count, TREE_SHAPE_COUNT_MAX)?;
    }
    Ok(())
}

fn index_names<'a>(kind: &'static str, names: impl Iterator<Item = &'a str>) -> Result<BTreeMap<&'a str, usize>, TreeError> {
    let mut map = BTreeMap::new();
    for (index, name) in names.enumerate() {
        if name.is_empty() || map.insert(name, index).is_some() {
            return Err(TreeError::Name { kind, name: name.into() });
        }
    }
    Ok(map)
}

fn single_root(spec: &TreeSpec, parent_joint: &[Option<usize>]) -> Result<usize, TreeError> {
    let roots: Vec<usize> = (0..spec.links.len()).filter(|&i| parent_joint[i].is_none()).collect();
    if let [root] = roots[..] {
        return Ok(root);
    }
    // No root at all means that every link has a parent: a cycle.
    if roots.is_empty()
        && let Some(link) = spec.links.first()
    {
        return Err(TreeError::Cycle { link: link.name.clone() });
    }
    let names: Vec<&str> = roots.iter().take(5).map(|&i| spec.links[i].name.as_str()).collect();
    Err(TreeError::Roots { count: roots.len(), names: names.join(", ") })
}

fn reachable(root: usize, children: &[Vec<usize>]) -> Vec<usize> {
    let mut order = vec![root];
    let mut next = 0;
    while next < order.len() {
        order.extend(&children[order[next]]);
        next += 1;
    }
    order
}

#[cfg(test)]
#[path = "tree_tests.rs"]
mod tests;
