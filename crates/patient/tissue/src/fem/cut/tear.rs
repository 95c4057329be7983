//! Tearing: nodes at which tissue is pulled too hard are parted, where that releases enough energy.
//!
//! A node of the surface (cracks' sides and fronts are surface too) is a candidate where the greatest principal Cauchy stress, averaged over its elements, exceeds a strength. Its elements are told
//! apart by the plane across that stress; the faces between them at the node are opened. With a toughness the body is
//! brought to rest anew and the tear is kept only if the potential energy fell by at least toughness × area (Griffith 1921,
//! Phil Trans R Soc A 221:163). A stress at a crack's tip grows as elements shrink, so that the strength says where a tear may begin and means
//! nothing without a size of elements; the toughness decides whether it goes on, and does not depend on that size but
//! for the last step, which may release more than is needed.

use std::collections::{BTreeMap, BTreeSet};

use proband_mesh::{FaceKey, face_key};

use super::super::mat3::{cross, dot3, jacobi};
use super::super::model::FemModel;
use super::super::probe::element_stresses;
use super::super::solve::FemWorkspace;
use super::super::spec::FemSpec;
use super::super::state::{FemInput, FemState};
use super::super::step::rest;
use super::carry::{area_m2, open_keys};
use super::{CutOptions, Kind, Openable, Opened, all, kind};
use crate::TissueError;
use crate::error::check;

/// Least stress of a front's nodes against that of the most stressed [1].
const FRONT_SHARE: f64 = 0.5;
/// Least cosine between a crack's plane and a face of its sides [1].
const ACROSS: f64 = std::f64::consts::FRAC_1_SQRT_2;

/// What tears.
#[derive(Clone, Debug, PartialEq)]
pub struct TearSpec {
    /// Greatest principal Cauchy stress at a node from which it may part [Pa].
    pub strength_pa: f64,
    /// Energy that a new crack costs per area at rest [J/m²]; zero: the strength alone decides.
    pub toughness_j_per_m2: f64,
    /// Nodes that may part; empty: all. Only those on the surface ever do.
    pub nodes: Vec<u32>,
    /// Nodes considered, the most stressed first.
    pub trial_count_max: u32,
    /// Unit vector at rest that every tear lies across: a weak layer, a groove. None: across the greatest principal stress.
    pub across: Option<[f64; 3]>,
}

/// Stress at a node.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fracture {
    /// The node.
    pub node: u32,
    /// Greatest principal Cauchy stress, averaged over the node's elements by volume [Pa].
    pub stress_pa: f64,
    /// Its direction, in the deformed body.
    pub direction: [f64; 3],
}

/// One tear.
#[derive(Clone, Debug)]
pub struct TearStep {
    /// The body after it, at rest if a toughness was given.
    pub opened: Opened,
    /// Where it parted.
    pub at: Vec<Fracture>,
    /// Area at rest [m²] of the new crack: what belongs to the nodes that parted, a third of each triangle and a quarter of each
    /// quadrilateral of the crack's plane around them.
    pub area_m2: f64,
    /// Fall of the potential energy [J]; zero without a toughness.
    pub released_j: f64,
}

/// Nodes by falling stress, those above a strength.
#[must_use]
pub fn node_stresses(spec: &FemSpec, model: &FemModel, state: &FemState, strength_pa: f64) -> Vec<Fracture> {
    stresses_across(spec, model, state, strength_pa, None)
}

