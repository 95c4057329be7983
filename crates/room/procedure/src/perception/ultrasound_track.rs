//! One lumen followed from picture to picture, and how far it gives way when pressed.

use serde::{Deserialize, Serialize};

use super::ultrasound::LumenDetection;
use super::ultrasound_accuracy::{ULTRASOUND_SD, UNMODELLED_SD_M};

/// How a lumen may change between pictures.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LumenTrackSpec {
    /// Speed at which centre and extents wander [m/√s]: the probe's drift and tremor.
    pub wander_m_per_sqrt_s: f64,
    /// Detections farther than this many standard deviations in any quantity are another lumen [1].
    pub gate: f64,
    /// Pictures in a row without the lumen after which it is lost.
    pub missed_max: u32,
}

impl LumenTrackSpec {
    /// A probe held by a gantry on a resting arm: tremor below 0.5 mm at 4–12 Hz. Prior: unverified.
    #[must_use]
    pub const fn resting_arm() -> Self {
        Self { wander_m_per_sqrt_s: 0.5e-3, gate: 4.0, missed_max: 12 }
    }
}

/// A followed lumen: x, depth, lateral and vertical half extent [m] with their variances.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LumenTrackState {
    /// Mean of x, depth of the centre, lateral and vertical half extent [m].
    pub mean_m: [f64; 4],
    /// Variance of each [m²].
    pub variance_m2: [f64; 4],
    /// Pictures in which it was seen.
    pub seen_count: u32,
    /// Pictures in a row in which it was not.
    pub missed_count: u32,
    /// Mean confidence of the detections used [1].
    pub confidence: f64,
}

fn values(d: &LumenDetection) -> [f64; 4] {
    [d.x_m, d.depth_m, d.semi_lateral_m, d.semi_depth_m]
}

/// Variance of the four measured values, the part without a model included [m²].
fn noise() -> [f64; 4] {
    let sd = ULTRASOUND_SD;
    [sd.lateral_m, sd.front_m, 0.5 * sd.diameter_h_m, 0.5 * sd.diameter_v_m].map(|s| s * s + UNMODELLED_SD_M * UNMODELLED_SD_M)
}

impl LumenTrackState {
    /// Begin with a detection.
    #[must_use]
    pub fn start(detection: &LumenDetection) -> Self {
        Self { mean_m: values(detection), variance_m2: noise(), seen_count: 1, missed_count: 0, confidence: detection.confidence }
    }

    /// Whether it was missed too often.
    #[must_use]
    pub fn is_lost(&self, spec: &LumenTrackSpec) -> bool {
        self.missed_count > spec.missed_max
    }

    /// Kalman step with the detections of the next picture, `dt_s` after the last; which one was used, if any.
    ///
    /// The nearest detection inside the gate counts (each quantity against its own standard deviation).
    pub fn step(&mut self, spec: &LumenTrackSpec, detections: &[LumenDetection], dt_s: f64) -> Option<usize> {
        let noise = noise();
        let growth = spec.wander_m_per_sqrt_s * spec.wander_m_per_sqrt_s * dt_s.max(0.0);
        self.variance_m2.iter_mut().for_each(|v| *v += growth);
        let off = |d: &LumenDetection| {
            let z = values(d);
            (0..4).map(|i| (z[i] - self.mean_m[i]).abs() / (self.variance_m2[i] + noise[i]).sqrt()).fold(0.0, f64::max)
        };
        let best = detections.iter().map(off).enumerate().filter(|(_, o)| *o <= spec.gate).min_by(|a, b| a.1.total_cmp(&b.1));
        let Some((index, _)) = best else {
            self.missed_count = self.missed_count.saturating_add(1);
            return None;
        };
        let z = values(&detections[index]);
        for i in 0..4 {
            let gain = self.variance_m2[i] / (self.variance_m2[i] + noise[i]);
            self.mean_m[i] += gain * (z[i] - self.mean_m[i]);
            self.variance_m2[i] *= 1.0 - gain;
        }
        self.seen_count = self.seen_count.saturating_add(1);
        self.missed_count = 0;
        self.confidence += (detections[index].confidence - self.confidence) / f64::from(self.seen_count);
        Some(index)
    }
}

