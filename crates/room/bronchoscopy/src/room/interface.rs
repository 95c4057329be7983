//! What a controller sees and what it may ask for.

use serde::{Deserialize, Serialize};

/// Most lumens told of in a picture.
pub const LUMEN_COUNT_MAX: usize = 6;

/// A dark opening in the camera's picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Lumen {
    /// Angles from the middle of the picture towards the camera's x and y [rad].
    pub bearing_rad: [f64; 2],
    /// Its apparent radius [rad].
    pub radius_rad: f64,
}

/// What the camera's picture was read as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CameraFrame {
    /// Openings, the first `count` are valid.
    pub lumens: [Lumen; LUMEN_COUNT_MAX],
    /// How many.
    pub count: u32,
    /// Share of the picture that is dark red with blood [1].
    pub blood: f64,
    /// A wall fills the picture.
    pub wall: bool,
}

/// Everything that the sensors say at one tick. No truth is in here.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Observation {
    /// Number of the tick.
    pub tick: u64,
    /// Time [s].
    pub time_s: f64,
    /// How far the shaft is in, by its encoder [m].
    pub insertion_m: f64,
    /// Bend that the motors have wound [rad].
    pub motor_rad: [f64; 2],
    /// Place of the tip in the tracker's frame [m].
    pub tip_m: [f64; 3],
    /// Direction of the tip in the tracker's frame.
    pub heading: [f64; 3],
    /// Force of the tip on the wall, from the tendons' tensions [N].
    pub wall_force_n: f64,
    /// Force at which the shaft is pushed [N].
    pub push_force_n: f64,
    /// How far the ventilator has filled the lungs: 0 at the end of expiration, 1 at the end of a usual breath.
    pub breath: f64,
    /// The ventilator holds the breath.
    pub breath_held: bool,
    /// A picture that arrived in this tick.
    pub camera: Option<CameraFrame>,
    /// How far the needle is out [m].
    pub needle_m: f64,
    /// From the tip to the target's centre as a three-dimensional picture shows it, tracker's frame [m]; it arrived in this tick.
    pub image_m: Option<[f64; 3]>,
    /// A sample was taken in this tick.
    pub sampled: bool,
}

/// What the controller asks for in this tick.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Command {
    /// Insertion speed [m/s].
    pub insertion_m_s: f64,
    /// Wanted bend of the motors [rad].
    pub bend_rad: [f64; 2],
    /// Speed of the needle out of the channel [m/s].
    pub needle_m_s: f64,
    /// Hold the breath at the end of expiration.
    pub hold_breath: bool,
    /// Take a three-dimensional picture.
    pub image: bool,
    /// Take a sample with the needle where it is.
    pub sample: bool,
    /// The procedure is over.
    pub done: bool,
}
