//! Shape functions and quadrature: trilinear hexahedra, linear and quadratic tetrahedra.

use super::mat3::{M3, cofactor, det};
use crate::TissueError;

/// One quadrature point: place in the reference element and weight.
pub(crate) type Knot = ([f64; 3], f64);

/// A kind of element with N nodes.
pub(crate) trait Shape<const N: usize> {
    /// Whether U is taken on the mean dilatation of the element.
    const MEAN_DILATATION: bool;
    /// Points for energy and force.
    fn knots() -> Vec<Knot>;
    /// Points that integrate products of two shape functions exactly.
    fn mass_knots() -> Vec<Knot>;
    /// Shape functions at a point.
    fn values(at: [f64; 3]) -> [f64; N];
    /// Their derivatives by the reference coordinates.
    fn slopes(at: [f64; 3]) -> [[f64; 3]; N];
}

/// Trilinear hexahedron on [−1, 1]³.
pub(crate) struct Hexahedron;
/// Linear tetrahedron.
pub(crate) struct Tetrahedron;
/// Quadratic tetrahedron.
pub(crate) struct QuadraticTetrahedron;

const CORNERS: [[f64; 3]; 8] = [
    [-1.0, -1.0, -1.0],
    [1.0, -1.0, -1.0],
    [1.0, 1.0, -1.0],
    [-1.0, 1.0, -1.0],
    [-1.0, -1.0, 1.0],
    [1.0, -1.0, 1.0],
    [1.0, 1.0, 1.0],
    [-1.0, 1.0, 1.0],
];

impl Shape<8> for Hexahedron {
    const MEAN_DILATATION: bool = true;

    fn knots() -> Vec<Knot> {
        let g = 1.0 / 3.0_f64.sqrt();
        CORNERS.iter().map(|c| (c.map(|v| g * v), 1.0)).collect()
    }

    fn mass_knots() -> Vec<Knot> {
        Self::knots()
    }

    fn values(at: [f64; 3]) -> [f64; 8] {
        std::array::from_fn(|a| (0..3).map(|k| 0.5 * (1.0 + CORNERS[a][k] * at[k])).product())
    }

    fn slopes(at: [f64; 3]) -> [[f64; 3]; 8] {
        std::array::from_fn(|a| {
            std::array::from_fn(|d| {
                (0..3).map(|k| if k == d { 0.5 * CORNERS[a][k] } else { 0.5 * (1.0 + CORNERS[a][k] * at[k]) }).product()
            })
        })
    }
}

/// Fourteen points, exact to degree 5 (Walkington 2000, Quadrature on simplices of arbitrary dimension, Carnegie Mellon).
fn tetrahedron_knots() -> Vec<Knot> {
    let mut knots = Vec::with_capacity(14);
    for (a, w) in [(0.310_885_919_263_300_6, 0.112_687_925_718_015_85), (0.092_735_250_310_891_23, 0.073_493_043_116_361_95)] {
        let b = 1.0 - 3.0 * a;
        for at in [[a, a, a], [b, a, a], [a, b, a], [a, a, b]] {
            knots.push((at, w / 6.0));
        }
    }
    let (a, w) = (0.045_503_704_125_649_65, 0.042_546_020_777_081_47);
    let b = 0.5 - a;
    for at in [[a, a, b], [a, b, a], [b, a, a], [b, b, a], [b, a, b], [a, b, b]] {
        knots.push((at, w / 6.0));
    }
    knots
}

impl Shape<4> for Tetrahedron {
    const MEAN_DILATATION: bool = false;

    fn knots() -> Vec<Knot> {
        vec![([0.25; 3], 1.0 / 6.0)]
    }

    fn mass_knots() -> Vec<Knot> {
        tetrahedron_knots()
    }

    fn values([x, y, z]: [f64; 3]) -> [f64; 4] {
        [1.0 - x - y - z, x, y, z]
    }

