//! From scatterers to what each element records.

use rayon::prelude::*;

use super::array::{ArraySpec, Transmission};
use super::exact;
use super::fft::Fft;
use super::recurrence::{Geometry, Recurrence, padded};
use crate::SoundError;
use crate::error::in_range;

/// A point that scatters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scatterer {
    /// Along the elements [m].
    pub x_m: f64,
    /// Depth below the face [m].
    pub z_m: f64,
    /// Strength, echo over what comes in [1].
    pub strength: f64,
    /// Mean one-way attenuation along the way to it [dB/cm/MHz], linear in frequency. In layers parallel to the face it is
    /// the mean over the depth, whichever element is looked from.
    pub attenuation_db_cm_mhz: f64,
}

impl Scatterer {
    /// A scatterer in a medium without loss.
    #[must_use]
    pub const fn new(x_m: f64, z_m: f64, strength: f64) -> Self {
        Self { x_m, z_m, strength, attenuation_db_cm_mhz: 0.0 }
    }
}

/// Check every number of a scene.
///
/// # Errors
/// [`SoundError::OutOfRangeAt`] with the first scatterer and field outside of its range: |x| at most 0.5 m, depth
/// 0.05 mm to 0.5 m, strength at most 10¹² either way, attenuation 0 to 30 dB/cm/MHz.
pub fn check_scatterers(scene: &[Scatterer]) -> Result<(), SoundError> {
    for (index, s) in scene.iter().enumerate() {
        let rows = [
            ("x_m", s.x_m, -0.5, 0.5),
            ("z_m", s.z_m, 5e-5, 0.5),
            ("strength", s.strength, -1e12, 1e12),
            ("attenuation_db_cm_mhz", s.attenuation_db_cm_mhz, 0.0, 30.0),
        ];
        for (field, value, min, max) in rows {
            if !(value.is_finite() && (min..=max).contains(&value)) {
                return Err(SoundError::OutOfRangeAt { list: "scatterers", index: index as u64, field, value, min, max });
            }
        }
    }
    Ok(())
}

/// When the elements listen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimeWindow {
    /// First sample after the start of the transmission [s].
    pub start_s: f64,
    /// When the last echo has passed [s].
    pub end_s: f64,
}

impl TimeWindow {
    /// From the first to the last echo of a box |x| ≤ `half_width_m`, depths `top_m` to `bottom_m` [m].
    #[must_use]
    pub fn of_box(array: &ArraySpec, transmission: &Transmission, half_width_m: f64, top_m: f64, bottom_m: f64) -> Self {
        let edge_m = array.element_x_m(array.element_count as usize - 1) + half_width_m;
        let far_m = proband_core::ops::hypot(edge_m, bottom_m);
        let last_delay_s = transmission.delays_s.iter().copied().fold(0.0, f64::max);
        let half_s = array.pulse_half_s();
        Self { start_s: 2.0 * top_m / array.speed_m_s - half_s, end_s: 2.0 * far_m / array.speed_m_s + last_delay_s + half_s }
    }

    /// The window of a scene; a short one when nothing scatters.
    #[must_use]
    pub fn of_scene(array: &ArraySpec, transmission: &Transmission, scene: &[Scatterer]) -> Self {
        let half_width_m = scene.iter().map(|s| s.x_m.abs()).fold(0.0, f64::max);
        let top_m = scene.iter().map(|s| s.z_m).fold(f64::INFINITY, f64::min).min(0.5);
        let bottom_m = scene.iter().map(|s| s.z_m).fold(0.0, f64::max);
        Self::of_box(array, transmission, half_width_m, top_m.min(bottom_m), bottom_m)
    }
}

/// Samples per period of the centre frequency in a record.
const SAMPLES_PER_PERIOD: f64 = 4.0;
/// Spectral lines weaker than this are left out [1]: −80 dB.
const LINE_LEVEL_MIN: f64 = 1e-4;
/// Scatterers summed in single precision before they are added up in double.
const CHUNK: usize = 256;
/// Chunks in memory at once.
const WAVE: usize = 16;
/// Longest record [samples].
const LENGTH_MAX: f64 = 262_144.0;

