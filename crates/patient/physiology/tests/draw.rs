//! The needle's flow, the evacuated tube and the vein behind it.

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use proband_physiology::*;

const DT: f64 = 1e-3;

fn bore(diameter_mm: f64, length_mm: f64, loss: f64) -> Conduit {
    Conduit { diameter_m: 1e-3 * diameter_mm, length_m: 1e-3 * length_mm, loss, viscosity_pa_s: 3.5e-3, density_kg_m3: 1060.0 }
}

fn open() -> CollectionInput {
    CollectionInput {
        connected: true,
        open_fraction: 1.0,
        against_wall: false,
        in_air: false,
        source_pressure_pa: 1_333.0,
        source_resistance_pa_s_per_m3: 0.0,
        outside_pressure_pa: 0.0,
        inverted: false,
    }
}

/// Satisfy ΔP = 8 µ L Q/(π r⁴) + K ρ v²/2 for every bore.
#[test]
fn flow_satisfies_its_equation() {
    for (d, l, k) in [(0.51, 25.0, 1.5), (0.33, 38.0, 2.2), (0.57, 25.0, 0.0)] {
        let bore = bore(d, l, k);
        for pressure in [10.0, 1e3, 4e4, 1e5] {
            let point = bore.flow(pressure);
            let q = point.flow_m3_s;
            let sum = bore.resistance_pa_s_per_m3() * q + 0.5 * k * 1060.0 * point.speed_m_s * point.speed_m_s;
            assert!((sum / pressure - 1.0).abs() < 1e-12);
            assert!((point.transit_s * point.speed_m_s - bore.length_m).abs() < 1e-15);
        }
    }
    assert_eq!(bore(0.51, 25.0, 1.5).flow(-5.0).flow_m3_s, 0.0);
}

/// Draw the nominal volume and stop, whatever its size, in a time of seconds.
#[test]
fn tubes_fill_to_their_nominal_volume() {
    for nominal in [2e-6, 4e-6, 10e-6] {
        let model = CollectionModel::new(CollectionSpec::holder(0.51e-3, 25e-3, nominal)).unwrap();
        let mut state = model.state();
        let mut full_at = None;
        let mut last = None;
        for tick in 0..120_000 {
            let output = model.step(&mut state, &open(), DT);
            if output.full && full_at.is_none() {
                full_at = Some(f64::from(tick) * DT);
            }
            last = Some(output);
        }
        let last = last.unwrap();
        assert!((last.volume_m3 / nominal - 1.0).abs() < 1e-6, "{}", last.volume_m3);
        let seconds = full_at.unwrap();
        assert!(seconds > 2.0 && seconds < 60.0, "{seconds} s");
        assert!(last.flow_m3_s < 1e-12 && last.dwell_s > 50.0);
    }
}

/// Fall shut behind a long thin vein: the flow stays at what the bed gives, and the site at suction.
#[test]
fn suction_shuts_small_veins() {
    let feed = feed_resistance_pa_s_per_m3(0.5e-3, 0.4e-3, 0.15, 3.5e-3);
    let model = CollectionModel::new(CollectionSpec::holder(0.51e-3, 25e-3, 4e-6)).unwrap();
    let mut state = model.state();
    let input = CollectionInput { source_resistance_pa_s_per_m3: feed, outside_pressure_pa: 200.0, ..open() };
    let output = model.step(&mut state, &input, DT);
    assert!(output.limited_by_vein && output.site_pressure_pa < -10_000.0);
    assert!((output.flow_m3_s / ((1_333.0 - 200.0) / feed) - 1.0).abs() < 1e-12);
    let wide = CollectionInput { source_resistance_pa_s_per_m3: feed_resistance_pa_s_per_m3(2e-3, 1.5e-3, 0.1, 3.5e-3), ..input };
    let output = model.step(&mut model.state(), &wide, DT);
    assert!(!output.limited_by_vein && output.flow_m3_s > 0.5e-6);
}

/// Stick to a wall under suction, and let go when the bevel comes off it.
#[test]
fn walls_are_sucked_onto_the_bevel() {
    let model = CollectionModel::new(CollectionSpec::holder(0.51e-3, 25e-3, 4e-6)).unwrap();
    let mut state = model.state();
    let free = model.step(&mut state, &open(), DT);
    let shut = model.step(&mut state, &CollectionInput { against_wall: true, ..open() }, DT);
    assert!(shut.wall_sucked && shut.flow_m3_s < 0.2 * free.flow_m3_s);
    let again = model.step(&mut state, &open(), DT);
    assert!(!again.wall_sucked && again.flow_m3_s > 0.9 * free.flow_m3_s);
}

