//! The fast path against the reference path, on persons and veins that the table has never seen.

use proband_core::{Distribution, Stream, ops};

use crate::{KernelCamera, LightError, MelanosomeFormula, MonteCarlo, SkinOptics, SkinPatch, StraightVein, TissueSpec, VeinSection};

/// Half width of the strip that is compared [m]; the veins repeat beyond it.
pub const COMPARED_HALF_WIDTH_M: f64 = 15e-3;
/// Length of the strip along the vein, half of it: mirrors stand there, and the vein runs straight through [m].
const HALF_LENGTH_M: f64 = 2e-3;
/// Bins across the strip, 1 mm each; mirrored ones are averaged.
const BIN_COUNT: u32 = 30;

/// One person's optics with one vein.
#[derive(Clone, Debug, PartialEq)]
pub struct HeldOut {
    /// The optics.
    pub optics: SkinOptics,
    /// Thickness of the fat [m].
    pub fat_m: f64,
    /// The vein.
    pub vein: VeinSection,
}

/// Kernel camera against Monte Carlo engine for one case.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    /// Background by the engine [1].
    pub background: f64,
    /// Background by the kernels [1].
    pub background_kernel: f64,
    /// Largest contrast by the kernels [1].
    pub contrast_kernel: f64,
    /// Root mean square difference of the two pictures over the strip, over the engine's background [1]. Holds the
    /// engine's noise.
    pub rms: f64,
    /// The engine's noise in the same measure [1].
    pub rms_noise: f64,
    /// Mean difference of the two pictures over the background [1].
    pub bias: f64,
    /// Root mean square difference after each picture was divided by its own mean: what a background-normalising
    /// detector sees [1].
    pub rms_shape: f64,
    /// Sum over the bins of both paths' deviations from their own means, multiplied [1]; over [`Self::square`] it is
    /// the factor by which the engine's vein is darker than the kernels'.
    pub product: f64,
    /// Sum over the bins of the kernels' squared deviation from its own mean [1].
    pub square: f64,
}

impl HeldOut {
    /// The `index`-th case of a seed: optics around the reference by log-normal factors, veins over the range of
    /// the elbow (depth 2 to 9 mm, diameters 1 to 7 mm).
    ///
    /// # Source
    /// Spreads of 20 % on scattering and 30 % on absorption, prior: unverified. Veins after Park 2023, J Vasc Access.
    #[must_use]
    pub fn draw(seed: u64, index: u32) -> Self {
        let mut stream = Stream::new(seed, index, "light.held_out");
        let mut factor = |sigma: f64| Distribution::LogNormal { mu: 0.0, sigma }.sample(&mut stream);
        let mut optics = SkinOptics::reference(850.0, 0.0);
        optics.skin_reduced_scattering_per_m *= factor(0.2);
        optics.fat_reduced_scattering_per_m *= factor(0.2);
        optics.muscle_reduced_scattering_per_m *= factor(0.2);
        optics.blood_reduced_scattering_per_m *= factor(0.2);
        optics.fat_absorption_per_m *= factor(0.3);
        optics.muscle_absorption_per_m *= factor(0.3);
        optics.melanosome_scale = factor(0.3);
        optics.dermis_blood_fraction *= factor(0.5);
        optics.epidermis_m *= factor(0.2);
        optics.dermis_m *= factor(0.15);
        optics.haemoglobin_kg_per_m3 *= factor(0.1);
        optics.melanin_fraction = stream.uniform_in(0.01, 0.43);
        optics.melanosome = [MelanosomeFormula::A, MelanosomeFormula::B, MelanosomeFormula::C][stream.index(3) as usize];
        let top_depth_m = 2e-3 * ops::powf(4.5, stream.uniform()) + (optics.dermis_m - 1.5e-3).max(0.0);
        let semi_v_m = stream.uniform_in(0.5e-3, 2.5e-3);
        let semi_h_m = semi_v_m * stream.uniform_in(1.0, 1.7);
        let fat_m = top_depth_m + 2.0 * semi_v_m + stream.uniform_in(0.3e-3, 5e-3) - optics.epidermis_m - optics.dermis_m;
        Self { optics, fat_m, vein: VeinSection { top_depth_m, semi_h_m, semi_v_m } }
    }

    /// The skin without the vein, as the engine sees it.
    #[must_use]
    pub fn skin(&self) -> TissueSpec {
        TissueSpec::in_air(self.optics.layers(self.fat_m))
    }

