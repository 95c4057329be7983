//! Needles in small blocks.

use super::*;
use crate::fem::{Elements, FemPart, FemSpec, Lattice, Law, Prony, lame_pa};
use crate::{LayerMechanics, Medium, NeedleEventKind, NeedleSpec, SpanKind};

const AXIS: [f64; 3] = [0.0, 0.0, -1.0];
const SIDE: [f64; 3] = [1.0, 0.0, 0.0];

/// A block of 24 × 24 × 16 mm, bottom and sides held; the upper 4 mm are another part.
fn block(young_pa: [f64; 2]) -> FemSpec {
    let lattice = Lattice::new([12, 12, 8], [24e-3, 24e-3, 16e-3]).unwrap();
    let held = lattice.nodes_where(|p| p[2] < 1e-9 || p[0] < 1e-9 || p[1] < 1e-9 || p[0] > 24e-3 - 1e-9 || p[1] > 24e-3 - 1e-9);
    let split = 12 * 12 * 6;
    let part = |cells: &[[u32; 8]], young: f64| {
        let (mu_pa, lambda_pa) = lame_pa(young, 0.45).unwrap();
        FemPart {
            elements: Elements::Hexahedra(cells.to_vec()),
            law: Law::Linear { mu_pa, lambda_pa },
            viscosity: Prony::default(),
            density_kg_per_m3: 1000.0,
            fibres: Vec::new(),
        }
    };
    let (low, high) = lattice.hexahedra.split_at(split);
    let mut spec =
        FemSpec::elastic(lattice.nodes_m.clone(), Elements::Hexahedra(low.to_vec()), Law::Linear { mu_pa: 1.0, lambda_pa: 1.0 }, 1000.0);
    spec.parts = vec![part(low, young_pa[0]), part(high, young_pa[1])];
    spec.clamp(&held)
}

fn media() -> Vec<NeedleMedium> {
    vec![
        NeedleMedium { medium: Medium::Fat, layer: Some(layer(0.05, 30.0)), entry_n: 0.0 },
        NeedleMedium { medium: Medium::Skin, layer: Some(layer(0.15, 60.0)), entry_n: 0.6 },
    ]
}

fn layer(cutting_n: f64, drag: f64) -> LayerMechanics {
    LayerMechanics { viscous_in_n_s_per_m2: 0.0, viscous_out_n_s_per_m2: 0.0, ..LayerMechanics::from_drag(cutting_n, drag) }
}

fn model() -> NeedlingModel {
    let body = LinearBody::new(&block([20e3, 60e3]), 1e-3).unwrap();
    NeedlingModel::new(body, NeedlingSpec::plain(vec![NeedleSpec::gauge_21(32e-3)], media(), 2e-3)).unwrap()
}

fn pose(z_m: f64) -> ShaftPose {
    ShaftPose::new([12e-3, 12e-3, z_m], AXIS, SIDE).unwrap()
}

fn drive(model: &NeedlingModel, state: &mut NeedlingState, space: &mut LinearSpace, way: [f64; 2], step_m: f64) -> Vec<ShaftOutput> {
    let count = ((way[1] - way[0]).abs() / step_m).ceil() as u32;
    (1..=count)
        .map(|i| {
            let z = way[0] + (way[1] - way[0]) * f64::from(i) / f64::from(count);
            model.step(state, &[pose(z)], 1e-3, space)[0]
        })
        .collect()
}

/// Puncture at the force that was asked for, and come to cutting and friction behind it.
#[test]
fn skin_gives_way_at_its_force() {
    let (model, mut space) = (model(), LinearSpace::default());
    let mut state = model.state();
    let outputs = drive(&model, &mut state, &mut space, [17e-3, 4e-3], 20e-6);
    let puncture = outputs.iter().flat_map(|o| o.events.as_slice().to_vec()).find(|e| e.kind == NeedleEventKind::SkinPuncture).unwrap();
    assert!((puncture.force_n - 0.6).abs() < 0.01, "{puncture:?}");
    let last = outputs[outputs.len() - 1];
    let depth = last.depth_m;
    assert!(depth > 8e-3 && depth < 12.1e-3, "{depth}");
    let friction = 60.0 * 4e-3 + 30.0 * (depth - 4e-3);
    assert!((last.force_axial_n - (0.05 + friction)).abs() < 0.08 * friction, "{last:?} {friction}");
    assert!(last.force_lateral_n.iter().all(|f| f.abs() < 1e-6), "{last:?}");
    assert!(!outputs.iter().any(|o| o.unsettled));
}