/// Lose the vacuum in the air, and draw nothing without a tube or outside a lumen.
#[test]
fn no_flow_without_vacuum_tube_or_lumen() {
    let model = CollectionModel::new(CollectionSpec::holder(0.51e-3, 25e-3, 4e-6)).unwrap();
    let mut state = model.state();
    assert_eq!(model.step(&mut state, &CollectionInput { connected: false, ..open() }, DT).flow_m3_s, 0.0);
    assert_eq!(model.step(&mut state, &CollectionInput { open_fraction: 0.0, ..open() }, DT).flow_m3_s, 0.0);
    for _ in 0..3000 {
        model.step(&mut state, &CollectionInput { in_air: true, ..open() }, DT);
    }
    let output = model.step(&mut state, &open(), DT);
    assert!(output.tube_pressure_pa.abs() < 10.0);
}

/// Rise with a smaller bore, a stronger vacuum and, at the same flow, a partly covered bevel: the haemolysis index.
#[test]
fn haemolysis_has_the_right_signs() {
    // Both flows are set by a feed that is far narrower than the needle.
    let relative = |open_fraction: f64| {
        let model = CollectionModel::new(CollectionSpec::holder(0.51e-3, 25e-3, 4e-6)).unwrap();
        let mut state = model.state();
        let input = CollectionInput { open_fraction, source_resistance_pa_s_per_m3: 1e12, outside_pressure_pa: -1e5, ..open() };
        (0..1000).map(|_| model.step(&mut state, &input, DT)).last().unwrap().haemolysis_relative
    };
    assert!(relative(0.5) > 1.2 * relative(1.0));
    let (weak, strong) = (bore(0.51, 25.0, 1.5).flow(15_000.0), bore(0.51, 25.0, 1.5).flow(40_000.0));
    assert!(haemolysis_fraction(strong.wall_shear_pa, strong.transit_s) > haemolysis_fraction(weak.wall_shear_pa, weak.transit_s));
    let (thin, wide) = (bore(0.33, 19.0, 1.5).flow(40_000.0), bore(0.84, 19.0, 1.5).flow(40_000.0));
    let per = |point: &FlowPoint| haemolysis_fraction(point.wall_shear_pa, point.transit_s);
    assert!(per(&thin) > per(&wide) && haemolysis_reference() > 0.0);
    assert!((GIERSIEPEN_PERCENT / GIERSIEPEN_FRACTION - 100.0).abs() < 1e-9);
}

/// Mix by turning the tube over, and count the age of the blood.
#[test]
fn mixing_and_dwell_are_counted() {
    let model = CollectionModel::new(CollectionSpec::holder(0.51e-3, 25e-3, 4e-6)).unwrap();
    let mut state = model.state();
    for _ in 0..20_000 {
        model.step(&mut state, &open(), DT);
    }
    let resting = CollectionInput { connected: false, ..open() };
    let before = model.step(&mut state, &resting, DT);
    let after = (0..8).map(|_| model.step(&mut state, &CollectionInput { inverted: true, ..resting }, 1.0)).last().unwrap();
    assert!(before.mixing == 0.0 && after.mixing > 0.9 && after.mixing < 1.0);
    assert!((after.dwell_s - before.dwell_s - 8.0).abs() < 1e-9);
}

/// Draw from a vein bed and stop drawing when it is empty, with both models together.
#[test]
fn vein_and_tube_work_together() {
    let veins = VenousModel::new(VenousSpec::reference_adult()).unwrap();
    let tube = CollectionModel::new(CollectionSpec::holder(0.51e-3, 25e-3, 4e-6)).unwrap();
    let (mut vein, mut filling) = (veins.state(), tube.state());
    let mut input = VenousInput {
        tourniquet_pa: 40.0 * PA_PER_MMHG,
        probe_pressure_pa: 0.0,
        draw_m3_s: 0.0,
        draw_site_pressure_pa: 0.0,
        below_heart_m: 0.0,
    };
    let mut seen = veins.step(&mut vein, &input, 1e-3);
    for _ in 0..60_000 {
        seen = veins.step(&mut vein, &input, DT);
    }
    let mut out = None;
    for _ in 0..40_000 {
        let draw = CollectionInput {
            source_pressure_pa: seen.pressure_pa,
            source_resistance_pa_s_per_m3: seen.feed_resistance_pa_s_per_m3,
            outside_pressure_pa: seen.outside_pressure_pa,
            ..open()
        };
        let output = tube.step(&mut filling, &draw, DT);
        input.draw_m3_s = output.flow_m3_s;
        input.draw_site_pressure_pa = output.site_pressure_pa;
        seen = veins.step(&mut vein, &input, DT);
        out = Some(output);
    }
    let out = out.unwrap();
    assert!(out.full && !seen.collapsed && (out.volume_m3 / 4e-6 - 1.0).abs() < 0.03, "{}", out.volume_m3);
}
