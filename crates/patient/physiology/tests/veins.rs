//! The vein bed, the tourniquet, the probe and the tube law.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

use proband_physiology::*;

const DT: f64 = 1e-3;

fn model() -> VenousModel {
    VenousModel::new(VenousSpec::reference_adult()).unwrap()
}

fn quiet() -> VenousInput {
    VenousInput { tourniquet_pa: 0.0, probe_pressure_pa: 0.0, draw_m3_s: 0.0, draw_site_pressure_pa: 0.0, below_heart_m: 0.0 }
}

fn run(model: &VenousModel, state: &mut VenousState, input: &VenousInput, seconds: f64) -> VenousOutput {
    (0..(seconds / DT) as u32).map(|_| model.step(state, input, DT)).last().unwrap()
}

fn mmhg(pa: f64) -> f64 {
    pa / PA_PER_MMHG
}

/// Stay at rest when nothing is done.
#[test]
fn rest_is_steady() {
    let model = model();
    let mut state = model.state();
    let output = run(&model, &mut state, &quiet(), 60.0);
    assert!((output.pressure_pa - 7.0 * PA_PER_MMHG).abs() < 1e-6 && (output.area_ratio - 1.0).abs() < 1e-9);
    assert!((output.scale_v - 1.0).abs() < 1e-9 && (output.scale_h - 1.0).abs() < 1e-9);
}

/// Rise towards the tourniquet's pressure within two minutes, stop filling above systolic pressure, and empty again.
#[test]
fn tourniquets_fill_the_veins() {
    let model = model();
    let mut state = model.state();
    let on = VenousInput { tourniquet_pa: 40.0 * PA_PER_MMHG, ..quiet() };
    let early = run(&model, &mut state, &on, 20.0);
    let late = run(&model, &mut state, &on, 160.0);
    assert!(mmhg(early.pressure_pa) > 10.0 && early.pressure_pa < late.pressure_pa);
    assert!((mmhg(late.pressure_pa) - 42.0).abs() < 3.0, "{}", mmhg(late.pressure_pa));
    assert!(late.scale_v > late.scale_h && late.scale_h > 1.0, "fuller and rounder");
    let off = run(&model, &mut state, &quiet(), 120.0);
    assert!((mmhg(off.pressure_pa) - 7.0).abs() < 0.5);
    let shut = VenousInput { tourniquet_pa: 150.0 * PA_PER_MMHG, ..quiet() };
    let before = off.pressure_pa;
    let after = run(&model, &mut state, &shut, 120.0);
    assert!((after.pressure_pa - before).abs() < 0.05 * PA_PER_MMHG, "above systolic nothing flows in or out");
    let between = VenousInput { tourniquet_pa: 100.0 * PA_PER_MMHG, ..quiet() };
    let mut half = model.state();
    let mut full = model.state();
    assert!(run(&model, &mut half, &between, 15.0).pressure_pa < run(&model, &mut full, &on, 15.0).pressure_pa);
}

/// Flatten under a probe, the less the fuller the vein is.
#[test]
fn probes_flatten_veins() {
    let model = model();
    let mut state = model.state();
    let pressed = VenousInput { probe_pressure_pa: 3_000.0, ..quiet() };
    let flat = run(&model, &mut state, &pressed, 3.0);
    assert!(flat.collapsed && flat.flow_limit_m3_s == 0.0 && flat.scale_v < 0.4, "{flat:?}");
    let mut state = model.state();
    let tied = VenousInput { tourniquet_pa: 40.0 * PA_PER_MMHG, ..quiet() };
    run(&model, &mut state, &tied, 90.0);
    let held = run(&model, &mut state, &VenousInput { tourniquet_pa: 40.0 * PA_PER_MMHG, ..pressed }, 3.0);
    assert!(held.area_ratio > 1.0 && !held.collapsed);
}

/// Grow with the column of blood when the arm hangs, 0.780 mmHg per centimetre.
#[test]
fn hanging_arms_fill() {
    let model = model();
    let mut state = model.state();
    let output = run(&model, &mut state, &VenousInput { below_heart_m: 0.1, ..quiet() }, 200.0);
    assert!((mmhg(output.pressure_pa) - 14.8).abs() < 0.1, "{}", mmhg(output.pressure_pa));
}

/// Fall when blood is drawn faster than it comes, and keep the balance of volume.
#[test]
fn drawing_empties_the_bed() {
    let model = model();
    let mut state = model.state();
    let tied = VenousInput { tourniquet_pa: 45.0 * PA_PER_MMHG, ..quiet() };
    let before = run(&model, &mut state, &tied, 60.0);
    let drawn = VenousInput { draw_m3_s: 1e-6, draw_site_pressure_pa: 1e9, ..tied };
    let after = run(&model, &mut state, &drawn, 10.0);
    assert!(after.pressure_pa < before.pressure_pa - 2.0 * PA_PER_MMHG);
    assert!(after.feed_resistance_pa_s_per_m3 > before.feed_resistance_pa_s_per_m3);
}

/// Keep the area near Mollison's 25 mmHg plateau, to which the stiffness was solved.
#[test]
fn stiffness_belongs_to_the_plateau() {
    let model = model();
    assert!((model.area_ratio_at(25.0 * PA_PER_MMHG) - 10.7 / 8.2).abs() < 1e-4);
}

/// Name what is wrong with a specification.
#[test]
fn bad_veins_are_named() {
    let spec = VenousSpec { wall_exponent: f64::NAN, ..VenousSpec::reference_adult() };
    assert!(VenousModel::new(spec).unwrap_err().to_string().contains("wall_exponent"));
    let spec = VenousSpec { central_pressure_pa: 2_000.0, ..VenousSpec::reference_adult() };
    assert!(VenousModel::new(spec).unwrap_err().to_string().contains("central"));
}
