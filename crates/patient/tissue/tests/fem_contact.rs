//! Contact with rigid tools: what must hold at every step, and what is refused.

use proband_tissue::fem::{
    Elements, FemInput, FemModel, FemSpec, FemState, FemWorkspace, Lattice, Law, Tool, ToolPose, ToolShape, lame_pa, step, tool_forces,
};

const TICK_S: f64 = 5e-3;

/// A pad of 16 × 16 × 8 mm, clamped below, with a ball over it.
fn pad(friction: f64) -> FemSpec {
    let lattice = Lattice::new([8, 8, 4], [0.016, 0.016, 0.008]).expect("a lattice");
    let (mu_pa, lambda_pa) = lame_pa(20e3, 0.45).expect("constants");
    let law = Law::NeoHookeanLog { mu_pa, lambda_pa };
    let below = lattice.nodes_where(|p| p[2] == 0.0);
    let mut spec = FemSpec::elastic(lattice.nodes_m.clone(), Elements::Hexahedra(lattice.hexahedra.clone()), law, 1000.0).clamp(&below);
    spec.contact_nodes = lattice.nodes_where(|p| p[2] == 0.008);
    let pose = ToolPose::at([0.008, 0.008, 0.008 + 0.006]);
    spec.tools = vec![Tool { shape: ToolShape::Sphere { radius_m: 0.006 }, friction, pose }];
    spec.solver.residual_relative = 1e-6;
    spec
}

/// Press 1 mm deep, drag 2 mm along x, lift off.
fn poked(spec: &FemSpec, mut see: impl FnMut(&FemState, u32)) -> FemState {
    let model = FemModel::new(spec).expect("a body");
    let (mut state, mut space) = (model.state(), FemWorkspace::new(&model));
    for tick in 1..=12_u32 {
        let (press, drag) = (f64::from(tick.min(4)) * 0.25e-3, f64::from(tick.saturating_sub(4).min(4)) * 0.5e-3);
        let lift = f64::from(tick.saturating_sub(8)) * 1e-3;
        let poses = [ToolPose::at([0.008 + drag, 0.008, 0.014 - press + lift])];
        let out = step(&model, &mut state, &FemInput { tool_poses: &poses, ..FemInput::default() }, TICK_S, &mut space).expect("a step");
        assert!(out.converged && out.penetration_m < 1e-7 && out.friction_j > -1e-12, "tick {tick}: {out:?}");
        see(&state, tick);
    }
    state
}

/// Keep every touching node within Coulomb's cone, pushed and never pulled, and let go in the end.
#[test]
fn cone() {
    let end = poked(&pad(0.4), |state, tick| {
        for touch in &state.touches {
            let friction = touch.friction_n.iter().map(|v| v * v).sum::<f64>().sqrt();
            assert!(touch.normal_n > 0.0 && friction <= 0.4 * touch.normal_n * (1.0 + 1e-3) + 1e-9, "tick {tick}: {touch:?}");
        }
        assert!(tick > 8 || !state.touches.is_empty(), "tick {tick} touches nothing");
    });
    assert!(end.touches.is_empty());
}

/// Feel the drag on the tool against its way, and only with friction.
#[test]
fn drag() {
    let model = FemModel::new(&pad(0.4)).expect("a body");
    let mut along = [0.0; 2];
    for (k, friction) in [0.4, 0.0].into_iter().enumerate() {
        poked(&pad(friction), |state, tick| {
            if tick == 8 {
                let force = tool_forces(&model, state)[0];
                assert!(force.force_n[2] > 0.0 && force.touch_count > 0);
                along[k] = force.force_n[0] / force.normal_n;
            }
        });
    }
    assert!(along[0] < along[1] && along[0] < -0.2, "{along:?}");
}

/// Give the same bits with one thread and with three.
#[test]
fn threads() {
    let run =
        |count: usize| rayon::ThreadPoolBuilder::new().num_threads(count).build().expect("threads").install(|| poked(&pad(0.4), |_, _| {}));
    assert_eq!(run(1), run(3));
}

/// Refuse a tool that begins in the tissue, one that fits between the nodes, wrong counts and wrong numbers, by name.
#[test]
fn refusals() {
    let refused = |change: &dyn Fn(&mut FemSpec)| {
        let mut spec = pad(0.4);
        change(&mut spec);
        FemModel::new(&spec).expect_err("refused").to_string()
    };
    let inside = refused(&|spec| spec.tools[0].pose.position_m[2] -= 1e-3);
    assert!(inside.contains("inside the tissue"), "{inside}");
    let narrow = refused(&|spec| spec.tools[0].shape = ToolShape::Sphere { radius_m: 0.004 });
    assert!(narrow.contains("slip through"), "{narrow}");
    let sharp = refused(&|spec| spec.tools[0].shape = ToolShape::Cone { half_angle_rad: 0.5, tip_m: 0.003 });
    assert!(sharp.contains("slip through"), "{sharp}");
    let deep = refused(&|spec| spec.tools[0].pose.position_m[2] -= 2.5e-3);
    assert!(deep.contains("2.500e-3 m") && deep.contains("node"), "{deep}");
    let rough = refused(&|spec| spec.tools[0].friction = f64::NAN);
    assert!(rough.contains("tools.friction"), "{rough}");
    let turned = refused(&|spec| spec.tools[0].pose.turn = [2.0, 0.0, 0.0, 0.0]);
    assert!(turned.contains("turn"), "{turned}");
    let unknown = refused(&|spec| spec.contact_nodes.push(1_000_000));
    assert!(unknown.contains("contact_nodes"), "{unknown}");
    let model = FemModel::new(&pad(0.4)).expect("a body");
    let poses = [ToolPose::at([0.0; 3]); 2];
    let input = FemInput { tool_poses: &poses, ..FemInput::default() };
    let error = step(&model, &mut model.state(), &input, TICK_S, &mut FemWorkspace::new(&model)).expect_err("two poses for one tool");
    assert!(error.to_string().contains("tool_poses"), "{error}");
}
