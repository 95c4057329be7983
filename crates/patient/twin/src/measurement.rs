//! What instruments report about a vein, and how far that may be believed.

use nalgebra::SVector;
use proband_core::ops;
use serde::{Deserialize, Serialize};

use crate::{Quantity, Twin, TwinError};

/// Registration of the camera to the arm [m]; prior: unverified.
const NIR_LATERAL_SD_M: f64 = 4.0e-4;
/// Relative error of a depth guessed from contrast and blur [1]; prior: unverified.
const NIR_DEPTH_RELATIVE: f64 = 0.5;
/// Relative error of a width seen through scattering skin [1]; prior: unverified.
const NIR_WIDTH_RELATIVE: f64 = 0.35;
/// Error of a direction in a near-infrared picture [rad]: 15.58° (VeniBot-NIR 2021, 30 arms).
const NIR_HEADING_SD_RAD: f64 = 0.272;
/// Registration of the probe to the arm and the beam's width [m]; prior: unverified.
const US_LATERAL_SD_M: f64 = 3.0e-4;
/// Placing of a wall in the picture [m], of the order of the axial resolution; prior: unverified.
const US_WALL_SD_M: f64 = 1.5e-4;
/// Placing of a side wall [m], of the order of the lateral resolution; prior: unverified.
const US_SIDE_SD_M: f64 = 2.5e-4;
/// Relative repeatability of diameters within a visit [1]: same-day intraclass correlation 0.94 to 0.97
/// (Matsumoto 2022, BMC Med Imaging 22) of a spread of 37 % leaves 6 to 9 %.
const US_DIAMETER_RELATIVE: f64 = 0.07;
/// Direction from two or more frames [rad]; prior: unverified.
const US_HEADING_SD_RAD: f64 = 0.08;
/// Relative uncertainty of depth from the speed of sound in this person's fat and skin [1]: the range of
/// compilations, 1440 to 1460 m/s in fat, is ± 0.7 %, and 1595 to 1730 m/s in skin adds as much at 4 mm.
const US_SPEED_RELATIVE: f64 = 0.01;
/// Speed that a scanner assumes [m/s].
const SCANNER_SPEED_M_S: f64 = 1540.0;

/// What an instrument saw of a vein at one place. Absent values were not seen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, tag = "kind", rename_all = "snake_case")]
pub enum Measurement {
    /// Near-infrared camera.
    NearInfrared {
        /// x of the vein's axis [m].
        lateral_m: f64,
        /// Standard deviation of `lateral_m` as the detector states it [m]; the camera's own error is added.
        lateral_sd_m: f64,
        /// Apparent width, if the detector gives one [m].
        width_m: Option<f64>,
        /// Depth guessed from contrast and blur, if the detector gives one [m].
        depth_m: Option<f64>,
        /// Direction of the vein [rad], if the detector gives one.
        heading_rad: Option<f64>,
    },
    /// Ultrasound, short axis (or long axis without `lateral_m` and `diameter_h_m`).
    Ultrasound {
        /// x of the vein's axis [m].
        lateral_m: Option<f64>,
        /// Skin to front wall as the scanner shows it with its 1540 m/s, not corrected [m].
        depth_m: Option<f64>,
        /// Lumen height as the scanner shows it [m].
        diameter_v_m: Option<f64>,
        /// Lumen width [m].
        diameter_h_m: Option<f64>,
        /// Direction of the vein [rad], from two or more frames.
        heading_rad: Option<f64>,
    },
}

/// How a scanner's depths relate to true ones: it assumes 1540 m/s, fat is slower and skin is faster.
///
/// displayed = 1540 (t/c_skin + (d − t)/c_fat) for a depth d below skin of thickness t.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SoundModel {
    /// Thickness of epidermis and dermis [m].
    pub skin_m: f64,
    /// Speed of sound in skin [m/s].
    pub skin_m_s: f64,
    /// Speed of sound in fat [m/s].
    pub fat_m_s: f64,
    /// Speed of sound in blood [m/s].
    pub blood_m_s: f64,
}

impl SoundModel {
    /// The means of a twin's parameters.
    pub(crate) fn of(twin: &Twin) -> Result<Self, TwinError> {
        let mean = |name: &str| Ok::<f64, TwinError>(twin.parameter(name)?.value.distribution.mean());
        Ok(Self {
            skin_m: mean("skin.epidermis_m")? + mean("skin.dermis_m")?,
            skin_m_s: mean("sound.skin.speed_m_s")?,
            fat_m_s: mean("sound.fat.speed_m_s")?,
            blood_m_s: mean("sound.blood.speed_m_s")?,
        })
    }

