//! Other needles, tubes, robots and sensors, and the other arm: no number that is none, no needle left in.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use proband_anatomy::{Arm, Side, VesselKind};
use proband_core::Stream;
use proband_physiology::CollectionSpec;
use proband_procedure::{Venipuncture, VenipunctureSpec};
use proband_robot::{ArmModel, BUILTIN_BASE, BUILTIN_TIP, ServoSpec, builtin_tree};
use proband_scene::{Equipment, Fault, NoStopwatch, Outcome, Scene, SceneSpec};
use proband_sensor::DropoutSpec;
use proband_tissue::NeedleSpec;
use proband_twin::{Person, SiteBelief, Truth, Twin};
use proptest::prelude::*;

fn arm(servo: &ServoSpec) -> ArmModel {
    ArmModel::new(&builtin_tree(), BUILTIN_BASE, BUILTIN_TIP, servo).unwrap()
}

/// A draw with little waiting: what is tested lies between the cuff and the pad.
fn scene(twin: &Twin, seed: u64, equipment: Equipment, faults: Vec<Fault>) -> Scene {
    let priors = SiteBelief::priors(twin, &[-0.038, -0.024, -0.010]).unwrap();
    let mut spec = VenipunctureSpec::standard(twin.person.side.medial_sign(), priors, 640.0, [200.0, 6e4]);
    spec.draw_m3 = equipment.collection.nominal_draw_m3;
    spec.plan.bevel_m = equipment.needle.bevel_m;
    (spec.pace.prepare_s, spec.pace.fill_s, spec.pace.compress_s) = (0.5, 4.0, 2.0);
    let truth = Truth::draw(twin, &mut Stream::new(seed, 0, "twin.truth")).unwrap();
    let spec_of_scene = SceneSpec { seed, patient: 0, truth, equipment, pulse: None, whole: None, faults, duration_max_s: 400.0 };
    Scene::new(spec_of_scene, Box::new(Venipuncture::new(spec))).unwrap()
}

/// Run to the end and look at every tick.
fn run(mut scene: Scene) -> Result<(Scene, Outcome), TestCaseError> {
    let mut inside = false;
    while !scene.finished() {
        let signals = scene.step(&mut NoStopwatch);
        let numbers = [signals.force_axial_n, signals.force_lateral_n, signals.venous_pressure_pa, signals.flow_m3_s];
        prop_assert!(numbers.iter().chain(&signals.tip_m).all(|x| x.is_finite()), "{signals:?}");
        prop_assert!(signals.force_axial_n < 4.0, "{} N in {:?}", signals.force_axial_n, signals.phase);
        inside = signals.tip_depth_along_m > 0.0;
        prop_assert!(
            signals.phase.needle_in() || !inside,
            "{:?} with the needle {} m in at {} s, {:?}",
            signals.phase,
            signals.tip_depth_along_m,
            signals.time_s,
            signals
        );
    }
    let outcome = scene.outcome();
    prop_assert!(outcome.quarantined.is_none(), "{:?}", outcome.quarantined);
    prop_assert!(scene.phase().is_final() && !inside, "ended in {:?} after {:.0} s", scene.phase(), scene.time_s());
    prop_assert!(outcome.attempts <= 2, "{} punctures", outcome.attempts);
    Ok((scene, outcome))
}