/// The same, or the stress across one direction.
fn stresses_across(spec: &FemSpec, model: &FemModel, state: &FemState, strength_pa: f64, across: Option<[f64; 3]>) -> Vec<Fracture> {
    let mut sums: BTreeMap<u32, ([f64; 6], f64)> = BTreeMap::new();
    for (index, part) in spec.parts.iter().enumerate() {
        let stresses = element_stresses(model, state, index);
        let lists: Vec<&[u32]> = match &part.elements {
            super::Elements::Tetrahedra(e) => e.iter().map(|n| n.as_slice()).collect(),
            super::Elements::Hexahedra(e) => e.iter().map(|n| n.as_slice()).collect(),
            super::Elements::QuadraticTetrahedra(_) => Vec::new(),
        };
        for (nodes, stress) in lists.iter().zip(&stresses) {
            for &n in *nodes {
                let (sum, weight) = sums.entry(n).or_insert(([0.0; 6], 0.0));
                for (s, v) in sum.iter_mut().zip(stress.cauchy_pa) {
                    *s += stress.volume_ratio * v;
                }
                *weight += stress.volume_ratio;
            }
        }
    }
    let mut found: Vec<Fracture> = sums
        .into_iter()
        .filter_map(|(node, (sum, weight))| {
            let [xx, yy, zz, xy, xz, yz] = sum.map(|s| s / weight);
            let stress = [[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]];
            if let Some(direction) = across {
                let stress_pa = dot3(direction, stress.map(|row| dot3(row, direction)));
                return (stress_pa > strength_pa).then_some(Fracture { node, stress_pa, direction });
            }
            let (value, vector) = jacobi(stress);
            let k = (0..3).fold(0, |best, k| if value[k] > value[best] { k } else { best });
            let direction = [vector[0][k], vector[1][k], vector[2][k]];
            (value[k] > strength_pa).then_some(Fracture { node, stress_pa: value[k], direction })
        })
        .collect();
    found.sort_by(|a, b| b.stress_pa.total_cmp(&a.stress_pa).then(a.node.cmp(&b.node)));
    found
}

/// Tear once, at the most stressed nodes that may; none where nothing tears. With a toughness whole fronts are tried, then their more
/// stressed halves, down to one node; without one the most stressed node alone.
///
/// With a toughness `input` is what the body rests under; it must be at rest under it already.
///
/// # Errors
/// [`TissueError`] for numbers out of range, quadratic tetrahedra or mixed elements; as [`rest`].
pub fn tear(
    spec: &FemSpec,
    model: &FemModel,
    state: &FemState,
    input: &FemInput<'_>,
    wanted: &TearSpec,
) -> Result<Option<TearStep>, TissueError> {
    check("tear.strength_pa", wanted.strength_pa, 0.0, 1e12, "Pa")?;
    check("tear.toughness_j_per_m2", wanted.toughness_j_per_m2, 0.0, 1e9, "J/m²")?;
    check("tear.trial_count_max", f64::from(wanted.trial_count_max), 1.0, 1e6, "nodes")?;
    let first = spec.parts.first().map_or(0, |p| kind(&p.elements));
    if spec.parts.iter().any(|p| kind(&p.elements) != first) || first == 10 {
        return Err(TissueError::Contradiction {
            field: "parts.elements",
            what: "only tetrahedra alone or hexahedra alone can tear".into(),
        });
    }
    if let Some(across) = wanted.across {
        check("length of tear.across", dot3(across, across).sqrt(), 1.0 - 1e-6, 1.0 + 1e-6, "1")?;
    }
    let may: BTreeSet<u32> = wanted.nodes.iter().copied().collect();
    let candidates = stresses_across(spec, model, state, wanted.strength_pa, wanted.across);
    let surface = if first == 8 { surface_nodes::<8>(spec) } else { surface_nodes::<4>(spec) };
    let allowed = |f: &Fracture| surface.contains(&f.node) && (may.is_empty() || may.contains(&f.node));
    let mut candidates: Vec<Fracture> = candidates.into_iter().filter(allowed).collect();
    candidates.truncate(wanted.trial_count_max as usize);
    let place = |(n, x): (usize, &[f64; 3])| -> [f64; 3] {
        // A direction at rest is compared with the body at rest.
        if wanted.across.is_some() { *x } else { std::array::from_fn(|k| x[k] + state.displacement_m[n][k]) }
    };
    let placed: Vec<[f64; 3]> = spec.nodes_m.iter().enumerate().map(place).collect();
    for set in sets(spec, &placed, first, &candidates, wanted.toughness_j_per_m2 > 0.0) {
        let step = match first {
            8 => try_at::<8>(&Scene { spec, model, state, input, placed: &placed }, wanted, &set)?,
            _ => try_at::<4>(&Scene { spec, model, state, input, placed: &placed }, wanted, &set)?,
        };
        if step.is_some() {
            return Ok(step);
        }
    }
    Ok(None)
}

