//! Cut and sewn bodies.

use std::collections::BTreeSet;

use proband_core::Stream;
use proband_mesh::{Blade, CutBody, CutSpec, LevelSet, StuffSpec, TetMesh, cut as cut_mesh, face_key, open_faces, stuff};
use proband_tissue::fem::{
    CutOptions, Elements, FemInput, FemModel, FemOutput, FemSpec, FemState, FemWorkspace, Lattice, Law, Suture, SutureEnd, cut, lame_pa,
    open, quadratic_tetrahedra, rest, suture_forces_n,
};

use super::text;
use crate::Obtained;

const SIZE_M: [f64; 3] = [0.16, 0.04, 0.04];
const CUT_X_M: f64 = 0.04;
const CUT_DEPTH_M: f64 = 0.02;
const GRAVITY: FemInput<'_> =
    FemInput { gravity_m_per_s2: [0.0, 0.0, -9.81], led_m: &[], forces_n: &[], pressure_pa: 0.0, tool_poses: &[] };
const FIVE_DEG: CutSpec = CutSpec { angle_min_rad: 0.087_266_462_599_716_48 };
const TET_FACES: [&[usize]; 4] = [&[1, 2, 3], &[0, 3, 2], &[0, 1, 3], &[0, 2, 1]];

fn law() -> Result<Law, String> {
    let (mu_pa, lambda_pa) = lame_pa(200e3, 0.3).map_err(text)?;
    Ok(Law::NeoHookeanLog { mu_pa, lambda_pa })
}

fn body(nodes_m: Vec<[f64; 3]>, elements: Elements) -> Result<FemSpec, String> {
    let clamped: Vec<u32> = (0..nodes_m.len() as u32).filter(|&n| nodes_m[n as usize][0] == 0.0).collect();
    Ok(FemSpec::elastic(nodes_m, elements, law()?, 1000.0).clamp(&clamped))
}

fn settle(model: &FemModel, state: &mut FemState, input: &FemInput<'_>) -> Result<FemOutput, String> {
    let out = rest(model, state, input, 1, 0.0, &mut FemWorkspace::new(model)).map_err(text)?;
    if out.converged { Ok(out) } else { Err(format!("no rest: {out:?}")) }
}

/// Mean sag of the four corners at the free end [m].
fn sag_m(model: &FemModel, state: &FemState) -> f64 {
    let corner = |p: &[f64; 3]| p[0] == SIZE_M[0] && (p[1] == 0.0 || p[1] == SIZE_M[1]) && (p[2] == 0.0 || p[2] == SIZE_M[2]);
    let sags: Vec<f64> = model.nodes_m().iter().zip(&state.displacement_m).filter(|(p, _)| corner(p)).map(|(_, u)| u[2]).collect();
    sags.iter().sum::<f64>() / sags.len() as f64
}

fn blade() -> Result<Blade, String> {
    let (x, low) = (CUT_X_M, SIZE_M[2] - CUT_DEPTH_M);
    Blade::polygon(&[[x, -0.1, low], [x, 0.2, low], [x, 0.2, 0.2], [x, -0.1, 0.2]]).map_err(text)
}

/// Faces of tetrahedra that lie in the blade's plane within it.
fn faces_on_blade(nodes_m: &[[f64; 3]], tets: &[[u32; 4]]) -> BTreeSet<[u32; 4]> {
    let on = |n: u32| (nodes_m[n as usize][0] - CUT_X_M).abs() < 1e-12 && nodes_m[n as usize][2] >= SIZE_M[2] - CUT_DEPTH_M - 1e-12;
    let all = tets.iter().flat_map(|t| TET_FACES.iter().map(|f| [t[f[0]], t[f[1]], t[f[2]]]));
    all.filter(|f| f.iter().all(|&n| on(n))).map(|f| face_key(&f)).collect()
}

