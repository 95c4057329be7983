//! The tool loop beside the fast path.

use proband_tissue::fem::{
    ContactCopy, Elements, FemInput, FemModel, FemSpec, FemWorkspace, Lattice, Law, LiveInput, LiveMaterial, LiveModel, LiveSpec,
    LiveTools, LiveToolsSpec, LiveTouch, LiveTouchWorkspace, LoopModel, LoopOutput, LoopSpec, LoopState, SolverSpec, Tool, ToolPose,
    ToolShape, lame_pa, live_touch_step, rest, tool_forces, tool_loop_step,
};

use super::text;
use crate::Obtained;

/// Cells of 2 mm.
const CELLS: [u32; 3] = [12, 12, 6];
const CELL_M: f64 = 2e-3;
const RADIUS_M: f64 = 8e-3;
const YOUNG_PA: f64 = 20e3;
const POISSON: f64 = 0.45;
/// Loop ticks in a tissue tick.
const TICKS: u32 = 5;
/// Loop ticks of the whole path.
const LENGTH: u32 = 1000;
/// Where the way down has ended and the ball has rested.
const RESTED: u32 = 300;

fn pose(along_m: f64, depth_m: f64) -> ToolPose {
    ToolPose::at([
        0.5 * f64::from(CELLS[0]) * CELL_M + along_m,
        0.5 * f64::from(CELLS[1]) * CELL_M,
        f64::from(CELLS[2]) * CELL_M + RADIUS_M - depth_m,
    ])
}

/// From 0.2 mm above 2 mm down, rest, 3 mm along and back, up again.
fn path(tick: u32) -> ToolPose {
    let ease = |from: f64, long: f64| {
        let t = ((f64::from(tick) - from) / long).clamp(0.0, 1.0);
        t * t * (3.0 - 2.0 * t)
    };
    let depth_m = 2.2e-3 * (ease(0.0, 165.0) - ease(780.0, 165.0)) - 0.2e-3;
    pose(3e-3 * (ease(320.0, 200.0) - ease(550.0, 200.0)), depth_m)
}

/// Tissue and loop on one clock: what the tissue answers arrives one tissue tick later.
struct Both {
    tools: LiveTools,
    tissue: LiveTouch,
    space: LiveTouchWorkspace,
    loop_model: LoopModel,
    state: LoopState,
    pending: Option<ContactCopy>,
    tick: u32,
}

impl Both {
    fn new(friction: f64) -> Result<Self, String> {
        let material = LiveMaterial { young_pa: YOUNG_PA, poisson: POISSON, density_kg_per_m3: 1000.0 };
        let mut spec = LiveSpec::box_of(CELLS, [CELL_M; 3], material);
        let [nx, ny, nz] = CELLS;
        let layer = |k: u32| (0..=ny).flat_map(move |j| (0..=nx).map(move |i| [i, j, k])).collect::<Vec<_>>();
        (spec.held, spec.residual_relative) = (layer(0), 1e-4);
        let model = LiveModel::new(&spec).map_err(text)?;
        let tool = Tool { shape: ToolShape::Sphere { radius_m: RADIUS_M }, friction, pose: path(0) };
        let tools = LiveTools::new(model, &LiveToolsSpec { tools: vec![tool], contact: layer(nz) }).map_err(text)?;
        let loop_model = LoopModel::new(&LoopSpec { tick_count: TICKS, contact_count_max: 100, ..LoopSpec::usual(tool) }).map_err(text)?;
        let (tissue, space, state) = (tools.state(), LiveTouchWorkspace::new(&tools), loop_model.state());
        Ok(Self { tools, tissue, space, loop_model, state, pending: None, tick: 0 })
    }

    fn step(&mut self, pose: ToolPose) -> Result<LoopOutput, String> {
        let turn = self.tick.is_multiple_of(TICKS);
        let mut arrived = if turn { self.pending.take() } else { None };
        let out = tool_loop_step(&self.loop_model, &mut self.state, &pose, arrived.as_mut()).map_err(text)?;
        if turn {
            self.state.sample();
            let mut copy = arrived.unwrap_or_default();
            let (input, poses) = (LiveInput::default(), [pose]);
            let told = live_touch_step(&self.tools, &mut self.tissue, &input, &poses, &mut self.space).map_err(text)?;
            if !(told.tick.converged && told.settled) {
                return Err(format!("tick {}: {told:?}", self.tick));
            }
            self.tools.publish(&self.tissue, 0, 100, &mut self.space, &mut copy).map_err(text)?;
            self.pending = Some(copy);
        }
        self.tick += 1;
        Ok(out)
    }

    fn tissue_force_n(&self) -> [f64; 3] {
        self.tools.forces(&self.tissue)[0].force_n
    }
}

