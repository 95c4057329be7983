//! The needle driver.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use proband_robot::{DriverCommand, DriverInput, DriverModel, DriverOutput, DriverSpec, DriverState, RobotError};
use proptest::prelude::*;

const DT: f64 = 1e-3;

fn start(position_m: f64) -> (DriverModel, DriverState) {
    let model = DriverModel::new(&DriverSpec::venipuncture()).unwrap();
    let state = model.start(position_m).unwrap();
    (model, state)
}

fn run(model: &DriverModel, state: &mut DriverState, command: DriverCommand, load_force_n: f64, ticks: u32) -> DriverOutput {
    let input = DriverInput { command, load_force_n };
    let mut output = model.step(state, &input, DT);
    for _ in 1..ticks {
        output = model.step(state, &input, DT);
    }
    output
}

/// Hold the commanded speed within 1 % once it is reached.
#[test]
fn velocity_is_kept() {
    let (model, mut state) = start(0.0);
    for speed in [0.003, 0.02] {
        run(&model, &mut state, DriverCommand::Velocity(speed), 1.0, 300);
        let from = state.carriage_m;
        run(&model, &mut state, DriverCommand::Velocity(speed), 1.0, 500);
        let mean = (state.carriage_m - from) / 0.5;
        assert!((mean / speed - 1.0).abs() < 0.01, "{mean}");
    }
}

/// Reach a position without passing it by more than 20 µm and stay within 5 µm.
#[test]
fn positions_are_reached() {
    let (model, mut state) = start(0.0);
    let command = DriverCommand::Position { position_m: 0.02, speed_m_s: 0.03 };
    let mut highest = 0.0_f64;
    for _ in 0..1500 {
        let output = model.step(&mut state, &DriverInput { command, load_force_n: 0.5 }, DT);
        highest = highest.max(output.position_m);
    }
    assert!(highest < 0.02 + 20e-6, "{highest}");
    assert!((state.carriage_m - 0.02).abs() < 5e-6, "{}", state.carriage_m);
}

/// Lose exactly the backlash between motor and carriage when an unloaded needle is drawn back.
#[test]
fn reversal_loses_the_backlash() {
    let (model, mut state) = start(0.0);
    run(&model, &mut state, DriverCommand::Velocity(0.02), 0.0, 500);
    let back = DriverInput { command: DriverCommand::Velocity(-0.005), load_force_n: 0.0 };
    let (mut top_motor, mut at_follow) = (state.motor_m, None);
    for _ in 0..500 {
        let before = state.carriage_m;
        model.step(&mut state, &back, DT);
        top_motor = top_motor.max(state.motor_m);
        if at_follow.is_none() && state.carriage_m < before {
            at_follow = Some(state.motor_m);
        }
    }
    // The motor's travel when the carriage begins to follow is the play, to one tick's travel.
    let lost = top_motor - at_follow.unwrap();
    assert!((lost - 0.112e-3).abs() <= 0.006 * DT, "{lost}");
    assert!((state.carriage_m - state.motor_m - 0.112e-3).abs() < 1e-12);
}

/// Keep a pressed needle on its flank: no lost motion while the load stays.
#[test]
fn a_load_takes_up_the_backlash() {
    let (model, mut state) = start(0.01);
    run(&model, &mut state, DriverCommand::Position { position_m: 0.02, speed_m_s: 0.01 }, 1.0, 1500);
    run(&model, &mut state, DriverCommand::Velocity(-0.003), 1.0, 500);
    assert!((state.carriage_m - state.motor_m).abs() < 1e-6);
}

/// Push against a spring until the force limit, stand there, and not leap when freed.
#[test]
fn the_driver_stalls_at_its_force_limit() {
    let (model, mut state) = start(0.01);
    let limit = model.stall_force_n();
    assert!((limit - 11.0).abs() < 1e-12);
    let stiffness = 2000.0;
    let mut output = None;
    for _ in 0..3000 {
        let load_force_n = stiffness * (state.carriage_m - 0.01).max(0.0);
        output = Some(model.step(&mut state, &DriverInput { command: DriverCommand::Velocity(0.005), load_force_n }, DT));
    }
    let output = output.unwrap();
    let force = stiffness * (output.position_m - 0.01);
    assert!(output.stalled && output.saturated);
    // Inertia carries it a little beyond; friction then keeps it there.
    assert!(force >= limit * 0.999 && force < limit + 0.3, "{force}");
    assert!((output.force_from_current_n - 12.0).abs() < 1e-9);
    let from = state.carriage_m;
    run(&model, &mut state, DriverCommand::Hold, 0.0, 1000);
    assert!(state.carriage_m - from < 0.7e-3, "following error bounds the leap: {}", state.carriage_m - from);
}

/// Name the bad field.
#[test]
fn bad_figures_are_named() {
    let mut spec = DriverSpec::venipuncture();
    spec.mass_kg = 0.0;
    assert!(matches!(DriverModel::new(&spec), Err(RobotError::Parameter { field, .. }) if field == "mass_kg"));
    let (model, _) = start(0.0);
    assert!(model.start(0.07).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(100) })]

    /// Stay finite, within the travel and with the carriage in its play, whatever is asked and however it is pushed.
    #[test]
    fn any_use_is_bounded(uses in prop::collection::vec((-0.3_f64..0.3, -30.0_f64..30.0, 1_u32..200, 0_u32..3), 1..10)) {
        let (model, mut state) = start(0.03);
        let spec = model.spec().clone();
        for (x, load, ticks, kind) in uses {
            let command = match kind {
                0 => DriverCommand::Velocity(x),
                1 => DriverCommand::Position { position_m: x, speed_m_s: 0.05 },
                _ => DriverCommand::Hold,
            };
            let output = run(&model, &mut state, command, load, ticks);
            prop_assert!((0.0..=spec.travel_m).contains(&state.motor_m));
            let play = state.carriage_m - state.motor_m;
            prop_assert!((0.0..=spec.backlash_m * (1.0 + 1e-9)).contains(&play), "{play}");
            prop_assert!(output.current_a.abs() <= spec.current_max_a);
            prop_assert!(output.measured_velocity_m_s.is_finite() && output.velocity_m_s.is_finite());
        }
    }
}
