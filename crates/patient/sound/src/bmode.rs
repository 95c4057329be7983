//! The B-mode picture: a scatterer field fixed to the tissue, convolved with the point spread of the probe.

use proband_anatomy::Tissue;
use proband_core::{Stream, ops};
use serde::{Deserialize, Serialize};

use crate::error::in_range;
use crate::psf::{FINE, Kernels};
use crate::texture::Textures;
use crate::{AcousticSpec, COLUMN_COUNT, ROW_COUNT, SoundError};

/// How the sound is sent, which decides the lateral point spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transmit {
    /// Plane wave; only the reception is focused: −6 dB width 1.207 λ F#.
    PlaneWave,
    /// Transmission and reception focused with equal apertures: −6 dB width 0.886 λ F#.
    Focused,
}

/// How finely a picture is made, and what is left out for speed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Raster {
    /// Columns, 16 to 2048.
    pub column_count: usize,
    /// Rows, 16 to 2048.
    pub row_count: usize,
    /// Whether deep echoes are stronger than at the centre frequency alone, because attenuation spares low frequencies.
    pub downshift: bool,
    /// Whether columns are bent at interfaces by Snell's law.
    pub refraction: bool,
}

impl Raster {
    /// What controllers see in the loop: 128 × 160, losses at the centre frequency.
    pub const LOOP: Self = Self { column_count: COLUMN_COUNT, row_count: ROW_COUNT, downshift: false, refraction: false };
    /// For eyes and for training: 512 × 512, with refraction and the downshift.
    pub const FULL: Self = Self { column_count: 512, row_count: 512, downshift: true, refraction: true };

    /// Fine rows of a picture.
    pub(crate) const fn fine_row_count(&self) -> usize {
        self.row_count * FINE
    }

    fn check(&self) -> Result<(), SoundError> {
        in_range("raster.column_count", self.column_count as f64, 16.0, 2048.0)?;
        in_range("raster.row_count", self.row_count as f64, 16.0, 2048.0)?;
        Ok(())
    }
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
    /// Haze over echo-free places, by side lobes and multiple scattering, relative to the diffuse muscle echo [dB].
    pub clutter_db: f64,
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

impl BModeSpec {
    /// A 10 MHz linear probe for superficial veins over 25.6 mm × 24 mm.
    ///
    /// # Source
    /// Frequency, bandwidth and f-number: ordinary values of linear probes of 5–15 MHz (prior, unverified).
    /// Time-gain compensation: 2 · 0.7 dB/cm/MHz at 10 MHz, a usual setting for soft tissue. Levels of
    /// noise, mirror, needle and shadow: prior, unverified, set so that a fascia stands about 20 dB above muscle.
    #[must_use]
    pub const fn linear_10_mhz(seed: u64) -> Self {
        Self {
            frequency_hz: 10.0e6,
            fractional_bandwidth: 0.6,
            f_number: 1.8,
            transmit: Transmit::Focused,
            focus_depth_m: 7.0e-3,
            focus_range_m: 12.0e-3,
            elevation_width_m: 1.0e-3,
            width_m: 25.6e-3,
            depth_m: 24.0e-3,
            scanner_speed_m_s: 1_540.0,
            tgc_db_per_m: 1_400.0,
            muscle_below_white_db: 36.0,
            dynamic_range_db: 60.0,
            noise_db: -42.0,
            clutter_db: -18.0,
            specular_db: 40.0,
            needle_rough_db: -26.0,
            needle_reverberation_db: 9.0,
            needle_shadow_db: 6.0,
            seed,
        }
    }

    /// Check every number.
    ///
    /// # Errors
    /// [`SoundError::OutOfRange`] with the first field outside its range.
    pub fn check(&self) -> Result<(), SoundError> {
        in_range("frequency_hz", self.frequency_hz, 1.0e6, 50.0e6)?;
        in_range("fractional_bandwidth", self.fractional_bandwidth, 0.05, 1.5)?;
        in_range("f_number", self.f_number, 0.5, 10.0)?;
        in_range("focus_depth_m", self.focus_depth_m, 0.0, 0.3)?;
        in_range("focus_range_m", self.focus_range_m, 1.0e-3, 1.0e9)?;
        in_range("elevation_width_m", self.elevation_width_m, 1.0e-4, 0.02)?;
        in_range("width_m", self.width_m, 1.0e-4, 0.2)?;
        in_range("depth_m", self.depth_m, 1.0e-4, 0.3)?;
        in_range("scanner_speed_m_s", self.scanner_speed_m_s, 1_000.0, 2_000.0)?;
        in_range("tgc_db_per_m", self.tgc_db_per_m, 0.0, 10_000.0)?;
        in_range("muscle_below_white_db", self.muscle_below_white_db, -20.0, 120.0)?;
        in_range("dynamic_range_db", self.dynamic_range_db, 10.0, 120.0)?;
        in_range("noise_db", self.noise_db, -200.0, 40.0)?;
        in_range("clutter_db", self.clutter_db, -300.0, 0.0)?;
        in_range("specular_db", self.specular_db, -40.0, 100.0)?;
        in_range("needle_rough_db", self.needle_rough_db, -100.0, 0.0)?;
        in_range("needle_reverberation_db", self.needle_reverberation_db, 0.0, 60.0)?;
        in_range("needle_shadow_db", self.needle_shadow_db, 0.0, 60.0)?;
        Ok(())
    }

