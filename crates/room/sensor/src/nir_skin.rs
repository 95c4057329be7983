//! The arm as near-infrared light sees it: a map of reflectance over the skin.

use proband_volume::Plane;

/// Reflectance over the skin of one arm with its veins as they are now. Derived from anatomy and optics;
/// made anew when a vein changes its size or place.
#[derive(Clone, Debug, PartialEq)]
pub struct NirSkin {
    /// Diffuse reflectance [1], shape [along z, along x].
    pub reflectance: Plane<f32>,
}
