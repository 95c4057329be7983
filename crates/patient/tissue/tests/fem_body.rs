//! Bodies: exactness, invariance, balance, failure.

use proband_core::ops;
use proband_tissue::fem::{
    Elements, FemInput, FemModel, FemOutput, FemSpec, FemState, FemWorkspace, HeldNode, Integrator, Lattice, Law, NodeSpring, Prony,
    PronyBranch, SolverSpec, lame_pa, quadratic_tetrahedra, rest, step,
};
use proptest::prelude::*;

const SIZE_M: [f64; 3] = [0.06, 0.05, 0.04];

fn neo_hookean() -> Law {
    let (mu_pa, lambda_pa) = lame_pa(10e3, 0.4).expect("constants");
    Law::NeoHookeanLog { mu_pa, lambda_pa }
}

/// A box of three cells each way whose inner nodes are shaken by a share of the cell.
fn shaken(share: f64, kind: u32, law: Law) -> FemSpec {
    let lattice = Lattice::new([3, 3, 3], SIZE_M).expect("a lattice");
    let inner = |p: [f64; 3]| (0..3).all(|k| p[k] > 1e-9 && p[k] < SIZE_M[k] - 1e-9);
    let shake = |p: [f64; 3], k: usize| share * 0.013 * ops::sin(900.0 * p[0] + 500.0 * p[1] * (k as f64 + 1.0) + 700.0 * p[2]);
    let lattice = lattice.map(|p| if inner(p) { std::array::from_fn(|k| p[k] + shake(p, k)) } else { p });
    match kind {
        0 => FemSpec::elastic(lattice.nodes_m.clone(), Elements::Hexahedra(lattice.hexahedra), law, 1000.0),
        1 => FemSpec::elastic(lattice.nodes_m.clone(), Elements::Tetrahedra(lattice.tetrahedra()), law, 1000.0),
        _ => {
            let mut nodes = lattice.nodes_m.clone();
            let tets = quadratic_tetrahedra(&mut nodes, &lattice.tetrahedra());
            FemSpec::elastic(nodes, Elements::QuadraticTetrahedra(tets), law, 1000.0)
        }
    }
}

fn boundary(spec: &FemSpec) -> Vec<u32> {
    let outer = |p: [f64; 3]| (0..3).any(|k| p[k] < 1e-9 || p[k] > SIZE_M[k] - 1e-9);
    (0..spec.nodes_m.len() as u32).filter(|&n| outer(spec.nodes_m[n as usize])).collect()
}

fn affine(g: &[[f64; 3]; 3], p: [f64; 3]) -> [f64; 3] {
    std::array::from_fn(|i| g[i][0] * p[0] + g[i][1] * p[1] + g[i][2] * p[2])
}

/// Follow an affine motion of the boundary exactly inside, on shaken meshes of every element.
#[test]
fn patch() {
    let g = [[0.05, 0.1, -0.02], [0.03, -0.04, 0.06], [-0.07, 0.02, 0.08]];
    let (mu_pa, lambda_pa) = lame_pa(10e3, 0.4).expect("constants");
    for kind in 0..3 {
        for (law, tolerance) in [(Law::Linear { mu_pa, lambda_pa }, 1e-10), (neo_hookean(), 1e-8)] {
            let spec = shaken(0.1, kind, law);
            let outer = boundary(&spec);
            let mut spec = spec.clamp(&outer);
            spec.solver.residual_relative = 1e-12;
            let model = FemModel::new(&spec).expect("a body");
            let led: Vec<[f64; 3]> = outer.iter().map(|&n| affine(&g, spec.nodes_m[n as usize])).collect();
            let mut state = model.state();
            let input = FemInput { led_m: &led, ..FemInput::default() };
            let out = rest(&model, &mut state, &input, 1, 0.0, &mut FemWorkspace::new(&model)).expect("an answer");
            assert!(out.converged, "{out:?}");
            for (p, u) in spec.nodes_m.iter().zip(&state.displacement_m) {
                let want = affine(&g, *p);
                let error = (0..3).map(|k| (u[k] - want[k]).abs()).fold(0.0, f64::max);
                assert!(error <= tolerance * 0.01, "kind {kind}: {error}");
            }
        }
    }
}

