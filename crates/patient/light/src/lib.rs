//! Photons through tissue: Monte Carlo in layers, tubes and voxels, and the reflectance kernels built from it.
//!
//! Lengths in metres and coefficients in 1/m, wavelengths in nanometres. Depth z grows into the tissue, a
//! vein runs along y. Knows optics only: no arm, no camera, no picture.

mod absorption_map;
mod azimuth;
mod diffusion;
mod engine;
mod error;
mod experiment;
mod exponential;
mod held_out;
mod kernel;
mod ledger;
mod lens;
mod optics;
mod patch;
mod physics;
mod random;
mod real;
mod reference;
mod run;
mod single;
mod source;
mod table;
mod tissue;
mod voxel;
mod voxel_safe;

pub use absorption_map::{AbsorptionMap, RING_COUNT_MAX, RingGrid};
pub use error::LightError;
pub use experiment::{Counted, Experiment, Tallies, fluence_per_m2};
pub use held_out::{COMPARED_HALF_WIDTH_M, Comparison, HeldOut};
pub use kernel::{KernelCamera, VeinSection};
pub use lens::{Lens, Polariser};
pub use optics::{
    MelanosomeFormula, Scatterer, SkinOptics, blood_absorption_per_m, reduced_scattering_per_m, skin_baseline_absorption_per_m,
};
pub use patch::{PatchPicture, SkinPatch, StraightVein};
pub use reference::{
    SKIN_TONE_FATS_M, SKIN_TONES, SkinTone, SlabCase, five_layers, invisible_cylinder, skin_tone, skin_tone_layers, slab_cases,
};
pub use run::{BIN_COUNT_MAX, Balance, Estimate, MonteCarlo, PHOTON_COUNT_MAX};
pub use single::Totals;
pub use source::Source;
pub use table::KernelTable;
pub use tissue::{Cylinder, Layer, TissueSpec, VOXEL_COUNT_MAX, VoxelMedium, VoxelTissue};
pub use voxel::{VoxelBalance, VoxelRun};
