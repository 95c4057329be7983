//! What a deforming body is made of and how it is solved.

use serde::{Deserialize, Serialize};

use super::contact::{SurfacePair, Tool};
use super::element::Fibres;
use super::law::Law;
use super::prony::Prony;
use super::suture::Suture;
use crate::TissueError;
use crate::error::check;

/// Elements of one kind, by node numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Elements {
    /// Trilinear hexahedra with mean dilatation; VTK's order (lower face counter-clockwise, then the upper).
    Hexahedra(Vec<[u32; 8]>),
    /// Linear tetrahedra, positively oriented. They are too stiff: see the book for by how much.
    Tetrahedra(Vec<[u32; 4]>),
    /// Quadratic tetrahedra with full integration: corners, then edges 01, 12, 02, 03, 13, 23.
    QuadraticTetrahedra(Vec<[u32; 10]>),
}

/// One material.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FemPart {
    /// Its elements.
    pub elements: Elements,
    /// Its law; instantaneous constants if it is viscoelastic.
    pub law: Law,
    /// What of the part W of the law fades with time; no branches: elastic.
    pub viscosity: Prony,
    /// Density [kg/m³].
    pub density_kg_per_m3: f64,
    /// Unit fibre and sheet direction at rest: none (not fibre-reinforced), one for all elements, or one per element.
    pub fibres: Vec<Fibres>,
}

/// A node held, or led by the input, along some axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldNode {
    /// Which node.
    pub node: u32,
    /// Which axes.
    pub axes: [bool; 3],
}

/// A spring from a node to its place at rest.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeSpring {
    /// Which node.
    pub node: u32,
    /// Stiffness along each axis [N/m].
    pub stiffness_n_per_m: [f64; 3],
}

/// How time passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Integrator {
    /// Backward Euler: never unstable, damps by ωh/2 per mode.
    BackwardEuler,
    /// Second-order backward differences; the first step is backward Euler.
    Bdf2,
    /// Newmark with β = ¼, γ = ½: no numerical damping.
    Newmark,
}

/// When the solver is content.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SolverSpec {
    /// Newton stops at ‖residual‖ ≤ this × ‖external force‖ (without one: × ‖internal force‖) [1].
    pub residual_relative: f64,
    /// Newton stops when a step moves no unknown further than this [m]; zero: never for that reason.
    pub step_m: f64,
    /// Newton steps before a step counts as failed.
    pub newton_count_max: u32,
    /// Conjugate-gradient iterations before a linear solve counts as failed.
    pub pcg_count_max: u32,
    /// How often a failed step is halved before the state is quarantined.
    pub halving_count_max: u32,
    /// Nodes per group of the coarse problem; zero: block Jacobi alone.
    pub group_size: u32,
}

impl SolverSpec {
    /// For loops: residual 1e-3, or no node moving more than 1 µm.
    pub const LIVE: Self =
        Self { residual_relative: 1e-3, step_m: 1e-6, newton_count_max: 20, pcg_count_max: 500, halving_count_max: 4, group_size: 24 };
    /// For records and references: residual 1e-8.
    pub const RECORD: Self =
        Self { residual_relative: 1e-8, step_m: 0.0, newton_count_max: 80, pcg_count_max: 3000, halving_count_max: 8, group_size: 24 };

    fn check(&self) -> Result<(), TissueError> {
        check("solver.residual_relative", self.residual_relative, 1e-13, 0.1, "1")?;
        check("solver.step_m", self.step_m, 0.0, 1.0, "m")?;
        check("solver.newton_count_max", f64::from(self.newton_count_max), 1.0, 1e4, "steps")?;
        check("solver.pcg_count_max", f64::from(self.pcg_count_max), 1.0, 1e6, "iterations")?;
        check("solver.halving_count_max", f64::from(self.halving_count_max), 0.0, 20.0, "halvings")?;
        check("solver.group_size", f64::from(self.group_size), 0.0, 1e6, "nodes")
    }
}

