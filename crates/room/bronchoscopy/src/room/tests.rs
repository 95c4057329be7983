use proband_anatomy::made::{LungMotion, LungMotionSpec, MadeChestSpec, made_chest};
use proband_core::Stream;
use proband_robot::scope::ScopeSpec;
use proptest::prelude::*;

use super::*;

fn room(seed: u64) -> Room {
    let chest = made_chest(&MadeChestSpec { terminal_count: 400, ..MadeChestSpec::usual() }, &mut Stream::new(seed, 0, "chest")).unwrap();
    let motion = LungMotion::draw(&LungMotionSpec::published(), chest.lungs, &mut Stream::new(seed, 0, "motion"));
    Room::new(&RoomSpec::usual(ScopeSpec::ion()), &chest, motion, &mut Stream::new(seed, 0, "room")).unwrap()
}

/// Drive straight down the trachea into a main bronchus, touching no more than the wall gives.
#[test]
fn the_scope_goes_down() {
    let room = room(1);
    let mut state = room.start();
    for _ in 0..400 {
        room.step(&mut state, &Command { insertion_m_s: 0.015, ..Command::default() });
    }
    assert!(state.tip.distance_m > 0.1 && state.tip.branch > 0, "{:?}", state.tip);
    assert!(state.wall_force_peak_n < 3.0);
    for _ in 0..600 {
        room.step(&mut state, &Command { insertion_m_s: -0.02, ..Command::default() });
    }
    assert_eq!(state.tip.branch, 0);
}

/// Enter the other main bronchus when bent the other way.
#[test]
fn bending_chooses_the_branch() {
    let room = room(2);
    let mut entered = Vec::new();
    for bend in [-1.0, 1.0] {
        for axis in 0..2 {
            let mut state = room.start();
            let mut bend_rad = [0.0; 2];
            bend_rad[axis] = bend;
            for _ in 0..420 {
                room.step(&mut state, &Command { insertion_m_s: 0.012, bend_rad, ..Command::default() });
            }
            entered.push(room.map().path(state.tip.branch).get(1).copied());
        }
    }
    entered.sort();
    entered.dedup();
    assert!(entered.len() >= 2, "{entered:?}");
}

/// Give the same bits for the same seed.
#[test]
fn same_seed_same_bits() {
    let run = || {
        let room = room(3);
        let mut state = room.start();
        let mut last = None;
        for k in 0..500 {
            last =
                Some(room.step(&mut state, &Command { insertion_m_s: 0.01, bend_rad: [0.001 * f64::from(k), 0.2], ..Command::default() }));
        }
        (state, last)
    };
    assert_eq!(run(), run());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Stay finite, in the tree and within limits, whatever is asked.
    #[test]
    fn any_command_keeps_the_state_sane(seed in 0_u64..50, asks in proptest::collection::vec((any::<f64>(), -0.05_f64..0.05, -4.0_f64..4.0, any::<bool>()), 1..40)) {
        let room = room(seed);
        let mut state = room.start();
        for (odd, speed, bend, flag) in asks {
            let command = Command {
                insertion_m_s: if flag { speed } else { odd },
                bend_rad: [bend, if flag { odd } else { -bend }],
                needle_m_s: speed,
                hold_breath: flag,
                sample: flag,
                ..Command::default()
            };
            for _ in 0..20 {
                let seen = room.step(&mut state, &command);
                prop_assert!(seen.tip_m.iter().chain(&seen.heading).all(|v| v.is_finite()));
            }
            let tip = &state.tip;
            prop_assert!(tip.branch < room.map().count());
            let [from, to] = room.map().span_m(tip.branch);
            prop_assert!(tip.distance_m >= from.min(0.0) - 1e-9 && tip.distance_m <= to + 1e-9);
            prop_assert!(tip.wall_force_n.is_finite() && tip.push_force_n.is_finite() && tip.push_force_n < 20.0);
            prop_assert!((0.0..=room.spec().needle_reach_m).contains(&state.needle_m));
        }
    }
}
