//! Nodes of interfaces are moved onto the interfaces that they ended up in.
//!
//! A point that was moved onto the interface of two materials belongs to a third one too where that is around it.
//! It then lies off the line or point where these materials meet; here it goes there, as far as angles allow.

use super::fill::Filled;
use super::polish::tets_around;
use crate::field::LabelField;
use crate::quality::worst_cosine;
use crate::tet_mesh::TetMesh;
use crate::vector::{V3, add, along, cross, det, dot, norm, scale, sub};

/// Rounds over all nodes.
const ROUND_COUNT: usize = 3;
/// Longest step, in cells.
const STEP_MAX: f64 = 0.3;
/// Steps below this, in cells, are not worth taking.
const STEP_MIN: f64 = 0.01;
/// Step of numerical derivatives, in cells.
const DERIVATIVE_STEP: f64 = 0.02;
/// Fractions of a step that are tried.
const FRACTIONS: [f64; 3] = [1.0, 0.5, 0.25];
/// A move may not bring an angle below this, unless it was there before: cosine of 13°.
const COSINE_MAX: f64 = 0.974_370_064_785_235_2;
/// Materials of a node that are looked at.
const MATERIAL_COUNT_MAX: usize = 4;

/// Move nodes between materials to where these are in balance. Returns how many were moved.
pub(crate) fn fit<F: LabelField + ?Sized>(filled: &mut Filled, field: &F, cell_m: f64) -> u64 {
    let materials = materials_of(&filled.mesh);
    let (starts, tets_of) = tets_around(&filled.mesh);
    let mut moved = vec![false; materials.len()];
    for _ in 0..ROUND_COUNT {
        let mut any = false;
        for (node, around) in materials.iter().enumerate().filter(|(_, m)| m.len() > 1) {
            let tets = &tets_of[starts[node] as usize..starts[node + 1] as usize];
            if let Some(step) = step_to_balance(field, filled.mesh.nodes_m[node], around, cell_m)
                && take(&mut filled.mesh, node, tets, step)
            {
                moved[node] = true;
                any = true;
            }
        }
        if !any {
            break;
        }
    }
    moved.iter().filter(|m| **m).count() as u64
}

/// Materials of the tetrahedra at each node, 0 where it lies on the outer boundary; rising.
fn materials_of(mesh: &TetMesh) -> Vec<Vec<u16>> {
    let mut materials: Vec<Vec<u16>> = vec![Vec::new(); mesh.nodes_m.len()];
    let mut note = |node: u32, material: u16| {
        let list = &mut materials[node as usize];
        if let Err(place) = list.binary_search(&material)
            && list.len() < MATERIAL_COUNT_MAX
        {
            list.insert(place, material);
        }
    };
    for face in mesh.boundary_faces() {
        face.nodes.iter().for_each(|&v| note(v, 0));
    }
    for (nodes, region) in mesh.tets.iter().zip(&mesh.regions) {
        nodes.iter().for_each(|&v| note(v, *region));
    }
    materials
}

/// The shortest step after which all balances between materials vanish, to first order.
fn step_to_balance<F: LabelField + ?Sized>(field: &F, p: V3, materials: &[u16], cell_m: f64) -> Option<V3> {
    let h = DERIVATIVE_STEP * cell_m;
    let count = materials.len() - 1;
    let (mut residuals, mut gradients) = ([0.0; 3], [[0.0; 3]; 3]);
    for k in 0..count {
        let at = |q: V3| field.balance(q, materials[0], materials[k + 1]);
        residuals[k] = at(p);
        for (axis, slope) in gradients[k].iter_mut().enumerate() {
            let mut e = [0.0; 3];
            e[axis] = h;
            *slope = (at(add(p, e)) - at(sub(p, e))) / (2.0 * h);
        }
    }
    let step = shortest(&gradients[..count], &residuals[..count])?;
    let length = norm(step);
    let far = length.is_finite() && length > STEP_MIN * cell_m;
    far.then(|| scale(step, (STEP_MAX * cell_m / length).min(1.0)))
}

/// Shortest s with gᵢ·s = −rᵢ; none where the gradients do not tell.
fn shortest(gradients: &[V3], residuals: &[f64]) -> Option<V3> {
    let sure = |x: f64| x.is_finite() && x > 0.0;
    match (gradients, residuals) {
        ([g], [r]) => {
            let square = dot(*g, *g);
            sure(square).then(|| scale(*g, -r / square))
        }
        ([g, h], [r, s]) => {
            let (gg, gh, hh) = (dot(*g, *g), dot(*g, *h), dot(*h, *h));
            let d = gg * hh - gh * gh;
            // Nearly parallel: the line where they meet is far away.
            (sure(d) && d > 0.02 * gg * hh).then(|| along(scale(*g, (-r * hh + s * gh) / d), *h, (-s * gg + r * gh) / d))
        }
        ([g, h, k], [r, s, t]) => {
            let d = dot(*g, cross(*h, *k));
            let size = norm(*g) * norm(*h) * norm(*k);
            (sure(size) && d.abs() > 0.05 * size).then(|| {
                let sum = along(along(scale(cross(*h, *k), -r), cross(*k, *g), -s), cross(*g, *h), -t);
                scale(sum, 1.0 / d)
            })
        }
        _ => None,
    }
}

/// Go as far as the tetrahedra around stay well shaped.
fn take(mesh: &mut TetMesh, node: usize, tets: &[u32], step: V3) -> bool {
    let start = mesh.nodes_m[node];
    let before = worst_around(mesh, tets).max(COSINE_MAX);
    for fraction in FRACTIONS {
        mesh.nodes_m[node] = along(start, step, fraction);
        if worst_around(mesh, tets) <= before {
            return true;
        }
    }
    mesh.nodes_m[node] = start;
    false
}

/// Worst cosine of some tetrahedra, infinite when one is turned over.
fn worst_around(mesh: &TetMesh, tets: &[u32]) -> f64 {
    tets.iter().fold(-1.0, |worst: f64, &tet| {
        let corners = mesh.corners_m(tet);
        let [a, b, c, d] = corners;
        if det(a, b, c, d) <= 0.0 { f64::INFINITY } else { worst.max(worst_cosine(&corners)) }
    })
}