prop_compose! {
    /// The standard room with other parts.
    fn equipment()(
        gauge in 21..=23_u32,
        draw_ml in 2.0..6.0_f64,
        servo_lag_s in 0.0..0.03_f64,
        acceleration in 4.0..20.0_f64,
        backlash_m in 0.0..0.3e-3_f64,
        force_noise in 0.2..4.0_f64,
        force_delay_ticks in 0..8_u32,
        tracker_noise_m in 0.0..0.3e-3_f64,
        tracker_delay_ticks in 0..25_u32,
        tracker_losses_per_s in 0.0..0.2_f64,
        frame_period_s in 0.03..0.12_f64,
        frame_loss in 0.0..0.3_f64,
        skin_traction in any::<bool>(),
    ) -> Equipment {
        let servo = ServoSpec { lag_s: servo_lag_s, acceleration_rad_s2: acceleration, ..ServoSpec::light_arm() };
        let mut room = Equipment::standard(arm(&servo));
        room.needle = match gauge {
            21 => NeedleSpec::gauge_21(0.032),
            22 => NeedleSpec::gauge_22(0.032),
            _ => NeedleSpec::gauge_23(0.032),
        };
        room.collection = CollectionSpec::holder(room.needle.inner_diameter_m, room.needle.length_m, draw_ml * 1e-6);
        room.driver.backlash_m = backlash_m;
        room.force.noise_n_sqrt_hz *= force_noise;
        room.force.delay_s = f64::from(force_delay_ticks) * 1e-3;
        room.tracker.noise_sd_m = tracker_noise_m;
        room.tracker.delay_s = f64::from(tracker_delay_ticks) * 1e-3;
        room.tracker.dropout = DropoutSpec { rate_1_s: tracker_losses_per_s, mean_s: 0.05 };
        room.probe.frame_period_s = frame_period_s;
        room.probe.dropout_probability = frame_loss;
        room.skin_traction = skin_traction;
        room
    }
}

fn disturbance() -> impl Strategy<Value = Vec<Fault>> {
    let text = prop_oneof![
        Just("startle@contact+0.4"),
        Just("startle@insert+1"),
        Just("startle@draw+1"),
        Just("occlude@insert+0.3"),
        Just("image_loss@insert+0.3")
    ];
    proptest::collection::vec(text.prop_map(|t| Fault::parse(t).unwrap()), 0..2)
}

/// Number of cases; `PROBAND_CASES` asks for more.
fn cases(usual: u32) -> u32 {
    std::env::var("PROBAND_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(usual)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(5), failure_persistence: None, max_shrink_iters: 12, ..ProptestConfig::default() })]

    /// End every draw with the needle out and every number a number, whatever stands in the room.
    #[test]
    fn other_equipment_is_safe(seed in 0..1000_u64, room in equipment(), disturbances in disturbance()) {
        run(scene(&Twin::built_in(), seed, room, disturbances))?;
    }
}

/// The built-in patient, to be stuck in the other arm.
fn left() -> Twin {
    Twin::new(Person { side: Side::Left, ..Twin::built_in().person }).unwrap()
}

/// Draw the mirror image of the right arm when the left one of the same person is drawn.
#[test]
fn a_left_arm_is_a_right_arm_in_the_mirror() {
    for seed in 0..20 {
        let arm = |twin: &Twin| Arm::new(&Truth::draw(twin, &mut Stream::new(seed, 0, "twin.truth")).unwrap().arm).unwrap();
        let (right, left) = (arm(&Twin::built_in()), arm(&left()));
        let kinds = |arm: &Arm| arm.vessels().iter().map(|v| v.kind).collect::<Vec<VesselKind>>();
        assert_eq!(kinds(&right), kinds(&left), "seed {seed}");
        for index in 0..right.vessels().len() as u16 {
            for z_m in [-0.04, -0.02, 0.0] {
                match (right.site(index, z_m), left.site(index, z_m)) {
                    (Some(r), Some(l)) => {
                        assert!((r.p.0.x + l.p.0.x).abs() < 1e-9 && (r.p.0.y - l.p.0.y).abs() < 1e-9, "seed {seed}: {r:?} {l:?}");
                        assert!((r.depth_m - l.depth_m).abs() < 1e-9, "seed {seed}: {r:?} {l:?}");
                    }
                    (None, None) => {}
                    other => panic!("seed {seed}: only one arm has this site: {other:?}"),
                }
            }
        }
    }
}

/// Draw blood from a left arm as from a right one.
#[test]
fn a_left_arm_gives_blood() {
    let servo = ServoSpec::light_arm();
    let drawn = |twin: &Twin| {
        (1..=2).filter(|seed| run(scene(twin, *seed, Equipment::standard(arm(&servo)), Vec::new())).unwrap().1.success).count()
    };
    let (right, left) = (drawn(&Twin::built_in()), drawn(&left()));
    assert!(left >= 1 && right >= 1 && left.abs_diff(right) <= 1, "of two draws each: right {right}, left {left}");
}
