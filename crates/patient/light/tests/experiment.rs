//! Lamps, bins, gates and lenses against what they must give.

use proband_light::{Experiment, Layer, Lens, LightError, Polariser, RingGrid, Source, Tallies, TissueSpec, fluence_per_m2};
use proptest::prelude::*;

fn slab(index: f64, absorption_per_m: f64, scattering_per_m: f64, thickness_m: f64) -> TissueSpec {
    TissueSpec::in_air(vec![Layer { index, absorption_per_m, scattering_per_m, anisotropy: 0.8, thickness_m }])
}

fn every_tally() -> Tallies {
    let lens =
        Lens { at_m: [0.0, 0.0], height_m: 0.1, radius_m: 0.05, polariser: Polariser::Open, field_half_m: [0.02, 0.01], pixels: [8, 4] };
    let rings = RingGrid { radius_step_m: 1e-3, depth_step_m: 1e-3, radius_count: 30, depth_count: 10 };
    Tallies {
        radius_count: 20,
        radius_step_m: 1e-3,
        angle_count: 9,
        time_count: 16,
        time_step_s: 5e-12,
        gate_s: 1e-9,
        rings: Some(rings),
        lens: Some(lens),
    }
}

fn sources() -> Vec<Source> {
    vec![
        Source::Pencil { at_m: [0.001, 0.0], tilt_rad: 0.4 },
        Source::Gaussian { at_m: [0.0, 0.002], radius_m: 0.003 },
        Source::LedRing { radius_m: 0.03, height_m: 0.05, half_angle_rad: 0.5, lamp_count: 8 },
        Source::Image { pixel_m: 1e-3, size: [3, 2], irradiance: vec![0.0, 1.0, 0.0, 2.0, 0.0, 3.0] },
    ]
}

#[allow(clippy::unwrap_used, reason = "a test stops at the first error")]
fn run(tissue: TissueSpec, source: Source, tallies: Tallies, photon_count: u64) -> proband_light::Counted {
    Experiment { tissue, source, tallies, photon_count, seed: 3 }.run(&mut |_| true).unwrap()
}

/// Account for all light from every lamp, and let bins and rings add up to the totals.
#[test]
fn tallies_add_up() {
    for source in sources() {
        let found = run(slab(1.4, 50.0, 5_000.0, 5e-3), source.clone(), every_tally(), 6_000);
        assert!(found.imbalance().abs() < 1e-9, "{source:?} {}", found.imbalance());
        for (bins, total) in [
            (&found.reflectance_by_radius, found.diffuse_reflectance),
            (&found.reflectance_by_angle, found.diffuse_reflectance),
            (&found.reflectance_by_time, found.diffuse_reflectance),
            (&found.transmittance_by_radius, found.transmittance),
            (&found.transmittance_by_angle, found.transmittance),
        ] {
            let sum: f64 = bins.iter().map(|e| e.mean).sum();
            assert!((sum - total.mean).abs() < 1e-9, "{source:?} {sum} {total:?}");
        }
        let rings: f64 = found.absorbed_by_ring.iter().map(|e| e.mean).sum();
        assert!(rings <= found.absorbed.mean + 1e-9 && rings > 0.0);
        let caught: f64 = found.picture.iter().map(|e| e.mean).sum();
        assert!(caught <= found.diffuse_reflectance.mean && found.specular.mean > 0.0);
    }
}

/// Send a tilted ray through clear tissue: Beer and Lambert, angle, place and time of arrival in closed form.
#[test]
fn a_tilted_ray_arrives_where_and_when_it_must() {
    let (tilt, index, thickness) = (0.5_f64, 1.5, 0.01);
    let tallies = Tallies { radius_step_m: 1e-4, radius_count: 100, angle_count: 90, ..Tallies::totals() };
    let found = run(slab(index, 30.0, 0.0, thickness), Source::Pencil { at_m: [0.0, 0.0], tilt_rad: tilt }, tallies, 40_000);
    let inside = (0.479_425_538_604_203 / index).asin_exact();
    let way = thickness / inside.cos_exact();
    // Once through: what is mirrored comes back at most with R² ≈ 0.2 %.
    let rs = (tilt.cos_exact() - index * inside.cos_exact()) / (tilt.cos_exact() + index * inside.cos_exact());
    let rp = (index * tilt.cos_exact() - inside.cos_exact()) / (index * tilt.cos_exact() + inside.cos_exact());
    let r = 0.5 * (rs * rs + rp * rp);
    let direct = (1.0 - r) * (1.0 - r) * proband_core::ops::exp(-30.0 * way);
    assert!((found.transmittance.mean - direct).abs() < 4.0 * found.transmittance.error + 0.003, "{} {direct}", found.transmittance.mean);
    let bin = (tilt.to_degrees()) as usize;
    assert!(found.transmittance_by_angle[bin].mean > 0.99 * found.transmittance.mean);
    let ring = (way * 0.479_425_538_604_203 / index / 1e-4) as usize;
    assert!(found.transmittance_by_radius[ring].mean > 0.99 * direct);
}

trait Exact {
    fn cos_exact(self) -> f64;
    fn asin_exact(self) -> f64;
}

impl Exact for f64 {
    fn cos_exact(self) -> f64 {
        proband_core::ops::cos(self)
    }
    fn asin_exact(self) -> f64 {
        proband_core::ops::asin(self)
    }
}

