//! The reduced model against the full one: the soft beam of 0.20 × 0.06 × 0.06 m, 20 kPa.

use proband_core::ops;
use proband_tissue::fem::{
    FemInput, FemModel, FemWorkspace, Law, ReducedInput, ReducedModel, ReducedSpec, ReducedWorkspace, lame_pa, reduced_rest, rest,
};

use super::problems::{Beam, Kind};
use super::text;
use crate::Obtained;

const G: f64 = 9.81;
/// Force at the tip that is shown at most [N].
const FORCE_N: f64 = 0.5;

/// Load of a state: gravity and a force at the tip's middle.
#[derive(Clone, Copy)]
struct Load {
    gravity: [f64; 3],
    force_n: [f64; 3],
}

impl Load {
    fn times(self, share: f64) -> Self {
        Self { gravity: self.gravity.map(|g| share * g), force_n: self.force_n.map(|f| share * f) }
    }
}

fn shown() -> Vec<Load> {
    let mut loads = Vec::new();
    for turn in 0..8 {
        let (s, c) = ops::sin_cos(f64::from(turn) * std::f64::consts::FRAC_PI_4);
        loads.push(Load { gravity: [0.0, G * s, G * c], force_n: [0.0; 3] });
        loads.push(Load { gravity: [0.0; 3], force_n: [0.0, FORCE_N * s, FORCE_N * c] });
    }
    loads.extend([1.0, -1.0].map(|s| Load { gravity: [0.0; 3], force_n: [s * FORCE_N, 0.0, 0.0] }));
    loads
}

fn distance(a: [f64; 3], b: [f64; 3]) -> f64 {
    (0..3).map(|k| (a[k] - b[k]) * (a[k] - b[k])).sum::<f64>().sqrt()
}

pub(super) fn follows() -> Result<Vec<Obtained>, String> {
    let beam = Beam { cells: [20, 6, 6], half: false, grade: 1.0, kind: Kind::Hexahedra };
    let (mu_pa, lambda_pa) = lame_pa(20e3, 0.45).map_err(text)?;
    let mut spec = beam.spec(Law::NeoHookeanLog { mu_pa, lambda_pa })?;
    spec.solver.residual_relative = 1e-6;
    let model = FemModel::new(&spec).map_err(text)?;
    let tip = beam.tip(0.5);
    let mut space = FemWorkspace::new(&model);
    let mut states = Vec::new();
    for load in shown() {
        let mut state = model.state();
        for share in [0.05, 0.35, 0.7, 1.0] {
            let Load { gravity, force_n } = load.times(share);
            let forces = [(tip, force_n)];
            let input = FemInput { gravity_m_per_s2: gravity, forces_n: &forces, ..FemInput::default() };
            let out = rest(&model, &mut state, &input, 1, 0.0, &mut space).map_err(text)?;
            if !out.converged {
                return Err(format!("no rest: {out:?}"));
            }
            states.push(state.displacement_m.clone());
        }
    }
    let reduction = ReducedSpec { mode_count_max: 30, left_out: 1e-7, work_error: 1e-2, element_count_max: 150 };
    let reduced = ReducedModel::new(&model, &states, reduction).map_err(text)?;
    let mut memory = ReducedWorkspace::default();
    let report = reduced.report();
    let mut rows = vec![Obtained::new("modes", f64::from(report.mode_count))];
    let oblique = |size: f64| -> [f64; 3] { [0.0, 0.6 * size, -0.8 * size] };
    let middle = beam.tip(0.5) - 10;
    for (name, gravity, node, force_n) in [
        ("gravity / 50, oblique", oblique(G / 50.0), tip, [0.0; 3]),
        ("gravity, oblique", oblique(G), tip, [0.0; 3]),
        ("tip force / 50, oblique", [0.0; 3], tip, oblique(FORCE_N / 50.0)),
        ("tip force, oblique", [0.0; 3], tip, oblique(FORCE_N)),
        ("gravity down with a tip force across", [0.0, 0.0, -0.5 * G], tip, [0.0, 0.5 * FORCE_N, 0.0]),
        ("force at the middle of the length, a place never shown", [0.0; 3], middle, [0.0, 0.0, -FORCE_N]),
    ] {
        let forces = [(node, force_n)];
        let mut full = model.state();
        let input = FemInput { gravity_m_per_s2: gravity, forces_n: &forces, ..FemInput::default() };
        rest(&model, &mut full, &input, 4, 0.0, &mut space).map_err(text)?;
        let mut small = reduced.state();
        let input = ReducedInput { gravity_m_per_s2: gravity, forces_n: &forces };
        let out = reduced_rest(&reduced, &mut small, &input, 4, 1e-8, &mut memory).map_err(text)?;
        if !out.converged {
            return Err(format!("{name}: {out:?}"));
        }
        let (want, got) = (full.displacement_m[tip as usize], reduced.displacement_m(&small, tip));
        rows.push(Obtained::new(format!("{name}: error of the tip"), distance(want, got) / distance(want, [0.0; 3])));
    }
    let down = [0.0, 0.0, -G];
    let mut small = reduced.state();
    reduced_rest(&reduced, &mut small, &ReducedInput { gravity_m_per_s2: down, forces_n: &[] }, 4, 1e-8, &mut memory).map_err(text)?;
    rows.push(Obtained::new("sag under gravity", 1e3 * reduced.displacement_m(&small, tip)[2]));
    Ok(rows)
}
