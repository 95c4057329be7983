//! A million steps.

use proband_tissue::fem::{
    Elements, FemInput, FemModel, FemSpec, FemState, FemWorkspace, Integrator, Lattice, Law, SolverSpec, lame_pa, step,
};

use super::text;
use crate::Obtained;

const EDGE_M: f64 = 0.01;
const STEP_S: f64 = 1e-4;
const SHORT: u32 = 10_000;
const LONG: u32 = 1_000_000;

/// Two free cubes of rubber in one that fly, turn slowly and swing along their axis.
fn body() -> Result<(FemModel, FemState), String> {
    let lattice = Lattice::new([2, 1, 1], [2.0 * EDGE_M, EDGE_M, EDGE_M]).map_err(text)?;
    let (mu_pa, lambda_pa) = lame_pa(20e3, 0.3).map_err(text)?;
    let law = Law::NeoHookeanLog { mu_pa, lambda_pa };
    let mut spec = FemSpec::elastic(lattice.nodes_m.clone(), Elements::Hexahedra(lattice.hexahedra), law, 1000.0);
    spec.integrator = Integrator::Newmark;
    spec.solver = SolverSpec { residual_relative: 1e-11, group_size: 0, ..SolverSpec::RECORD };
    let model = FemModel::new(&spec).map_err(text)?;
    let mut state = model.state();
    for (v, x) in state.velocity_m_per_s.iter_mut().zip(model.nodes_m()) {
        let off = [x[0] - EDGE_M, x[1] - 0.5 * EDGE_M, x[2] - 0.5 * EDGE_M];
        // Flight, a turn of 0.5 rad/s about z, and ends that part at 5 % of the length per period.
        *v = [1e-3 - 0.5 * off[1] + 8.0 * off[0], 2e-3 + 0.5 * off[0], -1e-3];
    }
    Ok((model, state))
}

fn momentum(model: &FemModel, state: &FemState) -> [f64; 3] {
    let mut p = [0.0; 3];
    for (m, v) in model.mass_kg().iter().zip(&state.velocity_m_per_s) {
        (0..3).for_each(|k| p[k] += m * v[k]);
    }
    p
}

fn apart(a: [f64; 3], b: [f64; 3]) -> f64 {
    (0..3).map(|k| (a[k] - b[k]) * (a[k] - b[k])).sum::<f64>().sqrt()
}

pub(super) fn million() -> Result<Vec<Obtained>, String> {
    let (model, mut state) = body()?;
    let mut space = FemWorkspace::new(&model);
    let first = momentum(&model, &state);
    let size = apart(first, [0.0; 3]);
    let kinetic = |state: &FemState| -> f64 {
        model.mass_kg().iter().zip(&state.velocity_m_per_s).map(|(m, v)| 0.5 * m * v.iter().map(|v| v * v).sum::<f64>()).sum()
    };
    let energy_j = kinetic(&state);
    let (mut short, mut long, mut worst) = (0.0_f64, 0.0_f64, 0.0_f64);
    let (mut early, mut late) = (0.0, 0.0);
    for tick in 1..=LONG {
        let out = step(&model, &mut state, &FemInput::default(), STEP_S, &mut space).map_err(text)?;
        if !out.converged {
            return Err(format!("step {tick}: {out:?}"));
        }
        let drift = apart(momentum(&model, &state), first) / size;
        long = long.max(drift);
        if tick <= SHORT {
            short = short.max(drift);
        }
        let now = (out.kinetic_j + out.elastic_j) / energy_j - 1.0;
        worst = worst.max(now.abs());
        if tick <= LONG / 10 {
            early += now / f64::from(LONG / 10);
        } else if tick > LONG - LONG / 10 {
            late += now / f64::from(LONG / 10);
        }
    }
    Ok(vec![
        Obtained::new("drift of momentum over ten thousand steps", short),
        Obtained::new("drift of momentum over a million steps", long),
        Obtained::new("energy over that at the start, less 1, greatest over a million steps", worst),
        Obtained::new("mean energy of the last tenth less that of the first, over that at the start", late - early),
    ])
}
