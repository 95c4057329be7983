//! What a stick feels like, step by step.

#![allow(clippy::unwrap_used, reason = "a test may end at the first surprise")]

mod common;

use common::{DT, drive, events, model, model_of, path, vein};
use proband_tissue::*;

fn kinds(outputs: &[NeedleOutput]) -> Vec<NeedleEventKind> {
    events(outputs).iter().map(|(_, event)| event.kind).collect()
}

/// Go in, through the skin and the front wall, on through the back wall, and out again, with the events in order.
#[test]
fn a_stick_reports_its_events_in_order() {
    use NeedleEventKind::*;
    let (model, path) = (model(), path(1, 0.0));
    let mut state = model.state(-2e-3);
    let inward = drive(&model, &mut state, &path, -2e-3, 28e-3, 5e-3);
    assert_eq!(kinds(&inward), [SkinContact, SkinPuncture, WallContact, VeinPuncture, BackWallContact, BackWallPuncture]);
    let outward = drive(&model, &mut state, &path, 28e-3, -2e-3, 5e-3);
    assert_eq!(kinds(&outward), [LumenExit, SkinExit]);
    let again = drive(&model, &mut state, &path, -2e-3, 24.5e-3, 5e-3);
    assert_eq!(kinds(&again), [], "the same track is open");
    assert!(again.last().unwrap().lumen.is_some());
}

/// Puncture the skin at the given force, at the indentation that the law gives for it.
#[test]
fn skin_gives_way_where_the_law_says() {
    let tissue = NeedleTissueSpec { speed_exponent: 0.0, ..NeedleTissueSpec::reference_adult() };
    let (a, b, force) = (tissue.stiffness_n_per_m, tissue.stiffness_n_per_m2, tissue.skin_puncture_n);
    let (model, path) = (model_of(tissue), path(1, 0.0));
    let mut state = model.state(0.0);
    let outputs = drive(&model, &mut state, &path, 0.0, 9e-3, 3e-3);
    let (tick, event) = events(&outputs).into_iter().find(|(_, event)| event.kind == NeedleEventKind::SkinPuncture).unwrap();
    assert!((event.force_n - force).abs() < 1e-9);
    let indentation = (-a + (a * a + 4.0 * b * force).sqrt()) / (2.0 * b);
    assert!(((tick + 1) as f64 * 3e-6 - indentation).abs() < 4e-6, "tick {tick}");
    // Before that the tip stood still in the tissue and the force followed a u + b u².
    let before = &outputs[tick - 10];
    let u = (tick - 9) as f64 * 3e-6;
    assert!(before.tip_m.abs() < 1e-12 && (before.force_axial_n - (a * u + b * u * u)).abs() < 1e-6);
}

/// Let the tip jump forward in the tissue at a pop while the driver hardly moves.
#[test]
fn the_tip_jumps_at_the_pop() {
    let (model, path) = (model(), path(1, 0.0));
    let mut state = model.state(0.0);
    let outputs = drive(&model, &mut state, &path, 0.0, 20e-3, 3e-3);
    let (tick, event) = events(&outputs).into_iter().find(|(_, event)| event.kind == NeedleEventKind::VeinPuncture).unwrap();
    assert!((outputs[tick - 1].tip_m - 14e-3).abs() < 1e-9, "on the wall before");
    assert!(outputs[tick - 1].tent_m > 0.6e-3, "tent F/k = 0.67 mm, {}", outputs[tick - 1].tent_m);
    let later = &outputs[tick + 50];
    assert!(later.tip_m - 14e-3 > 0.8e-3, "{}", later.tip_m);
    assert!(event.force_n - later.force_axial_n > 0.2, "the force falls by the pop force and the cutting");
    assert_eq!(later.medium, Medium::VeinLumen);
    assert!(later.lumen.unwrap().bevel_fraction > 0.0);
}

/// Cut a single layer with constant force: at steady speed force = cutting + C L + b v L.
#[test]
fn steady_force_is_cutting_and_friction() {
    let tissue = NeedleTissueSpec { speed_exponent: 0.0, ..NeedleTissueSpec::reference_adult() };
    let model = model_of(tissue.clone());
    let mut path = NeedlePath::new(1, 0.0);
    path.push_layer(Medium::Fat, 0.0);
    let mut state = model.state(0.0);
    for (to, from) in [(15e-3, 0.0), (25e-3, 15e-3)] {
        let last = *drive(&model, &mut state, &path, from, to, 8e-3).last().unwrap();
        let fat = &tissue.fat;
        let expected = fat.cutting_n + (fat.coulomb_in_n_per_m + fat.viscous_in_n_s_per_m2 * 8e-3) * last.tip_m;
        assert!((last.force_axial_n - expected).abs() < 1e-3 * expected, "{} against {expected}", last.force_axial_n);
        assert!((last.tip_m + last.indentation_m - to).abs() < 1e-12, "indentation and tip add up to the command");
    }
}

