//! Optical properties of skin, fat, muscle and blood between 740 and 950 nm.

use proband_core::ops;
use serde::{Deserialize, Serialize};

use crate::error::check;
use crate::{Layer, LightError};

/// Which published formula gives the absorption of a melanosome. They differ by 1.4 times at 850 nm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MelanosomeFormula {
    /// 6.6·10¹¹ λ^−3.33 cm⁻¹, λ in nm (Jacques 1998, Oregon Medical Laser Center; form unverified).
    A,
    /// 1.70·10¹² λ^−3.48 cm⁻¹ (Oregon Medical Laser Center, skin).
    B,
    /// 519 (λ/500)^−3.5 cm⁻¹ (Jacques 2013, Phys Med Biol 58:R37).
    C,
}

impl MelanosomeFormula {
    /// Absorption coefficient of a melanosome [1/m] at a wavelength in nanometres.
    #[must_use]
    pub fn absorption_per_m(self, wavelength_nm: f64) -> f64 {
        100.0
            * match self {
                Self::A => 6.6e11 * ops::powf(wavelength_nm, -3.33),
                Self::B => 1.70e12 * ops::powf(wavelength_nm, -3.48),
                Self::C => 519.0 * ops::powf(wavelength_nm / 500.0, -3.5),
            }
    }
}

/// Absorption of bloodless skin without melanin [1/m]: 0.244 + 85.3 exp(−(λ − 154)/66.2) cm⁻¹, λ in nm.
///
/// # Source
/// Oregon Medical Laser Center, skin optics.
#[must_use]
pub fn skin_baseline_absorption_per_m(wavelength_nm: f64) -> f64 {
    100.0 * (0.244 + 85.3 * ops::exp(-(wavelength_nm - 154.0) / 66.2))
}

/// Tissues whose reduced scattering follows a power law.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scatterer {
    /// Epidermis and dermis.
    Skin,
    /// Fibrous tissue.
    Fibrous,
    /// Muscle and other soft tissue.
    Soft,
    /// Fat.
    Fatty,
}

/// Reduced scattering [1/m]: a (λ/500)^−b, λ in nm.
///
/// # Source
/// Coefficients tabulated in Jacques 2013, Phys Med Biol 58:R37 (transcription unverified).
#[must_use]
pub fn reduced_scattering_per_m(tissue: Scatterer, wavelength_nm: f64) -> f64 {
    let (a, b) = match tissue {
        Scatterer::Skin => (46.0, 1.421),
        Scatterer::Fibrous => (27.1, 1.627),
        Scatterer::Soft => (18.9, 1.286),
        Scatterer::Fatty => (18.4, 0.672),
    };
    100.0 * a * ops::powf(wavelength_nm / 500.0, -b)
}

/// Molar extinction of haemoglobin (oxygenated, deoxygenated) [1/(cm M)] at 760, 800, 850 and 940 nm: the two cross near
/// 798 nm. Prior: unverified transcription of the Oregon Medical Laser Center compilation.
const HAEMOGLOBIN: [(f64, f64, f64); 4] = [(760.0, 586.0, 1548.0), (800.0, 816.0, 762.0), (850.0, 1058.0, 691.0), (940.0, 1214.0, 693.0)];

/// Molar mass of haemoglobin in the convention of the extinction table [g/mol].
const HAEMOGLOBIN_G_PER_MOL: f64 = 64_500.0;

/// Absorption of whole blood [1/m].
///
/// μa = 2.303 ε c / 64 500, with c the haemoglobin in g/L and ε interpolated (linear in wavelength between the
/// four tabulated ones, constant outside) and mixed by saturation.
///
/// # Valid
/// 740 to 950 nm. Between the tabulated wavelengths the deoxyhaemoglobin band at 760 nm is cut off linearly.
#[must_use]
pub fn blood_absorption_per_m(wavelength_nm: f64, saturation: f64, haemoglobin_kg_per_m3: f64) -> f64 {
    let after = HAEMOGLOBIN.partition_point(|row| row.0 <= wavelength_nm).clamp(1, HAEMOGLOBIN.len() - 1);
    let (low, high) = (HAEMOGLOBIN[after - 1], HAEMOGLOBIN[after]);
    let t = ((wavelength_nm - low.0) / (high.0 - low.0)).clamp(0.0, 1.0);
    let oxygenated = low.1 + t * (high.1 - low.1);
    let deoxygenated = low.2 + t * (high.2 - low.2);
    let extinction = saturation * oxygenated + (1.0 - saturation) * deoxygenated;
    100.0 * 2.303 * extinction * haemoglobin_kg_per_m3 / HAEMOGLOBIN_G_PER_MOL
}

