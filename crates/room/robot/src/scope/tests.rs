use proband_core::ops;
use proptest::prelude::*;

use super::*;

/// Put the end of an arc where the closed form says.
#[test]
fn arcs_end_where_they_should() {
    let right = std::f64::consts::FRAC_PI_2;
    let pose = arc_pose([right, 0.0], 0.1);
    assert!((pose.place_m.x - 0.0636619772367581).abs() < 1e-12 && (pose.place_m.z - 0.0636619772367581).abs() < 1e-12);
    assert!((pose.turn.column(2) - nalgebra::Vector3::x()).norm() < 1e-12);
    let pose = arc_pose([1e-6, 2e-6], 0.1);
    assert!((pose.place_m.z - 0.1).abs() < 1e-12 && (pose.place_m.y - 1e-7).abs() < 1e-15);
}

/// Lag by play and friction, and by no more.
#[test]
fn tendons_lag() {
    let spec = ScopeSpec::ion();
    let model = ScopeModel::new(&spec).unwrap();
    let mut state = model.start(0.1);
    let turn_rad = 2.0;
    let drive = |state: &mut ScopeState, to: f64| {
        for _ in 0..2000 {
            model.step(state, &ScopeInput { insertion_m_s: 0.0, bend_rad: [to, 0.0], turn_rad }, 0.01);
        }
        state.bend_rad[0]
    };
    let up = drive(&mut state, 1.0);
    drive(&mut state, 2.0);
    let down = drive(&mut state, 1.0);
    let loss = ops::exp(-spec.friction * turn_rad);
    assert!((up - (loss - 0.5 * spec.play_rad)).abs() < 1e-9);
    assert!((down - (1.0 / loss + 0.5 * spec.play_rad)).abs() < 1e-9);
}

/// Refuse impossible scopes.
#[test]
fn bad_scopes_are_refused() {
    assert!(ScopeModel::new(&ScopeSpec { outer_diameter_m: f64::NAN, ..ScopeSpec::ion() }).is_err());
    assert!(ScopeModel::new(&ScopeSpec { channel_m: 5e-3, ..ScopeSpec::ion() }).is_err());
    for name in ["ion", "monarch", "galaxy"] {
        assert!(ScopeModel::new(&ScopeSpec::named(name).unwrap()).is_ok());
    }
}

proptest! {
    /// Keep the frame of the end a rotation and its place within the section's length.
    #[test]
    fn frames_are_rotations(bx in -3.0_f64..3.0, by in -3.0_f64..3.0) {
        let pose = arc_pose([bx, by], 0.02);
        prop_assert!((pose.turn * pose.turn.transpose() - nalgebra::Matrix3::identity()).norm() < 1e-12);
        prop_assert!((pose.turn.determinant() - 1.0).abs() < 1e-12);
        prop_assert!(pose.place_m.norm() <= 0.02 + 1e-12);
    }

    /// Stay within limits whatever is asked.
    #[test]
    fn limits_hold(asks in proptest::collection::vec((any::<f64>(), any::<f64>(), any::<f64>()), 0..60)) {
        let model = ScopeModel::new(&ScopeSpec::monarch()).unwrap();
        let mut state = model.start(0.0);
        for (v, bx, by) in asks {
            model.step(&mut state, &ScopeInput { insertion_m_s: v, bend_rad: [bx, by], turn_rad: bx }, 0.02);
            prop_assert!((0.0..=model.spec().insertion_max_m).contains(&state.insertion_m));
            prop_assert!(state.motor_rad.iter().all(|m| m.abs() <= model.spec().bend_max_rad + 1e-9));
            prop_assert!(state.bend_rad.iter().all(|b| b.is_finite()));
        }
    }
}
