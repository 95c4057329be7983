//! The arm in time.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use proband_core::{Direction, Flange, Pose, RobotBase, Stream};
use proband_robot::{ArmInput, ArmModel, ArmState, ArmTarget, BUILTIN_HOME_RAD, JOINT_COUNT_MAX, JointVector, StopCause, builtin_arm};
use proptest::prelude::*;

const DT: f64 = 1e-3;

fn start() -> (ArmModel, ArmState) {
    let model = builtin_arm().unwrap();
    let state = model.start(&BUILTIN_HOME_RAD, &mut Stream::new(1, 0, "robot.arm")).unwrap();
    (model, state)
}

fn home() -> JointVector {
    let mut q = [0.0; JOINT_COUNT_MAX];
    q[..6].copy_from_slice(&BUILTIN_HOME_RAD);
    q
}

fn shifted(pose: Pose<RobotBase, Flange>, by: [f64; 3]) -> Pose<RobotBase, Flange> {
    let mut pose = pose;
    pose.0.translation.vector += nalgebra::Vector3::from(by);
    pose
}

/// Follow a pose 50 mm away and report it reached; the encoders agree to their resolution, the truth to the calibration error.
#[test]
fn a_pose_is_reached() {
    let (model, mut state) = start();
    let target = shifted(model.fk(&BUILTIN_HOME_RAD), [0.03, -0.02, 0.035]);
    let input = ArmInput::free(ArmTarget::Pose(target));
    let mut arrived_at = None;
    for tick in 0..2000 {
        let output = model.step(&mut state, &input, DT);
        if output.arrived && arrived_at.is_none() {
            arrived_at = Some(tick);
        }
    }
    let output = model.step(&mut state, &input, DT);
    assert!(arrived_at.is_some_and(|t| t < 1000), "{arrived_at:?}");
    assert!(output.pose_base_flange_measured.origin().distance(&target.origin()) < 2e-5);
    let truth = (output.pose_base_flange_true.inverse() * target).0.translation.vector.norm();
    let drawn = nalgebra::Vector3::from(state.calibration.shift_m).norm();
    assert!(drawn > 1e-5 && (truth - drawn).abs() < 1e-6, "{truth} {drawn}");
}

/// Follow a slow moving pose with the lag's delay and little else.
#[test]
fn a_moving_pose_is_followed() {
    let (model, mut state) = start();
    let base = model.fk(&BUILTIN_HOME_RAD);
    let mut worst = 0.0_f64;
    for tick in 0..2000 {
        let time = f64::from(tick) * DT;
        let target = shifted(base, [0.0, 0.005 * (time - 0.2).max(0.0), 0.0]);
        let output = model.step(&mut state, &ArmInput::free(ArmTarget::Pose(target)), DT);
        worst = worst.max(output.pose_base_flange_measured.origin().distance(&target.origin()));
    }
    // 5 mm/s × 5 ms of lag is 25 µm; encoders and one tick add less than 25 µm.
    assert!(worst < 50e-6, "{worst}");
}

/// Give way under a load as the sum of the joints' springs says, and let the encoders not see it.
#[test]
fn the_arm_is_elastic() {
    let (model, mut state) = start();
    let mut input = ArmInput::free(ArmTarget::Joints(home()));
    let free = model.step(&mut state, &input, DT);
    let force = nalgebra::Vector3::new(0.0, 3.0, -2.0);
    input.force_on_flange = Direction::from_raw(force);
    let loaded = model.step(&mut state, &input, DT);
    assert_eq!(free.pose_base_flange_measured, loaded.pose_base_flange_measured);
    let j = model.jacobian(&BUILTIN_HOME_RAD).fixed_rows::<3>(0).into_owned();
    let expected = j * (j.transpose() * force) / model.servo().stiffness_n_m_rad;
    let moved = (loaded.pose_base_flange_true.origin() - free.pose_base_flange_true.origin()).0;
    assert!((moved - expected).norm() < 1e-6 * 0.5 + 0.02 * expected.norm(), "{moved} {expected}");
    assert!(moved.norm() > 1e-5);
}

