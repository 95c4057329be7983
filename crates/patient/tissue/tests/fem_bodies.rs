//! Two bodies that touch: exact pressure, weight, friction, no way through, refusals.

use proband_tissue::fem::{
    Elements, FemInput, FemModel, FemOutput, FemPart, FemSpec, FemState, FemWorkspace, HeldNode, Lattice, Law, Prony, SurfacePair,
    element_stresses, internal_forces_n, lame_pa, rest, step,
};

const EDGE_M: f64 = 0.01;

/// A lower block and one of `above` cells on it; a pair of the upper block's lower nodes and the lower block's upper faces.
fn stack(cells: [u32; 3], size_m: [f64; 3], above: [u32; 3], above_m: [f64; 3], gap_m: f64, law: &Law, friction: f64) -> (FemSpec, u32) {
    let low = Lattice::new(cells, size_m).expect("a lattice");
    let off = [0.5 * (size_m[0] - above_m[0]), 0.5 * (size_m[1] - above_m[1]), size_m[2] + gap_m];
    let high = Lattice::new(above, above_m).expect("a lattice").map(|p| std::array::from_fn(|k| p[k] + off[k]));
    let first = low.nodes_m.len() as u32;
    let mut nodes = low.nodes_m.clone();
    nodes.extend(&high.nodes_m);
    let mut spec = FemSpec::elastic(nodes, Elements::Hexahedra(low.hexahedra.clone()), law.clone(), 1000.0);
    let upper = high.hexahedra.iter().map(|h| h.map(|n| n + first)).collect();
    spec.parts.push(FemPart {
        elements: Elements::Hexahedra(upper),
        law: law.clone(),
        viscosity: Prony::default(),
        density_kg_per_m3: 1000.0,
        fibres: Vec::new(),
    });
    let [nx, ny, nz] = cells;
    let faces = (0..ny).flat_map(|j| (0..nx).map(move |i| (i, j)));
    let faces = faces.map(|(i, j)| [low.node(i, j, nz), low.node(i + 1, j, nz), low.node(i + 1, j + 1, nz), low.node(i, j + 1, nz)]);
    let bottom = high.nodes_where(|p| p[2] == off[2]).into_iter().map(|n| n + first).collect();
    spec.surface_pairs = vec![SurfacePair { nodes: bottom, faces: faces.collect(), friction }];
    (spec, first)
}

fn soft(young_pa: f64, poisson: f64) -> Law {
    let (mu_pa, lambda_pa) = lame_pa(young_pa, poisson).expect("constants");
    Law::NeoHookeanLog { mu_pa, lambda_pa }
}

/// Pass a uniform stress on exactly where nodes face nodes.
#[test]
fn patch() {
    let (mu_pa, lambda_pa) = lame_pa(20e3, 0.3).expect("constants");
    let size = [EDGE_M; 3];
    let (mut spec, _) = stack([3, 3, 3], size, [3, 3, 3], size, 0.0, &Law::Linear { mu_pa, lambda_pa }, 0.0);
    let top = 2.0 * EDGE_M;
    for (node, p) in spec.nodes_m.iter().enumerate() {
        let axes = [p[0] == 0.0, p[1] == 0.0, p[2] == 0.0 || p[2] > top - 1e-9];
        if axes != [false; 3] {
            spec.held.push(HeldNode { node: node as u32, axes });
        }
    }
    let model = FemModel::new(&spec).expect("two bodies");
    let lead = |h: &HeldNode| if spec.nodes_m[h.node as usize][2] > top - 1e-9 { [0.0, 0.0, -4e-4] } else { [0.0; 3] };
    let led: Vec<[f64; 3]> = spec.held.iter().map(lead).collect();
    let (mut state, mut space) = (model.state(), FemWorkspace::new(&model));
    let out = rest(&model, &mut state, &FemInput { led_m: &led, ..FemInput::default() }, 1, 0.0, &mut space).expect("an answer");
    println!("{out:?}");
    assert!(out.converged && out.touch_count == 16);
    let wanted = -20e3 * 4e-4 / (2.0 * EDGE_M);
    for part in 0..2 {
        for stress in element_stresses(&model, &state, part) {
            assert!((stress.cauchy_pa[2] / wanted - 1.0).abs() < 1e-5, "{stress:?} against {wanted}");
            assert!([0, 1, 3, 4, 5].iter().all(|k| stress.cauchy_pa[*k].abs() < 1e-5 * wanted.abs()), "{stress:?}");
        }
    }
    let force: f64 =
        internal_forces_n(&model, &state, &mut space).iter().zip(&spec.nodes_m).filter(|(_, p)| p[2] == 0.0).map(|(f, _)| f[2]).sum();
    assert!((force / (wanted * EDGE_M * EDGE_M) - 1.0).abs() < 1e-6 || (force / (-wanted * EDGE_M * EDGE_M) - 1.0).abs() < 1e-6, "{force}");
}

