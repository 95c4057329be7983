//! Soft beams let go under gravity: time of one core per tick, beside residual and sag.

use proband_tissue::fem::{LiveInput, LiveMaterial, LiveModel, LivePreconditioner, LiveSpec, LiveState, LiveWorkspace, live_step};

use super::peer::{Better, MUJOCO, Published};
use super::{Case, Outcome, Row, timed};
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::terminal;

pub(super) const CASE: Case = Case { name: "tissue-beam", what: "a soft beam bending under gravity", run };

/// The same beam as 24 000 tetrahedra, step 1 ms, conjugate gradients to 1e-6: cost of 1 ms of the beam's time.
const MUJOCO_MS: Published = Published { what: "MuJoCo 4.0.0", value: 28.4, unit: "CPU ms per simulated ms", better: Better::Less };
/// SOFA's own table (SofaCUDA benchmarks, i7-10750H, at most 20 iterations): FastTetrahedralCorotational, 40 × 10 × 10 nodes [ms per step of 10 ms].
const SOFA_MS: f64 = 23.1;
/// Additions and multiplications of one product of a cell with a vector: two transforms (144), fourteen rotations (210), stiffness (76).
const CELL_FLOP: f64 = 430.0;
/// Tip of the beam 0.2 × 0.06 × 0.06 m at rest, E 1 MPa, ν 0.3 [mm]: converged quadratic elements.
const SAG_MM: f64 = -6.977;

/// A run of ticks.
struct Run {
    /// Of all cores, per tick [ms].
    cpu_ms: f64,
    cells: f64,
    pcg_per_tick: f64,
    first_pcg: u32,
    /// The first tick alone, of all cores [ms].
    first_cpu_ms: f64,
    /// By the wall clock, per tick [ms].
    wall_ms: f64,
    newton_per_tick: f64,
    worst_residual: f64,
    det: [f64; 2],
    tip_mm: f64,
    state: LiveState,
}

struct Beam {
    cells: [u32; 3],
    cell_m: f64,
    young_pa: f64,
    poisson: f64,
    tick_s: f64,
    preconditioner: LivePreconditioner,
    ticks: u32,
    gravity_m_per_s2: f64,
}

impl Beam {
    fn of(cells: [u32; 3], cell_m: f64, young_pa: f64) -> Self {
        Self {
            cells,
            cell_m,
            young_pa,
            poisson: 0.45,
            tick_s: 5e-3,
            preconditioner: LivePreconditioner::Multigrid,
            ticks: 60,
            gravity_m_per_s2: 9.81,
        }
    }

    fn run(&self) -> Result<Run, Failure> {
        let material = LiveMaterial { young_pa: self.young_pa, poisson: self.poisson, density_kg_per_m3: 1000.0 };
        let mut spec = LiveSpec::box_of(self.cells, [self.cell_m; 3], material);
        (spec.tick_s, spec.preconditioner) = (self.tick_s, self.preconditioner);
        let [nx, ny, nz] = self.cells;
        spec.held = (0..=nz).flat_map(|k| (0..=ny).map(move |j| [0, j, k])).collect();
        let model = LiveModel::new(&spec).map_err(Failure::of)?;
        let (mut state, mut space) = (model.state(), LiveWorkspace::new(&model));
        let input = LiveInput { gravity_m_per_s2: [0.0, 0.0, -self.gravity_m_per_s2], ..LiveInput::default() };
        let (first, first_times) = timed(|| live_step(&model, &mut state, &input, &mut space));
        let first = first.map_err(Failure::of)?;
        let clock = terminal::clock();
        let (outputs, times) = timed(|| (0..self.ticks).map(|_| live_step(&model, &mut state, &input, &mut space)).collect::<Vec<_>>());
        let wall_s = clock();
        let outputs = outputs.into_iter().chain([Ok(first)]).collect::<Result<Vec<_>, _>>().map_err(Failure::of)?;
        if let Some(failed) = outputs.iter().find(|o| !o.converged) {
            return Err(Failure::of(format!("a tick did not converge: {failed:?}")));
        }
        let mean = |of: &dyn Fn(&proband_tissue::fem::LiveOutput) -> f64| outputs.iter().map(of).sum::<f64>() / outputs.len() as f64;
        let extreme = |of: &dyn Fn(&proband_tissue::fem::LiveOutput) -> f64, from: f64, best: fn(f64, f64) -> f64| {
            outputs.iter().map(of).fold(from, best)
        };
        Ok(Run {
            cpu_ms: 1e3 * times.cpu_s / f64::from(self.ticks.max(1)),
            cells: f64::from(nx) * f64::from(ny) * f64::from(nz),
            pcg_per_tick: mean(&|o| f64::from(o.pcg_count)),
            first_pcg: first.pcg_count,
            first_cpu_ms: 1e3 * first_times.cpu_s,
            wall_ms: 1e3 * wall_s / f64::from(self.ticks.max(1)),
            newton_per_tick: mean(&|o| f64::from(o.newton_count)),
            worst_residual: extreme(&|o| o.residual_relative, 0.0, f64::max),
            det: [extreme(&|o| o.det_min, f64::INFINITY, f64::min), extreme(&|o| o.det_max, 0.0, f64::max)],
            tip_mm: 1e3 * state.displacement_m[2 * model.plane() + model.node([nx, ny / 2, nz / 2])],
            state,
        })
    }
}

