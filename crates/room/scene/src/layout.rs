//! Where things stand in the room.

use nalgebra::{Isometry3, Rotation3, Translation3, UnitQuaternion, Vector3};
use proband_core::{Direction, Flange, Needle, Patient, Pose, Position, RobotBase, World};

/// Placement of the robot's base beside the arm rest, from the elbow crease: distal, to the lateral side, up [m].
/// Chosen so that every needle line over the fossa is reachable with the built-in arm (a test holds that).
const BASE_FROM_ELBOW_M: [f64; 3] = [-0.43, 0.22, 0.0];

/// Fixed poses of the room. All of them registered; what registration leaves is in the robot's calibration error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Layout {
    /// The patient with the arm at rest.
    pub pose_world_patient: Pose<World, Patient>,
    /// Robot base.
    pub pose_world_base: Pose<World, RobotBase>,
    /// The needle on the flange with the driver retracted.
    pub pose_flange_needle0: Pose<Flange, Needle>,
}

impl Layout {
    /// Arm palm up on a rest, hand towards −x of the world, robot on the lateral side.
    ///
    /// `medial_sign`: +1 for a right arm, −1 for a left arm.
    #[must_use]
    pub fn beside(medial_sign: f64) -> Self {
        // −y of the patient is up, +z of the patient is +x of the world.
        let pose_world_patient =
            Pose::from_axes(Position::new(0.0, 0.0, 0.0), Direction::new(0.0, -1.0, 0.0), Direction::new(1.0, 0.0, 0.0));
        // Lateral is −medial; x of the patient is −y of the world.
        let lateral = medial_sign;
        let p = Position::new(BASE_FROM_ELBOW_M[0], BASE_FROM_ELBOW_M[1] * lateral, BASE_FROM_ELBOW_M[2]);
        // The arm looks from its base towards the elbow.
        let yaw = proband_core::ops::atan2(-p.0.y, -p.0.x);
        let turn = UnitQuaternion::from_rotation_matrix(&Rotation3::from_axis_angle(&Vector3::z_axis(), yaw));
        let pose_world_base = Pose::from_parts(p, turn);
        // The driver hangs below the flange: the needle is 45 mm off its axis and reaches 120 mm ahead.
        let pose_flange_needle0 = Pose::from_raw(Isometry3::from_parts(Translation3::new(0.0, -0.045, 0.12), UnitQuaternion::identity()));
        Self { pose_world_patient, pose_world_base, pose_flange_needle0 }
    }

    /// Flange pose that puts the retracted needle's tip at `tip` with its shaft along `direction`, bevel up.
    #[must_use]
    pub fn flange_for(&self, tip: Position<Patient>, direction: Direction<Patient>) -> Pose<RobotBase, Flange> {
        let pose_patient_needle = needle_pose(tip, direction);
        self.pose_world_base.inverse() * self.pose_world_patient * pose_patient_needle * self.pose_flange_needle0.inverse()
    }

    /// The needle with its tip `advance_m` beyond the retracted place, from the flange's pose.
    #[must_use]
    pub fn needle_from(&self, pose_base_flange: &Pose<RobotBase, Flange>, advance_m: f64) -> Pose<Patient, Needle> {
        let advanced = Pose::<Needle, Needle>::from_raw(Isometry3::translation(0.0, 0.0, advance_m));
        self.pose_world_patient.inverse() * self.pose_world_base * *pose_base_flange * self.pose_flange_needle0 * advanced
    }
}

/// A needle with its tip at `tip`, its shaft along `direction` and its bevel towards the palm side.
#[must_use]
pub fn needle_pose(tip: Position<Patient>, direction: Direction<Patient>) -> Pose<Patient, Needle> {
    let z = direction.0.normalize();
    let up = Vector3::new(0.0, -1.0, 0.0);
    let y = (up - z * z.dot(&up)).normalize();
    let x = y.cross(&z);
    Pose::from_axes(tip, Direction::from_raw(x), Direction::from_raw(z))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proband_robot::{BUILTIN_HOME_RAD, builtin_arm};

    /// Reach every needle line over the fossa of either arm with the built-in robot.
    #[test]
    fn the_fossa_is_reachable() {
        let arm = builtin_arm().unwrap();
        for medial_sign in [1.0, -1.0] {
            let layout = Layout::beside(medial_sign);
            let mut missed = Vec::new();
            for x_mm in [-28.0, -14.0, 0.0, 14.0, 28.0] {
                for z_mm in [-60.0, -40.0, -20.0] {
                    for angle_deg in [15.0_f64, 30.0] {
                        for heading_deg in [-50.0_f64, -25.0, 0.0, 25.0, 50.0] {
                            let (s, c) = proband_core::ops::sin_cos(angle_deg.to_radians());
                            let (hs, hc) = proband_core::ops::sin_cos(heading_deg.to_radians());
                            let direction = Direction::new(c * hs, s, c * hc);
                            let tip = Position::new(x_mm * 1e-3, -3e-3, z_mm * 1e-3);
                            match arm.ik(&layout.flange_for(tip, direction), &BUILTIN_HOME_RAD) {
                                Ok(s) if s.clearance_m > 0.0 => {}
                                Ok(s) => missed.push((x_mm, z_mm, angle_deg, heading_deg, s.clearance_m)),
                                Err(_) => missed.push((x_mm, z_mm, angle_deg, heading_deg, f64::NAN)),
                            }
                        }
                    }
                }
            }
            assert!(missed.is_empty(), "side {medial_sign}: {} lines missed: {missed:?}", missed.len());
        }
    }

    /// Put the needle where it was asked to be, bevel up.
    #[test]
    fn flange_and_needle_agree() {
        let layout = Layout::beside(1.0);
        let tip = Position::new(0.01, -0.002, -0.03);
        let direction = Direction::new(0.1, 0.3, 0.95).normalised();
        let needle = layout.needle_from(&layout.flange_for(tip, direction), 0.01);
        assert!(needle.origin().distance(&(tip + direction * 0.01)) < 1e-12);
        assert!(needle.axis(1).0.y < 0.0, "bevel towards the palm side");
    }
}
