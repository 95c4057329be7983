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
}

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
