//! Published and cross-computed cases for the photon engine.

use crate::{Cylinder, Layer, LightError, MonteCarlo, SkinOptics, TissueSpec};

/// A slab or half space with what it reflects (specular included) and transmits.
#[derive(Clone, Debug, PartialEq)]
pub struct SlabCase {
    /// Name as in the claim.
    pub name: &'static str,
    /// The tissue.
    pub tissue: TissueSpec,
}

fn slab(name: &'static str, index: f64, albedo: f64, anisotropy: f64, thickness_m: f64, total_per_m: f64) -> SlabCase {
    let layer =
        Layer { index, absorption_per_m: (1.0 - albedo) * total_per_m, scattering_per_m: albedo * total_per_m, anisotropy, thickness_m };
    SlabCase { name, tissue: TissueSpec::in_air(vec![layer]) }
}

/// The slabs A1 to A7: van de Hulst 1980 (A1, A2), Giovanelli 1955 (A3), adding–doubling (A4 to A7).
#[must_use]
pub fn slab_cases() -> Vec<SlabCase> {
    let per_m = 10_000.0;
    vec![
        slab("A1", 1.0, 0.9, 0.75, 2.0 / per_m, per_m),
        slab("A2", 1.0, 0.9, 0.0, 2.0 / per_m, per_m),
        slab("A3", 1.5, 0.9, 0.0, 1e6, per_m),
        slab("A4", 1.4, 0.99, 0.9, 1.0 / per_m, per_m),
        slab("A5", 1.4, 0.99, 0.9, 10.0 / per_m, per_m),
        slab("A6", 1.4, 0.99, 0.9, 100.0 / per_m, per_m),
        slab("A7", 1.4, 0.99, 0.9, 1e6, per_m),
    ]
}

/// The five-layer deck S5, a cross-code case without claim to biology.
#[must_use]
pub fn five_layers() -> TissueSpec {
    let layer = |index, absorption, scattering, anisotropy, thickness| Layer {
        index,
        absorption_per_m: 100.0 * absorption,
        scattering_per_m: 100.0 * scattering,
        anisotropy,
        thickness_m: 0.01 * thickness,
    };
    TissueSpec::in_air(vec![
        layer(1.50, 0.20, 1_000.0, 0.80, 0.002),
        layer(1.34, 0.15, 400.0, 0.80, 0.008),
        layer(1.40, 0.70, 300.0, 0.90, 0.018),
        layer(1.39, 1.00, 350.0, 0.95, 0.016),
        layer(1.40, 0.70, 200.0, 0.76, 0.162),
    ])
}

/// Row of the skin-tone comparison: reflectance without and with a 3 mm sheet of blood, by the engine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SkinTone {
    /// Melanosome fraction [1].
    pub melanin_fraction: f64,
    /// Fat above the sheet [m].
    pub fat_above_m: f64,
    /// Diffuse reflectance without the sheet [1].
    pub without: f64,
    /// Diffuse reflectance with it [1].
    pub with: f64,
}

impl SkinTone {
    /// (R₀ − R)/R₀.
    #[must_use]
    pub fn contrast(&self) -> f64 {
        (self.without - self.with) / self.without
    }
}

/// Pigmentations and fat of the skin-tone comparison.
pub const SKIN_TONES: [f64; 4] = [0.03, 0.13, 0.30, 0.43];
/// Fat above the sheet [m].
pub const SKIN_TONE_FATS_M: [f64; 2] = [1e-3, 3e-3];
/// Thickness of the sheet and of the fat below it [m].
const SHEET_M: f64 = 3e-3;

/// Layers of one cell of the comparison.
#[must_use]
pub fn skin_tone_layers(melanin_fraction: f64, fat_above_m: f64, with_sheet: bool) -> TissueSpec {
    let optics = SkinOptics::reference(850.0, melanin_fraction);
    let mut layers = optics.layers(fat_above_m + 2.0 * SHEET_M);
    if with_sheet {
        layers[2].thickness_m = fat_above_m;
        layers.splice(3..3, [optics.blood_layer(SHEET_M), optics.fat_layer(SHEET_M)]);
    }
    TissueSpec::in_air(layers)
}

/// Compute one row with `photon_count` photons for each of its two runs.
///
/// # Errors
/// [`LightError`] for no photons.
pub fn skin_tone(melanin_fraction: f64, fat_above_m: f64, photon_count: u64, seed: u64) -> Result<SkinTone, LightError> {
    let run = |with: bool, seed: u64| {
        MonteCarlo { photon_count, seed, half_width_m: 0.0, bin_count: 0 }
            .run(&skin_tone_layers(melanin_fraction, fat_above_m, with))
            .map(|b| b.diffuse_reflectance.mean)
    };
    Ok(SkinTone { melanin_fraction, fat_above_m, without: run(false, seed)?, with: run(true, seed.wrapping_add(1))? })
}

/// A cylinder of the medium around it: must change nothing.
#[must_use]
pub fn invisible_cylinder(tissue: &TissueSpec, layer: usize, centre_z_m: f64, semi_m: f64) -> TissueSpec {
    let around = &tissue.layers[layer];
    let cylinder = Cylinder {
        centre_x_m: 0.0,
        centre_z_m,
        semi_x_m: semi_m,
        semi_z_m: semi_m,
        index: around.index,
        absorption_per_m: around.absorption_per_m,
        scattering_per_m: around.scattering_per_m,
        anisotropy: around.anisotropy,
    };
    TissueSpec { cylinders: vec![cylinder], ..tissue.clone() }
}
