//! The immutable body: geometry, mass, couplings.

use proband_math::sparse::{BlockPattern, SparseError};

use super::contact::{Surface, Tool};
use super::element::Fibres;
use super::law::Law;
use super::prony::Prony;
use super::shape::{ElementSet, Hexahedron, QuadraticTetrahedron, Tetrahedron};
use super::spec::{Elements, FemSpec, Integrator, NodeSpring, SolverSpec};
use super::state::FemState;
use super::suture::Suture;
use crate::TissueError;

/// How deep a tool may begin inside tissue [m]: rounding, no more.
const INSIDE_MAX_M: f64 = 1e-9;

/// Elements of one kind.
#[derive(Clone, Debug)]
pub(crate) enum Set {
    Hexahedra(ElementSet<8>),
    Tetrahedra(ElementSet<4>),
    QuadraticTetrahedra(ElementSet<10>),
}

/// Run the same code for every kind of element.
macro_rules! for_set {
    ($set:expr, $s:ident => $body:expr) => {
        match $set {
            $crate::fem::model::Set::Hexahedra($s) => $body,
            $crate::fem::model::Set::Tetrahedra($s) => $body,
            $crate::fem::model::Set::QuadraticTetrahedra($s) => $body,
        }
    };
}
pub(crate) use for_set;

/// One material.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) set: Set,
    pub(crate) law: Law,
    pub(crate) viscosity: Prony,
    pub(crate) density_kg_per_m3: f64,
    fibres: Vec<Fibres>,
    /// Slot of each pair of nodes in the matrix, shape [element_count, N × N].
    pub(crate) slots: Vec<u32>,
    /// Where this part's memory begins in the state.
    pub(crate) memory_start: usize,
}

impl Part {
    pub(crate) fn fibres(&self, element: usize) -> &Fibres {
        const NONE: Fibres = [[0.0; 3]; 2];
        match self.fibres.len() {
            0 => &NONE,
            1 => &self.fibres[0],
            _ => &self.fibres[element],
        }
    }

    pub(crate) fn point_count(&self) -> usize {
        for_set!(&self.set, s => s.points.len())
    }
}

/// A deforming body, ready to be moved.
#[derive(Clone, Debug)]
pub struct FemModel {
    pub(crate) nodes_m: Vec<[f64; 3]>,
    pub(crate) parts: Vec<Part>,
    pub(crate) pattern: BlockPattern,
    /// Lumped mass of each node [kg].
    pub(crate) mass_kg: Vec<f64>,
    pub(crate) held: Vec<(u32, [bool; 3])>,
    pub(crate) fixed: Vec<[bool; 3]>,
    pub(crate) springs: Vec<NodeSpring>,
    pub(crate) sutures: Vec<Suture>,
    pub(crate) pressure_faces: Vec<[u32; 4]>,
    pub(crate) tools: Vec<Tool>,
    pub(crate) contact_nodes: Vec<u32>,
    pub(crate) surfaces: Vec<Surface>,
    pub(crate) integrator: Integrator,
    pub(crate) solver: SolverSpec,
    pub(crate) memory_len: usize,
    /// Volume at rest [m³].
    pub(crate) volume_m3: f64,
}

