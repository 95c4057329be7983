//! The built arm agrees with its specification.

#![allow(clippy::unwrap_used, reason = "helpers of tests: what fails stops the test")]

mod common;

use proband_anatomy::{AnatomyError, Arm, Ray, Side, Structure, Tissue, Topology, VesselKind};
use proband_core::{Direction, Position};

const TOPOLOGIES: [Topology; 3] = [Topology::MedianCubital, Topology::MedianSplit, Topology::Separate];

/// Build every pattern on both sides.
#[test]
fn every_pattern_is_built() {
    for side in [Side::Left, Side::Right] {
        for topology in TOPOLOGIES {
            let arm = Arm::new(&common::arm(side, topology)).unwrap_or_else(|e| panic!("{side:?} {topology:?}: {e}"));
            assert_eq!(arm.nerves().len(), 3);
            assert_eq!(arm.bones().len(), 3);
            assert_eq!(arm.skin_y(0.0, 0.0), 0.0);
        }
    }
}

/// Mirror a left arm into a right one.
#[test]
fn the_left_arm_is_the_mirrored_right_arm() {
    let [left, right] = [Side::Left, Side::Right].map(|side| Arm::new(&common::arm(side, Topology::MedianSplit)).unwrap());
    for (l, r) in left.vessels().iter().zip(right.vessels()) {
        for (a, b) in l.nodes.iter().zip(&r.nodes) {
            let (a, b) = (a.p.0, b.p.0);
            assert!((a.x + b.x).abs() < 1e-12 && (a.y - b.y).abs() < 1e-12 && (a.z - b.z).abs() < 1e-12);
        }
    }
}

/// Measure the depth and height of a vein by a ray along the skin's normal.
#[test]
fn a_ray_measures_the_specified_depth() {
    let spec = common::arm(Side::Right, Topology::MedianCubital);
    let arm = Arm::new(&spec).unwrap();
    for (kind, z) in [(VesselKind::MedianCubital, 0.0), (VesselKind::Cephalic, -0.09), (VesselKind::Basilic, 0.0)] {
        let index = arm.vessel_index(kind).unwrap();
        let site = arm.site(index, z).unwrap();
        let ray = Ray { origin: site.p_skin, direction: -arm.skin_normal(site.p_skin.0.x, z), length_m: 0.04 };
        let mut hits = Vec::new();
        arm.crossings(&ray, &[], &mut hits);
        let hit = hits.iter().find(|h| h.structure == Structure::Vessel(index)).unwrap();
        let vein = spec.veins.iter().find(|v| v.kind == kind).unwrap();
        let height = vein.diameter_v_m * (1.0 + vein.taper_per_m * z);
        assert!((hit.enter_m - vein.depth_m).abs() < 5e-5, "{kind:?}: depth {}", hit.enter_m);
        assert!((hit.exit_m - hit.enter_m - height).abs() < 5e-5, "{kind:?}: height {}", hit.exit_m - hit.enter_m);
        assert!(hit.offset_m.abs() < 1e-4 && (hit.semi_depth_m - 0.5 * height).abs() < 5e-5);
    }
}

/// Join tributaries on the axis of the vein that they join.
#[test]
fn tributaries_end_on_their_parents_axis() {
    for topology in TOPOLOGIES {
        let spec = common::arm(Side::Right, topology);
        let arm = Arm::new(&spec).unwrap();
        for vein in &spec.veins {
            let vessel = &arm.vessels()[usize::from(arm.vessel_index(vein.kind).unwrap())];
            let ends = [(vein.starts_on, &vessel.nodes[0]), (vein.ends_on, &vessel.nodes[vessel.nodes.len() - 1])];
            for (parent, node) in ends {
                let Some(parent) = parent else { continue };
                let parent = &arm.vessels()[usize::from(arm.vessel_index(parent).unwrap())];
                let gap = parent.at_z(node.p.0.z).p.distance(&node.p);
                assert!(gap < 1e-4, "{:?} on {:?}: {gap}", vein.kind, parent.kind);
            }
        }
    }
}

