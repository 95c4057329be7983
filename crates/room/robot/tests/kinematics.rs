//! Forward and inverse kinematics, Jacobian, gravity, clearance.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use nalgebra::Vector3;
use proband_core::{Flange, Pose, RobotBase, Stream, Warnings};
use proband_description::read_urdf;
use proband_math::tree::{JointKind, JointLimits, TreeSpec};
use proband_robot::{
    ArmModel, BUILTIN_BASE, BUILTIN_HOME_RAD, BUILTIN_TIP, BUILTIN_URDF, DhRow, IK_TOLERANCE_M, IK_TOLERANCE_RAD, RobotError, ServoSpec,
    builtin_arm, builtin_tree, tree_from_dh,
};
use proptest::prelude::*;

fn arm() -> ArmModel {
    builtin_arm().unwrap()
}

/// A UR5-like arm by its table.
fn ur5_like() -> ArmModel {
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
    ArmModel::new(&tree_from_dh("ur5-like", &rows), "link_0", "tip", &ServoSpec::light_arm()).unwrap()
}

/// A redundant arm of seven joints: the built-in one with one more in its hand.
fn seven() -> ArmModel {
    let mut tree = builtin_tree();
    let joint = tree.joints.iter_mut().find(|j| j.name == "flange_joint").unwrap();
    joint.kind = JointKind::Revolute;
    joint.axis = [0.0, 1.0, 0.0];
    joint.limits = Some(JointLimits { lower: -2.0, upper: 2.0, velocity: 3.0, effort: 10.0 });
    joint.child = "palm".into();
    let mut tip = joint.clone();
    tip.name = "tip_joint".into();
    tip.kind = JointKind::Fixed;
    tip.limits = None;
    tip.parent = "palm".into();
    tip.child = BUILTIN_TIP.into();
    tree.joints.push(tip);
    let mut palm = tree.links[7].clone();
    palm.name = "palm".into();
    tree.links.push(palm);
    // The palm has no shape of its own; a thick stand-in would touch the wrist always.
    let servo = ServoSpec { link_radius_m: 0.005, ..ServoSpec::light_arm() };
    ArmModel::new(&tree, BUILTIN_BASE, BUILTIN_TIP, &servo).unwrap()
}

fn posture(model: &ArmModel, stream: &mut Stream) -> Vec<f64> {
    model.limits().iter().map(|l| stream.uniform_in(l.lower, l.upper)).collect()
}

fn distance(a: &Pose<RobotBase, Flange>, b: &Pose<RobotBase, Flange>) -> (f64, f64) {
    (a.origin().distance(&b.origin()), (a.0.rotation.inverse() * b.0.rotation).scaled_axis().norm())
}

/// Read the built-in URDF and get the built-in tree.
#[test]
fn builtin_urdf_is_the_builtin_tree() {
    let warnings = Warnings::new();
    assert_eq!(read_urdf(BUILTIN_URDF, &warnings).unwrap(), builtin_tree());
    assert!(warnings.is_empty());
    assert!((arm().fk(&[0.0; 6]).origin().0.z - 0.9).abs() < 1e-15);
}

/// Refuse an arm of the wrong links, joints or figures.
#[test]
fn wrong_arms_are_refused() {
    let tree = builtin_tree();
    let servo = ServoSpec::light_arm();
    assert!(matches!(ArmModel::new(&tree, "nothing", BUILTIN_TIP, &servo), Err(RobotError::NoLink { .. })));
    assert!(matches!(ArmModel::new(&tree, BUILTIN_TIP, BUILTIN_BASE, &servo), Err(RobotError::NoChain { .. })));
    assert!(matches!(ArmModel::new(&tree, BUILTIN_BASE, BUILTIN_BASE, &servo), Err(RobotError::JointCount { count: 0, .. })));
    let mut still = servo.clone();
    still.acceleration_rad_s2 = f64::NAN;
    let error = ArmModel::new(&tree, BUILTIN_BASE, BUILTIN_TIP, &still).unwrap_err().to_string();
    assert!(error.contains("acceleration_rad_s2"), "{error}");
    let change = |edit: fn(&mut TreeSpec)| {
        let mut tree = builtin_tree();
        edit(&mut tree);
        ArmModel::new(&tree, BUILTIN_BASE, BUILTIN_TIP, &ServoSpec::light_arm())
    };
    let mimic = |tree: &mut TreeSpec| {
        tree.joints[2].mimic = Some(proband_math::tree::Mimic { joint: "joint_2".into(), multiplier: 1.0, offset: 0.0 });
    };
    assert!(matches!(change(mimic), Err(RobotError::Mimic { .. })));
    assert!(matches!(change(|t| t.joints[1].limits.as_mut().unwrap().velocity = 0.0), Err(RobotError::Parameter { .. })));
}

