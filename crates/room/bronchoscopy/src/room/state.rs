//! What changes: plain data.

use nalgebra::{Matrix3, Vector3};
use proband_core::Stream;
use proband_robot::scope::ScopeState;
use serde::{Deserialize, Serialize};

use super::breath::BreathState;
use super::needle::NeedlePass;
use super::spec::Room;

/// Where the tip is and what it touches.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TipTruth {
    /// Branch that holds the tip.
    pub branch: u32,
    /// Distance of the tip from the top of the trachea along the airways [m].
    pub distance_m: f64,
    /// Its place in the CT [m].
    pub place_m: Vector3<f64>,
    /// Camera's frame in the CT: z is the heading.
    pub frame: Matrix3<f64>,
    /// Force on the wall [N].
    pub wall_force_n: f64,
    /// Force at which the shaft is pushed [N].
    pub push_force_n: f64,
    /// Sum of the shaft's turns [rad].
    pub turn_rad: f64,
    /// The airway ahead is too narrow, or its edge is in the way.
    pub blocked: bool,
}

/// State of a room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoomState {
    /// Ticks so far.
    pub tick: u64,
    /// Drive of the scope.
    pub scope: ScopeState,
    /// The tip.
    pub tip: TipTruth,
    /// The breath.
    pub breath: BreathState,
    /// How far the needle is out [m], and where it points against the tip's frame [rad].
    pub needle_m: f64,
    /// See `needle_m`.
    pub needle_off_rad: [f64; 2],
    /// The pass under way, and those that are over.
    pub pass: Option<NeedlePass>,
    /// Passes that are over.
    pub passes: Vec<NeedlePass>,
    /// Blood in the airway before the camera [m³].
    pub blood_m3: f64,
    /// Blood per second [m³/s].
    pub blood_rate_m3_s: f64,
    /// Blood lost so far [m³].
    pub blood_lost_m3: f64,
    /// Rest of the picture that is being taken [s].
    pub image_left_s: f64,
    /// Pictures taken.
    pub image_count: u32,
    /// Largest force on the wall [N].
    pub wall_force_peak_n: f64,
    pub(super) sensors: Stream,
    pub(super) events: Stream,
}

/// How far below the top of the trachea a procedure begins [m]: where a breathing tube ends. Prior: unverified.
const START_M: f64 = 0.02;

impl Room {
    /// The scope at the end of the breathing tube.
    #[must_use]
    pub fn start(&self) -> RoomState {
        let place = self.map.place(0, START_M);
        let mut state = RoomState {
            tick: 0,
            scope: self.scope.start(START_M),
            tip: TipTruth {
                branch: 0,
                distance_m: START_M,
                place_m: place.point_m,
                frame: place.frame,
                wall_force_n: 0.0,
                push_force_n: 0.0,
                turn_rad: 0.0,
                blocked: false,
            },
            breath: BreathState::start(),
            needle_m: 0.0,
            needle_off_rad: [0.0; 2],
            pass: None,
            passes: Vec::new(),
            blood_m3: 0.0,
            blood_rate_m3_s: 0.0,
            blood_lost_m3: 0.0,
            image_left_s: 0.0,
            image_count: 0,
            wall_force_peak_n: 0.0,
            sensors: self.streams.child(1),
            events: self.streams.child(2),
        };
        self.settle(&mut state);
        state
    }
}
