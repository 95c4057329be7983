//! Claims about `proband-robot`.

use proband_core::{Flange, Pose, RobotBase, Stream, Warnings};
use proband_math::tree::JointLimits;
use proband_robot::{
    ArmInput, ArmModel, ArmTarget, BUILTIN_BASE, BUILTIN_HOME_RAD, BUILTIN_TIP, BUILTIN_URDF, DhRow, DriverCommand, DriverInput,
    DriverModel, DriverSpec, GantryInput, GantryModel, GantrySpec, GantryTarget, JOINT_COUNT_MAX, Press, RobotError, ServoSpec,
    builtin_arm, tree_from_dh,
};

use crate::{Claim, Obtained};

macro_rules! claim {
    ($id:literal, $compute:ident) => {
        Claim { id: $id, case: include_str!(concat!("../../../../../verify/", $id, "/case.toml")), compute: $compute }
    };
}

/// Claims of this module.
pub(crate) const CLAIMS: &[Claim] = &[
    claim!("robot-fk-builtin", fk_builtin),
    claim!("robot-fk-dh", fk_dh),
    claim!("robot-inverse-kinematics", inverse_kinematics),
    claim!("robot-jacobian", jacobian),
    claim!("robot-servo-limits", servo_limits),
    claim!("robot-driver-backlash", driver_backlash),
    claim!("robot-driver-stall", driver_stall),
    claim!("robot-gantry-force", gantry_force),
];

const TICK_S: f64 = 1e-3;

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn flange_rows(model: &ArmModel, postures: &[[f64; 6]]) -> Vec<Obtained> {
    let mut rows = Vec::new();
    for (index, q) in postures.iter().enumerate() {
        let pose = model.fk(q);
        for (axis, name) in ["x", "y", "z"].iter().enumerate() {
            rows.push(Obtained::new(format!("posture {}, flange {name}", index + 1), pose.origin().0[axis]));
            rows.push(Obtained::new(format!("posture {}, flange's z axis, {name}", index + 1), pose.axis(2).0[axis]));
        }
    }
    rows
}

fn fk_builtin() -> Result<Vec<Obtained>, String> {
    let tree = proband_description::read_urdf(BUILTIN_URDF, &Warnings::new()).map_err(text)?;
    let model = ArmModel::new(&tree, BUILTIN_BASE, BUILTIN_TIP, &ServoSpec::light_arm()).map_err(text)?;
    let postures = [
        [0.0, 0.35, 1.55, 0.0, 1.24, 0.0],
        [0.4, -0.7, 1.2, -2.1, 0.9, 3.3],
        [-2.5, 1.9, -2.3, 2.8, -1.9, -5.5],
        [1.1, 0.2, -0.6, 0.5, 1.7, -1.0],
    ];
    Ok(flange_rows(&model, &postures))
}

fn fk_dh() -> Result<Vec<Obtained>, String> {
    let half = std::f64::consts::FRAC_PI_2;
    let limits = JointLimits { lower: -6.2, upper: 6.2, velocity: 3.15, effort: 150.0 };
    let row = |d_m, a_m, alpha_rad| DhRow { d_m, a_m, alpha_rad, limits };
    let rows = [
        row(0.089159, 0.0, half),
        row(0.0, -0.425, 0.0),
        row(0.0, -0.39225, 0.0),
        row(0.10915, 0.0, half),
        row(0.09465, 0.0, -half),
        row(0.0823, 0.0, 0.0),
    ];
    let model = ArmModel::new(&tree_from_dh("ur5", &rows), "link_0", "tip", &ServoSpec::light_arm()).map_err(text)?;
    let postures = [[0.0; 6], [1.525, 1.5397, 0.0766, -1.071, -2.2303, -0.5832], [-0.4576, -2.2736, -2.2562, 2.4959, 0.7618, -1.3274]];
    Ok(flange_rows(&model, &postures))
}

fn posture(model: &ArmModel, stream: &mut Stream) -> Vec<f64> {
    model.limits().iter().map(|l| stream.uniform_in(l.lower, l.upper)).collect()
}