/// An array, a transmission and a window: turns scatterers into records.
///
/// The record of element m is, over the lines f of a discrete spectrum,
/// S(f) Σ_s a_s P_s(f) G_ms(f), with the sent field P_s = Σ_n w_n e^{−2πi f τ_n} G_ns and the element's field
/// G_ns = cos θ sinc(k b sin θ) e^{−(ik + α) r} √(r₀/r) (or r₀/r), b half the element's width, r₀ = 10 mm: a strip in a
/// soft baffle, seen from its far field. Where the far field is not reached the element is cut into pieces.
/// Left out: multiple scattering, what lies outside of the plane, refraction.
///
/// # Source
/// Garcia 2022, Comput Methods Programs Biomed 218:106726 (SIMUS), whose sum this is, without elevation.
#[derive(Clone, Debug)]
pub struct Field {
    pub(super) array: ArraySpec,
    pub(super) transmission: Transmission,
    /// First and following frequencies [Hz].
    pub(crate) first_hz: f64,
    pub(crate) step_hz: f64,
    first_line: usize,
    /// Complex factor per line.
    pub(super) lines: Vec<[f64; 2]>,
    length: usize,
    start_s: f64,
    recurrence: Recurrence,
}

/// Sums over scatterers, one complex value per line and element, shape [lines, elements].
#[derive(Clone, Debug, PartialEq)]
pub struct Spectra {
    pub(crate) data: Vec<[f64; 2]>,
}

impl Field {
    /// Prepare.
    ///
    /// # Errors
    /// [`SoundError::OutOfRange`] with the first number outside of its range, the record's length among them.
    pub fn new(array: &ArraySpec, transmission: &Transmission, window: TimeWindow) -> Result<Self, SoundError> {
        array.check()?;
        let count = array.element_count as usize;
        in_range("number of delays", transmission.delays_s.len() as f64, count as f64, count as f64)?;
        in_range("window.start_s", window.start_s, -1e-3, 1e-2)?;
        in_range("window.end_s", window.end_s, window.start_s, 1e-2)?;
        let sampling_hz = SAMPLES_PER_PERIOD * array.frequency_hz;
        let samples = in_range("samples of the record", (window.end_s - window.start_s) * sampling_hz, 0.0, LENGTH_MAX)?;
        let length = (samples.ceil() as usize).max(16).next_power_of_two();
        let step_hz = sampling_hz / length as f64;
        let level = |line: usize| {
            let [re, im] = array.spectrum(line as f64 * step_hz);
            proband_core::ops::hypot(re, im)
        };
        let top = (1..length / 2).map(level).fold(0.0, f64::max);
        let kept: Vec<usize> = (1..length / 2).filter(|l| level(*l) > LINE_LEVEL_MIN * top).collect();
        let (first_line, last_line) = (kept.first().copied().unwrap_or(1), kept.last().copied().unwrap_or(1));
        // A point at unit distance gives an envelope of 1 at its peak when no directivity is lost.
        let scale: f64 = 1.0 / (first_line..=last_line).map(level).sum::<f64>();
        let lines = (first_line..=last_line)
            .map(|line| {
                let frequency_hz = line as f64 * step_hz;
                let [a, b] = array.spectrum(frequency_hz);
                let (sin, cos) = proband_core::ops::sin_cos(std::f64::consts::TAU * frequency_hz * window.start_s);
                [scale * (a * cos - b * sin), scale * (a * sin + b * cos)]
            })
            .collect();
        let first_hz = first_line as f64 * step_hz;
        let recurrence = Recurrence::new(array, transmission, first_hz, step_hz, last_line + 1 - first_line);
        Ok(Self {
            array: *array,
            transmission: transmission.clone(),
            first_hz,
            step_hz,
            first_line,
            lines,
            length,
            start_s: window.start_s,
            recurrence,
        })
    }

    /// Spectral lines per element.
    #[must_use]
    pub fn line_count(&self) -> usize {
        self.lines.len()
    }

    /// Nothing heard yet.
    #[must_use]
    pub fn silence(&self) -> Spectra {
        Spectra { data: vec![[0.0; 2]; self.lines.len() * self.array.element_count as usize] }
    }

