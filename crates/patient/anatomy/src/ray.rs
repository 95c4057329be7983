//! Straight lines through the arm and what they hit.

use proband_core::{Direction, Patient, Position};
use serde::{Deserialize, Serialize};

use crate::Structure;

/// A straight line of finite length: an ultrasound column, a needle.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ray {
    /// Where it begins.
    pub origin: Position<Patient>,
    /// Where it goes, of length 1.
    pub direction: Direction<Patient>,
    /// How far [m].
    pub length_m: f64,
}

/// A tube that a ray hits: the lumen for vessels, the whole tube for nerves and bones.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Crossing {
    /// Which tube.
    pub structure: Structure,
    /// Where the ray enters, along the ray [m]; 0 when it begins inside.
    pub enter_m: f64,
    /// Where the ray leaves, along the ray [m]; the ray's length when it ends inside.
    pub exit_m: f64,
    /// Arc length along the tube at the closest approach of the ray's line to its axis [m].
    pub arc_m: f64,
    /// Signed distance of the ray's line from the tube's axis [m]; positive when the line passes on the side
    /// of the tube's lateral axis (towards +x).
    pub offset_m: f64,
    /// Half extent of the cross-section in the direction of the offset [m]: the line hits if |offset| is below it.
    pub semi_lateral_m: f64,
    /// Half extent of the cross-section across the offset [m].
    pub semi_depth_m: f64,
}

/// Where a ray passes from one layer into the next, along the ray [m]. Infinite when it does not get there.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interfaces {
    /// Air to epidermis.
    pub skin_m: f64,
    /// Epidermis to dermis.
    pub dermis_m: f64,
    /// Dermis to fat.
    pub fat_m: f64,
    /// Fat to muscle.
    pub muscle_m: f64,
}

/// Thickness of the layers under a point of the skin, along the inward normal.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Layers {
    /// Epidermis [m].
    pub epidermis_m: f64,
    /// Dermis [m].
    pub dermis_m: f64,
    /// Subcutaneous fat [m].
    pub fat_m: f64,
}