/// Account for the driver's work: stored, friction, cutting and what a rupture sets free.
#[test]
fn energy_is_accounted_for() {
    let mut media = media();
    for layer in media.iter_mut().filter_map(|m| m.layer.as_mut()) {
        (layer.static_in_n_per_m, layer.static_out_n_per_m) = (layer.coulomb_in_n_per_m, layer.coulomb_out_n_per_m);
    }
    let body = LinearBody::new(&block([20e3, 60e3]), 1e-3).unwrap();
    let model = NeedlingModel::new(body, NeedlingSpec::plain(vec![NeedleSpec::gauge_21(32e-3)], media, 2e-3)).unwrap();
    let (mut state, mut space) = (model.state(), LinearSpace::default());
    drive(&model, &mut state, &mut space, [16.5e-3, 5e-3], 10e-6);
    drive(&model, &mut state, &mut space, [5e-3, 10e-3], 10e-6);
    let e = state.energy(0).unwrap();
    let open = e.work_j - state.stored_j() - e.dissipated_j();
    assert!(open.abs() < 1e-3 * e.work_j, "{e:?} stored {} open {}", state.stored_j(), open / e.work_j);
    assert!(e.rupture_j > 0.0 && e.friction_j > 0.0 && e.cutting_j > 0.0, "{e:?}");
}

/// Let the tissue come back when the needle is out, and leave no force.
#[test]
fn tissue_comes_back() {
    let (model, mut space) = (model(), LinearSpace::default());
    let mut state = model.state();
    drive(&model, &mut state, &mut space, [16.5e-3, 8e-3], 20e-6);
    let moved = model.field_m(&state, &mut space).iter().flatten().fold(0.0_f64, |m, v| m.max(v.abs()));
    assert!(moved > 1e-4);
    let back = drive(&model, &mut state, &mut space, [8e-3, 22e-3], 20e-6);
    assert!(back.iter().any(|o| o.force_axial_n < -0.05), "the shaft drags the tissue out");
    assert!(back.iter().any(|o| o.events.contains(NeedleEventKind::SkinExit)));
    assert!(model.field_m(&state, &mut space).iter().flatten().all(|v| *v == 0.0));
    assert_eq!(state.stored_j(), 0.0);
}

/// Slide inwards and outwards at exactly the friction of the inserted length.
#[test]
fn friction_has_its_thresholds() {
    let mut media = media();
    for medium in &mut media {
        let layer = medium.layer.as_mut().unwrap();
        layer.static_in_n_per_m = layer.coulomb_in_n_per_m;
        layer.static_out_n_per_m = layer.coulomb_out_n_per_m;
    }
    let body = LinearBody::new(&block([20e3, 60e3]), 1e-3).unwrap();
    let model = NeedlingModel::new(body, NeedlingSpec::plain(vec![NeedleSpec::gauge_21(32e-3)], media, 2e-3)).unwrap();
    let (mut state, mut space) = (model.state(), LinearSpace::default());
    drive(&model, &mut state, &mut space, [16.5e-3, 6e-3], 20e-6);
    let outward = drive(&model, &mut state, &mut space, [6e-3, 11e-3], 5e-6);
    let least = outward.iter().map(|o| o.force_axial_n).fold(0.0, f64::min);
    let drag = |o: &ShaftOutput| 60.0 * 4e-3 + 30.0 * (o.depth_m - 4e-3);
    assert!(outward.iter().all(|o| o.force_axial_n >= -drag(o) * (1.0 + 1e-3)), "{least}");
    let last = outward[outward.len() - 1];
    assert!((last.force_axial_n + drag(&last)).abs() < 1e-3 * drag(&last), "{last:?} {}", drag(&last));
}

