//! The course of a cut: conform to the blade, conform to its sides, open.

use std::collections::{BTreeMap, BTreeSet};

use proband_core::ops;

use super::blade::Blade;
use super::open::{FaceKey, face_key, open_faces};
use super::work::Work;
use super::{CutBody, CutReport, CutResult, CutSpec};
use crate::error::{MeshError, in_range};
use crate::quality::{QualityReport, worst_cosine};
use crate::tet_mesh::{TET_FACES, TetMesh};
use crate::vector::{V3, mix, norm, scale, sub};

/// Dihedral angles asked for in turn [°]; the last round goes down to the caller's.
const ROUND_ANGLES_DEG: [f64; 5] = [16.0, 13.0, 10.0, 8.0, 0.0];
/// Tetrahedra near the cut below this angle [°] are improved between the rounds.
const IMPROVE_BELOW_DEG: f64 = 16.0;
/// Ways towards neighbours that are tried when improving [1].
const WAYS: [f64; 3] = [0.3, 0.15, 0.07];
/// Height over the blade against an edge's length below which a node is on it [1].
const ON: f64 = 1e-7;
/// Rounds in which small pieces are given back to their neighbours.
const MEND_ROUND_MAX: usize = 6;
/// Pieces of so few tetrahedra are given back.
const CRUMB: usize = 3;

/// Part a mesh along a blade.
///
/// Edges that cross the blade are split there, or one of their ends is slid onto it, whichever leaves the better angles and as
/// long as no dihedral angle falls below the wanted one; where neither can be had the cut follows faces beside the blade.
/// Both keep the mesh conforming and its volume the same but for rounding.
///
/// # Errors
/// [`MeshError`] for a body whose lists do not fit together or an angle out of range.
pub fn cut(body: &CutBody, blade: &Blade, spec: CutSpec) -> Result<CutResult, MeshError> {
    in_range("angle_min_rad", spec.angle_min_rad, "rad", 0.0, 0.35)?;
    let before = QualityReport::of(&body.mesh);
    let mut work = start(body, blade)?;
    for level in 0..=blade.side_count() {
        conform(&mut work, level, blade, spec);
    }
    let (keys, sides) = faces_to_open(&mut work, blade);
    Ok(finish(body, work, blade, &keys, &sides, &before))
}

fn start(body: &CutBody, blade: &Blade) -> Result<Work, MeshError> {
    let count = body.mesh.nodes_m.len();
    let placed = if body.placed_m.is_empty() { body.mesh.nodes_m.clone() } else { body.placed_m.clone() };
    let fits = |what, found: usize| {
        if found == count { Ok(()) } else { Err(MeshError::Count { what, found: found as u64, expected: count as u64 }) }
    };
    fits("placed_m", placed.len())?;
    crate::surface::check_nodes(&placed)?;
    let marks = if body.marks.is_empty() { vec![0; count] } else { body.marks.clone() };
    fits("marks", marks.len())?;
    body.fields.iter().try_for_each(|f| fits("fields", f.len()))?;
    let mut around = vec![Vec::new(); count];
    let mut edge = vec![0.0_f64; count];
    for (tet, nodes) in body.mesh.tets.iter().enumerate() {
        for &v in nodes {
            around[v as usize].push(tet as u32);
            for &w in nodes {
                edge[v as usize] = edge[v as usize].max(norm(sub(placed[v as usize], placed[w as usize])));
            }
        }
    }
    let zero_small = |value: f64, node: usize| if value.abs() <= ON * edge[node] { 0.0 } else { value };
    let mut levels = vec![placed.iter().enumerate().map(|(n, p)| zero_small(blade.height_m(*p), n)).collect::<Vec<f64>>()];
    for side in 0..blade.side_count() {
        levels.push(placed.iter().enumerate().map(|(n, p)| zero_small(blade.beyond_m(side, *p), n)).collect());
    }
    let mut faces_at: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (index, face) in body.faces.iter().enumerate() {
        for &n in face {
            if n as usize >= count {
                return Err(MeshError::BadIndex {
                    element: index as u32,
                    node: n,
                    node_count: count as u64,
                    what: "there is no such node",
                });
            }
            faces_at.entry(n).or_default().push(index as u32);
        }
    }
    Ok(Work {
        nodes: body.mesh.nodes_m.clone(),
        placed,
        fields: body.fields.clone(),
        marks,
        levels,
        tets: body.mesh.tets.clone(),
        regions: body.mesh.regions.clone(),
        parents: (0..body.mesh.tets.len() as u32).collect(),
        around,
        faces: body.faces.clone(),
        faces_at,
        changed: vec![false; count],
        split_count: 0,
        slid_count: 0,
    })
}

