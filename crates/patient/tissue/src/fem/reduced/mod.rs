//! A reduced model: few modes of motion, and few elements that stand for all.
//!
//! Modes are the principal ones of given states of the full model, so that it knows what it was shown and little else. Forces and
//! stiffness are summed over a few elements with weights that give the work of all elements on all modes in those states.
//! For batch use: thousands of runs of one body. Contact, pressure, springs, sutures and viscosity are not in it.
//!
//! # Source
//! Proper orthogonal decomposition: Sirovich 1987, Q Appl Math 45:561. Elements with weights: Farhat, Avery, Chapman & Cortial 2014,
//! Int J Numer Methods Eng 98:625 (energy-conserving sampling and weighting).

mod basis;
mod cubature;
pub(super) mod dense;
mod reach;
mod step;

use serde::{Deserialize, Serialize};

pub use step::{ReducedInput, ReducedOutput, ReducedState, ReducedWorkspace, reduced_rest, reduced_step};

use super::assemble::{Into, assemble};
use super::element::{Fibres, Want};
use super::law::Law;
use super::model::{FemModel, Set, for_set};
use super::shape::ElementSet;
use super::solve::FemWorkspace;
use crate::TissueError;
use crate::error::check;

/// Elements tried when those that stand for all are chosen; of larger bodies every n-th.
const CANDIDATE_COUNT_MAX: usize = 4000;

/// How a model is reduced.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReducedSpec {
    /// Modes at most.
    pub mode_count_max: u32,
    /// Share of the states' motion that may be left out [1]: modes end there.
    pub left_out: f64,
    /// Error of the work of the weighted elements on the modes in the given states, against that of all [1].
    pub work_error: f64,
    /// Elements at most.
    pub element_count_max: u32,
}

/// Elements of one part that stand for all of it.
#[derive(Clone, Debug)]
pub(crate) struct ReducedPart {
    pub(crate) set: Set,
    pub(crate) law: Law,
    pub(crate) fibres: Vec<Fibres>,
    pub(crate) weights: Vec<f64>,
}

/// A reduced body.
#[derive(Clone, Debug)]
pub struct ReducedModel {
    /// Modes at all nodes [1/√kg], shape [3 × node_count, mode_count].
    pub(crate) modes: Vec<f64>,
    pub(crate) mode_count: usize,
    pub(crate) parts: Vec<ReducedPart>,
    /// Modes at the nodes of the chosen elements, which number them anew.
    pub(crate) near_modes: Vec<f64>,
    /// Weight of gravity on each mode [√kg], shape [3, mode_count].
    pub(crate) gravity: Vec<f64>,
    pub(crate) node_count: usize,
    shown: reach::Shown,
    report: ReducedReport,
}

/// What a reduction kept.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReducedReport {
    /// Modes.
    pub mode_count: u32,
    /// Elements that stand for all, and all.
    pub element_count: u32,
    /// Elements of the full model.
    pub full_element_count: u32,
    /// Share of the states' motion left out [1].
    pub left_out: f64,
    /// Error of the work in the given states [1].
    pub work_error: f64,
}

impl ReducedModel {
    /// Reduce a model to what happens in some of its states: displacements [m], each of shape [node_count, 3].
    ///
    /// # Errors
    /// [`TissueError`] for numbers out of range, states that do not fit or show no motion, and for what a reduced model has not.
    pub fn new(model: &FemModel, states_m: &[Vec<[f64; 3]>], spec: ReducedSpec) -> Result<Self, TissueError> {
        check("mode_count_max", f64::from(spec.mode_count_max), 1.0, 200.0, "modes")?;
        check("left_out", spec.left_out, 0.0, 0.5, "1")?;
        check("work_error", spec.work_error, 1e-6, 0.5, "1")?;
        check("element_count_max", f64::from(spec.element_count_max), 1.0, 2000.0, "elements")?;
        check("states_m", states_m.len() as f64, 1.0, 500.0, "states")?;
        refuse(model)?;
        for state in states_m {
            check("nodes of states_m", state.len() as f64, model.nodes_m.len() as f64, model.nodes_m.len() as f64, "nodes")?;
            for x in state.iter().flatten() {
                check("states_m", *x, -1e6, 1e6, "m")?;
            }
        }
        let (modes, mode_count, left_out) = basis::principal(model, states_m, spec)?;
        let chosen = cubature::choose(model, states_m, &modes, mode_count, spec)?;
        let (parts, near) = gather(model, &chosen.elements);
        let near_modes =
            near.iter().flat_map(|&n| modes[3 * n as usize * mode_count..3 * (n as usize + 1) * mode_count].to_vec()).collect();
        let mut gravity = vec![0.0; 3 * mode_count];
        for (n, m) in model.mass_kg.iter().enumerate() {
            for axis in 0..3 {
                for k in 0..mode_count {
                    gravity[axis * mode_count + k] += m * modes[(3 * n + axis) * mode_count + k];
                }
            }
        }
        let shown = reach::Shown::new(model, states_m, &modes, mode_count);
        let full: usize = model.parts.iter().map(|p| for_set!(&p.set, s => s.nodes.len())).sum();
        let report = ReducedReport {
            mode_count: mode_count as u32,
            element_count: chosen.elements.len() as u32,
            full_element_count: full as u32,
            left_out,
            work_error: chosen.error,
        };
        Ok(Self { modes, mode_count, parts, near_modes, gravity, node_count: model.nodes_m.len(), shown, report })
    }