impl FemModel {
    /// Check a specification and compute what does not change.
    ///
    /// # Errors
    /// [`TissueError`] names the field, element or node that does not fit.
    pub fn new(spec: &FemSpec) -> Result<Self, TissueError> {
        spec.check()?;
        let node_count = spec.nodes_m.len() as u32;
        let mut sets = Vec::new();
        for (index, part) in spec.parts.iter().enumerate() {
            let (p, nodes) = (index as u32, &spec.nodes_m);
            let set = match &part.elements {
                Elements::Hexahedra(e) => Set::Hexahedra(ElementSet::new(Hexahedron, p, nodes, e)?),
                Elements::Tetrahedra(e) => Set::Tetrahedra(ElementSet::new(Tetrahedron, p, nodes, e)?),
                Elements::QuadraticTetrahedra(e) => Set::QuadraticTetrahedra(ElementSet::new(QuadraticTetrahedron, p, nodes, e)?),
            };
            let element_count = for_set!(&set, s => s.nodes.len());
            if ![0, 1, element_count].contains(&part.fibres.len()) {
                let what = format!("{} directions for {element_count} elements: give none, one or one per element", part.fibres.len());
                return Err(TissueError::Contradiction { field: "parts.fibres", what });
            }
            sets.push(set);
        }
        let groups = sets.iter().flat_map(|set| {
            let lists: Box<dyn Iterator<Item = &[u32]>> = for_set!(set, s => Box::new(s.nodes.iter().map(|n| n.as_slice())));
            lists
        });
        let ties: Vec<[u32; 6]> = spec.sutures.iter().map(Suture::nodes).collect();
        let groups: Vec<&[u32]> = groups.chain(ties.iter().map(<[u32; 6]>::as_slice)).collect();
        let pattern = BlockPattern::from_groups(node_count, groups.iter().copied())?;
        let mut mass_kg = vec![0.0; spec.nodes_m.len()];
        let mut parts = Vec::new();
        let mut memory_len = 0;
        let volume_m3 = sets.iter().map(|set| for_set!(set, s => s.volume_m3.iter().sum::<f64>())).sum();
        for (set, part) in sets.into_iter().zip(&spec.parts) {
            let slots = slots(&set, &pattern)?;
            add_lumped_mass(&set, part.density_kg_per_m3, &spec.nodes_m, &mut mass_kg)?;
            let memory_start = memory_len;
            memory_len += part.viscosity.memory() * for_set!(&set, s => s.points.len());
            let (law, viscosity, density_kg_per_m3) = (part.law.clone(), part.viscosity.clone(), part.density_kg_per_m3);
            parts.push(Part { set, law, viscosity, density_kg_per_m3, fibres: part.fibres.clone(), slots, memory_start });
        }
        let mut this = Self {
            nodes_m: spec.nodes_m.clone(),
            parts,
            pattern,
            mass_kg,
            held: Vec::new(),
            fixed: vec![[false; 3]; spec.nodes_m.len()],
            springs: spec.springs.clone(),
            sutures: spec.sutures.clone(),
            pressure_faces: spec.pressure_faces.clone(),
            tools: spec.tools.clone(),
            contact_nodes: spec.contact_nodes.clone(),
            surfaces: spec.surface_pairs.iter().map(|pair| Surface::new(pair, &spec.nodes_m)).collect::<Result<_, _>>()?,
            integrator: spec.integrator,
            solver: spec.solver,
            memory_len,
            volume_m3,
        };
        this.hold(spec)?;
        Ok(this)
    }