impl Run {
    fn error(&self) -> String {
        let [low, high] = self.det;
        format!(
            "residual ≤ {:.1e}; det F {low:.2} to {high:.2}; {:.1} Newton, {:.0} PCG per tick",
            self.worst_residual, self.newton_per_tick, self.pcg_per_tick
        )
    }

    fn tick(&self, what: &str, against: Option<(String, f64)>) -> Row {
        Row { what: what.into(), value: self.cpu_ms, unit: "CPU ms/tick", against, error: self.error() }
    }
}

/// Cost per cell of a large body against a small one of the same kind; `cost` picks the time [ms].
fn growth(what: &str, small: &Run, large: &Run, cost: fn(&Run) -> f64) -> Row {
    let ratio = cost(large) / large.cells / (cost(small) / small.cells);
    let iterations = |run: &Run| if run.pcg_per_tick > 0.0 { run.pcg_per_tick } else { f64::from(run.first_pcg) };
    Row {
        what: format!("{what}: CPU per cell at {:.0} cells over that at {:.0}", large.cells, small.cells),
        value: ratio,
        unit: "1",
        against: Some(("linear growth, 1".into(), 1.0 / ratio)),
        error: format!("{:.1} and {:.1} PCG; residual ≤ {:.1e}", iterations(small), iterations(large), large.worst_residual),
    }
}

/// The same body in cells that are 3.4 times finer, and a larger body of the same cells.
fn growths(interrupt: &Interrupt) -> Result<Vec<Row>, Failure> {
    let (few, many) = ([43, 11, 11], [147, 37, 37]);
    let fine_m = 0.01 * 43.0 / 147.0;
    let of = |cells, cell_m, young_pa, ticks| Beam { ticks, ..Beam::of(cells, cell_m, young_pa) }.run();
    let small = of(few, 0.01, 20e3, 20)?;
    let mut rows = vec![growth("larger body, 20 kPa", &small, &of(many, 0.01, 20e3, 4)?, |run| run.cpu_ms)];
    interrupt.check()?;
    rows.push(growth("finer cells, 20 kPa", &small, &of(many, fine_m, 20e3, 4)?, |run| run.cpu_ms));
    interrupt.check()?;
    let stiff = of(few, 0.01, 1e6, 20)?;
    rows.push(growth("finer cells, 1 MPa", &stiff, &of(many, fine_m, 1e6, 3)?, |run| run.cpu_ms));
    interrupt.check()?;
    // From rest to rest almost at once: inertia is a thousandth of stiffness in the lowest mode.
    let still = |cells, cell_m| Beam { tick_s: 0.5, ticks: 0, ..Beam::of(cells, cell_m, 1e6) }.run();
    rows.push(growth("finer cells, 1 MPa, one tick of 0.5 s", &still(few, 0.01)?, &still(many, fine_m)?, |run| run.first_cpu_ms));
    Ok(rows)
}

