//! Geometry that photons walk through: flat layers, optionally with one horizontal elliptic cylinder.

use serde::{Deserialize, Serialize};

use crate::LightError;
use crate::error::check;

/// One layer of tissue, infinite sideways.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Layer {
    /// Refractive index [1].
    pub index: f64,
    /// Absorption coefficient μa [1/m].
    pub absorption_per_m: f64,
    /// Scattering coefficient μs [1/m].
    pub scattering_per_m: f64,
    /// Mean cosine of the scattering angle g [1].
    pub anisotropy: f64,
    /// Thickness [m].
    pub thickness_m: f64,
}

/// A vein: an elliptic cylinder along y that lies within one layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cylinder {
    /// Lateral position of the axis [m].
    pub centre_x_m: f64,
    /// Depth of the axis below the surface [m].
    pub centre_z_m: f64,
    /// Semi-axis across [m].
    pub semi_x_m: f64,
    /// Semi-axis along depth [m].
    pub semi_z_m: f64,
    /// Refractive index inside [1].
    pub index: f64,
    /// Absorption coefficient inside [1/m].
    pub absorption_per_m: f64,
    /// Scattering coefficient inside [1/m].
    pub scattering_per_m: f64,
    /// Mean cosine of the scattering angle inside [1].
    pub anisotropy: f64,
}

/// Flat layers under air (or any medium) with at most a few cylinders in them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TissueSpec {
    /// Refractive index above [1].
    pub index_above: f64,
    /// Refractive index below [1].
    pub index_below: f64,
    /// Layers from the surface down, 1 to 32.
    pub layers: Vec<Layer>,
    /// Veins, 0 to 8, none touching a boundary or one another.
    pub cylinders: Vec<Cylinder>,
}

impl TissueSpec {
    /// Layers in air without veins.
    #[must_use]
    pub fn in_air(layers: Vec<Layer>) -> Self {
        Self { index_above: 1.0, index_below: 1.0, layers, cylinders: Vec::new() }
    }

    /// Check every number, and that each cylinder lies within one layer.
    ///
    /// # Errors
    /// [`LightError`] that names the field or the cylinder.
    pub fn check(&self) -> Result<(), LightError> {
        check("index_above", self.index_above, 1.0, 3.0)?;
        check("index_below", self.index_below, 1.0, 3.0)?;
        check("layer count", self.layers.len() as f64, 1.0, 32.0)?;
        check("cylinder count", self.cylinders.len() as f64, 0.0, 8.0)?;
        for layer in &self.layers {
            check("index", layer.index, 1.0, 3.0)?;
            check("absorption_per_m", layer.absorption_per_m, 0.0, 1e7)?;
            check("scattering_per_m", layer.scattering_per_m, 0.0, 1e9)?;
            check("anisotropy", layer.anisotropy, -0.999, 0.999)?;
            check("thickness_m", layer.thickness_m, 1e-9, 1e9)?;
        }
        for (i, cylinder) in self.cylinders.iter().enumerate() {
            check("centre_x_m", cylinder.centre_x_m, -1.0, 1.0)?;
            check("semi_x_m", cylinder.semi_x_m, 1e-6, 0.1)?;
            check("semi_z_m", cylinder.semi_z_m, 1e-6, 0.1)?;
            check("index", cylinder.index, 1.0, 3.0)?;
            check("absorption_per_m", cylinder.absorption_per_m, 0.0, 1e7)?;
            check("scattering_per_m", cylinder.scattering_per_m, 0.0, 1e9)?;
            check("anisotropy", cylinder.anisotropy, -0.999, 0.999)?;
            if self.layer_around(cylinder).is_none() {
                return Err(LightError::BadTissue {
                    what: format!(
                        "cylinder {i} from {} to {} m does not lie within one layer",
                        cylinder.centre_z_m - cylinder.semi_z_m,
                        cylinder.centre_z_m + cylinder.semi_z_m
                    ),
                });
            }
            let apart = |other: &Cylinder| {
                (cylinder.centre_x_m - other.centre_x_m).abs() > cylinder.semi_x_m + other.semi_x_m
                    || (cylinder.centre_z_m - other.centre_z_m).abs() > cylinder.semi_z_m + other.semi_z_m
            };
            if let Some(j) = self.cylinders[..i].iter().position(|other| !apart(other)) {
                return Err(LightError::BadTissue { what: format!("the boxes of cylinders {j} and {i} overlap") });
            }
        }
        Ok(())
    }

    /// Index of the layer that holds the whole cylinder.
    pub(crate) fn layer_around(&self, cylinder: &Cylinder) -> Option<usize> {
        let mut top = 0.0;
        for (i, layer) in self.layers.iter().enumerate() {
            let bottom = top + layer.thickness_m;
            if cylinder.centre_z_m - cylinder.semi_z_m >= top && cylinder.centre_z_m + cylinder.semi_z_m <= bottom {
                return Some(i);
            }
            top = bottom;
        }
        None
    }
}

/// What one label of a box of voxels is made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VoxelMedium {
    /// Refractive index [1].
    pub index: f64,
    /// Absorption coefficient μa [1/m].
    pub absorption_per_m: f64,
    /// Scattering coefficient μs [1/m].
    pub scattering_per_m: f64,
    /// Mean cosine of the scattering angle g [1].
    pub anisotropy: f64,
}

/// A box of voxels, each with the number of its medium; its corner lies at 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VoxelTissue {
    /// Voxels along x, y, z.
    pub size: [u32; 3],
    /// Edges of a voxel [m].
    pub voxel_m: [f64; 3],
    /// Number of each voxel's medium, shape [z][y][x].
    pub labels: Vec<u8>,
    /// Media by number.
    pub media: Vec<VoxelMedium>,
    /// Refractive index outside of the box [1].
    pub index_outside: f64,
}

/// Most voxels of a box.
pub const VOXEL_COUNT_MAX: u64 = 1 << 26;

impl VoxelTissue {
    /// Check every number, and that each voxel has a medium.
    ///
    /// # Errors
    /// [`LightError`] that names the field or the voxel.
    pub fn check(&self) -> Result<(), LightError> {
        let count: u64 = self.size.iter().map(|n| u64::from(*n)).fold(1, u64::saturating_mul);
        check("voxel count", count as f64, 1.0, VOXEL_COUNT_MAX as f64)?;
        check("index_outside", self.index_outside, 1.0, 3.0)?;
        for edge in self.voxel_m {
            check("voxel_m", edge, 1e-9, 1e3)?;
        }
        if self.labels.len() as u64 != count {
            return Err(LightError::BadTissue { what: format!("{} labels for {count} voxels", self.labels.len()) });
        }
        for medium in &self.media {
            check("index", medium.index, 1.0, 3.0)?;
            check("absorption_per_m", medium.absorption_per_m, 0.0, 1e7)?;
            check("scattering_per_m", medium.scattering_per_m, 0.0, 1e9)?;
            check("anisotropy", medium.anisotropy, -0.999, 0.999)?;
        }
        match self.labels.iter().position(|label| usize::from(*label) >= self.media.len()) {
            Some(at) => Err(LightError::BadTissue { what: format!("voxel {at} has label {}, which has no medium", self.labels[at]) }),
            None => Ok(()),
        }
    }
}
