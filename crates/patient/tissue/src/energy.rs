//! Where the driver's work goes.

use serde::{Deserialize, Serialize};

/// Sums since the state was made. `work_j + geometry_j` = stored + `friction_j` + `cutting_j` + `rupture_j`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct NeedleEnergy {
    /// Work of the driver along the axis, ∫ F dx [J].
    pub work_j: f64,
    /// Work of tissue that moved by itself against the tip [J].
    pub geometry_j: f64,
    /// Lost in friction along the shaft [J], never falls.
    pub friction_j: f64,
    /// Lost in cutting [J], never falls.
    pub cutting_j: f64,
    /// Lost when membranes give way and tissue snaps back [J], never falls.
    pub rupture_j: f64,
}

impl NeedleEnergy {
    pub(crate) const ZERO: Self = Self { work_j: 0.0, geometry_j: 0.0, friction_j: 0.0, cutting_j: 0.0, rupture_j: 0.0 };

    /// All that was lost [J].
    #[must_use]
    pub fn dissipated_j(&self) -> f64 {
        self.friction_j + self.cutting_j + self.rupture_j
    }
}
