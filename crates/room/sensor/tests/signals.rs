//! Force, impedance, flashback, arm tracker and skin range: noise, delay, loss, response.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use proband_anatomy::Tissue;
use proband_core::{Direction, Stream, ops};
use proband_sensor::{
    DropoutSpec, FlashbackInput, FlashbackSensor, FlashbackSpec, ForceInput, ForceSensor, ForceSensorSpec, ImpedanceInput, ImpedanceSensor,
    ImpedanceSpec, RangeSensor, RangeSpec, SensorError, Tracker, TrackerInput, TrackerSpec,
};

const TICK_S: f64 = 1e-3;

fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (mean, (values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (n - 1.0)).sqrt())
}

fn quiet_force() -> ForceSensorSpec {
    ForceSensorSpec { bias_sd_n: 0.0, drift_n_sqrt_s: 0.0, crosstalk: 0.0, ..ForceSensorSpec::needle_hub() }
}

/// Keep the standard deviation of all three channels within 3 standard errors of noise and quantisation together.
#[test]
fn force_noise_has_the_stated_density() {
    let sensor = ForceSensor::new(&quiet_force(), TICK_S).unwrap();
    let mut stream = Stream::new(1, 0, "sensor.force");
    let mut state = sensor.start(&mut stream).unwrap();
    let n = 50_000_u32;
    let input = ForceInput { axial_n: 0.0, lateral_n: [0.0; 2] };
    let readings: Vec<_> = (0..n).map(|_| sensor.step(&mut state, &input, &mut stream)).collect();
    let expected = (sensor.noise_sd_n().powi(2) + sensor.spec().resolution_n.powi(2) / 12.0).sqrt();
    for channel in 0..3 {
        let values: Vec<f64> = readings.iter().map(|r| [r.axial_n, r.lateral_n[0], r.lateral_n[1]][channel]).collect();
        let (mean, sd) = moments(&values);
        let standard_error = expected / (2.0 * f64::from(n)).sqrt();
        assert!((sd - expected).abs() < 3.0 * standard_error, "channel {channel}: {sd} of {expected}");
        assert!(mean.abs() < 4.0 * expected / f64::from(n).sqrt());
    }
}

/// Answer a step after the delay, by the low pass, and end at the range.
#[test]
fn force_steps_arrive_late_and_end_at_the_range() {
    let spec = ForceSensorSpec { noise_n_sqrt_hz: 0.0, delay_s: 0.004, resolution_n: 1e-6, ..quiet_force() };
    let sensor = ForceSensor::new(&spec, TICK_S).unwrap();
    let mut stream = Stream::new(1, 0, "sensor.force");
    let mut state = sensor.start(&mut stream).unwrap();
    let input = ForceInput { axial_n: 1.0, lateral_n: [0.0, 100.0] };
    for tick in 0..20 {
        let reading = sensor.step(&mut state, &input, &mut stream);
        let expected = if tick < 4 { 0.0 } else { 1.0 - ops::exp(-std::f64::consts::TAU * 200.0 * TICK_S * f64::from(tick - 3)) };
        assert!((reading.axial_n - expected).abs() < 1e-6, "tick {tick}: {}", reading.axial_n);
        assert!(reading.lateral_n[1] <= 20.0);
    }
    assert!(sensor.step(&mut state, &input, &mut stream).saturated);
}

/// Spread the zero as stated and let it drift with the square root of time.
#[test]
fn force_zeros_drift() {
    let spec = ForceSensorSpec { noise_n_sqrt_hz: 0.0, resolution_n: 1e-9, ..ForceSensorSpec::needle_hub() };
    let sensor = ForceSensor::new(&spec, TICK_S).unwrap();
    let mut stream = Stream::new(2, 0, "sensor.force");
    let input = ForceInput { axial_n: 0.0, lateral_n: [0.0; 2] };
    let (mut first, mut drift) = (Vec::new(), Vec::new());
    for _ in 0..400 {
        let mut state = sensor.start(&mut stream).unwrap();
        let before = state.bias_n;
        for _ in 0..1000 {
            sensor.step(&mut state, &input, &mut stream);
        }
        first.extend(before);
        drift.extend(before.iter().zip(&state.bias_n).map(|(a, b)| b - a));
    }
    // 1200 values: the spread is known to 2 %; three times that is allowed.
    assert!((moments(&first).1 / 0.01 - 1.0).abs() < 0.062);
    assert!((moments(&drift).1 / 0.5e-3 - 1.0).abs() < 0.062);
}