/// Ten thousand cells on one and on two threads.
fn two_cores() -> Result<Vec<Row>, Failure> {
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().map_err(Failure::of)?;
        pool.install(|| Beam { ticks: 40, ..Beam::of([100, 10, 10], 0.01, 20e3) }.run())
    };
    let (one, two) = (on(1)?, on(2)?);
    let row = |what: &str, run: &Run| Row {
        what: format!("100 × 10 × 10 cells, 20 kPa, tick 5 ms, {what}"),
        value: run.wall_ms,
        unit: "ms of the wall/tick",
        against: Some(("60 Hz".into(), 1e3 / 60.0 / run.wall_ms)),
        error: format!("{:.2} CPU ms; {}", run.cpu_ms, run.error()),
    };
    let same = if one.state == two.state { "the same" } else { "OTHER" };
    Ok(vec![
        row("one thread", &one),
        row("two threads", &two),
        Row {
            what: "the same, two threads over one".into(),
            value: one.wall_ms / two.wall_ms,
            unit: "times",
            against: Some(("2 times".into(), 0.5 * one.wall_ms / two.wall_ms)),
            error: format!("{same} bits; {:.2} cores were given", two.cpu_ms / two.wall_ms),
        },
    ])
}

fn run(interrupt: &Interrupt) -> Result<Outcome, Failure> {
    let peer = MUJOCO.ask(interrupt)?;
    let soft = Beam::of([40, 10, 10], 0.01, 20e3).run()?;
    let stiff = Beam::of([40, 10, 10], 0.01, 1e6).run()?;
    let jacobi = Beam { preconditioner: LivePreconditioner::Jacobi, ..Beam::of([40, 10, 10], 0.01, 20e3) }.run()?;
    let stiff_jacobi = Beam { preconditioner: LivePreconditioner::Jacobi, ticks: 20, ..Beam::of([40, 10, 10], 0.01, 1e6) }.run()?;
    let sofa = Beam { tick_s: 10e-3, ticks: 40, gravity_m_per_s2: 1.0, ..Beam::of([39, 9, 9], 0.01, 2e3) }.run()?;
    let rest = Beam { tick_s: 0.1, poisson: 0.3, ticks: 40, ..Beam::of([20, 6, 6], 0.01, 1e6) }.run()?;
    let fine_ticks = Beam { tick_s: 1e-3, ticks: 100, ..Beam::of([40, 10, 10], 0.01, 20e3) }.run()?;
    let mujoco = |run: &Run, tick_ms: f64| Some(peer.against("beam", &MUJOCO_MS, run.cpu_ms / tick_ms));
    let mut rows = vec![
        soft.tick("40 × 10 × 10 cells, 20 kPa, tick 5 ms", mujoco(&soft, 5.0)),
        fine_ticks.tick("same, tick 1 ms", mujoco(&fine_ticks, 1.0)),
        stiff.tick("same, 1 MPa", None),
        jacobi.tick("20 kPa, Jacobi alone", None),
        stiff_jacobi.tick("1 MPa, Jacobi alone", None),
        sofa.tick(
            "39 × 9 × 9 cells, 2 kPa, tick 10 ms, gravity 1 m/s²",
            Some((format!("SOFA's table, {SOFA_MS} ms on an i7-10750H"), SOFA_MS / sofa.cpu_ms)),
        ),
    ];
    rows.push(Row {
        what: "arithmetic of products with cells, as if nothing else took time".into(),
        value: stiff.pcg_per_tick * stiff.cells * CELL_FLOP / (1e6 * stiff.cpu_ms),
        unit: "GFlop/s",
        against: None,
        error: "lower bound: preconditioner, sums and residuals count as time".into(),
    });
    rows.push(Row {
        what: "sag at rest, 20 × 6 × 6 cells, 1 MPa, nu 0.3".into(),
        value: rest.tip_mm,
        unit: "mm",
        against: None,
        error: format!("{:+.1} % of {SAG_MM} mm", 100.0 * (rest.tip_mm / SAG_MM - 1.0)),
    });
    interrupt.check()?;
    rows.extend(two_cores()?);
    rows.extend(growths(interrupt)?);
    let note = format!(
        "From rest under gravity, one face clamped, density 1000 kg/m³, nu 0.45. First tick to 1e-3: {} iterations at 20 kPa, {} at 1 MPa (Jacobi alone {}, {}); \
         literature on 20 000 tetrahedra: block Jacobi 33 and 223, algebraic multigrid 4 and 10, each of which costs several products.\n\
         MuJoCo's published figure was taken on two shared cores of this class, SOFA's is its own; bodies of 6 000 cells and more use all cores, and their CPU time is that of all together.",
        soft.first_pcg, stiff.first_pcg, jacobi.first_pcg, stiff_jacobi.first_pcg
    );
    Ok(Outcome { rows, note })
}
