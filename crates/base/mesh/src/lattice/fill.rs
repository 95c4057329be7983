//! Filling: every lattice tetrahedron by its stencil, then points numbered in lattice order.

use rayon::prelude::*;

use super::cut::Sampled;
use super::grid::{ON_INTERFACE, Place};
use super::stencil::{Corners, Piece};
use crate::tet_mesh::TetMesh;

/// A lattice tetrahedron: two middles, two cube corners, and its six edges as owner and bit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LatticeTet {
    pub(crate) nodes: [u32; 4],
    pub(crate) corners: Corners,
    /// Owner and bit of the edges 0–1, 0–2, 0–3, 1–2, 1–3, 2–3.
    edges: [(u32, u8); 6],
}

/// Place of an edge in [`LatticeTet::edges`].
fn edge_index(i: u8, j: u8) -> usize {
    match (i, j) {
        (0, 1) => 0,
        (0, 2) => 1,
        (0, 3) => 2,
        (1, 2) => 3,
        (1, 3) => 4,
        _ => 5,
    }
}

/// The four tetrahedra around the long edge from the middle of a cell upwards along an axis; `None` at the lattice's border.
pub(crate) fn around(sampled: &Sampled, cell: [u32; 3], axis: usize) -> Option<[LatticeTet; 4]> {
    let lattice = &sampled.lattice;
    let mut next = cell;
    next[axis] += 1;
    if next[axis] >= lattice.cells[axis] {
        return None;
    }
    let (u, v) = ((axis + 1) % 3, (axis + 2) % 3);
    let middles = [lattice.middle(cell), lattice.middle(next)];
    // The square between the two cells, counter-clockwise around the axis.
    let ring: [([u32; 3], u32); 4] = [(0, 0), (1, 0), (1, 1), (0, 1)].map(|(du, dv)| {
        let mut at = next;
        at[u] += du;
        at[v] += dv;
        let up = (du << u) | (dv << v);
        (at, up)
    });
    let ids = ring.map(|(at, _)| lattice.corner(at));
    let label = |node: u32| sampled.labels[node as usize];
    Some(std::array::from_fn(|q| {
        let r = (q + 1) % 4;
        // Bits of the short edges: from the first middle the square lies upwards along the axis, from the second it does not.
        let bits = |k: usize| [3 + (ring[k].1 | (1 << axis)) as u8, 3 + ring[k].1 as u8];
        let (bq, br) = (bits(q), bits(r));
        let long = match q {
            0 => (ids[0], u as u8),
            1 => (ids[1], v as u8),
            2 => (ids[3], u as u8),
            _ => (ids[0], v as u8),
        };
        let even = |bit: u8| u32::from(bit - 3).count_ones() % 2 == 0;
        let nodes = [middles[0], middles[1], ids[q], ids[r]];
        LatticeTet {
            nodes,
            corners: Corners { labels: nodes.map(label), is_even: [[even(bq[0]), even(br[0])], [even(bq[1]), even(br[1])]] },
            edges: [(middles[0], axis as u8), (middles[0], bq[0]), (middles[0], br[0]), (middles[1], bq[1]), (middles[1], br[1]), long],
        }
    }))
}

/// Everything that the lattice is filled with.
pub(crate) struct Filled {
    /// The mesh, regions by material; [`ON_INTERFACE`] where all four corners lie on interfaces.
    pub(crate) mesh: TetMesh,
    /// Whether each node lies on an interface or on the outer surface.
    pub(crate) is_surface: Vec<bool>,
}

/// Fill the lattice. Tetrahedra with all corners on interfaces are kept, undecided, when `keep_undecided` says so.
pub(crate) fn fill(sampled: &Sampled, keep_undecided: bool) -> Filled {
    let [nx, ny, nz] = sampled.lattice.cells;
    let slabs: Vec<Vec<([u32; 4], u16)>> = (0..nz)
        .into_par_iter()
        .map(|z| {
            let (mut out, mut pieces) = (Vec::new(), Vec::new());
            for y in 0..ny {
                for x in 0..nx {
                    if is_empty(sampled, [x, y, z]) {
                        continue;
                    }
                    for axis in 0..3 {
                        for tet in around(sampled, [x, y, z], axis).into_iter().flatten() {
                            fill_one(sampled, &tet, keep_undecided, &mut pieces, &mut out);
                        }
                    }
                }
            }
            out
        })
        .collect();
    number(sampled, &slabs)
}

/// Whether the middle of a cell and everything that its tetrahedra touch is outside.
fn is_empty(sampled: &Sampled, cell: [u32; 3]) -> bool {
    let lattice = &sampled.lattice;
    let corner = |dx, dy, dz| sampled.labels[lattice.corner([cell[0] + dx, cell[1] + dy, cell[2] + dz]) as usize];
    let corners_out = (0..8_u32).all(|c| corner(c & 1, (c >> 1) & 1, c >> 2) == 0);
    let middle_out =
        |at| lattice.neighbour(Place { is_middle: true, at: cell }, at).is_none_or(|p| sampled.labels[lattice.node(p) as usize] == 0);
    corners_out && sampled.labels[lattice.middle(cell) as usize] == 0 && [0, 2, 4].into_iter().all(middle_out)
}

fn fill_one(sampled: &Sampled, tet: &LatticeTet, keep_undecided: bool, pieces: &mut Vec<Piece>, out: &mut Vec<([u32; 4], u16)>) {
    let (count, materials) = tet.corners.materials();
    match count {
        0 => {
            if keep_undecided {
                out.push((tet.nodes, ON_INTERFACE));
            }
        }
        1 => {
            if materials[0] != 0 {
                out.push((tet.nodes, materials[0]));
            }
        }
        // Three or more were resolved before; see `triple`.
        _ => {
            pieces.clear();
            for material in materials {
                tet.corners.cut(material, pieces);
            }
            let first_cut = sampled.labels.len() as u32;
            for (points, material) in pieces.iter() {
                let ids = points.map(|(i, j)| {
                    if i == j {
                        tet.nodes[usize::from(i)]
                    } else {
                        let (owner, bit) = tet.edges[edge_index(i, j)];
                        first_cut + sampled.cut_number(owner, bit)
                    }
                });
                out.push((ids, *material));
            }
        }
    }
}

/// Number the points that are used: lattice points first, then cut points, each in lattice order.
fn number(sampled: &Sampled, slabs: &[Vec<([u32; 4], u16)>]) -> Filled {
    let lattice_count = sampled.labels.len();
    let mut new_of = vec![u32::MAX; lattice_count + sampled.cuts.len()];
    for (ids, _) in slabs.iter().flatten() {
        for &id in ids {
            new_of[id as usize] = 0;
        }
    }
    let (mut nodes_m, mut is_surface) = (Vec::new(), Vec::new());
    for (id, slot) in new_of.iter_mut().enumerate() {
        if *slot == 0 {
            *slot = nodes_m.len() as u32;
            if id < lattice_count {
                nodes_m.push(sampled.position_m(id as u32));
                is_surface.push(sampled.labels[id] == ON_INTERFACE);
            } else {
                nodes_m.push(sampled.cut_position_m((id - lattice_count) as u32));
                is_surface.push(true);
            }
        }
    }
    let count = slabs.iter().map(Vec::len).sum();
    let (mut tets, mut regions) = (Vec::with_capacity(count), Vec::with_capacity(count));
    for (ids, region) in slabs.iter().flatten() {
        tets.push(ids.map(|id| new_of[id as usize]));
        regions.push(*region);
    }
    Filled { mesh: TetMesh { nodes_m, tets, regions }, is_surface }
}
