//! From pictures to veins. Works on what the sensors gave, never on the truth.

mod calibration;
mod nir;
mod nir_detect;
mod nir_lines;
mod nir_network;
mod nir_photograph;
mod nir_prepare;
mod nir_profile;
mod ultrasound;
mod ultrasound_accuracy;
mod ultrasound_calibrated;
mod ultrasound_doppler;
mod ultrasound_lumen;
mod ultrasound_needle;
mod ultrasound_picture;
#[cfg(test)]
mod ultrasound_tests;
mod ultrasound_track;
mod ultrasound_walls;

pub use calibration::{Calibration, calibration_error};
pub use nir::{NIR_EDGE_COUNT_MAX, NirDetection, NirEdge, NirNode};
pub use nir_detect::detect_nir;
pub use nir_network::{NETWORK_DEPTH_MAX_M, NETWORK_INPUTS, NETWORK_PIXEL_M, NetworkInput, NirNetwork, network_probability};
pub use nir_photograph::{PhotographScan, PhotographSite, scan_photograph, scan_photograph_within};
pub use ultrasound::{LumenDetection, NeedleDetection, WallDetection};
pub use ultrasound_accuracy::{
    LUMEN_BIAS, LumenBias, NEEDLE_BIAS_ALONG_M, ULTRASOUND_SD, UNMODELLED_SD_M, UltrasoundSd, WALL_BIAS, WallBias,
};
pub use ultrasound_calibrated::{artery_probability, lumen_probability, needle_probability};
pub use ultrasound_doppler::doppler_pulsatility;
pub use ultrasound_lumen::{LUMEN_COUNT_MAX, LumenSearch, detect_lumens, detect_lumens_in};
pub use ultrasound_needle::{NeedleSearch, detect_needle, detect_needle_in};
pub use ultrasound_picture::PictureScratch;
pub use ultrasound_track::{Compression, LumenTrackSpec, LumenTrackState, compression};
pub use ultrasound_walls::detect_walls;