/// Stop before the arm touches itself, stay stopped, and leave again when released.
#[test]
fn self_contact_stops_the_arm() {
    let (model, mut state) = start();
    let mut folded = [0.0; JOINT_COUNT_MAX];
    folded[..6].copy_from_slice(&[0.0, 2.0, 2.6, 0.0, 1.2, 0.0]);
    let fold = ArmInput::free(ArmTarget::Joints(folded));
    let mut stop = None;
    for _ in 0..4000 {
        stop = model.step(&mut state, &fold, DT).stop;
    }
    assert_eq!(stop, Some(StopCause::SelfCollision));
    assert!(state.reference.iter().all(|r| r.velocity == 0.0));
    let mut back = ArmInput::free(ArmTarget::Joints(home()));
    back.release_stop = true;
    let mut output = model.step(&mut state, &back, DT);
    back.release_stop = false;
    for _ in 0..4000 {
        output = model.step(&mut state, &back, DT);
    }
    assert_eq!(output.stop, None);
    assert!(output.arrived);
}

/// Stop for a load that the joints cannot hold and for numbers that are none.
#[test]
fn bad_loads_stop_the_arm() {
    let (model, mut state) = start();
    let mut input = ArmInput::free(ArmTarget::Hold);
    input.force_on_flange = Direction::new(0.0, 0.0, -500.0);
    let mut output = model.step(&mut state, &input, DT);
    for _ in 0..20 {
        output = model.step(&mut state, &input, DT);
    }
    assert_eq!(output.stop, Some(StopCause::Effort));
    let (model, mut state) = start();
    input.force_on_flange = Direction::new(f64::NAN, 0.0, 0.0);
    let output = model.step(&mut state, &input, DT);
    assert_eq!(output.stop, Some(StopCause::BadInput));
    assert!(output.pose_base_flange_true.0.translation.vector.iter().all(|x| x.is_finite()));
}

/// Resume from saved bytes at the same bits.
#[test]
fn a_saved_arm_resumes() {
    let (model, mut state) = start();
    let input = ArmInput::free(ArmTarget::Pose(shifted(model.fk(&BUILTIN_HOME_RAD), [0.05, 0.0, 0.0])));
    for _ in 0..100 {
        model.step(&mut state, &input, DT);
    }
    let mut restored: ArmState = postcard::from_bytes(&postcard::to_stdvec(&state).unwrap()).unwrap();
    for _ in 0..100 {
        assert_eq!(model.step(&mut state, &input, DT), model.step(&mut restored, &input, DT));
    }
    assert_eq!(state, restored);
}

fn any_target() -> impl Strategy<Value = ArmTarget> {
    prop_oneof![
        Just(ArmTarget::Hold),
        prop::array::uniform8(-8.0_f64..8.0).prop_map(ArmTarget::Joints),
        (prop::array::uniform3(-1.2_f64..1.2), prop::array::uniform3(-3.0_f64..3.0))
            .prop_map(|(p, r)| { ArmTarget::Pose(Pose::from_raw(nalgebra::Isometry3::new(p.into(), r.into()))) }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(60) })]

    /// Keep every joint within its position and velocity limits whatever is asked, in reach or not.
    #[test]
    fn joint_limits_hold(targets in prop::collection::vec((any_target(), 1_u32..250), 1..8)) {
        let (model, mut state) = start();
        for (target, ticks) in targets {
            let mut input = ArmInput::free(target);
            input.release_stop = true;
            for _ in 0..ticks {
                let before = state.clone();
                let output = model.step(&mut state, &input, DT);
                for (joint, limits) in model.limits().iter().enumerate() {
                    prop_assert!((limits.lower..=limits.upper).contains(&state.q[joint]));
                    prop_assert!((limits.lower..=limits.upper).contains(&state.goal[joint]));
                    let speed = (state.q[joint] - before.q[joint]).abs() / DT;
                    prop_assert!(speed <= limits.velocity * (1.0 + 1e-9), "joint {joint}: {speed}");
                    let change = (state.reference[joint].velocity - before.reference[joint].velocity).abs() / DT;
                    prop_assert!(change <= model.servo().acceleration_rad_s2 * (1.0 + 1e-6), "joint {joint}: {change}");
                }
                prop_assert!(output.pose_base_flange_true.0.translation.vector.iter().all(|x| x.is_finite()));
            }
        }
    }
}
