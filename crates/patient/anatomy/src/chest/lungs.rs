//! Lungs: large dark pieces inside the body.

use proband_core::Warnings;
use proband_volume::{Connectivity, Volume, components3};

/// Value of the right lung, the left lung and the airways in a label map of the chest.
pub const RIGHT_LUNG: u8 = 1;
/// See [`RIGHT_LUNG`].
pub const LEFT_LUNG: u8 = 2;
/// See [`RIGHT_LUNG`].
pub const AIRWAY: u8 = 3;

/// CT value below which tissue is lung or air [HU]; share of the largest piece that a second lung has at least.
/// Prior: unverified, usual values.
const LUNG_HU: i16 = -500;
const SECOND_SHARE: f64 = 0.1;

/// Label map of right lung, left lung and airways.
///
/// Lungs are the one or two largest pieces below −500 HU that do not touch the sides of the volume and are not
/// airway. A piece that reaches far to both sides of the trachea is split in the trachea's sagittal plane, and that is noted.
#[must_use]
pub fn label_chest(ct: &Volume<i16>, airway: &Volume<u8>, seed: [u32; 3], warnings: &Warnings) -> Volume<u8> {
    let [nx, ny, _] = ct.size().map(|n| n as usize);
    let mut dark = ct.map(|v| v < LUNG_HU);
    dark.data_mut().iter_mut().zip(airway.data()).for_each(|(d, a)| *d &= *a == 0);
    let pieces = components3(&dark, Connectivity::Six);
    drop(dark);
    let count = pieces.voxel_counts.len();
    let (mut outside, mut sum_x) = (vec![false; count + 1], vec![0_u64; count + 1]);
    outside[0] = true;
    for (at, label) in pieces.labels.data().iter().enumerate() {
        let (x, y) = (at % nx, at / nx % ny);
        outside[*label as usize] |= x == 0 || y == 0 || x + 1 == nx || y + 1 == ny;
        sum_x[*label as usize] += x as u64;
    }
    let mut inside: Vec<usize> = (1..=count).filter(|p| !outside[*p]).collect();
    inside.sort_by_key(|p| std::cmp::Reverse(pieces.voxel_counts[p - 1]));
    inside.truncate(2);
    if let [first, second] = inside[..]
        && (pieces.voxel_counts[second - 1] as f64) < SECOND_SHARE * pieces.voxel_counts[first - 1] as f64
    {
        inside.truncate(1);
    }
    // Left is towards +x of the patient.
    let left_is_high = ct.grid().step(0).0.x > 0.0;
    let side = |x: f64| if (x > f64::from(seed[0])) == left_is_high { LEFT_LUNG } else { RIGHT_LUNG };
    let mut labels = ct.map(|_| 0_u8);
    if inside.len() == 1 {
        warnings.note("lungs", "found as one piece; split in the sagittal plane of the trachea");
    }
    let split = inside.len() == 1;
    for ((at, label), out) in pieces.labels.data().iter().enumerate().zip(labels.data_mut()) {
        if inside.contains(&(*label as usize)) {
            let piece = *label as usize;
            *out = side(if split { (at % nx) as f64 } else { sum_x[piece] as f64 / pieces.voxel_counts[piece - 1] as f64 });
        }
    }
    labels.data_mut().iter_mut().zip(airway.data()).filter(|(_, a)| **a > 0).for_each(|(l, _)| *l = AIRWAY);
    labels
}
