use nalgebra::Vector3;
use proband_anatomy::made::{ChestVariant, MadeChestSpec, NoduleSpec, made_chest};
use proband_core::Stream;
use proband_robot::scope::ScopeSpec;
use proptest::prelude::*;

use super::*;
use crate::map::{AirwayMap, angle};

/// Give the probabilities of Maxwell's law.
#[test]
fn hits_follow_maxwell() {
    for (e, r, p) in [(2.0, 4.0, 0.9926), (4.5, 5.0, 0.7047), (8.0, 7.5, 0.5489), (14.8, 15.0, 0.6208)] {
        assert!((hit_probability(r, e) - p).abs() < 5e-5);
    }
    assert_eq!(hit_probability(1.0, 0.0), 1.0);
}

/// Find the same best place as looking at every point of every airway.
#[test]
fn the_best_way_is_the_best_of_all() {
    let (scope, spec) = (ScopeSpec::ion(), PlanSpec { bend_angle_max_rad: 4.0, ..PlanSpec::usual() });
    for seed in 0..6 {
        let chest =
            made_chest(&MadeChestSpec { terminal_count: 200, ..MadeChestSpec::usual() }, &mut Stream::new(seed, 0, "plan")).unwrap();
        let map = AirwayMap::new(chest.airways.clone());
        let target = Target { centre_m: chest.nodule.centre_m, radius_m: chest.nodule.radius_m };
        let around = Surroundings { arteries: &[], lungs: None };
        let plan = plan_routes(&map, &around, &target, &scope, &spec).unwrap();
        // Every branch alone, passable when each airway on its way is.
        let mut best = f64::NEG_INFINITY;
        let passages = passage(&map, &scope, &spec);
        for branch in 0..map.count() {
            let [from, to] = map.span_m(branch);
            let steps = ((to - from) / 1e-3).ceil().max(1.0) as u32;
            for k in 1..=steps {
                let at = from + (to - from) * f64::from(k) / f64::from(steps);
                let open = map.path(branch).iter().all(|b| passages[*b as usize].reach_m + 1e-9 >= at.min(map.span_m(*b)[1]));
                let place = map.place(branch, at);
                let way = Vector3::from(target.centre_m) - place.point_m;
                let needle = way.norm();
                let turn = if needle > 1e-3 { angle(place.frame.column(2).into(), way / needle) } else { 0.0 };
                if !open
                    || needle - target.radius_m > spec.needle_reach_m
                    || (turn > spec.exit_angle_max_rad && needle > 0.5 * target.radius_m)
                {
                    continue;
                }
                let error = (spec.error_rms_m.powi(2) + (spec.error_growth * needle).powi(2)).sqrt();
                best = best.max(hit_probability(target.radius_m, error) - 4.0 * needle - 0.4 * turn);
            }
        }
        let found = plan.routes.first().map_or(f64::NEG_INFINITY, |r| r.score);
        assert!(found == best || (found - best).abs() < 1e-9, "{found} {best}");
    }
}

/// Say why there is no way: a scope as thick as a thumb, a target in another frame.
#[test]
fn what_cannot_be_reached_is_said() {
    let chest = made_chest(&MadeChestSpec::usual(), &mut Stream::new(1, 0, "plan")).unwrap();
    let map = AirwayMap::new(chest.airways.clone());
    let around = Surroundings { arteries: &chest.arteries, lungs: Some(&chest.lungs) };
    let target = Target { centre_m: chest.nodule.centre_m, radius_m: chest.nodule.radius_m };
    let thick = ScopeSpec { outer_diameter_m: 12e-3, ..ScopeSpec::ion() };
    let plan = plan_routes(&map, &around, &target, &thick, &PlanSpec::usual()).unwrap();
    assert!(plan.routes.is_empty() && !plan.rejections.is_empty());
    assert!(plan.rejections.iter().all(|r| matches!(r.refusal, Refusal::TooNarrow(..))));
    let away = Target { centre_m: [1.0, 0.0, 0.0], radius_m: 5e-3 };
    assert!(plan_routes(&map, &around, &away, &ScopeSpec::ion(), &PlanSpec::usual()).is_err());
    let nowhere = Target { centre_m: [f64::NAN, 0.0, 0.0], radius_m: 5e-3 };
    assert!(plan_routes(&map, &around, &nowhere, &ScopeSpec::ion(), &PlanSpec::usual()).is_err());
}

/// Close a way by a stenosis that the scope does not pass.
#[test]
fn a_stenosis_closes_ways() {
    let nodule = NoduleSpec { bronchus_sign: Some(true), diameter_m: Some(20e-3), lobe: None };
    let (scope, spec) = (ScopeSpec::ion(), PlanSpec::usual());
    let reachable = |variant| {
        let chest = made_chest(&MadeChestSpec { variant, nodule, ..MadeChestSpec::usual() }, &mut Stream::new(8, 0, "plan")).unwrap();
        let map = AirwayMap::new(chest.airways.clone());
        passage(&map, &scope, &spec).iter().filter(|p| p.stop.is_none()).count()
    };
    assert!(reachable(ChestVariant::Stenosis(0.85)) < reachable(ChestVariant::Usual));
}

/// Find a way to most nodules that a thin scope can be asked for.
#[test]
fn most_nodules_have_a_way() {
    let mut ways = 0;
    for seed in 0..60 {
        let chest = made_chest(&MadeChestSpec::usual(), &mut Stream::new(seed, 0, "plan")).unwrap();
        let map = AirwayMap::new(chest.airways.clone());
        let around = Surroundings { arteries: &chest.arteries, lungs: Some(&chest.lungs) };
        let target = Target { centre_m: chest.nodule.centre_m, radius_m: chest.nodule.radius_m };
        let plan = plan_routes(&map, &around, &target, &ScopeSpec::ion(), &PlanSpec::usual()).unwrap();
        ways += u32::from(!plan.routes.is_empty());
    }
    assert!(ways >= 20, "{ways} of 60");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Keep every way within every gate, for every seed.
    #[test]
    fn ways_keep_their_gates(seed in any::<u64>()) {
        let chest = made_chest(&MadeChestSpec { terminal_count: 500, ..MadeChestSpec::usual() }, &mut Stream::new(seed, 0, "plan")).unwrap();
        let map = AirwayMap::new(chest.airways.clone());
        let around = Surroundings { arteries: &chest.arteries, lungs: Some(&chest.lungs) };
        let target = Target { centre_m: chest.nodule.centre_m, radius_m: chest.nodule.radius_m };
        let (scope, spec) = (ScopeSpec::ion(), PlanSpec::usual());
        let plan = plan_routes(&map, &around, &target, &scope, &spec).unwrap();
        for route in &plan.routes {
            prop_assert!(route.lumen_m * spec.stretch >= scope.outer_diameter_m);
            prop_assert!(route.turn_rad <= scope.turn_max_rad && route.distance_m <= scope.insertion_max_m);
            prop_assert!(route.needle_m - target.radius_m <= spec.needle_reach_m);
            prop_assert!(route.vessel_m >= spec.vessel_clearance_m && route.pleura_m >= spec.pleura_clearance_m);
            prop_assert!((0.0..=1.0).contains(&route.hit_probability));
        }
        prop_assert!(plan.routes.windows(2).all(|w| w[0].score >= w[1].score));
        prop_assert!(!plan.routes.is_empty() || !plan.rejections.is_empty());
    }
}