/// Sag of quadratic tetrahedra on a linear mesh [m].
fn quadratic_sag_m(nodes_m: &[[f64; 3]], tets: &[[u32; 4]]) -> Result<f64, String> {
    let mut nodes = nodes_m.to_vec();
    let elements = quadratic_tetrahedra(&mut nodes, tets);
    let model = FemModel::new(&body(nodes, Elements::QuadraticTetrahedra(elements))?).map_err(text)?;
    let mut state = model.state();
    settle(&model, &mut state, &GRAVITY)?;
    Ok(sag_m(&model, &state))
}

pub(super) fn opened() -> Result<Vec<Obtained>, String> {
    let aligned = Lattice::new([16, 4, 4], SIZE_M).map_err(text)?;
    let spec = body(aligned.nodes_m.clone(), Elements::Tetrahedra(aligned.tetrahedra()))?;
    let model = FemModel::new(&spec).map_err(text)?;
    let mut hanging = model.state();
    let whole = settle(&model, &mut hanging, &GRAVITY)?;
    let early = cut(&spec, &model.state(), &blade()?, &CutOptions::USUAL).map_err(text)?;
    let mut from_start = early.state.clone();
    settle(&early.model, &mut from_start, &GRAVITY)?;
    let faces: Vec<Vec<u32>> = faces_on_blade(&aligned.nodes_m, &aligned.tetrahedra()).iter().map(|k| k[..3].to_vec()).collect();
    let late = open(&spec, &hanging, &faces, false).map_err(text)?;
    let mut while_bent = late.state.clone();
    settle(&late.model, &mut while_bent, &GRAVITY)?;
    let from_start_m = sag_m(&early.model, &from_start);
    let mut rows = vec![
        Obtained::new(
            "same mesh: sag after a cut while bent over sag cut from the start, less 1",
            sag_m(&late.model, &while_bent) / from_start_m - 1.0,
        ),
        Obtained::new("same mesh: sag cut over sag whole", from_start_m / sag_m(&model, &hanging)),
    ];
    // A mesh with no node where the blade goes, against one made for it; quadratic elements on both.
    let askew = Lattice::new([15, 5, 5], SIZE_M).map_err(text)?;
    let askew_spec = body(askew.nodes_m.clone(), Elements::Tetrahedra(askew.tetrahedra()))?;
    let mesh = TetMesh::new(askew.nodes_m.clone(), askew.tetrahedra(), vec![1; askew.tetrahedra().len()]).map_err(text)?;
    let parted = cut_mesh(&CutBody { mesh, ..CutBody::default() }, &blade()?, FIVE_DEG).map_err(text)?;
    let mut tets = aligned.tetrahedra();
    let mut nodes = aligned.nodes_m.clone();
    let keys = faces_on_blade(&aligned.nodes_m, &tets);
    for of in open_faces(&mut tets, &TET_FACES, &keys, nodes.len() as u32) {
        nodes.push(nodes[of as usize]);
    }
    let (cut_m, made_m) = (quadratic_sag_m(&parted.body.mesh.nodes_m, &parted.body.mesh.tets)?, quadratic_sag_m(&nodes, &tets)?);
    rows.push(Obtained::new("other mesh, quadratic: sag of the cut over that of a mesh made with it, less 1", cut_m / made_m - 1.0));
    // Cost of the cut mesh: iterations of the linear solver per Newton step, against the whole body of the same mesh.
    let askew_model = FemModel::new(&askew_spec).map_err(text)?;
    let mut askew_state = askew_model.state();
    let before = settle(&askew_model, &mut askew_state, &GRAVITY)?;
    let done = cut(&askew_spec, &askew_model.state(), &blade()?, &CutOptions::USUAL).map_err(text)?;
    let mut state = done.state.clone();
    let after = settle(&done.model, &mut state, &GRAVITY)?;
    let per_step = |out: &FemOutput| f64::from(out.pcg_count) / f64::from(out.newton_count);
    rows.push(Obtained::new("linear iterations per Newton step, cut over whole", per_step(&after) / per_step(&before)));
    rows.push(Obtained::new("residual after the cut", after.residual_relative.max(whole.residual_relative)));
    rows.push(Obtained::new("area of the slit over that of the blade in the body", done.report.area_m2 / (CUT_DEPTH_M * SIZE_M[1])));
    rows.extend(organ()?);
    Ok(rows)
}

