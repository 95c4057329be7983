//! The fast path against itself and against the reference path.

use proband_core::ops;

use super::*;
use crate::fem::{Elements, FemInput, FemModel, FemSpec, FemWorkspace, Lattice, Law, lame_pa, rest};

fn spec(young_pa: f64, poisson: f64) -> LiveSpec {
    let material = LiveMaterial { young_pa, poisson, density_kg_per_m3: 1000.0 };
    let mut spec = LiveSpec::box_of([9, 3, 4], [0.011, 0.010, 0.009], material);
    for k in 0..=4 {
        for j in 0..=3 {
            spec.held.push([0, j, k]);
        }
    }
    spec
}

const GRAVITY: LiveInput<'_> = LiveInput { gravity_m_per_s2: [0.0, 0.0, -9.81], led_m: &[], forces_n: &[] };

/// The force is the gradient of the energy, in states far from rest, also with empty cells and two materials.
#[test]
fn force_is_the_gradient() {
    let mut spec = spec(10e3, 0.4);
    spec.materials.push(LiveMaterial { young_pa: 50e3, poisson: 0.2, density_kg_per_m3: 900.0 });
    for (index, material) in spec.material.iter_mut().enumerate() {
        *material = if index % 11 == 5 { 0 } else { 1 + u8::from(index % 3 == 0) };
    }
    let model = LiveModel::new(&spec).expect("a body");
    let mut space = LiveWorkspace::new(&model);
    let n = model.plane();
    let mut u = vec![0.0; 3 * n];
    for k in 0..=4 {
        for j in 0..=3 {
            for i in 0..=9 {
                let node = model.node([i, j, k]);
                let x = model.rest_m([i, j, k]);
                for axis in 0..3 {
                    let wave = 2e-3 * ops::sin(90.0 * x[0] + 130.0 * x[1] * (axis as f64 + 0.5) - 170.0 * x[2] + axis as f64);
                    // A turn by a radian about y, and a wave.
                    let (s, c) = ops::sin_cos(1.0);
                    let turned = [c * x[0] + s * x[2], x[1], -s * x[0] + c * x[2]][axis];
                    u[axis * n + node] = turned - x[axis] + wave;
                }
            }
        }
    }
    let (_, force) = step::probe(&model, &u, &mut space);
    let size = force.iter().fold(0.0_f64, |m, f| m.max(f.abs()));
    for at in [model.node([4, 1, 2]), n + model.node([9, 3, 4]), 2 * n + model.node([1, 0, 0]), n + model.node([7, 2, 0])] {
        let h = 1e-7;
        let mut side = |by: f64| {
            let mut v = u.clone();
            v[at] += by;
            step::probe(&model, &v, &mut space).0
        };
        let slope = (side(h) - side(-h)) / (2.0 * h);
        assert!((slope - force[at]).abs() <= 1e-6 * size, "{slope} against {}", force[at]);
    }
}

fn run(spec: &LiveSpec, count: u32) -> (LiveState, Vec<LiveOutput>) {
    let model = LiveModel::new(spec).expect("a body");
    let (mut state, mut space) = (model.state(), LiveWorkspace::new(&model));
    let outputs = (0..count).map(|_| live_step(&model, &mut state, &GRAVITY, &mut space).expect("an answer")).collect();
    (state, outputs)
}

/// Sag as the reference path does on the same mesh.
#[test]
fn sags_as_the_reference() {
    let mut live = spec(200e3, 0.45);
    (live.tick_s, live.residual_relative) = (0.2, 1e-6);
    let (state, outputs) = run(&live, 12);
    assert!(outputs.iter().all(|o| o.converged));
    let model = LiveModel::new(&live).expect("a body");
    let lattice = Lattice::new([9, 3, 4], [0.099, 0.030, 0.036]).expect("a lattice");
    let (mu_pa, lambda_pa) = lame_pa(200e3, 0.45).expect("constants");
    let clamp = lattice.nodes_where(|p| p[0] == 0.0);
    let tip = lattice.node(9, 1, 2) as usize;
    let law = Law::Corotational { mu_pa, lambda_pa };
    let reference = FemModel::new(&FemSpec::elastic(lattice.nodes_m, Elements::Hexahedra(lattice.hexahedra), law, 1000.0).clamp(&clamp));
    let reference = reference.expect("a body");
    let mut rested = reference.state();
    let input = FemInput { gravity_m_per_s2: GRAVITY.gravity_m_per_s2, ..FemInput::default() };
    rest(&reference, &mut rested, &input, 1, 0.0, &mut FemWorkspace::new(&reference)).expect("an answer");
    let (fast, exact) = (state.displacement_m[2 * model.plane() + model.node([9, 1, 2])], rested.displacement_m[tip][2]);
    // One rotation per cell against one per point: they differ by the strain within a cell.
    assert!((fast / exact - 1.0).abs() < 2e-3, "{fast} against {exact}");
}

/// Give the same bits at one, two and eight threads, on a body large enough to be shared out.
#[test]
fn same_bits_at_any_threads() {
    let material = LiveMaterial { young_pa: 20e3, poisson: 0.45, density_kg_per_m3: 1000.0 };
    let mut spec = LiveSpec::box_of([40, 28, 29], [0.005; 3], material);
    spec.held = (0..=28).flat_map(|j| (0..=29).map(move |k| [0, j, k])).collect();
    let on = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool").install(|| run(&spec, 1));
    let one = on(1);
    assert!(one.1[0].converged);
    assert_eq!(one, on(2));
    assert_eq!(one, on(8));
}

