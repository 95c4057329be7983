//! Faults: none makes a number that is none, each begins and ends when it should, and any state can be gone on with.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use proband_core::Stream;
use proband_procedure::{Venipuncture, VenipunctureSpec};
use proband_robot::{ArmModel, BUILTIN_BASE, BUILTIN_TIP, ServoSpec, builtin_tree};
use proband_scene::{Equipment, FAULT_COUNT_MAX, Fault, FaultKind, NoStopwatch, Scene, SceneError, SceneSpec, TickSignals, Trigger};
use proband_twin::{SiteBelief, Truth, Twin};
use proptest::prelude::*;

fn try_scene(seed: u64, faults: Vec<Fault>) -> Result<Scene, SceneError> {
    let twin = Twin::built_in();
    let priors = SiteBelief::priors(&twin, &[-0.038, -0.024, -0.010]).unwrap();
    let mut spec = VenipunctureSpec::standard(twin.person.side.medial_sign(), priors, 640.0, [200.0, 6e4]);
    (spec.pace.prepare_s, spec.pace.fill_s, spec.pace.compress_s) = (0.05, 4.0, 0.5);
    let truth = Truth::draw(&twin, &mut Stream::new(seed, 0, "twin.truth")).unwrap();
    let equipment = Equipment::standard(ArmModel::new(&builtin_tree(), BUILTIN_BASE, BUILTIN_TIP, &ServoSpec::light_arm()).unwrap());
    Scene::new(
        SceneSpec { seed, patient: 0, truth, equipment, pulse: None, whole: None, faults, duration_max_s: 300.0 },
        Box::new(Venipuncture::new(spec)),
    )
}

fn scene(seed: u64, faults: Vec<Fault>) -> Scene {
    try_scene(seed, faults).unwrap()
}

fn finite(s: &TickSignals) -> bool {
    let numbers = [s.force_axial_n, s.force_lateral_n, s.venous_pressure_pa, s.flow_m3_s, s.insertion_speed_m_s, s.tourniquet_pa];
    numbers.iter().chain(&s.tip_m).all(|x| x.is_finite())
}

/// Begin in its tick, last its ticks, end once, and leave every number a number: each kind of the catalogue, all at once in fours.
#[test]
fn every_kind_comes_and_goes() {
    for (place, group) in FaultKind::ALL.chunks(4).enumerate() {
        let plan = |kind: &FaultKind| Fault { duration_s: 0.1, ..Fault::new(*kind, Trigger::Time(0.2)) };
        let mut scene = scene(place as u64, group.iter().map(plan).collect());
        let (mut onsets, mut ends) = (Vec::new(), Vec::new());
        for _ in 0..500 {
            let signals = scene.step(&mut NoStopwatch);
            assert!(finite(&signals), "{group:?}");
            for event in &scene.log().events {
                let tick = (event.time_s / 1e-3).round() as u64;
                if event.kind.starts_with("fault:") {
                    onsets.push(tick);
                } else if event.kind.starts_with("fault_end:") {
                    ends.push(tick);
                }
            }
        }
        assert_eq!((onsets, ends), (vec![200; group.len()], vec![300; group.len()]), "{group:?}");
    }
}

/// Refuse faults that are none.
#[test]
fn impossible_faults_are_refused() {
    let good = Fault::parse("force:bias@1").unwrap();
    for bad in [
        Fault { magnitude: f64::NAN, ..good },
        Fault { magnitude: 1e9, ..good },
        Fault { duration_s: -1.0, ..good },
        Fault { ramp_s: f64::INFINITY, ..good },
        Fault { trigger: Trigger::Time(f64::NAN), ..good },
    ] {
        assert!(matches!(try_scene(0, vec![bad]), Err(SceneError::Fault { .. })), "{bad:?}");
    }
    assert!(try_scene(0, vec![good; FAULT_COUNT_MAX + 1]).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3, failure_persistence: None, max_shrink_iters: 4, ..ProptestConfig::default() })]

    /// End every draw, whatever three faults of whatever size come; and go on from a saved state to the same bits.
    #[test]
    fn any_faults_are_survived(
        seed in 0..1000_u64, kinds in proptest::collection::vec((0..FaultKind::ALL.len(), 0.0..1.0_f64, 0..4_usize), 3), stop in 5_000..20_000_u64,
    ) {
        let plan = |(kind, share, when): &(usize, f64, usize)| {
            let kind = FaultKind::ALL[*kind];
            let (low, high) = kind.magnitude_range();
            let trigger = Trigger::read(["scan_ultrasound+0.5", "align+1", "insert+0.2", "draw+1"][*when]).unwrap();
            Fault { magnitude: (low + share * (high - low)).clamp(low, high), ..Fault::new(kind, trigger) }
        };
        let faults: Vec<Fault> = kinds.iter().map(plan).collect();
        let mut whole = scene(seed, faults.clone());
        let mut saved = None;
        while !whole.finished() {
            if whole.tick_count() == stop {
                saved = Some(whole.save().unwrap());
            }
            let signals = whole.step(&mut NoStopwatch);
            prop_assert!(finite(&signals), "{signals:?}");
        }
        prop_assert!(whole.outcome().quarantined.is_none());
        prop_assert!(whole.phase().is_final(), "ended in {:?} after {} s", whole.phase(), whole.time_s());
        if let Some(bytes) = saved {
            let mut other = scene(seed, faults);
            other.restore(&bytes).unwrap();
            for _ in 0..2000 {
                if !other.finished() {
                    other.step(&mut NoStopwatch);
                }
            }
            let mut again = scene(seed, kinds.iter().map(plan).collect());
            while again.tick_count() < other.tick_count() {
                again.step(&mut NoStopwatch);
            }
            prop_assert!(again.save().unwrap() == other.save().unwrap());
        }
    }
}