/// Push a vein aside that is hit beside its middle, and not one that is hit in the middle.
#[test]
fn veins_are_pushed_aside() {
    let body = LinearBody::new(&block([20e3, 60e3]), 1e-3).unwrap();
    let mut moved = Vec::new();
    for offset in [0.0, 1.2e-3] {
        let mut spec = NeedlingSpec::plain(vec![NeedleSpec::gauge_21(32e-3)], media(), 2e-3);
        spec.tubes.push(NeedleTube {
            kind: SpanKind::Vein,
            structure: 3,
            centre_m: [12e-3 + offset, 12e-3, 7e-3],
            along: [0.0, 1.0, 0.0],
            across: [1.0, 0.0, 0.0],
            semi_m: [2e-3, 1.5e-3],
            layer: None,
            entry_n: 0.4,
            exit_n: 0.4,
            clearance_per_chord: 1.0,
            friction: 0.2,
        });
        let model = NeedlingModel::new(body.clone(), spec).unwrap();
        let (mut state, mut space) = (model.state(), LinearSpace::default());
        let outputs = drive(&model, &mut state, &mut space, [16.5e-3, 3e-3], 20e-6);
        assert!(!outputs.iter().any(|o| o.unsettled));
        moved.push(outputs.iter().filter(|o| o.pressed.is_some()).map(|o| o.tube_moved_m[0]).fold(0.0, f64::max));
        if offset == 0.0 {
            let kinds: Vec<_> =
                outputs.iter().flat_map(|o| o.events.as_slice().iter().map(|e| (e.kind, e.structure)).collect::<Vec<_>>()).collect();
            for kind in [NeedleEventKind::WallContact, NeedleEventKind::VeinPuncture, NeedleEventKind::BackWallContact] {
                assert!(kinds.contains(&(kind, 3)), "{kind:?} {kinds:?}");
            }
        }
    }
    assert!(moved[0] < 1e-7 && moved[1] > 1e-4, "{moved:?}");
}

/// Hold two needles at once; each feels the other through the tissue.
#[test]
fn two_needles_share_the_tissue() {
    let body = LinearBody::new(&block([20e3, 60e3]), 1e-3).unwrap();
    let needle = NeedleSpec::gauge_21(32e-3);
    let model = NeedlingModel::new(body, NeedlingSpec::plain(vec![needle.clone(), needle], media(), 2e-3)).unwrap();
    let (mut state, mut space) = (model.state(), LinearSpace::default());
    let at = |x: f64, z: f64| ShaftPose::new([x, 12e-3, z], AXIS, SIDE).unwrap();
    for i in 0..=600 {
        let z = 16.5e-3 - 2e-5 * f64::from(i);
        model.step(&mut state, &[at(9e-3, z), at(15e-3, 18e-3)], 1e-3, &mut space);
    }
    let alone = model.step(&mut state, &[at(9e-3, 4.5e-3), at(15e-3, 18e-3)], 1e-3, &mut space)[0];
    for i in 0..=600 {
        let z = 16.5e-3 - 2e-5 * f64::from(i);
        model.step(&mut state, &[at(9e-3, 4.5e-3), at(15e-3, z)], 1e-3, &mut space);
    }
    let both = model.step(&mut state, &[at(9e-3, 4.5e-3), at(15e-3, 4.5e-3)], 1e-3, &mut space);
    assert!(both[1].depth_m > 5e-3 && both[0].force_axial_n < alone.force_axial_n - 1e-3, "{alone:?} {both:?}");
    assert!(both[0].force_lateral_n[0].abs() > 1e-6);
}

