//! Where photons come from.

use proband_core::ops;
use serde::{Deserialize, Serialize};

use crate::LightError;
use crate::error::check;
use crate::random::PhotonStream;

/// Most pixels of a lit picture.
const PIXELS_MAX: u64 = 1 << 24;

/// A lamp above the tissue's surface z = 0. Fresnel's law is applied to each photon as it enters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Source {
    /// A ray through a point of the surface.
    Pencil {
        /// Where it enters across and along [m].
        at_m: [f64; 2],
        /// From the normal towards +x, less than a right angle [rad].
        tilt_rad: f64,
    },
    /// A beam straight down whose irradiance falls off as exp(−2 r²/w²).
    Gaussian {
        /// Middle of the beam [m].
        at_m: [f64; 2],
        /// Radius w, where 1/e² of the irradiance is left [m].
        radius_m: f64,
    },
    /// Lamps in a ring round the origin, looking straight down, with radiant intensity cosᵐ θ.
    LedRing {
        /// Radius of the ring [m].
        radius_m: f64,
        /// Height above the surface [m].
        height_m: f64,
        /// Angle from the lamp's axis at which half of the intensity is left [rad]: m = −ln 2/ln cos.
        half_angle_rad: f64,
        /// Lamps.
        lamp_count: u32,
    },
    /// A picture thrown straight down onto the surface.
    Image {
        /// Side of a pixel [m].
        pixel_m: f64,
        /// Pixels across and along; the picture's middle lies at the origin.
        size: [u32; 2],
        /// Irradiance of each pixel, any unit, not negative, shape [along][across].
        irradiance: Vec<f64>,
    },
}

/// A source ready to shine.
pub(crate) enum Lamp {
    Pencil { at: [f64; 2], direction: [f64; 3] },
    Gaussian { at: [f64; 2], radius: f64 },
    Ring { lamps: Vec<[f64; 2]>, height: f64, power: f64 },
    Image { pixel: f64, size: [u32; 2], sums: Vec<f64> },
}

impl Source {
    /// Check every number and make ready.
    pub(crate) fn lamp(&self) -> Result<Lamp, LightError> {
        let place = |at: &[f64; 2]| at.iter().try_for_each(|v| check("at_m", *v, -10.0, 10.0).map(drop));
        match self {
            Self::Pencil { at_m, tilt_rad } => {
                place(at_m)?;
                check("tilt_rad", *tilt_rad, -1.57, 1.57)?;
                let (sin, cos) = ops::sin_cos(*tilt_rad);
                Ok(Lamp::Pencil { at: *at_m, direction: [sin, 0.0, cos] })
            }
            Self::Gaussian { at_m, radius_m } => {
                place(at_m)?;
                Ok(Lamp::Gaussian { at: *at_m, radius: check("radius_m", *radius_m, 0.0, 10.0)? })
            }
            Self::LedRing { radius_m, height_m, half_angle_rad, lamp_count } => {
                check("radius_m", *radius_m, 0.0, 10.0)?;
                check("half_angle_rad", *half_angle_rad, 0.01, 1.56)?;
                check("lamp_count", f64::from(*lamp_count), 1.0, 10_000.0)?;
                let turn = |i: u32| ops::sin_cos(std::f64::consts::TAU * f64::from(i) / f64::from(*lamp_count));
                let lamps = (0..*lamp_count)
                    .map(|i| {
                        let (s, c) = turn(i);
                        [radius_m * c, radius_m * s]
                    })
                    .collect();
                let power = -std::f64::consts::LN_2 / ops::ln(ops::cos(*half_angle_rad));
                Ok(Lamp::Ring { lamps, height: check("height_m", *height_m, 1e-6, 10.0)?, power })
            }
            Self::Image { pixel_m, size, irradiance } => {
                check("pixel_m", *pixel_m, 1e-9, 1.0)?;
                let count = u64::from(size[0]) * u64::from(size[1]);
                check("pixel count", count as f64, 1.0, PIXELS_MAX as f64)?;
                if irradiance.len() as u64 != count {
                    return Err(LightError::BadTissue { what: format!("source: {} values for {count} pixels", irradiance.len()) });
                }
                let mut sum = 0.0;
                let mut sums = Vec::with_capacity(irradiance.len());
                for value in irradiance {
                    sum += check("irradiance", *value, 0.0, 1e30)?;
                    sums.push(sum);
                }
                check("irradiance of all pixels", sum, f64::MIN_POSITIVE, f64::MAX)?;
                Ok(Lamp::Image { pixel: *pixel_m, size: *size, sums })
            }
        }
    }
}

impl Lamp {
    /// Place on the surface and direction above it.
    pub(crate) fn ray(&self, stream: &mut PhotonStream) -> ([f64; 2], [f64; 3]) {
        const DOWN: [f64; 3] = [0.0, 0.0, 1.0];
        match self {
            Self::Pencil { at, direction } => (*at, *direction),
            Self::Gaussian { at, radius } => {
                // r² is exponential with mean w²/2.
                let exponential: f64 = stream.exponential();
                let r = radius * (0.5 * exponential).sqrt();
                let (_, (c, s)) = stream.turn::<f64>();
                ([at[0] + r * c, at[1] + r * s], DOWN)
            }
            Self::Ring { lamps, height, power } => {
                let lamp = lamps[((stream.uniform() * lamps.len() as f64) as usize).min(lamps.len() - 1)];
                let cos = ops::powf(stream.uniform(), 1.0 / (power + 1.0)).clamp(1e-6, 1.0);
                let sin = (1.0 - cos * cos).max(0.0).sqrt();
                let (_, (c, s)) = stream.turn::<f64>();
                let way = height / cos;
                ([lamp[0] + way * sin * c, lamp[1] + way * sin * s], [sin * c, sin * s, cos])
            }
            Self::Image { pixel, size, sums } => {
                let wanted = stream.uniform() * sums[sums.len() - 1];
                let at = sums.partition_point(|sum| *sum <= wanted).min(sums.len() - 1);
                let (column, row) = (at % size[0] as usize, at / size[0] as usize);
                let place = |i: usize, count: u32, within: f64| (i as f64 + within - 0.5 * f64::from(count)) * pixel;
                ([place(column, size[0], stream.uniform()), place(row, size[1], stream.uniform())], DOWN)
            }
        }
    }
}