/// A deforming body.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FemSpec {
    /// Nodes at rest [m], shape [node_count, 3].
    pub nodes_m: Vec<[f64; 3]>,
    /// Materials.
    pub parts: Vec<FemPart>,
    /// Nodes held or led. A node appears once.
    pub held: Vec<HeldNode>,
    /// Springs to the rest position.
    pub springs: Vec<NodeSpring>,
    /// Threads and clips between points.
    pub sutures: Vec<Suture>,
    /// Faces that the input's pressure pushes on and follows, counter-clockwise seen from outside; a triangle repeats its last node.
    pub pressure_faces: Vec<[u32; 4]>,
    /// Rigid tools that may touch the contact nodes.
    pub tools: Vec<Tool>,
    /// Nodes of the surface that tools may touch, ascending. They must be closer together than a tool is wide: a tool that
    /// fits between them goes through. Corners of faces only: contact wants linear elements there.
    pub contact_nodes: Vec<u32>,
    /// Surfaces of bodies that may touch one another.
    pub surface_pairs: Vec<SurfacePair>,
    /// How time passes.
    pub integrator: Integrator,
    /// When the solver is content.
    pub solver: SolverSpec,
}

impl FemSpec {
    /// A free body of one elastic material, backward Euler, solver for records.
    #[must_use]
    pub fn elastic(nodes_m: Vec<[f64; 3]>, elements: Elements, law: Law, density_kg_per_m3: f64) -> Self {
        let part = FemPart { elements, law, viscosity: Prony::default(), density_kg_per_m3, fibres: Vec::new() };
        Self {
            nodes_m,
            parts: vec![part],
            held: Vec::new(),
            springs: Vec::new(),
            sutures: Vec::new(),
            pressure_faces: Vec::new(),
            tools: Vec::new(),
            contact_nodes: Vec::new(),
            surface_pairs: Vec::new(),
            integrator: Integrator::BackwardEuler,
            solver: SolverSpec::RECORD,
        }
    }

    /// Hold nodes on all axes.
    #[must_use]
    pub fn clamp(mut self, nodes: &[u32]) -> Self {
        self.held.extend(nodes.iter().map(|&node| HeldNode { node, axes: [true; 3] }));
        self
    }

    /// Everything but geometry, which is checked where it is used.
    pub(crate) fn check(&self) -> Result<(), TissueError> {
        check("nodes_m", self.nodes_m.len() as f64, 1.0, 1e7, "nodes")?;
        check("parts", self.parts.len() as f64, 1.0, 256.0, "parts")?;
        for node in &self.nodes_m {
            for x in node {
                check("nodes_m", *x, -1e6, 1e6, "m")?;
            }
        }
        for part in &self.parts {
            part.law.check()?;
            part.viscosity.check()?;
            check("parts.density_kg_per_m3", part.density_kg_per_m3, 1e-6, 1e6, "kg/m³")?;
            for direction in part.fibres.iter().flatten() {
                check("length of parts.fibres", direction.iter().map(|v| v * v).sum::<f64>().sqrt(), 1.0 - 1e-6, 1.0 + 1e-6, "1")?;
            }
        }
        check("surface_pairs", self.surface_pairs.len() as f64, 0.0, 256.0, "pairs")?;
        check("tools", self.tools.len() as f64, 0.0, 64.0, "tools")?;
        for tool in &self.tools {
            tool.check()?;
        }
        for spring in &self.springs {
            for k in spring.stiffness_n_per_m {
                check("springs.stiffness_n_per_m", k, 0.0, 1e12, "N/m")?;
            }
        }
        check("sutures", self.sutures.len() as f64, 0.0, 1e6, "sutures")?;
        for suture in &self.sutures {
            suture.check(self.nodes_m.len() as u32)?;
        }
        self.solver.check()
    }
}
