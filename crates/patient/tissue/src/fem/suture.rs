//! Threads and clips: points of the body tied to each other.
//!
//! A thread pulls with k (|d| − L) where the points are farther apart than its length L, and not at all nearer; a clip has no length.
//! It is a penalty: under a force f it lets the points f/k farther apart than its length, which is its error.

use proband_math::sparse::BlockMatrix;
use serde::{Deserialize, Serialize};

use super::mat3::dot3;
use super::model::FemModel;
use super::state::FemState;
use crate::TissueError;
use crate::error::check;

/// A point of the body: the weighted mean of up to three nodes, as of a point in a triangle.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SutureEnd {
    /// Nodes; one may be named again with the weight zero.
    pub nodes: [u32; 3],
    /// Weights [1]; their sum is 1.
    pub weights: [f64; 3],
}

impl SutureEnd {
    /// At one node.
    #[must_use]
    pub fn at(node: u32) -> Self {
        Self { nodes: [node; 3], weights: [1.0, 0.0, 0.0] }
    }
}

/// A thread or clip between two points.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Suture {
    /// Its ends.
    pub ends: [SutureEnd; 2],
    /// Stiffness [N/m].
    pub stiffness_n_per_m: f64,
    /// Length up to which it is slack [m]; zero: a clip.
    pub length_m: f64,
    /// Force at which it breaks [N]; see [`broken_sutures`].
    pub break_n: f64,
}

impl Suture {
    pub(crate) fn check(&self, node_count: u32) -> Result<(), TissueError> {
        check("sutures.stiffness_n_per_m", self.stiffness_n_per_m, 0.0, 1e12, "N/m")?;
        check("sutures.length_m", self.length_m, 0.0, 1e3, "m")?;
        check("sutures.break_n", self.break_n, 0.0, 1e12, "N")?;
        for end in &self.ends {
            for (node, weight) in end.nodes.iter().zip(end.weights) {
                check("sutures.ends.nodes", f64::from(*node), 0.0, f64::from(node_count) - 1.0, "")?;
                check("sutures.ends.weights", weight, 0.0, 1.0, "1")?;
            }
            check("sum of sutures.ends.weights", end.weights.iter().sum(), 1.0 - 1e-9, 1.0 + 1e-9, "1")?;
        }
        Ok(())
    }

    /// Its nodes.
    pub(crate) fn nodes(&self) -> [u32; 6] {
        let [[a, b, c], [d, e, f]] = self.ends.map(|end| end.nodes);
        [a, b, c, d, e, f]
    }

    /// Nodes and signed weights of d = end 1 − end 0.
    fn terms(&self) -> impl Iterator<Item = (u32, f64)> + Clone {
        let sign = [-1.0, 1.0];
        self.ends
            .into_iter()
            .zip(sign)
            .flat_map(|(end, sign)| (0..3).map(move |k| (end.nodes[k], sign * end.weights[k])))
            .filter(|t| t.1 != 0.0)
    }

    /// d [m], its length and by how much it is longer than the thread.
    fn stretch(&self, nodes_m: &[[f64; 3]], u: &[[f64; 3]]) -> ([f64; 3], f64, f64) {
        let mut d = [0.0; 3];
        for (node, weight) in self.terms() {
            for k in 0..3 {
                d[k] += weight * (nodes_m[node as usize][k] + u[node as usize][k]);
            }
        }
        let length = dot3(d, d).sqrt();
        (d, length, (length - self.length_m).max(0.0))
    }

    /// Add force and stiffness; returns the energy [J].
    pub(crate) fn add(
        &self,
        nodes_m: &[[f64; 3]],
        u: &[[f64; 3]],
        force: Option<&mut [[f64; 3]]>,
        matrix: Option<&mut BlockMatrix>,
    ) -> f64 {
        let (d, length, stretch) = self.stretch(nodes_m, u);
        let stiffness = self.stiffness_n_per_m;
        if stretch <= 0.0 && self.length_m > 0.0 {
            return 0.0;
        }
        let pull = if self.length_m > 0.0 { stiffness * stretch / length } else { stiffness };
        if let Some(force) = force {
            for (node, weight) in self.terms() {
                for k in 0..3 {
                    force[node as usize][k] += weight * pull * d[k];
                }
            }
        }
        if let Some(matrix) = matrix {
            let along = if length > 0.0 { (stiffness - pull) / (length * length) } else { 0.0 };
            for (a, p) in self.terms() {
                for (b, q) in self.terms() {
                    let Some(slot) = matrix.pattern().slot(a, b) else { continue };
                    for i in 0..3 {
                        for k in 0..3 {
                            let across = if i == k { pull } else { 0.0 };
                            matrix.blocks[slot as usize][3 * i + k] += p * q * (across + along * d[i] * d[k]);
                        }
                    }
                }
            }
        }
        0.5 * stiffness * stretch * stretch
    }
}

/// Force in each suture [N], in the order of the specification.
#[must_use]
pub fn suture_forces_n(model: &FemModel, state: &FemState) -> Vec<f64> {
    model.sutures.iter().map(|s| s.stiffness_n_per_m * s.stretch(&model.nodes_m, &state.displacement_m).2).collect()
}

/// Sutures pulled harder than they bear, in the order of the specification. The caller makes a body without them; the state stays.
#[must_use]
pub fn broken_sutures(model: &FemModel, state: &FemState) -> Vec<u32> {
    let forces = suture_forces_n(model, state);
    (0..forces.len() as u32).filter(|&k| forces[k as usize] > model.sutures[k as usize].break_n).collect()
}
