//! A rod: geometry at rest, stiffness, supports; its state.

use serde::{Deserialize, Serialize};

use super::element::{Ends, HALF_SINE_MAX, Piece, half_sine, strains_of};
use crate::error::check;
use crate::{NeedleSpec, TissueError};

/// Stiffness of a cross-section.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RodStiffness {
    /// EA [N].
    pub axial_n: f64,
    /// κGA in both directions across [N].
    pub shear_n: [f64; 2],
    /// GI_t [N m²]. Not GI_p unless the section is round.
    pub torsion_n_m2: f64,
    /// EI about both directions across [N m²].
    pub bending_n_m2: [f64; 2],
}

impl RodStiffness {
    /// A steel tube: area and second moments of the ring, I_t = 2I, κ = ½ (thin tube), Poisson's ratio 0.3.
    #[must_use]
    pub fn tube(needle: &NeedleSpec) -> Self {
        let area = 0.25 * std::f64::consts::PI * (needle.outer_diameter_m.powi(2) - needle.inner_diameter_m.powi(2));
        let (bending, shear_pa) = (needle.bending_stiffness_n_m2(), needle.modulus_pa / 2.6);
        Self {
            axial_n: needle.modulus_pa * area,
            shear_n: [0.5 * shear_pa * area; 2],
            torsion_n_m2: 2.0 * shear_pa * needle.second_moment_m4(),
            bending_n_m2: [bending; 2],
        }
    }

    pub(super) fn list(&self) -> [f64; 6] {
        [self.axial_n, self.shear_n[0], self.shear_n[1], self.torsion_n_m2, self.bending_n_m2[0], self.bending_n_m2[1]]
    }
}

/// A node held along world axes (first three) or against turning about its own axes (last three).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldRodNode {
    /// Which node.
    pub node: u32,
    /// x, y, z, and turns.
    pub axes: [bool; 6],
}

/// A rod at rest without load.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RodSpec {
    /// Nodes from end to end [m], shape [node_count, 3].
    pub nodes_m: Vec<[f64; 3]>,
    /// Unit quaternions w, x, y, z that turn the section's frame (x along the rod) into the world's, shape [node_count, 4].
    pub turns: Vec<[f64; 4]>,
    /// Stiffness of each piece between two nodes, or one for all.
    pub stiffness: Vec<RodStiffness>,
    /// Supports.
    pub held: Vec<HeldRodNode>,
}

impl RodSpec {
    /// A straight rod from the origin along x, clamped there.
    #[must_use]
    pub fn straight(length_m: f64, piece_count: u32, stiffness: RodStiffness) -> Self {
        let at = |i: u32| [length_m * f64::from(i) / f64::from(piece_count.max(1)), 0.0, 0.0];
        Self {
            nodes_m: (0..=piece_count).map(at).collect(),
            turns: vec![[1.0, 0.0, 0.0, 0.0]; piece_count as usize + 1],
            stiffness: vec![stiffness],
            held: vec![HeldRodNode { node: 0, axes: [true; 6] }],
        }
    }
}

/// A rod, ready to be loaded.
#[derive(Clone, Debug)]
pub struct RodModel {
    pub(super) spec: RodSpec,
    pub(super) pieces: Vec<Piece>,
    pub(super) fixed: Vec<bool>,
}

impl RodModel {
    /// Check a specification.
    ///
    /// # Errors
    /// [`TissueError`] names the field that does not fit.
    pub fn new(spec: &RodSpec) -> Result<Self, TissueError> {
        let count = spec.nodes_m.len();
        check("nodes_m", count as f64, 2.0, 1e5, "nodes")?;
        check("turns", spec.turns.len() as f64, count as f64, count as f64, "nodes")?;
        for v in spec.nodes_m.iter().flatten() {
            check("nodes_m", *v, -1e4, 1e4, "m")?;
        }
        for q in &spec.turns {
            check("length of turns", q.iter().map(|v| v * v).sum::<f64>().sqrt(), 1.0 - 1e-6, 1.0 + 1e-6, "1")?;
        }
        if spec.stiffness.len() != 1 && spec.stiffness.len() != count - 1 {
            let what = format!("{} for {} pieces: give one or one per piece", spec.stiffness.len(), count - 1);
            return Err(TissueError::Contradiction { field: "stiffness", what });
        }
        for v in spec.stiffness.iter().flat_map(RodStiffness::list) {
            check("stiffness", v, 1e-15, 1e15, "N or N m²")?;
        }
        let mut pieces = Vec::with_capacity(count - 1);
        for i in 0..count - 1 {
            let ends = Ends { places_m: [spec.nodes_m[i], spec.nodes_m[i + 1]], turns: [spec.turns[i], spec.turns[i + 1]] };
            let length_m = (0..3).map(|k| (ends.places_m[1][k] - ends.places_m[0][k]).powi(2)).sum::<f64>().sqrt();
            check("distance of neighbours in nodes_m", length_m, 1e-9, 1e4, "m")?;
            check("sine of half the angle between neighbours in turns", half_sine(&ends), 0.0, HALF_SINE_MAX, "1")?;
            let stiffness = spec.stiffness[if spec.stiffness.len() == 1 { 0 } else { i }].list();
            pieces.push(Piece { length_m, rest: strains_of(&ends, length_m), stiffness });
        }
        let mut fixed = vec![false; 6 * count];
        for held in &spec.held {
            check("held.node", f64::from(held.node), 0.0, (count - 1) as f64, "1")?;
            for (k, axis) in held.axes.iter().enumerate() {
                fixed[6 * held.node as usize + k] |= axis;
            }
        }
        Ok(Self { spec: spec.clone(), pieces, fixed })
    }

    /// The rod without load.
    #[must_use]
    pub fn state(&self) -> RodState {
        RodState { places_m: self.spec.nodes_m.clone(), turns: self.spec.turns.clone() }
    }
}

/// Shape of a rod. Plain data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RodState {
    /// Nodes [m], shape [node_count, 3].
    pub places_m: Vec<[f64; 3]>,
    /// Their sections' frames: unit quaternions, shape [node_count, 4].
    pub turns: Vec<[f64; 4]>,
}

impl RodState {
    pub(super) fn ends(&self, i: usize) -> Ends {
        Ends { places_m: [self.places_m[i], self.places_m[i + 1]], turns: [self.turns[i], self.turns[i + 1]] }
    }
}

/// Loads.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RodInput<'a> {
    /// Dead forces on nodes [N].
    pub forces_n: &'a [(u32, [f64; 3])],
    /// Moments on nodes about the section's own axes, which they follow [N m].
    pub moments_nm: &'a [(u32, [f64; 3])],
}

/// How a solve ended.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RodOutput {
    /// The residual reached its bound in every part of the load.
    pub converged: bool,
    /// ‖residual‖ against the load [1].
    pub residual_relative: f64,
    /// Newton steps.
    pub newton_count: u32,
    /// Stored energy [J].
    pub elastic_j: f64,
}
