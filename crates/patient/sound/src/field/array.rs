//! A linear array, what it sends and what its transducers do to the spectrum.

use proband_core::ops;
use serde::{Deserialize, Serialize};

use crate::SoundError;
use crate::error::in_range;

/// How the amplitude falls with the distance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spreading {
    /// 1/√r: a slice that is in focus at every depth.
    Cylindrical,
    /// 1/r: elements so low that the slice is everywhere wide.
    Spherical,
}

/// Spectrum of what leaves the generator, goes out and comes back through the transducer.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pulse {
    /// cos²(π (f − f₀)/(2 B)) of amplitude with the −6 dB bandwidth B: short, without lobes worth mentioning, 0 beyond f₀ ± B.
    Cosine,
    /// A windowed sine of `periods` periods through the transducer twice; its two-way response is the generalised normal
    /// window exp(−ln 2 (2 |f − f₀|/B)^p), p = ln 126/ln(2 f₀/B).
    ///
    /// # Source
    /// Garcia 2022, Comput Methods Programs Biomed 218:106726.
    WindowedSine {
        /// Periods sent [1].
        periods: f64,
    },
}

/// A linear array of strip elements along x, facing z, in a medium of one speed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArraySpec {
    /// Elements, centred on x = 0.
    pub element_count: u32,
    /// Distance of elements [m].
    pub pitch_m: f64,
    /// Width of an element [m], at most the pitch.
    pub width_m: f64,
    /// Centre frequency [Hz].
    pub frequency_hz: f64,
    /// −6 dB two-way bandwidth over the centre frequency [1].
    pub fractional_bandwidth: f64,
    /// Pulse sent and the transducer's response.
    pub pulse: Pulse,
    /// How amplitude falls with distance.
    pub spreading: Spreading,
    /// Speed of sound [m/s].
    pub speed_m_s: f64,
}

impl ArraySpec {
    /// L11-5v: 128 elements, 7.6 MHz, 77 %, in tissue of 1540 m/s.
    ///
    /// # Source
    /// Verasonics data sheet as carried by MUST (Garcia): pitch 0.30 mm, element 0.27 mm.
    #[must_use]
    pub const fn l11_5v() -> Self {
        Self {
            element_count: 128,
            pitch_m: 0.3e-3,
            width_m: 0.27e-3,
            frequency_hz: 7.6e6,
            fractional_bandwidth: 0.77,
            pulse: Pulse::WindowedSine { periods: 1.0 },
            spreading: Spreading::Cylindrical,
            speed_m_s: 1_540.0,
        }
    }

    /// L12-3v: 192 elements, 7.54 MHz, 93 %.
    ///
    /// # Source
    /// Verasonics data sheet as carried by MUST (Garcia): pitch 0.20 mm, element 0.17 mm.
    #[must_use]
    pub const fn l12_3v() -> Self {
        Self { element_count: 192, pitch_m: 0.2e-3, width_m: 0.17e-3, frequency_hz: 7.54e6, fractional_bandwidth: 0.93, ..Self::l11_5v() }
    }

    /// A 10 MHz array of 256 elements half a wavelength apart, for superficial veins; its numbers are a prior, unverified.
    #[must_use]
    pub const fn linear_10_mhz() -> Self {
        Self {
            element_count: 256,
            pitch_m: 0.1e-3,
            width_m: 0.08e-3,
            frequency_hz: 10.0e6,
            fractional_bandwidth: 0.6,
            pulse: Pulse::Cosine,
            spreading: Spreading::Cylindrical,
            speed_m_s: 1_540.0,
        }
    }

    /// Check every number.
    ///
    /// # Errors
    /// [`SoundError::OutOfRange`] with the first field outside its range.
    pub fn check(&self) -> Result<(), SoundError> {
        in_range("element_count", f64::from(self.element_count), 1.0, 4096.0)?;
        in_range("pitch_m", self.pitch_m, 1e-6, 1e-2)?;
        in_range("width_m", self.width_m, 1e-7, self.pitch_m)?;
        in_range("frequency_hz", self.frequency_hz, 1e5, 1e8)?;
        in_range("fractional_bandwidth", self.fractional_bandwidth, 0.05, 0.99)?;
        in_range("speed_m_s", self.speed_m_s, 300.0, 6_000.0)?;
        if let Pulse::WindowedSine { periods } = self.pulse {
            in_range("pulse.periods", periods, 0.25, 100.0)?;
        }
        Ok(())
    }

    /// Position of an element's middle [m].
    #[must_use]
    pub fn element_x_m(&self, element: usize) -> f64 {
        (element as f64 - 0.5 * (f64::from(self.element_count) - 1.0)) * self.pitch_m
    }

    /// Bandwidth at −6 dB [Hz].
    pub(crate) fn bandwidth_hz(&self) -> f64 {
        self.fractional_bandwidth * self.frequency_hz
    }

    /// Complex two-way spectrum at a frequency, echo of a point in the far field of one element, unscaled.
    pub(crate) fn spectrum(&self, frequency_hz: f64) -> [f64; 2] {
        let (f0, band) = (self.frequency_hz, self.bandwidth_hz());
        let off = frequency_hz - f0;
        match self.pulse {
            Pulse::Cosine => {
                let u = off / band;
                if u.abs() >= 1.0 {
                    return [0.0; 2];
                }
                let cos = ops::cos(0.5 * std::f64::consts::PI * u);
                [cos * cos, 0.0]
            }
            Pulse::WindowedSine { periods } => {
                let p = ops::ln(126.0) / ops::ln(2.0 * f0 / band);
                let response = ops::exp(-std::f64::consts::LN_2 * ops::powf(2.0 * off.abs() / band, p));
                let length_s = periods / f0;
                let sine = crate::psf::sinc(length_s * off) - crate::psf::sinc(length_s * (frequency_hz + f0));
                // An odd function of time: its spectrum is −i times a real one.
                [0.0, -sine * response]
            }
        }
    }

