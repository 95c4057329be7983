//! How well shaped a tetrahedral mesh is.

use proband_core::ops;
use serde::{Deserialize, Serialize};

use crate::tet_mesh::TetMesh;
use crate::vector::{V3, cross, dot, norm, scale, sub};

/// Edges of a tetrahedron with the two corners that are not on it.
const EDGES: [[usize; 4]; 6] = [[0, 1, 2, 3], [0, 2, 1, 3], [0, 3, 1, 2], [1, 2, 0, 3], [1, 3, 0, 2], [2, 3, 0, 1]];
/// Bins of the histogram of dihedral angles.
pub const DIHEDRAL_BIN_COUNT: usize = 36;

/// Smallest, mean and largest of a quantity.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// Smallest value.
    pub min: f64,
    /// Mean.
    pub mean: f64,
    /// Largest value.
    pub max: f64,
}

impl Spread {
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let (mut min, mut max, mut sum, mut count) = (f64::INFINITY, f64::NEG_INFINITY, 0.0, 0_u64);
        for value in values {
            min = min.min(value);
            max = max.max(value);
            sum += value;
            count += 1;
        }
        if count == 0 { Self { min: 0.0, mean: 0.0, max: 0.0 } } else { Self { min, mean: sum / count as f64, max } }
    }
}

/// Shape of all tetrahedra of a mesh.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QualityReport {
    /// Number of nodes.
    pub node_count: u64,
    /// Number of tetrahedra.
    pub tet_count: u64,
    /// Dihedral angles [rad].
    pub dihedral_rad: Spread,
    /// Dihedral angles in bins of 5°, shape [36].
    pub dihedral_histogram: Vec<u64>,
    /// Tetrahedra with a dihedral angle below 10°.
    pub below_10_deg_count: u64,
    /// The tetrahedron with the smallest dihedral angle.
    pub worst_tet: u32,
    /// Three times inscribed over circumscribed radius, 1 for a regular tetrahedron [1].
    pub radius_ratio: Spread,
    /// Volumes of tetrahedra [m³].
    pub tet_volume_m3: Spread,
    /// Volume of everything [m³].
    pub volume_m3: f64,
    /// Edge lengths [m], each edge counted once for each tetrahedron at it.
    pub edge_m: Spread,
    /// Size grading: largest ratio of the longest edges of two tetrahedra that share a face [1].
    pub grading_max: f64,
}

/// Cosines of the six dihedral angles of a tetrahedron, at edges 01, 02, 03, 12, 13, 23.
#[must_use]
pub fn dihedral_cosines(corners_m: &[[f64; 3]; 4]) -> [f64; 6] {
    let x = corners_m;
    // Outward normals of the faces opposite to each corner.
    let face = |a: usize, b: usize, c: usize| cross(sub(x[b], x[a]), sub(x[c], x[a]));
    let n = [face(1, 2, 3), face(0, 3, 2), face(0, 1, 3), face(0, 2, 1)];
    let length = n.map(norm);
    EDGES.map(|[_, _, k, l]| {
        let product = length[k] * length[l];
        if product > 0.0 { (-dot(n[k], n[l]) / product).clamp(-1.0, 1.0) } else { 1.0 }
    })
}

/// The six dihedral angles of a tetrahedron [rad], at edges 01, 02, 03, 12, 13, 23.
#[must_use]
pub fn dihedral_angles_rad(corners_m: &[[f64; 3]; 4]) -> [f64; 6] {
    dihedral_cosines(corners_m).map(ops::acos)
}

