//! Two soft bodies that touch.

use proband_tissue::fem::{
    Elements, FemInput, FemModel, FemPart, FemSpec, FemState, FemWorkspace, HeldNode, Lattice, Law, Prony, SolverSpec, SurfacePair,
    element_stresses, internal_forces_n, lame_pa, rest, step,
};

use super::text;
use crate::Obtained;

const G: f64 = 9.81;
const TICK_S: f64 = 5e-3;

/// A lower and an upper lattice as one body of two parts; the upper one's lowest layer of nodes is kept out of the lower one's top.
struct Stack {
    spec: FemSpec,
    /// First node of the upper body.
    first: usize,
}

fn stack(low: &Lattice, low_cells: [u32; 3], high: &Lattice, high_cells: [u32; 3], law: &Law, friction: f64) -> Stack {
    let first = low.nodes_m.len() as u32;
    let mut nodes = low.nodes_m.clone();
    nodes.extend(&high.nodes_m);
    let mut spec = FemSpec::elastic(nodes, Elements::Hexahedra(low.hexahedra.clone()), law.clone(), 1000.0);
    spec.parts.push(FemPart {
        elements: Elements::Hexahedra(high.hexahedra.iter().map(|h| h.map(|n| n + first)).collect()),
        law: law.clone(),
        viscosity: Prony::default(),
        density_kg_per_m3: 1000.0,
        fibres: Vec::new(),
    });
    let [nx, ny, nz] = low_cells;
    let faces = (0..ny).flat_map(|j| (0..nx).map(move |i| (i, j)));
    let faces = faces.map(|(i, j)| [low.node(i, j, nz), low.node(i + 1, j, nz), low.node(i + 1, j + 1, nz), low.node(i, j + 1, nz)]);
    let [mx, my, _] = high_cells;
    let mut bottom: Vec<u32> = (0..=my).flat_map(|j| (0..=mx).map(move |i| high.node(i, j, 0) + first)).collect();
    bottom.sort_unstable();
    spec.surface_pairs = vec![SurfacePair { nodes: bottom, faces: faces.collect(), friction }];
    Stack { spec, first: first as usize }
}

fn neo_hookean(young_pa: f64, poisson: f64) -> Result<Law, String> {
    let (mu_pa, lambda_pa) = lame_pa(young_pa, poisson).map_err(text)?;
    Ok(Law::NeoHookeanLog { mu_pa, lambda_pa })
}

/// Greatest error of the stress in two cubes pressed together by 2 %, nodes facing nodes, against the uniform one.
fn patch() -> Result<f64, String> {
    const EDGE_M: f64 = 0.01;
    let cube = Lattice::new([3; 3], [EDGE_M; 3]).map_err(text)?;
    let above = cube.clone().map(|p| [p[0], p[1], p[2] + EDGE_M]);
    let (mu_pa, lambda_pa) = lame_pa(20e3, 0.3).map_err(text)?;
    let Stack { mut spec, .. } = stack(&cube, [3; 3], &above, [3; 3], &Law::Linear { mu_pa, lambda_pa }, 0.0);
    let top = |p: &[f64; 3]| p[2] > 2.0 * EDGE_M - 1e-9;
    for (node, p) in spec.nodes_m.iter().enumerate() {
        let axes = [p[0] == 0.0, p[1] == 0.0, p[2] == 0.0 || top(p)];
        if axes != [false; 3] {
            spec.held.push(HeldNode { node: node as u32, axes });
        }
    }
    spec.solver.residual_relative = 1e-12;
    let led: Vec<[f64; 3]> = spec.held.iter().map(|h| [0.0, 0.0, if top(&spec.nodes_m[h.node as usize]) { -4e-4 } else { 0.0 }]).collect();
    let model = FemModel::new(&spec).map_err(text)?;
    let mut state = model.state();
    let input = FemInput { led_m: &led, ..FemInput::default() };
    let out = rest(&model, &mut state, &input, 1, 0.0, &mut FemWorkspace::new(&model)).map_err(text)?;
    if !out.converged {
        return Err(format!("patch: {out:?}"));
    }
    let wanted = -20e3 * 4e-4 / (2.0 * EDGE_M);
    let off = |s: [f64; 6]| (0..6).map(|k| (s[k] - if k == 2 { wanted } else { 0.0 }).abs()).fold(0.0, f64::max);
    Ok((0..2).flat_map(|part| element_stresses(&model, &state, part)).map(|s| off(s.cauchy_pa) / wanted.abs()).fold(0.0, f64::max))
}