/// Name the sensor and the field that is wrong.
#[test]
fn bad_figures_are_named() {
    let spec = ForceSensorSpec { range_n: f64::NAN, ..quiet_force() };
    assert!(matches!(ForceSensor::new(&spec, TICK_S), Err(SensorError::Parameter { field: "range_n", .. })));
    let spec = FlashbackSpec { delay_s: 100.0, ..FlashbackSpec::clear_hub_21g() };
    assert!(matches!(FlashbackSensor::new(&spec, TICK_S), Err(SensorError::Parameter { field: "delay_s", .. })));
    assert!(RangeSensor::new(&RangeSpec { far_m: 0.0, ..RangeSpec::triangulation() }, TICK_S).is_err());
}

fn magnitude(tissue: Tissue, blood_fraction: f64) -> Option<f64> {
    let spec = ImpedanceSpec { person_sd: 0.0, noise_sd: 0.0, ..ImpedanceSpec::bevel() };
    let sensor = ImpedanceSensor::new(&spec, TICK_S).unwrap();
    let mut stream = Stream::new(1, 0, "sensor.impedance");
    let mut state = sensor.start(&mut stream).unwrap();
    let input = ImpedanceInput { tissue, blood_fraction };
    (0..200).map(|_| sensor.step(&mut state, &input, &mut stream).magnitude_ohm).last().unwrap()
}

/// Order the tissues as their conductivities: blood < muscle < wet skin < fat, air open.
#[test]
fn impedance_tells_blood_from_tissue() {
    let [blood, muscle, dermis, fat] = [Tissue::VeinLumen, Tissue::Muscle, Tissue::Dermis, Tissue::Fat].map(|t| magnitude(t, 0.0).unwrap());
    assert!(blood < muscle && muscle < dermis && dermis < fat, "{blood} {muscle} {dermis} {fat}");
    assert!(fat / blood > 10.0);
    assert_eq!(magnitude(Tissue::Air, 0.0), None);
    // 120 Ω in series with a ball of 0.3 mm in 0.703 S/m (377 Ω), nearly real.
    assert!((blood - 497.0).abs() < 2.0, "{blood}");
    let half = magnitude(Tissue::Fat, 0.5).unwrap();
    assert!(blood < half && half < 0.2 * fat, "half the bevel in blood shows at once: {half}");
}

/// Show blood after transit, filling of the window and delay, and never without blood.
#[test]
fn flashback_comes_after_the_transit() {
    let spec = FlashbackSpec { noise_sd: 0.0, ..FlashbackSpec::clear_hub_21g() };
    let sensor = FlashbackSensor::new(&spec, TICK_S).unwrap();
    let mut stream = Stream::new(1, 0, "sensor.flashback");
    let mut state = sensor.start().unwrap();
    let dry = FlashbackInput { tip_in_blood: false, pressure_pa: 4000.0 };
    assert!((0..3000).all(|_| !sensor.step(&mut state, &dry, &mut stream).blood_in_hub));
    let wet = FlashbackInput { tip_in_blood: true, pressure_pa: 4000.0 };
    let seen = (0..3000).position(|_| sensor.step(&mut state, &wet, &mut stream).blood_in_hub).unwrap();
    let flow = std::f64::consts::PI * spec.inner_radius_m.powi(4) * 4000.0 / (8.0 * 3.5e-3 * 0.032);
    let expected = sensor.transit_s(4000.0) + 0.5 * spec.window_m3 / flow + spec.delay_s;
    assert!((seen as f64 * TICK_S - expected).abs() < 3.0 * TICK_S, "{seen} ticks, {expected} s");
    assert!((0..100).all(|_| sensor.step(&mut state, &dry, &mut stream).blood_in_hub), "blood that has come stays");
}

fn still_tracker(noise_sd_m: f64) -> Tracker {
    let spec = TrackerSpec { noise_sd_m, dropout: DropoutSpec::NONE, ..TrackerSpec::marker_band() };
    Tracker::new(&spec, TICK_S).unwrap()
}

/// Report a displacement exactly 12 ticks late, every fifth tick.
#[test]
fn tracker_readings_are_late_and_sampled() {
    let tracker = still_tracker(0.0);
    let mut stream = Stream::new(1, 0, "sensor.tracker");
    let mut state = tracker.start().unwrap();
    for tick in 0..200_u32 {
        let input = TrackerInput { displacement_m: Direction::new(f64::from(tick), 0.0, 0.0), occluded: false };
        let output = tracker.step(&mut state, &input, &mut stream);
        assert_eq!(output.fresh, tick >= 12 && (tick - 12).is_multiple_of(5));
        if tick >= 12 {
            let age = f64::from(tick) - output.displacement_m.0.x;
            assert!((output.age_s - age * TICK_S).abs() < 1e-12, "tick {tick}");
            assert!((12.0..17.0).contains(&age));
        }
    }
}

