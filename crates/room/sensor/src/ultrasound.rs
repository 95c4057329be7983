//! The ultrasound probe: what it sees of an arm, with noise, delay, lost pictures and lost contact.

use proband_anatomy::{Arm, VesselDeform};
use proband_core::{Patient, Pose, Position, Probe};
use proband_sound::BModeSpec;
use serde::{Deserialize, Serialize};

use crate::UltrasoundFrame;

/// A linear probe with its scanner, as bought.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct UltrasoundProbeSpec {
    /// How the picture is formed.
    pub bmode: BModeSpec,
    /// Time between two pictures [s].
    pub frame_period_s: f64,
    /// From acquisition to delivery [s].
    pub delay_s: f64,
    /// Probability that a picture is lost [1].
    pub dropout_probability: f64,
    /// Thickest gap between face and skin that the gel fills [m].
    pub gel_m: f64,
    /// Depth of soft tissue that takes up the indentation of the face, evenly [m].
    pub compression_depth_m: f64,
    /// Length of the face along the elements [m]; columns beyond it do not exist.
    pub face_length_m: f64,
    /// Standard deviation of one cell's Doppler shift [Hz].
    pub doppler_noise_hz: f64,
    /// Shifts below this are removed as movement of tissue [Hz].
    pub wall_filter_hz: f64,
    /// Steering of the Doppler beam off the perpendicular, along the elements [rad].
    pub doppler_steer_rad: f64,
}

/// How blood moves in one vessel now.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct VesselFlow {
    /// Mean speed over the lumen and the last heartbeats [m/s], positive towards the arc's end (the head).
    pub speed_mean_m_s: f64,
    /// Pulsatility, (fastest − slowest)/mean of the speed [1].
    pub pulsatility: f64,
}

/// A needle as the probe may see it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct NeedleInView {
    /// The tip.
    pub p_patient_tip: Position<Patient>,
    /// A point on the shaft towards the hub: where it enters the skin, or further out.
    pub p_patient_shaft: Position<Patient>,
    /// Outer diameter [m].
    pub outer_diameter_m: f64,
}

/// What the probe is held against.
#[derive(Clone, Copy, Debug)]
pub struct UltrasoundInput<'a> {
    /// Time now [s].
    pub time_s: f64,
    /// The arm.
    pub arm: &'a Arm,
    /// How its vessels differ from their reference now, the probe's own pressure on them included; a shorter slice leaves the rest undeformed.
    pub deform: &'a [VesselDeform],
    /// How blood moves, one per vessel; a shorter slice leaves the rest at rest.
    pub flow: &'a [VesselFlow],
    /// Where the probe truly is, movement of the arm included. A face below the undeformed skin presses it in.
    pub pose_patient_probe: Pose<Patient, Probe>,
    /// Where encoders and tracking say that it is.
    pub pose_patient_probe_measured: Pose<Patient, Probe>,
    /// Needle, if any is near.
    pub needle: Option<NeedleInView>,
    /// Beam steering for needle visibility [rad]; 0 straight down, positive towards the first element. A needle that
    /// goes deeper towards the last element at this angle meets the beam at right angles and is brightest. The
    /// steered picture is used for the needle only.
    pub needle_steer_rad: f64,
    /// Take pictures.
    pub expose: bool,
    /// With colour Doppler.
    pub doppler: bool,
}

/// What changes from tick to tick.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UltrasoundState {
    /// Pictures taken so far, lost ones included.
    pub index: u32,
    /// Pictures lost so far.
    pub dropped_count: u32,
    /// When the next picture is due [s].
    pub next_time_s: f64,
    /// Pictures on their way: delivery time [s] and the picture, oldest first.
    pub pending: Vec<(f64, UltrasoundFrame)>,
}

/// Radius of an artery over its smallest within a heartbeat [1]: up within a seventh of the beat, down with its fifth, to
/// `1 + distension` and back. `phase`: part of the beat, 0 to 1; what is outside is wrapped, NaN counts as 0.
///
/// In the loop arteries keep their width; a caller who wants them to beat gives this as their deformation.
///
/// # Source
/// Prior: unverified; the brachial artery widens by 2 to 4 % with each beat.
#[must_use]
pub fn artery_radius_ratio(phase: f64, distension: f64) -> f64 {
    const RISE: f64 = 1.0 / 7.0;
    let part = if phase.is_finite() { phase - phase.floor() } else { 0.0 };
    let end = proband_core::ops::exp(-5.0 * (1.0 - RISE));
    let wave = if part < RISE { part / RISE } else { (proband_core::ops::exp(-5.0 * (part - RISE)) - end) / (1.0 - end) };
    1.0 + distension * wave
}
