//! The room: what does not change during a procedure.

use nalgebra::{Matrix3, Rotation3, Vector3};
use proband_anatomy::made::{ArterySegment, ChestVariant, LungMotion, LungShape, MadeChest};
use proband_core::Stream;
use proband_robot::scope::{ScopeModel, ScopeSensing, ScopeSpec};
use serde::{Deserialize, Serialize};

use super::breath::BreathSpec;
use crate::error::{BronchoscopyError, range};
use crate::map::AirwayMap;
use crate::plan::Target;

/// Time of a tick [s].
pub const TICK_S: f64 = 0.02;

/// Errors of sensors.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SensorSpec {
    /// White noise of the tip's place along each axis [m].
    pub place_m: f64,
    /// Distortion that stays [m], along each axis.
    pub distortion_m: f64,
    /// Error that grows with the length of the shaft [1] (shape sensing).
    pub per_length: f64,
    /// Noise of the tip's direction [rad].
    pub heading_rad: f64,
    /// Registration that the procedure begins with: error along each axis [m] and about each [rad].
    pub start_m: f64,
    /// See `start_m`.
    pub start_rad: f64,
    /// Turn of the scope about itself that nobody knows [rad].
    pub roll_rad: f64,
    /// Noise of a lumen's bearing in the picture [rad], and the share of lumens that are missed [1].
    pub bearing_rad: f64,
    /// See `bearing_rad`.
    pub missed: f64,
    /// Pixels along a side of the pictures that are drawn and read for their openings; 0: no picture is drawn, and the openings are the
    /// true ones with noise and misses.
    pub picture: u32,
    /// Noise of forces [N].
    pub force_n: f64,
    /// Error of a three-dimensional picture along each axis [m]; infinite: there is no such picture.
    pub image_m: f64,
    /// Time that it takes [s].
    pub image_s: f64,
    /// Deflection of the needle as it leaves the channel [rad].
    pub needle_rad: f64,
}

impl SensorSpec {
    /// Figures for a way of sensing, with three-dimensional pictures on request.
    ///
    /// # Source
    /// Skin fiducials 5.6 ± 2.7 mm (Chest 2000;118:1783): `start_m` × √3. Picture: residual 2–3 mm after tomosynthesis, prior, unverified.
    /// All others: prior, unverified.
    #[must_use]
    pub fn usual(sensing: ScopeSensing) -> Self {
        let electromagnetic = sensing == ScopeSensing::Electromagnetic;
        Self {
            place_m: if electromagnetic { 0.5e-3 } else { 0.3e-3 },
            distortion_m: if electromagnetic { 1.0e-3 } else { 0.0 },
            per_length: if electromagnetic { 0.0 } else { 6e-3 },
            heading_rad: 0.01,
            start_m: 3.2e-3,
            start_rad: 0.03,
            roll_rad: 0.09,
            bearing_rad: 0.05,
            missed: 0.05,
            picture: 0,
            force_n: 0.02,
            image_m: 1.5e-3,
            image_s: 20.0,
            needle_rad: 0.03,
        }
    }
}

/// What a room is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct RoomSpec {
    /// The scope.
    pub scope: ScopeSpec,
    /// Sensors.
    pub sensors: SensorSpec,
    /// Breath.
    pub breath: BreathSpec,
    /// Stiffness of an airway's wall in its lung [N/m]. Prior: unverified.
    pub wall_n_m: f64,
    /// Longest needle [m] and its speed [m/s].
    pub needle_reach_m: f64,
    /// Scope diameter over lumen diameter that still passes [1].
    pub stretch: f64,
}

impl RoomSpec {
    /// A scope in a patient under anaesthesia.
    #[must_use]
    pub fn usual(scope: ScopeSpec) -> Self {
        Self {
            sensors: SensorSpec::usual(scope.sensing),
            scope,
            breath: BreathSpec::anaesthesia(),
            wall_n_m: 300.0,
            needle_reach_m: 30e-3,
            stretch: 1.2,
        }
    }
}

/// The room. Immutable.
#[derive(Clone, Debug)]
pub struct Room {
    pub(super) spec: RoomSpec,
    pub(super) scope: ScopeModel,
    pub(super) map: AirwayMap,
    pub(super) arteries: Vec<ArterySegment>,
    pub(super) lungs: LungShape,
    pub(super) target: Target,
    pub(super) motion: LungMotion,
    pub(super) variant: ChestVariant,
    /// Tracker's frame against the CT's.
    pub(super) turn: Matrix3<f64>,
    pub(super) shift_m: Vector3<f64>,
    pub(super) distortion_m: Vector3<f64>,
    pub(super) per_length: Vector3<f64>,
    pub(super) roll_rad: f64,
    pub(super) streams: Stream,
}

impl Room {
    /// A room with a patient. `stream`: what nobody knows about sensors and registration.
    ///
    /// # Errors
    /// [`BronchoscopyError`] names the number that does not fit.
    pub fn new(spec: &RoomSpec, chest: &MadeChest, motion: LungMotion, stream: &mut Stream) -> Result<Self, BronchoscopyError> {
        range("wall_n_m", spec.wall_n_m, "N/m", 1.0, 1e6)?;
        range("needle_reach_m", spec.needle_reach_m, "m", 1e-3, 0.1)?;
        range("stretch", spec.stretch, "1", 1.0, 2.0)?;
        range("breath rate", spec.breath.rate_hz, "1/s", 0.01, 2.0)?;
        range("tidal", spec.breath.tidal, "1", 0.01, 1.0)?;
        range("inspiration", spec.breath.inspiration, "1", 0.05, 0.8)?;
        let s = &spec.sensors;
        let mut normal = |sd: f64| Vector3::new(stream.normal(), stream.normal(), stream.normal()) * sd;
        let turn = *Rotation3::new(normal(s.start_rad)).matrix();
        let (shift_m, distortion_m, per_length) = (normal(s.start_m), normal(s.distortion_m), normal(s.per_length));
        let roll_rad = s.roll_rad * stream.normal().clamp(-2.5, 2.5);
        Ok(Self {
            scope: ScopeModel::new(&spec.scope)?,
            spec: spec.clone(),
            map: AirwayMap::new(chest.airways.clone()),
            arteries: chest.arteries.clone(),
            lungs: chest.lungs,
            target: Target { centre_m: chest.nodule.centre_m, radius_m: chest.nodule.radius_m },
            motion,
            variant: chest.variant,
            turn,
            shift_m,
            distortion_m,
            per_length,
            roll_rad,
            streams: stream.clone(),
        })
    }

    /// The airways as they are in the CT.
    #[must_use]
    pub fn map(&self) -> &AirwayMap {
        &self.map
    }

    /// The target as it is in the CT.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// How the lungs move.
    #[must_use]
    pub fn motion(&self) -> &LungMotion {
        &self.motion
    }

    /// What the room is made of.
    #[must_use]
    pub fn spec(&self) -> &RoomSpec {
        &self.spec
    }

    /// A point of the room in the tracker's frame, without the sensor's own errors [m].
    #[must_use]
    pub fn in_tracker(&self, p: Vector3<f64>) -> Vector3<f64> {
        self.turn * p + self.shift_m
    }
}
