//! What a client may ask, as JSON text frames.

use proband_core::{Direction, Position};
use proband_procedure::{Command, HeadCommand, NeedleCommand};
use serde::{Deserialize, Serialize};

/// Longest message of a client [bytes].
pub const MESSAGE_BYTES_MAX: usize = 4096;

/// A request with the number that its answer carries.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// Number of the request, chosen by the client.
    pub id: u32,
    /// What is asked.
    pub ask: Ask,
}

/// What may be asked. Everything but [`Ask::Command`] and [`Ask::Leave`] needs command of the scene.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Ask {
    /// Become the one who commands. Refused while somebody else does.
    Command,
    /// Give that up.
    Leave,
    /// Take the controls: from now on the room does this.
    Take(Controls),
    /// Hand over to the robot.
    Robot,
    /// The person is done.
    Finish,
    /// Stop the clock.
    Pause,
    /// Let the clock run at this multiple of real time.
    Run {
        /// Patient's seconds per second [1], 0.01 to 50.
        speed: f64,
    },
    /// Advance a stopped clock by this many milliseconds.
    Step {
        /// Ticks, 1 to 10 000.
        ticks: u32,
    },
    /// Go back to a tick; what came after it is kept as a take.
    Rewind {
        /// Tick.
        tick: u64,
    },
    /// Begin again; what has been is kept as a take.
    Restart,
    /// Open another patient, stopped at the beginning; what has been is kept as a take.
    Open {
        /// Number in the list of patients.
        patient: u32,
    },
}

/// A person's controls: [`Command`] in words of JSON, SI units, patient frame.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Controls {
    /// Imaging head; absent: parked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<HeadControl>,
    /// Needle's line; absent: parked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needle: Option<NeedleControl>,
    /// Speed of the needle [m/s], positive into the patient.
    pub driver_velocity_m_s: f64,
    /// Cuff pressure [Pa].
    pub tourniquet_pa: f64,
    /// Near-infrared pictures.
    pub expose_nir: bool,
    /// Ultrasound pictures.
    pub image_ultrasound: bool,
    /// Tube on.
    pub tube_connected: bool,
    /// Pad on the hole.
    pub compress: bool,
}

/// Where the probe presses.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeadControl {
    /// Lateral position [m].
    pub x_m: f64,
    /// Position along the arm [m].
    pub z_m: f64,
    /// Turn about the probe's axis [rad].
    pub yaw_rad: f64,
    /// Force on the skin [N].
    pub force_n: f64,
}

/// Line of the needle.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NeedleControl {
    /// Point on the skin [m].
    pub entry_m: [f64; 3],
    /// Into the patient; need not be of length 1.
    pub direction: [f64; 3],
    /// Distance of the retracted tip from the entry [m].
    pub standoff_m: f64,
}

impl From<Controls> for Command {
    fn from(controls: Controls) -> Self {
        Self {
            head: controls.head.map_or(HeadCommand::Park, |h| HeadCommand::Press {
                x_m: h.x_m,
                z_m: h.z_m,
                yaw_rad: h.yaw_rad,
                force_n: h.force_n,
            }),
            needle: controls.needle.map_or(NeedleCommand::Park, |n| NeedleCommand::Line {
                entry: Position::new(n.entry_m[0], n.entry_m[1], n.entry_m[2]),
                direction: Direction::new(n.direction[0], n.direction[1], n.direction[2]),
                standoff_m: n.standoff_m,
            }),
            driver_velocity_m_s: controls.driver_velocity_m_s,
            tourniquet_pa: controls.tourniquet_pa,
            expose_nir: controls.expose_nir,
            image_ultrasound: controls.image_ultrasound,
            doppler: false,
            tube_connected: controls.tube_connected,
            compress: controls.compress,
        }
    }
}

impl From<&Command> for Controls {
    fn from(command: &Command) -> Self {
        let head = match command.head {
            HeadCommand::Press { x_m, z_m, yaw_rad, force_n } => Some(HeadControl { x_m, z_m, yaw_rad, force_n }),
            HeadCommand::Park => None,
        };
        let needle = match command.needle {
            NeedleCommand::Line { entry, direction, standoff_m } => {
                Some(NeedleControl { entry_m: entry.0.into(), direction: direction.0.into(), standoff_m })
            }
            NeedleCommand::Park => None,
        };
        Self {
            head,
            needle,
            driver_velocity_m_s: command.driver_velocity_m_s,
            tourniquet_pa: command.tourniquet_pa,
            expose_nir: command.expose_nir,
            image_ultrasound: command.image_ultrasound,
            tube_connected: command.tube_connected,
            compress: command.compress,
        }
    }
}

/// Read a client's message.
///
/// # Errors
/// What is wrong with it, in words for the client.
pub(crate) fn read(text: &str) -> Result<Asked, String> {
    if text.len() > MESSAGE_BYTES_MAX {
        return Err(format!("a message of {} bytes; at most {MESSAGE_BYTES_MAX}", text.len()));
    }
    serde_json::from_str(text).map_err(|e| format!("not a message: {e}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Read what the studio sends.
    #[test]
    fn messages_are_read() {
        assert_eq!(read(r#"{"id":1,"ask":"pause"}"#).unwrap().ask, Ask::Pause);
        assert_eq!(read(r#"{"id":1,"ask":{"run":{"speed":2}}}"#).unwrap().ask, Ask::Run { speed: 2.0 });
        let take = r#"{"id":2,"ask":{"take":{"driver_velocity_m_s":0.0,"tourniquet_pa":8000,"expose_nir":false,"image_ultrasound":true,
            "tube_connected":false,"compress":false,"needle":{"entry_m":[0,0,0],"direction":[0,0.5,1],"standoff_m":0.01}}}}"#;
        let Ask::Take(controls) = read(take).unwrap().ask else { panic!("another message") };
        assert_eq!(Controls::from(&Command::from(controls)), controls);
    }

    /// Say what is wrong with what is no message.
    #[test]
    fn nonsense_is_refused() {
        for bad in ["", "{}", "null", r#"{"id":-1,"ask":"pause"}"#, r#"{"id":1,"ask":"reboot"}"#, r#"{"id":1,"ask":"pause","x":1}"#] {
            assert!(read(bad).is_err(), "{bad}");
        }
        assert!(read(&"x".repeat(MESSAGE_BYTES_MAX + 1)).unwrap_err().contains("bytes"));
    }

    proptest! {
        /// Survive any text.
        #[test]
        fn any_text_is_survived(text in ".{0,200}") {
            let _ = read(&text);
        }
    }
}
