//! The arm moves smoothly, within bounds, and the same way again from a saved state.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

use proband_core::Stream;
use proband_physiology::*;

const DT: f64 = 1e-3;
const REST: MotionInput = MotionInput { startle: false, pain: 0.0 };

fn model(spec: MotionSpec) -> MotionModel {
    MotionModel::new(spec).unwrap()
}

/// Keep tremor and breathing within their stated sizes, and the velocity the derivative of the displacement.
#[test]
fn quiet_arms_stay_within_bounds() {
    let spec = MotionSpec::reference_adult();
    let model = model(spec.clone());
    let mut stream = Stream::new(1, 0, "motion");
    let mut state = model.state(&mut stream);
    let outputs: Vec<MotionOutput> = (0..20_000).map(|_| model.step(&mut state, &REST, DT, &mut stream)).collect();
    let bound = spec.tremor_peak_m + spec.breathing_m;
    for window in outputs.windows(3) {
        assert!(window[1].displacement.0.norm() <= bound);
        let difference = (window[2].displacement.0 - window[0].displacement.0) / (2.0 * DT);
        assert!((difference - window[1].velocity.0).norm() < 2e-5, "{difference} {:?}", window[1].velocity);
    }
}

/// Carry the tremor's power between its lowest and its highest frequency.
#[test]
fn tremor_lies_in_its_band() {
    let spec = MotionSpec { breathing_m: 0.0, ..MotionSpec::reference_adult() };
    let model = model(spec);
    let mut stream = Stream::new(2, 0, "motion");
    let mut state = model.state(&mut stream);
    let x: Vec<f64> = (0..20_000).map(|_| model.step(&mut state, &REST, DT, &mut stream).displacement.0.x).collect();
    let power = |hz: f64| {
        let (mut re, mut im) = (0.0, 0.0);
        for (i, value) in x.iter().enumerate() {
            let (sin, cos) = proband_core::ops::sin_cos(std::f64::consts::TAU * hz * i as f64 * DT);
            let window = 1.0 - proband_core::ops::cos(std::f64::consts::TAU * i as f64 / 20_000.0);
            re += value * cos * window;
            im += value * sin * window;
        }
        re * re + im * im
    };
    let sum = |from: u32, to: u32| (from..to).map(|i| power(0.05 * f64::from(i))).sum::<f64>();
    let inside = sum(116, 205);
    let outside = sum(1, 116) + sum(205, 400);
    assert!(inside > 100.0 * outside, "{inside} {outside}");
}

/// Withdraw after the latency at the stated speed and distance, come back, and report both moments.
#[test]
fn startles_withdraw_and_return() {
    let spec = MotionSpec { tremor_peak_m: 0.0, breathing_m: 0.0, ..MotionSpec::reference_adult() };
    let model = model(spec.clone());
    let mut stream = Stream::new(1, 0, "motion");
    let mut state = model.state(&mut stream);
    let mut outputs = vec![model.step(&mut state, &MotionInput { startle: true, pain: 0.0 }, DT, &mut stream)];
    assert_eq!(outputs[0].event, Some(MotionEvent::StartleTriggered));
    outputs.extend((0..4000).map(|_| model.step(&mut state, &REST, DT, &mut stream)));
    let begins = outputs.iter().position(|output| output.event == Some(MotionEvent::StartleBegins)).unwrap();
    assert!((begins as f64 * DT - spec.startle_latency_s).abs() < 2e-3);
    let fastest = outputs.iter().map(|output| output.velocity.0.norm()).fold(0.0, f64::max);
    let farthest = outputs.iter().map(|output| output.displacement.0.norm()).fold(0.0, f64::max);
    assert!((fastest / spec.startle_speed_m_s - 1.0).abs() < 1e-3 && (farthest / spec.startle_distance_m - 1.0).abs() < 1e-9);
    assert!(outputs.last().unwrap().displacement.0.norm() < 1e-12 && outputs[500].rotation_rad > 0.0);
    for pair in outputs.windows(2) {
        assert!((pair[1].displacement.0 - pair[0].displacement.0).norm() <= 1.001 * spec.startle_speed_m_s * DT, "no jumps");
    }
}

/// Startle at pain with the stated probability.
#[test]
fn pain_startles_at_its_rate() {
    let model = model(MotionSpec { startle_probability: 0.2, ..MotionSpec::reference_adult() });
    let mut stream = Stream::new(9, 0, "motion");
    let n = 5000;
    let mut count = 0;
    for _ in 0..n {
        let mut state = model.state(&mut stream);
        let output = model.step(&mut state, &MotionInput { startle: false, pain: 0.5 }, DT, &mut stream);
        count += i32::from(output.event.is_some());
    }
    assert!((f64::from(count) - 500.0).abs() < 4.0 * 450.0_f64.sqrt(), "{count}");
}