/// Hold back what comes after the gate, and nothing else.
#[test]
fn the_gate_holds_light_back() {
    let of = |gate_s| {
        let tallies = Tallies { gate_s, ..every_tally() };
        run(slab(1.4, 5.0, 5_000.0, 0.05), Source::Pencil { at_m: [0.0; 2], tilt_rad: 0.0 }, tallies, 3_000)
    };
    let (open, gated) = (of(f64::INFINITY), of(20e-12));
    assert_eq!(open.late.mean, 0.0);
    assert!(gated.late.mean > 0.1 && gated.imbalance().abs() < 1e-9);
    // The same photons: what comes in time is the same, bin by bin.
    for (a, b) in open.reflectance_by_time[..4].iter().zip(&gated.reflectance_by_time) {
        assert_eq!(a, b);
    }
}

/// Pass half of the light from within and the leak of the mirrored light through crossed polarisers.
#[test]
fn crossed_polarisers_take_the_glare() {
    let with = |polariser| {
        let mut tallies = every_tally();
        tallies.lens.as_mut().unwrap().polariser = polariser;
        let found = run(slab(1.4, 50.0, 5_000.0, 5e-3), sources()[2].clone(), tallies, 20_000);
        let sum = |of: &[proband_light::Estimate]| of.iter().map(|e| e.mean).sum::<f64>();
        (sum(&found.picture), sum(&found.glare))
    };
    let (open, crossed, parallel) = (with(Polariser::Open), with(Polariser::Crossed { leak: 0.01 }), with(Polariser::Parallel));
    assert!(open.1 > 0.0 && (crossed.1 / open.1 - 0.01).abs() < 1e-12 && parallel.1 == open.1);
    assert!((crossed.0 / open.0 - 0.5).abs() < 1e-12 && (parallel.0 / open.0 - 0.5).abs() < 1e-12);
}

/// Stop when told so and keep what was counted; a count of 10¹² is begun, 0 is refused.
#[test]
fn runs_stop_and_keep_their_tallies() {
    let experiment = |photon_count| Experiment {
        tissue: slab(1.4, 50.0, 5_000.0, 5e-3),
        source: Source::Pencil { at_m: [0.0; 2], tilt_rad: 0.0 },
        tallies: Tallies::totals(),
        photon_count,
        seed: 1,
    };
    let mut told = 0;
    let found = experiment(1_000_000_000_000)
        .run(&mut |done| {
            told = done;
            false
        })
        .unwrap();
    assert!(found.photon_count == told && told > 0 && told < 1_000_000 && found.imbalance().abs() < 1e-9);
    assert!(matches!(experiment(0).run(&mut |_| true), Err(LightError::OutOfRange { name: "photon_count", .. })));
}

/// Tell fluence from absorption, and refuse where nothing is absorbed.
#[test]
fn fluence_follows_beer_and_lambert() {
    let tissue = slab(1.0, 100.0, 0.0, 0.02);
    let grid = RingGrid { radius_step_m: 1e-3, depth_step_m: 1e-3, radius_count: 1, depth_count: 10 };
    let tallies = Tallies { rings: Some(grid.clone()), ..Tallies::totals() };
    let found = run(tissue.clone(), Source::Pencil { at_m: [0.0; 2], tilt_rad: 0.0 }, tallies, 60_000);
    let fluence = fluence_per_m2(&found.absorbed_by_ring, &grid, &tissue).unwrap();
    let area = std::f64::consts::PI * 1e-6;
    for (i, e) in fluence.iter().enumerate() {
        let expected = -proband_core::ops::exp_m1(-0.1) / 0.1 * proband_core::ops::exp(-0.1 * i as f64) / area;
        assert!((e.mean - expected).abs() < 5.0 * e.error, "{i} {e:?} {expected}");
    }
    assert!(fluence_per_m2(&found.absorbed_by_ring, &grid, &slab(1.0, 0.0, 100.0, 0.02)).is_err());
}

/// Give the same bits from one thread and from three.
#[test]
fn threads_do_not_change_a_bit() {
    let of = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| run(slab(1.4, 50.0, 5_000.0, 5e-3), sources()[2].clone(), every_tally(), 20_000))
    };
    assert_eq!(of(1), of(3));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Answer any numbers with finite tallies or an error that names a field.
    #[test]
    fn any_numbers_are_answered(
        index in prop_oneof![Just(0.5), Just(f64::NAN), Just(1.0), 1.0..3.0],
        absorption in prop_oneof![Just(0.0), Just(-1.0), Just(1e7), 0.0..1e4],
        scattering in prop_oneof![Just(0.0), Just(f64::INFINITY), 0.0..1e4],
        anisotropy in prop_oneof![Just(1.0), Just(-1.0), Just(0.0), -0.99..0.99],
        place in prop_oneof![Just(f64::NAN), Just(1e9), -0.1..0.1],
        tilt in prop_oneof![Just(1.6), Just(f64::NAN), -1.5..1.5],
        photon_count in prop_oneof![Just(0_u64), Just(1), 1..200_u64],
    ) {
        let layer = Layer { index, absorption_per_m: absorption, scattering_per_m: scattering, anisotropy, thickness_m: 1e-3 };
        let experiment = Experiment {
            tissue: TissueSpec::in_air(vec![layer]),
            source: Source::Pencil { at_m: [place, 0.0], tilt_rad: tilt },
            tallies: every_tally(),
            photon_count,
            seed: 1,
        };
        if let Ok(found) = experiment.run(&mut |_| true) {
            prop_assert!(found.imbalance().abs() < 1e-6, "{:?}", found);
            prop_assert!(found.picture.iter().chain(&found.absorbed_by_ring).all(|e| e.mean.is_finite() && e.error.is_finite()));
        }
    }
}
