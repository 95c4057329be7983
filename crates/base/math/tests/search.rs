//! Searches on functions and walks whose answers are known.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use proband_core::Stream;
use proband_math::search::{
    Falsifier, Objective, SearchBox, SearchError, Simulation, StressSettings, TreeSearch, Walk1d, cluster_failures, event_bonus, falsify,
    himmelblau, minimise_failure, replay, rosenbrock, stress_optimise, stress_random, stress_tree, walk_failure_probability,
    walk_log_density,
};

const SOLVERS: [Falsifier; 4] = [Falsifier::Random, Falsifier::CrossEntropy, Falsifier::CmaEs, Falsifier::DualAnnealing];

/// Break `always (h >= 0.5)` on Himmelblau's function within 300 evaluations with every solver but plain draws, in all of 40 runs.
#[test]
fn himmelblau_is_falsified() {
    let range = SearchBox::new(&[(-5.0, 5.0), (-5.0, 5.0)]).unwrap();
    for solver in SOLVERS {
        let mut used = Vec::new();
        for seed in 0..40 {
            let mut h = |x: &[f64]| himmelblau(x) - 0.5;
            let objective = Objective::new(&range, 0.0, 300, &mut h).unwrap();
            let found = falsify(objective, solver, &mut Stream::new(seed, 0, "himmelblau")).unwrap();
            used.extend(found.reached_at);
        }
        used.sort_unstable();
        println!("{solver:?}: {} of 40, median {:?} greatest {:?}", used.len(), used.get(used.len() / 2), used.last());
        assert!(solver == Falsifier::Random || used.len() >= 39, "{solver:?} {}", used.len());
    }
}

/// Descend a bent valley in five dimensions.
#[test]
fn rosenbrock_is_descended() {
    let range = SearchBox::new(&[(-2.0, 2.0); 5]).unwrap();
    let mut f = |x: &[f64]| rosenbrock(x);
    let objective = Objective::new(&range, 1e-8, 40_000, &mut f).unwrap();
    let found = falsify(objective, Falsifier::CmaEs, &mut Stream::new(1, 0, "rosenbrock")).unwrap();
    assert!(found.reached_at.is_some() && found.point.iter().all(|x| (x - 1.0).abs() < 1e-3), "{found:?}");
}

fn settings(episodes: u64) -> StressSettings {
    StressSettings { episodes, bonus: event_bonus(10), distance_weight: 10.0, disturbance_max: 5.0, kept: 100 }
}

/// Match the walk's failure probabilities to eight digits.
#[test]
fn walks_fail_as_computed() {
    for (limit, two_sided, steps, expected) in
        [(10.0, false, 10, 9.578_759_5e-4), (10.0, true, 10, 1.915_751_899e-3), (10.0, false, 50, 0.135_482_326_4)]
    {
        let found = walk_failure_probability(limit, two_sided, steps).unwrap();
        assert!((found / expected - 1.0_f64).abs() < 1e-8, "{found} {expected}");
    }
}

/// Fall into the trap when the log-probability is not taken relative to the mode: seven steps look better than ten.
#[test]
fn short_paths_win_unfairly() {
    let best = (1..=10).max_by(|a, b| walk_log_density(10.0, *a).total_cmp(&walk_log_density(10.0, *b)));
    assert_eq!(best, Some(7));
    for (k, score) in [(6, -13.8470), (7, -13.5754), (8, -13.6015), (10, -14.1894)] {
        assert!((walk_log_density(10.0, k) - score).abs() < 5e-5);
    }
    assert!((walk_log_density(10.0, 10) + 14.189_385_332_047).abs() < 1e-12);
}

/// Find the equal-step path of log-probability −5 within 0.05, and replay it to the bit.
#[test]
fn the_likeliest_failure_is_found() {
    let mut walk = Walk1d::new(10.0, false, 10);
    let report = stress_optimise(&mut walk, settings(5000), Falsifier::CmaEs, &mut Stream::new(1, 0, "stress")).unwrap();
    let best = &report.failures[0].episode;
    println!("{} first at {:?} of {}", best.log_probability, report.first_at, report.episodes);
    assert!(best.log_probability <= -5.0 + 1e-9 && best.log_probability > -5.05, "{best:?}");
    assert_eq!(best.disturbances.len(), 10);
    assert_eq!(replay(&mut walk, best), *best);
    assert!(report.failures.windows(2).all(|w| w[0].episode.log_probability >= w[1].episode.log_probability));
}

