//! Surfaces that nodes of another body may touch: triangles, closest points, broad phase.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::TissueError;
use crate::error::check;
use crate::fem::mat3::{cross, dot3};

/// How far beside a triangle a point may lie and still count as over it, against the triangle's size [1]: rims and concave edges.
const BESIDE: f64 = 0.05;
/// How deep a node may begin inside another body [m]: rounding, no more.
const INSIDE_MAX_M: f64 = 1e-9;

/// Nodes of one body and faces of another that they may touch.
///
/// Only these nodes are kept out, so let them be those of the finer mesh. Pressure is passed on exactly where nodes face nodes,
/// else in the mean; both bodies may be given either way round in two pairs where both surfaces must be kept out (each then carries a share).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SurfacePair {
    /// Nodes that must not go in, ascending.
    pub nodes: Vec<u32>,
    /// Faces of the other body, counter-clockwise seen from outside; a triangle repeats its last node.
    pub faces: Vec<[u32; 4]>,
    /// Coefficient of Coulomb friction [1].
    pub friction: f64,
}

/// What a node that touches another body remembers from step to step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BodyTouch {
    /// Pair of surfaces.
    pub pair: u32,
    /// Node.
    pub node: u32,
    /// Normal force on the node [N], not negative.
    pub normal_n: f64,
    /// Direction of that force [1].
    pub normal: [f64; 3],
    /// Force of friction on the node [N].
    pub friction_n: [f64; 3],
    /// Triangle that the node holds on to: a face's first or second half, 2 face + half.
    pub triangle: u32,
    /// Weights of its corners [1].
    pub weights: [f64; 3],
    /// The node slid in the last step.
    pub slides: bool,
}

/// A checked pair.
#[derive(Clone, Debug)]
pub(crate) struct Surface {
    pub(crate) nodes: Vec<u32>,
    /// Corners; `None` for the second half of a triangle.
    pub(crate) triangles: Vec<Option<[u32; 3]>>,
    pub(crate) friction: f64,
    /// A node deeper than this is on another side [m]: the least edge.
    pub(crate) reach_m: f64,
    edge_max_m: f64,
}

/// The point of a surface under a node.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Foot {
    pub(crate) triangle: u32,
    pub(crate) weights: [f64; 3],
    pub(crate) normal: [f64; 3],
    pub(crate) gap_m: f64,
}

