//! Veins in a near-infrared picture: where, how wide, how sure.

use proband_core::{Patient, Position};
use serde::{Deserialize, Serialize};

/// An end or a branching of a vein.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NirNode {
    /// Column and row [px].
    pub p_px: [f64; 2],
    /// Point on the skin, as measured; none without a distance.
    pub p_patient: Option<Position<Patient>>,
}

/// A stretch of vein between two nodes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NirEdge {
    /// Indices into [`NirDetection::nodes`].
    pub nodes: [u32; 2],
    /// Middle line [px], shape [count, 2].
    pub path_px: Vec<[f64; 2]>,
    /// Middle line on the skin as measured, one per point of `path_px`; empty when a distance is missing.
    pub path_patient: Vec<Position<Patient>>,
    /// Length [m] on the skin.
    pub length_m: f64,
    /// Apparent width [m]: full width at half depth of the darkening. Wider than the vein, the more the deeper it lies.
    pub width_m: f64,
    /// Mean darkening against the skin beside it [1].
    pub contrast: f64,
    /// Darkening over the noise of the surroundings [1].
    pub contrast_to_noise: f64,
    /// Confidence that this is a vein [1], 0 to 1.
    pub confidence: f64,
}

/// What was found in one picture. Sizes are bounded by [`NIR_EDGE_COUNT_MAX`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NirDetection {
    /// Time of the picture [s].
    pub time_s: f64,
    /// Ends and branchings.
    pub nodes: Vec<NirNode>,
    /// Veins between them, most confident first.
    pub edges: Vec<NirEdge>,
}

/// Most edges that a detection keeps: the most confident ones.
pub const NIR_EDGE_COUNT_MAX: usize = 128;