/// Find both ways to fail of a two-sided walk as two clusters, and repeat the exact rate by plain draws.
#[test]
fn two_sides_are_two_clusters() {
    let mut walk = Walk1d::new(10.0, true, 10);
    let report = stress_random(&mut walk, settings(20_000), &Stream::new(2, 0, "stress")).unwrap();
    let rate = report.failure_count as f64 / 20_000.0;
    assert!((rate - 1.915_75e-3).abs() < 4.0 * (1.9e-3_f64 / 20_000.0).sqrt(), "{rate}");
    let failure = &report.failures[0].episode;
    assert_eq!(replay(&mut walk, failure), *failure);
    let mut found = Vec::new();
    for seed in 0..8 {
        found.extend(stress_optimise(&mut walk, settings(1500), Falsifier::CmaEs, &mut Stream::new(seed, 0, "both")).unwrap().failures);
    }
    let clusters = cluster_failures(&found, 1.0, |f| {
        let mut path: Vec<f64> = f.episode.disturbances.iter().flatten().copied().collect();
        path.resize(10, 0.0);
        path
    })
    .unwrap();
    let side = |place: u32| found[place as usize].episode.disturbances.iter().flatten().sum::<f64>() > 0.0;
    assert!(clusters.iter().any(|c| side(c.leader)) && clusters.iter().any(|c| !side(c.leader)), "{}", clusters.len());
    assert!(clusters.iter().all(|c| c.members.iter().all(|m| side(*m) == side(c.leader))));
}

/// Let the tree find failures of a black box that are likelier than those of plain draws at the same price.
#[test]
fn trees_search_black_boxes() {
    let mut walk = Walk1d::new(10.0, false, 10);
    let tree = TreeSearch { exploration: 0.05, widening_factor: 2.0, widening_power: 0.5, node_count_max: 100_000 };
    let found = stress_tree(&mut walk, settings(5000), tree, &mut Stream::new(3, 0, "tree")).unwrap();
    let plain = stress_random(&mut walk, settings(5000), &Stream::new(3, 0, "plain")).unwrap();
    println!("tree {} plain {}", found.failure_count, plain.failure_count);
    assert!(found.failure_count > 5 * plain.failure_count.max(1));
    assert_eq!(replay(&mut walk, &found.failures[0].episode), found.failures[0].episode);
}

/// Reduce a failing walk to the steps that it needs.
#[test]
fn failures_are_minimised() {
    let mut case = vec![vec![0.1, -0.4]; 12];
    case[3][0] = 7.0;
    case[8][1] = -6.0;
    let mut runs = 0;
    let mut fails = |d: &[Vec<f64>]| {
        runs += 1;
        d[3][0] > 4.0 && d[8][1] < -5.0
    };
    let small = minimise_failure(&case, 10_000, &mut fails).unwrap();
    assert!(small.active_count == 2 && small.minimal && small.runs == runs && runs < 120, "{small:?}");
    assert!((small.disturbances[3][0] - 4.0).abs() < 0.01 && (small.disturbances[8][1] + 5.0).abs() < 0.01);
    assert_eq!(minimise_failure(&case, 10, &mut |_| false), Err(SearchError::NoFailure));
    assert!(!minimise_failure(&case, 3, &mut |d| d[3][0] > 4.0).unwrap().minimal);
}

struct Broken;

impl Simulation for Broken {
    fn disturbance_count(&self) -> usize {
        1
    }
    fn step_count_max(&self) -> u32 {
        3
    }
    fn reset(&mut self) {}
    fn step(&mut self, _: &[f64]) -> f64 {
        0.0
    }
    fn step_seeded(&mut self, _: &mut Stream) -> f64 {
        0.0
    }
    fn is_terminal(&self) -> bool {
        false
    }
    fn is_event(&self) -> bool {
        false
    }
    fn distance(&self) -> f64 {
        f64::NAN
    }
}

/// Refuse NaN objectives, empty boxes and settings without meaning.
#[test]
fn hostile_searches_end() {
    let range = SearchBox::new(&[(0.0, 1.0)]).unwrap();
    for solver in SOLVERS {
        let mut nan = |_: &[f64]| f64::NAN;
        let objective = Objective::new(&range, 0.0, 100, &mut nan).unwrap();
        assert!(falsify(objective, solver, &mut Stream::new(1, 0, "nan")).is_err());
        let mut flat = |_: &[f64]| 1.0;
        let objective = Objective::new(&range, 0.0, 500, &mut flat).unwrap();
        assert_eq!(falsify(objective, solver, &mut Stream::new(1, 0, "flat")).unwrap().evaluations, 500);
    }
    assert!(SearchBox::new(&[]).is_err() && SearchBox::new(&[(1.0, 1.0)]).is_err() && SearchBox::new(&[(f64::NAN, 1.0)]).is_err());
    assert!(matches!(
        stress_optimise(&mut Broken, settings(10), Falsifier::CmaEs, &mut Stream::new(1, 0, "b")),
        Err(SearchError::NotANumber { evaluation: 1 })
    ));
    assert!(stress_random(&mut Broken, StressSettings { episodes: 0, ..settings(1) }, &Stream::new(1, 0, "b")).is_err());
}