/// Force between a soft ball of radius 10 mm and a soft flat body, of the same material, over Hertz's, on a quarter.
fn hertz() -> Result<f64, String> {
    const RADIUS_M: f64 = 10e-3;
    const A_M: f64 = 1e-3;
    const APPROACH_M: f64 = A_M * A_M / RADIUS_M;
    let mut line = vec![0.0];
    let (mut at, mut width) = (0.0, A_M / 5.0);
    while at < 60.0 * A_M {
        width *= if at > 1.5 * A_M { 1.35 } else { 1.0 };
        at += width;
        line.push(at);
    }
    let n = line.len() as u32 - 1;
    let of = |v: f64| line[v.round() as usize];
    let unit = Lattice::new([n; 3], [f64::from(n); 3]).map_err(text)?;
    let low = unit.clone().map(|p| [of(p[0]), of(p[1]), -of(f64::from(n) - p[2])]);
    let high = unit.map(|p| {
        let [x, y, z] = p.map(of);
        let r2 = x * x + y * y;
        // The paraboloid of the ball near the contact, flat further out where nothing touches; it fades upwards.
        let gap = 0.5 * r2.min(25.0 * A_M * A_M) / RADIUS_M;
        [x, y, z + gap * (1.0 - z / at)]
    });
    let law = {
        let (mu_pa, lambda_pa) = lame_pa(10e3, 0.3).map_err(text)?;
        Law::Linear { mu_pa, lambda_pa }
    };
    let Stack { mut spec, first } = stack(&low, [n; 3], &high, [n; 3], &law, 0.0);
    let near = |p: &[f64; 3]| p[0] * p[0] + p[1] * p[1] < 9.0 * A_M * A_M;
    let pair = &mut spec.surface_pairs[0];
    pair.nodes.retain(|node| near(&spec.nodes_m[*node as usize]));
    pair.faces.retain(|f| f.iter().any(|node| near(&spec.nodes_m[*node as usize])));
    let top = at - 1e-9;
    for (node, p) in spec.nodes_m.iter().enumerate() {
        let axes = [p[0] == 0.0, p[1] == 0.0, if node < first { p[2] < -top } else { p[2] > top }];
        if axes != [false; 3] {
            spec.held.push(HeldNode { node: node as u32, axes });
        }
    }
    spec.solver = SolverSpec { residual_relative: 1e-6, ..SolverSpec::RECORD };
    let led: Vec<[f64; 3]> =
        spec.held.iter().map(|h| [0.0, 0.0, if h.axes[2] && h.node as usize >= first { -APPROACH_M } else { 0.0 }]).collect();
    let model = FemModel::new(&spec).map_err(text)?;
    let mut state = model.state();
    let input = FemInput { led_m: &led, ..FemInput::default() };
    let out = rest(&model, &mut state, &input, 1, 0.0, &mut FemWorkspace::new(&model)).map_err(text)?;
    if !out.converged {
        return Err(format!("Hertz: {out:?}"));
    }
    let force_n = 4.0 * state.body_touches.iter().map(|t| t.normal_n * t.normal[2]).sum::<f64>();
    let modulus_pa = 0.5 * 10e3 / (1.0 - 0.09);
    Ok(force_n / (4.0 / 3.0 * modulus_pa * RADIUS_M.sqrt() * APPROACH_M * APPROACH_M.sqrt()))
}

/// A soft cube or plate on, or over, a soft block whose bottom is held.
struct Fall {
    model: FemModel,
    state: FemState,
    space: FemWorkspace,
    first: usize,
}

impl Fall {
    fn new(friction: f64, gap_m: f64, cells: [u32; 3], size_m: [f64; 3]) -> Result<Self, String> {
        let (low_cells, low_m) = ([6, 3, 2], [0.03, 0.015, 0.01]);
        let low = Lattice::new(low_cells, low_m).map_err(text)?;
        let off = [0.5 * (low_m[0] - size_m[0]), 0.5 * (low_m[1] - size_m[1]), low_m[2] + gap_m];
        let high = Lattice::new(cells, size_m).map_err(text)?.map(|p| std::array::from_fn(|k| p[k] + off[k]));
        let Stack { spec, first } = stack(&low, low_cells, &high, cells, &neo_hookean(20e3, 0.4)?, friction);
        let below: Vec<u32> = (0..first as u32).filter(|n| spec.nodes_m[*n as usize][2] == 0.0).collect();
        let mut spec = spec.clamp(&below);
        spec.solver.residual_relative = 1e-9;
        let model = FemModel::new(&spec).map_err(text)?;
        let (state, space) = (model.state(), FemWorkspace::new(&model));
        Ok(Self { model, state, space, first })
    }

