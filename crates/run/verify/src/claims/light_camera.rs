//! Claims about lamps, precision, wavelengths and the in-loop picture of veins.

use proband_light::{
    Experiment, KernelCamera, Layer, MonteCarlo, SkinOptics, SkinPatch, Source, Tallies, TissueSpec, VeinSection, five_layers, slab_cases,
};
use proband_sensor::{PATCH_HALF_M, PATCH_PIXELS, PatchComparison, compare_patch, draw_patch};

use crate::{Claim, Obtained};

macro_rules! claim {
    ($id:literal, $compute:ident) => {
        Claim { id: $id, case: include_str!(concat!("../../../../../verify/", $id, "/case.toml")), compute: $compute }
    };
}

/// Claims of this module.
pub(crate) const CLAIMS: &[Claim] = &[
    claim!("light-diffuse", diffuse),
    claim!("light-slabs-single", single),
    claim!("light-oxygenation", oxygenation),
    claim!("nir-patches", patches),
    claim!("nir-patches-quick", patches_quick),
];

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// Light from everywhere alike: a lamp of 60° half angle shines as the cosine.
fn from_everywhere(tissue: TissueSpec, photon_count: u64, seed: u64) -> Result<proband_light::Counted, String> {
    let source = Source::LedRing { radius_m: 0.0, height_m: 1e-3, half_angle_rad: std::f64::consts::FRAC_PI_3, lamp_count: 1 };
    Experiment { tissue, source, tallies: Tallies::totals(), photon_count, seed }.run(&mut |_| true).map_err(text)
}

fn diffuse() -> Result<Vec<Obtained>, String> {
    let (mut out, mut worst) = (Vec::new(), 0.0_f64);
    for case in slab_cases().iter().take(2) {
        let found = from_everywhere(case.tissue.clone(), 300_000, 7)?;
        worst = worst.max(found.imbalance().abs());
        out.push(Obtained::new(format!("{} R, light from everywhere", case.name), found.specular.mean + found.diffuse_reflectance.mean));
        out.push(Obtained::new(format!("{} T, light from everywhere", case.name), found.transmittance.mean));
    }
    // Two layers apart in everything: what passes down is what passes up.
    let layer = |index, absorption_per_m, scattering_per_m, anisotropy, thickness_m| Layer {
        index,
        absorption_per_m,
        scattering_per_m,
        anisotropy,
        thickness_m,
    };
    let (a, b) = (layer(1.5, 500.0, 2_000.0, 0.0, 3e-4), layer(1.33, 20.0, 10_000.0, 0.9, 2e-3));
    let down = from_everywhere(TissueSpec::in_air(vec![a.clone(), b.clone()]), 200_000, 8)?;
    let up = from_everywhere(TissueSpec::in_air(vec![b, a]), 200_000, 9)?;
    let error = |e: proband_light::Estimate| e.error * e.error;
    let spread = (error(down.transmittance) + error(up.transmittance)).sqrt();
    out.push(Obtained::new("two layers, passed down over passed up, apart", (down.transmittance.mean - up.transmittance.mean) / spread));
    out.push(Obtained::new("the same two layers, reflected above less below", down.diffuse_reflectance.mean - up.diffuse_reflectance.mean));
    worst = worst.max(down.imbalance().abs()).max(up.imbalance().abs());
    out.push(Obtained::new("largest imbalance of energy", worst));
    Ok(out)
}

fn single() -> Result<Vec<Obtained>, String> {
    let slabs = slab_cases();
    let cases = [
        ("A1", slabs[0].tissue.clone(), 2_000_000),
        ("A3", slabs[2].tissue.clone(), 1_000_000),
        ("S5", five_layers(), 300_000),
        ("A7", slabs[6].tissue.clone(), 100_000),
    ];
    let mut out = Vec::new();
    for (name, tissue, photon_count) in cases {
        let found = MonteCarlo { photon_count, seed: 12, half_width_m: 0.0, bin_count: 0 }.run_single(&tissue).map_err(text)?;
        out.push(Obtained::new(format!("{name} R"), found.specular + found.diffuse_reflectance.mean));
        out.push(Obtained::new(format!("{name} T"), found.transmittance.mean));
    }
    Ok(out)
}

