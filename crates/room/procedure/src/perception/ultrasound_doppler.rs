//! Colour Doppler over a detected lumen.

use proband_sensor::UltrasoundFrame;

use super::ultrasound::LumenDetection;

/// Mean pulsatility over a lumen [1]: near 0 in a vein, above 1 in an artery.
///
/// `None` when colour Doppler was off, when the lumen holds no cell's middle, or when no flow passed the
/// scanner's wall filter there (still or slow blood, as in a vein under a tourniquet).
#[must_use]
pub fn doppler_pulsatility(frame: &UltrasoundFrame, lumen: &LumenDetection) -> Option<f64> {
    let map = frame.doppler.as_ref()?;
    let columns = map.column_count as usize;
    if columns == 0 || map.pulsatility.len() != columns * map.row_count as usize {
        return None;
    }
    let (mut sum, mut count) = (0.0, 0.0);
    for (index, value) in map.pulsatility.iter().enumerate() {
        let x_m = ((index % columns) as f64 - 0.5 * (columns as f64 - 1.0)) * map.column_pitch_m;
        let depth_m = ((index / columns) as f64 + 0.5) * map.row_pitch_m;
        let (u, v) = ((x_m - lumen.x_m) / lumen.semi_lateral_m, (depth_m - lumen.depth_m) / lumen.semi_depth_m);
        if u * u + v * v <= 1.0 && value.is_finite() {
            sum += f64::from(*value);
            count += 1.0;
        }
    }
    (count > 0.0).then(|| sum / count)
}