/// Edges that cross a level near the blade, longest first.
fn crossings(work: &Work, level: usize, blade: &Blade) -> Vec<(u32, u32)> {
    let value = &work.levels[level];
    let mut edges: BTreeSet<(u32, u32)> = BTreeSet::new();
    for nodes in &work.tets {
        for i in 0..4 {
            for j in 0..i {
                let (a, b) = (nodes[i].min(nodes[j]), nodes[i].max(nodes[j]));
                if crosses(work, value, a, b, level) && near(work, value, a, b, level, blade) {
                    edges.insert((a, b));
                }
            }
        }
    }
    let length = |e: &(u32, u32)| norm(sub(work.nodes[e.0 as usize], work.nodes[e.1 as usize]));
    let mut edges: Vec<(u32, u32)> = edges.into_iter().collect();
    edges.sort_by(|a, b| length(b).total_cmp(&length(a)).then(a.cmp(b)));
    edges
}

/// Sides of the blade concern edges on the blade alone.
fn crosses(work: &Work, value: &[f64], a: u32, b: u32, level: usize) -> bool {
    let on = |n: u32| level == 0 || work.levels[0][n as usize] == 0.0;
    value[a as usize] * value[b as usize] < 0.0 && on(a) && on(b)
}

/// Whether an edge crosses the level within the blade or one edge's length beyond its sides.
fn near(work: &Work, value: &[f64], a: u32, b: u32, level: usize, blade: &Blade) -> bool {
    let (p, q) = (work.placed[a as usize], work.placed[b as usize]);
    let at = mix(p, q, value[a as usize] / (value[a as usize] - value[b as usize]));
    let margin = 1.5 * norm(sub(p, q));
    (0..blade.side_count()).all(|side| side + 1 == level || blade.beyond_m(side, at) <= margin)
}

fn conform(work: &mut Work, level: usize, blade: &Blade, spec: CutSpec) {
    for angle_deg in ROUND_ANGLES_DEG {
        let limit = ops::cos(angle_deg.to_radians().max(spec.angle_min_rad));
        let edges = crossings(work, level, blade);
        if edges.is_empty() {
            return;
        }
        for (a, b) in edges {
            if crosses(work, &work.levels[level], a, b, level) {
                settle(work, level, a, b, limit);
            }
        }
        improve(work);
    }
}

/// Split a crossing edge or slide one of its ends, whichever leaves the better angles; nothing where all are below the limit.
fn settle(work: &mut Work, level: usize, a: u32, b: u32, limit: f64) {
    let tets = work.at_edge(a, b);
    if tets.is_empty() {
        return;
    }
    let (fa, fb) = (work.levels[level][a as usize], work.levels[level][b as usize]);
    let t = fa / (fa - fb);
    let mut best: Option<(f64, u32)> = None;
    let mut offer = |cost: f64, allowed: f64, what: u32| {
        if cost <= allowed && best.is_none_or(|(least, _)| cost < least) {
            best = Some((cost, what));
        }
    };
    offer(work.worst_after_split(&tets, a, b, t), limit.max(work.worst(&tets)), 0);
    for (end, other, way, what) in [(a, b, t, 1), (b, a, 1.0 - t, 2)] {
        if way < 0.6 && work.may_slide(end, other) {
            let allowed = limit.max(work.worst(&work.around[end as usize]));
            offer(work.worst_after_slide(end, other, way), allowed, what);
        }
    }
    let on = match best {
        Some((_, 0)) => work.split(a, b, t),
        Some((_, 1)) => {
            work.slide(a, b, t);
            a
        }
        Some(_) => {
            work.slide(b, a, 1.0 - t);
            b
        }
        None => return,
    };
    work.levels[level][on as usize] = 0.0;
}

