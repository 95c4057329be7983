//! What the robot believes about one place of one vein. Built from a twin, updated by measurements; holds no truth.

use proband_anatomy::VesselKind;
use serde::{Deserialize, Serialize};

use crate::{Twin, TwinError};

/// One of the five believed quantities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// x of the vein's axis in the patient frame [m].
    Lateral,
    /// Skin to the lumen side of the front wall, along the inward normal [m].
    Depth,
    /// Lumen diameter along the depth [m].
    DiameterV,
    /// Lumen diameter across [m].
    DiameterH,
    /// Angle of the vein's axis seen from the palm side, from +z towards +x [rad].
    Heading,
}

impl Quantity {
    /// All five, in the order of the state vector.
    pub const ALL: [Self; 5] = [Self::Lateral, Self::Depth, Self::DiameterV, Self::DiameterH, Self::Heading];

    /// Name as written into records.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Lateral => "lateral_m",
            Self::Depth => "depth_m",
            Self::DiameterV => "diameter_v_m",
            Self::DiameterH => "diameter_h_m",
            Self::Heading => "heading_rad",
        }
    }
}

/// What an instrument saw of a vein at one place. Absent values were not seen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, tag = "kind", rename_all = "snake_case")]
pub enum Measurement {
    /// Near-infrared camera.
    NearInfrared {
        /// x of the vein's axis [m].
        lateral_m: f64,
        /// Standard deviation of `lateral_m` as the detector states it [m]; the camera's own error is added.
        lateral_sd_m: f64,
        /// Apparent width, if the detector gives one [m].
        width_m: Option<f64>,
        /// Depth guessed from contrast and blur, if the detector gives one [m].
        depth_m: Option<f64>,
        /// Direction of the vein [rad], if the detector gives one.
        heading_rad: Option<f64>,
    },
    /// Ultrasound, short axis (or long axis without `lateral_m` and `diameter_h_m`).
    Ultrasound {
        /// x of the vein's axis [m].
        lateral_m: Option<f64>,
        /// Skin to front wall as the scanner shows it with its 1540 m/s, not corrected [m].
        depth_m: Option<f64>,
        /// Lumen height as the scanner shows it [m].
        diameter_v_m: Option<f64>,
        /// Lumen width [m].
        diameter_h_m: Option<f64>,
        /// Direction of the vein [rad], from two or more frames.
        heading_rad: Option<f64>,
    },
}

/// What became of a measurement.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct UpdateOutcome {
    /// Whether it was used.
    pub accepted: bool,
    /// Normalised innovation squared [1].
    pub nis: f64,
    /// Value above which a measurement is refused [1].
    pub limit: f64,
    /// Number of scalar values in the measurement.
    pub value_count: u32,
}

/// Belief about one vein at one place: a Gaussian over (lateral, ln depth, ln diameters, heading).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SiteBelief {
    /// Which vein, if it was identified.
    pub vein: Option<VesselKind>,
    /// Where along the arm [m].
    pub z_m: f64,
    /// Mean of the state vector.
    pub mean: [f64; 5],
    /// Covariance of the state vector.
    pub covariance: [[f64; 5]; 5],
    /// Measurements used.
    pub accepted_count: u32,
    /// Measurements refused by the gate.
    pub refused_count: u32,
}

impl SiteBelief {
    /// What the twin's parameters say about a named vein at a place, before any measurement of this visit.
    ///
    /// # Errors
    /// [`TwinError`] when the twin lacks a parameter or the vein does not pass there.
    pub fn prior(twin: &Twin, vein: VesselKind, z_m: f64) -> Result<Self, TwinError> {
        let _ = twin;
        Err(TwinError::Parameter { name: vein.name().into(), what: format!("no belief yet at z = {z_m} m") })
    }
}