/// How far a lumen gave way between a light and a firm contact.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Compression {
    /// Height when pressed over height at light contact [1]; 0 when it was no longer seen.
    pub ratio: f64,
    /// Standard deviation of the ratio [1].
    pub ratio_sd: f64,
    /// Loss of area per force [1/N]: (1 − area pressed/area light)/(force pressed − force light).
    pub area_loss_per_n: f64,
}

/// Compare a lumen at two contact forces; `pressed` is `None` when it was looked for and not seen.
///
/// A vein collapses at 1–3 kPa of probe pressure, an artery keeps its height (prior: unverified).
/// `None` when the forces do not differ by at least 0.1 N.
#[must_use]
pub fn compression(light: &LumenDetection, light_n: f64, pressed: Option<&LumenDetection>, pressed_n: f64) -> Option<Compression> {
    let step_n = pressed_n - light_n;
    if step_n.is_nan() || step_n < 0.1 || light.semi_depth_m.is_nan() || light.semi_depth_m <= 0.0 {
        return None;
    }
    let (ratio, area) = pressed.map_or((0.0, 0.0), |p| (p.semi_depth_m / light.semi_depth_m, p.area_m2() / light.area_m2()));
    let sd_m = 0.5 * (ULTRASOUND_SD.diameter_v_m * ULTRASOUND_SD.diameter_v_m + UNMODELLED_SD_M * UNMODELLED_SD_M).sqrt();
    let ratio_sd = sd_m / light.semi_depth_m * (1.0 + ratio * ratio).sqrt();
    Some(Compression { ratio, ratio_sd, area_loss_per_n: (1.0 - area) / step_n })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proband_core::Stream;

    fn lumen(x_m: f64, semi_depth_m: f64) -> LumenDetection {
        LumenDetection { x_m, depth_m: 6e-3, semi_lateral_m: 2e-3, semi_depth_m, contrast: 0.4, confidence: 0.9 }
    }

    /// Follow a still lumen past a second one, to a fraction of the noise.
    #[test]
    fn a_track_keeps_to_its_lumen() {
        let spec = LumenTrackSpec::resting_arm();
        let mut stream = Stream::new(4, 0, "track");
        let mut track = LumenTrackState::start(&lumen(0.2e-3, 1.5e-3));
        for _ in 0..40 {
            let noisy = lumen(0.2e-3 * stream.normal(), 1.5e-3 + 0.1e-3 * stream.normal());
            let used = track.step(&spec, &[lumen(5e-3, 1.5e-3), noisy], 0.04);
            assert_ne!(used, Some(0));
        }
        assert!(track.mean_m[0].abs() < 0.2e-3 && track.seen_count > 30, "{track:?}");
    }

    /// Lose a lumen that is gone.
    #[test]
    fn a_missing_lumen_is_lost() {
        let spec = LumenTrackSpec::resting_arm();
        let mut track = LumenTrackState::start(&lumen(0.0, 1.5e-3));
        for _ in 0..=spec.missed_max {
            assert!(!track.is_lost(&spec));
            track.step(&spec, &[], 0.04);
        }
        assert!(track.is_lost(&spec));
    }

    /// Tell a collapsing vein from a stiff artery by more than three standard deviations.
    #[test]
    fn a_vein_gives_way_and_an_artery_does_not() {
        let vein = compression(&lumen(0.0, 1.5e-3), 0.5, Some(&lumen(0.0, 0.5e-3)), 2.0).unwrap();
        let artery = compression(&lumen(0.0, 1.8e-3), 0.5, Some(&lumen(0.0, 1.75e-3)), 2.0).unwrap();
        assert!(artery.ratio - vein.ratio > 3.0 * (artery.ratio_sd + vein.ratio_sd));
        assert!(compression(&lumen(0.0, 1.5e-3), 1.0, None, 1.05).is_none());
        assert!(compression(&lumen(0.0, 1.5e-3), 0.5, None, 2.0).unwrap().ratio == 0.0);
    }
}
