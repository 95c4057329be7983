//! An engineer's own robot and own controller on the built-in patient.
//!
//! `cargo run --release -p proband-run --example own_controller -- [MY.urdf BASE TIP]`
//!
//! The robot is any arm in a URDF file. The controller wraps the built-in one and drives the needle gently; it sees what
//! the sensors say and nothing else, as every controller does.

use proband_core::Warnings;
use proband_description::read_urdf;
use proband_procedure::{Command, Controller, Note, Observation, Phase, ProcedureError, Venipuncture};
use proband_robot::{ArmModel, ServoSpec};
use proband_run::{Finished, Rehearsal, RehearsalSpec};
use proband_twin::Twin;

// ANCHOR: controller
/// Fastest that this controller drives the needle into the arm [m/s].
const GENTLE_M_S: f64 = 2e-3;

/// The built-in controller, in less of a hurry.
struct Gentle(Venipuncture);

impl Controller for Gentle {
    fn step(&mut self, observation: &Observation<'_>) -> Command {
        let mut command = self.0.step(observation);
        if matches!(self.0.phase(), Phase::Contact | Phase::Insert) {
            command.driver_velocity_m_s = command.driver_velocity_m_s.min(GENTLE_M_S);
        }
        command
    }
    // ANCHOR_END: controller
    fn phase(&self) -> Phase {
        self.0.phase()
    }
    fn attempt(&self) -> u32 {
        self.0.attempt()
    }
    fn take_notes(&mut self, out: &mut Vec<Note>) {
        self.0.take_notes(out);
    }
    fn save(&self) -> Result<Vec<u8>, ProcedureError> {
        self.0.save()
    }
    fn restore(&mut self, bytes: &[u8]) -> Result<(), ProcedureError> {
        self.0.restore(bytes)
    }
}

type Anything<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Anything<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arm = match arguments.as_slice() {
        [urdf, base, tip] => own_arm(&std::fs::read_to_string(urdf)?, base, tip)?,
        _ => own_arm(include_str!("arm.urdf"), "base", "tool")?,
    };
    let spec = RehearsalSpec::new(Twin::built_in(), arm, 1);
    for (name, controller) in controllers(&spec)? {
        let finished = rehearse(&spec, controller)?;
        let o = &finished.outcome;
        println!(
            "{name:9} success {}, attempts {}, {:.2} mL, at most {:.1} mm/s and {:.2} N, {:.0} s",
            o.success,
            o.attempts,
            o.volume_drawn_m3 * 1e6,
            insertion_speed_max_m_s(&finished)? * 1e3,
            o.force_peak_n,
            finished.time_s
        );
    }
    Ok(())
}

// ANCHOR: run
/// A URDF as an arm that carries the needle driver on its link `tip`.
fn own_arm(urdf: &str, base: &str, tip: &str) -> Anything<ArmModel> {
    let warnings = Warnings::new();
    let tree = read_urdf(urdf, &warnings)?;
    for warning in warnings.list() {
        println!("{}: {}", warning.place, warning.text);
    }
    Ok(ArmModel::new(&tree, base, tip, &ServoSpec::light_arm())?)
}

fn rehearse(spec: &RehearsalSpec, controller: Box<dyn Controller>) -> Anything<Finished> {
    let mut rehearsal = Rehearsal::with_controller(spec, controller)?;
    while !rehearsal.advance(1000) {}
    Ok(rehearsal.finish()?)
}
// ANCHOR_END: run

/// Both controllers, for a comparison.
fn controllers(spec: &RehearsalSpec) -> Anything<[(&'static str, Box<dyn Controller>); 2]> {
    let built_in = Venipuncture::new(spec.controller()?);
    Ok([("built-in", Box::new(built_in.clone())), ("gentle", Box::new(Gentle(built_in)))])
}

/// Fastest advance of the needle in the phase `insert` [m/s], from the record; 0 when there was none.
fn insertion_speed_max_m_s(finished: &Finished) -> Anything<f64> {
    let ticks = finished.tables.iter().find(|table| table.name == "ticks").ok_or("no ticks were recorded")?;
    let rows = ticks.f64s("insertion_speed_m_s")?.iter().zip(ticks.texts("phase")?);
    Ok(rows.filter(|(_, phase)| *phase == Phase::Insert.name()).map(|(speed, _)| *speed).fold(0.0, f64::max))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Stick the needle in with a robot and a controller of our own, more slowly than the built-in one, and take it out again.
    #[test]
    fn the_own_controller_is_gentle() {
        let spec = RehearsalSpec::new(Twin::built_in(), own_arm(include_str!("arm.urdf"), "base", "tool").unwrap(), 1);
        let speeds = controllers(&spec).unwrap().map(|(name, controller)| {
            let finished = rehearse(&spec, controller).unwrap();
            assert_eq!(finished.outcome.quarantined, None, "{name}");
            assert!(finished.outcome.attempts >= 1, "{name}: the arm reaches no vein");
            insertion_speed_max_m_s(&finished).unwrap()
        });
        // The driver overshoots a little when tissue gives way.
        assert!(speeds[1] > 0.5 * GENTLE_M_S && speeds[1] < 2.0 * GENTLE_M_S, "{speeds:?}");
        assert!(speeds[0] > 1.5 * speeds[1], "{speeds:?}");
    }
}
