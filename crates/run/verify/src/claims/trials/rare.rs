//! Rare events.

use proband_core::{Stream, ops};
use proband_math::rare::{
    CrossEntropy, LastParticle, LimitState, Mixture, RareError, RareEstimate, Subset, cross_entropy, crude_monte_carlo, form, four_branch,
    four_branch_probability, importance_sampling, last_particle, replicated, resistance_load, subset_simulation,
};
use proband_math::stats::Moments;

use super::text;
use crate::Obtained;

/// Repetitions of each method.
const REPETITIONS: u32 = 400;

fn plane(beta: f64) -> impl FnMut(&[f64]) -> f64 {
    move |u: &[f64]| beta * (u.len() as f64).sqrt() - u.iter().sum::<f64>()
}

pub(super) fn exact() -> Result<Vec<Obtained>, String> {
    let (beta, probability) = resistance_load((7.0, 2.0), (2.0, 1.0));
    let mut flat = plane(3.5);
    let on_plane = LimitState::new(10, 10_000, &mut flat).and_then(|mut s| form(&mut s)).map_err(text)?;
    let mut branches = |u: &[f64]| four_branch(u, 7.0);
    let on_branches = LimitState::new(2, 10_000, &mut branches).and_then(|mut s| form(&mut s)).map_err(text)?;
    Ok(vec![
        Obtained::new("linear, beta 3.0", ops::normal_cdf(-3.0)),
        Obtained::new("linear, beta 3.5", ops::normal_cdf(-3.5)),
        Obtained::new("linear, beta 5.0", ops::normal_cdf(-5.0)),
        Obtained::new("R - S, beta", beta),
        Obtained::new("R - S, probability", probability),
        Obtained::new("four branches, k 7", four_branch_probability(7.0)),
        Obtained::new("FORM on a plane, beta", on_plane.beta),
        Obtained::new("FORM on four branches, beta", on_branches.beta),
        Obtained::new("FORM on four branches, share of the truth", on_branches.probability / four_branch_probability(7.0)),
    ])
}

/// Share of intervals that hold the truth, and the mean's distance from it in standard errors.
fn cover(name: &str, exact: f64, one: impl Fn(&mut Stream) -> Result<RareEstimate, RareError>) -> Result<[Obtained; 2], String> {
    let root = Stream::new(7, 0, name);
    let (mut covered, mut probabilities) = (0_u32, Vec::new());
    for i in 0..REPETITIONS {
        let found = one(&mut root.child(i)).map_err(text)?;
        covered += u32::from(found.low <= exact && exact <= found.high);
        probabilities.push(found.probability);
    }
    let m = Moments::of(&probabilities);
    Ok([
        Obtained::new(format!("{name}, covers"), f64::from(covered) / f64::from(REPETITIONS)),
        Obtained::new(format!("{name}, mean off by standard errors"), (m.mean - exact) / m.standard_error()),
    ])
}

pub(super) fn coverage() -> Result<Vec<Obtained>, String> {
    let subset = |dimension, g: &mut dyn FnMut(&[f64]) -> f64, stream: &mut Stream| {
        let mut state = LimitState::new(dimension, u64::MAX, g)?;
        let one = replicated(10, 0.95, stream, |_, stream| {
            subset_simulation(&mut state, Subset { count: 500, share: 0.1 }, stream).map(|run| (run.probability, run.calls))
        });
        Ok(one?.estimate)
    };
    let learned = |dimension, g: &mut dyn FnMut(&[f64]) -> f64, stream: &mut Stream| {
        let settings = CrossEntropy { search_count: 1000, components: 4, count: 4000 };
        Ok(cross_entropy(&mut LimitState::new(dimension, u64::MAX, g)?, settings, 0.95, stream)?.estimate)
    };
    let branches = |u: &[f64]| four_branch(u, 7.0);
    let (four, flat) = (four_branch_probability(7.0), ops::normal_cdf(-3.5));
    let mut obtained = Vec::new();
    obtained.extend(cover("subset, four branches", four, |stream| subset(2, &mut { branches }, stream))?);
    obtained.extend(cover("splitting, four branches", four, |stream| {
        let mut g = branches;
        let mut state = LimitState::new(2, u64::MAX, &mut g)?;
        let settings = LastParticle { count: 50, moves: 15 };
        let one =
            replicated(10, 0.95, stream, |_, stream| last_particle(&mut state, settings, 0.95, stream).map(|e| (e.probability, e.calls)));
        Ok(one?.estimate)
    })?);
    obtained.extend(cover("cross entropy, four branches", four, |stream| learned(2, &mut { branches }, stream))?);
    obtained.extend(cover("counting, four branches", four, |stream| {
        crude_monte_carlo(&mut LimitState::new(2, u64::MAX, &mut { branches })?, 5000, 0.95, stream)
    })?);
    obtained.extend(cover("importance, four branches", four, |stream| {
        // The nearest point of each branch, and the origin: as a search finds them.
        let (a, b) = (3.0 / std::f64::consts::SQRT_2, 3.5 / std::f64::consts::SQRT_2);
        let proposal = Mixture::around(&[vec![a, a], vec![-a, -a], vec![b, -b], vec![-b, b], vec![0.0, 0.0]])?;
        Ok(importance_sampling(&mut LimitState::new(2, u64::MAX, &mut { branches })?, &proposal, 4000, 0.95, stream)?.estimate)
    })?);
    obtained.extend(cover("subset, plane in 10 dimensions", flat, |stream| subset(10, &mut plane(3.5), stream))?);
    obtained.extend(cover("cross entropy, plane in 10 dimensions", flat, |stream| learned(10, &mut plane(3.5), stream))?);
    Ok(obtained)
}