    /// Depth that the scanner shows [m] for a true one [m].
    #[must_use]
    pub fn displayed_m(&self, depth_m: f64) -> f64 {
        let skin = self.skin_m.min(depth_m);
        SCANNER_SPEED_M_S * (skin / self.skin_m_s + (depth_m - skin) / self.fat_m_s)
    }

    /// True depth [m] for one that the scanner shows [m].
    #[must_use]
    pub fn true_m(&self, displayed_m: f64) -> f64 {
        let skin = self.skin_m * SCANNER_SPEED_M_S / self.skin_m_s;
        if displayed_m <= skin {
            return displayed_m * self.skin_m_s / SCANNER_SPEED_M_S;
        }
        self.skin_m + (displayed_m - skin) * self.fat_m_s / SCANNER_SPEED_M_S
    }
}

/// One scalar of a measurement.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    quantity: Quantity,
    value: f64,
    /// Absolute part of the standard deviation.
    sd: f64,
    /// Part of the standard deviation relative to the value.
    relative: f64,
    /// Whether the value is a length along an ultrasound beam.
    is_echo: bool,
}

impl Measurement {
    /// The scalars that were seen.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        let mut seen = Vec::with_capacity(5);
        let mut add = |quantity, value: Option<f64>, sd: f64, relative: f64, is_echo: bool| {
            seen.extend(value.map(|value| Seen { quantity, value, sd, relative, is_echo }));
        };
        match *self {
            Self::NearInfrared { lateral_m, lateral_sd_m, width_m, depth_m, heading_rad } => {
                add(Quantity::Lateral, Some(lateral_m), ops::hypot(lateral_sd_m, NIR_LATERAL_SD_M), 0.0, false);
                add(Quantity::Depth, depth_m, 0.0, NIR_DEPTH_RELATIVE, false);
                add(Quantity::DiameterH, width_m, 0.0, NIR_WIDTH_RELATIVE, false);
                add(Quantity::Heading, heading_rad, NIR_HEADING_SD_RAD, 0.0, false);
            }
            Self::Ultrasound { lateral_m, depth_m, diameter_v_m, diameter_h_m, heading_rad } => {
                add(Quantity::Lateral, lateral_m, US_LATERAL_SD_M, 0.0, false);
                add(Quantity::Depth, depth_m, US_WALL_SD_M, US_SPEED_RELATIVE, true);
                add(Quantity::DiameterV, diameter_v_m, US_WALL_SD_M * std::f64::consts::SQRT_2, US_DIAMETER_RELATIVE, true);
                add(Quantity::DiameterH, diameter_h_m, US_SIDE_SD_M * std::f64::consts::SQRT_2, US_DIAMETER_RELATIVE, false);
                add(Quantity::Heading, heading_rad, US_HEADING_SD_RAD, 0.0, false);
            }
        }
        seen
    }
}

impl Seen {
    /// Whether the value can be one: a number, and a positive one where it is a length.
    pub(crate) fn is_possible(&self) -> bool {
        let positive = !matches!(self.quantity, Quantity::Lateral | Quantity::Heading);
        self.value.is_finite() && self.value.abs() < 10.0 && self.sd.is_finite() && (!positive || self.value > 0.0)
    }

    /// State index, innovation, slope of the measured value in the state, and variance of the error.
    pub(crate) fn innovation(&self, x: &SVector<f64, 5>, sound: &SoundModel) -> (usize, f64, f64, f64) {
        let i = self.quantity.index();
        match self.quantity {
            Quantity::Lateral => (i, self.value - x[i], 1.0, self.sd * self.sd),
            // A line has no sense of direction: take the turn that is nearest to the belief.
            Quantity::Heading => {
                let turn = self.value - x[i];
                let half = std::f64::consts::PI;
                (i, turn - half * (turn / half).round(), 1.0, self.sd * self.sd)
            }
            Quantity::Depth if self.is_echo => {
                let depth = ops::exp(x[i]);
                let displayed = sound.displayed_m(depth);
                let rate = if depth > sound.skin_m { sound.fat_m_s } else { sound.skin_m_s };
                let slope = depth * SCANNER_SPEED_M_S / (rate * displayed);
                (i, ops::ln(self.value / displayed), slope, self.log_variance())
            }
            Quantity::DiameterV if self.is_echo => {
                let displayed = SCANNER_SPEED_M_S / sound.blood_m_s;
                (i, ops::ln(self.value / displayed) - x[i], 1.0, self.log_variance())
            }
            _ => (i, ops::ln(self.value) - x[i], 1.0, self.log_variance()),
        }
    }

    /// Variance of the logarithm of the value.
    fn log_variance(&self) -> f64 {
        let absolute = self.sd / self.value;
        absolute * absolute + self.relative * self.relative
    }
}