/// Hold when paused, pull when withdrawn, and never beyond the friction bounds.
#[test]
fn paused_and_withdrawn_needles_stick() {
    let (model, path) = (model(), path(1, 0.0));
    let tissue = NeedleTissueSpec::reference_adult();
    let mut state = model.state(0.0);
    let moving = *drive(&model, &mut state, &path, 0.0, 12e-3, 5e-3).last().unwrap();
    let input = NeedleInput { tip_m: 12e-3, lateral_m: [0.0; 2], traction: false, path: &path };
    let paused = (0..500).map(|_| model.step(&mut state, &input, DT)).last().unwrap();
    assert!(paused.force_axial_n > 0.5 * moving.force_axial_n && paused.force_axial_n <= moving.force_axial_n + 1e-12);
    let outward = drive(&model, &mut state, &path, 12e-3, 1e-3, 5e-3);
    let least = outward.iter().map(|output| output.force_axial_n).fold(0.0, f64::min);
    let length = 12e-3;
    let static_bound = tissue.skin.static_out_n_per_m * 4e-3 + tissue.fat.static_out_n_per_m * (length - 4e-3);
    let sliding_bound = (tissue.skin.coulomb_out_n_per_m + 5e-3 * 200.0) * length;
    assert!(least < -0.1 && least >= -static_bound.max(sliding_bound), "{least}");
}

/// Stick and slip below the band: the force saws between the static bound and the sliding friction.
#[test]
fn slow_needles_stick_and_slip() {
    let (model, path) = (model(), path(1, 0.0));
    let mut state = model.state(0.0);
    drive(&model, &mut state, &path, 0.0, 10e-3, 5e-3);
    let slow = drive(&model, &mut state, &path, 10e-3, 11.5e-3, 0.2e-3);
    let forces: Vec<f64> = slow.iter().skip(2000).map(|output| output.force_axial_n).collect();
    let falls = forces.windows(2).filter(|pair| pair[1] < pair[0] - 0.02).count();
    assert!(falls >= 3, "{falls} slips");
    let fast = drive(&model, &mut state, &path, 11.5e-3, 13e-3, 5e-3);
    let smooth: Vec<f64> = fast.iter().skip(150).map(|output| output.force_axial_n).collect();
    assert!(smooth.windows(2).all(|pair| pair[1] > pair[0] - 0.02));
}

/// Transfix a vein whose lumen is shorter than its tent, in one event, and find the lumen again on the way back.
#[test]
fn flat_veins_are_transfixed() {
    let model = model();
    let mut path = NeedlePath::new(1, 0.0);
    path.push_layer(Medium::Fat, 4e-3);
    path.push_span(Span { exit_m: 14.8e-3, ..vein(0.0) });
    let mut state = model.state(0.0);
    let outputs = drive(&model, &mut state, &path, 0.0, 20e-3, 3e-3);
    let kinds = kinds(&outputs);
    assert!(kinds.contains(&NeedleEventKind::WallsTouch) && kinds.contains(&NeedleEventKind::Transfixion));
    assert!(!kinds.contains(&NeedleEventKind::VeinPuncture));
    let tick = outputs.iter().position(|output| output.events.contains(NeedleEventKind::Transfixion)).unwrap();
    let through = &outputs[tick];
    assert!(through.lumen.is_none_or(|lumen| lumen.to_back_m <= 0.0), "the tip is behind the back wall");
    let back = drive(&model, &mut state, &path, 20e-3, 12e-3, 3e-3);
    assert!(back.iter().any(|output| output.medium == Medium::VeinLumen), "the tip comes back into the lumen");
}

/// Roll a vein off that is met beside its middle, hold it aside, and let it come back when the needle leaves.
#[test]
fn veins_roll_off_the_tip() {
    let mut tissue = NeedleTissueSpec::reference_adult();
    tissue.rolling.lateral_stiffness_n_per_m = 60.0;
    tissue.vein.pop_n = 0.4;
    let model = model_of(tissue);
    let path = path(1, 1.9e-3);
    let mut state = model.state(0.0);
    let outputs = drive(&model, &mut state, &path, 0.0, 20e-3, 3e-3);
    let (tick, _) = events(&outputs).into_iter().find(|(_, event)| event.kind == NeedleEventKind::RollAway).unwrap();
    let before = &outputs[tick - 1];
    assert!(before.shift_m < 0.0 && before.shift_m > -0.4e-3 && before.force_lateral_n[0] > 0.0, "pushed away, and pushing back");
    let after = outputs.last().unwrap();
    assert!(after.rolled && after.shift_m < before.shift_m && after.medium == Medium::Fat && after.lumen.is_none());
    drive(&model, &mut state, &path, 20e-3, 5e-3, 3e-3);
    let centred = self::path(2, 0.0);
    let outputs = drive(&model, &mut state, &centred, 5e-3, 20e-3, 3e-3);
    assert!(kinds(&outputs).contains(&NeedleEventKind::VeinPuncture), "another track finds it again");
}