    /// What the reduction kept.
    #[must_use]
    pub fn report(&self) -> ReducedReport {
        self.report
    }

    /// At rest, undeformed.
    #[must_use]
    pub fn state(&self) -> ReducedState {
        ReducedState::at_rest(self.mode_count)
    }

    /// How far a state is out compared with the states that the model was made from [1]: at most 1 for each of these.
    ///
    /// The greater of two ratios: of the amplitude of any mode to the greatest shown, and of the state's leverage qᵀ(Σ qᵢqᵢᵀ)⁻¹q
    /// to the greatest shown (Belsley, Kuh & Welsch 1980, Regression Diagnostics), its root. A state beyond 1 is not among those that
    /// the modes and the chosen elements were made for; one below it may still be a mixture that was never shown.
    #[must_use]
    pub fn reach(&self, state: &ReducedState) -> f64 {
        self.shown.reach(&state.amplitude)
    }

    /// Displacement of one node [m].
    #[must_use]
    pub fn displacement_m(&self, state: &ReducedState, node: u32) -> [f64; 3] {
        let r = self.mode_count;
        std::array::from_fn(|k| {
            let row = 3 * node as usize + k;
            self.modes.get(row * r..(row + 1) * r).map_or(0.0, |m| m.iter().zip(&state.amplitude).map(|(m, q)| m * q).sum())
        })
    }

    /// Displacements of all nodes [m], shape [node_count, 3].
    #[must_use]
    pub fn displacements_m(&self, state: &ReducedState) -> Vec<[f64; 3]> {
        (0..self.node_count as u32).map(|n| self.displacement_m(state, n)).collect()
    }
}

/// What a reduced model has not.
fn refuse(model: &FemModel) -> Result<(), TissueError> {
    let no = |what: &str| Err(TissueError::Contradiction { field: "reduced model", what: format!("it has no {what}") });
    if !model.springs.is_empty() {
        return no("springs");
    }
    if !model.sutures.is_empty() {
        return no("sutures");
    }
    if !model.tools.is_empty() || !model.surfaces.is_empty() {
        return no("tools");
    }
    if model.parts.iter().any(|p| !p.viscosity.branches.is_empty()) {
        return no("viscosity");
    }
    Ok(())
}

/// Chosen elements by part with nodes numbered anew, and the old numbers of these nodes.
fn gather(model: &FemModel, chosen: &[(usize, usize, f64)]) -> (Vec<ReducedPart>, Vec<u32>) {
    let mut near: Vec<u32> = Vec::new();
    let mut number = std::collections::BTreeMap::new();
    let mut parts = Vec::new();
    for (index, part) in model.parts.iter().enumerate() {
        let mine: Vec<(usize, f64)> = chosen.iter().filter(|c| c.0 == index).map(|c| (c.1, c.2)).collect();
        if mine.is_empty() {
            continue;
        }
        let mut renumber = |n: u32| {
            *number.entry(n).or_insert_with(|| {
                near.push(n);
                near.len() as u32 - 1
            })
        };
        let elements: Vec<usize> = mine.iter().map(|m| m.0).collect();
        let set = match &part.set {
            Set::Hexahedra(s) => Set::Hexahedra(some(s, &elements, &mut renumber)),
            Set::Tetrahedra(s) => Set::Tetrahedra(some(s, &elements, &mut renumber)),
            Set::QuadraticTetrahedra(s) => Set::QuadraticTetrahedra(some(s, &elements, &mut renumber)),
        };
        let fibres = elements.iter().map(|&e| *part.fibres(e)).collect();
        parts.push(ReducedPart { set, law: part.law.clone(), fibres, weights: mine.iter().map(|m| m.1).collect() });
    }
    (parts, near)
}

fn some<const N: usize>(set: &ElementSet<N>, elements: &[usize], renumber: &mut impl FnMut(u32) -> u32) -> ElementSet<N> {
    ElementSet {
        nodes: elements.iter().map(|&e| set.nodes[e].map(&mut *renumber)).collect(),
        points: elements.iter().flat_map(|&e| set.points[e * set.point_count..(e + 1) * set.point_count].to_vec()).collect(),
        point_count: set.point_count,
        volume_m3: elements.iter().map(|&e| set.volume_m3[e]).collect(),
        mean_dilatation: set.mean_dilatation,
    }
}

/// Internal force of the full model [N]; none where the law does not allow the state.
pub(super) fn full_force(model: &FemModel, u: &[[f64; 3]], space: &mut FemWorkspace) -> Option<Vec<[f64; 3]>> {
    let mut force = vec![[0.0; 3]; u.len()];
    let totals = assemble(model, &[], u, Want::Force, &mut Into { force: &mut force, matrix: None }, &mut space.buffers);
    totals.energy_j.is_finite().then_some(force)
}
