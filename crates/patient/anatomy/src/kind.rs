//! Names of things in an arm.

use serde::{Deserialize, Serialize};

/// Which arm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Left arm: medial is −x.
    Left,
    /// Right arm: medial is +x.
    Right,
}

impl Side {
    /// Sign of x for a point on the medial side (little-finger side of a supinated arm) [1].
    #[must_use]
    pub fn medial_sign(self) -> f64 {
        match self {
            Self::Left => -1.0,
            Self::Right => 1.0,
        }
    }
}

/// How the superficial veins of the elbow are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topology {
    /// A median cubital vein runs obliquely from the cephalic to the basilic vein (N or H; type II).
    MedianCubital,
    /// The median antebrachial vein splits into a median cephalic and a median basilic vein (M or Y).
    MedianSplit,
    /// No median cubital vein: cephalic and basilic run apart, the median antebrachial vein drains into the basilic.
    Separate,
}

/// What fills a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Tissue {
    /// Outside of the arm.
    Air,
    /// Outer layer of the skin: holds the melanin.
    Epidermis,
    /// Inner layer of the skin.
    Dermis,
    /// Subcutaneous fat.
    Fat,
    /// Muscle with its fascia.
    Muscle,
    /// Blood in a vein.
    VeinLumen,
    /// Wall of a vein.
    VeinWall,
    /// Blood in an artery.
    ArteryLumen,
    /// Wall of an artery.
    ArteryWall,
    /// Nerve.
    Nerve,
    /// Bone.
    Bone,
}

impl Tissue {
    /// Every tissue, in the order of its number.
    pub const ALL: [Self; 11] = [
        Self::Air,
        Self::Epidermis,
        Self::Dermis,
        Self::Fat,
        Self::Muscle,
        Self::VeinLumen,
        Self::VeinWall,
        Self::ArteryLumen,
        Self::ArteryWall,
        Self::Nerve,
        Self::Bone,
    ];
}

/// Which vessel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VesselKind {
    /// Cephalic vein: lateral (thumb side).
    Cephalic,
    /// Basilic vein: medial.
    Basilic,
    /// Median cubital vein: from the cephalic to the basilic across the elbow.
    MedianCubital,
    /// Median antebrachial vein: up the middle of the forearm.
    MedianAntebrachial,
    /// Median cephalic vein: lateral branch of a split median antebrachial vein.
    MedianCephalic,
    /// Median basilic vein: medial branch of a split median antebrachial vein.
    MedianBasilic,
    /// Brachial artery.
    BrachialArtery,
}

impl VesselKind {
    /// The superficial veins.
    pub const VEINS: [Self; 6] =
        [Self::Cephalic, Self::Basilic, Self::MedianCubital, Self::MedianAntebrachial, Self::MedianCephalic, Self::MedianBasilic];

    /// Name as written into records and parameter names.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cephalic => "cephalic",
            Self::Basilic => "basilic",
            Self::MedianCubital => "median_cubital",
            Self::MedianAntebrachial => "median_antebrachial",
            Self::MedianCephalic => "median_cephalic",
            Self::MedianBasilic => "median_basilic",
            Self::BrachialArtery => "brachial_artery",
        }
    }
}

/// Which nerve or bone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TubeKind {
    /// Median nerve, medial to the brachial artery.
    MedianNerve,
    /// Medial antebrachial cutaneous nerve, beside the medial superficial veins.
    MedialCutaneousNerve,
    /// Lateral antebrachial cutaneous nerve, beside the cephalic vein.
    LateralCutaneousNerve,
    /// Humerus.
    Humerus,
    /// Radius: lateral in a supinated forearm.
    Radius,
    /// Ulna: medial in a supinated forearm.
    Ulna,
}

impl TubeKind {
    /// Name as written into records.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::MedianNerve => "median_nerve",
            Self::MedialCutaneousNerve => "medial_antebrachial_cutaneous_nerve",
            Self::LateralCutaneousNerve => "lateral_antebrachial_cutaneous_nerve",
            Self::Humerus => "humerus",
            Self::Radius => "radius",
            Self::Ulna => "ulna",
        }
    }
}

/// A tube of the arm by its place in [`crate::Arm::vessels`], [`crate::Arm::nerves`] or [`crate::Arm::bones`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Structure {
    /// Vessel with this index.
    Vessel(u16),
    /// Nerve with this index.
    Nerve(u16),
    /// Bone with this index.
    Bone(u16),
}
