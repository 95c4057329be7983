//! Where three materials meet: a lattice point moves to the interface, so that at most two remain to be cut.

use super::cut::{Sampled, relative_length};
use super::fill::{LatticeTet, around};
use super::grid::{DIRECTION_COUNT, ON_INTERFACE};
use crate::quality::dihedral_cosines;
use crate::vector::{V3, det, mix};

/// A move may not make a dihedral angle of an uncut lattice tetrahedron smaller than this: cosine of 20°.
const COSINE_MAX: f64 = 0.939_692_620_785_908_4;
/// Fractions of the way to a cut point that are tried.
const FRACTIONS: [f64; 4] = [1.0, 0.75, 0.5, 0.25];

/// Leave at most two materials in every tetrahedron. Returns how many points were declared interface and how many of them did not move.
///
/// Tetrahedra are taken in lattice order, one after the other.
pub(crate) fn resolve(sampled: &mut Sampled) -> (u64, u64) {
    let (mut count, mut unmoved) = (0, 0);
    let [nx, ny, nz] = sampled.lattice.cells;
    for z in 0..nz {
        for y in 0..ny {
            for x in 0..nx {
                for axis in 0..3 {
                    for k in 0..4 {
                        // Two rounds at most: four materials become three, then two.
                        while let Some(tet) = around(sampled, [x, y, z], axis).map(|tets| tets[k]).filter(|t| t.corners.materials().0 > 2) {
                            count += 1;
                            unmoved += u64::from(!move_one(sampled, &tet));
                        }
                    }
                }
            }
        }
    }
    (count, unmoved)
}

/// Move the corner that needs to move least; false when it had to stay where it is.
fn move_one(sampled: &mut Sampled, tet: &LatticeTet) -> bool {
    let mut best: Option<(f64, u32, V3)> = None;
    let mut nearest = (f64::INFINITY, tet.nodes[0]);
    for (i, &node) in tet.nodes.iter().enumerate() {
        if tet.corners.labels[i] == ON_INTERFACE {
            continue;
        }
        let place = sampled.lattice.place(node);
        let from = sampled.lattice.position_m(place);
        for direction in 0..DIRECTION_COUNT {
            let Some(other) = sampled.lattice.neighbour(place, direction) else { continue };
            let other_node = sampled.lattice.node(other);
            if !tet.nodes.contains(&other_node) || sampled.labels[other_node as usize] == ON_INTERFACE {
                continue;
            }
            let Some(t) = sampled.cut_from(place, direction) else { continue };
            let far = t * relative_length(direction);
            if far < nearest.0 {
                nearest = (far, node);
            }
            for fraction in FRACTIONS {
                // What is not moved the whole way leaves an error of the rest.
                let cost = far + 4.0 * far * (1.0 - fraction);
                if best.is_some_and(|b| b.0 <= cost) {
                    continue;
                }
                let to = mix(from, sampled.lattice.position_m(other), t * fraction);
                if is_good(sampled, node, to) {
                    best = Some((cost, node, to));
                }
            }
        }
    }
    if let Some((_, node, to)) = best {
        sampled.snap(node, to);
        true
    } else {
        let node = nearest.1;
        let here = sampled.position_m(node);
        sampled.snap(node, here);
        false
    }
}

/// Whether the lattice tetrahedra around a point stay well shaped when it moves.
fn is_good(sampled: &Sampled, node: u32, to: V3) -> bool {
    let place = sampled.lattice.place(node);
    let reach = |i: usize| place.at[i].saturating_sub(2)..(place.at[i] + 2).min(sampled.lattice.cells[i]);
    for z in reach(2) {
        for y in reach(1) {
            for x in reach(0) {
                for axis in 0..3 {
                    for tet in around(sampled, [x, y, z], axis).into_iter().flatten().filter(|t| t.nodes.contains(&node)) {
                        let [a, b, c, d] = tet.nodes.map(|n| if n == node { to } else { sampled.position_m(n) });
                        if det(a, b, c, d) <= 0.0 || dihedral_cosines(&[a, b, c, d]).iter().any(|c| c.abs() > COSINE_MAX) {
                            return false;
                        }
                    }
                }
            }
        }
    }
    true
}
