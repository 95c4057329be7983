//! Whatever the inputs, every state stays finite and continues from a copy to the same bits.

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use proband_core::Stream;
use proband_physiology::*;
use proptest::prelude::*;

fn number(high: f64) -> impl Strategy<Value = f64> {
    prop_oneof![6 => 0.0..high, 1 => prop::num::f64::ANY, 1 => -high..0.0]
}

fn copy<T: serde::Serialize + serde::de::DeserializeOwned>(value: &T) -> T {
    postcard::from_bytes(&postcard::to_stdvec(value).expect("encodes")).expect("decodes")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    /// Veins and tube: finite, ratios positive, volume between nothing and the tube's, flow never backwards.
    #[test]
    fn veins_and_tube_stay_sane(
        ticks in prop::collection::vec((number(2e4), number(4e3), number(2e-6), number(3e4), number(0.5), number(1.0), any::<[bool; 4]>(), number(0.1)), 1..60),
        feed in 1e6..1e12f64,
    ) {
        let veins = VenousModel::new(VenousSpec { feed_resistance_pa_s_per_m3: feed, ..VenousSpec::reference_adult() }).unwrap();
        let tube = CollectionModel::new(CollectionSpec::holder(0.51e-3, 25e-3, 4e-6)).unwrap();
        let (mut vein, mut filling) = (veins.state(), tube.state());
        let mut drawn = 0.0;
        for (tourniquet_pa, probe_pressure_pa, draw_m3_s, draw_site_pressure_pa, below_heart_m, open_fraction, flags, dt) in ticks {
            let input = VenousInput { tourniquet_pa, probe_pressure_pa, draw_m3_s, draw_site_pressure_pa, below_heart_m };
            let mut twin = copy(&vein);
            let seen = veins.step(&mut vein, &input, dt);
            prop_assert_eq!(seen, veins.step(&mut twin, &input, dt));
            prop_assert!(seen.pressure_pa.is_finite() && seen.area_ratio > 0.0 && seen.scale_v > 0.0 && seen.scale_h.is_finite());
            let draw = CollectionInput {
                connected: flags[0],
                open_fraction,
                against_wall: flags[1],
                in_air: flags[2],
                source_pressure_pa: seen.pressure_pa,
                source_resistance_pa_s_per_m3: seen.feed_resistance_pa_s_per_m3,
                outside_pressure_pa: seen.outside_pressure_pa,
                inverted: flags[3],
            };
            let mut twin = copy(&filling);
            let output = tube.step(&mut filling, &draw, dt);
            prop_assert_eq!(output, tube.step(&mut twin, &draw, dt));
            prop_assert!(output.flow_m3_s >= 0.0 && output.flow_m3_s.is_finite() && output.site_pressure_pa.is_finite());
            prop_assert!(output.volume_m3 >= drawn && output.volume_m3 < 6e-6 && output.haemolysis_relative.is_finite());
            drawn = output.volume_m3;
        }
    }

    /// Leak and motion: finite, volume never falls, displacement bounded.
    #[test]
    fn leak_and_motion_stay_sane(
        ticks in prop::collection::vec((number(8e3), number(8e3), any::<bool>(), number(1.0), number(0.1)), 1..80),
        seed in any::<u64>(),
    ) {
        let spec = MotionSpec { startle_probability: 0.3, ..MotionSpec::reference_adult() };
        let bound = spec.tremor_peak_m + spec.breathing_m + spec.startle_distance_m;
        let motion = MotionModel::new(spec).unwrap();
        let leaks = LeakModel::new(LeakSpec::reference_adult()).unwrap();
        let mut stream = Stream::new(seed, 1, "motion");
        let mut arm = motion.state(&mut stream);
        let mut holes = leaks.state();
        let mut lost = 0.0;
        for (pressure_pa, compression_pa, flag, pain, dt) in ticks {
            if flag {
                leaks.add_hole(&mut holes, HoleSpec { needle_diameter_m: 0.82e-3, plugged: pain > 0.5 });
            }
            let (mut twin, mut twin_stream) = (copy(&arm), copy(&stream));
            let input = MotionInput { startle: flag, pain };
            let moved = motion.step(&mut arm, &input, dt, &mut stream);
            prop_assert_eq!(moved, motion.step(&mut twin, &input, dt, &mut twin_stream));
            prop_assert!(moved.displacement.0.norm() <= 1.000_001 * bound && moved.velocity.0.norm().is_finite());
            let mut twin = copy(&holes);
            let input = LeakInput { pressure_pa, compression_pa };
            let output = leaks.step(&mut holes, &input, dt);
            prop_assert_eq!(output, leaks.step(&mut twin, &input, dt));
            prop_assert!(output.volume_m3 >= lost && output.volume_m3 <= VOLUME_MAX_M3 && output.flow_m3_s.is_finite(), "{:?}", output);
            lost = output.volume_m3;
        }
    }

    /// Tube law: pressure and area undo each other, and the area grows with the pressure.
    #[test]
    fn tube_law_is_monotone(k in 50.0..5e3f64, m in 1.0..20.0f64, n in -3.0..-0.5f64, a in -5e3..5e3f64, b in -5e3..5e3f64) {
        let law = TubeLaw { stiffness_pa: k, exponent_distended: m, exponent_collapsed: n };
        let (low, high) = (law.area_ratio(a.min(b), 1.0), law.area_ratio(a.max(b), 1.0));
        prop_assert!(low <= high);
        prop_assert!((law.pressure_pa(low) - a.min(b)).abs() < 1e-6 * (1.0 + a.abs().max(b.abs())));
    }
}