    /// Distance of columns of the picture in the loop [m].
    #[must_use]
    pub fn column_pitch_m(&self) -> f64 {
        self.width_m / COLUMN_COUNT as f64
    }

    /// Distance of rows of the picture in the loop [m], as displayed.
    #[must_use]
    pub fn row_pitch_m(&self) -> f64 {
        self.depth_m / ROW_COUNT as f64
    }
}

/// Everything about a scanner and a patient's tissues that does not change from picture to picture.
#[derive(Clone, Debug)]
pub struct BModeModel {
    pub(crate) spec: BModeSpec,
    pub(crate) raster: Raster,
    pub(crate) kernels: Kernels,
    pub(crate) textures: Textures,
    pub(crate) media: [Medium; Tissue::ALL.len()],
    /// Electronic noise as filtered by the receiver, complex parts one after the other, unit power.
    pub(crate) noise: Vec<f32>,
    /// Amplitude of the noise per fine row, time-gain compensation included.
    pub(crate) noise_gain: Vec<f32>,
    pub(crate) specular_gain: f32,
    /// ln of what the downshift spares, per [`DOWNSHIFT_STEP_DB`] of one-way loss at 1 MHz; empty without it.
    pub(crate) spared_ln: Vec<f32>,
    /// Columns that one thread works on; all of them in a small picture.
    pub(crate) strip: usize,
}

/// Step of the table of the downshift, one-way loss [dB/MHz].
pub(crate) const DOWNSHIFT_STEP_DB: f32 = 0.05;
/// Entries of that table.
const DOWNSHIFT_COUNT: usize = 400;
/// Columns per piece of work in a picture larger than the loop's.
const STRIP: usize = 32;

/// What the formation of a picture needs to know about a tissue.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Medium {
    /// Amplitude of the diffuse echo, muscle 1.
    pub amplitude: f32,
    /// Impedance [Rayl].
    pub impedance: f32,
    /// Displayed over true length [1].
    pub stretch: f32,
    /// Speed of sound [m/s].
    pub speed_m_s: f32,
    /// ln of the amplitude's change per fine row, compensation included [1].
    pub ln_step: f32,
    /// exp(k·`ln_step`) for k = 0..8.
    pub steps: [f32; STEP_COUNT],
    /// exp(8·`ln_step`).
    pub steps_all: f32,
    /// One-way loss at 1 MHz per displayed metre [dB/(m MHz)], linear about the centre frequency.
    pub loss_db_m_mhz: f32,
}

/// Rows whose loss is looked up at once.
pub(crate) const STEP_COUNT: usize = 8;
/// Samples of prepared electronic noise.
pub(crate) const NOISE_LENGTH: usize = 1 << 15;

impl BModeModel {
    /// Prepare a scanner for a patient.
    ///
    /// # Errors
    /// [`SoundError::OutOfRange`] with the first field outside its range.
    pub fn new(spec: &BModeSpec, acoustics: &AcousticSpec) -> Result<Self, SoundError> {
        Self::with_raster(spec, acoustics, Raster::LOOP)
    }

    /// Prepare a scanner whose pictures have another raster.
    ///
    /// # Errors
    /// [`SoundError::OutOfRange`] with the first field outside its range.
    pub fn with_raster(spec: &BModeSpec, acoustics: &AcousticSpec, raster: Raster) -> Result<Self, SoundError> {
        spec.check()?;
        acoustics.check()?;
        raster.check()?;
        let fine_row_count = raster.fine_row_count();
        let fine_pitch_m = spec.depth_m / fine_row_count as f64;
        let kernels = Kernels::new(spec, acoustics, &raster);
        let media = Tissue::ALL.map(|tissue| Medium::new(spec, acoustics, tissue, fine_pitch_m));
        let noise = filtered_noise(spec.seed, &kernels.axial);
        let floor = ops::powf(10.0, spec.noise_db / 20.0);
        let noise_gain = (0..fine_row_count)
            .map(|row| (floor * ops::powf(10.0, spec.tgc_db_per_m * (row as f64 + 0.5) * fine_pitch_m / 20.0)) as f32)
            .collect();
        let specular_gain = ops::powf(10.0, spec.specular_db / 20.0) as f32;
        let textures = Textures::new(spec, &raster);
        let spared_ln = if raster.downshift { spared(spec) } else { Vec::new() };
        let strip = if raster.column_count <= COLUMN_COUNT { raster.column_count } else { STRIP };
        Ok(Self { spec: *spec, raster, kernels, textures, media, noise, noise_gain, specular_gain, spared_ln, strip })
    }