    /// Deepest node during some steps [m].
    fn go(&mut self, gravity_m_per_s2: [f64; 3], step_s: f64, count: u32) -> Result<f64, String> {
        let input = FemInput { gravity_m_per_s2, ..FemInput::default() };
        let mut deepest = 0.0_f64;
        for tick in 0..count {
            let out = step(&self.model, &mut self.state, &input, step_s, &mut self.space).map_err(text)?;
            if !out.converged {
                return Err(format!("step {tick}: {out:?}"));
            }
            deepest = deepest.max(out.penetration_m);
        }
        Ok(deepest)
    }

    /// Mass and momentum over mass of the upper body.
    fn motion(&self, axis: usize) -> (f64, f64) {
        let of = self.model.mass_kg().iter().zip(&self.state.velocity_m_per_s).skip(self.first);
        let (m, p) = of.fold((0.0, 0.0), |(m, p), (mass, v)| (m + mass, p + mass * v[axis]));
        (m, p / m)
    }
}

pub(super) fn bodies() -> Result<Vec<Obtained>, String> {
    let cube = ([2, 2, 2], [0.01; 3]);
    let mut fall = Fall::new(0.5, 0.0, cube.0, cube.1)?;
    fall.go([0.0, 0.0, -G], TICK_S, 60)?;
    let carried: f64 = fall.state.body_touches.iter().map(|t| t.normal_n * t.normal[2] + t.friction_n[2]).sum();
    // What the block under it passes on to its support, by the elements alone.
    let all = internal_forces_n(&fall.model, &fall.state, &mut fall.space);
    let support: f64 = all.iter().zip(fall.model.nodes_m()).filter(|(_, p)| p[2] == 0.0).map(|(f, _)| f[2]).sum();
    let held: f64 = fall.model.nodes_m().iter().zip(fall.model.mass_kg()).filter(|(p, _)| p[2] == 0.0).map(|(_, m)| m).sum();
    let total: f64 = fall.model.mass_kg().iter().sum();
    let weight_n = G * fall.motion(2).0;
    let pulled = [0.6 * G, 0.0, -G];
    fall.go(pulled, TICK_S, 4)?;
    let before = fall.motion(0).1;
    fall.go(pulled, TICK_S, 8)?;
    let held_back = 0.6 - (fall.motion(0).1 - before) / (8.0 * TICK_S) / G;
    let mut plate = Fall::new(0.2, 1e-3, [2, 2, 1], [0.01, 0.01, 0.002])?;
    let first = plate.first;
    for v in plate.state.velocity_m_per_s.iter_mut().skip(first) {
        *v = [0.0, 0.0, -0.5];
    }
    let deepest_m = plate.go([0.0; 3], 1e-2, 4)?;
    let of = plate.model.nodes_m().iter().zip(&plate.state.displacement_m).skip(first);
    let lowest_m = of.map(|(x, u)| x[2] + u[2]).fold(f64::INFINITY, f64::min);
    Ok(vec![
        Obtained::new("two cubes pressed together, nodes on nodes: greatest error of stress", patch()?),
        Obtained::new("soft ball on soft flat body: force over Hertz's", hertz()?),
        Obtained::new("soft cube on a soft block: force between them over its weight", carried / weight_n),
        Obtained::new("the same: force on the block's support over the weight of both above it", support.abs() / (G * (total - held))),
        Obtained::new("soft cube on a soft block, friction 0.5: force that holds it back while it slides, over weight", held_back),
        Obtained::new("plate of 2 mm at 0.5 m/s onto a soft block, ticks of 10 ms: deepest node inside", 1e3 * deepest_m),
        Obtained::new("the same, at the end: lowest node of the plate over the middle of the block", 1e3 * (lowest_m - 5e-3)),
    ])
}
