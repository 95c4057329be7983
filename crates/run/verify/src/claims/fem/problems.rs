//! Reference bodies.

use proband_core::ops;
use proband_tissue::fem::{
    Elements, FemInput, FemModel, FemPart, FemSpec, FemState, FemWorkspace, HeldNode, Lattice, Law, Prony, quadratic_tetrahedra, rest,
};

use super::text;

/// A body at rest under load.
pub(super) struct Rested {
    pub(super) model: FemModel,
    pub(super) state: FemState,
    pub(super) space: FemWorkspace,
}

/// Bring a body to rest; what did not converge is an error.
pub(super) fn at_rest(spec: &FemSpec, input: &FemInput<'_>, load_count: u32) -> Result<Rested, String> {
    let model = FemModel::new(spec).map_err(text)?;
    let (mut state, mut space) = (model.state(), FemWorkspace::new(&model));
    let out = rest(&model, &mut state, input, load_count, 0.0, &mut space).map_err(text)?;
    if out.converged && !state.quarantined { Ok(Rested { model, state, space }) } else { Err(format!("no rest: {out:?}")) }
}

/// Kind of element of a beam.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Hexahedra,
    Quadratic,
}

/// Half (y ≥ 0.03 m left out by symmetry) or whole of the beam 0.20 × 0.06 × 0.06 m, clamped at x = 0.
pub(super) struct Beam {
    pub(super) cells: [u32; 3],
    pub(super) half: bool,
    /// Exponent of x/L: 1.5 grades the mesh towards the clamp.
    pub(super) grade: f64,
    pub(super) kind: Kind,
}

impl Beam {
    fn lattice(&self) -> Result<Lattice, String> {
        let width = if self.half { 0.03 } else { 0.06 };
        let lattice = Lattice::new(self.cells, [0.2, width, 0.06]).map_err(text)?;
        Ok(lattice.map(|p| [0.2 * ops::powf(p[0] / 0.2, self.grade), p[1], p[2]]))
    }

    fn hold(&self, spec: &mut FemSpec) {
        for (node, p) in spec.nodes_m.iter().enumerate() {
            if p[0] == 0.0 {
                spec.held.push(HeldNode { node: node as u32, axes: [true; 3] });
            } else if self.half && p[1] == 0.0 {
                spec.held.push(HeldNode { node: node as u32, axes: [false, true, false] });
            }
        }
    }

    pub(super) fn spec(&self, law: Law) -> Result<FemSpec, String> {
        let lattice = self.lattice()?;
        let mut nodes = lattice.nodes_m.clone();
        let elements = match self.kind {
            Kind::Hexahedra => Elements::Hexahedra(lattice.hexahedra),
            Kind::Quadratic => {
                let tets = lattice.tetrahedra();
                Elements::QuadraticTetrahedra(quadratic_tetrahedra(&mut nodes, &tets))
            }
        };
        let mut spec = FemSpec::elastic(nodes, elements, law, 1000.0);
        self.hold(&mut spec);
        Ok(spec)
    }

    /// Two materials, joined at the middle of the height.
    pub(super) fn layered(&self, below: Law, above: Law) -> Result<FemSpec, String> {
        let lattice = self.lattice()?;
        let is_low = |hex: &&[u32; 8]| hex.iter().map(|&n| lattice.nodes_m[n as usize][2]).sum::<f64>() < 8.0 * 0.03;
        let (low, high): (Vec<&[u32; 8]>, Vec<&[u32; 8]>) = lattice.hexahedra.iter().partition(is_low);
        let mut spec = FemSpec::elastic(lattice.nodes_m.clone(), Elements::Hexahedra(low.into_iter().copied().collect()), below, 1000.0);
        spec.parts.push(FemPart {
            elements: Elements::Hexahedra(high.into_iter().copied().collect()),
            law: above,
            viscosity: Prony::default(),
            density_kg_per_m3: 1000.0,
            fibres: Vec::new(),
        });
        self.hold(&mut spec);
        Ok(spec)
    }

    /// Node on the middle line of the section at the tip, at a share of the height.
    pub(super) fn tip(&self, height: f64) -> u32 {
        let [nx, ny, nz] = self.cells;
        let j = if self.half { 0 } else { ny / 2 };
        let k = (f64::from(nz) * height).round() as u32;
        nx + (nx + 1) * (j + (ny + 1) * k)
    }
}

/// Put patches together: nodes at the same place (to a nanometre) become one.
pub(super) fn joined(patches: &[Lattice]) -> (Vec<[f64; 3]>, Vec<[u32; 8]>) {
    let mut number: std::collections::BTreeMap<[i64; 3], u32> = std::collections::BTreeMap::new();
    let (mut nodes, mut hexahedra) = (Vec::new(), Vec::new());
    for patch in patches {
        let to: Vec<u32> = patch
            .nodes_m
            .iter()
            .map(|p| {
                *number.entry(p.map(|v| (1e9 * v).round() as i64)).or_insert_with(|| {
                    nodes.push(*p);
                    nodes.len() as u32 - 1
                })
            })
            .collect();
        hexahedra.extend(patch.hexahedra.iter().map(|h| h.map(|n| to[n as usize])));
    }
    (nodes, hexahedra)
}

/// Hold the nodes in the planes x = 0, y = 0, z = 0 in their planes; what `whole` says is held altogether.
pub(super) fn symmetry(spec: &mut FemSpec, whole: impl Fn([f64; 3]) -> bool) {
    for (node, p) in spec.nodes_m.iter().enumerate() {
        let axes = if whole(*p) { [true; 3] } else { p.map(|v| v.abs() < 1e-12) };
        if axes != [false; 3] {
            spec.held.push(HeldNode { node: node as u32, axes });
        }
    }
}

/// A shell and the faces of its inner side.
pub(super) struct Shell {
    pub(super) nodes: Vec<[f64; 3]>,
    pub(super) hexahedra: Vec<[u32; 8]>,
    pub(super) faces: Vec<[u32; 4]>,
}

/// An eighth of a spherical shell from radius `inner` to `outer` [m]: `along` cells on each edge of its three patches, `through` cells thick.
pub(super) fn sphere(inner: f64, outer: f64, along: u32, through: u32) -> Result<Shell, String> {
    let mut patches = Vec::new();
    for turn in 0..3 {
        let box_ = Lattice::new([through, along, along], [1.0; 3]).map_err(text)?;
        patches.push(box_.map(|p| {
            let radius = inner * ops::powf(outer / inner, p[0]);
            let quarter = std::f64::consts::FRAC_PI_4;
            let way = [1.0, ops::tan(quarter * p[1]), ops::tan(quarter * p[2])];
            let length = (way[0] * way[0] + way[1] * way[1] + way[2] * way[2]).sqrt();
            let q = way.map(|v| radius * v / length);
            std::array::from_fn(|k| q[(k + 3 - turn) % 3])
        }));
    }
    let (nodes, hexahedra) = joined(&patches);
    let radius = |n: u32| nodes[n as usize].iter().map(|v| v * v).sum::<f64>().sqrt();
    // Nodes 0, 4, 7, 3 of a cell are its face at the lower end of the first axis, seen from outside.
    let faces = hexahedra.iter().filter(|h| radius(h[0]) < inner * (1.0 + 1e-9)).map(|h| [h[0], h[4], h[7], h[3]]).collect();
    Ok(Shell { nodes, hexahedra, faces })
}
