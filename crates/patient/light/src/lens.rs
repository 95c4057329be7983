//! A lens with a polariser above the tissue, focused on its surface.

use serde::{Deserialize, Serialize};

use crate::LightError;
use crate::error::check;

/// What stands before the lens.
///
/// Polarisation is not followed through the tissue. Light mirrored at the surface keeps the lamp's polarisation, light
/// from within has lost it and half of it passes any polariser; what a few scatterings leave of it is not modelled.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Polariser {
    /// Nothing.
    Open,
    /// In the lamp's direction.
    Parallel,
    /// Across the lamp's direction.
    Crossed {
        /// Part of the lamp's polarisation that passes nevertheless [1].
        leak: f64,
    },
}

/// A camera that sees the surface sharply.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lens {
    /// Middle of the lens over the surface [m].
    pub at_m: [f64; 2],
    /// Height above the surface [m].
    pub height_m: f64,
    /// Radius of the aperture [m].
    pub radius_m: f64,
    /// Before the lens.
    pub polariser: Polariser,
    /// Half of the field on the surface across and along, round the origin [m].
    pub field_half_m: [f64; 2],
    /// Pixels across and along.
    pub pixels: [u32; 2],
}

/// Most pixels of a field.
const PIXELS_MAX: f64 = 524_288.0;

impl Lens {
    pub(crate) fn check(&self) -> Result<(), LightError> {
        for axis in 0..2 {
            check("at_m", self.at_m[axis], -10.0, 10.0)?;
            check("field_half_m", self.field_half_m[axis], 1e-6, 10.0)?;
        }
        check("height_m", self.height_m, 1e-4, 10.0)?;
        check("radius_m", self.radius_m, 1e-6, 10.0)?;
        if let Polariser::Crossed { leak } = self.polariser {
            check("leak", leak, 0.0, 1.0)?;
        }
        check("pixel count", f64::from(self.pixels[0]) * f64::from(self.pixels[1]), 1.0, PIXELS_MAX)?;
        Ok(())
    }

    /// Part of light from within that passes the polariser [1].
    pub(crate) fn passed(&self) -> f64 {
        if self.polariser == Polariser::Open { 1.0 } else { 0.5 }
    }

    /// Part of mirrored light that passes [1].
    pub(crate) fn mirrored(&self) -> f64 {
        if let Polariser::Crossed { leak } = self.polariser { leak } else { 1.0 }
    }

    /// Pixel of light that leaves the surface at a place with a direction (z < 0 is up); none beside aperture or field.
    #[inline]
    pub(crate) fn pixel(&self, place: [f64; 2], direction: [f64; 3]) -> Option<usize> {
        let way = self.height_m / (-direction[2]).max(1e-12);
        let off: [f64; 2] = std::array::from_fn(|a| place[a] + way * direction[a] - self.at_m[a]);
        if off[0] * off[0] + off[1] * off[1] > self.radius_m * self.radius_m {
            return None;
        }
        let at: [f64; 2] = std::array::from_fn(|a| (place[a] / self.field_half_m[a] + 1.0) * 0.5 * f64::from(self.pixels[a]));
        let within = (0..2).all(|a| at[a] >= 0.0 && at[a] < f64::from(self.pixels[a]));
        within.then(|| at[1] as usize * self.pixels[0] as usize + at[0] as usize)
    }
}
