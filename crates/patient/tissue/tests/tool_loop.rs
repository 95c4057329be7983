//! The tool loop beside the fast path: agreement with the tissue, no jumps, no energy for nothing, nothing hostile gets in.

use proband_tissue::fem::{
    ContactCopy, LiveInput, LiveMaterial, LiveModel, LiveSpec, LiveTools, LiveToolsSpec, LiveTouch, LiveTouchWorkspace, LoopModel,
    LoopOutput, LoopSpec, LoopState, Tool, ToolPose, ToolShape, live_touch_step, tool_loop_step,
};

const TOP_M: f64 = 0.008;
const RADIUS_M: f64 = 0.006;

fn pad(friction: f64) -> (LiveModel, LiveToolsSpec) {
    let material = LiveMaterial { young_pa: 20e3, poisson: 0.45, density_kg_per_m3: 1000.0 };
    let mut spec = LiveSpec::box_of([8, 8, 4], [0.002; 3], material);
    spec.held = (0..=8).flat_map(|j| (0..=8).map(move |i| [i, j, 0])).collect();
    let contact = (0..=8).flat_map(|j| (0..=8).map(move |i| [i, j, 4])).collect();
    let pose = ToolPose::at([0.008, 0.008, TOP_M + RADIUS_M]);
    let tools = vec![Tool { shape: ToolShape::Sphere { radius_m: RADIUS_M }, friction, pose }];
    (LiveModel::new(&spec).expect("a body"), LiveToolsSpec { tools, contact })
}

/// Tissue and loop on one clock; the tissue's answer arrives one tissue tick after the pose that it belongs to.
struct Both {
    tools: LiveTools,
    tissue: LiveTouch,
    space: LiveTouchWorkspace,
    loop_model: LoopModel,
    state: LoopState,
    pending: Option<ContactCopy>,
    tick: u32,
    settled: bool,
    /// Most contacts of a copy.
    room: u32,
}

impl Both {
    fn new(friction: f64) -> Self {
        Self::with_room(friction, 81)
    }

    fn with_room(friction: f64, room: u32) -> Self {
        let (model, spec) = pad(friction);
        let tools = LiveTools::new(model, &spec).expect("tools");
        let loop_model = LoopModel::new(&LoopSpec { contact_count_max: room, ..LoopSpec::usual(spec.tools[0]) }).expect("a loop");
        let (tissue, space, state) = (tools.state(), LiveTouchWorkspace::new(&tools), loop_model.state());
        Self { tools, tissue, space, loop_model, state, pending: None, tick: 0, settled: true, room }
    }

    fn step(&mut self, pose: ToolPose) -> LoopOutput {
        let mut arrived = if self.tick.is_multiple_of(5) { self.pending.take() } else { None };
        let out = tool_loop_step(&self.loop_model, &mut self.state, &pose, arrived.as_mut()).expect("a force");
        if self.tick.is_multiple_of(5) {
            self.state.sample();
            let mut copy = arrived.unwrap_or_default();
            let input = LiveInput::default();
            let told = live_touch_step(&self.tools, &mut self.tissue, &input, &[pose], &mut self.space).expect("a tick");
            assert!(told.tick.converged, "{told:?}");
            self.settled &= told.settled;
            self.tools.publish(&self.tissue, 0, self.room, &mut self.space, &mut copy).expect("a copy");
            self.pending = Some(copy);
        }
        self.tick += 1;
        out
    }

    fn tissue_force_n(&self) -> [f64; 3] {
        self.tools.forces(&self.tissue)[0].force_n
    }
}

/// Press, drag there and back, lift: a closed path, smooth.
fn path(tick: u32) -> ToolPose {
    let ease = |from: f64, long: f64| {
        let t = ((f64::from(tick) - from) / long).clamp(0.0, 1.0);
        t * t * (3.0 - 2.0 * t)
    };
    let depth = 1.2e-3 * (ease(0.0, 100.0) - ease(500.0, 100.0)) - 0.2e-3;
    let along = 2e-3 * (ease(150.0, 120.0) - ease(330.0, 120.0));
    ToolPose::at([0.008 + along, 0.008, TOP_M + RADIUS_M - depth])
}

