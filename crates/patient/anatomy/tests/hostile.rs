//! Any specification gives an arm or an error.

#![allow(clippy::unwrap_used, reason = "helpers of tests: what fails stops the test")]

mod common;

use proband_anatomy::{Arm, ArmSpec, Side, Topology, VesselKind};
use proptest::prelude::*;

/// Every number of a specification that is not in a list.
fn numbers(s: &mut ArmSpec) -> Vec<&mut f64> {
    let v = &mut s.veins[2];
    let (first, last) = v.course.split_at_mut(1);
    vec![
        &mut s.shape.half_width_m,
        &mut s.shape.half_height_m,
        &mut s.shape.width_taper_per_m,
        &mut s.shape.height_taper_per_m,
        &mut s.shape.belly,
        &mut s.epidermis_m,
        &mut s.dermis_m,
        &mut s.fat_m,
        &mut s.fat_medial_gradient,
        &mut s.fat_proximal_gradient_per_m,
        &mut s.artery.medial_m,
        &mut s.artery.depth_m,
        &mut s.artery.diameter_m,
        &mut s.artery.wall_m,
        &mut s.nerves.median_offset_m,
        &mut s.nerves.median_radius_m,
        &mut s.nerves.cutaneous_gap_m,
        &mut s.nerves.cutaneous_radius_m,
        &mut s.bones.depth_m,
        &mut s.bones.radius_m,
        &mut s.bones.spread_m,
        &mut v.depth_m,
        &mut v.diameter_v_m,
        &mut v.diameter_h_m,
        &mut v.taper_per_m,
        &mut v.wall_m,
        &mut v.tortuosity_m,
        &mut v.wavelength_m,
        &mut v.phase_rad,
        &mut v.valve_spacing_m,
        &mut v.valve_first_m,
        &mut first[0].z_m,
        &mut first[0].medial_m,
        &mut last[0].z_m,
        &mut last[0].medial_m,
    ]
}

fn hostile() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => (-3.0..3.0_f64).prop_map(|e| proband_core::ops::powf(2.0, e)),
        1 => Just(f64::NAN),
        1 => Just(f64::INFINITY),
        1 => Just(-1.0),
        1 => Just(0.0),
        1 => Just(1e12),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Build or refuse, never panic; what is built is finite.
    #[test]
    fn any_numbers_are_an_arm_or_an_error(which in prop::collection::vec((0..35_usize, hostile()), 1..5), pattern in 0..3_usize, side in any::<bool>()) {
        let topology = [Topology::MedianCubital, Topology::MedianSplit, Topology::Separate][pattern];
        let mut spec = common::arm(if side { Side::Left } else { Side::Right }, topology);
        for (index, factor) in which {
            let mut all = numbers(&mut spec);
            *all[index] *= factor;
        }
        if let Ok(arm) = Arm::new(&spec) {
            for vessel in arm.vessels() {
                prop_assert!(vessel.nodes.iter().all(|n| n.p.0.iter().all(|c| c.is_finite()) && n.semi_h_m > 0.0));
                prop_assert!(vessel.nodes.windows(2).all(|w| w[1].p.0.z > w[0].p.0.z && w[1].arc_m > w[0].arc_m));
            }
        }
    }

    /// Refuse any wrong way of joining veins, and no course of no points.
    #[test]
    fn any_joints_are_an_arm_or_an_error(start in 0..7_usize, end in 0..7_usize, vein in 0..4_usize, points in 0..4_usize) {
        let mut spec = common::arm(Side::Right, Topology::MedianCubital);
        spec.veins[vein].starts_on = VesselKind::VEINS.get(start).copied();
        spec.veins[vein].ends_on = VesselKind::VEINS.get(end).copied();
        spec.veins[vein].course.truncate(points);
        let _ = Arm::new(&spec);
    }
}
