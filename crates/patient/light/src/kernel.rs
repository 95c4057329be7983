//! The fast path: reflectance of skin and the darkening over a vein without following photons.

use serde::{Deserialize, Serialize};

use crate::{LightError, SkinOptics};

/// Cross-section of a vein as the camera's model sees it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct VeinSection {
    /// Depth of the lumen's top below the skin [m].
    pub top_depth_m: f64,
    /// Semi-axis of the lumen across [m].
    pub semi_h_m: f64,
    /// Semi-axis of the lumen along depth [m].
    pub semi_v_m: f64,
}

/// Emulator of what the Monte Carlo engine would say, for one person's optics.
#[derive(Clone, Debug, PartialEq)]
pub struct KernelCamera {
    optics: SkinOptics,
}

impl KernelCamera {
    /// Prepare the kernels of one person.
    ///
    /// # Errors
    /// [`LightError::OutOfRange`] that names the offending field.
    pub fn new(optics: &SkinOptics) -> Result<Self, LightError> {
        optics.check()?;
        Err(LightError::BadKernels { line: 0, what: "not built yet".into() })
    }

    /// The optics that it was made for.
    #[must_use]
    pub fn optics(&self) -> &SkinOptics {
        &self.optics
    }
}