/// Twelve blades one after another through an ellipsoid.
fn organ() -> Result<Vec<Obtained>, String> {
    let shape = LevelSet::new(|p: [f64; 3]| (p[0] / 0.09).powi(2) + (p[1] / 0.06).powi(2) + (p[2] / 0.05).powi(2) - 1.0);
    let wanted = StuffSpec { cell_m: 0.01, low_m: [-0.09, -0.06, -0.05], high_m: [0.09, 0.06, 0.05], cut_steps: 5, polish_below_rad: 0.2 };
    let mesh = stuff(&shape, &wanted).map_err(text)?.mesh;
    let volume = mesh.volume_m3();
    let mut stream = Stream::new(1, 0, "verify.cut");
    let mut body = CutBody { mesh, ..CutBody::default() };
    let (mut least, mut change) = (f64::INFINITY, 0.0_f64);
    for _ in 0..12 {
        let centre = std::array::from_fn(|_| stream.uniform_in(-0.02, 0.02));
        let blade = Blade::square(centre, std::array::from_fn(|_| stream.normal()), stream.uniform_in(0.02, 0.08)).map_err(text)?;
        let done = cut_mesh(&body, &blade, FIVE_DEG).map_err(text)?;
        least = least.min(done.report.dihedral_min_rad);
        change = change.max((done.body.mesh.volume_m3() / volume - 1.0).abs());
        body = done.body;
    }
    let alone = body.mesh.faults(100).iter().filter(|f| !matches!(f, proband_mesh::TetFault::CrowdedEdge { .. })).count();
    Ok(vec![
        Obtained::new("ellipsoid, 12 blades: volume over the volume before, less 1, greatest", change),
        Obtained::new("ellipsoid, 12 blades: smallest dihedral angle", least.to_degrees()),
        Obtained::new("ellipsoid, 12 blades: inverted, flat, isolated or pinched", alone as f64),
    ])
}

pub(super) fn sewn() -> Result<Vec<Obtained>, String> {
    let lattice = Lattice::new([16, 4, 4], SIZE_M).map_err(text)?;
    let spec = body(lattice.nodes_m.clone(), Elements::Hexahedra(lattice.hexahedra.clone()))?;
    let model = FemModel::new(&spec).map_err(text)?;
    let mut whole = model.state();
    settle(&model, &mut whole, &GRAVITY)?;
    let whole_m = sag_m(&model, &whole);
    let through = Blade::square([CUT_X_M, 0.02, 0.02], [1.0, 0.0, 0.0], 1.0).map_err(text)?;
    let parted = cut(&spec, &model.state(), &through, &CutOptions::USUAL).map_err(text)?;
    // Stiffness of a cell's layer shared among the nodes of the section, times a factor.
    let layer_n_per_m = 200e3 * SIZE_M[1] * SIZE_M[2] / 0.01;
    let sag = |factor: f64| -> Result<(f64, f64), String> {
        let pairs = &parted.pairs;
        let stiffness_n_per_m = factor * layer_n_per_m / pairs.len() as f64;
        let sutures = pairs.iter().map(|p| Suture { ends: p.map(SutureEnd::at), stiffness_n_per_m, length_m: 0.0, break_n: 1e9 }).collect();
        let model = FemModel::new(&FemSpec { sutures, ..parted.spec.clone() }).map_err(text)?;
        let mut state = parted.state.clone();
        settle(&model, &mut state, &GRAVITY)?;
        let worst = suture_forces_n(&model, &state).iter().fold(0.0, |m: f64, f| m.max(*f)) / stiffness_n_per_m;
        Ok((sag_m(&model, &state), worst))
    };
    let (stiff, gap_m) = sag(100.0)?;
    let (soft, _) = sag(10.0)?;
    Ok(vec![
        Obtained::new("clips at all nodes, 100 times a layer's stiffness: sag over the whole's, less 1", stiff / whole_m - 1.0),
        Obtained::new("same: widest gap over the sag", gap_m / whole_m.abs()),
        Obtained::new("clips at all nodes, 10 times: sag over the whole's, less 1", soft / whole_m - 1.0),
    ])
}
