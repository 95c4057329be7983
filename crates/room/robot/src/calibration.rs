//! How far the robot believes its flange from where it is: one fixed small pose, drawn once.

use nalgebra::{Translation3, UnitQuaternion, Vector3};
use proband_core::{Flange, Pose, Stream};
use serde::{Deserialize, Serialize};

use crate::error::{RobotError, not_negative};

/// Spread of the pose error that is left after calibration.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CalibrationSpec {
    /// Root mean square length of the position error [m]; each axis has 1/√3 of it.
    pub position_rms_m: f64,
    /// Root mean square angle of the orientation error [rad]; each axis has 1/√3 of it.
    pub angle_rms_rad: f64,
}

impl CalibrationSpec {
    /// What a careful hand–eye calibration leaves: 0.25 mm and 0.05°.
    ///
    /// # Source
    /// Prior: unverified, engineering judgement (class 0.2–0.3 mm).
    #[must_use]
    pub fn hand_eye() -> Self {
        Self { position_rms_m: 0.25e-3, angle_rms_rad: 0.05_f64.to_radians() }
    }

    pub(crate) fn check(&self) -> Result<(), RobotError> {
        not_negative("calibration.position_rms_m", self.position_rms_m)?;
        not_negative("calibration.angle_rms_rad", self.angle_rms_rad)
    }
}

/// The error that one robot has for its whole life: pose of the true flange in the believed flange.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CalibrationError {
    /// Position error in the believed flange [m].
    pub shift_m: [f64; 3],
    /// Rotation vector in the believed flange [rad].
    pub turn_rad: [f64; 3],
}

impl CalibrationError {
    /// A robot without error.
    pub const NONE: Self = Self { shift_m: [0.0; 3], turn_rad: [0.0; 3] };

    /// One robot from the spread: six independent normal draws.
    pub fn draw(spec: &CalibrationSpec, stream: &mut Stream) -> Self {
        let third = (1.0_f64 / 3.0).sqrt();
        let mut axis = |rms: f64| rms * third * stream.normal();
        let shift_m = [axis(spec.position_rms_m), axis(spec.position_rms_m), axis(spec.position_rms_m)];
        let turn_rad = [axis(spec.angle_rms_rad), axis(spec.angle_rms_rad), axis(spec.angle_rms_rad)];
        Self { shift_m, turn_rad }
    }

    /// Pose of the true flange in the believed flange.
    #[must_use]
    pub fn pose(&self) -> Pose<Flange, Flange> {
        Pose::from_raw(nalgebra::Isometry3::from_parts(
            Translation3::from(Vector3::from(self.shift_m)),
            UnitQuaternion::from_scaled_axis(Vector3::from(self.turn_rad)),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Draw many robots and find the stated root mean square errors within 3 %.
    #[test]
    fn drawn_errors_have_the_stated_size() {
        let spec = CalibrationSpec::hand_eye();
        let mut stream = Stream::new(3, 0, "robot.calibration");
        let n = 20_000;
        let (mut shift, mut turn) = (0.0, 0.0);
        for _ in 0..n {
            let pose = CalibrationError::draw(&spec, &mut stream).pose();
            shift += pose.0.translation.vector.norm_squared();
            turn += pose.0.rotation.angle() * pose.0.rotation.angle();
        }
        assert!(((shift / f64::from(n)).sqrt() / 0.25e-3 - 1.0).abs() < 0.03);
        assert!(((turn / f64::from(n)).sqrt() / 0.05_f64.to_radians() - 1.0).abs() < 0.03);
    }
}
