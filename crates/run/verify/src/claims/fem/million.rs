//! A free body for a long time.

use proband_tissue::fem::{Elements, FemInput, FemModel, FemSpec, FemWorkspace, Integrator, Lattice, Law, SolverSpec, lame_pa, step};

use super::text;
use crate::Obtained;

const STEP_COUNT: u32 = 1_000_000;
const STEP_S: f64 = 0.5e-3;

pub(super) fn million() -> Result<Vec<Obtained>, String> {
    let size_m = [0.02, 0.01, 0.01];
    let lattice = Lattice::new([2, 1, 1], size_m).map_err(text)?;
    let (mu_pa, lambda_pa) = lame_pa(20e3, 0.45).map_err(text)?;
    let law = Law::NeoHookeanLog { mu_pa, lambda_pa };
    let nodes_m = lattice.nodes_m.clone();
    let mut spec = FemSpec::elastic(lattice.nodes_m, Elements::Hexahedra(lattice.hexahedra), law, 1000.0);
    spec.integrator = Integrator::Newmark;
    spec.solver = SolverSpec { residual_relative: 1e-10, ..SolverSpec::RECORD };
    let model = FemModel::new(&spec).map_err(text)?;
    let (mut state, mut space) = (model.state(), FemWorkspace::new(&model));
    for (v, x) in state.velocity_m_per_s.iter_mut().zip(&nodes_m) {
        let d: [f64; 3] = std::array::from_fn(|k| x[k] - 0.5 * size_m[k]);
        // Drift along y, spin about z at 3 rad/s, stretch along x at 2 per second.
        *v = [2.0 * d[0] - 3.0 * d[1], 0.01 + 3.0 * d[0], 0.0];
    }
    let momentum = |v: &[[f64; 3]], axis: usize| -> f64 { model.mass_kg().iter().zip(v).map(|(m, v)| m * v[axis]).sum() };
    let began: [f64; 3] = std::array::from_fn(|axis| momentum(&state.velocity_m_per_s, axis));
    let (mut first, mut last, mut greatest, mut changed, mut failed) = (0.0, 0.0, 0.0_f64, 0.0_f64, 0_u32);
    let tenth = STEP_COUNT / 10;
    for index in 0..STEP_COUNT {
        let out = step(&model, &mut state, &FemInput::default(), STEP_S, &mut space).map_err(text)?;
        let energy = out.elastic_j + out.kinetic_j;
        failed += u32::from(!out.converged) + out.halving_count;
        greatest = greatest.max(energy);
        if index < tenth {
            first += energy / f64::from(tenth);
        } else if index >= STEP_COUNT - tenth {
            last += energy / f64::from(tenth);
        }
        if index % 1000 == 999 {
            for axis in 0..3 {
                changed = changed.max((momentum(&state.velocity_m_per_s, axis) - began[axis]).abs() / began[1]);
            }
        }
    }
    Ok(vec![
        Obtained::new("mean energy of the last tenth over that of the first", last / first),
        Obtained::new("greatest energy over the mean of the first tenth", greatest / first),
        Obtained::new("largest change of linear momentum, relative", changed),
        Obtained::new("steps that failed or were halved", f64::from(failed)),
    ])
}
