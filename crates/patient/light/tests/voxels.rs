//! The box of voxels against layers, itself and bad input.

#![allow(clippy::unwrap_used, reason = "a test stops at the first error")]

use proband_light::{Layer, LightError, MonteCarlo, RingGrid, TissueSpec, VoxelMedium, VoxelRun, VoxelTissue};
use proptest::prelude::*;

const MEDIUM: VoxelMedium = VoxelMedium { index: 1.37, absorption_per_m: 50.0, scattering_per_m: 3_000.0, anisotropy: 0.6 };

/// A wide box of one or two layers of 4 mm, in voxels of `edge_m` down.
fn layered(edge_m: f64, second: VoxelMedium) -> VoxelTissue {
    let down = (8e-3 / edge_m).round() as u32;
    let labels = (0..down).flat_map(|z| std::iter::repeat_n(u8::from(2 * z >= down), 9)).collect();
    VoxelTissue { size: [3, 3, down], voxel_m: [1.0, 1.0, edge_m], labels, media: vec![MEDIUM, second], index_outside: 1.0 }
}

fn run(photon_count: u64, seed: u64) -> VoxelRun {
    VoxelRun { photon_count, seed, start_m: [1.5, 1.5, 0.0], direction: [0.0, 0.0, 2.0], per_voxel: true, gate_s: f64::INFINITY }
}

/// Absorb what layers absorb, with borders between indices, whatever the size of the voxels.
#[test]
fn voxels_agree_with_layers() {
    let second = VoxelMedium { index: 1.5, absorption_per_m: 200.0, scattering_per_m: 1_000.0, anisotropy: 0.0 };
    let layer = |m: &VoxelMedium| Layer {
        index: m.index,
        absorption_per_m: m.absorption_per_m,
        scattering_per_m: m.scattering_per_m,
        anisotropy: m.anisotropy,
        thickness_m: 4e-3,
    };
    // The beam of the box starts inside: the layers' specular loss is taken out.
    let count = 40_000;
    let tissue = TissueSpec::in_air(vec![layer(&MEDIUM), layer(&second)]);
    let flat = MonteCarlo { photon_count: count, seed: 3, half_width_m: 0.0, bin_count: 0 }.run(&tissue).unwrap();
    for edge_m in [1e-3, 0.25e-3] {
        let found = run(count, 4).run(&layered(edge_m, second.clone())).unwrap();
        let expected = flat.absorbed.mean / (1.0 - flat.specular);
        let sigma = (found.absorbed.error.powi(2) + (flat.absorbed.error / (1.0 - flat.specular)).powi(2)).sqrt();
        assert!((found.absorbed.mean - expected).abs() < 4.0 * sigma, "{edge_m}: {:?} {expected} ± {sigma}", found.absorbed);
        for (index, share) in found.absorbed_per_medium.iter().enumerate() {
            let layers = flat.absorbed_per_layer[index] / (1.0 - flat.specular);
            assert!((share - layers).abs() < 6.0 * sigma, "medium {index}: {share} {layers}");
        }
        assert!((found.absorbed_per_voxel.iter().sum::<f64>() - found.absorbed.mean).abs() < 1e-9);
        assert!(found.imbalance().abs() < 1e-9);
    }
}

/// Give the same bits from one thread and from three, and hold light back at the gate.
#[test]
fn threads_do_not_change_a_bit() {
    let tissue = layered(0.5e-3, MEDIUM);
    let with = |threads: usize, gate_s: f64| {
        let run = VoxelRun { gate_s, ..run(5_000, 9) };
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| run.run(&tissue).unwrap())
    };
    assert_eq!(with(1, f64::INFINITY), with(3, f64::INFINITY));
    let gated = with(2, 20e-12);
    assert!(gated.late > 0.05 && gated.imbalance().abs() < 1e-9 && with(1, f64::INFINITY).late == 0.0);
}

/// Absorb a beam that nothing scatters as Beer and Lambert say, in each ring of the map's axis.
#[test]
fn the_map_follows_beer_and_lambert() {
    let layer = Layer { index: 1.0, absorption_per_m: 1_000.0, scattering_per_m: 0.0, anisotropy: 0.0, thickness_m: 1e-2 };
    let grid = RingGrid { radius_step_m: 1e-4, depth_step_m: 5e-4, radius_count: 4, depth_count: 6 };
    let count = 200_000;
    let run = MonteCarlo { photon_count: count, seed: 2, half_width_m: 0.0, bin_count: 0 };
    let (balance, map) = run.run_with_map(&TissueSpec::in_air(vec![layer]), &grid).unwrap();
    for down in 0..6 {
        let at = |depth: f64| proband_core::ops::exp(-1_000.0 * depth);
        let expected = at(f64::from(down) * 5e-4) - at(f64::from(down + 1) * 5e-4);
        let found = map.absorbed[4 * down as usize];
        let sigma = (expected * (1.0 - expected) / count as f64).sqrt();
        assert!((found - expected).abs() < 4.0 * sigma, "{down}: {found} {expected}");
        assert_eq!(&map.absorbed[4 * down as usize + 1..4 * down as usize + 4], &[0.0; 3]);
    }
    assert!((map.absorbed.iter().sum::<f64>() + map.beyond - balance.absorbed.mean).abs() < 1e-12);
}

