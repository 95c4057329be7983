//! What hangs on nodes and elements goes over to the new body.

use std::collections::BTreeSet;

use proband_mesh::{FaceKey, face_key};

use super::super::mat3::{cross, dot3};
use super::super::model::FemModel;
use super::super::spec::{FemSpec, HeldNode, NodeSpring};
use super::super::state::FemState;
use super::{CutOptions, Kind, OpenReport, Openable, Opened, all, parted};
use crate::TissueError;

/// Marks of a node: bits 0 to 2 held axes, bit 3 tools may touch it, from 16 on its number and the number's complement where it must stay.
const TOUCHED: u64 = 8;

pub(super) fn marks(spec: &FemSpec, keep: &[u32]) -> Vec<u64> {
    let mut marks = vec![0_u64; spec.nodes_m.len()];
    for held in &spec.held {
        for (axis, is_held) in held.axes.iter().enumerate() {
            marks[held.node as usize] |= u64::from(*is_held) << axis;
        }
    }
    for &node in &spec.contact_nodes {
        marks[node as usize] |= TOUCHED;
    }
    // No other node has all of these bits, so that this one slides nowhere.
    let tied = spec.sutures.iter().flat_map(super::super::suture::Suture::nodes);
    for node in spec.springs.iter().map(|s| s.node).chain(keep.iter().copied()).chain(tied) {
        let id = u64::from(node) & 0x7F_FFFF;
        marks[node as usize] |= (id << 16) | ((!id & 0x7F_FFFF) << 39);
    }
    marks
}

/// The vectors of a state that move with its nodes.
pub(super) fn fields(state: &FemState) -> Vec<Vec<[f64; 3]>> {
    vec![
        state.displacement_m.clone(),
        state.velocity_m_per_s.clone(),
        state.acceleration_m_per_s2.clone(),
        state.displacement_before_m.clone(),
        state.velocity_before_m_per_s.clone(),
    ]
}

/// A body in pieces, to be put together again.
pub(super) struct Renewed<const N: usize> {
    pub(super) nodes_m: Vec<[f64; 3]>,
    pub(super) fields: Vec<Vec<[f64; 3]>>,
    pub(super) marks: Vec<u64>,
    /// Elements, the part of each, and the old element (counted over all parts) that it comes from.
    pub(super) elements: Vec<[u32; N]>,
    pub(super) part_of: Vec<u32>,
    pub(super) parents: Vec<u32>,
    pub(super) copies_of: Vec<u32>,
    pub(super) cut_nodes: Vec<u32>,
    pub(super) pressure_faces: Vec<[u32; 4]>,
    pub(super) report: OpenReport,
}

/// Put a body together.
pub(super) fn finish<const N: usize>(
    old: &FemSpec,
    state: &FemState,
    renewed: Renewed<N>,
    options: &CutOptions,
) -> Result<Opened, TissueError>
where
    Kind: Openable<N>,
{
    let mut spec = FemSpec { nodes_m: renewed.nodes_m, pressure_faces: renewed.pressure_faces, ..old.clone() };
    let first_copy = spec.nodes_m.len() as u32 - renewed.copies_of.len() as u32;
    // Parts, fibres and memory.
    let mut memory_pa = Vec::with_capacity(state.memory_pa.len());
    let (mut element_start, mut memory_start) = (0, 0);
    for (index, part) in spec.parts.iter_mut().enumerate() {
        let count = Kind::of(&part.elements).map_or(0, <[_]>::len);
        let mine: Vec<usize> = (0..renewed.elements.len()).filter(|&e| renewed.part_of[e] == index as u32).collect();
        let parent = |e: usize| renewed.parents[e] as usize - element_start;
        let per_element = part.viscosity.memory() * <Kind as Openable<N>>::POINT_COUNT;
        for &e in &mine {
            let at = memory_start + per_element * parent(e);
            memory_pa.extend_from_slice(&state.memory_pa[at..at + per_element]);
        }
        if part.fibres.len() > 1 {
            part.fibres = mine.iter().map(|&e| part.fibres[parent(e)]).collect();
        }
        part.elements = Kind::made(mine.iter().map(|&e| renewed.elements[e]).collect());
        element_start += count;
        memory_start += per_element * count;
    }
    // Held nodes: the old ones first, so that the order of what leads them stays.
    let was_held: BTreeSet<u32> = old.held.iter().map(|h| h.node).collect();
    let held_axes = |n: u32| -> [bool; 3] { std::array::from_fn(|k| renewed.marks[n as usize] >> k & 1 == 1) };
    let held_new: Vec<u32> = (0..spec.nodes_m.len() as u32).filter(|&n| held_axes(n) != [false; 3] && !was_held.contains(&n)).collect();
    spec.held.extend(held_new.iter().map(|&node| HeldNode { node, axes: held_axes(node) }));
    let sharers = |node: u32| 1 + renewed.copies_of.iter().filter(|&&of| of == node).count();
    spec.springs = old
        .springs
        .iter()
        .flat_map(|s| {
            let share = s.stiffness_n_per_m.map(|k| k / sharers(s.node) as f64);
            let copies = renewed.copies_of.iter().enumerate().filter(|(_, of)| **of == s.node).map(|(k, _)| first_copy + k as u32);
            std::iter::once(s.node).chain(copies).map(move |node| NodeSpring { node, stiffness_n_per_m: share })
        })
        .collect();
    let fresh: BTreeSet<u32> = if options.touch_cut { renewed.cut_nodes.iter().copied().collect() } else { BTreeSet::new() };
    let may_touch = |n: u32| renewed.marks[n as usize] & TOUCHED != 0 || fresh.contains(&n);
    spec.contact_nodes = (0..spec.nodes_m.len() as u32).filter(|&n| may_touch(n)).collect();
    let pairs = renewed.copies_of.iter().enumerate().map(|(k, of)| [*of, first_copy + k as u32]).collect();
    let model = FemModel::new(&spec)?;
    let mut carried = renewed.fields.into_iter();
    let mut next = || carried.next().unwrap_or_default();
    let state = FemState {
        displacement_m: next(),
        velocity_m_per_s: next(),
        acceleration_m_per_s2: next(),
        displacement_before_m: next(),
        velocity_before_m_per_s: next(),
        memory_pa,
        ..state.clone()
    };
    Ok(Opened { spec, model, state, cut_nodes: renewed.cut_nodes, pairs, held_new, report: renewed.report })
}