/// Match the product of the classical DH matrices.
#[test]
fn dh_arms_follow_the_table() {
    let model = ur5_like();
    let pose = model.fk(&[1.525, 1.5397, 0.0766, -1.071, -2.2303, -0.5832]);
    let p = pose.origin().0;
    assert!((p - nalgebra::Point3::new(0.063_666_350_047_010_93, 0.106_526_979_047_293_19, -0.774_667_262_705_519_2)).norm() < 1e-14);
    let z = pose.axis(2).0;
    assert!((z - Vector3::new(-0.581_149_361_848_754_7, 0.703_023_414_342_008_8, 0.409_906_694_394_821_75)).norm() < 1e-14);
}

/// Put the flange link where forward kinematics puts the flange, and all links below the base.
#[test]
fn link_poses_end_in_the_flange() {
    let model = arm();
    let poses = model.link_poses(&BUILTIN_HOME_RAD);
    assert_eq!(poses.len(), 8);
    let flange = poses.iter().find(|p| model.description().links[p.link as usize].name == BUILTIN_TIP).unwrap();
    assert!((flange.pose_base_link.translation.vector - model.fk(&BUILTIN_HOME_RAD).0.translation.vector).norm() < 1e-15);
}

/// Agree with central differences to their own accuracy, for arms of six and seven joints.
#[test]
fn jacobian_matches_differences() {
    let mut stream = Stream::new(1, 0, "jacobian");
    for model in [arm(), ur5_like(), seven()] {
        for _ in 0..50 {
            let q = posture(&model, &mut stream);
            let j = model.jacobian(&q);
            let h = 1e-6;
            for joint in 0..model.joint_count() {
                let at = |step: f64| {
                    let mut moved = q.clone();
                    moved[joint] += step;
                    model.fk(&moved)
                };
                let (a, b) = (at(-h), at(h));
                let v = (b.origin() - a.origin()).0 / (2.0 * h);
                let w = (b.0.rotation * a.0.rotation.inverse()).scaled_axis() / (2.0 * h);
                for row in 0..3 {
                    assert!((j[(row, joint)] - v[row]).abs() < 1e-8, "{} {}", j[(row, joint)], v[row]);
                    assert!((j[(row + 3, joint)] - w[row]).abs() < 1e-8);
                }
            }
        }
    }
}

/// Hold the arm with the torque that the potential energy's slope asks for.
#[test]
fn gravity_is_the_slope_of_energy() {
    let model = arm();
    // Energy by the link poses, which know nothing of bodies and sums.
    let energy = |q: &[f64]| {
        let servo = model.servo();
        let links: f64 = model
            .link_poses(q)
            .iter()
            .filter_map(|p| {
                let inertial = model.description().links[p.link as usize].inertial?;
                Some(inertial.mass_kg * (p.pose_base_link * nalgebra::Point3::from(inertial.origin.xyz_m)).z)
            })
            .sum();
        let payload = model.fk(q).0 * nalgebra::Point3::from(servo.payload_centre_flange_m);
        9.806_65 * (links + servo.payload_kg * payload.z)
    };
    let mut stream = Stream::new(2, 0, "gravity");
    for _ in 0..50 {
        let q = posture(&model, &mut stream);
        let torque = model.gravity_effort(&q);
        for joint in 0..6 {
            let at = |step: f64| {
                let mut moved = q.clone();
                moved[joint] += step;
                energy(&moved)
            };
            let slope = (at(1e-5) - at(-1e-5)) / 2e-5;
            assert!((torque[joint] - slope).abs() < 1e-6, "{} {slope}", torque[joint]);
            assert!(torque[joint].abs() < model.limits()[joint].effort, "the built-in arm can hold itself");
        }
    }
}

