//! The closest point of one triangle, and which part of it that is.

use crate::vector::{V3, along, dot, mix, sub};

/// Part of a triangle: its inside, the edge k → k + 1, or corner k.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Feature {
    Face,
    Edge(u8),
    Vertex(u8),
}

/// Closest point by the regions of Ericson 2005, Real-Time Collision Detection, section 5.1.5.
pub(crate) fn closest_on_triangle(p: V3, [a, b, c]: &[V3; 3]) -> (V3, Feature) {
    let (ab, ac, ap) = (sub(*b, *a), sub(*c, *a), sub(p, *a));
    let (d1, d2) = (dot(ab, ap), dot(ac, ap));
    if d1 <= 0.0 && d2 <= 0.0 {
        return (*a, Feature::Vertex(0));
    }
    let bp = sub(p, *b);
    let (d3, d4) = (dot(ab, bp), dot(ac, bp));
    if d3 >= 0.0 && d4 <= d3 {
        return (*b, Feature::Vertex(1));
    }
    let vc = d1 * d4 - d3 * d2;
    if vc <= 0.0 && d1 >= 0.0 && d3 <= 0.0 && d1 > d3 {
        return (along(*a, ab, d1 / (d1 - d3)), Feature::Edge(0));
    }
    let cp = sub(p, *c);
    let (d5, d6) = (dot(ab, cp), dot(ac, cp));
    if d6 >= 0.0 && d5 <= d6 {
        return (*c, Feature::Vertex(2));
    }
    let vb = d5 * d2 - d1 * d6;
    if vb <= 0.0 && d2 >= 0.0 && d6 <= 0.0 && d2 > d6 {
        return (along(*a, ac, d2 / (d2 - d6)), Feature::Edge(2));
    }
    let va = d3 * d6 - d5 * d4;
    if va <= 0.0 && d4 >= d3 && d5 >= d6 && (d4 - d3) + (d5 - d6) > 0.0 {
        return (mix(*b, *c, (d4 - d3) / ((d4 - d3) + (d5 - d6))), Feature::Edge(1));
    }
    let total = va + vb + vc;
    if total > 0.0 { (along(along(*a, ab, vb / total), ac, vc / total), Feature::Face) } else { (*a, Feature::Vertex(0)) }
}
