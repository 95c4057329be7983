//! How good an airway segmentation is, against a tree whose truth is known.

use proband_volume::{Connectivity, Volume, components3};

use crate::AnatomyError;
use crate::chest::PhantomBranch;

/// Distance between the samples of the reference's centrelines, at most [m].
const SAMPLE_M: f64 = 0.5e-3;
/// Share of a branch's samples that must be found (rule of the ATM'22 challenge; prior: unverified).
const BRANCH_SHARE: f64 = 0.8;

/// A segmentation against its truth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AirwayScore {
    /// Detected length over the length of the reference's centrelines inside grid and truth [1].
    pub tree_length: f64,
    /// Share of branches of which 80 % of the samples are detected [1].
    pub branches: f64,
    /// Share of the result's voxels that are airway [1].
    pub precision: f64,
    /// Twice the common voxels over the sum of both [1].
    pub dice: f64,
    /// Voxels of the result outside of the truth widened twice by its 6 neighbours.
    pub leak_voxels: u64,
    /// Voxels of the result.
    pub voxels: u64,
}

/// Score a segmentation (values above 0 are airway). Samples count when the nearest voxel lies in the largest
/// 26-connected piece of the result.
///
/// # Errors
/// [`AnatomyError`] when the two volumes differ in size.
pub fn score_airway(result: &Volume<u8>, truth: &Volume<u8>, branches: &[PhantomBranch]) -> Result<AirwayScore, AnatomyError> {
    if result.size() != truth.size() {
        return Err(proband_volume::VolumeError::BadGrid { size: result.size(), what: "result and truth differ in size" }.into());
    }
    let pieces = components3(&result.map(|v| v > 0), Connectivity::TwentySix);
    let largest = pieces.largest().unwrap_or(u32::MAX);
    let (mut whole, mut found, mut hit) = (0.0, 0.0, 0_u64);
    for branch in branches {
        let count = (branch.length_m() / SAMPLE_M).ceil().max(1.0) as u32;
        let weight = branch.length_m() / f64::from(count);
        let (mut inside, mut seen) = (0_u32, 0_u32);
        for sample in 0..count {
            let t = (f64::from(sample) + 0.5) / f64::from(count);
            let at = branch.from + (branch.to - branch.from) * t;
            let index = truth.grid().index(&at).map(|i| i.round() as i64);
            let Some(offset) = truth.grid().offset(index) else { continue };
            let detected = pieces.labels.data()[offset] == largest;
            if truth.data()[offset] > 0 {
                inside += 1;
                found += if detected { weight } else { 0.0 };
            }
            seen += u32::from(detected);
        }
        whole += weight * f64::from(inside);
        hit += u64::from(f64::from(seen) >= BRANCH_SHARE * f64::from(count));
    }
    let wide = widened(truth);
    let (mut voxels, mut both, mut there, mut leak_voxels) = (0_u64, 0_u64, 0_u64, 0_u64);
    for ((r, t), w) in result.data().iter().zip(truth.data()).zip(&wide) {
        voxels += u64::from(*r > 0);
        both += u64::from(*r > 0 && *t > 0);
        there += u64::from(*t > 0);
        leak_voxels += u64::from(*r > 0 && !w);
    }
    Ok(AirwayScore {
        tree_length: found / whole,
        branches: hit as f64 / branches.len() as f64,
        precision: both as f64 / voxels as f64,
        dice: 2.0 * both as f64 / (voxels + there) as f64,
        leak_voxels,
        voxels,
    })
}

/// The truth and all voxels at most two steps along axes away.
fn widened(truth: &Volume<u8>) -> Vec<bool> {
    let size = truth.size().map(i64::from);
    let mut wide = vec![false; truth.data().len()];
    for (offset, _) in truth.data().iter().enumerate().filter(|(_, t)| **t > 0) {
        let at = truth.grid().cell(offset).map(i64::from);
        for dz in -2..=2_i64 {
            for dy in -2 + dz.abs()..=2 - dz.abs() {
                for dx in -2 + dz.abs() + dy.abs()..=2 - dz.abs() - dy.abs() {
                    let to = [at[0] + dx, at[1] + dy, at[2] + dz];
                    if (0..3).all(|a| (0..size[a]).contains(&to[a])) {
                        wide[(to[0] + size[0] * (to[1] + size[1] * to[2])) as usize] = true;
                    }
                }
            }
        }
    }
    wide
}
