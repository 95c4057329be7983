//! The robot's side of the border: a command that is no command is not carried out.

use proband_procedure::{Command, HeadCommand, NeedleCommand};

/// Places beyond this are not in the room [m].
const ROOM_M: f64 = 2.0;
/// Fastest request that is not taken for an error [m/s]; the driver cuts to its own limit far below.
const SPEED_MAX_M_S: f64 = 1.0;
/// Greatest contact force that may be asked for [N].
const FORCE_MAX_N: f64 = 20.0;
/// Greatest cuff pressure that may be asked for [Pa]: the relief valve of a surgical tourniquet (prior: unverified).
const CUFF_MAX_PA: f64 = 60_000.0;

/// First number of a command that cannot be meant and that a scene therefore does not carry out, with its name.
/// Limits: prior: unverified, far beyond what a draw needs.
#[must_use]
pub fn command_refusal(command: &Command) -> Option<(&'static str, f64)> {
    let mut found = None;
    let mut look = |name: &'static str, value: f64, low: f64, high: f64| {
        if found.is_none() && !(low..=high).contains(&value) {
            found = Some((name, value));
        }
    };
    look("driver_velocity_m_s", command.driver_velocity_m_s, -SPEED_MAX_M_S, SPEED_MAX_M_S);
    look("tourniquet_pa", command.tourniquet_pa, 0.0, CUFF_MAX_PA);
    if let HeadCommand::Press { x_m, z_m, yaw_rad, force_n } = command.head {
        look("head.x_m", x_m, -ROOM_M, ROOM_M);
        look("head.z_m", z_m, -ROOM_M, ROOM_M);
        look("head.yaw_rad", yaw_rad, -10.0, 10.0);
        look("head.force_n", force_n, 0.0, FORCE_MAX_N);
    }
    if let NeedleCommand::Line { entry, direction, standoff_m } = command.needle {
        for value in entry.0.iter() {
            look("needle.entry", *value, -ROOM_M, ROOM_M);
        }
        look("needle.direction", direction.0.norm(), 1e-3, 1e3);
        look("needle.standoff_m", standoff_m, -ROOM_M, ROOM_M);
    }
    found
}

/// What is carried out instead: everything stays where it was sent, the needle stands still.
pub(crate) fn held(last: &Command) -> Command {
    Command { driver_velocity_m_s: 0.0, ..*last }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Refuse what is no number, and carry out what a controller asks at rest.
    #[test]
    fn no_number_is_refused() {
        assert_eq!(command_refusal(&Command::idle()), None);
        for bad in [f64::NAN, f64::INFINITY, -2.0] {
            assert!(command_refusal(&Command { driver_velocity_m_s: bad, ..Command::idle() }).is_some());
        }
        let press = HeadCommand::Press { x_m: 0.0, z_m: f64::NAN, yaw_rad: 0.0, force_n: 1.0 };
        assert_eq!(command_refusal(&Command { head: press, ..Command::idle() }).map(|r| r.0), Some("head.z_m"));
        assert_eq!(held(&Command { driver_velocity_m_s: 0.01, ..Command::idle() }).driver_velocity_m_s, 0.0);
    }
}