/// What to try, in this order: with a toughness each front of linked candidates as a whole (a straight front goes on as a whole, not node by
/// node), then the more stressed half of it, and so on to its most stressed node; without one each candidate alone.
fn sets(spec: &FemSpec, placed: &[[f64; 3]], corners: u32, candidates: &[Fracture], pays: bool) -> Vec<Vec<Fracture>> {
    if !pays {
        return candidates.iter().map(|c| vec![*c]).collect();
    }
    let faces = |c: &Fracture| if corners == 8 { faces_across::<8>(spec, placed, c) } else { faces_across::<4>(spec, placed, c) };
    let mut left: Vec<(Fracture, BTreeSet<FaceKey>)> = candidates.iter().map(|c| (*c, faces(c))).filter(|c| !c.1.is_empty()).collect();
    let mut out = Vec::new();
    while !left.is_empty() {
        let (top, mut reached) = left.remove(0);
        let mut front = vec![top];
        // Candidates that would open a face together with the front belong to it, if they are about as stressed.
        while let Some(at) = left.iter().position(|(c, keys)| c.stress_pa >= FRONT_SHARE * top.stress_pa && !keys.is_disjoint(&reached)) {
            let (next, keys) = left.remove(at);
            reached.extend(keys);
            front.push(next);
        }
        front.sort_by(|a, b| b.stress_pa.total_cmp(&a.stress_pa).then(a.node.cmp(&b.node)));
        let mut count = front.len();
        while count > 0 {
            out.push(front[..count].to_vec());
            count /= 2;
        }
    }
    out
}

/// A body before a tear.
struct Scene<'a> {
    spec: &'a FemSpec,
    model: &'a FemModel,
    state: &'a FemState,
    input: &'a FemInput<'a>,
    /// Places of the nodes in which directions are told [m].
    placed: &'a [[f64; 3]],
}