/// Let the age grow while the marker is hidden and keep the last reading.
#[test]
fn occlusion_ages_the_reading() {
    let tracker = still_tracker(0.0);
    let mut stream = Stream::new(1, 0, "sensor.tracker");
    let mut state = tracker.start().unwrap();
    let mut input = TrackerInput { displacement_m: Direction::new(0.001, 0.0, 0.0), occluded: false };
    for _ in 0..100 {
        tracker.step(&mut state, &input, &mut stream);
    }
    input.occluded = true;
    input.displacement_m = Direction::new(0.1, 0.0, 0.0);
    let output = (0..300).map(|_| tracker.step(&mut state, &input, &mut stream)).last().unwrap();
    assert!(output.age_s > 0.28 && !output.fresh);
    assert!((output.displacement_m.0.x - 0.001).abs() < 1e-12);
}

/// Estimate a withdrawal's speed within 10 % after 150 ms, and stay below 10 mm/s on a still arm.
#[test]
fn tracker_speed_follows_a_withdrawal() {
    let tracker = still_tracker(0.1e-3);
    let mut stream = Stream::new(1, 0, "sensor.tracker");
    let mut state = tracker.start().unwrap();
    let mut fastest = 0.0_f64;
    for _ in 0..5000 {
        let input = TrackerInput { displacement_m: Direction::new(0.0, 0.0, 0.0), occluded: false };
        fastest = fastest.max(tracker.step(&mut state, &input, &mut stream).velocity_m_s.0.norm());
    }
    assert!(fastest < 0.01, "{fastest}");
    let mut speed = 0.0;
    for tick in 0..150 {
        let input = TrackerInput { displacement_m: Direction::new(0.3 * f64::from(tick) * TICK_S, 0.0, 0.0), occluded: false };
        speed = tracker.step(&mut state, &input, &mut stream).velocity_m_s.0.x;
    }
    assert!((speed / 0.3 - 1.0).abs() < 0.1, "{speed}");
}

/// Give none out of range and the stated spread within it.
#[test]
fn ranges_have_the_stated_noise() {
    let spec = RangeSpec { bias_sd_m: 0.0, dropout: DropoutSpec::NONE, ..RangeSpec::triangulation() };
    let sensor = RangeSensor::new(&spec, TICK_S).unwrap();
    let mut stream = Stream::new(1, 0, "sensor.range");
    let mut state = sensor.start(&mut stream).unwrap();
    let readings: Vec<f64> = (0..20_000).filter_map(|_| sensor.step(&mut state, 0.06, &mut stream)).collect();
    assert_eq!(readings.len(), 20_000 - 4);
    let (mean, sd) = moments(&readings);
    let expected = (spec.noise_sd_m.powi(2) + spec.resolution_m.powi(2) / 12.0).sqrt();
    assert!((sd / expected - 1.0).abs() < 3.0 / 40_000.0_f64.sqrt(), "{sd}");
    assert!((mean - 0.06).abs() < 4.0 * expected / 141.0);
    for outside in [0.01, 0.2, f64::NAN] {
        let last = (0..10).map(|_| sensor.step(&mut state, outside, &mut stream)).last().unwrap();
        assert_eq!(last, None);
    }
}

/// Resume saved sensors and their stream at the same bits.
#[test]
fn saved_sensors_resume() {
    let force = ForceSensor::new(&ForceSensorSpec::needle_hub(), TICK_S).unwrap();
    let tracker = Tracker::new(&TrackerSpec::marker_band(), TICK_S).unwrap();
    let mut stream = Stream::new(6, 1, "sensor.any");
    let mut states = (force.start(&mut stream).unwrap(), tracker.start().unwrap(), stream);
    let step = |states: &mut (proband_sensor::ForceState, proband_sensor::TrackerState, Stream)| {
        let seen = TrackerInput { displacement_m: Direction::new(0.01, 0.0, 0.0), occluded: false };
        let pushed = ForceInput { axial_n: 1.0, lateral_n: [0.1, 0.0] };
        (force.step(&mut states.0, &pushed, &mut states.2), tracker.step(&mut states.1, &seen, &mut states.2))
    };
    for _ in 0..33 {
        step(&mut states);
    }
    let mut restored = postcard::from_bytes(&postcard::to_stdvec(&states).unwrap()).unwrap();
    for _ in 0..100 {
        assert_eq!(step(&mut states), step(&mut restored));
    }
}
