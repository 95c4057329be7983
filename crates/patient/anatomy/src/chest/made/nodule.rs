//! The nodule that somebody wants a sample of.

use nalgebra::Vector3;
use proband_core::Stream;
use serde::{Deserialize, Serialize};

use super::lungs::{Lobe, LungShape};
use crate::{AirwayBranch, AnatomyError};

/// What nodule a made chest shall have.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct NoduleSpec {
    /// Its lobe; `None`: drawn.
    pub lobe: Option<Lobe>,
    /// Its diameter [m], 4 to 60 mm; `None`: drawn, median 19.3 mm.
    pub diameter_m: Option<f64>,
    /// Whether an airway leads into it; `None`: drawn, 30.1 %.
    pub bronchus_sign: Option<bool>,
}

/// A ball in the lung.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Nodule {
    /// Centre in the CT [m].
    pub centre_m: [f64; 3],
    /// Radius [m].
    pub radius_m: f64,
    /// Where it lies.
    pub lobe: Lobe,
    /// Whether an airway leads into it.
    pub bronchus_sign: bool,
    /// From its surface to the pleura [m]; negative where it reaches the pleura.
    pub pleura_m: f64,
}

/// Median diameter [m] and share with a bronchus sign: 264 biopsies (PMC10170714). Spread of ln(diameter): prior, unverified.
const DIAMETER_MEDIAN_M: f64 = 19.3e-3;
const DIAMETER_SPREAD: f64 = 0.4;
const DIAMETER_RANGE_M: [f64; 2] = [8e-3, 40e-3];
const BRONCHUS_SIGN: f64 = 0.301;
/// Shares of lobes: cancers favour upper lobes. Prior: unverified.
const LOBE_SHARES: [f64; 5] = [0.33, 0.06, 0.19, 0.26, 0.16];
/// Depth of the centre below the pleura [m]: the outer third of the lung, "peripheral". Prior: unverified.
const DEPTH_M: [f64; 2] = [6e-3, 35e-3];
/// Thinnest airway that counts as one that leads into a nodule, as seen on CT, and how far from its end the centre may lie [m]. Prior: unverified.
const SIGN_LUMEN_M: f64 = 1.2e-3;
const TRIES: u32 = 4000;

/// Draw the nodule.
///
/// # Errors
/// [`AnatomyError::ChestOutOfRange`] for a diameter outside 4 to 60 mm; when no place for it is found, for the tries.
pub(super) fn place(
    spec: &NoduleSpec,
    branches: &[AirwayBranch],
    lobes: &[Option<Lobe>],
    lungs: &LungShape,
    stream: &mut Stream,
) -> Result<Nodule, AnatomyError> {
    let drawn = DIAMETER_MEDIAN_M * proband_core::ops::exp(DIAMETER_SPREAD * stream.normal());
    let diameter = spec.diameter_m.unwrap_or(drawn.clamp(DIAMETER_RANGE_M[0], DIAMETER_RANGE_M[1]));
    if !(4e-3..=60e-3).contains(&diameter) {
        return Err(AnatomyError::ChestOutOfRange { field: "nodule diameter [m]", value: diameter, min: 4e-3, max: 60e-3 });
    }
    let chance = stream.uniform();
    let sign = spec.bronchus_sign.unwrap_or(chance < BRONCHUS_SIGN);
    let mut share = stream.uniform();
    let drawn = Lobe::ALL.into_iter().zip(LOBE_SHARES).find(|(_, s)| {
        share -= s;
        share < 0.0
    });
    let lobe = spec.lobe.unwrap_or(drawn.map_or(Lobe::RightUpper, |(lobe, _)| lobe));
    let radius_m = 0.5 * diameter;
    let [low, high] = lungs.bounds_m();
    let ends: Vec<usize> = (0..branches.len()).filter(|i| lobes[*i] == Some(lobe) && branches[*i].generation >= 4).collect();
    for _ in 0..TRIES {
        let centre = if sign {
            if ends.is_empty() {
                break;
            }
            let branch = &branches[ends[stream.index(ends.len() as u32) as usize]];
            let jitter = Vector3::new(stream.normal(), stream.normal(), stream.normal()) * (0.3 * radius_m);
            if branch.lumen_m() < SIGN_LUMEN_M {
                continue;
            }
            Vector3::from(branch.points_m[branch.points_m.len() - 1]) + jitter
        } else {
            Vector3::from(std::array::from_fn(|a| stream.uniform_in(low[a], high[a])))
        };
        let depth = lungs.depth_m(centre.into());
        if !(DEPTH_M[0]..=DEPTH_M[1]).contains(&depth) || lungs.lobe(centre.into()) != lobe {
            continue;
        }
        let has = branches.iter().any(|b| b.lumen_m() >= SIGN_LUMEN_M && closest_m(b, centre) < 0.8 * radius_m);
        if has != sign {
            continue;
        }
        return Ok(Nodule { centre_m: centre.into(), radius_m, lobe, bronchus_sign: sign, pleura_m: depth - radius_m });
    }
    Err(AnatomyError::ChestOutOfRange {
        field: "places tried for the nodule",
        value: f64::from(TRIES),
        min: 0.0,
        max: f64::from(TRIES) - 1.0,
    })
}

/// Distance of a point from the points of a centreline [m].
pub(super) fn closest_m(branch: &AirwayBranch, p: Vector3<f64>) -> f64 {
    branch.points_m.iter().map(|q| (Vector3::from(*q) - p).norm_squared()).fold(f64::INFINITY, f64::min).sqrt()
}
