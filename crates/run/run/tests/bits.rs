//! Same version, same specification, same seed: same bits, at any number of threads, and over a save at any tick.
//!
//! These tests compare runs of this machine with each other. They cannot see a result that is wrong everywhere, nor one
//! that differs on another platform: the golden digests of the scenarios do that.

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]

use std::sync::atomic::AtomicBool;

use proband_core::Digest;
use proband_robot::builtin_arm;
use proband_run::{CohortSpec, Rehearsal, RehearsalSpec, cohort_table, run_cohort};
use proband_scene::{Fault, NoStopwatch, TissueKind};
use proband_twin::{Population, Twin};

fn spec(seed: u64) -> RehearsalSpec {
    RehearsalSpec { duration_max_s: 300.0, ..RehearsalSpec::new(Twin::built_in(), builtin_arm().expect("the built-in arm"), seed) }
}

fn digest(spec: &RehearsalSpec) -> Digest {
    let mut rehearsal = Rehearsal::new(spec).expect("a rehearsal");
    while !rehearsal.advance(1000) {}
    let finished = rehearsal.finish().expect("a record");
    Digest::of(&(finished.digest, finished.tables)).expect("a digest")
}

/// Repeat a rehearsal to the same bits, and not with another seed.
#[test]
fn a_rehearsal_repeats() {
    assert_eq!(digest(&spec(1)), digest(&spec(1)));
    assert_ne!(digest(&spec(1)), digest(&spec(2)));
}

/// Save at ticks in different phases, go on in a fresh scene, and end at the same bits.
#[test]
fn a_saved_run_goes_on_to_the_same_bits() {
    let spec = RehearsalSpec { faults: vec![Fault::parse("startle@insert+0.5").unwrap()], ..spec(3) };
    let mut whole = Rehearsal::new(&spec).unwrap();
    while !whole.advance(1000) {}
    let ticks = whole.scene().tick_count();
    let expected = whole.save().unwrap();
    for part in [0.02, 0.19, 0.3, 0.55, 0.63, 0.8] {
        let mut first = Rehearsal::new(&spec).unwrap();
        first.advance((ticks as f64 * part) as u32);
        let saved = first.save().unwrap();
        let mut second = Rehearsal::new(&spec).unwrap();
        second.restore(&saved).unwrap();
        while !second.advance(1000) {}
        assert!(second.save().unwrap() == expected, "saved after {part} of the run, in phase {:?}", first.phase());
    }
}

/// The same with finite elements around the puncture, in every phase: before they are meshed, while the needle goes in, in the vein, on its
/// way out.
#[test]
fn a_saved_run_in_finite_elements_goes_on_to_the_same_bits() {
    const PART: u32 = 700;
    let spec = RehearsalSpec { tissue: TissueKind::Fem, ..spec(3) };
    let mut whole = Rehearsal::new(&spec).unwrap();
    let mut seen = Vec::new();
    let mut ended = false;
    while !ended {
        let saved = whole.save().unwrap();
        let phase = whole.phase();
        ended = whole.advance(PART);
        // Two points of each phase are enough: a piece of arm is meshed anew for each.
        if seen.iter().filter(|p| **p == phase).count() >= 2 {
            continue;
        }
        seen.push(phase);
        let mut other = Rehearsal::new(&spec).unwrap();
        other.restore(&saved).unwrap();
        other.advance(PART);
        assert!(other.save().unwrap() == whole.save().unwrap(), "saved in phase {phase:?}");
    }
    seen.dedup();
    assert!(seen.len() > 6, "{seen:?}");
}

/// Refuse bytes that are no saved scene.
#[test]
fn damaged_saves_are_refused() {
    let mut rehearsal = Rehearsal::new(&spec(1)).unwrap();
    rehearsal.advance(10);
    let saved = rehearsal.save().unwrap();
    assert!(rehearsal.restore(&[]).is_err());
    assert!(rehearsal.restore(&saved[..saved.len() / 2]).is_err());
    assert!(rehearsal.restore(&saved).is_ok());
}

/// Give the same cohort at 1, 2 and 8 threads.
#[test]
fn a_cohort_keeps_its_bits_on_threads() {
    let spec = CohortSpec {
        population: Population::adult(),
        count: 6,
        first: 0,
        seed: 11,
        arm: builtin_arm().unwrap(),
        duration_max_s: 300.0,
        lamp_wavelength_nm: None,
    };
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let rows = pool.install(|| run_cohort(&spec, &|_| {}, &AtomicBool::new(false))).unwrap();
        Digest::of(&cohort_table(&rows).unwrap()).unwrap()
    };
    let one = run(1);
    assert_eq!(one, run(2));
    assert_eq!(one, run(8));
}

/// Keep every force, pressure and position finite in every tick, disturbed or not, and never leave a needle in a patient.
#[test]
fn every_run_ends_with_the_needle_out() {
    for (seed, disturbance) in
        [(1, "startle@insert"), (2, "startle@draw+2"), (3, "occlude@insert"), (4, "image_loss@contact"), (5, "startle@align")]
    {
        let spec = RehearsalSpec { faults: vec![Fault::parse(disturbance).unwrap()], ..spec(seed) };
        let controller = Box::new(proband_procedure::Venipuncture::new(spec.controller().unwrap()));
        let mut scene = spec.scene(spec.truth().unwrap(), controller).unwrap();
        let mut last = None;
        while !scene.finished() {
            let signals = scene.step(&mut NoStopwatch);
            assert!(
                signals.force_axial_n.is_finite() && signals.venous_pressure_pa.is_finite() && signals.tip_m.iter().all(|x| x.is_finite())
            );
            last = Some(signals);
        }
        assert!(scene.phase().is_final(), "{disturbance}: ended in {:?} after {:.1} s", scene.phase(), scene.time_s());
        let tip = last.unwrap().tip_depth_along_m;
        assert!(tip < 0.0, "{disturbance}: tip {tip} m in the patient at the end");
    }
}
