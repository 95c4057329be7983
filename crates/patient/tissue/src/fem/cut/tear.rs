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

use super::super::mat3::{dot3, jacobi};
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

/// What tears.
#[derive(Clone, Debug, PartialEq)]
pub struct TearSpec {
    /// Greatest principal Cauchy stress at a node from which it may part [Pa].
    pub strength_pa: f64,
    /// Energy that a new crack costs per area at rest [J/m²]; zero: the strength alone decides.
    pub toughness_j_per_m2: f64,
    /// Nodes that may part; empty: all. Only those on the surface ever do.
    pub nodes: Vec<u32>,
    /// Nodes tried, the most stressed first.
    pub trial_count_max: u32,
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
    /// Area at rest [m²]: a third of each opened triangle, a quarter of each quadrilateral, for each of its nodes that parted.
    pub area_m2: f64,
    /// Fall of the potential energy [J]; zero without a toughness.
    pub released_j: f64,
}

/// Nodes by falling stress, those above a strength.
#[must_use]
pub fn node_stresses(spec: &FemSpec, model: &FemModel, state: &FemState, strength_pa: f64) -> Vec<Fracture> {
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
            let (value, vector) = jacobi([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]]);
            let k = (0..3).fold(0, |best, k| if value[k] > value[best] { k } else { best });
            let direction = [vector[0][k], vector[1][k], vector[2][k]];
            (value[k] > strength_pa).then_some(Fracture { node, stress_pa: value[k], direction })
        })
        .collect();
    found.sort_by(|a, b| b.stress_pa.total_cmp(&a.stress_pa).then(a.node.cmp(&b.node)));
    found
}

/// Tear once, at the most stressed nodes that may; none where nothing tears. One node is tried, then it together with those
/// that are stressed more.
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
    let may: BTreeSet<u32> = wanted.nodes.iter().copied().collect();
    let candidates = node_stresses(spec, model, state, wanted.strength_pa);
    let surface = if first == 8 { surface_nodes::<8>(spec) } else { surface_nodes::<4>(spec) };
    let allowed = |f: &Fracture| surface.contains(&f.node) && (may.is_empty() || may.contains(&f.node));
    let mut candidates: Vec<Fracture> = candidates.into_iter().filter(allowed).collect();
    candidates.truncate(wanted.trial_count_max as usize);
    for count in 1..=candidates.len() {
        // A node alone, then together with all that are stressed more: a straight front goes on as a whole, not node by node.
        for set in [&candidates[count - 1..count], &candidates[..count]].into_iter().take(count.min(2)) {
            let step = match first {
                8 => try_at::<8>(spec, model, state, input, wanted, set)?,
                _ => try_at::<4>(spec, model, state, input, wanted, set)?,
            };
            if step.is_some() {
                return Ok(step);
            }
        }
    }
    Ok(None)
}

fn try_at<const N: usize>(
    spec: &FemSpec,
    model: &FemModel,
    state: &FemState,
    input: &FemInput<'_>,
    wanted: &TearSpec,
    set: &[Fracture],
) -> Result<Option<TearStep>, TissueError>
where
    Kind: Openable<N>,
{
    let keys: BTreeSet<FaceKey> = set.iter().flat_map(|at| faces_across::<N>(spec, state, at)).collect();
    if keys.is_empty() {
        return Ok(None);
    }
    let mut opened = open_keys::<N>(spec, state, &keys, &CutOptions::USUAL, 0.0)?;
    if opened.report.copied_node_count == 0 {
        return Ok(None);
    }
    let corners = <Kind as Openable<N>>::FACES[0].len() as f64;
    let parted: BTreeSet<u32> = opened.pairs.iter().map(|p| p[0]).collect();
    let share = |key: &FaceKey| key.iter().filter(|n| parted.contains(n)).count() as f64 / corners;
    let area_m2 = keys.iter().map(|k| share(k) * area_m2(&spec.nodes_m, k)).sum::<f64>();
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

/// Faces at a node between elements on different sides of the plane through it.
fn faces_across<const N: usize>(spec: &FemSpec, state: &FemState, at: &Fracture) -> BTreeSet<FaceKey>
where
    Kind: Openable<N>,
{
    let placed = |n: u32| -> [f64; 3] { std::array::from_fn(|k| spec.nodes_m[n as usize][k] + state.displacement_m[n as usize][k]) };
    let here = placed(at.node);
    let mut seen: BTreeMap<FaceKey, bool> = BTreeMap::new();
    let mut keys = BTreeSet::new();
    for element in all::<N>(spec).iter().filter(|e| e.contains(&at.node)) {
        let sum = element.iter().fold([0.0; 3], |s: [f64; 3], &n| std::array::from_fn(|k| s[k] + placed(n)[k] - here[k]));
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