    /// Raster of its pictures.
    #[must_use]
    pub fn raster(&self) -> Raster {
        self.raster
    }

    /// Distance of columns [m].
    #[must_use]
    pub fn column_pitch_m(&self) -> f64 {
        self.spec.width_m / self.raster.column_count as f64
    }

    /// Distance of rows [m], as displayed.
    #[must_use]
    pub fn row_pitch_m(&self) -> f64 {
        self.spec.depth_m / self.raster.row_count as f64
    }

    /// What it was made from.
    #[must_use]
    pub fn spec(&self) -> &BModeSpec {
        &self.spec
    }
}

impl Medium {
    fn new(spec: &BModeSpec, acoustics: &AcousticSpec, tissue: Tissue, fine_pitch_m: f64) -> Self {
        let decade = std::f64::consts::LN_10 / 20.0;
        // Air reflects all but nothing: its own loss does not matter.
        let Some(sound) = acoustics.of(tissue) else {
            let stretch = (spec.scanner_speed_m_s / 343.0) as f32;
            return Self {
                amplitude: 0.0,
                impedance: 400.0,
                stretch,
                speed_m_s: 343.0,
                ln_step: 0.0,
                steps: [1.0; STEP_COUNT],
                steps_all: 1.0,
                loss_db_m_mhz: 0.0,
            };
        };
        let stretch = spec.scanner_speed_m_s / sound.speed_m_s;
        let loss_db_m = 2.0 * sound.attenuation_db_m(spec.frequency_hz) / stretch;
        let ln_step = decade * (spec.tgc_db_per_m - loss_db_m) * fine_pitch_m;
        Self {
            amplitude: ops::exp(decade * sound.echogenicity_db.max(spec.clutter_db)) as f32,
            impedance: sound.impedance_rayl() as f32,
            stretch: stretch as f32,
            speed_m_s: sound.speed_m_s as f32,
            ln_step: ln_step as f32,
            steps: std::array::from_fn(|k| ops::exp(ln_step * k as f64) as f32),
            steps_all: ops::exp(ln_step * STEP_COUNT as f64) as f32,
            loss_db_m_mhz: (sound.attenuation_exponent * 0.5 * loss_db_m / (spec.frequency_hz * 1e-6)) as f32,
        }
    }
}

/// ln of the amplitude's gain over a loss at the centre frequency alone: the mean of exp(−2 x (f − f₀)) over the pulse's power
/// spectrum cos⁴(π (f − f₀)/(2 B)), for one-way losses x in steps; its root, since it is power.
fn spared(spec: &BModeSpec) -> Vec<f32> {
    const LINES: i32 = 64;
    let band_mhz = spec.fractional_bandwidth * spec.frequency_hz * 1e-6;
    let decade = std::f64::consts::LN_10 / 20.0;
    let line = |k: i32| {
        let u = f64::from(k) / f64::from(LINES);
        (u * band_mhz, ops::cos(0.5 * std::f64::consts::PI * u).powi(4))
    };
    let total: f64 = (-LINES..=LINES).map(|k| line(k).1).sum();
    (0..DOWNSHIFT_COUNT)
        .map(|i| {
            // Twice for the two ways, twice for power.
            let loss = 4.0 * decade * i as f64 * f64::from(DOWNSHIFT_STEP_DB);
            let mean = (-LINES..=LINES).map(line).map(|(off, power)| power * ops::exp(-loss * off)).sum::<f64>() / total;
            (0.5 * ops::ln(mean)) as f32
        })
        .collect()
}

/// White complex noise through the receiver's axial filter, unit power.
fn filtered_noise(seed: u64, axial: &[f32]) -> Vec<f32> {
    let mut stream = Stream::new(seed, 0, "sound.noise");
    let mut white = vec![0.0_f32; NOISE_LENGTH + axial.len()];
    stream.fill_normal(&mut white);
    (0..NOISE_LENGTH).map(|i| std::f32::consts::FRAC_1_SQRT_2 * axial.iter().zip(&white[i..]).map(|(k, w)| k * w).sum::<f32>()).collect()
}
