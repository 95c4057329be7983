//! The reference path: echoes of points on the elements of a linear array, delayed and summed.
//!
//! Elements are points without directivity, waves lose nothing on the way, the medium has one speed of
//! sound: enough to check the widths and the speckle of the fast path. Two ways to the same picture: closed
//! form for single points, sampled channels for scenes.

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

/// A point that scatters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scatterer {
    /// Along the elements [m].
    pub x_m: f64,
    /// Depth [m].
    pub z_m: f64,
    /// Strength [1].
    pub strength: f64,
}

/// Demodulated echoes of one plane wave on every element.
#[derive(Clone, Debug, PartialEq)]
pub struct Channels {
    sampling_hz: f64,
    sample_count: usize,
    /// Complex samples, shape [elements, samples].
    data: Vec<[f64; 2]>,
}

/// Half of the pulse's length that is kept, in units of 1/(2 B): its lobes are below −45 dB beyond.
const PULSE_REACH: f64 = 4.0;
/// Samples per second over the −6 dB bandwidth; the pulse ends at twice half the bandwidth, Nyquist would be 2.
const OVERSAMPLING: f64 = 8.0;
/// Steps of the tabulated pulse per unit of u.
const PULSE_STEPS: f64 = 256.0;

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

    /// Echoes of a scene on every element after one plane wave, down to `depth_m`.
    #[must_use]
    pub fn plane_wave_channels(&self, scene: &[Scatterer], depth_m: f64) -> Channels {
        let bandwidth = self.bandwidth_hz();
        let sampling_hz = OVERSAMPLING * bandwidth;
        let width = f64::from(self.element_count) * self.pitch_m;
        let longest_s = (depth_m + ops::hypot(depth_m, width)) / self.speed_m_s;
        let sample_count = (longest_s * sampling_hz) as usize + 16;
        let table: Vec<f64> = (0..=((PULSE_REACH + 1.0) * PULSE_STEPS) as usize).map(|i| pulse(i as f64 / PULSE_STEPS)).collect();
        let mut data = vec![[0.0; 2]; self.element_count as usize * sample_count];
        for (element, samples) in (0..self.element_count).zip(data.chunks_exact_mut(sample_count)) {
            let x = self.element_x_m(element);
            for s in scene {
                let delay_s = (s.z_m + ((s.x_m - x) * (s.x_m - x) + s.z_m * s.z_m).sqrt()) / self.speed_m_s;
                let (sin, cos) = ops::sin_cos(-std::f64::consts::TAU * self.frequency_hz * delay_s);
                let (re, im) = (s.strength * cos, s.strength * sin);
                let centre = delay_s * sampling_hz;
                let reach = 0.5 * PULSE_REACH * OVERSAMPLING;
                let (first, last) = ((centre - reach).ceil().max(0.0) as usize, ((centre + reach) as usize + 1).min(sample_count));
                for (i, out) in samples.iter_mut().enumerate().take(last).skip(first) {
                    let u = (i as f64 - centre).abs() * (2.0 * PULSE_STEPS / OVERSAMPLING);
                    let k = u as usize;
                    let value = table[k] + (table[k + 1] - table[k]) * (u - k as f64);
                    out[0] += value * re;
                    out[1] += value * im;
                }
            }
        }
        Channels { sampling_hz, sample_count, data }
    }

    /// Complex value of each pixel [x, z] by delay and sum over its aperture (mean over the elements).
    #[must_use]
    pub fn delay_and_sum(&self, channels: &Channels, pixels_m: &[[f64; 2]]) -> Vec<[f64; 2]> {
        pixels_m
            .iter()
            .map(|p| {
                let aperture = self.aperture(p[0], p[1]);
                let count = f64::from(aperture.end - aperture.start).max(1.0);
                let (mut re, mut im) = (0.0, 0.0);
                for element in aperture {
                    let dx = p[0] - self.element_x_m(element);
                    let delay_s = (p[1] + (dx * dx + p[1] * p[1]).sqrt()) / self.speed_m_s;
                    let [a, b] = channels.at(element as usize, delay_s);
                    let (sin, cos) = ops::sin_cos(std::f64::consts::TAU * self.frequency_hz * delay_s);
                    re += a * cos - b * sin;
                    im += a * sin + b * cos;
                }
                [re / count, im / count]
            })
            .collect()
    }
}

impl Channels {
    /// Sample between samples by the cubic through four neighbours; 0 outside.
    fn at(&self, element: usize, time_s: f64) -> [f64; 2] {
        let place = time_s * self.sampling_hz;
        let k = place as usize;
        if k < 1 || k + 2 >= self.sample_count {
            return [0.0; 2];
        }
        let t = place - k as f64;
        let at = |i: usize| self.data[element * self.sample_count + i];
        let (p0, p1, p2, p3) = (at(k - 1), at(k), at(k + 1), at(k + 2));
        let weights = [
            -t * (t - 1.0) * (t - 2.0) / 6.0,
            (t + 1.0) * (t - 1.0) * (t - 2.0) / 2.0,
            -(t + 1.0) * t * (t - 2.0) / 2.0,
            (t + 1.0) * t * (t - 1.0) / 6.0,
        ];
        std::array::from_fn(|i| weights[0] * p0[i] + weights[1] * p1[i] + weights[2] * p2[i] + weights[3] * p3[i])
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

    /// Give the same picture of a point by sampled channels and in closed form.
    #[test]
    fn channels_agree_with_the_closed_form() {
        let array = array();
        array.check().unwrap();
        let point = Scatterer { x_m: 0.3e-3, z_m: 12e-3, strength: 1.0 };
        let channels = array.plane_wave_channels(&[point], 16e-3);
        let pixels: Vec<[f64; 2]> =
            (-6..=6).flat_map(|i| (-4..=4).map(move |j| [0.3e-3 + f64::from(i) * 0.1e-3, 12e-3 + f64::from(j) * 0.04e-3])).collect();
        for (pixel, got) in pixels.iter().zip(array.delay_and_sum(&channels, &pixels)) {
            let exact = array.point_response(Transmit::PlaneWave, *pixel, [point.x_m, point.z_m]);
            assert!((got[0] - exact[0]).abs() < 0.01 && (got[1] - exact[1]).abs() < 0.01, "{pixel:?}: {got:?} {exact:?}");
        }
    }

    /// Show nothing where nothing scatters.
    #[test]
    fn no_scatterers_no_echo() {
        let channels = array().plane_wave_channels(&[], 16e-3);
        assert!(array().delay_and_sum(&channels, &[[0.0, 10e-3]]) == vec![[0.0, 0.0]]);
    }
}