/// Meet bone and stop there: the force grows, the tip does not go in.
#[test]
fn bone_is_not_entered() {
    let model = model();
    let mut path = NeedlePath::new(1, 0.0);
    path.push_layer(Medium::Fat, 4e-3);
    path.push_span(Span { kind: SpanKind::Bone, structure: 0, enter_m: 9e-3, exit_m: 20e-3, offset_m: 0.0, half_width_m: 5e-3 });
    let mut state = model.state(0.0);
    let outputs = drive(&model, &mut state, &path, 0.0, 18e-3, 5e-3);
    assert!(kinds(&outputs).contains(&NeedleEventKind::BoneContact));
    let last = outputs.last().unwrap();
    assert!((last.tip_m - 9e-3).abs() < 1e-12 && last.force_axial_n > 3.0);
    let back = drive(&model, &mut state, &path, 18e-3, -1e-3, 5e-3);
    assert!(back.last().unwrap().force_axial_n.abs() < 1e-12);
}

/// Report a nerve once, and the fascia of muscle.
#[test]
fn nerves_and_fascia_are_reported() {
    let model = model();
    let mut path = NeedlePath::new(1, 0.0);
    path.push_layer(Medium::Fat, 4e-3);
    path.push_layer(Medium::Muscle, 12e-3);
    path.push_span(Span { kind: SpanKind::Nerve, structure: 2, enter_m: 8e-3, exit_m: 9e-3, offset_m: 0.0, half_width_m: 1e-3 });
    let mut state = model.state(0.0);
    let outputs = drive(&model, &mut state, &path, 0.0, 18e-3, 5e-3);
    let found = kinds(&outputs);
    assert_eq!(found.iter().filter(|kind| **kind == NeedleEventKind::NervePuncture).count(), 1);
    assert_eq!(found.last(), Some(&NeedleEventKind::FasciaPuncture));
}

/// Follow a vein that moves: onto the tip it tents and gives way, off the tip it leaves.
#[test]
fn moving_veins_meet_the_needle() {
    let model = model();
    let shifted = |by: f64| {
        let mut path = NeedlePath::new(1, 0.0);
        path.push_layer(Medium::Fat, 4e-3);
        let vein = vein(0.0);
        path.push_span(Span { enter_m: vein.enter_m + by, exit_m: vein.exit_m + by, ..vein });
        path
    };
    let mut state = model.state(0.0);
    drive(&model, &mut state, &shifted(0.0), 0.0, 13e-3, 5e-3);
    let mut seen = Vec::new();
    for i in 0..4000 {
        let path = shifted(-6e-3 * f64::from(i) / 4000.0);
        let output = model.step(&mut state, &NeedleInput { tip_m: 13e-3, lateral_m: [0.0; 2], traction: false, path: &path }, DT);
        seen.extend(output.events.as_slice().iter().map(|event| event.kind));
    }
    assert_eq!(seen, [NeedleEventKind::WallContact, NeedleEventKind::VeinPuncture]);
    for i in 0..4000 {
        let path = shifted(-6e-3 + 9e-3 * f64::from(i) / 4000.0);
        let output = model.step(&mut state, &NeedleInput { tip_m: 13e-3, lateral_m: [0.0; 2], traction: false, path: &path }, DT);
        seen.extend(output.events.as_slice().iter().map(|event| event.kind));
    }
    assert_eq!(seen.last(), Some(&NeedleEventKind::LumenExit));
}

/// Raise puncture forces with speed by the exponent per decade, and with a dry needle.
#[test]
fn speed_and_dryness_raise_the_puncture_force() {
    let puncture = |speed: f64, dry: f64| {
        let tissue = NeedleTissueSpec { dry_factor: dry, speed_exponent: 0.1, ..NeedleTissueSpec::reference_adult() };
        let model = model_of(tissue);
        let mut state = model.state(0.0);
        let outputs = drive(&model, &mut state, &path(1, 0.0), 0.0, 10e-3, speed);
        events(&outputs).into_iter().find(|(_, event)| event.kind == NeedleEventKind::SkinPuncture).unwrap().1.force_n
    };
    assert!((puncture(10e-3, 1.0) / puncture(1e-3, 1.0) - proband_core::ops::powf(10.0, 0.1)).abs() < 1e-6);
    assert!((puncture(3e-3, 2.0) / puncture(3e-3, 1.0) - 2.0).abs() < 1e-6);
}

/// Bend away when the arm moves to the side, and name a bad field.
#[test]
fn side_motion_bends_and_bad_specs_are_named() {
    let (model, path) = (model(), path(1, 0.0));
    let mut state = model.state(0.0);
    drive(&model, &mut state, &path, 0.0, 15e-3, 5e-3);
    let input = NeedleInput { tip_m: 15e-3, lateral_m: [1e-3, -2e-3], traction: false, path: &path };
    let output = model.step(&mut state, &input, DT);
    assert!(output.deflection_m[0] > 0.05e-3 && output.deflection_m[0] < 1e-3 && output.force_lateral_n[0] > 0.0);
    assert!((output.deflection_m[1] / output.deflection_m[0] + 2.0).abs() < 1e-9);
    let mut bad = NeedleTissueSpec::reference_adult();
    bad.fat.coulomb_in_n_per_m = f64::NAN;
    let error = NeedleModel::new(NeedleSpec::gauge_21(38e-3), bad).unwrap_err();
    assert!(error.to_string().contains("fat.coulomb_in_n_per_m"));
}