impl Surface {
    pub(crate) fn new(pair: &SurfacePair, nodes_m: &[[f64; 3]]) -> Result<Self, TissueError> {
        check("surface_pairs.friction", pair.friction, 0.0, 10.0, "1")?;
        check("surface_pairs.nodes", pair.nodes.len() as f64, 1.0, 1e6, "nodes")?;
        check("surface_pairs.faces", pair.faces.len() as f64, 1.0, 1e6, "faces")?;
        let known = |field: &'static str, node: u32| -> Result<[f64; 3], TissueError> {
            let what = || format!("node {node} does not exist: there are {}", nodes_m.len());
            nodes_m.get(node as usize).copied().ok_or_else(|| TissueError::Contradiction { field, what: what() })
        };
        for (k, &node) in pair.nodes.iter().enumerate() {
            known("surface_pairs.nodes", node)?;
            if k > 0 && pair.nodes[k - 1] >= node {
                let what = format!("node {node} comes after node {}: give them ascending, each once", pair.nodes[k - 1]);
                return Err(TissueError::Contradiction { field: "surface_pairs.nodes", what });
            }
        }
        let (mut triangles, mut reach_m, mut edge_max_m) = (Vec::new(), f64::INFINITY, 0.0_f64);
        for face in &pair.faces {
            let [a, b, c, d] = *face;
            for corners in [Some([a, b, c]), (d != c).then_some([a, c, d])] {
                if let Some(corners) = corners {
                    let mut x = [[0.0; 3]; 3];
                    for (x, node) in x.iter_mut().zip(corners) {
                        *x = known("surface_pairs.faces", node)?;
                    }
                    if let Some(node) = corners.iter().find(|n| pair.nodes.binary_search(n).is_ok()) {
                        let what = format!("node {node} of face {face:?} is also among the nodes that it keeps out");
                        return Err(TissueError::Contradiction { field: "surface_pairs.faces", what });
                    }
                    for k in 0..3 {
                        let edge = minus(x[k], x[(k + 1) % 3]);
                        let length = dot3(edge, edge).sqrt();
                        if !(length > 0.0) {
                            let what = format!("face {face:?} has an edge without length");
                            return Err(TissueError::Contradiction { field: "surface_pairs.faces", what });
                        }
                        reach_m = reach_m.min(length);
                        edge_max_m = edge_max_m.max(length);
                    }
                }
                triangles.push(corners);
            }
        }
        let this = Self { nodes: pair.nodes.clone(), triangles, friction: pair.friction, reach_m, edge_max_m };
        let place = |n: u32| nodes_m[n as usize];
        for (node, near) in this.nodes.iter().zip(this.near(&place, 0.0)) {
            if let Some(foot) = this.foot(place(*node), &near, None, &place)
                && foot.gap_m < -INSIDE_MAX_M
            {
                let what = format!("node {node} begins {:.3e} m inside the other body", -foot.gap_m);
                return Err(TissueError::Contradiction { field: "surface_pairs", what });
            }
        }
        Ok(this)
    }

    /// For each node the triangles that it may meet within `way_m`: those whose boxes are near, found in a grid of cells.
    pub(crate) fn near(&self, place: &dyn Fn(u32) -> [f64; 3], way_m: f64) -> Vec<Vec<u32>> {
        let margin = self.reach_m + way_m;
        let width = 2.0 * self.edge_max_m + margin;
        let cell = |x: [f64; 3]| x.map(|v| (v / width).floor() as i64);
        let mut grid: BTreeMap<[i64; 3], Vec<u32>> = BTreeMap::new();
        for (index, corners) in self.triangles.iter().enumerate() {
            let Some(corners) = corners else { continue };
            let x = corners.map(place);
            let low = cell(std::array::from_fn(|k| x.iter().map(|p| p[k]).fold(f64::INFINITY, f64::min) - margin));
            let high = cell(std::array::from_fn(|k| x.iter().map(|p| p[k]).fold(f64::NEG_INFINITY, f64::max) + margin));
            // A triangle that was torn to a huge size is not spread over the grid: such a state fails anyway.
            if (0..3).any(|k| high[k] - low[k] > 8) {
                continue;
            }
            for i in low[0]..=high[0] {
                for j in low[1]..=high[1] {
                    for k in low[2]..=high[2] {
                        grid.entry([i, j, k]).or_default().push(index as u32);
                    }
                }
            }
        }
        let of = |node: &u32| {
            let x = place(*node);
            let all = grid.get(&cell(x)).map_or(&[][..], Vec::as_slice);
            let close = |t: &&u32| {
                let Some(corners) = self.triangles[**t as usize] else { return false };
                let c = corners.map(place);
                (0..3).all(|k| {
                    let (low, high) =
                        (c.iter().map(|p| p[k]).fold(f64::INFINITY, f64::min), c.iter().map(|p| p[k]).fold(f64::NEG_INFINITY, f64::max));
                    x[k] >= low - margin && x[k] <= high + margin
                })
            };
            all.iter().filter(close).copied().collect()
        };
        self.nodes.iter().map(of).collect()
    }

    /// The nearest point of some triangles under a place, if it is over one and not deeper than the reach.
    ///
    /// The triangle `kept` is taken as long as the place is over it: over an edge rounding would else choose anew each time.
    pub(crate) fn foot(&self, x: [f64; 3], near: &[u32], kept: Option<u32>, place: &dyn Fn(u32) -> [f64; 3]) -> Option<Foot> {
        let mut best: Option<Foot> = None;
        for &index in near {
            let Some(corners) = self.triangles[index as usize] else { continue };
            let c = corners.map(place);
            let area = cross(minus(c[1], c[0]), minus(c[2], c[0]));
            let size = dot3(area, area).sqrt();
            if !(size > 0.0) {
                continue;
            }
            let normal = area.map(|v| v / size);
            let weights = closest(x, c);
            let point: [f64; 3] = std::array::from_fn(|k| (0..3).map(|i| weights[i] * c[i][k]).sum());
            let off = minus(x, point);
            let gap_m = dot3(normal, off);
            let beside = (dot3(off, off) - gap_m * gap_m).max(0.0).sqrt();
            if beside > BESIDE * size.sqrt() || gap_m < -self.reach_m {
                continue;
            }
            if kept == Some(index) {
                return Some(Foot { triangle: index, weights, normal, gap_m });
            }
            if best.is_none_or(|b| gap_m.abs() < b.gap_m.abs()) {
                best = Some(Foot { triangle: index, weights, normal, gap_m });
            }
        }
        best
    }

    /// Corners of a triangle that is there.
    pub(crate) fn corners(&self, triangle: u32) -> [u32; 3] {
        self.triangles.get(triangle as usize).copied().flatten().unwrap_or([0; 3])
    }
}

fn minus(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

/// Weights of the point of a triangle nearest to x (Ericson 2005, Real-Time Collision Detection, 5.1.5).
fn closest(x: [f64; 3], [a, b, c]: [[f64; 3]; 3]) -> [f64; 3] {
    let (ab, ac) = (minus(b, a), minus(c, a));
    let (ap, bp, cp) = (minus(x, a), minus(x, b), minus(x, c));
    let (d1, d2, d3, d4, d5, d6) = (dot3(ab, ap), dot3(ac, ap), dot3(ab, bp), dot3(ac, bp), dot3(ab, cp), dot3(ac, cp));
    if d1 <= 0.0 && d2 <= 0.0 {
        return [1.0, 0.0, 0.0];
    }
    if d3 >= 0.0 && d4 <= d3 {
        return [0.0, 1.0, 0.0];
    }
    let vc = d1 * d4 - d3 * d2;
    if vc <= 0.0 && d1 >= 0.0 && d3 <= 0.0 {
        let v = d1 / (d1 - d3);
        return [1.0 - v, v, 0.0];
    }
    if d6 >= 0.0 && d5 <= d6 {
        return [0.0, 0.0, 1.0];
    }
    let vb = d5 * d2 - d1 * d6;
    if vb <= 0.0 && d2 >= 0.0 && d6 <= 0.0 {
        let w = d2 / (d2 - d6);
        return [1.0 - w, 0.0, w];
    }
    let va = d3 * d6 - d5 * d4;
    if va <= 0.0 && d4 >= d3 && d5 >= d6 {
        let w = (d4 - d3) / ((d4 - d3) + (d5 - d6));
        return [0.0, 1.0 - w, w];
    }
    let sum = va + vb + vc;
    [va / sum, vb / sum, vc / sum]
}
