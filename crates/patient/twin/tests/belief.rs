//! Beliefs about veins.

#![allow(clippy::unwrap_used, reason = "helpers of tests: what fails stops the test")]

use proband_anatomy::{Arm, VesselKind};
use proband_core::{Stream, ops};
use proband_twin::{Measurement, Population, Quantity, SiteBelief, Truth, Twin};

fn ultrasound(lateral: f64, depth: f64, v: f64, h: f64, heading: f64) -> Measurement {
    Measurement::Ultrasound {
        lateral_m: Some(lateral),
        depth_m: Some(depth),
        diameter_v_m: Some(v),
        diameter_h_m: Some(h),
        heading_rad: Some(heading),
    }
}

fn prior() -> SiteBelief {
    SiteBelief::prior(&Twin::built_in(), VesselKind::MedianCubital, 0.0).unwrap()
}

/// Know less before a measurement than after, and less after near-infrared than after ultrasound.
#[test]
fn each_instrument_narrows_the_belief() {
    let mut belief = prior();
    let sd = |b: &SiteBelief| Quantity::ALL.map(|q| b.sd(q));
    let before = sd(&belief);
    let near =
        Measurement::NearInfrared { lateral_m: 0.001, lateral_sd_m: 3e-4, width_m: Some(0.005), depth_m: Some(0.005), heading_rad: None };
    assert!(belief.update(&near).accepted);
    let seen = sd(&belief);
    assert!(seen[0] < 0.3 * before[0] && seen[1] < before[1] && seen[1] > 0.5 * before[1]);
    assert!(belief.update(&ultrasound(0.0012, 0.0052, 0.0030, 0.0045, 0.5)).accepted);
    let measured = sd(&belief);
    assert!(measured.iter().zip(&seen).all(|(m, s)| m < s), "{measured:?} {seen:?}");
    assert!(measured[1] < 2.5e-4 && measured[0] < 4e-4, "{measured:?}");
    assert!((belief.value(Quantity::Lateral) - 0.0011).abs() < 3e-4);
    assert_eq!((belief.accepted_count, belief.refused_count), (2, 0));
}

/// Take the scanner's 1540 m/s out of a depth in fat: 5.31 mm shown are 5 mm in fat alone.
#[test]
fn depth_is_corrected_for_the_speed_of_sound() {
    let belief = prior();
    let mut fat_only = belief.sound;
    fat_only.skin_m = 0.0;
    assert!((fat_only.displayed_m(0.005) - 0.00531).abs() < 5e-6);
    for depth in [0.0005, 0.002, 0.008] {
        assert!((belief.sound.true_m(belief.sound.displayed_m(depth)) - depth).abs() < 1e-12);
    }
    let mut belief = belief;
    let displayed = belief.sound.displayed_m(0.006);
    for _ in 0..60 {
        assert!(belief.update(&ultrasound(0.0, displayed, 0.0029, 0.0043, 0.5)).accepted);
    }
    assert!((belief.value(Quantity::Depth) - 0.006).abs() < 3e-5, "{}", belief.value(Quantity::Depth));
}

/// Refuse a measurement of another vessel and one that is no number; the belief stays as it was.
#[test]
fn outliers_are_refused() {
    let mut belief = prior();
    assert!(belief.update(&ultrasound(0.0, 0.005, 0.003, 0.0045, 0.5)).accepted);
    let before = belief.clone();
    for bad in [
        ultrasound(0.0, 0.014, 0.004, 0.004, 0.5),
        ultrasound(0.010, 0.005, 0.003, 0.0045, 0.5),
        ultrasound(f64::NAN, 0.005, 0.003, 0.0045, 0.5),
        ultrasound(0.0, -0.005, 0.003, 0.0045, 0.5),
        ultrasound(0.0, 0.0, 0.003, 0.0045, 0.5),
        ultrasound(0.0, f64::INFINITY, 0.003, 0.0045, 0.5),
        Measurement::Ultrasound { lateral_m: None, depth_m: None, diameter_v_m: None, diameter_h_m: None, heading_rad: None },
    ] {
        let outcome = belief.update(&bad);
        assert!(!outcome.accepted && outcome.nis > outcome.limit, "{bad:?}: {outcome:?}");
        assert_eq!((&belief.mean, &belief.covariance), (&before.mean, &before.covariance));
    }
    assert_eq!(belief.refused_count, 7);
}

/// Read a line's direction without a sense: π more is the same line.
#[test]
fn a_heading_has_no_sense() {
    let (mut a, mut b) = (prior(), prior());
    let heading = a.value(Quantity::Heading) + 0.1;
    a.update(&ultrasound(0.0, 0.005, 0.003, 0.0045, heading));
    b.update(&ultrasound(0.0, 0.005, 0.003, 0.0045, heading + std::f64::consts::PI));
    assert!((a.value(Quantity::Heading) - b.value(Quantity::Heading)).abs() < 1e-9);
}

