//! The near-infrared camera: lamps, lens, photoelectrons, exposure control, dropouts.

use proband_core::{Camera, Patient, Pose, Stream};
use serde::{Deserialize, Serialize};

use crate::{NirFrame, NirSkin};

/// Camera, lamps and depth sensor as bought. Units SI; angles follow from the geometry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NirCameraSpec {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Focal length [px].
    pub focal_px: f64,
    /// Side of a pixel on the chip [m].
    pub pixel_pitch_m: f64,
    /// Focal ratio of the lens [1].
    pub f_number: f64,
    /// Transmission of lens, filter and crossed polarisers [1].
    pub transmission: f64,
    /// Photoelectrons per photon [1].
    pub quantum_efficiency: f64,
    /// Irradiance of the lamp ring on a surface facing it at 0.3 m on the axis [W/m²].
    pub lamp_irradiance_w_m2: f64,
    /// Radius of the lamp ring around the lens [m].
    pub lamp_radius_m: f64,
    /// Part of the surface's mirror reflection that passes the crossed polarisers [1].
    pub glare_passed: f64,
    /// Full well [photoelectrons].
    pub full_well_e: f64,
    /// Read noise [photoelectrons, standard deviation].
    pub read_noise_e: f64,
    /// Dark current [photoelectrons/s].
    pub dark_e_per_s: f64,
    /// Bits of the converter.
    pub adc_bits: u32,
    /// Shortest and longest exposure [s].
    pub exposure_s: [f64; 2],
    /// Level to which exposure control brings the 95th percentile of the picture [1 of full scale].
    pub target_level: f64,
    /// Probability that a picture is lost [1].
    pub drop_probability: f64,
    /// Noise of the depth sensor [m, standard deviation per sample].
    pub range_noise_m: f64,
    /// Constant error of the depth sensor, one draw per run from this standard deviation [m].
    pub range_bias_sd_m: f64,
}

/// What changes from picture to picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NirCameraState {
    /// Exposure of the next picture [s].
    pub exposure_s: f64,
    /// Pictures asked for so far.
    pub index: u32,
    /// Pictures lost so far.
    pub dropped_count: u32,
    /// Error of the depth sensor in this run [m].
    pub range_bias_m: f64,
    /// Noise of this camera.
    pub stream: Stream,
}

/// What a picture is taken of.
#[derive(Clone, Copy, Debug)]
pub struct NirInput<'a> {
    /// Time of the exposure [s].
    pub time_s: f64,
    /// The arm as light sees it.
    pub skin: &'a NirSkin,
    /// Where the camera truly is, movement of the arm included.
    pub pose_patient_camera: Pose<Patient, Camera>,
    /// Where calibration and tracking say that it is.
    pub pose_patient_camera_measured: Pose<Patient, Camera>,
    /// Room light on the arm within the filter's band [W/m²].
    pub ambient_irradiance_w_m2: f64,
}

/// One picture, or none when it was lost.
#[derive(Clone, Debug, PartialEq)]
pub struct NirOutput {
    /// The picture.
    pub frame: Option<NirFrame>,
}