/// What light meets in one person's arm, at one wavelength. Every value is one draw of an uncertain one.
///
/// Published skin coefficients disagree by orders of magnitude between laboratories (Lister 2012,
/// J Biomed Opt 17): sample these, do not quote them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SkinOptics {
    /// Wavelength of the lamp [nm], 740 to 950.
    pub wavelength_nm: f64,
    /// Volume fraction of melanosomes in the epidermis [1], 0 to 0.5.
    pub melanin_fraction: f64,
    /// Formula for the melanosome.
    pub melanosome: MelanosomeFormula,
    /// Factor on the formula [1]: single melanosomes spread ten-fold; log-normal(0, 0.3) is the prior.
    pub melanosome_scale: f64,
    /// Thickness of the epidermis [m]. The same as the arm's.
    pub epidermis_m: f64,
    /// Thickness of the dermis [m]. The same as the arm's.
    pub dermis_m: f64,
    /// Volume fraction of blood in the dermis [1].
    pub dermis_blood_fraction: f64,
    /// Oxygen saturation of that blood [1].
    pub dermis_saturation: f64,
    /// Haemoglobin in blood [kg/m³] (150 kg/m³ = 15 g/dL).
    pub haemoglobin_kg_per_m3: f64,
    /// Oxygen saturation of the blood in the veins [1].
    pub vein_saturation: f64,
    /// Reduced scattering of epidermis and dermis at this wavelength [1/m].
    pub skin_reduced_scattering_per_m: f64,
    /// Reduced scattering of fat [1/m].
    pub fat_reduced_scattering_per_m: f64,
    /// Reduced scattering of muscle [1/m].
    pub muscle_reduced_scattering_per_m: f64,
    /// Reduced scattering of blood [1/m].
    pub blood_reduced_scattering_per_m: f64,
    /// Absorption of fat [1/m].
    pub fat_absorption_per_m: f64,
    /// Absorption of muscle [1/m].
    pub muscle_absorption_per_m: f64,
    /// Mean cosine of a scattering angle in tissue [1].
    pub tissue_anisotropy: f64,
    /// Mean cosine of a scattering angle in blood [1].
    pub blood_anisotropy: f64,
    /// Refractive index of epidermis and dermis [1].
    pub skin_index: f64,
    /// Refractive index of fat [1].
    pub fat_index: f64,
    /// Refractive index of muscle and of blood [1].
    pub muscle_index: f64,
    /// Relative spread of the skin's reflectance over its surface by uneven pigment and blood [1].
    pub mottle_relative: f64,
    /// Length over which the mottling changes [m].
    pub mottle_length_m: f64,
    /// Relative spread by furrows and pores, finer than the mottling [1].
    pub texture_relative: f64,
    /// Dark hairs per area [1/m²]; 0 for none.
    pub hair_density_per_m2: f64,
}

impl SkinOptics {
    /// The arm of the published skin-tone comparison: mean of every prior, 850 nm for preference.
    ///
    /// Melanosome formula A, 60 µm of epidermis, 1.5 mm of dermis with 0.2 % blood, venous saturation 0.7.
    /// # Source
    /// Scattering after Jacques 2013; blood after Friebel and Meinke 2009 (reduced scattering 10 cm⁻¹);
    /// the rest prior: unverified.
    #[must_use]
    pub fn reference(wavelength_nm: f64, melanin_fraction: f64) -> Self {
        Self {
            wavelength_nm,
            melanin_fraction,
            melanosome: MelanosomeFormula::A,
            melanosome_scale: 1.0,
            epidermis_m: 60e-6,
            dermis_m: 1.5e-3,
            dermis_blood_fraction: 0.002,
            dermis_saturation: 0.7,
            haemoglobin_kg_per_m3: 150.0,
            vein_saturation: 0.7,
            skin_reduced_scattering_per_m: reduced_scattering_per_m(Scatterer::Skin, wavelength_nm),
            fat_reduced_scattering_per_m: reduced_scattering_per_m(Scatterer::Fatty, wavelength_nm),
            muscle_reduced_scattering_per_m: reduced_scattering_per_m(Scatterer::Soft, wavelength_nm),
            blood_reduced_scattering_per_m: 1_000.0,
            fat_absorption_per_m: 10.0,
            muscle_absorption_per_m: 30.0,
            tissue_anisotropy: 0.9,
            blood_anisotropy: 0.975,
            skin_index: 1.40,
            fat_index: 1.44,
            muscle_index: 1.37,
            mottle_relative: 0.03,
            mottle_length_m: 4e-3,
            texture_relative: 0.02,
            hair_density_per_m2: 0.0,
        }
    }