    /// Half of the pulse's duration that matters [s]: below −60 dB beyond.
    pub(crate) fn pulse_half_s(&self) -> f64 {
        match self.pulse {
            Pulse::Cosine => 4.0 / self.bandwidth_hz(),
            Pulse::WindowedSine { periods } => 4.0 / self.bandwidth_hz() + 0.5 * periods / self.frequency_hz,
        }
    }
}

/// When and how strongly each element sends.
#[derive(Clone, Debug, PartialEq)]
pub struct Transmission {
    /// Delay per element [s], at least 0.
    pub(crate) delays_s: Vec<f64>,
    /// Weight per element [1]: the apodisation of the sent beam.
    pub(crate) weights: Vec<f64>,
    /// What the wavefront looks like to the beamformer.
    pub(crate) front: Front,
}

/// Shape of a wavefront.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Front {
    /// Plane, tilted; `origin_s` after the start it passes x = 0, z = 0.
    Plane { sine: f64, cosine: f64, origin_s: f64 },
    /// Converging on a focus, which it reaches `focus_s` after the start.
    Focus { focus_m: [f64; 2], focus_s: f64 },
}

impl Transmission {
    /// A plane wave of all elements, tilted towards +x by `angle_rad`.
    ///
    /// # Errors
    /// [`SoundError::OutOfRange`] for an angle beyond ±60°.
    pub fn plane_wave(array: &ArraySpec, angle_rad: f64) -> Result<Self, SoundError> {
        array.check()?;
        in_range("angle_rad", angle_rad, -std::f64::consts::FRAC_PI_3, std::f64::consts::FRAC_PI_3)?;
        let (sine, cosine) = ops::sin_cos(angle_rad);
        let count = array.element_count as usize;
        let raw: Vec<f64> = (0..count).map(|e| array.element_x_m(e) * sine / array.speed_m_s).collect();
        let first = raw.iter().copied().fold(f64::INFINITY, f64::min);
        let delays_s = raw.iter().map(|d| d - first).collect();
        Ok(Self { delays_s, weights: vec![1.0; count], front: Front::Plane { sine, cosine, origin_s: -first } })
    }

    /// A beam through a focus [x, z], sent by the elements within the f-number around it.
    ///
    /// # Errors
    /// [`SoundError::OutOfRange`] for a focus at or behind the face, an impossible f-number, or when no element sends.
    pub fn focused(array: &ArraySpec, focus_m: [f64; 2], f_number: f64) -> Result<Self, SoundError> {
        array.check()?;
        in_range("focus_m[0]", focus_m[0], -1.0, 1.0)?;
        in_range("focus_m[1]", focus_m[1], 1e-4, 1.0)?;
        in_range("f_number", f_number, 0.3, 20.0)?;
        let count = array.element_count as usize;
        let half = 0.5 * focus_m[1] / f_number;
        let x = |e: usize| array.element_x_m(e) - focus_m[0];
        let weights: Vec<f64> = (0..count).map(|e| if x(e).abs() <= half { 1.0 } else { 0.0 }).collect();
        in_range("elements in the aperture", weights.iter().sum(), 1.0, count as f64)?;
        let way = |e: usize| ops::hypot(x(e), focus_m[1]) / array.speed_m_s;
        let focus_s = (0..count).filter(|&e| weights[e] > 0.0).map(way).fold(0.0, f64::max);
        let delays_s = (0..count).map(|e| if weights[e] > 0.0 { focus_s - way(e) } else { 0.0 }).collect();
        Ok(Self { delays_s, weights, front: Front::Focus { focus_m, focus_s } })
    }

    /// The same with other weights.
    ///
    /// # Errors
    /// [`SoundError::OutOfRange`] when a weight is not within 0 to 1 or their number is not that of the elements.
    pub fn with_weights(mut self, weights: &[f64]) -> Result<Self, SoundError> {
        in_range("number of weights", weights.len() as f64, self.weights.len() as f64, self.weights.len() as f64)?;
        for w in weights {
            in_range("weight", *w, 0.0, 1.0)?;
        }
        self.weights.copy_from_slice(weights);
        Ok(self)
    }

    /// Whether every element sends at once and alike.
    pub(crate) fn is_uniform(&self) -> bool {
        self.delays_s.iter().all(|d| *d == 0.0) && self.weights.iter().all(|w| *w == 1.0)
    }

    /// When the wavefront reaches a place [s].
    pub(crate) fn arrival_s(&self, place_m: [f64; 2], speed_m_s: f64) -> f64 {
        match self.front {
            Front::Plane { sine, cosine, origin_s } => origin_s + (place_m[0] * sine + place_m[1] * cosine) / speed_m_s,
            Front::Focus { focus_m, focus_s } => {
                let way = ops::hypot(place_m[0] - focus_m[0], place_m[1] - focus_m[1]) / speed_m_s;
                if place_m[1] >= focus_m[1] { focus_s + way } else { focus_s - way }
            }
        }
    }
}
