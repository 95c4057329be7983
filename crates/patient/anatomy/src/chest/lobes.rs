//! Lobes: which part of each lung is nearest to which lobe's bronchi.

use std::collections::VecDeque;

use nalgebra::Vector3;
use proband_core::Position;
use proband_volume::Volume;

use super::lungs::{AIRWAY, LEFT_LUNG, RIGHT_LUNG};
use super::structures::LUNG_VESSEL;
use super::tree::AirwayTree;

/// The five lobes and their values in the map of lobes.
pub const LOBES: [(&str, u8); 5] =
    [("right upper lobe", 1), ("right middle lobe", 2), ("right lower lobe", 3), ("left upper lobe", 4), ("left lower lobe", 5)];

/// Branches below this many points of their subtree do not make a lobe. Prior: unverified.
const LOBE_POINTS_MIN: usize = 20;

/// The lobe of each branch by its place: 0 where it serves more than one, else as in [`LOBES`]; nothing when the tree does
/// not divide as usual.
///
/// The right lung is towards −x of the patient. On each side the main bronchus' branch whose subtree lies highest is the
/// upper lobe's; on the right the rest divides into the middle (further forward) and the lower lobe.
#[must_use]
pub fn lobes_of_branches(tree: &AirwayTree) -> Option<Vec<u8>> {
    let children = tree.children();
    let (mut sums, mut counts) = (vec![Vector3::<f64>::zeros(); tree.branches.len()], vec![0_usize; tree.branches.len()]);
    for at in (0..tree.branches.len()).rev() {
        for p in &tree.branches[at].points_m {
            sums[at] += Vector3::from(*p);
        }
        counts[at] += tree.branches[at].points_m.len();
        if let Some(parent) = tree.branches[at].parent {
            let (sum, count) = (sums[at], counts[at]);
            sums[parent] += sum;
            counts[parent] += count;
        }
    }
    let middle = |branch: usize| sums[branch] / counts[branch] as f64;
    // A branch that goes on: where nothing but short twigs leave, the next branching counts.
    let divides = |mut branch: usize| loop {
        let large: Vec<usize> = children[branch].iter().copied().filter(|c| counts[*c] >= LOBE_POINTS_MIN).collect();
        match large[..] {
            [] => return Vec::new(),
            [only] => branch = only,
            _ => return large,
        }
    };
    let mains = divides(0);
    let [a, b] = mains[..] else { return None };
    let (right, left) = if middle(a).x < middle(b).x { (a, b) } else { (b, a) };
    let mut own = vec![0_u8; tree.branches.len()];
    let highest = |all: &[usize]| all.iter().copied().reduce(|a, b| if middle(b).z > middle(a).z { b } else { a });
    let parts = divides(left);
    let upper = highest(&parts)?;
    parts.iter().for_each(|p| own[*p] = if *p == upper { 4 } else { 5 });
    let mut parts = divides(right);
    let upper = highest(&parts)?;
    own[upper] = 1;
    parts.retain(|p| *p != upper);
    if let [intermediate] = parts[..] {
        parts = divides(intermediate);
    }
    let front = parts.iter().copied().reduce(|a, b| if middle(b).y < middle(a).y { b } else { a })?;
    parts.iter().for_each(|p| own[*p] = if *p == front && parts.len() > 1 { 2 } else { 3 });
    for at in 0..own.len() {
        if let Some(parent) = tree.branches[at].parent.filter(|_| own[at] == 0) {
            own[at] = own[parent];
        }
    }
    Some(own)
}

/// Share the lungs of a label map out to the lobes: each voxel to the lobe whose bronchi are nearest by steps from voxel to
/// voxel within its lung. 0 outside. Fissures are not looked at: near them the border may be centimetres off.
#[must_use]
pub fn lobe_map(labels: &Volume<u8>, tree: &AirwayTree) -> Option<Volume<u8>> {
    let own = lobes_of_branches(tree)?;
    let grid = *labels.grid();
    let [nx, ny, nz] = grid.size().map(|n| n as usize);
    let mut lobes = labels.map(|_| 0_u8);
    let mut open: VecDeque<u32> = VecDeque::new();
    for (branch, lobe) in tree.branches.iter().zip(&own).filter(|(_, l)| **l > 0) {
        for p in &branch.points_m {
            let index = grid.index(&Position::new(p[0], p[1], p[2])).map(|v| v.round() as i64);
            if let Some(at) = grid.offset(index).filter(|at| lobes.data()[*at] == 0) {
                lobes.data_mut()[at] = *lobe;
                open.push_back(at as u32);
            }
        }
    }
    let side = |lobe: u8| if lobe <= 3 { RIGHT_LUNG } else { LEFT_LUNG };
    while let Some(at) = open.pop_front() {
        let at = at as usize;
        let lobe = lobes.data()[at];
        let (x, y, z) = (at % nx, at / nx % ny, at / (nx * ny));
        let next = [
            (x > 0).then(|| at - 1),
            (x + 1 < nx).then_some(at + 1),
            (y > 0).then(|| at - nx),
            (y + 1 < ny).then_some(at + nx),
            (z > 0).then(|| at - nx * ny),
            (z + 1 < nz).then_some(at + nx * ny),
        ];
        for to in next.into_iter().flatten() {
            let label = labels.data()[to];
            if lobes.data()[to] == 0 && (label == side(lobe) || label == AIRWAY || label == LUNG_VESSEL) {
                lobes.data_mut()[to] = lobe;
                open.push_back(to as u32);
            }
        }
    }
    // Only lung and what is in it belongs to a lobe, not the bronchi outside of the lungs.
    lobes.data_mut().iter_mut().zip(labels.data()).filter(|(_, l)| **l == AIRWAY).for_each(|(lobe, _)| *lobe = 0);
    Some(lobes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ChestPhantomSpec, chest_phantom};

    /// Give every branch beyond the lobar ones a lobe of its side, and each lobe some branches.
    #[test]
    fn branches_get_their_lobe() {
        let spec = ChestPhantomSpec { size: [40, 40, 30], generations: 7, ..ChestPhantomSpec::reference() };
        let mut turn = 0.0;
        let mut noise = || {
            turn += 1.0;
            0.6 * proband_core::ops::sin(7.0 * turn)
        };
        let tree = AirwayTree::from_phantom(&chest_phantom(&spec, &mut noise).unwrap().branches).unwrap();
        let own = lobes_of_branches(&tree).unwrap();
        for (_, lobe) in LOBES {
            assert!(own.iter().filter(|o| **o == lobe).count() > 10, "{lobe}");
        }
        for (at, lobe) in own.iter().enumerate().filter(|(_, l)| **l > 0) {
            let main = tree.path_to(at)[1];
            let right = tree.branches[main].direction_at_start()[0] < 0.0;
            assert_eq!(right, *lobe <= 3);
        }
    }
}