/// Find the built-in arm free at home and in itself when folded.
#[test]
fn clearance_tells_folded_from_free() {
    let model = arm();
    assert!(model.self_clearance(&[0.0; 6]).distance_m > 0.01, "{:?}", model.self_clearance(&[0.0; 6]));
    assert!(model.self_clearance(&BUILTIN_HOME_RAD).distance_m > 0.02, "{:?}", model.self_clearance(&BUILTIN_HOME_RAD));
    let folded = model.self_clearance(&[0.0, 2.0, 2.6, 0.0, 1.2, 0.0]);
    assert!(folded.distance_m < 0.0, "{folded:?}");
}

/// Say how far a pose out of reach is.
#[test]
fn out_of_reach_is_said() {
    let model = arm();
    let mut far = model.fk(&BUILTIN_HOME_RAD);
    far.0.translation.vector.x = 1.5;
    match model.ik(&far, &BUILTIN_HOME_RAD) {
        Err(RobotError::Unreachable { residual_m, .. }) => assert!(residual_m > 0.5, "{residual_m}"),
        other => panic!("{other:?}"),
    }
}

/// Return to the pose for postures drawn from the whole range, within the limits, for six and seven joints.
///
/// A start may lie anywhere; the posture found may differ from the one drawn.
#[test]
fn inverse_kinematics_returns_to_the_pose() {
    let mut stream = Stream::new(3, 0, "ik");
    for model in [arm(), ur5_like(), seven()] {
        let (mut reached, mut excused, mut worst, mut starts) = (0, 0, (0.0_f64, 0.0_f64), 0);
        let n = 150;
        for _ in 0..n {
            let q = posture(&model, &mut stream);
            let touching = model.self_clearance(&q).distance_m < model.servo().clearance_min_m;
            let target = model.fk(&q);
            let seed = posture(&model, &mut stream);
            match model.ik(&target, &seed) {
                Ok(solution) => {
                    reached += 1;
                    starts += solution.starts;
                    let (m, rad) = distance(&model.fk(&solution.q), &target);
                    worst = (worst.0.max(m), worst.1.max(rad));
                    for (value, limits) in solution.q.iter().zip(model.limits()) {
                        assert!((limits.lower..=limits.upper).contains(value));
                    }
                    assert!(solution.residual_m <= IK_TOLERANCE_M && solution.residual_rad <= IK_TOLERANCE_RAD);
                }
                // The one posture known to reach it touches itself: there need be no other.
                Err(_) if touching => excused += 1,
                Err(error) => println!("not found: {error}"),
            }
        }
        println!(
            "{}: {reached}/{n}, mean starts {:.2}, worst {:.1e} m {:.1e} rad",
            model.description().name,
            f64::from(starts) / f64::from(n),
            worst.0,
            worst.1
        );
        assert!(worst.0 <= IK_TOLERANCE_M && worst.1 <= IK_TOLERANCE_RAD);
        assert!(reached >= n / 2 && reached + excused >= n - 1, "{}: {reached} of {n}", model.description().name);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    /// Come back from a near seed on the first start.
    #[test]
    fn near_seeds_need_one_start(
        q in prop::array::uniform6(-1.0_f64..1.0),
        off in prop::array::uniform6(-0.1_f64..0.1),
    ) {
        let model = arm();
        // Away from the straight elbow and the straight wrist, where two postures meet.
        let q: Vec<f64> = q.iter().zip([0.0, 0.3, 1.5, 0.0, 1.2, 0.0]).map(|(a, b)| 0.5 * a + b).collect();
        let seed: Vec<f64> = q.iter().zip(off).map(|(a, b)| a + b).collect();
        let solution = model.ik(&model.fk(&q), &seed).unwrap();
        prop_assert_eq!(solution.starts, 1);
        for (a, b) in solution.q.iter().zip(&q) {
            prop_assert!((a - b).abs() < 1e-7, "{a} {b}");
        }
    }
}