/// Pass air, skin, fat, vein and muscle on the way in, as the layers say.
#[test]
fn tissues_follow_the_layers() {
    let arm = Arm::new(&common::arm(Side::Right, Topology::MedianCubital)).unwrap();
    let index = arm.vessel_index(VesselKind::MedianCubital).unwrap();
    let site = arm.site(index, 0.0).unwrap();
    let x = site.p_skin.0.x;
    let layers = arm.layers_at(x, 0.0);
    let at = |depth: f64| arm.tissue_at(arm.point_below(x, 0.0, depth));
    assert_eq!(at(-0.001), Tissue::Air);
    assert_eq!(at(0.5 * layers.epidermis_m), Tissue::Epidermis);
    assert_eq!(at(layers.epidermis_m + 0.5 * layers.dermis_m), Tissue::Dermis);
    assert_eq!(at(site.depth_m - 0.0006), Tissue::Fat);
    assert_eq!(at(site.depth_m - 0.0002), Tissue::VeinWall);
    assert_eq!(at(site.depth_m + 0.001), Tissue::VeinLumen);
    assert_eq!(at(layers.epidermis_m + layers.dermis_m + layers.fat_m + 0.0005), Tissue::Muscle);
    let artery = &arm.vessels()[usize::from(arm.vessel_index(VesselKind::BrachialArtery).unwrap())];
    assert_eq!(arm.tissue_at(artery.at_z(0.02).p), Tissue::ArteryLumen);
    assert_eq!(arm.tissue_at(arm.nerves()[0].nodes[8].p), Tissue::Nerve);
    assert_eq!(arm.tissue_at(arm.bones()[0].nodes[4].p), Tissue::Bone);
}

/// Find the layer borders along an oblique ray where the depth says they are.
#[test]
fn interfaces_lie_at_their_depths() {
    let arm = Arm::new(&common::arm(Side::Left, Topology::MedianSplit)).unwrap();
    for (x, z) in [(0.0, -0.02), (0.015, 0.01), (-0.02, -0.08)] {
        let start = arm.point_below(x, z, -0.004);
        let ray = Ray { origin: start, direction: Direction::new(0.02, 0.34, 0.94).normalised(), length_m: 0.08 };
        let found = arm.interfaces(&ray);
        let depth = |s: f64| arm.depth_below_skin(start + ray.direction * s);
        assert!(depth(found.skin_m).abs() < 1e-7);
        assert!((depth(found.dermis_m) - 6.0e-5).abs() < 1e-7);
        let dermis = arm.layers_at(x, z).dermis_m;
        assert!((depth(found.fat_m) - 6.0e-5 - dermis).abs() < 1e-7);
        assert!(found.muscle_m > found.fat_m && found.muscle_m.is_finite());
    }
    let away = Ray { origin: Position::new(0.0, -0.01, 0.0), direction: Direction::new(0.0, -1.0, 0.0), length_m: 0.1 };
    assert!(arm.interfaces(&away).skin_m.is_infinite());
}

#[track_caller]
fn refuses(change: impl Fn(&mut proband_anatomy::ArmSpec), part: &str) {
    let mut spec = common::arm(Side::Right, Topology::MedianCubital);
    change(&mut spec);
    let error: AnatomyError = Arm::new(&spec).unwrap_err();
    assert!(error.to_string().contains(part), "{error}");
}

/// Refuse an arm that cannot be, and say where.
#[test]
fn impossible_arms_are_refused() {
    refuses(|s| s.epidermis_m = f64::NAN, "epidermis_m");
    refuses(|s| s.shape.half_width_m = -0.04, "half_width_m");
    refuses(|s| s.veins[0].depth_m = 0.001, "veins.cephalic.depth_m");
    refuses(|s| s.veins[2].course[1].z_m = -0.2, "veins.median_cubital.course.z_m");
    refuses(|s| s.veins[2].course.swap(1, 2), "does not rise");
    refuses(|s| s.artery.depth_m = 0.0035, "brachial_artery");
    refuses(|s| s.veins[0].course.iter_mut().for_each(|p| p.medial_m = 0.026), "cephalic and basilic");
    refuses(|s| s.topology = Topology::MedianSplit, "median_cephalic");
    refuses(|s| s.veins[2].ends_on = Some(VesselKind::MedianAntebrachial), "circle");
    refuses(|s| s.bones.depth_m = 0.016, "humerus");
    refuses(
        |s| {
            (s.veins[3].tortuosity_m, s.veins[3].wavelength_m) = (0.004, 0.020);
            s.veins[3].diameter_h_m = 0.010;
        },
        "bends",
    );
}