/// Slide nodes of badly shaped tetrahedra near the cut a little where that helps.
fn improve(work: &mut Work) {
    let limit = ops::cos(IMPROVE_BELOW_DEG.to_radians());
    let mut nodes: BTreeSet<u32> = BTreeSet::new();
    for (tet, corners) in work.tets.iter().enumerate() {
        if corners.iter().all(|&n| work.changed[n as usize]) && worst_cosine(&work.corners(tet as u32)) > limit {
            nodes.extend(corners);
        }
    }
    for v in nodes {
        let mut least = work.worst(&work.around[v as usize]);
        if least <= limit {
            continue;
        }
        let around: BTreeSet<u32> = work.around[v as usize].iter().flat_map(|&t| work.tets[t as usize]).filter(|&n| n != v).collect();
        let around: Vec<u32> = around.into_iter().filter(|&w| work.may_slide(v, w)).collect();
        for _ in 0..3 {
            let mut best = None;
            for &w in &around {
                for way in WAYS {
                    let cost = work.worst_after_slide(v, w, way);
                    let keeps_sides = work.levels.iter().all(|l| {
                        let (from, to) = (l[v as usize], l[v as usize] + way * (l[w as usize] - l[v as usize]));
                        from == 0.0 || from * to > 0.0
                    });
                    if cost < least - 1e-4 && keeps_sides {
                        (least, best) = (cost, Some((w, way)));
                    }
                }
            }
            match best {
                Some((w, way)) => work.slide(v, w, way),
                None => break,
            }
        }
    }
}

/// Faces between the two sides within the blade, and the side of each tetrahedron near it.
fn faces_to_open(work: &mut Work, blade: &Blade) -> (BTreeSet<FaceKey>, BTreeMap<u32, bool>) {
    let middle = |nodes: &[u32]| -> V3 {
        scale(nodes.iter().fold([0.0; 3], |s, &n| crate::vector::add(s, work.placed[n as usize])), 1.0 / nodes.len() as f64)
    };
    let mut sides: BTreeMap<u32, bool> = BTreeMap::new();
    for (tet, nodes) in work.tets.iter().enumerate() {
        let heights = nodes.map(|n| work.levels[0][n as usize]);
        let (low, high) = heights.iter().fold((0.0_f64, 0.0_f64), |(l, h), v| (l.min(*v), h.max(*v)));
        let touches = heights.contains(&0.0) || low * high < 0.0;
        let reach = nodes.iter().map(|&n| norm(sub(work.placed[n as usize], middle(nodes)))).fold(0.0, f64::max);
        if touches && blade.outside_m(middle(nodes)) <= 2.0 * reach {
            let sum: f64 = heights.iter().sum();
            sides.insert(tet as u32, if sum == 0.0 { blade.height_m(middle(nodes)) > 0.0 } else { sum > 0.0 });
        }
    }
    let mut keys = BTreeSet::new();
    for _ in 0..MEND_ROUND_MAX {
        keys = between(work, blade, &sides);
        let crumbs = crumbs(work, &keys, &sides);
        if crumbs.is_empty() {
            break;
        }
        for tet in crumbs {
            if let Some(side) = sides.get_mut(&tet) {
                *side = !*side;
            }
        }
    }
    (keys, sides)
}

/// Faces whose two tetrahedra lie on different sides, with the middle within the blade.
fn between(work: &Work, blade: &Blade, sides: &BTreeMap<u32, bool>) -> BTreeSet<FaceKey> {
    let mut seen: BTreeMap<FaceKey, bool> = BTreeMap::new();
    let mut keys = BTreeSet::new();
    for (&tet, &side) in sides {
        for face in TET_FACES {
            let nodes = face.map(|k| work.tets[tet as usize][k]);
            let key = face_key(&nodes);
            match seen.get(&key) {
                Some(&other) if other != side => {
                    let sum = nodes.iter().fold([0.0; 3], |s, &n| crate::vector::add(s, work.placed[n as usize]));
                    if blade.outside_m(scale(sum, 1.0 / 3.0)) < 0.0 {
                        keys.insert(key);
                    }
                }
                Some(_) => {}
                None => {
                    seen.insert(key, side);
                }
            }
        }
    }
    keys
}

