//! What there is to draw of a scene: places of things in the registered patient frame. Truth; for screens and records.

use nalgebra::{Isometry3, Translation3};
use proband_anatomy::VesselDeform;

use crate::Scene;

/// Where things truly are after a tick.
#[derive(Clone, Debug, PartialEq)]
pub struct SceneView {
    /// The arm, at rest in the patient's own frame, in the registered frame.
    pub pose_registered_arm: Isometry3<f64>,
    /// Tip and axis (+z) of the needle in the registered frame.
    pub pose_registered_needle: Isometry3<f64>,
    /// Face of the ultrasound probe: elements along x, into the patient along z.
    pub pose_registered_probe: Isometry3<f64>,
    /// The links of the robot's arm, parents first.
    pub pose_registered_links: Vec<Isometry3<f64>>,
    /// How each vessel of the arm is filled and pushed now, in the order of the anatomy.
    pub deform: Vec<VesselDeform>,
}

impl Scene {
    /// Where things truly are now. It allocates: for sixty times a second, not for a thousand.
    #[must_use]
    pub fn view(&self) -> SceneView {
        let (layout, robot) = (&self.model.layout, &self.state.robot);
        let pose_patient_base = layout.pose_world_patient.0.inverse() * layout.pose_world_base.0;
        let links = self.model.equipment.arm.link_poses(&robot.arm_out.q);
        let needle0 = layout.needle_from(&robot.arm_out.pose_base_flange_true, 0.0);
        let advanced = Isometry3::from(Translation3::new(0.0, 0.0, robot.driver_true_m));
        SceneView {
            pose_registered_arm: self.pose_rest_patient(),
            pose_registered_needle: needle0.0 * advanced,
            pose_registered_probe: self.probe_pose_true().0,
            pose_registered_links: links.iter().map(|link| pose_patient_base * link.pose_base_link).collect(),
            deform: self.scratch.deform.clone(),
        }
    }
}
