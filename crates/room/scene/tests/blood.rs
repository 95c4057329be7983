//! Blood that leaves the arm is taken from the whole patient once.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use proband_core::Stream;
use proband_physiology::whole::Physique;
use proband_procedure::{Venipuncture, VenipunctureSpec};
use proband_robot::{ArmModel, BUILTIN_BASE, BUILTIN_TIP, ServoSpec, builtin_tree};
use proband_scene::{Equipment, Fault, NoStopwatch, Scene, SceneSpec};
use proband_twin::{SiteBelief, Truth, Twin};

fn scene(seed: u64, faults: Vec<Fault>) -> Scene {
    let twin = Twin::built_in();
    let priors = SiteBelief::priors(&twin, &[-0.038, -0.024, -0.010]).unwrap();
    let mut spec = VenipunctureSpec::standard(twin.person.side.medial_sign(), priors, 640.0, [200.0, 6e4]);
    (spec.pace.prepare_s, spec.pace.fill_s, spec.pace.compress_s) = (0.5, 4.0, 2.0);
    let truth = Truth::draw(&twin, &mut Stream::new(seed, 0, "twin.truth")).unwrap();
    let equipment = Equipment::standard(ArmModel::new(&builtin_tree(), BUILTIN_BASE, BUILTIN_TIP, &ServoSpec::light_arm()).unwrap());
    let whole = Some(Physique::reference_man());
    Scene::new(
        SceneSpec { seed, patient: 0, truth, equipment, pulse: None, whole, faults, duration_max_s: 300.0 },
        Box::new(Venipuncture::new(spec)),
    )
    .unwrap()
}

/// Take what fills the tube and what seeps into the tissue from his blood exactly once, in every tick, with and without bleeding.
#[test]
fn blood_leaves_once() {
    for faults in [vec![], vec![Fault::parse("patient:bleed@3").unwrap()]] {
        let bleeding = !faults.is_empty();
        let mut scene = scene(300, faults);
        let mut most = 0.0_f64;
        while !scene.finished() {
            scene.step(&mut NoStopwatch);
            let [left, taken, waiting] = scene.blood_balance_ml().unwrap();
            assert!((left - taken - waiting).abs() <= 1e-9 * left.max(1.0), "{left} {taken} {waiting} at {} s", scene.time_s());
            most = most.max(left);
        }
        let drawn_ml = scene.outcome().volume_drawn_m3 * 1e6;
        let seeped_ml = scene.haematoma_m3() * 1e6;
        assert!((most - drawn_ml - seeped_ml).abs() <= 1e-9 * most.max(1.0), "{most} {drawn_ml} {seeped_ml}");
        assert!(drawn_ml > 1.0 && (!bleeding || seeped_ml > 0.0), "{drawn_ml} {seeped_ml}");
    }
}
