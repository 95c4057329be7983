//! The laws of sound that the pictures are made by, in closed form.

use proband_core::ops;

use crate::TissueSound;

/// Envelope mean over standard deviation of fully developed speckle: √(π/(4 − π)), the Rayleigh distribution's.
pub const RAYLEIGH_SNR: f64 = 1.913_058_380_271_100_7;

/// Pressure reflection coefficient at normal incidence [1]: (Z₂ − Z₁)/(Z₂ + Z₁), impedances in any common unit.
#[must_use]
pub fn reflection(impedance_first: f64, impedance_second: f64) -> f64 {
    (impedance_second - impedance_first) / (impedance_second + impedance_first)
}

/// Angle of refraction [rad] by Snell's law, sin θ₂ = sin θ₁ · c₂/c₁; `None` past the critical angle.
#[must_use]
pub fn refraction_rad(incidence_rad: f64, speed_first_m_s: f64, speed_second_m_s: f64) -> Option<f64> {
    let sine = ops::sin(incidence_rad) * speed_second_m_s / speed_first_m_s;
    (sine.abs() <= 1.0).then(|| ops::asin(sine))
}

/// Two-way attenuation over a path [dB]: 2 a fⁿ d.
#[must_use]
pub fn two_way_loss_db(tissue: &TissueSound, frequency_hz: f64, path_m: f64) -> f64 {
    2.0 * tissue.attenuation_db_m(frequency_hz) * path_m
}

/// Displayed depth of something at a true depth [m] when the scanner assumes another speed: d · c_scanner/c.
#[must_use]
pub fn displayed_depth_m(true_depth_m: f64, speed_m_s: f64, scanner_speed_m_s: f64) -> f64 {
    true_depth_m * scanner_speed_m_s / speed_m_s
}

/// Doppler shift [Hz]: 2 v f cos θ/c, θ between the movement and the beam towards the probe.
#[must_use]
pub fn doppler_shift_hz(speed_m_s: f64, frequency_hz: f64, angle_rad: f64, sound_speed_m_s: f64) -> f64 {
    2.0 * speed_m_s * frequency_hz * ops::cos(angle_rad) / sound_speed_m_s
}

/// Displayed distance between reverberations [m] of sound that runs to and fro with period `period_s`: c t/2.
#[must_use]
pub fn reverberation_spacing_m(period_s: f64, scanner_speed_m_s: f64) -> f64 {
    0.5 * scanner_speed_m_s * period_s
}

/// Fraction of a mirror's echo that falls back on an aperture of the given f-number [1].
///
/// A beam sent straight down onto a mirror tilted by α comes back at 2α, displaced by z tan 2α on an aperture
/// of length z/F#: the overlap of sent and received aperture is 1 − F# |tan 2α|, and 0 past that. For F# 1.5
/// the echo is lost at 16.8°, for F# 2 at 13.3°: the 15–20° within which needles are seen in practice.
#[must_use]
pub fn mirror_overlap(tilt_tan: f32, f_number: f32) -> f32 {
    let t = tilt_tan.abs();
    if t >= 0.999 {
        return 0.0;
    }
    (1.0 - f_number * 2.0 * t / (1.0 - t * t)).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keep the constant of the Rayleigh distribution.
    #[test]
    fn rayleigh_constant_is_exact() {
        let pi = std::f64::consts::PI;
        assert!((RAYLEIGH_SNR - (pi / (4.0 - pi)).sqrt()).abs() < 1e-12);
    }

    /// Refract as printed for fat to muscle and reflect totally past the critical angle.
    #[test]
    fn refraction_follows_the_table() {
        for (first, second) in [(10.0, 10.9), (20.0, 21.9), (30.0, 33.0), (45.0, 50.4)] {
            let angle = refraction_rad(f64::to_radians(first), 1450.0, 1580.0).unwrap().to_degrees();
            assert!((angle - second).abs() < 0.1, "{first}: {angle}");
        }
        assert!(refraction_rad(f64::to_radians(66.7), 1450.0, 1580.0).is_none());
    }

    /// Lose the mirror at the angle where the aperture is missed.
    #[test]
    fn a_mirror_is_lost_past_the_aperture() {
        assert!(mirror_overlap(ops::tan_f32(16.0_f32.to_radians()), 1.5) > 0.0);
        assert!(mirror_overlap(ops::tan_f32(17.0_f32.to_radians()), 1.5) == 0.0);
        assert!((mirror_overlap(0.0, 1.5) - 1.0).abs() < 1e-6);
    }
}
