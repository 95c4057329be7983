//! Everything that must be said about an arm before it can be built. Plain data, SI units, no defaults.
//!
//! Places on the skin are given by `medial_m` (distance from the midline of the palm side, positive towards
//! the body's midline of a supinated arm, measured along x) and `z_m` (towards the head). The same numbers
//! describe a left and a right arm; `side` mirrors them.

use serde::{Deserialize, Serialize};

use crate::{Side, Topology, VesselKind};

/// One forearm and elbow, palm up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArmSpec {
    /// Left or right.
    pub side: Side,
    /// Pattern of the superficial veins. `veins` must hold the veins of this pattern.
    pub topology: Topology,
    /// Outer shape.
    pub shape: ShapeSpec,
    /// Thickness of the epidermis [m].
    pub epidermis_m: f64,
    /// Thickness of the dermis [m].
    pub dermis_m: f64,
    /// Thickness of the subcutaneous fat in the middle of the elbow crease [m].
    pub fat_m: f64,
    /// Relative change of the fat from the midline to the medial edge [1].
    pub fat_medial_gradient: f64,
    /// Relative change of the fat towards the head [1/m].
    pub fat_proximal_gradient_per_m: f64,
    /// Superficial veins.
    pub veins: Vec<VeinSpec>,
    /// Brachial artery.
    pub artery: ArterySpec,
    /// Nerves.
    pub nerves: NerveSpec,
    /// Humerus, radius, ulna.
    pub bones: BoneSpec,
}

/// Outer shape: ellipses around a straight axis, their size changing along z.
///
/// half(z) = half(0) · (1 + taper·z + belly·(g(z) − g(0))), g(z) = exp(−(z + 0.06)²/(2·0.04²)), z in metres.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShapeSpec {
    /// Half width (medial to lateral) at the elbow crease [m].
    pub half_width_m: f64,
    /// Half height (palm side to back) at the elbow crease [m].
    pub half_height_m: f64,
    /// Relative growth of the half width towards the head [1/m].
    pub width_taper_per_m: f64,
    /// Relative growth of the half height towards the head [1/m].
    pub height_taper_per_m: f64,
    /// Relative bulge of the forearm's muscle belly 60 mm below the crease [1].
    pub belly: f64,
}

/// A point of a vein's course on the skin.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoursePoint {
    /// Distance from the midline, medial positive, along x [m].
    pub medial_m: f64,
    /// Along the arm, towards the head [m].
    pub z_m: f64,
}

/// One superficial vein, at rest and without a tourniquet.
///
/// `depth_m` is measured along the inward normal of the skin to the **lumen side of the front wall**. The
/// literature on antecubital veins does not always say whether depth is to the front wall or to the centre;
/// the two readings differ by half the vertical diameter (1.5 mm on average).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VeinSpec {
    /// Which vein.
    pub kind: VesselKind,
    /// Course over the skin, `z_m` strictly rising, at least two points.
    pub course: Vec<CoursePoint>,
    /// Vein on whose axis this one begins (at the first point's `z_m`), if any.
    pub starts_on: Option<VesselKind>,
    /// Vein on whose axis this one ends (at the last point's `z_m`), if any.
    pub ends_on: Option<VesselKind>,
    /// Skin to the lumen side of the front wall, away from joints [m].
    pub depth_m: f64,
    /// Lumen diameter along the depth at z = 0 [m].
    pub diameter_v_m: f64,
    /// Lumen diameter across at z = 0 [m].
    pub diameter_h_m: f64,
    /// Relative growth of both diameters towards the head [1/m].
    pub taper_per_m: f64,
    /// Thickness of the wall [m].
    pub wall_m: f64,
    /// Amplitude of the sideways winding [m].
    pub tortuosity_m: f64,
    /// Wavelength of the winding along z [m].
    pub wavelength_m: f64,
    /// Phase of the winding at z = 0 [rad].
    pub phase_rad: f64,
    /// Distance between valves [m].
    pub valve_spacing_m: f64,
    /// Arc length of the first valve [m].
    pub valve_first_m: f64,
}

/// The brachial artery, from above the elbow to its fork 25 mm below the crease. Its branches lie under the
/// muscles of the forearm, out of reach of a venipuncture, and are left out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArterySpec {
    /// Distance from the midline at the crease, medial positive [m].
    pub medial_m: f64,
    /// Skin to the lumen side of the front wall [m].
    pub depth_m: f64,
    /// Lumen diameter [m].
    pub diameter_m: f64,
    /// Thickness of the wall [m].
    pub wall_m: f64,
}

/// The nerves that a venipuncture can reach.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NerveSpec {
    /// Axis of the median nerve, medial of the artery's axis [m].
    pub median_offset_m: f64,
    /// Radius of the median nerve [m].
    pub median_radius_m: f64,
    /// Gap between the side of the companion vein and the cutaneous nerve [m].
    pub cutaneous_gap_m: f64,
    /// Radius of the cutaneous nerves [m].
    pub cutaneous_radius_m: f64,
}

/// The bones, as tubes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BoneSpec {
    /// Skin to the axis of the bones below the midline [m].
    pub depth_m: f64,
    /// Radius of the shafts of radius and ulna [m]; the humerus is 1.3 times as thick.
    pub radius_m: f64,
    /// Distance of the axes of radius and ulna from the midline [m].
    pub spread_m: f64,
}
