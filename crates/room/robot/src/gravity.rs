//! Static torques: gravity and a load on the flange against the effort limits.

use nalgebra::Vector3;

use crate::model::{ArmModel, Frames, JOINT_COUNT_MAX, JointVector};

/// Standard acceleration of gravity [m/s²]. CGPM 1901.
pub(crate) const GRAVITY_M_S2: f64 = 9.806_65;

/// All links that move together: index 0 is the base's body, index k the body behind the k-th joint.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Body {
    /// Mass [kg].
    mass_kg: f64,
    /// Mass times centre of mass in the frame of the joint that carries the body [kg m].
    moment_kg_m: Vector3<f64>,
}

/// Lump the masses of the description, and the payload on the flange, into bodies.
pub(crate) fn bodies(model: &ArmModel) -> Vec<Body> {
    let count = model.joint_count();
    let mut bodies = vec![Body { mass_kg: 0.0, moment_kg_m: Vector3::zeros() }; count + 1];
    let zero = [0.0; JOINT_COUNT_MAX];
    let frames = model.frames(&zero);
    // At joint positions zero every link's place is known; taken back into the frame of its body it holds for all positions.
    let mut add = |body: usize, mass: f64, p_base: Vector3<f64>| {
        let local = if body == 0 { p_base } else { frames.rotation[body - 1].transpose() * (p_base - frames.position[body - 1]) };
        bodies[body].mass_kg += mass;
        bodies[body].moment_kg_m += local * mass;
    };
    for pose in model.link_poses(&zero) {
        let link = &model.description().links[pose.link as usize];
        if let (Some(inertial), Some(body)) = (&link.inertial, model.body_of_link(pose.link as usize)) {
            let centre = pose.pose_base_link * nalgebra::Point3::from(inertial.origin.xyz_m);
            add(body, inertial.mass_kg, centre.coords);
        }
    }
    let payload = frames.tip.1 + frames.tip.0 * Vector3::from(model.servo.payload_centre_flange_m);
    add(count, model.servo.payload_kg, payload);
    bodies
}

impl ArmModel {
    /// Torque or force that each joint must give to hold the arm and its payload still [N m or N].
    #[must_use]
    pub fn gravity_effort(&self, q: &[f64]) -> JointVector {
        self.gravity_effort_of(&self.frames(&self.padded(q)))
    }

    pub(crate) fn gravity_effort_of(&self, frames: &Frames) -> JointVector {
        let mut effort = [0.0; JOINT_COUNT_MAX];
        let (mut mass, mut moment) = (0.0, Vector3::zeros());
        // From the tip inwards: what hangs behind joint k is the sum of all bodies behind it.
        for index in (0..self.joint_count()).rev() {
            let body = &self.bodies[index + 1];
            mass += body.mass_kg;
            moment += frames.position[index] * body.mass_kg + frames.rotation[index] * body.moment_kg_m;
            let weight = Vector3::new(0.0, 0.0, -GRAVITY_M_S2);
            let axis = frames.axis[index];
            // The joint gives the opposite of what gravity does.
            effort[index] = if self.turning[index] {
                -axis.dot(&(moment - frames.position[index] * mass).cross(&weight))
            } else {
                -axis.dot(&weight) * mass
            };
        }
        effort
    }

    /// Torque or force by which a load on the flange pushes each joint [N m or N]: Jᵀ w.
    pub(crate) fn load_effort_of(&self, frames: &Frames, force: &Vector3<f64>, moment: &Vector3<f64>) -> JointVector {
        let mut effort = [0.0; JOINT_COUNT_MAX];
        for (index, &turns) in self.turning.iter().enumerate() {
            let axis = frames.axis[index];
            effort[index] =
                if turns { axis.dot(&((frames.tip.1 - frames.position[index]).cross(force) + moment)) } else { axis.dot(force) };
        }
        effort
    }
}
