//! Bending, rolling and geometry against closed forms and a finer reference.

use proband_core::Stream;
use proband_tissue::*;
use proptest::prelude::*;

/// Match the cantilever for a load on the tip, and the clamped end's force for any load.
#[test]
fn a_beam_without_bed_is_a_cantilever() {
    let beam = Beam { stiffness_n_m2: 3.64e-3, length_m: 25e-3, inserted_m: 0.0, bed_n_per_m2: 1e4 };
    let shape = beam.bend(BeamLoad { bed_shift_m: 1e-3, tip_n: 0.1 });
    assert!((shape.tip_m / cantilever_deflection_m(0.1, 3.64e-3, 25e-3) - 1.0).abs() < 1e-12);
    assert!((shape.force_n - 0.1).abs() < 1e-15);
    assert!((0.1 / shape.tip_m / cantilever_stiffness_n_per_m(3.64e-3, 25e-3) - 1.0).abs() < 1e-12);
}

/// Stay as near to a fine beam as `Beam::bend` states: 2 % on beds up to 2·10⁴ N/m², 10 % at 10⁵ N/m².
#[test]
fn the_short_beam_agrees_with_a_fine_one() {
    for (bed_n_per_m2, bound) in [(1e3, 0.02), (1e4, 0.02), (2e4, 0.02), (1e5, 0.1)] {
        for inserted_m in [5e-3, 15e-3, 25e-3, 35e-3] {
            for load in [BeamLoad { bed_shift_m: 1e-3, tip_n: 0.0 }, BeamLoad { bed_shift_m: 0.0, tip_n: 0.1 }] {
                let beam = Beam { stiffness_n_m2: 3.64e-3, length_m: 38e-3, inserted_m, bed_n_per_m2 };
                let (tip, force) = beam.bend_reference(load, 1500);
                let shape = beam.bend(load);
                let force_error = (shape.force_n - force).abs() / force.abs().max(load.tip_n);
                let tip_error = (shape.tip_m / tip - 1.0).abs();
                assert!(tip_error < bound && force_error < bound, "{beam:?} {load:?}: {tip_error} {force_error}");
            }
        }
    }
}

/// Never roll a vein that is met in its middle, and keep to the closed form of the shift.
#[test]
fn the_middle_never_rolls() {
    let rolling = RollingMechanics { lateral_stiffness_n_per_m: 1.0, friction: 0.0, traction_factor: 3.0 };
    assert_eq!(roll_outcome(&rolling, false, 0.0, 2e-3, 10.0), RollOutcome::Holds);
    let rolling = RollingMechanics { lateral_stiffness_n_per_m: 300.0, friction: 0.2, traction_factor: 3.0 };
    let (offset, radius, pop) = (1e-3, 2e-3, 0.2_f64);
    let RollOutcome::Shifts { shift_m } = roll_outcome(&rolling, false, -offset, radius, pop) else { panic!("must shift") };
    assert!((shift_m - pop * (0.5 / 0.75_f64.sqrt()) / 300.0).abs() < 1e-12);
    let RollOutcome::Shifts { shift_m: taut } = roll_outcome(&rolling, true, offset, radius, pop) else { panic!("must shift") };
    assert!((shift_m / taut - 3.0).abs() < 1e-12);
    assert!(matches!(roll_outcome(&rolling, false, 1.9e-3, radius, pop), RollOutcome::Rolls { force_n } if force_n < pop));
}

/// Fall monotonically with the lateral stiffness: the part of offsets, uniform over the width, at which a vein rolls.
#[test]
fn stiff_beds_roll_less() {
    let mut stream = Stream::new(5, 0, "rolling");
    let offsets: Vec<f64> = (0..4000).map(|_| stream.uniform_in(-2e-3, 2e-3)).collect();
    let mut last = f64::INFINITY;
    for k in [50.0, 80.0, 125.0, 200.0, 320.0, 500.0] {
        let rolling = RollingMechanics { lateral_stiffness_n_per_m: k, friction: 0.2, traction_factor: 3.0 };
        let rolled =
            offsets.iter().filter(|e| matches!(roll_outcome(&rolling, false, **e, 2e-3, 0.2), RollOutcome::Rolls { .. })).count() as f64;
        assert!(rolled < last, "{rolled} of 4000 at {k} N/m");
        last = rolled;
    }
}

/// Follow the table of distances at 15, 20, 25 and 30 degrees.
#[test]
fn distances_follow_the_table() {
    for (degrees, front, lumen, time) in
        [(15.0, 18.6, 11.6, 1.16), (20.0, 14.1, 8.8, 0.88), (25.0, 11.4, 7.1, 0.71), (30.0, 9.6, 6.0, 0.60)]
    {
        let angle = f64::to_radians(degrees);
        assert!((1e3 * axial_distance_to_front_wall_m(4.81e-3, angle) - front).abs() < 0.05);
        assert!((1e3 * lumen_path_m(3.01e-3, angle) - lumen).abs() < 0.05);
        assert!((time_to_back_wall_s(3.01e-3, angle, 10e-3) - time).abs() < 0.005);
    }
    assert!((overrun_m(10e-3, 0.05) - 0.5e-3).abs() < 1e-15);
    assert_eq!(usable_lumen_path_m(0.5e-3, 0.5, 2.5e-3), 0.0);
}

proptest! {
    /// Roll at a smaller force the farther from the middle, and never with a negative shift.
    #[test]
    fn rolling_is_monotone_in_the_offset(k in 10.0..1000.0f64, mu in 0.0..0.5f64, radius in 0.3e-3..4e-3f64, a in 0.0..1.0f64, b in 0.0..1.0f64) {
        let rolling = RollingMechanics { lateral_stiffness_n_per_m: k, friction: mu, traction_factor: 2.0 };
        let force = |part: f64| match roll_outcome(&rolling, false, part * radius, radius, 1e3) {
            RollOutcome::Rolls { force_n } => force_n,
            RollOutcome::Holds | RollOutcome::Shifts { .. } => f64::INFINITY,
        };
        let (near, far) = (a.min(b), a.max(b));
        prop_assert!(force(far) <= force(near));
        if let RollOutcome::Shifts { shift_m } = roll_outcome(&rolling, false, near * radius, radius, 1e-3) {
            prop_assert!(shift_m >= 0.0);
        }
    }
}
