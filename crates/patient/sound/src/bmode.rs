//! The B-mode picture: a scatterer field fixed to the tissue, convolved with the point spread of the probe.

use serde::{Deserialize, Serialize};

/// How the sound is sent, which decides the lateral point spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transmit {
    /// Plane wave; only the reception is focused: −6 dB width 1.207 λ F#.
    PlaneWave,
    /// Transmission and reception focused with equal apertures: −6 dB width 0.886 λ F#.
    Focused,
}

/// A linear-array scanner in B-mode.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BModeSpec {
    /// Centre frequency [Hz].
    pub frequency_hz: f64,
    /// −6 dB bandwidth over the centre frequency [1].
    pub fractional_bandwidth: f64,
    /// Depth over active aperture [1].
    pub f_number: f64,
    /// How the sound is sent.
    pub transmit: Transmit,
    /// Depth of the transmit focus [m].
    pub focus_depth_m: f64,
    /// Distance from the focus at which the beam is √2 times as wide [m].
    pub focus_range_m: f64,
    /// −6 dB thickness of the imaged slice across the plane [m]: sets how fast speckle and a needle leave the picture.
    pub elevation_width_m: f64,
    /// Width of the picture [m].
    pub width_m: f64,
    /// Depth of the picture [m].
    pub depth_m: f64,
    /// Speed of sound that the scanner assumes [m/s].
    pub scanner_speed_m_s: f64,
    /// Time-gain compensation, two-way, per metre of depth [dB/m].
    pub tgc_db_per_m: f64,
    /// Diffuse muscle echo at the surface, below white [dB].
    pub muscle_below_white_db: f64,
    /// From white to black [dB].
    pub dynamic_range_db: f64,
    /// Electronic noise before time-gain compensation, relative to the diffuse muscle echo at the surface [dB].
    pub noise_db: f64,
    /// Echo of a plane mirror (R = 1) at right angles, relative to the diffuse muscle echo [dB].
    pub specular_db: f64,
    /// Amplitude of the needle's echo across its line when it is far off the perpendicular (rough steel), relative to the mirror [dB].
    pub needle_rough_db: f64,
    /// Loss from one reverberation of the needle to the next [dB].
    pub needle_reverberation_db: f64,
    /// Loss behind a needle in the plane [dB].
    pub needle_shadow_db: f64,
    /// Number of the texture: scatterers of the same patient are the same in every run.
    pub seed: u64,
}
