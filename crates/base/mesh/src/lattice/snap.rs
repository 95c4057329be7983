//! Warping: a lattice point that is too near to a cut point moves there.

use super::cut::{Sampled, relative_length};
use super::grid::{DIRECTION_COUNT, ON_INTERFACE, SHORT};
use crate::vector::{V3, mix};

/// Fraction of a long edge within which a cut point pulls its end.
///
/// # Source
/// Labelle & Shewchuk 2007, the pair of thresholds with dihedral angles in [10.7°, 164.8°].
pub(crate) const ALPHA_LONG: f64 = 0.24999;
/// Fraction of a short edge within which a cut point pulls its end (same source).
pub(crate) const ALPHA_SHORT: f64 = 0.41189;

/// How far the warping of a point has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// No cut point is too near.
    Quiet,
    /// Not looked at yet.
    Waiting,
    /// Waits for the point that it would move towards.
    Started,
    Done,
}

/// Move points to the nearest cut point that is too near, until none is too near.
///
/// A moved point takes away the cut points of its edges. The paper leaves the order open. Here the point that
/// another would move towards goes first, so that two ends of an edge move only where points want to move in a
/// ring; with any order angles down to 9.6° were seen. One point after the other, so threads do not matter.
pub(crate) fn snap_all(sampled: &mut Sampled) {
    let mut progress = vec![Progress::Quiet; sampled.labels.len()];
    let mut waiting = Vec::new();
    for (cut, &(owner, bit)) in sampled.owners.iter().enumerate() {
        let alpha = if bit < 3 { ALPHA_LONG } else { ALPHA_SHORT };
        let t = sampled.cuts[cut];
        let (node, t) = if t < 0.5 { (owner, t) } else { (sampled.other_end(owner, bit), 1.0 - t) };
        if t < alpha && progress[node as usize] == Progress::Quiet {
            progress[node as usize] = Progress::Waiting;
            waiting.push(node);
        }
    }
    waiting.sort_unstable();
    let mut stack = Vec::new();
    for first in waiting {
        stack.push(first);
        while let Some(&node) = stack.last() {
            if progress[node as usize] == Progress::Done {
                stack.pop();
                continue;
            }
            progress[node as usize] = Progress::Started;
            match nearest(sampled, node) {
                Some((towards, _)) if progress[towards as usize] == Progress::Waiting => stack.push(towards),
                found => {
                    if let Some((_, to_m)) = found {
                        sampled.snap(node, to_m);
                    }
                    progress[node as usize] = Progress::Done;
                    stack.pop();
                }
            }
        }
    }
}

/// The nearest cut point within the threshold on edges to points that did not move: the edge's other end, and where it is [m].
fn nearest(sampled: &Sampled, node: u32) -> Option<(u32, V3)> {
    let place = sampled.lattice.place(node);
    let mut best: Option<(f64, u32, V3)> = None;
    for direction in 0..DIRECTION_COUNT {
        let Some(t) = sampled.cut_from(place, direction) else { continue };
        let alpha = if direction < SHORT { ALPHA_LONG } else { ALPHA_SHORT };
        let far = t * relative_length(direction);
        if t >= alpha || best.is_some_and(|b| b.0 <= far) {
            continue;
        }
        let Some(other) = sampled.lattice.neighbour(place, direction) else { continue };
        let towards = sampled.lattice.node(other);
        if sampled.labels[towards as usize] != ON_INTERFACE {
            best = Some((far, towards, mix(sampled.lattice.position_m(place), sampled.lattice.position_m(other), t)));
        }
    }
    best.map(|(_, towards, to)| (towards, to))
}
