//! The tool loop at 1 kHz: time of an update, and how well a thread keeps its rate beside the tissue.

use std::sync::mpsc::{SyncSender, TryRecvError, sync_channel};

use proband_tissue::fem::{
    ContactCopy, LiveInput, LiveMaterial, LiveModel, LiveSpec, LiveTools, LiveToolsSpec, LiveTouch, LiveTouchWorkspace, LoopModel,
    LoopSpec, Tool, ToolPose, ToolShape, live_touch_step, tool_loop_step,
};

use super::{Case, Outcome, Row};
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::terminal;

pub(super) const CASE: Case = Case { name: "tissue-tool-loop", what: "a tool's force at 1 kHz beside tissue", run };

/// Cells of 2 mm: 28 × 28 × 12 mm.
const CELLS: [u32; 3] = [14, 14, 6];
const CELL_M: f64 = 2e-3;
const RADIUS_M: f64 = 16e-3;
const PERIOD_S: f64 = 1e-3;
const TICKS: u32 = 5;
/// 34 contacts are 102 rows.
const CONTACTS: u32 = 34;
/// Loop ticks that are timed.
const TIMED: u32 = 2000;
/// Length of the run in real time [ms].
const REAL_MS: u32 = 5000;
/// Acceptance of this program: an update for 100 rows [µs], a period's error [ms].
const UPDATE_GOAL_US: f64 = 100.0;
const PERIOD_GOAL_MS: f64 = 0.2;

fn pose(tick: u32) -> ToolPose {
    // Down 2 mm in 0.2 s, then round a circle of 1 mm twice a second.
    let down = (f64::from(tick) / 200.0).min(1.0);
    let (s, c) = proband_core::ops::sin_cos(0.004 * std::f64::consts::PI * f64::from(tick));
    let middle = 0.5 * f64::from(CELLS[0]) * CELL_M;
    let depth = 2.2e-3 * down * down * (3.0 - 2.0 * down) - 0.2e-3;
    ToolPose::at([middle + 1e-3 * s, middle + 1e-3 * (1.0 - c), f64::from(CELLS[2]) * CELL_M + RADIUS_M - depth])
}

fn scene() -> Result<(LiveTools, LoopModel), Failure> {
    let material = LiveMaterial { young_pa: 20e3, poisson: 0.45, density_kg_per_m3: 1000.0 };
    let mut spec = LiveSpec::box_of(CELLS, [CELL_M; 3], material);
    let [nx, ny, nz] = CELLS;
    let layer = |k: u32, edge: u32| (edge..=ny - edge).flat_map(move |j| (edge..=nx - edge).map(move |i| [i, j, k])).collect::<Vec<_>>();
    spec.held = layer(0, 0);
    let model = LiveModel::new(&spec).map_err(Failure::of)?;
    let tool = Tool { shape: ToolShape::Sphere { radius_m: RADIUS_M }, friction: 0.3, pose: pose(0) };
    let tools = LiveTools::new(model, &LiveToolsSpec { tools: vec![tool], contact: layer(nz, 1) }).map_err(Failure::of)?;
    let spec = LoopSpec { period_s: PERIOD_S, tick_count: TICKS, contact_count_max: CONTACTS, ..LoopSpec::usual(tool) };
    Ok((tools, LoopModel::new(&spec).map_err(Failure::of)?))
}

/// One tissue tick and its copy.
struct Tissue {
    tools: LiveTools,
    touch: LiveTouch,
    space: LiveTouchWorkspace,
}

impl Tissue {
    fn new(tools: LiveTools) -> Self {
        let (touch, space) = (tools.state(), LiveTouchWorkspace::new(&tools));
        Self { tools, touch, space }
    }

    fn tick(&mut self, pose: ToolPose, copy: &mut ContactCopy) -> Result<(), Failure> {
        let out = live_touch_step(&self.tools, &mut self.touch, &LiveInput::default(), &[pose], &mut self.space).map_err(Failure::of)?;
        if !(out.tick.converged && out.settled) {
            return Err(Failure::of(format!("a tissue tick did not settle: {out:?}")));
        }
        self.tools.publish(&self.touch, 0, CONTACTS, &mut self.space, copy).map_err(Failure::of)
    }
}

fn quantile(sorted: &[f64], share: f64) -> f64 {
    let at = (share * (sorted.len() as f64 - 1.0)).round() as usize;
    sorted.get(at).copied().unwrap_or(f64::NAN)
}

/// What the run on one clock measured.
struct Updates {
    /// Time of each update [µs], ascending.
    micros: Vec<f64>,
    rows: u32,
    sweeps: f64,
    worst_change: f64,
    /// Worst difference to the tissue at the ticks, of the greatest force [1].
    apart: f64,
    /// Time of each tissue tick and its copy [ms], ascending.
    tissue_ms: Vec<f64>,
}

