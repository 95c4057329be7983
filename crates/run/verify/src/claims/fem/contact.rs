//! Rigid tools against tissue: indentation, friction, thin sheets.

use proband_core::ops;
use proband_tissue::fem::{
    Elements, FemInput, FemModel, FemSpec, FemWorkspace, HeldNode, Lattice, Law, SolverSpec, Tool, ToolPose, ToolShape, lame_pa, rest,
    step, tool_forces,
};

use super::text;
use crate::Obtained;

const TICK_S: f64 = 5e-3;
const G: f64 = 9.81;

/// Force on the whole tool [mN] and pressure under its tip [Pa] on a quarter of a block 40 a wide and deep.
fn indent(shape: ToolShape, height_m: f64, depth_m: f64, a_m: f64) -> Result<[f64; 2], String> {
    // Five cells per contact radius up to 1.5 a, then each a quarter longer than the one before.
    let mut line = vec![0.0];
    let (mut at, mut width) = (0.0, a_m / 5.0);
    let first = width;
    while at < 40.0 * a_m {
        width *= if at > 1.5 * a_m { 1.25 } else { 1.0 };
        at += width;
        line.push(at);
    }
    let n = line.len() as u32 - 1;
    let of = |v: f64| line[v.round() as usize];
    let lattice = Lattice::new([n, n, n], [f64::from(n); 3]).map_err(text)?.map(|p| [of(p[0]), of(p[1]), -of(f64::from(n) - p[2])]);
    let (mu_pa, lambda_pa) = lame_pa(10e3, 0.45).map_err(text)?;
    let law = Law::Linear { mu_pa, lambda_pa };
    let mut spec = FemSpec::elastic(lattice.nodes_m.clone(), Elements::Hexahedra(lattice.hexahedra.clone()), law, 1000.0);
    for (node, p) in lattice.nodes_m.iter().enumerate() {
        let axes = [p[0] == 0.0, p[1] == 0.0, p[2] < -at + 1e-9];
        if axes != [false; 3] {
            spec.held.push(HeldNode { node: node as u32, axes });
        }
    }
    spec.contact_nodes = lattice.nodes_where(|p| p[2] == 0.0 && p[0] * p[0] + p[1] * p[1] < 9.0 * a_m * a_m);
    spec.tools = vec![Tool { shape, friction: 0.0, pose: ToolPose::at([0.0, 0.0, height_m]) }];
    spec.solver = SolverSpec { residual_relative: 1e-6, ..SolverSpec::RECORD };
    let model = FemModel::new(&spec).map_err(text)?;
    let mut state = model.state();
    let poses = [ToolPose::at([0.0, 0.0, height_m - depth_m])];
    let input = FemInput { tool_poses: &poses, ..FemInput::default() };
    let out = rest(&model, &mut state, &input, 1, 0.0, &mut FemWorkspace::new(&model)).map_err(text)?;
    if !out.converged {
        return Err(format!("no rest: {out:?}"));
    }
    let tip = lattice.node(0, 0, n);
    let under = state.touches.iter().find(|t| t.node == tip).map_or(f64::NAN, |t| t.normal_n);
    Ok([4e3 * tool_forces(&model, &state)[0].force_n[2], under / (0.25 * first * first)])
}

fn on_a_floor(cells: [u32; 3], size_m: [f64; 3], young_pa: f64, poisson: f64, friction: f64) -> Result<FemModel, String> {
    let lattice = Lattice::new(cells, size_m).map_err(text)?;
    let (mu_pa, lambda_pa) = lame_pa(young_pa, poisson).map_err(text)?;
    let law = Law::NeoHookeanLog { mu_pa, lambda_pa };
    let mut spec = FemSpec::elastic(lattice.nodes_m.clone(), Elements::Hexahedra(lattice.hexahedra.clone()), law, 1000.0);
    spec.contact_nodes = lattice.nodes_where(|p| p[2] == 0.0);
    spec.tools = vec![Tool { shape: ToolShape::HalfSpace, friction, pose: ToolPose::at([0.0; 3]) }];
    spec.solver.residual_relative = 1e-7;
    FemModel::new(&spec).map_err(text)
}

/// What a free body does in a time under a constant acceleration.
struct Run {
    /// Momentum along x over mass [m/s] at half time and at the end.
    speed_m_per_s: [f64; 2],
    moved_m: f64,
    /// Normal force on the tool at the end [N].
    normal_n: f64,
    mass_kg: f64,
}

fn run(model: &FemModel, gravity_m_per_s2: [f64; 3], step_count: u32) -> Result<Run, String> {
    let (mut state, mut space) = (model.state(), FemWorkspace::new(model));
    let input = FemInput { gravity_m_per_s2, ..FemInput::default() };
    let mass_kg: f64 = model.mass_kg().iter().sum();
    let mean = |v: &[[f64; 3]]| v.iter().zip(model.mass_kg()).map(|(v, m)| m * v[0]).sum::<f64>() / mass_kg;
    let mut speed_m_per_s = [0.0; 2];
    for tick in 1..=step_count {
        let out = step(model, &mut state, &input, TICK_S, &mut space).map_err(text)?;
        if !out.converged {
            return Err(format!("tick {tick}: {out:?}"));
        }
        if 2 * tick == step_count {
            speed_m_per_s[0] = mean(&state.velocity_m_per_s);
        }
    }
    speed_m_per_s[1] = mean(&state.velocity_m_per_s);
    let force = tool_forces(model, &state)[0];
    Ok(Run { speed_m_per_s, moved_m: mean(&state.displacement_m), normal_n: force.normal_n, mass_kg })
}