    /// Check every number.
    ///
    /// # Errors
    /// [`LightError::OutOfRange`] that names the first offending field.
    pub fn check(&self) -> Result<(), LightError> {
        check("wavelength_nm", self.wavelength_nm, 740.0, 950.0)?;
        check("melanin_fraction", self.melanin_fraction, 0.0, 0.5)?;
        check("melanosome_scale", self.melanosome_scale, 0.01, 20.0)?;
        check("epidermis_m", self.epidermis_m, 10e-6, 1e-3)?;
        check("dermis_m", self.dermis_m, 0.2e-3, 5e-3)?;
        check("dermis_blood_fraction", self.dermis_blood_fraction, 0.0, 0.2)?;
        check("dermis_saturation", self.dermis_saturation, 0.0, 1.0)?;
        check("haemoglobin_kg_per_m3", self.haemoglobin_kg_per_m3, 20.0, 250.0)?;
        check("vein_saturation", self.vein_saturation, 0.0, 1.0)?;
        for (name, value) in [
            ("skin_reduced_scattering_per_m", self.skin_reduced_scattering_per_m),
            ("fat_reduced_scattering_per_m", self.fat_reduced_scattering_per_m),
            ("muscle_reduced_scattering_per_m", self.muscle_reduced_scattering_per_m),
            ("blood_reduced_scattering_per_m", self.blood_reduced_scattering_per_m),
        ] {
            check(name, value, 100.0, 10_000.0)?;
        }
        check("fat_absorption_per_m", self.fat_absorption_per_m, 0.1, 300.0)?;
        check("muscle_absorption_per_m", self.muscle_absorption_per_m, 0.1, 500.0)?;
        check("tissue_anisotropy", self.tissue_anisotropy, 0.0, 0.99)?;
        check("blood_anisotropy", self.blood_anisotropy, 0.0, 0.999)?;
        for (name, value) in [("skin_index", self.skin_index), ("fat_index", self.fat_index), ("muscle_index", self.muscle_index)] {
            check(name, value, 1.3, 1.6)?;
        }
        check("mottle_relative", self.mottle_relative, 0.0, 0.5)?;
        check("mottle_length_m", self.mottle_length_m, 0.5e-3, 0.1)?;
        check("texture_relative", self.texture_relative, 0.0, 0.5)?;
        check("hair_density_per_m2", self.hair_density_per_m2, 0.0, 1e6)?;
        Ok(())
    }

    /// Absorption of the epidermis [1/m]: f μa(melanosome) + (1 − f) μa(baseline).
    #[must_use]
    pub fn epidermis_absorption_per_m(&self) -> f64 {
        let melanosome = self.melanosome_scale * self.melanosome.absorption_per_m(self.wavelength_nm);
        self.melanin_fraction * melanosome + (1.0 - self.melanin_fraction) * skin_baseline_absorption_per_m(self.wavelength_nm)
    }

    /// Absorption of the dermis [1/m]: blood and bloodless skin mixed by volume.
    #[must_use]
    pub fn dermis_absorption_per_m(&self) -> f64 {
        let blood = blood_absorption_per_m(self.wavelength_nm, self.dermis_saturation, self.haemoglobin_kg_per_m3);
        self.dermis_blood_fraction * blood + (1.0 - self.dermis_blood_fraction) * skin_baseline_absorption_per_m(self.wavelength_nm)
    }

    /// Absorption of the blood in the veins [1/m].
    #[must_use]
    pub fn vein_absorption_per_m(&self) -> f64 {
        blood_absorption_per_m(self.wavelength_nm, self.vein_saturation, self.haemoglobin_kg_per_m3)
    }