fn updates(tools: LiveTools, model: &LoopModel) -> Result<Updates, Failure> {
    let (mut tissue, mut state) = (Tissue::new(tools), model.state());
    let mut pending: Option<ContactCopy> = None;
    let mut out = Updates { micros: Vec::new(), rows: 0, sweeps: 0.0, worst_change: 0.0, apart: 0.0, tissue_ms: Vec::new() };
    let (mut worst_n, mut greatest_n) = (0.0_f64, 0.0_f64);
    for tick in 0..TIMED + 400 {
        let turn = tick.is_multiple_of(TICKS);
        let mut arrived = if turn { pending.take() } else { None };
        let at = pose(tick);
        let clock = terminal::clock();
        let told = tool_loop_step(model, &mut state, &at, arrived.as_mut()).map_err(Failure::of)?;
        let micros = 1e6 * clock();
        if tick >= 400 {
            out.micros.push(micros);
            out.sweeps += f64::from(told.sweep_count) / f64::from(TIMED);
            out.worst_change = out.worst_change.max(told.change_relative);
            out.rows = out.rows.max(3 * told.touch_count);
        }
        if turn {
            state.sample();
            let mut copy = arrived.unwrap_or_default();
            let clock = terminal::clock();
            tissue.tick(at, &mut copy)?;
            let tissue_ms = 1e3 * clock();
            if tick >= 400 {
                out.tissue_ms.push(tissue_ms);
            }
            pending = Some(copy);
            let full = tissue.tools.forces(&tissue.touch)[0].force_n;
            let off: f64 = (0..3).map(|k| (told.force_n[k] - full[k]).powi(2)).sum::<f64>().sqrt();
            (worst_n, greatest_n) = (worst_n.max(off), greatest_n.max(full.iter().map(|v| v * v).sum::<f64>().sqrt()));
        }
    }
    out.apart = worst_n / greatest_n;
    out.micros.sort_by(f64::total_cmp);
    out.tissue_ms.sort_by(f64::total_cmp);
    Ok(out)
}

/// What the run in real time measured.
struct Rate {
    /// |period − 1 ms| [ms], ascending.
    error_ms: Vec<f64>,
    /// Of these, periods in which this thread waited for a core no longer than [`WAIT_MS`], ascending: what is left is the loop's own.
    own_ms: Vec<f64>,
    /// Time that the system let this thread wait for a core [ms]; none: it does not tell.
    waited_ms: Option<f64>,
    /// Time of all cores that the host gave to others [ms]; none: it does not tell.
    stolen_ms: Option<f64>,
    /// Periods longer than twice what was wanted.
    missed: u32,
    mean_hz: f64,
    stale: u32,
    arrived: u32,
}

/// A period in which the thread waited longer for a core is the system's [ms].
const WAIT_MS: f64 = 0.02;
/// A period that ends no later than this after its time is in time [s].
const IN_TIME_S: f64 = 2e-5;
/// Errors from which the system is asked whether the thread waited [ms]: asking takes a few microseconds.
const ASK_FROM_MS: f64 = 0.02;

/// A thread with the tissue, this one with the loop. The loop never waits: a copy that is not there in time is taken at the next turn.
fn real_time(tools: LiveTools, model: &LoopModel, interrupt: &Interrupt) -> Result<Rate, Failure> {
    let (to_tissue, poses) = sync_channel::<(ToolPose, ContactCopy)>(1);
    let (to_loop, copies): (SyncSender<ContactCopy>, _) = sync_channel(1);
    let tissue_thread = move || -> Result<(), Failure> {
        let mut tissue = Tissue::new(tools);
        while let Ok((pose, mut copy)) = poses.recv() {
            tissue.tick(pose, &mut copy)?;
            if to_loop.send(copy).is_err() {
                break;
            }
        }
        Ok(())
    };
    let thread = std::thread::Builder::new().name("tissue".into()).spawn(tissue_thread).map_err(Failure::of)?;
    let mut state = model.state();
    let mut rate = Rate {
        error_ms: Vec::with_capacity(REAL_MS as usize),
        own_ms: Vec::with_capacity(REAL_MS as usize),
        waited_ms: None,
        stolen_ms: None,
        missed: 0,
        mean_hz: 0.0,
        stale: 0,
        arrived: 0,
    };
    let (waited_before_ms, stolen_before_ms) = (terminal::waited_ms(), terminal::stolen_ms());
    let mut waited_ms = waited_before_ms;
    let mut after_wait = false;
    let mut spare = Some(ContactCopy::default());
    let clock = terminal::clock();
    let mut before_s = clock();
    let start_s = before_s;
    for tick in 0..REAL_MS {
        let due_s = start_s + PERIOD_S * f64::from(tick + 1);
        // Sleep most of the time, then watch the clock.
        let left_s = due_s - clock();
        if left_s > 3e-4 {
            std::thread::sleep(std::time::Duration::from_secs_f64(left_s - 2e-4));
        }
        while clock() < due_s {
            std::hint::spin_loop();
        }
        let now_s = clock();
        let error_ms = 1e3 * (now_s - before_s - PERIOD_S).abs();
        before_s = now_s;
        rate.error_ms.push(error_ms);
        rate.missed += u32::from(error_ms > 1e3 * PERIOD_S);
        // After a period that was too long by waiting, those after it are too short until the loop is back in time.
        let mut own = !after_wait;
        after_wait &= now_s - due_s > IN_TIME_S;
        if error_ms > ASK_FROM_MS {
            let now_ms = terminal::waited_ms();
            let waits = now_ms.zip(waited_ms).is_some_and(|(now, before)| now - before >= WAIT_MS);
            own &= !waits;
            after_wait |= waits;
            waited_ms = now_ms;
        }
        if own {
            rate.own_ms.push(error_ms);
        }
        let turn = tick.is_multiple_of(TICKS);
        let mut arrived = None;
        if turn {
            match copies.try_recv() {
                Ok(copy) => arrived = Some(copy),
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => {}
            }
        }
        let at = pose(tick);
        let told = tool_loop_step(model, &mut state, &at, arrived.as_mut()).map_err(Failure::of)?;
        rate.stale += u32::from(told.stale && tick > 2 * TICKS);
        rate.arrived += u32::from(arrived.is_some());
        spare = spare.or(arrived);
        if turn && let Some(copy) = spare.take() {
            state.sample();
            if let Err(error) = to_tissue.try_send((at, copy)) {
                let (std::sync::mpsc::TrySendError::Full((_, copy)) | std::sync::mpsc::TrySendError::Disconnected((_, copy))) = error;
                spare = Some(copy);
            }
        }
        interrupt.check()?;
    }
    rate.mean_hz = rate.error_ms.len() as f64 / (clock() - start_s);
    drop(to_tissue);
    drop(copies);
    thread.join().map_err(|_| Failure::of("the tissue's thread broke"))??;
    let since = |now: Option<f64>, before: Option<f64>| now.zip(before).map(|(now, before)| now - before);
    rate.waited_ms = since(terminal::waited_ms(), waited_before_ms);
    rate.stolen_ms = since(terminal::stolen_ms(), stolen_before_ms);
    rate.error_ms.sort_by(f64::total_cmp);
    rate.own_ms.sort_by(f64::total_cmp);
    Ok(rate)
}

