//! What the robot believes about one place of one vein. Built from a twin, updated by measurements; holds no truth.
//!
//! State x = (lateral, ln depth, ln vertical diameter, ln horizontal diameter, heading), Gaussian. Positive
//! quantities are kept in logarithms, so that no belief holds a negative diameter. Measurements are taken one value
//! after the other, each with an extended Kalman step (the same as all at once, for independent errors).

use nalgebra::{SMatrix, SVector};
use proband_anatomy::VesselKind;
use proband_core::ops;
use serde::{Deserialize, Serialize};

use crate::measurement::{Seen, SoundModel};
use crate::{Measurement, Twin, TwinError, expect};

/// Values above which the normalised innovation squared refuses a measurement: 99.9 % of χ² with 1 to 5 degrees of
/// freedom.
const GATES: [f64; 5] = [10.828, 13.816, 16.266, 18.467, 20.515];

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

    pub(crate) fn index(self) -> usize {
        self as usize
    }

    /// Whether the state holds its logarithm.
    fn is_log(self) -> bool {
        matches!(self, Self::Depth | Self::DiameterV | Self::DiameterH)
    }
}

/// What became of a measurement.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct UpdateOutcome {
    /// Whether it was used.
    pub accepted: bool,
    /// Normalised innovation squared [1]; infinite for a measurement that holds no value or one that is no number.
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
    /// How an ultrasound scanner's depths relate to true ones in this person.
    pub sound: SoundModel,
    /// Measurements used.
    pub accepted_count: u32,
    /// Measurements refused by the gate.
    pub refused_count: u32,
}

impl SiteBelief {
    /// What the twin's parameters say about a named vein at a place, before any measurement of this visit.
    ///
    /// Closed form: standard courses averaged over the patterns that have the vein, widened by the spread of the
    /// parameters and by [`expect::DISTENSION_SD`] for what a tourniquet does to the lumen.
    /// # Errors
    /// [`TwinError`] when the twin lacks a parameter or the vein does not pass there in any pattern.
    pub fn prior(twin: &Twin, vein: VesselKind, z_m: f64) -> Result<Self, TwinError> {
        let (mean, covariance) = expect::site(twin, vein, z_m)?;
        Ok(Self { vein: Some(vein), z_m, mean, covariance, sound: SoundModel::of(twin)?, accepted_count: 0, refused_count: 0 })
    }

    /// Beliefs about every vein that may pass at each of the places, in the order of places and veins.
    ///
    /// # Errors
    /// [`TwinError`] when the twin lacks a parameter.
    pub fn priors(twin: &Twin, z_m: &[f64]) -> Result<Vec<Self>, TwinError> {
        let mut beliefs = Vec::new();
        for z in z_m {
            for vein in VesselKind::VEINS {
                if expect::passes(vein, *z) {
                    beliefs.push(Self::prior(twin, vein, *z)?);
                }
            }
        }
        Ok(beliefs)
    }

    /// Expected value of a quantity [SI].
    #[must_use]
    pub fn value(&self, quantity: Quantity) -> f64 {
        let (mean, variance) = self.marginal(quantity);
        if quantity.is_log() { ops::exp(mean + 0.5 * variance) } else { mean }
    }

    /// Standard deviation of a quantity [SI].
    #[must_use]
    pub fn sd(&self, quantity: Quantity) -> f64 {
        let (_, variance) = self.marginal(quantity);
        if quantity.is_log() { self.value(quantity) * ops::exp_m1(variance).sqrt() } else { variance.sqrt() }
    }

    /// Value below which a quantity lies with the given probability [SI].
    #[must_use]
    pub fn quantile(&self, quantity: Quantity, probability: f64) -> f64 {
        let (mean, variance) = self.marginal(quantity);
        let q = proband_core::Distribution::Normal { mean, sd: variance.sqrt() }.quantile(probability);
        if quantity.is_log() { ops::exp(q) } else { q }
    }

    fn marginal(&self, quantity: Quantity) -> (f64, f64) {
        let i = quantity.index();
        (self.mean[i], self.covariance[i][i].max(0.0))
    }

    /// Take a measurement, unless it disagrees with the belief beyond the gate; then only the count of refusals
    /// changes.
    pub fn update(&mut self, measurement: &Measurement) -> UpdateOutcome {
        let seen = measurement.seen();
        let value_count = seen.len() as u32;
        let limit = GATES[(seen.len().max(1) - 1).min(GATES.len() - 1)];
        let refused = UpdateOutcome { accepted: false, nis: f64::INFINITY, limit, value_count };
        if seen.is_empty() || !seen.iter().all(Seen::is_possible) {
            self.refused_count = self.refused_count.saturating_add(1);
            return refused;
        }
        let mut x = SVector::<f64, 5>::from(self.mean);
        let mut p = SMatrix::<f64, 5, 5>::from_fn(|i, j| self.covariance[i][j]);
        let mut nis = 0.0;
        for value in &seen {
            nis += self.step(&mut x, &mut p, value);
        }
        if !nis.is_finite() || nis > limit {
            self.refused_count = self.refused_count.saturating_add(1);
            return UpdateOutcome { nis, ..refused };
        }
        self.mean = x.into();
        for i in 0..5 {
            for j in 0..5 {
                self.covariance[i][j] = 0.5 * (p[(i, j)] + p[(j, i)]);
            }
        }
        self.accepted_count = self.accepted_count.saturating_add(1);
        UpdateOutcome { accepted: true, nis, limit, value_count }
    }

    /// One scalar Kalman step; returns the squared innovation over its variance.
    fn step(&self, x: &mut SVector<f64, 5>, p: &mut SMatrix<f64, 5, 5>, seen: &Seen) -> f64 {
        let (i, innovation, slope, variance) = seen.innovation(x, &self.sound);
        let column: SVector<f64, 5> = p.column(i) * slope;
        let total = slope * slope * p[(i, i)] + variance;
        let gain = column / total;
        *x += gain * innovation;
        // Joseph form keeps the covariance positive: (I − K h) P (I − K h)ᵀ + K R Kᵀ.
        let mut keep = SMatrix::<f64, 5, 5>::identity();
        for row in 0..5 {
            keep[(row, i)] -= gain[row] * slope;
        }
        *p = keep * *p * keep.transpose() + gain * gain.transpose() * variance;
        innovation * innovation / total
    }
}