fn try_at<const N: usize>(scene: &Scene<'_>, wanted: &TearSpec, set: &[Fracture]) -> Result<Option<TearStep>, TissueError>
where
    Kind: Openable<N>,
{
    let Scene { spec, model, state, input, placed } = *scene;
    let keys: BTreeSet<FaceKey> = set.iter().flat_map(|at| faces_across::<N>(spec, placed, at)).collect();
    if keys.is_empty() {
        return Ok(None);
    }
    let mut opened = open_keys::<N>(spec, state, &keys, &CutOptions::USUAL, 0.0)?;
    if opened.report.copied_node_count == 0 {
        return Ok(None);
    }
    let parted: BTreeSet<u32> = opened.pairs.iter().map(|p| p[0]).collect();
    // A face that opens takes nodes with it that were not asked for: they are paid for like the others.
    let own = |node: u32| Fracture { node, ..*set.iter().find(|at| at.node == node).unwrap_or(&set[0]) };
    let area_m2 = parted.iter().map(|node| node_area_m2::<N>(spec, placed, &own(*node))).sum::<f64>();
    let mut released_j = 0.0;
    if wanted.toughness_j_per_m2 > 0.0 {
        let before_j = potential_j(model, state, input);
        let mut led = input.led_m.to_vec();
        if !led.is_empty() {
            // A copy of a held node goes where the node goes; copies lie behind all others.
            let first_copy = spec.nodes_m.len() as u32;
            for &node in &opened.held_new {
                let place = opened.state.displacement_m[node as usize];
                debug_assert!(node >= first_copy);
                led.push(place);
            }
        }
        let input = FemInput { led_m: &led, ..*input };
        let mut space = FemWorkspace::new(&opened.model);
        let out = rest(&opened.model, &mut opened.state, &input, 1, 0.0, &mut space)?;
        if !out.converged {
            return Ok(None);
        }
        released_j = before_j - potential_j(&opened.model, &opened.state, &input);
        if !(released_j >= wanted.toughness_j_per_m2 * area_m2) {
            return Ok(None);
        }
    }
    Ok(Some(TearStep { opened, at: set.to_vec(), area_m2, released_j }))
}

/// Nodes of faces that one element has alone: the surface, sides and fronts of cracks among it.
fn surface_nodes<const N: usize>(spec: &FemSpec) -> BTreeSet<u32>
where
    Kind: Openable<N>,
{
    let mut seen: BTreeMap<FaceKey, u32> = BTreeMap::new();
    for element in all::<N>(spec) {
        for face in <Kind as Openable<N>>::FACES {
            let nodes: Vec<u32> = face.iter().map(|&k| element[k]).collect();
            *seen.entry(face_key(&nodes)).or_insert(0) += 1;
        }
    }
    seen.into_iter().filter(|(_, count)| *count == 1).flat_map(|(key, _)| key).filter(|n| *n != u32::MAX).collect()
}

/// Area at rest of a crack across the stress at a node that belongs to the node [m²]: a third of each triangle and a quarter of each
/// quadrilateral around it, of those ahead, which open, and of those behind, whose two sides are surface already.
///
/// So a front that passes a face has paid for the whole of it.
fn node_area_m2<const N: usize>(spec: &FemSpec, placed: &[[f64; 3]], at: &Fracture) -> f64
where
    Kind: Openable<N>,
{
    let corners = <Kind as Openable<N>>::FACES[0].len() as f64;
    let ahead: f64 = faces_across::<N>(spec, placed, at).iter().map(|k| area_m2(&spec.nodes_m, k)).sum();
    let at_place = |n: u32| placed[n as usize];
    let mut seen: BTreeMap<FaceKey, u32> = BTreeMap::new();
    for element in all::<N>(spec).iter().filter(|e| e.contains(&at.node)) {
        for face in <Kind as Openable<N>>::FACES {
            let nodes: Vec<u32> = face.iter().map(|&k| element[k]).collect();
            if nodes.contains(&at.node) {
                *seen.entry(face_key(&nodes)).or_insert(0) += 1;
            }
        }
    }
    let across = |key: &FaceKey| {
        let [a, b, c] = [key[0], key[1], key[2]].map(at_place);
        let normal = cross(std::array::from_fn(|k| b[k] - a[k]), std::array::from_fn(|k| c[k] - a[k]));
        dot3(normal, at.direction).abs() > ACROSS * dot3(normal, normal).sqrt()
    };
    let behind: f64 = seen.iter().filter(|(key, count)| **count == 1 && across(key)).map(|(key, _)| area_m2(&spec.nodes_m, key)).sum();
    (ahead + 0.5 * behind) / corners
}

/// Faces at a node between elements on different sides of the plane through it.
fn faces_across<const N: usize>(spec: &FemSpec, placed: &[[f64; 3]], at: &Fracture) -> BTreeSet<FaceKey>
where
    Kind: Openable<N>,
{
    let at_place = |n: u32| placed[n as usize];
    let here = at_place(at.node);
    let mut seen: BTreeMap<FaceKey, bool> = BTreeMap::new();
    let mut keys = BTreeSet::new();
    for element in all::<N>(spec).iter().filter(|e| e.contains(&at.node)) {
        let sum = element.iter().fold([0.0; 3], |s: [f64; 3], &n| std::array::from_fn(|k| s[k] + at_place(n)[k] - here[k]));
        let is_above = dot3(sum, at.direction) > 0.0;
        for face in <Kind as Openable<N>>::FACES {
            let nodes: Vec<u32> = face.iter().map(|&k| element[k]).collect();
            if nodes.contains(&at.node) && seen.insert(face_key(&nodes), is_above).is_some_and(|other| other != is_above) {
                keys.insert(face_key(&nodes));
            }
        }
    }
    keys
}

/// Stored energy less the work of dead loads and gravity [J]. A pressure is left out: it has none.
fn potential_j(model: &FemModel, state: &FemState, input: &FemInput<'_>) -> f64 {
    let mut space = FemWorkspace::new(model);
    let stored = super::super::probe::stored_energy_j(model, state, &mut space);
    let u = &state.displacement_m;
    let weight: f64 = model.mass_kg.iter().zip(u).map(|(m, u)| m * dot3(input.gravity_m_per_s2, *u)).sum();
    let dead: f64 = input.forces_n.iter().map(|(n, f)| dot3(*f, u[*n as usize])).sum();
    stored - weight - dead
}
