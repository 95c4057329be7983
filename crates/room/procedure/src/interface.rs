//! What a controller sees and what it may ask for: the border between a robot's mind and the room.

use proband_core::{Direction, Needle, Patient, Pose, Position, Probe};
use proband_sensor::{NirFrame, UltrasoundFrame};
use serde::{Deserialize, Serialize};

use crate::{Guard, Phase, ProcedureError};

/// Everything that the sensors say at one tick. No truth is in here.
///
/// "Patient" is the patient frame as registered with the arm at rest; what the arm has moved since then
/// is [`Observation::arm_displacement_m`].
#[derive(Clone, Copy, Debug)]
pub struct Observation<'a> {
    /// Number of the tick, 1 kHz.
    pub tick: u64,
    /// Time since the start [s].
    pub time_s: f64,
    /// Tip and axis of the needle as encoders and calibration give them.
    pub pose_patient_needle: Pose<Patient, Needle>,
    /// Face of the ultrasound probe as the gantry's encoders give it.
    pub pose_patient_probe: Pose<Patient, Probe>,
    /// Whether the robot arm stands where it was sent.
    pub arm_arrived: bool,
    /// Whether the imaging head stands where it was sent.
    pub head_arrived: bool,
    /// Needle driver position from its retracted stop [m], measured.
    pub driver_position_m: f64,
    /// Needle driver speed [m/s], measured, positive into the patient.
    pub driver_velocity_m_s: f64,
    /// Speed that the driver works on [m/s], positive into the patient: the last command that the robot took, as it tells it.
    pub driver_asked_m_s: f64,
    /// Whether the driver's motor is at its limit without moving.
    pub driver_stalled: bool,
    /// Force of the probe on the skin [N], measured.
    pub probe_force_n: f64,
    /// Axial force on the needle [N], measured, positive when tissue pushes back.
    pub force_axial_n: f64,
    /// Lateral force on the needle [N], measured, in the needle's x and y.
    pub force_lateral_n: [f64; 2],
    /// Magnitude of the impedance at the tip [Ω]; `None` without contact.
    pub impedance_ohm: Option<f64>,
    /// Blood seen in the hub.
    pub blood_in_hub: bool,
    /// Displacement of the arm since registration [m], last valid tracker reading.
    pub arm_displacement_m: Direction<Patient>,
    /// Age of that reading [s].
    pub tracker_age_s: f64,
    /// Speed of the arm [m/s] from the tracker.
    pub arm_speed_m_s: f64,
    /// Cuff pressure [Pa], gauge.
    pub tourniquet_pa: f64,
    /// Blood in the tube [m³] as the fill sensor sees it.
    pub tube_volume_m3: f64,
    /// A near-infrared picture that arrived in this tick.
    pub nir: Option<&'a NirFrame>,
    /// An ultrasound picture that arrived in this tick.
    pub ultrasound: Option<&'a UltrasoundFrame>,
}

/// Where the imaging head should be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum HeadCommand {
    /// Out of the way, camera over the elbow.
    Park,
    /// Probe on the skin at lateral `x_m` and along-arm `z_m`, turned by `yaw_rad` (0: across the arm,
    /// π/2: elements along the arm, first element distal), pressed with `force_n`.
    Press {
        /// Lateral position in the patient frame [m].
        x_m: f64,
        /// Position along the arm in the patient frame [m].
        z_m: f64,
        /// Turn of the probe about its axis [rad].
        yaw_rad: f64,
        /// Contact force [N].
        force_n: f64,
    },
}

/// Where the needle's line should be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum NeedleCommand {
    /// Out of the way.
    Park,
    /// On the line through `entry` along `direction`; with the driver at its retracted stop the tip is
    /// `standoff_m` before the entry.
    Line {
        /// Point on the skin.
        entry: Position<Patient>,
        /// Unit vector into the patient.
        direction: Direction<Patient>,
        /// Distance of the retracted tip from the entry [m].
        standoff_m: f64,
    },
}

/// What the controller asks for in this tick.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Command {
    /// Imaging head.
    pub head: HeadCommand,
    /// Needle line.
    pub needle: NeedleCommand,
    /// Speed of the needle driver [m/s], positive into the patient.
    pub driver_velocity_m_s: f64,
    /// Cuff pressure wanted [Pa], gauge; 0 opens the cuff.
    pub tourniquet_pa: f64,
    /// Take near-infrared pictures.
    pub expose_nir: bool,
    /// Take ultrasound pictures.
    pub image_ultrasound: bool,
    /// With colour Doppler.
    pub doppler: bool,
    /// Push the evacuated tube on.
    pub tube_connected: bool,
    /// Press a pad on the puncture.
    pub compress: bool,
}

