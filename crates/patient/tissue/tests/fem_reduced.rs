//! The reduced model against the full one.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use proband_core::ops;
use proband_tissue::fem::{
    Elements, FemInput, FemModel, FemSpec, FemWorkspace, Lattice, Law, Prony, PronyBranch, ReducedInput, ReducedModel, ReducedSpec,
    ReducedState, ReducedWorkspace, lame_pa, reduced_rest, reduced_step, rest, step,
};

const SPEC: ReducedSpec = ReducedSpec { mode_count_max: 24, left_out: 1e-8, work_error: 1e-2, element_count_max: 60 };

fn beam() -> FemModel {
    let lattice = Lattice::new([10, 3, 3], [0.1, 0.03, 0.03]).unwrap();
    let clamped = lattice.nodes_where(|p| p[0] == 0.0);
    let (mu_pa, lambda_pa) = lame_pa(20e3, 0.45).unwrap();
    let law = Law::NeoHookeanLog { mu_pa, lambda_pa };
    FemModel::new(&FemSpec::elastic(lattice.nodes_m, Elements::Hexahedra(lattice.hexahedra), law, 1000.0).clamp(&clamped)).unwrap()
}

fn shown(model: &FemModel) -> Vec<Vec<[f64; 3]>> {
    let mut states = Vec::new();
    // Along the axes and between them: motions that were not shown together do not mix.
    let mut loads = vec![[9.81, 0.0, 0.0], [-9.81, 0.0, 0.0]];
    for turn in 0..8 {
        let (s, c) = ops::sin_cos(f64::from(turn) * std::f64::consts::FRAC_PI_4);
        loads.extend([[0.0, 9.81 * s, 9.81 * c], [5.0, 8.0 * s, 8.0 * c]]);
    }
    for g in loads {
        let (mut state, mut space) = (model.state(), FemWorkspace::new(model));
        for share in [0.1, 0.55, 1.0] {
            let input = FemInput { gravity_m_per_s2: g.map(|v| share * v), ..FemInput::default() };
            assert!(rest(model, &mut state, &input, 1, 0.0, &mut space).unwrap().converged);
            states.push(state.displacement_m.clone());
        }
    }
    states
}

/// Rest and move like the full model under loads that it was not shown, and go on from a stored state with the same bits.
#[test]
fn it_follows_the_full_model() {
    let model = beam();
    let reduced = ReducedModel::new(&model, &shown(&model), SPEC).unwrap();
    let report = reduced.report();
    assert!(report.element_count < report.full_element_count && report.work_error <= SPEC.work_error, "{report:?}");
    let tip = model.nodes_m().iter().position(|p| p[0] == 0.1).unwrap() as u32;
    let gravity_m_per_s2 = [1.0, -4.0, -6.0];
    let (mut full, mut space) = (model.state(), FemWorkspace::new(&model));
    rest(&model, &mut full, &FemInput { gravity_m_per_s2, ..FemInput::default() }, 2, 0.0, &mut space).unwrap();
    let (mut small, mut memory) = (reduced.state(), ReducedWorkspace::default());
    let input = ReducedInput { gravity_m_per_s2, ..ReducedInput::default() };
    let out = reduced_rest(&reduced, &mut small, &input, 2, 1e-8, &mut memory).unwrap();
    assert!(out.converged, "{out:?}");
    let (want, got) = (full.displacement_m[tip as usize], reduced.displacement_m(&small, tip));
    let size = want.iter().map(|v| v * v).sum::<f64>().sqrt();
    assert!((0..3).all(|k| (want[k] - got[k]).abs() < 0.02 * size), "{want:?} {got:?} {report:?}");
    let (mut full, mut small) = (model.state(), reduced.state());
    for tick in 0..40 {
        step(&model, &mut full, &FemInput { gravity_m_per_s2, ..FemInput::default() }, 5e-3, &mut space).unwrap();
        assert!(reduced_step(&reduced, &mut small, &input, 5e-3, 1e-6, &mut memory).unwrap().converged);
        if tick == 20 {
            let bytes = postcard::to_allocvec(&small).unwrap();
            small = postcard::from_bytes::<ReducedState>(&bytes).unwrap();
            memory = ReducedWorkspace::default();
        }
    }
    let (want, got) = (full.displacement_m[tip as usize], reduced.displacement_m(&small, tip));
    assert!((0..3).all(|k| (want[k] - got[k]).abs() < 0.03 * size), "{want:?} {got:?}");
}

/// Say when a state is beyond those that were shown: a body let go swings to twice its sag.
#[test]
fn it_knows_how_far_it_was_shown() {
    let model = beam();
    let states = shown(&model);
    let reduced = ReducedModel::new(&model, &states, SPEC).unwrap();
    let (mut state, mut memory) = (reduced.state(), ReducedWorkspace::default());
    let input = ReducedInput { gravity_m_per_s2: [0.0, 0.0, -9.81], ..ReducedInput::default() };
    let rested = reduced_rest(&reduced, &mut state, &input, 4, 1e-8, &mut memory).unwrap();
    assert!(rested.converged && rested.reach < 1.05, "{rested:?}");
    let between = ReducedInput { gravity_m_per_s2: [1.0, -4.0, -6.0], ..input };
    assert!(reduced_rest(&reduced, &mut reduced.state(), &between, 2, 1e-8, &mut memory).unwrap().reach < 1.0);
    let mut state = reduced.state();
    let swings =
        |state: &mut ReducedState, memory: &mut ReducedWorkspace| reduced_step(&reduced, state, &input, 5e-3, 1e-4, memory).unwrap();
    let most = (0..80).map(|_| swings(&mut state, &mut memory).reach).fold(0.0, f64::max);
    assert!(most > 1.2, "{most}");
}

/// Refuse what it has not, and states that say nothing.
#[test]
fn what_it_has_not_is_refused() {
    let model = beam();
    let still = vec![vec![[0.0; 3]; model.nodes_m().len()]];
    assert!(ReducedModel::new(&model, &still, SPEC).is_err());
    assert!(ReducedModel::new(&model, &[vec![[0.0; 3]; 3]], SPEC).is_err());
    assert!(ReducedModel::new(&model, &[vec![[f64::NAN; 3]; model.nodes_m().len()]], SPEC).is_err());
    assert!(ReducedModel::new(&model, &still, ReducedSpec { work_error: f64::NAN, ..SPEC }).is_err());
    let lattice = Lattice::new([2, 1, 1], [0.1, 0.03, 0.03]).unwrap();
    let (mu_pa, lambda_pa) = lame_pa(20e3, 0.45).unwrap();
    let mut spec = FemSpec::elastic(lattice.nodes_m, Elements::Hexahedra(lattice.hexahedra), Law::Linear { mu_pa, lambda_pa }, 1000.0);
    spec.parts[0].viscosity = Prony { branches: vec![PronyBranch { share: 0.2, time_s: 1.0 }] };
    assert!(ReducedModel::new(&FemModel::new(&spec).unwrap(), &[vec![[1.0; 3]; 12]], SPEC).is_err());
}
