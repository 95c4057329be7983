//! A nodule from a voxel in it.

use proband_core::ops;
use proband_volume::{Connectivity, Volume, components3, open3};

use crate::AnatomyError;

/// Value below which the seed lies in no nodule, and that of lung around it [HU]; the border lies in the middle between lung
/// and nodule. Prior: unverified.
const SOLID_HU: i16 = -600;
const LUNG_HU: f64 = -850.0;
/// Half side of the box that is searched, and ball that cuts vessels off, at most [m]. Prior: unverified.
const BOX_M: f64 = 25e-3;
const CUT_BALL_M: f64 = 1.5e-3;

/// A nodule.
#[derive(Clone, Debug, PartialEq)]
pub struct Nodule {
    /// Its voxels, in a part of the CT.
    pub mask: Volume<bool>,
    /// Centre of mass [m].
    pub centre_m: [f64; 3],
    /// Volume with partial voxels at the border [m³].
    pub volume_m3: f64,
    /// Diameter of the ball of that volume [m].
    pub diameter_m: f64,
    /// 0 to 1: falls with a ragged outline and with contact to the border of the box (pleura, chest wall).
    pub confidence: f64,
}

/// Find the nodule around a voxel.
///
/// # Errors
/// [`AnatomyError::NoNodule`] when the voxel lies outside or in something as dark as lung; [`AnatomyError::Volume`] otherwise.
pub fn find_nodule(ct: &Volume<i16>, seed: [u32; 3]) -> Result<Nodule, AnatomyError> {
    let hu = ct.get(seed.map(i64::from)).copied().ok_or(AnatomyError::NoNodule { seed, what: "outside of the CT" })?;
    if hu < SOLID_HU {
        return Err(AnatomyError::NoNodule { seed, what: "the voxel is as dark as lung" });
    }
    let spacing = ct.grid().spacing_m();
    let reach: [u32; 3] = std::array::from_fn(|a| (BOX_M / spacing[a]).ceil().min(1e4) as u32);
    let low: [u32; 3] = std::array::from_fn(|a| seed[a].saturating_sub(reach[a]));
    let high: [u32; 3] = std::array::from_fn(|a| (seed[a] + reach[a] + 1).min(ct.size()[a]));
    let part = ct.part(low, std::array::from_fn(|a| high[a] - low[a]))?;
    let own: [i64; 3] = std::array::from_fn(|a| i64::from(seed[a] - low[a]));
    // The nodule's own value: the median around the seed.
    let mut around: Vec<i16> =
        (0..27).filter_map(|c| part.get([own[0] + c % 3 - 1, own[1] + c / 3 % 3 - 1, own[2] + c / 9 - 1]).copied()).collect();
    around.sort_unstable();
    let solid = f64::from(around[around.len() / 2].clamp(SOLID_HU, 300));
    let border = 0.5 * (solid + LUNG_HU);
    let bright = part.map(|v| f64::from(v) > border);
    // Vessels go when the seed survives it.
    let cut = open3(&bright, CUT_BALL_M)?;
    let kept = if cut.get(own) == Some(&true) { cut } else { bright };
    let pieces = components3(&kept, Connectivity::Six);
    let label = pieces.labels.get(own).copied().filter(|l| *l > 0);
    let label = label.ok_or(AnatomyError::NoNodule { seed, what: "the voxel is darker than what is around it" })?;
    let mask = pieces.labels.map(|l| l == label);
    Ok(measured(&part, mask, solid))
}

fn measured(part: &Volume<i16>, mask: Volume<bool>, solid: f64) -> Nodule {
    let grid = *part.grid();
    let (mut centre, mut weights, mut touches, mut count) = (nalgebra::Vector3::zeros(), 0.0, 0_u64, 0_u64);
    let mut faces = 0.0;
    let spacing = grid.spacing_m();
    let areas = [spacing[1] * spacing[2], spacing[0] * spacing[2], spacing[0] * spacing[1]];
    for (at, _) in mask.data().iter().enumerate().filter(|(_, m)| **m) {
        let cell = grid.cell(at);
        count += 1;
        touches += u64::from((0..3).any(|a| cell[a] == 0 || cell[a] + 1 == grid.size()[a]));
        centre += grid.position(cell.map(f64::from)).0.coords;
        for axis in 0..3 {
            for step in [-1_i64, 1] {
                let mut to = cell.map(i64::from);
                to[axis] += step;
                if mask.get(to) != Some(&true) {
                    faces += areas[axis];
                    // The voxel beyond the border, as far as it is nodule.
                    let share = part.get(to).map_or(0.0, |v| ((f64::from(*v) - LUNG_HU) / (solid - LUNG_HU)).clamp(0.0, 0.5));
                    let lost = 1.0 - ((f64::from(part.data()[at]) - LUNG_HU) / (solid - LUNG_HU)).clamp(0.5, 1.0);
                    weights += (share - lost) / 3.0;
                }
            }
        }
    }
    let volume_m3 = (count as f64 + weights).max(1.0) * grid.voxel_m3();
    let diameter_m = ops::cbrt(6.0 * volume_m3 / std::f64::consts::PI);
    // Faces of voxels overstate a ball's area by half.
    let ball = std::f64::consts::PI * diameter_m * diameter_m;
    let round = (1.5 * ball / faces).clamp(0.0, 1.0);
    let confidence = round * if touches > 0 { 0.3 } else { 1.0 };
    Nodule { mask, centre_m: (centre / count as f64).into(), volume_m3, diameter_m, confidence }
}

#[cfg(test)]
mod tests {
    use proband_core::{Patient, Position, Stream};
    use proband_volume::Grid;

    use super::*;

    fn chest(radius_m: f64, noise: f64) -> Volume<i16> {
        let grid = Grid::<Patient>::aligned([90, 90, 70], [0.7e-3, 0.7e-3, 1e-3], Position::new(0.0, 0.0, 0.0)).unwrap();
        let mut stream = Stream::new(5, 0, "anatomy.nodule.test");
        let centre = Position::new(0.0315, 0.0308, 0.0352);
        Volume::from_fn(grid, |at| {
            let gap = grid.position(at.map(f64::from)).distance(&centre) - radius_m;
            // A border one voxel wide, and a vessel of 2 mm that runs into the nodule.
            let inside = (0.5 - gap / 0.8e-3).clamp(0.0, 1.0);
            let p = grid.position(at.map(f64::from)).0;
            let vessel = ((p.y - 0.0308).abs() < 0.8e-3 && (p.z - 0.0352).abs() < 0.9e-3) as u32;
            let value = (-860.0 + 900.0 * inside).max(if vessel > 0 { 20.0 } else { -1000.0 });
            (value + noise * stream.normal()) as i16
        })
    }

    /// Measure balls with a vessel through them, with noise.
    #[test]
    fn balls_are_measured() {
        for radius in [4e-3, 8e-3, 12e-3] {
            let found = find_nodule(&chest(radius, 25.0), [45, 44, 35]).unwrap();
            assert!((found.diameter_m / (2.0 * radius) - 1.0).abs() < 0.06, "{} {radius}", found.diameter_m);
            assert!((found.centre_m[0] - 0.0315).abs() < 0.8e-3 && found.confidence > 0.6, "{found:?}");
        }
    }

    /// Refuse a voxel in lung and one outside.
    #[test]
    fn no_nodule_is_said() {
        let ct = chest(4e-3, 0.0);
        assert!(matches!(find_nodule(&ct, [5, 5, 5]), Err(AnatomyError::NoNodule { .. })));
        assert!(matches!(find_nodule(&ct, [500, 5, 5]), Err(AnatomyError::NoNodule { .. })));
    }
}