fn rotated(state: &mut FemState, nodes: &[[f64; 3]], angle: f64) {
    let (s, c) = ops::sin_cos(angle);
    let (s2, c2) = ops::sin_cos(0.6 * angle);
    for (u, p) in state.displacement_m.iter_mut().zip(nodes) {
        let q = [c * p[0] - s * p[1], s * p[0] + c * p[1], p[2]];
        let r = [q[0], c2 * q[1] - s2 * q[2] + 0.3, s2 * q[1] + c2 * q[2] - 0.1];
        *u = std::array::from_fn(|k| r[k] - p[k]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// A turned and moved body feels no force, whatever the element.
    #[test]
    fn rigid_motion(angle in -3.0..3.0_f64, kind in 0_u32..3) {
        let mut spec = shaken(0.1, kind, neo_hookean());
        spec.solver.residual_relative = 1e-6;
        let model = FemModel::new(&spec).expect("a body");
        let mut state = model.state();
        rotated(&mut state, &spec.nodes_m, angle);
        let before = state.clone();
        let out = step(&model, &mut state, &FemInput::default(), 1e-3, &mut FemWorkspace::new(&model)).expect("an answer");
        // μ · area is 10 N and more: forces ≤ 1e-12 of it move nothing.
        prop_assert!(out.converged && out.elastic_j.abs() < 1e-15, "{out:?}");
        let moved = state.displacement_m.iter().flatten().zip(before.displacement_m.iter().flatten());
        prop_assert!(moved.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max) < 1e-12);
    }

    /// Any input gives a finite state or an error, never a body turned inside out in silence.
    #[test]
    fn hostile_input(g in prop::array::uniform3(prop::num::f64::ANY), pull in -1e3..1e3_f64, h in prop::num::f64::ANY) {
        let spec = shaken(0.0, 0, neo_hookean());
        let held: Vec<u32> = (0..16).collect();
        let mut spec = spec.clamp(&held);
        spec.solver = SolverSpec { halving_count_max: 2, ..SolverSpec::LIVE };
        let model = FemModel::new(&spec).expect("a body");
        let mut state = model.state();
        let mut space = FemWorkspace::new(&model);
        let input = FemInput { gravity_m_per_s2: g, ..FemInput::default() };
        let _ = step(&model, &mut state, &input, h, &mut space);
        let forces = [(63, [pull, -pull, 0.5 * pull])];
        let out = step(&model, &mut state, &FemInput { forces_n: &forces, ..FemInput::default() }, 1e-3, &mut space);
        prop_assert!(state.displacement_m.iter().chain(&state.velocity_m_per_s).flatten().all(|v| v.is_finite()));
        if let Ok(out) = out && out.converged {
            prop_assert!(out.det_min > 0.0);
        }
    }
}

fn beam(integrator: Integrator) -> FemSpec {
    let lattice = Lattice::new([6, 2, 2], [0.12, 0.04, 0.04]).expect("a lattice");
    let clamp = lattice.nodes_where(|p| p[0] == 0.0);
    let mut spec = FemSpec::elastic(lattice.nodes_m.clone(), Elements::Hexahedra(lattice.hexahedra), neo_hookean(), 1000.0).clamp(&clamp);
    spec.integrator = integrator;
    spec
}

const GRAVITY: [f64; 3] = [0.0, 0.0, -9.81];

fn swing(spec: &FemSpec, count: u32) -> (FemState, Vec<FemOutput>) {
    let model = FemModel::new(spec).expect("a body");
    let (mut state, mut space) = (model.state(), FemWorkspace::new(&model));
    let input = FemInput { gravity_m_per_s2: GRAVITY, ..FemInput::default() };
    let outputs = (0..count).map(|_| step(&model, &mut state, &input, 5e-3, &mut space).expect("an answer")).collect();
    (state, outputs)
}

/// Close the balance of energy: change + loss = work, and let backward Euler lose, Newmark not.
#[test]
fn energy_balance() {
    for integrator in [Integrator::BackwardEuler, Integrator::Bdf2, Integrator::Newmark] {
        let (_, outputs) = swing(&beam(integrator), 40);
        assert!(outputs.iter().all(|o| o.converged && !o.det_min.is_nan()));
        let work: f64 = outputs.iter().map(|o| o.work_j.abs()).sum();
        let open: f64 = outputs.iter().map(|o| o.unbalanced_j.abs()).sum();
        let loss: f64 = outputs.iter().map(|o| o.loss_j).sum();
        assert!(open <= 1e-6 * work, "{integrator:?}: {open} of {work}");
        match integrator {
            Integrator::BackwardEuler => assert!(outputs.iter().all(|o| o.loss_j >= -1e-9 * work) && loss > 0.0),
            Integrator::Bdf2 => assert!(loss > 0.0),
            Integrator::Newmark => assert!(loss.abs() < 0.02 * work, "{loss} of {work}"),
        }
    }
}

/// Give the same bits at one, two and eight threads, and from a state that was saved and read again.
#[test]
fn same_bits() {
    let spec = beam(Integrator::Bdf2);
    let on = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool").install(|| swing(&spec, 6));
    let one = on(1);
    assert_eq!(one, on(2));
    assert_eq!(one, on(8));
    let half = swing(&spec, 3).0;
    let mut state: FemState = postcard::from_bytes(&postcard::to_stdvec(&half).expect("bytes")).expect("a state");
    let model = FemModel::new(&spec).expect("a body");
    let input = FemInput { gravity_m_per_s2: GRAVITY, ..FemInput::default() };
    let mut space = FemWorkspace::new(&model);
    for _ in 0..3 {
        step(&model, &mut state, &input, 5e-3, &mut space).expect("an answer");
    }
    assert_eq!(state, one.0);
}

/// Numbering of nodes does not matter beyond the solver's tolerance.
#[test]
fn permutation() {
    let spec = beam(Integrator::BackwardEuler);
    let n = spec.nodes_m.len() as u32;
    let to = |node: u32| (node * 5 + 2) % n;
    assert!(!n.is_multiple_of(5));
    let mut turned = spec.clone();
    for node in 0..n {
        turned.nodes_m[to(node) as usize] = spec.nodes_m[node as usize];
    }
    if let Elements::Hexahedra(e) = &mut turned.parts[0].elements {
        e.reverse();
        e.iter_mut().flatten().for_each(|v| *v = to(*v));
    }
    turned.held.iter_mut().for_each(|h| h.node = to(h.node));
    let (a, b) = (swing(&spec, 3).0, swing(&turned, 3).0);
    for node in 0..n {
        for k in 0..3 {
            assert!((a.displacement_m[node as usize][k] - b.displacement_m[to(node) as usize][k]).abs() < 1e-9);
        }
    }
}

/// Keep linear momentum of a free body; Newmark keeps it as well.
#[test]
fn momentum() {
    let mut spec = beam(Integrator::Newmark);
    spec.held.clear();
    spec.solver.residual_relative = 1e-12;
    let model = FemModel::new(&spec).expect("a body");
    let (mut state, mut space) = (model.state(), FemWorkspace::new(&model));
    for (v, p) in state.velocity_m_per_s.iter_mut().zip(&spec.nodes_m) {
        *v = [0.1, 2.0 * p[0], -p[1]];
    }
    let momentum = |s: &FemState| -> [f64; 3] {
        std::array::from_fn(|k| model.mass_kg().iter().zip(&s.velocity_m_per_s).map(|(m, v)| m * v[k]).sum())
    };
    let before = momentum(&state);
    for _ in 0..100 {
        assert!(step(&model, &mut state, &FemInput::default(), 5e-3, &mut space).expect("an answer").converged);
    }
    let after = momentum(&state);
    for k in 0..3 {
        assert!((after[k] - before[k]).abs() < 1e-9 * before[0].abs().max(before[1].abs()), "{before:?} {after:?}");
    }
}

/// Let a sheared cube relax as its series says, exactly at any step.
#[test]
fn relaxation() {
    let mut lattice = Lattice::new([1, 1, 1], [0.01; 3]).expect("a lattice");
    let nodes = std::mem::take(&mut lattice.nodes_m);
    let mut spec = FemSpec::elastic(nodes.clone(), Elements::Hexahedra(lattice.hexahedra), neo_hookean(), 1000.0);
    spec.parts[0].viscosity = Prony { branches: vec![PronyBranch { share: 0.3, time_s: 0.05 }, PronyBranch { share: 0.2, time_s: 1.0 }] };
    let all: Vec<u32> = (0..8).collect();
    let mut spec = spec.clamp(&all);
    // One spring on a held node: it must not matter.
    spec.springs.push(NodeSpring { node: 0, stiffness_n_per_m: [1.0; 3] });
    let model = FemModel::new(&spec).expect("a body");
    let (mut state, mut space) = (model.state(), FemWorkspace::new(&model));
    let led: Vec<[f64; 3]> = nodes.iter().map(|p| [0.01 * p[2], 0.0, 0.0]).collect();
    let input = FemInput { led_m: &led, ..FemInput::default() };
    rest(&model, &mut state, &input, 1, 0.0, &mut space).expect("an answer");
    // Memory: elastic stress xz, then branches.
    let shear = |s: &FemState| s.memory_pa[4] * 0.5 + s.memory_pa[6 + 4] + s.memory_pa[12 + 4];
    let first = shear(&state);
    rest(&model, &mut state, &input, 3, 0.5, &mut space).expect("an answer");
    assert!((shear(&state) / first - 0.6213197).abs() < 1e-6);
}

/// Name the element that is inside out and the node that is not there.
#[test]
fn bad_meshes_are_named() {
    let mut spec = beam(Integrator::BackwardEuler);
    spec.held.push(HeldNode { node: 0, axes: [true; 3] });
    assert!(FemModel::new(&spec).expect_err("held twice").to_string().contains("held twice"));
    let mut spec = beam(Integrator::BackwardEuler);
    if let Elements::Hexahedra(e) = &mut spec.parts[0].elements {
        e[3].swap(0, 1);
    }
    assert!(FemModel::new(&spec).expect_err("inside out").to_string().contains("element 3"));
    let mut spec = beam(Integrator::BackwardEuler);
    if let Elements::Hexahedra(e) = &mut spec.parts[0].elements {
        e[2][5] = 1_000_000;
    }
    assert!(FemModel::new(&spec).expect_err("no such node").to_string().contains("1000000"));
}

/// Pull a bar that is stretched where it lies with the stress of its law on its ends, and let it shrink to its free length when one is let go.
#[test]
fn prestretch_pulls_and_lets_go() {
    let stretch = 1.2;
    let law = Law::Prestretched { law: Box::new(neo_hookean()), along: [1.0, 0.0, 0.0], stretch };
    for kind in [0, 2] {
        let spec = shaken(0.1, kind, law.clone());
        let mut free = spec.clone();
        free.solver.residual_relative = 1e-12;
        // Held at one corner and against turning: nothing else pulls.
        let find = |p: [f64; 3]| spec.nodes_m.iter().position(|q| (0..3).all(|k| (q[k] - p[k]).abs() < 1e-9)).expect("a corner") as u32;
        let hold = |p: [f64; 3], axes: [bool; 3]| HeldNode { node: find(p), axes };
        free.held = vec![
            hold([0.0; 3], [true; 3]),
            hold([SIZE_M[0], 0.0, 0.0], [false, true, true]),
            hold([0.0, SIZE_M[1], 0.0], [false, false, true]),
        ];
        let model = FemModel::new(&free).expect("a body");
        let mut state = model.state();
        let out = rest(&model, &mut state, &FemInput::default(), 4, 0.0, &mut FemWorkspace::new(&model)).expect("an answer");
        assert!(out.converged, "{out:?}");
        for (p, u) in free.nodes_m.iter().zip(&state.displacement_m) {
            let across = stretch.sqrt();
            let wanted = [p[0] / stretch, p[1] * across, p[2] * across];
            for k in 0..3 {
                assert!((p[k] + u[k] - wanted[k]).abs() < 1e-9, "{kind}: {p:?} {u:?}");
            }
        }
    }
    let f = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    let pulled = [[stretch, 0.0, 0.0], [0.0, 1.0 / stretch.sqrt(), 0.0], [0.0, 0.0, 1.0 / stretch.sqrt()]];
    let (at_rest, _) = law.stress_and_tangent_pa(&f, &[[0.0; 3]; 2]).expect("finite");
    let (stretched, _) = neo_hookean().stress_and_tangent_pa(&pulled, &[[0.0; 3]; 2]).expect("finite");
    // Cauchy's stress is the same however the way there is told.
    assert!((at_rest[0][0] - stretched[0][0] * stretch).abs() < 1e-9 * at_rest[0][0].abs(), "{at_rest:?}");
}
