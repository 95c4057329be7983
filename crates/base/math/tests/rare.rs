//! Rare events against exact probabilities.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use proband_core::{Stream, ops};
use proband_math::rare::{
    CrossEntropy, LastParticle, LimitState, Mixture, RareError, Subset, cross_entropy, crude_monte_carlo, form, four_branch,
    four_branch_probability, importance_sampling, last_particle, replicated, resistance_load, subset_simulation,
};

fn linear(beta: f64) -> impl FnMut(&[f64]) -> f64 {
    move |u: &[f64]| beta * (u.len() as f64).sqrt() - u.iter().sum::<f64>()
}

/// Match exact probabilities at 1e-12 and 1e-10.
#[test]
fn exact_values_are_met() {
    for (beta, p, relative) in
        [(3.0, 1.349_898_031_630_093_3e-3, 1e-12), (3.5, 2.326_290_790_355_250_2e-4, 1e-12), (5.0, 2.866_515_718_791_933e-7, 1e-10)]
    {
        assert!((ops::normal_cdf(-beta) / p - 1.0_f64).abs() < relative);
    }
    let (beta, p) = resistance_load((7.0, 2.0), (2.0, 1.0));
    assert!((beta - 2.236_067_977_499_79).abs() < 1e-14 && (p / 1.267_365_933_873_412_6e-2 - 1.0).abs() < 1e-12);
    assert!((four_branch_probability(7.0) / 2.222_795_066_194_4e-3 - 1.0).abs() < 1e-9);
    assert!((four_branch(&[0.0, 0.0], 7.0) - 3.0).abs() < 1e-15);
}

/// Find the design point of a plane exactly, and be 39 % low on four branches: the negative control.
#[test]
fn form_sees_one_plane() {
    let mut g = linear(3.5);
    let found = form(&mut LimitState::new(10, 10_000, &mut g).unwrap()).unwrap();
    assert!((found.beta - 3.5).abs() < 1e-6 && found.calls < 100, "{found:?}");
    let mut g = |u: &[f64]| four_branch(u, 7.0);
    let found = form(&mut LimitState::new(2, 10_000, &mut g).unwrap()).unwrap();
    assert!((found.beta - 3.0).abs() < 1e-5, "{found:?}");
    assert!((found.probability / four_branch_probability(7.0) - 0.607).abs() < 0.002);
}

/// Hold four branches within the intervals of every method.
#[test]
fn four_branches_are_found() {
    let exact = four_branch_probability(7.0);
    let mut g = |u: &[f64]| four_branch(u, 7.0);
    let mut stream = Stream::new(1, 0, "rare");
    let mut state = LimitState::new(2, 10_000_000, &mut g).unwrap();
    let crude = crude_monte_carlo(&mut state, 100_000, 0.99, &mut stream).unwrap();
    assert!(crude.low < exact && exact < crude.high, "{crude:?}");
    let split = last_particle(&mut state, LastParticle { count: 400, moves: 20 }, 0.99, &mut stream).unwrap();
    assert!(split.low < exact && exact < split.high, "{split:?}");
    let settings = CrossEntropy { search_count: 1000, components: 8, count: 4000 };
    let ce = cross_entropy(&mut state, settings, 0.99, &mut stream).unwrap();
    assert!(ce.estimate.low < exact && exact < ce.estimate.high && ce.effective_size > 300.0 && ce.weight_share_max < 0.05, "{ce:?}");
    let many = replicated(20, 0.99, &stream, |_, stream| {
        subset_simulation(&mut state, Subset { count: 1000, share: 0.1 }, stream).map(|r| (r.probability, r.calls))
    })
    .unwrap();
    assert!(many.estimate.low < exact && exact < many.estimate.high, "{many:?}");
}

/// Find Φ(−5) in 100 dimensions, and the weight of known modes by importance sampling.
#[test]
fn dimensions_do_not_matter() {
    let mut g = linear(5.0);
    let mut state = LimitState::new(100, 10_000_000, &mut g).unwrap();
    let run = subset_simulation(&mut state, Subset { count: 2000, share: 0.1 }, &mut Stream::new(2, 0, "rare")).unwrap();
    assert!((ops::ln(run.probability / 2.866_5e-7)).abs() < 1.0 && run.thresholds.len() == 7, "{}", run.probability);
    let mut g = linear(4.0);
    let mut state = LimitState::new(2, 10_000_000, &mut g).unwrap();
    let proposal = Mixture::around(&[vec![8.0_f64.sqrt(); 2]]).unwrap();
    let found = importance_sampling(&mut state, &proposal, 4000, 0.99, &mut Stream::new(2, 0, "rare")).unwrap();
    let exact = ops::normal_cdf(-4.0);
    assert!(found.estimate.low < exact && exact < found.estimate.high && found.effective_size > 500.0, "{found:?}");
}

/// Refuse NaN, exceed no budget and say when nothing fails.
#[test]
fn hostile_limit_states_end() {
    let mut stream = Stream::new(3, 0, "rare");
    let subset = Subset { count: 100, share: 0.1 };
    let mut nan = |_: &[f64]| f64::NAN;
    assert!(matches!(
        subset_simulation(&mut LimitState::new(2, 1000, &mut nan).unwrap(), subset, &mut stream),
        Err(RareError::NotANumber { call: 1 })
    ));
    let mut flat = |_: &[f64]| 1.0;
    assert!(matches!(
        subset_simulation(&mut LimitState::new(2, 10_000, &mut flat).unwrap(), subset, &mut stream),
        Err(RareError::NoFailure { .. })
    ));
    assert!(form(&mut LimitState::new(2, 10_000, &mut flat).unwrap()).is_err());
    let mut never = |u: &[f64]| ops::exp(-u[0]);
    assert!(subset_simulation(&mut LimitState::new(1, 100_000, &mut never).unwrap(), subset, &mut stream).is_err());
    let budget = LastParticle { count: 100, moves: 10 };
    assert!(matches!(
        last_particle(&mut LimitState::new(1, 500, &mut never).unwrap(), budget, 0.95, &mut stream),
        Err(RareError::CallsUsedUp { .. })
    ));
    assert!(LimitState::new(0, 1, &mut never).is_err());
    assert!(replicated(3, 0.95, &stream, |_, _| Ok((0.1, 1))).is_err() && replicated(10, 0.95, &stream, |_, _| Ok((0.0, 1))).is_err());
}
