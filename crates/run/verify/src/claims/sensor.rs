//! Claims about `proband-sensor`.

mod doppler;
pub(super) mod nir;
mod ultrasound;

use proband_anatomy::Tissue;
use proband_core::{Direction, Stream, ops};
use proband_sensor::{
    Delayed, DropoutSpec, FlashbackInput, FlashbackSensor, FlashbackSpec, ForceInput, ForceSensor, ForceSensorSpec, ImpedanceInput,
    ImpedanceSensor, ImpedanceSpec, RangeSensor, RangeSpec, Tracker, TrackerInput, TrackerSpec,
};

use crate::{Claim, Obtained};

macro_rules! claim {
    ($id:literal, $compute:ident) => {
        Claim { id: $id, case: include_str!(concat!("../../../../../verify/", $id, "/case.toml")), compute: $compute }
    };
}

/// Claims of this module.
pub(crate) const CLAIMS: &[Claim] = &[
    claim!("sensor-force-noise", force_noise),
    claim!("sensor-delay", delay),
    claim!("sensor-impedance", impedance),
    claim!("sensor-flashback", flashback),
    Claim { id: "nir-camera", case: include_str!("../../../../../verify/nir-camera/case.toml"), compute: nir::camera },
    Claim { id: "ultrasound-doppler", case: include_str!("../../../../../verify/ultrasound-doppler/case.toml"), compute: doppler::doppler },
    Claim { id: "ultrasound-full", case: include_str!("../../../../../verify/ultrasound-full/case.toml"), compute: ultrasound::full },
    Claim { id: "ultrasound-probe", case: include_str!("../../../../../verify/ultrasound-probe/case.toml"), compute: ultrasound::probe },
];

const TICK_S: f64 = 1e-3;

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn mean_and_sd(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (mean, (values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (n - 1.0)).sqrt())
}

fn force_noise() -> Result<Vec<Obtained>, String> {
    let spec = ForceSensorSpec { bias_sd_n: 0.0, drift_n_sqrt_s: 0.0, ..ForceSensorSpec::needle_hub() };
    let sensor = ForceSensor::new(&spec, TICK_S).map_err(text)?;
    let mut stream = Stream::new(1, 0, "verify.sensor.force");
    let mut state = sensor.start(&mut stream).map_err(text)?;
    let input = ForceInput { axial_n: 0.0, lateral_n: [0.0; 2] };
    let readings: Vec<[f64; 3]> = (0..100_000)
        .map(|_| sensor.step(&mut state, &input, &mut stream))
        .map(|o| [1e3 * o.axial_n, 1e3 * o.lateral_n[0], 1e3 * o.lateral_n[1]])
        .collect();
    let channel = |index: usize| readings.iter().map(|r| r[index]).collect::<Vec<f64>>();
    let axial = channel(0);
    let (mean, sd) = mean_and_sd(&axial);
    let products: f64 = axial.windows(2).map(|w| (w[0] - mean) * (w[1] - mean)).sum();
    Ok(vec![
        Obtained::new("standard deviation, axial", sd),
        Obtained::new("standard deviation, lateral x", mean_and_sd(&channel(1)).1),
        Obtained::new("standard deviation, lateral y", mean_and_sd(&channel(2)).1),
        Obtained::new("correlation of neighbouring readings", products / (sd * sd * axial.len() as f64)),
    ])
}

/// Ticks until a reading that was true for the first time at tick 100 arrives.
fn ticks_until(mut arrives: impl FnMut(bool) -> bool) -> Result<f64, String> {
    for tick in 0..5000_u32 {
        if arrives(tick >= 100) {
            return tick.checked_sub(100).map(f64::from).ok_or_else(|| "a reading came before its cause".to_owned());
        }
    }
    Err("no reading came".into())
}

