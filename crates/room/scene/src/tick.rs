//! What a tick leaves for the record: true signals, events, kept pictures.

use proband_procedure::{Note, Phase};
use serde::{Deserialize, Serialize};

/// True and measured signals of one tick. For the record and the scorer, never for the controller.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TickSignals {
    /// Time at the end of the tick [s].
    pub time_s: f64,
    /// Phase of the controller.
    pub phase: Phase,
    /// Attempt, from 1; 0 before the first.
    pub attempt: u32,
    /// Tip beyond the skin along the needle, relative to the tissue [m]; negative outside.
    pub tip_depth_along_m: f64,
    /// Speed of the needle along its axis [m/s].
    pub insertion_speed_m_s: f64,
    /// Axial force [N].
    pub force_axial_n: f64,
    /// The same as the sensor shows it [N].
    pub force_measured_n: f64,
    /// Lateral force, magnitude [N].
    pub force_lateral_n: f64,
    /// Impedance as measured [Ω]; NaN when open.
    pub impedance_ohm: f64,
    /// Pressure in the vein at the site [Pa].
    pub venous_pressure_pa: f64,
    /// Lumen area over its resting area [1].
    pub vein_area_ratio: f64,
    /// Blood in the tube [m³].
    pub tube_volume_m3: f64,
    /// Flow into the tube [m³/s].
    pub flow_m3_s: f64,
    /// Displacement of the arm from its rest, magnitude [m].
    pub arm_displacement_m: f64,
    /// True tip in the patient's own frame [m].
    pub tip_m: [f64; 3],
    /// Force of the probe on the skin [N].
    pub probe_force_n: f64,
    /// Cuff pressure [Pa].
    pub tourniquet_pa: f64,
    /// Cuff pressure that the robot was last asked for and accepted [Pa].
    pub tourniquet_command_pa: f64,
    /// Time with the cuff above 20 mmHg so far [s].
    pub tourniquet_on_s: f64,
    /// Speed of the needle driver that the robot was last asked for and accepted [m/s].
    pub command_speed_m_s: f64,
    /// Whether the tube is pushed on.
    pub tube_connected: bool,
    /// Age of the tracker's reading as the controller is told [s].
    pub tracker_age_s: f64,
    /// True speed of the arm [m/s].
    pub arm_speed_m_s: f64,
    /// How far the needle's line has moved sideways from where it went through the skin [m]; 0 outside.
    pub line_shift_m: f64,
    /// Part of the bevel that lies in a vein [1].
    pub vein_fraction: f64,
    /// Way of the tip beyond the back wall of the vein that it entered last, along the needle [m]; negative before it,
    /// −[`FAR_M`] when it is in or behind none.
    pub past_back_m: f64,
    /// Distance of the tip from the nearest vein, across [m]; negative over the vein, [`FAR_M`] far from the skin.
    pub vein_miss_m: f64,
    /// Distance of the tip from the nearest artery's wall [m]; negative inside, [`FAR_M`] far from the skin.
    pub artery_distance_m: f64,
    /// The same for the nearest nerve.
    pub nerve_distance_m: f64,
    /// Blood in the tissue [m³].
    pub leak_volume_m3: f64,
}

/// Stands for a distance that is of no interest: the needle is far from the skin [m].
pub const FAR_M: f64 = 0.1;

/// Something that truly happened in the room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SceneEvent {
    /// When [s].
    pub time_s: f64,
    /// Short name.
    pub kind: String,
    /// Explanation.
    pub text: String,
    /// Value in SI or NaN.
    pub value: f64,
    /// Its unit.
    pub unit: String,
    /// Tip beyond the skin along the needle when it happened [m].
    pub tip_depth_along_m: f64,
}

/// A picture that the controller asked to keep.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptPicture {
    /// Name in the record.
    pub name: String,
    /// `near_infrared` or `ultrasound`.
    pub modality: &'static str,
    /// When [s].
    pub time_s: f64,
    /// Caption.
    pub caption: String,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Size of a pixel across [m].
    pub pixel_m: f64,
    /// Grey levels, shape [rows, columns].
    pub grey: Vec<u8>,
    /// Shapes over it.
    pub overlays: Vec<proband_procedure::Overlay>,
}

/// What a tick gives to whoever keeps records. Cleared by the scene at the start of each tick.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TickLog {
    /// Events of this tick.
    pub events: Vec<SceneEvent>,
    /// Notes of the controller in this tick, kept pictures taken out.
    pub notes: Vec<Note>,
    /// Pictures kept in this tick.
    pub pictures: Vec<KeptPicture>,
}
