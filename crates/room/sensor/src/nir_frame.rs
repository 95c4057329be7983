//! A near-infrared picture with what a real system knows about it.

use proband_core::{Camera, Direction, Patient, Pose, Position};
use proband_volume::Plane;
use serde::{Deserialize, Serialize};

/// Distances from the camera to the skin as a depth sensor gives them, coarser than the picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RangeMap {
    /// Pixels of the picture per sample of the map, the same in both directions.
    pub step_px: u32,
    /// Distance along the optical axis [m], shape [rows, columns]; sample (i, j) belongs to the pixel
    /// (i·`step_px`, j·`step_px`). 0 where nothing was measured.
    pub range_m: Plane<f32>,
}

/// One near-infrared picture. No truth is in here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NirFrame {
    /// Number of the picture since the start.
    pub index: u32,
    /// Time of the exposure [s], on the clock of the caller.
    pub time_s: f64,
    /// Lamp-on minus lamp-off counts as a fraction of full scale [1], shape [height, width]. May be slightly negative by noise.
    pub counts: Plane<f32>,
    /// Fraction of pixels that were saturated with the lamp on [1].
    pub saturated_fraction: f64,
    /// Exposure time [s].
    pub exposure_s: f64,
    /// Photoelectrons at full scale [1].
    pub full_scale_e: f64,
    /// Focal length [px]; the principal point is the middle of the picture.
    pub focal_px: f64,
    /// Camera pose as calibrated and tracked.
    pub pose_patient_camera: Pose<Patient, Camera>,
    /// Measured distances to the skin.
    pub range: RangeMap,
}

impl NirFrame {
    /// Unit-depth ray of a pixel in the camera frame: (x, y, 1).
    #[must_use]
    pub fn ray(&self, x_px: f64, y_px: f64) -> Direction<Camera> {
        let (width, height) = (f64::from(self.counts.width()), f64::from(self.counts.height()));
        Direction::new((x_px - 0.5 * (width - 1.0)) / self.focal_px, (y_px - 0.5 * (height - 1.0)) / self.focal_px, 1.0)
    }

    /// Point of the skin under a pixel as measured (depth sensor and calibrated pose), or none where no distance was measured.
    #[must_use]
    pub fn skin_at(&self, x_px: f64, y_px: f64) -> Option<Position<Patient>> {
        let step = f64::from(self.range.step_px.max(1));
        let range = f64::from(self.range.range_m.sample_bilinear((x_px / step) as f32, (y_px / step) as f32));
        if range.is_nan() || range <= 0.0 {
            return None;
        }
        let ray = self.ray(x_px, y_px);
        Some(self.pose_patient_camera * Position::new(ray.0.x * range, ray.0.y * range, range))
    }

    /// Side of a pixel on the skin in the middle of the picture [m]: measured distance over focal length.
    #[must_use]
    pub fn pixel_on_skin_m(&self) -> f64 {
        let range = &self.range.range_m;
        f64::from(range.sample_bilinear(0.5 * range.width() as f32, 0.5 * range.height() as f32)) / self.focal_px
    }
}
