//! Delay and sum of a single point in closed form: theory for the widths of both paths.
//!
//! Elements are points without directivity, waves lose nothing on the way, the medium has one speed of sound.

use proband_core::ops;

use crate::error::in_range;
use crate::psf::pulse;
use crate::{SoundError, Transmit};

/// A linear array of point elements along x, the pulse's spectrum cos² around the centre frequency.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinearArray {
    /// Elements, centred on x = 0.
    pub element_count: u32,
    /// Distance of elements [m].
    pub pitch_m: f64,
    /// Centre frequency [Hz].
    pub frequency_hz: f64,
    /// −6 dB bandwidth over the centre frequency [1].
    pub fractional_bandwidth: f64,
    /// Depth over active aperture, rectangular weights [1].
    pub f_number: f64,
    /// Speed of sound [m/s].
    pub speed_m_s: f64,
}

impl LinearArray {
    /// Check every number.
    ///
    /// # Errors
    /// [`SoundError::OutOfRange`] with the first field outside its range.
    pub fn check(&self) -> Result<(), SoundError> {
        in_range("element_count", f64::from(self.element_count), 1.0, 4096.0)?;
        in_range("pitch_m", self.pitch_m, 1e-6, 1e-2)?;
        in_range("frequency_hz", self.frequency_hz, 1e5, 1e8)?;
        in_range("fractional_bandwidth", self.fractional_bandwidth, 0.05, 1.5)?;
        in_range("f_number", self.f_number, 0.3, 20.0)?;
        in_range("speed_m_s", self.speed_m_s, 300.0, 6_000.0)?;
        Ok(())
    }

    fn bandwidth_hz(&self) -> f64 {
        self.fractional_bandwidth * self.frequency_hz
    }

    fn element_x_m(&self, element: u32) -> f64 {
        (f64::from(element) - 0.5 * (f64::from(self.element_count) - 1.0)) * self.pitch_m
    }

    /// Elements of the aperture that serves a pixel, f-number kept.
    fn aperture(&self, x_m: f64, z_m: f64) -> std::ops::Range<u32> {
        let half = 0.5 * z_m / self.f_number;
        let place = |x: f64| x / self.pitch_m + 0.5 * (f64::from(self.element_count) - 1.0);
        let first = place(x_m - half).ceil().clamp(0.0, f64::from(self.element_count));
        let last = (place(x_m + half).floor() + 1.0).clamp(0.0, f64::from(self.element_count));
        first as u32..(last as u32).max(first as u32)
    }

    /// Complex value of a pixel [x, z] for one scatterer [x, z] of strength 1, in closed form, per element and sent
    /// element (mean over the apertures): 1 when the scatterer is at the pixel.
    #[must_use]
    pub fn point_response(&self, transmit: Transmit, pixel_m: [f64; 2], scatterer_m: [f64; 2]) -> [f64; 2] {
        let aperture = self.aperture(pixel_m[0], pixel_m[1]);
        let way = |p: [f64; 2], element: u32| ops::hypot(p[0] - self.element_x_m(element), p[1]) / self.speed_m_s;
        // Difference of the times of flight to pixel and scatterer, per element.
        let late: Vec<f64> = aperture.map(|e| way(pixel_m, e) - way(scatterer_m, e)).collect();
        let plane = [(pixel_m[1] - scatterer_m[1]) / self.speed_m_s];
        let sent: &[f64] = match transmit {
            Transmit::PlaneWave => &plane,
            Transmit::Focused => &late,
        };
        let (mut re, mut im) = (0.0, 0.0);
        for s in sent {
            for r in &late {
                let t = s + r;
                let envelope = pulse(2.0 * self.bandwidth_hz() * t);
                let (sin, cos) = ops::sin_cos(std::f64::consts::TAU * self.frequency_hz * t);
                re += envelope * cos;
                im += envelope * sin;
            }
        }
        let count = (sent.len() * late.len()).max(1) as f64;
        [re / count, im / count]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array() -> LinearArray {
        LinearArray {
            element_count: 64,
            pitch_m: 0.2e-3,
            frequency_hz: 7.6e6,
            fractional_bandwidth: 0.6,
            f_number: 1.5,
            speed_m_s: 1_540.0,
        }
    }

    /// Give a point at the pixel the value 1, whatever is sent.
    #[test]
    fn a_point_at_the_pixel_is_one() {
        let array = array();
        array.check().unwrap();
        for transmit in [Transmit::PlaneWave, Transmit::Focused] {
            let [re, im] = array.point_response(transmit, [0.3e-3, 12e-3], [0.3e-3, 12e-3]);
            assert!((re - 1.0).abs() < 1e-12 && im.abs() < 1e-12);
        }
    }
}
