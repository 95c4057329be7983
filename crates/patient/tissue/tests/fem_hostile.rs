//! Numbers that mean nothing, and states of other bodies: an error that names the field, or a quarantined body that stays finite.

use proband_tissue::fem::{
    Elements, FemInput, FemModel, FemSpec, FemState, FemWorkspace, HeldNode, Lattice, Law, Tool, ToolPose, ToolShape, lame_pa, rest, step,
};

fn body(cells: u32) -> FemModel {
    let lattice = Lattice::new([cells, 2, 2], [0.008, 0.008, 0.008]).expect("a lattice");
    let (mu_pa, lambda_pa) = lame_pa(20e3, 0.45).expect("constants");
    let law = Law::NeoHookeanLog { mu_pa, lambda_pa };
    let mut spec = FemSpec::elastic(lattice.nodes_m.clone(), Elements::Hexahedra(lattice.hexahedra.clone()), law, 1000.0);
    spec.held = lattice.nodes_where(|p| p[2] == 0.0).into_iter().map(|node| HeldNode { node, axes: [true; 3] }).collect();
    spec.contact_nodes = lattice.nodes_where(|p| p[2] == 0.008);
    let pose = ToolPose::at([0.004, 0.004, 0.021]);
    spec.tools = vec![Tool { shape: ToolShape::Sphere { radius_m: 0.012 }, friction: 0.3, pose }];
    spec.solver.residual_relative = 1e-6;
    FemModel::new(&spec).expect("a body")
}

/// Refuse steps and inputs out of bounds, by name, and leave the state alone.
#[test]
fn absurd_input() {
    let model = body(2);
    let (mut state, mut space) = (model.state(), FemWorkspace::new(&model));
    let before = state.clone();
    for h in [0.0, -1e-3, f64::NAN, f64::INFINITY, 1e-12, 1e9] {
        let error = step(&model, &mut state, &FemInput::default(), h, &mut space).expect_err("refused").to_string();
        assert!(error.contains("step_s"), "{error}");
    }
    let error = rest(&model, &mut state, &FemInput::default(), 0, 0.0, &mut space).expect_err("refused").to_string();
    assert!(error.contains("load_count"), "{error}");
    let nowhere = [ToolPose::at([0.0, f64::NAN, 0.0])];
    let far = [ToolPose::at([0.0, 0.0, 1e9])];
    let led = [[f64::NAN; 3]; 9];
    let inputs = [
        (FemInput { gravity_m_per_s2: [0.0, f64::NAN, 0.0], ..FemInput::default() }, "gravity"),
        (FemInput { pressure_pa: f64::INFINITY, ..FemInput::default() }, "pressure"),
        (FemInput { forces_n: &[(0, [f64::NAN; 3])], ..FemInput::default() }, "forces_n"),
        (FemInput { forces_n: &[(u32::MAX, [0.0; 3])], ..FemInput::default() }, "forces_n.node"),
        (FemInput { led_m: &led, ..FemInput::default() }, "led_m"),
        (FemInput { led_m: &led[..2], ..FemInput::default() }, "led_m"),
        (FemInput { tool_poses: &nowhere, ..FemInput::default() }, "position_m"),
        (FemInput { tool_poses: &far, ..FemInput::default() }, "position_m"),
    ];
    for (input, field) in inputs {
        let error = step(&model, &mut state, &input, 1e-3, &mut space).expect_err(field).to_string();
        assert!(error.contains(field), "{error}");
    }
    assert_eq!(before, state);
}

/// Refuse a state of another body, and one whose contacts cannot be.
#[test]
fn foreign_state() {
    let model = body(2);
    let mut space = FemWorkspace::new(&model);
    type Harm = fn(&mut FemState);
    let harms: [(Harm, &str); 6] = [
        (|s| s.tool_poses.clear(), "tool_poses"),
        (|s| s.tool_poses.push(ToolPose::at([0.0; 3])), "tool_poses"),
        (|s| s.displacement_m.truncate(3), "displacement_m"),
        (|s| s.memory_pa.push(1.0), "memory_pa"),
        (|s| s.touches[0].tool = 7, "touches"),
        (|s| s.touches[0].node = 0, "touches"),
    ];
    let mut pressed = model.state();
    let poses = [ToolPose::at([0.004, 0.004, 0.0195])];
    let input = FemInput { tool_poses: &poses, ..FemInput::default() };
    assert!(rest(&model, &mut pressed, &input, 1, 0.0, &mut space).expect("an answer").converged && !pressed.touches.is_empty());
    for (harm, field) in harms {
        let mut state = pressed.clone();
        harm(&mut state);
        let error = step(&model, &mut state, &FemInput::default(), 1e-3, &mut space).expect_err(field).to_string();
        assert!(error.contains(field), "{error}");
    }
    let mut other = body(3).state();
    assert!(step(&model, &mut other, &FemInput::default(), 1e-3, &mut space).is_err());
}

/// Loads that nothing can bear, and NaN in a restored state, end finite: converged or quarantined.
#[test]
fn unbearable() {
    let model = body(2);
    let mut space = FemWorkspace::new(&model);
    for force in [1e3, -1e9] {
        let mut state = model.state();
        let forces = [(26, [force, 0.0, force])];
        let input = FemInput { forces_n: &forces, ..FemInput::default() };
        let out = step(&model, &mut state, &input, 1e-2, &mut space).expect("an answer");
        assert!(out.converged != state.quarantined);
        assert!(state.displacement_m.iter().flatten().all(|v| v.is_finite()));
    }
    let mut state = model.state();
    state.velocity_m_per_s[20] = [f64::NAN; 3];
    let out = step(&model, &mut state, &FemInput::default(), 1e-3, &mut space).expect("an answer");
    assert!(!out.converged && state.quarantined && state.displacement_m.iter().flatten().all(|v| v.is_finite()));
}