impl Command {
    /// Everything parked, cuff open, nothing moves.
    #[must_use]
    pub const fn idle() -> Self {
        Self {
            head: HeadCommand::Park,
            needle: NeedleCommand::Park,
            driver_velocity_m_s: 0.0,
            tourniquet_pa: 0.0,
            expose_nir: false,
            image_ultrasound: false,
            doppler: false,
            tube_connected: false,
            compress: false,
        }
    }
}

/// Which of the frames of an observation a note speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FrameKind {
    /// The near-infrared picture.
    Nir,
    /// The ultrasound picture.
    Ultrasound,
}

/// A shape drawn over a kept picture, in its pixels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overlay {
    /// `polyline`, `ellipse` (its outline) or `cross`.
    pub kind: String,
    /// What it shows.
    pub label: String,
    /// Points [px], column and row.
    pub points_px: Vec<[f64; 2]>,
}

/// A candidate site with its score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SiteNote {
    /// Name of the vein or of the site.
    pub vein: String,
    /// Target in the patient frame [m].
    pub target_m: [f64; 3],
    /// Believed depth of the front wall [m].
    pub depth_m: f64,
    /// Believed vertical diameter [m].
    pub diameter_m: f64,
    /// Straight length seen [m].
    pub straight_m: f64,
    /// Distance to the nearest artery seen [m].
    pub artery_distance_m: f64,
    /// Distance to the nearest nerve zone [m].
    pub nerve_distance_m: f64,
    /// Score in [0, 1].
    pub score: f64,
    /// Predicted probability of first-stick success.
    pub predicted_success: f64,
    /// Whether it was chosen.
    pub chosen: bool,
    /// Why not, or empty.
    pub reject_reason: String,
}

/// What the robot means to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanNote {
    /// Attempt, from 1.
    pub attempt: u32,
    /// Name of the site.
    pub site: String,
    /// Entry point on the skin [m], patient frame.
    pub entry_m: [f64; 3],
    /// Planned tip [m], patient frame.
    pub tip_m: [f64; 3],
    /// Angle to the skin plane [rad].
    pub angle_rad: f64,
    /// Insertion along the needle [m].
    pub insertion_m: f64,
    /// Predicted probability of first-stick success.
    pub predicted_success: f64,
}

/// What a controller tells the record. Nothing of it acts on the room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Note {
    /// A phase began.
    Phase {
        /// When [s].
        time_s: f64,
        /// Which.
        phase: Phase,
        /// Attempt, from 1; 0 before the first.
        attempt: u32,
        /// Why.
        reason: String,
    },
    /// A guard spoke.
    Guard {
        /// When [s].
        time_s: f64,
        /// Which.
        guard: Guard,
        /// Measured value that tripped it, in SI.
        value: f64,
        /// Unit of the value.
        unit: String,
    },
    /// Something worth an event line.
    Event {
        /// When [s].
        time_s: f64,
        /// Short name.
        kind: String,
        /// Explanation.
        text: String,
        /// Value in SI or NaN.
        value: f64,
        /// Unit.
        unit: String,
    },
    /// What is believed about a site after a stage of the procedure.
    Belief {
        /// Site.
        site: String,
        /// `depth_m`, `diameter_v_m`, `diameter_h_m` or `lateral_m`.
        quantity: String,
        /// `prior`, `nir`, `ultrasound`, `aligned`, `inserting`.
        stage: String,
        /// Mean in SI.
        mean: f64,
        /// Standard deviation in SI.
        sd: f64,
        /// Where on the arm it applies [m], patient frame.
        z_m: f64,
        /// Lateral position of the site [m], to find the vein it speaks of.
        x_m: f64,
    },
    /// The ranked sites.
    Sites(Vec<SiteNote>),
    /// The plan of an attempt.
    Plan(PlanNote),
    /// Keep the picture of this tick.
    Keep {
        /// Which frame.
        frame: FrameKind,
        /// Name in the record.
        name: String,
        /// Caption.
        caption: String,
        /// Shapes over it.
        overlays: Vec<Overlay>,
    },
}

/// A controller: the built-in one, a learned policy, or yours.
///
/// Called once a tick at 1 kHz. It must be deterministic: everything it knows comes from the observations
/// and from what it saved.
pub trait Controller: Send {
    /// See, decide, ask.
    fn step(&mut self, observation: &Observation<'_>) -> Command;
    /// The phase after the last step.
    fn phase(&self) -> Phase;
    /// Attempt that is under way or was the last, from 1; 0 before the first.
    fn attempt(&self) -> u32;
    /// Move the notes since the last call into `out`.
    fn take_notes(&mut self, out: &mut Vec<Note>);
    /// Everything needed to go on later.
    ///
    /// # Errors
    /// When the state cannot be encoded.
    fn save(&self) -> Result<Vec<u8>, ProcedureError>;
    /// Go on from a saved state.
    ///
    /// # Errors
    /// When the bytes are not a state of this controller.
    fn restore(&mut self, bytes: &[u8]) -> Result<(), ProcedureError>;
}
