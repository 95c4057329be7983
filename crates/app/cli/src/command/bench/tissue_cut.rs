//! A blade goes through tissue: what the cut costs, beside what it keeps.

use proband_mesh::{Blade, CutBody, CutSpec, TetMesh, cut as cut_mesh};
use proband_tissue::fem::{CutOptions, Elements, FemInput, FemModel, FemSpec, FemState, FemWorkspace, Lattice, Law, cut, lame_pa, step};

use super::{Case, Outcome, Row, timed};
use crate::failure::Failure;
use crate::interrupt::Interrupt;

pub(super) const CASE: Case = Case { name: "tissue-cut", what: "a blade through tetrahedra", run };

const SIZE_M: [f64; 3] = [0.2, 0.1, 0.1];
const TICK_S: f64 = 5e-3;

/// The system counts CPU time in steps of 10 ms: everything is done so often.
const REPEAT: u32 = 20;

/// Do something several times; the last outcome, and the time of one [s].
fn mean<T>(work: impl Fn() -> T) -> (T, f64) {
    let (out, times) = timed(|| {
        for _ in 1..REPEAT {
            std::hint::black_box(work());
        }
        work()
    });
    (out, times.cpu_s / f64::from(REPEAT))
}

/// Iterations of one step under gravity, and its time.
fn tick(model: &FemModel, start: &FemState) -> Result<(u32, u32, f64), Failure> {
    let input = FemInput { gravity_m_per_s2: [0.0, 0.0, -9.81], ..FemInput::default() };
    let (out, cpu_s) = mean(|| step(model, &mut start.clone(), &input, TICK_S, &mut FemWorkspace::new(model)));
    let out = out.map_err(Failure::of)?;
    Ok((out.pcg_count, out.newton_count, cpu_s))
}

fn rows(cells: [u32; 3]) -> Result<Vec<Row>, Failure> {
    let lattice = Lattice::new(cells, SIZE_M).map_err(Failure::of)?;
    let clamped = lattice.nodes_where(|p| p[0] == 0.0);
    let tets = lattice.tetrahedra();
    let (mu_pa, lambda_pa) = lame_pa(20e3, 0.45).map_err(Failure::of)?;
    let elements = Elements::Tetrahedra(tets.clone());
    let mut spec = FemSpec::elastic(lattice.nodes_m.clone(), elements, Law::NeoHookeanLog { mu_pa, lambda_pa }, 1000.0).clamp(&clamped);
    spec.solver = proband_tissue::fem::SolverSpec::LIVE;
    let (model, made_s) = mean(|| FemModel::new(&spec));
    let model = model.map_err(Failure::of)?;
    // Askew, from above to the middle: no node lies on it.
    let corners = [[0.071, -0.1, 0.047], [0.083, 0.2, 0.047], [0.083, 0.2, 0.3], [0.071, -0.1, 0.3]];
    let blade = Blade::polygon(&corners).map_err(Failure::of)?;
    let mesh = TetMesh::new(lattice.nodes_m, tets.clone(), vec![1; tets.len()]).map_err(Failure::of)?;
    let body = CutBody { mesh, ..CutBody::default() };
    let (parted, mesh_s) = mean(|| cut_mesh(&body, &blade, CutSpec { angle_min_rad: CutOptions::USUAL.angle_min_rad }));
    let report = parted.map_err(Failure::of)?.report;
    let (opened, opened_s) = mean(|| cut(&spec, &model.state(), &blade, &CutOptions::USUAL));
    let opened = opened.map_err(Failure::of)?;
    let (whole_pcg, whole_newton, whole_s) = tick(&model, &model.state())?;
    let (cut_pcg, cut_newton, cut_s) = tick(&opened.model, &opened.state)?;
    let what = format!("{} tetrahedra", tets.len());
    Ok(vec![
        Row {
            what: format!("{what}: a slit of {} faces, in the mesh", report.opened_face_count),
            value: 1e3 * mesh_s,
            unit: "CPU ms",
            against: None,
            error: format!(
                "volume {:.0e}; angle {:.1}° (before {:.1}°); off the blade {:.2} mm",
                report.volume_change,
                report.dihedral_min_rad.to_degrees(),
                report.dihedral_min_before_rad.to_degrees(),
                1e3 * report.deviation_m
            ),
        },
        Row {
            what: format!("{what}: the same, with body and state made anew"),
            value: 1e3 * opened_s,
            unit: "CPU ms",
            against: Some(("making the whole body".into(), made_s / opened_s)),
            error: format!("{} unknowns became {}", model.unknown_count(), opened.model.unknown_count()),
        },
        Row {
            what: format!("{what}: step of 5 ms after it"),
            value: 1e3 * cut_s,
            unit: "CPU ms",
            against: Some(("the same step of the whole body".into(), whole_s / cut_s)),
            error: format!("{cut_pcg} PCG in {cut_newton} Newton; whole {whole_pcg} in {whole_newton}; residual 1e-3"),
        },
    ])
}

fn run(_: &Interrupt) -> Result<Outcome, Failure> {
    let mut all = rows([12, 6, 6])?;
    all.extend(rows([30, 14, 14])?);
    let note =
        "A box of 0.2 × 0.1 × 0.1 m, 20 kPa, nu 0.45, linear tetrahedra; the blade comes askew from above to below the middle.".to_owned();
    Ok(Outcome { rows: all, note })
}
