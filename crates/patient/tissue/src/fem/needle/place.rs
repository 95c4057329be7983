//! Where a material point lies: in which element, and which nodes move it.

use crate::fem::mat3::{M3, cofactor, det, dot3};
use crate::fem::model::{FemModel, Set};
use crate::fem::shape::{Hexahedron, QuadraticTetrahedron, Shape, Tetrahedron};

/// Newton steps when a trilinear map is inverted.
const NEWTON_MAX: u32 = 30;
/// How far outside an element a point may be taken for inside, in reference coordinates [1]: rounding.
const EDGE: f64 = 1e-9;

/// Nodes that carry a material point, with weights that add up to one.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Spread {
    pub(crate) nodes: Vec<(u32, f64)>,
}

/// Finds elements of a body at rest.
#[derive(Clone, Debug)]
pub(crate) struct Finder {
    /// Bounds of every element: part, element, low, high.
    bounds: Vec<(u32, u32, [f64; 3], [f64; 3])>,
}

impl Finder {
    pub(crate) fn new(model: &FemModel) -> Self {
        let mut bounds = Vec::new();
        for (index, part) in model.parts.iter().enumerate() {
            super::super::model::for_set!(&part.set, s => for (element, nodes) in s.nodes.iter().enumerate() {
                let (mut low, mut high) = ([f64::INFINITY; 3], [f64::NEG_INFINITY; 3]);
                for &node in nodes {
                    for k in 0..3 {
                        low[k] = low[k].min(model.nodes_m[node as usize][k]);
                        high[k] = high[k].max(model.nodes_m[node as usize][k]);
                    }
                }
                bounds.push((index as u32, element as u32, low, high));
            });
        }
        Self { bounds }
    }

    /// Part and carriers of a point at rest [m]; `None` outside the body.
    pub(crate) fn find(&self, model: &FemModel, at_m: [f64; 3]) -> Option<(u32, Spread)> {
        for (part, element, low, high) in &self.bounds {
            if (0..3).any(|k| at_m[k] < low[k] - 1e-12 || at_m[k] > high[k] + 1e-12) {
                continue;
            }
            let e = *element as usize;
            let found = match &model.parts[*part as usize].set {
                Set::Hexahedra(s) => inside::<8, Hexahedron>(model, &s.nodes[e], at_m, in_cube),
                Set::Tetrahedra(s) => inside::<4, Tetrahedron>(model, &s.nodes[e], at_m, in_simplex),
                Set::QuadraticTetrahedra(s) => inside::<10, QuadraticTetrahedron>(model, &s.nodes[e], at_m, in_simplex),
            };
            if let Some(spread) = found {
                return Some((*part, spread));
            }
        }
        None
    }

    /// The same for a load spread evenly over a cube of the given half width about the point [m]; what lies outside the body is left out.
    pub(crate) fn find_blurred(&self, model: &FemModel, at_m: [f64; 3], half_m: f64) -> Option<Spread> {
        let centre = self.find(model, at_m)?.1;
        if half_m <= 0.0 {
            return Some(centre);
        }
        let (mut sum, mut count) = (std::collections::BTreeMap::<u32, f64>::new(), 0.0);
        for index in 0..27_i32 {
            let off = [index % 3 - 1, index / 3 % 3 - 1, index / 9 - 1];
            let at = std::array::from_fn(|k| at_m[k] + 2.0 / 3.0 * half_m * f64::from(off[k]));
            if let Some((_, spread)) = self.find(model, at) {
                count += 1.0;
                for (node, weight) in spread.nodes {
                    *sum.entry(node).or_insert(0.0) += weight;
                }
            }
        }
        Some(Spread { nodes: sum.into_iter().map(|(node, weight)| (node, weight / count)).collect() })
    }
}

fn in_cube(at: [f64; 3]) -> bool {
    at.iter().all(|v| v.abs() <= 1.0 + EDGE)
}

fn in_simplex(at: [f64; 3]) -> bool {
    at.iter().all(|v| *v >= -EDGE) && at.iter().sum::<f64>() <= 1.0 + EDGE
}

fn inside<const N: usize, S: Shape<N>>(model: &FemModel, nodes: &[u32; N], at_m: [f64; 3], holds: fn([f64; 3]) -> bool) -> Option<Spread> {
    let mut at = if N == 8 { [0.0; 3] } else { [0.25; 3] };
    for _ in 0..NEWTON_MAX {
        let (values, slopes) = (S::values(at), S::slopes(at));
        let mut off = at_m;
        let mut j: M3 = [[0.0; 3]; 3];
        for a in 0..N {
            let x = model.nodes_m[nodes[a] as usize];
            for i in 0..3 {
                off[i] -= values[a] * x[i];
                for k in 0..3 {
                    j[i][k] += x[i] * slopes[a][k];
                }
            }
        }
        let (d, c) = (det(&j), cofactor(&j));
        if !(d > 0.0) {
            return None;
        }
        let by: [f64; 3] = std::array::from_fn(|k| (0..3).map(|i| c[i][k] * off[i]).sum::<f64>() / d);
        at = std::array::from_fn(|k| (at[k] + by[k]).clamp(-4.0, 4.0));
        if dot3(by, by) < 1e-24 {
            let values = S::values(at);
            return holds(at).then(|| Spread { nodes: nodes.iter().copied().zip(values).collect() });
        }
    }
    None
}