/// Stay finite whatever the poses are, and go on from a saved state with the same bits.
#[test]
fn hostile_poses_and_saved_states() {
    let (model, mut space) = (model(), LinearSpace::default());
    let mut state = model.state();
    drive(&model, &mut state, &mut space, [16.5e-3, 9e-3], 50e-6);
    let nan = ShaftPose { tip_m: [f64::NAN; 3], axis: AXIS, side: SIDE };
    assert!(model.step(&mut state, &[nan], 1e-3, &mut space)[0].input_held);
    assert!(model.step(&mut state, &[pose(8.9e-3)], f64::NAN, &mut space)[0].input_held);
    let bytes = postcard::to_stdvec(&state).unwrap();
    let mut other: NeedlingState = postcard::from_bytes(&bytes).unwrap();
    let mut fresh = LinearSpace::default();
    for z in [8.8e-3, 8.5e-3, 9.5e-3, 7e-3] {
        let (a, b) = (model.step(&mut state, &[pose(z)], 1e-3, &mut space)[0], model.step(&mut other, &[pose(z)], 1e-3, &mut fresh)[0]);
        assert_eq!(a.force_axial_n.to_bits(), b.force_axial_n.to_bits());
    }
    assert_eq!(state, other);
    for (tip, axis) in [
        ([12e-3, 12e-3, -3e-3], AXIS),
        ([12e-3, 12e-3, 0.3], AXIS),
        ([12e-3, 12e-3, 8e-3], [0.0, 0.0, 1.0]),
        ([0.0, 0.0, 0.0], [1.0, 1.0, 1.0]),
        ([5e-3, 20e-3, 3e-3], [1.0, 0.0, 0.0]),
        ([-5e-3, 12e-3, 8e-3], [1.0, 0.0, 0.0]),
    ] {
        let to = ShaftPose::new(tip, axis, [0.3, 0.9, 0.1]).unwrap();
        for _ in 0..3 {
            let out = model.step(&mut state, &[to], 1e-3, &mut space)[0];
            assert!(out.force_axial_n.is_finite() && out.force_lateral_n.iter().all(|f| f.is_finite()), "{out:?}");
        }
    }
    // 10 m/s in and out.
    for z in [20e-3, 10e-3, 2e-3, 12e-3, 25e-3] {
        let out = model.step(&mut state, &[pose(z)], 1e-3, &mut space)[0];
        assert!(out.force_axial_n.is_finite() && out.force_axial_n.abs() < 1e3);
    }
}

/// Punch through skin and vein of an arm at about the forces of the needle-axis model.
#[test]
fn a_patch_of_arm_is_needled() {
    let (sin, cos) = proband_core::ops::sin_cos(0.35);
    let tissue = crate::NeedleTissueSpec { speed_exponent: 0.0, ..crate::NeedleTissueSpec::reference_adult() };
    let vein = NeedleTube {
        kind: SpanKind::Vein,
        structure: 1,
        centre_m: [14e-3, 0.0, 5e-3],
        along: [1.0, 0.0, 0.0],
        across: [0.0, 1.0, 0.0],
        semi_m: [2e-3, 1.5e-3],
        layer: None,
        entry_n: 0.0,
        exit_n: 0.0,
        clearance_per_chord: 0.6,
        friction: 0.2,
    };
    let spec = PatchSpec {
        skin_m: 1.3e-3,
        fat_m: 9e-3,
        tubes: vec![vein],
        axis: [cos, 0.0, sin],
        needle: NeedleSpec::gauge_21(32e-3),
        tissue: tissue.clone(),
        young: PatchYoung::usual(),
    };
    let model = PatchModel::new(&spec).unwrap();
    assert!((1.0..3.0).contains(&model.stiffening()), "{}", model.stiffening());
    let (mut state, mut space) = (model.state(), LinearSpace::default());
    let mut outs = Vec::new();
    for i in 0..4400 {
        let s = -1e-3 + 5e-6 * f64::from(i);
        let pose = ShaftPose::new([s * cos, 0.0, s * sin], spec.axis, [0.0, 1.0, 0.0]).unwrap();
        outs.push(model.step(&mut state, pose, s, 1e-3, &mut space));
    }
    let event = |kind| outs.iter().flat_map(|o| o.events.as_slice()).find(|e| e.kind == kind).copied();
    let skin = event(NeedleEventKind::SkinPuncture).unwrap();
    assert!((skin.force_n - 1.0).abs() < 0.02, "{skin:?}");
    assert!(event(NeedleEventKind::VeinPuncture).is_some());
    assert!(outs.iter().any(|o| o.medium == Medium::VeinLumen && o.lumen.is_some()));
}
