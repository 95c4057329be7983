//! Warping: a lattice point that is too near to a cut point moves there.

use super::cut::{Sampled, relative_length};
use super::grid::bit_direction;

/// Fraction of a long edge within which a cut point pulls its end.
///
/// # Source
/// Labelle & Shewchuk 2007, the pair of thresholds with dihedral angles in [10.7°, 164.8°].
pub(crate) const ALPHA_LONG: f64 = 0.24999;
/// Fraction of a short edge within which a cut point pulls its end (same source).
pub(crate) const ALPHA_SHORT: f64 = 0.41189;

/// Move every point that has a cut point within the threshold to the nearest such one.
///
/// All points decide at once, from the cut points as they were found: no order, so no dependence on threads.
pub(crate) fn snap_all(sampled: &mut Sampled) {
    let mut nearest = vec![(f64::INFINITY, u32::MAX); 0];
    nearest.resize(sampled.labels.len(), (f64::INFINITY, u32::MAX));
    for (cut, &(owner, bit)) in sampled.owners.iter().enumerate() {
        let direction = bit_direction(bit);
        let alpha = if bit < 3 { ALPHA_LONG } else { ALPHA_SHORT };
        let length = relative_length(direction);
        let t = sampled.cuts[cut];
        let (node, t) = if t < 0.5 { (owner, t) } else { (sampled.other_end(owner, bit), 1.0 - t) };
        let best = &mut nearest[node as usize];
        if t < alpha && t * length < best.0 {
            *best = (t * length, cut as u32);
        }
    }
    for (node, (_, cut)) in nearest.into_iter().enumerate() {
        if cut != u32::MAX {
            let to = sampled.cut_position_m(cut);
            sampled.snap(node as u32, to);
        }
    }
}
