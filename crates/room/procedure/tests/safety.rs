//! Safety of the built-in controller under sensors that fail, lie and send what is no number.
//!
//! The watchman in `plant/watch.rs` checks every tick of every run; the runs here differ in what goes wrong.

mod plant;

use proband_procedure::{Controller, Phase};
use proptest::prelude::*;

use plant::fault::{Fault, Lie, Picture, Stretch, lie, stretch};
use plant::smooth_draw;
use plant::watch::Run;

/// Longest time in which a procedure without further faults comes to its end [s].
const SETTLE_S: f64 = 150.0;
/// Longest time that a needle may stay in, whatever the sensors say, as long as the driver follows [s].
const NEEDLE_IN_MAX_S: f64 = 180.0;
/// Deepest tip from the skin at rest, along the needle [m]: a tenth beyond the 28 mm that a plan may use, the bevel, and what
/// the tissue gives way under the force that guards allow.
const DEEPEST_M: f64 = 0.036;

/// Pass through every phase of a draw and end with blood, so that the moments of it are worth spoiling.
#[test]
fn the_smooth_draw_is_smooth() {
    let moments = smooth_draw();
    let missing: Vec<Phase> = Phase::ALL.into_iter().filter(|p| *p != Phase::HandOver && !moments.iter().any(|m| m.phase == *p)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    let last = moments.last().map(|m| (m.phase, m.attempt, m.plant.volume_m3 > 3.8e-6));
    assert_eq!(last, Some((Phase::Done, 1, true)));
}

/// A moment of the smooth draw, needle-in phases five times as likely as others.
fn moment() -> impl Strategy<Value = usize> {
    let (inside, all): (Vec<usize>, Vec<usize>) = {
        let moments = smooth_draw();
        ((0..moments.len()).filter(|i| moments[*i].phase.needle_in()).collect(), (0..moments.len()).collect())
    };
    prop_oneof![5 => proptest::sample::select(inside), 1 => proptest::sample::select(all)]
}

/// Number of cases; `PROBAND_CASES` asks for more.
fn cases(usual: u32) -> u32 {
    std::env::var("PROBAND_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(usual)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(96), failure_persistence: None, ..ProptestConfig::default() })]

    /// Keep every rule of the watchman while sensors fail in any way, and come to an end when they recover.
    #[test]
    fn no_sensor_fault_breaks_a_rule(from in moment(), stretches in proptest::collection::vec(stretch(true), 1..8)) {
        let mut run = Run::from(&smooth_draw()[from]);
        for stretch in &stretches {
            run.stretch(stretch)?;
        }
        run.settle(SETTLE_S)?;
    }

    /// Take the needle out in bounded time under readings that stay wrong for good, as long as the driver follows.
    #[test]
    fn the_needle_comes_out(from in moment(), lies in proptest::collection::vec((lie(false), 1..300_u64, 1..300_u64), 1..3)) {
        let mut run = Run::from(&smooth_draw()[from]);
        let faults = lies.into_iter().map(|(lie, period, on)| Fault { lie, period, on: on.min(period) }).collect();
        let second = Stretch { ticks: 1000, gap_s: 0.0, faults };
        for _ in 0..400 {
            if run.phase.is_final() {
                break;
            }
            run.stretch(&second)?;
        }
        prop_assert!(run.longest_in_s <= NEEDLE_IN_MAX_S, "needle in for {} s", run.longest_in_s);
        prop_assert!(run.phase.is_final(), "in {:?} at the end", run.phase);
        prop_assert!(run.deepest_m < DEEPEST_M, "{} m deep", run.deepest_m);
    }
}

/// Keep the notes bounded when nobody takes them.
#[test]
fn notes_nobody_takes_are_bounded() {
    for moment in smooth_draw().iter().filter(|m| m.phase == Phase::Insert) {
        let mut controller = plant::controller();
        controller.restore(&moment.saved).unwrap();
        let mut plant = moment.plant.clone();
        plant.live_pictures = false;
        for tick in 0..20_000_u64 {
            let mut obs = plant.observe(None);
            // Tracking comes and goes: a note each time.
            obs.tracker_age_s = if tick % 2 == 0 { 0.0 } else { 0.2 };
            let command = controller.step(&obs);
            plant.advance(&command);
        }
        let mut notes = Vec::new();
        controller.take_notes(&mut notes);
        assert!(notes.len() <= 4096, "{}", notes.len());
        assert!(controller.save().unwrap().len() < 1 << 20);
    }
}

/// Withdraw in the tick of a startle from every moment with the needle in.
#[test]
fn a_startle_reverses_the_needle_at_once() {
    for moment in smooth_draw().iter().filter(|m| m.phase.needle_in() && m.phase != Phase::Withdraw) {
        let mut run = Run::from(moment);
        let startle = Fault { lie: Lie::ArmSpeed(0.3), period: 1, on: 1 };
        run.stretch(&Stretch { ticks: 1, gap_s: 0.0, faults: vec![startle] }).unwrap();
        assert_eq!(run.phase, Phase::Withdraw);
        run.settle(SETTLE_S).unwrap();
    }
}

/// Keep every rule under single faults that broke one once, from every moment with the needle in.
#[test]
fn faults_of_the_past_stay_mended() {
    let always = |lie| Fault { lie, period: 1, on: 1 };
    let faults = [
        // One reading that is no number bent the needle's line for good.
        (1, always(Lie::Displacement([f64::NAN, 0.0, 0.0]))),
        // What is no number passed every guard.
        (50, always(Lie::Force(f64::NAN))),
        (50, always(Lie::ArmSpeed(f64::NAN))),
        (50, always(Lie::Lateral([0.0, f64::NAN]))),
        (50, always(Lie::TrackerAge(f64::NAN))),
        (50, always(Lie::EncoderStuck(f64::NAN))),
        // Contact that is never felt: the needle came back by 6 mm only, and the arm left with it.
        (60_000, always(Lie::Force(0.0))),
        // The needle was moved forward in the dark when the flow had stopped.
        (20_000, always(Lie::TrackerAge(0.5))),
        // A scanner that shows its last picture for ever counted as seeing.
        (20_000, always(Lie::OtherPicture(Picture::Frozen))),
        (20_000, always(Lie::OtherPicture(Picture::Empty))),
        // Tracking that comes back for a tick every second kept the needle in for hours.
        (200_000, Fault { lie: Lie::TrackerAge(0.2), period: 1000, on: 999 }),
        // Neither impedance nor hub: the search went on beyond the needle's length.
        (30_000, always(Lie::Bloodless)),
        // Inches for millimetres: the needle went to its full length.
        (30_000, always(Lie::EncoderScale(0.0394))),
        // A driver speed that is not zero at rest found pops for ever.
        (200_000, always(Lie::DriverSpeed(0.003))),
    ];
    for moment in smooth_draw().iter().filter(|m| m.phase.needle_in()) {
        for (ticks, fault) in &faults {
            let mut run = Run::from(moment);
            let told = format!("{fault:?} in {:?}", moment.phase);
            let mut left: u32 = *ticks;
            while left > 0 && !run.phase.is_final() {
                let now = left.min(500);
                run.stretch(&Stretch { ticks: now, gap_s: 0.0, faults: vec![fault.clone()] }).unwrap_or_else(|e| panic!("{told}: {e}"));
                left -= now;
            }
            assert!(run.deepest_m < DEEPEST_M, "{told}: {} m deep", run.deepest_m);
            assert!(run.longest_in_s <= NEEDLE_IN_MAX_S, "{told}: needle in for {} s", run.longest_in_s);
            run.settle(SETTLE_S).unwrap_or_else(|e| panic!("{told}: {e}"));
        }
    }
}

/// Leave nobody with a cuff on when a guard speaks in the tick after the tube is full.
#[test]
fn a_full_tube_and_a_guard_open_the_cuff() {
    for moment in smooth_draw().iter().filter(|m| m.phase == Phase::Release) {
        let mut run = Run::from(moment);
        let faults = vec![Fault { lie: Lie::Tube(0.0), period: 1, on: 1 }, Fault { lie: Lie::Force(5.0), period: 1, on: 1 }];
        run.stretch(&Stretch { ticks: 1, gap_s: 0.0, faults }).unwrap();
        run.settle(SETTLE_S).unwrap();
        assert_eq!(run.phase, Phase::Done);
    }
}