/// Refuse a box that is not one.
#[test]
fn bad_boxes_are_named() {
    let good = layered(1e-3, MEDIUM);
    let bad = |change: fn(&mut VoxelTissue)| {
        let mut tissue = good.clone();
        change(&mut tissue);
        run(10, 1).run(&tissue).unwrap_err()
    };
    assert!(matches!(bad(|t| t.labels[3] = 7), LightError::BadTissue { what } if what.contains("voxel 3")));
    assert!(matches!(bad(|t| t.size = [u32::MAX; 3]), LightError::OutOfRange { name: "voxel count", .. }));
    assert!(matches!(bad(|t| t.media[0].anisotropy = 1.0), LightError::OutOfRange { name: "anisotropy", .. }));
    assert!(matches!(bad(|t| t.voxel_m[1] = f64::NAN), LightError::OutOfRange { name: "voxel_m", .. }));
    assert!(VoxelRun { start_m: [0.0, 9.0, 0.0], ..run(10, 1) }.run(&good).is_err());
    assert!(VoxelRun { direction: [0.0; 3], ..run(10, 1) }.run(&good).is_err());
    assert!(VoxelRun { gate_s: f64::NAN, ..run(10, 1) }.run(&good).is_err());
    assert!(run(0, 1).run(&good).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Account for all light in any box, from any start.
    #[test]
    fn any_box_keeps_the_balance(
        size in prop::array::uniform3(1u32..7),
        edges in prop::array::uniform3(1e-4..2e-3f64),
        labels in prop::collection::vec(0u8..3, 216),
        indices in prop::array::uniform3(1.0..1.8f64),
        coefficients in prop::array::uniform6(0.0..5e3f64),
        start in prop::array::uniform3(0.0..=1.0f64),
        direction in prop::array::uniform3(-1.0..1.0f64),
    ) {
        let count = size.iter().product::<u32>() as usize;
        let medium = |i: usize| VoxelMedium {
            index: indices[i], absorption_per_m: coefficients[i], scattering_per_m: coefficients[i + 3], anisotropy: 0.4 * i as f64,
        };
        let tissue = VoxelTissue {
            size, voxel_m: edges, labels: labels[..count].to_vec(), media: (0..3).map(medium).collect(), index_outside: 1.0,
        };
        let start_m = std::array::from_fn(|a| start[a] * f64::from(size[a]) * edges[a]);
        let run = VoxelRun { photon_count: 40, seed: 1, start_m, direction, per_voxel: true, gate_s: 1e-9 };
        if let Ok(found) = run.run(&tissue) {
            prop_assert!(found.imbalance().abs() < 1e-9, "{}", found.imbalance());
            prop_assert!(found.absorbed_per_voxel.iter().all(|v| *v >= 0.0 && v.is_finite()));
        }
    }
}

/// Fly through empty voxels, tell each tally's error, and stop when told so.
#[test]
fn empty_voxels_errors_and_stops() {
    let run = |photon_count, seed| VoxelRun { start_m: [4e-3, 4e-3, 0.0], ..run(photon_count, seed) };
    let clear = VoxelMedium { index: 1.0, absorption_per_m: 0.0, scattering_per_m: 0.0, anisotropy: 0.0 };
    let murky = VoxelMedium { index: 1.4, absorption_per_m: 50.0, scattering_per_m: 2_000.0, anisotropy: 0.8 };
    let labels = (0..512_u32).map(|i| u8::from(i % 3 == 0)).collect();
    let tissue = VoxelTissue { size: [8; 3], voxel_m: [1e-3; 3], labels, media: vec![clear.clone(), murky], index_outside: 1.0 };
    let found = run(20_000, 3).run(&tissue).unwrap();
    assert!(found.imbalance().abs() < 1e-9 && found.absorbed_per_medium[0] == 0.0 && found.absorbed_per_medium[1] > 0.0);
    assert!(found.absorbed_per_medium_error[1] > 0.0 && found.absorbed_per_medium_error[1] < 0.05 * found.absorbed_per_medium[1]);
    let empty = VoxelTissue { labels: vec![0; 512], media: vec![clear], ..tissue.clone() };
    assert_eq!(run(1_000, 3).run(&empty).unwrap().left.mean, 1.0);
    let (some, done) = run(1_000_000_000_000, 3).run_while(&tissue, &mut |_| false).unwrap();
    assert!(done > 0 && done < 1_000_000 && some.imbalance().abs() < 1e-9);
    assert!(run(0, 3).run(&tissue).is_err());
}