/// Open faces of a body without moving anything.
pub(super) fn open_keys<const N: usize>(
    spec: &FemSpec,
    state: &FemState,
    keys: &BTreeSet<FaceKey>,
    options: &CutOptions,
    deviation_m: f64,
) -> Result<Opened, TissueError>
where
    Kind: Openable<N>,
{
    let old: Vec<[u32; N]> = all(spec);
    let mut elements = old.clone();
    let copies_of = parted(&mut elements, keys, spec.nodes_m.len() as u32);
    let mut fields = fields(state);
    let mut marks = marks(spec, &options.keep_nodes);
    let mut nodes_m = spec.nodes_m.clone();
    for &of in &copies_of {
        nodes_m.push(nodes_m[of as usize]);
        marks.push(marks[of as usize]);
        for field in &mut fields {
            field.push(field[of as usize]);
        }
    }
    let mut cut_nodes: Vec<u32> = keys.iter().flatten().copied().filter(|n| *n != u32::MAX).collect();
    cut_nodes.sort_unstable();
    cut_nodes.dedup();
    cut_nodes.extend(spec.nodes_m.len() as u32..nodes_m.len() as u32);
    let area_m2 = keys.iter().map(|key| area_m2(&spec.nodes_m, key)).sum();
    let part_of = spec.parts.iter().enumerate().flat_map(|(k, p)| vec![k as u32; Kind::of(&p.elements).map_or(0, <[_]>::len)]).collect();
    let report = OpenReport {
        face_count: keys.len() as u64,
        area_m2,
        copied_node_count: copies_of.len() as u64,
        deviation_m,
        ..OpenReport::default()
    };
    let pressure_faces = faces_after(spec, &old, &elements);
    let parents = (0..elements.len() as u32).collect();
    finish(
        spec,
        state,
        Renewed { nodes_m, fields, marks, elements, part_of, parents, copies_of, cut_nodes, pressure_faces, report },
        options,
    )
}

/// Pressure faces with the nodes of the element that they belong to.
fn faces_after<const N: usize>(spec: &FemSpec, before: &[[u32; N]], after: &[[u32; N]]) -> Vec<[u32; 4]>
where
    Kind: Openable<N>,
{
    if spec.pressure_faces.is_empty() {
        return Vec::new();
    }
    let mut wanted: std::collections::BTreeMap<FaceKey, usize> = std::collections::BTreeMap::new();
    let corners = |face: &[u32; 4]| if face[3] == face[2] { face[..3].to_vec() } else { face.to_vec() };
    for (index, face) in spec.pressure_faces.iter().enumerate() {
        wanted.insert(face_key(&corners(face)), index);
    }
    let mut faces = spec.pressure_faces.clone();
    for (old, new) in before.iter().zip(after).filter(|(old, new)| old != new) {
        for face in <Kind as Openable<N>>::FACES {
            let nodes: Vec<u32> = face.iter().map(|&k| old[k]).collect();
            if let Some(&index) = wanted.get(&face_key(&nodes)) {
                faces[index] = spec.pressure_faces[index].map(|n| old.iter().position(|&o| o == n).map_or(n, |k| new[k]));
            }
        }
    }
    faces
}

/// Area of a face of three or four nodes [m²].
pub(super) fn area_m2(nodes_m: &[[f64; 3]], key: &FaceKey) -> f64 {
    let at = |n: u32| nodes_m[n as usize];
    let triangle = |a: u32, b: u32, c: u32| {
        let (p, q, r) = (at(a), at(b), at(c));
        let n = cross(std::array::from_fn(|k| q[k] - p[k]), std::array::from_fn(|k| r[k] - p[k]));
        0.5 * dot3(n, n).sqrt()
    };
    let [a, b, c, d] = *key;
    if d == u32::MAX {
        return triangle(a, b, c);
    }
    // The corners of a key are not in order around the face: of the three ways to pair them the convex one has the greatest area.
    let ways = [triangle(a, b, c) + triangle(a, c, d), triangle(a, b, c) + triangle(b, c, d), triangle(a, b, d) + triangle(a, c, d)];
    ways.into_iter().fold(0.0, f64::max).min(0.5 * (triangle(a, b, c) + triangle(a, c, d) + triangle(a, b, d) + triangle(b, c, d)))
}