fn oxygenation() -> Result<Vec<Obtained>, String> {
    let mut out = Vec::new();
    for wavelength_nm in [760.0, 850.0, 940.0] {
        // The same vein with venous and with arterial blood, the same photons: their difference has little noise.
        let mut patch = draw_patch(1, 0);
        patch.veins.truncate(1);
        patch.optics = SkinOptics::reference(wavelength_nm, 0.05);
        patch.veins[0].centre_m = [0.0, 0.0, 4.5e-3];
        patch.veins[0].slope = 0.0;
        (patch.veins[0].semi_h_m, patch.veins[0].semi_v_m) = (2e-3, 1.5e-3);
        patch.fat_m = 7e-3;
        let mut of = |saturation: f64| -> Result<f64, String> {
            patch.optics.vein_saturation = saturation;
            let picture = patch.picture(40_000, 3, PATCH_PIXELS).map_err(text)?;
            Ok(picture.darkening.iter().map(|d| d.mean).sum())
        };
        let by_photons = of(0.98)? / of(0.7)?;
        let by_kernels = kernel_darkening(&patch, 0.98)? / kernel_darkening(&patch, 0.7)?;
        out.push(Obtained::new(format!("{wavelength_nm:.0} nm, arterial over venous darkening, photons"), by_photons));
        let part = (by_kernels - 1.0) / (by_photons - 1.0);
        out.push(Obtained::new(format!("{wavelength_nm:.0} nm, change by the kernels over change by photons"), part));
    }
    Ok(out)
}

/// Darkening that the in-loop kernels give the patch's first vein with blood of a saturation, summed across it.
fn kernel_darkening(patch: &SkinPatch, vein_saturation: f64) -> Result<f64, String> {
    let optics = SkinOptics { vein_saturation, ..patch.optics.clone() };
    let vein = &patch.veins[0];
    let section = VeinSection { top_depth_m: vein.centre_m[2] - vein.semi_v_m, semi_h_m: vein.semi_h_m, semi_v_m: vein.semi_v_m };
    let kernels = KernelCamera::new(&optics, patch.fat_m).map_err(text)?;
    Ok((0..56).map(|i| kernels.contrast(&section, 0.25e-3 * f64::from(i))).sum())
}

fn compared(cases: u32, photon_count: u64) -> Result<Vec<PatchComparison>, String> {
    (0..cases)
        .map(|index| {
            let patch = draw_patch(2_026, index);
            let photons = patch.picture(photon_count, 100 + u64::from(index), PATCH_PIXELS).map_err(text)?;
            compare_patch(&patch, &photons).map_err(text)
        })
        .collect()
}

fn root_mean_square(of: impl Iterator<Item = f64> + Clone) -> f64 {
    (of.clone().map(|x| x * x).sum::<f64>() / of.count() as f64).sqrt()
}

fn patches() -> Result<Vec<Obtained>, String> {
    let found = compared(20, 400_000)?;
    let mean = |of: &dyn Fn(&PatchComparison) -> f64| found.iter().map(of).sum::<f64>() / found.len() as f64;
    let least = found.iter().map(|c| c.darkening).fold(f64::INFINITY, f64::min);
    let most = found.iter().map(|c| c.darkening).fold(0.0, f64::max);
    Ok(vec![
        Obtained::new("patches", found.len() as f64),
        Obtained::new("area of a patch", 4e6 * PATCH_HALF_M[0] * PATCH_HALF_M[1]),
        Obtained::new("rms over all patches, of the mean", root_mean_square(found.iter().map(|c| c.rms))),
        Obtained::new("standard error of the photons' pictures, rms", root_mean_square(found.iter().map(|c| c.rms_noise))),
        Obtained::new("worst patch, rms", found.iter().map(|c| c.rms).fold(0.0, f64::max)),
        Obtained::new("rms of the shape alone", root_mean_square(found.iter().map(|c| c.rms_shape))),
        Obtained::new("mean difference of the brightness", mean(&|c| c.bias)),
        Obtained::new("chi2 of what is smoothed", mean(&|c| c.pale_chi2)),
        Obtained::new("faintest vein, darkening of the darkest pixel", least),
        Obtained::new("strongest vein, darkening of the darkest pixel", most),
    ])
}

fn patches_quick() -> Result<Vec<Obtained>, String> {
    let found = compared(4, 25_000)?;
    let (rms, noise) = (root_mean_square(found.iter().map(|c| c.rms)), root_mean_square(found.iter().map(|c| c.rms_noise)));
    Ok(vec![
        Obtained::new("rms over four patches, noise of the photons taken off", (rms * rms - noise * noise).max(0.0).sqrt()),
        Obtained::new("standard error of the photons' pictures, rms", noise),
    ])
}