/// Cover the truth of 300 patients as often as the belief says, before and after a measurement with the stated errors.
#[test]
fn beliefs_are_calibrated() {
    let population = Population::adult();
    let mut inside = [[0.0; 4]; 2];
    let mut count = 0.0;
    let mut nis = Vec::new();
    for index in 0..300 {
        let patient = population.patient(5, index).unwrap();
        let arm = Arm::new(&patient.truth.arm).unwrap();
        let Some(vein) = arm.vessel_index(VesselKind::MedianCubital) else { continue };
        let site = arm.site(vein, 0.0).unwrap();
        let mut belief = SiteBelief::prior(&patient.twin, VesselKind::MedianCubital, 0.0).unwrap();
        // The lumen under a tourniquet, 14 % wider.
        let mut s = Stream::new(6, index, "test.tourniquet");
        let wide = ops::exp(0.14 + 0.2 * s.normal());
        let truth = [site.p.0.x, site.depth_m, site.diameter_v_m * wide, site.diameter_h_m * wide];
        let mut score = |belief: &SiteBelief, row: usize| {
            for (i, quantity) in Quantity::ALL.into_iter().take(4).enumerate() {
                let (low, high) = (belief.quantile(quantity, 0.05), belief.quantile(quantity, 0.95));
                inside[row][i] += f64::from(u8::from((low..=high).contains(&truth[i])));
            }
        };
        score(&belief, 0);
        let displayed = belief.sound.displayed_m(truth[1]);
        let seen = Measurement::Ultrasound {
            lateral_m: Some(truth[0] + 3e-4 * s.normal()),
            depth_m: Some(displayed + 1.5e-4 * s.normal() + 0.01 * displayed * s.normal()),
            diameter_v_m: Some(truth[2] * 1540.0 / 1577.0 * (1.0 + 0.07 * s.normal()) + 2.1e-4 * s.normal()),
            diameter_h_m: Some(truth[3] * (1.0 + 0.07 * s.normal()) + 3.5e-4 * s.normal()),
            heading_rad: None,
        };
        let outcome = belief.update(&seen);
        nis.push(outcome.nis);
        if outcome.accepted {
            score(&belief, 1);
        }
        count += 1.0;
    }
    assert!(count > 120.0);
    // 90 % intervals; ± 3.5 binomial standard errors, and priors may be wider than the truth (other patterns, other places).
    let slack = 3.5 * (0.9 * 0.1_f64 / count).sqrt();
    for (row, rates) in inside.iter().enumerate() {
        for (i, hits) in rates.iter().enumerate() {
            let rate = hits / count;
            assert!(rate > 0.9 - slack, "row {row} quantity {i}: {rate}");
            assert!(row == 0 || rate < 0.9 + slack, "row {row} quantity {i}: {rate}");
        }
    }
    let mean = nis.iter().sum::<f64>() / count;
    assert!(mean > 2.0 && mean < 5.0, "mean NIS of 4 values is {mean}");
}

/// Give a prior for every vein at the places where it may pass, and none elsewhere.
#[test]
fn priors_cover_the_fossa() {
    let twin = Twin::built_in();
    let beliefs = SiteBelief::priors(&twin, &[-0.038, -0.010, 0.010]).unwrap();
    assert!(beliefs.len() >= 12);
    for belief in &beliefs {
        assert!(Quantity::ALL.iter().all(|q| belief.sd(*q).is_finite() && belief.sd(*q) > 0.0));
    }
    assert!(SiteBelief::prior(&twin, VesselKind::MedianCubital, -0.1).is_err());
    assert!(SiteBelief::prior(&twin, VesselKind::BrachialArtery, 0.0).is_err());
    // Medial is +x on a right arm.
    assert!(SiteBelief::prior(&twin, VesselKind::Basilic, 0.0).unwrap().value(Quantity::Lateral) > 0.015);
}

/// Keep the covariance symmetric and positive over many updates.
#[test]
fn the_covariance_stays_positive() {
    let twin = Twin::built_in();
    let truth = Truth::draw(&twin, &mut Stream::new(1, 0, "test")).unwrap();
    assert!(truth.value("vein.reference.depth_m").is_some());
    let mut belief = prior();
    for i in 0..500 {
        belief.update(&ultrasound(1e-4 * f64::from(i % 3), 0.005, 0.003, 0.0045, 0.5));
        let p = nalgebra::SMatrix::<f64, 5, 5>::from_fn(|r, c| belief.covariance[r][c]);
        assert!(nalgebra::Cholesky::new(p).is_some(), "after {i}");
    }
}