/// Get as much as was put in or less, on a closed path with and without friction; agree with the tissue at rest.
#[test]
fn closed_path() {
    for friction in [0.0, 0.4] {
        let mut both = Both::new(friction);
        let (mut least, mut put_in, mut before) = (0.0_f64, 0.0, 0.0);
        let mut out = both.step(path(0));
        let (mut worst, mut greatest) = (0.0_f64, 0.0_f64);
        for tick in 1..=700 {
            out = both.step(path(tick));
            if (tick - 1) % 5 == 4 && tick < 149 {
                let full = both.tissue_force_n();
                let off = (0..3).map(|k| (out.force_n[k] - full[k]).powi(2)).sum::<f64>().sqrt();
                (worst, greatest) = (worst.max(off), greatest.max(full[2]));
            }
            least = least.min(out.work_j);
            put_in += (out.work_j - before).max(0.0);
            before = out.work_j;
            if tick == 149 {
                let (mine, full) = (out.force_n, both.tissue_force_n());
                let off = (0..3).map(|k| (mine[k] - full[k]).powi(2)).sum::<f64>().sqrt();
                assert!(off < 0.02 * full[2], "{mine:?} against {full:?}");
            }
        }
        assert!(out.force_n == [0.0; 3], "{out:?}");
        assert!(both.settled);
        assert!(worst < 0.05 * greatest, "pressing: {worst} of {greatest}");
        assert!(least > -1e-4 * put_in && out.work_j >= 0.0 && out.withheld_j < 0.02 * put_in);
    }
}

/// Feel nodes that touch and find no room in the copy.
#[test]
fn more_touch_than_the_copy_holds() {
    let mut both = Both::with_room(0.4, 5);
    let (mut worst, mut greatest, mut rested) = (0.0_f64, 0.0_f64, f64::INFINITY);
    for tick in 0..700 {
        let out = both.step(path(tick));
        if !tick.is_multiple_of(5) {
            continue;
        }
        let full = both.tissue_force_n();
        let off = (0..3).map(|k| (out.force_n[k] - full[k]).powi(2)).sum::<f64>().sqrt();
        (worst, greatest) = (worst.max(off), greatest.max(full[2]));
        if tick == 145 {
            rested = off / full[2];
            assert!(both.tools.forces(&both.tissue)[0].touch_count > 6);
        }
    }
    println!("rested {rested} worst {worst} of {greatest}");
    assert!(rested < 0.01, "{rested}");
    assert!(worst < 0.15 * greatest, "{worst} of {greatest}");
    assert!(both.step(path(700)).force_n == [0.0; 3]);
}

/// Not feel the arrival of a copy, and never change by more than its share of the difference while the tool stands still.
#[test]
fn continuity() {
    let mut both = Both::new(0.4);
    let mut before: Option<LoopOutput> = None;
    for tick in 0..260 {
        // Down at 100 mm/s, then still while the tissue swings.
        let depth = 1e-4 * f64::from(tick.min(12));
        let pose = ToolPose::at([0.008, 0.008, TOP_M + RADIUS_M - depth]);
        let out = both.step(pose);
        if let Some(past) = before
            && tick > 13
        {
            let jump = (0..3).map(|k| (out.force_n[k] - past.force_n[k]).powi(2)).sum::<f64>().sqrt();
            let size = out.force_n[2].abs();
            assert!(jump <= out.apart_n.max(past.apart_n) / 5.0 + 5e-3 * size, "tick {tick}: {jump} {out:?} after {past:?}");
        }
        before = Some(out);
    }
}

/// Keep the rate and say so when the tissue stops answering; refuse a broken copy and a broken pose and stay as it was.
#[test]
fn stalls_and_refusals() {
    let mut both = Both::new(0.4);
    for tick in 0..150 {
        both.step(path(tick));
    }
    let (model, mut state, pose) = (both.loop_model, both.state.clone(), path(149));
    for k in 0..200 {
        let out = tool_loop_step(&model, &mut state, &pose, None).expect("a force");
        assert_eq!(out.stale, k >= 5 - 149 % 5 - 1, "{k}");
        assert!(out.force_n[2] > 0.0);
    }
    let whole = both.pending.clone().expect("a copy");
    type Harm = fn(&mut ContactCopy);
    let harms: [(Harm, &str); 5] = [
        (|c| c.force_n[1] = f64::NAN, "force_n"),
        (|c| c.free_m[0][2] = f64::INFINITY, "free_m"),
        (|c| c.compliance_m_per_n[0] = -1.0, "compliance"),
        (|c| c.slides.clear(), "slides"),
        (|c| c.tool[0] = 3, "tool"),
    ];
    for (harm, name) in harms {
        let mut broken = whole.clone();
        harm(&mut broken);
        let kept = state.clone();
        let error = tool_loop_step(&model, &mut state, &pose, Some(&mut broken)).expect_err("refused").to_string();
        assert!(error.contains(name), "{error}");
        assert_eq!(kept, state);
    }
    let nowhere = ToolPose::at([f64::NAN, 0.0, 0.0]);
    assert!(tool_loop_step(&model, &mut state, &nowhere, None).is_err());
    // Thrown far away and back: finite, and free in the air.
    for z in [1e5, -1e5, 0.014] {
        let out = tool_loop_step(&model, &mut state, &ToolPose::at([0.008, 0.008, z]), None).expect("a force");
        assert!(out.force_n.iter().chain(&out.moment_nm).all(|v| v.is_finite()), "{out:?}");
    }
}
