//! The imaging head.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use proband_core::Stream;
use proband_robot::{GantryInput, GantryModel, GantryOutput, GantrySpec, GantryState, GantryTarget, Press};

const DT: f64 = 1e-3;

struct Rig {
    model: GantryModel,
    state: GantryState,
    stream: Stream,
}

impl Rig {
    fn new() -> Self {
        let model = GantryModel::new(&GantrySpec::imaging_head()).unwrap();
        let mut stream = Stream::new(4, 0, "robot.gantry");
        let state = model.start([0.0, 0.0, 0.0, -0.02], &mut stream).unwrap();
        Self { model, state, stream }
    }
    fn run(&mut self, target: GantryTarget, skin_m: f64, ticks: u32) -> GantryOutput {
        let input = GantryInput { target, skin_m };
        let mut output = self.model.step(&mut self.state, &input, &mut self.stream, DT);
        for _ in 1..ticks {
            output = self.model.step(&mut self.state, &input, &mut self.stream, DT);
        }
        output
    }
}

fn target(press: Press) -> GantryTarget {
    GantryTarget { x_m: 0.01, z_m: -0.03, yaw_rad: 1.57, press }
}

/// Press with the wanted force, by the indentation that the stiffness asks for.
#[test]
fn the_force_is_reached() {
    let mut rig = Rig::new();
    let output = rig.run(target(Press::Force(2.0)), 0.001, 5000);
    assert!(output.contact && output.arrived);
    assert!((output.force_n - 2.0).abs() < 0.05, "{}", output.force_n);
    assert!((output.indentation_m - 2.0 / 600.0).abs() < 1e-4);
    assert!((output.position_measured[0] - 0.01).abs() <= 5e-6 && (output.position_measured[2] - 1.57).abs() <= 1e-4);
}

/// Keep the force when the arm rises by 2 mm, with a short excess.
#[test]
fn the_force_follows_the_skin() {
    let mut rig = Rig::new();
    rig.run(target(Press::Force(2.0)), 0.0, 4000);
    for tick in 0..500 {
        rig.run(target(Press::Force(2.0)), -0.002 * f64::from(tick) / 500.0, 1);
    }
    let output = rig.run(target(Press::Force(2.0)), -0.002, 1500);
    assert!((output.force_n - 2.0).abs() < 0.05, "{}", output.force_n);
}

/// Lift off by itself when the skin comes up under a held position.
#[test]
fn too_much_force_lifts_the_head() {
    let mut rig = Rig::new();
    let output = rig.run(target(Press::Position(0.01)), 0.0, 4000);
    assert!((output.force_n - 6.0).abs() < 0.2);
    let mut lifted = false;
    for _ in 0..50 {
        lifted |= rig.run(target(Press::Position(0.01)), -0.008, 1).force_exceeded;
    }
    assert!(lifted);
    let output = rig.run(target(Press::Position(0.01)), -0.008, 1000);
    assert!(output.force_n < 8.5, "{}", output.force_n);
}

/// Keep the position error while standing, change it while moving, with the stated spread.
#[test]
fn position_errors_belong_to_places() {
    let mut rig = Rig::new();
    rig.run(target(Press::Position(-0.02)), 1.0, 4000);
    let before = rig.state.error;
    rig.run(target(Press::Position(-0.02)), 1.0, 1000);
    assert_eq!(before, rig.state.error);
    let (mut sum, mut count) = (0.0, 0);
    for step in 0..400_u32 {
        let x_m = if step % 2 == 0 { 0.04 } else { -0.04 };
        let output = rig.run(GantryTarget { x_m, ..target(Press::Position(-0.02)) }, 1.0, 2000);
        sum += (output.position_true[0] - x_m).powi(2);
        count += 1;
    }
    let sd = (sum / f64::from(count)).sqrt();
    // 400 nearly independent places: the spread is known to 1/√800 = 3.5 %, three times that is allowed.
    assert!((sd / 0.05e-3 - 1.0).abs() < 0.11, "{sd}");
}

/// Never pass a speed limit.
#[test]
fn speeds_are_limited() {
    let mut rig = Rig::new();
    let limits = [0.05, 0.05, 1.5, 0.03];
    for goal in [0.05, -0.05, 0.0] {
        let target = GantryTarget { x_m: goal, z_m: -goal, yaw_rad: 20.0 * goal, press: Press::Position(goal) };
        for _ in 0..700 {
            let before = rig.state.reference;
            rig.run(target, 1.0, 1);
            for axis in 0..4 {
                let speed = (rig.state.reference[axis].position - before[axis].position).abs() / DT;
                assert!(speed <= limits[axis] * (1.0 + 1e-9));
            }
        }
    }
}