    fn layer(&self, index: f64, absorption_per_m: f64, reduced_per_m: f64, anisotropy: f64, thickness_m: f64) -> Layer {
        Layer { index, absorption_per_m, scattering_per_m: reduced_per_m / (1.0 - anisotropy), anisotropy, thickness_m }
    }

    /// Blood in a vein, as a layer of the given thickness [m].
    #[must_use]
    pub fn blood_layer(&self, thickness_m: f64) -> Layer {
        self.layer(self.muscle_index, self.vein_absorption_per_m(), self.blood_reduced_scattering_per_m, self.blood_anisotropy, thickness_m)
    }

    /// Fat of the given thickness [m].
    #[must_use]
    pub fn fat_layer(&self, thickness_m: f64) -> Layer {
        self.layer(self.fat_index, self.fat_absorption_per_m, self.fat_reduced_scattering_per_m, self.tissue_anisotropy, thickness_m)
    }

    /// Epidermis, dermis, `fat_m` [m] of fat and 20 mm of muscle, from the skin down.
    #[must_use]
    pub fn layers(&self, fat_m: f64) -> Vec<Layer> {
        let (skin, g) = (self.skin_reduced_scattering_per_m, self.tissue_anisotropy);
        let mut layers = vec![
            self.layer(self.skin_index, self.epidermis_absorption_per_m(), skin, g, self.epidermis_m),
            self.layer(self.skin_index, self.dermis_absorption_per_m(), skin, g, self.dermis_m),
        ];
        if fat_m > 0.0 {
            layers.push(self.fat_layer(fat_m));
        }
        layers.push(self.layer(self.muscle_index, self.muscle_absorption_per_m, self.muscle_reduced_scattering_per_m, g, MUSCLE_M));
        layers
    }
}

/// Muscle taken under the fat [m]: beyond it nothing comes back (an effective attenuation of 3 cm⁻¹ leaves e⁻¹² there and back).
const MUSCLE_M: f64 = 20e-3;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn near(value: f64, expected: f64, relative: f64) {
        assert!((value / expected - 1.0).abs() < relative, "{value} is not {expected}");
    }

    /// Give the coefficients printed in the skin-tone table for four pigmentations at 850 nm.
    #[test]
    fn coefficients_follow_the_table() {
        for (fraction, expected) in [(0.03, 371.99), (0.13, 1_529.85), (0.30, 3_498.21), (0.43, 5_003.43)] {
            near(SkinOptics::reference(850.0, fraction).epidermis_absorption_per_m(), expected, 1e-4);
        }
        let optics = SkinOptics::reference(850.0, 0.03);
        optics.check().unwrap();
        near(optics.dermis_absorption_per_m(), 25.5979, 1e-4);
        near(optics.vein_absorption_per_m(), 507.729, 2e-4);
        near(optics.skin_reduced_scattering_per_m, 2_164.16, 1e-4);
        near(optics.fat_reduced_scattering_per_m, 1_288.12, 1e-4);
        near(optics.muscle_reduced_scattering_per_m, 955.222, 1e-4);
    }

    /// Give the printed melanosome and blood coefficients at 760, 850 and 940 nm.
    #[test]
    fn chromophores_follow_the_table() {
        for (formula, values) in [
            (MelanosomeFormula::A, [168.0, 116.0, 83.0]),
            (MelanosomeFormula::B, [160.0, 109.0, 77.0]),
            (MelanosomeFormula::C, [120.0, 81.0, 57.0]),
        ] {
            for (nm, value) in [760.0, 850.0, 940.0].into_iter().zip(values) {
                near(formula.absorption_per_m(nm), 100.0 * value, 0.008);
            }
        }
        for (nm, saturation, value) in
            [(760.0, 0.0, 8.29), (760.0, 0.7, 4.69), (850.0, 0.5, 4.69), (940.0, 0.75, 5.81), (940.0, 0.98, 6.45)]
        {
            near(blood_absorption_per_m(nm, saturation, 150.0), 100.0 * value, 0.002);
        }
    }

    /// Name the field that is out of range.
    #[test]
    fn bad_numbers_are_named() {
        let bad = SkinOptics { melanin_fraction: f64::NAN, ..SkinOptics::reference(850.0, 0.1) };
        assert!(matches!(bad.check(), Err(LightError::OutOfRange { name: "melanin_fraction", .. })));
        assert!(SkinOptics { fat_index: 0.5, ..SkinOptics::reference(850.0, 0.1) }.check().is_err());
    }
}