/// Tetrahedra of pieces of at most a few that the cut would part from the rest.
fn crumbs(work: &Work, keys: &BTreeSet<FaceKey>, sides: &BTreeMap<u32, bool>) -> Vec<u32> {
    let mut found = Vec::new();
    let mut seen: BTreeSet<u32> = BTreeSet::new();
    for &tet in sides.keys() {
        if seen.contains(&tet) {
            continue;
        }
        let (mut piece, mut next, mut is_parted) = (vec![tet], 0, false);
        while next < piece.len() && piece.len() <= CRUMB {
            let nodes = work.tets[piece[next] as usize];
            for face in TET_FACES {
                let corners = face.map(|k| nodes[k]);
                if keys.contains(&face_key(&corners)) {
                    is_parted = true;
                    continue;
                }
                let holds = |t: u32| corners.iter().all(|n| work.tets[t as usize].contains(n));
                for &other in &work.around[corners[0] as usize] {
                    if holds(other) && !piece.contains(&other) {
                        piece.push(other);
                    }
                }
            }
            next += 1;
        }
        if piece.len() <= CRUMB && is_parted {
            found.extend(piece.iter().filter(|t| sides.contains_key(t)));
        }
        seen.extend(piece.iter().take(CRUMB));
    }
    found.sort_unstable();
    found.dedup();
    found
}

fn finish(
    body: &CutBody,
    mut work: Work,
    blade: &Blade,
    keys: &BTreeSet<FaceKey>,
    sides: &BTreeMap<u32, bool>,
    before: &QualityReport,
) -> CutResult {
    let mut deviation_m = 0.0_f64;
    let mut area_m2 = 0.0;
    for key in keys {
        let [a, b, c, _] = *key;
        let x = [a, b, c].map(|n| work.nodes[n as usize]);
        area_m2 += 0.5 * norm(crate::vector::cross(sub(x[1], x[0]), sub(x[2], x[0])));
        for n in [a, b, c] {
            deviation_m = deviation_m.max(blade.height_m(work.placed[n as usize]).abs());
        }
    }
    // Where each carried face lies in its tetrahedron, before nodes are parted.
    let owners: Vec<Option<(u32, [usize; 3])>> = work.faces.iter().map(|face| owner(&work, face)).collect();
    let faces: [&[usize]; 4] = std::array::from_fn(|k| TET_FACES[k].as_slice());
    let node_count = work.nodes.len() as u32;
    let mut opened: Vec<u32> = keys.iter().flat_map(|k| k[..3].to_vec()).collect();
    let copies = open_faces(&mut work.tets, &faces, keys, node_count);
    for &of in &copies {
        work.nodes.push(work.nodes[of as usize]);
        work.placed.push(work.placed[of as usize]);
        work.marks.push(work.marks[of as usize]);
        for field in &mut work.fields {
            field.push(field[of as usize]);
        }
    }
    let faces = owners.iter().flatten().map(|(tet, place)| place.map(|k| work.tets[*tet as usize][k])).collect();
    opened.sort_unstable();
    opened.dedup();
    opened.extend(node_count..node_count + copies.len() as u32);
    let mesh = TetMesh { nodes_m: work.nodes, tets: work.tets, regions: work.regions };
    let after = QualityReport::of(&mesh);
    let report = CutReport {
        split_count: work.split_count,
        slid_count: work.slid_count,
        opened_face_count: keys.len() as u64,
        opened_area_m2: area_m2,
        deviation_m,
        copied_node_count: copies.len() as u64,
        dihedral_min_before_rad: before.dihedral_rad.min,
        dihedral_min_rad: after.dihedral_rad.min,
        volume_change: if before.volume_m3 == 0.0 { 0.0 } else { after.volume_m3 / before.volume_m3 - 1.0 },
    };
    debug_assert!(sides.len() <= mesh.tets.len() && body.mesh.tets.len() <= mesh.tets.len());
    CutResult {
        body: CutBody { mesh, placed_m: work.placed, fields: work.fields, marks: work.marks, faces },
        parents: work.parents,
        copies_of: copies,
        cut_nodes: opened,
        report,
    }
}

fn owner(work: &Work, face: &[u32; 3]) -> Option<(u32, [usize; 3])> {
    let tet = work.around[face[0] as usize].iter().copied().find(|&t| face.iter().all(|n| work.tets[t as usize].contains(n)))?;
    let place = face.map(|n| work.tets[tet as usize].iter().position(|&x| x == n).unwrap_or(0));
    Some((tet, place))
}