    fn hold(&mut self, spec: &FemSpec) -> Result<(), TissueError> {
        let node_count = spec.nodes_m.len() as u32;
        let known = |field: &'static str, node: u32| -> Result<(), TissueError> {
            let what = || format!("node {node} does not exist: there are {node_count}");
            if node < node_count { Ok(()) } else { Err(TissueError::Contradiction { field, what: what() }) }
        };
        for held in &spec.held {
            known("held.node", held.node)?;
            if self.fixed[held.node as usize] != [false; 3] {
                let what = format!("node {} is held twice", held.node);
                return Err(TissueError::Contradiction { field: "held.node", what });
            }
            self.fixed[held.node as usize] = held.axes;
            self.held.push((held.node, held.axes));
        }
        for spring in &spec.springs {
            known("springs.node", spring.node)?;
        }
        for face in &spec.pressure_faces {
            for (k, &node) in face.iter().enumerate() {
                known("pressure_faces", node)?;
                if self.pattern.slot(face[0], node).is_none() || self.pattern.slot(face[(k + 1) % 4], node).is_none() {
                    let what = format!("face {face:?} is no face of an element");
                    return Err(TissueError::Contradiction { field: "pressure_faces", what });
                }
            }
        }
        for (k, &node) in spec.contact_nodes.iter().enumerate() {
            known("contact_nodes", node)?;
            if k > 0 && spec.contact_nodes[k - 1] >= node {
                let what = format!("node {node} comes after node {}: give them ascending, each once", spec.contact_nodes[k - 1]);
                return Err(TissueError::Contradiction { field: "contact_nodes", what });
            }
            for (index, tool) in spec.tools.iter().enumerate() {
                let from = spec.nodes_m[node as usize];
                for &to in self.pattern.columns(node as usize).iter().filter(|to| spec.contact_nodes.binary_search(to).is_ok()) {
                    let edge_m = from.iter().zip(&spec.nodes_m[to as usize]).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt();
                    if edge_m > tool.shape.edge_max_m() * (1.0 + 1e-9) {
                        let most = tool.shape.edge_max_m();
                        let what = format!(
                            "tool {index} could slip through between nodes {node} and {to}, {edge_m:.3e} m apart: at most {most:.3e} m for it"
                        );
                        return Err(TissueError::Contradiction { field: "contact_nodes", what });
                    }
                }
            }
        }
        for (index, tool) in spec.tools.iter().enumerate() {
            let inside = |node: &u32| (-tool.shape.distance(tool.pose.point_back(spec.nodes_m[*node as usize])).0, *node);
            let deepest = spec.contact_nodes.iter().map(inside).max_by(|a, b| a.0.total_cmp(&b.0));
            if let Some((inside_m, node)) = deepest.filter(|d| d.0 > INSIDE_MAX_M) {
                let what = format!("tool {index} begins {inside_m:.3e} m inside the tissue, deepest at node {node}");
                return Err(TissueError::Contradiction { field: "tools.pose", what });
            }
        }
        // A node without element has no stiffness and no mass: it stays where it is.
        for (fixed, mass) in self.fixed.iter_mut().zip(&self.mass_kg) {
            if *mass == 0.0 {
                *fixed = [true; 3];
            }
        }
        Ok(())
    }

    /// The body at rest.
    #[must_use]
    pub fn state(&self) -> FemState {
        FemState::at_rest(self.nodes_m.len(), self.memory_len, self.tools.iter().map(|t| t.pose).collect())
    }

    /// Nodes at rest [m], shape [node_count, 3].
    #[must_use]
    pub fn nodes_m(&self) -> &[[f64; 3]] {
        &self.nodes_m
    }

    /// Lumped mass of each node [kg], shape [node_count].
    #[must_use]
    pub fn mass_kg(&self) -> &[f64] {
        &self.mass_kg
    }

    /// Unknowns that are not held.
    #[must_use]
    pub fn unknown_count(&self) -> usize {
        self.fixed.iter().flatten().filter(|held| !**held).count()
    }
}

fn slots(set: &Set, pattern: &BlockPattern) -> Result<Vec<u32>, TissueError> {
    let mut slots = Vec::new();
    for_set!(set, s => for nodes in &s.nodes {
        for &a in nodes {
            for &b in nodes {
                let missing = TissueError::Sparse(SparseError::NoSuchNode { group: 0, node: b, node_count: pattern.row_count() as u32 });
                slots.push(pattern.slot(a, b).ok_or(missing)?);
            }
        }
    });
    Ok(slots)
}

/// Lumped masses in the ratio of the consistent matrix's diagonal (Hinton, Rock, Zienkiewicz 1976, Earthquake Eng Struct Dyn 4:245):
/// the row sums for linear elements, and positive at the corners of quadratic ones, where row sums are not.
fn add_lumped_mass(set: &Set, density: f64, nodes_m: &[[f64; 3]], mass_kg: &mut [f64]) -> Result<(), TissueError> {
    let mut add = |nodes: &[u32], diagonal: &[f64], volume: f64| {
        let sum: f64 = diagonal.iter().sum();
        for (&node, d) in nodes.iter().zip(diagonal) {
            mass_kg[node as usize] += density * volume * d / sum;
        }
    };
    match set {
        Set::Hexahedra(s) => {
            for ((nodes, m), volume) in s.nodes.iter().zip(s.consistent(Hexahedron, nodes_m)?).zip(&s.volume_m3) {
                add(nodes, &m.map(|row| row.iter().sum()), *volume);
            }
        }
        Set::Tetrahedra(s) => {
            for (nodes, volume) in s.nodes.iter().zip(&s.volume_m3) {
                add(nodes, &[0.25; 4], *volume);
            }
        }
        Set::QuadraticTetrahedra(s) => {
            for ((nodes, m), volume) in s.nodes.iter().zip(s.consistent(QuadraticTetrahedron, nodes_m)?).zip(&s.volume_m3) {
                add(nodes, &std::array::from_fn::<f64, 10, _>(|a| m[a][a]), *volume);
            }
        }
    }
    Ok(())
}