fn size(v: [f64; 3]) -> f64 {
    v.iter().map(|v| v * v).sum::<f64>().sqrt()
}

fn apart(a: [f64; 3], b: [f64; 3]) -> f64 {
    size(std::array::from_fn(|k| a[k] - b[k]))
}

/// What a closed path gives.
struct Round {
    /// At rest: loop, tissue.
    rested_n: [[f64; 3]; 2],
    least_j: f64,
    end_j: f64,
    put_in_j: f64,
    withheld_j: f64,
}

fn round(friction: f64) -> Result<Round, String> {
    let mut both = Both::new(friction)?;
    let mut out = Round { rested_n: [[0.0; 3]; 2], least_j: 0.0, end_j: 0.0, put_in_j: 0.0, withheld_j: 0.0 };
    let mut before_j = 0.0;
    for tick in 0..LENGTH {
        let told = both.step(path(tick))?;
        if tick < RESTED && tick.is_multiple_of(TICKS) {
            out.rested_n = [told.force_n, both.tissue_force_n()];
        }
        out.least_j = out.least_j.min(told.work_j);
        out.put_in_j += (told.work_j - before_j).max(0.0);
        before_j = told.work_j;
        (out.end_j, out.withheld_j) = (told.work_j, told.withheld_j);
    }
    Ok(out)
}

/// The reference path's force on the ball 2 mm deep in the same mesh [N].
fn reference_n(friction: f64) -> Result<[f64; 3], String> {
    let lattice = Lattice::new(CELLS, CELLS.map(|n| f64::from(n) * CELL_M)).map_err(text)?;
    let (mu_pa, lambda_pa) = lame_pa(YOUNG_PA, POISSON).map_err(text)?;
    let law = Law::Corotational { mu_pa, lambda_pa };
    let top_m = f64::from(CELLS[2]) * CELL_M;
    let mut spec = FemSpec::elastic(lattice.nodes_m.clone(), Elements::Hexahedra(lattice.hexahedra.clone()), law, 1000.0)
        .clamp(&lattice.nodes_where(|p| p[2] == 0.0));
    spec.contact_nodes = lattice.nodes_where(|p| p[2] > top_m - 1e-9);
    spec.tools = vec![Tool { shape: ToolShape::Sphere { radius_m: RADIUS_M }, friction, pose: path(0) }];
    spec.solver = SolverSpec { residual_relative: 1e-6, ..SolverSpec::RECORD };
    let model = FemModel::new(&spec).map_err(text)?;
    let mut state = model.state();
    let poses = [pose(0.0, 2e-3)];
    let input = FemInput { tool_poses: &poses, ..FemInput::default() };
    let out = rest(&model, &mut state, &input, 4, 0.0, &mut FemWorkspace::new(&model)).map_err(text)?;
    if !out.converged {
        return Err(format!("no rest: {out:?}"));
    }
    Ok(tool_forces(&model, &state)[0].force_n)
}

/// Greatest change of force in a tick while the tool stands still after a fast way down, against a tick's share of the copies' difference.
fn jump() -> Result<f64, String> {
    let mut both = Both::new(0.3)?;
    let mut past: Option<LoopOutput> = None;
    let mut worst = 0.0_f64;
    for tick in 0..200_u32 {
        let told = both.step(pose(0.0, -0.2e-3 + 1e-4 * f64::from(tick.min(17))))?;
        if let Some(past) = past
            && tick > 18
        {
            // What the sweeps leave open is not a jump: they end at 1e-3 of the largest force of a node.
            let open = 1e-3 * size(told.force_n);
            let share = told.apart_n.max(past.apart_n) / f64::from(TICKS);
            worst = worst.max((apart(told.force_n, past.force_n) - open).max(0.0) / share.max(open));
        }
        past = Some(told);
    }
    Ok(worst)
}

pub(super) fn tool_loop() -> Result<Vec<Obtained>, String> {
    let rough = round(0.3)?;
    let smooth = round(0.0)?;
    let [mine, full] = rough.rested_n;
    let reference = reference_n(0.3)?;
    Ok(vec![
        Obtained::new("loop against tissue, tool at rest", 100.0 * apart(mine, full) / size(full)),
        Obtained::new("fast path's contact against the reference path's, tool at rest", 100.0 * (size(full) / size(reference) - 1.0)),
        Obtained::new(
            "closed path with friction: energy got without having been given, of the work put in",
            -rough.least_j / rough.put_in_j,
        ),
        Obtained::new("closed path with friction: energy held back for that, of the work put in", rough.withheld_j / rough.put_in_j),
        Obtained::new("closed path without friction: share of the work that comes back", 1.0 - smooth.end_j / smooth.put_in_j),
        Obtained::new("tool at rest: greatest change of force in a tick against its share of the copies' difference", jump()?),
    ])
}
