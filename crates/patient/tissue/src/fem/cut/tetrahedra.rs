//! A cut through linear tetrahedra: where the blade goes.

use proband_mesh::{Blade, CutBody, CutSpec, TetMesh};

use super::super::spec::FemSpec;
use super::super::state::FemState;
use super::carry::{Renewed, fields, finish, marks};
use super::{CutOptions, Kind, OpenReport, Openable, Opened, all};
use crate::TissueError;

/// Split, slide and open.
pub(super) fn cut(spec: &FemSpec, state: &FemState, blade: &Blade, options: &CutOptions) -> Result<Opened, TissueError> {
    let mesh_error = |error: proband_mesh::MeshError| TissueError::Contradiction { field: "cut", what: error.to_string() };
    let regions: Vec<u16> = spec.parts.iter().enumerate().flat_map(|(k, p)| vec![k as u16; element_count(&p.elements)]).collect();
    let placed_m = spec.nodes_m.iter().zip(&state.displacement_m).map(|(x, u)| std::array::from_fn(|k| x[k] + u[k])).collect();
    let body = CutBody {
        mesh: TetMesh::new(spec.nodes_m.clone(), all::<4>(spec), regions).map_err(mesh_error)?,
        placed_m,
        fields: fields(state),
        marks: marks(spec, &options.keep_nodes),
        faces: spec.pressure_faces.iter().map(|f| [f[0], f[1], f[2]]).collect(),
    };
    let done = proband_mesh::cut(&body, blade, CutSpec { angle_min_rad: options.angle_min_rad }).map_err(mesh_error)?;
    let report = OpenReport {
        face_count: done.report.opened_face_count,
        area_m2: done.report.opened_area_m2,
        copied_node_count: done.report.copied_node_count,
        split_count: done.report.split_count,
        slid_count: done.report.slid_count,
        deviation_m: done.report.deviation_m,
        dihedral_min_rad: done.report.dihedral_min_rad,
        volume_change: done.report.volume_change,
    };
    let renewed = Renewed::<4> {
        nodes_m: done.body.mesh.nodes_m,
        fields: done.body.fields,
        marks: done.body.marks,
        elements: done.body.mesh.tets,
        part_of: done.body.mesh.regions.iter().map(|r| u32::from(*r)).collect(),
        parents: done.parents,
        copies_of: done.copies_of,
        cut_nodes: done.cut_nodes,
        pressure_faces: done.body.faces.iter().map(|f| [f[0], f[1], f[2], f[2]]).collect(),
        report,
    };
    finish(spec, state, renewed, options)
}

fn element_count(elements: &super::super::spec::Elements) -> usize {
    <Kind as Openable<4>>::of(elements).map_or(0, <[_]>::len)
}