fn run(interrupt: &Interrupt) -> Result<Outcome, Failure> {
    let (tools, model) = scene()?;
    let found = updates(tools.clone(), &model)?;
    let rate = real_time(tools, &model, interrupt)?;
    let (median, tail) = (quantile(&found.micros, 0.5), quantile(&found.micros, 0.999));
    let error = format!(
        "against the tissue's own force at its ticks ≤ {:.1} % of the greatest; sweeps end at ≤ {:.1e}, {:.1} a tick for both copies",
        100.0 * found.apart,
        found.worst_change,
        found.sweeps
    );
    let goal = |value: f64| Some((format!("goal {UPDATE_GOAL_US} µs for 100 rows"), UPDATE_GOAL_US / value));
    let what = format!("update of the force, {CONTACTS} contacts, up to {} rows that touch", found.rows);
    let late = format!(
        "{} of {} ticks on a copy older than a tissue tick; {} copies arrived; {} periods of more than 2 ms",
        rate.stale,
        rate.error_ms.len(),
        rate.arrived,
        rate.missed
    );
    let period = |value: f64| Some((format!("goal {PERIOD_GOAL_MS} ms on an idle core"), PERIOD_GOAL_MS / value));
    let told = |ms: Option<f64>| ms.map_or("not told".into(), |ms| format!("{ms:.0} ms"));
    let elsewhere =
        format!("in 5 s this thread waited {} for a core; the host took {} from both", told(rate.waited_ms), told(rate.stolen_ms));
    let (update, tissue) = (what, "tissue tick of 5 ms, 1 176 cells, with contact and its copy: median");
    let tissue_ms = quantile(&found.tissue_ms, 0.5);
    let mut rows = vec![
        Row { what: format!("{update}: median"), value: median, unit: "µs", against: goal(median), error: error.clone() },
        Row { what: "same, 99.9th percentile".into(), value: tail, unit: "µs", against: goal(tail), error },
        Row {
            what: tissue.into(),
            value: tissue_ms,
            unit: "ms",
            against: Some(("real time, 5 ms".into(), 5.0 / tissue_ms)),
            error: "residual ≤ 1e-3; contact forces to 1e-3".into(),
        },
    ];
    let all = [("median", 0.5), ("99th percentile", 0.99), ("99.9th percentile", 0.999), ("greatest", 1.0)];
    for (name, share) in all {
        let value = quantile(&rate.error_ms, share);
        let what = format!("loop in real time: error of the period, {name}");
        rows.push(Row { what, value, unit: "ms", against: period(value), error: late.clone() });
    }
    for (name, share) in all {
        let value = quantile(&rate.own_ms, share);
        let what = format!("same, {} periods without waiting for a core, {name}", rate.own_ms.len());
        rows.push(Row { what, value, unit: "ms", against: period(value), error: elsewhere.clone() });
    }
    rows.push(Row {
        what: "same, mean rate".into(),
        value: rate.mean_hz,
        unit: "Hz",
        against: Some(("1000 Hz".into(), rate.mean_hz / 1000.0)),
        error: "over 5 s".into(),
    });
    let note = "Wall time: other work on the machine shows in the percentiles. A copy is taken over at every fifth tick if it is there, one tissue tick after its pose.".into();
    Ok(Outcome { rows, note })
}
