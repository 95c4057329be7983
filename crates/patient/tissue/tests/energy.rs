//! Nothing is gained: the driver's work is stored or lost.

mod common;

use common::{DT, drive, model, model_of, path};
use proband_tissue::*;

fn balance(model: &NeedleModel, state: &NeedleState, path: &NeedlePath) -> (f64, f64) {
    let energy = state.energy();
    let into = energy.work_j + energy.geometry_j;
    let out = model.stored_j(state, path) + energy.dissipated_j();
    (into - out, energy.dissipated_j() + energy.work_j.abs() + energy.geometry_j.abs())
}

/// Balance work with storage and losses to 1e-9 through a whole stick, there and back.
#[test]
fn work_is_stored_or_lost() {
    for speed_exponent in [0.0, 0.08] {
        let model = model_of(NeedleTissueSpec { speed_exponent, ..NeedleTissueSpec::reference_adult() });
        let path = path(1, 1.2e-3);
        let mut state = model.state(-2e-3);
        for (from, to, speed) in [(-2e-3, 18e-3, 3e-3), (18e-3, 16e-3, 10e-3), (16e-3, 36e-3, 0.4e-3), (36e-3, -3e-3, 20e-3)] {
            drive(&model, &mut state, &path, from, to, speed);
            let (error, scale) = balance(&model, &state, &path);
            assert!(error.abs() < 1e-9 * scale, "{error} of {scale}");
        }
        assert!(model.stored_j(&state, &path) < 1e-15, "back outside nothing is stored");
        assert!(state.energy().work_j > 0.0 && state.energy().dissipated_j() > 0.0);
    }
}

/// Agree with the work that an observer computes from the reported forces.
#[test]
fn work_agrees_with_the_reported_force() {
    let (model, path) = (model(), path(1, 0.0));
    let mut state = model.state(0.0);
    let outputs = drive(&model, &mut state, &path, 0.0, 26e-3, 1e-3);
    let observed: f64 = outputs.windows(2).map(|pair| 0.5 * (pair[0].force_axial_n + pair[1].force_axial_n) * 1e-6).sum();
    assert!((observed / state.energy().work_j - 1.0).abs() < 2e-3, "{observed} against {}", state.energy().work_j);
}

/// Lose energy, never gain it, on closed paths of many kinds, and share it among cutting, friction and rupture.
#[test]
fn closed_paths_lose_energy() {
    let (model, path) = (model(), path(1, 0.5e-3));
    let mut state = model.state(-1e-3);
    let mut lost = 0.0;
    for turn in [3e-3, 9e-3, 15e-3, 15e-3, 27e-3, 27e-3, 34e-3] {
        drive(&model, &mut state, &path, -1e-3, turn, 6e-3);
        drive(&model, &mut state, &path, turn, -1e-3, 6e-3);
        let now = state.energy().work_j;
        assert!(now >= lost - 1e-15, "a closed path gave {} J", lost - now);
        lost = now;
    }
    let energy = state.energy();
    assert!(energy.cutting_j > 0.0 && energy.friction_j > 0.0 && energy.rupture_j > 0.0);
}

/// Cut once: the second way along the same track costs no cutting.
#[test]
fn the_channel_stays_cut() {
    let (model, path) = (model(), path(1, 0.0));
    let mut state = model.state(-1e-3);
    drive(&model, &mut state, &path, -1e-3, 25e-3, 5e-3);
    drive(&model, &mut state, &path, 25e-3, -1e-3, 5e-3);
    let once = state.energy();
    drive(&model, &mut state, &path, -1e-3, 24e-3, 5e-3);
    let twice = state.energy();
    assert_eq!(once.cutting_j, twice.cutting_j);
    assert!(twice.friction_j > once.friction_j);
    let input = NeedleInput { tip_m: 24e-3, lateral_m: [0.0; 2], traction: false, path: &path };
    assert!(!model.step(&mut state, &input, DT).input_held);
}
