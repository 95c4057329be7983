//! Distance between cross-sections of tubes.

use nalgebra::Vector3;
use proband_core::ops;

use crate::VesselNode;

/// Half extent of a cross-section in a unit direction [m].
pub(crate) fn extent(node: &VesselNode, direction: &Vector3<f64>) -> f64 {
    ops::hypot(node.semi_h_m * node.lateral().0.dot(direction), node.semi_v_m * node.inward.0.dot(direction))
}

/// Lower bound of the gap between the surfaces of two cross-sections, negative when none of the tried planes parts
/// them [m].
///
/// Two convex bodies are at least d·u − h_A(u) − h_B(u) apart for any unit direction u, with h their half extents:
/// the best of the line of centres, the axes of the first one and the diagonals between them.
pub(crate) fn gap(a: &VesselNode, b: &VesselNode) -> f64 {
    let d = b.p.0 - a.p.0;
    let distance = d.norm();
    let most = a.semi_h_m.max(a.semi_v_m) + b.semi_h_m.max(b.semi_v_m);
    if distance > most || distance == 0.0 {
        return distance - most;
    }
    let (lateral, inward) = (a.lateral().0, a.inward.0);
    let diagonal = std::f64::consts::FRAC_1_SQRT_2;
    let tried = [d / distance, lateral, inward, (lateral + inward) * diagonal, (lateral - inward) * diagonal];
    tried.iter().map(|u| d.dot(u).abs() - extent(a, u) - extent(b, u)).fold(f64::MIN, f64::max)
}