fn inverse_kinematics() -> Result<Vec<Obtained>, String> {
    let model = builtin_arm().map_err(text)?;
    let mut stream = Stream::new(1, 0, "verify.robot.ik");
    let (mut asked, mut found, mut outside) = (0, 0, 0);
    let (mut worst_m, mut worst_rad) = (0.0_f64, 0.0_f64);
    while asked < 200 {
        let q = posture(&model, &mut stream);
        if model.self_clearance(&q).distance_m < model.servo().clearance_min_m {
            continue;
        }
        asked += 1;
        let target = model.fk(&q);
        let Ok(solution) = model.ik(&target, &posture(&model, &mut stream)) else { continue };
        found += 1;
        let reached = model.fk(&solution.q);
        worst_m = worst_m.max(reached.origin().distance(&target.origin()));
        worst_rad = worst_rad.max((reached.0.rotation.inverse() * target.0.rotation).scaled_axis().norm());
        outside += solution.q.iter().zip(model.limits()).filter(|(q, l)| !(l.lower..=l.upper).contains(*q)).count();
    }
    let mut far = model.fk(&BUILTIN_HOME_RAD);
    // The shoulder stands at 0.20 m height; 1.2 m beside it is 0.5 m more than the arm has.
    far.0.translation.vector = nalgebra::Vector3::new(1.2, 0.0, 0.2);
    let residual = match model.ik(&far, &BUILTIN_HOME_RAD) {
        Err(RobotError::Unreachable { residual_m, .. }) => residual_m,
        other => return Err(format!("a pose out of reach gave {other:?}")),
    };
    Ok(vec![
        Obtained::new("largest distance to the pose", worst_m),
        Obtained::new("largest angle to the pose", worst_rad),
        Obtained::new("postures found, of 200 that reach the pose without self-contact", f64::from(found)),
        Obtained::new("joints outside their limits", outside as f64),
        Obtained::new("residual reported for a pose 0.5 m out of reach", residual),
    ])
}

fn jacobian() -> Result<Vec<Obtained>, String> {
    let model = builtin_arm().map_err(text)?;
    let mut stream = Stream::new(1, 0, "verify.robot.jacobian");
    let step = 1e-6;
    let (mut linear, mut angular) = (0.0_f64, 0.0_f64);
    for _ in 0..100 {
        let q = posture(&model, &mut stream);
        let exact = model.jacobian(&q);
        for joint in 0..model.joint_count() {
            let at = |by: f64| {
                let mut moved = q.clone();
                moved[joint] += by;
                model.fk(&moved)
            };
            let (before, after) = (at(-step), at(step));
            let v = (after.origin() - before.origin()).0 / (2.0 * step);
            let w = (after.0.rotation * before.0.rotation.inverse()).scaled_axis() / (2.0 * step);
            for row in 0..3 {
                linear = linear.max((exact[(row, joint)] - v[row]).abs());
                angular = angular.max((exact[(row + 3, joint)] - w[row]).abs());
            }
        }
    }
    Ok(vec![Obtained::new("largest difference in velocity", linear), Obtained::new("largest difference in angular velocity", angular)])
}

fn servo_limits() -> Result<Vec<Obtained>, String> {
    let model = builtin_arm().map_err(text)?;
    let mut stream = Stream::new(1, 0, "verify.robot.servo");
    let mut state = model.start(&BUILTIN_HOME_RAD, &mut stream).map_err(text)?;
    let (mut speed, mut change, mut outside) = (0.0_f64, 0.0_f64, 0);
    for _ in 0..60 {
        // Half of the goals lie outside the limits or out of reach.
        let mut q = [0.0; JOINT_COUNT_MAX];
        q.iter_mut().for_each(|q| *q = stream.uniform_in(-6.0, 6.0));
        let target = if stream.bernoulli(0.5) { ArmTarget::Joints(q) } else { ArmTarget::Pose(random_pose(&mut stream)) };
        let mut input = ArmInput::free(target);
        input.release_stop = true;
        for _ in 0..stream.index(400) {
            let before = state.clone();
            model.step(&mut state, &input, TICK_S);
            for (joint, limits) in model.limits().iter().enumerate() {
                speed = speed.max((state.q[joint] - before.q[joint]).abs() / TICK_S / limits.velocity);
                let gained = (state.reference[joint].velocity - before.reference[joint].velocity).abs() / TICK_S;
                change = change.max(gained / model.servo().acceleration_rad_s2);
                outside += u32::from(!(limits.lower..=limits.upper).contains(&state.q[joint]));
            }
        }
    }
    Ok(vec![
        Obtained::new("largest speed over its limit", speed),
        Obtained::new("largest change of reference speed over its limit", change),
        Obtained::new("ticks with a joint outside its range", f64::from(outside)),
        Obtained::new("lag behind a pose that moves at 5 mm/s", pose_lag_mm(&model, &mut stream)?),
    ])
}

fn random_pose(stream: &mut Stream) -> Pose<RobotBase, Flange> {
    let mut three = |reach: f64| nalgebra::Vector3::from_fn(|_, _| stream.uniform_in(-reach, reach));
    Pose::from_raw(nalgebra::Isometry3::new(three(1.0), three(2.0)))
}