/// Three times inscribed over circumscribed radius [1]; 0 for a flat tetrahedron.
#[must_use]
pub fn radius_ratio(corners_m: &[[f64; 3]; 4]) -> f64 {
    let [a, b, c, d] = *corners_m;
    let (u, v, w) = (sub(b, a), sub(c, a), sub(d, a));
    let (vw, wu, uv) = (cross(v, w), cross(w, u), cross(u, v));
    let six_volumes = dot(u, vw);
    let areas = 0.5 * (norm(vw) + norm(wu) + norm(uv) + norm(cross(sub(c, b), sub(d, b))));
    let centre: V3 = std::array::from_fn(|i| dot(u, u) * vw[i] + dot(v, v) * wu[i] + dot(w, w) * uv[i]);
    let circumscribed = norm(scale(centre, 0.5)) / six_volumes;
    let inscribed = 0.5 * six_volumes / areas;
    if six_volumes > 0.0 && areas > 0.0 { 3.0 * inscribed / circumscribed } else { 0.0 }
}

/// Largest |cosine| of the dihedral angles, where an angle near 180° counts a little less than one near 0°:
/// 15.2° from flat is as bad as 10.7° from closed.
pub(crate) fn worst_cosine(corners_m: &[V3; 4]) -> f64 {
    dihedral_cosines(corners_m).iter().fold(-1.0, |worst: f64, &c| worst.max(c).max(-c * OBTUSE_WEIGHT))
}

/// cos 10.7° / cos 15.2°.
const OBTUSE_WEIGHT: f64 = 1.018_24;

impl QualityReport {
    /// Look at every tetrahedron.
    #[must_use]
    pub fn of(mesh: &TetMesh) -> Self {
        let mut histogram = vec![0_u64; DIHEDRAL_BIN_COUNT];
        let (mut below, mut worst) = (0, (f64::INFINITY, 0_u32));
        let ten = 10.0_f64.to_radians();
        let mut dihedral = (f64::INFINITY, f64::NEG_INFINITY, 0.0);
        let mut longest = Vec::with_capacity(mesh.tets.len());
        for tet in 0..mesh.tets.len() as u32 {
            let corners = mesh.corners_m(tet);
            let angles = dihedral_angles_rad(&corners);
            for angle in angles {
                histogram[((angle.to_degrees() / 5.0) as usize).min(DIHEDRAL_BIN_COUNT - 1)] += 1;
                dihedral = (dihedral.0.min(angle), dihedral.1.max(angle), dihedral.2 + angle);
            }
            let smallest = angles.iter().copied().fold(f64::INFINITY, f64::min);
            below += u64::from(smallest < ten);
            if smallest < worst.0 {
                worst = (smallest, tet);
            }
            longest.push(edges_m(&corners).into_iter().fold(0.0, f64::max));
        }
        let count = mesh.tets.len();
        let all = |f: &dyn Fn(u32) -> f64| Spread::of((0..count as u32).map(f));
        let mut grading: f64 = if count == 0 { 0.0 } else { 1.0 };
        for (tet, around) in mesh.neighbours().iter().enumerate() {
            for &other in around.iter().filter(|&&o| o != u32::MAX) {
                grading = grading.max(longest[tet] / longest[other as usize]);
            }
        }
        let dihedral_rad = if count == 0 {
            Spread::of(std::iter::empty())
        } else {
            Spread { min: dihedral.0, mean: dihedral.2 / (6 * count) as f64, max: dihedral.1 }
        };
        Self {
            node_count: mesh.nodes_m.len() as u64,
            tet_count: count as u64,
            dihedral_rad,
            dihedral_histogram: histogram,
            below_10_deg_count: below,
            worst_tet: worst.1,
            radius_ratio: all(&|t| radius_ratio(&mesh.corners_m(t))),
            tet_volume_m3: all(&|t| mesh.tet_volume_m3(t)),
            volume_m3: mesh.volume_m3(),
            edge_m: Spread::of((0..count as u32).flat_map(|t| edges_m(&mesh.corners_m(t)))),
            grading_max: grading,
        }
    }
}

fn edges_m(corners: &[V3; 4]) -> [f64; 6] {
    EDGES.map(|[i, j, _, _]| norm(sub(corners[i], corners[j])))
}
