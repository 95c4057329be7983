//! Last steps for several materials: undecided tetrahedra, and smoothing where three materials meet.

use super::fill::Filled;
use super::grid::ON_INTERFACE;
use crate::field::LabelField;
use crate::quality::worst_cosine;
use crate::tet_mesh::TetMesh;
use crate::vector::{V3, add, along, det, norm, scale, sub};

/// Passes over the bad tetrahedra.
const PASS_COUNT: usize = 12;
/// Steps that are tried, in cells.
const STEPS: [f64; 4] = [0.16, 0.08, 0.04, 0.02];
/// Farthest that a node of an interface may be moved away from where it was, in cells.
const DRIFT_MAX: f64 = 0.3;

/// Give every tetrahedron whose corners all lie on interfaces to a material. Returns how many there were.
///
/// The field's material at its middle, if a neighbour over a face has it, else the commonest among the
/// neighbours: so that none stands alone.
pub(crate) fn decide<F: LabelField + ?Sized>(filled: &mut Filled, field: &F) -> u64 {
    let mesh = &mut filled.mesh;
    let undecided: Vec<u32> = (0..mesh.tets.len() as u32).filter(|&t| mesh.regions[t as usize] == ON_INTERFACE).collect();
    if undecided.is_empty() {
        return 0;
    }
    let neighbours = mesh.neighbours();
    let mut open = undecided.clone();
    loop {
        let mut later = Vec::new();
        for &tet in &open {
            // A face without neighbour borders on the outside.
            let around: Vec<u16> = neighbours[tet as usize]
                .iter()
                .map(|&n| if n == u32::MAX { 0 } else { mesh.regions[n as usize] })
                .filter(|&l| l != ON_INTERFACE)
                .collect();
            let Some(&first) = around.iter().min() else {
                later.push(tet);
                continue;
            };
            let middle = scale(mesh.corners_m(tet).into_iter().fold([0.0; 3], add), 0.25);
            let here = field.label(middle).0;
            let votes = |l: u16| around.iter().filter(|&&x| x == l).count();
            let commonest = around.iter().copied().fold(first, |best, l| if votes(l) > votes(best) { l } else { best });
            mesh.regions[tet as usize] = if around.contains(&here) { here } else { commonest };
        }
        if later.len() == open.len() {
            // Undecided ones among themselves only: they touch nothing that is kept.
            later.iter().for_each(|&t| mesh.regions[t as usize] = 0);
            break;
        }
        if later.is_empty() {
            break;
        }
        open = later;
    }
    drop_outside(filled);
    undecided.len() as u64
}

/// Remove what turned out to be outside, and the nodes that only it used.
fn drop_outside(filled: &mut Filled) {
    let regions = &filled.mesh.regions;
    if regions.iter().all(|&r| r != 0) {
        return;
    }
    let mut used = vec![false; filled.mesh.nodes_m.len()];
    for (tet, nodes) in filled.mesh.tets.iter().enumerate() {
        if regions[tet] != 0 {
            nodes.iter().for_each(|&v| used[v as usize] = true);
        }
    }
    filled.is_surface = filled.is_surface.iter().zip(&used).filter(|(_, u)| **u).map(|(s, _)| *s).collect();
    filled.mesh = filled.mesh.filtered(|t| filled.mesh.regions[t as usize] != 0);
}

/// Move nodes of tetrahedra with a dihedral angle below a limit [rad] (or above π minus a little more than it) to
/// where their worst angle is better. Returns how many nodes were moved.
///
/// A search by steps along fixed directions; nodes of surfaces are charged for leaving their place.
pub(crate) fn polish(filled: &mut Filled, cell_m: f64, below_rad: f64) -> u64 {
    if below_rad <= 0.0 {
        return 0;
    }
    let limit = proband_core::ops::cos(below_rad);
    let (starts, tets_of) = tets_around(&filled.mesh);
    let home = filled.mesh.nodes_m.clone();
    for _ in 0..PASS_COUNT {
        let mut nodes: Vec<u32> = Vec::new();
        for (tet, corners) in filled.mesh.tets.iter().enumerate() {
            if worst_cosine(&filled.mesh.corners_m(tet as u32)) > limit {
                nodes.extend(corners);
            }
        }
        nodes.sort_unstable();
        nodes.dedup();
        let mut any = false;
        for node in nodes {
            let around = &tets_of[starts[node as usize] as usize..starts[node as usize + 1] as usize];
            any |= move_node(&mut filled.mesh, node, around, home[node as usize], filled.is_surface[node as usize], cell_m, limit);
        }
        if !any {
            break;
        }
    }
    filled.mesh.nodes_m.iter().zip(&home).filter(|(a, b)| a != b).count() as u64
}

fn move_node(mesh: &mut TetMesh, node: u32, around: &[u32], home: V3, is_surface: bool, cell_m: f64, limit: f64) -> bool {
    let start = mesh.nodes_m[node as usize];
    // Worst cosine of the tetrahedra around, infinite when one is turned over.
    let cost = |mesh: &mut TetMesh, p: V3| -> f64 {
        if is_surface && norm(sub(p, home)) > DRIFT_MAX * cell_m {
            return f64::INFINITY;
        }
        mesh.nodes_m[node as usize] = p;
        around.iter().fold(-1.0, |worst: f64, &tet| {
            let corners = mesh.corners_m(tet);
            let [a, b, c, d] = corners;
            if det(a, b, c, d) <= 0.0 { f64::INFINITY } else { worst.max(worst_cosine(&corners)) }
        })
    };
    let (mut best, mut at) = (cost(mesh, start), start);
    for step in STEPS {
        for _ in 0..4 {
            let from = at;
            for direction in DIRECTIONS {
                let p = along(from, direction, step * cell_m);
                let value = cost(mesh, p);
                if value < best - 1e-6 {
                    (best, at) = (value, p);
                }
            }
            if from == at || best <= limit {
                break;
            }
        }
        if best <= limit {
            break;
        }
    }
    mesh.nodes_m[node as usize] = at;
    at != start
}

/// Axes and diagonals of a cube, of length 1.
const DIRECTIONS: [V3; 14] = {
    const D: f64 = 0.577_350_269_189_625_8;
    [
        [1.0, 0.0, 0.0],
        [-1.0, 0.0, 0.0],
        [0.0, 1.0, 0.0],
        [0.0, -1.0, 0.0],
        [0.0, 0.0, 1.0],
        [0.0, 0.0, -1.0],
        [D, D, D],
        [-D, D, D],
        [D, -D, D],
        [-D, -D, D],
        [D, D, -D],
        [-D, D, -D],
        [D, -D, -D],
        [-D, -D, -D],
    ]
};

/// Tetrahedra at each node: starts, then their numbers.
pub(crate) fn tets_around(mesh: &TetMesh) -> (Vec<u32>, Vec<u32>) {
    let mut starts = vec![0_u32; mesh.nodes_m.len() + 1];
    for &v in mesh.tets.iter().flatten() {
        starts[v as usize + 1] += 1;
    }
    for i in 1..starts.len() {
        starts[i] += starts[i - 1];
    }
    let mut next = starts.clone();
    let mut tets_of = vec![0_u32; mesh.tets.len() * 4];
    for (tet, nodes) in mesh.tets.iter().enumerate() {
        for &v in nodes {
            tets_of[next[v as usize] as usize] = tet as u32;
            next[v as usize] += 1;
        }
    }
    (starts, tets_of)
}
