//! Distance between cross-sections of tubes.

use nalgebra::Vector3;
use proband_core::ops;

use crate::VesselNode;

/// Gaps larger than this need no exact value: walls are thinner [m].
const EXACT_BELOW_M: f64 = 0.003;

/// Half extent of a cross-section in a unit direction [m].
pub(crate) fn extent(node: &VesselNode, direction: &Vector3<f64>) -> f64 {
    ops::hypot(node.semi_h_m * node.lateral().0.dot(direction), node.semi_v_m * node.inward.0.dot(direction))
}

/// Steps towards the nearest points of two cross-sections.
const STEP_COUNT_MAX: u32 = 24;
/// Exactness of the bound [m].
const RESOLUTION_M: f64 = 1e-5;

/// Lower bound of the gap between two cross-sections, negative when they overlap [m].
///
/// Two convex bodies are at least d·u − h_A(u) − h_B(u) apart for any unit direction u, with h their half extents.
/// The directions tried are the axes, then those of Frank–Wolfe steps towards the point of the Minkowski difference
/// that is nearest to zero; they stop when the bound is as close to the distance as [`RESOLUTION_M`].
pub(crate) fn gap(a: &VesselNode, b: &VesselNode) -> f64 {
    let d = b.p.0 - a.p.0;
    let distance = d.norm();
    let most = a.semi_h_m.max(a.semi_v_m) + b.semi_h_m.max(b.semi_v_m);
    if distance > most + EXACT_BELOW_M || distance == 0.0 {
        return distance - most;
    }
    let nearest = |u: &Vector3<f64>| d - support(a, u) - support(b, u);
    // The axes of both are good guesses for flat sections, for which the steps are slow.
    let mut best = f64::MIN;
    let mut x = d;
    for u in [d / distance, a.inward.0, b.inward.0, a.lateral().0, b.lateral().0] {
        let u = if u.dot(&d) < 0.0 { -u } else { u };
        let point = nearest(&u);
        if u.dot(&point) > best {
            best = u.dot(&point);
            x = point;
        }
    }
    for _ in 0..STEP_COUNT_MAX {
        let norm = x.norm();
        if norm < RESOLUTION_M || best > norm - RESOLUTION_M {
            break;
        }
        let u = x / norm;
        let point = nearest(&u);
        best = best.max(u.dot(&point));
        let back = x - point;
        if back.norm_squared() == 0.0 {
            break;
        }
        x -= back * (x.dot(&back) / back.norm_squared()).clamp(0.0, 1.0);
    }
    best
}

/// The point of a cross-section furthest in a unit direction, from its centre [m].
fn support(node: &VesselNode, u: &Vector3<f64>) -> Vector3<f64> {
    let (lateral, inward) = (node.lateral().0, node.inward.0);
    let (h, v) = (node.semi_h_m * lateral.dot(u), node.semi_v_m * inward.dot(u));
    let extent = ops::hypot(h, v);
    if extent > 0.0 { (lateral * (node.semi_h_m * h) + inward * (node.semi_v_m * v)) / extent } else { Vector3::zeros() }
}

#[cfg(test)]
mod tests {
    use proband_core::{Direction, Position};

    use super::*;

    fn disc(x: f64, y: f64, semi_h_m: f64, semi_v_m: f64) -> VesselNode {
        let (tangent, inward) = (Direction::new(0.0, 0.0, 1.0), Direction::new(0.0, 1.0, 0.0));
        VesselNode { p: Position::new(x, y, 0.0), arc_m: 0.0, semi_h_m, semi_v_m, tangent, inward }
    }

    /// Agree with a search over all directions for flat ellipses at odd angles.
    #[test]
    fn gap_agrees_with_a_search() {
        for (x, y) in [(0.004, 0.003), (0.0055, 0.0004), (0.001, 0.0035), (0.0068, 0.001), (0.001, 0.001)] {
            let (a, b) = (disc(0.0, 0.0, 0.004, 0.001), disc(x, y, 0.003, 0.0015));
            let d = b.p.0 - a.p.0;
            let best = (0..20_000)
                .map(|i| {
                    let (sin, cos) = ops::sin_cos(f64::from(i) * std::f64::consts::TAU / 2e4);
                    let u = Vector3::new(cos, sin, 0.0);
                    d.dot(&u) - extent(&a, &u) - extent(&b, &u)
                })
                .fold(f64::MIN, f64::max);
            let found = gap(&a, &b);
            assert!(found <= best + 1e-9, "not a lower bound: {found} against {best}");
            assert!(best < 0.0 && found < 0.0 || found > best - 5e-5, "({x}, {y}): {found} against {best}");
        }
    }
}
