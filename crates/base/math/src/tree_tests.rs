use proptest::prelude::*;

use super::*;

fn link(name: &str) -> Link {
    Link { name: name.into(), inertial: None, collision: Vec::new(), visual: Vec::new() }
}

fn joint(name: &str, parent: &str, child: &str) -> Joint {
    Joint {
        name: name.into(),
        kind: JointKind::Revolute,
        parent: parent.into(),
        child: child.into(),
        origin: Origin::shift(0.0, 0.0, 0.1),
        axis: [0.0, 0.0, 1.0],
        limits: Some(JointLimits { lower: -1.0, upper: 1.0, velocity: 1.0, effort: 1.0 }),
        mimic: None,
        damping: 0.0,
        friction: 0.0,
    }
}

fn three() -> TreeSpec {
    TreeSpec { name: "three".into(), links: ["a", "b", "c"].map(link).into(), joints: vec![joint("ab", "a", "b"), joint("bc", "b", "c")] }
}

/// Accept a plain chain and walk it from base to tip.
#[test]
fn a_chain_is_walked_in_order() {
    let tree = Tree::new(&three()).unwrap();
    assert_eq!(tree.root().name, "a");
    assert_eq!(tree.chain(0, 2), Some(vec![0, 1]));
    assert_eq!(tree.chain(2, 0), None);
    assert_eq!(tree.links_from_root(), [0, 1, 2]);
}

fn refused(change: impl Fn(&mut TreeSpec)) -> TreeError {
    let mut spec = three();
    change(&mut spec);
    Tree::new(&spec).unwrap_err()
}

/// Refuse each kind of broken tree with the error that names it.
#[test]
fn broken_trees_are_refused() {
    assert!(matches!(refused(|s| s.links[1].name = "a".into()), TreeError::Name { kind: "link", .. }));
    assert!(matches!(refused(|s| s.joints[1].name = "ab".into()), TreeError::Name { kind: "joint", .. }));
    assert!(matches!(refused(|s| s.joints[1].parent = "x".into()), TreeError::Dangling { .. }));
    assert!(matches!(refused(|s| s.joints[1].child = "b".into()), TreeError::TwoParents { .. }));
    assert!(matches!(refused(|s| s.links.push(link("d"))), TreeError::Roots { count: 2, .. }));
    assert!(matches!(refused(|s| s.joints.push(joint("ca", "c", "a"))), TreeError::Cycle { .. }));
    assert!(matches!(refused(|s| s.joints[0].parent = "c".into()), TreeError::Cycle { .. }));
    assert!(matches!(refused(|s| s.joints[0].axis = [0.0, 0.0, 2.0]), TreeError::Number { .. }));
    assert!(matches!(refused(|s| s.joints[0].origin.xyz_m[1] = f64::NAN), TreeError::Number { .. }));
    assert!(matches!(refused(|s| s.joints[0].limits = None), TreeError::Missing { .. }));
    assert!(matches!(
        refused(|s| s.joints[0].limits = Some(JointLimits { lower: 1.0, upper: -1.0, velocity: 1.0, effort: 1.0 })),
        TreeError::Number { field: "lower limit", .. }
    ));
    assert!(matches!(refused(|s| s.links = (0..2000).map(|i| link(&i.to_string())).collect()), TreeError::TooMany { .. }));
}

/// Find the cycle beside a good root.
#[test]
fn a_cycle_beside_a_root_is_found() {
    let mut spec = three();
    spec.links.extend(["d", "e"].map(link));
    spec.joints.extend([joint("de", "d", "e"), joint("ed", "e", "d")]);
    assert!(matches!(Tree::new(&spec), Err(TreeError::Cycle { .. })));
}

proptest! {
    /// Give a tree or an error for any wiring, and a tree only when every link hangs on the root.
    #[test]
    fn any_wiring_ends(pairs in prop::collection::vec((0_usize..6, 0_usize..6), 0..8)) {
        let spec = TreeSpec {
            name: "any".into(),
            links: (0..6).map(|i| link(&i.to_string())).collect(),
            joints: pairs.iter().enumerate().map(|(i, (p, c))| joint(&format!("j{i}"), &p.to_string(), &c.to_string())).collect(),
        };
        if let Ok(tree) = Tree::new(&spec) {
            let root = tree.link_index(&tree.root().name).unwrap();
            for tip in 0..6 {
                prop_assert!(tree.chain(root, tip).is_some());
            }
        }
    }

    /// Turn roll, pitch, yaw into a rotation.
    #[test]
    fn origins_are_rotations(rpy in prop::array::uniform3(-7.0_f64..7.0)) {
        let (r, _) = Origin { xyz_m: [0.0; 3], rpy_rad: rpy }.matrix();
        prop_assert!((r * r.transpose() - nalgebra::Matrix3::identity()).norm() < 1e-14);
        prop_assert!((r.determinant() - 1.0).abs() < 1e-14);
        let expected = nalgebra::Rotation3::from_euler_angles(rpy[0], rpy[1], rpy[2]);
        prop_assert!((r - expected.matrix()).norm() < 1e-14);
    }
}