    fn slopes(_: [f64; 3]) -> [[f64; 3]; 4] {
        [[-1.0, -1.0, -1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    }
}

/// Corners of the edges of a quadratic tetrahedron, nodes 4 to 9.
const EDGES: [(usize, usize); 6] = [(0, 1), (1, 2), (0, 2), (0, 3), (1, 3), (2, 3)];

impl Shape<10> for QuadraticTetrahedron {
    const MEAN_DILATATION: bool = false;

    fn knots() -> Vec<Knot> {
        tetrahedron_knots()
    }

    fn mass_knots() -> Vec<Knot> {
        tetrahedron_knots()
    }

    fn values(at: [f64; 3]) -> [f64; 10] {
        let l = Tetrahedron::values(at);
        std::array::from_fn(|a| if a < 4 { l[a] * (2.0 * l[a] - 1.0) } else { 4.0 * l[EDGES[a - 4].0] * l[EDGES[a - 4].1] })
    }

    fn slopes(at: [f64; 3]) -> [[f64; 3]; 10] {
        let l = Tetrahedron::values(at);
        let d = Tetrahedron::slopes(at);
        std::array::from_fn(|a| {
            std::array::from_fn(|k| {
                if a < 4 {
                    (4.0 * l[a] - 1.0) * d[a][k]
                } else {
                    let (p, q) = EDGES[a - 4];
                    4.0 * (l[p] * d[q][k] + l[q] * d[p][k])
                }
            })
        })
    }
}

/// Gradients of the shape functions by the rest position, and the volume that a point stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Point<const N: usize> {
    /// ∇N [1/m], shape [N, 3].
    pub(crate) gradient: [[f64; 3]; N],
    /// Weight [m³].
    pub(crate) weight_m3: f64,
}

/// Elements of one kind with their geometry at rest.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ElementSet<const N: usize> {
    pub(crate) nodes: Vec<[u32; N]>,
    pub(crate) points: Vec<Point<N>>,
    pub(crate) point_count: usize,
    pub(crate) volume_m3: Vec<f64>,
    pub(crate) mean_dilatation: bool,
}

impl<const N: usize> ElementSet<N> {
    /// Geometry of elements; `part` is named in errors.
    pub(crate) fn new<S: Shape<N>>(_: S, part: u32, nodes_m: &[[f64; 3]], elements: &[[u32; N]]) -> Result<Self, TissueError> {
        let knots = S::knots();
        let slopes: Vec<_> = knots.iter().map(|k| S::slopes(k.0)).collect();
        let mut points = Vec::with_capacity(knots.len() * elements.len());
        let mut volume_m3 = Vec::with_capacity(elements.len());
        for (index, element) in elements.iter().enumerate() {
            let mut volume = 0.0;
            for (knot, slopes) in knots.iter().zip(&slopes) {
                let (to_reference, jacobian) = jacobian(part, index as u32, nodes_m, element, slopes)?;
                let gradient = std::array::from_fn(|a| std::array::from_fn(|k| (0..3).map(|m| slopes[a][m] * to_reference[m][k]).sum()));
                volume += knot.1 * jacobian;
                points.push(Point { gradient, weight_m3: knot.1 * jacobian });
            }
            volume_m3.push(volume);
        }
        Ok(Self { nodes: elements.to_vec(), points, point_count: knots.len(), volume_m3, mean_dilatation: S::MEAN_DILATATION })
    }

    /// Consistent mass of unit density: for each element ∫ N_a N_b [m³], shape [N, N].
    pub(crate) fn consistent<S: Shape<N>>(&self, _: S, nodes_m: &[[f64; 3]]) -> Result<Vec<[[f64; N]; N]>, TissueError> {
        let knots = S::mass_knots();
        let values: Vec<_> = knots.iter().map(|k| (S::values(k.0), S::slopes(k.0))).collect();
        let mut all = Vec::with_capacity(self.nodes.len());
        for (index, element) in self.nodes.iter().enumerate() {
            let mut m = [[0.0; N]; N];
            for (knot, (value, slopes)) in knots.iter().zip(&values) {
                let (_, jacobian) = jacobian(0, index as u32, nodes_m, element, slopes)?;
                for a in 0..N {
                    for b in 0..N {
                        m[a][b] += knot.1 * jacobian * value[a] * value[b];
                    }
                }
            }
            all.push(m);
        }
        Ok(all)
    }
}

/// ∂ξ/∂X, shape [reference axis, rest axis], and det ∂X/∂ξ.
fn jacobian<const N: usize>(
    part: u32,
    element: u32,
    nodes_m: &[[f64; 3]],
    nodes: &[u32; N],
    slopes: &[[f64; 3]; N],
) -> Result<(M3, f64), TissueError> {
    let mut j = [[0.0; 3]; 3];
    for (node, slope) in nodes.iter().zip(slopes) {
        let Some(x) = nodes_m.get(*node as usize) else {
            return Err(TissueError::NoSuchNode { part, element, node: *node, node_count: nodes_m.len() as u32 });
        };
        for i in 0..3 {
            for k in 0..3 {
                j[i][k] += x[i] * slope[k];
            }
        }
    }
    let d = det(&j);
    if !(d > 0.0 && d.is_finite()) {
        return Err(TissueError::InvertedElement { part, element, jacobian_m3: d });
    }
    // (∂X/∂ξ)⁻¹ = cofᵀ/det.
    let cof = cofactor(&j);
    Ok((std::array::from_fn(|m| std::array::from_fn(|k| cof[k][m] / d)), d))
}
