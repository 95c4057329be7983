//! The photon engine against exact values, in variants short enough for every build. The long runs are claims.

use proband_light::{Cylinder, Estimate, Layer, MonteCarlo, SkinOptics, TissueSpec, five_layers, invisible_cylinder, slab_cases};

#[allow(clippy::unwrap_used, reason = "a test stops at the first error")]
fn run(photon_count: u64, tissue: &TissueSpec) -> proband_light::Balance {
    MonteCarlo { photon_count, seed: 11, half_width_m: 0.0, bin_count: 0 }.run(tissue).unwrap()
}

/// |x − reference| < 3 σ with σ² = R(1 − R)/N, plus the reference's own uncertainty.
#[track_caller]
fn within(what: &str, found: f64, expected: f64, own: f64, photon_count: u64) {
    let sigma = (expected * (1.0 - expected) / photon_count as f64).sqrt();
    assert!((found - expected).abs() < 3.0 * sigma + own, "{what}: {found} is not {expected} ± {}", 3.0 * sigma + own);
}

/// Follow van de Hulst, Giovanelli and adding–doubling within three standard errors.
#[test]
fn slabs_follow_the_exact_values() {
    let expected = [(0.097395, 0.660958), (0.361649, 0.356501), (0.25993, 0.0), (0.0929, 0.8849), (0.2591, 0.46305), (0.2788, 0.002908)];
    let own = [0.0, 0.0, 5e-5, 5e-4, 1e-4, 1e-4];
    for ((case, (reflected, transmitted)), own) in slab_cases().iter().zip(expected).zip(own) {
        let photon_count = 30_000;
        let found = run(photon_count, &case.tissue);
        within(case.name, found.specular + found.diffuse_reflectance.mean, reflected, own, photon_count);
        within(case.name, found.transmittance.mean, transmitted, own, photon_count);
        assert!(found.imbalance().abs() < 1e-9, "{}: {}", case.name, found.imbalance());
    }
}

/// Follow the five-layer deck within three standard errors.
#[test]
fn five_layers_follow_the_cross_code_values() {
    let found = run(20_000, &five_layers());
    within("S5 R", found.diffuse_reflectance.mean, 0.5484, 3e-4, 20_000);
    within("S5 A", found.absorbed.mean, 0.3331, 3e-4, 20_000);
    within("S5 T", found.transmittance.mean, 0.0785, 2e-4, 20_000);
    assert!((found.absorbed_per_layer.iter().sum::<f64>() - found.absorbed.mean).abs() < 1e-9);
}

/// Lose light by Beer and Lambert without scattering, with the closed sum of reflections at mismatched faces.
#[test]
fn clear_media_follow_beer_and_lambert() {
    for index in [1.0, 1.5] {
        let layer = Layer { index, absorption_per_m: 100.0, scattering_per_m: 0.0, anisotropy: 0.0, thickness_m: 5e-3 };
        let found = run(100_000, &TissueSpec::in_air(vec![layer]));
        let (mirror, passed) = (((index - 1.0) / (index + 1.0_f64)).powi(2), proband_core::ops::exp(-0.5));
        let sum = 1.0 - mirror * mirror * passed * passed;
        let reflected = mirror + mirror * (1.0 - mirror).powi(2) * passed * passed / sum;
        let transmitted = (1.0 - mirror).powi(2) * passed / sum;
        within("R", found.specular + found.diffuse_reflectance.mean, reflected, 1e-12, 100_000);
        within("T", found.transmittance.mean, transmitted, 0.0, 100_000);
    }
}

/// Give the same bits from one thread and from three.
#[test]
fn threads_do_not_change_a_bit() {
    let tissue = invisible_cylinder(&five_layers(), 4, 1e-3, 3e-4);
    let with = |threads: usize| {
        let run = MonteCarlo { photon_count: 9_000, seed: 5, half_width_m: 2e-3, bin_count: 8 };
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| run.run(&tissue).unwrap())
    };
    assert_eq!(with(1), with(3));
}

/// Change nothing by a cylinder of the medium around it, and account for the light in one that absorbs.
#[test]
fn cylinders_keep_the_balance() {
    let plain = TissueSpec::in_air(vec![Layer {
        index: 1.4,
        absorption_per_m: 20.0,
        scattering_per_m: 2_000.0,
        anisotropy: 0.5,
        thickness_m: 6e-3,
    }]);
    let photon_count = 30_000;
    let bare = run(photon_count, &plain);
    let same = run(photon_count, &invisible_cylinder(&plain, 0, 2e-3, 1.5e-3));
    let apart = |a: Estimate, b: Estimate| (a.mean - b.mean).abs() / (a.error * a.error + b.error * b.error).sqrt();
    assert!(apart(bare.diffuse_reflectance, same.diffuse_reflectance) < 4.0);
    assert!(apart(bare.transmittance, same.transmittance) < 4.0);
    let mut dark = invisible_cylinder(&plain, 0, 2e-3, 1.5e-3);
    dark.cylinders[0] = Cylinder { absorption_per_m: 500.0, index: 1.34, ..dark.cylinders[0].clone() };
    let dark = MonteCarlo { photon_count, seed: 2, half_width_m: 8e-3, bin_count: 16 }.run(&dark).unwrap();
    assert!(dark.imbalance().abs() < 1e-9 && dark.absorbed_in_cylinders > 0.01);
    // Darkest above the vein, mirrored about it, and its mean is the whole reflectance.
    let mean = |bins: &[Estimate]| bins.iter().map(|b| b.mean).sum::<f64>() / bins.len() as f64;
    assert!((mean(&dark.profile) - dark.diffuse_reflectance.mean).abs() < 1e-9);
    assert!(mean(&dark.profile[7..9]) < mean(&dark.profile[..2]) - 0.05);
    for i in 0..8 {
        assert!(apart(dark.profile[i], dark.profile[15 - i]) < 4.5, "{i}");
    }
}

/// Reflect alike for (μs, g) and (μs(1 − g), 0) where the light is diffuse: within 5 %.
#[test]
fn similar_scattering_reflects_alike() {
    let of = |anisotropy: f64| {
        let layer =
            Layer { index: 1.4, absorption_per_m: 5.0, scattering_per_m: 1_000.0 / (1.0 - anisotropy), anisotropy, thickness_m: 0.05 };
        run(4_000, &TissueSpec::in_air(vec![layer])).diffuse_reflectance.mean
    };
    let ratio = of(0.8) / of(0.0);
    assert!((ratio - 1.0).abs() < 0.05, "{ratio}");
}

/// Refuse tissue that is none, and say which number.
#[test]
fn bad_tissue_is_named() {
    let mut tissue = TissueSpec::in_air(SkinOptics::reference(850.0, 0.1).layers(5e-3));
    tissue.layers[1].scattering_per_m = f64::NAN;
    let text = MonteCarlo { photon_count: 10, seed: 1, half_width_m: 0.0, bin_count: 0 }.run(&tissue).unwrap_err().to_string();
    assert!(text.contains("scattering_per_m"), "{text}");
    let outside = invisible_cylinder(&five_layers(), 4, 1e-4, 3e-4);
    assert!(outside.check().unwrap_err().to_string().contains("cylinder 0"));
    let plain = five_layers();
    for bad in [
        MonteCarlo { photon_count: 0, seed: 1, half_width_m: 0.0, bin_count: 0 },
        MonteCarlo { photon_count: 9, seed: 1, half_width_m: 0.0, bin_count: 4 },
    ] {
        assert!(bad.run(&plain).is_err());
    }
}