/// The cycle is a symmetric positive operator, as conjugate gradients need it, on odd counts, with empty cells and a stiff part.
#[test]
fn cycle_is_symmetric() {
    let mut spec = spec(10e3, 0.45);
    spec.materials.push(LiveMaterial { young_pa: 1e6, poisson: 0.3, density_kg_per_m3: 900.0 });
    for (index, material) in spec.material.iter_mut().enumerate() {
        *material = if index % 13 == 5 { 0 } else { 1 + u8::from(index % 9 > 5) };
    }
    spec.tick_s = 0.5;
    let model = LiveModel::new(&spec).expect("a body");
    assert!(model.coarse_size().0 >= 2, "{:?}", model.coarse_size());
    let levels = model.multigrid.as_ref().expect("lattices");
    let mut space = levels.space(model.plane());
    let finest =
        multigrid::Finest { grid: &model.grid, groups: &model.groups, inertia: &model.inertia, inverse: &model.inverse, free: &model.free };
    levels.prepare(&finest, &mut space);
    let some = |seed: usize| -> Vec<f32> {
        model.free.iter().enumerate().map(|(i, free)| free * (((i + seed) * 7919 % 997) as f32 / 498.0 - 1.0)).collect()
    };
    let (a, b) = (some(1), some(500));
    let (mut za, mut zb) = (vec![0.0; a.len()], vec![0.0; a.len()]);
    let (aa, bb) = (levels.apply(&finest, &a, &mut za, &mut space), levels.apply(&finest, &b, &mut zb, &mut space));
    let (ab, ba) = (vector::dot(&a, &zb), vector::dot(&b, &za));
    assert!(aa > 0.0 && bb > 0.0);
    assert!((ab - ba).abs() < 1e-4 * (aa * bb).sqrt(), "{ab} against {ba}");
}

/// A very soft beam let go at once in ticks of half a second comes to rest: steps that shrink the error slowly are sped up.
#[test]
fn long_ticks_converge() {
    let mut soft = spec(10e3, 0.45);
    (soft.tick_s, soft.residual_relative) = (0.5, 1e-6);
    let (state, outputs) = run(&soft, 6);
    assert!(outputs.iter().all(|o| o.converged && o.residual_relative <= 1e-6), "{outputs:?}");
    assert!(outputs[5].kinetic_j < 1e-6 * outputs[0].kinetic_j && !state.quarantined);
}

/// A free body that spins keeps its linear momentum and gains no energy.
#[test]
fn free_body() {
    let mut free = spec(30e3, 0.4);
    free.held.clear();
    free.residual_relative = 1e-6;
    let model = LiveModel::new(&free).expect("a body");
    let (mut state, mut space) = (model.state(), LiveWorkspace::new(&model));
    let n = model.plane();
    for k in 0..=4 {
        for j in 0..=3 {
            for i in 0..=9 {
                let (node, x) = (model.node([i, j, k]), model.rest_m([i, j, k]));
                state.velocity_m_per_s[n + node] = 5.0 * (x[0] - 0.05);
                state.velocity_m_per_s[2 * n + node] = 0.3;
            }
        }
    }
    let mut before = f64::INFINITY;
    for _ in 0..60 {
        let out = live_step(&model, &mut state, &LiveInput::default(), &mut space).expect("an answer");
        assert!(out.converged && out.kinetic_j + out.elastic_j <= before * (1.0 + 1e-6), "{out:?}");
        before = out.kinetic_j + out.elastic_j;
    }
    let momentum: f64 = (0..n).map(|node| model.mass_kg[node] * state.velocity_m_per_s[2 * n + node]).sum();
    let mass: f64 = model.mass_kg.iter().sum();
    assert!((momentum / mass - 0.3).abs() < 1e-5, "{}", momentum / mass);
}

/// Bodies of one cell, of a row and of a sheet have few lattices above them or none, and sag all the same.
#[test]
fn small_bodies() {
    let material = LiveMaterial { young_pa: 50e3, poisson: 0.45, density_kg_per_m3: 1000.0 };
    for cells in [[1, 1, 1], [2, 1, 1], [1, 30, 1], [9, 9, 1], [1, 2, 17]] {
        let mut spec = LiveSpec::box_of(cells, [0.01, 0.002, 0.005], material);
        spec.held = (0..=cells[0]).flat_map(|i| (0..=cells[1]).map(move |j| [i, j, 0])).collect();
        let (state, outputs) = run(&spec, 5);
        assert!(outputs.iter().all(|o| o.converged), "{cells:?}: {outputs:?}");
        let model = LiveModel::new(&spec).expect("a body");
        assert!(state.displacement_m[2 * model.plane() + model.node(cells)] < 0.0);
    }
}

/// Any input ends in a finite state or an error; a pull that nothing holds against is quarantined or followed.
#[test]
fn hostile_input() {
    let model = LiveModel::new(&spec(5e3, 0.45)).expect("a body");
    let mut space = LiveWorkspace::new(&model);
    for pull in [1e9, -1e6, 1e3, f64::NAN] {
        let mut state = model.state();
        let forces = [(model.node([9, 3, 4]) as u32, [pull, 0.0, -pull])];
        for _ in 0..3 {
            let _ = live_step(&model, &mut state, &LiveInput { forces_n: &forces, ..LiveInput::default() }, &mut space);
        }
        assert!(state.displacement_m.iter().chain(&state.velocity_m_per_s).all(|v| v.is_finite()));
    }
    let mut bad = spec(5e3, 0.45);
    bad.material[7] = 9;
    assert!(LiveModel::new(&bad).expect_err("no such material").to_string().contains("cell 7"));
}