fn delay() -> Result<Vec<Obtained>, String> {
    let mut stream = Stream::new(1, 0, "verify.sensor.delay");
    let spec =
        ForceSensorSpec { noise_n_sqrt_hz: 0.0, bias_sd_n: 0.0, drift_n_sqrt_s: 0.0, delay_s: 0.007, ..ForceSensorSpec::needle_hub() };
    let force = ForceSensor::new(&spec, TICK_S).map_err(text)?;
    let mut state = force.start(&mut stream).map_err(text)?;
    let force_ticks = ticks_until(|on| {
        let input = ForceInput { axial_n: if on { 1.0 } else { 0.0 }, lateral_n: [0.0; 2] };
        force.step(&mut state, &input, &mut stream).axial_n > 0.1
    })?;

    let impedance = ImpedanceSensor::new(&ImpedanceSpec::bevel(), TICK_S).map_err(text)?;
    let mut state = impedance.start(&mut stream).map_err(text)?;
    let impedance_ticks = ticks_until(|on| {
        let input = ImpedanceInput { tissue: if on { Tissue::Muscle } else { Tissue::Air }, blood_fraction: 0.0 };
        impedance.step(&mut state, &input, &mut stream).magnitude_ohm.is_some()
    })?;

    // The tracker takes a picture every fifth tick, and tick 100 is one of them.
    let spec = TrackerSpec { noise_sd_m: 0.0, dropout: DropoutSpec::NONE, ..TrackerSpec::marker_band() };
    let tracker = Tracker::new(&spec, TICK_S).map_err(text)?;
    let mut state = tracker.start().map_err(text)?;
    let tracker_ticks = ticks_until(|on| {
        let input = TrackerInput { displacement_m: Direction::new(if on { 1.0 } else { 0.0 }, 0.0, 0.0), occluded: false };
        tracker.step(&mut state, &input, &mut stream).displacement_m.0.x > 0.5
    })?;

    let range = RangeSensor::new(&RangeSpec { dropout: DropoutSpec::NONE, ..RangeSpec::triangulation() }, TICK_S).map_err(text)?;
    let mut state = range.start(&mut stream).map_err(text)?;
    let range_ticks = ticks_until(|on| range.step(&mut state, if on { 0.1 } else { 1.0 }, &mut stream).is_some())?;

    let mut line = Delayed::new(1000, false).map_err(text)?;
    let line_ticks = ticks_until(|on| line.push(on))?;
    Ok(vec![
        Obtained::new("force sensor, 7 ms", force_ticks),
        Obtained::new("impedance sensor, 5 ms", impedance_ticks),
        Obtained::new("arm tracker, 12 ms", tracker_ticks),
        Obtained::new("range sensor, 4 ms", range_ticks),
        Obtained::new("delay line of 1000 ticks", line_ticks),
    ])
}

fn impedance() -> Result<Vec<Obtained>, String> {
    let spec = ImpedanceSpec { person_sd: 0.0, noise_sd: 0.0, ..ImpedanceSpec::bevel() };
    let quiet = ImpedanceSensor::new(&spec, TICK_S).map_err(text)?;
    let noisy = ImpedanceSensor::new(&ImpedanceSpec { noise_sd: 0.02, ..spec }, TICK_S).map_err(text)?;
    let mut stream = Stream::new(1, 0, "verify.sensor.impedance");
    let mut read = |sensor: &ImpedanceSensor, tissue: Tissue, ticks: u32| -> Result<Vec<f64>, String> {
        let mut state = sensor.start(&mut stream).map_err(text)?;
        let input = ImpedanceInput { tissue, blood_fraction: 0.0 };
        let readings = (0..ticks).filter_map(|_| sensor.step(&mut state, &input, &mut stream).magnitude_ohm);
        // The first 200 belong to the filter's rise.
        Ok(readings.skip(200).collect())
    };
    let mut rows = Vec::new();
    for (name, tissue) in [("blood", Tissue::VeinLumen), ("muscle", Tissue::Muscle), ("dermis", Tissue::Dermis), ("fat", Tissue::Fat)] {
        let last = read(&quiet, tissue, 400)?.last().copied().unwrap_or(f64::NAN);
        rows.push(Obtained::new(name, last));
    }
    let logarithms: Vec<f64> = read(&noisy, Tissue::Muscle, 20_205)?.into_iter().map(ops::ln).collect();
    rows.push(Obtained::new("spread of readings", mean_and_sd(&logarithms).1));
    Ok(rows)
}

fn flashback() -> Result<Vec<Obtained>, String> {
    let spec = FlashbackSpec { noise_sd: 0.0, ..FlashbackSpec::clear_hub_21g() };
    let sensor = FlashbackSensor::new(&spec, TICK_S).map_err(text)?;
    let mut stream = Stream::new(1, 0, "verify.sensor.flashback");
    let mut transit_ms = |pressure_pa: f64| -> Result<f64, String> {
        let mut state = sensor.start().map_err(text)?;
        let input = FlashbackInput { tip_in_blood: true, pressure_pa };
        let mut ticks = 0_u32;
        while state.front_m < spec.length_m && ticks < 10_000 {
            sensor.step(&mut state, &input, &mut stream);
            ticks += 1;
        }
        Ok(1e3 * TICK_S * f64::from(ticks))
    };
    let (slow, fast) = (transit_ms(2000.0)?, transit_ms(4000.0)?);
    let mut state = sensor.start().map_err(text)?;
    let beside = FlashbackInput { tip_in_blood: false, pressure_pa: 4000.0 };
    let seen = (0..10_000).filter(|_| sensor.step(&mut state, &beside, &mut stream).blood_in_hub).count();
    Ok(vec![
        Obtained::new("transit at 2 kPa", slow),
        Obtained::new("transit at 4 kPa", fast),
        Obtained::new("seconds with blood seen, needle beside the vein", seen as f64 * TICK_S),
    ])
}
