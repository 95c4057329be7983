//! Piecewise constant curvature: where the end of a bent section is.

use nalgebra::{Matrix3, Vector3};
use proband_core::ops;

/// End of a bending section in the frame of its beginning (z along it).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ArcPose {
    /// Place of the end [m].
    pub place_m: Vector3<f64>,
    /// Its frame: columns x, y, z; no turn about the section's own axis (φ about z, θ about y, −φ about z).
    pub turn: Matrix3<f64>,
}

/// Angle below which series stand for quotients [rad].
const SMALL_RAD: f64 = 1e-4;

/// (sin θ)/θ and (1 − cos θ)/θ.
fn quotients(theta: f64) -> [f64; 2] {
    if theta.abs() < SMALL_RAD {
        let square = theta * theta;
        [1.0 - square / 6.0, theta * (0.5 - square / 24.0)]
    } else {
        let (sin, cos) = ops::sin_cos(theta);
        [sin / theta, (1.0 - cos) / theta]
    }
}

/// The end of a section of length `length_m` [m] bent by the angles `bend_rad` towards x and towards y.
///
/// With θ = |bend| and φ its direction: p = L ((1 − cos θ)/θ cos φ, (1 − cos θ)/θ sin φ, (sin θ)/θ).
///
/// # Source
/// Webster & Jones 2010, Int J Robot Res 29:1661, eq. 2.
#[must_use]
pub fn arc_pose(bend_rad: [f64; 2], length_m: f64) -> ArcPose {
    let theta = (bend_rad[0] * bend_rad[0] + bend_rad[1] * bend_rad[1]).sqrt();
    let [along, aside] = quotients(theta);
    let (c, s) = if theta > 0.0 { (bend_rad[0] / theta, bend_rad[1] / theta) } else { (1.0, 0.0) };
    let (sin, cos) = ops::sin_cos(theta);
    let place_m = Vector3::new(aside * c, aside * s, along) * length_m;
    let v = 1.0 - cos;
    let turn = Matrix3::new(1.0 - c * c * v, -c * s * v, c * sin, -c * s * v, 1.0 - s * s * v, s * sin, -c * sin, -s * sin, cos);
    ArcPose { place_m, turn }
}

/// How the end moves with bend towards x, bend towards y [m/rad] and length [1]: columns, by central differences of the closed form.
#[must_use]
pub fn arc_jacobian(bend_rad: [f64; 2], length_m: f64) -> Matrix3<f64> {
    const STEP: f64 = 1e-5;
    let at = |bx: f64, by: f64, l: f64| arc_pose([bend_rad[0] + bx, bend_rad[1] + by], length_m + l).place_m;
    let columns = [
        (at(STEP, 0.0, 0.0) - at(-STEP, 0.0, 0.0)) / (2.0 * STEP),
        (at(0.0, STEP, 0.0) - at(0.0, -STEP, 0.0)) / (2.0 * STEP),
        (at(0.0, 0.0, STEP) - at(0.0, 0.0, -STEP)) / (2.0 * STEP),
    ];
    Matrix3::from_columns(&columns)
}
