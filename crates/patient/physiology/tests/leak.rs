//! Holes, haematomas, pain and reactions.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

use proband_core::Stream;
use proband_physiology::*;

fn leak(pressure_pa: f64, compression_pa: f64, holes: u32, seconds: u32, anticoagulant: f64) -> LeakOutput {
    let spec = LeakSpec { anticoagulant_factor: anticoagulant, tissue_compliance_m3_per_pa: f64::INFINITY, ..LeakSpec::reference_adult() };
    let model = LeakModel::new(spec).unwrap();
    let mut state = model.state();
    for _ in 0..holes {
        model.add_hole(&mut state, HoleSpec { needle_diameter_m: 0.82e-3, plugged: false }).unwrap();
    }
    (0..seconds * 100).map(|_| model.step(&mut state, &LeakInput { pressure_pa, compression_pa }, 0.01)).last().unwrap()
}

/// Double with four times the pressure, and with two holes.
#[test]
fn leaks_follow_the_square_root() {
    let one = leak(1_333.0, 0.0, 1, 30, 1.0);
    assert!((leak(4.0 * 1_333.0, 0.0, 1, 30, 1.0).volume_m3 / one.volume_m3 - 2.0).abs() < 1e-9);
    assert!((leak(1_333.0, 0.0, 2, 30, 1.0).volume_m3 / one.volume_m3 - 2.0).abs() < 1e-9);
}

/// Close with the stated time constant; longer without compression and with anticoagulants; not at all under a needle.
#[test]
fn holes_close_in_time() {
    let long = leak(1_333.0, 0.0, 1, 4000, 1.0).volume_m3;
    let section = 0.25 * std::f64::consts::PI * 0.82e-3_f64.powi(2);
    let expected = hole_flow_m3_s(0.6, 0.25 * section, 1_333.0, 1060.0) * 480.0;
    assert!((long / expected - 1.0).abs() < 2e-3, "{long} against {expected}");
    let pressed = leak(1_333.0 + 500.0, 500.0, 1, 4000, 1.0).volume_m3;
    assert!((long / pressed - 4.0).abs() < 0.02);
    assert!(leak(1_333.0, 0.0, 1, 4000, 3.0).volume_m3 > 2.5 * long);
    assert_eq!(leak(1_333.0, 2_000.0, 1, 100, 1.0).volume_m3, 0.0, "compression above the pressure stops it");
    let model = LeakModel::new(LeakSpec::reference_adult()).unwrap();
    let mut state = model.state();
    let hole = model.add_hole(&mut state, HoleSpec { needle_diameter_m: 0.82e-3, plugged: true }).unwrap();
    let input = LeakInput { pressure_pa: 5_000.0, compression_pa: 0.0 };
    assert_eq!(model.step(&mut state, &input, 1.0).volume_m3, 0.0);
    model.set_plugged(&mut state, hole, false);
    assert!(model.step(&mut state, &input, 1.0).volume_m3 > 0.0);
}

/// Stop at the tissue's counter-pressure: the volume never exceeds compliance × pressure.
#[test]
fn tissue_presses_back() {
    let model = LeakModel::new(LeakSpec::reference_adult()).unwrap();
    let mut state = model.state();
    model.add_hole(&mut state, HoleSpec { needle_diameter_m: 0.82e-3, plugged: false });
    let input = LeakInput { pressure_pa: 1_333.0, compression_pa: 0.0 };
    let last = (0..200_000).map(|_| model.step(&mut state, &input, 0.01)).last().unwrap();
    assert!(last.volume_m3 <= 7.5e-10 * 1_333.0 * 1.0001 && last.volume_m3 > 0.5e-6);
}

/// Give a half sphere of the volume, and name bruise and haematoma by their limits.
#[test]
fn haematomas_are_half_spheres() {
    let radius = haematoma_radius_m(2e-6);
    assert!((2.0 / 3.0 * std::f64::consts::PI * radius.powi(3) / 2e-6 - 1.0).abs() < 1e-12);
    let small = leak(100.0, 0.0, 1, 5, 1.0);
    let large = leak(5_000.0, 0.0, 2, 60, 1.0);
    assert!(small.visible == (small.volume_m3 > 0.1e-6) && !small.haematoma && large.visible && large.haematoma);
}

/// Refuse holes beyond the room for them.
#[test]
fn holes_are_bounded() {
    let model = LeakModel::new(LeakSpec::reference_adult()).unwrap();
    let mut state = model.state();
    let hole = HoleSpec { needle_diameter_m: 0.82e-3, plugged: false };
    assert_eq!((0..20).filter(|_| model.add_hole(&mut state, hole).is_some()).count(), HOLE_COUNT_MAX);
    assert!(model.add_hole(&mut model.state(), HoleSpec { needle_diameter_m: f64::NAN, plugged: false }).is_none());
}

/// React as often as the probability says, at a puncture only, and once.
#[test]
fn reactions_come_at_their_rate() {
    let model = VasovagalModel::new(VasovagalSpec { probability: 0.05, ..VasovagalSpec::reference_adult() }).unwrap();
    let mut stream = Stream::new(3, 0, "vasovagal");
    let mut count = 0;
    let n = 4000;
    for _ in 0..n {
        let mut state = model.state();
        let mut phase = model.step(&mut state, &VasovagalInput { puncture: true }, 1.0, &mut stream);
        for _ in 0..2000 {
            phase = model.step(&mut state, &VasovagalInput { puncture: false }, 1.0, &mut stream);
        }
        count += i32::from(phase != VasovagalPhase::Well);
    }
    let expected = 0.05 * f64::from(n);
    assert!((f64::from(count) - expected).abs() < 4.0 * (expected * 0.95).sqrt(), "{count}");
}

/// Grow with passes, depth and nerves, between 0 and 10.
#[test]
fn pain_has_the_right_signs() {
    let spec = PainSpec::reference_adult();
    let once = pain_score(&spec, 1, 5e-3, false, false);
    assert_eq!(pain_score(&spec, 0, 5e-3, true, true), 0.0);
    assert!(pain_score(&spec, 2, 5e-3, false, false) > once && pain_score(&spec, 1, 8e-3, false, false) > once);
    assert!(pain_score(&spec, 1, 5e-3, true, false) > once && pain_score(&spec, 9, 1.0, true, true) <= 10.0);
}
