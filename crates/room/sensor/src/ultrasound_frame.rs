//! An ultrasound picture with what a real scanner knows about it.

use proband_core::{Patient, Pose, Probe};
use serde::{Deserialize, Serialize};

/// Colour Doppler over the picture, in cells coarser than pixels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DopplerMap {
    /// Cells along the elements.
    pub column_count: u32,
    /// Cells along the depth.
    pub row_count: u32,
    /// Width of a cell [m].
    pub column_pitch_m: f64,
    /// Height of a cell [m].
    pub row_pitch_m: f64,
    /// Mean Doppler shift over the ensemble [Hz], positive towards the probe; 0 under the wall filter, shape [rows, columns].
    pub shift_hz: Vec<f32>,
    /// Pulsatility over the last heartbeats, (fastest − slowest)/mean of the shift's magnitude [1]; NaN where no
    /// flow passed the wall filter, shape [rows, columns].
    pub pulsatility: Vec<f32>,
}

/// One ultrasound picture. No truth is in here.
///
/// Pixel (column, row) lies at x = (column − (`column_count` − 1)/2)·`column_pitch_m` and at the displayed
/// depth (row + ½)·`row_pitch_m` below the probe's face. Displayed depth assumes one speed of sound.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UltrasoundFrame {
    /// Number of the picture since the start.
    pub index: u32,
    /// Time of the acquisition [s], on the clock of the caller.
    pub time_s: f64,
    /// Columns.
    pub column_count: u32,
    /// Rows.
    pub row_count: u32,
    /// Distance of columns [m].
    pub column_pitch_m: f64,
    /// Distance of rows [m], as displayed.
    pub row_pitch_m: f64,
    /// Grey levels, black 0, white 255, shape [rows, columns].
    pub pixels: Vec<u8>,
    /// Colour Doppler, when it was on.
    pub doppler: Option<DopplerMap>,
    /// Pose of the probe by the encoders of its carrier when the picture was taken.
    pub pose_patient_probe: Pose<Patient, Probe>,
}

impl UltrasoundFrame {
    /// Position along the elements of a column, whole or not [m].
    #[must_use]
    pub fn x_m(&self, column: f64) -> f64 {
        (column - 0.5 * (f64::from(self.column_count) - 1.0)) * self.column_pitch_m
    }

    /// Displayed depth of a row, whole or not [m].
    #[must_use]
    pub fn depth_m(&self, row: f64) -> f64 {
        (row + 0.5) * self.row_pitch_m
    }

    /// Column at a position along the elements [px].
    #[must_use]
    pub fn column(&self, x_m: f64) -> f64 {
        x_m / self.column_pitch_m + 0.5 * (f64::from(self.column_count) - 1.0)
    }

    /// Row at a displayed depth [px].
    #[must_use]
    pub fn row(&self, depth_m: f64) -> f64 {
        depth_m / self.row_pitch_m - 0.5
    }
}