fn pose_lag_mm(model: &ArmModel, stream: &mut Stream) -> Result<f64, String> {
    let mut state = model.start(&BUILTIN_HOME_RAD, stream).map_err(text)?;
    let base = model.fk(&BUILTIN_HOME_RAD);
    let mut lag = 0.0;
    for tick in 0..1500 {
        let mut target = base;
        target.0.translation.vector.y += 0.005 * f64::from(tick) * TICK_S;
        let output = model.step(&mut state, &ArmInput::free(ArmTarget::Pose(target)), TICK_S);
        lag = output.pose_base_flange_measured.origin().distance(&target.origin());
    }
    Ok(1e3 * lag)
}

fn driver_backlash() -> Result<Vec<Obtained>, String> {
    let model = DriverModel::new(&DriverSpec::venipuncture()).map_err(text)?;
    let turn_back = |load_force_n: f64| -> Result<(f64, f64), String> {
        let mut state = model.start(0.0).map_err(text)?;
        for _ in 0..600 {
            model.step(&mut state, &DriverInput { command: DriverCommand::Velocity(0.02), load_force_n }, TICK_S);
        }
        let (mut top, mut lost, mut gap) = (state.motor_m, f64::NAN, 0.0_f64);
        for _ in 0..500 {
            let before = state.carriage_m;
            model.step(&mut state, &DriverInput { command: DriverCommand::Velocity(-0.005), load_force_n }, TICK_S);
            top = top.max(state.motor_m);
            if lost.is_nan() && state.carriage_m < before {
                lost = top - state.motor_m;
            }
            gap = gap.max(state.carriage_m - state.motor_m);
        }
        Ok((1e3 * lost, 1e3 * gap))
    };
    Ok(vec![
        Obtained::new("motor travel until the carriage follows", turn_back(0.0)?.0),
        Obtained::new("lost motion of a needle under 1 N of resistance", turn_back(1.0)?.1),
    ])
}

fn driver_stall() -> Result<Vec<Obtained>, String> {
    let model = DriverModel::new(&DriverSpec::venipuncture()).map_err(text)?;
    let push = |state: &mut _, load_force_n: f64| {
        model.step(state, &DriverInput { command: DriverCommand::Velocity(0.005), load_force_n }, TICK_S)
    };
    let stiffness = 2000.0;
    let mut state = model.start(0.01).map_err(text)?;
    let mut output = push(&mut state, 0.0);
    for _ in 0..3000 {
        output = push(&mut state, stiffness * (output.position_m - 0.01).max(0.0));
    }
    let force = stiffness * (output.position_m - 0.01);
    let stalled = output.stalled;
    let mut state = model.start(0.01).map_err(text)?;
    let load = 0.9 * model.stall_force_n();
    // The load comes within a second, then the speed is taken over another second.
    for tick in 0..1000 {
        push(&mut state, load * f64::from(tick) / 1000.0);
    }
    let from = state.carriage_m;
    for _ in 0..1000 {
        push(&mut state, load);
    }
    Ok(vec![
        Obtained::new("force on a spring at stall", force),
        Obtained::new("speed held under 0.9 of it", 1e3 * (state.carriage_m - from)),
        Obtained::new("stall reported", f64::from(u8::from(stalled))),
    ])
}

fn gantry_force() -> Result<Vec<Obtained>, String> {
    let model = GantryModel::new(&GantrySpec::imaging_head()).map_err(text)?;
    let mut stream = Stream::new(1, 0, "verify.robot.gantry");
    let mut state = model.start([0.0, 0.0, 0.0, -0.02], &mut stream).map_err(text)?;
    let target = GantryTarget { x_m: 0.01, z_m: 0.02, yaw_rad: 1.5, press: Press::Force(2.0) };
    // Mean over the last 200 ticks, so that the noise of the force reading averages out.
    let mut press = |skin_m: f64, ticks: u32| {
        let (mut force, mut depth) = (0.0, 0.0);
        for tick in 0..ticks {
            let output = model.step(&mut state, &GantryInput { target, skin_m }, &mut stream, TICK_S);
            if tick + 200 >= ticks {
                force += output.force_n / 200.0;
                depth += output.indentation_m / 200.0;
            }
        }
        (force, 1e3 * depth)
    };
    let (force, depth) = press(0.001, 5000);
    let (after, _) = press(-0.001, 2000);
    Ok(vec![Obtained::new("force", force), Obtained::new("indentation", depth), Obtained::new("force after the arm rose by 2 mm", after)])
}