    /// Add the echoes of scatterers, by recurrence over the lines, single precision within 256 scatterers; on the
    /// threads of the pool that calls, with the same bits on any number of them.
    ///
    /// # Errors
    /// As [`check_scatterers`].
    pub fn add(&self, scene: &[Scatterer], spectra: &mut Spectra) -> Result<(), SoundError> {
        check_scatterers(scene)?;
        let count = self.array.element_count as usize;
        let wide = padded(count);
        for wave in scene.chunks(CHUNK * WAVE) {
            let parts: Vec<Vec<[f32; 2]>> = wave
                .par_chunks(CHUNK)
                .map(|chunk| {
                    let mut geometry = Geometry::new(wide);
                    let mut sum = self.recurrence.silence();
                    for scatterer in chunk {
                        geometry.set(&self.array, scatterer, self.first_hz, self.step_hz);
                        self.recurrence.add(&mut geometry, scatterer.strength as f32, &mut sum);
                    }
                    sum.interleaved(self.lines.len(), count)
                })
                .collect();
            for part in parts {
                for ((total, new), line) in
                    spectra.data.iter_mut().zip(&part).zip((0..self.lines.len()).flat_map(|l| std::iter::repeat_n(l, count)))
                {
                    let [a, b] = self.lines[line];
                    let (re, im) = (f64::from(new[0]), f64::from(new[1]));
                    total[0] += re * a - im * b;
                    total[1] += re * b + im * a;
                }
            }
        }
        Ok(())
    }

    /// The same sum term by term in double precision, each element cut into `piece_count` pieces: slow, for measuring errors.
    ///
    /// # Errors
    /// As [`check_scatterers`].
    pub fn exact(&self, scene: &[Scatterer], piece_count: u32) -> Result<Spectra, SoundError> {
        check_scatterers(scene)?;
        in_range("piece_count", f64::from(piece_count), 1.0, 64.0)?;
        let mut spectra = self.silence();
        exact::add(self, scene, piece_count as usize, &mut spectra.data);
        Ok(spectra)
    }

    /// Analytic signals of every element, `oversampling` (a power of two, at most 16) times as dense as 4 samples per period.
    ///
    /// # Errors
    /// [`SoundError::OutOfRange`] for another oversampling.
    pub fn channels(&self, spectra: &Spectra, oversampling: u32) -> Result<Channels, SoundError> {
        in_range("oversampling", f64::from(oversampling), 1.0, 16.0)?;
        in_range("oversampling - a power of two", f64::from(oversampling.count_ones()), 1.0, 1.0)?;
        let count = self.array.element_count as usize;
        let length = self.length * oversampling as usize;
        let fft = Fft::new(length);
        let data: Vec<Vec<[f32; 2]>> = (0..count)
            .into_par_iter()
            .map(|element| {
                let mut line = vec![[0.0; 2]; length];
                for (k, place) in line.iter_mut().skip(self.first_line).take(self.lines.len()).enumerate() {
                    *place = spectra.data[k * count + element];
                }
                fft.synthesise(&mut line);
                line.iter().map(|[re, im]| [*re as f32, *im as f32]).collect()
            })
            .collect();
        let sampling_hz = SAMPLES_PER_PERIOD * self.array.frequency_hz * f64::from(oversampling);
        Ok(Channels { sampling_hz, start_s: self.start_s, sample_count: length, data: data.concat() })
    }
}

impl Spectra {
    /// Largest distance from another sum over the largest magnitude in it, and the same of root mean squares [1].
    #[must_use]
    pub fn distance(&self, exact: &Self) -> (f64, f64) {
        let size = |[a, b]: [f64; 2]| a * a + b * b;
        let off = |(x, y): (&[f64; 2], &[f64; 2])| size([x[0] - y[0], x[1] - y[1]]);
        let pairs = || self.data.iter().zip(&exact.data);
        let worst = pairs().map(off).fold(0.0, f64::max) / exact.data.iter().map(|v| size(*v)).fold(0.0, f64::max);
        let mean = pairs().map(off).sum::<f64>() / exact.data.iter().map(|v| size(*v)).sum::<f64>();
        (worst.sqrt(), mean.sqrt())
    }
}

/// Analytic signals of the elements after one transmission.
#[derive(Clone, Debug, PartialEq)]
pub struct Channels {
    /// Samples per second [Hz].
    pub sampling_hz: f64,
    /// Time of the first sample after the start of the transmission [s].
    pub start_s: f64,
    /// Samples per element.
    pub sample_count: usize,
    /// Complex samples, shape [elements, samples]; the real part is what a transducer gives.
    pub data: Vec<[f32; 2]>,
}

impl Channels {
    /// What the transducers give (real parts), shape [elements, samples].
    #[must_use]
    pub fn radio_frequency(&self) -> Vec<f32> {
        self.data.iter().map(|[re, _]| *re).collect()
    }
}