    /// A strip of skin with the vein along its middle; the mirrors at its sides repeat it.
    #[must_use]
    pub fn strip(&self) -> SkinPatch {
        let vein = StraightVein {
            centre_m: [0.0, 0.0, self.vein.top_depth_m + self.vein.semi_v_m],
            heading_rad: 0.0,
            slope: 0.0,
            semi_h_m: self.vein.semi_h_m,
            semi_v_m: self.vein.semi_v_m,
            begins: false,
        };
        let half_m = [COMPARED_HALF_WIDTH_M, HALF_LENGTH_M];
        SkinPatch { optics: self.optics.clone(), fat_m: self.fat_m, half_m, veins: vec![vein] }
    }

    /// Compare both paths with `photon_count` photons for the picture and half as many for the background.
    ///
    /// The picture is that of [`SkinPatch::picture`]: one set of paths tells the light with full and with pale veins, so that
    /// their ratio has a fifth of the noise of the light itself, and a quarter of the photons do.
    ///
    /// # Errors
    /// [`LightError`] when a case cannot be computed.
    pub fn compare(&self, photon_count: u64, seed: u64) -> Result<Comparison, LightError> {
        let with = self.strip().picture(photon_count, seed, [BIN_COUNT, 1])?;
        let run = MonteCarlo { photon_count: photon_count.div_ceil(2), seed: seed ^ 0x5eed, half_width_m: 0.0, bin_count: 0 };
        let background = run.run(&self.skin())?.diffuse_reflectance.mean;
        let kernels = KernelCamera::new(&self.optics, self.fat_m)?;
        let background_kernel = kernels.background(self.fat_m);
        let width = 2.0 * COMPARED_HALF_WIDTH_M / f64::from(BIN_COUNT);
        let half = BIN_COUNT as usize / 2;
        let (mut engine, mut fast, mut noise) = (Vec::new(), Vec::new(), 0.0);
        for i in 0..half {
            let (a, b) = (with.reflectance[half + i], with.reflectance[half - 1 - i]);
            engine.push(0.5 * (a.mean + b.mean));
            noise += 0.25 * (a.error * a.error + b.error * b.error);
            // Mean over the bin by five points; the neighbouring veins of the repeated strip darken too.
            let contrast =
                |offset: f64| kernels.contrast(&self.vein, offset) + kernels.contrast(&self.vein, 2.0 * COMPARED_HALF_WIDTH_M - offset);
            let mean = (0..5).map(|k| contrast((i as f64 + 0.1 + 0.2 * f64::from(k)) * width)).sum::<f64>() / 5.0;
            fast.push(background_kernel * (1.0 - mean));
        }
        let count = half as f64;
        let mean = |values: &[f64]| values.iter().sum::<f64>() / count;
        let rms = |f: &dyn Fn(usize) -> f64| ((0..half).map(|i| f(i) * f(i)).sum::<f64>() / count).sqrt();
        let (mean_engine, mean_fast) = (mean(&engine), mean(&fast));
        let deviation = |i: usize| (fast[i] / mean_fast - 1.0, engine[i] / mean_engine - 1.0);
        Ok(Comparison {
            background,
            background_kernel,
            contrast_kernel: kernels.contrast(&self.vein, 0.0),
            rms: rms(&|i| (fast[i] - engine[i]) / background),
            rms_noise: (noise / count).sqrt() / background,
            bias: (mean_fast - mean_engine) / background,
            rms_shape: rms(&|i| fast[i] / mean_fast - engine[i] / mean_engine),
            product: (0..half).map(|i| deviation(i).0 * deviation(i).1).sum(),
            square: (0..half).map(|i| deviation(i).0 * deviation(i).0).sum(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Draw only persons and veins that the engine and the kernels accept.
    #[test]
    fn drawn_cases_are_valid() {
        for index in 0..200 {
            let case = HeldOut::draw(1, index);
            case.optics.check().unwrap();
            case.strip().check().unwrap();
            let kernels = KernelCamera::new(&case.optics, case.fat_m).unwrap();
            let (middle, beside) = (kernels.contrast(&case.vein, 0.0), kernels.contrast(&case.vein, 12e-3));
            assert!(middle > beside && beside >= 0.0 && middle < 0.6, "{middle} {beside} {case:?}");
        }
    }

    /// Let venous blood be the darker one at 760 nm and the paler one at 850 and 940 nm, in the loop as by photons.
    #[test]
    fn oxygenation_changes_sides() {
        for (wavelength_nm, venous_is_darker) in [(760.0, true), (850.0, false), (940.0, false)] {
            let contrast = |vein_saturation: f64| {
                let optics = SkinOptics { vein_saturation, ..SkinOptics::reference(wavelength_nm, 0.05) };
                let vein = VeinSection { top_depth_m: 3e-3, semi_h_m: 2e-3, semi_v_m: 1.5e-3 };
                KernelCamera::new(&optics, 7e-3).unwrap().contrast(&vein, 0.0)
            };
            assert_eq!(contrast(0.7) > contrast(0.98), venous_is_darker, "{wavelength_nm}");
        }
    }
}