/// Deepest node inside a ball that is pushed 4 mm into a sheet, and height of the ball's lowest point over the sheet's inner layer [mm].
fn sheet() -> Result<[f64; 2], String> {
    const RADIUS_M: f64 = 1.5e-3;
    let lattice = Lattice::new([30, 30, 3], [0.015, 0.015, 0.002]).map_err(text)?;
    let (mu_pa, lambda_pa) = lame_pa(20e3, 0.45).map_err(text)?;
    let law = Law::NeoHookeanLog { mu_pa, lambda_pa };
    let mut spec = FemSpec::elastic(lattice.nodes_m.clone(), Elements::Hexahedra(lattice.hexahedra.clone()), law, 1000.0)
        .clamp(&lattice.nodes_where(|p| p[0] == 0.0 || p[1] == 0.0 || p[0] == 0.015 || p[1] == 0.015));
    spec.contact_nodes = lattice.nodes_where(|p| p[2] == 0.002);
    let start_m = 0.002 + RADIUS_M + 1e-3;
    spec.tools =
        vec![Tool { shape: ToolShape::Sphere { radius_m: RADIUS_M }, friction: 0.2, pose: ToolPose::at([0.0075, 0.0075, start_m]) }];
    spec.solver = SolverSpec { residual_relative: 1e-4, ..SolverSpec::LIVE };
    let model = FemModel::new(&spec).map_err(text)?;
    let (mut state, mut space) = (model.state(), FemWorkspace::new(&model));
    let (mut deepest, mut height) = (0.0_f64, f64::INFINITY);
    let middle = lattice.node(15, 15, 1) as usize;
    for tick in 1..=2 {
        let z = start_m - 0.5 * TICK_S * f64::from(tick);
        let poses = [ToolPose::at([0.0075, 0.0075, z])];
        let out = step(&model, &mut state, &FemInput { tool_poses: &poses, ..FemInput::default() }, TICK_S, &mut space).map_err(text)?;
        if !out.converged {
            return Err(format!("sheet, tick {tick}: {out:?}"));
        }
        deepest = deepest.max(out.penetration_m);
        height = height.min(z - RADIUS_M - (lattice.nodes_m[middle][2] + state.displacement_m[middle][2]));
    }
    Ok([1e3 * deepest, 1e3 * height])
}

pub(super) fn contact() -> Result<Vec<Obtained>, String> {
    let a_m = (5e-3_f64 * 0.5e-3).sqrt();
    let [ball, pressure] = indent(ToolShape::Sphere { radius_m: 5e-3 }, 5e-3, 0.5e-3, a_m)?;
    // A blunt cone: Sneddon's points move along the axis only. Its tip is rounded by 1 µm.
    let half_angle_rad = 80.0_f64.to_radians();
    let cone_a_m = 2.0 / std::f64::consts::PI * 0.2e-3 * ops::tan(half_angle_rad);
    let [cone, _] = indent(ToolShape::Cone { half_angle_rad, tip_m: 1e-6 }, 0.0, 0.2e-3, cone_a_m)?;
    let (s, c) = ops::sin_cos(20.0_f64.to_radians());
    let down = [G * s, 0.0, -G * c];
    let slides = run(&on_a_floor([2, 2, 1], [0.04, 0.04, 0.01], 1e7, 0.3, 0.3)?, down, 200)?;
    let sticks = run(&on_a_floor([2, 2, 1], [0.04, 0.04, 0.01], 1e7, 0.3, 1.02 * s / c)?, down, 2000)?;
    let cube = on_a_floor([6, 6, 6], [0.04; 3], 10e3, 0.45, 0.5)?;
    let rests = run(&cube, [0.0, 0.0, -G], 160)?;
    let pulled = run(&cube, [0.6 * G, 0.0, -G], 160)?;
    let held_back = 0.6 * G - (pulled.speed_m_per_s[1] - pulled.speed_m_per_s[0]) / (80.0 * TICK_S);
    let [deepest, height] = sheet()?;
    Ok(vec![
        Obtained::new("ball of 5 mm, 0.5 mm deep", ball),
        Obtained::new("ball, greatest pressure", pressure),
        Obtained::new("cone of 80 degrees, 0.2 mm deep", cone),
        Obtained::new("block on a slope of 20 degrees, friction 0.3: acceleration", slides.speed_m_per_s[1] / (200.0 * TICK_S)),
        Obtained::new("the same, friction 1.02 tan 20: creep in 10 s", 1e6 * sticks.moved_m.abs()),
        Obtained::new("soft cube on a floor: normal forces over weight", rests.normal_n / (rests.mass_kg * G)),
        Obtained::new("soft cube, friction 0.5: force that holds it back while it slides, over weight", held_back / G),
        Obtained::new("ball of 3 mm at 0.5 m/s into a sheet of 2 mm, ticks of 5 ms: deepest node inside the ball", deepest),
        Obtained::new("the same: height of the ball's lowest point over the sheet's middle", height),
    ])
}