struct Fall {
    model: FemModel,
    state: FemState,
    space: FemWorkspace,
    first: u32,
}

impl Fall {
    fn new(friction: f64, gap_m: f64, above: [u32; 3], above_m: [f64; 3]) -> Self {
        let (mut spec, first) = stack([6, 3, 2], [0.03, 0.015, 0.01], above, above_m, gap_m, &soft(20e3, 0.4), friction);
        spec = {
            let below: Vec<u32> = (0..first).filter(|n| spec.nodes_m[*n as usize][2] == 0.0).collect();
            spec.clamp(&below)
        };
        spec.solver.residual_relative = 1e-7;
        let model = FemModel::new(&spec).expect("two bodies");
        let (state, space) = (model.state(), FemWorkspace::new(&model));
        Self { model, state, space, first }
    }

    fn step(&mut self, gravity_m_per_s2: [f64; 3], step_s: f64) -> FemOutput {
        let input = FemInput { gravity_m_per_s2, ..FemInput::default() };
        let out = step(&self.model, &mut self.state, &input, step_s, &mut self.space).expect("an answer");
        assert!(out.converged, "{out:?}");
        out
    }

    fn speed(&self, axis: usize) -> f64 {
        let of = self.model.mass_kg().iter().zip(&self.state.velocity_m_per_s).skip(self.first as usize);
        let (m, p) = of.fold((0.0, 0.0), |(m, p), (mass, v)| (m + mass, p + mass * v[axis]));
        p / m
    }
}

/// Carry the weight of a cube, and let it slide at Coulomb's threshold.
#[test]
fn weight_and_friction() {
    let mut fall = Fall::new(0.5, 0.0, [2, 2, 2], [EDGE_M; 3]);
    for _ in 0..60 {
        fall.step([0.0, 0.0, -9.81], 5e-3);
    }
    let weight = 9.81 * 1000.0 * EDGE_M.powi(3);
    let carried: f64 = fall.state.body_touches.iter().map(|t| t.normal_n * t.normal[2]).sum();
    println!("carried {carried} of {weight}");
    assert!((carried / weight - 1.0).abs() < 1e-3);
    let pulled = [0.6 * 9.81, 0.0, -9.81];
    for _ in 0..4 {
        fall.step(pulled, 5e-3);
    }
    let before = fall.speed(0);
    for _ in 0..8 {
        fall.step(pulled, 5e-3);
    }
    let held_back = 0.6 - (fall.speed(0) - before) / (8.0 * 5e-3) / 9.81;
    println!("held back {held_back} g");
    assert!((held_back / 0.5 - 1.0).abs() < 0.05, "{held_back}");
}

/// Not pass a thin plate at 0.5 m/s in steps in which it would.
#[test]
fn no_way_through() {
    let mut fall = Fall::new(0.2, 1e-3, [2, 2, 1], [EDGE_M, EDGE_M, 0.002]);
    for v in fall.state.velocity_m_per_s.iter_mut().skip(fall.first as usize) {
        *v = [0.0, 0.0, -0.5];
    }
    let mut deepest = 0.0_f64;
    for _ in 0..4 {
        deepest = deepest.max(fall.step([0.0; 3], 1e-2).penetration_m);
    }
    assert!(deepest < 1e-6, "{deepest}");
    assert!(fall.speed(2) > -0.05);
}

/// Refuse bodies that begin inside one another, unknown nodes, and a node on both sides.
#[test]
fn refusals() {
    let size = [EDGE_M; 3];
    let (good, first) = stack([2, 2, 2], size, [2, 2, 2], size, 0.0, &soft(20e3, 0.4), 0.3);
    let refused = |change: &dyn Fn(&mut FemSpec)| {
        let mut spec = good.clone();
        change(&mut spec);
        FemModel::new(&spec).expect_err("refused").to_string()
    };
    assert!(FemModel::new(&good).is_ok());
    let inside = refused(&|s| s.nodes_m.iter_mut().skip(first as usize).for_each(|p| p[2] -= 1e-3));
    assert!(inside.contains("1.000e-3 m inside"), "{inside}");
    assert!(refused(&|s| s.surface_pairs[0].nodes.push(9999)).contains("9999"));
    let corner = good.surface_pairs[0].faces[0][0];
    assert!(refused(&|s| s.surface_pairs[0].nodes.insert(0, corner)).contains("keeps out"));
    assert!(refused(&|s| s.surface_pairs[0].friction = f64::NAN).contains("friction"));
}
